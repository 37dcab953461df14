"""The log in memory: the model that every other adapter is held against, and what tests and benchmarks run on.

Nothing here survives the process.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

from skyparley.errors import NotFoundError, StorageError
from skyparley.log.port import Draft, Entry, Head, Heading
from skyparley.log.sequencer import Sequencer
from skyparley.record.envelope import first_chain

PAGE: Final = 512


class MemoryLog:
    """A `Log` in memory."""

    def __init__(self, *, pool: str, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._sequencer = Sequencer(Head(0, 0, first_chain(pool)))
        self._entries: list[Entry] = []
        self._trimmed = 0
        self._changed = asyncio.Condition()
        self._closed = False

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Entry]:
        """Order drafts as one group."""
        if self._closed:
            raise StorageError("the log is closed")
        answers, new = self._sequencer.place(drafts, self._clock())
        self._sequencer.commit(new)
        self._entries.extend(new)
        async with self._changed:
            self._changed.notify_all()
        return answers

    async def entries(self, after: int) -> AsyncIterator[Sequence[Entry]]:
        """Entries after a sequence, then new ones, until the log is closed."""
        while True:
            if after < self._trimmed:
                raise NotFoundError(f"entries up to {self._trimmed} were trimmed; start from a snapshot")
            page = self._entries[after - self._trimmed : after - self._trimmed + PAGE]
            if page:
                after = page[-1].sequence
                yield page
                continue
            if self._closed:
                return
            async with self._changed:
                if self._sequencer.head.sequence <= after and not self._closed:
                    await self._changed.wait()

    async def entry(self, sequence: int) -> Entry:
        """One entry."""
        if not self._trimmed < sequence <= self._sequencer.head.sequence:
            raise NotFoundError(f"there is no entry {sequence} here")
        return self._entries[sequence - self._trimmed - 1]

    async def headings(self, begin: int, end: int) -> Sequence[Heading]:
        """Headings of a stretch."""
        first = max(begin, self._trimmed + 1)
        held = self._entries[first - self._trimmed - 1 : max(first, end) - self._trimmed - 1]
        return [Heading(entry.sequence, entry.time_us, entry.header) for entry in held]

    async def head(self) -> Head:
        """The end of the log."""
        return self._sequencer.head

    async def trim(self, before: int) -> None:
        """Forget entries with a sequence below `before`, never the last one."""
        last = min(before, self._sequencer.head.sequence) - 1
        if last > self._trimmed:
            del self._entries[: last - self._trimmed]
            self._trimmed = last

    async def close(self) -> None:
        """End all followers."""
        self._closed = True
        async with self._changed:
            self._changed.notify_all()
