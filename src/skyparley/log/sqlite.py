"""The log in SQLite: the default on one machine. WAL, synchronous=FULL, one writer thread, group commit.

Everything that waits is written as one transaction, so that the price of making it durable is shared. SQLite's WAL has
checksums: a torn last page is an end before it, never a wrong entry; what stands is checked against the chain when
opened. Followers read what is stored and then the groups as they are committed.
"""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Self, cast

import apsw

from skyparley.errors import NotFoundError, OverloadedError, SkyparleyError, StorageError
from skyparley.log.bulk import insert_durably
from skyparley.log.headings import read_headings
from skyparley.log.port import Draft, Entry, Head, Heading
from skyparley.log.sequencer import REMEMBERED_APPENDS, Sequencer
from skyparley.log.verify import verify_entry
from skyparley.record.envelope import first_chain

MAX_QUEUED_APPENDS: Final = 4_096
MAX_GROUP_DRAFTS: Final = 512
MAX_LIVE_GROUPS: Final = 4_096
"""A follower that lags by more groups reads from storage again."""
VERIFIED_AT_OPEN: Final = 1_000
"""So many of the last entries are checked against the chain when the log is opened."""
PAGE: Final = 512
_SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE entries (
    sequence INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, chain BLOB NOT NULL, header BLOB NOT NULL,
    salt BLOB NOT NULL, body BLOB NOT NULL, signature BLOB NOT NULL);
CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""
_INSERT: Final = "INSERT INTO entries VALUES"
_SELECT: Final = "SELECT sequence, time_us, chain, header, salt, body, signature FROM entries"


@dataclass(slots=True)
class _Append:
    drafts: Sequence[Draft]
    future: asyncio.Future[Sequence[Entry]]


@dataclass(slots=True, eq=False)
class _Follower:
    """Groups that were committed since the follower last looked. `lost` says that some were dropped."""

    groups: deque[Sequence[Entry]] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    lost: bool = False


