"""What the DSS holds: intents, constraints, subscriptions, and how available a USS is. Items of the state hash."""

import msgspec

from skyparley.airspace.keeping.records import unpack_extents
from skyparley.airspace.operations.commands import Extent


class Intent(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="intent"):
    """An operational intent reference. `[begin_us, end_us)` spans its extents; `sequence` is the entry that set it.

    `subscription_id` is empty if none serves it. `requested` are OVNs that its manager chose, each with the time of its
    entry: for a while none of them may come again.
    """

    intent_id: str
    manager: str
    state: str
    version: int
    ovn: str
    uss_base_url: str
    subscription_id: str
    begin_us: int
    end_us: int
    sequence: int
    packed_extents: bytes
    requested: tuple[tuple[str, int], ...] = ()

    @property
    def name(self) -> str:
        """Its identifier."""
        return self.intent_id

    def extents(self) -> tuple[Extent, ...]:
        """What it reserves."""
        return unpack_extents(self.packed_extents)


class Constraint(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="constraint"):
    """A constraint reference. `[begin_us, end_us)` spans its extents; `sequence` is the entry that set it."""

    constraint_id: str
    manager: str
    version: int
    ovn: str
    uss_base_url: str
    begin_us: int
    end_us: int
    sequence: int
    packed_extents: bytes

    @property
    def name(self) -> str:
        """Its identifier."""
        return self.constraint_id

    def extents(self) -> tuple[Extent, ...]:
        """Where and when it holds."""
        return unpack_extents(self.packed_extents)


class Subscription(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="subscription"):
    """A subscription. An implicit one has no extents of its own: it covers the intents that depend on it, just so.

    How often it was notified is counted beside it (`state.Subscribed`).
    """

    subscription_id: str
    manager: str
    version: str
    uss_base_url: str
    for_intents: bool
    for_constraints: bool
    implicit: bool
    begin_us: int
    end_us: int
    sequence: int
    packed_extents: bytes

    def extents(self) -> tuple[Extent, ...]:
        """Where and when it listens; empty for an implicit one."""
        return unpack_extents(self.packed_extents) if self.packed_extents else ()


class Availability(msgspec.Struct, frozen=True, array_like=True, tag="availability"):
    """How available a USS is, by the arbiter's word in the entry `sequence`."""

    uss: str
    availability: str
    version: str
    sequence: int
