"""An operator who cheats: he has the data directory and the key of the log, and rebuilds all that these allow.

From the entries as he would like them to have been he makes another log, with its chain, and another record, with its
tree and a checkpoint under the node's own key. He has no key of a party, and none of a witness.
"""

import contextlib
import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from skyparley.airspace.codec import command_kind, encode_command
from skyparley.airspace.commands import Command
from skyparley.node.record.store import RECORD_FILE, RecordStore
from skyparley.record.authorship import BEARER_ATTESTED, PARTY_SIGNED, key_id_of, sign_header
from skyparley.record.envelope import Header, body_digest, decode_header, encode_header, first_chain, next_chain
from skyparley.record.notes import SIGNATURE, Checkpoint, Note, Signer, format_checkpoint, format_note, origin_of, sign
from skyparley.record.tiles import TileWriter
from support.exports import Made

SECOND_US = 1_000_000


def read_log(data: Path) -> list[Made]:
    """The entries of a directory that no process serves."""
    with contextlib.closing(apsw.Connection(str(data / "log.sqlite"))) as log:
        rows = log.execute("SELECT sequence, time_us, header, signature, salt, body FROM entries ORDER BY sequence")
        return [Made(*row) for row in rows]


def rebuild(data: Path, to: Path, entries: Sequence[Made]) -> Path:
    """A copy of a directory whose log and record are these entries, one after another, signed by the key of its log."""
    shutil.copytree(data, to, ignore=shutil.ignore_patterns("snapshot*", "lock", "node.json"))
    with contextlib.closing(apsw.Connection(str(to / "log.sqlite"))) as log:
        ((pool,),) = log.execute("SELECT value FROM facts WHERE name = 'pool'")
        chain = first_chain(pool)
        log.execute("DELETE FROM entries")
        placed = [replace(entry, sequence=place) for place, entry in enumerate(entries, 1)]
        for one in placed:
            chain = next_chain(chain, one.sequence, one.time_us, one.header, one.signature)
            row = (one.sequence, one.time_us, chain, one.header, one.salt, one.body, one.signature)
            log.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    with contextlib.closing(apsw.Connection(str(to / RECORD_FILE))) as record:
        record.execute("DELETE FROM tiles; DELETE FROM cosigned; DELETE FROM facts WHERE name != 'key'")
    with contextlib.closing(RecordStore(to / RECORD_FILE)) as store:
        writer, signer = TileWriter(), Signer(origin_of(pool), SIGNATURE, store.key)
        for one in placed:
            writer.append(one.leaf)
        text = format_checkpoint(Checkpoint(signer.name, len(placed), writer.frontier.root()))
        store.add(writer.take(), len(placed), format_note(Note(text, (sign(text, signer),))))
    return to


# what he does with the entries: each takes them, and the place of one; each gives them as they are to have been


def drop(entries: Sequence[Made], sequence: int) -> list[Made]:
    return [entry for entry in entries if entry.sequence != sequence]


def swap(entries: Sequence[Made], sequence: int) -> list[Made]:
    """An entry and the next change places; the times stay where they were."""
    one, other = entries[sequence - 1], entries[sequence]
    changed = [replace(other, time_us=one.time_us), replace(one, time_us=other.time_us)]
    return [*entries[: sequence - 1], *changed, *entries[sequence + 1 :]]


def alter(entries: Sequence[Made], sequence: int) -> list[Made]:
    """Another body, which the header names as its own; a signature that was there stays, for want of another."""
    entry = entries[sequence - 1]
    body = msgspec.json.encode({**msgspec.json.decode(entry.body), "operation_id": "another"}, order="sorted")
    header = msgspec.structs.replace(decode_header(entry.header), body_digest=body_digest(entry.salt, body))
    changed = replace(entry, header=encode_header(header), body=body)
    return [*entries[: sequence - 1], changed, *entries[sequence:]]


def back_date(entries: Sequence[Made], sequence: int) -> list[Made]:
    """It was a little earlier, and still after the one before."""
    entry, before = entries[sequence - 1], entries[sequence - 2]
    earlier = replace(entry, time_us=(entry.time_us + before.time_us) // 2)
    assert before.time_us < earlier.time_us < entry.time_us
    return [*entries[: sequence - 1], earlier, *entries[sequence:]]


def strip(entries: Sequence[Made], sequence: int) -> list[Made]:
    """What was signed says something else, and is said to have come by an API key."""
    entry = alter(entries, sequence)[sequence - 1]
    header = msgspec.structs.replace(decode_header(entry.header), authentication=BEARER_ATTESTED)
    changed = replace(entry, header=encode_header(header), signature=b"")
    return [*entries[: sequence - 1], changed, *entries[sequence:]]


def again(entries: Sequence[Made], sequence: int, *, after_s: int) -> list[Made]:
    """What a party has signed stands at the end once more."""
    time_us = entries[-1].time_us + after_s * SECOND_US
    return [*entries, replace(entries[sequence - 1], sequence=len(entries) + 1, time_us=time_us)]


def say(
    entries: Sequence[Made], party: str, command: Command, *, after_s: int = 1, private: Ed25519PrivateKey | None = None
) -> list[Made]:
    """One entry more in the name of a party: by an API key, or signed by a key that the operator has made."""
    last, body = entries[-1], encode_command(command)
    time_us = last.time_us + after_s * SECOND_US
    salt = hashlib.sha256(body).digest()[:16]
    fields: dict[str, Any] = {"authentication": BEARER_ATTESTED, "key_id": "", "idempotency_key": ""}
    if private is not None:
        key_id = key_id_of(private.public_key().public_bytes_raw())
        fields = {"authentication": PARTY_SIGNED, "key_id": key_id, "idempotency_key": f"false-{len(entries)}"}
    header = encode_header(
        Header(
            pool=decode_header(last.header).pool,
            kind=command_kind(command),
            party=party,
            claimed_time_us=time_us,
            body_digest=body_digest(salt, body),
            **fields,
        )
    )
    signature = b"" if private is None else sign_header(header, private)
    return [*entries, Made(len(entries) + 1, time_us, header, signature, salt, body)]
