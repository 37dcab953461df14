"""Where several agreements bind two parties the stricter number holds, and tests of the line are kept so long."""

import pytest

from skyparley.airspace import limits
from skyparley.airspace.commands import Tick
from skyparley.airspace.line.agreements import commands as a
from skyparley.airspace.line.agreements import numbers
from skyparley.airspace.line.agreements import terms as t
from skyparley.airspace.line.duty import commands as d
from skyparley.conflict.minima import DEFAULT_MINIMA
from support.line_world import SECOND_US, LineWorld


def agree(world: LineWorld, name: str, *terms: t.Term) -> None:
    """An agreement of north and south in force."""
    texts = (a.Text("en", "x"),)
    world.must("north", a.DraftAgreement(name, texts, ("north", "south"), ("en",), ("en",)))
    for number, term in enumerate(terms, 1):
        world.must("north", a.ProposeClause(name, 1, str(number), 0, False, term, texts))
        world.must("south", a.AnswerClause(name, 1, str(number), 1, True, ""))
    for party in ("north", "south"):
        world.must(party, a.AcceptAgreement(name, 1))


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one")])
def test_the_stricter_of_two_agreements_holds_whatever_their_names(order: tuple[str, str]) -> None:
    world = LineWorld()
    lax, strict = order
    agree(
        world,
        lax,
        t.AnswerTimeTerm("FLASH", 90),
        t.DisclosureTerm(t.IDENTIFIED),
        t.PriorityTerm("drone", 1, False),
        t.SeparationTerm("drone", "drone", 9_000_000, 100_000),
    )
    agree(
        world,
        strict,
        t.AnswerTimeTerm("FLASH", 30),
        t.DisclosureTerm(t.CONFLICT_ONLY),
        t.PriorityTerm("drone", 5, False),
        t.SeparationTerm("drone", "drone", 1_000_000, 300_000),
    )
    both = world.state.line.between("south", "north")
    assert numbers.answer_time(both, "FLASH") == (30, f"{strict}/1/1")
    assert numbers.disclosure(both) == (t.CONFLICT_ONLY, f"{strict}/1/2")
    assert numbers.rank(both, "drone") == (5, f"{strict}/1/3")
    minima = numbers.agreed_minima(world.state, DEFAULT_MINIMA)
    found = minima.between("drone", "drone", minima.group("north"), minima.group("south"))
    assert (found.horizontal_m, found.vertical_m, found.basis) == (9_000.0, 300.0, f"{lax}/1/4")
    assert numbers.answer_time(world.state.line.between("north", "west"), "FLASH") == (60, "")


def test_the_last_tests_of_a_line_are_kept_and_what_is_over_stays_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_LINE_TESTS", 3)
    world = LineWorld()
    agree(world, "line", t.LineTestTerm(120, 30))
    world.must("south", d.DefinePost("tower", (), ""))
    world.must("south", d.TakeWatch("tower", "1" * 16))
    for _ in range(5):
        world.must("", Tick(), after_us=121 * SECOND_US)
        world.must("", Tick(), after_us=31 * SECOND_US)
    assert [test.number for test in world.state.line.tests_of("line")] == [3, 4, 5]
    assert "no test 2 on record" in world.refused("south", d.AnswerLineTest("line", 2, "tower", False))
    world.must("south", d.AnswerLineTest("line", 5, "tower", False))  # north stays silent
    last = world.state.line.tests_of("line")[-1]
    assert (last.over, [one.state for one in last.answers]) == (True, ["unanswered", "answered_late"])
    assert world.state.state_hash() == world.state.recomputed_state_hash()
