"""Rules of agreements: drafted and negotiated clause by clause, in force only while all members accept.

A draft is accepted as a whole once every member has accepted every clause; the version before stays in force until
then. One member's suspension suspends it for all, one member's termination ends it. See `docs/line.md`.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, cast

import msgspec

from skyparley.airspace import limits
from skyparley.airspace.events import AgreementChanged, Change, Event, MinimaChanged, Proposal
from skyparley.airspace.line.agreements.commands import (
    AcceptAgreement,
    AgreementCommand,
    AnswerClause,
    DraftAgreement,
    Ending,
    ProposeClause,
    ResumeAgreement,
    SuspendAgreement,
    Text,
)
from skyparley.airspace.line.agreements.drafting import (
    accepted,
    answered,
    draft_of,
    draft_state,
    matured,
    order_of,
    proposed,
    with_draft,
    with_standing,
)
from skyparley.airspace.line.agreements.items import Agreement, Clause, Draft
from skyparley.airspace.line.agreements.numbers import line_test
from skyparley.airspace.line.agreements.terms import ReviewTerm, SeparationTerm, Term, check_term, contradictions
from skyparley.airspace.line.duty import line_tests
from skyparley.airspace.line.tables import DRAFTS, STANDINGS
from skyparley.airspace.state import Airspace
from skyparley.airspace.transitions import next_state
from skyparley.errors import (
    ConflictingStateError,
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
)
from skyparley.geometry.interval import check_instant_us, format_time
from skyparley.units import MICROSECONDS_PER_SECOND

_NUMBER: Final = re.compile(r"[1-9]\d{0,2}(?:\.[1-9]\d{0,2}){0,3}")


def validate(command: AgreementCommand) -> None:
    """Raise `InvalidInputError` or `LimitExceededError` if a command is impossible in itself."""
    limits.check_agreement_id(command.agreement_id)
    if isinstance(command, DraftAgreement):
        _validate_draft(command)
        return
    _check_version(command.version)
    if isinstance(command, ProposeClause):
        _validate_proposal(command)
    elif isinstance(command, AnswerClause):
        _check_number(command.number)
        if command.revision < 1:
            raise InvalidInputError("revision is a whole number from 1", place="revision")
        if command.accepted and command.reservation:
            raise InvalidInputError("a clause is accepted or reserved, not both: leave it empty", place="reservation")
        if not command.accepted:
            limits.check_text(command.reservation, limits.MAX_REASON_LENGTH, place="reservation")
    elif isinstance(command, Ending):
        limits.check_text(command.reason, limits.MAX_REASON_LENGTH, place="reason")
        check_instant_us(command.from_us, place="from_us")


def check(state: Airspace, proposal: Proposal, command: AgreementCommand, time_us: int) -> None:
    """Raise the error that stands for the refusal of a command by the state at a log time."""
    if not proposal.party:
        raise ForbiddenError("an agreement is between parties: the node itself has none")
    if isinstance(command, DraftAgreement):
        _check_new(state, proposal.party, command)
        return
    agreement = _member_agreement(state, proposal.party, command.agreement_id)
    if any(standing.state == "terminated" for standing in agreement.standings):
        raise ConflictingStateError(f"'{agreement.agreement_id}' is terminated: draft a new agreement")
    if isinstance(command, ProposeClause):
        _check_clause(agreement, command)
    elif isinstance(command, AnswerClause):
        _check_answer(agreement, proposal.party, command)
    elif isinstance(command, AcceptAgreement):
        _check_acceptance(agreement, proposal.party, command, time_us)
    else:
        _check_standing(agreement, proposal.party, command, time_us)


def perform(state: Airspace, event: Event, command: AgreementCommand, changes: list[Change]) -> None:
    """Do what an accepted command asks."""
    if isinstance(command, DraftAgreement):
        empty = Agreement(
            agreement_id=command.agreement_id,
            titles=command.titles,
            members=command.members,
            languages=command.languages,
            authoritative=command.authoritative,
            version=0,
            clauses=(),
            standings=(),
            draft=None,
            review_due=False,
            minima_sequence=0,
            changed_sequence=event.sequence,
        )
        _store(state, empty, with_draft(empty, draft_of(empty, event.time_us)), event, changes)
        return
    before = state.line.agreements[command.agreement_id]
    if isinstance(command, ProposeClause):
        after = with_draft(before, proposed(draft_of(before, event.time_us), event.party, command, event.time_us))
    elif isinstance(command, AnswerClause):
        after = with_draft(before, answered(cast("Draft", before.draft), event.party, command, event.time_us))
    elif isinstance(command, AcceptAgreement):
        after = accepted(before, event.party, event.time_us)
    else:
        after = with_standing(before, event.party, command, event.time_us)
    _store(state, before, after, event, changes)


def pass_time(state: Airspace, agreement: Agreement, event: Event, changes: list[Change]) -> None:
    """What was announced for a time that has come by the entry's comes true, and the line is tested when it is due."""
    tests = 0 < agreement.next_test_us <= event.time_us
    _store(state, agreement, matured(agreement, event.time_us), event, changes)
    if tests:
        line_tests.begin(state.line, state.line.agreements[agreement.agreement_id], event, changes)


