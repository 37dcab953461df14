"""The whole node by a seed, in virtual time: faults, deaths, restarts; what must hold is checked whenever it rests.

A failing seed is in the name of the failing test and printed; `TEST_SEED=… pytest tests/simulation` replays it.
"""

import asyncio
import os
from collections import Counter
from pathlib import Path

import pytest

from simulation.world import World, without_names
from skyparley.node import node as node_module
from support.virtual_time import StuckError, VirtualLoop

SEEDS = [int(os.environ["TEST_SEED"])] if "TEST_SEED" in os.environ else list(range(12))
LIVES = 5


@pytest.fixture(autouse=True)
def frequent_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_module, "SNAPSHOT_EVERY_ENTRIES", 20)


def simulate(seed: int, directory: Path, lives: int = LIVES) -> tuple[str, World]:
    directory.mkdir()
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        world = World(seed, directory)
        try:
            return runner.run(world.run(lives)), world
        except BaseException:
            print(f"TEST_SEED={seed}")
            raise


@pytest.mark.parametrize("seed", SEEDS)
def test_what_must_hold_holds(tmp_path: Path, seed: int) -> None:
    simulate(seed, tmp_path / "node")


def test_a_seed_replays(tmp_path: Path) -> None:
    first_hash, first = simulate(4711, tmp_path / "first")
    second_hash, second = simulate(4711, tmp_path / "second")
    assert first_hash == second_hash
    assert first.seen == second.seen
    assert first.faults.counts == second.faults.counts
    told = [[(a.key, a.what, without_names(a.answer)) for a in world.asked] for world in (first, second)]
    assert told[0] == told[1]


def test_the_simulation_meets_what_it_is_for(tmp_path: Path) -> None:
    """Faults of every kind, deaths at every place, conflicts, refusals, repeats, expiry: or it would prove little."""
    seen: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for seed in range(100, 104):
        _, world = simulate(seed, tmp_path / str(seed), lives=8)
        seen += world.seen
        faults += Counter(world.faults.counts)
    places = ("before the log", "after the log", "before the vault", "after the vault")
    assert all(faults[f"death {place}"] for place in places), faults
    assert all(faults[what] > 20 for what in ("delay", "disk error", "overload", "duplicate")), faults
    assert seen["checked"] >= 8, seen
    assert seen["conflicts"] > 20, seen
    assert seen["answered"] > 100, seen
    words = (
        "killed",
        "failed",
        "state_conflict",
        "invalid_input",
        "complaint",
        "Tick accepted",
        "not_found",
    )
    assert all(seen[word] for word in words), seen


def test_waiting_for_ever_is_a_failure() -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    loop = VirtualLoop()
    try:
        waiting = loop.create_task(wait())
        with pytest.raises(StuckError):
            loop.run_until_complete(waiting)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(waiting)
    finally:
        loop.close()


@pytest.mark.soak
@pytest.mark.parametrize("block", range(20))
def test_many_seeds(tmp_path: Path, block: int) -> None:
    for seed in range(1_000 + 25 * block, 1_000 + 25 * (block + 1)):
        simulate(seed, tmp_path / str(seed), lives=10)
