"""Two clients file clashing operations at the same moment, 1,000 times, over real HTTP: both learn of it every time.

The later of the two by the log is told in its answer; the earlier by its event stream; both find it in their lists.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.nodes import OPERATOR, replay, running
from support.process import serving
from support.serving import now_us, operation, volume

pytestmark = pytest.mark.anyio
TIMES = 1_000
LANES = 8
PARTIES = ("alpha", "bravo")


class Party:
    """One party: its connection for filing, and what its event stream told it."""

    def __init__(self, url: str, name: str, key: str) -> None:
        self.name = name
        self.url = url
        self.headers = {"Authorization": f"Bearer {key}"}
        self.told: dict[str, dict[str, Any]] = {}
        self.all_told = asyncio.Event()

    async def follow(self, listening: asyncio.Event) -> None:
        """Read the event stream for ever, and go on where it was cut."""
        last: str | None = None
        while True:
            more = {} if last is None else {"Last-Event-ID": last}
            async with (
                httpx.AsyncClient(base_url=self.url, timeout=60) as client,
                client.stream("GET", "/v1/events", headers=self.headers | more) as answer,
            ):
                async for line in answer.aiter_lines():
                    listening.set()
                    if line.startswith("id: "):
                        last = line[4:]
                    elif line.startswith("data: "):
                        self._take(json.loads(line[6:]))

    def _take(self, data: dict[str, Any]) -> None:
        for change in data.get("changes", ()):
            if change["type"] == "conflict":
                side = next(change["conflict"][s] for s in "ab" if change["conflict"][s]["party"] == self.name)
                self.told[side["operation_id"]] = change["conflict"]
        if len(self.told) == TIMES:
            self.all_told.set()


async def clash(clients: list[httpx.AsyncClient], number: int) -> list[dict[str, Any]]:
    """Both file at the same moment, at a place of their own; their answers."""
    place = volume(40.0 + number // 50 * 0.1, 5.0 + number % 50 * 0.1)

    async def file(client: httpx.AsyncClient) -> dict[str, Any]:
        answer = await client.post("/v1/operations", json=operation(f"op/{number}", place))
        assert answer.status_code == 201, answer.text
        return answer.json()

    return await asyncio.gather(*(file(client) for client in clients))


def later_is_told(answers: list[dict[str, Any]]) -> str:
    """Assert that the later answer carries the conflict, and no other does; its identifier."""
    earlier, later = sorted(answers, key=lambda answer: answer["sequence"])
    assert earlier["sequence"] < later["sequence"]
    assert earlier["conflicts"] == []
    (conflict,) = later["conflicts"]
    assert {conflict["a"]["party"], conflict["b"]["party"]} == set(PARTIES)
    assert all(answer["checked_through"] >= answer["sequence"] for answer in answers)
    return conflict["conflict_id"]


async def listed(party: Party) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(base_url=party.url, headers=party.headers, timeout=60) as client:
        page = (await client.get("/v1/conflicts", params={"limit": 1_000})).json()
        assert page["next"] is None
        return page["items"]


async def test_both_learn_of_it_a_thousand_times_of_a_thousand(tmp_path: Path) -> None:
    async with running(tmp_path / "node", now_us, *PARTIES) as node:
        keys = {party: (await node.create_key(OPERATOR, party)).api_key for party in PARTIES}
    with serving("serve", tmp_path / "node") as process:
        parties = [Party(process.url, name, key) for name, key in keys.items()]
        listening = [asyncio.Event() for _ in parties]
        followers = [asyncio.create_task(p.follow(event)) for p, event in zip(parties, listening, strict=True)]
        await asyncio.gather(*(event.wait() for event in listening))

        async def lane(first: int) -> list[str]:
            clients = [httpx.AsyncClient(base_url=p.url, headers=p.headers, timeout=60) for p in parties]
            try:
                return [later_is_told(await clash(clients, number)) for number in range(first, TIMES, LANES)]
            finally:
                await asyncio.gather(*(client.aclose() for client in clients))

        told = {conflict_id for ids in await asyncio.gather(*map(lane, range(LANES))) for conflict_id in ids}
        assert len(told) == TIMES
        async with asyncio.timeout(30):
            await asyncio.gather(*(party.all_told.wait() for party in parties))
        for follower in followers:
            follower.cancel()
        await asyncio.gather(*followers, return_exceptions=True)
        for party in parties:
            assert set(party.told) == {f"op/{number}" for number in range(TIMES)}
            assert {conflict["conflict_id"] for conflict in party.told.values()} == told
            assert {conflict["conflict_id"] for conflict in await listed(party)} == told
        assert process.stop() == 0
    replayed = await replay(tmp_path / "node")
    assert replayed.verification.problems == []
    assert len(replayed.from_zero.conflicts) == TIMES
