"""What leaves the node: closed records whose JSON encoding is the body of the HTTP API.

Times are RFC 3339 with `Z`; the rest carries its unit in its name. What a party may see is decided in
`disclosure.py`; nothing here decides anything.
"""

from typing import Any

import msgspec

from skyparley.node.line.negotiation.views import AlarmView
from skyparley.node.line.views import AgreementStatus


class LateNoticeView(msgspec.Struct, frozen=True):
    """A clause on notice that a filing did not keep: whose filing, by which clause, how much was asked and given."""

    party: str
    basis: str
    notice_s: int
    given_s: int


class OperationView(msgspec.Struct, frozen=True, rename={"operation_class": "class"}):
    """An operation or hazard area, with its details; volumes and trajectories are lists, rendered once as JSON."""

    party: str
    operation_id: str
    operation_class: str
    state: str
    version: int
    sequence: int
    begin: str
    end: str
    hazard: bool
    hazard_kind: str | None
    late_notices: list[LateNoticeView]
    volumes: msgspec.Raw
    trajectories: msgspec.Raw

    @property
    def size_bytes(self) -> int:
        """About how long its JSON is."""
        return len(memoryview(self.volumes)) + len(memoryview(self.trajectories))


class RefView(msgspec.Struct, frozen=True):
    """One side of a conflict; `operation_id` is null where it is not disclosed."""

    party: str
    operation_id: str | None


class WindowView(msgspec.Struct, frozen=True):
    """From the first to the last instant at which the rule is broken."""

    first_time: str
    last_time: str


class ClosestView(msgspec.Struct, frozen=True):
    """When and where the two are closest, and how far apart."""

    time: str
    latitude_deg: float
    longitude_deg: float
    horizontal_m: float
    vertical_m: float


class ConflictView(msgspec.Struct, frozen=True):
    """One pair that breaks one rule, as far as it is disclosed to the reader.

    `basis` is the clause (`agreement/version/clause`) whose minimum is fallen short of, null for the defaults;
    `gives_way` the party whose class has the lower rank by the clause `priority_basis`, null where neither has;
    `agreements` those between the two parties, whether in force or not. `alarm` is null in a dry run and for two
    operations of one party.
    """

    conflict_id: str
    rule: str
    a: RefView
    b: RefView
    first_time: str
    last_time: str
    windows: list[WindowView]
    closest: ClosestView
    certain: bool
    same_party: bool
    sentence: str
    sequence: int | None
    basis: str | None
    gives_way: str | None
    priority_basis: str | None
    disclosure: str
    disclosure_basis: str | None
    late_notices: list[LateNoticeView]
    agreements: list[AgreementStatus]
    alarm: AlarmView | None


class OverlapView(msgspec.Struct, frozen=True):
    """A part in which two declared volumes overlap: outline and holes, altitude band, time [begin, end).

    The band is null where the volumes are of different altitude datum.
    """

    polygon: dict[str, Any]
    lower_m: float | None
    upper_m: float | None
    altitude_datum: str | None
    begin: str
    end: str


class ConflictDetail(ConflictView, frozen=True):
    """A conflict and the parts in which its volumes overlap; `overlap_left_out` counts the pairs that are not shown."""

    overlap: list[OverlapView]
    overlap_left_out: int


class PartyView(msgspec.Struct, frozen=True):
    """A party to the shared sky."""

    party: str
    name: str
    kind: str
    state: str
    sequence: int


class KeyView(msgspec.Struct, frozen=True, omit_defaults=True):
    """An API key without its secret."""

    key_id: str
    party: str
    created: str
    revoked: str | None = None


class NewKey(msgspec.Struct, frozen=True):
    """A key just made; its text is shown this once."""

    key_id: str
    party: str
    api_key: str


class Answer(msgspec.Struct, frozen=True):
    """The answer to a command on an operation: it holds at `sequence`; conflicts are known exactly through
    `checked_through`.
    """

    operation: OperationView
    sequence: int
    checked_through: int
    conflicts: list[ConflictView]


class Checked(msgspec.Struct, frozen=True):
    """The answer to a dry run: nothing was filed."""

    conflicts: list[ConflictView]
    checked_through: int


class SharedCellsView(msgspec.Struct, frozen=True):
    """An operation and an operational intent of a USS that share cells, altitude and time, by cells only.

    Whether their outlines meet is not known here: the USS tells at `uss_base_url`. It is as of `sequence`.
    """

    party: str
    operation_id: str
    intent_id: str
    manager: str
    state: str
    uss_base_url: str
    begin: str
    end: str
    sequence: int
    certain: bool
    basis: str
    sentence: str


class SharedCellsPage(msgspec.Struct, frozen=True):
    """A page of them, by party, operation and intent; `next` continues, null at the end."""

    items: list[SharedCellsView]
    next: str | None


class OperationPage(msgspec.Struct, frozen=True):
    """A page of operations; `next` continues, null at the end."""

    items: list[OperationView]
    next: str | None


class ConflictPage(msgspec.Struct, frozen=True):
    """A page of conflicts; `next` continues, null at the end."""

    items: list[ConflictView]
    next: str | None


class OperationQuery(msgspec.Struct, frozen=True):
    """Which operations: a box (west, south, east, north degrees; west > east crosses the antimeridian) and
    a half-open time (microseconds since 1970 UTC), each optional.
    """

    bbox: tuple[float, float, float, float] | None = None
    begin_us: int | None = None
    end_us: int | None = None
    hazards_only: bool = False
    after: str | None = None
    limit: int = 200


class Health(msgspec.Struct, frozen=True):
    """Whether the node serves, and a word on why not."""

    ok: bool
    status: str
    detail: dict[str, Any]


class Message(msgspec.Struct, frozen=True):
    """One server-sent event, rendered; `id` is a log sequence or absent."""

    event: str
    id: int | None
    data: bytes
