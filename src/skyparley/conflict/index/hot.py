"""The hot index by numbers: operations are slots, each with its pieces; what they are called is known above.

Everything but `merge`, `arrays` and `end_reading` wants `lock` held, for moments: checks copy out what is near and
compare it afterwards. Writes go beside the sorted part and never move it. What is removed is marked, and gone for
everyone at once; its places are taken again only when no entry names them any more, which is after the next merge.
Positions that were given as an array stay in it until all moves house.
"""

from collections import deque
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Final, NamedTuple

import numpy as np

from skyparley.conflict.index.cells import ENTRY, MAX_HELD_PIECES, Floats, Integers, Marks
from skyparley.conflict.index.fresh import Fresh, len_of, nothing_fresh, with_more_room
from skyparley.conflict.index.gate import Gate
from skyparley.conflict.index.lookup import Asked, Near, gather, kind_of
from skyparley.conflict.index.ordered import GONE, Sorted, merged, nothing_sorted, sort_entries, with_table
from skyparley.conflict.index.pools import Array, Pool, blocks_of
from skyparley.conflict.index.shapes import MARKS, NUMBERS, OWNER, Shapes
from skyparley.conflict.index.writing import Laid, edges_in, enter_all, get_all, given_to, move_all, place
from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.packing import set_offsets
from skyparley.errors import LimitExceededError
from skyparley.geometry.geoid import read_geoid

KEPT: Final = 1_024
"""Arrays have at least so many rows."""
SPARSE: Final = 16
"""Arrays that hold more than `KEPT` and are used to less than a part in `SPARSE` are made anew."""
MERGE_AT: Final = 16
"""A merge is due when fresh entries, or those of removed pieces, are a part in so many."""
_ARRAYS: Final = ("numbers", "marks", "points", "given", "kinds", "blocks", "entries", "keys", "starts")
MAX_HELD_POINTS: Final = 2**31 - 1
"""Points that one index can hold."""
MAX_HELD_GIVEN: Final = 2**30
"""Positions that one index can keep as they were given."""
_NOTHING_GIVEN: Final = np.empty(0)


def check_room(pieces: int, points: int, given: int = 0) -> None:
    """Raise `LimitExceededError` if an index cannot hold so many."""
    if pieces > MAX_HELD_PIECES:
        raise LimitExceededError(f"an index holds no more than MAX_HELD_PIECES = {MAX_HELD_PIECES} pieces")
    if points > MAX_HELD_POINTS:
        raise LimitExceededError(f"an index holds no more than MAX_HELD_POINTS = {MAX_HELD_POINTS} points")
    if given > MAX_HELD_GIVEN:
        raise LimitExceededError(f"an index keeps no more than MAX_HELD_GIVEN = {MAX_HELD_GIVEN} positions")


class _Gone(NamedTuple):
    """The places of an operation that was removed."""

    slot: int
    piece: int
    pieces: int
    point: int
    points: int


