"""A second node as upstream: USSs plan through the shadow, both sides answer alike and hold the same at the end."""

import asyncio
import random

import pytest

from support.dss_http import (
    AVAILABILITY,
    CONSTRAINTS,
    INTENTS,
    REPORTS,
    SUBSCRIPTIONS,
    Json,
    Uss,
    moment,
    new_id,
    reference_of,
    somewhere,
    told,
    uuid7,
    volume,
)
from support.shadow import Watched, certain, held
from support.shadow_flights import Planner

pytestmark = pytest.mark.anyio
ARBITER = "utm.availability_arbitration"


async def test_a_whole_story_is_told_alike(alone: Watched) -> None:
    """All routes: each thing made, read, found, replaced, refused and deleted, with names that each side draws."""
    shadow, place = alone.shadow, somewhere()
    one, other, arbiter = shadow.uss("one"), shadow.uss("other"), shadow.uss("arbiter", ARBITER)
    where = volume(place)
    listens = await other.subscribe(volume(place, None, None), intents=True, constraints=True)
    mine = reference_of(await one.intent(where, new_subscription=one.implicit(), requested_ovn_suffix=uuid7()))
    lacks = told(await other.put(INTENTS, new_id(), other.intent_body(where)), 409)
    assert [found["id"] for found in lacks["missing_operational_intents"]] == [mine["id"]]
    theirs = reference_of(await other.intent(where, key=[mine["ovn"]], subscription_id=listens["id"]))
    fence = reference_of(await one.constrain(where))
    body = other.intent_body(where, key=[mine["ovn"]], state="Activated", subscription_id=listens["id"])
    lacks = told(await other.put(INTENTS, theirs["id"], body, theirs["ovn"]), 409)
    assert [found["id"] for found in lacks["missing_constraints"]] == [fence["id"]]
    for uss in (one, other):
        for kind, name in ((INTENTS, mine["id"]), (INTENTS, theirs["id"]), (CONSTRAINTS, fence["id"])):
            told(await uss.get(kind, name), 200)
            told(await uss.query(kind, where), 200)
    told(await one.get(SUBSCRIPTIONS, mine["subscription_id"]), 200)
    told(await other.get(SUBSCRIPTIONS, listens["id"]), 200)
    told(await one.query(SUBSCRIPTIONS, where), 200)
    told(await one.get(SUBSCRIPTIONS, listens["id"]), 403)
    body = other.subscription_body(volume(place, None, None))
    listens = told(await other.put(SUBSCRIPTIONS, listens["id"], body, listens["version"]), 200)["subscription"]
    mine = reference_of(await one.change(mine, where, key=[theirs["ovn"]], new_subscription=one.implicit()))
    fence = reference_of(told(await one.put(CONSTRAINTS, fence["id"], one.constraint_body(where), fence["ovn"]), 200))
    told(await one.delete(CONSTRAINTS, fence["id"], fence["ovn"]), 200)
    version = told(await one.client.get(f"{AVAILABILITY}/one"), 200)["version"]
    for said in ("Down", "Normal"):
        body = {"old_version": version, "availability": said}
        version = told(await arbiter.client.put(f"{AVAILABILITY}/one", json=body), 200)["version"]
        down = await one.put(INTENTS, new_id(), one.intent_body(volume(somewhere())))
        assert down.status_code == (412 if said == "Down" else 201)
        told(await other.query(INTENTS, where), 200)
    told(await arbiter.client.put(f"{AVAILABILITY}/one", json={"old_version": "", "availability": "Down"}), 409)
    told(await one.client.post(REPORTS, json=report(one)), 201)
    await one.remove(mine)
    told(await other.delete(INTENTS, theirs["id"], "not-the-present-version"), 409)
    await other.remove(theirs)
    listens = await other.subscription(listens["id"])
    told(await other.delete(SUBSCRIPTIONS, listens["id"], listens["version"]), 200)
    assert await shadow.settled() == []
    assert held(alone.there) == held(shadow.node)
    totals = shadow.report.totals()
    assert (totals.forwarded, totals.compared, totals.equal) == (totals.forwarded,) * 3
    assert len(shadow.report.routes) == 18


