"""Arrangements: what a proposal would change, and its acceptance, which amends the operations in its own entry.

A proposal was compared exactly with everything filed up to a sequence before it is in the log. What was filed since is
held against the acceptance in whole numbers, cells × band × time, with a margin as wide as the largest minimum: a
touch refuses it, and the node compares exactly and proposes again. So nothing is accepted that was overtaken, and until
then everything stays as it was.
"""

from collections.abc import Sequence

from skyparley.airspace import limits
from skyparley.airspace.events import Change, Event
from skyparley.airspace.keeping.records import LiveOperation, RecordedConflict
from skyparley.airspace.line.agreements.numbers import disclosure
from skyparley.airspace.line.agreements.terms import IDENTIFIED
from skyparley.airspace.line.negotiation.commands import Amendment, ProposedChange
from skyparley.airspace.operations.commands import Extent, FileOperation
from skyparley.airspace.operations.extents import check_extents, meet
from skyparley.airspace.operations.rules import amended, check_times, filed, following_state
from skyparley.airspace.state import Airspace
from skyparley.errors import ConflictingStateError, InvalidInputError, SkyparleyError

MAX_CHANGES = 2
OVERTAKEN = "checked_through"
"""The place of a refusal that an exact comparison may lift."""


def validate(changes: Sequence[ProposedChange | Amendment], checked_through: int, place: str) -> None:
    """Raise `InvalidInputError` or `LimitExceededError` for changes that are impossible in themselves."""
    limits.check_count(checked_through, least=1 if changes else 0, place="checked_through")
    if not changes and checked_through:
        raise InvalidInputError("says what was checked, but there is nothing to check", place="checked_through")
    if len(changes) > MAX_CHANGES:
        raise InvalidInputError("a conflict has two operations: no more can change", place=place)
    keys = [(change.party, change.operation_id) for change in changes]
    if keys != sorted(set(keys)):
        raise InvalidInputError("changes are sorted by party and operation, each once", place=place)
    for index, change in enumerate(changes):
        try:
            limits.check_party_id(change.party)
            limits.check_operation_id(change.operation_id)
            limits.check_count(change.version, least=0, place="version")
            limits.check_digest(change.details_digest, place="details_digest")
            if isinstance(change, Amendment):
                check_extents(change.extents)
                if change.version == 0:
                    limits.check_operation_class(change.operation_class)
                elif change.operation_class:
                    raise InvalidInputError("only a new operation is given a class", place="operation_class")
        except SkyparleyError as error:
            raise error.at(f"{place}[{index}]") from None


def check_proposal(
    state: Airspace, about: str, changes: Sequence[ProposedChange], checked_through: int, time_us: int
) -> None:
    """Raise the error that stands for the refusal of a proposal by the state."""
    _check_changes(state, about, changes, time_us)
    if checked_through > state.sequence:
        raise ConflictingStateError(f"there is no entry {checked_through} yet", place="checked_through")


def check_acceptance(
    state: Airspace,
    party: str,
    about: str,
    proposed: Sequence[ProposedChange],
    amendments: Sequence[Amendment],
    checked_through: int,
    watched: Sequence[Extent],
    time_us: int,
) -> None:
    """Raise the error that stands for the refusal of an acceptance: at `OVERTAKEN` if one may compare and try again."""
    check_same(proposed, amendments)
    if not proposed:
        return
    conflict = _check_changes(state, about, proposed, time_us)
    for amendment in amendments:
        check_times(amendment.extents, time_us)
    parties = {conflict.a_party, conflict.b_party}
    for agreement in state.line.agreements.values():
        if agreement.minima_sequence > checked_through and parties & set(agreement.members):
            raise ConflictingStateError(
                f"the separation minima of '{agreement.agreement_id}' have changed since this was checked: check again",
                place=OVERTAKEN,
            )
    for newcomer in state.newer_than(checked_through):
        ours = any(newcomer.key == (one.party, one.operation_id) for one in amendments)
        if not ours and newcomer.end_us > time_us and meet(newcomer.extents(), watched):
            raise ConflictingStateError(
                f"overtaken: {name_of(state, party, newcomer)} was filed there after this was checked: check again",
                place=OVERTAKEN,
            )


def check_same(proposed: Sequence[ProposedChange], amendments: Sequence[Amendment]) -> None:
    """Raise `ConflictingStateError` unless what is amended is what was proposed."""
    same = [ProposedChange(one.party, one.operation_id, one.version, one.details_digest) for one in amendments]
    if same != list(proposed):
        raise ConflictingStateError("an acceptance amends what was proposed, and nothing else", place="amendments")


def amend(state: Airspace, event: Event, amendments: Sequence[Amendment], changes: list[Change]) -> None:
    """The operations become what was accepted."""
    for amendment in amendments:
        if amendment.version == 0:
            new = FileOperation(
                amendment.operation_id, amendment.operation_class, amendment.extents, amendment.details_digest
            )
            filed(state, event, amendment.party, new, changes)
            continue
        before = state.operations[amendment.party, amendment.operation_id]
        amended(state, event, before, amendment.extents, amendment.details_digest, changes)


def name_of(state: Airspace, reader: str, live: LiveOperation) -> str:
    """An operation as far as it is disclosed to a party: by name if it is its own, a hazard, or by agreement."""
    level, _ = disclosure(state.line.between(reader, live.party))
    if live.party == reader or live.hazard or level == IDENTIFIED:
        return f"'{live.operation_id}' of '{live.party}'"
    return f"an operation of '{live.party}'"


def _check_changes(state: Airspace, about: str, changes: Sequence[ProposedChange], time_us: int) -> RecordedConflict:
    conflict = state.conflicts.get(about)
    if conflict is None:
        raise ConflictingStateError("the conflict is over: nothing is left to settle", place="about")
    for change in changes:
        key = (change.party, change.operation_id)
        if key not in (conflict.a, conflict.b):
            raise ConflictingStateError("only the two operations of the conflict can change", place="operation")
        live = state.operation(*key, time_us=time_us)
        if live is None:
            raise ConflictingStateError(f"the operation of '{change.party}' is no longer live", place="operation")
        if live.hazard:
            raise ConflictingStateError(
                f"'{live.operation_id}' is a hazard area, which does not move by agreement: propose to move the other",
                place="operation",
            )
        following_state(live, "amend")
        if live.version != change.version:
            raise ConflictingStateError(
                f"the operation of '{change.party}' has changed since (version {change.version} is {live.version} now):"
                " propose again",
                place="operation",
            )
    return conflict
