"""The manifest of an export, and its seal: which files belong to it, and by whose word.

The manifest names every segment with the SHA-256 of its file, and holds the signed checkpoints. The seal is a signed
note of C2SP over the SHA-256 of the manifest, by the key of the log: no part of an export can be exchanged unseen. Its
text is that of no checkpoint, so that no signature of one is one of the other.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated, Final

import msgspec

from skyparley.errors import InvalidInputError, ProofError
from skyparley.record.base64 import to_base64
from skyparley.record.canonical import read_canonical, write_canonical
from skyparley.record.export.segment import MAX_SEGMENT_ENTRIES
from skyparley.record.notes import (
    COSIGNATURE,
    SIGNATURE,
    Checkpoint,
    Note,
    Signer,
    VerifierKey,
    format_note,
    origin_of,
    parse_checkpoint,
    parse_note,
    sign,
    verified,
)

FORMAT: Final = "skyparley export 1"
MANIFEST_FILE: Final = "manifest.json"
SEAL_FILE: Final = "seal"
MAX_MANIFEST_BYTES: Final = 16 * 1024 * 1024
MAX_CHECKPOINTS: Final = 1_000
MAX_SEGMENT_BYTES: Final = 256 * 1024 * 1024
"""Of a file; the writer's are a few megabytes long."""
_MOST: Final = 2**53 - 1
_HASH: Final = r"^[0-9a-f]{64}$"


class Segment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: its length and SHA-256, the sequence of its first entry, and how many there are."""

    bytes: Annotated[int, msgspec.Meta(ge=1, le=MAX_SEGMENT_BYTES)]
    count: Annotated[int, msgspec.Meta(ge=1, le=MAX_SEGMENT_ENTRIES)]
    first: Annotated[int, msgspec.Meta(ge=1, le=_MOST)]
    sha256: Annotated[str, msgspec.Meta(pattern=_HASH)]

    @property
    def last(self) -> int:
        """The sequence of its last entry."""
        return self.first + self.count - 1


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is in the file. `chain` is the chain value (hex) after the last entry if every header is shown, else null.

    `reader` is the party that the export was made for, empty where it is for whoever may read everything.
    """

    chain: Annotated[str, msgspec.Meta(pattern=_HASH)] | None
    checkpoints: Annotated[list[str], msgspec.Meta(min_length=1, max_length=MAX_CHECKPOINTS)]
    entries: Annotated[int, msgspec.Meta(ge=1, le=_MOST)]
    format: str = FORMAT
    pool: str
    reader: str
    segments: Annotated[list[Segment], msgspec.Meta(min_length=1)]


class Signed(msgspec.Struct, frozen=True):
    """A checkpoint that the log's key has signed, and who has cosigned it, each with the time that he says."""

    checkpoint: Checkpoint
    cosigned: dict[str, int]


_DECODER: Final = msgspec.json.Decoder(Manifest)


def segment_file(number: int) -> str:
    """The name of the file of a segment; the first has the number 1."""
    return f"segment-{number:08}.bin"


def describe(data: bytes, first: int, count: int) -> Segment:
    """The line of a segment in the manifest."""
    return Segment(len(data), count, first, sha256(data).hexdigest())


def encode_manifest(manifest: Manifest) -> bytes:
    """The bytes of a manifest."""
    return write_canonical(manifest)


def seal(manifest: bytes, signer: Signer) -> bytes:
    """The seal of a manifest, by the key of the log."""
    text = _sealed(manifest)
    return format_note(Note(text, (sign(text, signer),)))


def open_manifest(manifest: bytes, sealed: bytes, keys: Sequence[VerifierKey]) -> Manifest:
    """The manifest under a seal, to somebody who trusts these keys.

    Raises `InvalidInputError` for what is no manifest or seal of this format, `ProofError` for a seal that is not that
    of the log over this manifest.
    """
    found = _read(manifest)
    note = parse_note(sealed)
    if note.text != _sealed(manifest):
        raise ProofError(f"{SEAL_FILE} is not that of {MANIFEST_FILE}: one of them was altered or exchanged")
    _require_log(note, found.pool, keys)
    return found


def signed_checkpoints(manifest: Manifest, keys: Sequence[VerifierKey]) -> list[Signed]:
    """The checkpoints of an export, by size; the last is of all its entries.

    Raises `InvalidInputError` or `ProofError` unless each is one of this log, signed by a key of it among these.
    """
    found: list[Signed] = []
    for number, text in enumerate(manifest.checkpoints):
        try:
            found.append(signed_checkpoint(text.encode(), manifest.pool, keys))
        except (InvalidInputError, ProofError) as error:
            raise error.at(f"checkpoints[{number}]") from None
    sizes = [one.checkpoint.size for one in found]
    if sizes != sorted(sizes) or sizes[0] < 1 or sizes[-1] != manifest.entries:
        raise ProofError("the checkpoints of the export do not lead to its last entry")
    return found


def signed_checkpoint(data: bytes, pool: str, keys: Sequence[VerifierKey]) -> Signed:
    """A checkpoint of a pool's log. Raises `InvalidInputError`, or `ProofError` unless the log's key has signed it."""
    note = parse_note(data)
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != origin_of(pool):
        raise ProofError(f"the checkpoint is of the log '{checkpoint.origin}', the export of '{origin_of(pool)}'")
    signers = _require_log(note, pool, keys)
    own = {key.public for key in signers if key.kind == SIGNATURE and key.name == checkpoint.origin}
    cosigned = {
        str(key): time_s or 0
        for key, time_s in signers.items()
        if key.kind == COSIGNATURE and key.public not in own  # the log's own word twice is not another's
    }
    return Signed(checkpoint, cosigned)


def _require_log(note: Note, pool: str, keys: Sequence[VerifierKey]) -> dict[VerifierKey, int | None]:
    """Who signed a note. Raises `ProofError` unless the log's key is among them."""
    signers, origin = dict(verified(note, keys)), origin_of(pool)
    if not any(key.kind == SIGNATURE and key.name == origin for key in signers):
        raise ProofError(
            f"no key that you trust is that of the log '{origin}': give its line, which begins with {origin}+"
        )
    return signers


def _sealed(manifest: bytes) -> str:
    return f"{FORMAT}\n{to_base64(sha256(manifest).digest())}\n"


def _read(data: bytes) -> Manifest:
    manifest = read_canonical(data, _DECODER, form=FORMAT, what="manifest", most=MAX_MANIFEST_BYTES)
    first = 1
    for number, segment in enumerate(manifest.segments):
        if segment.first != first:
            raise InvalidInputError(f"begins with entry {segment.first}, not {first}", place=f"segments[{number}]")
        first = segment.last + 1
    if first != manifest.entries + 1:
        raise InvalidInputError(f"its segments end at entry {first - 1}, not at {manifest.entries}", place="entries")
    return manifest
