"""Constraints, availability, reports and what operators ask, over HTTP (ASTM F3548-21, docs/dss.md)."""

import asyncio
import json
from hashlib import sha256
from typing import Any

import httpx
import pytest

import skyparley
from skyparley.node.dss import scopes
from support.dss_http import (
    AVAILABILITY,
    CONSTRAINTS,
    INTENTS,
    REPORTS,
    SUBSCRIPTIONS,
    Json,
    Pool,
    Uss,
    moment,
    new_id,
    notified,
    reference_of,
    refused,
    somewhere,
    told,
    volume,
)

pytestmark = pytest.mark.anyio


async def test_a_constraint_is_created_read_found_replaced_and_deleted(dss: Pool) -> None:
    one, other, place, identifier = dss.uss("one"), dss.uss("other"), somewhere(), new_id()
    where = volume(place, None)  # without altitudes: at all of them
    answer = told(await one.put(CONSTRAINTS, identifier, one.constraint_body(where)), 201)
    created = reference_of(answer)
    expected = {
        "id": identifier,
        "manager": "one",
        "uss_availability": "Unknown",
        "version": 1,
        "time_start": where["time_start"],
        "time_end": where["time_end"],
        "uss_base_url": one.url,
    }
    assert answer == {"constraint_reference": {**expected, "ovn": created["ovn"]}, "subscribers": []}
    assert told(await one.get(CONSTRAINTS, identifier), 200) == {"constraint_reference": created}
    assert told(await other.get(CONSTRAINTS, identifier), 200) == {"constraint_reference": expected}
    for area in (where, volume(place, (90_000.0, 99_000.0), None)):
        assert told(await other.query(CONSTRAINTS, area), 200) == {"constraint_references": [expected]}
    later = volume(somewhere(), (0.0, 100.0), (800.0, 900.0))
    body = one.constraint_body(later)
    changed = reference_of(told(await one.put(CONSTRAINTS, identifier, body, created["ovn"]), 200))
    assert (changed["version"], changed["time_end"]) == (2, later["time_end"])
    assert changed["ovn"] != created["ovn"]
    mark = dss.mark()
    for ovn in (created["ovn"], "ThisIsAnIncorrectOVN"):
        refused(await one.put(CONSTRAINTS, identifier, body, ovn), 409, says="version 2")
        refused(await one.delete(CONSTRAINTS, identifier, ovn), 409, says="version 2")
    refused(await other.put(CONSTRAINTS, identifier, body, changed["ovn"]), 403, says="another USS")
    refused(await other.delete(CONSTRAINTS, identifier, changed["ovn"]), 403, says="another USS")
    refused(await one.put(CONSTRAINTS, new_id(), body, changed["ovn"]), 409, says="create it")
    refused(await one.delete(CONSTRAINTS, new_id(), changed["ovn"]), 404)
    assert dss.mark() == mark
    removed = told(await one.delete(CONSTRAINTS, identifier, changed["ovn"]), 200)
    assert removed == {"constraint_reference": changed, "subscribers": []}
    refused(await one.get(CONSTRAINTS, identifier), 404, says=identifier)


async def test_a_constraint_is_told_to_those_who_asked_for_constraints(dss: Pool) -> None:
    one, authority, place = dss.uss("one"), dss.uss("authority"), somewhere()
    where = volume(place)
    hears = await one.subscribe(where, constraints=True)
    await one.subscribe(where, intents=True)
    both = await one.subscribe(where, intents=True, constraints=True)
    flies = await one.reference(where, new_subscription=one.implicit(constraints=True))
    implicit = flies["subscription_id"]
    made = await authority.constrain(where)
    expected = sorted([(one.url, hears["id"], 1), (one.url, both["id"], 2), (one.url, implicit, 2)])
    assert notified(made) == expected
    reference, body = reference_of(made), authority.constraint_body(volume(somewhere()))
    moved = told(await authority.put(CONSTRAINTS, reference["id"], body, reference["ovn"]), 200)
    assert notified(moved) == [(url, name, index + 1) for url, name, index in expected]  # told that it left
    reference = reference_of(moved)
    assert notified(told(await authority.delete(CONSTRAINTS, reference["id"], reference["ovn"]), 200)) == []


