"""Who writes next where several race for the same air: short turns, so that nobody starves and little is in vain.

Whoever is refused for what its key lacks gets a turn of about a millisecond: the others that are relevant to it wait
that long, or until it has written, before they are looked at. So each needs to ask about twice for one write, in place
of once for every rival; measured, longer turns make it worse. A write that is on its way to the log is waited for in
the same manner, since whatever would be answered before it is applied would be out of date. Where nobody races, nobody
waits.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from skyparley.airspace.dss.cells import level_13
from skyparley.airspace.operations.commands import Extent

TURN_S: Final = 0.001
MAX_WAIT_S: Final = 0.25
"""Nobody waits longer for others, however many there are: then it is looked at all the same."""
MAX_CELLS: Final = 64
"""A write of more cells neither waits nor is waited for: to look for its rivals would cost more than it saves."""

Asker = tuple[str, str]
"""A USS and the identifier of the intent that it writes."""


class Claim:
    """A write that others wait for: where it is, whose it is, until when (seconds of the loop; None: until it ends)."""

    __slots__ = ("asker", "cells", "ended", "extents", "number", "until_s")

    def __init__(
        self, number: int, asker: Asker, extents: Sequence[Extent], cells: list[int], until_s: float | None
    ) -> None:
        self.number = number
        self.asker = asker
        self.extents = extents
        self.cells = cells
        self.until_s = until_s
        self.ended: asyncio.Future[None] | None = None


class Turns:
    """The claims that hold now, by cell, the oldest first."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._cells: dict[int, dict[Claim, None]] = {}
        self._turns: dict[Asker, Claim] = {}
        self._count = 0

    async def wait(self, asker: Asker, extents: Sequence[Extent]) -> None:
        """Return once no claim of another is in the way, at the latest after `MAX_WAIT_S`."""
        if not self._cells:
            return
        give_up_s: float | None = None
        cells = _cells_of(extents)
        while (claim := self._in_the_way(asker, extents, cells)) is not None:
            now_s = self._loop.time()
            if give_up_s is None:
                give_up_s = now_s + MAX_WAIT_S
            elif now_s >= give_up_s:
                return
            until_s = give_up_s if claim.until_s is None else min(claim.until_s, give_up_s)
            await self._ended(claim, until_s)

    def grant(self, asker: Asker, extents: Sequence[Extent]) -> None:
        """A turn for whoever is about to be refused: it may well come again at once."""
        self.give_up(asker)
        cells = _cells_of(extents)
        if cells:
            claim = Claim(self._next(), asker, extents, cells, self._loop.time() + TURN_S)
            self._turns[asker] = claim
            self._put(claim)
            self._loop.call_later(TURN_S, self._end, claim)

    def give_up(self, asker: Asker) -> None:
        """A turn is used, or not needed."""
        claim = self._turns.pop(asker, None)
        if claim is not None:
            self._end(claim)

    @contextmanager
    def writing(self, asker: Asker, extents: Sequence[Extent]) -> Iterator[None]:
        """A write is on its way to the log: who would race with it waits until it is applied."""
        claim = Claim(self._next(), asker, extents, _cells_of(extents), None)
        self._put(claim)
        self.give_up(asker)
        try:
            yield
        finally:
            self._end(claim)

    def _in_the_way(self, asker: Asker, extents: Sequence[Extent], cells: list[int]) -> Claim | None:
        now_s = self._loop.time()
        own = self._turns.get(asker)
        for cell in cells:
            for claim in self._cells.get(cell, ()):
                if claim.asker == asker:
                    continue
                if claim.until_s is not None and (
                    claim.until_s <= now_s or (own is not None and own.number < claim.number)
                ):
                    continue  # that turn is over, or comes after one's own
                if _meet(claim.extents, extents):
                    return claim
        return None

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _put(self, claim: Claim) -> None:
        for cell in claim.cells:
            self._cells.setdefault(cell, {})[claim] = None

    def _end(self, claim: Claim) -> None:
        for cell in claim.cells:
            held = self._cells.get(cell)
            if held is not None and held.pop(claim, 0) is None and not held:
                del self._cells[cell]
        if self._turns.get(claim.asker) is claim:
            del self._turns[claim.asker]
        if claim.ended is not None and not claim.ended.done():
            claim.ended.set_result(None)

    async def _ended(self, claim: Claim, until_s: float) -> None:
        if claim.ended is None:
            claim.ended = self._loop.create_future()
        await asyncio.wait((claim.ended,), timeout=max(0.0, until_s - self._loop.time()))


def _cells_of(extents: Sequence[Extent]) -> list[int]:
    cells = sorted({cell for extent in extents for cell in level_13(extent.cells)})
    return cells if len(cells) <= MAX_CELLS else []


def _meet(one: Sequence[Extent], other: Sequence[Extent]) -> bool:
    """Whether any bands and times of both overlap; that they share a cell is known."""
    return any(
        a.begin_us < b.end_us and b.begin_us < a.end_us and a.lower_mm <= b.upper_mm and b.lower_mm <= a.upper_mm
        for a in one
        for b in other
    )
