"""Footprint against footprint: circles are true geodesic circles, polygons have geodesic edges; touching counts.

Two circles touch when the geodesic between their centres is no longer than their radii together. A circle touches a
polygon when its centre lies inside or some edge comes as near as its radius: the nearest point is found in the plane at
the centre, its distance measured on the ellipsoid. Two polygons touch when edges cross or come within half a
millimetre, or one holds a vertex of the other.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.conflict.kernels.geodesy import MEAN_RADIUS_M, geodesic_m, latitude_longitude_deg, plane_length
from skyparley.conflict.kernels.layout import (
    CIRCLE,
    KIND,
    LATITUDE_RAD,
    LONGITUDE_RAD,
    QUANTUM_M,
    RADIUS_M,
    X0,
    Y0,
    Z0,
)
from skyparley.conflict.kernels.plane import inside, nearest_on_edge, plane_at, project_edges, to_surface

Floats = npt.NDArray[np.float64]
Meeting = tuple[bool, float, float, float]
"""(touch, x, y, z of a common point)."""
HALF_QUANTUM_M: Final = QUANTUM_M / 2.0
BULGE_M: Final = 5.0
"""Twice what geodesics of `MAX_EDGE_PIECE_M` can run beside their chords, in any direction: 1.97 m upwards."""
SURELY_FURTHER: Final = 0.99
"""Plane distances that even when shrunk by this exceed a radius are not measured on the ellipsoid."""


@nb.njit(cache=True, nogil=True)
def solid_solid(a: Floats, b: Floats, edges_a: Floats, edges_b: Floats) -> Meeting:
    """Whether two footprints (rows of `layout` with their edges) touch, and a point that they share."""
    if a[KIND] == CIRCLE and b[KIND] == CIRCLE:
        return _circles(a, b)
    if a[KIND] == CIRCLE:
        return _circle_polygon(a, edges_b)
    if b[KIND] == CIRCLE:
        return _circle_polygon(b, edges_a)
    return _polygons(a, b, edges_a, edges_b)


@nb.njit(cache=True, nogil=True)
def _circles(a: Floats, b: Floats) -> Meeting:
    apart = geodesic_m(a[LATITUDE_RAD], a[LONGITUDE_RAD], b[LATITUDE_RAD], b[LONGITUDE_RAD])
    if apart > a[RADIUS_M] + b[RADIUS_M] + HALF_QUANTUM_M:
        return False, 0.0, 0.0, 0.0
    share = 0.5 if apart == 0.0 else min(1.0, max(0.0, (a[RADIUS_M] + apart - b[RADIUS_M]) / (2.0 * apart)))
    angle = apart / MEAN_RADIUS_M
    sine = math.sin(angle)
    one, other = (
        (1.0 - share, share)
        if sine < 1e-9
        else (math.sin((1.0 - share) * angle) / sine, math.sin(share * angle) / sine)
    )
    return True, one * a[X0] + other * b[X0], one * a[Y0] + other * b[Y0], one * a[Z0] + other * b[Z0]


@nb.njit(cache=True, nogil=True)
def _circle_polygon(circle: Floats, edges: Floats) -> Meeting:
    nx, ny, nz = _across(edges, circle[X0], circle[Y0], circle[Z0])
    low, high = _span(edges, nx, ny, nz)
    along, away = nx * circle[X0] + ny * circle[Y0] + nz * circle[Z0], circle[RADIUS_M] + BULGE_M
    if low > along + away or high < along - away:  # an upright plane along the longest edge lies between
        return False, 0.0, 0.0, 0.0
    frame = plane_at(circle[X0], circle[Y0], circle[Z0])
    flat = project_edges(frame, edges)
    if inside(flat, 0.0, 0.0):
        return True, circle[X0], circle[Y0], circle[Z0]
    reach = circle[RADIUS_M] + HALF_QUANTUM_M
    for i in range(flat.shape[0]):
        east, north = nearest_on_edge(flat, i, 0.0, 0.0)
        if MEAN_RADIUS_M * math.atan(plane_length(east, north) / MEAN_RADIUS_M) * SURELY_FURTHER > reach:
            continue
        x, y, z = to_surface(frame, east, north)
        latitude_deg, longitude_deg = latitude_longitude_deg(x, y, z)
        distance = geodesic_m(
            circle[LATITUDE_RAD], circle[LONGITUDE_RAD], math.radians(latitude_deg), math.radians(longitude_deg)
        )
        if distance <= reach:
            return True, x, y, z
    return False, 0.0, 0.0, 0.0


@nb.njit(cache=True, nogil=True)
def _polygons(a: Floats, b: Floats, edges_a: Floats, edges_b: Floats) -> Meeting:
    if _kept_apart(a, edges_a, edges_b):
        return False, 0.0, 0.0, 0.0
    smaller = a if a[RADIUS_M] <= b[RADIUS_M] else b
    frame = plane_at(smaller[X0], smaller[Y0], smaller[Z0])
    flat_a, flat_b = project_edges(frame, edges_a), project_edges(frame, edges_b)
    west, east, south, north = _bounds(flat_b)
    for i in range(flat_a.shape[0]):
        x0, y0, x1, y1 = flat_a[i, 0], flat_a[i, 1], flat_a[i, 2], flat_a[i, 3]
        low_x, high_x = min(x0, x1) - HALF_QUANTUM_M, max(x0, x1) + HALF_QUANTUM_M
        low_y, high_y = min(y0, y1) - HALF_QUANTUM_M, max(y0, y1) + HALF_QUANTUM_M
        if low_x > east or high_x < west or low_y > north or high_y < south:
            continue
        for j in range(flat_b.shape[0]):
            u0, v0, u1, v1 = flat_b[j, 0], flat_b[j, 1], flat_b[j, 2], flat_b[j, 3]
            if max(u0, u1) < low_x or min(u0, u1) > high_x or max(v0, v1) < low_y or min(v0, v1) > high_y:
                continue
            met, x, y = _edges_meet(flat_a, i, flat_b, j)
            if met:
                px, py, pz = to_surface(frame, x, y)
                return True, px, py, pz
    if inside(flat_b, flat_a[0, 0], flat_a[0, 1]):
        return True, edges_a[0, 0], edges_a[0, 1], edges_a[0, 2]
    if inside(flat_a, flat_b[0, 0], flat_b[0, 1]):
        return True, edges_b[0, 0], edges_b[0, 1], edges_b[0, 2]
    return False, 0.0, 0.0, 0.0


@nb.njit(cache=True, nogil=True, inline="always")
def _across(edges: Floats, x: float, y: float, z: float) -> tuple[float, float, float]:
    """The unit vector across the longest edge of a shape, level at a point."""
    longest, ex, ey, ez = -1.0, 0.0, 0.0, 0.0
    for i in range(edges.shape[0]):
        dx, dy, dz = edges[i, 3] - edges[i, 0], edges[i, 4] - edges[i, 1], edges[i, 5] - edges[i, 2]
        if dx * dx + dy * dy + dz * dz > longest:
            longest, ex, ey, ez = dx * dx + dy * dy + dz * dz, dx, dy, dz
    nx, ny, nz = ey * z - ez * y, ez * x - ex * z, ex * y - ey * x
    length = max(math.sqrt(nx * nx + ny * ny + nz * nz), 1e-9)
    return nx / length, ny / length, nz / length


@nb.njit(cache=True, nogil=True, inline="always")
def _span(edges: Floats, nx: float, ny: float, nz: float) -> tuple[float, float]:
    low, high = math.inf, -math.inf
    for i in range(edges.shape[0]):
        along = nx * edges[i, 0] + ny * edges[i, 1] + nz * edges[i, 2]
        low, high = min(low, along), max(high, along)
    return low, high


@nb.njit(cache=True, nogil=True, inline="always")
def _kept_apart(a: Floats, edges_a: Floats, edges_b: Floats) -> bool:
    """Whether an upright plane along the longest edge of one polygon keeps the two apart, as it does most.

    A shape lies between the planes through its outermost vertices, but for the bulge of its edges.
    """
    for k in range(2):
        nx, ny, nz = _across(edges_a if k == 0 else edges_b, a[X0], a[Y0], a[Z0])
        low, high = _span(edges_a, nx, ny, nz)
        its_low, its_high = _span(edges_b, nx, ny, nz)
        if low > its_high + BULGE_M or its_low > high + BULGE_M:
            return True
    return False


@nb.njit(cache=True, nogil=True)
def _bounds(flat: Floats) -> tuple[float, float, float, float]:
    west, east, south, north = math.inf, -math.inf, math.inf, -math.inf
    for i in range(flat.shape[0]):
        west, east = min(west, flat[i, 0]), max(east, flat[i, 0])
        south, north = min(south, flat[i, 1]), max(north, flat[i, 1])
    return west, east, south, north


@nb.njit(cache=True, nogil=True)
def _edges_meet(one: Floats, i: int, other: Floats, j: int) -> tuple[bool, float, float]:
    """Whether two edges cross or come within half a millimetre, and where."""
    x0, y0 = one[i, 0], one[i, 1]
    dx, dy = one[i, 2] - x0, one[i, 3] - y0
    u0, v0 = other[j, 0], other[j, 1]
    du, dv = other[j, 2] - u0, other[j, 3] - v0
    cross = dx * dv - dy * du
    if cross != 0.0:
        share = ((u0 - x0) * dv - (v0 - y0) * du) / cross
        along = ((u0 - x0) * dy - (v0 - y0) * dx) / cross
        if 0.0 <= share <= 1.0 and 0.0 <= along <= 1.0:
            return True, x0 + share * dx, y0 + share * dy
    for k in range(2):
        x, y = nearest_on_edge(other, j, one[i, 2 * k], one[i, 2 * k + 1])
        if plane_length(x - one[i, 2 * k], y - one[i, 2 * k + 1]) <= HALF_QUANTUM_M:
            return True, x, y
        x, y = nearest_on_edge(one, i, other[j, 2 * k], other[j, 2 * k + 1])
        if plane_length(x - other[j, 2 * k], y - other[j, 2 * k + 1]) <= HALF_QUANTUM_M:
            return True, x, y
    return False, 0.0, 0.0
