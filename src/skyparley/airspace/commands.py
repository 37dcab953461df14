"""The commands of the shared airspace: what an entry of the log asks for.

A command is a closed list of fields; nothing in it names a weapon, a mission or a target. Its body in the log is
canonical JSON: sorted keys, no white space, integers and strings only. Times are microseconds since 1970 UTC, heights
whole millimetres. Outlines of operations are not in it: only the cells, bands and times that are reserved, and the
SHA-256 of the details, which lie in the vault of the party's node.
"""

from typing import Final

import msgspec

from skyparley.airspace.line.commands import LineCommand

RULES_VERSION: Final = 1
"""The newest rules that this code can apply; `Epoch` entries move a log from one version to the next."""


class Extent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reserved space, coarsely: a normalised union of S2 cells (hex tokens, level 13 or coarser) × band × time."""

    cells: tuple[str, ...]
    lower_mm: int
    upper_mm: int
    datum: str
    begin_us: int
    end_us: int


class RegisterParty(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="register_party", tag_field="kind"):
    """The operator admits a party. `party_kind` is one of `limits.PARTY_KINDS`."""

    party: str
    name: str
    party_kind: str


class FileOperation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="file_operation", tag_field="kind"):
    """A party files an operation; it is accepted at once, conflicts are findings beside it."""

    operation_id: str
    operation_class: str
    extents: tuple[Extent, ...]
    details_digest: str


class AmendOperation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="amend_operation", tag_field="kind"):
    """The party replaces the whole operation; `version` is the one it replaces."""

    operation_id: str
    version: int
    operation_class: str
    extents: tuple[Extent, ...]
    details_digest: str


class ActivateOperation(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="activate_operation", tag_field="kind"
):
    """The operation begins to be flown."""

    operation_id: str
    version: int


class EndOperation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="end_operation", tag_field="kind"):
    """An activated operation is over; its airspace is free."""

    operation_id: str
    version: int


class CancelOperation(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="cancel_operation", tag_field="kind"
):
    """An accepted operation will not be flown; its airspace is free."""

    operation_id: str
    version: int


class DeclareHazard(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="declare_hazard", tag_field="kind"):
    """A hazard notice: firing, rocket, debris, gnss_interference, laser, balloon or drone_activity."""

    operation_id: str
    hazard_kind: str
    confirmed: bool
    extents: tuple[Extent, ...]
    details_digest: str


class ConfirmHazard(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="confirm_hazard", tag_field="kind"):
    """An unconfirmed hazard notice is confirmed by its party."""

    operation_id: str
    version: int


class RetractHazard(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="retract_hazard", tag_field="kind"):
    """A hazard notice is withdrawn."""

    operation_id: str
    version: int


class Finding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One conflict: the pair (a sorts before b), the rule, the digests of both inputs and of the witness.

    `basis` is the clause whose minimum is fallen short of (`agreement/version/clause`), empty for the defaults.
    """

    sequence: int
    a_party: str
    a_operation_id: str
    a_digest: str
    b_party: str
    b_operation_id: str
    b_digest: str
    rule: str
    certain: bool
    witness_digest: str
    basis: str = ""


class RecordFindings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="record_findings", tag_field="kind"):
    """What a node found when it compared the filings in `(after, through]`, each with all before it.

    An empty list says: checked exactly, clear. `sequence` of a finding is that of the later filing of the pair.
    `through` equal to `after` says: more to come about the filing `after + 1`, which is not covered yet.
    """

    after: int
    through: int
    algorithm: str
    findings: tuple[Finding, ...]


class Tick(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="tick", tag_field="kind"):
    """Time has passed; only written while something waits for time."""


class Epoch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="epoch", tag_field="kind"):
    """The rules change: from here on entries are applied under `rules_version`; `state_hash` is the state before."""

    rules_version: int
    state_hash: str


Command = (
    RegisterParty
    | FileOperation
    | AmendOperation
    | ActivateOperation
    | EndOperation
    | CancelOperation
    | DeclareHazard
    | ConfirmHazard
    | RetractHazard
    | RecordFindings
    | Tick
    | Epoch
    | LineCommand
)
