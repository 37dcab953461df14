"""Who is near: the pieces whose box meets that of a query, from the sorted part and from the fresh writes, copied out.

What is found is copied as rows and edges, so that it can be compared after the index has gone on.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.conflict.index.cells import (
    DATUM_BITS,
    ENTRY,
    LEVELS,
    REACH,
    TAG,
    Entries,
    Floats,
    Integers,
    ask,
    columns_of,
    holds,
    reach_of,
    scattered,
    sift,
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
_FEW: Final = 64.0
"""So many cells are looked up before it is considered that there may be fewer to go through."""


class Held(NamedTuple):
    """By slot: the class of an operation, and whether it is a hazard area."""

    classes: Entries
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
    box, wide, query = np.empty(BOX), np.empty(BOX), np.empty(ENTRY, dtype=np.int32)
    reach = np.empty(REACH, dtype=np.int64)
    count, edges_end = 0, 0
    for i in range(begin, asked.rows.shape[0]):
        row = asked.rows[i]
        set_box(row, asked.edges, box)
        across_m, up_m = 0.0, 0.0
        if row[layout.KIND] == layout.LEG:
            across_m, up_m = minima[int(row[layout.CLASS]), :, 0].max(), minima[int(row[layout.CLASS]), :, 1].max()
        ask(box, across_m, up_m, query, wide)
        some = find(order, fresh, older, query, wide, reach, near.found)
        if some > near.found.shape[0]:
            return (count, i) if i > begin else (NO_ROOM, i)
        skip, hazard = asked.skip[int(row[layout.OWNER])], asked.hazards[int(row[layout.OWNER])]
        kept, kept_edges = count, edges_end
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
            near.pairs[kept, 0], near.pairs[kept, 1] = i, kept
            kept += 1
        count, edges_end = kept, kept_edges
    return count, asked.rows.shape[0]


@nb.njit(cache=True, nogil=True)
def find(
    order: Sorted, fresh: Fresh, older: Fresh, query: Entries, wide: Floats, reach: Integers, found: Integers
) -> int:
    """Pieces whose entry meets a query; how many. If `found` is shorter, the number is right and the rest left out."""
    count = _find_sorted(order, query, wide, reach, found)
    if fresh.counts[0] > 0:
        count = _find_fresh(fresh, query, wide, reach, found, count)
    if older.counts[0] > 0:
        count = _find_fresh(older, query, wide, reach, found, count)
    return count


@nb.njit(cache=True, nogil=True)
def _find_sorted(order: Sorted, query: Entries, wide: Floats, reach: Integers, found: Integers) -> int:
    count = 0
    for level in range(LEVELS):
        cells = order.levels[level + 1] - order.levels[level]
        if cells == 0:
            continue
        if reach_of(wide, level, reach) <= _FEW + 2.0 * cells:
            count = _look(order.entries, order.table, level, query, reach, found, count)
        else:
            count = _walk(order, level, query, reach, found, count)
    return count


@nb.njit(cache=True, nogil=True)
def _look(
    entries: Entries, table: Integers, level: int, query: Entries, reach: Integers, found: Integers, count: int
) -> int:
    """Look into each cell that is reached. (A call with whole tuples would count references to all their arrays.)

    First where the entries lie, then what they are: so that memory is asked for many at once, and not for one after
    another.
    """
    runs = np.empty((_RUNS + 1, 2), dtype=np.int64)
    many, touched = 0, 0
    for column in columns_of(level, reach):
        end = -1
        for key in range(column + reach[6], column + reach[7] + 1):
            cell = find_cell(table, key)
            if not cell:
                continue
            begin = cell >> LENGTH_BITS
            touched ^= entries[begin, 0]
            if begin == end:  # the next slot of one place lies right behind
                end = runs[many - 1, 1] = begin + (cell & MOST_IN_CELL)
                continue
            if many == _RUNS:
                count = _sift_runs(entries, runs, many, query, found, count)
                many = 0
            end = begin + (cell & MOST_IN_CELL)
            runs[many, 0], runs[many, 1] = begin, end
            many += 1
    runs[_RUNS, 0] = touched  # used, so that it is not left out
    return _sift_runs(entries, runs, many, query, found, count)


@nb.njit(cache=True, nogil=True)
def _sift_runs(entries: Entries, runs: Integers, many: int, query: Entries, found: Integers, count: int) -> int:
    for i in range(many):
        count = sift(entries, runs[i, 0], runs[i, 1], query, found, count)
    return count


@nb.njit(cache=True, nogil=True)
def _walk(order: Sorted, level: int, query: Entries, reach: Integers, found: Integers, count: int) -> int:
    """Go through the cells of a level that there are, which are fewer than those reached."""
    for cell in range(order.levels[level], order.levels[level + 1]):
        if holds(reach, order.keys[cell]):
            count = sift(order.entries, order.starts[cell], order.starts[cell + 1], query, found, count)
    return count


@nb.njit(cache=True, nogil=True)
def _find_fresh(fresh: Fresh, query: Entries, wide: Floats, reach: Integers, found: Integers, count: int) -> int:
    for level in range(LEVELS):
        if fresh.levels[level] == 0:
            continue
        if reach_of(wide, level, reach) <= _FEW + fresh.counts[0]:
            count = _follow(fresh.entries, fresh.keys, fresh.following, fresh.heads, level, query, reach, found, count)
        else:
            count = _read_through(fresh.entries[: fresh.counts[0]], level, query, found, count)
    return count


@nb.njit(cache=True, nogil=True)
def _follow(
    entries: Entries,
    keys: Integers,
    following: Entries,
    heads: Entries,
    level: int,
    query: Entries,
    reach: Integers,
    found: Integers,
    count: int,
) -> int:
    """Follow the chain of each cell that is reached."""
    for column in columns_of(level, reach):
        for key in range(column + reach[6], column + reach[7] + 1):
            i = heads[scattered(key, heads.shape[0] - 1)]
            while i >= 0:
                if keys[i] == key:
                    count = sift(entries, i, i + 1, query, found, count)
                i = following[i]
    return count


@nb.njit(cache=True, nogil=True)
def _read_through(entries: Entries, level: int, query: Entries, found: Integers, count: int) -> int:
    for i in range(entries.shape[0]):
        if entries[i, TAG] >> DATUM_BITS == level:
            count = sift(entries, i, i + 1, query, found, count)
    return count