async def test_constraints_belong_into_the_key_if_the_subscription_notifies_of_them(dss: Pool) -> None:
    one, authority, where = dss.uss("one"), dss.uss("authority"), volume(somewhere())
    fences = sorted([reference_of(await authority.constrain(where)) for _ in range(5)], key=lambda fence: fence["id"])
    hidden = [{name: value for name, value in fence.items() if name != "ovn"} for fence in fences]
    ovns = [fence["ovn"] for fence in fences]
    mine = await one.reference(where)  # no subscription, no constraints
    deaf = await one.subscribe(where)
    hears = await one.subscribe(where, intents=True, constraints=True)
    for service, needed in (
        ({"subscription_id": deaf["id"]}, False),
        ({"new_subscription": one.implicit()}, False),
        ({"new_subscription": {"uss_base_url": one.url, "notify_for_constraints": None}}, False),
        ({"subscription_id": hears["id"]}, True),
        ({"new_subscription": one.implicit(constraints=True)}, True),
    ):
        if needed:
            for key in ([], ovns[:4]):
                body = one.intent_body(where, key=key, **service)
                answer = refused(await one.put(INTENTS, mine["id"], body, mine["ovn"]), 409)
                assert answer["missing_constraints"] == hidden[len(key) :]
                assert answer["missing_operational_intents"] == []
        key = ovns if needed else []
        mine = reference_of(await one.change(mine, where, key=key, **service))
    mine = reference_of(
        await one.change(mine, where, state="Nonconforming", new_subscription=one.implicit(constraints=True))
    )
    other = dss.uss("other")
    body = other.intent_body(where, new_subscription=other.implicit(constraints=True))
    answer = refused(await other.put(INTENTS, new_id(), body), 409, says="1 operational intents and 5 constraints")
    assert [item["id"] for item in answer["missing_operational_intents"]] == [mine["id"]]
    assert answer["missing_constraints"] == hidden


async def arbitrate(arbiter: Uss, uss: str, availability: str, old_version: str) -> Json:
    body = {"old_version": old_version, "availability": availability}
    return told(await arbiter.client.put(f"{AVAILABILITY}/{uss}", json=body), 200)


async def test_availability_is_unknown_until_an_arbiter_says_otherwise_by_versions(dss: Pool) -> None:
    arbiter, one = dss.uss("arbiter", scopes.AVAILABILITY_ARBITRATION), dss.uss("one")
    path = f"{AVAILABILITY}/someone"
    expected: Json = {"version": "", "status": {"uss": "someone", "availability": "Unknown"}}
    assert told(await one.client.get(path), 200) == expected
    versions = [""]
    for availability in ("Normal", "down", "Down", "Unknown"):
        answer = await arbitrate(arbiter, "someone", availability, versions[-1])
        assert answer["status"] == {"uss": "someone", "availability": availability.capitalize()}
        assert told(await one.client.get(path), 200) == told(await arbiter.client.get(path), 200) == answer
        versions.append(answer["version"])
    assert len(set(versions)) == 5
    mark = dss.mark()
    for old in (*versions[:-1], "ThisIsAnIncorrectVersion"):
        answer = await arbiter.client.put(path, json={"old_version": old, "availability": "Down"})
        refused(answer, 409, place="old_version", says=versions[-1])
    answer = await arbiter.client.put(f"{AVAILABILITY}/nobody", json={"old_version": old, "availability": "Down"})
    refused(answer, 409, says="never been set")
    answer = await arbiter.client.put(path, json={"old_version": versions[-1], "availability": "Up"})
    refused(answer, 400, place="availability", says="Normal")
    assert dss.mark() == mark
    told(await arbiter.client.put(f"{AVAILABILITY}/other", json={"availability": "Normal"}), 200)
    odd = f"{AVAILABILITY}/ein%20USS,%20Z%C3%BCrich"
    assert told(await one.client.get(odd), 200)["status"]["uss"] == "ein USS, Zürich"


