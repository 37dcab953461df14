"""Signed notes, checkpoints and cosignatures, as C2SP specifies them (signed-note, tlog-checkpoint, tlog-cosignature).

A note is text, an empty line, and signature lines. A checkpoint is a note of three lines: the log's origin, the size of
its tree, the tree's root. A cosignature is the signature of somebody else, with a time, who has seen that the log only
ever grew up to here. All signatures are Ed25519 (RFC 8032). What is read is read in one spelling only.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from skyparley.errors import InvalidInputError, ProofError
from skyparley.record.authorship import check_public_key
from skyparley.record.base64 import from_base64, to_base64
from skyparley.record.merkle import HASH_BYTES, MAX_SIZE

MAX_NOTE_BYTES: Final = 64 * 1024
MAX_SIGNATURES: Final = 64
"""Lines of one note; the specification asks for 16 at least."""
MAX_NAME_LENGTH: Final = 255
SIGNATURE: Final = 0x01
"""An Ed25519 signature over the text (signed-note)."""
COSIGNATURE: Final = 0x04
"""An Ed25519 signature over the text with a time before it (tlog-cosignature, `cosignature/v1`)."""
_MAX_ORIGIN: Final = 180
_KEY_BYTES: Final = 32
_ID_BYTES: Final = 4
_ED25519_BYTES: Final = 64
_TIME_BYTES: Final = 8
_LATEST_S: Final = 2**63 - 1
_NAME: Final = re.compile(rf"[^\s+\x00-\x1f\x7f-\x9f]{{1,{MAX_NAME_LENGTH}}}")
_VKEY: Final = re.compile(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Whose signature of which kind to look for: the name, `SIGNATURE` or `COSIGNATURE`, and the public key."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.kind not in (SIGNATURE, COSIGNATURE) or len(self.public) != _KEY_BYTES:
            raise InvalidInputError("a key of notes is an Ed25519 key, of kind 1 (signature) or 4 (cosignature)")
        check_public_key(self.public)

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature line names it."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        """Its text (vkey): `name+id+key`, the one line that is handed to others."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.kind]) + self.public)}"


@dataclass(frozen=True, slots=True)
class Signer:
    """A name with its private key, for signatures or for cosignatures."""

    name: str
    kind: int
    private: Ed25519PrivateKey

    @property
    def key(self) -> VerifierKey:
        """What others verify with."""
        return VerifierKey(self.name, self.kind, self.private.public_key().public_bytes_raw())


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One line of a note. `value` begins with the time (8 bytes) where it is a cosignature."""

    name: str
    key_id: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """The text, which ends with a newline, and its signature lines. Nothing of it is true until it is verified."""

    text: str
    signatures: tuple[SignatureLine, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tree of a log at a size: `origin` says of which log, `root` is 32 bytes."""

    origin: str
    size: int
    root: bytes


def parse_key(text: str) -> VerifierKey:
    """The key of a vkey. Raises `InvalidInputError`."""
    matched = _VKEY.fullmatch(text)
    if matched is None:
        raise InvalidInputError("a key of notes is written as name+id+key: copy the whole line, without spaces")
    held = from_base64(matched[3], of="the key", length=1 + _KEY_BYTES)
    key = VerifierKey(matched[1], held[0], held[1:])
    if key.key_id.hex() != matched[2]:
        raise InvalidInputError(f"the id of the key of {key.name} does not fit it: the line was altered")
    return key


def origin_of(pool: str) -> str:
    """The name of a pool's log in checkpoints: the pool's, with what such names cannot have written as in a URL.

    One that would be too long is cut, and ends with the SHA-256 of the pool's name.
    """
    name = quote(pool, safe="/:@!$&'()*,;=-._~")
    return name if len(name) <= _MAX_ORIGIN else f"{name[:_MAX_ORIGIN]}~{sha256(pool.encode()).hexdigest()}"


def check_name(name: str) -> None:
    """Raise `InvalidInputError` unless this can be a name in notes: no white space, no plus."""
    if not _NAME.fullmatch(name):
        raise InvalidInputError(f"a name in notes has 1 to {MAX_NAME_LENGTH} characters, no white space and no '+'")


def format_note(note: Note) -> bytes:
    """A note as it is sent."""
    lines = [f"— {one.name} {to_base64(one.key_id + one.value)}\n" for one in note.signatures]
    return (note.text + "\n" + "".join(lines)).encode()


