"""What the log in SQLite adds to the contract: reopening, a bounded queue, lagging followers, damage and its words."""

import asyncio
from pathlib import Path
from typing import Any

import apsw
import pytest

from skyparley.errors import NotFoundError, OverloadedError, StorageError
from skyparley.log import sqlite
from skyparley.log.port import Entry
from skyparley.log.sqlite import SqliteLog, copy_database
from skyparley.record.envelope import first_chain
from support.drafts import POOL, START_US, Clock, assert_chained, draft
from support.serving import until

pytestmark = pytest.mark.anyio


async def open_log(path: Path, clock: Clock | None = None, **options: Any) -> SqliteLog:
    return await SqliteLog.open(path, clock=clock or Clock(), **{"pool": POOL, **options})


async def all_of(log: SqliteLog, after: int = 0) -> list[Entry]:
    """Every entry that is stored; the log is closed after."""
    await log.close()
    return [entry async for group in log.entries(after) for entry in group]


def change(path: Path, sql: str, *values: object) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql, values)
    connection.close()


async def test_a_log_goes_on_where_it_was_closed(tmp_path: Path) -> None:
    path, clock, written = tmp_path / "log.sqlite", Clock(), []
    for round_ in range(4):
        log = await open_log(path, clock)
        assert (await log.head()).sequence == 5 * round_
        written += await log.append([draft(5 * round_ + number) for number in range(5)])
        clock.now_us -= 1_000_000  # the clock is set back between runs: time goes on all the same
        await log.close()
    log = await open_log(path)
    assert await log.verify() == 20
    assert await all_of(log) == written
    assert_chained(written)


async def test_a_repeated_append_is_known_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    log = await open_log(path)
    first = await log.append([draft(1), draft(2)])
    await log.close()
    log = await open_log(path)
    again = await log.append([draft(2), draft(3), draft(1)])
    assert [entry.sequence for entry in again] == [2, 3, 1]
    assert (again[0], again[2]) == (first[1], first[0])
    await log.close()


async def test_what_was_trimmed_stays_so(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    log = await open_log(path)
    entries = list(await log.append([draft(number) for number in range(1, 11)]))
    await log.trim(6)
    await log.close()
    log = await open_log(path)
    assert await log.verify() == 5
    with pytest.raises(NotFoundError):
        await anext(log.entries(4))
    (added,) = await log.append([draft(11)])
    assert await all_of(log, 5) == [*entries[5:], added]
    assert_chained([*entries[5:], added], 5, entries[4].chain)
    log = await open_log(path, Clock(1))
    await log.trim(99)
    await log.close()
    log = await open_log(path, Clock(1))
    (after_all,) = await log.append([draft(12)])
    assert (after_all.sequence, after_all.time_us) == (12, added.time_us + 1)
    await log.close()


async def test_a_trim_meets_a_busy_writer(tmp_path: Path) -> None:
    log = await open_log(tmp_path / "log.sqlite")
    await log.append([draft(number) for number in range(1, 50)])

    async def write() -> None:
        for number in range(100, 200):
            await log.append([draft(number)])

    writing = asyncio.create_task(write())
    for before in range(2, 40):
        await log.trim(before)
    await writing
    assert await log.verify() == 49 + 100 - 38
    await log.close()


async def test_a_full_queue_refuses_and_stores_nothing_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "MAX_QUEUED_APPENDS", 8)
    path = tmp_path / "log.sqlite"
    log = await open_log(path)
    blocker = apsw.Connection(str(path))
    blocker.execute("BEGIN IMMEDIATE")  # the writer waits for the file, what comes meanwhile queues
    try:
        tasks = [asyncio.create_task(log.append([draft(number)])) for number in range(30)]
        await asyncio.sleep(0.1)
        refused = [task for task in tasks if task.done()]
        assert len(refused) >= 30 - 8 - 8  # at most one group with the writer, and one queue
        for task in refused:
            error = task.exception()
            assert isinstance(error, OverloadedError)
            assert error.retry_after_s >= 1
    finally:
        blocker.execute("COMMIT")
        blocker.close()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    kept = [answer[0] for answer in answers if not isinstance(answer, BaseException)]
    assert len(kept) == 30 - len(refused)
    assert {entry.header for entry in await all_of(log)} == {entry.header for entry in kept}


async def test_what_its_author_gave_up_before_its_group_was_formed_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    log = await open_log(path)
    blocker = apsw.Connection(str(path))
    blocker.execute("BEGIN IMMEDIATE")
    try:
        first = asyncio.create_task(log.append([draft(0)]))
        await asyncio.sleep(0)
        await until(log._queue.empty)  # the writer has it, and waits for the file
        tasks = [asyncio.create_task(log.append([draft(number)])) for number in range(1, 21)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.sleep(0)
    finally:
        blocker.execute("COMMIT")
        blocker.close()
    answers = await asyncio.gather(first, *tasks, return_exceptions=True)
    kept = [answer[0] for answer in answers if not isinstance(answer, BaseException)]
    assert len(kept) == 1 + 10
    assert [entry.header for entry in await all_of(log)] == [entry.header for entry in kept]


async def test_followers_that_lag_beyond_what_is_kept_for_them_read_from_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "MAX_LIVE_GROUPS", 3)
    monkeypatch.setattr(sqlite, "PAGE", 4)
    log = await open_log(tmp_path / "log.sqlite")
    seen: list[Entry] = []

    async def follow() -> None:
        async for group in log.entries(0):
            seen.extend(group)
            await asyncio.sleep(0.004)

    follower = asyncio.create_task(follow())
    written = []
    for number in range(80):
        written += await log.append([draft(number)])
    await log.close()
    await follower
    assert seen == written


