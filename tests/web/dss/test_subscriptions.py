"""Subscriptions over HTTP, explicit and implicit: what they cover, whom they tell, how they count (ASTM F3548-21)."""

import asyncio
from typing import Any

import pytest

from support.dss_http import (
    INTENTS,
    NO_SUBSCRIPTION,
    SUBSCRIPTIONS,
    Json,
    Pool,
    Uss,
    circle,
    new_id,
    notified,
    reference_of,
    refused,
    somewhere,
    told,
    volume,
)

pytestmark = pytest.mark.anyio
DAY_S = 86_400.0


async def listed(uss: Uss, area: Json) -> list[str]:
    return [one["id"] for one in told(await uss.query(SUBSCRIPTIONS, area), 200)["subscriptions"]]


async def test_a_subscription_is_created_read_found_replaced_and_deleted(dss: Pool) -> None:
    one, other, identifier, where = dss.uss("one"), dss.uss("other"), new_id(), volume(somewhere())
    intent, fence = await other.reference(where), reference_of(await other.constrain(where))
    hidden = [{name: value for name, value in reference.items() if name != "ovn"} for reference in (intent, fence)]
    answer = told(await one.put(SUBSCRIPTIONS, identifier, one.subscription_body(where)), 200)
    created = answer["subscription"]
    expected = {
        "id": identifier,
        "notification_index": 0,
        "time_start": where["time_start"],
        "time_end": where["time_end"],
        "uss_base_url": one.url,
        "notify_for_operational_intents": True,
        "notify_for_constraints": False,
        "implicit_subscription": False,
        "dependent_operational_intents": [],
    }
    assert answer == {
        "subscription": {**expected, "version": created["version"]},
        "operational_intent_references": [hidden[0]],
    }
    assert told(await one.get(SUBSCRIPTIONS, identifier), 200) == {"subscription": created}
    assert told(await one.query(SUBSCRIPTIONS, where), 200) == {"subscriptions": [created]}
    refused(await other.get(SUBSCRIPTIONS, identifier), 403, says="another USS")
    assert await listed(other, where) == []

    wanted = {"intents": False, "constraints": True}
    body = one.subscription_body(where, url="https://one.example/two", **wanted)
    answer = told(await one.put(SUBSCRIPTIONS, identifier, body, created["version"]), 200)
    changed = answer["subscription"]
    assert changed["version"] != created["version"]
    assert (changed["uss_base_url"], changed["notify_for_constraints"]) == ("https://one.example/two", True)
    assert answer == {"subscription": changed, "constraint_references": [hidden[1]]}

    for version in (created["version"], "ThisIsAnIncorrectVersion"):
        refused(await one.put(SUBSCRIPTIONS, identifier, body, version), 409, says="read it again")
        refused(await one.delete(SUBSCRIPTIONS, identifier, version), 409, says="read it again")
    refused(await other.put(SUBSCRIPTIONS, identifier, other.subscription_body(where), changed["version"]), 403)
    refused(await other.delete(SUBSCRIPTIONS, identifier, changed["version"]), 403)
    assert told(await one.delete(SUBSCRIPTIONS, identifier, changed["version"]), 200) == {"subscription": changed}
    refused(await one.get(SUBSCRIPTIONS, identifier), 404)
    refused(await one.delete(SUBSCRIPTIONS, identifier, changed["version"]), 404)
    refused(await one.put(SUBSCRIPTIONS, identifier, body, changed["version"]), 409, says="create it")


async def test_what_a_subscription_does_not_say_is_chosen_for_it(dss: Pool) -> None:
    one, place = dss.uss("one"), somewhere()
    made = await one.subscribe(volume(place, None, None))
    begin, end = (made[name]["value"] for name in ("time_start", "time_end"))
    assert begin[10:] == end[10:]  # 24 hours later
    assert begin < end
    narrower = one.subscription_body(volume(circle(place, 100.0), None, None))
    again = told(await one.put(SUBSCRIPTIONS, made["id"], narrower, made["version"]), 200)["subscription"]
    assert (again["time_start"], again["time_end"]) == (made["time_start"], made["time_end"])
    longest = volume(place, seconds=(-60.0, DAY_S - 61.0))
    told(await one.put(SUBSCRIPTIONS, new_id(), one.subscription_body(longest)), 200)
    too_long = one.subscription_body(volume(place, seconds=(-60.0, DAY_S + 540.0)))
    refused(await one.put(SUBSCRIPTIONS, new_id(), too_long), 400, says="at most 24 hours")
    refused(await one.put(SUBSCRIPTIONS, made["id"], too_long, again["version"]), 400, says="at most 24 hours")


