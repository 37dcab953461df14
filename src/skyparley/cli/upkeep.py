"""`skyparley backup`, `restore`, `replay` and `warm`: looking after a node's data.

A backup copies the record, then the log, then the vault: so the log holds all that the record has signed, and the vault
every body that the log names. Nothing is taken for sound because it is there: a restored log is verified from its first
entry. What computes with operations is imported only where that is done.
"""

import asyncio
import gc
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from skyparley.airspace.state import Airspace
from skyparley.cli.compose import clock_us, complain
from skyparley.conflict.minima import DEFAULT_MINIMA
from skyparley.errors import InvalidInputError, StorageError
from skyparley.log.sqlite import SqliteLog, copy_database
from skyparley.node.custody.vault import Vault
from skyparley.node.record.recorder import compare
from skyparley.node.record.store import RECORD_FILE, RecordStore
from skyparley.node.storage import LOG_FILE, PRIVATE, VAULT_FILE

if TYPE_CHECKING:
    from skyparley.node.recovery import Verification

_FILES: Final = (LOG_FILE, VAULT_FILE)
_COPIED: Final = (RECORD_FILE, *_FILES)
"""In this order: no record of more than the log, no log that names more than the vault has."""
FOLLOWER_NICENESS: Final = 10
_MAGIC: Final = b"SQLite format 3\x00"


def back_up(data: Path, to: Path) -> None:
    """Copy record, log and vault into a new directory."""
    require_data(data)
    if to.exists():
        raise InvalidInputError(f"{to} exists already: name a directory that does not")
    to.mkdir(PRIVATE, parents=True)
    _copy(data, to)
    head = asyncio.run(_head(to))
    print(f"{to} holds the log up to entry {head} and the vault; check it with: skyparley replay --verify --data {to}")


def restore_from(backup: Path, data: Path) -> None:
    """Make a data directory from a backup whose log verifies."""
    require_data(backup)
    if data.exists() and any(data.iterdir()):
        raise InvalidInputError(f"{data} is not empty: restore into a new directory, then serve that")
    data.mkdir(PRIVATE, parents=True, exist_ok=True)
    try:
        _copy(backup, data)
        result = asyncio.run(_verify(data, leave_in=data))
        if result.problems:
            raise StorageError(f"the backup does not verify: {result.problems[0]}; use an older one")
    except BaseException:
        for name in ("*.sqlite*", "*.bin*"):  # nothing that nobody vouches for is left to be served
            for left in data.glob(name):
                left.unlink(missing_ok=True)
        raise
    print(f"{data} is restored up to entry {result.sequence}; keys of parties work as before")


def replay_from_zero(data: Path, *, verify: bool) -> bool:
    """Replay the log; whether all that was compared agrees."""
    require_data(data)
    result = asyncio.run(_verify(data)) if verify else asyncio.run(_replay(data))
    print(f"entries    {result.sequence}\nstate hash {result.state_hash}\nconflicts  {result.conflicts}")
    for problem in result.problems:
        print(f"differs: {problem}")
    if verify and not result.problems:
        print(f"verified: chain, state hash and {result.findings} findings agree with a replay from the first entry")
    return not result.problems


def follow_once(data: Path) -> None:
    """`write_snapshot` as all that this process does: after others, for a node that serves has more to do."""
    os.nice(FOLLOWER_NICENESS)
    gc.disable()  # it makes millions of things that stay to its end
    write_snapshot(data)


def write_snapshot(data: Path) -> None:
    """Bring the snapshots of a data directory, of the state and of the index, up to its log's end."""
    from skyparley.node.recovery import follow_to_snapshot

    require_data(data)

    async def follow() -> None:
        log = await open_log(data)
        try:
            await follow_to_snapshot(log, data, complain)
        finally:
            await log.close()

    asyncio.run(follow())


def warm_kernels() -> None:
    """Compile and cache the kernels, and say so."""
    from skyparley.compiled import COMPILED
    from skyparley.conflict.warm import warm

    if not COMPILED:
        text = "numba is not installed: the kernels run as Python, with the same answers, some hundred times slower"
        Console(stderr=True).print(text, soft_wrap=True)
        return
    with Console(stderr=True).status("Compiling the kernels; this takes a minute the first time"):
        began_s = time.perf_counter()
        warm()
    Console(stderr=True).print(f"Kernels are ready ({time.perf_counter() - began_s:.0f} s)")


def _copy(source: Path, target: Path) -> None:
    """Copy what a node cannot do without; what it has not made yet, it makes."""
    for name in _COPIED:
        if name in _FILES or (source / name).is_file():
            copy_database(source / name, target / name)


def require_data(data: Path) -> None:
    """Raise `InvalidInputError` or `StorageError` unless a directory holds a node's log and vault."""
    for name in _FILES:
        if not (data / name).is_file():
            raise InvalidInputError(f"{data} holds no {name}: name a node's data directory, or a backup of one")
        with (data / name).open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise StorageError(f"{data / name} is damaged or no database: use another backup")


async def open_log(data: Path) -> SqliteLog:
    """The log of a data directory, for reading; a node may be writing it."""
    return await SqliteLog.open(data / LOG_FILE, pool=None, clock=clock_us, read_only=True)


async def _head(data: Path) -> int:
    log = await open_log(data)
    try:
        return (await log.head()).sequence
    finally:
        await log.close()


async def _replay(data: Path) -> "Verification":
    from skyparley.node.recovery import Verification, catch_up

    log = await open_log(data)
    try:
        state = Airspace()
        await catch_up(log, state, (await log.head()).sequence)
        return Verification(state.sequence, state.state_hash(), len(state.conflicts))
    finally:
        await log.close()


async def _verify(data: Path, leave_in: Path | None = None) -> "Verification":
    """Chain, state from zero against snapshot + tail, every finding, and the record; `leave_in` as in `verify`."""
    from skyparley.node.recovery import recover, verify

    # the record first: it is never ahead of the log
    record = RecordStore(data / RECORD_FILE) if (data / RECORD_FILE).is_file() else None
    log = await open_log(data)
    vault = Vault(data / VAULT_FILE)
    columns = (TextColumn("Replaying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(
            *columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
        ) as progress:
            task = progress.add_task("replay", total=None)
            await log.verify()
            result = await verify(
                log,
                vault,
                DEFAULT_MINIMA,
                lambda done, total: progress.update(task, completed=done, total=total),
                leave_in,
            )
        recovered = await recover(log, data)
        hashes = {recovered.state.state_hash(), recovered.state.recomputed_state_hash()} - {result.state_hash}
        if recovered.state.sequence == result.sequence and hashes:
            result.problems.append(f"snapshot and tail give the state hash {' and '.join(sorted(hashes))}")
        result.problems.extend(recovered.complaints)
        if record is not None:
            problem = await compare(log, record)
            result.problems += [] if problem is None else [problem]
        return result
    finally:
        if record is not None:
            record.close()
        vault.close()
        await log.close()
