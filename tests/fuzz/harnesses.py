"""Harnesses for libFuzzer (by atheris): whatever arrives is refused by an error of ours, or what it shows is true.

True means: of a mutated receipt, note, manifest or segment that is taken, every fact is one of the good one that it was
made of, because nobody here has the keys to sign another. Run by itself, since libFuzzer ends its process:

    python tests/fuzz/harnesses.py NAME DIRECTORY-OF-THE-CORPUS -runs=100000
"""

import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import atheris

with atheris.instrument_imports(include=["skyparley.record", "skyparley.audit"], enable_loader_override=False):
    from skyparley.audit.audit import Evidence, audit
    from skyparley.record import authorship, notes, receipts, trust
    from skyparley.record.comparing import history, mailed
    from skyparley.record.export import checking, columns, manifest, segment

import msgspec

from skyparley.errors import ProofError, SkyparleyError
from skyparley.record.envelope import decode_header, leaf_data
from skyparley.record.merkle import leaf_hash
from support.exports import (
    COSIGNER,
    KEYS,
    NODE_SIGNER,
    PARTY_KEYS,
    POOL,
    Made,
    export_of,
    key_file,
    note_of,
    private_key,
    reader_of,
    receipt_of,
)
from support.exports import history as history_of

COUNT = 14
ENTRIES = history_of(COUNT)
LEAVES = [entry.leaf for entry in ENTRIES]
NOTES = [note_of(LEAVES[:size], cosigner=COSIGNER if size % 2 else None) for size in range(1, COUNT + 1)]
FILES = export_of([entry.shown() for entry in ENTRIES], sizes=(4,), segment_entries=COUNT)
OPENED = manifest.open_manifest(FILES["manifest.json"], FILES["seal"], KEYS.notes)
SEGMENT = "segment-00000001.bin"
MAGIC = 20
Mutator = Callable[[bytes, random.Random], bytes]


@dataclass(frozen=True)
class Harness:
    """Real inputs to begin with, what is done with any, and how one is changed so that it still can be read."""

    seeds: list[bytes]
    target: Callable[[bytes], None]
    reshape: Mutator


def changed(data: bytes, dice: random.Random) -> bytes:
    """Octets changed a little."""
    return bytes(atheris.Mutate(data or b"\0", len(data) + dice.randint(1, 40)))


def changed_text(text: str, dice: random.Random) -> str:
    return changed(text.encode(), dice).decode("utf-8", "replace")


# receipts


def _fuzz_receipt(data: bytes) -> None:
    try:
        proven = receipts.verify_receipt(data, KEYS)
    except SkyparleyError:
        return
    entry = ENTRIES[proven.sequence - 1]
    assert (proven.time_us, proven.header, proven.leaf) == (entry.time_us, decode_header(entry.header), entry.leaf)
    assert proven.body in (entry.body, None)
    _true_checkpoint(proven.checkpoint, proven.cosigned)
    assert proven.signed_by == str(NODE_SIGNER.key)


def _true_checkpoint(checkpoint: notes.Checkpoint, cosigned: Any) -> None:
    """One that the keys of the test have signed, by no more than have signed it."""
    good = notes.parse_note(NOTES[checkpoint.size - 1])
    assert notes.format_checkpoint(checkpoint) == good.text
    times = {str(COSIGNER.key): 1_800_000_000} if len(good.signatures) == 2 or checkpoint.size in (4, COUNT) else {}
    assert {str(key): time_s for key, time_s in cosigned.items()}.items() <= times.items()


RECEIPTS = [receipt_of(ENTRIES, sequence, size) for sequence, size in ((1, 1), (3, 8), (6, 14), (7, 7), (10, 13))]


def _reshape_receipt(data: bytes, dice: random.Random) -> bytes:
    """One member of a receipt is changed, or taken from another; then it is written as receipts are."""
    held, other = (msgspec.json.decode(one) for one in (dice.choice(RECEIPTS), dice.choice(RECEIPTS)))
    member = dice.choice(sorted(held))
    value = held[member]
    if dice.random() < 0.3:
        held[member] = other[member]
    elif isinstance(value, str):
        held[member] = changed_text(value, dice)
    elif isinstance(value, int):
        held[member] = dice.choice((value + dice.randint(-2, 2), dice.getrandbits(dice.randint(1, 64))))
    elif isinstance(value, list) and value:
        at = dice.randrange(len(value))
        value[at : at + dice.randint(0, 1)] = [dice.choice((changed_text(value[at], dice), value[at]))]
    else:
        held[member] = dice.choice((None, "", []))
    return msgspec.json.encode(held, order="sorted")


# notes, as they are and as mail leaves them


