"""Operational intents over HTTP, from end to end, with several USSs (ASTM F3548-21, docs/dss.md)."""

import asyncio
import uuid
from typing import Any

import pytest

from support.dss_http import (
    CONSTRAINTS,
    INTENTS,
    NO_SUBSCRIPTION,
    SUBSCRIPTIONS,
    Json,
    Pool,
    Uss,
    circle,
    moment,
    new_id,
    polygon,
    reference_of,
    refused,
    somewhere,
    told,
    uuid7,
    volume,
)

pytestmark = pytest.mark.anyio


async def found(uss: Uss, area: Json) -> list[Json]:
    return list(told(await uss.query(INTENTS, area), 200)["operational_intent_references"])


async def test_an_intent_is_created_read_found_replaced_and_deleted(dss: Pool) -> None:
    one, other, identifier, where = dss.uss("one"), dss.uss("other"), new_id(), volume(somewhere())
    answer = told(await one.put(INTENTS, identifier, one.intent_body(where)), 201)
    created = reference_of(answer)
    expected = {
        "id": identifier,
        "manager": "one",
        "uss_availability": "Unknown",
        "version": 1,
        "state": "Accepted",
        "time_start": where["time_start"],
        "time_end": where["time_end"],
        "uss_base_url": "https://one.example",
        "subscription_id": NO_SUBSCRIPTION,
    }
    assert answer == {"operational_intent_reference": {**expected, "ovn": created["ovn"]}, "subscribers": []}
    assert told(await one.get(INTENTS, identifier), 200) == {"operational_intent_reference": created}
    assert told(await other.get(INTENTS, identifier), 200) == {"operational_intent_reference": expected}
    assert await found(other, where) == [expected]

    later = volume(circle(somewhere(), 900.0), seconds=(700.0, 2_000.0))
    changed = reference_of(await one.change(created, later))
    assert changed == {
        **expected,
        "version": 2,
        "time_start": later["time_start"],
        "time_end": later["time_end"],
        "ovn": changed["ovn"],
    }
    assert changed["ovn"] != created["ovn"]
    assert await found(one, where) == []
    assert await found(one, later) == [changed]

    assert await one.remove(changed) == {"operational_intent_reference": changed, "subscribers": []}
    for uss in (one, other):
        refused(await uss.get(INTENTS, identifier), 404, says=identifier)
        assert await found(uss, later) == []


async def test_a_key_that_lacks_ovns_is_refused_with_all_that_is_missing_in_order(dss: Pool) -> None:
    usss, where = [dss.uss(name) for name in ("one", "other", "third")], volume(somewhere())
    held: dict[str, Json] = {}
    for number in range(12):
        key = [reference["ovn"] for reference in held.values()]
        made = await usss[number % 2].reference(where, key=key)
        held[made["id"]] = made
    late, identifier = dss.uss("late"), new_id()
    body = refused(await late.put(INTENTS, identifier, late.intent_body(where)), 409, says="12 operational intents")
    assert body["error"]["code"] == "airspace_conflict"
    hidden = {name: {k: v for k, v in reference.items() if k != "ovn"} for name, reference in held.items()}
    assert body["missing_operational_intents"] == [hidden[name] for name in sorted(held)]
    assert body["missing_constraints"] == []

    own = refused(await usss[0].put(INTENTS, new_id(), usss[0].intent_body(where)), 409)
    shown = [reference.get("ovn") for reference in own["missing_operational_intents"]]
    assert shown == [held[name]["ovn"] if held[name]["manager"] == "one" else None for name in sorted(held)]

    names = sorted(held)
    half = [held[name]["ovn"] for name in names[:7]]
    body = refused(await late.put(INTENTS, identifier, late.intent_body(where, key=half)), 409)
    assert [reference["id"] for reference in body["missing_operational_intents"]] == names[7:]
    refused(await late.get(INTENTS, identifier), 404)
    every = [held[name]["ovn"] for name in names]
    await late.intent(where, identifier=identifier, key=[*every, "what-nobody-asked-for", *every])


async def test_an_ovn_that_was_replaced_is_no_key(dss: Pool) -> None:
    one, other, where = dss.uss("one"), dss.uss("other"), volume(somewhere())
    first = await one.reference(where)
    second = reference_of(await one.change(first, where))
    body = refused(await other.put(INTENTS, new_id(), other.intent_body(where, key=[first["ovn"]])), 409)
    assert [(item["id"], item["version"]) for item in body["missing_operational_intents"]] == [(first["id"], 2)]
    await other.intent(where, key=[second["ovn"]])


