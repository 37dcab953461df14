"""Declared volumes as rows and edges: circles by their centre, polygons by the edges of their rings."""

import math
from collections.abc import Iterable
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.geodesy import GEOD, point_of, points_along, sine_cosine, space_length, surface_xyz
from skyparley.geometry.altitude import Datum
from skyparley.geometry.footprint import Circle, Ring
from skyparley.geometry.polygon import Polygon
from skyparley.geometry.volume import Volume4D
from skyparley.units import MICROSECONDS_PER_SECOND

Floats = npt.NDArray[np.float64]
DATUMS: Final = (Datum.WGS84, Datum.EGM96, Datum.PRESSURE, Datum.AGL)
DATUM_INDEX: Final = {datum: float(index) for index, datum in enumerate(DATUMS)}
SURELY_SHORT_M: Final = min(layout.MAX_LEG_PIECE_M, layout.MAX_EDGE_PIECE_M) - 1.0
"""A geodesic whose chord is no longer is not cut: at 8 km it is 0.5 mm longer than its chord."""

TO_CUT: Final = -1.0
"""In place of the kind of a polygon: it has an edge that must be cut."""

# columns of a volume in a list of numbers, before its positions: latitude and longitude of each
_OWNER: Final = 0
_BEGIN_US: Final = 1
_END_US: Final = 2
_LOWER_M: Final = 3
_UPPER_M: Final = 4
_DATUM: Final = 5
_RADIUS_M: Final = 6  # 0 for a polygon
_COUNT: Final = 7  # of positions: the centre of a circle, or the corners of a polygon
_HEAD: Final = 8


def listed(volumes: Iterable[Volume4D], owner: float, numbers: list[float]) -> bool:
    """Write volumes to the end of a list of numbers, up to the first with holes; whether there is none such."""
    for volume in volumes:
        footprint, time, band = volume.footprint, volume.time, volume.altitude
        head = (owner, time.begin_us, time.end_us, band.lower_m, band.upper_m, DATUM_INDEX[band.datum])
        if isinstance(footprint, Circle):
            numbers += head
            numbers += (footprint.radius_m, 1.0, footprint.latitude_deg, footprint.longitude_deg)
        elif footprint.holes:
            return False
        else:
            vertices = footprint.vertices
            numbers += head
            numbers += (0.0, len(vertices))
            numbers += chain.from_iterable(vertices)
    return True


def rows_of(numbers: list[float]) -> tuple[Floats, Floats, int]:
    """Rows `(n, COLUMNS)` and edges `(m, 6)` of listed volumes, `OWNER` as it was listed; how many of them are
    `TO_CUT`.
    """
    rows, edges, to_cut = _rows_of(np.array(numbers, dtype=np.float64))
    return rows, edges, to_cut


@nb.njit(cache=True, nogil=True)
def _rows_of(numbers: Floats) -> tuple[Floats, Floats, int]:
    pieces, corners, at, to_cut, most = 0, 0, 0, 0, 0
    while at < numbers.shape[0]:
        count = int(numbers[at + _COUNT])
        pieces += 1
        corners += count if numbers[at + _RADIUS_M] == 0.0 else 0
        most = max(most, count)
        at += _HEAD + 2 * count
    rows, edges = np.zeros((pieces, layout.COLUMNS)), np.empty((corners, layout.EDGE_COLUMNS))
    room = np.empty((2, 2 * most))
    at, end = 0, 0
    for i in range(pieces):
        row, count = rows[i], int(numbers[at + _COUNT])
        row[layout.OWNER] = numbers[at + _OWNER]
        set_limits(row, numbers[at + _BEGIN_US], numbers[at + _END_US], numbers[at + _LOWER_M], numbers[at + _UPPER_M])
        row[layout.DATUM] = numbers[at + _DATUM]
        if numbers[at + _RADIUS_M] > 0.0:
            set_circle(row, numbers[at + _HEAD], numbers[at + _HEAD + 1], numbers[at + _RADIUS_M])
        else:
            set_ring(row, numbers, at + _HEAD, count, edges, end, room)
            if longest_m(edges, end, end + count) > SURELY_SHORT_M:
                row[layout.KIND] = TO_CUT
                to_cut += 1
            row[layout.EDGES_BEGIN], row[layout.EDGES_END] = end, end + count
            end += count
        at += _HEAD + 2 * count
    return rows, edges, to_cut


def cut_volume(volume: Volume4D, footprint: Polygon) -> tuple[Floats, Floats]:
    """The row `(1, COLUMNS)` and the edges of a volume whose footprint has holes or edges that are to be cut."""
    time, band = volume.time, volume.altitude
    rings = [cut_ring(ring) for ring in (footprint.vertices, *footprint.holes)]
    edges = rings[0] if len(rings) == 1 else np.concatenate(rings)
    rows = np.zeros((1, layout.COLUMNS))
    set_limits(rows[0], time.begin_us, time.end_us, band.lower_m, band.upper_m)
    rows[0, layout.DATUM] = DATUM_INDEX[band.datum]
    set_polygon(rows[0], edges, 0, len(rings[0]))
    rows[0, layout.EDGES_END] = len(edges)
    return rows, edges


