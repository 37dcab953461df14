"""Who is near: the pieces whose box meets that of a query, from the sorted part and from the fresh writes, copied out.

What is found is copied as rows and edges, so that it can be compared after the index has gone on.

Most of the time goes into waiting for memory. So several rows are asked about at once, and in steps: where entries may
lie, which of them meet, what those pieces are; at each step memory is asked for all that the next one reads.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from skyparley import compiled as nb
from skyparley.conflict.index.cells import (
    AT,
    LEVELS,
    QUERY,
    REACH,
    Entries,
    Floats,
    Integers,
    Marks,
    columns_of,
    find_place,
    grow,
    holds,
    level_of,
    reach_of,
    scattered,
    see_from,
    sift,
    steps_of,
)
from skyparley.conflict.index.fresh import Fresh
from skyparley.conflict.index.ordered import LENGTH_BITS, MOST_IN_CELL, Sorted, find_cell
from skyparley.conflict.index.shapes import OWNER, Shapes, ask_for_marks, ask_for_points, edges_of, get, room_for
from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.boxes import BOX, set_box

NO_ROOM: Final = -1
NO_ROOM_FOR_EDGES: Final = -2
_FEW: Final = 64.0
"""So many cells are looked up before it is considered that there may be fewer to go through."""
_AT_ONCE: Final = 4
"""So many rows are asked about at once."""
RUNS: Final = 256
_ROOM: Final = 128
_AHEAD: Final = 32
"""Of so many entries of a cell memory is asked for ahead; a processor guesses the rest of a long row by itself."""

# columns of what is asked by operation
SKIP: Final = 0  # the slot that is passed over, or `NOBODY`
HAZARD: Final = 1  # whether it is a hazard area
CLASS: Final = 2
FACTS: Final = 3
NOBODY: Final = -1


class Asked(NamedTuple):
    """What is asked: pieces of one or several operations; `rows[:, OWNER]` says which of the `facts` `(n, FACTS)` are
    theirs.
    """

    rows: Floats
    edges: Floats
    facts: Integers


class Near(NamedTuple):
    """What was found: `rows` and `edges` of pieces, and `pairs` `(n, 2)` of a row asked about and a row found.

    There must be more room for pairs: they first hold whose box is near, then what there was room for.
    """

    rows: Floats
    edges: Floats
    pairs: Integers


@nb.njit(cache=True, nogil=True)
def kind_of(class_number: int, hazard: bool) -> int:
    """What is known of an operation that is held, as one number."""
    return class_number << 1 | int(hazard)


_ORDER: Final = len(Sorted._fields)
_FRESH: Final = _ORDER + len(Fresh._fields)
_OLDER: Final = _FRESH + len(Fresh._fields)
_SHAPES: Final = _OLDER + len(Shapes._fields)
_ASKED: Final = _SHAPES + len(Asked._fields)


@nb.njit(cache=True, nogil=True)
def gather(kinds: Marks, minima: Floats, begin: int, *arrays: Any) -> tuple[int, int, bool]:
    """Find what is near the rows asked about from row `begin` on: how many pairs, at which row room ended (or the end),
    and whether any are of different datum. If not even the first row has room: `NO_ROOM` for pairs, or
    `NO_ROOM_FOR_EDGES`.

    `kinds` are those of the slots. `minima` is `(classes, classes, 2)`, metres: paths keep those apart, so their boxes
    grow by them. `arrays` are those of `Sorted`, of two `Fresh`, of `Shapes`, `Asked` and `Near`, one after another:
    Python hands on tuples in half the time if it hands on what is in them.
    """
    order, fresh, older = Sorted(*arrays[:_ORDER]), Fresh(*arrays[_ORDER:_FRESH]), Fresh(*arrays[_FRESH:_OLDER])
    shapes, asked, near = Shapes(*arrays[_OLDER:_SHAPES]), Asked(*arrays[_SHAPES:_ASKED]), Near(*arrays[_ASKED:])
    runs, wide = np.empty((RUNS, 2 + QUERY), dtype=np.int64), np.empty((_AT_ONCE, BOX))
    count, edges_end, mixed, first, at_once = 0, 0, False, begin, _AT_ONCE
    while first < asked.rows.shape[0]:
        last = min(first + at_once, asked.rows.shape[0])
        for i in range(first, last):
            _widen(asked, minima, i, wide[i - first])
        runs, found = find(order, fresh, older, wide[: last - first], first, runs, near.pairs, count)
        kept, kept_edges, differ = NO_ROOM, edges_end, False
        if found <= near.pairs.shape[0]:
            kept, kept_edges, differ = _copy(shapes, kinds, asked, near, count, found, edges_end)
        if kept >= 0:
            count, edges_end, mixed, first = kept, kept_edges, mixed or differ, last
        elif last - first > 1:
            at_once = 1
        else:
            return (count if first > begin else kept), first, mixed
    return count, first, mixed


@nb.njit(cache=True, nogil=True)
def _widen(asked: Asked, minima: Floats, i: int, wide: Floats) -> None:
    """The box of a row asked about, grown by the minima of its class if it is of a path."""
    row, box = asked.rows[i], np.empty(BOX)
    class_number = asked.facts[int(row[layout.OWNER]), CLASS]
    row[layout.CLASS] = class_number
    across_m, up_m = 0.0, 0.0
    if row[layout.KIND] == layout.LEG:
        across_m, up_m = minima[class_number, :, 0].max(), minima[class_number, :, 1].max()
    set_box(row, asked.edges, box)
    grow(box, across_m, up_m, wide)


@nb.njit(cache=True, nogil=True)
def _copy(
    shapes: Shapes, kinds: Marks, asked: Asked, near: Near, count: int, found: int, edges_end: int
) -> tuple[int, int, bool]:
    """Write what was found as rows and edges, but what has gone or is not to be compared: how many pairs there are
    then, where the edges end, and whether datums differ; or what there was no room for.
    """
    ask_for_marks(shapes, near.pairs, count, found)
    ask_for_points(shapes, near.pairs, count, found)
    numbers, marks, points, given = shapes
    kept, differ, room = count, False, np.empty((2, _ROOM))
    for k in range(count, found):
        i, piece = near.pairs[k, 0], near.pairs[k, 1]
        row, owner = asked.rows[i], marks[piece, OWNER]
        facts = asked.facts[int(row[layout.OWNER])]
        if owner < 0 or owner == facts[SKIP] or (facts[HAZARD] and kinds[owner] & 1):
            continue
        if kept >= near.rows.shape[0]:
            return NO_ROOM, edges_end, differ
        many = edges_of(marks, piece)
        if edges_end + many > near.edges.shape[0]:
            return NO_ROOM_FOR_EDGES, edges_end, differ
        room = room_for(many, room)
        edges_end = get(
            numbers, marks, points, given, piece, kinds[owner] >> 1, near.rows[kept], near.edges, edges_end, room
        )
        differ = differ or near.rows[kept, layout.DATUM] != row[layout.DATUM]
        near.pairs[kept, 0], near.pairs[kept, 1] = i, kept
        kept += 1
    return kept, edges_end, differ


@nb.njit(cache=True, nogil=True)
def find(
    order: Sorted, fresh: Fresh, older: Fresh, boxes: Floats, first: int, runs: Integers, pairs: Integers, count: int
) -> tuple[Integers, int]:
    """Add to `pairs` `(n, 2)` the rows of `boxes` `(n, BOX)`, counted from `first`, each with the pieces whose entries
    meet it; the room for runs, which may have grown, and how many pairs there are. If there is no room for pairs, the
    number is right and the rest left out.
    """
    ends = np.empty(boxes.shape[0], dtype=np.int64)
    many = 0
    for i in range(boxes.shape[0]):
        runs, many = _spot(order, boxes[i], runs, many)
        ends[i] = many
    begin = 0
    for i in range(boxes.shape[0]):
        count = _sift_runs(order.entries, runs, begin, ends[i], first + i, pairs, count)
        count = _find_fresh(fresh, boxes[i], first + i, pairs, count)
        count = _find_fresh(older, boxes[i], first + i, pairs, count)
        begin = ends[i]
    return runs, count


@nb.njit(cache=True, nogil=True)
def _spot(order: Sorted, wide: Floats, runs: Integers, many: int) -> tuple[Integers, int]:
    """Where entries lie that may meet a box: `runs` `(n, 2 + QUERY)` of entries, each of one cell, with the box as it
    is seen from there; these come after the first `many`.
    """
    reach, steps = np.empty(REACH, dtype=np.int64), np.empty(QUERY, dtype=np.int64)
    for level in range(LEVELS):
        cells = order.levels[level + 1] - order.levels[level]
        if cells == 0:
            continue
        steps_of(wide, level, steps)
        if reach_of(wide, level, reach) <= _FEW + 2.0 * cells:
            runs, many = _look(order.entries, order.table, level, steps, reach, runs, many)
        else:
            runs, many = _walk(order, level, steps, reach, runs, many)
    return runs, many


@nb.njit(cache=True, nogil=True)
def _with_room(runs: Integers, many: int) -> Integers:
    """The same runs, with room for one more."""
    if many < runs.shape[0]:
        return runs
    longer = np.empty((2 * many, runs.shape[1]), dtype=np.int64)
    longer[:many] = runs
    return longer


@nb.njit(cache=True, nogil=True)
def _look(
    entries: Entries, table: Integers, level: int, steps: Integers, reach: Integers, runs: Integers, many: int
) -> tuple[Integers, int]:
    """Look into each cell that is reached. (A call with whole tuples would count references to all their arrays.)"""
    columns, places = columns_of(level, reach)
    for i in range(columns.shape[0]):  # the slots that follow lie beside it
        nb.prefetch(table, scattered(columns[i] + reach[6], table.shape[0] - 1))
    for i in range(columns.shape[0]):
        for slot in range(reach[6], reach[7] + 1):
            cell = find_cell(table, columns[i] + slot)
            if not cell:
                continue
            runs = _with_room(runs, many)
            begin = cell >> LENGTH_BITS
            end = begin + (cell & MOST_IN_CELL)
            for k in range(begin, min(end, begin + _AHEAD), 2):  # two of them fit a line of a cache
                nb.prefetch(entries, k)
            runs[many, 0], runs[many, 1] = begin, end
            places[i, 3] = slot
            see_from(places[i], steps, runs[many, 2:])
            many += 1
    return runs, many


@nb.njit(cache=True, nogil=True)
def _walk(
    order: Sorted, level: int, steps: Integers, reach: Integers, runs: Integers, many: int
) -> tuple[Integers, int]:
    """Go through the cells of a level that there are, which are fewer than those reached."""
    at = np.empty(AT, dtype=np.int64)
    for cell in range(order.levels[level], order.levels[level + 1]):
        find_place(order.keys[cell], at)
        if holds(reach, at):
            runs = _with_room(runs, many)
            runs[many, 0], runs[many, 1] = order.starts[cell], order.starts[cell + 1]
            see_from(at, steps, runs[many, 2:])
            many += 1
    return runs, many


@nb.njit(cache=True, nogil=True)
def _sift_runs(entries: Entries, runs: Integers, begin: int, end: int, i: int, pairs: Integers, count: int) -> int:
    for k in range(begin, end):
        count = sift(entries, runs[k, 0], runs[k, 1], runs[k, 2:], i, pairs, count)
    return count


@nb.njit(cache=True, nogil=True)
def _find_fresh(fresh: Fresh, wide: Floats, i: int, pairs: Integers, count: int) -> int:
    if fresh.counts[LEVELS] == 0:
        return count
    reach, steps = np.empty(REACH, dtype=np.int64), np.empty(QUERY, dtype=np.int64)
    for level in range(LEVELS):
        if fresh.counts[level] == 0:
            continue
        steps_of(wide, level, steps)
        if reach_of(wide, level, reach) <= _FEW + fresh.counts[LEVELS]:
            count = _follow(
                fresh.entries, fresh.keys, fresh.following, fresh.heads, level, steps, reach, i, pairs, count
            )
        else:
            keys = fresh.keys[: fresh.counts[LEVELS]]
            count = _read_through(fresh.entries, keys, level, steps, i, pairs, count)
    return count


@nb.njit(cache=True, nogil=True)
def _follow(
    entries: Entries,
    keys: Integers,
    following: Marks,
    heads: Marks,
    level: int,
    steps: Integers,
    reach: Integers,
    i: int,
    pairs: Integers,
    count: int,
) -> int:
    """Follow the chain of each cell that is reached."""
    seen = np.empty(QUERY, dtype=np.int64)
    columns, places = columns_of(level, reach)
    for column in range(columns.shape[0]):
        for slot in range(reach[6], reach[7] + 1):
            key = columns[column] + slot
            at = heads[scattered(key, heads.shape[0] - 1)]
            if at >= 0:
                places[column, 3] = slot
                see_from(places[column], steps, seen)
            while at >= 0:
                if keys[at] == key:
                    count = sift(entries, at, at + 1, seen, i, pairs, count)
                at = following[at]
    return count


@nb.njit(cache=True, nogil=True)
def _read_through(
    entries: Entries, keys: Integers, level: int, steps: Integers, i: int, pairs: Integers, count: int
) -> int:
    at, seen = np.empty(AT, dtype=np.int64), np.empty(QUERY, dtype=np.int64)
    for k in range(keys.shape[0]):
        if level_of(keys[k]) == level:
            find_place(keys[k], at)
            see_from(at, steps, seen)
            count = sift(entries, k, k + 1, seen, i, pairs, count)
    return count