async def test_a_uss_that_is_down_writes_only_what_is_flown(dss: Pool) -> None:
    arbiter, down, where = dss.uss("arbiter", scopes.AVAILABILITY_ARBITRATION), dss.uss("down"), volume(somewhere())
    implicit: dict[str, Any] = {"new_subscription": down.implicit()}
    made = await down.reference(where, **implicit)
    said = await arbitrate(arbiter, "down", "Down", "")
    assert reference_of(told(await down.get(INTENTS, made["id"]), 200))["uss_availability"] == "Down"
    mark = dss.mark()
    refused(await down.put(INTENTS, new_id(), down.intent_body(where)), 412, says="Down")
    for state in ("Accepted", "Activated"):
        body = down.intent_body(where, state=state, **implicit)
        answer = refused(await down.put(INTENTS, made["id"], body, made["ovn"]), 412, says=state)
        assert answer["error"]["code"] == "uss_down"
    refused(await down.delete(INTENTS, made["id"], made["ovn"]), 412, says="delete")
    assert dss.mark() == mark
    made = reference_of(await down.change(made, where, state="Nonconforming", **implicit))
    made = reference_of(await down.change(made, where, state="Contingent", **implicit))
    refused(await down.delete(INTENTS, made["id"], made["ovn"]), 412)
    subscription = await down.subscribe(where)
    told(await down.delete(SUBSCRIPTIONS, subscription["id"], subscription["version"]), 200)
    reference_of(await down.constrain(where))
    for availability in ("Unknown", "Down", "Normal"):
        said = await arbitrate(arbiter, "down", availability, said["version"])
    await down.remove(made)
    await down.reference(where)


async def test_others_keys_may_lack_the_accepted_intents_of_a_uss_that_is_down(dss: Pool) -> None:
    arbiter = dss.uss("arbiter", scopes.AVAILABILITY_ARBITRATION)
    away, one, other, where = dss.uss("away"), dss.uss("one"), dss.uss("other"), volume(somewhere())
    planned = await away.reference(where)
    flown = await away.reference(where, key=[planned["ovn"]])
    flown = reference_of(await away.change(flown, where, state="Nonconforming", new_subscription=away.implicit()))
    refused(await one.put(INTENTS, new_id(), one.intent_body(where)), 409, says="2 operational intents")
    said = await arbitrate(arbiter, "away", "Down", "")
    answer = refused(await one.put(INTENTS, new_id(), one.intent_body(where)), 409)
    (missing,) = answer["missing_operational_intents"]
    assert (missing["id"], missing["uss_availability"]) == (flown["id"], "Down")
    mine = await one.reference(where, key=[flown["ovn"]])
    await arbitrate(arbiter, "away", "Normal", said["version"])
    answer = refused(await other.put(INTENTS, new_id(), other.intent_body(where, key=[flown["ovn"]])), 409)
    expected = sorted([planned["id"], mine["id"]])
    assert [item["id"] for item in answer["missing_operational_intents"]] == expected
    await other.intent(where, key=[planned["ovn"], flown["ovn"], mine["ovn"]])


async def test_a_report_is_kept_here_and_its_digest_in_the_log(dss: Pool) -> None:
    one = dss.uss("one")
    exchange = {
        "url": "https://two.example/uss/v1/operational_intents/7c1c05f5-21ed-4aaa-b6d2-e08b035d53fb",
        "method": "GET",
        "headers": ["Authorization: Bearer eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl", "Accept: application/json"],
        "recorder_role": "Client",
        "request_time": moment(-60.0),
        "request_body": "",
        "response_time": moment(-59.0),
        "response_body": "e30=",
        "response_code": 500,
        "problem": "no details for an hour",
    }
    before, _ = dss.mark()
    answers = [told(await one.client.post(REPORTS, json={"exchange": exchange}), 201) for _ in range(2)]
    assert len({answer["report_id"] for answer in answers}) == 2
    headers = [exchange["headers"][0].rpartition(".")[0] + ".[signature removed]", exchange["headers"][1]]
    assert answers[0]["exchange"] == {**exchange, "headers": headers}
    assert dss.mark()[0] == before + 2
    async for group in dss.node.engine.log.entries(before):
        commands = [json.loads(entry.body) for entry in group]
        break
    assert [(one["kind"], one["report_id"]) for one in commands] == [
        ("file_report", answer["report_id"]) for answer in answers
    ]
    kept = dss.node.vault.body(commands[0]["report_digest"])
    assert sha256(kept).hexdigest() == commands[0]["report_digest"]
    assert b"no details for an hour" in kept
    assert b"c2lnbmF0dXJl" not in kept
    body = {"exchange": exchange, "report_id": new_id()}
    refused(await one.client.post(REPORTS, json=body), 400, place="report_id", says="leave it out")


