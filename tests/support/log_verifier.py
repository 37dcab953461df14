"""A verifier of the log, written from docs/log-format.md alone: SHA-256, JSON, SQLite, and nothing of Skyparley.

`python log_verifier.py log.sqlite` prints the last sequence and chain value, or the entry that is wrong.
"""

import hashlib
import json
import sqlite3
import sys
from contextlib import closing
from typing import Any

MEMBERS = {
    "authentication": str,
    "body_digest": str,
    "claimed_time_us": int,
    "idempotency_key": str,
    "key_id": str,
    "kind": str,
    "party": str,
    "pool": str,
    "version": int,
}
AUTHENTICATIONS = ("party-signed", "bearer-attested", "node")


class WrongLogError(Exception):
    """The log is not what it must be."""


def verify(path: str) -> tuple[int, bytes]:
    """The last sequence and chain value of a log. Raises `WrongLogError` that says what is wrong, and where."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            return _verify(connection)
    except sqlite3.DatabaseError as error:
        raise WrongLogError(f"the file is damaged: {error}") from error


def _verify(connection: sqlite3.Connection) -> tuple[int, bytes]:
    require(connection.execute("PRAGMA user_version").fetchone() == (1,), "the format is not 1")
    facts = dict(connection.execute("SELECT name, value FROM facts"))
    pool, sequence, chain = facts["pool"], facts["trimmed"], facts["trimmed_chain"]
    if sequence == 0:
        require(chain == sha256(b"skyparley genesis 1\n", pool.encode()), "the first chain value is wrong")
    last_time_us = -1
    columns = "sequence, time_us, chain, header, salt, body, signature"
    for row in connection.execute(f"SELECT {columns} FROM entries ORDER BY sequence"):
        place, time_us, claimed_chain, header, salt, body, signature = row
        require(place == sequence + 1, f"entry {sequence + 1} is missing")
        where = f"entry {place}: "
        require(all(isinstance(part, bytes) for part in row[2:]), where + "a column is not made of octets")
        require(isinstance(time_us, int) and last_time_us < time_us < 2**63, where + "the time does not rise")
        sequence, last_time_us = place, time_us
        chain = sha256(
            b"skyparley chain 1\n",
            chain,
            place.to_bytes(8, "big"),
            time_us.to_bytes(8, "big"),
            len(header).to_bytes(4, "big"),
            header,
            len(signature).to_bytes(4, "big"),
            signature,
        )
        require(claimed_chain == chain, where + "it does not fit the chain")
        verify_content(where, pool, header, salt, body)
    return sequence, chain


def verify_content(where: str, pool: str, header: bytes, salt: bytes, body: bytes) -> None:
    """Header and body of one entry: canonical, of this pool, and bound to each other."""
    require(len(header) <= 4096, where + "the header is too long")
    said = canonical_object(header, where + "the header")
    kinds = {name: type(value) for name, value in said.items()}
    require(kinds == MEMBERS, where + "the header has other members")
    require(said["version"] == 1 and said["pool"] == pool, where + "the header is of another format or pool")
    require(said["authentication"] in AUTHENTICATIONS, where + "the author is known in an unknown way")
    require(0 <= said["claimed_time_us"] < 2**53, where + "the claimed time is no time")
    require(len(salt) == 16, where + "the salt does not have 16 octets")
    digest = sha256(b"skyparley body 1\n", salt, body).hex()
    require(said["body_digest"] == digest, where + "the body is not the one in the header")
    require(canonical_object(body, where + "the body").get("kind") == said["kind"], where + "the kinds differ")


def canonical_object(data: bytes, what: str) -> dict[str, Any]:
    """The JSON object of canonical bytes."""
    try:
        value = json.loads(data.decode("utf-8"))
    except ValueError as error:
        raise WrongLogError(f"{what} is not JSON: {error}") from error
    again = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    require(isinstance(value, dict) and again.encode() == data, f"{what} is not canonical")
    return dict(value)


def sha256(*parts: bytes) -> bytes:
    """The digest of some byte strings, joined."""
    return hashlib.sha256(b"".join(parts)).digest()


def require(holds: bool, otherwise: str) -> None:
    """Raise `WrongLogError` unless something holds."""
    if not holds:
        raise WrongLogError(otherwise)


if __name__ == "__main__":
    try:
        end, value = verify(sys.argv[1])
    except WrongLogError as wrong:
        sys.exit(f"{sys.argv[1]}: {wrong}")
    print(f"{end} {value.hex()}")
