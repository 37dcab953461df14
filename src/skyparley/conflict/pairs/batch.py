"""All pairs of many operations: a sweep over time in slabs, several of them at work, whose conflicts stream out.

Operations are packed in the order in which they begin, a block at a time; a slab holds the pieces that begin before the
next operation that is not packed yet, and those that last from before. Slabs need nothing of each other, so several
are swept at once; what they find is taken in the order of time, and what time has passed is forgotten.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

import numpy as np

from skyparley.conflict.answers import order_of
from skyparley.conflict.minima import DEFAULT_MINIMA, Minima
from skyparley.conflict.operation import Conflict, Operation
from skyparley.conflict.pairs.blocks import Block, Buffers, Part, joined, no_pieces, packed
from skyparley.conflict.pairs.gathering import Gathering
from skyparley.conflict.pairs.roll import Roll
from skyparley.conflict.pairs.slabs import Found, Slab, Sweeper

WORKERS: Final = 2
PIECES: Final = 32_768
"""About as many points and volumes are packed as a block: what a slab touches then stays in a processor's cache."""

Progress = Callable[[int], None]


def all_pairs(
    operations: Iterable[Operation], minima: Minima = DEFAULT_MINIMA, progress: Progress | None = None
) -> list[Conflict]:
    """All conflicts among operations, by a, b and rule. `progress` is told how many operations are done.

    Operations with the same ref count as one: the last. Raises `LimitExceededError` as `stream_pairs` does.
    """
    return sorted(stream_pairs(operations, minima, progress), key=order_of)


def stream_pairs(
    operations: Iterable[Operation], minima: Minima = DEFAULT_MINIMA, progress: Progress | None = None
) -> Iterator[Conflict]:
    """The conflicts of `all_pairs` one by one, each soon after time has passed one of its two operations.

    In memory lie the operations, the pieces of those that are in the air at one time, and what of a conflict is open
    then. Raises `LimitExceededError` if more than `MAX_OPEN` windows of conflicts are open at one time.
    """
    roll = Roll(operations, minima)
    with ThreadPoolExecutor(WORKERS) as pool:
        try:
            yield from _Batch(roll, pool, progress).conflicts()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class _Batch:
    """One run over all operations of a roll."""

    def __init__(self, roll: Roll, pool: ThreadPoolExecutor, progress: Progress | None) -> None:
        self._roll, self._pool, self._progress = roll, pool, progress
        self._buffers = Buffers()
        self._blocks: list[Block] = []
        self._lasting = no_pieces()
        self._flying: deque[tuple[Future[Found], Sweeper, Slab]] = deque()
        self._idle = [Sweeper(roll.hazards, roll.table) for _ in range(WORKERS + 1)]
        self._gathering = Gathering()

    def conflicts(self) -> Iterator[Conflict]:
        for slab in self._slabs():
            while not self._idle or (self._flying and self._flying[0][0].done()):
                yield from self._land()
            sweeper = self._idle.pop()
            self._flying.append((self._pool.submit(sweeper.begin, slab), sweeper, slab))
        while self._flying:
            yield from self._land()

    def _land(self) -> Iterator[Conflict]:
        """Take in what the earliest slab found, and tell what is over."""
        future, sweeper, slab = self._flying.popleft()
        found = future.result()
        if found.done:
            self._idle.append(sweeper)
            for rows in slab.spent:
                self._buffers.give(rows)
        else:
            self._flying.appendleft((self._pool.submit(sweeper.go_on), sweeper, slab))
        self._roll.pass_by(found.owners)
        if len(found.keys):
            self._gathering.add(found.keys, found.hits)
        if len(self._gathering.keys):
            yield from self._roll.conflicts(*self._gathering.close(self._roll.over(self._gathering.keys, found.now_s)))
        if self._progress is not None:
            self._progress(self._roll.done)

    def _slabs(self) -> Iterator[Slab]:
        for block, until_s in self._packed():
            self._blocks.append(block)
            ready = sum(block.before(until_s) for block in self._blocks)
            if until_s < np.inf and ready < max(PIECES, len(self._lasting)):
                continue
            for cut_s in self._cuts(until_s, ready):
                yield self._slab(cut_s)

    def _packed(self) -> Iterator[tuple[Block, float]]:
        """The blocks in the order in which they begin, and when the next one does."""
        chunks = self._roll.chunks(PIECES)
        waiting: deque[Future[Block]] = deque()
        submitted = 0
        for i in range(len(chunks)):
            while submitted < len(chunks) and len(waiting) < WORKERS:
                waiting.append(self._pool.submit(self._pack, chunks[submitted]))
                submitted += 1
            until_s = self._roll.begins_s[chunks[i + 1][0]] if i + 1 < len(chunks) else np.inf
            yield waiting.popleft().result(), until_s

    def _pack(self, numbers: list[int]) -> Block:
        roll = self._roll
        chosen = [roll.operations[number] for number in numbers]
        kinds = [roll.kinds[number] for number in numbers]
        return packed(chosen, numbers, kinds, self._buffers, roll.ends_s, roll.left)

    def _cuts(self, until_s: float, ready: int) -> list[float]:
        """Instants that cut what is ready into slabs, so that it never is much more than what lasts."""
        size = 2 * max(PIECES, len(self._lasting))
        if ready <= 2 * size:
            return [until_s]
        begins_s = np.sort(
            np.concatenate([block.begins_s[block.at : block.at + block.before(until_s)] for block in self._blocks])
        )
        return [*np.unique(begins_s[size:-size:size]).tolist(), until_s]

    def _slab(self, until_s: float) -> Slab:
        """What begins before an instant; then what lasts is what lasts at that instant."""
        parts: list[Part] = []
        lasting: list[Part] = [(self._lasting, np.flatnonzero(self._lasting.ends_s >= until_s))]
        slab = Slab((self._lasting, slice(None)), parts, until_s)
        blocks: list[Block] = []
        for block in self._blocks:
            begin, end = block.at, block.at + block.before(until_s)
            parts.append((block, slice(begin, end)))
            lasting.append((block, begin + np.flatnonzero(block.ends_s[begin:end] >= until_s)))
            block.at = end
            rest = block.rest()
            if rest is not block:
                slab.spent.append(block.rows)
            if len(rest):
                blocks.append(rest)
        self._blocks, self._lasting = blocks, joined(lasting)
        return slab
