"""Pieces against pieces near them, compared exactly.

Two pieces go into a kernel in an order that rests on what they are, never on who asks about whom or who came first, so
that a pair gives the same bits whenever and wherever it is compared.

Altitudes of one datum compare as they are, and the hit is certain; but two trajectories above ground fly over different
ground. Others compare through bounds of what they can mean above mean sea level: each row has its own, from the geoid
where it lies or the terrain, and pressure altitudes those of the air (`geometry/altitude.py`). There is a hit if some
values within the bounds of both make one; its vertical distance is the least that they allow. It is certain if at one
instant all values make one: limits are then as far apart as the bounds allow, and minima and bands narrower by what the
altitudes of legs are uncertain by.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.geodesy import latitude_longitude_deg
from skyparley.conflict.kernels.legs import leg_leg
from skyparley.conflict.kernels.outlines import DATUMS
from skyparley.conflict.kernels.passages import leg_solid
from skyparley.conflict.kernels.solids import solid_solid
from skyparley.geometry.altitude import PRESSURE_HIGHEST, PRESSURE_LOWEST, Datum

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

LEGS: Final = 0
PASSAGE: Final = 1
SOLIDS: Final = 2

# columns of a hit; hits that are sorted as they stand have the closest approach of each owner and rule first
OWNER: Final = 0
RULE: Final = 1
HORIZONTAL_M: Final = 2
VERTICAL_M: Final = 3
CLOSEST_US: Final = 4  # whole microseconds since 1970 UTC
LATITUDE_DEG: Final = 5  # in whole nanodegrees
LONGITUDE_DEG: Final = 6
FIRST_US: Final = 7
LAST_US: Final = 8
CERTAIN: Final = 9
ASKER_FLIES: Final = 10  # a passage: whether the path is that of the operation that asks
ASKER: Final = 11  # the row asked about, as its OWNER names whose it is
OTHER_CLASS: Final = 12
HIT_COLUMNS: Final = 13

_AGL: Final = DATUMS.index(Datum.AGL)
_HALF_QUANTUM_M: Final = layout.QUANTUM_M / 2.0


def _bounds_table() -> Floats:
    """Per datum, for the least and the greatest height: lines `(offset, slope)`, of which the lowest or the highest is
    added to an altitude, beside its row's offset.
    """
    lines = np.zeros((len(DATUMS), 2, len(PRESSURE_LOWEST), 2))
    for side, of_side in enumerate((PRESSURE_LOWEST, PRESSURE_HIGHEST)):
        lines[DATUMS.index(Datum.PRESSURE), side] = [(offset_m, slope - 1.0) for offset_m, slope in of_side]
    return lines


BOUNDS: Final = _bounds_table()


@nb.njit(cache=True, nogil=True)
def lowest_m(bounds: Floats, row: Floats, altitude_m: float) -> float:
    """The lowest mean-sea-level height that an altitude of a row's datum can mean over the row's piece."""
    lines = bounds[int(row[layout.DATUM]), 0]
    added = lines[0, 0] + lines[0, 1] * altitude_m
    for i in range(1, lines.shape[0]):
        added = min(added, lines[i, 0] + lines[i, 1] * altitude_m)
    return float(altitude_m + row[layout.OFFSET_LOW_M] + added)


@nb.njit(cache=True, nogil=True)
def highest_m(bounds: Floats, row: Floats, altitude_m: float) -> float:
    """The highest mean-sea-level height that an altitude of a row's datum can mean over the row's piece."""
    lines = bounds[int(row[layout.DATUM]), 1]
    added = lines[0, 0] + lines[0, 1] * altitude_m
    for i in range(1, lines.shape[0]):
        added = max(added, lines[i, 0] + lines[i, 1] * altitude_m)
    return float(altitude_m + row[layout.OFFSET_HIGH_M] + added)


@nb.njit(cache=True, nogil=True)
def _ends(bounds: Floats, row: Floats, same: bool) -> tuple[float, float, float]:
    """A leg's altitudes at its ends, on the common datum, and half of what they are uncertain by.

    Between the ends, too: the least height bends down and the greatest up, so both lie within lines between the ends.
    """
    if same:
        return row[layout.LOWER_M], row[layout.UPPER_M], 0.0
    low_0, high_0 = lowest_m(bounds, row, row[layout.LOWER_M]), highest_m(bounds, row, row[layout.LOWER_M])
    low_1, high_1 = lowest_m(bounds, row, row[layout.UPPER_M]), highest_m(bounds, row, row[layout.UPPER_M])
    return (low_0 + high_0) / 2.0, (low_1 + high_1) / 2.0, max(high_0 - low_0, high_1 - low_1) / 2.0


@nb.njit(cache=True, nogil=True, inline="always")
def _band(bounds: Floats, row: Floats, same: bool) -> tuple[float, float]:
    """The widest band that a volume's can be, on the common datum."""
    if same:
        return row[layout.LOWER_M], row[layout.UPPER_M]
    return lowest_m(bounds, row, row[layout.LOWER_M]), highest_m(bounds, row, row[layout.UPPER_M])


