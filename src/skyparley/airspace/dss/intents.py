"""The rules of operational intents: who may write what, who must know what, and who is told (ASTM F3548-21, SCD).

A writer shows that it knew everything relevant up to an entry (`known_through`, checked by its node against the key).
Here only what is newer is looked at: if something relevant came between, the write is refused, and tried again with it.
"""

import re
from collections.abc import Iterator
from typing import Final

from skyparley.airspace import limits
from skyparley.airspace.dss.cells import level_13
from skyparley.airspace.dss.commands import DeleteIntent, PutIntent
from skyparley.airspace.dss.items import Constraint, Intent, Subscription
from skyparley.airspace.dss.state import INTENT, DssState, Notified
from skyparley.airspace.dss.tables import DOWN, EVENT_OF, INTENTS, NEED_KEY
from skyparley.airspace.dss.validity import check_size, check_times
from skyparley.airspace.events import Change, Event, ReferenceChanged, ReferenceLeft
from skyparley.airspace.keeping.extents import pack_extents
from skyparley.airspace.operations.commands import Extent
from skyparley.airspace.operations.extents import span_us
from skyparley.airspace.transitions import START, next_state
from skyparley.errors import (
    ConflictingStateError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    UssDownError,
)
from skyparley.geometry.interval import format_time

MISSED: Final = "key"
"""The place of a refusal because something relevant came between: its author looks again and tries again."""
_UUID_V7: Final = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)


def check_put(dss: DssState, command: PutIntent, sequence: int, time_us: int) -> None:
    """Raise the error that stands for the refusal of a write by the state; `sequence` is the last entry's."""
    before = dss.live_intent(command.intent_id, time_us)
    _check_version(before, command)
    if command.state in NEED_KEY and dss.availability(command.manager) == DOWN:
        raise UssDownError(f"'{command.manager}' is marked Down: it may not write an intent as {command.state}")
    _check_transition(before, command.state)
    check_times(
        command.extents,
        time_us,
        what="the intent",
        ahead_us=dss.limits.max_intent_ahead_days * limits.DAY_US,
        lasts_us=dss.limits.max_intent_duration_days * limits.DAY_US,
    )
    check_size(command.extents, dss.limits.max_cells)
    if before is None:
        dss.check_quota(INTENT, command.manager, dss.limits.max_intents_per_uss, time_us)
    _check_new_ovn(dss, command, time_us)
    subscription = _check_service(dss, command, time_us)
    if command.state in NEED_KEY:
        if command.known_through > sequence:
            raise InvalidInputError(f"there is no entry {command.known_through} yet", place="known_through")
        wants_constraints = command.implicit_for_constraints if subscription is None else subscription.for_constraints
        if next(newly_relevant(dss, command, time_us, wants_constraints=wants_constraints), None) is not None:
            raise ConflictingStateError("something relevant was written meanwhile: try again with it", place=MISSED)


def check_delete(dss: DssState, command: DeleteIntent, time_us: int) -> None:
    """Raise the error that stands for the refusal of a deletion by the state."""
    before = dss.live_intent(command.intent_id, time_us)
    if before is None:
        raise NotFoundError(f"there is no operational intent {command.intent_id}")
    if before.manager != command.manager:
        raise ForbiddenError("this operational intent is managed by another USS")
    if dss.availability(command.manager) == DOWN:
        raise UssDownError(f"'{command.manager}' is marked Down: it may not delete an intent")
    if before.ovn != command.ovn:
        raise _stale(before)


