"""`kill -9` of the serving process at random moments under load: what was acknowledged is there, with its details.

After every kill the data directory is replayed from zero and from the snapshot, every filing is compared again, and
the restarted node must hold every acknowledged answer; commands whose answer was cut off are repeated with their
idempotency keys. The seed is printed; TEST_SEED=… draws the same commands and pauses again.
"""

import asyncio
import os
import random
import secrets
from pathlib import Path
from typing import Any

import httpx
import pytest

from skyparley.cli.upkeep import write_snapshot
from support.nodes import OPERATOR, replay, running, same
from support.process import Serving
from support.serving import now_us, operation, volume

pytestmark = pytest.mark.anyio
CLIENTS = 12
PARTIES = ("alpha", "bravo", "carol")
LOAD_S = (0.15, 1.5)


class Ledger:
    """What the node acknowledged: the last answer for each operation, and what is on its way without one."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.acknowledged: dict[tuple[str, str], dict[str, Any]] = {}
        self.answers: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self.cut: list[dict[str, Any]] = []
        self.busy: set[tuple[str, str]] = set()
        self.number = 0

    def next_request(self) -> dict[str, Any]:
        """A filing, or a change of an operation that no request is on the way for."""
        self.number += 1
        free = sorted(key for key, view in self.acknowledged.items() if key not in self.busy and not left(view))
        party = self.dice.choice(PARTIES)
        what = self.dice.choice(("file", "file", "file", "hazard", "amend", "act")) if free else "file"
        request = {"key": f"k{self.number}", "party": party, "method": "POST"}
        if what in ("file", "hazard"):
            name = f"op/{self.number}"
            body = operation(name, self._volume(), self._volume())
            if what == "hazard":
                del body["class"]
                body |= {"hazard_kind": "firing", "confirmed": False}
            return request | {
                "name": name,
                "path": "/v1/hazards" if what == "hazard" else "/v1/operations",
                "body": body,
            }
        party, name = self.dice.choice(free)
        view = self.acknowledged[party, name]
        request |= {"party": party, "name": name, "body": {"version": view["version"]}}
        if view["hazard"]:
            word = "confirm" if view["state"] == "unconfirmed" else "retract"
            return request | {"path": f"/v1/hazards/{name}/{word}"}
        if what == "amend":
            body = operation(name, self._volume()) | request["body"]
            return request | {"method": "PUT", "path": f"/v1/operations/{name}", "body": body}
        word = "end" if view["state"] == "activated" else self.dice.choice(("activate", "cancel"))
        return request | {"path": f"/v1/operations/{name}/{word}"}

    def _volume(self) -> dict[str, Any]:
        """Sixty commands meet in one place, the next in another: as dense after fifty kills as after one."""
        place = self.number // 60
        latitude_deg, longitude_deg = 30.0 + place % 100 * 0.2, 5.0 + place // 100 * 0.2
        return volume(
            latitude_deg + self.dice.uniform(0, 0.1), longitude_deg + self.dice.uniform(0, 0.1), begin_s=3_600.0
        )

    def acknowledge(self, request: dict[str, Any], answer: dict[str, Any]) -> None:
        self.acknowledged[request["party"], request["name"]] = answer["operation"]
        self.answers.append((request, answer))


def left(view: dict[str, Any]) -> bool:
    return view["state"] in ("ended", "cancelled", "retracted")


async def send(client: httpx.AsyncClient, keys: dict[str, str], request: dict[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {keys[request['party']]}", "Idempotency-Key": request["key"]}
    answer = await client.request(request["method"], request["path"], json=request["body"], headers=headers)
    assert answer.status_code in (200, 201), (request, answer.text)
    return answer.json()


async def load(url: str, keys: dict[str, str], ledger: Ledger) -> None:
    """Clients that send one command after another until the node is gone."""

    async def one_client() -> None:
        async with httpx.AsyncClient(base_url=url, timeout=30) as client:
            while True:
                request = ledger.next_request()
                ledger.busy.add((request["party"], request["name"]))
                try:
                    answer = await send(client, keys, request)
                except httpx.TransportError:
                    ledger.cut.append(request)
                    return
                ledger.acknowledge(request, answer)
                ledger.busy.discard((request["party"], request["name"]))

    await asyncio.gather(*(one_client() for _ in range(CLIENTS)))


async def everything(client: httpx.AsyncClient, key: str, path: str) -> list[dict[str, Any]]:
    """All pages of a list."""
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = (await client.get(path, params=after, headers={"Authorization": f"Bearer {key}"})).json()
        found += page["items"]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


async def check_nothing_is_lost(url: str, keys: dict[str, str], ledger: Ledger) -> None:
    """Every acknowledged filing and its details; every conflict that was told and still stands; repeats."""
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        for request in ledger.cut:  # the client repeats what it does not know the fate of
            ledger.acknowledge(request, await send(client, keys, request))
        ledger.cut.clear()
        ledger.busy.clear()
        live = {key: view for key, view in ledger.acknowledged.items() if not left(view)}
        for party, key in keys.items():
            held = {
                (view["party"], view["operation_id"]): view
                for view in await everything(client, key, "/v1/operations")
                if view["party"] == party
            }
            assert held == {name: view for name, view in live.items() if name[0] == party}
            told = {item["conflict_id"]: item for item in await everything(client, key, "/v1/conflicts")}
            for request, answer in ledger.answers:
                if request["party"] == party and live.get((party, request["name"])) == answer["operation"]:
                    for conflict in answer["conflicts"]:
                        if both_stand(conflict, answer, live):
                            assert told[conflict["conflict_id"]] == conflict
        for request, answer in ledger.dice.sample(ledger.answers, min(20, len(ledger.answers))):
            assert await send(client, keys, request) == answer


def both_stand(conflict: dict[str, Any], answer: dict[str, Any], live: dict[tuple[str, str], dict[str, Any]]) -> bool:
    """Whether both sides of a conflict within one party are live and unchanged since the answer."""
    sides = [live.get((side["party"], side["operation_id"])) for side in (conflict["a"], conflict["b"])]
    return all(side is not None and side["sequence"] <= answer["sequence"] for side in sides)


async def kill_and_come_back(directory: Path, kills: int) -> None:
    seed = int(os.environ.get("TEST_SEED", "0")) or secrets.randbits(32)
    print(f"TEST_SEED={seed}")
    ledger = Ledger(seed)
    async with running(directory, now_us, *PARTIES) as node:
        keys = {party: (await node.create_key(OPERATOR, party)).api_key for party in PARTIES}
    for kill in range(kills):
        if ledger.dice.random() < 0.2:  # and once in a while a kill while it comes back
            starting = Serving("serve", directory)
            await asyncio.sleep(ledger.dice.uniform(0.5, 3.0))
            starting.close()
        process = Serving("serve", directory)
        try:
            url = await asyncio.to_thread(process.wait)
            await check_nothing_is_lost(url, keys, ledger)
            loading = asyncio.create_task(load(url, keys, ledger))
            pause_s = ledger.dice.uniform(*LOAD_S)
            await asyncio.sleep(pause_s / 2)
            if kill % 2:
                await asyncio.to_thread(write_snapshot, directory)
            await asyncio.sleep(pause_s / 2)
            process.kill()
            await loading
        finally:
            process.close()
        replayed = await replay(directory)
        assert replayed.verification.problems == []
        assert replayed.complaints == ()
        assert replayed.snapshot_sequence > 0
        same(replayed.from_zero, replayed.from_snapshot)
        assert replayed.verification.state_hash == replayed.from_zero.state_hash()
    process = Serving("serve", directory)
    try:
        await check_nothing_is_lost(await asyncio.to_thread(process.wait), keys, ledger)
        assert process.stop() == 0
    finally:
        process.close()
    assert len(ledger.answers) > 20 * kills
    assert sum(len(answer["conflicts"]) for _, answer in ledger.answers) > 20 * kills
    replayed = await replay(directory)
    assert replayed.verification.problems == []
    assert replayed.snapshot_sequence == replayed.from_zero.sequence
    same(replayed.from_zero, replayed.from_snapshot)


async def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    await kill_and_come_back(tmp_path / "node", 5)


@pytest.mark.soak
async def test_kill_9_fifty_times(tmp_path: Path) -> None:
    await kill_and_come_back(tmp_path / "node", 50)