async def test_a_log_belongs_to_its_pool(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    await (await open_log(path)).close()
    with pytest.raises(StorageError, match="pool 'contract', not 'other'"):
        await open_log(path, pool="other")
    log = await open_log(path, pool=None)
    assert log.pool == POOL
    await log.close()


async def test_a_log_opened_for_reading_takes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with pytest.raises(StorageError):
        await open_log(path, read_only=True)  # there is none to read
    writing = await open_log(path)
    await writing.append([draft(1)])
    reading = await open_log(path, read_only=True)
    with pytest.raises(StorageError, match="closed for writing"):
        await reading.append([draft(2)])
    assert len(await all_of(reading)) == 1
    await writing.close()


@pytest.mark.parametrize("content", [b"this is no database" * 400, b"SQLite format 3\x00" + b"\xff" * 4_096])
async def test_a_file_that_is_no_log(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log.sqlite"
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"log\.sqlite"):
        await open_log(path)
    assert path.read_bytes() == content


async def test_a_log_of_a_later_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    await (await open_log(path)).close()
    change(path, "PRAGMA user_version = 7")
    with pytest.raises(StorageError, match="format 7"):
        await open_log(path)


async def test_a_log_that_lacks_a_fact_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    await (await open_log(path)).close()
    change(path, "DELETE FROM facts WHERE name = 'trimmed'")
    with pytest.raises(StorageError, match="trimmed"):
        await open_log(path)


@pytest.mark.parametrize("sequence", [1, 2, 9, 10])
@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entries SET body = CAST('other' AS BLOB) WHERE sequence = ?",
        "UPDATE entries SET salt = zeroblob(16) WHERE sequence = ?",
        "UPDATE entries SET time_us = time_us + 1 WHERE sequence = ?",
        "UPDATE entries SET chain = zeroblob(32) WHERE sequence = ?",
        "UPDATE entries SET signature = zeroblob(1) WHERE sequence = ?",
        "UPDATE entries SET header = CAST(replace(header, 'alpha', 'bravo') AS BLOB) WHERE sequence = ?",
    ],
)
async def test_a_damaged_entry_is_noticed_when_the_log_is_opened(tmp_path: Path, damage: str, sequence: int) -> None:
    path = tmp_path / "log.sqlite"
    log = await open_log(path)
    await log.append([draft(number) for number in range(1, 11)])
    await log.close()
    change(path, damage, sequence)
    with pytest.raises(StorageError, match=r"entry \d+"):
        await open_log(path)


async def test_an_entry_that_is_gone_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    log = await open_log(path)
    await log.append([draft(number) for number in range(1, 11)])
    await log.close()
    change(path, "DELETE FROM entries WHERE sequence = 4")
    with pytest.raises(StorageError):
        await open_log(path)


async def test_old_damage_is_found_by_verify_and_by_whoever_reads_across_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "VERIFIED_AT_OPEN", 3)
    path = tmp_path / "log.sqlite"
    log = await open_log(path)
    await log.append([draft(number) for number in range(1, 11)])
    await log.close()
    change(path, "UPDATE entries SET body = zeroblob(3) WHERE sequence = 4")
    log = await open_log(path)
    with pytest.raises(StorageError, match="entry 4"):
        await log.verify()
    await log.close()
    change(path, "DELETE FROM entries WHERE sequence = 4")
    log = await open_log(path)
    with pytest.raises(StorageError, match="entry 4 is missing"):
        await log.verify()
    with pytest.raises(StorageError, match="missing"):
        await all_of(log)


async def test_a_copy_made_while_the_log_is_written_is_a_log(tmp_path: Path) -> None:
    log = await open_log(tmp_path / "log.sqlite")
    await log.append([draft(number) for number in range(1, 400)])
    copying = asyncio.create_task(asyncio.to_thread(copy_database, log._path, tmp_path / "copy.sqlite"))
    for number in range(400, 460):
        await log.append([draft(number)])
    await copying
    entries = await all_of(log)
    copy = await open_log(tmp_path / "copy.sqlite")
    held = await copy.verify()
    assert 399 <= held <= 459
    assert await all_of(copy) == entries[:held]


async def test_a_log_opened_while_another_process_writes_names_one_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, whole = tmp_path / "log.sqlite", tmp_path / "whole.sqlite"
    log = await open_log(path)
    entries = await log.append([draft(1), draft(2)])
    await log.close()
    copy_database(path, whole)
    ahead = await open_log(whole)
    await ahead.append([draft(3)])
    await ahead.close()
    written = []

    def another_writes(_cursor: apsw.Cursor, sql: str, _bindings: object) -> bool:
        if "ORDER BY sequence" in sql and not written:  # the end was read, the entries not yet
            written.append(3)
            change(
                path,
                f"ATTACH '{whole}' AS whole; INSERT INTO entries SELECT * FROM whole.entries WHERE sequence = 3",
            )
        return True

    def watched(at: Path) -> apsw.Connection:
        connection = connect(at)
        connection.exec_trace = another_writes
        return connection

    connect = sqlite.connect
    monkeypatch.setattr(sqlite, "connect", watched)
    reading = await open_log(path, read_only=True)
    head = await reading.head()
    assert written == [3]
    assert (head.sequence, head.chain) == (2, entries[1].chain)
    assert len(await all_of(reading)) == 3


async def test_a_copy_of_what_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"log\.sqlite cannot be copied"):
        copy_database(tmp_path / "log.sqlite", tmp_path / "copy.sqlite")


async def test_a_new_log_begins_with_the_chain_of_its_pool(tmp_path: Path) -> None:
    log = await open_log(tmp_path / "log.sqlite", pool="another")
    head = await log.head()
    assert head.chain == first_chain("another") != first_chain(POOL)
    (entry,) = await log.append([draft(1)])
    assert entry.time_us == START_US
    await log.close()