async def test_a_key_holds_all_but_the_intent_that_is_replaced(dss: Pool) -> None:
    one, other, where = dss.uss("one"), dss.uss("other"), volume(somewhere())
    mine = await one.reference(where)
    theirs = await other.reference(where, key=[mine["ovn"]])
    implicit = {"new_subscription": one.implicit()}
    for state in ("Accepted", "Activated"):
        answer = await one.put(INTENTS, mine["id"], one.intent_body(where, state=state, **implicit), mine["ovn"])
        assert [item["id"] for item in refused(answer, 409)["missing_operational_intents"]] == [theirs["id"]]
        mine = reference_of(await one.change(mine, where, state=state, key=[theirs["ovn"]], **implicit))
    for state in ("Nonconforming", "Contingent"):  # flown, not planned: no key
        mine = reference_of(await one.change(mine, where, state=state, **implicit))


async def test_states_change_as_the_table_says(dss: Pool) -> None:
    one, where = dss.uss("one"), volume(somewhere())
    implicit: dict[str, Any] = {"new_subscription": one.implicit()}
    for state in ("Activated", "Nonconforming", "Contingent"):
        answer = await one.put(INTENTS, new_id(), one.intent_body(where, state=state, **implicit))
        refused(answer, 400, place="state", says=f"cannot be written as {state}")
    current = await one.reference(where)
    for state in ("Activated", "Accepted", "Nonconforming", "Activated", "Activated", "Contingent", "Contingent"):
        current = reference_of(await one.change(current, where, state=state, **implicit))
        assert current["state"] == state
    assert current["version"] == 8
    for state in ("Accepted", "Activated", "Nonconforming"):
        answer = await one.put(INTENTS, current["id"], one.intent_body(where, state=state, **implicit), current["ovn"])
        refused(answer, 400, place="state", says="is Contingent")
    await one.remove(current)


async def test_a_repeated_create_tells_its_manager_what_is_there_and_nobody_else(dss: Pool) -> None:
    one, other, where = dss.uss("one"), dss.uss("other"), volume(somewhere())
    made, constraint = await one.reference(where), reference_of(await one.constrain(where))
    subscription = await one.subscribe(where)
    mark = dss.mark()
    bodies = {
        INTENTS: (made["id"], made["ovn"], one.intent_body(where)),
        CONSTRAINTS: (constraint["id"], constraint["ovn"], one.constraint_body(where)),
        SUBSCRIPTIONS: (subscription["id"], subscription["version"], one.subscription_body(where)),
    }
    for kind, (identifier, version, body) in bodies.items():
        said = refused(await one.put(kind, identifier, body), 409)
        assert said["error"]["code"] == "state_conflict"
        assert "missing_operational_intents" not in said
        assert {identifier, version} <= set(said["message"].replace(",", " ").replace(":", " ").split())
        said = refused(await other.put(kind, identifier, body), 403, says="another USS")
        assert version not in said["message"]
    assert dss.mark() == mark


async def test_who_names_another_version_or_what_is_not_there_is_told_so(dss: Pool) -> None:
    one, other, where = dss.uss("one"), dss.uss("other"), volume(somewhere())
    first = await one.reference(where)
    second = reference_of(await one.change(first, where))
    mark, body = dss.mark(), one.intent_body(where)
    for ovn in (first["ovn"], "ThisIsAnIncorrectOVN"):
        assert "version 2" in refused(await one.put(INTENTS, first["id"], body, ovn), 409)["message"]
        assert "version 2" in refused(await one.delete(INTENTS, first["id"], ovn), 409)["message"]
    for ovn in (first["ovn"], second["ovn"]):
        refused(await other.put(INTENTS, first["id"], other.intent_body(where), ovn), 403, says="another USS")
        refused(await other.delete(INTENTS, first["id"], ovn), 403, says="another USS")
    unknown = new_id()
    refused(await one.put(INTENTS, unknown, body, second["ovn"]), 400, says="create it")
    refused(await one.delete(INTENTS, unknown, second["ovn"]), 404, says=unknown)
    refused(await one.get(INTENTS, unknown), 404, says=unknown)
    assert dss.mark() == mark


