"""A disk that is really full: writes stop with a clear state, reads go on, nothing is half-done, and it goes on by
itself once there is room. Once with a small file system (where mounting one is allowed), once with a file size limit
set on the serving process.
"""

import asyncio
import contextlib
import functools
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.nodes import OPERATOR, replay, running, same
from support.process import Serving, serving
from support.serving import now_us, operation

pytestmark = pytest.mark.anyio
DISK_BYTES = 24 * 1024 * 1024
PAGE_BYTES = 4_096


class Disk:
    """A small file system and a file that fills it up to the last page, or but for some."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / "filler"

    def fill(self, *, free_pages: int = 0) -> None:
        with self._filler.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(PAGE_BYTES))
        os.truncate(self._filler, max(0, self._filler.stat().st_size - free_pages * PAGE_BYTES))

    def free(self) -> None:
        self._filler.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    path = tmp_path / "disk"
    path.mkdir()
    mount = shutil.which("mount")
    done = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "skyparley-test", str(path)],
        capture_output=True,
        check=False,
    )
    if not done or done.returncode:
        pytest.skip("no file system may be mounted here; the file size limit is tested instead")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


async def prepare(directory: Path) -> str:
    """A data directory with two parties; the key of alpha."""
    async with running(directory, now_us, "alpha", "bravo") as node:
        return (await node.create_key(OPERATOR, "alpha")).api_key


def client_of(url: str, key: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60)


@functools.cache
def body(name: str) -> dict[str, Any]:
    """The same body for the same name, so that it can be repeated."""
    return operation(name)


def file(client: httpx.Client, name: str) -> httpx.Response:
    return client.post("/v1/operations", json=body(name), headers={"Idempotency-Key": name})


def held(client: httpx.Client) -> set[str]:
    page = client.get("/v1/operations", params={"limit": 1_000}).json()
    assert page["next"] is None
    return {item["operation_id"] for item in page["items"]}


def file_until_full(client: httpx.Client) -> list[str]:
    """File until it is refused three times in a row; what was acknowledged."""
    acknowledged: list[str] = []
    refused = 0
    for number in range(2_000):
        answer = file(client, f"op-{number}")
        if answer.status_code == 201:
            acknowledged.append(f"op-{number}")
            refused = 0
            continue
        assert answer.status_code == 503, answer.text
        assert answer.json()["error"]["code"] == "storage"
        assert int(answer.headers["retry-after"]) >= 1
        refused += 1
        if refused == 3:
            return acknowledged
    raise AssertionError("the disk is never full")


def assert_reads_go_on(client: httpx.Client, acknowledged: list[str]) -> None:
    assert set(acknowledged) <= held(client)
    assert client.get("/v1/conflicts", params={"limit": 1_000}).status_code == 200
    assert client.get("/v1/parties").status_code == 200
    assert client.get("/v1/status").status_code == 200
    probe = client.post("/v1/operations/check", json=operation("probe"))
    assert len(probe.json()["conflicts"]) >= len(acknowledged)
    with client.stream("GET", "/v1/events") as stream:
        assert next(stream.iter_lines()).startswith("retry")
    health = client.get("/healthy")
    assert health.status_code == 200 or health.json()["error"]["message"]


def until_well(client: httpx.Client) -> None:
    """Wait until a filing is taken and the node is healthy."""
    deadline = time.monotonic() + 30
    name = f"well-{time.monotonic_ns()}"
    while (answer := file(client, name)).status_code != 201 or client.get("/healthy").status_code != 200:
        assert time.monotonic() < deadline, f"the node does not go on though there is room: {answer.text}"
        time.sleep(0.2)


async def assert_sound(directory: Path, expected: set[str]) -> None:
    replayed = await replay(directory)
    assert replayed.verification.problems == []
    same(replayed.from_zero, replayed.from_snapshot)
    assert {operation_id for _, operation_id in replayed.from_zero.operations} == expected
    pairs = len(expected) * (len(expected) - 1) // 2
    assert len(replayed.from_zero.conflicts) == pairs, "everyone meets everyone at this place"


async def test_a_full_disk_stops_writes_and_not_reads(disk: Disk) -> None:
    directory = disk.path / "node"
    key = await prepare(directory)
    with serving("serve", directory) as process, client_of(process.url, key) as client:
        for number in range(5):
            assert file(client, f"before-{number}").status_code == 201
        disk.fill(free_pages=60)
        acknowledged = [f"before-{number}" for number in range(5)] + file_until_full(client)
        assert_reads_go_on(client, acknowledged)
        process.kill()
    # it even starts on a full disk, to be read
    with serving("serve", directory) as process, client_of(process.url, key) as client:
        assert_reads_go_on(client, acknowledged)
        assert file(client, "still-full").status_code == 503
        assert "still-full" not in held(client)
        disk.free()
        until_well(client)
        expected = held(client)
        assert set(acknowledged) <= expected
        assert process.stop() == 0
    await assert_sound(directory, expected)


async def test_wherever_the_room_ends_nothing_is_half_done(disk: Disk) -> None:
    """One filing with room for 0, 1, 2, … pages: details, entry, witnesses, findings, kept answer fail in turn."""
    directory = disk.path / "node"
    key = await prepare(directory)
    outcomes: dict[str, list[str]] = {"refused": [], "recorded": [], "answered": []}
    with serving("serve", directory) as process, client_of(process.url, key) as client:
        for number in range(6):
            assert file(client, f"before-{number}").status_code == 201
        pages = 0
        while len(outcomes["answered"]) < 3:
            disk.fill(free_pages=pages)
            name = f"op-{pages}"
            answer = file(client, name)
            if answer.status_code == 201:
                outcomes["answered"].append(name)
                assert len(answer.json()["conflicts"]) == len(held(client)) - 1
            else:
                assert answer.status_code == 503
                message = answer.json()["error"]["message"]
                recorded = message.startswith("this is recorded as entry")
                assert recorded or "nothing of this was recorded" in message
                assert (name in held(client)) == recorded
                outcomes["recorded" if recorded else "refused"].append(name)
                if recorded:
                    findings_lack = "conflicts with" in message
                    assert (client.get("/healthy").status_code == 503) == findings_lack
            disk.free()
            until_well(client)
            if name in outcomes["refused"]:
                assert name not in held(client)
            pages += 1 if len(outcomes["recorded"]) < 3 else 4
        assert len(outcomes["refused"]) >= 2
        assert len(outcomes["recorded"]) >= 2
        first: dict[str, Any] = {name: file(client, name).json() for name in outcomes["recorded"]}
        for name, answer in first.items():
            assert answer["operation"]["operation_id"] == name
            assert answer["conflicts"]
            assert file(client, name).json() == answer
        expected = held(client)
        assert process.stop() == 0
    await assert_sound(directory, expected)


async def test_files_that_may_not_grow_stop_writes_and_not_reads(tmp_path: Path) -> None:
    directory = tmp_path / "node"
    key = await prepare(directory)
    with serving("serve", directory) as process, client_of(process.url, key) as client:
        for number in range(5):
            assert file(client, f"before-{number}").status_code == 201
        limits = resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE)
        wal_bytes = max((directory / f"{name}.sqlite-wal").stat().st_size for name in ("log", "vault"))
        resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, (wal_bytes + 30 * PAGE_BYTES, limits[1]))
        acknowledged = [f"before-{number}" for number in range(5)] + file_until_full(client)
        assert_reads_go_on(client, acknowledged)
        resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, limits)
        until_well(client)
        expected = held(client)
        assert set(acknowledged) <= expected
        assert process.stop() == 0
    await assert_sound(directory, expected)


async def test_a_snapshot_that_finds_no_room_leaves_nothing_behind(disk: Disk) -> None:
    directory = disk.path / "node"
    key = await prepare(directory)
    process = Serving("serve", directory)
    try:
        with client_of(process.wait(), key) as client:
            for number in range(30):
                assert file(client, f"op-{number}").status_code == 201
        before = {path.name for path in directory.iterdir()}
        disk.fill()
        assert await asyncio.to_thread(process.stop) == 0
    finally:
        process.close()
    after = {path.name for path in directory.iterdir()}
    assert after <= before
    assert not [name for name in after if name.endswith(".new")]
    disk.free()
    await assert_sound(directory, {f"op-{number}" for number in range(30)})
