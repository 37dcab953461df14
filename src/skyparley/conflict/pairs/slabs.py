"""A slab of time: the pieces that begin in it and those that lasted from before, swept in turns.

A turn ends when there are many hits, so that what a slab finds never lies in memory as a whole.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from skyparley.conflict.kernels import hits as hit
from skyparley.conflict.kernels import layout
from skyparley.conflict.pairs.blocks import Part, gather
from skyparley.conflict.pairs.sweep import clear, compare, new_sky, sweep

HITS: Final = 262_144
"""A turn ends after about so many hits."""
PAIRS: Final = 32_768

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Slab:
    """Pieces that `lasted` from before, and `new` ones that begin before `until_s`.

    `spent` are arrays that nobody needs any more when it is done.
    """

    lasted: Part
    new: list[Part]
    until_s: float
    spent: list[Floats] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Found:
    """What a turn found: hits with the keys of their pairs, the owners of the pieces that it came past, and the instant
    up to which everything that begins was compared.
    """

    keys: Integers
    hits: Floats
    owners: Integers
    now_s: float
    done: bool


class Sweeper:
    """Sweeps one slab after another in memory of its own. Use it from one thread at a time.

    `hazards` tells for each operation whether it is a hazard area, `minima` is `(classes, classes, 2)` in metres.
    """

    def __init__(self, hazards: Flags, minima: Floats) -> None:
        self._hazards, self._minima = hazards, minima
        self._sky = new_sky(0)
        self._rows = np.empty((0, layout.COLUMNS))
        self._edges = np.empty((0, layout.EDGE_COLUMNS))
        self._order = np.empty(0, dtype=np.int64)
        self._old, self._place, self._until_s = 0, 0, 0.0
        self._pairs = np.empty((0, 2), dtype=np.int64)
        self._hits = np.empty((0, hit.HIT_COLUMNS))
        self._keys = np.empty(0, dtype=np.int64)

    def begin(self, slab: Slab) -> Found:
        """The first turn of a slab."""
        block, part = slab.lasted
        self._old = len(block.order[part])
        begins_s = np.concatenate([block.begins_s[part] for block, part in slab.new])
        count = self._old + len(begins_s)
        if count > len(self._rows):
            room = count + count // 4
            self._rows, self._sky = np.empty((room, layout.COLUMNS)), new_sky(room)
        if not len(self._pairs):
            self._make_room(min(count, PAIRS))
        self._edges = gather([slab.lasted, *slab.new], self._rows)
        self._order = np.concatenate((np.arange(self._old), self._old + np.argsort(begins_s)))
        self._place, self._until_s = 0, slab.until_s
        return self.go_on()

    def go_on(self) -> Found:
        """The next turn."""
        filled, first = 0, max(self._place, self._old)
        while self._place < len(self._order) and filled < HITS:
            count, place = sweep(
                self._sky,
                self._rows,
                self._edges,
                self._order,
                self._place,
                self._old,
                self._hazards,
                self._minima,
                self._pairs,
            )
            if count < 0:
                self._make_room(-2 * count)
            else:
                filled = self._compare(count, filled)
            self._place = place
        owners = self._rows[self._order[first : self._place], layout.OWNER].astype(np.int64)
        done = self._place == len(self._order)
        if done:
            clear(self._sky)
            now_s = self._until_s
        else:
            row = self._rows[self._order[self._place]]
            now_s = float(row[layout.BEGIN_S] - row[layout.TIME_S])
        return Found(self._keys[:filled].copy(), self._hits[:filled].copy(), owners, now_s, done)

    def _compare(self, count: int, filled: int) -> int:
        begin = 0
        while True:
            begin, filled = compare(
                self._rows,
                self._edges,
                self._pairs,
                begin,
                count,
                len(self._hazards),
                self._minima,
                hit.BOUNDS,
                self._hits,
                self._keys,
                filled,
            )
            if begin == count:
                return filled
            self._hits = np.concatenate((self._hits, np.empty_like(self._hits)))
            self._keys = np.concatenate((self._keys, np.empty_like(self._keys)))

    def _make_room(self, pairs: int) -> None:
        self._pairs = np.empty((pairs, 2), dtype=np.int64)
        if not len(self._hits):
            self._hits, self._keys = np.empty((pairs, hit.HIT_COLUMNS)), np.empty(pairs, dtype=np.int64)
