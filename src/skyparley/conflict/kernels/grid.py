"""The hot index's memory: a loose hierarchical grid in space and time, in flat arrays that numba reads and writes.

Every piece has a box: its surface points with lateral tolerance, its time with time tolerance, its band with vertical
tolerance. Cells grow by four from level to level, in space from 16 km and in time from 64 s; a piece lies in the one
cell that holds the centre of its box, on the lowest levels whose cells are no smaller than it. So a piece reaches at
most half a cell beyond its own, and a query looks at the cells of its box grown by half a cell, on those levels that
are in use. Cells are found by a hash; two cells of one hash would share a bucket, which costs time and no answer, for
every box is tested. The boxes of a bucket lie one after the other in the pool: reading them is most of what a search
costs.
"""

from typing import Final, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.geodesy import EQUATORIAL_RADIUS_M, FLATTENING

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

CELL_M: Final = 16_000.0
SLOT_S: Final = 64.0
SPACE_LEVELS: Final = 8
TIME_LEVELS: Final = 14
BOX: Final = 11
"""Columns of a box: least and greatest x, y, z (metres), time (seconds since 1970 UTC), altitude (metres above the
datum), then the number of the datum. Bands of different datum are not told apart here.
"""
PIECE: Final = 11
"""Column of the piece's number in an entry of the pool, which is a box and this."""
KEY: Final = 0
START: Final = 1
LENGTH: Final = 2
SIZE: Final = 3
"""Columns of a bucket: the cell's hash, its block in the pool, how many entries it holds, logarithm of its room."""
EMPTY: Final = 0
GONE: Final = 1
SIZES: Final = 32
_SLACK_M: Final = 10.0
"""Chords run below the surface by up to 2 m, circles are widened by less than this for their curvature."""
_LEAST_RADIUS_M: Final = 6_335_000.0


class Store(NamedTuple):
    """All arrays of an index. `counts` holds: pieces in use, buckets in use, buckets gone, end of the pool, free piece.

    `buckets` is a hash table `(n, 4)`, `pool` the entries `(n, 12)` of all buckets. `levels` counts the pieces per
    (space level, time level). `free_blocks` are the heads of lists of free pool blocks by the logarithm of their size;
    a free block holds the next one's place in its first number.
    """

    rows: Floats
    keys_of: Integers
    free_pieces: Integers
    buckets: Integers
    pool: Floats
    free_blocks: Integers
    levels: Integers
    counts: Integers


def new_store(pieces: int, buckets: int, pool: int) -> Store:
    """An empty store with room for so many pieces, buckets (a power of two) and pool cells."""
    return Store(
        rows=np.zeros((pieces, layout.COLUMNS)),
        keys_of=np.zeros(pieces, dtype=np.int64),
        free_pieces=np.arange(1, pieces + 1, dtype=np.int64),
        buckets=np.zeros((buckets, 4), dtype=np.int64),
        pool=np.zeros((pool, BOX + 1)),
        free_blocks=np.full(SIZES, -1, dtype=np.int64),
        levels=np.zeros((SPACE_LEVELS, TIME_LEVELS), dtype=np.int64),
        counts=np.zeros(5, dtype=np.int64),
    )


@nb.njit(cache=True, nogil=True)
def set_box(row: Floats, edges: Floats, box: Floats) -> None:
    """The box of a piece; a superset of every place and time that it may touch by itself."""
    reach = row[layout.LATERAL_M] + _SLACK_M
    if row[layout.KIND] == layout.LEG:
        for k in range(3):
            box[2 * k] = min(row[layout.X0 + k], row[layout.X1 + k]) - reach
            box[2 * k + 1] = max(row[layout.X0 + k], row[layout.X1 + k]) + reach
    elif row[layout.KIND] == layout.CIRCLE:
        # no point of a circle is further from its centre than its radius: a chord is shorter than its geodesic
        for k in range(3):
            box[2 * k] = row[layout.X0 + k] - row[layout.RADIUS_M] - reach
            box[2 * k + 1] = row[layout.X0 + k] + row[layout.RADIUS_M] + reach
    else:
        _set_polygon_box(row, edges, box, reach)
    box[6] = row[layout.BEGIN_S] - row[layout.TIME_S]
    box[7] = row[layout.END_S] + row[layout.TIME_S]
    box[8] = min(row[layout.LOWER_M], row[layout.UPPER_M]) - row[layout.VERTICAL_M] - layout.QUANTUM_M
    box[9] = max(row[layout.LOWER_M], row[layout.UPPER_M]) + row[layout.VERTICAL_M] + layout.QUANTUM_M
    box[10] = row[layout.DATUM]


