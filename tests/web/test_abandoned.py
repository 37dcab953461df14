"""Work of which nobody waits for the end: a write whose client has gone is dropped before it is in the log."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest

from skyparley.log.sqlite import SqliteLog
from skyparley.node.custody.vault import Vault
from skyparley.node.node import Node, open_node
from skyparley.web.app import create_app
from support.serving import now_us, served, time_in, until
from support.uss import bearer, verifier

pytestmark = pytest.mark.anyio


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    log = await SqliteLog.open(tmp_path / "log.sqlite", pool="test", clock=now_us)
    node, _ = await open_node(log, Vault(tmp_path / "vault.sqlite"), None, pool="test", clock=now_us)
    await node.start()
    yield node
    await node.stop()


def intent(lower_m: float) -> dict[str, Any]:
    circle = {"center": {"lat": 46.9, "lng": 7.4}, "radius": {"value": 100, "units": "M"}}
    band = {
        name: {"value": value, "reference": "W84", "units": "M"}
        for name, value in (("altitude_lower", lower_m), ("altitude_upper", lower_m + 5))
    }
    times = {name: {"value": time_in(after_s), "format": "RFC3339"} for name, after_s in WHEN}
    return {
        "extents": [{"volume": {"outline_circle": circle, **band}, **times}],
        "state": "Accepted",
        "uss_base_url": "https://uss1.example",
    }


WHEN = (("time_start", 60.0), ("time_end", 600.0))


async def test_a_write_that_waits_for_the_log_is_dropped_when_its_client_goes(node: Node, tmp_path: Path) -> None:
    names = [str(uuid.uuid4()) for _ in range(12)]
    blocker = apsw.Connection(str(tmp_path / "log.sqlite"))
    async with served(create_app(node, tokens=verifier(tmp_path))) as url:

        async def put(client: httpx.AsyncClient, number: int) -> httpx.Response:
            path = f"{url}/dss/v1/operational_intent_references/{names[number]}"
            return await client.put(path, json=intent(10.0 * number), headers=bearer("uss1"))

        async with httpx.AsyncClient(timeout=30) as patient, httpx.AsyncClient(timeout=30) as hasty:
            blocker.execute("BEGIN IMMEDIATE")  # the writer waits for the file
            first = asyncio.create_task(put(patient, 0))
            await until(lambda: node.engine.in_flight == 1)
            stay = [asyncio.create_task(put(patient, number)) for number in range(1, 6)]
            go = [asyncio.create_task(put(hasty, number)) for number in range(6, 12)]
            await until(lambda: node.engine.in_flight == 12)
            for task in go:
                task.cancel()
            await asyncio.gather(*go, return_exceptions=True)
            await hasty.aclose()
            await until(lambda: node.engine.in_flight == 6)
            blocker.execute("COMMIT")
            answers = await asyncio.gather(first, *stay)
    blocker.close()
    assert [answer.status_code for answer in answers] == [201] * 6
    assert sorted(node.state.dss.intents) == sorted(names[:6])
    assert node.state.sequence == 6
