"""Who may ask what: keys, roles, and the demo's observer."""

import pytest

from skyparley.web.app import ENDPOINTS
from support.serving import World, operation

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic YTpi", "Bearer sp_0_0", "Bearer " + "a" * 5000])
async def test_a_wrong_key_is_refused_everywhere(demo: World, header: str) -> None:
    async with demo.client() as client:
        for endpoint in ENDPOINTS:
            if endpoint.access != "public":
                path = endpoint.path.replace("{operation_id:path}", "op")
                answer = await client.request(endpoint.method, path, headers={"Authorization": header})
                assert answer.status_code == 401, endpoint
                assert answer.headers["www-authenticate"].startswith("Bearer")
                assert answer.json()["error"]["code"] == "unauthenticated"


async def test_without_a_key_only_what_is_public(here: World) -> None:
    async with here.client() as client:
        for endpoint in ENDPOINTS:
            path = endpoint.path.replace("{operation_id:path}", "op")
            if endpoint.access != "public":
                assert (await client.request(endpoint.method, path)).status_code == 401, endpoint
        assert (await client.get("/v1/openapi.json")).status_code == 200


async def test_the_observer_reads_and_checks_and_nothing_else(demo: World) -> None:
    async with demo.client(demo.alpha) as alpha, demo.client() as observer:
        await alpha.post("/v1/operations", json=operation("op"))
        me = (await observer.get("/v1/me")).json()
        assert (me["role"], me["party"], me["observer_available"]) == ("observer", None, True)
        (seen,) = (await observer.get("/v1/operations")).json()["items"]
        assert seen["operation_id"] == "op"
        checked = await observer.post("/v1/operations/check", json=operation("mine"))
        assert len(checked.json()["conflicts"]) == 1
        for path in (
            "/v1/operations",
            "/v1/hazards",
            "/v1/operations/op/cancel",
            "/v1/parties",
            "/v1/parties/alpha/keys",
        ):
            assert (await observer.post(path, json={})).status_code == 401
        assert (await observer.put("/v1/operations/op", json={})).status_code == 401
        assert (await observer.get("/v1/parties/alpha/keys")).status_code == 401


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:8080", "127.1.2.3", "[::1]", "[::1]:8080"])
async def test_the_observer_may_use_any_loopback_name(demo: World, host: str) -> None:
    async with demo.client() as client:
        assert (await client.get("/v1/me", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8080", "", "[::2]"])
async def test_a_foreign_name_that_points_here_is_refused(demo: World, host: str) -> None:
    async with demo.client() as client:
        assert (await client.get("/v1/me", headers={"Host": host})).status_code == 401
        assert (await client.get("/metrics", headers={"Host": host})).status_code == 401


@pytest.mark.parametrize("address", ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1", "unknown"])
async def test_the_observer_must_be_on_this_machine(demo: World, address: str) -> None:
    async with demo.client(address=address) as client:
        assert (await client.get("/v1/me")).status_code == 401
        assert (await client.get("/metrics")).status_code == 401


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
async def test_a_proxy_on_this_machine_is_not_this_machine(demo: World, header: str) -> None:
    async with demo.client() as client:
        assert (await client.get("/v1/me", headers={header: "127.0.0.1"})).status_code == 401


async def test_metrics_from_elsewhere_need_the_operators_key(here: World) -> None:
    async with here.client(here.operator, address="192.0.2.7") as operator:
        assert (await operator.get("/metrics")).status_code == 200
    async with here.client(here.alpha, address="192.0.2.7") as alpha:
        assert (await alpha.get("/metrics")).status_code == 403


async def test_a_party_may_not_do_what_is_the_operators_and_the_reverse(here: World) -> None:
    async with here.client(here.alpha) as alpha, here.client(here.operator) as operator:
        assert (await alpha.post("/v1/parties/alpha/keys")).status_code == 403
        assert (await alpha.get("/v1/parties/alpha/keys")).status_code == 403
        assert (await operator.post("/v1/operations", json=operation("op"))).status_code == 403


async def test_others_operations_are_not_found(here: World) -> None:
    async with here.client(here.alpha) as alpha, here.client(here.bravo) as bravo:
        await alpha.post("/v1/operations", json=operation("secret"))
        assert (await bravo.get("/v1/operations/secret")).status_code == 404
        assert (await bravo.get("/v1/operations/secret", params={"party": "alpha"})).status_code == 404
        assert (await bravo.get("/v1/operations")).json()["items"] == []
        assert (await bravo.post("/v1/operations/secret/cancel", json={"version": 1})).status_code == 404
