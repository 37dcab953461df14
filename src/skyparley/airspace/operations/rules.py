"""Rules of operations and hazard notices: what may be filed, changed and ended, and what time alone brings.

An operation is accepted at once; what it conflicts with is found beside it. Late notice is better than none, so it
stands, and says which clause it does not keep.
"""

from typing import Final

import msgspec

from skyparley.airspace import limits
from skyparley.airspace.events import Change, ConflictVoid, Event, OperationChanged, OperationLeft
from skyparley.airspace.keeping.extents import shorten_extents
from skyparley.airspace.keeping.records import LateNotice, LiveOperation
from skyparley.airspace.line.agreements.numbers import notices
from skyparley.airspace.operations.commands import (
    ActivateOperation,
    AmendOperation,
    CancelOperation,
    ConfirmHazard,
    DeclareHazard,
    EndOperation,
    Extent,
    FileOperation,
    Filing,
    OperationCommand,
    RetractHazard,
)
from skyparley.airspace.operations.extents import check_extents, span_us
from skyparley.airspace.shared_cells import found_by_operation
from skyparley.airspace.state import Airspace
from skyparley.airspace.transitions import HAZARDS, OPERATIONS, START, is_final, next_state
from skyparley.errors import ConflictingStateError, ForbiddenError, InvalidInputError, LimitExceededError, NotFoundError
from skyparley.geometry.interval import format_time
from skyparley.units import MICROSECONDS_PER_SECOND
from skyparley.vocabulary import HAZARD_KINDS

_EVENTS: Final = {
    AmendOperation: "amend",
    ActivateOperation: "activate",
    EndOperation: "end",
    CancelOperation: "cancel",
    ConfirmHazard: "confirm",
    RetractHazard: "retract",
}


def validate(command: Filing | OperationCommand) -> None:
    """Raise `InvalidInputError` or `LimitExceededError` if a command is impossible in itself."""
    limits.check_operation_id(command.operation_id)
    if isinstance(command, OperationCommand):
        limits.check_count(command.version, least=1, place="version")
    if isinstance(command, FileOperation | AmendOperation | DeclareHazard):
        limits.check_digest(command.details_digest, place="details_digest")
        check_extents(command.extents)
    if isinstance(command, FileOperation | AmendOperation):
        limits.check_operation_class(command.operation_class)
    elif isinstance(command, DeclareHazard) and command.hazard_kind not in HAZARD_KINDS:
        raise InvalidInputError(f"unknown hazard kind: use one of {', '.join(HAZARD_KINDS)}", place="hazard_kind")


def check(state: Airspace, party: str, command: Filing | OperationCommand, time_us: int) -> None:
    """Raise the error that stands for the refusal of a command by the state at a log time."""
    if not party:
        raise ForbiddenError("an operation needs a party: the node itself has none")
    if isinstance(command, OperationCommand):
        _check_on_operation(state, party, command, time_us)
    else:
        _check_filing(state, party, command, time_us)


def perform(state: Airspace, event: Event, command: Filing | OperationCommand, changes: list[Change]) -> None:
    """Do what an accepted command asks."""
    if isinstance(command, AmendOperation):
        before = state.operations[event.party, command.operation_id]
        amended(
            state,
            event,
            before,
            command.extents,
            command.details_digest,
            changes,
            operation_class=command.operation_class,
        )
    elif isinstance(command, OperationCommand):
        operation = state.operations[event.party, command.operation_id]
        _move(state, operation, event_of(command), event.sequence, changes)
    else:
        filed(state, event, event.party, command, changes)


def pass_time(state: Airspace, event: Event, changes: list[Change]) -> None:
    """What has ended by the entry's time leaves, by end, party and identifier."""
    for key in state.due(event.time_us):
        _move(state, state.operations[key], "time", event.sequence, changes)


def event_of(command: OperationCommand) -> str:
    """The word in the state tables for a command on a live operation."""
    return _EVENTS[type(command)]


def following_state(operation: LiveOperation, event: str) -> str:
    """The state of an operation or hazard after an event. Raises `ConflictingStateError` if it is not possible."""
    return next_state(HAZARDS if operation.hazard else OPERATIONS, operation.state, event)


def _check_filing(state: Airspace, party: str, command: Filing, time_us: int) -> None:
    live = state.operation(party, command.operation_id, time_us=time_us)
    if live is not None:
        raise ConflictingStateError(
            f"'{command.operation_id}' is live already, {live.state} at version {live.version}:"
            " amend it, or choose another identifier"
        )
    check_times(command.extents, time_us)
    if state.live_of_party(party) >= limits.MAX_LIVE_OPERATIONS_PER_PARTY:
        ended = sum(due_party == party for due_party, _ in state.due(time_us))
        if state.live_of_party(party) - ended >= limits.MAX_LIVE_OPERATIONS_PER_PARTY:
            raise LimitExceededError(
                f"'{party}' has {limits.MAX_LIVE_OPERATIONS_PER_PARTY} live operations, the most that a party may"
                " have: end or cancel some"
            )


