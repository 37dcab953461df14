"""The local plane of a comparison: a central projection of surface points onto the tangent plane at a point.

The eye lies on the normal there, a mean Earth radius below. Straight lines in space stay straight, so the chords that
stand for geodesic edges of at most 10 km are straight here; the surface above a chord is seen along the normal, where
the geodesic is, to within 0.01 mm within 100 km of the point and 2 mm within 1,000 km. (Seen from the Earth's centre it
would be 7 mm off everywhere: the normal does not point there.) Which side of an edge a point lies on, and whether edges
cross, is the same here as on the ellipsoid. Distances are true at the point and grow by (d / R)² away from it: measured
distances are taken near it or on the ellipsoid.
"""

import math

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.conflict.kernels.geodesy import (
    ECCENTRICITY_SQUARED,
    EQUATORIAL_RADIUS_M,
    FLATTENING,
    MEAN_RADIUS_M,
)
from skyparley.conflict.kernels.layout import BEGIN_S, END_S, X0, X1, Y0, Y1, Z0, Z1

Floats = npt.NDArray[np.float64]


@nb.njit(cache=True, nogil=True)
def point_at(leg: Floats, t: float) -> tuple[float, float, float]:
    """Where a leg is (metres, Earth-centred) so many seconds after its begin."""
    share = t / (leg[END_S] - leg[BEGIN_S])
    return (
        leg[X0] + share * (leg[X1] - leg[X0]),
        leg[Y0] + share * (leg[Y1] - leg[Y0]),
        leg[Z0] + share * (leg[Z1] - leg[Z0]),
    )


@nb.njit(cache=True, nogil=True)
def depth_at(leg: Floats, t: float) -> float:
    """How far below the surface (metres) a leg lies so many seconds after its begin: the sagitta of its chord there."""
    share = t / (leg[END_S] - leg[BEGIN_S])
    dx, dy, dz = leg[X1] - leg[X0], leg[Y1] - leg[Y0], leg[Z1] - leg[Z0]
    return share * (1.0 - share) * (dx * dx + dy * dy + dz * dz) / (2.0 * MEAN_RADIUS_M)


@nb.njit(cache=True, nogil=True)
def plane_at(x: float, y: float, z: float) -> Floats:
    """The plane at a surface point: rows are the point, the unit normal, unit east, unit north `(4, 3)`."""
    frame = np.empty((4, 3))
    frame[0, 0], frame[0, 1], frame[0, 2] = x, y, z
    across = math.sqrt(x * x + y * y)
    cos_longitude, sin_longitude = (1.0, 0.0) if across == 0.0 else (x / across, y / across)
    # the tangent of the geodetic latitude is z over this
    level = across * (1.0 - ECCENTRICITY_SQUARED)
    length = math.sqrt(level * level + z * z)
    cos_latitude, sin_latitude = level / length, z / length
    frame[1, 0], frame[1, 1], frame[1, 2] = cos_latitude * cos_longitude, cos_latitude * sin_longitude, sin_latitude
    frame[2, 0], frame[2, 1], frame[2, 2] = -sin_longitude, cos_longitude, 0.0
    frame[3, 0], frame[3, 1], frame[3, 2] = -sin_latitude * cos_longitude, -sin_latitude * sin_longitude, cos_latitude
    return frame


@nb.njit(cache=True, nogil=True)
def project(frame: Floats, x: float, y: float, z: float) -> tuple[float, float]:
    """Plane coordinates (east, north; metres) of a point; those behind the horizon lie very far away."""
    dx, dy, dz = x - frame[0, 0], y - frame[0, 1], z - frame[0, 2]
    height = MEAN_RADIUS_M + dx * frame[1, 0] + dy * frame[1, 1] + dz * frame[1, 2]
    k = MEAN_RADIUS_M / max(height, 1.0)
    return (
        k * (dx * frame[2, 0] + dy * frame[2, 1] + dz * frame[2, 2]),
        k * (dx * frame[3, 0] + dy * frame[3, 1] + dz * frame[3, 2]),
    )