async def test_a_write_lists_whom_to_notify_by_uss_with_the_next_index_of_each(dss: Pool) -> None:
    one, two, writer, place = dss.uss("one"), dss.uss("two"), dss.uss("writer"), somewhere()
    where = volume(place)
    subscriptions = [await one.subscribe(where) for _ in range(3)]
    elsewhere = await one.subscribe(where, url="https://one.example/b")
    theirs = await two.subscribe(volume(circle(place, 900.0), None, (0.0, DAY_S)))
    deaf = [
        await two.subscribe(where, constraints=True),
        await two.subscribe(volume(somewhere())),
        await two.subscribe(volume(place, (700.0, 800.0))),
        await two.subscribe(volume(place, seconds=(1_300.0, 1_400.0))),
    ]
    ids = sorted(subscription["id"] for subscription in subscriptions)
    listed_here = [*((one.url, name) for name in ids), (elsewhere["uss_base_url"], elsewhere["id"])]

    def expected(index: int) -> list[tuple[str, str, int]]:
        return sorted((url, name, index) for url, name in [*listed_here, (two.url, theirs["id"])])

    created = await writer.intent(where)
    assert notified(created) == expected(1)
    grouped = {uss["uss_base_url"]: len(uss["subscriptions"]) for uss in created["subscribers"]}
    assert grouped == {one.url: 3, elsewhere["uss_base_url"]: 1, two.url: 1}
    changed = await writer.change(reference_of(created), where)
    assert notified(changed) == expected(2)
    removed = await writer.remove(reference_of(changed))
    assert notified(removed) == expected(3)
    assert [(await one.subscription(name))["notification_index"] for name in ids] == [3, 3, 3]
    assert [(await two.subscription(item["id"]))["notification_index"] for item in deaf] == [0, 0, 0, 0]
    version = subscriptions[0]["version"]  # a notification is no change of the subscription
    body = one.subscription_body(where)
    kept = told(await one.put(SUBSCRIPTIONS, subscriptions[0]["id"], body, version), 200)["subscription"]
    assert kept["notification_index"] == 3


async def test_whoever_listens_where_an_intent_was_is_told_that_it_left(dss: Pool) -> None:
    one, writer = dss.uss("one"), dss.uss("writer")
    before, after = volume(somewhere()), volume(somewhere())
    here, there = await one.subscribe(before), await one.subscribe(after)
    made = await writer.intent(before)
    assert notified(made) == [(one.url, here["id"], 1)]
    moved = await writer.change(reference_of(made), after)
    assert notified(moved) == sorted([(one.url, here["id"], 2), (one.url, there["id"], 1)])
    assert notified(await writer.remove(reference_of(moved))) == [(one.url, there["id"], 2)]


async def test_what_was_refused_is_told_to_nobody(dss: Pool) -> None:
    one, writer, where = dss.uss("one"), dss.uss("writer"), volume(somewhere())
    listening = await one.subscribe(where)
    made = await writer.reference(where)
    refused(await writer.put(INTENTS, new_id(), writer.intent_body(where)), 409)
    refused(await writer.put(INTENTS, made["id"], writer.intent_body(where)), 409)
    refused(await writer.delete(INTENTS, made["id"], "ThisIsAnIncorrectOVN"), 409)
    assert (await one.subscription(listening["id"]))["notification_index"] == 1
    assert notified(await writer.remove(made)) == [(one.url, listening["id"], 2)]


async def test_an_implicit_subscription_is_made_counts_and_goes_with_its_intent(dss: Pool) -> None:
    one, writer, where = dss.uss("one"), dss.uss("writer"), volume(somewhere())
    made = await one.intent(where, new_subscription={"uss_base_url": "https://one.example/told"})
    mine = reference_of(made)
    identifier = mine["subscription_id"]
    assert notified(made) == [("https://one.example/told", identifier, 1)]  # its own too, as the interface has it
    subscription = await one.subscription(identifier)
    assert {name: value for name, value in subscription.items() if name not in ("id", "version")} == {
        "notification_index": 1,
        "time_start": where["time_start"],
        "time_end": where["time_end"],
        "uss_base_url": "https://one.example/told",
        "notify_for_operational_intents": True,
        "notify_for_constraints": False,
        "implicit_subscription": True,
        "dependent_operational_intents": [mine["id"]],
    }
    refused(await writer.get(SUBSCRIPTIONS, identifier), 403)
    body, version = one.subscription_body(where), subscription["version"]
    refused(await one.put(SUBSCRIPTIONS, identifier, body, version), 400, says="follows its intents")
    refused(await one.delete(SUBSCRIPTIONS, identifier, version), 400, says=mine["id"])
    assert notified(await writer.intent(where, key=[mine["ovn"]])) == [("https://one.example/told", identifier, 2)]
    assert notified(await one.remove(mine)) == [("https://one.example/told", identifier, 3)]
    refused(await one.get(SUBSCRIPTIONS, identifier), 404)
    assert await listed(one, where) == []


