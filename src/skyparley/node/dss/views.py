"""What the DSS answers, in the words of ASTM F3548-21. OVNs are shown to the USS that manages the reference, only."""

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from skyparley.airspace.dss.items import Availability, Constraint, Intent
from skyparley.airspace.dss.state import DssState, Notified, Subscribed
from skyparley.errors import ConflictingStateError
from skyparley.geometry.interval import format_time
from skyparley.node.dss.history import REPORT, SERVED, Change

NO_SUBSCRIPTION: Final = "00000000-0000-4000-8000-000000000000"
"""Stands where the interface demands an identifier and there is no subscription, as in the open DSS."""


class TimeView(msgspec.Struct, frozen=True):
    """An instant, RFC 3339 in UTC."""

    value: str
    format: str = "RFC3339"


class IntentView(msgspec.Struct, frozen=True):
    """An operational intent reference."""

    id: str
    manager: str
    uss_availability: str
    version: int
    state: str
    time_start: TimeView
    time_end: TimeView
    uss_base_url: str
    subscription_id: str
    ovn: str | UnsetType = UNSET


class ConstraintView(msgspec.Struct, frozen=True):
    """A constraint reference."""

    id: str
    manager: str
    uss_availability: str
    version: int
    time_start: TimeView
    time_end: TimeView
    uss_base_url: str
    ovn: str | UnsetType = UNSET


class SubscriptionView(msgspec.Struct, frozen=True):
    """A subscription; only its own USS sees it."""

    id: str
    version: str
    notification_index: int
    time_start: TimeView
    time_end: TimeView
    uss_base_url: str
    notify_for_operational_intents: bool
    notify_for_constraints: bool
    implicit_subscription: bool
    dependent_operational_intents: list[str]


class SubscriptionStateView(msgspec.Struct, frozen=True, gc=False):
    """A subscription that is to be notified, and the index of this notification."""

    subscription_id: str
    notification_index: int


class SubscriberView(msgspec.Struct, frozen=True):
    """A USS that is to be notified, for these subscriptions."""

    uss_base_url: str
    subscriptions: list[SubscriptionStateView]


class IntentAnswer(msgspec.Struct, frozen=True):
    """One operational intent reference."""

    operational_intent_reference: IntentView


class IntentChangeAnswer(msgspec.Struct, frozen=True):
    """A change of an operational intent: the reference, and whom its USS must notify."""

    operational_intent_reference: IntentView
    subscribers: list[SubscriberView]


class IntentsAnswer(msgspec.Struct, frozen=True):
    """Operational intent references in an area, by identifier."""

    operational_intent_references: list[IntentView]


class ConstraintAnswer(msgspec.Struct, frozen=True):
    """One constraint reference."""

    constraint_reference: ConstraintView


class ConstraintChangeAnswer(msgspec.Struct, frozen=True):
    """A change of a constraint: the reference, and whom its USS must notify."""

    constraint_reference: ConstraintView
    subscribers: list[SubscriberView]


class ConstraintsAnswer(msgspec.Struct, frozen=True):
    """Constraint references in an area, by identifier."""

    constraint_references: list[ConstraintView]


class SubscriptionAnswer(msgspec.Struct, frozen=True):
    """One subscription."""

    subscription: SubscriptionView


class SubscriptionPutAnswer(msgspec.Struct, frozen=True):
    """A subscription that was written, and what there is where it listens."""

    subscription: SubscriptionView
    operational_intent_references: list[IntentView] | UnsetType = UNSET
    constraint_references: list[ConstraintView] | UnsetType = UNSET


class SubscriptionsAnswer(msgspec.Struct, frozen=True):
    """The asking USS's own subscriptions in an area, by identifier."""

    subscriptions: list[SubscriptionView]


class AvailabilityStatus(msgspec.Struct, frozen=True):
    """How available a USS is."""

    uss: str
    availability: str