def cut_ring(ring: Ring) -> Floats:
    """Edges `(n, 6)` of a ring, in order; those longer than `MAX_EDGE_PIECE_M` are cut along their geodesic."""
    points = np.array(ring)
    edges = _edges_of(points)
    if longest_m(edges, 0, len(edges)) <= SURELY_SHORT_M:
        return edges
    latitudes, longitudes = points[:, 0], points[:, 1]
    _, _, lengths = GEOD.inv(longitudes, latitudes, np.roll(longitudes, -1), np.roll(latitudes, -1))
    cut: list[tuple[float, float]] = []
    for i, (latitude, longitude) in enumerate(ring):
        cut.append((latitude, longitude))
        pieces = math.ceil(lengths[i] / layout.MAX_EDGE_PIECE_M)
        if pieces > 1:
            end_latitude, end_longitude = ring[(i + 1) % len(ring)]
            cut.extend(zip(*points_along(latitude, longitude, end_latitude, end_longitude, pieces), strict=True))
    return _edges_of(np.array(cut))


def _edges_of(points: Floats) -> Floats:
    """Edges `(n, 6)` of a ring of positions `(n, 2)`, as they are."""
    edges = np.empty((len(points), layout.EDGE_COLUMNS))
    set_ring(np.zeros(layout.COLUMNS), points.ravel(), 0, len(points), edges, 0, np.empty((2, points.size)))
    return edges


@nb.njit(cache=True, nogil=True)
def longest_m(edges: Floats, begin: int, end: int) -> float:
    """The longest chord of edges `[begin, end)`."""
    longest = 0.0
    for i in range(begin, end):
        x, y, z = edges[i, 0] - edges[i, 3], edges[i, 1] - edges[i, 4], edges[i, 2] - edges[i, 5]
        longest = max(longest, x * x + y * y + z * z)
    return math.sqrt(longest)


@nb.njit(cache=True, nogil=True)
def set_limits(row: Floats, begin_us: float, end_us: float, lower_m: float, upper_m: float) -> None:
    """When and how high a volume is."""
    row[layout.BEGIN_S], row[layout.END_S] = begin_us / MICROSECONDS_PER_SECOND, end_us / MICROSECONDS_PER_SECOND
    row[layout.LOWER_M], row[layout.UPPER_M] = lower_m, upper_m


@nb.njit(cache=True, nogil=True)
def set_circle(row: Floats, latitude_deg: float, longitude_deg: float, radius_m: float) -> None:
    """Kind, centre and radius of a circle."""
    row[layout.KIND] = layout.CIRCLE
    row[layout.RADIUS_M] = radius_m
    row[layout.LATITUDE_RAD], row[layout.LONGITUDE_RAD] = math.radians(latitude_deg), math.radians(longitude_deg)
    row[layout.X0], row[layout.Y0], row[layout.Z0] = surface_xyz(latitude_deg, longitude_deg)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def set_ring(row: Floats, positions_deg: Floats, at: int, count: int, edges: Floats, begin: int, room: Floats) -> None:
    """Kind, central point and greatest chord of a polygon of one ring, and its edges from row `begin` of `edges` on.

    Its corners are `count` positions from `at` on: latitudes and longitudes in turn. `room` `(2, 2 * count)` is written
    over. (No parts of arrays are made: those took more than half of the time. And numpy's way to divide does not look
    whether a divisor is 0: none is.)
    """
    for i in range(2 * count):
        room[0, i], room[1, i] = sine_cosine(positions_deg[at + i])
    before = begin + count - 1
    for i in range(count):
        x, y, z = point_of(room[0, 2 * i], room[1, 2 * i], room[0, 2 * i + 1], room[1, 2 * i + 1])
        edges[begin + i, 0], edges[begin + i, 1], edges[begin + i, 2] = x, y, z
        edges[before, 3], edges[before, 4], edges[before, 5] = x, y, z
        before = begin + i
    set_polygon(row, edges, begin, count)


@nb.njit(cache=True, nogil=True)
def set_polygon(row: Floats, edges: Floats, begin: int, count: int) -> None:
    """Kind, central point, pushed back to about the surface, and the greatest chord from it to the outline, which is so
    many edges from row `begin` on.
    """
    x, y, z, size = 0.0, 0.0, 0.0, 0.0
    for i in range(begin, begin + count):
        x, y, z = x + edges[i, 0], y + edges[i, 1], z + edges[i, 2]
        size += space_length(edges[i, 0], edges[i, 1], edges[i, 2])
    length = math.sqrt(x * x + y * y + z * z)
    x, y, z = x * (size / count) / length, y * (size / count) / length, z * (size / count) / length
    furthest = 0.0
    for i in range(begin, begin + count):
        dx, dy, dz = edges[i, 0] - x, edges[i, 1] - y, edges[i, 2] - z
        furthest = max(furthest, dx * dx + dy * dy + dz * dz)
    row[layout.KIND] = layout.POLYGON
    row[layout.X0], row[layout.Y0], row[layout.Z0], row[layout.RADIUS_M] = x, y, z, math.sqrt(furthest)