async def test_an_ovn_is_shown_to_its_manager_only(dss: Pool) -> None:
    one, other, where = dss.uss("one"), dss.uss("other"), volume(somewhere())
    mine = await one.reference(where, new_subscription=one.implicit())
    fence = reference_of(await one.constrain(where))
    secrets = {mine["ovn"], fence["ovn"]}
    wanted = {"notify_for_operational_intents": True, "notify_for_constraints": True}
    subscription = {"extents": where, "uss_base_url": other.url, **wanted}
    constrained = other.intent_body(where, new_subscription=other.implicit(constraints=True))
    answers = [
        await other.get(INTENTS, mine["id"]),
        await other.get(CONSTRAINTS, fence["id"]),
        await other.query(INTENTS, where),
        await other.query(CONSTRAINTS, where),
        await other.put(SUBSCRIPTIONS, new_id(), subscription),
        await other.put(INTENTS, new_id(), constrained),
        await other.put(INTENTS, mine["id"], other.intent_body(where)),
        await other.delete(INTENTS, mine["id"], "ThisIsAnIncorrectOVN"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 200, 409, 403, 403]
    for answer in answers:
        assert not any(ovn in answer.text for ovn in secrets), answer.text
    both = {"operational_intent_references", "constraint_references"}
    told_here = answers[4].json()
    assert both <= set(told_here)
    for name in both:
        assert [set(reference) & {"ovn", "manager"} for reference in told_here[name]] == [{"manager"}]
    shown = told(await one.put(SUBSCRIPTIONS, new_id(), {**subscription, "uss_base_url": one.url}), 200)
    assert {shown[name][0]["ovn"] for name in both} == secrets


async def test_a_uss_may_choose_an_ovn_by_a_uuid_of_about_now(dss: Pool) -> None:
    one, where, identifier = dss.uss("one"), volume(somewhere()), new_id()
    suffix = uuid7()
    current = await one.reference(where, identifier=identifier, requested_ovn_suffix=suffix)
    assert current["ovn"] == f"{identifier}_{suffix}"
    for seconds in (-280.0, 280.0):
        chosen = uuid7(seconds)
        current = reference_of(await one.change(current, where, requested_ovn_suffix=chosen))
        assert current["ovn"] == f"{identifier}_{chosen}"
    mark = dss.mark()
    wrong = {
        suffix: "its own",
        chosen: "its own",
        uuid7(-320.0): "of another time",
        uuid7(320.0): "of another time",
        new_id(): "version 7",
        str(uuid.uuid1()): "version 7",
        "": "version 7",
        uuid7()[:-1]: "version 7",
        f"{uuid7()}0": "version 7",
        f"{{{uuid7()}}}": "version 7",
    }
    for text, says in wrong.items():
        body = one.intent_body(where, requested_ovn_suffix=text)
        answer = await one.put(INTENTS, identifier, body, current["ovn"])
        refused(answer, 400, place="requested_ovn_suffix", says=says)
    assert dss.mark() == mark
    drawn = reference_of(await one.change(current, where))
    assert identifier not in drawn["ovn"]
    refused(await one.put(INTENTS, identifier, one.intent_body(where, requested_ovn_suffix=suffix), drawn["ovn"]), 400)


async def test_identifiers_may_come_in_upper_case(dss: Pool) -> None:
    one, where, identifier = dss.uss("one"), volume(somewhere()), new_id()
    upper = identifier.upper()
    listening = await one.subscribe(where, identifier=upper)
    assert listening["id"] == listening["id"].lower()
    more = {"subscription_id": listening["id"].upper(), "requested_ovn_suffix": uuid7()}
    current = await one.reference(where, identifier=upper, **more)
    assert (current["id"], current["subscription_id"]) == (identifier, listening["id"])
    assert current["ovn"].startswith(f"{identifier}_")
    refused(await one.put(INTENTS, identifier, one.intent_body(where, key=[current["ovn"]])), 409, says=identifier)
    current = reference_of(await one.change({**current, "id": upper}, where, subscription_id=listening["id"].upper()))
    assert told(await one.get(INTENTS, upper), 200)["operational_intent_reference"] == current
    await one.remove({**current, "id": upper})
    told(await one.delete(SUBSCRIPTIONS, upper, listening["version"]), 200)


async def relevant(one: Uss, other: Uss, mine: list[Json], theirs: list[Json]) -> bool:
    """Whether an intent must be known to whoever writes another; a query with each volume says the same."""
    reference = await one.reference(*mine)
    answer = await other.put(INTENTS, new_id(), other.intent_body(*theirs))
    assert answer.status_code in (201, 409), answer.text
    seen = [reference["id"] in {item["id"] for item in await found(other, area)} for area in theirs]
    assert any(seen) == (answer.status_code == 409)
    return answer.status_code == 409


async def test_relevant_is_what_shares_cells_altitudes_and_time_volume_by_volume(dss: Pool) -> None:
    one, other = dss.uss("one"), dss.uss("other")
    bounds: list[tuple[tuple[float, float], tuple[float, float], bool]] = [
        ((500.0, 600.0), (600.0, 1_200.0), True),
        ((600.0, 700.0), (600.0, 1_200.0), True),  # altitude bands that touch share an altitude
        ((600.001, 700.0), (600.0, 1_200.0), False),
        ((500.0, 600.0), (1_100.0, 1_300.0), True),
        ((0.0, 499.999), (600.0, 1_200.0), False),
    ]
    for altitudes_m, seconds, expected in bounds:
        place = somewhere()
        assert await relevant(one, other, [volume(place)], [volume(place, altitudes_m, seconds)]) is expected
    place, mine = somewhere(), volume(somewhere())
    mine = volume(place)
    after = {**volume(place), "time_start": mine["time_end"], "time_end": moment(2_000.0)}
    assert not await relevant(one, other, [mine], [after])  # one ends as the other begins
    assert not await relevant(one, other, [volume(somewhere())], [volume(somewhere())])
    place = somewhere()  # low and early, high and late: high and early is free, though one box would hold all three
    climb = [volume(place, (100.0, 200.0), (600.0, 700.0)), volume(place, (900.0, 950.0), (1_000.0, 1_100.0))]
    assert not await relevant(one, other, climb, [volume(place, (900.0, 950.0), (600.0, 700.0))])
    place = somewhere()
    wide = polygon(place, (place[0], place[1] + 0.1), (place[0] + 0.05, place[1]))
    assert await relevant(one, other, [volume((place[0] + 0.01, place[1] + 0.03))], [volume(wide)])


async def test_what_has_ended_is_gone_by_itself(alone: Pool) -> None:
    one, other, place = alone.uss("one"), alone.uss("other"), somewhere()
    short, area = volume(place, seconds=(-60.0, 300.0)), volume(place, seconds=None)
    fence = reference_of(await one.constrain(short))
    listening = await one.subscribe(short)
    ended = await one.reference(short, new_subscription=one.implicit())
    alone.clock.pass_s(301.0)
    for kind, reference in ((INTENTS, ended), (CONSTRAINTS, fence), (SUBSCRIPTIONS, listening)):
        refused(await one.get(kind, reference["id"]), 404, says=reference["id"])
        body = told(await one.query(kind, area), 200)
        assert list(body.values()) == [[]]
    refused(await one.get(SUBSCRIPTIONS, ended["subscription_id"]), 404)
    later = volume(place, seconds=(600.0, 900.0))
    refused(await one.put(INTENTS, ended["id"], one.intent_body(later), ended["ovn"]), 400, says="create it")
    refused(await one.put(CONSTRAINTS, fence["id"], one.constraint_body(later), fence["ovn"]), 409, says="create it")
    refused(await one.delete(INTENTS, ended["id"], ended["ovn"]), 404)
    refused(await one.delete(CONSTRAINTS, fence["id"], fence["ovn"]), 404)
    refused(await one.delete(SUBSCRIPTIONS, listening["id"], listening["version"]), 404)
    again = await other.intent(volume(place, seconds=(0.0, 900.0)), identifier=ended["id"])  # without any key
    assert reference_of(again)["version"] == 1
    assert again["subscribers"] == []
    state = alone.node.state.dss
    assert (len(state.intents), len(state.constraints), len(state.subscriptions)) == (1, 0, 0)


async def test_each_volume_has_its_end_but_the_intent_stays_to_its_last(alone: Pool) -> None:
    one, place = alone.uss("one"), somewhere()
    legs = [volume(place, seconds=(0.0, 100.0)), volume(place, (700.0, 800.0), (50.0, 500.0))]
    made = await one.reference(*legs)
    assert (made["time_start"], made["time_end"]) == (legs[0]["time_start"], legs[1]["time_end"])
    alone.clock.pass_s(200.0)
    told(await one.get(INTENTS, made["id"]), 200)
    alone.clock.pass_s(301.0)
    refused(await one.get(INTENTS, made["id"]), 404)


@pytest.mark.soak
async def test_ten_thousand_are_told_as_well_as_two(alone: Pool) -> None:
    """No limit cuts a list without a word, as others of the field do at 10,000."""
    usss, place, count = [alone.uss(f"uss{number}") for number in range(4)], somewhere(), 10_500

    async def fill(first: int) -> None:
        for number in range(first, count, len(usss)):
            await usss[first].intent(volume(place, (number * 4.0, number * 4.0 + 3.0)))

    await asyncio.gather(*(fill(first) for first in range(len(usss))))
    assert len(await found(usss[0], volume(place, None, None))) == count
    body = usss[0].intent_body(volume(place, (0.0, 90_000.0)))
    missing = refused(await usss[0].put(INTENTS, new_id(), body), 409)["missing_operational_intents"]
    assert len({reference["id"] for reference in missing}) == count
    assert missing == sorted(missing, key=lambda reference: reference["id"])
