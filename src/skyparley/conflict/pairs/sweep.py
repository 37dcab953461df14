"""The sweep: pieces in the order in which they begin, each held against those that are still there when it begins.

So every pair of pieces that share an instant is met exactly once, by the later of the two. What is there lies on a grid
of the Earth's surface that is addressed directly: six faces by the axis along which a place is furthest out, each cut
into squares of the plane of the two other axes, so that there is no pole, no antimeridian and no trigonometry. As in
the hot index a piece lies in the one cell that holds the centre of its box, on the lowest level whose cells are no
smaller than the box, and a query looks at the cells of its own box grown by half a cell, on those levels that are in
use. The cells of all levels are folded onto a table that suits the number of pieces; each piece knows its true cell.
What is over is taken out of a cell when the cell is looked at next, and its place is used again: what is there fits
into a processor's cache.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.conflict.kernels import hits as hit
from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.boxes import BOX, set_box
from skyparley.conflict.kernels.hits import exact

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
Flags = npt.NDArray[np.uint8]

LEVELS: Final = 6
CELLS_M: Final = 16_000.0 * 4.0 ** np.arange(LEVELS)
"""Size of the cells of each level; the last is wider than the Earth."""
HALF_FACE_M: Final = 4_600_000.0
"""Where one axis is greatest, the two others are at most 1/√2 of the radius."""
SIDES: Final = np.ceil(2.0 * HALF_FACE_M / CELLS_M).astype(np.int64)
"""How many cells a side of a face has."""
FIRSTS: Final = np.concatenate(([0], np.cumsum(6 * SIDES**2)))
"""The first cell of each level."""
FEW: Final = 64
"""A query that would look at more cells than this and a quarter of all pieces looks at all pieces."""

# an entry: what the sweep keeps of a piece that is there, in a place of its own; 16 numbers are two lines of cache
OVER_S: Final = 6  # -inf where nothing is
CELL: Final = 7
LOWEST: Final = 8
HIGHEST: Final = 9
DATUM: Final = 10
OWNER: Final = 11
CLASS: Final = 12  # of a leg; volumes have -1: no minimum holds for them
ROW: Final = 13
ENTRY: Final = 16


class Sky(NamedTuple):
    """What is there: `entries` in their places, and per cell a list of places, `heads` then `following` (-1 ends it).

    Places in which nothing is any more are a list too. `counts` holds the head of it (`FREE`), how many places were
    ever in use (`USED`), then how many pieces came on each level (from `LEVEL` on).
    """

    heads: Places
    following: Places
    entries: Floats
    counts: Integers


FREE: Final = 0
USED: Final = 1
LEVEL: Final = 2


def new_sky(pieces: int) -> Sky:
    """An empty sky for so many pieces."""
    cells = 1 << (4 * pieces).bit_length()
    counts = np.zeros(LEVEL + LEVELS, dtype=np.int64)
    counts[FREE] = -1
    return Sky(
        heads=np.full(cells, -1, dtype=np.int32),
        following=np.empty(pieces, dtype=np.int32),
        entries=np.empty((pieces, ENTRY)),
        counts=counts,
    )


@nb.njit(cache=True, nogil=True)
def sweep(
    sky: Sky,
    rows: Floats,
    edges: Floats,
    order: Integers,
    begin: int,
    old: int,
    hazards: Flags,
    minima: Floats,
    pairs: Integers,
) -> tuple[int, int]:
    """Pairs `(row, piece)` that are near each other, into `pairs`; how many, and from which place of `order` to go on.

    The first `old` of `order` were compared with each other already. If not even one more piece has room in `pairs`:
    minus what it needs.
    """
    heads, following, entries, counts = sky
    count = 0
    box, entry = np.empty(BOX), np.empty(ENTRY)
    for place in range(begin, order.shape[0]):
        i = order[place]
        set_box(rows[i], edges, box)
        for k in range(6):
            entry[k] = box[k]
        entry[LOWEST], entry[HIGHEST], entry[OVER_S], entry[DATUM] = box[8], box[9], box[7], box[10]
        entry[OWNER], entry[ROW] = rows[i, layout.OWNER], i
        entry[CLASS] = rows[i, layout.CLASS] if rows[i, layout.KIND] == layout.LEG else -1.0
        if place >= old:
            near = _near(heads, following, entries, counts, entry, box[6], hazards, minima, pairs, count)
            if near > pairs.shape[0]:
                return (count, place) if count else (count - near, place)
            count = near
        _insert(heads, following, entries, counts, entry)
    return count, order.shape[0]


@nb.njit(cache=True, nogil=True)
def _insert(heads: Places, following: Places, entries: Floats, counts: Integers, entry: Floats) -> None:
    extent = max(entry[1] - entry[0], entry[3] - entry[2], entry[5] - entry[4])
    level = 0
    while level < LEVELS - 1 and CELLS_M[level] < extent:
        level += 1
    cell_m, side = CELLS_M[level], SIDES[level]
    x, y, z = (entry[0] + entry[1]) / 2.0, (entry[2] + entry[3]) / 2.0, (entry[4] + entry[5]) / 2.0
    if abs(x) >= abs(y) and abs(x) >= abs(z):
        face, u, v = (0 if x >= 0.0 else 1), y, z
    elif abs(y) >= abs(z):
        face, u, v = (2 if y >= 0.0 else 3), z, x
    else:
        face, u, v = (4 if z >= 0.0 else 5), x, y
    cell = FIRSTS[level] + (face * side + _column(u, cell_m, side)) * side + _column(v, cell_m, side)
    entry[CELL] = cell
    place = counts[FREE]
    if place >= 0:
        counts[FREE] = following[place]
    else:
        place = counts[USED]
        counts[USED] += 1
    for k in range(ENTRY):
        entries[place, k] = entry[k]
    head = cell & (heads.shape[0] - 1)
    following[place] = heads[head]
    heads[head] = place
    counts[LEVEL + level] += 1


@nb.njit(cache=True, nogil=True)
def _column(at_m: float, cell_m: float, side: int) -> int:
    return min(max(int((at_m + HALF_FACE_M) / cell_m), 0), side - 1)


@nb.njit(cache=True, nogil=True)
def _near(
    heads: Places,
    following: Places,
    entries: Floats,
    counts: Integers,
    entry: Floats,
    now: float,
    hazards: Flags,
    minima: Floats,
    pairs: Integers,
    count: int,
) -> int:
    """Add to `pairs` the pieces that are near the one of an entry; how many there are then, even without room."""
    before, cells_left, fold = count, FEW + counts[USED] // 4, heads.shape[0] - 1
    reach_m = minima[int(entry[CLASS]), :, 0].max() if entry[CLASS] >= 0.0 else 0.0
    x0, x1, y0, y1 = entry[0] - reach_m, entry[1] + reach_m, entry[2] - reach_m, entry[3] + reach_m
    for level in range(LEVELS):
        if counts[LEVEL + level] == 0:
            continue
        cell_m, side, grown = CELLS_M[level], SIDES[level], reach_m + CELLS_M[level] / 2.0
        for face in range(6):
            axis = face >> 1
            a, b = 2 * ((axis + 1) % 3), 2 * ((axis + 2) % 3)
            furthest = grown + (entry[2 * axis + 1] if face & 1 == 0 else -entry[2 * axis])
            a0, a1, b0, b1 = entry[a] - grown, entry[a + 1] + grown, entry[b] - grown, entry[b + 1] + grown
            if furthest < max(a0, -a1, b0, -b1, 0.0):
                continue  # on this face no centre has a coordinate that is greater than that along its axis
            u0, u1 = _column(max(a0, -furthest), cell_m, side), _column(min(a1, furthest), cell_m, side)
            v0, v1 = _column(max(b0, -furthest), cell_m, side), _column(min(b1, furthest), cell_m, side)
            cells_left -= (u1 - u0 + 1) * (v1 - v0 + 1)
            if cells_left < 0:
                return _among_all(entries, counts, entry, now, hazards, minima, pairs, before)
            for u in range(u0, u1 + 1):
                line = FIRSTS[level] + (face * side + u) * side
                for cell in range(line + v0, line + v1 + 1):
                    last, place = -1, heads[cell & fold]
                    while place >= 0:
                        after = following[place]
                        if entries[place, OVER_S] < now:
                            if last < 0:
                                heads[cell & fold] = after
                            else:
                                following[last] = after
                            entries[place, OVER_S] = -np.inf
                            following[place] = counts[FREE]
                            counts[FREE] = place
                        else:
                            if (
                                entries[place, CELL] == cell
                                and entries[place, 0] <= x1
                                and x0 <= entries[place, 1]
                                and entries[place, 2] <= y1
                                and y0 <= entries[place, 3]
                                and _meets(entries, place, entry, hazards, minima)
                            ):
                                if count < pairs.shape[0]:
                                    pairs[count, 0], pairs[count, 1] = int(entry[ROW]), int(entries[place, ROW])
                                count += 1
                            last = place
                        place = after
    return count


@nb.njit(cache=True, nogil=True)
def _among_all(
    entries: Floats,
    counts: Integers,
    entry: Floats,
    now: float,
    hazards: Flags,
    minima: Floats,
    pairs: Integers,
    count: int,
) -> int:
    """`_near` by looking at all places."""
    for place in range(counts[USED]):
        if entries[place, OVER_S] >= now and _meets(entries, place, entry, hazards, minima):
            if count < pairs.shape[0]:
                pairs[count, 0], pairs[count, 1] = int(entry[ROW]), int(entries[place, ROW])
            count += 1
    return count


@nb.njit(cache=True, nogil=True)
def _meets(entries: Floats, i: int, entry: Floats, hazards: Flags, minima: Floats) -> bool:
    """Whether two pieces of which the times meet may conflict, by their boxes and what both are."""
    owner, own = int(entries[i, OWNER]), int(entry[OWNER])
    if owner == own or (hazards[owner] and hazards[own]):
        return False
    across_m, up_m = 0.0, 0.0
    if entries[i, CLASS] >= 0.0 and entry[CLASS] >= 0.0:
        one, other = int(entries[i, CLASS]), int(entry[CLASS])
        across_m, up_m = minima[one, other, 0], minima[one, other, 1]
    if entries[i, DATUM] == entry[DATUM] and (
        entries[i, LOWEST] - entry[HIGHEST] > up_m or entry[LOWEST] - entries[i, HIGHEST] > up_m
    ):
        return False
    square = 0.0
    for k in range(0, 6, 2):
        gap_m = max(entries[i, k] - entry[k + 1], entry[k] - entries[i, k + 1], 0.0)
        square += gap_m * gap_m
    return bool(square <= across_m * across_m)


@nb.njit(cache=True, nogil=True)
def clear(sky: Sky) -> None:
    """Make a sky empty again."""
    fold = sky.heads.shape[0] - 1
    for place in range(sky.counts[USED]):
        sky.heads[int(sky.entries[place, CELL]) & fold] = -1
    sky.counts[:] = 0
    sky.counts[FREE] = -1


@nb.njit(cache=True, nogil=True)
def compare(
    rows: Floats,
    edges: Floats,
    pairs: Integers,
    begin: int,
    count: int,
    operations: int,
    minima: Floats,
    bounds: Floats,
    hits: Floats,
    keys: Integers,
    filled: int,
) -> tuple[int, int]:
    """The hits of pairs from `begin` to `count`, after the first `filled`; the pair that had no more room, and how many
    hits there are.

    The key of a hit names its operations: the lower number times `operations` plus the other. The one of the lower
    number counts as the one that asks.
    """
    for k in range(begin, count):
        new = exact(rows, edges, rows, edges, pairs[k : k + 1], minima, bounds, hits[filled:])
        if new < 0:
            return k, filled
        asker, other = int(rows[pairs[k, 0], layout.OWNER]), int(rows[pairs[k, 1], layout.OWNER])
        for j in range(filled, filled + new):
            keys[j] = min(asker, other) * operations + max(asker, other)
            hits[j, hit.OWNER] = 0.0
            if other < asker and hits[j, hit.RULE] == hit.PASSAGE:
                hits[j, hit.ASKER_FLIES] = 1.0 - hits[j, hit.ASKER_FLIES]
        filled += new
    return count, filled
