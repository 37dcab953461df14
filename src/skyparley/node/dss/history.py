"""Who changed what in the DSS: an index of the log by reference, in a file of its own beside it.

The log is the record, and this only finds the way in it: whatever is lacking at start, or all of it, is made up for
from the log. It is written a moment later than the log, by a thread of its own, so that no write waits for it.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import apsw
import msgspec

from skyparley.airspace.commands import Command, Tick
from skyparley.airspace.dss.commands import (
    DeleteConstraint,
    DeleteIntent,
    DeleteSubscription,
    DssCommand,
    FileReport,
    PutConstraint,
    PutIntent,
    PutSubscription,
    SetAvailability,
)
from skyparley.airspace.dss.items import Availability, Constraint, Intent, Subscription
from skyparley.airspace.events import Outcome, ReferenceChanged, ReferenceLeft, Verdict
from skyparley.errors import StorageError
from skyparley.log.port import Log
from skyparley.node.recovery import begin_from, catch_up

HISTORY_FILE: Final = "history.sqlite"
WRITE_EVERY_S: Final = 0.25
MAX_UNWRITTEN: Final = 100_000
"""More are not held in memory if the file cannot be written: they are made up for at the next start."""
REPORT: Final = "report"
SERVED: Final = "served_intent"
"""A change of an intent, told of the subscription that serves it: all that an implicit one goes through."""
BY_TIME: Final = ""
"""The author of what time alone brought."""
_WRITES: Final = (PutConstraint, PutIntent, PutSubscription, SetAvailability)
_DELETIONS: Final = (DeleteConstraint, DeleteIntent, DeleteSubscription)
Reference = Intent | Constraint | Subscription | Availability
ResultT = TypeVar("ResultT")
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS changes (
    name TEXT NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL, kind TEXT NOT NULL, word TEXT NOT NULL,
    author TEXT NOT NULL, manager TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (name, sequence)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a reference.

    `word` is created, changed, deleted, ended (by time) or reported. `author` is the USS that did it, empty for time;
    `manager` is whose it is. `detail` is the state of an intent, an availability, or the digest of a report; of a
    served intent its identifier and its state.
    """

    name: str
    sequence: int
    time_us: int
    kind: str
    word: str
    author: str
    manager: str
    detail: str


class History:
    """The index. Lives on the event loop's thread, with a worker that reads and writes the file."""

    def __init__(self, path: Path | None) -> None:
        """Open the index; in memory without a path.

        A file that cannot be used is made anew. If the disk does not take that, the index is held in memory: it is
        only an index, and a node starts and answers without it.
        """
        self._connection = _open(path)
        row = self._connection.execute("SELECT value FROM facts WHERE name = 'through'").fetchone()
        self.through = 0 if row is None else int(row[0])
        """Every entry up to this one has been looked at."""
        self._unwritten: list[Change] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="history")
        self._closed = False

    async def make_up(self, log: Log, directory: Path | None) -> None:
        """Look at the entries that were not looked at before; call it before the node serves."""
        head = await log.head()
        if self.through > head.sequence:  # of a log that ended later: this one was put back
            await self._run(self._forget_all)
            self.through = 0
        if self.through < head.sequence:
            state, _ = await begin_from(log, directory, head, before=self.through + 1)
            await catch_up(log, state, head.sequence, after=lambda event, outcome: self.note(event.command, outcome))
            with contextlib.suppress(StorageError):  # the disk does not take it: it is tried again
                await self._write()

    def note(self, command: Command, outcome: Outcome) -> None:
        """Take note of an entry; they come in the log's order. Those that were noted before change nothing."""
        if outcome.sequence != self.through + 1 or len(self._unwritten) >= MAX_UNWRITTEN:
            return  # after the first that finds no room none follows: the next start makes up for them
        self.through = outcome.sequence
        self._unwritten.extend(_changes(command, outcome))

    async def run(self) -> None:
        """Write what was noted, again and again."""
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            if self._unwritten:
                try:
                    await self._write()
                except StorageError:
                    continue  # it is tried again

    async def of(self, name: str) -> list[Change]:
        """All changes of a reference, the oldest first."""
        noted = [one for one in self._unwritten if one.name == name]
        written = await self._run(self._read, name)
        known = {one.sequence for one in written}
        return [*written, *(one for one in noted if one.sequence not in known)]

    async def close(self) -> None:
        """Write what was noted and release the file."""
        if self._closed:
            return
        self._closed = True
        try:
            await self._write()
        except StorageError:
            pass  # the disk does not take it: the next start makes up for it
        finally:
            self._thread.shutdown(wait=True)
            self._connection.close()

    async def _write(self) -> None:
        noted, through = list(self._unwritten), self.through
        await self._run(self._put, noted, through)
        del self._unwritten[: len(noted)]

    async def _run(self, work: Callable[..., ResultT], *arguments: Any) -> ResultT:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)
        except apsw.Error as error:
            raise StorageError(f"the index of changes cannot be used ({error})") from error

    def _put(self, noted: Iterable[Change], through: int) -> None:
        rows = [(c.name, c.sequence, c.time_us, c.kind, c.word, c.author, c.manager, c.detail) for c in noted]
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO changes VALUES (?,?,?,?,?,?,?,?)", rows)
            self._connection.execute("INSERT OR REPLACE INTO facts VALUES ('through', ?)", (through,))

    def _read(self, name: str) -> list[Change]:
        rows = self._connection.execute("SELECT * FROM changes WHERE name = ? ORDER BY sequence", (name,))
        return [Change(*row) for row in rows]

    def _forget_all(self) -> None:
        with self._connection:
            self._connection.execute("DELETE FROM changes")
            self._connection.execute("DELETE FROM facts")