async def test_an_implicit_subscription_shrinks_and_moves_with_its_intent(dss: Pool) -> None:
    one, writer, old, new = dss.uss("one"), dss.uss("writer"), somewhere(), somewhere()
    wide = [volume(old, seconds=(0.0, 2_000.0)), volume(new, seconds=(0.0, 3_000.0))]
    mine = await one.reference(*wide, new_subscription=one.implicit())
    kept = {"subscription_id": mine["subscription_id"]}
    for place in (old, new):
        assert await listed(one, volume(place, None, None)) == [kept["subscription_id"]]
    small = volume(new, (500.0, 550.0), (1_000.0, 1_100.0))
    mine = reference_of(await one.change(mine, small, **kept))
    assert mine["subscription_id"] == kept["subscription_id"]
    subscription = await one.subscription(kept["subscription_id"])
    assert (subscription["time_start"], subscription["time_end"]) == (small["time_start"], small["time_end"])
    assert await listed(one, volume(old, None, None)) == []
    for apart in (volume(old), volume(new, (551.0, 600.0)), volume(new, seconds=(1_100.0, 1_200.0))):
        elsewhere = await writer.intent(apart)
        assert notified(elsewhere) == []
        await writer.remove(reference_of(elsewhere))
    told_again = await writer.intent(volume(new, (540.0, 545.0), (1_050.0, 1_060.0)), key=[mine["ovn"]])
    assert notified(told_again) == [(one.url, kept["subscription_id"], 3)]


async def test_an_implicit_subscription_is_replaced_or_given_up_by_a_change(dss: Pool) -> None:
    one, writer, where = dss.uss("one"), dss.uss("writer"), volume(somewhere())
    mine = await one.reference(where, new_subscription=one.implicit())
    first = mine["subscription_id"]
    answer = await one.change(mine, where, state="Activated", new_subscription=one.implicit())
    mine = reference_of(answer)
    second = mine["subscription_id"]
    assert second != first
    assert notified(answer) == [(one.url, second, 1)]
    refused(await one.get(SUBSCRIPTIONS, first), 404)
    explicit = await one.subscribe(where)
    mine = reference_of(await one.change(mine, where, state="Activated", subscription_id=explicit["id"]))
    assert mine["subscription_id"] == explicit["id"]
    refused(await one.get(SUBSCRIPTIONS, second), 404)
    assert (await one.subscription(explicit["id"]))["dependent_operational_intents"] == [mine["id"]]
    mine = reference_of(await one.change(mine, where, state="Accepted"))  # needs none
    assert mine["subscription_id"] == NO_SUBSCRIPTION
    assert (await one.subscription(explicit["id"]))["dependent_operational_intents"] == []
    assert notified(await writer.intent(where, key=[mine["ovn"]])) == [(one.url, explicit["id"], 3)]


async def test_an_implicit_subscription_goes_with_the_last_of_its_intents(dss: Pool) -> None:
    one, writer, west, east = dss.uss("one"), dss.uss("writer"), volume(somewhere()), volume(somewhere())
    first = await one.reference(west, new_subscription=one.implicit())
    shared = first["subscription_id"]
    second = await one.reference(east, subscription_id=shared)
    both = sorted([first["id"], second["id"]])
    assert (await one.subscription(shared))["dependent_operational_intents"] == both
    assert notified(await writer.intent(west, key=[first["ovn"]])) == [(one.url, shared, 3)]
    await one.remove(first)
    assert (await one.subscription(shared))["dependent_operational_intents"] == [second["id"]]
    assert notified(await writer.intent(volume(somewhere()))) == []
    assert await listed(one, west) == []
    assert await listed(one, east) == [shared]
    await one.remove(second)
    refused(await one.get(SUBSCRIPTIONS, shared), 404)


