"""What proposals and acceptances carry beside their message, and the command that says that an alarm was heard."""

import msgspec

from skyparley.airspace.operations.commands import Extent


class ProposedChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """New details for an operation: the version that they would replace, and their digest. Nothing changes yet.

    Version 0 is an operation that would be new: the corridor of an assistance.
    """

    party: str
    operation_id: str
    version: int
    details_digest: str


class Amendment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A proposed change that is accepted: with what the operation reserves from now on, and its class if it is new."""

    party: str
    operation_id: str
    version: int
    details_digest: str
    extents: tuple[Extent, ...]
    operation_class: str = ""


class AcknowledgeAlarm(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="acknowledge_alarm", tag_field="kind"
):
    """A post of a party has heard the alarm of a conflict. It settles nothing."""

    conflict_id: str
    post: str