def put(dss: DssState, event: Event, command: PutIntent, changes: list[Change]) -> list[Notified]:
    """Write an intent that was checked; the notifications that are owed."""
    before = dss.intents.get(command.intent_id)
    begin_us, end_us = span_us(command.extents)
    if command.implicit_url:
        dss.put_subscription(_implicit(event, command))
    intent = Intent(
        intent_id=command.intent_id,
        manager=command.manager,
        state=command.state,
        version=1 if before is None else before.version + 1,
        ovn=command.ovn,
        uss_base_url=command.uss_base_url,
        subscription_id=command.subscription_id,
        begin_us=begin_us,
        end_us=end_us,
        sequence=event.sequence,
        packed_extents=pack_extents(command.extents),
        requested=_requested(before, command, event.time_us),
    )
    dss.put_intent(intent)
    changes.append(ReferenceChanged(intent))
    if before is None:
        return dss.notify_of_intents(command.extents)
    if before.subscription_id != intent.subscription_id:
        dss.drop_unused(before.subscription_id)
    return dss.notify_of_intents(command.extents, before.extents())


def delete(dss: DssState, event: Event, command: DeleteIntent, changes: list[Change]) -> list[Notified]:
    """Remove an intent; the notifications that are owed, also to the subscription that goes with it."""
    intent = dss.intents[command.intent_id]
    notified = dss.notify_of_intents(intent.extents())
    dss.drop_intent(intent, event.time_us)
    changes.append(ReferenceLeft(intent))
    return notified


def newly_relevant(
    dss: DssState, command: PutIntent, time_us: int, *, wants_constraints: bool
) -> Iterator[Intent | Constraint]:
    """What a writer that knew everything up to `known_through` does not know, some of it repeatedly."""
    for intent in dss.newer_intents(command.extents, command.known_through):
        if must_be_known(dss, intent, command.intent_id, time_us):
            yield intent
    if dss.arbitrated > command.known_through:  # an intent of a USS that was Down may have to be known since
        for intent in dss.relevant_intents(command.extents).values():
            said = dss.availabilities.get(intent.manager)
            changed = said is not None and said.sequence > command.known_through
            if changed and must_be_known(dss, intent, command.intent_id, time_us):
                yield intent
    if wants_constraints:
        served_by = None if command.implicit_url else dss.subscriptions.get(command.subscription_id)
        asked_since = served_by is not None and served_by.subscription.sequence > command.known_through
        # a subscription that was written since may ask for constraints only now: then none of them was in the key
        for constraint in dss.newer_constraints(command.extents, 0 if asked_since else command.known_through):
            if constraint.end_us > time_us:
                yield constraint


def must_be_known(dss: DssState, intent: Intent, writing: str, time_us: int) -> bool:
    """Whether the writer of another intent must know this relevant one: not if it has ended, or its USS is Down."""
    return intent.intent_id != writing and intent.end_us > time_us and not dss.needs_no_key(intent)


def requested_ovn(intent_id: str, suffix: str, time_us: int) -> str:
    """The OVN for a suffix that a USS requests. Raises `InvalidInputError` unless it is a UUIDv7 of about this time."""
    matched = _UUID_V7.fullmatch(suffix)
    if matched is None:
        raise InvalidInputError("must be a UUID of version 7 (RFC 9562)", place="requested_ovn_suffix")
    made_us = int(matched[1] + matched[2], 16) * 1_000
    if abs(time_us - made_us) > limits.MAX_OVN_SKEW_US:
        raise InvalidInputError(
            f"the UUID is of another time than {format_time(time_us)}, by more than"
            f" {limits.MAX_OVN_SKEW_US // 60_000_000} minutes: draw a new one, and check the clock",
            place="requested_ovn_suffix",
        )
    return f"{intent_id}_{suffix}"


def _check_version(before: Intent | None, command: PutIntent) -> None:
    if before is None:
        if command.replaces:
            raise InvalidInputError(
                f"there is no operational intent {command.intent_id} to update: create it, without an OVN in the path"
            )
        return
    if before.manager != command.manager:
        raise ForbiddenError("this operational intent is managed by another USS")
    if not command.replaces:
        raise ConflictingStateError(
            f"the operational intent {before.intent_id} exists already: {before.state}, version {before.version}, OVN"
            f" {before.ovn}: if that was this write, it has arrived; else update it with its OVN"
        )
    if before.ovn != command.replaces:
        raise _stale(before)