@nb.njit(cache=True, nogil=True)
def _set_polygon_box(row: Floats, edges: Floats, box: Floats, reach: float) -> None:
    """The box of the edges, grown by how far the surface between them may bulge beyond them.

    Inside a ring of points within the chord r of a central point, the surface rises above their box by at most the
    sagitta r² / 2R of the cap that holds them.
    """
    for k in range(3):
        box[2 * k], box[2 * k + 1] = np.inf, -np.inf
    for i in range(int(row[layout.EDGES_BEGIN]), int(row[layout.EDGES_END])):
        for k in range(3):
            box[2 * k] = min(box[2 * k], edges[i, k])
            box[2 * k + 1] = max(box[2 * k + 1], edges[i, k])
    bulge = row[layout.RADIUS_M] * row[layout.RADIUS_M] / _LEAST_RADIUS_M + reach
    for k in range(3):
        box[2 * k] -= bulge
        box[2 * k + 1] += bulge


@nb.njit(cache=True, nogil=True)
def level_of(extent: float, cell: float, levels: int) -> int:
    """The lowest level whose cells are no smaller than an extent."""
    level = 0
    while level < levels - 1 and cell < extent:
        cell *= 4.0
        level += 1
    return level


@nb.njit(cache=True, nogil=True)
def key_of(space: int, time: int, ix: int, iy: int, iz: int, it: int) -> int:
    """The hash of a cell; never `EMPTY` or `GONE`. Multiply and shift, after MurmurHash3's finaliser."""
    h = np.uint64(space * 64 + time)
    for value in (ix, iy, iz, it):
        h ^= np.uint64(value) + np.uint64(0x9E3779B97F4A7C15) + (h << np.uint64(6)) + (h >> np.uint64(2))
        h ^= h >> np.uint64(33)
        h *= np.uint64(0xFF51AFD7ED558CCD)
        h ^= h >> np.uint64(33)
    return int(np.int64(h | np.uint64(2)))


@nb.njit(cache=True, nogil=True)
def find(buckets: Integers, key: int) -> int:
    """The place of a key in the table, or -1."""
    mask = buckets.shape[0] - 1
    place = (key >> 2) & mask
    while buckets[place, KEY] != EMPTY:
        if buckets[place, KEY] == key:
            return int(place)
        place = (place + 1) & mask
    return -1


@nb.njit(cache=True)
def insert(store: Store, row: Floats, edges: Floats) -> int:
    """Add one piece; its number. -1: grow the pieces first; -2: the table; -3: the pool. Then nothing was changed."""
    if store.counts[0] >= store.rows.shape[0]:
        return -1
    if (store.counts[1] + store.counts[2] + 1) * 10 > store.buckets.shape[0] * 6:
        return -2
    piece = store.counts[4]
    box = np.empty(BOX + 1)
    set_box(row, edges, box)
    box[PIECE] = piece
    extent = max(box[1] - box[0], box[3] - box[2], box[5] - box[4])
    space = level_of(extent, CELL_M, SPACE_LEVELS)
    time = level_of(box[7] - box[6], SLOT_S, TIME_LEVELS)
    cell, slot = CELL_M * 4.0**space, SLOT_S * 4.0**time
    key = key_of(
        space,
        time,
        int(np.floor((box[0] + box[1]) / 2.0 / cell)),
        int(np.floor((box[2] + box[3]) / 2.0 / cell)),
        int(np.floor((box[4] + box[5]) / 2.0 / cell)),
        int(np.floor((box[6] + box[7]) / 2.0 / slot)),
    )
    place = find(store.buckets, key)
    if not _push(store, place, key, box):
        return -3
    store.counts[4] = store.free_pieces[piece]
    store.counts[0] += 1
    store.rows[piece] = row
    store.keys_of[piece] = key
    store.free_pieces[piece] = space * TIME_LEVELS + time  # while in use: its levels
    store.levels[space, time] += 1
    return int(piece)