@nb.njit(cache=True, nogil=True, inline="always")
def _narrow_band(bounds: Floats, row: Floats, same: bool) -> tuple[float, float]:
    """The band that is in a volume's for certain, on the common datum; reversed if none is."""
    if same:
        return row[layout.LOWER_M], row[layout.UPPER_M]
    return highest_m(bounds, row, row[layout.LOWER_M]), lowest_m(bounds, row, row[layout.UPPER_M])


@nb.njit(cache=True, nogil=True)
def exact(
    pieces: Floats,
    edges: Floats,
    rows: Floats,
    row_edges: Floats,
    pairs: Integers,
    minima: Floats,
    bounds: Floats,
    hits: Floats,
) -> int:
    """The hits of pairs `(row, piece)`, one line each in `hits`; how many, or -1 if `hits` is too short.

    `pieces` `(n, COLUMNS)` and `edges` are those of the others, `rows` and `row_edges` of who asks.
    """
    count = 0
    for i in range(pairs.shape[0]):
        row, other = rows[pairs[i, 0]], pieces[pairs[i, 1]]
        own = row_edges[int(row[layout.EDGES_BEGIN]) : int(row[layout.EDGES_END])]
        its = edges[int(other[layout.EDGES_BEGIN]) : int(other[layout.EDGES_END])]
        if count >= hits.shape[0]:
            return -1
        new = _pair(row, own, other, its, minima, bounds, hits, count)
        if new < 0:
            return -1
        for k in range(count, new):
            hits[k, OWNER], hits[k, OTHER_CLASS] = other[layout.OWNER], other[layout.CLASS]
            hits[k, ASKER] = row[layout.OWNER]
            hits[k, ASKER_FLIES] = 1.0 if row[layout.KIND] == layout.LEG else 0.0
        count = new
    return count


@nb.njit(cache=True, nogil=True, inline="always")
def _pair(
    row: Floats,
    row_edges: Floats,
    other: Floats,
    other_edges: Floats,
    minima: Floats,
    bounds: Floats,
    hits: Floats,
    count: int,
) -> int:
    if not _comes_first(row, other, row_edges, other_edges):
        row, other, row_edges, other_edges = other, row, other_edges, row_edges
    same = row[layout.DATUM] == other[layout.DATUM]
    if row[layout.KIND] != layout.LEG:
        return _solid_solid(row, other, row_edges, other_edges, same, bounds, hits, count)
    if other[layout.KIND] != layout.LEG:
        return _leg_solid(row, other, other_edges, same, bounds, hits, count)
    return _leg_leg(row, other, same, minima, bounds, hits, count)


@nb.njit(cache=True, nogil=True, inline="always")
def _comes_first(a: Floats, b: Floats, edges_a: Floats, edges_b: Floats) -> bool:
    """Whether a piece comes before another by its own numbers: legs before volumes, then by time, and so on."""
    for k in range(layout.CLASS):
        if a[k] != b[k]:
            return bool(a[k] < b[k])
    for i in range(min(edges_a.shape[0], edges_b.shape[0])):
        for k in range(layout.EDGE_COLUMNS):
            if edges_a[i, k] != edges_b[i, k]:
                return bool(edges_a[i, k] < edges_b[i, k])
    return bool(edges_a.shape[0] <= edges_b.shape[0])


