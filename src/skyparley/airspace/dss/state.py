"""What the DSS holds as of one entry, with the indexes that answer who is relevant to whom, and who is to be told.

Part of the airspace's state (`airspace/state.py`). Every record is an item of its hash. A notification is one too: a
subscription that was notified n times is in the hash with its record and n times with its own number, so that a write
that notifies a thousand subscriptions costs additions, and not a thousand records made anew.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import Any, Final

import msgspec

from skyparley.airspace.dss.cells import CellIndex
from skyparley.airspace.dss.items import DEFAULT_LIMITS, Availability, Constraint, DssLimits, Intent, Subscription
from skyparley.airspace.dss.tables import ACCEPTED, DOWN, UNKNOWN
from skyparley.airspace.keeping.shared import SharedState
from skyparley.airspace.keeping.statehash import MultisetHash, item_number
from skyparley.airspace.limits import OVN_MEMORY_US
from skyparley.airspace.operations.commands import Extent
from skyparley.errors import LimitExceededError

INTENT: Final = "intent"
CONSTRAINT: Final = "constraint"
SUBSCRIPTION: Final = "subscription"
_ENCODER: Final = msgspec.msgpack.Encoder()
Entity = Intent | Constraint | Subscription
Notified = tuple[str, str, int]
"""A notification that is owed: the base URL of the USS, the subscription's identifier, its notification index."""


class Subscribed:
    """A subscription with its notification index: how often it was notified."""

    __slots__ = ("index", "name", "number", "subscription")

    def __init__(self, subscription: Subscription, index: int = 0) -> None:
        self.name = subscription.subscription_id
        self.subscription = subscription
        self.index = index
        self.number = item_number(_ENCODER.encode(("notified", self.name)))


