"""The EGM96 geoid above the WGS 84 ellipsoid: height of mean sea level at a place, and its bounds over an area.

The packaged grid is NGA's own (WW15MGH.DAC, 15′, whole centimetres), without loss; `tools/geoid-grid` makes it and
measures what is read from it. EGM96 ends at degree 360 (Lemoine et al., NASA/TP-1998-206861), so four nodes lie in its
shortest wave, and the Fourier series of the grid is the geoid between them, too. Held against that at an eighth of the
spacing, all over the Earth, the polynomial through six by six nodes is off by at most 0.040 m; a bilinear value is by
1.153 m and a cubic one by 0.158 m (GeographicLib's egm96-15 says 1.152 m and, for its own cubic, 0.169 m).
"""

import importlib.resources
import math
import zlib
from functools import cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.geometry.altitude import UNDULATION_HIGHEST_M, UNDULATION_LOWEST_M

GEOID_ERROR_M: Final = 0.06
"""`undulation_m` is no further than this from EGM96 (0.040 m measured). How far EGM96 is from the sea at rest, or from
another model of it, is no part of this: the datum is EGM96.
"""
GEOID_SLOPE: Final = 4e-4
"""The geoid rises or falls by no more than this × the way (3.81e-4 measured, at 30° N 79.5° E)."""
BEYOND_NODES_M: Final = 0.6
"""Between four nodes the geoid goes no further than this beyond them (0.549 m measured)."""

_FILE: Final = "egm96-15.zlib"
_ROWS: Final = 721
_COLUMNS: Final = 1_440
_NODES_PER_DEG: Final = 4.0
_MARGIN: Final = 3
"""Rows and columns that the nodes are continued by, over the poles and around the Earth."""
_BLOCK: Final = 8
"""Nodes along the side of a block, of which the least and the greatest height are kept."""
_NEAR_M: Final = 3_000.0
"""Up to this radius the slope alone bounds the geoid tightly."""
_MOST_NODES: Final = 500
"""More nodes than this are not looked at one by one, but by blocks."""
_LEAST_CURVATURE_RADIUS_M: Final = 6_335_439.0
_WIDENED: Final = 1.01
"""Angles on the ellipsoid are found on a sphere of its least radius of curvature, and widened by this."""

Heights = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float64]


class Geoid(NamedTuple):
    """The grid: `nodes` in centimetres, from three rows beyond the north pole and three columns west of Greenwich;
    `lowest` and `highest` per block of 8 × 8 nodes (`(91, 180)`, centimetres) and of the row and the column after it.
    """

    nodes: Heights
    lowest: Heights
    highest: Heights