@nb.njit(cache=True, nogil=True)
def to_surface(frame: Floats, east: float, north: float) -> tuple[float, float, float]:
    """The surface point of plane coordinates: where the ray from the eye through them meets the ellipsoid."""
    eye_x, eye_y = frame[0, 0] - MEAN_RADIUS_M * frame[1, 0], frame[0, 1] - MEAN_RADIUS_M * frame[1, 1]
    eye_z = frame[0, 2] - MEAN_RADIUS_M * frame[1, 2]
    ray_x = MEAN_RADIUS_M * frame[1, 0] + east * frame[2, 0] + north * frame[3, 0]
    ray_y = MEAN_RADIUS_M * frame[1, 1] + east * frame[2, 1] + north * frame[3, 1]
    ray_z = MEAN_RADIUS_M * frame[1, 2] + east * frame[2, 2] + north * frame[3, 2]
    # with z stretched by this the ellipsoid is a sphere
    stretch = 1.0 / (1.0 - FLATTENING)
    z, rz = eye_z * stretch, ray_z * stretch
    square = ray_x * ray_x + ray_y * ray_y + rz * rz
    half = eye_x * ray_x + eye_y * ray_y + z * rz
    rest = eye_x * eye_x + eye_y * eye_y + z * z - EQUATORIAL_RADIUS_M * EQUATORIAL_RADIUS_M
    share = (-half + math.sqrt(half * half - square * rest)) / square
    return eye_x + share * ray_x, eye_y + share * ray_y, eye_z + share * ray_z


@nb.njit(cache=True, nogil=True)
def project_edges(frame: Floats, edges: Floats) -> Floats:
    """Edges `(n, 6)` in space as edges `(n, 4)` in the plane."""
    flat = np.empty((edges.shape[0], 4))
    for i in range(edges.shape[0]):
        flat[i, 0], flat[i, 1] = project(frame, edges[i, 0], edges[i, 1], edges[i, 2])
        flat[i, 2], flat[i, 3] = project(frame, edges[i, 3], edges[i, 4], edges[i, 5])
    return flat


@nb.njit(cache=True, nogil=True)
def inside(flat: Floats, x: float, y: float) -> bool:
    """Whether a point lies inside the rings whose edges these are, by even-odd parity."""
    odd = False
    for i in range(flat.shape[0]):
        y0, y1 = flat[i, 1], flat[i, 3]
        if (y0 > y) != (y1 > y) and x < flat[i, 0] + (y - y0) / (y1 - y0) * (flat[i, 2] - flat[i, 0]):
            odd = not odd
    return odd


@nb.njit(cache=True, nogil=True)
def nearest_on_edge(flat: Floats, i: int, x: float, y: float) -> tuple[float, float]:
    """The point of an edge that is nearest to a point."""
    x0, y0 = flat[i, 0], flat[i, 1]
    dx, dy = flat[i, 2] - x0, flat[i, 3] - y0
    square = dx * dx + dy * dy
    share = 0.0 if square == 0.0 else min(1.0, max(0.0, ((x - x0) * dx + (y - y0) * dy) / square))
    return x0 + share * dx, y0 + share * dy


@nb.njit(cache=True, nogil=True)
def clip_convex(corners: Floats, count: int, p: float, q: float, bound: float, result: Floats) -> int:
    """Cut a convex polygon to p·u + q·v ≤ bound; how many corners the result has."""
    kept = 0
    for i in range(count):
        k = i + 1 if i + 1 < count else 0
        u, v, s, t = corners[i, 0], corners[i, 1], corners[k, 0], corners[k, 1]
        here, there = p * u + q * v - bound, p * s + q * t - bound
        if here <= 0.0:
            result[kept, 0], result[kept, 1] = u, v
            kept += 1
        if (here < 0.0 < there) or (there < 0.0 < here):
            share = here / (here - there)
            result[kept, 0], result[kept, 1] = u + share * (s - u), v + share * (t - v)
            kept += 1
    return kept


@nb.njit(cache=True, nogil=True)
def convex_holds(corners: Floats, count: int, u: float, v: float) -> bool:
    """Whether a convex polygon, wound either way, holds a point; one without an area holds none."""
    left, right = False, False
    for i in range(count):
        k = i + 1 if i + 1 < count else 0
        s, t = corners[i, 0], corners[i, 1]
        side = (corners[k, 0] - s) * (v - t) - (corners[k, 1] - t) * (u - s)
        left, right = left or side > 0.0, right or side < 0.0
    return left != right
