"""Cells in space and time, and the entries that lie in them.

Cells grow by four from level to level, in space from 16,384 m and in time from 64 s; a piece lies in the one cell that
holds the centre of its box, on the lowest levels whose cells are no smaller than it. So a piece reaches at most half a
cell beyond its own, and a query looks at the cells of its box grown by half a cell, on those levels that are in use:
what lasts a day lies on a level of its own, and is in nobody's way there but of who asks about its place. Earth-centred
coordinates have no pole and no antimeridian.

An entry is a box as seen from the middle of its cell, rounded outwards to steps of a 32,768th of the cell, with the
piece's number: 24 octets. What lies beyond the reach of 16 bits counts to the outermost step on both sides, so that no
meeting is missed. A cell's key counts level, place and time in mixed radix: no two cells share one, and the order of
keys is one of levels, then of space, then of time.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.conflict.kernels.boxes import BOX, LEAST_RADIUS_M, SLACK_M
from skyparley.conflict.kernels.geodesy import EQUATORIAL_RADIUS_M, FLATTENING

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Entries = npt.NDArray[np.int16]
Marks = npt.NDArray[np.int32]

CELL_M: Final = 16_384.0
SLOT_S: Final = 64.0
SPACE_LEVELS: Final = 8
TIME_LEVELS: Final = 14
LEVELS: Final = SPACE_LEVELS * TIME_LEVELS

# columns of an entry: least and greatest x, y, z, time and height, then its code in two halves
HIGH: Final = 10
LOW: Final = 11
ENTRY: Final = 12
_DATUM_BITS: Final = 2
_DATUM_MASK: Final = (1 << _DATUM_BITS) - 1
MAX_HELD_PIECES: Final = (1 << 31 - _DATUM_BITS) - 1
"""Pieces that codes can tell apart, and so that one index can hold."""

STEPS: Final = 32_768
"""Steps across a cell, and along a slot; heights are in steps of a metre."""
_LEAST: Final = -32_768
_MOST: Final = 32_767
_FURTHEST: Final = 2.0**52

_HALF: Final = 432
"""Cells of the lowest level on either side of the Earth's centre: 7,078 km, more than the surface reaches."""
_SIDE: Final = 2 * _HALF
_SLOTS: Final = 64_200_000
_FIRST_SLOT: Final = -2_000
"""Slots of the lowest level reach from a day before 1970 to after 2100; what lies beyond counts to the outermost."""

# columns of the cells that a query reaches on one pair of levels, both ends included
REACH: Final = 8
# columns of where a cell lies: its number along x, y, z and time
AT: Final = 4
# columns of a query in steps: as an entry's, then its datum
QUERY: Final = 11


@nb.njit(cache=True, nogil=True)
def _down(value: float) -> int:
    return math.floor(max(-_FURTHEST, min(_FURTHEST, value)))


@nb.njit(cache=True, nogil=True)
def _up(value: float) -> int:
    return math.ceil(max(-_FURTHEST, min(_FURTHEST, value)))


@nb.njit(cache=True, nogil=True)
def _fit(steps: int) -> int:
    return max(_LEAST, min(_MOST, steps))


@nb.njit(cache=True, nogil=True)
def steps_of(box: Floats, level: int, steps: Integers) -> None:
    """A box `(BOX,)` in whole steps of a level, rounded outwards, as `steps` `(QUERY,)`."""
    for_m, for_s = STEPS / cell_size_m(level), STEPS / slot_length_s(level)
    for k in range(3):
        steps[2 * k], steps[2 * k + 1] = _down(box[2 * k] * for_m), _up(box[2 * k + 1] * for_m)
    steps[6], steps[7] = _down(box[6] * for_s), _up(box[7] * for_s)
    steps[8], steps[9], steps[10] = _fit(_down(box[8])), _fit(_up(box[9])), int(box[BOX - 1])