class DssState:
    """Read it freely; only the rules of the DSS call what changes it."""

    def __init__(self, items: MultisetHash, shared: SharedState) -> None:
        self.intents: dict[str, Intent] = {}
        self.constraints: dict[str, Constraint] = {}
        self.subscriptions: dict[str, Subscribed] = {}
        self.availabilities: dict[str, Availability] = {}
        self.limits = DEFAULT_LIMITS
        """What the pool allows; an item of the hash where it is not the default."""
        self.arbitrated = 0
        """The entry that last changed an availability."""
        self.retired: OrderedDict[str, int] = OrderedDict()
        """OVNs that USSs chose for intents that have left, with the time at which those did."""
        self._items = items
        self._shared = shared
        self._intent_cells: CellIndex[Intent] = CellIndex()
        self._constraint_cells: CellIndex[Constraint] = CellIndex()
        self._subscription_cells: CellIndex[Subscribed] = CellIndex()
        self._dependents: dict[str, dict[str, None]] = {}
        self._held: dict[tuple[str, str], int] = {}
        self._ends: list[tuple[int, str, str]] = []

    # who is relevant

    def relevant_intents(self, extents: Iterable[Extent]) -> dict[str, Intent]:
        """Intents that share cells, altitude and time with these extents, by identifier, unordered."""
        return self._intent_cells.meeting(extents)

    def intents_near(self, extents: Iterable[Extent]) -> dict[str, Intent]:
        """Intents that share cells and time with extents of any size, by identifier, unordered."""
        return self._intent_cells.near(extents)

    def relevant_constraints(self, extents: Iterable[Extent]) -> dict[str, Constraint]:
        """Constraints that share cells, altitude and time with these extents, by identifier, unordered."""
        return self._constraint_cells.meeting(extents)

    def relevant_subscriptions(self, extents: Sequence[Extent]) -> dict[str, Subscribed]:
        """Subscriptions that share cells, altitude and time with these extents, by identifier, unordered.

        An implicit one does where one of its intents does.
        """
        found: dict[str, Subscribed] = self._intent_cells.told_of(extents)
        found.update(self._subscription_cells.meeting(extents))
        return found

    def newer_intents(self, extents: Sequence[Extent], sequence: int) -> Iterator[Intent]:
        """Those of the relevant intents that were set after an entry; some of them repeatedly."""
        return self._intent_cells.newer(extents, sequence)

    def newer_constraints(self, extents: Sequence[Extent], sequence: int) -> Iterator[Constraint]:
        """Those of the relevant constraints that were set after an entry; some of them repeatedly."""
        return self._constraint_cells.newer(extents, sequence)

    # what is held

    def live_intent(self, intent_id: str, time_us: int) -> Intent | None:
        """The intent as it is held at a log time, or None."""
        intent = self.intents.get(intent_id)
        return None if intent is None or intent.end_us <= time_us else intent

    def live_constraint(self, constraint_id: str, time_us: int) -> Constraint | None:
        """The constraint as it is held at a log time, or None."""
        constraint = self.constraints.get(constraint_id)
        return None if constraint is None or constraint.end_us <= time_us else constraint

    def live_subscription(self, subscription_id: str, time_us: int) -> Subscribed | None:
        """The subscription as it is held at a log time, or None."""
        subscribed = self.subscriptions.get(subscription_id)
        return None if subscribed is None or self.span_us(subscribed.subscription)[1] <= time_us else subscribed

    def needs_no_key(self, intent: Intent) -> bool:
        """Whether others need not know an intent: an Accepted one of a USS that is down."""
        return intent.state == ACCEPTED and self.availability(intent.manager) == DOWN

    def availability(self, uss: str) -> str:
        """How available a USS is; `Unknown` without an arbiter's word."""
        said = self.availabilities.get(uss)
        return UNKNOWN if said is None else said.availability

    def dependents(self, subscription_id: str) -> list[str]:
        """The intents that depend on a subscription, by identifier."""
        return sorted(self._dependents.get(subscription_id, ()))

    def span_us(self, subscription: Subscription) -> tuple[int, int]:
        """Begin and end of a subscription; those of its intents for an implicit one."""
        if not subscription.implicit:
            return subscription.begin_us, subscription.end_us
        served = [self.intents[name] for name in self._dependents[subscription.subscription_id]]
        return min(intent.begin_us for intent in served), max(intent.end_us for intent in served)

    def held(self, kind: str, manager: str, time_us: int) -> int:
        """How many intents, constraints or explicit subscriptions a manager has that have not ended by a time."""
        count = self._held.get((kind, manager), 0)
        if not self._ends or self._ends[0][0] > time_us:
            return count
        return count - sum(entity.manager == manager for entity in self._ended(kind, time_us))

    def check_quota(self, kind: str, manager: str, most: int, time_us: int) -> None:
        """Raise `LimitExceededError` if a manager may have no more of a kind at a time."""
        if self.held(kind, manager, time_us) >= most:
            raise LimitExceededError(f"'{manager}' may have at most {most} {kind}s at a time: delete some")

    def was_retired(self, ovn: str, time_us: int) -> bool:
        """Whether an OVN that a USS chose is one of an intent that has left, and could come again by its time."""
        left_us = self.retired.get(ovn)
        return left_us is not None and time_us - left_us <= OVN_MEMORY_US

    # changing

    def put_intent(self, intent: Intent) -> None:
        """Add or replace an intent; the subscription that serves it must be there."""
        before = self.intents.get(intent.intent_id)
        if before is not None:
            self._take_intent(before)
        self.intents[intent.intent_id] = intent
        served_by = self.subscriptions.get(intent.subscription_id)
        told = served_by if served_by is not None and served_by.subscription.implicit else None
        self._intent_cells.put(intent, intent.sequence, intent.extents(), told)
        if intent.subscription_id:
            self._dependents.setdefault(intent.subscription_id, {})[intent.intent_id] = None
        self._add(INTENT, intent.intent_id, intent)

    def drop_intent(self, intent: Intent, time_us: int) -> None:
        """Remove an intent at a time; an implicit subscription that serves no other goes with it."""
        del self.intents[intent.intent_id]
        for ovn, asked_us in intent.requested:
            if time_us - asked_us <= OVN_MEMORY_US:
                self.retire(ovn, time_us)
        self._take_intent(intent)
        self.drop_unused(intent.subscription_id)

    def drop_unused(self, subscription_id: str) -> None:
        """Remove a subscription if it is implicit and serves no intent."""
        subscribed = self.subscriptions.get(subscription_id)
        if subscribed is not None and subscribed.subscription.implicit and subscription_id not in self._dependents:
            self.drop_subscription(subscribed)

    def retire(self, ovn: str, time_us: int) -> None:
        """Remember an OVN of an intent that has left; they come in the order of time."""
        self.retired[ovn] = time_us
        self._items.add(_retired_item(ovn, time_us))

    def forget(self, time_us: int) -> None:
        """Forget the OVNs that can no longer be requested at a time."""
        while self.retired:
            ovn, left_us = next(iter(self.retired.items()))
            if time_us - left_us <= OVN_MEMORY_US:
                return
            del self.retired[ovn]
            self._items.remove(_retired_item(ovn, left_us))

    def put_constraint(self, constraint: Constraint) -> None:
        """Add or replace a constraint."""
        before = self.constraints.get(constraint.constraint_id)
        if before is not None:
            self._remove(CONSTRAINT, before)
            self._constraint_cells.drop(before.constraint_id)
        self.constraints[constraint.constraint_id] = constraint
        self._constraint_cells.put(constraint, constraint.sequence, constraint.extents())
        self._add(CONSTRAINT, constraint.constraint_id, constraint)

    def drop_constraint(self, constraint: Constraint) -> None:
        """Remove a constraint."""
        del self.constraints[constraint.constraint_id]
        self._constraint_cells.drop(constraint.constraint_id)
        self._remove(CONSTRAINT, constraint)

    def put_subscription(self, subscription: Subscription, index: int | None = None) -> Subscribed:
        """Add or replace a subscription, which keeps its notification index; one that is added begins at `index`."""
        name = subscription.subscription_id
        before = self.subscriptions.get(name)
        if before is None:
            subscribed = Subscribed(subscription, index or 0)
            self._items.add_number(subscribed.number * subscribed.index, subscribed.index)
        else:
            self._take_subscription(before.subscription)
            subscribed = before
            subscribed.subscription = subscription
        self.subscriptions[name] = subscribed
        if not subscription.implicit:
            self._subscription_cells.put(subscribed, subscription.sequence, subscription.extents())
        self._add(SUBSCRIPTION, name, subscription)
        return subscribed

    def drop_subscription(self, subscribed: Subscribed) -> None:
        """Remove a subscription that serves no intent, with all its notifications."""
        del self.subscriptions[subscribed.name]
        self._take_subscription(subscribed.subscription)
        self._items.add_number(-subscribed.number * subscribed.index, -subscribed.index)

    def put_availability(self, availability: Availability) -> None:
        """Add or replace the word on a USS."""
        before = self.availabilities.get(availability.uss)
        if before is not None:
            self._items.remove(_ENCODER.encode(before))
        self.availabilities[availability.uss] = availability
        self.arbitrated = max(self.arbitrated, availability.sequence)
        self._items.add(_ENCODER.encode(availability))

    def set_limits(self, limits: DssLimits) -> None:
        """Let other limits hold from here on."""
        if self.limits != DEFAULT_LIMITS:
            self._items.remove(_ENCODER.encode(self.limits))
        if limits != DEFAULT_LIMITS:
            self._items.add(_ENCODER.encode(limits))
        self.limits = limits

    def notify_of_intents(self, *written: Sequence[Extent]) -> list[Notified]:
        """Notify the subscriptions to intents that are relevant to any of these; what is owed to each."""
        return self._notify(one for one in self._told_of(written) if one.subscription.for_intents)

    def notify_of_constraints(self, *written: Sequence[Extent]) -> list[Notified]:
        """Notify the subscriptions to constraints that are relevant to any of these; what is owed to each."""
        return self._notify(one for one in self._told_of(written) if one.subscription.for_constraints)

    # time

    def waits_for_time(self) -> int | None:
        """The next instant (microseconds since 1970 UTC) at which something here ends, or None."""
        return self._ends[0][0] if self._ends else None

    def next_ended(self, time_us: int) -> Entity | None:
        """The first of what has ended by a time, by time, kind, identifier; it must be dropped, or it comes again."""
        if not self._ends or self._ends[0][0] > time_us:
            return None
        _, kind, name = self._ends[0]
        return self._entity(kind, name)

    def content(self) -> Iterator[bytes]:
        """The canonical bytes of every item."""
        for held in (self.intents, self.constraints, self.availabilities):
            yield from map(_ENCODER.encode, held.values())
        yield from (_ENCODER.encode(subscribed.subscription) for subscribed in self.subscriptions.values())
        yield from (_retired_item(ovn, left_us) for ovn, left_us in self.retired.items())
        if self.limits != DEFAULT_LIMITS:
            yield _ENCODER.encode(self.limits)

    def add_notifications(self, items: MultisetHash) -> None:
        """Add every notification that is counted to a hash."""
        for subscribed in self.subscriptions.values():
            items.add_number(subscribed.number * subscribed.index, subscribed.index)

    # inside

    def _told_of(self, written: Sequence[Sequence[Extent]]) -> Iterable[Subscribed]:
        found = self.relevant_subscriptions(written[0])
        for extents in written[1:]:
            found.update(self.relevant_subscriptions(extents))
        return found.values()

    def _notify(self, chosen: Iterable[Subscribed]) -> list[Notified]:
        notified = []
        total = 0
        for subscribed in chosen:
            subscribed.index += 1
            total += subscribed.number
            notified.append((subscribed.subscription.uss_base_url, subscribed.name, subscribed.index))
        self._items.add_number(total, len(notified))
        return notified

    def _take_intent(self, intent: Intent) -> None:
        self._remove(INTENT, intent)
        self._intent_cells.drop(intent.intent_id)
        self._shared.drop_intent(intent.intent_id)
        if intent.subscription_id:
            served = self._dependents[intent.subscription_id]
            del served[intent.intent_id]
            if not served:
                del self._dependents[intent.subscription_id]

    def _take_subscription(self, subscription: Subscription) -> None:
        self._remove(SUBSCRIPTION, subscription)
        if not subscription.implicit:
            self._subscription_cells.drop(subscription.subscription_id)

    def _add(self, kind: str, name: str, entity: Entity) -> None:
        self._items.add(_ENCODER.encode(entity))
        if isinstance(entity, Subscription) and entity.implicit:
            return  # it goes with the last of its intents
        key = (kind, entity.manager)
        self._held[key] = self._held.get(key, 0) + 1
        heappush(self._ends, (entity.end_us, kind, name))
        if len(self._ends) > 2 * (len(self.intents) + len(self.constraints) + len(self.subscriptions)) + 1_000:
            self._ends = [end for end in set(self._ends) if self._holds(end)]
            heapify(self._ends)
        self._skip_stale()

    def _remove(self, kind: str, entity: Entity) -> None:
        self._items.remove(_ENCODER.encode(entity))
        if isinstance(entity, Subscription) and entity.implicit:
            return
        key = (kind, entity.manager)
        self._held[key] -= 1
        if not self._held[key]:
            del self._held[key]
        self._skip_stale()

    def _ended(self, kind: str, time_us: int) -> list[Entity]:
        """What of a kind has ended by a time and is still held: those at the top of the heap hang together."""
        found: dict[str, Entity] = {}
        places = [0]
        while places:
            place = places.pop()
            if place < len(self._ends) and self._ends[place][0] <= time_us:
                _, of, name = end = self._ends[place]
                if of == kind and self._holds(end) and (entity := self._entity(kind, name)) is not None:
                    found[name] = entity
                places += (2 * place + 1, 2 * place + 2)
        return list(found.values())

    def _entity(self, kind: str, name: str) -> Entity | None:
        if kind == INTENT:
            return self.intents.get(name)
        if kind == CONSTRAINT:
            return self.constraints.get(name)
        subscribed = self.subscriptions.get(name)
        return None if subscribed is None else subscribed.subscription

    def _holds(self, end: tuple[int, str, str]) -> bool:
        entity: Any = self._entity(end[1], end[2])
        return entity is not None and entity.end_us == end[0]

    def _skip_stale(self) -> None:
        """Keep a valid entry at the top of the heap; what is replaced or gone leaves a stale one behind."""
        while self._ends and not self._holds(self._ends[0]):
            heappop(self._ends)


def _retired_item(ovn: str, left_us: int) -> bytes:
    return _ENCODER.encode(("retired", ovn, left_us))
