"""Rules of agreements: what can be in force, what is refused and why, and that nothing else changes it."""

from random import Random
from typing import Any

import msgspec
import pytest

from skyparley.airspace.codec import encode_command
from skyparley.airspace.commands import Command
from skyparley.airspace.keeping.snapshot import decode_snapshot, encode_snapshot
from skyparley.airspace.line.agreements import commands as c
from skyparley.airspace.line.agreements import terms as t
from skyparley.airspace.line.agreements.items import Agreement
from skyparley.errors import InvalidInputError, LimitExceededError
from support.line_world import SECOND_US, START_US, LineWorld

SEPARATION = t.SeparationTerm("drone", "en_route", 9_260_000, 304_800)


class World(LineWorld):
    """The world of one agreement."""

    @property
    def agreement(self) -> Agreement:
        return self.state.line.agreements["line"]


def drafted(*languages: str) -> c.DraftAgreement:
    known = tuple(sorted(languages or ("en",)))
    return c.DraftAgreement(
        "line", tuple(c.Text(word, f"Title in {word}") for word in known), ("north", "south"), known, known[:1]
    )


def clause(number: str = "1", term: t.Term | None = None, *, replaces: int = 0, version: int = 1) -> c.ProposeClause:
    return c.ProposeClause("line", version, number, replaces, False, term, (c.Text("en", "We keep apart."),))


def answer(number: str, revision: int, *, version: int = 1, reservation: str = "") -> c.AnswerClause:
    return c.AnswerClause("line", version, number, revision, not reservation, reservation)


def in_force(*terms: t.Term) -> World:
    world = World()
    world.must("north", drafted())
    for number, term in enumerate(terms or (SEPARATION,), 1):
        world.must("north", clause(str(number), term))
        world.must("south", answer(str(number), 1))
    world.must("north", c.AcceptAgreement("line", 1))
    assert not world.agreement.in_force
    world.must("south", c.AcceptAgreement("line", 1))
    assert world.agreement.in_force
    return world


def test_a_clause_goes_back_and_forth_until_both_accept() -> None:
    world = World()
    world.must("north", drafted())
    assert "no clauses" in world.refused("north", c.AcceptAgreement("line", 1))
    world.must("north", clause("4.1", SEPARATION))
    world.must("south", answer("4.1", 1, reservation="Too little for our trainers."))
    assert [one.state for one in world.agreement.draft.standings] == ["proposed", "reserved"]
    assert "not possible in the state 'reserved'" in world.refused("south", c.AcceptAgreement("line", 1))
    assert "not yet accepted by south" in world.refused("north", c.AcceptAgreement("line", 1))
    more = msgspec.structs.replace(SEPARATION, horizontal_mm=18_520_000)
    assert "revision 1 now, not 0" in world.refused("south", clause("4.1", more))
    world.must("south", clause("4.1", more, replaces=1))
    assert "revision 2 now, not 1" in world.refused("north", answer("4.1", 1))
    world.must("north", answer("4.1", 2))
    world.must("north", c.AcceptAgreement("line", 1))
    world.must("south", c.AcceptAgreement("line", 1))
    assert world.agreement.in_force
    assert world.agreement.draft is None
    assert world.agreement.clauses[0].term == more


def test_what_is_accepted_is_looked_at_again_when_a_clause_changes() -> None:
    world = World()
    world.must("north", drafted())
    world.must("north", clause("1", SEPARATION))
    world.must("south", answer("1", 1))
    world.must("south", c.AcceptAgreement("line", 1))
    world.must("north", clause("2", t.DisclosureTerm("overlap")))
    world.must("south", answer("2", 1))
    world.must("north", c.AcceptAgreement("line", 1))
    assert not world.agreement.in_force
    world.must("south", c.AcceptAgreement("line", 1))
    assert world.agreement.in_force


def test_the_old_version_holds_until_all_accept_the_new_one() -> None:
    world = in_force()
    wider = msgspec.structs.replace(SEPARATION, vertical_mm=609_600)
    world.must("south", clause("1", wider, replaces=1, version=2))
    world.must("north", answer("1", 2, version=2))
    world.must("north", c.AcceptAgreement("line", 2))
    assert (world.agreement.version, world.agreement.clauses[0].term) == (1, SEPARATION)
    world.must("south", c.AcceptAgreement("line", 2))
    assert (world.agreement.version, world.agreement.clauses[0].term) == (2, wider)


def test_a_clause_is_struck_only_by_all() -> None:
    world = in_force(SEPARATION, t.DisclosureTerm("overlap"))
    world.must("north", c.ProposeClause("line", 2, "2", 1, True, None, ()))
    world.must("south", answer("2", 2, version=2))
    world.must("south", c.AcceptAgreement("line", 2))
    world.must("north", c.AcceptAgreement("line", 2))
    assert [one.number for one in world.agreement.clauses] == ["1"]