@nb.njit(cache=True)
def insert_all(store: Store, rows: Floats, edges: Floats, pieces: Integers, begin: int) -> int:
    """Add pieces from row `begin` on, noting their numbers; how many rows are in. Fewer than all: something must grow,
    and the last of `pieces` says what, as `insert` does.
    """
    for i in range(begin, rows.shape[0]):
        piece = insert(store, rows[i], edges)
        if piece < 0:
            pieces[rows.shape[0] - 1] = piece
            return i
        pieces[i] = piece
    return int(rows.shape[0])


@nb.njit(cache=True)
def remove_all(store: Store, pieces: Integers) -> None:
    """Take out pieces."""
    for i in range(pieces.shape[0]):
        remove(store, pieces[i])


@nb.njit(cache=True)
def _push(store: Store, place: int, key: int, entry: Floats) -> bool:
    """Put an entry into the bucket at a place, or into a new one; False if the pool is full."""
    if place >= 0:
        bucket = store.buckets[place]
        length, size = bucket[LENGTH], bucket[SIZE]
        if length == 1 << size:
            block = _allocate(store, size + 1)
            if block < 0:
                return False
            store.pool[block : block + length] = store.pool[bucket[START] : bucket[START] + length]
            _release(store, bucket[START], size)
            bucket[START], bucket[SIZE] = block, size + 1
        store.pool[bucket[START] + length] = entry
        bucket[LENGTH] += 1
        return True
    block = _allocate(store, 0)
    if block < 0:
        return False
    mask = store.buckets.shape[0] - 1
    place = (key >> 2) & mask
    while store.buckets[place, KEY] != EMPTY and store.buckets[place, KEY] != GONE:
        place = (place + 1) & mask
    bucket = store.buckets[place]
    if bucket[KEY] == GONE:
        store.counts[2] -= 1
    store.counts[1] += 1
    bucket[KEY], bucket[START], bucket[LENGTH], bucket[SIZE] = key, block, 1, 0
    store.pool[block] = entry
    return True


@nb.njit(cache=True, nogil=True)
def _allocate(store: Store, size: int) -> int:
    block = store.free_blocks[size]
    if block >= 0:
        store.free_blocks[size] = int(store.pool[block, 0])
        return int(block)
    end = store.counts[3]
    if end + (1 << size) > store.pool.shape[0]:
        return -1
    store.counts[3] += 1 << size
    return int(end)


@nb.njit(cache=True, nogil=True)
def _release(store: Store, block: int, size: int) -> None:
    store.pool[block, 0] = store.free_blocks[size]
    store.free_blocks[size] = block


