"""A log around another: what a test does not change goes through."""

from collections.abc import AsyncIterator, Sequence

from skyparley.log.port import Draft, Entry, Head, Heading, Log


class LogAround:
    """Everything as the log within does it; a test overrides what it wants otherwise."""

    def __init__(self, within: Log) -> None:
        self.within = within

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Entry]:
        return await self.within.append(drafts)

    def entries(self, after: int) -> AsyncIterator[Sequence[Entry]]:
        return self.within.entries(after)

    async def entry(self, sequence: int) -> Entry:
        return await self.within.entry(sequence)

    async def headings(self, begin: int, end: int) -> Sequence[Heading]:
        return await self.within.headings(begin, end)

    async def head(self) -> Head:
        return await self.within.head()

    async def trim(self, before: int) -> None:
        await self.within.trim(before)

    async def close(self) -> None:
        await self.within.close()