def test_one_suspends_it_for_all_from_the_announced_time_and_takes_it_back() -> None:
    world = in_force()
    begin_us = world.state.time_us + 10 * SECOND_US
    world.must("south", c.SuspendAgreement("line", 1, begin_us, "Unanswered calls."))
    assert world.agreement.in_force
    assert world.state.waits_for_time() == begin_us
    outcome = world.do("west", drafted(), after_us=10 * SECOND_US)  # refused, but its time counts
    assert outcome.refusal is not None
    assert not world.agreement.in_force
    assert world.agreement.standing("south").since_us == begin_us
    assert world.agreement.standing("south").reason == "Unanswered calls."
    assert world.state.waits_for_time() is None
    assert "suspended nothing" in world.refused("north", c.ResumeAgreement("line", 1))
    world.must("south", c.ResumeAgreement("line", 1))
    assert world.agreement.in_force


def test_a_suspension_that_has_passed_begins_at_once_and_one_that_is_announced_can_be_taken_back() -> None:
    world = in_force()
    world.must("north", c.SuspendAgreement("line", 1, 0, "At once."))
    assert not world.agreement.in_force
    world.must("north", c.ResumeAgreement("line", 1))
    world.must("north", c.SuspendAgreement("line", 1, world.state.time_us + 10 * SECOND_US, "Later."))
    world.must("north", c.ResumeAgreement("line", 1))
    assert world.state.waits_for_time() is None
    assert world.agreement.in_force


def test_what_is_terminated_stays_so() -> None:
    world = in_force()
    world.must("north", c.TerminateAgreement("line", 1, 0, "It has failed."))
    assert not world.agreement.in_force
    for command in (clause("2", version=2), c.ResumeAgreement("line", 1), c.AcceptAgreement("line", 2)):
        assert "is terminated" in world.refused("north", command)


def test_the_minima_are_said_to_change_when_they_do_and_only_then() -> None:
    world = in_force()
    assert world.agreement.minima_sequence == world.state.sequence
    before = world.agreement.minima_sequence
    world.must("north", clause("2", t.DisclosureTerm("overlap"), version=2))
    world.must("south", answer("2", 1, version=2))
    world.must("north", c.AcceptAgreement("line", 2))
    world.must("south", c.AcceptAgreement("line", 2))
    assert world.agreement.minima_sequence == before
    world.must("south", c.SuspendAgreement("line", 2, 0, "Why not."))
    assert world.state.line.minima_sequence("north", "south") == world.state.sequence
    assert world.state.line.minima_sequence("north", "west") == 0


def test_only_members_take_part() -> None:
    world = World()
    assert "only agreements of which it is a member" in world.refused("west", drafted())
    world.must("north", drafted())
    assert "'west' is a member of no agreement" in world.refused("west", clause())
    assert "exists" not in world.refused("south", drafted())
    nobody = msgspec.structs.replace(drafted(), agreement_id="other", members=("north", "nobody"))
    nobody = msgspec.structs.replace(nobody, members=tuple(sorted(nobody.members)))
    assert "there is no party 'nobody'" in world.refused("north", nobody)


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (SEPARATION, SEPARATION, "both lay down separation for 'drone/en_route'"),
        (t.AnswerTimeTerm("FLASH", 120), t.AnswerTimeTerm("ROUTINE", 60), "the more urgent may not wait longer"),
        (t.AnswerTimeTerm("ROUTINE", 60), t.AnswerTimeTerm("IMMEDIATE", 61), "gives IMMEDIATE 61 s, longer than"),
        (t.PlaceTerm("Hill", 1, 1, 1_000), t.PlaceTerm("HILL", 2, 2, 1_000), "both lay down place for 'hill'"),
        (t.LineTestTerm(600, 60), t.LineTestTerm(700, 60), "both lay down line_test"),
        (SEPARATION, t.ContactTerm("west", "duty"), "'west', which is no party to the agreement"),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(first: t.Term, second: t.Term, why: str) -> None:
    world = World()
    world.must("north", drafted())
    world.must("north", clause("1", first))
    assert why in world.refused("south", clause("2", second))


