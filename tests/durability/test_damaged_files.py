"""Snapshots that are deleted or corrupted, a log whose last page is torn: the node comes back to what the log holds."""

import asyncio
import os
import shutil
from pathlib import Path
from random import Random

import msgspec
import pytest

from skyparley.cli.compose import spawn_follower
from skyparley.node.node import Node
from skyparley.node.storage import snapshot_paths
from support.nodes import (
    ALPHA,
    OPERATOR,
    Replayed,
    crash,
    drone,
    file_all,
    noon_clock,
    replay,
    running,
    same,
    start,
    stop,
)

pytestmark = pytest.mark.anyio
WAL_HEADER_BYTES = 32
FRAME_BYTES = 24 + 4_096


async def history(directory: Path) -> None:
    """Two runs, two snapshots, conflicts in both."""
    clock = noon_clock()
    for run in range(2):
        async with running(directory, clock, *(("alpha", "bravo") if run == 0 else ())) as node:
            for number in range(3):
                parts = [drone(f"{run}/{number}", party, east_m=60.0 * number) for party in ("alpha", "bravo")]
                await file_all(node, parts)


async def comes_back(directory: Path, whole: Replayed, *, complaints: int, words: str = "") -> None:
    """It starts, says what was wrong, holds what it held, and takes more."""
    told: list[str] = []
    node = await start(directory, noon_clock(), complaints=told)
    assert len(told) == complaints
    assert all(words in word for word in told)
    same(node.state, whole.from_zero)
    answer = await node.file(ALPHA, drone("after", east_m=30.0))
    assert len(answer.conflicts) == 12
    await stop(node)
    replayed = await replay(directory)
    assert replayed.verification.problems == []
    same(replayed.from_zero, replayed.from_snapshot)


@pytest.mark.parametrize("which", ["newest", "all"])
async def test_deleted_snapshots_only_make_the_start_longer(tmp_path: Path, which: str) -> None:
    await history(tmp_path)
    whole = await replay(tmp_path)
    paths = snapshot_paths(tmp_path)
    assert len(paths) == 2
    for path in paths[:1] if which == "newest" else paths:
        path.unlink()
    await comes_back(tmp_path, whole, complaints=0)


@pytest.mark.parametrize("damage", ["a bit", "half of it", "its end", "empty", "another format", "only zeros"])
@pytest.mark.parametrize("which", ["newest", "all"])
async def test_corrupted_snapshots_are_told_and_not_used(tmp_path: Path, which: str, damage: str) -> None:
    await history(tmp_path)
    whole = await replay(tmp_path)
    paths = snapshot_paths(tmp_path)
    damaged = paths[:1] if which == "newest" else paths
    for path in damaged:
        data = path.read_bytes()
        place = Random(len(data)).randrange(40, len(data))
        path.write_bytes(
            {
                "a bit": data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :],
                "half of it": data[: len(data) // 2],
                "its end": data[:-1],
                "empty": b"",
                "another format": b"SKYSNAP9" + data[8:],
                "only zeros": bytes(len(data)),
            }[damage]
        )
    await comes_back(tmp_path, whole, complaints=len(damaged), words="is not used")


async def test_a_snapshot_that_was_never_finished_is_no_snapshot(tmp_path: Path) -> None:
    """The process died while it wrote one: what it left has another name."""
    await history(tmp_path)
    whole = await replay(tmp_path)
    newest = snapshot_paths(tmp_path)[0]
    newest.rename(newest.with_name(newest.name + ".new"))
    await comes_back(tmp_path, whole, complaints=0)


async def test_the_follower_writes_snapshots_in_a_process_of_its_own_while_the_node_serves(tmp_path: Path) -> None:
    async with running(tmp_path, noon_clock(), "alpha", "bravo") as node:
        await file_all(node, [drone(f"d{i}", p) for i in range(5) for p in ("alpha", "bravo")])
        following = asyncio.create_task(spawn_follower(tmp_path))
        number = 0
        while not following.done():
            await node.file(ALPHA, drone(f"while/{number}"))
            number += 1
            await asyncio.sleep(0.05)
        await following
        snapshots = snapshot_paths(tmp_path)
        assert len(snapshots) == 1
        await crash(node)
        replayed = await replay(tmp_path)
        assert 0 < replayed.snapshot_sequence <= replayed.from_zero.sequence
        assert replayed.complaints == ()
        assert replayed.verification.problems == []
        same(replayed.from_zero, replayed.from_snapshot)


