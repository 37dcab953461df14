"""The node's directory: its lock, its address, its snapshots.

One process per data directory, held by an advisory lock that the kernel drops when the process dies. Snapshots are
written beside the log under a temporary name, made durable and renamed, so that a crash leaves either the old or the
new one; the last two are kept, because a snapshot that turns out damaged costs only a longer replay. A directory that
is made here is closed to other users of the machine: the vault in it is private.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import msgspec

from skyparley.airspace.keeping.snapshot import check_snapshot, restore_snapshot, snapshot_parts
from skyparley.airspace.state import Airspace
from skyparley.errors import DataDirectoryBusyError, StorageError

KEPT_SNAPSHOTS: Final = 2
CHAIN_BYTES: Final = 32
"""Length of the chain value in front of a snapshot: it tells of which log the state is."""
LOG_FILE: Final = "log.sqlite"
VAULT_FILE: Final = "vault.sqlite"
OPERATOR_KEY_FILE: Final = "operator.key"
SNAPSHOT_LOCK: Final = "snapshot.lock"
UNFINISHED: Final = ".new"
"""What the name of a file ends in until all of it is there."""
PRIVATE: Final = 0o700
"""Mode of directories that hold a vault."""
PRIVATE_FILE: Final = 0o600
"""Mode of files that nobody else may read."""


class Address(msgspec.Struct, frozen=True):
    """Where a running node is reached; the operator's commands look here."""

    url: str
    process: int


@dataclass(slots=True)
class DataDirectory:
    """A node's directory, locked for this process from `open_directory` to `close`."""

    path: Path
    _lock: IO[str]

    @property
    def log_path(self) -> Path:
        """File of the SQLite log."""
        return self.path / LOG_FILE

    @property
    def vault_path(self) -> Path:
        """File of the SQLite vault."""
        return self.path / VAULT_FILE

    def publish_address(self, url: str) -> None:
        """Say where this process serves."""
        write_durably(self.path / "node.json", msgspec.json.encode(Address(url, os.getpid())))

    def write_operator_key(self, api_key: str) -> None:
        """Keep the operator's key where only this user reads it."""
        write_durably(self.path / OPERATOR_KEY_FILE, api_key.encode(), mode=PRIVATE_FILE)

    def has_operator_key(self) -> bool:
        """Whether an operator's key was written here before."""
        return (self.path / OPERATOR_KEY_FILE).exists()

    def save_snapshot(self, state: Airspace, chain: bytes) -> None:
        """Write a snapshot of the state at the log's chain value and drop all but the newest two."""
        save_snapshot(self.path, state, chain)

    def close(self) -> None:
        """Release the lock."""
        (self.path / "node.json").unlink(missing_ok=True)
        self._lock.close()


def open_directory(path: Path) -> DataDirectory:
    """Make the directory if needed and lock it. Raises `DataDirectoryBusyError` or `StorageError`."""
    try:
        path.mkdir(PRIVATE, parents=True, exist_ok=True)
        lock = (path / "lock").open("a+")
    except OSError as error:
        raise StorageError(f"cannot use {path} as data directory: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise DataDirectoryBusyError(
            f"{path} is in use by another Skyparley process: stop it or choose another --data directory"
        ) from None
    return DataDirectory(path, lock)


def read_address(path: Path) -> Address | None:
    """Where the node that holds a data directory serves, if it said so."""
    try:
        return msgspec.json.decode((path / "node.json").read_bytes(), type=Address)
    except (OSError, msgspec.DecodeError):
        return None


def snapshot_paths(path: Path) -> list[Path]:
    """Snapshots of a data directory, newest first."""
    return sorted(path.glob(f"snapshot-{'[0-9]' * 16}.bin"), reverse=True)


def snapshot_sequence(path: Path) -> int:
    """The entry that a snapshot file says by its name that it is of."""
    return int(path.stem.rpartition("-")[2])


def save_snapshot(path: Path, state: Airspace, chain: bytes) -> None:
    """Write a snapshot into a data directory: the log's chain value (32 bytes) at the state's entry, then the state.

    Raises `StorageError` if the disk does not take it.
    """
    write_durably(path / f"snapshot-{state.sequence:016d}.bin", chain, snapshot_parts(state))
    for old in snapshot_paths(path)[KEPT_SNAPSHOTS:]:
        old.unlink(missing_ok=True)


@contextmanager
def writing_snapshots(path: Path) -> Iterator[None]:
    """Hold off other processes that would write snapshots into a data directory, and tidy up what a dead one has left.

    Raises `StorageError`, also if one is writing.
    """
    try:
        with (path / SNAPSHOT_LOCK).open("a+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in path.glob(f"*.bin{UNFINISHED}"):
                left.unlink(missing_ok=True)
            yield
    except BlockingIOError:
        raise StorageError(f"another process writes snapshots into {path} now: let it finish") from None
    except OSError as error:
        raise StorageError(f"cannot write snapshots into {path}: {error.strerror}") from error


def read_snapshot(path: Path, *, checked: bool = False) -> tuple[Airspace, bytes]:
    """The state of a snapshot file, and the chain value of the log that it is of.

    `checked` says that `look_at_snapshot` has passed it. Raises `StorageError` if it is damaged or cannot be read.
    """
    try:
        with path.open("rb") as file:
            chain = file.read(CHAIN_BYTES)
            return restore_snapshot(file, checked=checked), chain
    except OSError as error:
        raise StorageError(f"cannot read {path.name}: {error.strerror}") from error


def look_at_snapshot(path: Path) -> tuple[int, bytes]:
    """The entry that an undamaged snapshot file is of, and the chain value of its log; nothing of it stays in memory.

    Raises what `read_snapshot` raises.
    """
    try:
        with path.open("rb") as file:
            chain = file.read(CHAIN_BYTES)
            return check_snapshot(file), chain
    except OSError as error:
        raise StorageError(f"cannot read {path.name}: {error.strerror}") from error


def write_durably(path: Path, data: bytes, more: Iterable[bytes | memoryview] = (), *, mode: int = 0o644) -> None:
    """Replace a file so that after a crash it holds either its old or its new content: `data`, and `more` after it."""
    temporary = path.with_name(path.name + UNFINISHED)
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.writelines(more)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StorageError(f"cannot write {path.name}: {error.strerror}") from error
