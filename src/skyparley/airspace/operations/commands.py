"""The commands on operations and hazard notices: what is reserved, coarsely, and the digest of the details.

Outlines of operations are not in it: only the cells, bands and times that are reserved, and the SHA-256 of the details,
which lie in the vault of the party's node. Times are microseconds since 1970 UTC, heights whole millimetres.
"""

import msgspec


class Extent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reserved space, coarsely: a normalised union of S2 cells (hex tokens, level 13 or coarser) × band × time."""

    cells: tuple[str, ...]
    lower_mm: int
    upper_mm: int
    datum: str
    begin_us: int
    end_us: int


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


OperationCommand = AmendOperation | ActivateOperation | EndOperation | CancelOperation | ConfirmHazard | RetractHazard
"""Commands on an operation that is live already."""
Filing = FileOperation | DeclareHazard
"""Commands that put a new operation or hazard notice into the airspace."""
