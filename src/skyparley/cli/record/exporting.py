"""`skyparley export`: the log of a data directory as sealed files, all that the node has signed and nothing more.

It only reads, also beside a serving node. The files come to be under another name and get theirs last, so that half an
export is never taken for one.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from skyparley.airspace import limits
from skyparley.cli.upkeep import open_log, require_data
from skyparley.errors import InvalidInputError, SkyparleyError, StorageError
from skyparley.log.port import Entry
from skyparley.log.sqlite import SqliteLog
from skyparley.node.record.store import RECORD_FILE, RecordStore
from skyparley.record.export.writing import File, Writer, show
from skyparley.record.notes import SIGNATURE, Checkpoint, Signer, origin_of, parse_checkpoint, parse_note

MAX_COSIGNED: Final = 500
"""So many of the newest checkpoints that others have cosigned go with an export."""
COLUMNS: Final = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


def write_export(data: Path, to: Path, reader: str) -> None:
    """Export a data directory, for a party or (empty) for whoever may read everything.

    Raises `InvalidInputError`, or `StorageError` if the log is not the one that was signed.
    """
    require_data(data)
    if reader:
        limits.check_party_id(reader)
    if to.exists() or to.is_symlink():
        raise InvalidInputError("exists already: name a directory that does not", place=str(to))
    checkpoints, key = _signed(data)
    last = parse_checkpoint(parse_note(checkpoints[-1]).text)
    to.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f".{to.name}.", dir=to.parent))
    try:
        with progress_of("Exporting") as progress:
            task = progress.add_task("", total=last.size)
            writing = _export(data, making, reader, last, lambda done: progress.update(task, completed=done))
            writer = asyncio.run(writing)
        signer = Signer(last.origin, SIGNATURE, key)
        _write(making, writer.finish(checkpoints, signer))
        making.rename(to)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    for_whom = f"for '{reader}'" if reader else "for whoever may read everything"
    print(f"{to} holds {last.size} entries {for_whom}; check it with: skyparley audit {to} --keys FILE")


def progress_of(doing: str) -> Progress:
    """A progress bar on standard error, if that is a terminal."""
    return Progress(
        TextColumn(doing), *COLUMNS, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    )


def _signed(data: Path) -> tuple[list[bytes], Ed25519PrivateKey]:
    """The checkpoints to hand over, by size, the last that the node signed at the end; and its key."""
    if not (data / RECORD_FILE).is_file():
        raise InvalidInputError(f"{data} holds no {RECORD_FILE}: nothing was signed here; serve it once")
    store = RecordStore(data / RECORD_FILE)
    try:
        if not store.checkpoint:
            raise InvalidInputError(f"{data} has signed nothing yet: serve it, and file something")
        last = store.cosigned_at(store.size) or store.checkpoint
        return [*store.cosigned_before(store.size, MAX_COSIGNED), last], store.key
    finally:
        store.close()


async def _export(data: Path, to: Path, reader: str, checkpoint: Checkpoint, progress: Callable[[int], None]) -> Writer:
    """Write all segments that are full of the entries that a checkpoint covers; the writer holds the rest."""
    log = await open_log(data)
    try:
        await _require_whole(log, checkpoint.size)
        if checkpoint.origin != origin_of(log.pool):
            raise StorageError(
                f"what was signed is of '{checkpoint.origin}', the log of '{log.pool}': restore the right one"
            )
        writer = Writer(log.pool, reader=reader)
        async for group in log.entries(0):
            for entry in group[: checkpoint.size - writer.tree.size]:
                _write(to, _add(writer, entry, reader))
            progress(writer.tree.size)
            if writer.tree.size == checkpoint.size:
                break
        if reader and not writer.whole:
            raise InvalidInputError(
                f"no entry is of the party '{reader}': name one of this pool that has said something"
            )
        if writer.tree.root() != checkpoint.root:
            raise StorageError("the log is not the one that this node has signed: restore the right one")
        return writer
    finally:
        await log.close()


async def _require_whole(log: SqliteLog, size: int) -> None:
    """Raise an error unless a log holds its first so many entries."""
    if log.trimmed:
        raise InvalidInputError(
            f"the log was trimmed, and entries 1 to {log.trimmed} are no longer here: restore a backup that was made"
            " before with skyparley restore, and export that"
        )
    end = (await log.head()).sequence
    if end < size:
        raise StorageError(f"the log ends at entry {end}, and {size} are signed: restore the newer log")


def _add(writer: Writer, entry: Entry, reader: str) -> list[File]:
    try:
        return writer.add(
            show(entry.sequence, entry.time_us, entry.header, entry.signature, entry.salt, entry.body, reader=reader)
        )
    except SkyparleyError as error:
        raise StorageError(f"the log is damaged near entry {entry.sequence}: {error.message}") from error


def _write(to: Path, files: list[File]) -> None:
    """Write files durably. Raises `StorageError`."""
    for name, data in files:
        try:
            with (to / name).open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StorageError(f"cannot write {name}: {error.strerror}") from error
