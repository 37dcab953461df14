"""What the DSS holds: intents, constraints, subscriptions, availability, the pool's limits. Items of the state hash."""

from typing import Final

import msgspec

from skyparley.airspace.keeping.extents import unpack_extents
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


class DssLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the pool allows, whole numbers from 1. What is written is held against them, not what is there already.

    The defaults are those of ASTM F3548-21 (OiMaxPlanHorizon, OiMaxVertices, CstrMaxPlanningHorizon, CstrMaxDuration,
    CstrMaxVertices, CstrMaxArea, DSSMaxSubscriptionDuration) where it has one.
    """

    max_intent_ahead_days: int = 30
    """An intent begins at most this long after it is written."""
    max_intent_duration_days: int = 30
    """From the earliest begin to the latest end of its volumes."""
    max_intent_vertices: int = 10_000
    """Of all volumes of an intent together."""
    max_intent_area_km2: int = 2_500
    """Of one volume of an intent."""
    max_constraint_ahead_days: int = 56
    """A constraint begins at most this long after it is written."""
    max_constraint_duration_h: int = 24
    """From the earliest begin to the latest end of its volumes."""
    max_constraint_vertices: int = 1_000
    """Of all volumes of a constraint together."""
    max_constraint_area_km2: int = 10_000
    """Of one volume of a constraint."""
    max_subscription_duration_h: int = 24
    """How long a subscription lasts; also one that does not say when it ends."""
    max_asked_area_km2: int = 10_000
    """Of a subscription, and of a query."""
    max_found_references: int = 20_000
    """A query that finds more is refused."""
    max_cells: int = 20_000
    """Level-13 cells of one intent, constraint or subscription, summed over its volumes."""
    max_intents_per_uss: int = 250_000
    """So many a USS may have at a time."""
    max_constraints_per_uss: int = 20_000
    """So many a USS may have at a time."""
    max_subscriptions_per_uss: int = 20_000
    """So many a USS may have at a time; implicit ones are not counted."""
    max_availabilities: int = 10_000
    """The availability of so many USSs is known."""
    max_writes_at_once_per_uss: int = 64
    """More are told to come again, so that a USS holds up only itself."""


DEFAULT_LIMITS: Final = DssLimits()
"""What holds until another word is in the log."""