def _fuzz_note(data: bytes) -> None:
    try:
        note = notes.parse_note(data)
    except SkyparleyError:
        return
    assert notes.format_note(note) == data
    _fuzz_signed(note)


def _fuzz_signed(note: notes.Note) -> None:
    try:
        signed = history.signed_checkpoint(note, KEYS.notes)
    except SkyparleyError:
        return
    _true_checkpoint(signed.checkpoint, signed.cosigned)


def _reshape_note(data: bytes, dice: random.Random) -> bytes:
    """Lines of two notes changed, mixed, repeated."""
    lines = dice.choice(NOTES).decode().split("\n")
    other = dice.choice(NOTES).decode().split("\n")
    at = dice.randrange(len(lines))
    lines[at : at + dice.randint(0, 1)] = [dice.choice((dice.choice(other), changed_text(lines[at], dice)))]
    return "\n".join(lines).encode()


def _fuzz_mailed(data: bytes) -> None:
    try:
        note = mailed.parse_mailed(data)
    except SkyparleyError:
        return
    assert notes.parse_note(notes.format_note(note)) == note
    _fuzz_signed(note)


def _as_mailed(note: bytes) -> bytes:
    lines = ["Dear all,", *note.decode().split("\n"), "Yours"]
    return "\r\n".join(f"> {line}" for line in lines).encode()


def _reshape_mailed(data: bytes, dice: random.Random) -> bytes:
    text = _reshape_note(data, dice)
    mark = dice.choice((b"> ", b">> ", b"", b">"))
    return dice.choice((b"\n", b"\r\n")).join(mark + line for line in text.split(b"\n"))


# files of keys, and signed headers


def _fuzz_keys(data: bytes) -> None:
    try:
        trusted = trust.parse_trusted(data.decode("utf-8", "replace"))
    except SkyparleyError:
        return
    lines = {line.strip() for line in data.decode("utf-8", "replace").splitlines()}
    for key in trusted.notes:
        assert str(key) in lines
        assert notes.parse_key(str(key)) == key
    for (party, key_id), public in trusted.parties.items():
        assert authorship.format_key_line(party, public) in lines
        assert authorship.key_id_of(public) == key_id
    for public in (*(key.public for key in trusted.notes), *trusted.parties.values()):
        authorship.check_public_key(public)


def _reshape_keys(data: bytes, dice: random.Random) -> bytes:
    """Lines with another key and the identifier that belongs to it."""
    public = dice.choice((dice.randbytes(32), bytes(32), b"\1" + bytes(31), b"\xff" * 32))
    name = changed_text("alpha", dice)
    line = f"{name}=ed25519:{authorship.to_base64(public)}"
    return f"{key_file()}{line}\n{changed_text(key_file().splitlines()[1], dice)}\n".encode("utf-8", "replace")


SIGNED = [entry for entry in ENTRIES if entry.signature]
HEADERS = {(entry.header, entry.signature) for entry in SIGNED}


def _line(entry: Made) -> bytes:
    held = authorship.SignedHeader(decode_header(entry.header), entry.header, entry.salt, entry.signature)
    return authorship.format_signed(held).encode()


def _fuzz_header(data: bytes) -> None:
    text = data.decode("latin-1")
    try:
        signed = authorship.parse_signed(text)
        authorship.check_author(signed.header, signed.encoded, signed.signature, PARTY_KEYS)
    except SkyparleyError:
        return
    assert authorship.format_signed(signed) == text
    if signed.header.authentication == authorship.PARTY_SIGNED:
        assert (signed.encoded, signed.signature) in HEADERS


def _reshape_header(data: bytes, dice: random.Random) -> bytes:
    parts, other = _line(dice.choice(SIGNED)).split(b"."), _line(dice.choice(SIGNED)).split(b".")
    at = dice.randrange(3)
    held = authorship.from_base64(parts[at].decode(), of="it")
    again = authorship.to_base64(changed(held, dice)).encode()
    parts[at] = dice.choice((other[at], again))
    return b".".join(parts)


# exports: the manifest with its seal, and a segment that the operator has sealed anew


def _fuzz_manifest(data: bytes) -> None:
    cut = int.from_bytes(data[:2], "big")
    sealed, written = data[2 : 2 + cut], data[2 + cut :]
    try:
        opened = manifest.open_manifest(written, sealed, KEYS.notes)
        found = manifest.signed_checkpoints(opened, KEYS.notes)
    except SkyparleyError:
        return
    assert written == FILES["manifest.json"]
    for one in found:
        _true_checkpoint(one.checkpoint, one.cosigned)


def _packed(sealed: bytes, written: bytes) -> bytes:
    return len(sealed).to_bytes(2, "big") + sealed + written


