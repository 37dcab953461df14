"""Nodes in this process, on a real log and vault, by a clock that the test sets; stopped in order, or as by a crash."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skyparley.airspace.state import Airspace
from skyparley.conflict.minima import DEFAULT_MINIMA
from skyparley.conflict.operation import Operation
from skyparley.log.port import Log
from skyparley.log.sqlite import SqliteLog
from skyparley.node.custody.vault import Vault
from skyparley.node.identity import Author
from skyparley.node.node import Node, open_node
from skyparley.node.reading.views import Answer
from skyparley.node.recovery import Verification, catch_up, recover, verify
from skyparley.node.storage import open_directory
from support.conflict_cases import NOON_US, SECOND_US, circle_volume, operation
from support.drafts import Clock

POOL = "skyparley"  # as `serve` names it, so that it goes on with what was made here
OPERATOR = Author("operator")
ALPHA = Author("party", "alpha", "key-a")
BRAVO = Author("party", "bravo", "key-b")
THIRD = Author("party", "third", "key-c")
BERNE = (46.95, 7.45)


def noon_clock() -> Clock:
    """A clock that stands at the noon of `conflict_cases`."""
    return Clock(NOON_US)


async def start(
    directory: Path,
    clock: Callable[[], int],
    *,
    wrap: Callable[[Log], Log] = lambda log: log,
    complaints: list[str] | None = None,
    **more: Any,
) -> Node:
    """A started node on a data directory. `wrap` may put something around its log; `complaints` is added to.

    `more` is for `open_node`.
    """
    held = open_directory(directory)
    try:
        vault = Vault(held.vault_path)
        log = wrap(await SqliteLog.open(held.log_path, pool=POOL, clock=clock))
        node, words = await open_node(log, vault, held, pool=POOL, clock=clock, **more)
        if complaints is not None:
            complaints.extend(words)
        await node.start()
    except BaseException:
        held.close()
        raise
    return node


async def stop(node: Node) -> None:
    """An orderly stop: with a snapshot."""
    await node.stop()
    assert node.directory is not None
    node.directory.close()


async def crash(node: Node) -> None:
    """The end of a process that had no time: no snapshot, what is not in the files is gone."""
    for task in node._tasks:
        task.cancel()
    await asyncio.gather(*node._tasks, return_exceptions=True)
    await node.engine.log.close()
    node.custodian.close()
    async with node.recorder._sealing:
        node.recorder._store.close()
    node.vault.close()
    assert node.directory is not None
    node.directory.close()


@contextlib.asynccontextmanager
async def running(directory: Path, clock: Callable[[], int], *parties: str) -> AsyncIterator[Node]:
    """A node from start to stop, with parties."""
    node = await start(directory, clock)
    try:
        for party in parties:
            await node.register_party(OPERATOR, party, party.title(), "civil_ats")
        yield node
    finally:
        await stop(node)


def drone(
    name: str,
    party: str = "alpha",
    *,
    east_m: float = 0.0,
    radius_m: float = 100.0,
    seconds: tuple[float, float] = (60.0, 660.0),
) -> Operation:
    """A declared circle near Berne, shifted east; seconds after noon."""
    position = (BERNE[0], BERNE[1] + east_m / 76_000.0)
    return operation(name, circle_volume(position, radius_m, seconds=seconds), party=party)


def at(seconds: float) -> int:
    """Microseconds since 1970 UTC, so many seconds after noon."""
    return NOON_US + round(seconds * SECOND_US)


async def file_all(node: Node, operations: Iterable[Operation]) -> list[Answer]:
    """File operations at the same time, each as its party."""
    return await asyncio.gather(*(node.file(Author("party", item.ref.party, "key"), item) for item in operations))


@dataclass(frozen=True)
class Replayed:
    """What a data directory comes to, by three ways."""

    from_zero: Airspace
    from_snapshot: Airspace
    snapshot_sequence: int
    complaints: tuple[str, ...]
    verification: Verification


async def replay(directory: Path) -> Replayed:
    """Replay a data directory that no process serves: from zero, from the snapshot, with every filing compared."""
    log = await SqliteLog.open(directory / "log.sqlite", pool=None, clock=Clock(), read_only=True)
    vault = Vault(directory / "vault.sqlite")
    try:
        await log.verify()
        state = Airspace()
        await catch_up(log, state, (await log.head()).sequence)
        recovered = await recover(log, directory)
        verification = await verify(log, vault, DEFAULT_MINIMA)
    finally:
        vault.close()
        await log.close()
    return Replayed(state, recovered.state, recovered.snapshot_sequence, recovered.complaints, verification)


def same(a: Airspace, b: Airspace) -> None:
    """Assert that two states are one: hash, recomputed hash, and the list of conflicts."""
    assert a.state_hash() == b.state_hash() == a.recomputed_state_hash() == b.recomputed_state_hash()
    assert conflicts_of(a) == conflicts_of(b)


def conflicts_of(state: Airspace) -> list[tuple[str, ...]]:
    """The conflicts of a state: both sides, the rule, the witness."""
    return sorted((*c.a, *c.b, c.rule, c.witness_digest) for c in state.conflicts.values())
