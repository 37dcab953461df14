"""The index that is kept beside the vault: a node that takes it over is the node that reads everything again."""

import asyncio
import shutil
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from skyparley.errors import StorageError
from skyparley.log.sqlite import SqliteLog
from skyparley.node import node as node_module
from skyparley.node.custody import custodian, index_file
from skyparley.node.custody.comparison import Compared, Step
from skyparley.node.custody.index_file import INDEX_FILE, MAGIC, read_index
from skyparley.node.custody.vault import Vault
from skyparley.node.node import Node
from skyparley.node.recovery import follow_to_snapshot
from support.line import until
from support.nodes import ALPHA, BRAVO, OPERATOR, crash, drone, file_all, noon_clock, replay, running, same, start, stop

pytestmark = pytest.mark.anyio


def kept_rows(directory: Path) -> int:
    """How many operations an index holds."""
    kept = read_index(directory)
    kept.close()
    return len(kept.rows)


PROBES = [drone(f"probe{i}", "third", east_m=90.0 * i, radius_m=200.0) for i in range(8)]


async def follow(directory: Path, told: list[str] | None = None) -> int:
    """What `skyparley snapshot` does."""
    log = await SqliteLog.open(directory / "log.sqlite", pool=None, clock=noon_clock(), read_only=True)
    try:
        return await follow_to_snapshot(log, directory, ([] if told is None else told).append)
    finally:
        await log.close()


async def history(directory: Path) -> None:
    """Filings of two parties near each other, an index as of then, and then amendments, departures and more filings.

    It ends as by a crash, so that nothing is written at the end.
    """
    node = await start(directory, noon_clock())
    for party in ("alpha", "bravo"):
        await node.register_party(OPERATOR, party, party.title(), "civil_ats")
    await file_all(node, [drone(f"d{i}", p, east_m=80.0 * i) for i in range(6) for p in ("alpha", "bravo")])
    await follow(directory)
    await node.amend(ALPHA, drone("d1", east_m=500.0), version=1)
    await node.amend(BRAVO, drone("d2", "bravo", east_m=160.0, radius_m=20.0), version=1)
    await node.act(ALPHA, "cancel", "d3", version=1)
    await node.act(BRAVO, "activate", "d4", version=1)
    await file_all(node, [drone(f"later{i}", p, east_m=80.0 * i) for i in range(2) for p in ("alpha", "bravo")])
    await crash(node)


def held(node: Node) -> dict[str, Any]:
    """All that the comparison keeps beside the index, by operation."""
    columns = node.custodian._comparison.columns
    return {
        str(ref): (columns.sequence(ref), columns.digest(ref), columns.salt(ref), columns.box(ref))
        for ref in columns.refs()
    }


async def what_it_is(directory: Path) -> tuple[list[str], int, list[Any]]:
    """A node on a copy of a directory: what it says, how many bodies it reads to start, and what it finds."""
    copy = directory.with_name(f"{directory.name}-copy")
    shutil.copytree(directory, copy)
    told: list[str] = []
    read: list[str] = []
    body = Vault.body
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Vault, "body", lambda self, digest: read.append(digest) or body(self, digest))
            node = await start(copy, noon_clock(), tell=told.append)
        found: list[Any] = [node.state.state_hash(), held(node), node.conflicts(OPERATOR, None, 1_000).items]
        found += [await node.custodian.check(probe) for probe in PROBES]
        assert sum(len(conflicts) for conflicts in found[3:]) > 20
        answer = await node.file(ALPHA, drone("after", east_m=40.0))
        found.append([one.sentence for one in answer.conflicts])
        await stop(node)
        replayed = await replay(copy)
        assert replayed.verification.problems == []
        same(replayed.from_zero, replayed.from_snapshot)
    finally:
        shutil.rmtree(copy)
    return told, len(read), found