class AvailabilityAnswer(msgspec.Struct, frozen=True):
    """How available a USS is, and the version to name when that is changed; empty if it was never set."""

    version: str
    status: AvailabilityStatus


class ChangeView(msgspec.Struct, frozen=True):
    """A change: the entry of the log and its time, what became of the reference, which USS did it (null for time)."""

    sequence: int
    time: str
    kind: str
    change: str
    manager: str | None
    state: str | None
    intent: str | None = None


class HistoryAnswer(msgspec.Struct, frozen=True):
    """All changes of a reference, the oldest first."""

    id: str
    changes: list[ChangeView]


class MissingKnowledgeError(ConflictingStateError):
    """The key lacks OVNs of relevant references: all of them are listed, sorted (`AirspaceConflictResponse`)."""

    code = "airspace_conflict"

    def __init__(self, intents: list[IntentView], constraints: list[ConstraintView]) -> None:
        super().__init__(
            f"the key lacks the current OVN of {len(intents)} operational intents and {len(constraints)} constraints:"
            " get their details from their USSs, look at them, and try again with their OVNs"
        )
        self.intents = intents
        self.constraints = constraints


def intent_view(dss: DssState, intent: Intent, manager: str) -> IntentView:
    """An intent as a USS sees it."""
    return IntentView(
        intent.intent_id,
        intent.manager,
        dss.availability(intent.manager),
        intent.version,
        intent.state,
        TimeView(format_time(intent.begin_us)),
        TimeView(format_time(intent.end_us)),
        intent.uss_base_url,
        intent.subscription_id or NO_SUBSCRIPTION,
        intent.ovn if intent.manager == manager else UNSET,
    )


def constraint_view(dss: DssState, constraint: Constraint, manager: str) -> ConstraintView:
    """A constraint as a USS sees it."""
    return ConstraintView(
        constraint.constraint_id,
        constraint.manager,
        dss.availability(constraint.manager),
        constraint.version,
        TimeView(format_time(constraint.begin_us)),
        TimeView(format_time(constraint.end_us)),
        constraint.uss_base_url,
        constraint.ovn if constraint.manager == manager else UNSET,
    )


def subscription_view(dss: DssState, subscribed: Subscribed) -> SubscriptionView:
    """A subscription as its USS sees it."""
    subscription = subscribed.subscription
    begin_us, end_us = dss.span_us(subscription)
    return SubscriptionView(
        subscription.subscription_id,
        subscription.version,
        subscribed.index,
        TimeView(format_time(begin_us)),
        TimeView(format_time(end_us)),
        subscription.uss_base_url,
        subscription.for_intents,
        subscription.for_constraints,
        subscription.implicit,
        dss.dependents(subscription.subscription_id),
    )


def availability_view(uss: str, availability: Availability | None) -> AvailabilityAnswer:
    """How available a USS is; `Unknown` without an arbiter's word."""
    if availability is None:
        return AvailabilityAnswer("", AvailabilityStatus(uss, "Unknown"))
    return AvailabilityAnswer(availability.version, AvailabilityStatus(uss, availability.availability))


def subscribers_view(notified: Iterable[Notified]) -> list[SubscriberView]:
    """Whom to notify, by USS; of each its subscriptions as they were found, the oldest writes first."""
    by_url: dict[str, list[SubscriptionStateView]] = {}
    for url, subscription_id, index in notified:
        states = by_url.get(url)
        if states is None:
            states = by_url[url] = []
        states.append(SubscriptionStateView(subscription_id, index))
    return [SubscriberView(url, by_url[url]) for url in sorted(by_url)]


def change_view(change: Change) -> ChangeView:
    """A change as its manager and the operator see it."""
    intent, state = None, None if change.kind == REPORT else change.detail or None
    if change.kind == SERVED:
        intent, _, state = change.detail.partition(" ")
    return ChangeView(
        change.sequence, format_time(change.time_us), change.kind, change.word, change.author or None, state, intent
    )