@pytest.mark.parametrize(
    ("command", "place"),
    [
        (drafted("en", "xx"), "languages"),
        (msgspec.structs.replace(drafted(), authoritative=("fr",)), "authoritative"),
        (msgspec.structs.replace(drafted("en", "fr"), titles=(c.Text("en", "x"),)), "titles"),
        (msgspec.structs.replace(drafted(), members=("south", "north")), "members"),
        (msgspec.structs.replace(drafted(), members=("north",)), "members"),
        (msgspec.structs.replace(clause(), number="04"), "number"),
        (msgspec.structs.replace(clause(), texts=(c.Text("en", "<b>apart</b>"),)), "texts[0].text"),
        (msgspec.structs.replace(clause(), texts=(c.Text("en", "apart\u202e"),)), "texts[0].text"),
        (msgspec.structs.replace(clause(), texts=(c.Text("en", " "),)), "texts[0].text"),
        (msgspec.structs.replace(clause(), texts=(c.Text("en", "x" * 4_001),)), "texts[0].text"),
        (clause("1", msgspec.structs.replace(SEPARATION, horizontal_mm=0)), "term.horizontal_mm"),
        (clause("1", msgspec.structs.replace(SEPARATION, class_a="zeppelin")), "term.class_a"),
        (clause("1", t.LineTestTerm(600, 600)), "term.answer_s"),
        (clause("1", t.AnswerTimeTerm("URGENT", 60)), "term.precedence"),
        (clause("1", t.DisclosureTerm("all")), "term.level"),
        (clause("1", t.DefinitionTerm("overhead", 500_000, "cubits")), "term.unit"),
        (clause("1", t.PlaceTerm("<i>", 0, 0, 1_000)), "term.name"),
        (c.SuspendAgreement("line", 1, 0, ""), "reason"),
        (c.AnswerClause("line", 1, "1", 1, True, "but"), "reservation"),
        (c.AcceptAgreement("line", 0), "version"),
    ],
)
def test_what_is_impossible_in_itself_has_no_body(command: Command, place: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        encode_command(command)
    assert error.value.place == place


def test_a_text_is_missing_in_a_language() -> None:
    world = World()
    world.must("north", drafted("en", "fr"))
    assert "the text in 'fr' is missing" in world.refused("north", clause())


def test_a_review_in_the_past_cannot_come_into_force() -> None:
    world = World()
    world.must("north", drafted())
    world.must("north", clause("1", t.ReviewTerm(START_US)))
    world.must("south", answer("1", 1))
    assert "which has passed" in world.refused("north", c.AcceptAgreement("line", 1))


def test_a_suspension_too_far_ahead_is_refused() -> None:
    world = in_force()
    far = c.SuspendAgreement("line", 1, world.state.time_us + 31 * 86_400 * SECOND_US, "Far off.")
    assert "30 days ahead" in world.refused("north", far)
    with pytest.raises(LimitExceededError):
        encode_command(msgspec.structs.replace(far, reason="x" * 1_001))


class Memory:
    """What has to be true, kept the obvious way: who accepts which text of which clause, and the draft as a whole."""

    def __init__(self) -> None:
        self.draft: dict[str, tuple[Any, set[str]]] = {}
        self.whole: set[str] = set()
        self.force: dict[str, Any] | None = None
        self.suspended: set[str] = set()

    def take(self, party: str, command: Command) -> None:
        if isinstance(command, c.ProposeClause):
            self.draft[command.number] = (None if command.struck else command.term, {party})
            self.whole = set()
        elif isinstance(command, c.AnswerClause):
            _, accepted = self.draft[command.number]
            (accepted.add if command.accepted else accepted.discard)(party)
            if not command.accepted:
                self.whole.discard(party)
        elif isinstance(command, c.AcceptAgreement):
            self.whole.add(party)
            if self.whole == {"north", "south"}:
                assert all(accepted == {"north", "south"} for _, accepted in self.draft.values())
                self.draft = {n: (x, {"north", "south"}) for n, (x, _) in self.draft.items() if x is not None}
                self.force = {number: term for number, (term, _) in self.draft.items()}
                self.whole, self.suspended = set(), set()
        elif isinstance(command, c.SuspendAgreement):
            self.suspended.add(party)
        elif isinstance(command, c.ResumeAgreement):
            self.suspended.discard(party)


def random_command(dice: Random, agreement: Agreement) -> Command:
    number = str(dice.randint(1, 2))
    version = max(1, agreement.version + (dice.random() < 0.95))
    clauses = agreement.draft.clauses if agreement.draft is not None else agreement.clauses
    revision = next((one.revision for one in clauses if one.number == number), 0)
    kind = dice.choices(range(5), (10, 3, 50, 25, 12))[0]
    if kind == 0:
        term = t.SeparationTerm("a", f"class_{number}", 1_000 * dice.randint(1, 3), 1_000)
        return clause(number, term, replaces=revision, version=version)
    if kind == 1:
        return c.ProposeClause("line", version, number, revision, True, None, ())
    if kind == 2:
        return answer(number, max(1, revision), version=version, reservation=dice.choice(("",) * 9 + ("No.",)))
    if kind == 3:
        return c.AcceptAgreement("line", version)
    now = max(1, agreement.version)
    return dice.choice((c.SuspendAgreement("line", now, 0, "Why."), c.ResumeAgreement("line", now)))


def test_whatever_happens_only_what_all_accept_is_in_force() -> None:
    accepted, versions, suspended = 0, 0, 0
    for seed in range(60):
        dice, world, memory = Random(seed), World(), Memory()
        world.must("north", drafted())
        for _ in range(120):
            party, command = dice.choice(("north", "south")), random_command(dice, world.agreement)
            if world.do(party, command).refusal is None:
                memory.take(party, command)
                accepted += 1
            held = world.agreement
            terms = {one.number: one.term for one in held.clauses} if held.version else None
            assert terms == memory.force, seed
            assert held.in_force == (memory.force is not None and not memory.suspended), seed
            suspended += not held.in_force and held.version > 0
        assert world.state.state_hash() == world.state.recomputed_state_hash()
        assert decode_snapshot(encode_snapshot(world.state)).state_hash() == world.state.state_hash()
        versions += world.agreement.version
    assert accepted > 1_000
    assert versions > 60
    assert suspended > 100
