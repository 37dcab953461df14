"""The rules of constraints: written by who may manage them, told to who asked for them (ASTM F3548-21, CSTM)."""

from skyparley.airspace import limits
from skyparley.airspace.dss.commands import DeleteConstraint, PutConstraint
from skyparley.airspace.dss.items import Constraint
from skyparley.airspace.dss.state import CONSTRAINT, DssState, Notified
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


def check_put(dss: DssState, command: PutConstraint, time_us: int) -> None:
    """Raise the error that stands for the refusal of a write by the state."""
    before = dss.live_constraint(command.constraint_id, time_us)
    if before is None:
        if command.replaces:
            raise ConflictingStateError(
                f"there is no constraint {command.constraint_id} to update: create it, without an OVN in the path"
            )
        dss.check_quota(CONSTRAINT, command.manager, dss.limits.max_constraints_per_uss, time_us)
    elif before.manager != command.manager:
        raise ForbiddenError("this constraint is managed by another USS")
    elif not command.replaces:
        raise ConflictingStateError(
            f"the constraint {before.constraint_id} exists already: version {before.version}, OVN {before.ovn}: if that"
            " was this write, it has arrived; else update it with its OVN"
        )
    elif before.ovn != command.replaces:
        raise _stale(before)
    elif before.ovn == command.ovn:
        raise InvalidInputError("each version of a constraint has an OVN of its own", place="ovn")
    check_times(
        command.extents,
        time_us,
        what="the constraint",
        ahead_us=dss.limits.max_constraint_ahead_days * limits.DAY_US,
        lasts_us=dss.limits.max_constraint_duration_h * limits.HOUR_US,
    )
    check_size(command.extents, dss.limits.max_cells)


def check_delete(dss: DssState, command: DeleteConstraint, time_us: int) -> None:
    """Raise the error that stands for the refusal of a deletion by the state."""
    before = dss.live_constraint(command.constraint_id, time_us)
    if before is None:
        raise NotFoundError(f"there is no constraint {command.constraint_id}")
    if before.manager != command.manager:
        raise ForbiddenError("this constraint is managed by another USS")
    if before.ovn != command.ovn:
        raise _stale(before)


def put(dss: DssState, event: Event, command: PutConstraint, changes: list[Change]) -> list[Notified]:
    """Write a constraint that was checked; the notifications that are owed."""
    before = dss.constraints.get(command.constraint_id)
    begin_us, end_us = span_us(command.extents)
    constraint = Constraint(
        constraint_id=command.constraint_id,
        manager=command.manager,
        version=1 if before is None else before.version + 1,
        ovn=command.ovn,
        uss_base_url=command.uss_base_url,
        begin_us=begin_us,
        end_us=end_us,
        sequence=event.sequence,
        packed_extents=pack_extents(command.extents),
    )
    dss.put_constraint(constraint)
    changes.append(ReferenceChanged(constraint))
    return dss.notify_of_constraints(command.extents, () if before is None else before.extents())


def delete(dss: DssState, command: DeleteConstraint, changes: list[Change]) -> list[Notified]:
    """Remove a constraint; the notifications that are owed."""
    constraint = dss.constraints[command.constraint_id]
    dss.drop_constraint(constraint)
    changes.append(ReferenceLeft(constraint))
    return dss.notify_of_constraints(constraint.extents())


def _stale(before: Constraint) -> ConflictingStateError:
    return ConflictingStateError(f"the constraint is at version {before.version} now, with another OVN: read it again")