def parse_note(data: bytes) -> Note:
    """A note, not verified. Raises `InvalidInputError`."""
    if len(data) > MAX_NOTE_BYTES:
        raise InvalidInputError(f"a note has at most {MAX_NOTE_BYTES} bytes; this has {len(data)}")
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise InvalidInputError("a note is text in UTF-8") from None
    if any(ord(character) < 0x20 and character != "\n" for character in whole):
        raise InvalidInputError("a note has no control characters but the newline")
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not text or not lines.endswith("\n"):
        raise InvalidInputError("a note is a text, an empty line, and signature lines that begin with a dash (—)")
    listed = lines[:-1].split("\n")
    if len(listed) > MAX_SIGNATURES:
        raise InvalidInputError(f"a note has at most {MAX_SIGNATURES} signature lines")
    return Note(text + "\n", tuple(map(_parse_line, listed)))


def with_lines(note: Note, lines: Iterable[SignatureLine]) -> Note:
    """A note with lines of keys that it has none of yet. Raises `InvalidInputError` if they become too many."""
    found: dict[tuple[str, bytes], SignatureLine] = {}
    for line in (*note.signatures, *lines):
        found.setdefault((line.name, line.key_id), line)
    if len(found) > MAX_SIGNATURES:
        raise InvalidInputError(f"a note has at most {MAX_SIGNATURES} signature lines")
    return Note(note.text, tuple(found.values()))


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """The text of a checkpoint."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{to_base64(checkpoint.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint that a note's text is. Raises `InvalidInputError`, also for lines that would follow."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not _SIZE.fullmatch(lines[1]) or int(lines[1]) > MAX_SIZE:
        raise InvalidInputError("a checkpoint is three lines: the origin, the size of the tree, its root")
    if not 0 < len(lines[0]) <= MAX_NAME_LENGTH or not lines[0].isprintable():
        raise InvalidInputError(f"the origin of a checkpoint has 1 to {MAX_NAME_LENGTH} printable characters")
    root = from_base64(lines[2], of="the root of a checkpoint", length=HASH_BYTES)
    return Checkpoint(lines[0], int(lines[1]), root)


def sign(text: str, signer: Signer) -> SignatureLine:
    """Sign a text, which ends with a newline."""
    return SignatureLine(signer.name, signer.key.key_id, signer.private.sign(text.encode()))


def cosign(text: str, signer: Signer, time_s: int) -> SignatureLine:
    """Sign the text of a checkpoint as of a time (seconds since 1970 UTC)."""
    value = signer.private.sign(_cosigned(text, time_s))
    return SignatureLine(signer.name, signer.key.key_id, time_s.to_bytes(_TIME_BYTES, "big") + value)


def verified(note: Note, keys: Iterable[VerifierKey]) -> Mapping[VerifierKey, int | None]:
    """Which of these keys have signed a note; for a cosignature the time that it says, seconds since 1970 UTC.

    Lines of other keys are passed over. Raises `ProofError` if a line of one of them is not its signature: then
    somebody altered the note, and none of it is to be trusted.
    """
    known = {(key.name, key.key_id): key for key in keys}
    found: dict[VerifierKey, int | None] = {}
    for line in note.signatures:
        key = known.get((line.name, line.key_id))
        if key is not None:
            time_s = _verify(note.text, line, key)
            before = found.get(key)
            found[key] = time_s if before is None or time_s is None else max(before, time_s)
    return found


def unknown_lines(note: Note, keys: Iterable[VerifierKey]) -> int:
    """How many lines of a note are of other keys than these: nothing is known of them, not even that they fit."""
    known = {(key.name, key.key_id) for key in keys}
    return sum((line.name, line.key_id) not in known for line in note.signatures)


def _verify(text: str, line: SignatureLine, key: VerifierKey) -> int | None:
    value, time_s, signed = line.value, None, text.encode()
    if key.kind == COSIGNATURE:
        time_s = int.from_bytes(value[:_TIME_BYTES], "big")
        value, signed = value[_TIME_BYTES:], _cosigned(text, time_s)
    try:
        if len(value) != _ED25519_BYTES or (time_s or 0) > _LATEST_S:
            raise InvalidSignature
        Ed25519PublicKey.from_public_bytes(key.public).verify(value, signed)
    except InvalidSignature:
        raise ProofError(f"the signature of {key.name} does not fit this note: it was altered, or forged") from None
    return time_s


def _cosigned(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def _parse_line(line: str) -> SignatureLine:
    dash, _, rest = line.partition(" ")
    name, space, value = rest.partition(" ")
    if dash != "—" or not space or not _NAME.fullmatch(name):
        raise InvalidInputError("a signature line is a dash (—), a name and a signature in base64")
    held = from_base64(value, of=f"the signature of {name}")
    if len(held) <= _ID_BYTES:
        raise InvalidInputError(f"the signature of {name} is too short")
    return SignatureLine(name, held[:_ID_BYTES], held[_ID_BYTES:])
