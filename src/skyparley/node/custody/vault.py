"""The node's vault: details of the operations of the parties that it hosts, witnesses, keys, people. Never in the log.

Bodies are kept under the SHA-256 of their bytes, so that the log can name them without disclosing them. Details are
durable here before the command that names their digest is proposed. One writer thread commits everything that waits as
one group (SQLite, WAL, synchronous=FULL); reads come from connections of their own and never wait for it.
"""

import asyncio
import queue
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast

import apsw

from skyparley.errors import DeletedError, OverloadedError, StorageError
from skyparley.log.bulk import insert_durably, insert_rows, transaction
from skyparley.node.identity import StoredKey
from skyparley.node.people.records import StoredPerson, StoredSession

MAX_QUEUED_WRITES: Final = 4_096
MAX_GROUP: Final = 512
SECRET_BYTES: Final = 32
_SCHEMA_VERSION: Final = 3
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS bodies (
    number INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, party TEXT NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS keys (
    key_id TEXT PRIMARY KEY, party TEXT NOT NULL, secret_sha256 BLOB NOT NULL,
    created_us INTEGER NOT NULL, revoked_us INTEGER);
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS secret (value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS replies (
    party TEXT NOT NULL, idempotency_key TEXT NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL,
    data BLOB NOT NULL, PRIMARY KEY (party, idempotency_key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS people (
    party TEXT NOT NULL, login TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL, language TEXT NOT NULL,
    zone TEXT NOT NULL, password_hash TEXT NOT NULL, created_us INTEGER NOT NULL, disabled_us INTEGER,
    PRIMARY KEY (party, login)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS watchers (watch TEXT PRIMARY KEY, login TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
    session_id TEXT PRIMARY KEY, party TEXT NOT NULL, login TEXT NOT NULL, secret_sha256 BLOB NOT NULL,
    created_us INTEGER NOT NULL, seen_us INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS replies_by_time ON replies (time_us);
"""

Statement = tuple[str, Sequence[tuple[Any, ...]]]
_PUT_REPLY: Final = """
INSERT INTO replies VALUES (?, ?, ?, ?, ?) ON CONFLICT (party, idempotency_key) DO UPDATE
SET sequence = excluded.sequence, time_us = excluded.time_us, data = excluded.data WHERE sequence != excluded.sequence
"""
_PUT_BODIES: Final = "INSERT OR IGNORE INTO bodies (digest, party, data) VALUES"
CACHE_KIB: Final = 65_536
"""Digests come in no order: the pages of their index are better kept than read again for every body."""


@dataclass(slots=True)
class _Write:
    """Bodies and other statements that become durable together, and who waits for it."""

    bodies: Sequence[tuple[bytes, str, bytes]]
    statements: Sequence[Statement]
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[None]


def open_connection(path: Path) -> apsw.Connection:
    """A connection to the vault with the durability the vault promises."""
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(10_000)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    return connection


class Vault:
    """Private data of a node. Writes are awaited until durable; reads are immediate and see every awaited write."""

    def __init__(self, path: Path) -> None:
        try:
            self._reader = open_connection(path)
            version = self._reader.pragma("user_version")
            if version not in (0, _SCHEMA_VERSION):
                raise StorageError(f"vault {path.name} has format {version}; this Skyparley reads {_SCHEMA_VERSION}")
            if version == 0:
                with self._reader:
                    self._reader.execute(_SCHEMA)
                    self._reader.execute("INSERT INTO secret VALUES (?)", (secrets.token_bytes(SECRET_BYTES),))
                    self._reader.pragma("user_version", _SCHEMA_VERSION)
            self.secret = cast("bytes", self._reader.execute("SELECT value FROM secret").fetchall()[0][0])
            """Random bytes of this node alone, made with the vault; they leave it only in a backup."""
            connection = open_connection(path)
        except (apsw.FullError, apsw.CantOpenError) as error:
            raise StorageError(f"vault {path.name} cannot be opened ({error}): is the disk full?") from error
        except apsw.Error as error:
            raise StorageError(f"vault {path.name} cannot be opened ({error}): restore it from a backup") from error
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._writer = threading.Thread(
            target=self._write_forever, args=(connection,), name="vault-writer", daemon=True
        )
        self._writer.start()

    async def put_bodies(self, bodies: Iterable[tuple[str, str, bytes]]) -> None:
        """Keep bodies `(digest hex, party, data)`; returns when they are durable."""
        rows = [(bytes.fromhex(digest), party, data) for digest, party, data in bodies]
        await self._commit(rows, [])

    def body(self, digest: str) -> bytes:
        """The body with a digest (hex).

        Raises `DeletedError` if it was deleted, `StorageError` if the vault does not hold it as it was kept.
        """
        with self._lock:
            return _body(self._reader, digest)

    async def delete_bodies(self, digests: Iterable[str]) -> None:
        """Take out what bodies say, for good: nothing of it is left in the file when this returns."""
        rows = [(bytes.fromhex(digest),) for digest in digests]
        emptied = "UPDATE bodies SET data = x'' WHERE digest = ? AND length(data) > 0"
        await self._commit([], [(emptied, rows)])
        await asyncio.to_thread(self._leave_nothing)

    def _leave_nothing(self) -> None:
        """Have the pages that were overwritten leave the write-ahead log as well."""
        with self._lock:
            busy = cast("list[Any]", self._reader.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())[0][0]
        if busy:
            raise StorageError("what was deleted may stand in the vault's write-ahead log yet: restart the node")

    async def put_reply(self, party: str, idempotency_key: str, sequence: int, time_us: int, data: bytes) -> None:
        """Keep the answer to a command, so that a repeat gets the same one; of one entry the first is kept."""
        row = (party, idempotency_key, sequence, time_us, data)
        await self._commit([], [(_PUT_REPLY, [row])])

    def reply(self, party: str, idempotency_key: str, sequence: int) -> bytes | None:
        """The answer that the command at a sequence was given, if it was kept."""
        with self._lock:
            row = self._reader.execute(
                "SELECT data FROM replies WHERE party = ? AND idempotency_key = ? AND sequence = ?",
                (party, idempotency_key, sequence),
            ).fetchone()
        return cast("bytes", row[0]) if row else None

    async def drop_replies(self, before_us: int) -> None:
        """Forget answers to commands older than an instant (log time, microseconds since 1970 UTC)."""
        await self._commit([], [("DELETE FROM replies WHERE time_us < ?", [(before_us,)])])

    async def put_key(self, key: StoredKey) -> None:
        """Keep a key, or its revocation."""
        row = (key.key_id, key.party, key.secret_sha256, key.created_us, key.revoked_us)
        await self._commit([], [("INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?)", [row])])

    def stored_keys(self) -> list[StoredKey]:
        """All keys, revoked ones too, oldest first."""
        with self._lock:
            rows = self._reader.execute("SELECT * FROM keys ORDER BY created_us, key_id").fetchall()
        return [StoredKey(*cast("tuple[str, str, bytes, int, int | None]", row)) for row in rows]

    async def put_person(self, person: StoredPerson) -> None:
        """Keep a person, or what has changed of it."""
        await self._commit(
            [], [("INSERT OR REPLACE INTO people VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [astuple(person)])]
        )

    def stored_people(self) -> list[StoredPerson]:
        """All people, disabled ones too."""
        with self._lock:
            rows: list[Any] = self._reader.execute("SELECT * FROM people").fetchall()
        return [StoredPerson(*row) for row in rows]

    async def put_watcher(self, watch: str, login: str) -> None:
        """Keep whose a watch is."""
        await self._commit([], [("INSERT OR REPLACE INTO watchers VALUES (?, ?)", [(watch, login)])])

    def watchers(self) -> dict[str, str]:
        """The logins behind watches."""
        with self._lock:
            rows: list[Any] = self._reader.execute("SELECT watch, login FROM watchers").fetchall()
        return dict(rows)

    async def put_session(self, session: StoredSession) -> None:
        """Keep a session, or when it was last seen."""
        await self._commit([], [("INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?)", [astuple(session)])])

    def stored_sessions(self) -> list[StoredSession]:
        """All sessions, also those that are over."""
        with self._lock:
            rows: list[Any] = self._reader.execute("SELECT * FROM sessions").fetchall()
        return [StoredSession(*row) for row in rows]

    async def drop_sessions(self, session_ids: Iterable[str]) -> None:
        """Forget sessions."""
        rows = [(session_id,) for session_id in session_ids]
        await self._commit([], [("DELETE FROM sessions WHERE session_id = ?", rows)])

    def mark(self, name: str) -> int:
        """A remembered number, 0 if it was never set."""
        rows = self._rows("SELECT value FROM marks WHERE name = ?", (name,))
        return int(rows[0][0]) if rows else 0

    def last_number(self) -> int:
        """Number of the newest body."""
        return int(self._rows("SELECT max(number) FROM bodies", ())[0][0] or 0)

    def digests_between(self, after: int, through: int) -> dict[str, int]:
        """Digests (hex) of the bodies numbered in `(after, through]`, each with its number."""
        sql = "SELECT digest, number FROM bodies WHERE number > ? AND number <= ? ORDER BY number"
        return {digest.hex(): number for digest, number in self._rows(sql, (after, through))}

    def _rows(self, sql: str, values: tuple[Any, ...]) -> list[Any]:
        try:
            with self._lock:
                return self._reader.execute(sql, values).fetchall()
        except apsw.Error as error:
            raise StorageError(f"the vault cannot be read ({error}): restore it from a backup") from error

    async def forget(self, digests: Iterable[str], after_sequence: int, marks: dict[str, int]) -> None:
        """Drop bodies that no entry of the log names and answers to entries beyond its end, and remember how far was
        looked, as one act.
        """
        rows = [(bytes.fromhex(digest),) for digest in digests]
        mark_rows = sorted(marks.items())
        await self._commit(
            [],
            [
                ("DELETE FROM bodies WHERE digest = ?", rows),
                ("DELETE FROM replies WHERE sequence > ?", [(after_sequence,)]),
                ("INSERT OR REPLACE INTO marks VALUES (?, ?)", mark_rows),
            ],
        )

    def close(self) -> None:
        """Write what is queued, then release the file."""
        if self._writer.is_alive():
            self._queue.put(None)
            self._writer.join()
        self._reader.close()

    async def _commit(self, bodies: Sequence[tuple[bytes, str, bytes]], statements: Sequence[Statement]) -> None:
        if self._queue.qsize() >= MAX_QUEUED_WRITES:
            raise OverloadedError("the vault's write queue is full: try again shortly")
        loop = asyncio.get_running_loop()
        write = _Write(bodies, statements, loop, loop.create_future())
        self._queue.put(write)
        await write.done

    def _write_forever(self, connection: apsw.Connection) -> None:
        stop = False
        while not stop:
            item = self._queue.get()
            group: list[_Write] = []
            while item is not None:
                group.append(item)
                if len(group) >= MAX_GROUP or self._queue.empty():
                    break
                item = self._queue.get()
            stop = item is None
            if group:
                _tell(group, _write_group(connection, group))
        connection.close()


@contextmanager
def reading_bodies(path: Path) -> Iterator[Callable[[str], bytes]]:
    """What gives the bodies of a vault file by digest, as `Vault.body` does, beside a node that may be writing it."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        connection.set_busy_timeout(10_000)
        connection.execute("PRAGMA query_only=ON")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    except apsw.Error as error:
        raise StorageError(f"vault {path.name} cannot be opened ({error}): restore it from a backup") from error
    try:
        yield partial(_body, connection)
    finally:
        connection.close()


def _body(connection: apsw.Connection, digest: str) -> bytes:
    try:
        row = connection.execute("SELECT data FROM bodies WHERE digest = ?", (bytes.fromhex(digest),)).fetchone()
    except apsw.Error as error:
        raise StorageError(f"the vault cannot be read ({error}): restore it from a backup") from error
    if row is None:
        raise StorageError(f"the vault lacks the body {digest[:16]}…: restore vault and log from the same backup")
    data = cast("bytes", row[0])
    if not data:
        raise DeletedError("it was deleted because law demanded it: the log has the entry that says under what")
    if sha256(data).hexdigest() != digest:
        raise StorageError(f"the vault's body {digest[:16]}… is damaged: restore the vault from a backup")
    return data


def _tell(group: list[_Write], error: Exception | None) -> None:
    """Let those who wait go on, each on its own loop; a loop that is closed no longer waits."""

    def resolve(writes: list[_Write]) -> None:
        for write in writes:
            if write.done.done():
                continue
            if error is None:
                write.done.set_result(None)
            else:
                write.done.set_exception(error)

    for loop in {id(write.loop): write.loop for write in group}.values():
        if not loop.is_closed():
            loop.call_soon_threadsafe(resolve, [write for write in group if write.loop is loop])


def _write_group(connection: apsw.Connection, group: list[_Write]) -> Exception | None:
    """Write a group as one durable transaction; the error that undid it, if any."""
    bodies = [row for write in group for row in write.bodies]
    others = [(sql, rows) for write in group for sql, rows in write.statements if rows]
    try:
        if others:
            with transaction(connection):
                insert_rows(connection, _PUT_BODIES, bodies)
                for sql, rows in others:
                    connection.executemany(sql, rows)
        else:
            insert_durably(connection, _PUT_BODIES, bodies)
    except apsw.FullError:
        return StorageError("the disk is full: free space; nothing of this was recorded")
    except apsw.Error as error:
        return StorageError(f"the vault cannot be written ({error}); nothing of this was recorded")
    return None
