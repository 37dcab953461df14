"""`kill -9` of the follower while it writes: each snapshot is the old one or the new one, and usable."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from skyparley.cli.upkeep import write_snapshot
from skyparley.node.custody.index_file import read_index
from skyparley.node.storage import UNFINISHED, snapshot_paths, snapshot_sequence
from support.nodes import ALPHA, OPERATOR, crash, drone, file_all, noon_clock, replay, same, start, stop

pytestmark = pytest.mark.anyio
DIES = """
import os, signal, sys
from pathlib import Path
from skyparley.cli.upkeep import write_snapshot

synced, left = os.fsync, int(sys.argv[2])


def fsync(descriptor):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    synced(descriptor)


os.fsync = fsync
write_snapshot(Path(sys.argv[1]))
"""
"""A follower that is killed at one of the four moments at which it asks the disk to keep what it wrote: of each of two
snapshots first the file, then its name."""


def killed(directory: Path, synced: int) -> int:
    return subprocess.run([sys.executable, "-c", DIES, str(directory), str(synced)], check=False).returncode


def index_sequence(directory: Path) -> int:
    kept = read_index(directory)
    kept.close()
    return kept.sequence


def unfinished(directory: Path) -> list[Path]:
    return list(directory.glob(f"*{UNFINISHED}"))


@pytest.mark.parametrize(("synced", "state_is_new", "index_is_new"), [(0, 0, 0), (1, 1, 0), (2, 1, 0), (3, 1, 1)])
async def test_a_follower_that_is_killed_leaves_the_old_or_the_new(
    tmp_path: Path, synced: int, state_is_new: int, index_is_new: int
) -> None:
    node = await start(tmp_path, noon_clock())
    for party in ("alpha", "bravo"):
        await node.register_party(OPERATOR, party, party.title(), "civil_ats")
    await file_all(node, [drone(f"d{i}", p, east_m=80.0 * i) for i in range(3) for p in ("alpha", "bravo")])
    await asyncio.to_thread(write_snapshot, tmp_path)
    old = node.state.sequence
    await file_all(node, [drone(f"e{i}", east_m=80.0 * i) for i in range(3)])
    await crash(node)
    assert await asyncio.to_thread(killed, tmp_path, synced) == -9
    assert (snapshot_sequence(snapshot_paths(tmp_path)[0]) > old) == bool(state_is_new)
    assert (index_sequence(tmp_path) > old) == bool(index_is_new)
    assert len(unfinished(tmp_path)) == (synced in (0, 2))
    told: list[str] = []
    node = await start(tmp_path, noon_clock(), complaints=told, tell=told.append)
    assert told == []
    assert len((await node.file(ALPHA, drone("after", east_m=40.0))).conflicts) > 3
    await crash(node)
    await asyncio.to_thread(write_snapshot, tmp_path)
    assert unfinished(tmp_path) == []
    replayed = await replay(tmp_path)
    assert replayed.verification.problems == []
    same(replayed.from_zero, replayed.from_snapshot)
    node = await start(tmp_path, noon_clock())
    await stop(node)