class HotIndex:
    """Operations by slot. `forget` is called, with the lock held, for each slot whose name nobody needs any more."""

    def __init__(self, forget: Callable[[int], None] = lambda _: None) -> None:
        self.lock: Final = Gate()
        self._forget: Final = forget
        self._merging: Final = Lock()
        self._pieces = Pool(np.empty((KEPT, NUMBERS)), np.empty((KEPT, MARKS), dtype=np.int32))
        self._points = Pool(np.empty((KEPT, 3)))
        self._given = _NOTHING_GIVEN
        self._slots = Pool(np.empty(KEPT, dtype=np.int32), np.empty((KEPT, 4), dtype=np.int32))
        self._sorted: Sorted = nothing_sorted()
        self._fresh: Fresh = nothing_fresh(KEPT)
        self._older: Fresh = nothing_fresh(0)
        self._gone: list[_Gone] = []
        self._older_gone: list[_Gone] = []
        self._epoch = 0
        self._reading: dict[int, int] = {}
        self._have_read: deque[int] = deque()
        self._leaving: deque[tuple[int, list[_Gone]]] = deque()
        self._gone_pieces = 0
        self._live_pieces = 0

    @property
    def memory_bytes(self) -> dict[str, int]:
        """What the arrays take, by what they are for."""
        return {
            "entries": int(self._sorted.entries.nbytes),
            "cells": sum(int(array.nbytes) for array in self._sorted[1:]),
            "fresh": sum(int(array.nbytes) for array in (*self._fresh, *self._older)),
            "shapes": self._pieces.memory_bytes + self._points.memory_bytes + int(self._given.nbytes),
            "slots": self._slots.memory_bytes,
        }

    @property
    def merge_due(self) -> bool:
        """Whether it is time to merge, or to make room."""
        waiting = len_of(self._fresh) + self._gone_pieces
        return waiting > self._due() or any(pool.wants_room for pool in (self._pieces, self._points, self._slots))

    @property
    def merge_overdue(self) -> bool:
        """Whether whoever writes should merge, because nobody else does."""
        return len_of(self._fresh) + self._gone_pieces > 3 * self._due() // 2

    def _due(self) -> int:
        return max(KEPT // 2, len(self._sorted.entries) // MERGE_AT)

    def insert(self, laid: Laid, class_number: int, hazard: bool) -> int:
        """Hold an operation; its slot. Raises `LimitExceededError` beyond `MAX_HELD_PIECES` or `MAX_HELD_POINTS`;
        then nothing was changed."""
        count, points = len(laid.numbers), len(laid.points)
        check_room(self._pieces.end + 2 * count, self._points.end + 2 * points)
        slot, piece, point = self._slots.take(1), self._pieces.take(count), self._points.take(points)
        kinds, blocks = self._slots.arrays
        kinds[slot] = kind_of(class_number, hazard)
        blocks[slot] = piece, count, point, points
        if len_of(self._fresh) + count > len(self._fresh.keys):
            self._fresh = with_more_room(self._fresh, 2 * (len(self._fresh.keys) + count))
        place(laid, self._shapes(), self._fresh, slot, piece, point)
        self._slots.wrote(slot, slot + 1)
        self._pieces.wrote(piece, piece + count)
        self._points.wrote(point, point + points)
        self._live_pieces += count
        return slot

    def remove(self, slot: int) -> None:
        """Take out the operation of a slot."""
        piece, count, point, points = self._slots.arrays[1][slot].tolist()
        self._pieces.arrays[1][piece : piece + count, OWNER] = GONE
        self._pieces.wrote(piece, piece + count)
        self._gone.append(_Gone(slot, piece, count, point, points))
        self._gone_pieces += count
        self._slots.arrays[1][slot, 0] = GONE
        self._slots.wrote(slot, slot + 1)
        self._live_pieces -= count

    def classes(self, slots: Integers) -> Marks:
        """The classes of operations."""
        return self._slots.arrays[0][slots] >> 1

    def set_classes(self, slots: Integers, class_numbers: Marks) -> None:
        """Change the classes of operations."""
        kinds = self._slots.arrays[0]
        kinds[slots] = class_numbers << 1 | kinds[slots] & 1
        self._slots.wrote(0, self._slots.end)

    def is_hazard(self, slot: int) -> bool:
        """Whether an operation is a hazard area."""
        return bool(self._slots.arrays[0][slot] & 1)

    def pieces(self, slot: int) -> tuple[Floats, Floats]:
        """Rows `(n, COLUMNS)` and edges `(m, 6)` of an operation."""
        kinds, blocks = self._slots.arrays
        begin, count = blocks[slot, :2].tolist()
        rows = np.empty((count, layout.COLUMNS))
        edges = np.empty((edges_in(self._pieces.arrays[1], begin, begin + count), layout.EDGE_COLUMNS))
        get_all(self._shapes(), begin, begin + count, int(kinds[slot]) >> 1, rows, edges)
        return rows, edges

    def gather(self, asked: Asked, minima: Floats, near: Near, begin: int) -> tuple[int, int]:
        """What is near the rows asked about, as `lookup.gather` says it. `lock` may be shared."""
        arrays = (*self._sorted, *self._fresh, *self._older, *self._shapes(), *asked, *near)
        count, end, differ = gather(self._slots.arrays[0], minima, begin, *arrays)
        if differ:  # only then does anyone ask what altitudes can mean
            set_offsets(near.rows[:count], *read_geoid())
            set_offsets(asked.rows, *read_geoid())
        return count, end

    def begin_reading(self) -> int:
        """From now on, what a slot is called is not forgotten until `end_reading` with what this gave."""
        self._end_readings()
        self._reading[self._epoch] = self._reading.get(self._epoch, 0) + 1
        return self._epoch

    def end_reading(self, since: int) -> None:
        """Slots that went before may be taken again. Needs no lock: the next who has it takes note."""
        self._have_read.append(since)

    def _end_readings(self) -> None:
        while self._have_read:
            since = self._have_read.popleft()
            self._reading[since] -= 1
            if not self._reading[since]:
                del self._reading[since]

    def _leave(self, gone: list[_Gone]) -> None:
        """Nothing names these any more but checks that have begun; slots of earlier ones may be taken again."""
        self._leaving.append((self._epoch, gone))
        self._epoch += 1
        self._end_readings()
        oldest = min(self._reading, default=self._epoch)
        while self._leaving and self._leaving[0][0] < oldest:
            for went in self._leaving.popleft()[1]:
                self._slots.give(went.slot, 1)
                self._forget(went.slot)

    def merge(self) -> None:
        """Take fresh writes into the sorted part and make room ahead, beside checks and writes. Must not hold `lock`.

        Returns at once if another thread is merging.
        """
        if not self._merging.acquire(blocking=False):
            return
        try:
            for pool in (self._pieces, self._points, self._slots):
                pool.make_room_ahead(self.lock)
            fresh = nothing_fresh(max(KEPT, 2 * len(self._sorted.entries) // MERGE_AT))
            with self.lock:
                if not len_of(self._older):  # else an earlier merge failed, and this one does it again
                    self._older, self._fresh = self._fresh, fresh
                    self._older_gone, self._gone, self._gone_pieces = self._older_gone + self._gone, [], 0
                count, marks = len_of(self._older), self._pieces.arrays[1]
            older = sort_entries(self._older.entries[:count], self._older.keys[:count])
            order = merged(self._sorted, older, marks)
            with self.lock:
                self._sorted, self._older = order, nothing_fresh(0)
                gone, self._older_gone = self._older_gone, []
                for went in gone:
                    self._pieces.give(went.piece, went.pieces)
                    self._points.give(went.point, went.points)
                self._leave(gone)
                if self._pieces.room > KEPT and self._live_pieces * SPARSE < self._pieces.room:
                    self._move_house()
        finally:
            self._merging.release()

    def arrays(self) -> tuple[dict[str, Array], Integers]:
        """All that is held, as arrays that `restored` takes, and the slot of each operation in their order."""
        with self.lock:
            slots = self._live_slots()
            kinds, blocks = (array[slots] for array in self._slots.arrays)
            pieces, points, given = _moved(self._shapes(), blocks)
        to = shapes_of(pieces, points, given)
        order = _sorted_of(to, blocks)
        arrays: dict[str, Array] = dict(zip(_ARRAYS, (*to, kinds, blocks, *order[:3]), strict=True))
        return arrays, slots

    @classmethod
    def restored(cls, arrays: Mapping[str, Array], forget: Callable[[int], None]) -> "HotIndex":
        """The index that gave these arrays, slots in their order. `entries` and `given` are used as they are, and never
        written.

        Each array is asked for once, when it is copied, so that they need not all be in memory together.
        """
        given = arrays["given"]
        pools = (
            Pool.filled(arrays["numbers"], arrays["marks"]),
            Pool.filled(arrays["points"], others=len(given) // 2),
            Pool.filled(arrays["kinds"], arrays["blocks"]),
        )
        order = with_table(arrays["entries"], arrays["keys"], arrays["starts"])
        return cls._of(pools, given, order, forget)

    @classmethod
    def holding(
        cls,
        shapes: tuple[Pool, Pool],
        given: Floats,
        slots: tuple[Array, ...],
        order: Sorted,
        forget: Callable[[int], None],
    ) -> "HotIndex":
        """An index of these pools themselves, of pieces and of points, and of what was `given`; `slots` are classes,
        hazards and blocks.
        """
        return cls._of((*shapes, Pool.filled(*slots)), given, order, forget)

    @classmethod
    def _of(cls, pools: tuple[Pool, ...], given: Floats, order: Sorted, forget: Callable[[int], None]) -> "HotIndex":
        hot = cls(forget)
        hot._pieces, hot._points, hot._slots = pools
        hot._given = given
        hot._sorted = order
        hot._live_pieces = len(order.entries)
        return hot

    def _live_slots(self) -> Integers:
        return np.flatnonzero(self._slots.arrays[1][: self._slots.end, 0] != GONE)

    def _move_house(self) -> None:
        """Move what is left into arrays of its size, so that a passed peak does not hold memory for ever."""
        slots = self._live_slots()
        blocks = self._slots.arrays[1][slots]
        self._pieces, self._points, self._given = _moved(self._shapes(), blocks, owners=slots)
        self._slots.arrays[1][slots] = blocks
        self._slots.wrote(0, self._slots.end)
        self._sorted, self._fresh = _sorted_of(self._shapes(), blocks), nothing_fresh(KEPT)
        self._leave(self._gone)
        self._gone, self._gone_pieces = [], 0

    def _shapes(self) -> Shapes:
        return shapes_of(self._pieces, self._points, self._given)


def shapes_of(pieces: Pool, points: Pool, given: Floats) -> Shapes:
    """The shapes of pools of pieces and of points, and of what was given."""
    numbers, marks = pieces.arrays
    return Shapes(numbers, marks, points.arrays[0], given)


def _moved(shapes: Shapes, blocks: Marks, owners: Integers | None = None) -> tuple[Pool, Pool, Floats]:
    """Pools with the pieces and points of `blocks` `(n, 4)` one after another, and what was given of these alone;
    `blocks` says where, afterwards.

    Without `owners` those are counted from 0, and there is no room for more.
    """
    pieces, points = blocks_of(blocks[:, 1]), blocks_of(blocks[:, 3])
    rooms = [end if owners is None else max(KEPT, 2 * end) for end in (pieces.end, points.end)]
    to = (
        Pool(np.zeros((rooms[0], NUMBERS)), np.full((rooms[0], MARKS), GONE, dtype=np.int32)),
        Pool(np.zeros((rooms[1], 3))),
    )
    to[0].end, to[1].end = pieces.end, points.end
    places = np.column_stack((pieces.begins, points.begins))
    owned = np.arange(len(blocks)) if owners is None else owners
    given = np.empty(given_to(shapes.marks, blocks))
    move_all(shapes, blocks, owned, places, shapes_of(*to, given))
    return *to, given


def _sorted_of(shapes: Shapes, blocks: Marks) -> Sorted:
    count = int(blocks[:, 1].sum())
    entries, keys = np.empty((count, ENTRY), dtype=np.int16), np.empty(count, dtype=np.int64)
    enter_all(shapes, blocks, entries, keys)
    return sort_entries(entries, keys)
