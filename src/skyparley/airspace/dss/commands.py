"""The commands of the DSS (ASTM F3548-21): what a USS writes of its intents, constraints and subscriptions.

A `manager` is the subject of the USS's access token; it needs no party. What random source and clock decide (new OVNs
and versions, the identifier of an implicit subscription, the begin of a subscription that names none) is in the
command, so that `apply` needs neither. Keys are not: a command says up to which entry everything relevant was known.
"""

import msgspec

from skyparley.airspace.dss.items import DssLimits
from skyparley.airspace.operations.commands import Extent


class PutIntent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="put_intent", tag_field="kind"):
    """An operational intent reference is created, or replaces the version whose OVN is `replaces` (empty: none).

    `known_through`: everything relevant up to that entry was in the writer's key; 0 where no key is needed.
    `subscription_id` names the subscription that serves it, empty for none. If `implicit_url` is not empty, that one
    is made for it here.
    """

    manager: str
    intent_id: str
    replaces: str
    ovn: str
    state: str
    extents: tuple[Extent, ...]
    uss_base_url: str
    known_through: int
    subscription_id: str
    implicit_url: str
    implicit_for_constraints: bool


class DeleteIntent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="delete_intent", tag_field="kind"):
    """An operational intent is over, or will not be flown."""

    manager: str
    intent_id: str
    ovn: str


class PutConstraint(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="put_constraint", tag_field="kind"):
    """A constraint reference is created, or replaces the version whose OVN is `replaces` (empty: none)."""

    manager: str
    constraint_id: str
    replaces: str
    ovn: str
    extents: tuple[Extent, ...]
    uss_base_url: str


class DeleteConstraint(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="delete_constraint", tag_field="kind"
):
    """A constraint is withdrawn."""

    manager: str
    constraint_id: str
    ovn: str


class PutSubscription(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="put_subscription", tag_field="kind"
):
    """A subscription is created, or replaces the version `replaces` (empty: none)."""

    manager: str
    subscription_id: str
    replaces: str
    version: str
    extents: tuple[Extent, ...]
    uss_base_url: str
    for_intents: bool
    for_constraints: bool


class DeleteSubscription(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="delete_subscription", tag_field="kind"
):
    """A subscription is given up."""

    manager: str
    subscription_id: str
    version: str


class SetAvailability(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="set_availability", tag_field="kind"
):
    """An arbiter (`manager`) says whether a USS is available; `replaces` is the version before, empty for none."""

    manager: str
    uss: str
    replaces: str
    version: str
    availability: str


class FileReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="file_report", tag_field="kind"):
    """A USS reports an exchange that went wrong; its text lies in the vault under its digest."""

    manager: str
    report_id: str
    report_digest: str


class SetDssLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="set_dss_limits", tag_field="kind"):
    """The operator says what the pool allows from here on; a node writes it when it starts with other settings."""

    limits: DssLimits


DssCommand = (
    PutIntent
    | DeleteIntent
    | PutConstraint
    | DeleteConstraint
    | PutSubscription
    | DeleteSubscription
    | SetAvailability
    | FileReport
)
"""What a USS may ask of the DSS."""
