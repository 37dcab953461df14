"""The port `Log`: one order for all commands, made durable. Few verbs; adapters are chosen by the composition root.

The engine assigns sequence and time; the chain binds each entry to all before it (`envelope.py`). An append is
idempotent: the same header bytes are appended once, and a repeat answers with the first entry. Several appends may be
in flight; an append returns only when its entries are durable.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Draft:
    """A command on its way into the log: header, 16-byte salt, body, and a signature (empty if there is none)."""

    header: bytes
    salt: bytes
    body: bytes
    signature: bytes = b""


@dataclass(frozen=True, slots=True)
class Entry:
    """A draft that has its place: sequence (from 1), time (microseconds since 1970 UTC), 32-byte chain value."""

    sequence: int
    time_us: int
    chain: bytes
    header: bytes
    salt: bytes
    body: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Heading:
    """An entry without what it says: its sequence, its time (microseconds since 1970 UTC), and its header."""

    sequence: int
    time_us: int
    header: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The log's end: sequence 0 and the pool's first chain value while it is empty."""

    sequence: int
    time_us: int
    chain: bytes


class Log(Protocol):
    """One ordered, durable log."""

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Entry]:
        """Order and store drafts as one durable group; the entries, in the order of the drafts.

        Raises `OverloadedError` when the bounded queue is full, `StorageError` when the disk does not take it: then
        nothing of the group was stored. An append that is cancelled before its group is formed is dropped.
        """
        ...

    def entries(self, after: int) -> AsyncIterator[Sequence[Entry]]:
        """Durable entries after a sequence, in order, in groups; follows the end until the log is closed.

        Raises `NotFoundError` if `after` lies before what was trimmed.
        """
        ...

    async def entry(self, sequence: int) -> Entry:
        """One durable entry. Raises `NotFoundError` if it is not there yet, or was trimmed."""
        ...

    async def headings(self, begin: int, end: int) -> Sequence[Heading]:
        """Of the durable entries in `[begin, end)` those that are held, in order; it is for the caller to ask for few.

        Costs nothing for the bodies. Raises `StorageError` if they cannot be read.
        """
        ...

    async def head(self) -> Head:
        """The durable end of the log."""
        ...

    async def trim(self, before: int) -> None:
        """Forget entries with a sequence below `before`; they must be in a snapshot and an archive.

        The last entry always stays: the next one takes its time and chain from it.
        """
        ...

    async def close(self) -> None:
        """Finish what is in flight, end all followers, release the storage."""
        ...
