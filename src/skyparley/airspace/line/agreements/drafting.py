"""What becomes of an agreement: clauses proposed and answered, drafts accepted, standings moved. Functions of values.

`agreement.py` decides whether it may be; here it is done, by the tables of `tables.py`.
"""

from collections.abc import Sequence
from typing import cast

import msgspec

from skyparley.airspace.line.agreements.commands import (
    AnswerClause,
    Ending,
    ProposeClause,
    ResumeAgreement,
    SuspendAgreement,
)
from skyparley.airspace.line.agreements.items import Agreement, Clause, Draft, DraftStanding, Reservation, Standing
from skyparley.airspace.line.tables import DRAFTS, STANDINGS
from skyparley.airspace.transitions import START, next_state


def order_of(number: str) -> tuple[int, ...]:
    """Where a clause stands: 4.2 before 4.10."""
    return tuple(int(part) for part in number.split("."))


def draft_of(agreement: Agreement, time_us: int) -> Draft:
    """The draft, or a new one that takes over what is in force."""
    if agreement.draft is not None:
        return agreement.draft
    state = next_state(DRAFTS, START, "draft")
    standings = tuple(DraftStanding(party, state, time_us) for party in agreement.members)
    return Draft(agreement.version + 1, agreement.clauses, standings)


def draft_state(draft: Draft, party: str) -> str:
    """How a member stands to a draft."""
    return next(standing.state for standing in draft.standings if standing.party == party)


def with_draft(agreement: Agreement, draft: Draft | None) -> Agreement:
    """An agreement with another draft."""
    return msgspec.structs.replace(agreement, draft=draft)


def proposed(draft: Draft, party: str, command: ProposeClause, time_us: int) -> Draft:
    """A clause is new or replaced: whoever had accepted the draft has to look at it again."""
    clause = Clause(
        command.number,
        draft.version,
        command.replaces + 1,
        command.struck,
        command.term,
        command.texts,
        party,
        (party,),
        (),
    )
    others = [one for one in draft.clauses if one.number != command.number]
    clauses = tuple(sorted([*others, clause], key=lambda one: order_of(one.number)))
    standings = tuple(DraftStanding(one.party, _reset(clauses, one), time_us) for one in draft.standings)
    return Draft(draft.version, clauses, standings)


def _reset(clauses: Sequence[Clause], standing: DraftStanding) -> str:
    moved = next_state(DRAFTS, standing.state, "propose")
    return next_state(DRAFTS, moved, "reserve") if _has_reservation(clauses, standing.party) else moved


def _has_reservation(clauses: Sequence[Clause], party: str) -> bool:
    return any(reservation.party == party for clause in clauses for reservation in clause.reservations)


def answered(draft: Draft, party: str, command: AnswerClause, time_us: int) -> Draft:
    """A member accepts a clause or reserves its position; what it had said about it before is gone."""
    clauses = tuple(
        _with_answer(clause, party, command) if clause.number == command.number else clause for clause in draft.clauses
    )

    def moved(standing: DraftStanding) -> DraftStanding:
        if standing.party != party:
            return standing
        word = "reserve" if _has_reservation(clauses, party) else "answer"
        return DraftStanding(party, next_state(DRAFTS, standing.state, word), time_us)

    return Draft(draft.version, clauses, tuple(moved(standing) for standing in draft.standings))


def _with_answer(clause: Clause, party: str, command: AnswerClause) -> Clause:
    accepted = {*clause.accepted_by, party} if command.accepted else set(clause.accepted_by) - {party}
    reservations = [one for one in clause.reservations if one.party != party]
    if not command.accepted:
        reservations.append(Reservation(party, command.reservation))
    return msgspec.structs.replace(
        clause,
        accepted_by=tuple(sorted(accepted)),
        reservations=tuple(sorted(reservations, key=lambda one: one.party)),
    )


def accepted(agreement: Agreement, party: str, time_us: int) -> Agreement:
    """A member accepts the draft; with the last acceptance it comes into force, and struck clauses are gone."""
    draft = cast("Draft", agreement.draft)
    standings = tuple(
        DraftStanding(party, next_state(DRAFTS, one.state, "accept"), time_us) if one.party == party else one
        for one in draft.standings
    )
    if any(one.state != "accepted" for one in standings):
        return with_draft(agreement, Draft(draft.version, draft.clauses, standings))
    before = {standing.party: standing.state for standing in agreement.standings}
    return msgspec.structs.replace(
        agreement,
        version=draft.version,
        clauses=tuple(clause for clause in draft.clauses if not clause.struck),
        standings=tuple(
            Standing(member, next_state(STANDINGS, before.get(member, START), "all_accept"), time_us, "")
            for member in agreement.members
        ),
        draft=None,
        review_due=False,
    )


def with_standing(agreement: Agreement, party: str, command: Ending | ResumeAgreement, time_us: int) -> Agreement:
    """A member suspends, resumes or terminates, at once or from an announced time on."""

    def moved(standing: Standing) -> Standing:
        if standing.party != party:
            return standing
        if isinstance(command, ResumeAgreement):
            return Standing(party, next_state(STANDINGS, standing.state, "resume"), time_us, "")
        word = "suspend" if isinstance(command, SuspendAgreement) else "terminate"
        if command.from_us > time_us:
            state = next_state(STANDINGS, standing.state, "announce")
            return Standing(party, state, standing.since_us, standing.reason, word, command.from_us, command.reason)
        return Standing(party, next_state(STANDINGS, standing.state, word), time_us, command.reason)

    return msgspec.structs.replace(agreement, standings=tuple(moved(standing) for standing in agreement.standings))


def matured(agreement: Agreement, time_us: int) -> Agreement:
    """What was announced for a time that has come is true; a review date that has passed is due."""
    standings = tuple(
        Standing(
            standing.party,
            next_state(STANDINGS, standing.state, standing.announced),
            standing.from_us,
            standing.announced_reason,
        )
        if standing.announced and standing.from_us <= time_us
        else standing
        for standing in agreement.standings
    )
    review_us = agreement.review_us
    due = agreement.review_due or (review_us is not None and review_us <= time_us)
    return msgspec.structs.replace(agreement, standings=standings, review_due=due)