async def torn(origin: Path, target: Path, damage: str, dice: Random) -> int:
    """A copy of a crashed node's directory, the end of its log's WAL torn as by a power cut; bytes that were torn."""
    shutil.copytree(origin, target)
    (target / "log.sqlite-shm").unlink()  # it is memory, and gone with the power
    (target / "vault.sqlite-shm").unlink()
    wal = target / "log.sqlite-wal"
    size = wal.stat().st_size
    lost = dice.randrange(1, min(size - WAL_HEADER_BYTES, 6 * FRAME_BYTES))
    with wal.open("r+b") as file:
        if damage == "truncated":
            os.truncate(wal, size - lost)
        else:
            file.seek(size - lost)
            file.write(bytes(lost) if damage == "zeros" else dice.randbytes(lost))
    return lost


async def crashed(directory: Path) -> None:
    """A node that was killed: its files are copied while it lives, so that the WAL is as it was."""
    node = await start(directory / "living", noon_clock())
    for party in ("alpha", "bravo"):
        await node.register_party(OPERATOR, party, party.title(), "civil_ats")
    await _work(node)
    shutil.copytree(directory / "living", directory / "killed")
    await crash(node)


async def _work(node: Node) -> None:
    for number in range(12):
        await file_all(node, [drone(f"{p}/{number}", p, east_m=40.0 * number) for p in ("alpha", "bravo")])
        await node.file(ALPHA, drone(f"keyed/{number}"), idempotency_key=f"k{number}")


@pytest.mark.parametrize("damage", ["truncated", "zeros", "noise"])
async def test_a_torn_last_page_is_an_end_before_it_and_never_a_wrong_entry(tmp_path: Path, damage: str) -> None:
    await crashed(tmp_path)
    whole = await replay(tmp_path / "living")
    dice = Random(f"torn {damage}")
    ends = set()
    for number in range(8):
        target = tmp_path / f"torn{number}"
        await torn(tmp_path / "killed", target, damage, dice)
        node = await start(target, noon_clock())
        end = node.state.sequence
        ends.add(end)
        assert end <= whole.from_zero.sequence
        for operation in node.state.operations.values():  # what is held is what was filed
            assert whole.from_zero.operations[operation.key] == operation
            assert node.vault.body(operation.details_digest)
        # what was lost is filed again, under the same keys, and conflicts are whole again
        for repeat in range(12):
            if ("alpha", f"keyed/{repeat}") not in node.state.operations:
                answer = await node.file(ALPHA, drone(f"keyed/{repeat}", radius_m=101.0), idempotency_key=f"k{repeat}")
                again = await node.file(ALPHA, drone(f"keyed/{repeat}", radius_m=101.0), idempotency_key=f"k{repeat}")
                assert again == answer
                assert msgspec.json.decode(answer.operation.volumes)[0]["circle"]["radius_m"] == 101.0
        await node.file(ALPHA, drone("after"))
        await stop(node)
        replayed = await replay(target)
        assert replayed.verification.problems == []
        assert replayed.complaints == ()
        same(replayed.from_zero, replayed.from_snapshot)
    assert min(ends) < whole.from_zero.sequence, "something was torn"


async def test_a_log_that_lost_more_than_the_snapshot_knows_goes_on_from_itself(tmp_path: Path) -> None:
    """A disk that broke its promise: the snapshot is newer than the log. It is told, and never used later either."""
    await crashed(tmp_path)
    living = await start(tmp_path / "living", noon_clock())
    await stop(living)  # a snapshot of everything
    target = tmp_path / "torn"
    await torn(tmp_path / "killed", target, "truncated", Random(3))
    newest = snapshot_paths(tmp_path / "living")[0]
    shutil.copy(newest, target / newest.name)
    clock = noon_clock()
    clock.now_us += 60_000_000  # time has passed since
    for complaint in ("newer than the log", "another one"):
        told: list[str] = []
        node = await start(target, clock, complaints=told)
        assert len(told) == 1
        assert complaint in told[0]
        while node.state.sequence <= int(newest.stem.split("-")[1]):
            await node.file(ALPHA, drone(f"after/{node.state.sequence}", east_m=5_000.0, seconds=(120.0, 660.0)))
        await crash(node)
    replayed = await replay(target)
    assert replayed.verification.problems == []
    same(replayed.from_zero, replayed.from_snapshot)