async def test_operators_learn_version_token_and_pool(dss: Pool) -> None:
    one, monitor = dss.uss("one"), dss.uss("monitor", scopes.POOL_STATUS, scopes.SYSTEM_VERSIONS)
    async with httpx.AsyncClient(base_url=dss.url) as anyone:
        assert told(await anyone.get("/aux/v1/version"), 200) == {"version": skyparley.__version__}
        assert (await anyone.get("/healthy")).status_code == 200
    mine = {
        "subject": "monitor",
        "scopes": ["interuss.pool_status.read", "interuss.versioning.read_system_versions"],
    }
    assert told(await monitor.client.get("/aux/v1/validate_oauth"), 200) == mine
    assert told(await monitor.client.get("/aux/v1/validate_oauth?owner=monitor"), 200) == mine
    refused(await one.client.get("/aux/v1/validate_oauth?owner=monitor"), 403, place="query owner")
    refused(await one.client.get("/aux/v1/validate_oauth?own=monitor"), 400, place="query own", says="owner")
    version = {"system_identity": "skyparley.dss", "system_version": skyparley.__version__}
    assert told(await monitor.client.get("/versions/skyparley.dss"), 200) == version
    refused(await monitor.client.get("/versions/another.system"), 404, says="skyparley.dss")
    where = volume(somewhere())
    before = told(await monitor.client.get("/aux/v1/pool"), 200)
    await asyncio.gather(one.reference(where), one.constrain(where), one.subscribe(where))
    after = told(await monitor.client.get("/aux/v1/pool"), 200)
    assert before["dss_id"] == after["dss_id"] == dss.node.pool
    assert {name: after[name] - before[name] for name in ("operational_intents", "constraints", "subscriptions")} == {
        "operational_intents": 1,
        "constraints": 1,
        "subscriptions": 1,
    }
    assert (after["sequence"], after["state_hash"]) == dss.mark()
    assert after["sequence"] == before["sequence"] + 3


async def test_a_reference_has_a_history_for_its_manager_and_the_operator(dss: Pool) -> None:
    one, other, where = dss.uss("one"), dss.uss("other"), volume(somewhere())
    arbiter = dss.uss("arbiter", scopes.AVAILABILITY_ARBITRATION)
    made = await one.reference(where)
    changed = reference_of(await one.change(made, where, state="Activated", new_subscription=one.implicit()))
    await one.remove(changed)
    await arbitrate(arbiter, "judged", "Down", "")
    operator = {"Authorization": f"Bearer {(await dss.node.access.create_operator_key()).api_key}"}
    path = f"/aux/v1/history/{made['id']}"
    told_here = told(await one.client.get(path), 200)
    assert told_here["id"] == made["id"]
    changes = told_here["changes"]
    assert [(item["kind"], item["change"], item["manager"]) for item in changes] == [
        ("operational_intent", "created", "one"),
        ("operational_intent", "changed", "one"),
        ("operational_intent", "deleted", "one"),
    ]
    assert [item["state"] for item in changes[:2]] == ["Accepted", "Activated"]
    assert changes == sorted(changes, key=lambda item: item["sequence"])
    async with httpx.AsyncClient(base_url=dss.url, headers=operator) as client:
        assert told(await client.get(path), 200) == told_here
        refused(await client.get(f"/aux/v1/history/{new_id()}"), 404)
    served = told(await one.client.get(f"/aux/v1/history/{changed['subscription_id'].upper()}"), 200)["changes"]
    assert [(item["kind"], item["change"], item["intent"], item["state"]) for item in served] == [
        ("served_intent", "changed", made["id"], "Activated"),
        ("served_intent", "deleted", made["id"], "Activated"),
    ]
    told(await dss.uss("judged").client.get("/aux/v1/history/judged"), 200)
    refused(await other.client.get(path), 403, says="manager")
    for uss in (one, arbiter):
        refused(await uss.client.get("/aux/v1/history/judged"), 403, says="manager")


async def test_a_report_is_read_by_the_operator_only(dss: Pool) -> None:
    one = dss.uss("one")
    exchange = {"url": "x", "method": "GET", "recorder_role": "Client", "request_time": moment(0), "problem": "none"}
    kept = told(await one.client.post(REPORTS, json={"exchange": exchange}), 201)
    path = f"/aux/v1/reports/{kept['report_id']}"
    operator = {"Authorization": f"Bearer {(await dss.node.access.create_operator_key()).api_key}"}
    async with httpx.AsyncClient(base_url=dss.url, headers=operator) as client:
        body = told(await client.get(path), 200)
        assert body["exchange"] == exchange
        assert (await client.get(f"/aux/v1/reports/{new_id()}")).status_code == 404
    assert (await one.client.get(path)).status_code == 401