def report(uss: Uss) -> Json:
    exchange = {
        "url": f"{uss.url}/uss/v1/operational_intents/x", "method": "GET", "recorder_role": "Client",
        "request_time": moment(0.0), "headers": ["Authorization: Bearer abc.def.ghi"], "problem": "not for others",
    }  # fmt: skip
    return {"exchange": exchange}


@pytest.mark.parametrize("seed", [1, 2])
async def test_uss_s_that_act_in_turn_are_answered_alike(
    alone: Watched, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if seed == 2:  # as if all answers were long
        monkeypatch.setattr("skyparley.shadow.follower.LARGE_BYTES", 0)
    places, ovns = [somewhere(), somewhere()], {}
    planners = [Planner(alone.shadow.uss(name), name, seed * 10 + n, places, ovns) for n, name in enumerate("abc")]
    for _ in range(25):
        for planner in planners:
            await planner.act(1)
    assert await alone.shadow.settled() == []
    assert held(alone.there) == held(alone.shadow.node)
    seen = {status for planner in planners for status in planner.statuses}
    assert seen >= {200, 201, 400, 403, 404, 409}


@pytest.mark.parametrize("seed", [3, 4])
async def test_uss_s_that_act_at_once_leave_no_certain_difference(alone: Watched, seed: int) -> None:
    """Answers come late and in another order than what was done: what may be explained by that is told as such.

    The node here follows all the same, so that afterwards, when each acts alone again, all is certain and equal.
    """
    chance, places, ovns = random.Random(seed), [somewhere(), somewhere()], {}
    planners = [Planner(alone.shadow.uss(name), name, seed * 10 + n, places, ovns) for n, name in enumerate("abcd")]
    alone.upstream.delay_s = lambda: chance.random() * 0.02
    await asyncio.gather(*(planner.act(12) for planner in planners))
    alone.upstream.delay_s = float
    at_once = await alone.shadow.settled()
    assert certain(at_once) == []
    for planner in planners:
        await planner.act(4)
        for kind in (INTENTS, CONSTRAINTS, SUBSCRIPTIONS):
            for place in places:
                await planner.uss.query(kind, volume(place, None, None))
    assert certain(await alone.shadow.settled()) == []
    assert held(alone.there) == held(alone.shadow.node)
    assert alone.shadow.report.totals().compared == alone.shadow.report.totals().forwarded


@pytest.mark.soak
@pytest.mark.timeout(0)
async def test_many_that_act_at_once_leave_no_certain_difference(alone: Watched) -> None:
    """In one world that is used on and on: what was learned amiss once would show for ever."""
    for seed in range(200):
        chance, places, ovns = random.Random(seed), [somewhere(), somewhere()], {}
        planners = [Planner(alone.shadow.uss(name), name, seed * 10 + n, places, ovns) for n, name in enumerate("abcd")]
        for _ in range(3):
            alone.upstream.delay_s = lambda chance=chance: chance.random() * 0.03
            await asyncio.gather(*(planner.act(10) for planner in planners))
            alone.upstream.delay_s = float
            for planner in planners:
                await planner.act(4)
                for kind in (INTENTS, CONSTRAINTS, SUBSCRIPTIONS):
                    for place in places:
                        await planner.uss.query(kind, volume(place, None, None))
        assert certain(await alone.shadow.settled()) == [], seed
        assert held(alone.there) == held(alone.shadow.node), seed


async def test_what_was_there_before_is_unknown_here_until_it_is_written_again(alone: Watched) -> None:
    place = somewhere()
    before, after = Uss(alone.url, "one"), alone.shadow.uss("one")
    old = [await before.reference(volume(place), new_subscription=before.implicit())]
    old.append(reference_of(await before.intent(volume(place), key=[old[0]["ovn"]])))
    listens = await before.subscribe(volume(place, None, None))
    fence = reference_of(await before.constrain(volume(place)))
    other = alone.shadow.uss("other")

    async def look() -> list[Json]:
        begun = len(await alone.shadow.settled())
        told(await other.query(INTENTS, volume(place)), 200)
        told(await after.query(SUBSCRIPTIONS, volume(place)), 200)
        told(await after.get(CONSTRAINTS, fence["id"]), 200)
        return (await alone.shadow.settled())[begun:]

    lines = await look()
    assert [(line["what"], line["unknown_here"]) for line in lines] == [
        ("operational_intent_references", True), ("subscriptions", True), ("status", True),
    ]  # fmt: skip
    assert lines[0]["upstream"] == sorted(one["id"] for one in old)
    # who lacks what is unknown here is refused there and accepted here, which is taken back
    told(await other.put(INTENTS, new_id(), other.intent_body(volume(place))), 409)
    (line,) = (await alone.shadow.settled())[3:]
    assert (line["what"], line["upstream"], line["here"], line["unknown_here"]) == ("status", 409, 201, True)
    assert alone.shadow.node.state.dss.intents == {}
    # each is written again, one of them as it flies: from then on it is here, too
    key = [one["ovn"] for one in old]
    await after.change(old[0], volume(place), key=key, state="Activated", new_subscription=after.implicit())
    await after.change(
        old[1], volume(place), key=[reference_of(told(await after.get(INTENTS, old[0]["id"]), 200))["ovn"]]
    )
    body = after.subscription_body(volume(place, None, None))
    told(await after.put(SUBSCRIPTIONS, listens["id"], body, listens["version"]), 200)
    told(await after.put(CONSTRAINTS, fence["id"], after.constraint_body(volume(place)), fence["ovn"]), 200)
    assert all(line["unknown_here"] for line in await alone.shadow.settled())
    await before.client.aclose()
    assert await look() == []
    assert held(alone.there)["intents"] == held(alone.shadow.node)["intents"]
    # and its life goes on certain: versions are counted on, from where each side stands
    begun = len(alone.shadow.new_lines())
    flown = reference_of(told(await after.get(INTENTS, old[0]["id"]), 200))
    assert flown["version"] == 2
    assert reference_of(await after.remove(flown))["version"] == 2
    assert certain((await alone.shadow.settled())[begun:]) == []
    assert list(alone.shadow.node.state.dss.intents) == [old[1]["id"]]


async def test_what_is_written_past_the_shadow_is_told_once_and_then_known_to_differ(alone: Watched) -> None:
    place = somewhere()
    past, through = Uss(alone.url, "one"), alone.shadow.uss("one")
    mine = await through.reference(volume(place))
    changed = reference_of(await past.change(mine, volume(place, seconds=(600.0, 1_800.0))))
    await past.client.aclose()
    shown = told(await through.get(INTENTS, mine["id"]), 200)
    first = await alone.shadow.settled()
    assert {line["what"].rpartition(".")[2] for line in certain(first)} == {"ovn", "time_start", "time_end", "version"}
    told(await through.get(INTENTS, mine["id"]), 200)
    assert certain((await alone.shadow.settled())[len(first) :]) == []
    assert reference_of(shown)["ovn"] == changed["ovn"]
    # its next write is by the OVN that was seen, and makes both sides one again
    again = await through.change(changed, volume(place))
    begun = len(await alone.shadow.settled())
    told(await through.get(INTENTS, mine["id"]), 200)
    await through.remove(reference_of(again))
    assert (await alone.shadow.settled())[begun:] == []
    assert alone.shadow.node.state.dss.intents == {}


async def test_what_ends_meanwhile_is_not_certain(alone: Watched) -> None:
    """The clocks of both sides are not the same, nor the instants at which they are asked."""
    one, place = alone.shadow.uss("one"), somewhere()
    brief = await one.reference(volume(place, seconds=(0.5, 4.0)))
    told(await one.get(INTENTS, brief["id"]), 200)
    alone.upstream.alter = lambda _method, _path, _status, _body: (404, {"message": "it has ended"})
    await one.get(INTENTS, brief["id"])
    (line,) = await alone.shadow.settled()
    assert (line["what"], line["concurrent"], line["unknown_here"]) == ("status", True, False)
    alone.upstream.alter = lambda _method, _path, status, body: (status, body)
    alone.clock.pass_s(60.0)
    told(await one.get(INTENTS, brief["id"]), 404)
    assert len(await alone.shadow.settled()) == 1