@nb.njit(cache=True)
def remove(store: Store, piece: int) -> None:
    """Take out one piece."""
    bucket = store.buckets[find(store.buckets, store.keys_of[piece])]
    start, last = bucket[START], bucket[LENGTH] - 1
    for i in range(start, start + last):
        if store.pool[i, PIECE] == piece:
            store.pool[i] = store.pool[start + last]
            break
    bucket[LENGTH] = last
    if last == 0:
        _release(store, start, bucket[SIZE])
        bucket[KEY] = GONE
        store.counts[1] -= 1
        store.counts[2] += 1
    levels = store.free_pieces[piece]
    store.levels[levels // TIME_LEVELS, levels % TIME_LEVELS] -= 1
    store.free_pieces[piece] = store.counts[4]
    store.counts[4] = piece
    store.counts[0] -= 1


@nb.njit(cache=True)
def rehash(store: Store, buckets: Integers) -> None:
    """Move all buckets into a new table, without those that are gone."""
    mask = buckets.shape[0] - 1
    for old in range(store.buckets.shape[0]):
        key = store.buckets[old, KEY]
        if key in (EMPTY, GONE):
            continue
        place = (key >> 2) & mask
        while buckets[place, KEY] != EMPTY:
            place = (place + 1) & mask
        buckets[place] = store.buckets[old]
    store.counts[2] = 0


@nb.njit(cache=True, nogil=True)
def candidates(store: Store, box: Floats, grown_m: float, grown_up_m: float, found: Integers) -> int:
    """Pieces whose box meets a box that is grown sideways and upwards by distances; how many.

    If there are more than `found` holds, the number is right and the rest is left out: call again with more room.
    The functions below take the arrays one by one: a call that passes the whole store counts references to all of them.
    """
    buckets, pool, levels, most = store.buckets, store.pool, store.levels, 64.0 + store.counts[0] / 4.0
    query = box.copy()
    for k in range(3):
        query[2 * k], query[2 * k + 1] = box[2 * k] - grown_m, box[2 * k + 1] + grown_m
    query[8], query[9] = box[8] - grown_up_m, box[9] + grown_up_m
    count = 0
    for space in range(SPACE_LEVELS):
        for time in range(TIME_LEVELS):
            if levels[space, time] > 0:
                count = _look(buckets, pool, query, space, time, most, found, count)
                if count < 0:
                    return _scan(buckets, pool, query, found)
    return count


@nb.njit(cache=True, nogil=True)
def _look(
    buckets: Integers, pool: Floats, query: Floats, space: int, time: int, most: float, found: Integers, count: int
) -> int:
    """Look at the cells of one pair of levels; -1 if they are more than `most`, so that a scan is cheaper."""
    cell, slot = CELL_M * 4.0**space, SLOT_S * 4.0**time
    x0, x1 = _reached(query[0], query[1], cell)
    y0, y1 = _reached(query[2], query[3], cell)
    z0, z1 = _reached(query[4], query[5], cell)
    t0, t1 = _reached(query[6], query[7], slot)
    if float(x1 - x0 + 1) * float(y1 - y0 + 1) * float(z1 - z0 + 1) * float(t1 - t0 + 1) > most:
        return -1
    for ix in range(x0, x1 + 1):
        for iy in range(y0, y1 + 1):
            for iz in range(z0, z1 + 1):
                if not _near_surface((ix + 0.5) * cell, (iy + 0.5) * cell, (iz + 0.5) * cell, cell):
                    continue
                for it in range(t0, t1 + 1):
                    place = find(buckets, key_of(space, time, ix, iy, iz, it))
                    if place >= 0:
                        count = _sift(buckets, pool, query, place, found, count)
    return count


@nb.njit(cache=True, nogil=True)
def _reached(low: float, high: float, width: float) -> tuple[int, int]:
    """First and last cell along one axis whose pieces may meet a span: they reach half a cell beyond their own."""
    return int(np.floor(low / width - 0.5)), int(np.floor(high / width + 0.5))


@nb.njit(cache=True, nogil=True)
def _near_surface(x: float, y: float, z: float, cell: float) -> bool:
    """Whether a cell (its centre and size, metres) may hold the centre of a box of its level.

    A box whose faces a plane touches has its centre within 0.29 of its size of that plane, and the surface bends away
    from a plane by at most the sagitta; to this comes half the diagonal of the cell. The ellipsoid's radius is that of
    the cell's geocentric latitude up to 100 m.
    """
    square = x * x + y * y + z * z
    surface_m = EQUATORIAL_RADIUS_M * (1.0 - FLATTENING * z * z / max(square, 1.0))
    margin_m = 1.2 * cell + cell * cell / _LEAST_RADIUS_M + 100.0 + 2.0 * _SLACK_M
    return abs(np.sqrt(square) - surface_m) <= margin_m


@nb.njit(cache=True, nogil=True)
def _sift(buckets: Integers, pool: Floats, query: Floats, place: int, found: Integers, count: int) -> int:
    start, end = buckets[place, START], buckets[place, START] + buckets[place, LENGTH]
    for i in range(start, end):
        if (
            pool[i, 6] <= query[7]
            and query[6] <= pool[i, 7]
            and pool[i, 0] <= query[1]
            and query[0] <= pool[i, 1]
            and pool[i, 2] <= query[3]
            and query[2] <= pool[i, 3]
            and pool[i, 4] <= query[5]
            and query[4] <= pool[i, 5]
            and (pool[i, 10] != query[10] or (pool[i, 8] <= query[9] and query[8] <= pool[i, 9]))
        ):
            if count < found.shape[0]:
                found[count] = int(pool[i, PIECE])
            count += 1
    return count


@nb.njit(cache=True, nogil=True)
def _scan(buckets: Integers, pool: Floats, query: Floats, found: Integers) -> int:
    count = 0
    for place in range(buckets.shape[0]):
        if buckets[place, KEY] not in (EMPTY, GONE):
            count = _sift(buckets, pool, query, place, found, count)
    return count
