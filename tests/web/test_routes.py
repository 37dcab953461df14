"""The paths of the API, end to end over a real node."""

import pytest

from skyparley.node.reading.views import Answer
from support.serving import World, operation, time_in, volume

pytestmark = pytest.mark.anyio


async def test_two_parties_that_clash_both_learn_of_it(here: World) -> None:
    async with here.client(here.alpha) as alpha, here.client(here.bravo) as bravo:
        first = await alpha.post("/v1/operations", json=operation("survey/7"))
        assert first.status_code == 201
        assert first.json()["conflicts"] == []
        second = await bravo.post("/v1/operations", json=operation("b-1"))
        assert second.status_code == 201
        answer = second.json()
        assert answer["checked_through"] >= answer["sequence"]
        (conflict,) = answer["conflicts"]
        assert conflict["rule"] == "volume_overlap"
        assert conflict["b"] == {"party": "bravo", "operation_id": "b-1"}
        assert conflict["a"] == {"party": "alpha", "operation_id": None}
        (seen,) = (await alpha.get("/v1/conflicts")).json()["items"]
        assert seen["conflict_id"] == conflict["conflict_id"]
        assert seen["a"] == {"party": "alpha", "operation_id": "survey/7"}
        one = (await alpha.get(f"/v1/conflicts/{conflict['conflict_id']}")).json()
        (part,) = one.pop("overlap")
        assert one.pop("overlap_left_out") == 0
        assert one == seen
        assert len(part["polygon"]["vertices"]) >= 3
        assert part["lower_m"] < part["upper_m"]
        assert (part["begin"], part["end"]) == (one["first_time"], one["last_time"])


async def test_identifiers_may_contain_slashes_and_the_words_of_actions(here: World) -> None:
    async with here.client(here.alpha) as alpha:
        for name in ("a/b/activate", "check", "x+y:z"):
            filed = await alpha.post("/v1/operations", json=operation(name))
            assert filed.status_code == 201
            got = await alpha.get(f"/v1/operations/{name}")
            assert got.json()["operation_id"] == name
        acted = await alpha.post("/v1/operations/a/b/activate/activate", json={"version": 1})
        assert acted.json()["operation"]["state"] == "activated"


async def test_the_life_of_an_operation(here: World) -> None:
    async with here.client(here.alpha) as alpha:
        await alpha.post("/v1/operations", json=operation("op"))
        amended = await alpha.put("/v1/operations/op", json={**operation("op", volume(47.2)), "version": 1})
        assert amended.status_code == 200
        version = amended.json()["operation"]["version"]
        stale = await alpha.post("/v1/operations/op/activate", json={"version": 1})
        assert stale.status_code == 409
        activated = await alpha.post("/v1/operations/op/activate", json={"version": version})
        assert activated.json()["operation"]["state"] == "activated"
        version = activated.json()["operation"]["version"]
        ended = await alpha.post("/v1/operations/op/end", json={"version": version})
        assert ended.json()["operation"]["state"] == "ended"
        assert (await alpha.get("/v1/operations/op")).status_code == 404


async def test_an_identifier_cannot_be_changed(here: World) -> None:
    async with here.client(here.alpha) as alpha:
        await alpha.post("/v1/operations", json=operation("op"))
        refused = await alpha.put("/v1/operations/op", json={**operation("other"), "version": 1})
        assert refused.status_code == 400
        assert refused.json()["error"]["place"] == "operation_id"


async def test_a_dry_run_files_nothing(here: World) -> None:
    async with here.client(here.alpha) as alpha, here.client(here.bravo) as bravo:
        await alpha.post("/v1/operations", json=operation("op"))
        checked = await bravo.post("/v1/operations/check", json=operation("mine"))
        assert checked.status_code == 200
        assert len(checked.json()["conflicts"]) == 1
        assert (await bravo.get("/v1/operations")).json()["items"] == []


async def test_hazards_are_seen_by_everybody(here: World) -> None:
    body = {"operation_id": "range", "hazard_kind": "firing", "confirmed": False, "volumes": [volume()]}
    async with here.client(here.alpha) as alpha, here.client(here.bravo) as bravo:
        declared = await alpha.post("/v1/hazards", json=body)
        assert declared.status_code == 201
        (seen,) = (await bravo.get("/v1/hazards")).json()["items"]
        assert seen["hazard_kind"] == "firing"
        confirmed = await alpha.post("/v1/hazards/range/confirm", json={"version": 1})
        assert confirmed.status_code == 200
        version = confirmed.json()["operation"]["version"]
        retracted = await alpha.post("/v1/hazards/range/retract", json={"version": version})
        assert retracted.json()["operation"]["state"] == "retracted"
        assert (await bravo.get("/v1/hazards")).json() == {"items": [], "next": None}


