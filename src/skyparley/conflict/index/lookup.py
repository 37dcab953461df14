"""Who is near: the pieces whose box meets that of a query, from the sorted part and from the fresh writes, copied out.

What is found is copied as rows and edges, so that it can be compared after the index has gone on.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

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
from skyparley.conflict.index.shapes import OWNER, Shapes, edges_of, get, touch
from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.boxes import BOX, set_box
from skyparley.conflict.kernels.packing import set_offsets
from skyparley.geometry.geoid import Geoid

Flags = npt.NDArray[np.uint8]
NO_ROOM: Final = -1
NO_ROOM_FOR_EDGES: Final = -2
_RUNS: Final = 64
_ENTRIES_IN_LINE: Final = 3
"""So many at least lie in one line of a processor's cache."""
_FEW: Final = 64.0
"""So many cells are looked up before it is considered that there may be fewer to go through."""


class Held(NamedTuple):
    """By slot: the class of an operation, and whether it is a hazard area."""

    classes: Marks
    hazards: Flags


class Asked(NamedTuple):
    """What is asked: pieces of one or several operations; `rows[:, OWNER]` says of which.

    By operation: `skip`, the slot that is passed over, and `hazards`.
    """

    rows: Floats
    edges: Floats
    skip: Integers
    hazards: Flags


class Near(NamedTuple):
    """What was found: `rows` and `edges` of pieces, and `pairs` `(n, 2)` of a row asked about and a row found."""

    rows: Floats
    edges: Floats
    pairs: Integers
    found: Integers


@nb.njit(cache=True, nogil=True)
def gather(
    order: Sorted,
    fresh: Fresh,
    older: Fresh,
    shapes: Shapes,
    held: Held,
    geoid: Geoid,
    asked: Asked,
    minima: Floats,
    near: Near,
    begin: int,
) -> tuple[int, int]:
    """Find what is near the rows asked about from row `begin` on: how many pairs, and at which row room ended (or the
    end). If not even the first row has room: `NO_ROOM` for pairs, or `NO_ROOM_FOR_EDGES`.

    `minima` is `(classes, classes, 2)`, metres: paths keep those apart, so their boxes grow by them. What an altitude
    means above mean sea level is only asked of `geoid` where datums differ.
    """
    box, wide = np.empty(BOX), np.empty(BOX)
    count, edges_end = 0, 0
    for i in range(begin, asked.rows.shape[0]):
        row = asked.rows[i]
        set_box(row, asked.edges, box)
        across_m, up_m = 0.0, 0.0
        if row[layout.KIND] == layout.LEG:
            across_m, up_m = minima[int(row[layout.CLASS]), :, 0].max(), minima[int(row[layout.CLASS]), :, 1].max()
        grow(box, across_m, up_m, wide)
        some = find(order, fresh, older, wide, near.found)
        if some > near.found.shape[0]:
            return (count, i) if i > begin else (NO_ROOM, i)
        skip, hazard = asked.skip[int(row[layout.OWNER])], asked.hazards[int(row[layout.OWNER])]
        kept, kept_edges, told = count, edges_end, False
        box[0] = touch(shapes, near.found, some)
        for k in range(some):
            piece = near.found[k]
            owner = shapes.marks[piece, OWNER]
            if owner < 0 or owner == skip or (hazard and held.hazards[owner]):
                continue
            if kept >= near.rows.shape[0]:
                return (count, i) if i > begin else (NO_ROOM, i)
            if kept_edges + edges_of(shapes.marks, piece) > near.edges.shape[0]:
                return (count, i) if i > begin else (NO_ROOM_FOR_EDGES, i)
            kept_edges = get(shapes, piece, held.classes[owner], near.rows[kept], near.edges, kept_edges)
            if near.rows[kept, layout.DATUM] != row[layout.DATUM]:
                set_offsets(near.rows[kept : kept + 1], geoid.nodes, geoid.lowest, geoid.highest)
                if not told:
                    set_offsets(asked.rows[i : i + 1], geoid.nodes, geoid.lowest, geoid.highest)
                    told = True
            near.pairs[kept, 0], near.pairs[kept, 1] = i, kept
            kept += 1
        count, edges_end = kept, kept_edges
    return count, asked.rows.shape[0]


@nb.njit(cache=True, nogil=True)
def find(order: Sorted, fresh: Fresh, older: Fresh, wide: Floats, found: Integers) -> int:
    """Pieces whose entry meets a box `(BOX,)`; how many. If `found` is shorter, the number is right and the rest left
    out.
    """
    reach, steps = np.empty(REACH, dtype=np.int64), np.empty(QUERY, dtype=np.int64)
    count = _find_sorted(order, wide, reach, steps, found)
    if fresh.counts[0] > 0:
        count = _find_fresh(fresh, wide, reach, steps, found, count)
    if older.counts[0] > 0:
        count = _find_fresh(older, wide, reach, steps, found, count)
    return count


