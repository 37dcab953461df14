"""Bounded queues: when one is full, 503 with `Retry-After`, nothing recorded, and service again once it drains."""

import asyncio
from pathlib import Path

import apsw
import httpx
import pytest

from skyparley.errors import OverloadedError
from skyparley.log import sqlite
from skyparley.node import engine
from skyparley.node.custody import vault
from skyparley.node.node import Node
from skyparley.web import app as web_app
from skyparley.web.app import create_app
from support.drafts import Clock
from support.nodes import ALPHA, OPERATOR, drone, noon_clock, running
from support.serving import now_us, operation, served, until

pytestmark = pytest.mark.anyio


def block(path: Path) -> apsw.Connection:
    """Hold the write lock of an SQLite file: whoever writes waits, as for a slow disk."""
    connection = apsw.Connection(str(path))
    connection.execute("BEGIN IMMEDIATE")
    return connection


def release(connection: apsw.Connection) -> None:
    connection.execute("ROLLBACK")
    connection.close()


async def key_of(node: Node) -> str:
    return (await node.create_key(OPERATOR, "alpha")).api_key


async def flood(
    url: str, key: str, count: int, blocked: apsw.Connection, refused_at_least: int
) -> list[httpx.Response]:
    """Send filings at once, let go once enough are refused; all answers."""
    limits = httpx.Limits(max_connections=count)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, limits=limits, timeout=60) as client:
        tasks = [asyncio.create_task(client.post("/v1/operations", json=operation(f"d{i}"))) for i in range(count)]
        await until(lambda: sum(task.done() for task in tasks) >= refused_at_least)
        release(blocked)
        return list(await asyncio.gather(*tasks))


@pytest.mark.parametrize(
    ("which", "file"), [("flight", "log.sqlite"), ("log", "log.sqlite"), ("vault", "vault.sqlite")]
)
async def test_a_full_queue_answers_503_and_records_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: str, file: str
) -> None:
    monkeypatch.setattr(sqlite, "MAX_QUEUED_APPENDS", 10 if which == "log" else 4_096)
    monkeypatch.setattr(sqlite, "MAX_GROUP_DRAFTS", 4)
    monkeypatch.setattr(vault, "MAX_QUEUED_WRITES", 10 if which == "vault" else 4_096)
    monkeypatch.setattr(vault, "MAX_GROUP", 4)
    if which == "flight":
        monkeypatch.setattr(engine, "MAX_IN_FLIGHT", 10)
    async with running(tmp_path, now_us, "alpha") as node:
        key = await key_of(node)
        app = create_app(node)
        async with served(app) as url:
            answers = await flood(url, key, 40, block(tmp_path / file), refused_at_least=40 - 10 - 4 - 2)
            refused = [answer for answer in answers if answer.status_code == 503]
            assert {answer.status_code for answer in answers} == {201, 503}
            assert len(refused) >= 20
            for answer in refused:
                assert answer.json()["error"]["code"] == "overloaded"
                assert int(answer.headers["retry-after"]) >= 1
            filed = {answer.json()["operation"]["operation_id"] for answer in answers if answer.status_code == 201}
            assert {operation_id for _, operation_id in node.state.operations} == filed
            async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}) as client:
                assert (await client.post("/v1/operations", json=operation("after"))).status_code == 201
                assert (await client.get("/healthy")).status_code == 200


async def test_too_many_requests_at_work_are_refused_before_they_cost_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_app, "MAX_REQUESTS_AT_WORK", 10)
    async with running(tmp_path, now_us, "alpha") as node:
        key = await key_of(node)
        async with served(create_app(node)) as url:
            answers = await flood(url, key, 30, block(tmp_path / "log.sqlite"), refused_at_least=20)
            assert sorted({answer.status_code for answer in answers}) == [201, 503]
            assert all(answer.headers["retry-after"] for answer in answers if answer.status_code == 503)


async def test_findings_are_recorded_also_when_clients_fill_the_queue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the node owes to those it has taken in never waits behind those it refuses."""
    clock = noon_clock()
    async with running(tmp_path, clock, "alpha") as node:
        monkeypatch.setattr(engine, "MAX_IN_FLIGHT", 0)
        with pytest.raises(OverloadedError) as caught:
            await node.file(ALPHA, drone("refused"))
        assert caught.value.retry_after_s >= 1
        monkeypatch.setattr(engine, "MAX_IN_FLIGHT", 1)
        answer = await node.file(ALPHA, drone("one"))
        assert answer.checked_through >= answer.sequence
        monkeypatch.setattr(engine, "MAX_IN_FLIGHT", 0)
        await expire(node, clock)
        assert not node.state.operations


async def expire(node: Node, clock: Clock) -> None:
    clock.now_us += 3_600_000_000
    await until(lambda: not node.state.operations)
