"""Where tests write: to memory where there is room for it, since a database waits for the disk at each commit.

That the disk is waited for changes nothing that a process can see, except when the power fails. What is about the log
file itself and what survives is tested on the disk nevertheless: see `on_disk`.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 * 1024**3
DISK = Path(tempfile.gettempdir())


def write_to_memory() -> None:
    """Let this process, and those that it starts, make their temporary files in memory; TMPDIR goes before it."""
    if "TMPDIR" not in os.environ and _is_of_use(MEMORY):
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # to be found out again


def _is_of_use(place: Path) -> bool:
    """Whether there is room, also for a wheel that is installed, and may programs be run from there."""
    if not os.access(place, os.W_OK | os.X_OK):
        return False
    return shutil.disk_usage(place).free >= ROOM_BYTES and not os.statvfs(place).f_flag & os.ST_NOEXEC


@contextlib.contextmanager
def on_disk() -> Iterator[Path]:
    """A directory on the disk."""
    with tempfile.TemporaryDirectory(dir=DISK, prefix="skyparley-", ignore_cleanup_errors=True) as directory:
        yield Path(directory)
