"""Composition: which adapters a node on one machine is made of, and how it is opened and closed.

What a node computes with is imported only where one is opened: commands that read a log beside it start in half the
time.
"""

import asyncio
import gc
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from skyparley.airspace.dss.items import DssLimits
from skyparley.errors import StorageError
from skyparley.log.sqlite import SqliteLog
from skyparley.node.custody.vault import Vault
from skyparley.node.storage import DataDirectory, open_directory
from skyparley.record.notes import VerifierKey

if TYPE_CHECKING:
    from skyparley.node.node import Node

THREAD_SWITCH_S: Final = 0.02
"""Threads hand the interpreter over when they wait for the disk or for a kernel, which is often enough; being made to
amid their work only costs. Measured, filings where nothing is near: 1,400/s; at Python's 5 ms 1,370/s; at 2 ms 1,230/s.
"""


def clock_us() -> int:
    """The machine's clock, microseconds since 1970 UTC."""
    return time.time_ns() // 1_000


@asynccontextmanager
async def running_node(
    data: Path,
    *,
    pool: str | None,
    exercise: bool = False,
    dss_limits: DssLimits | None = None,
    witnesses: tuple[VerifierKey, ...] = (),
) -> AsyncIterator["Node"]:
    """A node on a data directory, from locked to released; `pool` None takes the log's own, and
    `dss_limits` None leaves those of the DSS as they are. `witnesses` may cosign its record.

    Complaints about snapshots go to standard error.
    """
    directory = open_directory(data)
    async with node_in(directory, pool=pool, exercise=exercise, dss_limits=dss_limits, witnesses=witnesses) as node:
        yield node


@asynccontextmanager
async def node_in(
    directory: DataDirectory,
    *,
    pool: str | None,
    exercise: bool = False,
    dss_limits: DssLimits | None = None,
    witnesses: tuple[VerifierKey, ...] = (),
) -> AsyncIterator["Node"]:
    """The same, where the directory is locked already; it is released at the end."""
    from skyparley.node.node import open_node

    sys.setswitchinterval(THREAD_SWITCH_S)
    gc.disable()  # a start makes millions of things that stay, and nothing that would have to be found
    try:
        vault = Vault(directory.vault_path)
        log = await SqliteLog.open(directory.log_path, pool=pool, clock=clock_us)

        async def take_snapshot() -> None:
            await spawn_follower(directory.path)

        node, complaints = await open_node(
            log,
            vault,
            directory,
            pool=log.pool,
            clock=clock_us,
            exercise=exercise,
            take_snapshot=take_snapshot,
            cosigners=lambda: witnesses,
            tell=complain,
        )
        for complaint in complaints:
            complain(complaint)
        await node.start()
        gc.freeze()  # what was live at start is never looked at again
        gc.enable()
        try:
            await _ensure_operator_key(node, directory)
            if dss_limits is not None:
                await node.dss.set_limits(dss_limits)
            yield node
        finally:
            await node.stop()
    finally:
        gc.enable()
        directory.close()


def complain(words: str) -> None:
    """Tell whoever looks after the node, at once."""
    print(words, file=sys.stderr, flush=True)


async def spawn_follower(data: Path) -> None:
    """Let a process of its own write a snapshot, so that the apply loop never stops for it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "skyparley.cli.main", "snapshot", "--data", str(data),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        _, complaint = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()  # what it was writing is then nobody's
        raise
    if process.returncode:
        raise StorageError(f"no snapshot was written: {complaint.decode(errors='replace').strip()}")


async def _ensure_operator_key(node: "Node", directory: DataDirectory) -> None:
    if not directory.has_operator_key():
        directory.write_operator_key((await node.access.create_operator_key()).api_key)