async def test_an_explicit_subscription_serves_intents_and_must_go_on_covering_them(dss: Pool) -> None:
    one, place = dss.uss("one"), somewhere()
    wide = volume(circle(place, 1_500.0), (0.0, 1_000.0), (0.0, 3_600.0))
    listening = await one.subscribe(wide)
    name = listening["id"]
    flights = [
        await one.reference(volume(place, seconds=(600.0 * n, 600.0 * n + 600.0)), subscription_id=name)
        for n in range(3)
    ]
    served = sorted(flight["id"] for flight in flights)
    assert (await one.subscription(name))["dependent_operational_intents"] == served
    refused(await one.delete(SUBSCRIPTIONS, name, listening["version"]), 400, says="3 operational intents depend")
    mark = dss.mark()
    narrower: list[dict[str, Any]] = [
        {"where": volume(circle(place, 1_500.0), (0.0, 599.0), (0.0, 3_600.0))},
        {"where": volume(circle(place, 1_500.0), (0.0, 1_000.0), (0.0, 1_799.0))},
        {"where": volume(circle(place, 1_500.0), (0.0, 1_000.0), (700.0, 3_600.0))},
        {"where": volume(somewhere(), (0.0, 1_000.0), (0.0, 3_600.0))},
        {"where": wide, "intents": False, "constraints": True},
    ]
    for change in narrower:
        answer = await one.put(SUBSCRIPTIONS, name, one.subscription_body(**change), listening["version"])
        refused(answer, 400, says="depend")
    assert dss.mark() == mark
    wider = one.subscription_body(volume(circle(place, 3_000.0), None, (0.0, 7_200.0)))
    version = told(await one.put(SUBSCRIPTIONS, name, wider, listening["version"]), 200)["subscription"]["version"]
    for flight in flights:
        await one.remove(flight)
    assert told(await one.delete(SUBSCRIPTIONS, name, version), 200)["subscription"]["notification_index"] == 6


async def test_what_ends_by_time_is_not_told_and_takes_its_implicit_subscription_along(alone: Pool) -> None:
    one, place = alone.uss("one"), somewhere()
    watching = await one.subscribe(volume(place, None, (0.0, 3_600.0)))
    made = await one.reference(volume(place, seconds=(0.0, 60.0)), new_subscription=one.implicit())
    assert (await one.subscription(watching["id"]))["notification_index"] == 1
    alone.clock.pass_s(61.0)
    refused(await one.get(SUBSCRIPTIONS, made["subscription_id"]), 404)
    assert (await one.subscription(watching["id"]))["notification_index"] == 1
    later = await one.intent(volume(place, seconds=(600.0, 1_200.0)))
    assert notified(later) == [(one.url, watching["id"], 2)]
    assert made["subscription_id"] not in alone.node.state.dss.subscriptions


async def test_an_intent_whose_end_has_passed_holds_its_subscription_no_longer(alone: Pool) -> None:
    one, place = alone.uss("one"), somewhere()
    listening = await one.subscribe(volume(place, (0.0, 1_000.0), (0.0, 3_600.0)))
    await one.reference(volume(place, seconds=(0.0, 60.0)), subscription_id=listening["id"])
    refused(await one.delete(SUBSCRIPTIONS, listening["id"], listening["version"]), 400, says="depend")
    alone.clock.pass_s(61.0)
    gone = told(await one.delete(SUBSCRIPTIONS, listening["id"], listening["version"]), 200)["subscription"]
    assert gone["dependent_operational_intents"] == []


async def test_a_subscription_that_begins_to_notify_of_constraints_is_raced_in_vain(dss: Pool) -> None:
    """Whichever of both comes first: an intent that comes second knows the constraint, or is not accepted."""
    one, same, authority = dss.uss("one"), Uss(dss.url, "one"), dss.uss("authority")
    refusals = 0
    async with same.client:
        for _ in range(30):
            where, name = volume(somewhere()), new_id()
            await authority.constrain(where)
            listening = await one.subscribe(where, intents=True, constraints=False)
            hears = one.subscription_body(where, intents=True, constraints=True)
            changed, made = await asyncio.gather(
                one.put(SUBSCRIPTIONS, listening["id"], hears, listening["version"]),
                same.put(INTENTS, name, one.intent_body(where, subscription_id=listening["id"])),
            )
            version = told(changed, 200)["subscription"]["version"]
            state = dss.node.state.dss
            if made.status_code == 201:
                assert state.intents[name].sequence < state.subscriptions[listening["id"]].subscription.sequence
            else:
                assert refused(made, 409)["missing_constraints"]
                refusals += 1
            assert version == state.subscriptions[listening["id"]].subscription.version
    assert refusals > 0, "they never met"