def _check_on_operation(state: Airspace, party: str, command: OperationCommand, time_us: int) -> None:
    live = state.operation(party, command.operation_id, time_us=time_us)
    if live is None:
        raise NotFoundError(f"'{party}' has no live operation '{command.operation_id}'")
    if command.version != live.version:
        raise ConflictingStateError(
            f"'{command.operation_id}' is at version {live.version} now, not {command.version}: read it again"
        )
    following_state(live, event_of(command))
    if isinstance(command, AmendOperation):
        check_times(command.extents, time_us)


def check_times(extents: tuple[Extent, ...], time_us: int) -> None:
    """Raise `InvalidInputError` for what has ended by a time, `LimitExceededError` for what is too far ahead."""
    begin_us, end_us = span_us(extents)
    if end_us <= time_us:
        raise InvalidInputError(f"the operation ended at {format_time(end_us)}, which has passed")
    if begin_us - time_us > limits.MAX_AHEAD_US:
        raise LimitExceededError(
            f"the operation begins at {format_time(begin_us)}, more than {limits.MAX_AHEAD_US // limits.DAY_US} days"
            " ahead: file it later"
        )


def _move(state: Airspace, operation: LiveOperation, word: str, sequence: int, changes: list[Change]) -> None:
    """An operation passes to the state that follows, and leaves if that is final."""
    moved = msgspec.structs.replace(
        operation,
        state=following_state(operation, word),
        version=operation.version + 1,
        changed_sequence=sequence,
    )
    if is_final(HAZARDS if operation.hazard else OPERATIONS, moved.state):
        changes.append(OperationLeft(moved))
        _void_conflicts(state, operation, changes)
        state.drop_operation(operation)
    else:
        changes.append(OperationChanged(moved))
        state.put_operation(moved)


def _void_conflicts(state: Airspace, operation: LiveOperation, changes: list[Change]) -> None:
    changes.extend(ConflictVoid(conflict) for conflict in state.drop_conflicts_of(operation.key))


def filed(state: Airspace, event: Event, party: str, command: Filing, changes: list[Change]) -> None:
    """A new operation or hazard notice of a party is live."""
    if isinstance(command, DeclareHazard):
        word = "declare_confirmed" if command.confirmed else "declare_unconfirmed"
        first, operation_class, hazard_kind = next_state(HAZARDS, START, word), limits.HAZARD_CLASS, command.hazard_kind
    else:
        first, operation_class, hazard_kind = next_state(OPERATIONS, START, "file"), command.operation_class, ""
    begin_us, end_us = span_us(command.extents)
    operation = LiveOperation(
        party=party,
        operation_id=command.operation_id,
        state=first,
        version=1,
        operation_class=operation_class,
        hazard=isinstance(command, DeclareHazard),
        hazard_kind=hazard_kind,
        begin_us=begin_us,
        end_us=end_us,
        details_digest=command.details_digest,
        filed_sequence=event.sequence,
        details_sequence=event.sequence,
        changed_sequence=event.sequence,
        short_extents=shorten_extents(command.extents),
        late_notices=_late_notices(state, party, event.time_us, operation_class, begin_us),
    )
    state.put_operation(operation, command.extents)
    changes.append(OperationChanged(operation))
    found_by_operation(state, event, operation, command.extents, changes)


def amended(
    state: Airspace,
    event: Event,
    before: LiveOperation,
    extents: tuple[Extent, ...],
    details_digest: str,
    changes: list[Change],
    *,
    operation_class: str = "",
) -> None:
    """The details are replaced; what was found about the old ones is void, findings about the new ones follow."""
    begin_us, end_us = span_us(extents)
    operation_class = operation_class or before.operation_class
    operation = msgspec.structs.replace(
        before,
        state=following_state(before, "amend"),
        version=before.version + 1,
        operation_class=operation_class,
        begin_us=begin_us,
        end_us=end_us,
        details_digest=details_digest,
        details_sequence=event.sequence,
        changed_sequence=event.sequence,
        short_extents=shorten_extents(extents),
        late_notices=_late_notices(state, before.party, event.time_us, operation_class, begin_us),
    )
    changes.append(OperationChanged(operation))
    _void_conflicts(state, before, changes)
    state.put_operation(operation, extents)
    found_by_operation(state, event, operation, extents, changes)


def _late_notices(
    state: Airspace, party: str, time_us: int, operation_class: str, begin_us: int
) -> tuple[LateNotice, ...]:
    """The clauses on notice that a filing does not keep. It stands: late notice is better than none, and it says so."""
    given_s = max(0, (begin_us - time_us) // MICROSECONDS_PER_SECOND)
    return tuple(
        LateNotice(basis, notice_s, given_s)
        for notice_s, basis in notices(state.line.of_party(party), operation_class)
        if begin_us - time_us < notice_s * MICROSECONDS_PER_SECOND
    )