@nb.njit(cache=True, nogil=True)
def _leg_leg(a: Floats, b: Floats, same: bool, minima: Floats, bounds: Floats, hits: Floats, count: int) -> int:
    number, other = int(a[layout.CLASS]), int(b[layout.CLASS])
    za0, za1, spread_a = _ends(bounds, a, same)
    zb0, zb1, spread_b = _ends(bounds, b, same)
    spread = spread_a + spread_b
    required = minima[number, other, 1] + a[layout.VERTICAL_M] + b[layout.VERTICAL_M]
    vertical = required + spread
    if min(za0, za1) - max(zb0, zb1) >= vertical or min(zb0, zb1) - max(za0, za1) >= vertical:
        return count
    horizontal = minima[number, other, 0] + a[layout.LATERAL_M] + b[layout.LATERAL_M]
    hit, first, last, closest, across, up, x, y, z = leg_leg(a, b, za0, za1, zb0, zb1, horizontal, vertical)
    if not hit:
        return count
    certain = same and int(a[layout.DATUM]) != _AGL
    if not same and required > spread:
        certain = leg_leg(a, b, za0, za1, zb0, zb1, horizontal, required - spread)[0]
    up = max(0.0, up - spread)
    _note(hits, count, LEGS, certain, first, last, closest, across, up, x, y, z)
    return count + 1


@nb.njit(cache=True, nogil=True)
def _leg_solid(leg: Floats, solid: Floats, edges: Floats, same: bool, bounds: Floats, hits: Floats, count: int) -> int:
    z0, z1, spread = _ends(bounds, leg, same)
    lower, upper = _band(bounds, solid, same)
    slack = leg[layout.VERTICAL_M] + spread
    if min(z0, z1) > upper + slack + _HALF_QUANTUM_M or max(z0, z1) < lower - slack - _HALF_QUANTUM_M:
        return count
    windows, closest, across, altitude, x, y, z = leg_solid(leg, solid, edges, z0, z1, lower - slack, upper + slack)
    if count + windows.shape[0] > hits.shape[0]:
        return -1
    certain = same
    if not same and windows.shape[0] > 0:
        least, greatest = _narrow_band(bounds, solid, same)
        narrow = leg[layout.VERTICAL_M] - spread
        if least - narrow <= greatest + narrow:
            certain = leg_solid(leg, solid, edges, z0, z1, least - narrow, greatest + narrow)[0].shape[0] > 0
    up = max(0.0, lower - altitude - spread, altitude - upper - spread)
    # a leg that is early or late may be nearest outside the windows
    closest = min(max(closest, windows[0, 0]), windows[-1, 1]) if windows.shape[0] else closest
    for i in range(windows.shape[0]):
        _note(hits, count, PASSAGE, certain, windows[i, 0], windows[i, 1], closest, across, up, x, y, z)
        count += 1
    return count


@nb.njit(cache=True, nogil=True, inline="always")
def _solid_solid(
    a: Floats,
    b: Floats,
    edges_a: Floats,
    edges_b: Floats,
    same: bool,
    bounds: Floats,
    hits: Floats,
    count: int,
) -> int:
    begin, end = max(a[layout.BEGIN_S], b[layout.BEGIN_S]), min(a[layout.END_S], b[layout.END_S])
    if begin >= end:
        return count
    lower_a, upper_a = _band(bounds, a, same)
    lower_b, upper_b = _band(bounds, b, same)
    if lower_a > upper_b + _HALF_QUANTUM_M or lower_b > upper_a + _HALF_QUANTUM_M:
        return count
    met, x, y, z = solid_solid(a, b, edges_a, edges_b)
    if not met:
        return count
    lower_a, upper_a = _narrow_band(bounds, a, same)
    lower_b, upper_b = _narrow_band(bounds, b, same)
    certain = same or (lower_a <= upper_b and lower_b <= upper_a)
    _note(hits, count, SOLIDS, certain, begin, end, begin, 0.0, 0.0, x, y, z)
    return count + 1


@nb.njit(cache=True, nogil=True, inline="always")
def _note(
    hits: Floats,
    i: int,
    rule: int,
    certain: bool,
    first: float,
    last: float,
    closest: float,
    across: float,
    up: float,
    x: float,
    y: float,
    z: float,
) -> None:
    latitude_deg, longitude_deg = latitude_longitude_deg(x, y, z)
    hits[i, RULE], hits[i, CERTAIN] = rule, 1.0 if certain else 0.0
    hits[i, FIRST_US], hits[i, LAST_US] = np.rint(first * 1e6), np.rint(last * 1e6)
    hits[i, CLOSEST_US], hits[i, HORIZONTAL_M], hits[i, VERTICAL_M] = np.rint(closest * 1e6), across, up
    hits[i, LATITUDE_DEG], hits[i, LONGITUDE_DEG] = (
        np.rint(latitude_deg * 1e9) / 1e9,
        np.rint(longitude_deg * 1e9) / 1e9,
    )