@cache
def read_geoid() -> Geoid:
    """The packaged grid, read once (about 10 ms)."""
    packed = importlib.resources.files("skyparley.geometry").joinpath("data", _FILE).read_bytes()
    differences = np.frombuffer(zlib.decompress(packed), "<i2").reshape(_ROWS, _COLUMNS)
    rows = np.cumsum(np.cumsum(differences, axis=0, dtype=np.int32), axis=1, dtype=np.int32).astype(np.int16)
    turned = np.roll(rows, _COLUMNS // 2, axis=1)  # beyond a pole lies the other side of the Earth
    all_rows = np.vstack((turned[_MARGIN:0:-1], rows, turned[-2 : -2 - _MARGIN : -1]))
    nodes = np.ascontiguousarray(np.hstack((all_rows[:, -_MARGIN:], all_rows, all_rows[:, :_MARGIN])))
    down = [rows[i : i + _BLOCK + 1] for i in range(0, _ROWS, _BLOCK)]
    lowest = np.stack([_of_blocks(part.min(axis=0), np.minimum) for part in down])
    highest = np.stack([_of_blocks(part.max(axis=0), np.maximum) for part in down])
    return Geoid(nodes, lowest, highest)


def _of_blocks(line: Heights, extreme: np.ufunc) -> Heights:
    """Per block of a line around the Earth, its extreme and that of the node after it."""
    result: Heights = extreme(extreme.reduceat(line, np.arange(0, _COLUMNS, _BLOCK)), np.roll(line, -_BLOCK)[::_BLOCK])
    return result


@nb.njit(cache=True, nogil=True, inline="always")
def _weights(t: float) -> tuple[float, float, float, float, float, float]:
    """Lagrange's weights of six nodes at −2 … 3 for a place at t in [0, 1]."""
    a, b, c, d, e, f = t + 2.0, t + 1.0, t, t - 1.0, t - 2.0, t - 3.0
    return (
        b * c * d * e * f / -120.0,
        a * c * d * e * f / 24.0,
        a * b * d * e * f / -12.0,
        a * b * c * e * f / 12.0,
        a * b * c * d * f / -24.0,
        a * b * c * d * e / 120.0,
    )


@nb.njit(cache=True, nogil=True)
def undulation_m(nodes: Heights, latitude_deg: float, longitude_deg: float) -> float:
    """Height of the EGM96 geoid above the WGS 84 ellipsoid (metres, ± `GEOID_ERROR_M`) at a position (degrees)."""
    y = (90.0 - latitude_deg) * _NODES_PER_DEG
    x = (longitude_deg - 360.0 * math.floor(longitude_deg / 360.0)) * _NODES_PER_DEG
    i, j = min(int(y), _ROWS - 2), min(int(x), _COLUMNS - 1)
    p0, p1, p2, p3, p4, p5 = _weights(x - j)
    q0, q1, q2, q3, q4, q5 = _weights(y - i)
    total = 0.0
    for k, q in enumerate((q0, q1, q2, q3, q4, q5)):
        row, column = i + k + _MARGIN - 2, j + _MARGIN - 2
        total += q * (
            p0 * nodes[row, column]
            + p1 * nodes[row, column + 1]
            + p2 * nodes[row, column + 2]
            + p3 * nodes[row, column + 3]
            + p4 * nodes[row, column + 4]
            + p5 * nodes[row, column + 5]
        )
    return total / 100.0


@nb.njit(cache=True, nogil=True)
def undulation_bounds_m(
    nodes: Heights, lowest: Heights, highest: Heights, latitude_deg: float, longitude_deg: float, radius_m: float
) -> tuple[float, float]:
    """Bounds (metres) of the geoid within a geodesic radius of up to 2,000 km of a position: never too narrow.

    By the slope; from 3 km on also by the nodes around, or by blocks of nodes where these are many.
    """
    here = undulation_m(nodes, latitude_deg, longitude_deg)
    reach = GEOID_ERROR_M + GEOID_SLOPE * radius_m
    low, high = max(UNDULATION_LOWEST_M, here - reach), min(UNDULATION_HIGHEST_M, here + reach)
    if radius_m <= _NEAR_M:
        return low, high
    angle_deg = math.degrees(radius_m / _LEAST_CURVATURE_RADIUS_M) * _WIDENED
    north = max(0, math.floor((90.0 - latitude_deg - angle_deg) * _NODES_PER_DEG))
    south = min(_ROWS - 1, math.ceil((90.0 - latitude_deg + angle_deg) * _NODES_PER_DEG))
    west, count = 0, _COLUMNS
    if abs(latitude_deg) + angle_deg < 90.0:
        sine = math.sin(math.radians(angle_deg)) / math.cos(math.radians(latitude_deg))
        across_deg = math.degrees(math.asin(min(1.0, sine))) * _WIDENED
        west = math.floor((longitude_deg - across_deg) * _NODES_PER_DEG)
        count = min(_COLUMNS, math.ceil((longitude_deg + across_deg) * _NODES_PER_DEG) - west + 1)
    least, greatest = 32_767, -32_768
    if (south - north + 1) * count <= _MOST_NODES:
        for i in range(north, south + 1):
            for k in range(count):
                height = nodes[i + _MARGIN, (west + k) % _COLUMNS + _MARGIN]
                least, greatest = min(least, height), max(greatest, height)
    else:
        around = _COLUMNS // _BLOCK
        first = west // _BLOCK
        last = min((west + count - 1) // _BLOCK, first + around - 1)
        for i in range(north // _BLOCK, south // _BLOCK + 1):
            for j in range(first, last + 1):
                least, greatest = min(least, lowest[i, j % around]), max(greatest, highest[i, j % around])
    return max(low, least / 100.0 - BEYOND_NODES_M), min(high, greatest / 100.0 + BEYOND_NODES_M)