def _member_agreement(state: Airspace, party: str, agreement_id: str) -> Agreement:
    """An agreement of which a party is a member. Raises `NotFoundError`."""
    agreement = state.line.agreements.get(agreement_id)
    if agreement is None or party not in agreement.members:
        raise NotFoundError(f"'{party}' is a member of no agreement '{agreement_id}'")
    return agreement


def _store(state: Airspace, before: Agreement, after: Agreement, event: Event, changes: list[Change]) -> None:
    moved = tuple(before.terms(SeparationTerm)) != tuple(after.terms(SeparationTerm))
    if moved:
        after = msgspec.structs.replace(after, minima_sequence=event.sequence)
    next_test_us = _next_test(before, after, event.time_us)
    after = msgspec.structs.replace(after, changed_sequence=event.sequence, next_test_us=next_test_us)
    state.line.put_agreement(after)
    changes.append(AgreementChanged(after))
    if moved:
        changes.append(MinimaChanged(after.members, event.sequence))


def _next_test(before: Agreement, after: Agreement, time_us: int) -> int:
    """When the line is tested next: an interval after it came into force, changed its interval, or was tested."""
    term, _ = line_test(after)
    if term is None:
        return 0
    if before.next_test_us > 0 and time_us < before.next_test_us and line_test(before)[0] == term:
        return before.next_test_us
    return time_us + term.interval_s * MICROSECONDS_PER_SECOND


# checks


def _check_version(version: int) -> None:
    if not 1 <= version < 2**31:
        raise InvalidInputError("version is a whole number from 1", place="version")


def _check_number(number: str) -> None:
    if not _NUMBER.fullmatch(number):
        raise InvalidInputError("a clause's number is such as 4, 4.1 or 4.1.2", place="number")


def _validate_draft(command: DraftAgreement) -> None:
    for party in command.members:
        limits.check_party_id(party, place="members")
    if list(command.members) != sorted(set(command.members)):
        raise InvalidInputError("members must be sorted, each once", place="members")
    if not 2 <= len(command.members) <= limits.MAX_MEMBERS:
        raise InvalidInputError(f"an agreement has 2 to {limits.MAX_MEMBERS} members", place="members")
    for place, languages in (("languages", command.languages), ("authoritative", command.authoritative)):
        for language in languages:
            limits.check_language(language, place=place)
        if list(languages) != sorted(set(languages)) or not languages:
            raise InvalidInputError("at least one language, sorted, each once", place=place)
    missing = set(command.authoritative) - set(command.languages)
    if missing:
        raise InvalidInputError(f"'{min(missing)}' is no language of the agreement", place="authoritative")
    _check_texts(command.titles, limits.MAX_NAME_LENGTH, "titles")
    if [text.language for text in command.titles] != list(command.languages):
        raise InvalidInputError("a title in every language of the agreement, sorted by language", place="titles")


def _validate_proposal(command: ProposeClause) -> None:
    _check_number(command.number)
    if command.replaces < 0:
        raise InvalidInputError("replaces is the revision that this replaces, 0 for a new clause", place="replaces")
    if command.struck and (command.term is not None or command.texts):
        raise InvalidInputError("a clause to be struck has neither term nor text", place="struck")
    if command.term is not None:
        try:
            check_term(command.term)
        except InvalidInputError as error:
            raise error.at("term") from None
    _check_texts(command.texts, limits.MAX_CLAUSE_LENGTH, "texts")


def _check_texts(texts: Sequence[Text], length: int, place: str) -> None:
    for index, text in enumerate(texts):
        limits.check_language(text.language, place=f"{place}[{index}].language")
        limits.check_text(text.text, length, place=f"{place}[{index}].text")
    if any(one.language >= other.language for one, other in pairwise(texts)):
        raise InvalidInputError("texts must be sorted by language, each once", place=place)


def _check_new(state: Airspace, party: str, command: DraftAgreement) -> None:
    if party not in command.members:
        raise InvalidInputError("a party drafts only agreements of which it is a member", place="members")
    for member in command.members:
        if member not in state.parties:
            raise NotFoundError(f"there is no party '{member}'", place="members")
    if command.agreement_id in state.line.agreements:
        raise ConflictingStateError(f"there is an agreement '{command.agreement_id}' already: take another identifier")
    own = len(state.line.of_party(party))
    if own >= limits.MAX_AGREEMENTS_PER_PARTY:
        raise LimitExceededError(f"'{party}' has {own} agreements, the most that a party may have")


