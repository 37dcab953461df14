"""A small history of a pool, its parties' keys, exports of it as files in memory, and the JavaScript verifier."""

import hashlib
import json
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from skyparley.airspace.codec import command_kind, encode_command
from skyparley.airspace.commands import Command, RegisterParty, Tick
from skyparley.airspace.operations.commands import CancelOperation, Extent, FileOperation
from skyparley.airspace.signing.commands import ENTRIES, RegisterKey
from skyparley.errors import InvalidInputError
from skyparley.record.authorship import (
    BEARER_ATTESTED,
    NODE,
    PARTY_SIGNED,
    format_key_line,
    key_id_of,
    sign_header,
)
from skyparley.record.base64 import to_base64
from skyparley.record.envelope import Header, body_digest, encode_header, leaf_data
from skyparley.record.export.segment import Shown
from skyparley.record.export.writing import Writer, show
from skyparley.record.merkle import Frontier, inclusion_proof, leaf_hash
from skyparley.record.notes import (
    COSIGNATURE,
    SIGNATURE,
    Checkpoint,
    Note,
    Signer,
    cosign,
    format_checkpoint,
    format_note,
    origin_of,
    sign,
)
from skyparley.record.receipts import make_receipt
from skyparley.record.trust import Trusted
from support.tree import ROOT

POOL = "alps — Łódź/$"
START_US = 1_800_000_000_000_000
VERIFIER = ROOT / "examples" / "verify-export.mjs"
PARTIES = ("alpha", "bravo")
Files = dict[str, bytes]


def private_key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


PRIVATE = {party: private_key(party) for party in PARTIES}
PUBLIC = {party: key.public_key().public_bytes_raw() for party, key in PRIVATE.items()}
NODE_SIGNER = Signer(origin_of(POOL), SIGNATURE, private_key("node"))
COSIGNER = Signer("carol", COSIGNATURE, private_key("carol"))
PARTY_KEYS = {(party, key_id_of(public)): public for party, public in PUBLIC.items()}
KEYS = Trusted((NODE_SIGNER.key, COSIGNER.key), PARTY_KEYS)


def key_file() -> str:
    lines = [str(NODE_SIGNER.key), str(COSIGNER.key)]
    return "\n".join(["# of the test", *lines, *(format_key_line(*one) for one in PUBLIC.items())]) + "\n"


@dataclass(frozen=True)
class Made:
    """An entry as the log has it."""

    sequence: int
    time_us: int
    header: bytes
    signature: bytes
    salt: bytes
    body: bytes

    @property
    def leaf(self) -> bytes:
        return leaf_hash(leaf_data(self.sequence, self.time_us, self.header, self.signature))

    def shown(self, reader: str = "") -> Shown:
        return show(
            self.sequence, self.time_us, self.header, self.signature, self.salt, self.body, reader=reader
        )  # fmt: skip


def made(sequence: int, party: str, mark: str, command: Command | bytes, **said: Any) -> Made:
    """An entry of a party, or (empty) of the node; `said` overrides what the header says."""
    body = command if isinstance(command, bytes) else encode_command(command)
    salt = hashlib.sha256(b"salt %d" % sequence).digest()[:16]
    time_us = said.pop("time_us", START_US + sequence * 999_983)
    fields: dict[str, Any] = {
        "pool": POOL,
        "kind": json.loads(body)["kind"] if isinstance(command, bytes) else command_kind(command),
        "party": party,
        "authentication": mark,
        "key_id": key_id_of(PUBLIC[party]) if mark == PARTY_SIGNED else "",
        "idempotency_key": f"key-{sequence}" if party else "",
        "claimed_time_us": time_us + 5 - sequence,
        "body_digest": body_digest(salt, body),
    }
    header = encode_header(Header(**{**fields, **said}))
    signature = sign_header(header, PRIVATE[party]) if mark == PARTY_SIGNED else b""
    return Made(sequence, time_us, header, signature, salt, body)


def filing(number: int) -> FileOperation:
    begin_us = START_US + 600_000_000
    extent = Extent(("47894b0c",), 0, 120_000, "WGS84", begin_us, begin_us + 600_000_000)
    return FileOperation(f"op/{number}", "drone", (extent,), f"{number:064x}")


