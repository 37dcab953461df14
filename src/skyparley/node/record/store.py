"""Where a node keeps its record: tiles of the tree, signed checkpoints, the key that signs; one SQLite file.

Tiles and checkpoint change in one transaction, so that after a crash the checkpoint is that of the tree. Of checkpoints
there is the last one, and those that others have cosigned. The tiles could be made again from the log; the key could
not, and without it the node is another one for all who know it.
"""

import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import apsw
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from skyparley.errors import ProofError, StorageError
from skyparley.log.bulk import transaction
from skyparley.record.merkle import HASH_BYTES
from skyparley.record.notes import Note, format_note, parse_note, with_lines
from skyparley.record.tiles import TILE_BYTES, TILE_WIDTH, TiledHashes

RECORD_FILE: Final = "record.sqlite"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS tiles (place INTEGER PRIMARY KEY, hashes BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cosigned (size INTEGER PRIMARY KEY, lines INTEGER NOT NULL, note BLOB NOT NULL);
"""
_DROP_OLD: Final = """
DELETE FROM cosigned WHERE size <= (SELECT size FROM cosigned ORDER BY size DESC LIMIT 1 OFFSET ?)
"""
MAX_COSIGNED: Final = 100_000
"""Cosigned checkpoints that are kept, the newest; at one a minute those of two months."""
_CHOICE: Final = 64
"""Among so many of the newest that have an entry, the one with most lines goes into its receipt."""
TILES_KEPT: Final = 64
_LEVEL_BITS: Final = 48
"""A tile's place: its level above its index."""
_MAX_LEVEL: Final = 7
_BUSY_MS: Final = 10_000


class RecordStore:
    """The file. Reads may come from one thread while another writes. Raises `StorageError` for a file that is none."""

    def __init__(self, path: Path | None) -> None:
        """Open it, or make it with a key of its own; without a path it is gone when it is closed."""
        self._passing: Path | None = None
        self._full: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        """Full tiles that were read last: they never change, and a proof reads each of its few several times."""
        if path is None:
            self._passing = Path(tempfile.mkdtemp())
            path = self._passing / RECORD_FILE
        try:
            path.touch(mode=0o600)
            self._writer, self._reader = (_open(path, durable=self._passing is None) for _ in range(2))
            self.key = Ed25519PrivateKey.from_private_bytes(self._seed())
            facts = dict(self._writer.execute("SELECT name, value FROM facts WHERE name IN ('size', 'checkpoint')"))
            self.size = int.from_bytes(facts.get("size", b""), "big")
            """Leaves of the tree that is kept."""
            self.checkpoint = bytes(facts.get("checkpoint", b""))
            """The last signed checkpoint of that tree, as a note; empty before the first."""
        except (apsw.Error, OSError, ValueError) as error:
            raise StorageError(
                f"{RECORD_FILE} cannot be read as a record ({error}): restore it from a backup"
            ) from error

    def read(self, level: int, index: int, count: int) -> bytes:
        """So many hashes of a tile level from an index on, within one tile; fewer where there are no more.

        Raises `StorageError`.
        """
        tile, at = divmod(index, TILE_WIDTH)
        if level > _MAX_LEVEL or tile >> _LEVEL_BITS:
            return b""
        with _reading():
            kept = self._full.get((level, tile))
            if kept is None:
                kept = _tile(self._reader, level, tile)
                if len(kept) == TILE_BYTES:
                    self._full[level, tile] = kept
                    if len(self._full) > TILES_KEPT:
                        self._full.popitem(last=False)
            return kept[HASH_BYTES * at : HASH_BYTES * (at + count)]

    def hash_of(self, level: int, index: int) -> bytes:
        """The hash of a full subtree of the tree. Raises `StorageError`, also if it is not there, as it must be."""
        try:
            return TiledHashes(self.read)(level, index)
        except ProofError as error:
            raise StorageError(f"{RECORD_FILE} is damaged ({error.message}): restore it from a backup") from error

    def cosigned_at(self, size: int) -> bytes:
        """The cosigned checkpoint of so many entries, as a note; empty if there is none. Raises `StorageError`."""
        return self._note("SELECT note FROM cosigned WHERE size = ?", size)

    def newest_cosigned(self) -> bytes:
        """The newest cosigned checkpoint, as a note; empty if there is none. Raises `StorageError`."""
        return self._note("SELECT note FROM cosigned ORDER BY size DESC LIMIT 1")

    def cosigned_before(self, size: int, most: int) -> list[bytes]:
        """The newest cosigned checkpoints below a size, by size. Raises `StorageError`."""
        with _reading():
            sql = "SELECT note FROM cosigned WHERE size < ? ORDER BY size DESC LIMIT ?"
            rows: list[Any] = self._reader.execute(sql, (size, most)).fetchall()
        return [bytes(note) for (note,) in reversed(rows)]

    def cosigned_with(self, sequence: int) -> bytes:
        """The cosigned checkpoint that proves most of an entry: a new one that many have signed; empty if none has it.

        Raises `StorageError`.
        """
        return self._note(
            "SELECT note FROM (SELECT * FROM cosigned WHERE size >= ? ORDER BY size DESC LIMIT ?)"
            " ORDER BY lines DESC, size DESC LIMIT 1",
            sequence,
            _CHOICE,
        )

    def add(self, fresh: Sequence[bytes], size: int, checkpoint: bytes) -> None:
        """Keep the hashes of each tile level that are new, and the checkpoint of the tree of now `size` leaves.

        Durable when it returns. Raises `StorageError`; then nothing has changed.
        """
        old = self.size
        try:
            with transaction(self._writer):
                if int.from_bytes(self._fact("size"), "big") != old:
                    raise StorageError(f"{RECORD_FILE} was written by another process: stop it")
                for level, hashes in enumerate(fresh):
                    self._extend(level, old >> (8 * level), hashes)
                for name, value in (("size", size.to_bytes(8, "big")), ("checkpoint", checkpoint)):
                    self._writer.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))
        except apsw.Error as error:
            raise StorageError(f"{RECORD_FILE} cannot be written ({error}): free space") from error
        self.size, self.checkpoint = size, checkpoint

    def keep_cosigned(self, size: int, note: Note) -> bytes:
        """Add the lines of a note to those that the checkpoint of this size has; all of them, as a note.

        Durable when it returns. Raises `StorageError`; then nothing has changed.
        """
        try:
            with transaction(self._writer):
                row = self._writer.execute("SELECT note FROM cosigned WHERE size = ?", (size,)).fetchone()
                whole = note if row is None else with_lines(parse_note(bytes(row[0])), note.signatures)
                data = format_note(whole)
                if row is None or data != row[0]:
                    self._writer.execute(
                        "INSERT OR REPLACE INTO cosigned VALUES (?, ?, ?)", (size, len(whole.signatures), data)
                    )
                    self._writer.execute(_DROP_OLD, (MAX_COSIGNED,))
        except apsw.Error as error:
            raise StorageError(f"{RECORD_FILE} cannot be written ({error}): free space") from error
        return data

    def close(self) -> None:
        """Release the file."""
        self._reader.close()
        self._writer.close()
        if self._passing is not None:
            shutil.rmtree(self._passing, ignore_errors=True)

    def _extend(self, level: int, index: int, hashes: bytes) -> None:
        tile, at = divmod(index, TILE_WIDTH)
        if at:
            hashes = _tile(self._writer, level, tile)[: HASH_BYTES * at] + hashes
        for begin in range(0, len(hashes), TILE_BYTES):
            place = _place(level, tile + begin // TILE_BYTES)
            self._writer.execute(
                "INSERT OR REPLACE INTO tiles VALUES (?, ?)", (place, hashes[begin : begin + TILE_BYTES])
            )

    def _note(self, query: str, *values: int) -> bytes:
        with _reading():
            row = self._reader.execute(query, values).fetchone()
            return b"" if row is None else bytes(row[0])

    def _seed(self) -> bytes:
        seed = self._fact("key")
        self.key_is_new = not seed
        """Whether the key was made now."""
        if not seed:
            seed = Ed25519PrivateKey.generate().private_bytes_raw()
            self._writer.execute("INSERT INTO facts VALUES ('key', ?)", (seed,))
        return seed

    def _fact(self, name: str) -> bytes:
        row = self._writer.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return b"" if row is None else bytes(row[0])


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        raise StorageError(f"{RECORD_FILE} cannot be read ({error}): check the disk, or restore a backup") from error


def _tile(connection: apsw.Connection, level: int, tile: int) -> bytes:
    row = connection.execute("SELECT hashes FROM tiles WHERE place = ?", (_place(level, tile),)).fetchone()
    return b"" if row is None else bytes(row[0])


def _place(level: int, tile: int) -> int:
    return level << _LEVEL_BITS | tile


def _open(path: Path, *, durable: bool) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(_BUSY_MS)
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "full" if durable else "off")
    connection.execute(_SCHEMA)
    return connection