def _open(path: Path | None) -> apsw.Connection:
    if path is not None:
        for _ in range(2):
            try:
                return _connect(str(path))
            except apsw.Error:
                for left in path.parent.glob(f"{path.name}*"):
                    with contextlib.suppress(OSError):
                        left.unlink(missing_ok=True)
    return _connect(":memory:")


def _connect(name: str) -> apsw.Connection:
    connection = apsw.Connection(name)
    try:
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "normal")
        connection.execute(_SCHEMA)
        connection.execute("SELECT name, sequence, detail FROM changes LIMIT 1").fetchall()
    except apsw.Error:
        connection.close()
        raise
    return connection


def _changes(command: Command, outcome: Outcome) -> Iterator[Change]:
    """What an entry changed of the DSS. What time brought comes first, and is by nobody."""
    if outcome.verdict is not Verdict.ACCEPTED:
        command = Tick()  # what was refused did nothing; time passed all the same
    if isinstance(command, FileReport):
        place = (outcome.sequence, outcome.time_us, REPORT, "reported")
        yield Change(command.report_id, *place, command.manager, command.manager, command.report_digest)
    for change in outcome.changes:
        if isinstance(change, ReferenceChanged):
            yield from _with_service(_changed(command, outcome, change.reference), change.reference)
        elif isinstance(change, ReferenceLeft):
            yield from _with_service(_left(command, outcome, change.reference), change.reference)


def _with_service(change: Change, reference: Reference) -> Iterator[Change]:
    yield change
    if isinstance(reference, Intent) and reference.subscription_id:
        detail = f"{reference.intent_id} {reference.state}"
        yield replace(change, name=reference.subscription_id, kind=SERVED, detail=detail)


def _changed(command: Command, outcome: Outcome, reference: Reference) -> Change:
    author = command.manager if isinstance(command, DssCommand) else BY_TIME
    kind, name, manager, detail = _named(reference)
    word = "changed" if isinstance(command, _WRITES) and command.replaces else "created"
    return Change(name, outcome.sequence, outcome.time_us, kind, word, author, manager, detail)


def _left(command: Command, outcome: Outcome, reference: Reference) -> Change:
    kind, name, manager, detail = _named(reference)
    deleted = isinstance(command, _DELETIONS) and name in msgspec.structs.astuple(command)
    author, word = (manager, "deleted") if deleted else (BY_TIME, "ended")
    return Change(name, outcome.sequence, outcome.time_us, kind, word, author, manager, detail)


def _named(reference: Reference) -> tuple[str, str, str, str]:
    """Kind, identifier, manager, and what is told of its state."""
    if isinstance(reference, Intent):
        return "operational_intent", reference.intent_id, reference.manager, reference.state
    if isinstance(reference, Constraint):
        return "constraint", reference.constraint_id, reference.manager, ""
    if isinstance(reference, Subscription):
        return "subscription", reference.subscription_id, reference.manager, ""
    return "availability", reference.uss, reference.uss, reference.availability
