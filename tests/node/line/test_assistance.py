"""An aircraft in distress: all concerned are called at once, they offer, a corridor is agreed and filed, it ends."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from skyparley.errors import ConflictingStateError, IdempotencyError, InvalidInputError, NotFoundError, SkyparleyError
from skyparley.geometry.interval import format_time
from skyparley.node.identity import Author
from skyparley.node.line.assistance.views import AssistanceView
from skyparley.node.node import Node
from support.drafts import Clock
from support.line import log_bytes, pass_s, read_back, reply, staff, staff_both, thread
from support.nodes import (
    ALPHA,
    BRAVO,
    OPERATOR,
    THIRD,
    at,
    crash,
    drone,
    replay,
    running,
    same,
    start,
    stop,
)

pytestmark = pytest.mark.anyio
LONELY = Author("party", "lonely", "key-d")
POSITION = "46.95 N 7.45 E"
REQUEST: dict[str, Any] = {
    "need": "search_and_rescue",
    "position": POSITION,
    "time": "2027-01-15T11:58:00Z",
    "persons": 3,
    "callsign": "HB-ABC",
}
ROUTE = ["46.90 N 7.30 E", "46.95 N 7.45 E"]


@pytest.fixture
async def node(tmp_path: Path, clock: Clock) -> AsyncIterator[Node]:
    async with running(tmp_path, clock, "alpha", "bravo", "third", "lonely") as node:
        await staff_both(node)
        await staff(node, THIRD, "desk")
        yield node


def offer() -> dict[str, Any]:
    return {"need": "search_and_rescue", "party": "bravo", "arrival": format_time(at(1200)), "callsign": "RESCUE 21"}


def corridor(begin_s: float = 300, end_s: float = 3600) -> dict[str, Any]:
    level = [{"value": value, "unit": "m", "datum": "EGM96"} for value in (0, 2000)]
    window = {"begin": format_time(at(begin_s)), "end": format_time(at(end_s))}
    return {"route": ROUTE, "band": dict(zip(("lower", "upper"), level, strict=True)), "window": window}


def case_of(node: Node, author: Author = ALPHA) -> AssistanceView:
    (case,) = node.assistance.cases(author, "en", "UTC").items
    return case


def dialogue_with(node: Node, party: str, author: Author = ALPHA) -> str:
    return next(one.dialogue_id or "" for one in case_of(node, author).called if one.party == party)


def standings(node: Node, author: Author = ALPHA) -> dict[str, str]:
    return {one.party: one.state for one in case_of(node, author).called}


async def agree_on(node: Node, name: str, code: str, asker: Author, answers: Author, **parameters: Any) -> int:
    """A question that is read back, confirmed and accepted; the entry of the acceptance."""
    asked = await reply(node, asker, name, code, parameters=parameters)
    fields = {key: parameters[key] for key in ("arrival", "route", "band", "window") if key in parameters}
    assert await read_back(node, name, number=asked.message.number, author=answers, **fields) == "matched"
    last = thread(node, name, asker).messages
    await reply(node, asker, name, "read-back-correct", parameters={"message": last})
    return (await reply(node, answers, name, "affirm")).sequence


async def test_a_whole_case_from_the_call_to_its_end(node: Node, tmp_path: Path) -> None:
    before = node.state.sequence
    asked = await node.assistance.request(ALPHA, REQUEST)
    assert asked.sequence == before + 1  # all are called by one entry
    assert asked.unreachable == ["lonely"]
    assert standings(node) == {"bravo": "called", "third": "called"}
    for author in (BRAVO, THIRD):
        (due,) = node.threads.inbox(author).owed
        assert (due.precedence, due.code) == ("FLASH", "assistance-request")
        assert "3 persons" in (case_of(node, author).text or "")
    assert node.assistance.cases(LONELY, "en", "UTC").items == []

    name = dialogue_with(node, "bravo", BRAVO)
    await agree_on(node, name, "assistance-offer", BRAVO, ALPHA, **offer())
    assert (case_of(node).state, standings(node, THIRD)["bravo"]) == ("agreed", "agreed")
    other = dialogue_with(node, "third")
    await reply(node, THIRD, other, "assistance-declined", parameters={"reason": "crew"})
    assert (case_of(node).state, standings(node)["third"]) == ("agreed", "declined")
    assert thread(node, name).state == "told"
    await stop(node)
    assert b"HB-ABC" not in log_bytes(tmp_path)  # what is asked lies in the vaults
    replayed = await replay(tmp_path)
    same(replayed.from_zero, replayed.from_snapshot)
    assert replayed.verification.problems == []


async def test_an_agreed_corridor_is_an_operation_and_warns_at_once(node: Node) -> None:
    await node.file(THIRD, drone("in-the-way", "third", radius_m=500, seconds=(600, 3000)))
    await node.assistance.request(ALPHA, REQUEST)
    name = dialogue_with(node, "bravo")
    sequence = await agree_on(node, name, "assistance-corridor", BRAVO, ALPHA, **corridor())
    filed = node.operation(BRAVO, None, f"assistance-{case_of(node).assistance_id}")
    assert (filed.sequence, filed.operation_class, filed.state) == (sequence, "rescue", "accepted")
    assert (filed.begin, filed.end) == (format_time(at(300)), format_time(at(3600)))
    assert [one.operation_id for one in case_of(node).called if one.party == "bravo"] == [filed.operation_id]
    (conflict,) = node.conflicts(THIRD, None, 10).items  # it is found, and does not hold the rescue up
    assert conflict.alarm is not None


async def test_under_way_and_complete(node: Node) -> None:
    await node.assistance.request(ALPHA, REQUEST, parties=["bravo"])
    name = dialogue_with(node, "bravo")
    asked = await reply(node, BRAVO, name, "assistance-offer", parameters=offer())
    assert case_of(node).state == "offered"
    arrival = offer()["arrival"]
    assert await read_back(node, name, number=asked.message.number, author=ALPHA, arrival=arrival) == "matched"
    await reply(node, BRAVO, name, "read-back-correct", parameters={"message": thread(node, name).messages})
    under_way = {"party": "bravo", "callsign": "RESCUE 21", "arrival": arrival}
    await reply(node, ALPHA, name, "affirm")
    assert thread(node, name).state == "told"  # more may follow
    sequence = await agree_on(node, name, "assistance-corridor", ALPHA, BRAVO, **corridor())
    assert node.operation(BRAVO, None, f"assistance-{case_of(node).assistance_id}").sequence == sequence
    told = await reply(node, BRAVO, name, "assistance-under-way", parameters=under_way)
    assert (case_of(node).state, standings(node)) == ("under_way", {"bravo": "under_way"})
    assert await read_back(node, name, number=told.message.number, author=ALPHA, arrival=arrival) == "matched"
    await reply(node, BRAVO, name, "read-back-correct", parameters={"message": thread(node, name).messages})
    time = format_time(at(3000))
    await reply(node, BRAVO, name, "assistance-complete", parameters={"persons": 3, "time": time})
    assert (case_of(node).state, standings(node)) == ("closed", {"bravo": "done"})


async def test_the_last_who_declines_leaves_the_case_declined_and_a_later_offer_counts(node: Node) -> None:
    await node.assistance.request(ALPHA, REQUEST)
    for author, party in ((BRAVO, "bravo"), (THIRD, "third")):
        assert case_of(node).state == "requested"
        await reply(node, author, dialogue_with(node, party), "assistance-declined", parameters={"reason": "weather"})
    assert case_of(node).state == "declined"
    await reply(node, BRAVO, dialogue_with(node, "bravo"), "assistance-offer", parameters=offer())
    assert (case_of(node).state, standings(node)["bravo"]) == ("offered", "offered")


async def test_closing_takes_back_what_waits(node: Node) -> None:
    asked = await node.assistance.request(ALPHA, REQUEST)
    name = asked.assistance.assistance_id
    with pytest.raises(NotFoundError):
        await node.assistance.close(BRAVO, name)
    closed = await node.assistance.close(ALPHA, name)
    assert closed.assistance.state == "closed"
    assert node.threads.inbox(BRAVO).owed == node.threads.inbox(THIRD).owed == []
    with pytest.raises(ConflictingStateError):
        await node.assistance.close(ALPHA, name)


async def test_closing_ends_also_the_dialogues_in_which_nothing_waits(node: Node) -> None:
    asked = await node.assistance.request(ALPHA, REQUEST)
    name = dialogue_with(node, "bravo")
    await reply(node, BRAVO, name, "assistance-declined", parameters={"reason": "weather"})
    await node.assistance.close(ALPHA, asked.assistance.assistance_id)
    assert (thread(node, name).state, thread(node, dialogue_with(node, "third")).state) == ("closed", "aborted")


async def test_one_who_is_done_does_not_end_it_for_another_who_is_under_way(node: Node) -> None:
    await node.assistance.request(ALPHA, REQUEST)
    arrival = offer()["arrival"]
    for author, party in ((BRAVO, "bravo"), (THIRD, "third")):
        await agree_on(
            node, dialogue_with(node, party), "assistance-offer", author, ALPHA, **{**offer(), "party": party}
        )
    told = {"party": "bravo", "callsign": "RESCUE 21", "arrival": arrival}
    await reply(node, ALPHA, dialogue_with(node, "bravo"), "assistance-under-way", parameters=told)
    assert standings(node)["bravo"] == "agreed"  # only whoever helps can say so
    done = {"persons": 3, "time": format_time(at(3000))}
    await reply(node, THIRD, dialogue_with(node, "third"), "assistance-complete", parameters=done)
    assert (case_of(node).state, standings(node)) == ("agreed", {"bravo": "agreed", "third": "done"})
    await reply(node, BRAVO, dialogue_with(node, "bravo"), "assistance-complete", parameters=done)
    assert (case_of(node).state, standings(node)) == ("closed", {"bravo": "done", "third": "done"})
    for author in (ALPHA, BRAVO, THIRD):  # and nothing is left that anybody owes
        assert node.threads.inbox(author).owed == []


async def test_a_case_in_which_nobody_acts_any_more_says_so(node: Node) -> None:
    await node.assistance.request(ALPHA, REQUEST)
    name = dialogue_with(node, "bravo")
    await agree_on(node, name, "assistance-offer", BRAVO, ALPHA, **offer())
    await reply(node, ALPHA, name, "request-position", parameters={"callsign": "RESCUE 21"})
    await reply(node, BRAVO, name, "unable", parameters={"reason": "technical"})
    assert case_of(node).state == "agreed"  # it was not about the help
    proposed = await reply(node, ALPHA, name, "assistance-corridor", parameters=corridor())
    shown = await node.proposals.show(BRAVO, node.state.line.dialogues[name])
    assert (shown.clear, shown.changes[0].version) == (True, 0)
    assert shown.changes[0].volumes is not None  # a corridor is for both to see
    await reply(node, BRAVO, name, "negative", parameters={"reason": "fuel"}, reference=proposed.message.number)
    assert (case_of(node).state, standings(node)["bravo"]) == ("requested", "declined")


async def test_what_is_asked_is_not_for_who_runs_the_node_and_a_key_is_for_one_request(node: Node) -> None:
    await node.assistance.request(ALPHA, REQUEST, idempotency_key="one")
    assert node.assistance.cases(OPERATOR, "en", "UTC").items == []
    with pytest.raises(IdempotencyError):
        await node.assistance.request(ALPHA, {**REQUEST, "persons": 4}, idempotency_key="one")


@pytest.mark.parametrize(
    ("change", "parties", "place"),
    [
        ({"position": "46.95, 7.45, 3"}, [], "parameters.position"),
        ({"time": "2027-01-15T11:58:00"}, [], "parameters.time"),
        ({"persons": -1}, [], "parameters.persons"),
        ({}, ["nobody"], "parties"),
        ({}, ["lonely"], "parties"),
        ({}, ["alpha", "bravo"], "parties"),
    ],
)
async def test_bad_requests(node: Node, change: dict[str, Any], parties: list[str], place: str) -> None:
    with pytest.raises(SkyparleyError) as refused:
        await node.assistance.request(ALPHA, {**REQUEST, **change}, parties=parties)
    assert refused.value.place == place
    assert node.assistance.cases(ALPHA, "en", "UTC").items == []


async def test_a_corridor_that_has_passed_is_refused(node: Node) -> None:
    await node.assistance.request(ALPHA, REQUEST, parties=["bravo"])
    name = dialogue_with(node, "bravo")
    with pytest.raises(InvalidInputError, match="has passed"):
        await reply(node, BRAVO, name, "assistance-corridor", parameters=corridor(-900, -300))


async def test_a_repeat_is_one_case_and_it_survives_a_crash(tmp_path: Path, clock: Clock) -> None:
    node = await start(tmp_path, clock)
    for party in ("alpha", "bravo"):
        await node.register_party(OPERATOR, party, party.title(), "civil_ats")
    await staff_both(node)
    first = await node.assistance.request(ALPHA, REQUEST, idempotency_key="one")
    again = await node.assistance.request(ALPHA, REQUEST, idempotency_key="one")
    assert first.assistance.assistance_id == again.assistance.assistance_id
    await crash(node)
    node = await start(tmp_path, clock)
    assert case_of(node, BRAVO).state == "requested"
    await pass_s(node, clock, 61)  # nobody answered: it escalates as every question does
    (due,) = node.threads.inbox(BRAVO).owed
    assert due.overdue
    await stop(node)