def _stale(before: Intent) -> ConflictingStateError:
    return ConflictingStateError(f"the intent is at version {before.version} now, with another OVN: read it again")


def _check_transition(before: Intent | None, state: str) -> None:
    try:
        next_state(INTENTS, START if before is None else before.state, EVENT_OF[state])
    except ConflictingStateError:
        was = "is not there yet" if before is None else f"is {before.state}"
        raise InvalidInputError(f"an intent that {was} cannot be written as {state}", place="state") from None


def _check_new_ovn(dss: DssState, command: PutIntent, time_us: int) -> None:
    if is_requested(command):
        requested_ovn(command.intent_id, command.ovn[len(command.intent_id) + 1 :], time_us)
    live = dss.live_intent(command.intent_id, time_us)
    held = dss.intents.get(command.intent_id)  # also one that ends with this very entry
    had = live is not None and command.ovn == live.ovn
    had |= held is not None and any(ovn == command.ovn for ovn, _ in held.requested)
    if had or dss.was_retired(command.ovn, time_us):
        raise InvalidInputError(
            "this intent had this OVN already, and each version has its own: draw a new UUID",
            place="requested_ovn_suffix",
        )


def is_requested(command: PutIntent) -> bool:
    """Whether the OVN is one that the USS requested: those that a node draws do not begin with the identifier."""
    return command.ovn.startswith(f"{command.intent_id}_")


def _requested(before: Intent | None, command: PutIntent, time_us: int) -> tuple[tuple[str, int], ...]:
    """The requested OVNs that could be requested again by their time, this one too."""
    kept = () if before is None else before.requested
    recent = tuple(one for one in kept if time_us - one[1] <= limits.OVN_MEMORY_US)
    return (*recent, (command.ovn, time_us)) if is_requested(command) else recent


def _check_service(dss: DssState, command: PutIntent, time_us: int) -> Subscription | None:
    """The subscription that is to serve the intent, if it is there already."""
    if not command.subscription_id:
        return None
    subscribed = dss.live_subscription(command.subscription_id, time_us)
    if command.implicit_url:
        if subscribed is not None:
            raise ConflictingStateError(f"there is a subscription {command.subscription_id} already")
        return None
    if subscribed is None:
        raise InvalidInputError(
            f"there is no subscription {command.subscription_id}: create it, or ask for one with new_subscription",
            place="subscription_id",
        )
    subscription = subscribed.subscription
    if subscription.manager != command.manager:
        raise ForbiddenError("this subscription belongs to another USS", place="subscription_id")
    if not subscription.for_intents:
        raise InvalidInputError(
            "this subscription does not notify of operational intents: take another", place="subscription_id"
        )
    if not subscription.implicit and not covers(subscription, command.extents, time_us):
        raise InvalidInputError(
            "this subscription does not cover the intent's cells, altitudes and times: enlarge it first",
            place="subscription_id",
        )
    return subscription


def covers(subscription: Subscription, extents: tuple[Extent, ...], time_us: int) -> bool:
    """Whether an explicit subscription covers extents from a time on."""
    (listened,) = subscription.extents()
    cells = set(level_13(listened.cells))
    return all(
        listened.lower_mm <= extent.lower_mm
        and listened.upper_mm >= extent.upper_mm
        and listened.begin_us <= max(extent.begin_us, time_us)
        and listened.end_us >= extent.end_us
        and cells.issuperset(level_13(extent.cells))
        for extent in extents
    )


def _implicit(event: Event, command: PutIntent) -> Subscription:
    return Subscription(
        subscription_id=command.subscription_id,
        manager=command.manager,
        version=command.ovn,
        uss_base_url=command.implicit_url,
        for_intents=True,
        for_constraints=command.implicit_for_constraints,
        implicit=True,
        begin_us=0,
        end_us=0,
        sequence=event.sequence,
        packed_extents=b"",
    )