def _check_draft_version(agreement: Agreement, version: int) -> None:
    due = agreement.version + 1
    if version != due:
        raise ConflictingStateError(f"the draft of '{agreement.agreement_id}' is version {due}, not {version}")


def _check_clause(agreement: Agreement, command: ProposeClause) -> None:
    _check_draft_version(agreement, command.version)
    clauses = draft_of(agreement, 0).clauses
    held = next((clause for clause in clauses if clause.number == command.number), None)
    revision = 0 if held is None else held.revision
    if command.replaces != revision:
        raise ConflictingStateError(
            f"clause {command.number} is at revision {revision} now, not {command.replaces}: read it again"
        )
    if command.struck and held is None:
        raise ConflictingStateError(f"there is no clause {command.number} to strike")
    if not command.struck:
        missing = [word for word in agreement.languages if word not in {text.language for text in command.texts}]
        if missing:
            raise InvalidInputError(f"the text in '{missing[0]}' is missing", place="texts")
        if len(command.texts) > len(agreement.languages):
            raise InvalidInputError("has a language that the agreement has not", place="texts")
    if held is None and len(clauses) >= limits.MAX_CLAUSES:
        raise LimitExceededError(f"an agreement has at most {limits.MAX_CLAUSES} clauses")
    others = [clause for clause in clauses if clause.number != command.number]
    found = _contradictions(agreement, others, command.number, command.term)
    if found:
        raise InvalidInputError("; ".join(found), place="term")


def _contradictions(
    agreement: Agreement, clauses: Sequence[Clause], number: str = "", term: Term | None = None
) -> list[str]:
    terms = [(clause.number, clause.term) for clause in clauses if clause.term is not None and not clause.struck]
    if term is not None:
        terms.append((number, term))
    return contradictions(sorted(terms, key=lambda item: order_of(item[0])), agreement.members)


def _check_answer(agreement: Agreement, party: str, command: AnswerClause) -> None:
    draft = agreement.draft
    _check_draft_version(agreement, command.version)
    clause = next((one for one in draft.clauses if one.number == command.number), None) if draft is not None else None
    if draft is None or clause is None:
        raise NotFoundError(f"the draft has no clause {command.number}")
    if clause.revision != command.revision:
        raise ConflictingStateError(
            f"clause {command.number} is at revision {clause.revision} now, not {command.revision}: read it again"
        )
    if command.accepted and party in clause.accepted_by:
        raise ConflictingStateError(f"'{party}' accepts clause {command.number} already")
    if not command.accepted:
        next_state(DRAFTS, draft_state(draft, party), "reserve")


def _check_acceptance(agreement: Agreement, party: str, command: AcceptAgreement, time_us: int) -> None:
    draft = agreement.draft
    if draft is None:
        raise ConflictingStateError(f"'{agreement.agreement_id}' has no draft to accept")
    _check_draft_version(agreement, command.version)
    next_state(DRAFTS, draft_state(draft, party), "accept")
    if not any(not clause.struck for clause in draft.clauses):
        raise ConflictingStateError("the draft has no clauses: propose some")
    for clause in draft.clauses:
        if len(clause.accepted_by) != len(agreement.members):
            missing = ", ".join(member for member in agreement.members if member not in clause.accepted_by)
            raise ConflictingStateError(f"clause {clause.number} is not yet accepted by {missing}")
    found = _contradictions(agreement, draft.clauses)
    if found:
        raise ConflictingStateError("; ".join(found))
    for clause in draft.clauses:
        term = clause.term
        if isinstance(term, ReviewTerm) and term.review_us <= time_us:
            raise ConflictingStateError(
                f"clause {clause.number} has the review on {format_time(term.review_us)}, which has passed"
            )


def _check_standing(agreement: Agreement, party: str, command: Ending | ResumeAgreement, time_us: int) -> None:
    standing = agreement.standing(party)
    if standing is None:
        raise ConflictingStateError(f"'{agreement.agreement_id}' is not in force yet")
    if command.version != agreement.version:
        raise ConflictingStateError(f"version {agreement.version} is in force, not {command.version}: read it again")
    if isinstance(command, ResumeAgreement):
        next_state(STANDINGS, standing.state, "resume")
        if standing.state == "accepted" and not standing.announced:
            raise ConflictingStateError(f"'{party}' has suspended nothing")
        return
    word = "suspend" if isinstance(command, SuspendAgreement) else "terminate"
    next_state(STANDINGS, standing.state, word)
    if command.from_us > time_us + limits.MAX_AHEAD_US:
        raise LimitExceededError(
            f"announce it at most {limits.MAX_AHEAD_US // limits.DAY_US} days ahead", place="from_us"
        )