class SqliteLog:
    """A `Log` in one SQLite file. Open it with `open`."""

    def __init__(self, path: Path, sequencer: Sequencer, clock: Callable[[], int], trimmed: int, pool: str) -> None:
        self.pool = pool
        self._path = path
        self._sequencer = sequencer
        self._clock = clock
        self._trimmed = trimmed
        self._durable = sequencer.head
        self._queue: queue.SimpleQueue[_Append | None] = queue.SimpleQueue()
        self._followers: list[_Follower] = []
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._writer: threading.Thread | None = None
        self._single = ThreadPoolExecutor(1, thread_name_prefix="log-reader")
        self._reader: apsw.Connection | None = None

    @classmethod
    async def open(cls, path: Path, *, pool: str | None, clock: Callable[[], int], read_only: bool = False) -> Self:
        """Open or make a log. `pool` None takes the log's own.

        Raises `StorageError` if the file is no log, belongs to another pool, or its last entries do not fit the chain.
        """
        try:
            connection = connect(path)
            _prepare(connection, pool, read_only=read_only)
            stored_pool, trimmed, chain = _facts(connection)
            if pool is not None and stored_pool != pool:
                raise StorageError(f"this is the log of the pool '{stored_pool}', not '{pool}': use its own name")
            sequencer = _load(connection, trimmed, chain)
            connection.close()
        except apsw.Error as error:
            raise StorageError(f"{path.name} cannot be read as a log ({error}): restore it from a backup") from error
        log = cls(path, sequencer, clock, trimmed, stored_pool)
        if not read_only:
            log._writer = threading.Thread(
                target=log._write_forever, args=(_connect_or_say_why(path),), name="log-writer", daemon=True
            )
            log._writer.start()
        return log

    @property
    def trimmed(self) -> int:
        """Entries up to this one are no longer here."""
        return self._trimmed

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Entry]:
        """Order and store drafts as one durable group."""
        if self._closed or self._writer is None:
            raise StorageError("the log is closed for writing")
        if self._queue.qsize() >= MAX_QUEUED_APPENDS:
            raise OverloadedError("the log's write queue is full: try again shortly")
        item = _Append(drafts, self._loop.create_future())
        self._queue.put(item)
        return await item.future

    async def entries(self, after: int) -> AsyncIterator[Sequence[Entry]]:
        """Entries after a sequence, then new ones, until the log is closed."""
        reader = _connect_or_say_why(self._path)
        follower = _Follower()
        self._followers.append(follower)
        try:
            while True:
                if after < self._trimmed:
                    raise _trimmed_error(self._trimmed)
                if after < self._durable.sequence and (follower.lost or not _joins(follower, after)):
                    follower.lost = False
                    page = await asyncio.to_thread(_read, reader, after)
                    after = page[-1].sequence
                    yield page
                elif follower.groups:  # one at a time: while it is dealt with, others may be dropped
                    group = [entry for entry in follower.groups.popleft() if entry.sequence > after]
                    if group:
                        after = group[-1].sequence
                        yield group
                elif self._closed:
                    return
                else:
                    follower.wake.clear()
                    await follower.wake.wait()
        finally:
            self._followers.remove(follower)
            reader.close()

    async def entry(self, sequence: int) -> Entry:
        """One durable entry, by a connection that is kept for it."""
        if not self._trimmed < sequence <= self._durable.sequence:
            raise NotFoundError(f"there is no entry {sequence} here")
        return await self._loop.run_in_executor(self._single, self._read_one, sequence)

    async def headings(self, begin: int, end: int) -> Sequence[Heading]:
        """Headings of a stretch, by a connection of their own."""
        return await asyncio.to_thread(read_headings, self._path, begin, min(end, self._durable.sequence + 1))

    async def head(self) -> Head:
        """The durable end of the log."""
        return self._durable

    async def trim(self, before: int) -> None:
        """Forget entries with a sequence below `before`, never the last one."""
        last = min(before, self._durable.sequence) - 1
        if last > self._trimmed:
            await asyncio.to_thread(_trim, self._path, last)
            self._trimmed = last

    async def verify(self) -> int:
        """Check the chain from the first entry that is held; how many. Raises `StorageError` at the first bad one."""
        return await asyncio.to_thread(_verify, self._path)

    async def close(self) -> None:
        """Write what is queued, end all followers, release the file."""
        if self._closed:
            return
        self._closed = True
        if self._writer is not None:
            await asyncio.to_thread(self._queue.put, None)
            await asyncio.to_thread(self._writer.join)
        await asyncio.sleep(0)
        for follower in self._followers:
            follower.wake.set()
        await asyncio.to_thread(self._single.shutdown)
        if self._reader is not None:
            self._reader.close()

    def _read_one(self, sequence: int) -> Entry:
        try:
            if self._reader is None:
                self._reader = connect(self._path)
            row = self._reader.execute(f"{_SELECT} WHERE sequence = ?", (sequence,)).fetchone()
        except apsw.Error as error:
            raise StorageError(f"entry {sequence} of the log cannot be read ({error})") from error
        if row is None:
            raise NotFoundError(f"there is no entry {sequence} here")
        return _entry(row)

    def _write_forever(self, connection: apsw.Connection) -> None:
        stop = False
        while not stop:
            item = self._queue.get()
            group: list[_Append] = []
            size = 0
            while item is not None:
                if not item.future.cancelled():  # whoever asked has gone: it costs nothing more
                    group.append(item)
                    size += len(item.drafts)
                if size >= MAX_GROUP_DRAFTS or self._queue.empty():
                    break
                item = self._queue.get_nowait()
            stop = item is None
            if group:
                self._write(connection, group)
        connection.close()

    def _write(self, connection: apsw.Connection, group: list[_Append]) -> None:
        drafts = [draft for item in group for draft in item.drafts]
        answers, new = self._sequencer.place(drafts, self._clock())
        rows = [(e.sequence, e.time_us, e.chain, e.header, e.salt, e.body, e.signature) for e in new]
        try:
            insert_durably(connection, _INSERT, rows)
        except apsw.FullError:
            self._tell(group, StorageError("the disk is full: free space; nothing of this was recorded"))
            return
        except apsw.Error as error:
            self._tell(group, StorageError(f"the log cannot be written ({error}); nothing of this was recorded"))
            return
        self._sequencer.commit(new)
        results = []
        for item in group:
            results.append(answers[: len(item.drafts)])
            answers = answers[len(item.drafts) :]
        self._loop.call_soon_threadsafe(self._committed, group, results, new, self._sequencer.head)

    def _committed(self, group: list[_Append], results: list[list[Entry]], new: list[Entry], head: Head) -> None:
        """On the loop: followers first, then those who wait."""
        self._durable = head
        for follower in self._followers:
            if len(follower.groups) >= MAX_LIVE_GROUPS:
                follower.groups.clear()
                follower.lost = True
            elif new:
                follower.groups.append(new)
            follower.wake.set()
        for item, entries in zip(group, results, strict=True):
            if not item.future.done():
                item.future.set_result(entries)

    def _tell(self, group: list[_Append], error: SkyparleyError) -> None:
        def resolve() -> None:
            for item in group:
                if not item.future.done():
                    item.future.set_exception(error)

        self._loop.call_soon_threadsafe(resolve)


