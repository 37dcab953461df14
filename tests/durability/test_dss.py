"""The DSS under racing clients, and under `kill -9`: one order explains every answer, and what was answered stays.

The seed is printed; TEST_SEED=… draws the same requests again, though not the same races.
"""

import asyncio
import contextlib
import copy
import itertools
import os
import random
import secrets
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skyparley.cli.upkeep import write_snapshot
from skyparley.node.dss import scopes
from support.dss_http import (
    CONSTRAINTS,
    INTENTS,
    SUBSCRIPTIONS,
    Json,
    ServingDss,
    Uss,
    circle,
    moment,
    serving_dss,
    told,
    uuid7,
    volume,
)
from support.dss_load import Peers, Planner
from support.dss_order import Call, check, read_log
from support.nodes import replay, same
from support.serving import now_us, until

pytestmark = pytest.mark.anyio
PLANNERS = 8


class Load:
    """Planners, what they sent, and the lives of the node that they speak to."""

    def __init__(self, directory: Path, *, leaves: float = 0.0) -> None:
        self.seed = int(os.environ.get("TEST_SEED", "0")) or secrets.randbits(32)
        print(f"TEST_SEED={self.seed}")
        self.dice = random.Random(self.seed)
        self.directory = directory
        self.calls: list[Call] = []
        self.peers = Peers()
        self.pool: Json | None = None
        base_us = now_us()
        self.planners = [
            Planner(f"uss{n}", self.seed, self.calls, self.peers, base_us, leaves=leaves) for n in range(PLANNERS)
        ]

    async def live(self, *, kill_after_s: float | None = None, writes: int = 0, snapshot: bool = False) -> None:
        """One life of the node: it comes back and is worked on, until `kill -9` or until so many writes are done."""
        self.pool = None
        process = ServingDss(self.directory)
        try:
            url = await asyncio.to_thread(process.wait)
            stop, ready = asyncio.Event(), asyncio.Barrier(PLANNERS + 1)
            await self.peers.close(closed=False)
            async with asyncio.TaskGroup() as group:
                for planner in self.planners:
                    group.create_task(planner.live(url, stop, ready))
                async with asyncio.timeout(60):
                    await ready.wait()
                if kill_after_s is not None:
                    await asyncio.sleep(kill_after_s / 2)
                    if snapshot:
                        await asyncio.to_thread(write_snapshot, self.directory)
                    await asyncio.sleep(kill_after_s / 2)
                    process.kill()
                else:
                    there = self.done()
                    await until(lambda: self.done() >= there + writes, within_s=30 + writes / 10)
                stop.set()
            if kill_after_s is None:
                self.pool = await pool_of(url)
                assert process.stop() == 0
        finally:
            process.close()

    def done(self) -> int:
        return sum(call.is_done for call in self.calls)

    async def check(self) -> None:
        """The whole history against the log, and the log against itself."""
        reference = check(self.calls, await read_log(self.directory))
        replayed = await replay(self.directory)
        assert replayed.verification.problems == []
        assert replayed.complaints == ()
        same(replayed.from_zero, replayed.from_snapshot)
        dss = replayed.from_zero.dss
        assert set(dss.intents) == set(reference.intents)
        indices = {name: one.index for name, one in dss.subscriptions.items()}
        assert indices == {name: one["index"] for name, one in reference.subscriptions.items()}
        if self.pool is not None:  # what the node told of itself is what a replay of its log comes to
            sound = replayed.from_zero
            assert (self.pool["sequence"], self.pool["state_hash"]) == (sound.sequence, sound.state_hash())


async def pool_of(url: str) -> Json:
    monitor = Uss(url, "monitor", scopes.POOL_STATUS)
    async with monitor.client:
        return told(await monitor.client.get("/aux/v1/pool"), 200)


async def race(directory: Path, writes: int) -> Load:
    load = Load(directory)
    await load.live(writes=writes)
    print(Counter((call.verb, call.kind, call.status) for call in load.calls))
    assert sum(call.lacks_key for call in load.calls) > writes / 5, "they hardly met"
    await load.check()
    return load


