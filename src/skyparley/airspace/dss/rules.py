"""The rules of the DSS: which room decides about which command, and about what time alone brings (ASTM F3548-21)."""

from skyparley.airspace.dss import constraints, intents, subscriptions
from skyparley.airspace.dss.commands import (
    DeleteConstraint,
    DeleteIntent,
    DeleteSubscription,
    DssCommand,
    PutConstraint,
    PutIntent,
    PutSubscription,
    SetAvailability,
)
from skyparley.airspace.dss.items import Availability, Constraint, Intent
from skyparley.airspace.dss.state import DssState, Notified
from skyparley.airspace.events import Change, Event, Proposal, ReferenceChanged, ReferenceLeft
from skyparley.errors import ConflictingStateError, ForbiddenError, InvalidInputError, LimitExceededError


def check(dss: DssState, proposal: Proposal, command: DssCommand, sequence: int, time_us: int) -> None:
    """Raise the error that stands for the refusal of a command by the state at a log time."""
    if proposal.party:
        raise ForbiddenError("the DSS is written by USSs with their tokens, not by parties")
    if isinstance(command, PutIntent):
        intents.check_put(dss, command, sequence, time_us)
    elif isinstance(command, DeleteIntent):
        intents.check_delete(dss, command, time_us)
    elif isinstance(command, PutConstraint):
        constraints.check_put(dss, command, time_us)
    elif isinstance(command, DeleteConstraint):
        constraints.check_delete(dss, command, time_us)
    elif isinstance(command, PutSubscription):
        subscriptions.check_put(dss, command, time_us)
    elif isinstance(command, DeleteSubscription):
        subscriptions.check_delete(dss, command, time_us)
    elif isinstance(command, SetAvailability):
        _check_availability(dss, command)


def perform(dss: DssState, event: Event, command: DssCommand, changes: list[Change]) -> list[Notified]:
    """Do what an accepted command asks; the notifications that are owed for it."""
    if isinstance(command, PutIntent):
        return intents.put(dss, event, command, changes)
    if isinstance(command, DeleteIntent):
        return intents.delete(dss, event, command, changes)
    if isinstance(command, PutConstraint):
        return constraints.put(dss, event, command, changes)
    if isinstance(command, DeleteConstraint):
        return constraints.delete(dss, command, changes)
    if isinstance(command, PutSubscription):
        subscriptions.put(dss, event, command, changes)
    elif isinstance(command, DeleteSubscription):
        subscriptions.delete(dss, command, changes)
    elif isinstance(command, SetAvailability):
        said = Availability(command.uss, command.availability, command.version, event.sequence)
        dss.put_availability(said)
        changes.append(ReferenceChanged(said))
    return []


def pass_time(dss: DssState, event: Event, changes: list[Change]) -> None:
    """What has ended by the entry's time leaves, by end, kind and identifier; nobody is notified of that."""
    while (ended := dss.next_ended(event.time_us)) is not None:
        changes.append(ReferenceLeft(ended))
        if isinstance(ended, Intent):
            dss.drop_intent(ended, event.time_us)
        elif isinstance(ended, Constraint):
            dss.drop_constraint(ended)
        else:
            dss.drop_subscription(dss.subscriptions[ended.subscription_id])


def _check_availability(dss: DssState, command: SetAvailability) -> None:
    before = dss.availabilities.get(command.uss)
    current = "" if before is None else before.version
    if command.replaces != current:
        now = f"is at version {current} now" if current else "has never been set: give no old_version"
        raise ConflictingStateError(f"the availability of '{command.uss}' {now}", place="old_version")
    most = dss.limits.max_availabilities
    if before is None and len(dss.availabilities) >= most:
        raise LimitExceededError(f"the availability of {most} USSs is known, the most there may be")
    if command.version == current:
        raise InvalidInputError("each version has a name of its own", place="version")