@nb.njit(cache=True, nogil=True)
def _find_sorted(order: Sorted, wide: Floats, reach: Integers, steps: Integers, found: Integers) -> int:
    count = 0
    for level in range(LEVELS):
        cells = order.levels[level + 1] - order.levels[level]
        if cells == 0:
            continue
        steps_of(wide, level, steps)
        if reach_of(wide, level, reach) <= _FEW + 2.0 * cells:
            count = _look(order.entries, order.table, level, steps, reach, found, count)
        else:
            count = _walk(order, level, steps, reach, found, count)
    return count


@nb.njit(cache=True, nogil=True)
def _look(
    entries: Entries, table: Integers, level: int, steps: Integers, reach: Integers, found: Integers, count: int
) -> int:
    """Look into each cell that is reached. (A call with whole tuples would count references to all their arrays.)"""
    runs = np.empty((_RUNS, 4), dtype=np.int64)
    columns, places = columns_of(level, reach)
    many = 0
    for i in range(columns.shape[0]):
        for slot in range(reach[6], reach[7] + 1):
            cell = find_cell(table, columns[i] + slot)
            if not cell:
                continue
            if many == _RUNS:
                count = _sift_runs(entries, runs, many, places, steps, found, count)
                many = 0
            begin = cell >> LENGTH_BITS
            runs[many, 0], runs[many, 1], runs[many, 2], runs[many, 3] = begin, begin + (cell & MOST_IN_CELL), i, slot
            many += 1
    return _sift_runs(entries, runs, many, places, steps, found, count)


@nb.njit(cache=True, nogil=True)
def _sift_runs(
    entries: Entries, runs: Integers, many: int, places: Integers, steps: Integers, found: Integers, count: int
) -> int:
    """Sift entries run by run, each of one cell.

    All are touched before any is sifted: so memory is asked for many at once, and not for one after another.
    """
    seen, touched = np.empty(QUERY, dtype=np.int64), 0
    for i in range(many):
        for k in range(runs[i, 0], runs[i, 1], _ENTRIES_IN_LINE):
            touched ^= entries[k, 0]
    seen[0] = touched  # used, so that it is not left out
    for i in range(many):
        at = places[runs[i, 2]]
        at[3] = runs[i, 3]
        see_from(at, steps, seen)
        count = sift(entries, runs[i, 0], runs[i, 1], seen, found, count)
    return count


@nb.njit(cache=True, nogil=True)
def _walk(order: Sorted, level: int, steps: Integers, reach: Integers, found: Integers, count: int) -> int:
    """Go through the cells of a level that there are, which are fewer than those reached."""
    at, seen = np.empty(AT, dtype=np.int64), np.empty(QUERY, dtype=np.int64)
    for cell in range(order.levels[level], order.levels[level + 1]):
        find_place(order.keys[cell], at)
        if holds(reach, at):
            see_from(at, steps, seen)
            count = sift(order.entries, order.starts[cell], order.starts[cell + 1], seen, found, count)
    return count


@nb.njit(cache=True, nogil=True)
def _find_fresh(fresh: Fresh, wide: Floats, reach: Integers, steps: Integers, found: Integers, count: int) -> int:
    for level in range(LEVELS):
        if fresh.levels[level] == 0:
            continue
        steps_of(wide, level, steps)
        if reach_of(wide, level, reach) <= _FEW + fresh.counts[0]:
            count = _follow(fresh.entries, fresh.keys, fresh.following, fresh.heads, level, steps, reach, found, count)
        else:
            count = _read_through(fresh.entries, fresh.keys[: fresh.counts[0]], level, steps, found, count)
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
    found: Integers,
    count: int,
) -> int:
    """Follow the chain of each cell that is reached."""
    seen = np.empty(QUERY, dtype=np.int64)
    columns, places = columns_of(level, reach)
    for k in range(columns.shape[0]):
        for slot in range(reach[6], reach[7] + 1):
            key = columns[k] + slot
            i = heads[scattered(key, heads.shape[0] - 1)]
            if i >= 0:
                places[k, 3] = slot
                see_from(places[k], steps, seen)
            while i >= 0:
                if keys[i] == key:
                    count = sift(entries, i, i + 1, seen, found, count)
                i = following[i]
    return count


@nb.njit(cache=True, nogil=True)
def _read_through(entries: Entries, keys: Integers, level: int, steps: Integers, found: Integers, count: int) -> int:
    at, seen = np.empty(AT, dtype=np.int64), np.empty(QUERY, dtype=np.int64)
    for i in range(keys.shape[0]):
        if level_of(keys[i]) == level:
            find_place(keys[i], at)
            see_from(at, steps, seen)
            count = sift(entries, i, i + 1, seen, found, count)
    return count
