"""A command that comes in the very entry in which time takes away what it is about is refused; nothing else may happen.

What is due happens before the command of an entry has its effect, also when the node was down for long and the first
entry after it is somebody's command, not a tick.
"""

from collections.abc import Callable

import pytest

from skyparley.airspace.commands import Command, Finding, RecordFindings, RegisterParty
from skyparley.airspace.events import Verdict
from skyparley.airspace.keeping.records import conflict_id
from skyparley.airspace.line.assistance.commands import Called, CloseAssistance, RequestAssistance
from skyparley.airspace.line.calls import commands as v
from skyparley.airspace.line.dialogue import commands as c
from skyparley.airspace.line.duty import commands as d
from skyparley.airspace.line.negotiation.commands import AcknowledgeAlarm, Amendment
from skyparley.airspace.operations.commands import Extent, FileOperation
from skyparley.errors import InvalidInputError
from support.line_world import SECOND_US, START_US, LineWorld

DAY_US = 86_400 * SECOND_US
NAME = "1" * 16
DIGEST = "d" * 64


@pytest.fixture
def world() -> LineWorld:
    made = LineWorld()
    for party in ("north", "south"):
        made.must(party, d.DefinePost("post", (), ""))
        made.must(party, d.TakeWatch("post", "1" * 16))
    return made


def alarm(world: LineWorld) -> Command:
    """An alarm that is raised, of two operations that end a minute later."""
    end_us = START_US + 60 * SECOND_US
    extent = Extent(("478954",), 0, 100, "WGS84", START_US, end_us)
    for party in ("north", "south"):
        world.must(party, FileOperation("x", "drone", (extent,), DIGEST))
    at = world.state.sequence
    found = Finding(at, "north", "x", DIGEST, "south", "x", DIGEST, "volume_overlap", True, DIGEST)
    world.must("", RecordFindings(world.state.findings_through, at, "simulated/1", (found,)))
    return AcknowledgeAlarm(conflict_id(("north", "x"), ("south", "x"), "volume_overlap"), "post")


def told(world: LineWorld) -> None:
    """A dialogue in which nothing is asked."""
    world.must("north", c.OpenDialogue(NAME, "south", "", "post", "post", "ROUTINE", "N", False, DIGEST))


def note(world: LineWorld) -> Command:
    told(world)
    return c.SendMessage(NAME, 0, "post", "note", "ROUTINE", "N", False, DIGEST)


def receipt(world: LineWorld) -> Command:
    told(world)
    return c.ReceiveMessages((c.Receipt(NAME, 1),))


def reading(world: LineWorld) -> Command:
    told(world)
    return c.ReadMessage(NAME, 1, "post")


def call(world: LineWorld) -> Command:
    both = (v.Participant("north", "post"), v.Participant("south", "post"))
    world.must("north", v.RecordCall(NAME, "south", "post", both, START_US, 60, False, (), DIGEST))
    return v.AgreeCall(NAME, 1, "post")


def case(world: LineWorld) -> Command:
    world.must("south", RequestAssistance(NAME, (Called("north", "post", "2" * 16),), "post", False, DIGEST))
    world.must("south", CloseAssistance(NAME, "post"))
    return c.SendMessage("2" * 16, 0, "post", "note", "FLASH", "N", False, DIGEST)


def test_nothing_is_amended_that_was_not_proposed(world: LineWorld) -> None:
    world.must("", RegisterParty("east", "East", "civil_ats"))
    world.must("north", RequestAssistance(NAME, (Called("south", "post", "2" * 16),), "post", False, DIGEST))
    extent = Extent(("478954",), 0, 100, "WGS84", START_US, START_US + DAY_US)
    for version, operation_class in ((3, ""), (0, "rescue")):
        amendment = Amendment("east", "x", version, DIGEST, (extent,), operation_class)
        accept = ("2" * 16, 1, "post", "accept", "FLASH", "N", False, DIGEST, (), (amendment,), (), 1)
        assert "what was proposed" in world.refused("south", c.SendMessage(*accept))
    assert world.state.operations == {}


def test_each_party_that_is_called_has_a_dialogue_of_its_own(world: LineWorld) -> None:
    twice = tuple(Called(party, "post", "2" * 16) for party in ("north", "south"))
    with pytest.raises(InvalidInputError, match="of its own"):
        world.do("west", RequestAssistance(NAME, twice, "post", False, DIGEST))


@pytest.mark.parametrize(
    ("make", "after_us"),
    [
        (alarm, 3_600 * SECOND_US),
        (note, 8 * DAY_US),
        (receipt, 8 * DAY_US),
        (reading, 8 * DAY_US),
        (call, 91 * DAY_US),
        (case, 8 * DAY_US),
    ],
)
def test_time_comes_first(world: LineWorld, make: Callable[[LineWorld], Command], after_us: int) -> None:
    command = make(world)
    party = "south"
    outcome = world.do(party, command, after_us=after_us)
    assert outcome.verdict is Verdict.REFUSED
    assert world.state.state_hash() == world.state.recomputed_state_hash()
    world.must(party, d.LeaveWatch("post", "1" * 16, ""))  # all else goes on