def _reshape_manifest(data: bytes, dice: random.Random) -> bytes:
    """A member is changed; the seal is the old one, or that of another key over the new one."""
    held = msgspec.json.decode(FILES["manifest.json"])
    member = dice.choice(sorted(held))
    value = held[member]
    if isinstance(value, str):
        held[member] = changed_text(value, dice)
    elif isinstance(value, int):
        held[member] = dice.getrandbits(dice.randint(1, 60))
    elif member == "segments":
        part = dice.choice(sorted(value[0]))
        number = dice.getrandbits(dice.randint(1, 60))
        value[0][part] = changed_text(value[0][part], dice) if part == "sha256" else number
    else:
        value[dice.randrange(len(value))] = changed_text(value[0], dice)
    written = msgspec.json.encode(held, order="sorted")
    stranger = notes.Signer(NODE_SIGNER.name, notes.SIGNATURE, private_key("stranger"))
    return _packed(dice.choice((FILES["seal"], manifest.seal(written, stranger))), written)


def _fuzz_segment(data: bytes) -> None:
    line = manifest.describe(data or b"\0", 1, COUNT)
    checked = checking.check_segment(data, line, POOL, PARTY_KEYS)
    for at, shown in enumerate(checked.entries):
        _true_entry(at + 1, shown)
    if checking.check_segment(data, OPENED.segments[0], POOL, PARTY_KEYS).fault is None:
        assert data == FILES[SEGMENT]
    if checked.fault is not None or not data:
        return
    written = manifest.encode_manifest(msgspec.structs.replace(OPENED, segments=[line]))
    files = {SEGMENT: data, "manifest.json": written, "seal": manifest.seal(written, NODE_SIGNER)}
    try:
        audited = audit(reader_of(files), KEYS, Evidence(), jobs=1)
    except SkyparleyError:
        return
    if audited.verified:
        assert [shown.leaf for shown in checked.entries] == LEAVES


def _true_entry(sequence: int, shown: segment.Shown) -> None:
    """What is shown of an entry is what its leaf was made of, and what its party has signed."""
    if shown.form == segment.LEAF_ONLY:
        return
    assert leaf_hash(leaf_data(sequence, shown.time_us, shown.header, shown.signature)) == shown.leaf
    header = decode_header(shown.header)
    if (header.party, header.key_id) in PARTY_KEYS and header.authentication == authorship.PARTY_SIGNED:
        assert (shown.header, shown.signature) in HEADERS
    if shown.form == segment.WHOLE:
        assert segment.body_digest(shown.salt, shown.body) == header.body_digest


def _reshape_segment(data: bytes, dice: random.Random) -> bytes:
    """A column is changed as it is unpacked."""
    try:
        parts = columns.unframe(data[MAGIC:], 9)
    except ProofError:
        parts = columns.unframe(FILES[SEGMENT][MAGIC:], 9)
    at = dice.randrange(9)
    if at < 4:
        parts[at] = changed(parts[at], dice)
    else:
        try:
            lines = columns.unpack(parts[at])[0].split(b"\n")
        except ProofError:
            lines = [b""]
        place = dice.randrange(len(lines))
        lines[place] = changed(lines[place], dice)
        parts[at] = columns.pack(b"\n".join(lines))
    return FILES[SEGMENT][:MAGIC] + columns.frame(parts)


HARNESSES = {
    "receipt": Harness(RECEIPTS, _fuzz_receipt, _reshape_receipt),
    "note": Harness(NOTES, _fuzz_note, _reshape_note),
    "mailed": Harness([_as_mailed(note) for note in NOTES], _fuzz_mailed, _reshape_mailed),
    "keys": Harness([key_file().encode()], _fuzz_keys, _reshape_keys),
    "header": Harness([_line(entry) for entry in SIGNED], _fuzz_header, _reshape_header),
    "manifest": Harness([_packed(FILES["seal"], FILES["manifest.json"])], _fuzz_manifest, _reshape_manifest),
    "segment": Harness([FILES[SEGMENT]], _fuzz_segment, _reshape_segment),
}


def main() -> None:
    """Fuzz the harness of a name, with the options of libFuzzer."""
    name, corpus, *options = sys.argv[1:]
    harness = HARNESSES[name]
    for number, seed in enumerate(harness.seeds):
        (Path(corpus) / f"seed-{number}").write_bytes(seed)

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        dice = random.Random(seed)
        if dice.random() < 0.5:
            return bytes(atheris.Mutate(data, most))
        return harness.reshape(data, dice)[:most]

    atheris.Setup([sys.argv[0], *options, corpus], harness.target, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
