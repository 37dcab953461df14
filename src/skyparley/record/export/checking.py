"""A segment verified by itself: its file, headers, bodies, signatures of parties, leaves. What needs order is left.

Each segment can be verified by another process. The first entry that is wrong is named; where the file is not the one
that was sealed and yet each of its entries is as its leaf says, the segment as a whole is.
"""

from collections import Counter
from hashlib import sha256

import msgspec

from skyparley.errors import ProofError, SkyparleyError
from skyparley.record.authorship import PARTY_SIGNED, PartyKeys, check_mark, check_signature
from skyparley.record.envelope import Header, decode_header, leaf_data
from skyparley.record.export.manifest import Segment
from skyparley.record.export.segment import DELETED, LEAF_ONLY, WHOLE, Reading, Shown, read_columns
from skyparley.record.merkle import leaf_hash

_ENCODER = msgspec.json.Encoder(order="sorted")


class Fault(msgspec.Struct, frozen=True):
    """What is wrong, and in which entries: one, or some of `first` to `last` where it cannot be said which."""

    first: int
    last: int
    reason: str


class UnknownKey(msgspec.Struct):
    """Entries marked party-signed by a key that the auditor does not name: how many, and the first."""

    entries: int
    first: int


class Tally(msgspec.Struct):
    """What entries were verified: by mark of their author, by form, and what could not be."""

    marks: Counter[str] = msgspec.field(default_factory=Counter)
    forms: Counter[str] = msgspec.field(default_factory=Counter)
    deleted: Counter[str] = msgspec.field(default_factory=Counter)
    unknown_keys: dict[tuple[str, str], UnknownKey] = msgspec.field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Count the entries of another, which come later."""
        self.marks.update(other.marks)
        self.forms.update(other.forms)
        self.deleted.update(other.deleted)
        for key, more in other.unknown_keys.items():
            known = self.unknown_keys.setdefault(key, UnknownKey(0, more.first))
            known.entries += more.entries


class Checked(msgspec.Struct):
    """What became of a segment: its entries up to the first that is wrong, what was verified of them, what is wrong.

    There are no entries where it cannot be said which is wrong: none of them can be relied on.
    """

    entries: list[Shown]
    tally: Tally
    fault: Fault | None = None


def check_segment(data: bytes, segment: Segment, pool: str, keys: PartyKeys) -> Checked:
    """Verify the file of a segment, by the keys of parties that the auditor trusts. Never raises for what is wrong."""
    sealed = len(data) == segment.bytes and sha256(data).hexdigest() == segment.sha256
    altered = "" if sealed else "; the segment is not the one that was sealed"
    try:
        reading = Reading(read_columns(data, segment.count), segment.count, pool)
    except ProofError as error:
        return Checked([], Tally(), Fault(segment.first, segment.last, error.message + altered))
    checked, sequence = Checked([], Tally()), segment.first
    try:
        for entry in reading:
            if entry.form != LEAF_ONLY:
                _check(entry, sequence, keys, checked.tally)
            checked.tally.forms[entry.form] += 1
            checked.entries.append(entry)
            sequence += 1
    except SkyparleyError as error:
        checked.fault = Fault(sequence, sequence, error.message + altered)
        return checked
    if sealed and reading.finished:
        return checked
    reason = "it holds more than its entries" if sealed else "the segment is not the one that was sealed"
    return Checked([], Tally(), Fault(segment.first, segment.last, reason))


def _check(entry: Shown, sequence: int, keys: PartyKeys, tally: Tally) -> None:
    """Raise an error unless an entry is what its leaf says, in its form, and signed as its mark says."""
    header = decode_header(entry.header)
    if leaf_hash(leaf_data(sequence, entry.time_us, entry.header, entry.signature)) != entry.leaf:
        raise ProofError("it is not the entry that its leaf was made of")
    check_mark(header, entry.signature)
    if entry.form == WHOLE:
        _check_body(entry.body, header)
    elif entry.form == DELETED:
        tally.deleted[entry.reason] += 1
    if header.authentication == PARTY_SIGNED:
        key = (header.party, header.key_id)
        public = keys.get(key)
        if public is None:
            tally.unknown_keys.setdefault(key, UnknownKey(0, sequence)).entries += 1
            return
        check_signature(entry.header, entry.signature, public)
    tally.marks[header.authentication] += 1


def _check_body(body: bytes, header: Header) -> None:
    """Raise `ProofError` unless a body, whose digest the header has, is a canonical command of the header's kind."""
    try:
        command = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        command = None
    canonical = isinstance(command, dict) and _ENCODER.encode(command) == body
    if not canonical or command.get("kind") != header.kind:
        raise ProofError("its body is no command of the kind that its header names")
