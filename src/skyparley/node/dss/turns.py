"""Who writes next where several race for the same air: one after another, the longest waiting first.

A write in a busy cell makes the keys of all rivals out of date. So rivals are looked at one at a time: until a write
is applied, whoever is relevant to it waits. Whoever is refused for what its key lacks keeps its place for a turn of
about a millisecond, in which it may come again; so each needs about two requests for one write, in place of one for
every rival. Longer turns make it worse for all, and are only given to who has missed several: it may be far away. Where
nobody races, nobody waits.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from skyparley.airspace.dss.cells import level_13
from skyparley.airspace.operations.commands import Extent

TURN_S: Final = 0.001
LONGEST_TURN_S: Final = 0.032
"""For who has missed its turn again and again."""
MISSES_FORGIVEN: Final = 2
MAX_WAIT_S: Final = 0.25
"""Nobody waits longer for others, however many there are: then it is looked at all the same."""
MAX_CELLS: Final = 64
"""A write of more cells neither waits nor is waited for: to look for its rivals would cost more than it saves."""
MAX_WASTED_S: Final = 0.1
"""Turns that a USS let pass may take so much of a second; beyond, it gets none."""
REMEMBERED_S: Final = 10.0
"""For so long is known who was refused, and how often it missed its turn."""

Asker = tuple[str, str]
"""A USS and the identifier of the intent that it writes."""


class Claim:
    """A place that others wait for: of who is being looked at, or may come again before `until_s` (of the loop)."""

    __slots__ = ("asker", "cells", "extents", "timer", "turn_s")

    def __init__(self, asker: Asker, extents: Sequence[Extent], cells: Sequence[int]) -> None:
        self.asker = asker
        self.extents = extents
        self.cells = cells
        self.turn_s = 0.0
        self.timer: asyncio.TimerHandle | None = None


class _Waiter:
    __slots__ = ("asker", "cells", "claim", "extents", "future", "since_s")

    def __init__(self, asker: Asker, extents: Sequence[Extent], cells: Sequence[int], since_s: float) -> None:
        self.asker, self.extents, self.cells, self.since_s = asker, extents, cells, since_s
        self.future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.claim: Claim | None = None


class _Record:
    """What is remembered of who was refused: since when it asks, and how many turns it has missed."""

    __slots__ = ("last_s", "missed", "since_s")

    def __init__(self, now_s: float) -> None:
        self.since_s = self.last_s = now_s
        self.missed = 0


class Turns:
    """The places that are taken now, and who waits for them. Lives on the event loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._cells: dict[int, dict[Claim, None]] = {}
        self._turns: dict[Asker, Claim] = {}
        self._waiting: list[_Waiter] = []
        self._records: dict[Asker, _Record] = {}
        self._wasted: dict[str, tuple[float, float]] = {}

    async def enter(self, asker: Asker, extents: Sequence[Extent]) -> Claim | None:
        """A place, once nobody else is in the way; None after `MAX_WAIT_S`: look all the same, others may race.

        Give it back by `leave`, or by `give_turn` if its key lacked something.
        """
        cells = _cells_of(extents)
        own = self._turns.pop(asker, None)
        if own is not None:  # it comes again within its turn
            if own.timer is not None:
                own.timer.cancel()
            if own.cells == cells:
                own.extents = extents
                return own
            self._end(own)
        if not cells:
            return None
        if not self._is_taken(asker, extents, cells):
            return self._claim(asker, extents, cells)
        return await self._wait(asker, extents, cells)

    def leave(self, asker: Asker, claim: Claim | None) -> None:
        """Done, for good or bad: the next one's turn."""
        self._records.pop(asker, None)
        if claim is not None:
            self._end(claim)

    def give_turn(self, asker: Asker, claim: Claim | None) -> None:
        """Its key lacked something: the place stays its own for a turn, so that it can come again."""
        now_s = self._loop.time()
        record = self._remember(asker, now_s)
        if claim is None:
            return  # it had no place of its own: it keeps its seniority
        claim.turn_s = self._turn_s(asker, record, now_s)
        if claim.turn_s == 0.0:
            self._end(claim)
            return
        claim.timer = self._loop.call_later(claim.turn_s, self._missed, claim)
        self._turns[asker] = claim

    def _turn_s(self, asker: Asker, record: _Record, now_s: float) -> float:
        wasted_s, since_s = self._wasted.get(asker[0], (0.0, now_s))
        if now_s - since_s < 1.0 and wasted_s >= MAX_WASTED_S:
            return 0.0
        longer = max(0, record.missed - MISSES_FORGIVEN)
        return float(min(TURN_S * 2**longer, LONGEST_TURN_S))

    def _missed(self, claim: Claim) -> None:
        now_s = self._loop.time()
        self._turns.pop(claim.asker, None)
        record = self._records.get(claim.asker)
        if record is not None:
            record.missed += 1
        wasted_s, since_s = self._wasted.get(claim.asker[0], (0.0, now_s))
        if now_s - since_s >= 1.0:
            wasted_s, since_s = 0.0, now_s
        self._wasted[claim.asker[0]] = (wasted_s + claim.turn_s, since_s)
        self._end(claim)

    def _remember(self, asker: Asker, now_s: float) -> _Record:
        record = self._records.get(asker)
        if record is None:
            if len(self._records) > 1_000:
                self._records = {name: one for name, one in self._records.items() if now_s - one.last_s < REMEMBERED_S}
                self._wasted = {name: one for name, one in self._wasted.items() if now_s - one[1] < 1.0}
            record = self._records[asker] = _Record(now_s)
        record.last_s = now_s
        return record

    async def _wait(self, asker: Asker, extents: Sequence[Extent], cells: Sequence[int]) -> Claim | None:
        record = self._records.get(asker)
        waiter = _Waiter(asker, extents, cells, self._loop.time() if record is None else record.since_s)
        self._waiting.append(waiter)
        timer = self._loop.call_later(MAX_WAIT_S, _wake, waiter)
        try:
            await waiter.future
        except asyncio.CancelledError:
            if waiter.claim is not None:
                self._end(waiter.claim)
            raise
        finally:
            timer.cancel()
            if waiter.claim is None:
                self._waiting.remove(waiter)
        return waiter.claim

    def _is_taken(self, asker: Asker, extents: Sequence[Extent], cells: Sequence[int]) -> bool:
        for cell in cells:
            for claim in self._cells.get(cell, ()):
                if claim.asker != asker and _meet(claim.extents, extents):
                    return True
        return False

    def _claim(self, asker: Asker, extents: Sequence[Extent], cells: Sequence[int]) -> Claim:
        claim = Claim(asker, extents, cells)
        for cell in cells:
            self._cells.setdefault(cell, {})[claim] = None
        return claim

    def _end(self, claim: Claim) -> None:
        for cell in claim.cells:
            held = self._cells.get(cell)
            if held is not None and claim in held:
                del held[claim]
                if not held:
                    del self._cells[cell]
        if self._waiting:
            self._call_next()

    def _call_next(self) -> None:
        """Give places to those who wait, the longest waiting first, as far as nobody is in their way."""
        self._waiting.sort(key=lambda waiter: waiter.since_s)
        called = []
        for waiter in self._waiting:
            if not waiter.future.done() and not self._is_taken(waiter.asker, waiter.extents, waiter.cells):
                waiter.claim = self._claim(waiter.asker, waiter.extents, waiter.cells)
                waiter.future.set_result(None)
                called.append(waiter)
        if called:
            self._waiting = [waiter for waiter in self._waiting if waiter.claim is None]


def _wake(waiter: _Waiter) -> None:
    if not waiter.future.done():
        waiter.future.set_result(None)


def _cells_of(extents: Sequence[Extent]) -> Sequence[int]:
    if len(extents) == 1:
        cells = level_13(extents[0].cells)
    else:
        cells = sorted({cell for extent in extents for cell in level_13(extent.cells)})
    return cells if len(cells) <= MAX_CELLS else ()


def _meet(one: Sequence[Extent], other: Sequence[Extent]) -> bool:
    """Whether any bands and times of both overlap; that they share a cell is known."""
    return any(
        a.begin_us < b.end_us and b.begin_us < a.end_us and a.lower_mm <= b.upper_mm and b.lower_mm <= a.upper_mm
        for a in one
        for b in other
    )
