"""What the shadow has learned, in a small SQLite file of its data directory, so that a restart goes on.

It is bound to the upstream that it was learned from. It may be lost: then everything is learned again.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

import apsw
import msgspec

from skyparley.errors import InvalidInputError, StorageError
from skyparley.shadow.pairs.asked import Key
from skyparley.shadow.pairs.names import Known

FILE: Final = "shadow.sqlite"
_SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE known (
    kind TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Known)


class Store:
    """The file. Any thread may use it; one does at a time."""

    def __init__(self, directory: Path, upstream: str) -> None:
        """Raise `InvalidInputError` if the directory is of another upstream, `StorageError` if it cannot be read."""
        self._lock = threading.Lock()
        try:
            self._connection = apsw.Connection(str(directory / FILE))
            self._connection.set_busy_timeout(10_000)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            version = self._connection.pragma("user_version")
            if version == 0:
                with self._connection:
                    self._connection.execute(_SCHEMA)
                    self._connection.execute("INSERT INTO facts VALUES ('upstream', ?)", (upstream,))
                    self._connection.pragma("user_version", _SCHEMA_VERSION)
            elif version != _SCHEMA_VERSION:
                raise StorageError(f"{FILE} has format {version}; this Skyparley reads {_SCHEMA_VERSION}")
            of = self._connection.execute("SELECT value FROM facts WHERE name = 'upstream'").get
        except apsw.Error as error:
            raise StorageError(f"{directory / FILE} cannot be opened ({error}): name another --data") from error
        if of != upstream:
            raise InvalidInputError(
                f"{directory} is the shadow of {of}: name another directory for {upstream}", place="--data"
            )

    def load(self) -> list[Known]:
        """All that was kept. Raises `StorageError`."""
        try:
            rows = self._connection.execute("SELECT value FROM known").fetchall()
            return [_decoder.decode(cast("bytes", value)) for (value,) in rows]
        except (apsw.Error, msgspec.MsgspecError) as error:
            raise StorageError(f"{FILE} cannot be read ({error}): begin anew with another --data") from error

    def save(self, changes: Sequence[tuple[Key, Known | None]]) -> None:
        """Keep what was learned, or drop it. Raises `StorageError`."""
        kept = [(*key, _encoder.encode(known)) for key, known in changes if known is not None]
        gone = [key for key, known in changes if known is None]
        try:
            with self._lock, self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO known VALUES (?, ?, ?)", kept)
                self._connection.executemany("DELETE FROM known WHERE kind = ? AND name = ?", gone)
        except apsw.Error as error:
            raise StorageError(f"{FILE} cannot be written: {error}") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
