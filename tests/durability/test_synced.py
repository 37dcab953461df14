"""Nothing is acknowledged before the disk has it: what SQLite asks of its files, watched from beneath.

A kill does not show a write that was never synced: the machine's page cache outlives the process. So a layer of
SQLite's own kind (a VFS) stands between it and the files, and notes every write and sync of the write-ahead logs.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from skyparley.log.bulk import ONE_STATEMENT
from skyparley.log.sqlite import SqliteLog
from skyparley.node.custody.vault import Vault
from support.drafts import draft
from support.nodes import noon_clock

pytestmark = pytest.mark.anyio

Calls = list[str]


class _File(apsw.VFSFile):
    def __init__(self, base: str, name: str | apsw.URIFilename | None, flags: list[int], calls: Calls) -> None:
        super().__init__(base, name, flags)
        path = name if isinstance(name, str) or name is None else name.filename()
        self._calls = calls if path is not None and path.endswith("-wal") else []

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        self._calls.append("write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        super().xSync(flags)
        self._calls.append("sync")


class _Watch(apsw.VFS):
    def __init__(self, calls: Calls) -> None:
        self._base = apsw.vfs_names()[0]
        self._calls = calls
        super().__init__("watched", self._base, makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        return _File(self._base, name, flags, self._calls)


@pytest.fixture
def calls() -> Iterator[Calls]:
    """What SQLite has done to write-ahead logs, in order."""
    before = apsw.vfs_names()[0]
    found: Calls = []
    watch = _Watch(found)
    try:
        yield found
    finally:
        apsw.set_default_vfs(before)
        watch.unregister()


def assert_durable(calls: Calls) -> None:
    """Something was written since the list was cleared, and synced after the last write."""
    assert "write" in calls
    assert calls[-1] == "sync"
    calls.clear()


@pytest.mark.parametrize("count", [1, ONE_STATEMENT, ONE_STATEMENT + 1])
async def test_the_log_answers_once_its_entries_are_on_the_disk(tmp_path: Path, calls: Calls, count: int) -> None:
    log = await SqliteLog.open(tmp_path / "log.sqlite", pool="test", clock=noon_clock())
    calls.clear()
    for group in range(3):
        await log.append([draft(1 + group * count + number) for number in range(count)])
        assert_durable(calls)
    await asyncio.gather(*(log.append([draft(10_000 + number)]) for number in range(2 * ONE_STATEMENT)))
    assert_durable(calls)
    await log.close()


@pytest.mark.parametrize("count", [1, ONE_STATEMENT, ONE_STATEMENT + 1])
async def test_the_vault_answers_once_what_it_holds_is_on_the_disk(tmp_path: Path, calls: Calls, count: int) -> None:
    vault = Vault(tmp_path / "vault.sqlite")
    calls.clear()
    for group in range(3):
        await vault.put_bodies([(f"{group:032}{number:032}", "alpha", b"details") for number in range(count)])
        assert_durable(calls)
        await vault.put_reply("alpha", f"key-{group}", group + 1, 1, b"{}")
        assert_durable(calls)
    vault.close()