async def test_lists_are_cut_into_pages_and_by_area_and_time(here: World) -> None:
    async with here.client(here.alpha) as alpha:
        for number in range(5):
            await alpha.post("/v1/operations", json=operation(f"op-{number}", volume(40.0 + number)))
        found, after = [], None
        while True:
            page = (
                await alpha.get("/v1/operations", params={"limit": 2, **({"after": after} if after else {})})
            ).json()
            found += [item["operation_id"] for item in page["items"]]
            after = page["next"]
            if after is None:
                break
        assert found == [f"op-{number}" for number in range(5)]
        near = (await alpha.get("/v1/operations", params={"bbox": "7,41.5,8,42.5"})).json()["items"]
        assert [item["operation_id"] for item in near] == ["op-2"]
        later = await alpha.get("/v1/operations", params={"begin": time_in(3000), "end": time_in(4000)})
        assert later.json()["items"] == []


async def test_a_repeated_command_gets_its_first_answer(here: World) -> None:
    async with here.client(here.alpha) as alpha:
        body, key = operation("op"), {"Idempotency-Key": "once"}
        first = await alpha.post("/v1/operations", json=body, headers=key)
        again = await alpha.post("/v1/operations", json=body, headers=key)
        assert again.status_code == 201
        assert again.json() == first.json()
        other = await alpha.post("/v1/operations", json=operation("op-2"), headers=key)
        assert other.status_code == 409
        assert other.json()["error"]["code"] == "idempotency_key_reused"


async def test_the_claimed_time_is_bounded(here: World) -> None:
    async with here.client(here.alpha) as alpha:
        near = await alpha.post("/v1/operations", json=operation("a"), headers={"Skyparley-Claimed-Time": time_in(-3)})
        assert near.status_code == 201
        for text in (time_in(-4000), "2030-01-01T00:00:00", "yesterday"):
            far = await alpha.post("/v1/operations", json=operation("b"), headers={"Skyparley-Claimed-Time": text})
            assert far.status_code == 400


async def test_parties_and_keys(here: World) -> None:
    async with here.client(here.operator) as operator:
        body = {"party": "rescue", "name": "Alpine Rescue", "kind": "humanitarian"}
        assert (await operator.post("/v1/parties", json=body)).status_code == 201
        assert (await operator.post("/v1/parties", json=body)).status_code == 409
        names = [item["party"] for item in (await operator.get("/v1/parties")).json()["items"]]
        assert names == ["alpha", "bravo", "rescue"]
        made = await operator.post("/v1/parties/rescue/keys")
        assert made.status_code == 201
        key = made.json()
        async with here.client(key["api_key"]) as rescue:
            assert (await rescue.get("/v1/me")).json()["party"] == "rescue"
            (listed,) = (await operator.get("/v1/parties/rescue/keys")).json()["items"]
            assert listed["key_id"] == key["key_id"]
            assert "api_key" not in listed
            gone = await operator.delete(f"/v1/parties/rescue/keys/{key['key_id']}")
            assert (gone.status_code, gone.content) == (204, b"")
            assert (await rescue.get("/v1/me")).status_code == 401


async def test_status_health_and_metrics(here: World) -> None:
    async with here.client(here.alpha) as alpha:
        filed = Answer(**(await alpha.post("/v1/operations", json=operation("op"))).json())
        status = (await alpha.get("/v1/status")).json()
        assert (status["operations"], status["conflicts"]) == (1, 0)
        assert status["sequence"] >= filed.sequence
        async with here.client(here.bravo) as bravo:
            other = (await bravo.get("/v1/status")).json()
            assert (other["operations"], other["state_hash"]) == (0, status["state_hash"])
            assert len((await bravo.post("/v1/operations", json=operation("its"))).json()["conflicts"]) == 1
            assert [(await c.get("/v1/status")).json()["conflicts"] for c in (alpha, bravo)] == [1, 1]
        async with here.client(here.operator) as operator:
            assert (await operator.get("/v1/status")).json()["operations"] == 2
        assert (await alpha.get("/healthy")).json() == {"status": "ok"}
        text = (await alpha.get("/metrics")).text
        assert 'skyparley_http_requests_total{method="POST",route="/v1/operations",status="201"} 2.0' in text
        assert "skyparley_live_operations 2.0" in text
        assert 'skyparley_http_request_seconds_count{route="/v1/status"} 5.0' in text


async def test_a_node_that_is_not_ready_says_so(here: World) -> None:
    here.node.hold = "the demo is filing its first operations"
    async with here.client() as anyone:
        health = await anyone.get("/healthy")
        assert health.status_code == 503
        assert health.json()["status"] == "starting"
        assert health.json()["error"]["code"] == "not_healthy"
        assert health.headers["retry-after"] == "1"
