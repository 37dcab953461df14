"""Who is let in: every route of the DSS with every scope alone, without a token, and with tokens of no use.

What a route answers to those whom it lets in is known, so that nobody passes for let in who was refused otherwise.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest

from skyparley.node.dss import scopes
from skyparley.web.app import ENDPOINTS
from support import uss
from support.dss_http import (
    AVAILABILITY,
    CONSTRAINTS,
    INTENTS,
    REPORTS,
    SUBSCRIPTIONS,
    Json,
    Pool,
    moment,
    new_id,
    refused,
    somewhere,
    told,
    volume,
)
from support.tokens import P256

pytestmark = pytest.mark.anyio
PLANNING = scopes.STRATEGIC_COORDINATION
MONITORING = scopes.CONFORMANCE_MONITORING
MANAGING = scopes.CONSTRAINT_MANAGEMENT
PROCESSING = scopes.CONSTRAINT_PROCESSING
ARBITRATION = scopes.AVAILABILITY_ARBITRATION
STANDARD = {PLANNING, MONITORING, MANAGING, PROCESSING, ARBITRATION}
EVERY = (*sorted(STANDARD), scopes.POOL_STATUS, scopes.SYSTEM_VERSIONS, "utm.another", "")
OVN = "an-ovn-that-is-nobodys"
URL = "https://uss.example"


def area() -> Json:
    return {"area_of_interest": volume(somewhere())}


def intent(state: str, **more: Any) -> Callable[[], Json]:
    return lambda: {"extents": [volume(somewhere())], "state": state, "uss_base_url": URL, **more}


def implicit(*, constraints: bool = False) -> Json:
    return {"new_subscription": {"uss_base_url": URL, "notify_for_constraints": constraints}}


def fence() -> Json:
    return {"extents": [volume(somewhere())], "uss_base_url": URL}


def listening(*kinds: str) -> Callable[[], Json]:
    wanted = {f"notify_for_{kind}": True for kind in kinds}
    return lambda: {"extents": volume(somewhere()), "uss_base_url": URL, **wanted}


def report() -> Json:
    exchange = {"url": URL, "method": "GET", "recorder_role": "Client", "request_time": moment(-1.0)}
    return {"exchange": exchange}


def word() -> Json:
    return {"old_version": "", "availability": "Normal"}


@dataclass(frozen=True)
class Asked:
    """A request, which scopes are enough for it, and its status for those who have one."""

    method: str
    path: str
    enough: frozenset[str]
    status: int
    body: Callable[[], Json] | None = None

    def url(self) -> str:
        return self.path.format(id=new_id())


def asked(method: str, path: str, enough: set[str], status: int, body: Callable[[], Json] | None = None) -> Asked:
    return Asked(method, path, frozenset(enough), status, body)


ANY = set(EVERY)
REQUESTS: dict[str, Asked] = {
    "query intents": asked("POST", f"{INTENTS}/query", {PLANNING, MONITORING}, 200, area),
    "read an intent": asked("GET", f"{INTENTS}/{{id}}", {PLANNING, MONITORING}, 404),
    "create an intent": asked("PUT", f"{INTENTS}/{{id}}", {PLANNING}, 201, intent("Accepted")),
    "create one with a subscription": asked(
        "PUT", f"{INTENTS}/{{id}}", {PLANNING}, 201, intent("Accepted", **implicit())
    ),
    "create one that hears of constraints": asked(
        "PUT", f"{INTENTS}/{{id}}", set(), 0, intent("Accepted", **implicit(constraints=True))
    ),
    "activate an intent": asked("PUT", f"{INTENTS}/{{id}}/{OVN}", {PLANNING}, 400, intent("Activated", **implicit())),
    "leave its volumes": asked(
        "PUT", f"{INTENTS}/{{id}}/{OVN}", {MONITORING}, 400, intent("Nonconforming", **implicit())
    ),
    "declare a contingency": asked(
        "PUT", f"{INTENTS}/{{id}}/{OVN}", {MONITORING}, 400, intent("Contingent", **implicit())
    ),
    "delete an intent": asked("DELETE", f"{INTENTS}/{{id}}/{OVN}", {PLANNING, MONITORING}, 404),
    "query constraints": asked("POST", f"{CONSTRAINTS}/query", {MANAGING, PROCESSING}, 200, area),
    "read a constraint": asked("GET", f"{CONSTRAINTS}/{{id}}", {MANAGING, PROCESSING}, 404),
    "create a constraint": asked("PUT", f"{CONSTRAINTS}/{{id}}", {MANAGING}, 201, fence),
    "replace a constraint": asked("PUT", f"{CONSTRAINTS}/{{id}}/{OVN}", {MANAGING}, 409, fence),
    "delete a constraint": asked("DELETE", f"{CONSTRAINTS}/{{id}}/{OVN}", {MANAGING}, 404),
    "query subscriptions": asked("POST", f"{SUBSCRIPTIONS}/query", {PLANNING, PROCESSING}, 200, area),
    "read a subscription": asked("GET", f"{SUBSCRIPTIONS}/{{id}}", {PLANNING, PROCESSING}, 404),
    "subscribe to intents": asked("PUT", f"{SUBSCRIPTIONS}/{{id}}", {PLANNING}, 200, listening("operational_intents")),
    "subscribe to constraints": asked("PUT", f"{SUBSCRIPTIONS}/{{id}}", {PROCESSING}, 200, listening("constraints")),
    "subscribe to both": asked(
        "PUT", f"{SUBSCRIPTIONS}/{{id}}", set(), 0, listening("operational_intents", "constraints")
    ),
    "replace a subscription": asked(
        "PUT", f"{SUBSCRIPTIONS}/{{id}}/{OVN}", {PLANNING}, 409, listening("operational_intents")
    ),
    "delete a subscription": asked("DELETE", f"{SUBSCRIPTIONS}/{{id}}/{OVN}", {PLANNING, PROCESSING}, 404),
    "read availability": asked("GET", f"{AVAILABILITY}/{{id}}", {ARBITRATION, PLANNING, MONITORING}, 200),
    "set availability": asked("PUT", f"{AVAILABILITY}/{{id}}", {ARBITRATION}, 200, word),
    "report": asked("POST", REPORTS, STANDARD, 201, report),
    "whose token it is": asked("GET", "/aux/v1/validate_oauth", ANY, 200),
    "a history": asked("GET", "/aux/v1/history/{id}", ANY, 404),
    "the pool": asked("GET", "/aux/v1/pool", {scopes.POOL_STATUS}, 200),
    "a system's version": asked("GET", "/versions/skyparley.dss", {scopes.SYSTEM_VERSIONS}, 200),
}


async def send(client: httpx.AsyncClient, request: Asked, headers: dict[str, str]) -> httpx.Response:
    body = None if request.body is None else request.body()
    return await client.request(request.method, request.url(), json=body, headers=headers)


def test_every_route_that_takes_a_token_is_asked_here() -> None:
    routes = {(one.method, one.path) for one in ENDPOINTS if one.access == "token"}
    names = {"{entityid}": "{id}", "{subscriptionid}": "{id}", "{uss_id}": "{id}", "{ovn:path}": OVN}
    names |= {"{version:path}": OVN, "{system_identity}": "skyparley.dss", "{reference}": "{id}"}
    for name, text in names.items():
        routes = {(method, path.replace(name, text)) for method, path in routes}
    assert routes == {(one.method, one.path) for one in REQUESTS.values()}
    assert len([path for _, path in routes if path.startswith("/dss/v1/")]) == 18
    others = {one.path: one.access for one in ENDPOINTS if one.path.startswith(("/dss/", "/aux/", "/versions/"))}
    assert {path for path, access in others.items() if access == "public"} == {"/aux/v1/version"}
    assert {path for path, access in others.items() if access == "key"} == {"/aux/v1/reports/{report_id}"}


@pytest.mark.parametrize("name", REQUESTS)
async def test_a_scope_alone_lets_in_where_it_is_enough_and_nowhere_else(dss: Pool, name: str) -> None:
    request = REQUESTS[name]
    async with httpx.AsyncClient(base_url=dss.url) as client:
        for scope in EVERY:
            mark = dss.mark()
            answer = await send(client, request, uss.bearer("uss", scope))
            if scope in request.enough:
                assert answer.status_code == request.status, (scope, answer.text)
                continue
            said = refused(answer, 403)
            assert said["error"]["code"] == "forbidden"
            wanted = request.enough or {PLANNING, PROCESSING}
            assert any(one in said["message"] for one in wanted), (scope, said)
            assert dss.mark() == mark


@pytest.mark.parametrize(
    ("name", "granted", "lacks"),
    [
        ("leave its volumes", {PLANNING}, {MONITORING}),
        ("declare a contingency", {PLANNING}, {MONITORING}),
        ("create an intent", {MONITORING}, {PLANNING}),
        ("activate an intent", {MONITORING}, {PLANNING}),
        ("create one that hears of constraints", {PLANNING}, {PROCESSING}),
        ("subscribe to intents", {PROCESSING}, {PLANNING}),
        ("subscribe to constraints", {PLANNING}, {PROCESSING}),
        ("subscribe to both", {PLANNING}, {PROCESSING}),
        ("read an intent", {MANAGING}, {PLANNING, MONITORING}),
        ("set availability", {PLANNING}, {ARBITRATION}),
        ("the pool", STANDARD, {scopes.POOL_STATUS}),
        ("report", {scopes.POOL_STATUS}, STANDARD),
    ],
)
async def test_a_refusal_names_what_lacks(dss: Pool, name: str, granted: set[str], lacks: set[str]) -> None:
    async with httpx.AsyncClient(base_url=dss.url) as client:
        message = refused(await send(client, REQUESTS[name], uss.bearer("uss", *granted)), 403)["message"]
    assert {scope for scope in EVERY[:-1] if scope in message} == lacks


async def test_both_scopes_together_let_in_where_both_are_needed(dss: Pool) -> None:
    async with httpx.AsyncClient(base_url=dss.url) as client:
        for name, status in (("create one that hears of constraints", 201), ("subscribe to both", 200)):
            told(await send(client, REQUESTS[name], uss.bearer("uss", PLANNING, PROCESSING)), status)


def claims(**changes: Any) -> dict[str, Any]:
    good = {"sub": "uss", "aud": uss.AUDIENCE, "scope": " ".join(EVERY), "exp": time.time() + 600, **changes}
    return {name: value for name, value in good.items() if value is not None}


def signed(**changes: Any) -> str:
    return f"Bearer {jwt.encode(claims(**changes), uss._KEY, 'ES256')}"


OF_NO_USE: dict[str, Callable[[], str | None]] = {
    "no token": lambda: None,
    "an empty token": lambda: "Bearer",
    "another scheme": lambda: "Basic dXNzOnVzcw==",
    "a token without its scheme": lambda: signed().partition(" ")[2],
    "no token at all": lambda: "Bearer let-me-in",
    "an API key": lambda: "Bearer sp_0123456789abcdef_0123456789abcdef0123456789abcdef",
    "one that is over": lambda: signed(exp=time.time() - 1),
    "one without an end": lambda: signed(exp=None),
    "one of tomorrow": lambda: signed(nbf=time.time() + 86_400),
    "one for somebody else": lambda: signed(aud="another.example"),
    "one for nobody": lambda: signed(aud=None),
    "one without a subject": lambda: signed(sub=None),
    "one that another key signed": lambda: f"Bearer {jwt.encode(claims(), P256, 'ES256')}",
    "one that nobody signed": lambda: f"Bearer {jwt.encode(claims(), None, 'none')}",
    "one that was changed": lambda: signed()[:-8] + "AAAAAAAA",
}


@pytest.mark.parametrize("name", OF_NO_USE)
async def test_a_token_of_no_use_lets_in_nowhere(dss: Pool, name: str) -> None:
    header = OF_NO_USE[name]()
    headers = {} if header is None else {"Authorization": header}
    mark = dss.mark()
    async with httpx.AsyncClient(base_url=dss.url) as client:
        for request in REQUESTS.values():
            answer = await send(client, request, headers)
            said = refused(answer, 401)
            assert said["error"]["code"] == "unauthenticated"
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert "utm." not in said["message"]
    assert dss.mark() == mark


async def test_a_key_of_a_party_and_a_token_of_a_uss_do_not_open_each_others_routes(alone: Pool) -> None:
    operator = (await alone.node.access.create_operator_key()).api_key
    author = alone.node.authenticate(operator)
    await alone.node.register_party(author, "alpha", "Alpha", "civil_ats")
    party = (await alone.node.create_key(author, "alpha")).api_key
    async with httpx.AsyncClient(base_url=alone.url) as client:
        for key in (operator, party):
            refused(await send(client, REQUESTS["create an intent"], {"Authorization": f"Bearer {key}"}), 401)
            assert (await client.get("/v1/operations", headers={"Authorization": f"Bearer {key}"})).is_success
        token = uss.bearer("alpha", *EVERY)
        assert (await client.get("/v1/operations", headers=token)).status_code == 401
        assert (await client.post("/v1/operations", json={}, headers=token)).status_code == 401