async def test_a_node_from_the_kept_index_is_the_node_from_the_vault(tmp_path: Path) -> None:
    data = tmp_path / "node"
    await history(data)
    told, read, found = await what_it_is(data)
    assert told == []
    assert read == 6, "two that were amended and four that came later; activation changes no details"
    await follow(data)
    told, read, again = await what_it_is(data)
    assert (told, read, again) == ([], 0, found)
    (data / INDEX_FILE).unlink()
    told, read, again = await what_it_is(data)
    assert (told, read, again) == ([], 15, found)


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def arrays_at(data: bytes) -> int:
    """Where the first array begins."""
    return -(-(12 + int.from_bytes(data[8:12], "big") + 32) // 64) * 64


def header_with(data: bytes, place: int, value: Any) -> bytes:
    """The file with another value in its header, and the checksum that belongs to it."""
    length = int.from_bytes(data[8:12], "big")
    header = msgspec.msgpack.decode(data[12 : 12 + length])
    header[place] = value
    packed = msgspec.msgpack.encode(header)
    body = data[arrays_at(data) :]
    head = MAGIC + len(packed).to_bytes(4, "big") + packed + index_file.sha256(packed).digest()
    return head + bytes(-len(head) % 64) + body


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "a bit of its header": lambda data: flipped(data, 40),
    "a bit of an array": lambda data: flipped(data, arrays_at(data) + 40),
    "cut short": lambda data: data[: len(data) // 2],
    "empty": lambda _: b"",
    "zeros": lambda data: bytes(len(data)),
    "another format": lambda data: b"SKYINDX0" + data[8:],
    "another algorithm": lambda data: header_with(data, 0, "skyparley-conflict/0"),
    "other software": lambda data: header_with(data, 1, "0.0.9"),
    "another log": lambda data: header_with(data, 3, bytes(32)),
    "a longer log": lambda data: header_with(data, 2, 1_000),
    "a header that is none": lambda data: header_with(data, 6, 7),
}


@pytest.mark.parametrize("damage", DAMAGE)
async def test_an_index_that_cannot_be_used_is_told_and_made_again(tmp_path: Path, damage: str) -> None:
    data = tmp_path / "node"
    await history(data)
    _, _, found = await what_it_is(data)
    path = data / INDEX_FILE
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    told, read, again = await what_it_is(data)
    assert len(told) == 1
    assert told[0].startswith("index.bin is not used (")
    assert (read, again) == (15, found)
    words: list[str] = []
    await follow(data, words)
    assert len(words) == 1, "the follower says so, too"
    told, read, again = await what_it_is(data)
    assert (told, read, again) == ([], 0, found)


async def test_an_orderly_stop_keeps_the_index_if_there_is_none_or_it_lacks_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, rows in (("one", 1), ("two", 1), ("three", 3)):
        if name == "three":
            monkeypatch.setattr(node_module, "INDEX_EVERY_ENTRIES", 3)
        async with running(tmp_path, noon_clock(), *(["alpha"] if name == "one" else [])) as node:
            await node.file(ALPHA, drone(name))
        assert kept_rows(tmp_path) == rows
    assert stat.S_IMODE((tmp_path / INDEX_FILE).stat().st_mode) == 0o600


async def test_a_stop_in_the_middle_of_a_comparison_keeps_the_index_and_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compared and not recorded, an operation would be more than the log says, and the whole index worth nothing."""
    node = await start(tmp_path, noon_clock())
    for party in ("alpha", "bravo"):
        await node.register_party(OPERATOR, party, party.title(), "civil_ats")
    await node.file(ALPHA, drone("first"))
    compare, begun, go_on = node.custodian._comparison.advance, threading.Event(), threading.Event()

    def slowly(steps: list[Step]) -> Compared:
        begun.set()
        assert go_on.wait(10)
        return compare(steps)

    node.custodian._comparison.advance = slowly  # type: ignore[method-assign]
    monkeypatch.setattr(custodian, "MAX_BATCH", 1)
    monkeypatch.setattr(custodian, "REST_S", 0.5)
    filing = asyncio.create_task(node.file(BRAVO, drone("second", "bravo")))
    await until(begun.is_set)
    late = asyncio.create_task(node.file(ALPHA, drone("third")))
    await until(lambda: node.custodian.backlog == 1)
    stopping = asyncio.create_task(stop(node))
    await asyncio.sleep(1.0)  # a comparison may take longer than what is waited for its recording
    go_on.set()
    await stopping
    assert len((await asyncio.wait_for(filing, 10)).conflicts) == 1, "who filed in time is answered"
    late.cancel()
    await asyncio.gather(late, return_exceptions=True)
    assert kept_rows(tmp_path) == 2, "what waits is not begun"
    async with running(tmp_path, noon_clock()) as again:
        await until(lambda: not again.state.pending_filings())
        assert len(again.state.conflicts) == 3


async def test_a_comparison_that_rests_begins_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custodian, "REST_S", 3_600.0)
    async with running(tmp_path, noon_clock(), "alpha") as node, asyncio.timeout(10):
        await node.file(ALPHA, drone("one"))
        for _ in range(2):  # the second does not wait for the first
            await node.custodian.rest()
        filing = asyncio.create_task(node.file(ALPHA, drone("two")))
        await until(lambda: node.custodian.backlog == 1)
        await asyncio.sleep(0.1)
        assert node.custodian.backlog == 1
        filing.cancel()


@pytest.mark.parametrize("fails", [True, False])
async def test_a_stop_does_not_wait_for_what_cannot_be_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    monkeypatch.setattr(custodian, "REST_S", 3_600.0 if fails else 0.05)
    node = await start(tmp_path, noon_clock())
    await node.register_party(OPERATOR, "alpha", "Alpha", "civil_ats")
    recording = asyncio.Event()

    async def never(_: object) -> None:
        recording.set()
        if fails:
            raise StorageError("the disk is full")
        await asyncio.Event().wait()

    node.custodian._record = never
    filing = asyncio.create_task(node.file(ALPHA, drone("one")))
    await recording.wait()
    await until(lambda: (node.custodian.complaint is not None) == fails)
    async with asyncio.timeout(10):
        await node.custodian.rest()
        await stop(node)  # which rests again
    filing.cancel()
    await asyncio.gather(filing, return_exceptions=True)
    assert not (tmp_path / INDEX_FILE).exists(), "what it holds is more than the log says"
    async with running(tmp_path, noon_clock()) as again:
        await until(lambda: not again.state.pending_filings())


async def test_what_waits_to_be_compared_is_compared_by_a_node_that_takes_an_index_over(tmp_path: Path) -> None:
    """The index has nothing that was filed after what was compared, or a filing would be compared with later ones."""
    node = await start(tmp_path, noon_clock())
    for party in ("alpha", "bravo"):
        await node.register_party(OPERATOR, party, party.title(), "civil_ats")
    await file_all(node, [drone(f"d{i}", p, east_m=80.0 * i) for i in range(3) for p in ("alpha", "bravo")])
    await node.custodian.compared(node.state.findings_through)
    node._tasks[2].cancel()  # the custodian compares no more
    before = node.state.sequence
    filing = asyncio.gather(*(node.file(who, drone("late", who.party)) for who in (ALPHA, BRAVO)))
    await until(lambda: node.state.sequence == before + 2)
    await follow(tmp_path)
    assert kept_rows(tmp_path) == 6
    filing.cancel()
    await asyncio.gather(filing, return_exceptions=True)
    await crash(node)
    async with running(tmp_path, noon_clock()) as node:
        await until(lambda: not node.state.pending_filings())
        assert len(node.state.operations) == 8
    verification = (await replay(tmp_path)).verification
    assert verification.problems == []
    assert verification.findings > 10