@nb.njit(cache=True, nogil=True)
def _from_middle(steps: int, at: int) -> int:
    """Steps along one axis as they are seen from the middle of a cell."""
    return _fit(steps - at * STEPS - STEPS // 2)


@nb.njit(cache=True, nogil=True)
def see_from(at: Integers, steps: Integers, seen: Integers) -> None:
    """A box in steps as it is `seen` `(QUERY,)` from the middle of a cell `(AT,)` of the level."""
    for k in range(AT):
        seen[2 * k], seen[2 * k + 1] = _from_middle(steps[2 * k], at[k]), _from_middle(steps[2 * k + 1], at[k])
    for k in range(2 * AT, QUERY):
        seen[k] = steps[k]


@nb.njit(cache=True, nogil=True)
def set_code(entry: Entries, code: int) -> None:
    """Write the code of an entry."""
    low = code & 0xFFFF
    entry[HIGH], entry[LOW] = code >> 16, low - ((low & 0x8000) << 1)


@nb.njit(cache=True, nogil=True)
def code_of(entries: Entries, i: int) -> int:
    """The number of an entry's piece, times four, and the number of its datum."""
    return int(entries[i, HIGH]) << 16 | int(entries[i, LOW]) & 0xFFFF


@nb.njit(cache=True, nogil=True)
def piece_of(entries: Entries, i: int) -> int:
    """The number of an entry's piece."""
    return code_of(entries, i) >> _DATUM_BITS


@nb.njit(cache=True, nogil=True)
def count_from(entry: Entries, code: int, first_piece: int) -> None:
    """Write the code of an entry whose piece was counted from 0, and is counted from another."""
    set_code(entry, code + (first_piece << _DATUM_BITS))


@nb.njit(cache=True, nogil=True)
def _level_of(extent: float, cell: float, levels: int) -> int:
    """The lowest level whose cells are no smaller than an extent."""
    level = 0
    while level < levels - 1 and cell < extent:
        cell *= 4.0
        level += 1
    return level


@nb.njit(cache=True, nogil=True)
def cell_size_m(level: int) -> float:
    """How wide the cells of a pair of levels are."""
    return CELL_M * (1 << 2 * (level // TIME_LEVELS))


@nb.njit(cache=True, nogil=True)
def slot_length_s(level: int) -> float:
    """How long the slots of a pair of levels are."""
    return SLOT_S * (1 << 2 * (level % TIME_LEVELS))


@nb.njit(cache=True, nogil=True)
def scattered(key: int, mask: int) -> int:
    """A place for a key in a table of `mask` + 1 places, a power of two."""
    return (key ^ key >> 20 ^ key >> 41) & mask


@nb.njit(cache=True, nogil=True)
def enter(box: Floats, piece: int, entry: Entries) -> int:
    """Write the entry of a piece with a box `(BOX,)`; the key of its cell."""
    extent = max(box[1] - box[0], box[3] - box[2], box[5] - box[4])
    space = _level_of(extent, CELL_M, SPACE_LEVELS)
    time = _level_of(box[7] - box[6], SLOT_S, TIME_LEVELS)
    level = space * TIME_LEVELS + time
    cell, slot = cell_size_m(level), slot_length_s(level)
    ix, iy, iz = place_of(_middle(box, 0), cell), place_of(_middle(box, 1), cell), place_of(_middle(box, 2), cell)
    it = slot_of(_middle(box, 3), slot)
    entry[0], entry[1] = _seen(box, 0, STEPS / cell, ix)
    entry[2], entry[3] = _seen(box, 1, STEPS / cell, iy)
    entry[4], entry[5] = _seen(box, 2, STEPS / cell, iz)
    entry[6], entry[7] = _seen(box, 3, STEPS / slot, it)
    entry[8], entry[9] = _fit(_down(box[8])), _fit(_up(box[9]))
    set_code(entry, piece << _DATUM_BITS | int(box[BOX - 1]))
    return column_key(level, ix, iy, iz) + it


@nb.njit(cache=True, nogil=True)
def _middle(box: Floats, axis: int) -> float:
    return float((box[2 * axis] + box[2 * axis + 1]) / 2.0)


@nb.njit(cache=True, nogil=True)
def _seen(box: Floats, axis: int, steps_each: float, at: int) -> tuple[int, int]:
    """Both ends of a box along an axis, in steps from the middle of a cell."""
    low, high = _down(box[2 * axis] * steps_each), _up(box[2 * axis + 1] * steps_each)
    return _from_middle(low, at), _from_middle(high, at)


@nb.njit(cache=True, nogil=True)
def place_of(at_m: float, cell_m: float) -> int:
    """Number of the cell along one axis; the outermost for what lies beyond."""
    return int(max(-_HALF, min(_HALF - 1.0, math.floor(at_m / cell_m))))


@nb.njit(cache=True, nogil=True)
def slot_of(at_s: float, slot_s: float) -> int:
    """Number of the slot, that of 1970's first instant 0; the outermost for what lies beyond."""
    return int(max(_FIRST_SLOT, min(_FIRST_SLOT + _SLOTS - 1.0, math.floor(at_s / slot_s))))


@nb.njit(cache=True, nogil=True)
def column_key(level: int, ix: int, iy: int, iz: int) -> int:
    """Key of slot 0 of a column of cells: one place at all times."""
    return (((level * _SIDE + ix + _HALF) * _SIDE + iy + _HALF) * _SIDE + iz + _HALF) * _SLOTS - _FIRST_SLOT


@nb.njit(cache=True, nogil=True)
def first_key(level: int) -> int:
    """No key of a level, or of a higher one, is less."""
    return level * _SIDE * _SIDE * _SIDE * _SLOTS


@nb.njit(cache=True, nogil=True)
def level_of(key: int) -> int:
    """The level of a key."""
    return key // first_key(1)


@nb.njit(cache=True, nogil=True)
def find_place(key: int, at: Integers) -> None:
    """Where the cell of a key lies, as `at` `(AT,)`."""
    at[3], place = key % _SLOTS + _FIRST_SLOT, key // _SLOTS
    for k in range(2, -1, -1):
        at[k] = place % _SIDE - _HALF
        place //= _SIDE


@nb.njit(cache=True, nogil=True)
def grow(box: Floats, grown_m: float, grown_up_m: float, wide: Floats) -> None:
    """A box grown sideways and upwards, as `wide` `(BOX,)`."""
    for k in range(3):
        wide[2 * k], wide[2 * k + 1] = box[2 * k] - grown_m, box[2 * k + 1] + grown_m
    wide[6], wide[7] = box[6], box[7]
    wide[8], wide[9] = box[8] - grown_up_m, box[9] + grown_up_m
    wide[BOX - 1] = box[BOX - 1]


@nb.njit(cache=True, nogil=True)
def sift(entries: Entries, begin: int, end: int, query: Integers, row: int, pairs: Integers, count: int) -> int:
    """Add to `pairs` `(n, 2)` a row with the pieces of entries `[begin, end)` of one cell that meet its query as seen
    from there; how many there are, even without room.

    Heights above different datums are not told apart here. Most entries miss by one thing or another, and a processor
    that has to guess by which loses three times what it takes to look at all: so differences are taken, and one that is
    negative makes what is joined of all of them negative.
    """
    x0, x1, y0, y1, z0, z1 = query[0], query[1], query[2], query[3], query[4], query[5]
    t0, t1, lower, upper, datum = query[6], query[7], query[8], query[9], query[10]
    for i in range(begin, end):
        apart = (
            (t1 - entries[i, 6])
            | (entries[i, 7] - t0)
            | (x1 - entries[i, 0])
            | (entries[i, 1] - x0)
            | (y1 - entries[i, 2])
            | (entries[i, 3] - y0)
            | (z1 - entries[i, 4])
            | (entries[i, 5] - z0)
        )
        if apart >= 0 and (
            (upper - entries[i, 8] | entries[i, 9] - lower) >= 0 or entries[i, LOW] & _DATUM_MASK != datum
        ):
            if count < pairs.shape[0]:
                pairs[count, 0], pairs[count, 1] = row, piece_of(entries, i)
            count += 1
    return count


@nb.njit(cache=True, nogil=True)
def reach_of(wide: Floats, level: int, reach: Integers) -> float:
    """The cells of a level whose pieces may meet a box: first and last along x, y, z and time; how many they are."""
    cell, slot = cell_size_m(level), slot_length_s(level)
    count = 1.0
    for k in range(3):
        reach[2 * k] = place_of(wide[2 * k] - cell / 2.0, cell)
        reach[2 * k + 1] = place_of(wide[2 * k + 1] + cell / 2.0, cell)
        count *= reach[2 * k + 1] - reach[2 * k] + 1
    reach[6], reach[7] = slot_of(wide[6] - slot / 2.0, slot), slot_of(wide[7] + slot / 2.0, slot)
    return count * (reach[7] - reach[6] + 1)


@nb.njit(cache=True, nogil=True)
def columns_of(level: int, reach: Integers) -> tuple[Integers, Integers]:
    """The columns of cells that are reached and may hold something, each of one place at all times: their keys and
    where they lie `(n, AT)`, at whatever time.
    """
    wide = (reach[1] - reach[0] + 1) * (reach[3] - reach[2] + 1) * (reach[5] - reach[4] + 1)
    columns, places = np.empty(wide, dtype=np.int64), np.empty((wide, AT), dtype=np.int64)
    count = 0
    for ix in range(reach[0], reach[1] + 1):
        for iy in range(reach[2], reach[3] + 1):
            for iz in range(reach[4], reach[5] + 1):
                if near_surface(level, ix, iy, iz):
                    columns[count] = column_key(level, ix, iy, iz)
                    places[count, 0], places[count, 1], places[count, 2] = ix, iy, iz
                    count += 1
    return columns[:count], places


@nb.njit(cache=True, nogil=True)
def holds(reach: Integers, at: Integers) -> bool:
    """Whether a cell `(AT,)`, of the level that was asked for, is among those reached."""
    inside = True
    for k in range(AT):
        inside = inside and bool(reach[2 * k] <= at[k] <= reach[2 * k + 1])
    return inside


@nb.njit(cache=True, nogil=True)
def near_surface(level: int, ix: int, iy: int, iz: int) -> bool:
    """Whether a cell may hold the centre of a box of its level.

    A box whose faces a plane touches has its centre within 0.29 of its size of that plane, and the surface bends away
    from a plane by at most the sagitta; to this comes half the diagonal of the cell. The ellipsoid's radius is that of
    the cell's geocentric latitude up to 100 m.
    """
    cell = cell_size_m(level)
    x, y, z = (ix + 0.5) * cell, (iy + 0.5) * cell, (iz + 0.5) * cell
    square = x * x + y * y + z * z
    surface_m = EQUATORIAL_RADIUS_M * (1.0 - FLATTENING * z * z / max(square, 1.0))
    margin_m = 1.2 * cell + cell * cell / LEAST_RADIUS_M + 100.0 + 2.0 * SLACK_M
    return abs(math.sqrt(square) - surface_m) <= margin_m
