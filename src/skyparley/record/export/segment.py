"""A segment of an export: so many entries in a row, as columns; of each only what cannot be computed again.

An entry is whole, or without its body (withheld, or deleted), or only the hash of its leaf, so that an export may show
each reader what is his to read. The hash of every leaf is kept, so that what was changed is named at its entry.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec

from skyparley.errors import InvalidInputError, ProofError
from skyparley.record.authorship import PARTY_SIGNED, SIGNATURE_BYTES, check_mark
from skyparley.record.envelope import SALT_BYTES, Header, body_digest, decode_header
from skyparley.record.export.columns import (
    MAX_COLUMN_BYTES,
    frame,
    join_lines,
    pack,
    split_lines,
    unframe,
    unpack,
)
from skyparley.record.merkle import HASH_BYTES

_T = TypeVar("_T")
WHOLE: Final = "w"
WITHHELD: Final = "h"
DELETED: Final = "d"
LEAF_ONLY: Final = "l"
SEGMENT_ENTRIES: Final = 8_192
"""So many entries a segment is given; it ends before if their bodies are long."""
SEGMENT_BODY_BYTES: Final = 16 * 1024 * 1024
MAX_SEGMENT_ENTRIES: Final = 65_536
MAX_REASON_LENGTH: Final = 200
_MAGIC: Final = b"skyparley segment 1\n"
_COLUMNS: Final = 9
_LATEST_US: Final = 2**53
_SIGNED: Final = PARTY_SIGNED.encode()
_FORMS: Final = {(b"w", 5): WHOLE, (b"h", 5): WITHHELD, (b"d", 6): DELETED}
"""The forms that show something, by their letter and the words of their line."""
_NUMBER: Final = re.compile(rb"0|-?[1-9][0-9]{0,15}")
_HEADER: Final = (
    b'{"authentication":"%b","body_digest":"%b","claimed_time_us":%d,"idempotency_key":"%b","key_id":"%b",'
    b'"kind":"%b","party":"%b","pool":"%b","version":1}'
)


class Shown(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry as an export shows it. `form` is one of the letters above; what the form does not show is empty.

    `leaf` is the hash of its leaf (32 bytes); `reason` says why a body was deleted.
    """

    form: str
    leaf: bytes
    time_us: int = 0
    header: bytes = b""
    signature: bytes = b""
    salt: bytes = b""
    body: bytes = b""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """What a segment holds, as far as it could be read; `complete` says whether that is all of it."""

    leaves: bytes
    salts: bytes
    signatures: bytes
    digests: bytes
    entries: list[bytes]
    times: list[bytes]
    claims: list[bytes]
    keys: list[bytes]
    bodies: list[bytes]
    complete: bool


def encode_segment(entries: Sequence[Shown]) -> bytes:
    """The file of some entries in a row. Raises `InvalidInputError` for what no log holds."""
    shown = [entry for entry in entries if entry.form != LEAF_ONLY]
    whole = [entry for entry in shown if entry.form == WHOLE]
    headers = [decode_header(entry.header) for entry in shown]
    times, claims, before_us = [], [], 0
    for entry, header in zip(shown, headers, strict=True):
        _check(entry)
        times.append(b"%d" % (entry.time_us - before_us))
        claims.append(b"%d" % (entry.time_us - header.claimed_time_us))
        before_us = entry.time_us
    bare = [header for entry, header in zip(shown, headers, strict=True) if entry.form != WHOLE]
    return _MAGIC + frame(
        [
            b"".join([entry.leaf for entry in entries]),
            b"".join([entry.salt for entry in whole]),
            b"".join([entry.signature for entry in shown]),
            b"".join([bytes.fromhex(header.body_digest) for header in bare]),
            pack(join_lines(_lines(entries, headers))),
            pack(join_lines(times)),
            pack(join_lines(claims)),
            pack(join_lines([_quoted(header.idempotency_key) for header in headers])),
            pack(join_lines([entry.body for entry in whole])),
        ]
    )


def _lines(entries: Sequence[Shown], headers: Sequence[Header]) -> list[bytes]:
    """Of each entry its form and, if it is shown, who said what; `headers` are those that are shown."""
    lines, shown = [], iter(headers)
    for entry in entries:
        words = [entry.form]
        if entry.form != LEAF_ONLY:
            header = next(shown)
            words += [header.authentication, header.key_id, header.kind, header.party]
        if entry.form == DELETED:
            words.append(entry.reason)
        lines.append(b"\t".join(map(_quoted, words)))
    return lines


def _check(entry: Shown) -> None:
    """Raise `InvalidInputError` for an entry that could not be read again."""
    try:
        check_mark(decode_header(entry.header), entry.signature)
    except ProofError as error:
        raise InvalidInputError(error.message) from None
    if b"\n" in entry.body or len(entry.body) >= MAX_COLUMN_BYTES:
        raise InvalidInputError("the body of the entry is not canonical, or longer than any command")
    if (len(entry.salt) == SALT_BYTES) != (entry.form == WHOLE) or len(entry.leaf) != HASH_BYTES:
        raise InvalidInputError("the salt or the hash of the entry does not have its length")
    if len(entry.reason) > MAX_REASON_LENGTH:
        raise InvalidInputError(f"a reason has at most {MAX_REASON_LENGTH} characters")


