"""People over real routes: every role against every route that takes a right; streams end with their session."""

import asyncio
from pathlib import Path

import httpx
import pytest

from skyparley.node.people.rights import RIGHTS, ROLES
from skyparley.web.app import ENDPOINTS
from support.serving import World, served, world

pytestmark = pytest.mark.anyio
PASSWORD = "correct horse battery"
WITH_A_KEY = [endpoint for endpoint in ENDPOINTS if endpoint.access == "key"]


async def log_in(client: httpx.AsyncClient, there: World, role: str) -> dict[str, str]:
    """A person of alpha with a role, logged in: the header that says so."""
    person = {"login": role, "name": role.title(), "role": role, "password": PASSWORD}
    key = {"Authorization": f"Bearer {there.alpha}"}
    assert (await client.post("/v1/people", json=person, headers=key)).status_code == 201
    answer = await client.post("/v1/sessions", json={"party": "alpha", "login": role, "password": PASSWORD})
    assert answer.status_code == 201
    return {"Authorization": f"Bearer {answer.json()['token']}"}


async def test_every_role_against_every_route(tmp_path: Path) -> None:
    async with world(tmp_path) as there, there.client() as client:
        headers = {role: await log_in(client, there, role) for role in ROLES}
        for endpoint in WITH_A_KEY:
            path = endpoint.path.replace(":path", "")
            for word in (
                "operation_id",
                "agreement_id",
                "dialogue_id",
                "post",
                "login",
                "party",
                "key_id",
                "session_id",
            ):
                path = path.replace(f"{{{word}}}", "none")
            path = path.replace("{number}", "1").replace("{conflict_id}", "none")
            for role in ROLES:
                answer = await client.request(endpoint.method, path, json={}, headers=headers[role])
                told = answer.json()["error"]["message"] if answer.status_code == 403 else ""
                refused = told.startswith("this takes the role")
                assert refused == (endpoint.right not in RIGHTS[role]), (endpoint.method, path, role, answer.text)


async def test_what_changes_something_declares_its_right() -> None:
    reading = {
        "checkOperation",
        "receiveMessages",
        "endSession",
        "setPassword",
        "registerParty",
        "createKey",
        "revokeKey",
        "cosign",
        "deleteWords",
    }
    for endpoint in WITH_A_KEY:
        assert (endpoint.right == "read") == (endpoint.method == "GET" or endpoint.name in reading), endpoint.name


async def test_who_i_am(tmp_path: Path) -> None:
    async with world(tmp_path) as there, there.client() as client:
        headers = await log_in(client, there, "officer")
        me = (await client.get("/v1/me", headers=headers)).json()
        assert (me["role"], me["party"], me["person"]["login"]) == ("party", "alpha", "officer")
        assert (await client.get("/v1/me", headers={"Authorization": f"Bearer {there.alpha}"})).json()["person"] is None
        assert (await client.get("/v1/people", headers={"Authorization": f"Bearer {there.bravo}"})).json()[
            "items"
        ] == []


async def test_a_stream_ends_with_its_session(tmp_path: Path) -> None:
    async with world(tmp_path) as there, served(there.app) as url, httpx.AsyncClient(base_url=url) as client:
        headers = await log_in(client, there, "officer")
        async with client.stream("GET", "/v1/events", headers=headers) as stream:
            lines = stream.aiter_lines()
            assert "event: hello" in [await anext(lines) for _ in range(4)]
            assert (await client.delete("/v1/sessions/current", headers=headers)).status_code == 204
            async with asyncio.timeout(5):
                async for _ in lines:
                    pass
        assert (await client.get("/v1/me", headers=headers)).status_code == 401


async def test_too_many_failures_say_when_to_come_back(tmp_path: Path) -> None:
    async with world(tmp_path) as there, there.client() as client:
        wrong = {"party": "alpha", "login": "nobody", "password": "a wrong password"}
        answers = [await client.post("/v1/sessions", json=wrong) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]
        assert int(answers[-1].headers["retry-after"]) > 0
