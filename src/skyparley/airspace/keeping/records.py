"""The records that the airspace keeps: parties, live operations, conflicts, remembered keys, refused entries.

Each is an item of the state hash in its canonical bytes (MessagePack array). Nothing here is a float.
"""

from hashlib import sha256

import msgspec

from skyparley.airspace.keeping.extents import lengthen_extents
from skyparley.airspace.operations.commands import Extent

OperationKey = tuple[str, str]
"""(party, operation_id)."""

_ENCODER = msgspec.msgpack.Encoder()


class Refusal(msgspec.Struct, frozen=True, array_like=True):
    """Why not: the code of an error in `errors.py`, a sentence that says what to change, and where (empty: nowhere)."""

    code: str
    message: str
    place: str = ""


class Party(msgspec.Struct, frozen=True, array_like=True, tag="party"):
    """A party to the shared sky, admitted by the entry `sequence`."""

    party: str
    name: str
    party_kind: str
    state: str
    sequence: int


class LateNotice(msgspec.Struct, frozen=True, array_like=True):
    """A clause on notice (`agreement/version/clause`) that asks for more than there was, both in seconds."""

    basis: str
    notice_s: int
    given_s: int


class LiveOperation(msgspec.Struct, frozen=True, gc=False):
    """An operation or hazard notice that is live. `[begin_us, end_us)` spans its extents.

    `version` counts its changes from 1. `filed_sequence`, `details_sequence` and `changed_sequence` are the entries
    that filed it, last set its details, last changed it in any way. `short_extents` is read by `extents()`.
    `hazard_kind` is empty for operations, `operation_class` is `limits.HAZARD_CLASS` for hazards. `late_notices` are
    the clauses on notice that were in force when its details were set and that it did not keep.
    """

    party: str
    operation_id: str
    state: str
    version: int
    operation_class: str
    hazard: bool
    hazard_kind: str
    begin_us: int
    end_us: int
    details_digest: str
    filed_sequence: int
    details_sequence: int
    changed_sequence: int
    short_extents: bytes
    late_notices: tuple["LateNotice", ...] = ()

    @property
    def key(self) -> OperationKey:
        """(party, operation_id)."""
        return self.party, self.operation_id

    def extents(self) -> tuple[Extent, ...]:
        """What it reserves."""
        return lengthen_extents(self.short_extents)

    def item(self, packed_extents: bytes) -> bytes:
        """Its canonical bytes, with its extents in their canonical form (`pack_extents`)."""
        return _ENCODER.encode(
            (
                "operation",
                self.party,
                self.operation_id,
                self.state,
                self.version,
                self.operation_class,
                self.hazard,
                self.hazard_kind,
                self.begin_us,
                self.end_us,
                self.details_digest,
                self.filed_sequence,
                self.details_sequence,
                self.changed_sequence,
                packed_extents,
                self.late_notices,
            )
        )


class RecordedConflict(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="conflict"):
    """A finding that holds: both operations are live with the details that were compared.

    `sequence` is the later filing of the pair, `recorded_sequence` the entry that brought the finding.
    `basis` is the clause whose minimum is fallen short of (`agreement/version/clause`), empty for the defaults.
    """

    conflict_id: str
    a_party: str
    a_operation_id: str
    b_party: str
    b_operation_id: str
    rule: str
    sequence: int
    recorded_sequence: int
    certain: bool
    algorithm: str
    witness_digest: str
    basis: str = ""

    @property
    def a(self) -> OperationKey:
        """Key of the operation that sorts first."""
        return self.a_party, self.a_operation_id

    @property
    def b(self) -> OperationKey:
        """Key of the other operation."""
        return self.b_party, self.b_operation_id


class Deletion(msgspec.Struct, frozen=True, array_like=True, tag="deletion"):
    """A body that the entry `named_sequence` names and that was deleted by the entry `deleted_sequence`: under what."""

    digest: str
    under: str
    named_sequence: int
    deleted_sequence: int


class KeyRecord(msgspec.Struct, frozen=True, array_like=True):
    """The first answer to an idempotency key: the entry, the digest of its body, its refusal if it was refused."""

    party: str
    idempotency_key: str
    content_digest: bytes
    sequence: int
    time_us: int
    refusal: Refusal | None


class RefusedEntry(msgspec.Struct, frozen=True, array_like=True):
    """An entry that was refused when it was applied: it had lost a race."""

    sequence: int
    time_us: int
    party: str
    refusal: Refusal


def conflict_id(a: OperationKey, b: OperationKey, rule: str) -> str:
    """Identifier of the conflict of a pair and a rule, `a` sorting before `b`: 32 hexadecimal digits, always the same.

    128 bits of SHA-256, so that nobody can choose identifiers that make one conflict hide another.
    """
    return sha256(_ENCODER.encode((*a, *b, rule))).hexdigest()[:32]