def registration(public: bytes, *, use: str = ENTRIES) -> RegisterKey:
    return RegisterKey(key_id_of(public), to_base64(public), use, START_US, START_US + 10**15 // 4)


def history(count: int = 12) -> list[Made]:
    """Two parties register their keys, file, sign or not, and cancel; the node ticks."""
    entries = [
        made(1, "", NODE, RegisterParty("alpha", "Älpha", "civil_ats")),
        made(2, "", NODE, RegisterParty("bravo", "Bravo", "utm_provider")),
        made(3, "alpha", PARTY_SIGNED, registration(PUBLIC["alpha"])),
        made(4, "bravo", PARTY_SIGNED, registration(PUBLIC["bravo"])),
    ]
    for sequence in range(5, count + 1):
        party, turn = PARTIES[sequence // 6 % 2], sequence % 6
        if turn in {0, 3}:
            entries.append(made(sequence, party, PARTY_SIGNED, filing(sequence)))
        elif turn == 4:
            entries.append(made(sequence, party, BEARER_ATTESTED, CancelOperation(f"op/{sequence - 1}", 1)))
        elif turn == 1:
            entries.append(made(sequence, party, BEARER_ATTESTED, filing(sequence)))
        else:
            entries.append(made(sequence, "", NODE, Tick()))
    return entries[:count]


def note_of(leaves: Sequence[bytes], *, signer: Signer = NODE_SIGNER, cosigner: Signer | None = None) -> bytes:
    """The signed checkpoint of the tree over some leaves."""
    tree = Frontier()
    for leaf in leaves:
        tree.append(leaf)
    text = format_checkpoint(Checkpoint(signer.name, tree.size, tree.root()))
    lines = [sign(text, signer)] + ([] if cosigner is None else [cosign(text, cosigner, 1_800_000_000)])
    return format_note(Note(text, tuple(lines)))


def export_of(entries: Iterable[Shown], *, sizes: Sequence[int] = (), **more: Any) -> Files:
    """The files of an export, with checkpoints at some sizes and at its end."""
    shown, pool = list(entries), more.pop("pool", POOL)
    signer = more.pop("signer", replace(NODE_SIGNER, name=origin_of(pool)))
    leaves = [entry.leaf for entry in shown]
    cosigner = more.pop("cosigner", COSIGNER)
    notes = more.pop("notes", None) or [
        note_of(leaves[:size], signer=signer, cosigner=cosigner) for size in (*sizes, len(leaves))
    ]
    writer = Writer(pool, **more)
    files = [file for entry in shown for file in writer.add(entry)]
    return dict([*files, *writer.finish(notes, signer)])


def receipt_of(
    entries: Sequence[Made], sequence: int, size: int | None = None, *, signer: Signer = NODE_SIGNER
) -> bytes:
    """The receipt of an entry, as a node with this history gives it."""
    entry, leaves = entries[sequence - 1], [one.leaf for one in entries[:size]]

    def hash_of(level: int, index: int) -> bytes:
        tree = Frontier()
        for leaf in leaves[index << level : (index + 1) << level]:
            tree.append(leaf)
        return tree.root()

    return make_receipt(
        sequence=sequence,
        time_us=entry.time_us,
        header=entry.header,
        signature=entry.signature,
        content=(entry.salt, entry.body),
        proof=inclusion_proof(hash_of, sequence - 1, len(leaves)),
        note=note_of(leaves, signer=signer),
    )


def reader_of(files: Files) -> Callable[[str, int], bytes]:
    """How an audit reads files that lie in memory."""

    def read(name: str, most: int) -> bytes:
        if name not in files:
            raise InvalidInputError("cannot be read: No such file or directory", place=name)
        if len(files[name]) > most:
            raise InvalidInputError(f"is longer than {most} bytes: this is no such file", place=name)
        return files[name]

    return read


def write_files(files: Files, directory: Path) -> Path:
    directory.mkdir()
    for name, data in files.items():
        (directory / name).write_bytes(data)
    return directory


def javascript(directory: Path, keys: Path) -> dict[str, Any]:
    """What the verifier in JavaScript says of an export."""
    done = subprocess.run(
        ["node", VERIFIER, directory, "--keys", keys], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == "", done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if said["verified"] else 1)
    return said
