"""Leg against volume: when the tolerance tube of a leg touches a declared volume, and how near the leg itself comes.

The instants are an intersection of sets on the leg's own clock: those at which the altitude, give or take its
tolerance, lies in the closed band; those of the volume's half-open time, widened by the time tolerance; and those at
which the moving point is within the lateral tolerance of the footprint. The last is one interval for a circle: the
roots of a quadratic, in a plane up to 20 km, beyond from the exact geodesic and its first two derivatives. For a
polygon it is the union of one interval per edge (a capsule around the edge is convex) and of the gaps between them in
which the point is inside: a leg may enter and leave a concave polygon several times.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.conflict.kernels.geodesy import (
    CHORD_IS_EXACT_M,
    MEAN_RADIUS_M,
    chord_to_geodesic_m,
    geodesic_from,
    geodesic_to_offset_m,
    latitude_longitude_deg,
    plane_length,
    space_length,
    unit_normal,
)
from skyparley.conflict.kernels.layout import (
    BEGIN_S,
    CIRCLE,
    END_S,
    KIND,
    LATERAL_M,
    LATITUDE_RAD,
    LONGITUDE_RAD,
    QUANTUM_M,
    RADIUS_M,
    TIME_S,
    X0,
    X1,
    Y0,
    Y1,
    Z0,
    Z1,
)
from skyparley.conflict.kernels.legs import DEEPEST_M
from skyparley.conflict.kernels.plane import (
    depth_at,
    inside,
    nearest_on_edge,
    plane_at,
    point_at,
    project,
    project_edges,
    to_surface,
)

Floats = npt.NDArray[np.float64]
HALF_QUANTUM_M: Final = QUANTUM_M / 2.0
_STILL_M2: Final = 1e-12
"""Less motion than a micrometre, squared, is none."""
_SHORT_REACH_M: Final = 50.0
"""So short a reach measures in the plane what it is, to 0.02 mm."""
_MOST_STRETCHED: Final = 1.001
"""No distance from a leg of 8 km within the greatest tolerance measures more than so much of itself in its plane."""


@nb.njit(cache=True, nogil=True)
def leg_solid(
    leg: Floats, solid: Floats, edges: Floats, z0: float, z1: float, lower_m: float, upper_m: float
) -> tuple[Floats, float, float, float, float, float, float]:
    """When a leg's tube touches a volume.

    `z0`, `z1` are the leg's altitudes at its ends and `lower_m`, `upper_m` the band widened by the vertical tolerance,
    on one datum. Returns windows `(n, 2)` in seconds since 1970, sorted and apart (n = 0: never), the instant at which
    the leg is nearest, its horizontal distance (metres) and its altitude there, and the point (x, y, z).
    """
    span = leg[END_S] - leg[BEGIN_S]
    # half-open time of volume and leg, on the leg's clock from its begin, widened by the tolerance
    low = max(0.0, solid[BEGIN_S] - leg[TIME_S] - leg[BEGIN_S])
    high = min(span, solid[END_S] + leg[TIME_S] - leg[BEGIN_S])
    nothing = np.empty((0, 2))
    if low >= high:
        return nothing, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    climb = (z1 - z0) / span
    low, high = _in_band(z0, climb, lower_m - HALF_QUANTUM_M, upper_m + HALF_QUANTUM_M, low, high)
    if low > high:
        return nothing, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    reach = leg[LATERAL_M] + HALF_QUANTUM_M
    if solid[KIND] == CIRCLE:
        times = _near_circle(leg, solid, solid[RADIUS_M] + reach, low, high)
    else:
        frame = plane_at(*point_at(leg, (low + high) / 2.0))
        times = _near_polygon(leg, frame, project_edges(frame, edges), reach, low, high)
    begin, end = solid[BEGIN_S], solid[END_S]
    if leg[TIME_S] == 0.0 and times.shape[0] > 0 and times[0, 0] + leg[BEGIN_S] >= min(end, leg[END_S]):
        return nothing, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    if times.shape[0] == 0:
        return nothing, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    closest, distance = _nearest(leg, solid, edges, times)
    x, y, z = point_at(leg, closest)
    windows = np.empty_like(times)
    for i in range(times.shape[0]):
        windows[i, 0] = max(begin, leg[BEGIN_S] + times[i, 0] - leg[TIME_S])
        windows[i, 1] = min(end, leg[BEGIN_S] + times[i, 1] + leg[TIME_S])
    return windows, leg[BEGIN_S] + closest, distance, z0 + climb * closest, x, y, z


@nb.njit(cache=True, nogil=True)
def _plane_reach(frame: Floats, flat: Floats, i: int, path: Floats, reach: float) -> float:
    """A reach as it measures in the plane between a path and an edge, where they are nearest to each other."""
    if reach <= _SHORT_REACH_M:
        return reach
    _, px, py, qx, qy = _nearest_pair(flat, i, path)
    flat_m = plane_length(px - qx, py - qy)
    return reach if flat_m == 0.0 else reach * flat_m / _measured(frame, px, py, qx, qy)


@nb.njit(cache=True, nogil=True)
def _measured(frame: Floats, px: float, py: float, qx: float, qy: float) -> float:
    """The geodesic distance (metres) between two points of the plane."""
    ax, ay, az = to_surface(frame, px, py)
    bx, by, bz = to_surface(frame, qx, qy)
    chord = space_length(ax - bx, ay - by, az - bz)
    if chord <= CHORD_IS_EXACT_M:
        return chord_to_geodesic_m(chord)
    latitude, longitude = latitude_longitude_deg(ax, ay, az)
    other, others = latitude_longitude_deg(bx, by, bz)
    return geodesic_from(math.radians(latitude), math.radians(longitude), math.radians(other), math.radians(others))[0]


@nb.njit(cache=True, nogil=True)
def _nearest_pair(flat: Floats, i: int, path: Floats) -> tuple[float, float, float, float, float]:
    """Where along a path `(1, 4)`, 0 to 1, it is nearest to an edge that it does not cross, and both places."""
    whole = plane_length(path[0, 2] - path[0, 0], path[0, 3] - path[0, 1])
    best, share, x, y, u, v = math.inf, 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(2):
        ex, ey = flat[i, 2 * k], flat[i, 2 * k + 1]
        px, py = nearest_on_edge(path, 0, ex, ey)
        distance = plane_length(px - ex, py - ey)
        if distance < best:
            best, x, y, u, v = distance, px, py, ex, ey
            share = 0.0 if whole == 0.0 else plane_length(px - path[0, 0], py - path[0, 1]) / whole
        px, py = path[0, 2 * k], path[0, 2 * k + 1]
        ex, ey = nearest_on_edge(flat, i, px, py)
        distance = plane_length(px - ex, py - ey)
        if distance < best:
            best, share, x, y, u, v = distance, float(k), px, py, ex, ey
    return share, x, y, u, v


@nb.njit(cache=True, nogil=True)
def _in_band(z: float, climb: float, lower: float, upper: float, low: float, high: float) -> tuple[float, float]:
    """The part of [low, high] in which lower ≤ z + climb t ≤ upper; low > high if there is none."""
    if abs(climb) * (high - low) < 1e-9:
        return (low, high) if lower <= z + climb * low <= upper else (1.0, 0.0)
    one, other = (lower - z) / climb, (upper - z) / climb
    return max(low, min(one, other)), min(high, max(one, other))


@nb.njit(cache=True, nogil=True)
def _near_circle(leg: Floats, solid: Floats, reach: float, low: float, high: float) -> Floats:
    """The part of [low, high] in which the leg is within `reach` of the centre; `(0, 2)` or `(1, 2)`."""
    times = np.empty((1, 2))
    ax, ay, az = point_at(leg, low)
    bx, by, bz = point_at(leg, high)
    rx, ry, rz = ax - solid[X0], ay - solid[Y0], az - solid[Z0]
    vx, vy, vz = bx - ax, by - ay, bz - az
    square = vx * vx + vy * vy + vz * vz
    half = rx * vx + ry * vy + rz * vz
    guess = 0.0 if square == 0.0 else min(1.0, max(0.0, -half / square))
    rest = rx * rx + ry * ry + rz * rz
    if rest + guess * (2.0 * half + guess * square) > reach * reach + DEEPEST_M * DEEPEST_M:
        return times[:0]  # a chord is never longer than its geodesic: this rejects for certain
    if reach <= CHORD_IS_EXACT_M:
        # seen along the vertical at the centre, and shrunk by how far the leg runs below the surface
        nx, ny, nz = unit_normal(solid[X0], solid[Y0], solid[Z0])
        up, rise = rx * nx + ry * ny + rz * nz, vx * nx + vy * ny + vz * nz
        offset = geodesic_to_offset_m(reach) * (1.0 - depth_at(leg, low + guess * (high - low)) / MEAN_RADIUS_M)
        enter, leave = _roots(square - rise * rise, half - up * rise, rest - up * up - offset * offset)
        if enter > leave:
            return times[:0]
        times[0, 0], times[0, 1] = low + enter * (high - low), low + leave * (high - low)
        return times
    middle, distance = _nearest_to_centre(leg, solid, low, high)
    if distance > reach:
        return times[:0]
    square, half, rest = _expansion(leg, solid, middle)
    enter, leave = _roots_between(square, half, rest - reach * reach, low - middle, high - middle)
    for k in range(2):
        away = enter if k == 0 else leave
        if low < middle + away < high:  # once more about the instant found: what was left out is now next to nothing
            square, half, rest = _expansion(leg, solid, middle + away)
            if abs(rest - reach * reach) < abs(half * away):  # no further than twice as far, even where it only grazes
                away -= (rest - reach * reach) / (2.0 * half)
        times[0, k] = min(max(middle + away, low), high)
    return times


@nb.njit(cache=True, nogil=True)
def _expansion(leg: Floats, solid: Floats, t: float) -> tuple[float, float, float]:
    """The squared geodesic distance to a circle's centre, δ seconds from t: square δ² + 2 half δ + rest.

    Value and slope are those of the ellipsoid (first variation of the geodesic's length); the curvature is that of a
    sphere, s / R · cot(s / R) across the geodesic. Over a leg of 8 km it is 1 mm off at 2,000 km, nothing at 20 km.
    """
    x, y, z = point_at(leg, t)
    latitude_deg, longitude_deg = latitude_longitude_deg(x, y, z)
    latitude, longitude = math.radians(latitude_deg), math.radians(longitude_deg)
    distance, east, north = geodesic_from(latitude, longitude, solid[LATITUDE_RAD], solid[LONGITUDE_RAD])
    # the foot on the surface moves a little faster than the leg, which runs below
    span = (leg[END_S] - leg[BEGIN_S]) * (1.0 - depth_at(leg, t) / MEAN_RADIUS_M)
    vx, vy, vz = (leg[X1] - leg[X0]) / span, (leg[Y1] - leg[Y0]) / span, (leg[Z1] - leg[Z0]) / span
    sine, cosine = math.sin(longitude), math.cos(longitude)
    to_east = vy * cosine - vx * sine
    to_north = vz * math.cos(latitude) - math.sin(latitude) * (vx * cosine + vy * sine)
    closing = to_east * east + to_north * north
    angle = distance / MEAN_RADIUS_M
    bend = angle / math.tan(angle) if angle > 0.0 else 1.0
    along = closing * closing
    square = along + bend * (to_east * to_east + to_north * to_north - along)
    return square, -distance * closing, distance * distance


@nb.njit(cache=True, nogil=True)
def _nearest_to_centre(leg: Floats, solid: Floats, low: float, high: float) -> tuple[float, float]:
    """The instant of least distance to the centre of a circle, and the distance; along 8 km there is one minimum."""
    t, distance = (low + high) / 2.0, 0.0
    for _ in range(2):
        square, half, rest = _expansion(leg, solid, t)
        step = 0.0 if square * (high - low) * (high - low) < _STILL_M2 else -half / square
        step = min(max(step, low - t), high - t)
        t, distance = t + step, math.sqrt(max(0.0, rest + step * (2.0 * half + step * square)))
    return min(max(t, low), high), distance


@nb.njit(cache=True, nogil=True)
def _roots_between(square: float, half: float, rest: float, low: float, high: float) -> tuple[float, float]:
    """The part of [low, high] in which square t² + 2 half t + rest ≤ 0; it is taken that there is some."""
    root = math.sqrt(max(0.0, half * half - square * rest))
    if square * (high - low) * (high - low) < _STILL_M2:
        return low, high
    return max(low, (-half - root) / square), min(high, (-half + root) / square)


@nb.njit(cache=True, nogil=True)
def _near_polygon(leg: Floats, frame: Floats, flat: Floats, reach: float, low: float, high: float) -> Floats:
    """The parts of [low, high] in which the leg is inside a polygon or within `reach` of an edge, sorted and apart."""
    path = _path(leg, frame, low, high)
    x0, y0, x1, y1 = path[0, 0], path[0, 1], path[0, 2], path[0, 3]
    furthest = reach * _MOST_STRETCHED
    found = np.empty((flat.shape[0] + 1, 2))
    count = 0
    for i in range(flat.shape[0]):
        if (
            max(flat[i, 0], flat[i, 2]) < min(x0, x1) - furthest
            or min(flat[i, 0], flat[i, 2]) > max(x0, x1) + furthest
            or max(flat[i, 1], flat[i, 3]) < min(y0, y1) - furthest
            or min(flat[i, 1], flat[i, 3]) > max(y0, y1) + furthest
        ):
            continue
        its_reach = _plane_reach(frame, flat, i, path, reach)
        enter, leave = _near_edge(flat, i, x0, y0, x1 - x0, y1 - y0, its_reach)
        if enter <= leave:
            found[count, 0], found[count, 1] = enter, leave
            count += 1
    merged = _merge(found[:count])
    result = np.empty((merged.shape[0] + merged.shape[0] + 1, 2))
    kept = 0
    edge = 0.0
    for i in range(merged.shape[0] + 1):
        until = merged[i, 0] if i < merged.shape[0] else 1.0
        middle = (edge + until) / 2.0
        if until > edge and inside(flat, x0 + middle * (x1 - x0), y0 + middle * (y1 - y0)):
            result[kept, 0], result[kept, 1] = edge, until
            kept += 1
        if i < merged.shape[0]:
            result[kept, 0], result[kept, 1] = merged[i, 0], merged[i, 1]
            kept += 1
            edge = merged[i, 1]
    joined = _merge(result[:kept])
    for i in range(joined.shape[0]):
        joined[i, 0], joined[i, 1] = low + joined[i, 0] * (high - low), low + joined[i, 1] * (high - low)
    return joined


@nb.njit(cache=True, nogil=True)
def _merge(intervals: Floats) -> Floats:
    """Intervals `(n, 2)` sorted by begin, those that touch joined."""
    order = np.argsort(intervals[:, 0])
    result = np.empty_like(intervals)
    kept = 0
    for k in range(order.shape[0]):
        begin, end = intervals[order[k], 0], intervals[order[k], 1]
        if kept > 0 and begin <= result[kept - 1, 1]:
            result[kept - 1, 1] = max(result[kept - 1, 1], end)
        else:
            result[kept, 0], result[kept, 1] = begin, end
            kept += 1
    return result[:kept]


@nb.njit(cache=True, nogil=True)
def _near_edge(flat: Floats, i: int, x: float, y: float, vx: float, vy: float, reach: float) -> tuple[float, float]:
    """The part of [0, 1] in which (x, y) + t (vx, vy) is within `reach` of an edge: one interval, or (1, 0)."""
    x0, y0 = flat[i, 0], flat[i, 1]
    dx, dy = flat[i, 2] - x0, flat[i, 3] - y0
    enter, leave = 2.0, -1.0
    long = plane_length(dx, dy)
    for k in range(2):
        low, high = _near_point(x - flat[i, 2 * k], y - flat[i, 2 * k + 1], vx, vy, reach)
        if low <= high:
            enter, leave = min(enter, low), max(leave, high)
    if long > 0.0:
        ex, ey = dx / long, dy / long
        along, speed_along = (x - x0) * ex + (y - y0) * ey, vx * ex + vy * ey
        across, speed_across = (y - y0) * ex - (x - x0) * ey, vy * ex - vx * ey
        low, high = _in_range(along, speed_along, 0.0, long, 0.0, 1.0)
        low, high = _in_range(across, speed_across, -reach, reach, low, high)
        if low <= high:
            enter, leave = min(enter, low), max(leave, high)
    return (enter, leave) if enter <= leave else (1.0, 0.0)


@nb.njit(cache=True, nogil=True)
def _in_range(value: float, speed: float, lower: float, upper: float, low: float, high: float) -> tuple[float, float]:
    if low > high:
        return 1.0, 0.0
    if abs(speed) < 1e-12:
        return (low, high) if lower <= value <= upper else (1.0, 0.0)
    one, other = (lower - value) / speed, (upper - value) / speed
    return max(low, min(one, other)), min(high, max(one, other))


@nb.njit(cache=True, nogil=True)
def _near_point(x: float, y: float, vx: float, vy: float, reach: float) -> tuple[float, float]:
    """The part of [0, 1] in which (x, y) + t (vx, vy) is within `reach` of the origin."""
    return _roots(vx * vx + vy * vy, x * vx + y * vy, x * x + y * y - reach * reach)


@nb.njit(cache=True, nogil=True)
def _roots(square: float, half: float, rest: float) -> tuple[float, float]:
    """The part of [0, 1] in which square t² + 2 half t + rest ≤ 0, or (1, 0)."""
    if square < 1e-12:
        return (0.0, 1.0) if rest <= 0.0 else (1.0, 0.0)
    discriminant = half * half - square * rest
    if discriminant < 0.0:
        return 1.0, 0.0
    root = math.sqrt(discriminant)
    enter, leave = max(0.0, (-half - root) / square), min(1.0, (-half + root) / square)
    return (enter, leave) if enter <= leave else (1.0, 0.0)


@nb.njit(cache=True, nogil=True)
def _nearest(leg: Floats, solid: Floats, edges: Floats, times: Floats) -> tuple[float, float]:
    """Within the windows, the instant of least distance to the footprint (0 inside), the earliest, and the distance."""
    best_t, best = times[0, 0], math.inf
    for i in range(times.shape[0]):
        low, high = times[i, 0], times[i, 1]
        if solid[KIND] == CIRCLE:
            own = _near_circle(leg, solid, solid[RADIUS_M] + HALF_QUANTUM_M, low, high)
            if own.shape[0] > 0:
                return own[0, 0], 0.0
            t, distance = _nearest_to_centre(leg, solid, low, high)
            distance = max(0.0, distance - solid[RADIUS_M])
        else:
            frame = plane_at(*point_at(leg, (low + high) / 2.0))
            flat = project_edges(frame, edges)
            own = _near_polygon(leg, frame, flat, HALF_QUANTUM_M, low, high)
            if own.shape[0] > 0:
                return own[0, 0], 0.0
            t, distance = _nearest_edge(leg, frame, flat, low, high)
        if distance < best:
            best_t, best = t, distance
    return best_t, best


@nb.njit(cache=True, nogil=True)
def _nearest_edge(leg: Floats, frame: Floats, flat: Floats, low: float, high: float) -> tuple[float, float]:
    """The instant in [low, high] at which the leg, outside a polygon, is nearest to an edge, and how near."""
    path = _path(leg, frame, low, high)
    best_share, best = 0.0, math.inf
    x, y, u, v = 0.0, 0.0, 0.0, 0.0
    for i in range(flat.shape[0]):
        share, px, py, qx, qy = _nearest_pair(flat, i, path)
        distance = plane_length(px - qx, py - qy)
        if distance < best:
            best, best_share, x, y, u, v = distance, share, px, py, qx, qy
    return low + best_share * (high - low), _measured(frame, x, y, u, v)


@nb.njit(cache=True, nogil=True)
def _path(leg: Floats, frame: Floats, low: float, high: float) -> Floats:
    """A part of a leg in the plane, as one edge `(1, 4)`."""
    path = np.empty((1, 4))
    path[0, 0], path[0, 1] = project(frame, *point_at(leg, low))
    path[0, 2], path[0, 3] = project(frame, *point_at(leg, high))
    return path
