"""Rules of line tests: on the agreement's schedule every member is called, and what comes of it is on record.

Calls that were not answered, were declined, or were never made cost days (Korea, 2023) and a war scare (missile into
Pakistan, 2022). A test that nobody answered is recorded without a guess at the cause; an answer that comes late is one.
"""

import msgspec

from skyparley.airspace import limits
from skyparley.airspace.events import Change, Event, LineTested
from skyparley.airspace.line.agreements.items import Agreement
from skyparley.airspace.line.agreements.numbers import line_test_answer
from skyparley.airspace.line.duty.commands import AnswerLineTest, CallLineTest, LineTestCommand
from skyparley.airspace.line.duty.items import LineTest, TestAnswer
from skyparley.airspace.line.duty.posts import acting_post
from skyparley.airspace.line.state import LineState
from skyparley.airspace.line.tables import LINE_TESTS
from skyparley.airspace.state import Airspace
from skyparley.airspace.transitions import START, next_state
from skyparley.errors import ConflictingStateError, InvalidInputError, NotFoundError
from skyparley.units import MICROSECONDS_PER_SECOND


def validate(command: LineTestCommand) -> None:
    """Raise `InvalidInputError` if a command is impossible in itself."""
    limits.check_agreement_id(command.agreement_id)
    limits.check_post_id(command.post)
    if isinstance(command, AnswerLineTest) and not 1 <= command.number < 2**31:
        raise InvalidInputError("number is a whole number from 1", place="number")


def check(state: Airspace, party: str, command: LineTestCommand) -> None:
    """Raise the error that stands for the refusal of a command by the state."""
    line = state.line
    agreement = line.agreements.get(command.agreement_id)
    if agreement is None or party not in agreement.members:
        raise NotFoundError(f"'{party}' is a member of no agreement '{command.agreement_id}'")
    acting_post(line, party, command.post)
    if isinstance(command, CallLineTest):
        if not agreement.in_force:
            raise ConflictingStateError(f"'{agreement.agreement_id}' is not in force: there is no line to test")
        running = next((one for one in line.tests_of(agreement.agreement_id) if not one.over), None)
        if running is not None:
            raise ConflictingStateError(f"test {running.number} runs: wait for its end")
        return
    test = line.line_tests.get((command.agreement_id, command.number))
    if test is None:
        raise NotFoundError(f"'{command.agreement_id}' has no test {command.number} on record")
    next_state(LINE_TESTS, _answer_of(test, party).state, _word(command))


def perform(state: Airspace, event: Event, command: LineTestCommand, changes: list[Change]) -> None:
    """Do what an accepted command asks."""
    if isinstance(command, CallLineTest):
        begin(
            state.line,
            state.line.agreements[command.agreement_id],
            event,
            changes,
            called_by=event.party,
            post=command.post,
        )
        return
    test = state.line.line_tests[command.agreement_id, command.number]
    answers = tuple(
        TestAnswer(event.party, next_state(LINE_TESTS, one.state, _word(command)), event.time_us, command.post)
        if one.party == event.party
        else one
        for one in test.answers
    )
    over = test.over or all(one.state != "waiting" for one in answers)
    _put(state.line, msgspec.structs.replace(test, answers=answers, over=over), event, changes)


def begin(
    line: LineState,
    agreement: Agreement,
    event: Event,
    changes: list[Change],
    *,
    called_by: str = "",
    post: str = "",
) -> None:
    """A test of the line begins: every member is called. Whoever called it himself is there."""
    answer_s, basis = line_test_answer(agreement)
    number = line.last_test(agreement.agreement_id) + 1
    first = next_state(LINE_TESTS, START, "begin")
    answers = tuple(
        TestAnswer(member, next_state(LINE_TESTS, first, "answer"), event.time_us, post)
        if member == called_by
        else TestAnswer(member, first, event.time_us, "")
        for member in agreement.members
    )
    test = LineTest(
        agreement.agreement_id,
        number,
        event.time_us,
        event.time_us + answer_s * MICROSECONDS_PER_SECOND,
        basis,
        called_by,
        answers,
        over=False,
        changed_sequence=event.sequence,
    )
    _put(line, test, event, changes)
    line.drop_tests(agreement.agreement_id, number - limits.MAX_LINE_TESTS)


def pass_time(line: LineState, test: LineTest, event: Event, changes: list[Change]) -> None:
    """The time for answers is over: silence is put on record."""
    answers = tuple(
        TestAnswer(one.party, next_state(LINE_TESTS, one.state, "time"), event.time_us, "")
        if one.state == "waiting"
        else one
        for one in test.answers
    )
    _put(line, msgspec.structs.replace(test, answers=answers, over=True), event, changes)


def _put(line: LineState, test: LineTest, event: Event, changes: list[Change]) -> None:
    after = msgspec.structs.replace(test, changed_sequence=event.sequence)
    line.put_test(after)
    changes.append(LineTested(after))


def _word(command: AnswerLineTest) -> str:
    return "decline" if command.declined else "answer"


def _answer_of(test: LineTest, party: str) -> TestAnswer:
    return next(one for one in test.answers if one.party == party)
