"""The failures that real lines had (docs/line.md), each as the course of events that it was, and what happens now."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from skyparley.airspace.line.agreements.commands import SuspendAgreement
from skyparley.airspace.line.duty.commands import AnswerLineTest, DefinePost
from skyparley.errors import InvalidInputError
from skyparley.node.node import Node
from support.agreements import NAME, agree, term
from support.drafts import Clock
from support.line import LEVEL, ask, pass_s, read_back, reply, staff, thread
from support.nodes import ALPHA, BRAVO, at, drone, running

pytestmark = pytest.mark.anyio
HOSPITAL = {"latitude_deg": 35.3333333, "longitude_deg": 40.15}
WINDOW = {"begin": "2027-01-15T12:10:00Z", "end": "2027-01-15T12:20:00Z"}
BAND = {"lower": {"value": 240, "unit": "FL"}, "upper": {"value": 280, "unit": "FL"}}
HAZARD = {
    "hazard": "firing",
    "position": "35°20'00\"N 040°09'00\"E",
    "radius": {"value": 5, "unit": "NM"},
    "band": BAND,
    "window": WINDOW,
}


@pytest.fixture
async def node(tmp_path: Path, clock: Clock) -> AsyncIterator[Node]:
    async with running(tmp_path, clock, "alpha", "bravo") as node:
        await staff(node, ALPHA, "ops")
        yield node


async def test_failure_1_the_usual_officer_is_absent(node: Node, clock: Clock) -> None:
    """Deir ez-Zor, 2016: the caller asked for one officer, hung up, and lost 27 minutes."""
    watches = await staff(node, BRAVO, "liaison", "deputy", "command")
    name = await ask(node, "request-position", to_post="liaison", precedence="FLASH")
    await pass_s(node, clock, 61.0)
    called = thread(node, name)
    assert (called.post, called.overdue) == ("deputy", True)  # within a minute, without the caller doing anything
    answer = await reply(node, BRAVO, name, "roger", from_post="command")  # any officer acts
    assert (answer.dialogue.state, answer.message.delayed) == ("closed", True)

    await node.duty.leave(BRAVO, "liaison", watches["liaison"], "")
    empty = thread(node, await ask(node, "request-position", to_post="liaison", precedence="FLASH"))
    assert empty.post == "deputy"  # nobody is at the first: it does not ring there for a minute
    assert [(step.post, step.staffed) for step in empty.thread[0].steps] == [("liaison", False), ("deputy", True)]

    for post in ("deputy", "command"):
        await node.duty.leave(BRAVO, post, watches[post], "")
    nobody = thread(node, await ask(node, "request-position", to_post="liaison", precedence="FLASH"))
    assert (nobody.unstaffed, nobody.state) == (True, "open")  # said at once, to both sides
    assert node.threads.inbox(BRAVO).owed[-1].unstaffed
    await pass_s(node, clock, 61.0)
    assert thread(node, nobody.dialogue_id).state == "timed_out"
    owed = {one.dialogue_id: one.state for one in node.threads.inbox(BRAVO).owed}
    assert owed[nobody.dialogue_id] == "timed_out"  # and not forgotten


async def test_failure_2_the_notified_position_is_nine_kilometres_off(node: Node) -> None:
    """Deir ez-Zor, 2016: two people read a position to each other, and it was not the place that was meant."""
    await staff(node, BRAVO, "tower")
    await agree(node, {"9": term("place", name="Northern hospital", radius_m=500.0, **HOSPITAL)})
    wrong = "35°24'52\"N 040°09'00\"E"
    with pytest.raises(InvalidInputError, match=r"the position is 9\.0 km from 'Northern hospital'") as caught:
        await ask(node, "notice-hazard", parameters={**HAZARD, "place": "Northern hospital", "position": wrong})
    assert caught.value.place == "parameters.position"
    right = {**HAZARD, "place": "northern hospital"}
    name = await ask(node, "notice-hazard", parameters=right)
    typed = thread(node, name, BRAVO).thread[0].parameters["position"]
    assert (typed["text"], typed["latitude_e7"]) == (HAZARD["position"], 353333333)  # as typed, and on the map
    values = {field: HAZARD[field] for field in ("radius", "band", "window")}
    assert await read_back(node, name, position=wrong, **values) == "mismatch"
    fields = {field.name: field.equal for field in thread(node, name, ALPHA).thread[1].fields or ()}
    assert fields == {"position": False, "radius": True, "band": True, "window": True}
    assert await read_back(node, name, position="35.33333N 040.15E", **values) == "matched"  # another notation


async def test_failure_4_the_line_is_not_answered_declined_or_not_used(node: Node, clock: Clock) -> None:
    """Korea, 2023; missile into Pakistan, 2022: nobody knew whether the other side was there."""
    await staff(node, BRAVO, "tower")
    await agree(node, {"8": term("line_test", interval_s=3_600, answer_s=60)})
    for number in (1, 2, 3):
        await pass_s(node, clock, 3_601.0)
        await node.duty.test(ALPHA, AnswerLineTest(NAME, number, "ops", False))
        if number == 2:
            await node.duty.test(BRAVO, AnswerLineTest(NAME, number, "tower", True))
        if number == 3:
            await node.duty.test(BRAVO, AnswerLineTest(NAME, number, "tower", False))
        await pass_s(node, clock, 61.0)
    history = [
        {one.party: one.state for one in test.answers}["bravo"] for test in reversed(node.duty.tests(ALPHA, NAME).items)
    ]
    assert history == ["unanswered", "declined", "answered"]
    declined = await ask(node, "request-position", precedence="FLASH")
    await reply(node, BRAVO, declined, "closing")
    silent = await ask(node, "request-position", precedence="FLASH")
    await pass_s(node, clock, 61.0)
    assert [thread(node, name).state for name in (declined, silent)] == ["declined", "timed_out"]


async def test_failure_8_a_local_time_is_read_as_utc(node: Node) -> None:
    """Kochi, 2015: airspace was shut until three hours after the test had ended."""
    await staff(node, BRAVO, "tower")
    local = {"begin": "2027-01-15T12:10:00", "end": "2027-01-15T15:20:00"}
    with pytest.raises(InvalidInputError, match="zone") as caught:
        await ask(node, "notice-hazard", parameters={**HAZARD, "window": local})
    assert str(caught.value.place).startswith("parameters.window")
    zoned = {"begin": "2027-01-15T17:40:00+05:30", "end": "2027-01-15T17:50:00+05:30"}
    name = await ask(node, "notice-hazard", parameters={**HAZARD, "window": zoned})
    text = node.threads.detail(BRAVO, name, "en", "Asia/Kolkata").thread[0].text or ""
    assert "12:10" in text  # UTC, and the reader's own time beside it
    assert "17:40" in text


async def test_failure_9_one_notice_has_two_contradictory_limits(node: Node) -> None:
    """July 2014: a notice closed the airspace below one level in one line and below another in the next."""
    await staff(node, BRAVO, "tower")
    upside_down = {"lower": {"value": 320, "unit": "FL"}, "upper": {"value": 260, "unit": "FL"}}
    with pytest.raises(InvalidInputError) as caught:
        await ask(node, "notice-hazard", parameters={**HAZARD, "band": upside_down})
    assert str(caught.value.place).startswith("parameters.band")
    backwards = {"begin": WINDOW["end"], "end": WINDOW["begin"]}
    with pytest.raises(InvalidInputError):
        await ask(node, "notice-hazard", parameters={**HAZARD, "window": backwards})


async def test_failure_10_a_word_that_nobody_defined(node: Node) -> None:
    """'Overhead', and zones that only one side recognised."""
    await staff(node, BRAVO, "tower")
    await agree(node, {"9": term("place", name="Northern hospital", radius_m=500.0, **HOSPITAL)})
    with pytest.raises(InvalidInputError, match=r"no place 'overhead' \(it defines: 'Northern hospital'\)") as caught:
        await ask(node, "notice-hazard", parameters={**HAZARD, "place": "overhead"})
    assert caught.value.place == "parameters.place"
    await agree(node, {"9.1": term("place", name="Overhead", radius_m=2_000.0, **HOSPITAL)})
    assert thread(node, await ask(node, "notice-hazard", parameters={**HAZARD, "place": "overhead"})).state == "open"


async def test_failure_12_nobody_knows_whether_the_agreement_is_suspended(node: Node, clock: Clock) -> None:
    """April 2017: a spokesman said one thing, a ministry another."""
    await staff(node, BRAVO, "tower")
    await agree(node, {"5": term("answer_time", precedence="FLASH", answer_s=20)})
    await node.line.command(ALPHA, SuspendAgreement(NAME, 1, at(600.0), "talks"))
    await node.file(ALPHA, drone("a"))
    for seconds, status, parties in (
        (0.0, "in_force", {"alpha": "accepted", "bravo": "accepted"}),
        (601.0, "suspended", {"alpha": "suspended", "bravo": "accepted"}),
    ):
        await pass_s(node, clock, seconds)
        for author in (ALPHA, BRAVO):
            view = node.line.agreement(author, NAME)
            assert (view.status, {one.party: one.state for one in view.standings}) == (status, parties)
    standing = node.line.agreement(BRAVO, NAME).standings[0]
    assert standing.reason == "talks"
    flash = thread(node, await ask(node, precedence="FLASH"))
    assert (flash.answer_s, flash.basis) == (60, None)  # what is suspended binds nobody, and is not cited


async def test_failure_13_frequency_and_language_are_disputed(node: Node) -> None:
    """Su-24, 2015: warnings on a frequency, and in a language, that the other side says it did not hear."""
    await staff(node, BRAVO, "tower")
    parameters = {"callsign": "SWR12", "frequency": {"value": 121.5, "unit": "MHz"}}
    name = await ask(node, "request-contact", parameters=parameters)
    texts = {
        language: node.threads.detail(BRAVO, name, language, "UTC").thread[0].text or ""
        for language in ("en", "fr", "ru", "ar", "es")
    }
    assert len(set(texts.values())) == 5  # each side reads its own language
    assert all("121.5" in text.replace(",", ".") for text in texts.values())
    assert await read_back(node, name, frequency={"value": 123.5, "unit": "MHz"}) == "mismatch"
    assert await read_back(node, name, frequency={"value": 121.5, "unit": "MHz"}) == "matched"
    # and each says by which clause the frequency is agreed, or that it is not
    await agree(node, {"9": term("frequency", purpose="guard", frequency_hz=121_500_000)})
    for megahertz, basis in ((121.5, f"{NAME}/1/9"), (122.0, None)):
        parameters["frequency"] = {"value": megahertz, "unit": "MHz"}
        asked = thread(node, await ask(node, "request-contact", parameters=parameters), BRAVO)
        assert [(one.parameter, one.basis) for one in asked.thread[0].cited] == [("frequency", basis)]


async def test_an_old_arrangement_is_not_touched_by_a_question(node: Node) -> None:
    await staff(node, BRAVO, "tower")
    await node.duty.define(BRAVO, DefinePost("night", (), ""))
    await node.file(ALPHA, drone("a"))
    before = node.state.operations[("alpha", "a")]
    name = await ask(node, "request-maintain", to_post="tower", parameters={"callsign": "SWR12", "level": LEVEL})
    await reply(node, BRAVO, name, "unable", parameters={"reason": "weather"})
    assert node.state.operations[("alpha", "a")] == before