def connect(path: Path) -> apsw.Connection:
    """A connection with the durability that the log promises."""
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(10_000)
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "full")
    return connection


def copy_database(source: Path, target: Path) -> None:
    """Copy an SQLite file as of one instant, also while it is written. Raises `StorageError` if it cannot be done."""
    try:
        origin, copy = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READWRITE), apsw.Connection(str(target))
        with copy.backup("main", origin, "main") as work:
            while not work.done:
                work.step(4_096)
        copy.close()
        origin.close()
    except apsw.Error as error:
        raise StorageError(f"{source.name} cannot be copied: {error}") from error


def _prepare(connection: apsw.Connection, pool: str | None, *, read_only: bool) -> None:
    version = connection.pragma("user_version")
    if version == 0 and not read_only and pool is not None:
        with connection:
            connection.execute(_SCHEMA)
            connection.execute("INSERT INTO facts VALUES ('pool', ?), ('trimmed', 0)", (pool,))
            connection.execute("INSERT INTO facts VALUES ('trimmed_chain', ?)", (first_chain(pool),))
            connection.pragma("user_version", _SCHEMA_VERSION)
    elif version != _SCHEMA_VERSION:
        raise StorageError(f"the log has format {version}; this Skyparley reads {_SCHEMA_VERSION}")


def _facts(connection: apsw.Connection) -> tuple[str, int, bytes]:
    facts: dict[Any, Any] = dict(connection.execute("SELECT name, value FROM facts"))
    try:
        pool, trimmed, chain = str(facts["pool"]), int(facts["trimmed"]), bytes(facts["trimmed_chain"])
    except KeyError as error:
        raise StorageError(f"the log lacks the fact {error}: restore it from a backup") from None
    if trimmed == 0 and chain != first_chain(pool):
        raise StorageError(f"this log does not begin as one of the pool '{pool}': restore it from a backup")
    return pool, trimmed, chain