def _quoted(text: str) -> bytes:
    """A text as it stands between quotation marks in canonical JSON: without line ends and tabs."""
    return msgspec.json.encode(text)[1:-1]


def read_columns(data: bytes, count: int) -> Columns:
    """The columns of a file of so many entries. Raises `ProofError` for what is no such file."""
    if not data.startswith(_MAGIC):
        begin = data[: len(_MAGIC)].decode("ascii", "replace")
        raise ProofError(f"it does not begin as a segment of format 1, but with {begin!r}")
    leaves, salts, signatures, digests, *packed = unframe(data[len(_MAGIC) :], _COLUMNS)
    if len(leaves) != count * HASH_BYTES:
        raise ProofError(f"it does not hold {count} entries")
    if len(salts) % SALT_BYTES or len(signatures) % SIGNATURE_BYTES or len(digests) % HASH_BYTES:
        raise ProofError("a column is not made of whole values")
    texts = [unpack(column) for column in packed]
    columns = [split_lines(text) for text, _ in texts]
    complete = all(whole for _, whole in (*texts, *columns))
    entries, times, claims, keys, bodies = (lines for lines, _ in columns)
    return Columns(leaves, salts, signatures, digests, entries, times, claims, keys, bodies, complete=complete)


class Reading:
    """The entries of a segment, one after another."""

    def __init__(self, columns: Columns, count: int, pool: str) -> None:
        self._columns = columns
        self._count = count
        self._pool = _quoted(pool)
        self._entries, self._times, self._claims = iter(columns.entries), iter(columns.times), iter(columns.claims)
        self._keys, self._bodies = iter(columns.keys), iter(columns.bodies)
        self._salts = _fixed(columns.salts, SALT_BYTES)
        self._signatures = _fixed(columns.signatures, SIGNATURE_BYTES)
        self._digests = _fixed(columns.digests, HASH_BYTES)
        self._time_us = 0

    def __iter__(self) -> Iterator[Shown]:
        """Raises `ProofError` or `InvalidInputError` at the first entry that cannot be read."""
        leaves = self._columns.leaves
        for at in range(0, self._count * HASH_BYTES, HASH_BYTES):
            words, leaf = _next(self._entries, "form").split(b"\t"), leaves[at : at + HASH_BYTES]
            yield Shown(LEAF_ONLY, leaf) if words == [b"l"] else self._shown(words, leaf)

    @property
    def finished(self) -> bool:
        """Whether nothing is left of any column."""
        lines = (self._entries, self._times, self._claims, self._keys, self._bodies)
        fixed = (self._salts, self._signatures, self._digests)
        return self._columns.complete and all(next(column, None) is None for column in (*lines, *fixed))

    def _shown(self, words: list[bytes], leaf: bytes) -> Shown:
        form = _FORMS.get((words[0], len(words)))
        if form is None:
            raise ProofError("it has no form that there is")
        authentication, key_id, kind, party = words[1:5]
        delta_us, ahead_us = _number(self._times, "time"), _number(self._claims, "claimed time")
        if delta_us < 1 or self._time_us + delta_us >= _LATEST_US:
            raise ProofError("its time is not after that of the entry before it")
        self._time_us += delta_us
        salt = body = b""
        if form == WHOLE:
            salt, body = _next(self._salts, "salt"), _next(self._bodies, "body")
            digest = body_digest(salt, body).encode()
        else:
            digest = _next(self._digests, "digest").hex().encode()
        header = _HEADER % (
            authentication,
            digest,
            self._time_us - ahead_us,
            _next(self._keys, "idempotency key"),
            key_id,
            kind,
            party,
            self._pool,
        )
        signature = _next(self._signatures, "signature") if authentication == _SIGNED else b""
        reason = _reason(words[5]) if form == DELETED else ""
        return Shown(form, leaf, self._time_us, header, signature, salt, body, reason)


def _next(column: Iterator[_T], what: str) -> _T:
    value = next(column, None)
    if value is None:
        raise ProofError(f"its {what} is missing, or cannot be read")
    return value


def _number(column: Iterator[bytes], what: str) -> int:
    text = _next(column, what)
    if not _NUMBER.fullmatch(text):
        raise ProofError(f"its {what} is no number")
    return int(text)


def _fixed(data: bytes, width: int) -> Iterator[bytes]:
    return (data[at : at + width] for at in range(0, len(data), width))


def _reason(text: bytes) -> str:
    try:
        reason = msgspec.json.decode(b'"' + text + b'"', type=str)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ProofError("its reason is no text") from None
    if _quoted(reason) != text or len(reason) > MAX_REASON_LENGTH:
        raise ProofError("its reason is no text as it is written here")
    return reason
