"""Expiry by log time: ticks move it along while something waits, also on a quiet node and after a restart."""

import asyncio
from pathlib import Path

import pytest

from skyparley.node import engine
from support.nodes import ALPHA, BRAVO, at, drone, noon_clock, replay, running, same
from support.serving import until

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def quick_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "TICK_S", 0.01)


async def test_what_has_ended_leaves_by_a_tick(tmp_path: Path) -> None:
    clock = noon_clock()
    async with running(tmp_path, clock, "alpha", "bravo") as node:
        await node.file(ALPHA, drone("short", seconds=(0.0, 10.0)))
        await node.file(BRAVO, drone("long", "bravo", seconds=(0.0, 20.0)))
        await node.act(ALPHA, "activate", "short", version=1)
        assert len(node.state.conflicts) == 1
        sequence = node.state.sequence
        clock.now_us = at(10.0) - 1  # the interval is half-open: it lasts until just before its end
        await asyncio.sleep(0.1)
        assert node.state.sequence == sequence, "no tick while nothing is due"
        clock.now_us = at(10.0)
        await until(lambda: len(node.state.operations) == 1)
        assert node.state.time_us == at(10.0)
        assert not node.state.conflicts
        assert ("bravo", "long") in node.state.operations
        clock.now_us = at(25.0)
        await until(lambda: not node.state.operations)
        sequence = node.state.sequence
        clock.now_us = at(1_000.0)
        await asyncio.sleep(0.1)
        assert node.state.sequence == sequence, "no tick once nothing waits"
    replayed = await replay(tmp_path)
    same(replayed.from_zero, replayed.from_snapshot)
    assert not replayed.from_zero.operations


async def test_what_ended_while_the_node_was_down_leaves_after_its_restart(tmp_path: Path) -> None:
    clock = noon_clock()
    async with running(tmp_path, clock, "alpha") as node:
        await node.file(ALPHA, drone("one", seconds=(0.0, 10.0)))
    clock.now_us = at(3_600.0)
    async with running(tmp_path, clock) as node:
        assert len(node.state.operations) == 1, "the state is the log's: it has not seen the time pass"
        await until(lambda: not node.state.operations)
        answer = await node.file(ALPHA, drone("one", seconds=(3_700.0, 3_800.0)))
        assert answer.conflicts == []


async def test_what_has_ended_is_not_compared_any_more(tmp_path: Path) -> None:
    clock = noon_clock()
    async with running(tmp_path, clock, "alpha", "bravo") as node:
        await node.file(ALPHA, drone("gone", seconds=(0.0, 10.0)))
        clock.now_us = at(11.0)
        await until(lambda: not node.state.operations and not node.custodian._comparison.columns)
        assert (await node.file(BRAVO, drone("new", "bravo", seconds=(12.0, 20.0)))).conflicts == []


async def test_a_clock_that_is_set_back_expires_nothing_twice_and_loses_nothing(tmp_path: Path) -> None:
    clock = noon_clock()
    async with running(tmp_path, clock, "alpha") as node:
        clock.now_us = at(30.0)
        await node.file(ALPHA, drone("one", seconds=(31.0, 40.0)))
        clock.now_us = at(0.0)
        answer = await node.file(ALPHA, drone("two", seconds=(32.0, 40.0)))
        assert node.state.time_us >= at(30.0), "log time never goes back"
        assert len(answer.conflicts) == 1
        clock.now_us = at(40.0)
        await until(lambda: not node.state.operations)