def _load(connection: apsw.Connection, trimmed: int, chain: bytes) -> Sequencer:
    """The sequencer at the log's end, its last entries checked against the chain."""
    with connection:  # one view of the file: another process may be writing
        last = connection.execute("SELECT max(sequence) FROM entries").fetchone()
        end = int(last[0]) if last and last[0] is not None else trimmed
        rows = connection.execute(f"{_SELECT} WHERE sequence > ? ORDER BY sequence", (end - REMEMBERED_APPENDS,))
        recent = [_entry(row) for row in rows]
    sequencer = Sequencer(Head(end, recent[-1].time_us, recent[-1].chain) if recent else Head(trimmed, 0, chain))
    if recent and recent[0].sequence == trimmed + 1 and len(recent) <= VERIFIED_AT_OPEN:
        verify_entry(recent[0], chain)
    for previous, entry in pairwise(recent[-VERIFIED_AT_OPEN:]):
        verify_entry(entry, previous.chain)
    for entry in recent:
        sequencer.remember(entry)
    return sequencer


def _entry(row: Any) -> Entry:
    """The entry of a row; SQLite keeps whatever type was put into a column."""
    if not all(isinstance(part, bytes) for part in row[2:]) or not isinstance(row[1], int) or row[1] < 0:
        raise StorageError(f"entry {row[0]} does not consist of bytes and a time: restore the log from a backup")
    return Entry(*cast("tuple[int, int, bytes, bytes, bytes, bytes, bytes]", row))


def _connect_or_say_why(path: Path) -> apsw.Connection:
    try:
        return connect(path)
    except apsw.Error as error:
        raise StorageError(f"{path.name} cannot be opened ({error})") from error


def _read(connection: apsw.Connection, after: int) -> list[Entry]:
    try:
        with connection:  # one view of the file: a trim comes before or after
            rows = connection.execute(
                f"{_SELECT} WHERE sequence > ? ORDER BY sequence LIMIT ?", (after, PAGE)
            ).fetchall()
            trimmed = _facts(connection)[1]
    except apsw.Error as error:
        raise StorageError(f"the log cannot be read after entry {after} ({error})") from error
    if after < trimmed:
        raise _trimmed_error(trimmed)
    entries = [_entry(row) for row in rows]
    if not entries or entries[0].sequence != after + 1 or entries[-1].sequence != after + len(entries):
        raise StorageError(f"an entry after {after} is missing: restore the log from a backup")
    return entries


def _trimmed_error(trimmed: int) -> NotFoundError:
    return NotFoundError(f"entries up to {trimmed} were trimmed; start from a snapshot")


def _trim(path: Path, last: int) -> None:
    connection = _connect_or_say_why(path)
    try:
        with connection:  # begins with a write, so that it waits for the writer and never meets an older view
            connection.execute(
                "UPDATE facts SET value = (SELECT chain FROM entries WHERE sequence = ?) WHERE name = 'trimmed_chain'",
                (last,),
            )
            connection.execute("UPDATE facts SET value = ? WHERE name = 'trimmed'", (last,))
            connection.execute("DELETE FROM entries WHERE sequence <= ?", (last,))
    except apsw.Error as error:
        raise StorageError(f"the log cannot be trimmed ({error}); nothing of it was") from error
    finally:
        connection.close()


def _verify(path: Path) -> int:
    connection = _connect_or_say_why(path)
    sequence, count = 0, 0
    try:
        pool, sequence, chain = _facts(connection)
        time_us = -1
        for row in connection.execute(f"{_SELECT} ORDER BY sequence"):
            entry = _entry(row)
            if entry.sequence != sequence + 1:
                raise StorageError(f"entry {sequence + 1} is missing: restore the log from a backup")
            if verify_entry(entry, chain).pool != pool or entry.time_us <= time_us:
                raise StorageError(f"entry {entry.sequence} is of another pool or time: restore the log from a backup")
            sequence, time_us, chain, count = entry.sequence, entry.time_us, entry.chain, count + 1
        return count
    except apsw.Error as error:
        raise StorageError(f"the log is damaged after entry {sequence} ({error}): restore it from a backup") from error
    finally:
        connection.close()


def _joins(follower: _Follower, after: int) -> bool:
    """Whether the groups that wait continue right after a sequence."""
    return bool(follower.groups) and follower.groups[0][0].sequence <= after + 1