async def test_one_order_explains_every_answer_of_racing_clients(tmp_path: Path) -> None:
    load = await race(tmp_path / "node", 400)
    await check_that_the_check_sees(load)


@pytest.mark.soak
async def test_one_order_explains_every_answer_of_ten_thousand_writes(tmp_path: Path) -> None:
    await race(tmp_path / "node", 10_000)


async def check_that_the_check_sees(load: Load) -> None:
    """What is told wrongly is found: one lie at a time in the answers or keys of some calls."""
    entries = await read_log(load.directory)
    done = [call for call in load.calls if call.is_done]
    keyed = [call for call in done if call.kind == "intent" and call.verb == "put"]
    told_of = next(call for call in done if call.notified)
    lacked = [call for call in load.calls if call.lacks_key]
    reads = [call for call in load.calls if call.verb == "query"]
    late = done[len(done) // 2]
    lies: dict[str, tuple[list[Call], Callable[[Call], None]]] = {
        "nobody knew anything": (keyed, lambda call: call.body.update(key=[])),
        "nobody is to be notified": ([told_of], lambda call: call.answer.update(subscribers=[])),
        "there is nothing here": (reads, lambda call: call.answer.update({name: [] for name in call.answer})),
        "nothing lacked": (lacked, lambda call: call.answer.update(missing_operational_intents=[])),
        "it was answered long ago": ([late], lambda call: setattr(call, "answered_s", 0.0)),
        "it was refused": ([late], lambda call: setattr(call, "status", 409)),
    }
    for lie, (calls, tell) in lies.items():
        lied = copy.deepcopy(load.calls)
        for call in calls:
            tell(lied[load.calls.index(call)])
        try:
            check(lied, entries)
        except AssertionError:
            continue
        pytest.fail(f"not found: {lie}")
    with pytest.raises(AssertionError, match="lost"):
        check(load.calls, entries[: len(entries) // 2])
    check(load.calls, entries)


async def kill_and_come_back(directory: Path, kills: int) -> None:
    load = Load(directory, leaves=0.05)
    for kill in range(kills):
        await load.live(kill_after_s=load.dice.uniform(0.3, 1.2), snapshot=kill % 2 == 1)
        await load.check()
    await load.live(writes=50)
    await load.check()
    print(Counter((call.verb, call.kind, call.status) for call in load.calls))
    assert sum(call.status == 0 for call in load.calls) >= kills
    assert load.done() > 10 * kills


async def test_kill_9_loses_nothing_that_was_answered_and_repeats_no_index(tmp_path: Path) -> None:
    await kill_and_come_back(tmp_path / "node", 2)


@pytest.mark.soak
async def test_kill_9_thirty_times(tmp_path: Path) -> None:
    await kill_and_come_back(tmp_path / "node", 30)


class Script:
    """One sequence of requests, the same for every node that it is played to: identifiers, times and OVNs are chosen.

    What a node draws itself (OVNs of constraints, versions and identifiers of subscriptions) is told by its number.
    """

    STEPS = 80

    def __init__(self, seed: int) -> None:
        dice = random.Random(seed)
        self._base_us = now_us()
        self._steps = [(dice.randrange(3), dice.randrange(12), dice.random(), uuid7()) for _ in range(self.STEPS)]
        self._ids = [str(uuid.UUID(int=dice.getrandbits(128), version=4)) for _ in range(self.STEPS)]
        self._seed = seed

    async def play(self, usss: list[Uss], first: int, last: int, held: dict[int, Json]) -> list[Any]:
        """Steps `first` to `last`; each answer. `held` is what is there, by slot; it is added to."""
        return [await self._step(number, usss, held) for number in range(first, last)]

    async def _step(self, number: int, usss: list[Uss], held: dict[int, Json]) -> Any:
        who, slot, drawn, suffix = self._steps[number]
        dice = random.Random(f"{self._seed}/{number}")
        kind = INTENTS if slot < 7 else CONSTRAINTS if slot < 9 else SUBSCRIPTIONS
        uss = usss[slot % 3]
        before = held.get(slot)
        if before is not None and drawn < 0.3:
            answer = await uss.delete(kind, before["id"], before.get("ovn") or before["version"])
            if answer.status_code == 200:
                del held[slot]
            return answer.status_code, answer.json()
        where = volume(
            (46.95 + dice.choice((0.0, 0.02)), 7.45), dice.choice(((0.0, 100.0), (100.0, 200.0), (150.0, 300.0))), None
        ) | {name: moment(at_s, self._base_us) for name, at_s in (("time_start", 600.0), ("time_end", 3_600.0))}
        key = [] if drawn > 0.9 else [one["ovn"] for one in held.values() if "ovn" in one]
        service: Json = {
            "new_subscription": {"uss_base_url": f"https://n{number}.example", "notify_for_constraints": True}
        }
        state = "Accepted" if before is None else dice.choice(("Accepted", "Activated", "Nonconforming"))
        body = {
            INTENTS: uss.intent_body(where, key=key, state=state, requested_ovn_suffix=suffix, **service),
            CONSTRAINTS: uss.constraint_body(where),
            SUBSCRIPTIONS: uss.subscription_body(
                where, url=f"https://s{slot}.example", intents=True, constraints=slot % 2 == 0
            ),
        }[kind]
        identifier = self._ids[number] if before is None else before["id"]
        version = None if before is None else before.get("ovn") or before["version"]
        answer = await uss.put(kind, identifier, body, version)
        if answer.is_success:
            held[slot] = next(value for value in answer.json().values() if isinstance(value, dict))
        read = await usss[who].query(kind, {"volume": circle((46.95, 7.45), 9_000.0)})
        return answer.status_code, answer.json(), read.json()

    def told(self, answers: list[Any]) -> list[Any]:
        """The answers, with what a node draws as the number of its first appearance; what is by identifier, sorted."""
        numbers: dict[str, str] = {}

        def plain(value: Any, name: str = "") -> Any:
            if isinstance(value, dict):
                return {key: plain(item, key) for key, item in value.items()}
            if isinstance(value, list | tuple):
                listed = (
                    sorted(value, key=lambda one: one.get("uss_base_url", "")) if name == "subscriptions" else value
                )
                return [plain(item, name) for item in listed]
            drawn = name in ("ovn", "version", "subscription_id", "id") and isinstance(value, str)
            if drawn and value.partition("_")[0] not in self._ids:
                return numbers.setdefault(value, f"#{len(numbers)}")
            return value

        return [plain(answer) for answer in answers]


async def played(script: Script, directory: Path, kill_after: set[int]) -> list[Any]:
    """All answers of a node that is killed after some steps and comes back."""
    answers: list[Any] = []
    held: dict[int, Json] = {}
    cuts = [0, *sorted(kill_after), script.STEPS]
    for first, last in itertools.pairwise(cuts):
        with serving_dss(directory) as process:
            usss = [Uss(process.url, f"uss{number}") for number in range(3)]
            async with contextlib.AsyncExitStack() as stack:
                for uss in usss:
                    await stack.enter_async_context(uss.client)
                answers += await script.play(usss, first, last, held)
            process.kill()
    return script.told(answers)


async def test_a_killed_node_answers_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    seed = int(os.environ.get("TEST_SEED", "0")) or secrets.randbits(32)
    print(f"TEST_SEED={seed}")
    script = Script(seed)
    kill_after = set(random.Random(seed).sample(range(10, script.STEPS), 2))
    unbroken = await played(script, tmp_path / "unbroken", set())
    broken = await played(script, tmp_path / "broken", kill_after)
    statuses = Counter(answer[0] for answer in unbroken)
    print(statuses, sorted(kill_after))
    assert statuses[200] > 10
    assert statuses[201] > 5
    for number, (one, other) in enumerate(zip(broken, unbroken, strict=True)):
        assert one == other, f"step {number} differs after kills at {sorted(kill_after)}"
