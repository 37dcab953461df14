"""The rules of subscriptions that a USS writes itself. Implicit ones follow their intents (`intents.py`)."""

from skyparley.airspace import limits
from skyparley.airspace.dss.commands import DeleteSubscription, PutSubscription
from skyparley.airspace.dss.intents import covers
from skyparley.airspace.dss.items import Subscription
from skyparley.airspace.dss.state import SUBSCRIPTION, DssState
from skyparley.airspace.dss.validity import check_size, check_times
from skyparley.airspace.events import Change, Event, ReferenceChanged, ReferenceLeft
from skyparley.airspace.keeping.extents import pack_extents
from skyparley.airspace.operations.extents import span_us
from skyparley.errors import (
    ConflictingStateError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
)


def check_put(dss: DssState, command: PutSubscription, time_us: int) -> None:
    """Raise the error that stands for the refusal of a write by the state."""
    before = dss.live_subscription(command.subscription_id, time_us)
    if before is None:
        if command.replaces:
            raise ConflictingStateError(
                f"there is no subscription {command.subscription_id} to update: create it, without a version in the"
                " path"
            )
        dss.check_quota(SUBSCRIPTION, command.manager, dss.limits.max_subscriptions_per_uss, time_us)
    else:
        _check_update(dss, command, before.subscription, time_us)
    lasts_us = dss.limits.max_subscription_duration_h * limits.HOUR_US
    check_times(command.extents, time_us, what="the subscription", lasts_us=lasts_us)
    check_size(command.extents, dss.limits.max_cells)


def check_delete(dss: DssState, command: DeleteSubscription, time_us: int) -> None:
    """Raise the error that stands for the refusal of a deletion by the state."""
    before = dss.live_subscription(command.subscription_id, time_us)
    if before is None:
        raise NotFoundError(f"there is no subscription {command.subscription_id}")
    if before.subscription.manager != command.manager:
        raise ForbiddenError("this subscription belongs to another USS")
    if before.subscription.version != command.version:
        raise ConflictingStateError("the subscription has another version now: read it again")
    served = [name for name in dss.dependents(before.name) if dss.intents[name].end_us > time_us]
    if served:
        raise InvalidInputError(
            f"{len(served)} operational intents depend on this subscription, {served[0]} among them: delete them, or"
            " give them another, first"
        )


def put(dss: DssState, event: Event, command: PutSubscription, changes: list[Change]) -> None:
    """Write a subscription that was checked."""
    begin_us, end_us = span_us(command.extents)
    subscription = Subscription(
        subscription_id=command.subscription_id,
        manager=command.manager,
        version=command.version,
        uss_base_url=command.uss_base_url,
        for_intents=command.for_intents,
        for_constraints=command.for_constraints,
        implicit=False,
        begin_us=begin_us,
        end_us=end_us,
        sequence=event.sequence,
        packed_extents=pack_extents(command.extents),
    )
    dss.put_subscription(subscription)
    changes.append(ReferenceChanged(subscription))


def delete(dss: DssState, command: DeleteSubscription, changes: list[Change]) -> None:
    """Remove a subscription."""
    subscribed = dss.subscriptions[command.subscription_id]
    dss.drop_subscription(subscribed)
    changes.append(ReferenceLeft(subscribed.subscription))


def _check_update(dss: DssState, command: PutSubscription, before: Subscription, time_us: int) -> None:
    if before.manager != command.manager:
        raise ForbiddenError("this subscription belongs to another USS")
    if not command.replaces:
        raise ConflictingStateError(
            f"the subscription {before.subscription_id} exists already, version {before.version}: if that was this"
            " write, it has arrived; else update it with its version"
        )
    if before.version != command.replaces:
        raise ConflictingStateError("the subscription has another version now: read it again")
    if before.implicit:
        raise InvalidInputError("an implicit subscription follows its intents: write one of your own instead")
    if before.version == command.version:
        raise InvalidInputError("each version of a subscription has a name of its own", place="version")
    dependents = [dss.intents[name] for name in dss.dependents(before.subscription_id)]
    served = [intent for intent in dependents if intent.end_us > time_us]
    if served and not command.for_intents:
        raise InvalidInputError(
            "operational intents depend on this subscription: it must go on notifying of them",
            place="notify_for_operational_intents",
        )
    begin_us, end_us = span_us(command.extents)
    fresh = Subscription(
        before.subscription_id, command.manager, command.version, command.uss_base_url, command.for_intents,
        command.for_constraints, False, begin_us, end_us, 0, pack_extents(command.extents),
    )  # fmt: skip
    for intent in served:
        if not covers(fresh, intent.extents(), time_us):
            raise InvalidInputError(
                f"the operational intent {intent.intent_id} depends on this subscription, which would not cover it:"
                " cover it, or give it another",
                place="extents",
            )
