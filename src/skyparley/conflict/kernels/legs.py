"""Leg against leg: two aircraft in straight motion, each with linear altitude, closed form.

Horizontal distance is the chord between the points, without its part along the vertical midway between them and
corrected for how far both lie below the surface, and from it the geodesic: a leg is a straight line, up to 1.3 m below
the surface in the middle of 8 km. Infringed is only what is strictly less than the minimum, in whole millimetres (up
to 20 km; at 500 km the geodesic is known to 2 m). Without time tolerance the relative motion is a line, and the
instants of infringement are the roots of one quadratic met with one linear condition. With time tolerance the two
clocks may differ by up to the sum of the tolerances: the question becomes the least value of a convex quadratic over a
convex polygon in the plane of the two clocks, and the first and last instants are the extremes of a linear function
over the part of that polygon that lies in an ellipse.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.conflict.kernels.geodesy import (
    MEAN_RADIUS_M,
    chord_to_geodesic_m,
    geodesic_to_chord_m,
    space_length,
    unit_normal,
)
from skyparley.conflict.kernels.layout import BEGIN_S, END_S, QUANTUM_M, TIME_S, X0, X1
from skyparley.conflict.kernels.plane import clip_convex, convex_holds, depth_at, point_at

Floats = npt.NDArray[np.float64]
Encounter = tuple[bool, float, float, float, float, float, float, float, float]
"""(hit, first_s, last_s, closest_s, horizontal_m, vertical_m, x, y, z of the point midway)."""

HALF_QUANTUM_M: Final = QUANTUM_M / 2.0
DEEPEST_M: Final = 2.0
"""No leg lies further below the surface: the sagitta of `MAX_LEG_PIECE_M` is 1.26 m."""
_HALF_MICROSECOND_S: Final = 0.5e-6
_MOST_CORNERS: Final = 16
_STILL_M2: Final = 1e-12
"""Less relative motion than a micrometre, squared, is none."""
_PARALLEL: Final = 1e-12
"""Squared sine of the angle between two legs below which they count as parallel."""


@nb.njit(cache=True, nogil=True)
def _between(leg: Floats, start: float, end: float, t_s: float) -> float:
    return start + (end - start) * (t_s - leg[BEGIN_S]) / (leg[END_S] - leg[BEGIN_S])


@nb.njit(cache=True, nogil=True)
def leg_leg(
    a: Floats, b: Floats, za0: float, za1: float, zb0: float, zb1: float, horizontal_m: float, vertical_m: float
) -> Encounter:
    """Whether two legs (rows of `layout`) infringe `horizontal_m` and `vertical_m` at once, when, and how closely.

    Altitudes at the ends are given apart, on one datum; the distances include the lateral and vertical tolerances of
    both. Closest is, within the infringement, the instant of least horizontal distance, then of least vertical, then
    the earliest.
    """
    if a[TIME_S] + b[TIME_S] > 0.0:
        return _with_time_tolerance(a, b, za0, za1, zb0, zb1, horizontal_m, vertical_m)
    miss = (False, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    start, end = max(a[BEGIN_S], b[BEGIN_S]), min(a[END_S], b[END_S])
    reach_m, gap_m = geodesic_to_chord_m(horizontal_m - HALF_QUANTUM_M), vertical_m - HALF_QUANTUM_M
    if start >= end or reach_m <= 0.0 or gap_m <= 0.0:
        return miss
    span = end - start
    dz = _between(b, zb0, zb1, start) - _between(a, za0, za1, start)
    climb = (_between(b, zb0, zb1, end) - _between(a, za0, za1, end) - dz) / span
    low, high = _within(dz, climb, gap_m, span)
    if low >= high:
        return miss
    clock_a, clock_b = start - a[BEGIN_S], start - b[BEGIN_S]
    rx, ry, rz, vx, vy, vz, wx, wy, wz = _relative(a, clock_a, b, clock_b, span)
    square = vx * vx + vy * vy + vz * vz
    half = rx * vx + ry * vy + rz * vz
    guess = low if square == 0.0 else min(max(-half / square, low), high)
    rest = rx * rx + ry * ry + rz * rz
    if rest + guess * (2.0 * half + guess * square) > reach_m * reach_m + DEEPEST_M * DEEPEST_M:
        return miss
    # from here on distances are horizontal where the two are closest; across, that may be elsewhere than in space
    for _ in range(2):
        px, py, pz = point_at(a, clock_a + guess)
        nx, ny, nz = unit_normal(
            px + (rx + vx * guess) / 2.0, py + (ry + vy * guess) / 2.0, pz + (rz + vz * guess) / 2.0
        )
        gx, gy, gz = rx + vx * guess, ry + vy * guess, rz + vz * guess
        rise = vx * nx + vy * ny + vz * nz + (gx * wx + gy * wy + gz * wz) / MEAN_RADIUS_M  # the vertical turns, too
        up = gx * nx + gy * ny + gz * nz - rise * guess
        level, slant = square - rise * rise, half - up * rise
        if level * span * span < _STILL_M2:
            break
        guess = min(max(-slant / level, low), high)
    # a distance on the surface is shorter down where the legs run, which changes with the square of time, too
    bend, turn, down = _depths(a, clock_a, b, clock_b)
    pull = reach_m * reach_m / MEAN_RADIUS_M
    square, half, rest = level + pull * bend, slant + pull * turn, rest - up * up - reach_m * reach_m + pull * down
    low, high, nearest = _negative(square, half, rest, low, high)
    if low >= high:
        return miss
    if level * span * span < QUANTUM_M * QUANTUM_M:  # equally near throughout, in whole millimetres
        nearest = low if abs(climb) * span < HALF_QUANTUM_M else min(max(-dz / climb, low), high)
    hx, hy, hz = rx + vx * nearest, ry + vy * nearest, rz + vz * nearest
    tall = up + rise * nearest
    shrink = 1.0 - (depth_at(a, clock_a + nearest) + depth_at(b, clock_b + nearest)) / (2.0 * MEAN_RADIUS_M)
    px, py, pz = point_at(a, clock_a + nearest)
    return (
        True,
        start + low,
        start + high,
        start + nearest,
        chord_to_geodesic_m(math.sqrt(max(0.0, hx * hx + hy * hy + hz * hz - tall * tall)) / shrink),
        abs(dz + climb * nearest),
        px + hx / 2.0,
        py + hy / 2.0,
        pz + hz / 2.0,
    )


@nb.njit(cache=True, nogil=True)
def _relative(
    a: Floats, clock_a: float, b: Floats, clock_b: float, span: float
) -> tuple[float, float, float, float, float, float, float, float, float]:
    """From a to b at two of their clocks, how fast that changes, and the velocity of the point midway."""
    ax, ay, az = point_at(a, clock_a)
    bx, by, bz = point_at(b, clock_b)
    cx, cy, cz = point_at(a, clock_a + span)
    dx, dy, dz = point_at(b, clock_b + span)
    ux, uy, uz = (cx - ax) / span, (cy - ay) / span, (cz - az) / span
    wx, wy, wz = (dx - bx) / span, (dy - by) / span, (dz - bz) / span
    middle = (ux + wx) / 2.0, (uy + wy) / 2.0, (uz + wz) / 2.0
    return bx - ax, by - ay, bz - az, wx - ux, wy - uy, wz - uz, middle[0], middle[1], middle[2]


@nb.njit(cache=True, nogil=True)
def _depths(a: Floats, clock_a: float, b: Floats, clock_b: float) -> tuple[float, float, float]:
    """How deep two legs lie together, t seconds after two of their clocks: bend t² + 2 turn t + down."""
    bend, turn, down = 0.0, 0.0, 0.0
    for k in range(2):
        leg, clock = (a, clock_a) if k == 0 else (b, clock_b)
        span = leg[END_S] - leg[BEGIN_S]
        sagitta = 4.0 * depth_at(leg, span / 2.0)
        bend -= sagitta / (span * span)
        turn += sagitta * (0.5 - clock / span) / span
        down += sagitta * (1.0 - clock / span) * clock / span
    return bend, turn, down


@nb.njit(cache=True, nogil=True)
def _negative(square: float, half: float, rest: float, low: float, high: float) -> tuple[float, float, float]:
    """From where to where in [low, high] square t² + 2 half t + rest < 0, and where it is least; zeros if nowhere."""
    at_low, at_high = rest + low * (2.0 * half + square * low), rest + high * (2.0 * half + square * high)
    lowest = low if at_low <= at_high else high
    if square > 0.0:
        lowest = min(max(-half / square, low), high)
    if rest + lowest * (2.0 * half + square * lowest) >= 0.0:
        return 0.0, 0.0, 0.0
    root = math.sqrt(max(0.0, half * half - square * rest))
    # of each pair of roots, both without cancellation
    large = -half - root if half > 0.0 else -half + root
    one = large / square if square != 0.0 else math.inf
    other = rest / large if large != 0.0 else one
    first, last = (min(one, other), max(one, other)) if square >= 0.0 else (max(one, other), min(one, other))
    if at_low >= 0.0:
        low = min(max(first, low), lowest)
    if at_high >= 0.0:
        high = max(min(last, high), lowest)
    return low, high, lowest


@nb.njit(cache=True, nogil=True)
def _within(value: float, slope: float, bound: float, span: float) -> tuple[float, float]:
    """The part of [0, span] in which |value + slope t| < bound."""
    if abs(slope) * span < 1e-9:
        return (0.0, span) if abs(value) < bound else (0.0, 0.0)
    one, other = (-bound - value) / slope, (bound - value) / slope
    return max(0.0, min(one, other)), min(span, max(one, other))


@nb.njit(cache=True, nogil=True)
def _with_time_tolerance(
    a: Floats, b: Floats, za0: float, za1: float, zb0: float, zb1: float, horizontal_m: float, vertical_m: float
) -> Encounter:
    miss = (False, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    reach_m, gap_m = geodesic_to_chord_m(horizontal_m - HALF_QUANTUM_M), vertical_m - HALF_QUANTUM_M
    if reach_m <= 0.0 or gap_m <= 0.0:
        return miss
    early_a, early_b = a[TIME_S], b[TIME_S]
    begin, end = max(a[BEGIN_S] - early_a, b[BEGIN_S] - early_b), min(a[END_S] + early_a, b[END_S] + early_b)
    if end - begin < _HALF_MICROSECOND_S:  # half-open times that merely meet
        return miss
    # clocks counted from the begin of each leg keep the numbers small
    span_a, span_b, offset = a[END_S] - a[BEGIN_S], b[END_S] - b[BEGIN_S], b[BEGIN_S] - a[BEGIN_S]
    corners, work = np.empty((_MOST_CORNERS, 2)), np.empty((_MOST_CORNERS, 2))
    corners[0, 0], corners[0, 1] = 0.0, 0.0
    corners[1, 0], corners[1, 1] = span_a, 0.0
    corners[2, 0], corners[2, 1] = span_a, span_b
    corners[3, 0], corners[3, 1] = 0.0, span_b
    tau = early_a + early_b
    climb_a, climb_b = (za1 - za0) / span_a, (zb1 - zb0) / span_b
    count = clip_convex(corners, 4, 1.0, -1.0, tau + offset, work)
    count = clip_convex(work, count, -1.0, 1.0, tau - offset, corners)
    count = clip_convex(corners, count, climb_a, -climb_b, gap_m - za0 + zb0, work)
    count = clip_convex(work, count, -climb_a, climb_b, gap_m + za0 - zb0, corners)
    if count < 3:
        return miss
    motion = np.empty((3, 3))
    _set_motion(a, b, motion)
    distance, ta, tb = _least_distance(motion, corners, count)
    if distance * distance > reach_m * reach_m + DEEPEST_M * DEEPEST_M:
        return miss
    shrink = 1.0
    for _ in range(2):  # where they are closest across may be elsewhere than in space
        _set_motion(a, b, motion)
        shrink = _level(a, b, ta, tb, motion)
        distance, ta, tb = _least_distance(motion, corners, count)
    reach_m *= shrink
    if distance >= reach_m:
        return miss
    late = min(ta + early_a, tb + offset + early_b)
    for k in range(2):  # the part in which one clock limits how late it may be, then the other
        sign = 1.0 - 2.0 * k
        kept = clip_convex(corners, count, sign, -sign, sign * (offset + early_b - early_a), work)
        late = max(late, _furthest(motion, work, kept, reach_m, k, 1.0) + (early_a if k == 0 else offset + early_b))
    soon = max(ta - early_a, tb + offset - early_b)
    inside = (soon + min(ta + early_a, tb + offset + early_b)) / 2.0
    for k in range(2):
        sign = 1.0 - 2.0 * k
        kept = clip_convex(corners, count, -sign, sign, sign * (early_b - early_a - offset), work)
        soon = min(soon, -_furthest(motion, work, kept, reach_m, k, -1.0) - (early_a if k == 0 else early_b - offset))
    px, py, pz = point_at(a, ta)
    qx, qy, qz = point_at(b, tb)
    vertical = abs(za0 + climb_a * ta - zb0 - climb_b * tb)
    return (
        True,
        a[BEGIN_S] + soon,
        a[BEGIN_S] + late,
        a[BEGIN_S] + inside,
        chord_to_geodesic_m(distance / shrink),
        vertical,
        (px + qx) / 2.0,
        (py + qy) / 2.0,
        (pz + qz) / 2.0,
    )


@nb.njit(cache=True, nogil=True)
def _set_motion(a: Floats, b: Floats, motion: Floats) -> None:
    """From b to a: where it begins, what a adds per second of its clock, what b takes per second of its own."""
    span_a, span_b = a[END_S] - a[BEGIN_S], b[END_S] - b[BEGIN_S]
    for k in range(3):
        motion[0, k] = a[X0 + k] - b[X0 + k]
        motion[1, k] = (a[X1 + k] - a[X0 + k]) / span_a
        motion[2, k] = (b[X1 + k] - b[X0 + k]) / span_b


@nb.njit(cache=True, nogil=True)
def _level(a: Floats, b: Floats, ta: float, tb: float, motion: Floats) -> float:
    """Take from a motion its part along the vertical midway between the positions at two clocks; by how much distances
    are shrunk because the legs run below the surface there.
    """
    ax, ay, az = point_at(a, ta)
    bx, by, bz = point_at(b, tb)
    nx, ny, nz = unit_normal((ax + bx) / 2.0, (ay + by) / 2.0, (az + bz) / 2.0)
    # the vertical turns as both move on: by this much of their distance per second of each clock
    one = ((ax - bx) * motion[1, 0] + (ay - by) * motion[1, 1] + (az - bz) * motion[1, 2]) / (2.0 * MEAN_RADIUS_M)
    other = ((ax - bx) * motion[2, 0] + (ay - by) * motion[2, 1] + (az - bz) * motion[2, 2]) / (2.0 * MEAN_RADIUS_M)
    for i in range(3):
        up = motion[i, 0] * nx + motion[i, 1] * ny + motion[i, 2] * nz
        up += ta * one + tb * other if i == 0 else -one if i == 1 else other
        motion[i, 0], motion[i, 1], motion[i, 2] = (
            motion[i, 0] - up * nx,
            motion[i, 1] - up * ny,
            motion[i, 2] - up * nz,
        )
    return 1.0 - (depth_at(a, ta) + depth_at(b, tb)) / (2.0 * MEAN_RADIUS_M)


@nb.njit(cache=True, nogil=True)
def _at_clocks(motion: Floats, u: float, v: float) -> tuple[float, float, float]:
    return (
        motion[0, 0] + motion[1, 0] * u - motion[2, 0] * v,
        motion[0, 1] + motion[1, 1] * u - motion[2, 1] * v,
        motion[0, 2] + motion[1, 2] * u - motion[2, 2] * v,
    )


@nb.njit(cache=True, nogil=True)
def _least_distance(motion: Floats, corners: Floats, count: int) -> tuple[float, float, float]:
    """Least chord (metres) between the legs over a convex polygon of their clocks, and the clocks that give it."""
    best, best_u, best_v = math.inf, 0.0, 0.0
    uu, ww, uw, determinant = _form(motion)
    if determinant > 0.0:
        u, v = _centre(motion, uu, ww, uw, determinant)
        if convex_holds(corners, count, u, v):
            x, y, z = _at_clocks(motion, u, v)
            return space_length(x, y, z), u, v
    for i in range(count):
        k = i + 1 if i + 1 < count else 0
        u, v = corners[i, 0], corners[i, 1]
        s, t = corners[k, 0] - u, corners[k, 1] - v
        x, y, z = _at_clocks(motion, u, v)
        gx, gy, gz = _along(motion, s, t)
        square = gx * gx + gy * gy + gz * gz
        share = 0.0 if square < _STILL_M2 else min(1.0, max(0.0, -(x * gx + y * gy + z * gz) / square))
        distance = space_length(x + gx * share, y + gy * share, z + gz * share)
        if distance < best:
            best, best_u, best_v = distance, u + s * share, v + t * share
    return best, best_u, best_v


@nb.njit(cache=True, nogil=True)
def _along(motion: Floats, s: float, t: float) -> tuple[float, float, float]:
    return (
        motion[1, 0] * s - motion[2, 0] * t,
        motion[1, 1] * s - motion[2, 1] * t,
        motion[1, 2] * s - motion[2, 2] * t,
    )


@nb.njit(cache=True, nogil=True)
def _form(motion: Floats) -> tuple[float, float, float, float]:
    """The quadratic form of the distance over the clocks, and its determinant; that is 0 if the legs are parallel."""
    u, w = motion[1], motion[2]
    uu, ww = u[0] * u[0] + u[1] * u[1] + u[2] * u[2], w[0] * w[0] + w[1] * w[1] + w[2] * w[2]
    uw = u[0] * w[0] + u[1] * w[1] + u[2] * w[2]
    determinant = uu * ww - uw * uw
    return uu, ww, uw, determinant if determinant > _PARALLEL * uu * ww else 0.0


@nb.njit(cache=True, nogil=True)
def _centre(motion: Floats, uu: float, ww: float, uw: float, determinant: float) -> tuple[float, float]:
    """The clocks at which the lines of two legs are nearest: the centre of every ellipse of equal distance."""
    d, u, w = motion[0], motion[1], motion[2]
    du, dw = d[0] * u[0] + d[1] * u[1] + d[2] * u[2], d[0] * w[0] + d[1] * w[1] + d[2] * w[2]
    return (uw * dw - ww * du) / determinant, (uu * dw - uw * du) / determinant


@nb.njit(cache=True, nogil=True)
def _furthest(motion: Floats, corners: Floats, count: int, reach_m: float, clock: int, sign: float) -> float:
    """The greatest value of a clock (sign -1: of its negative) where the legs are within reach; -inf if nowhere.

    What lies within reach is an ellipse of the two clocks, or a strip where the legs are parallel. A linear function is
    greatest over its part in a convex polygon at a corner, where an edge meets the ellipse, or where the ellipse itself
    reaches furthest.
    """
    best = -math.inf
    for i in range(count):
        k = i + 1 if i + 1 < count else 0
        u, v = corners[i, 0], corners[i, 1]
        s, t = corners[k, 0] - u, corners[k, 1] - v
        x, y, z = _at_clocks(motion, u, v)
        gx, gy, gz = _along(motion, s, t)
        square, half = gx * gx + gy * gy + gz * gz, x * gx + y * gy + z * gz
        rest = x * x + y * y + z * z - reach_m * reach_m
        low, high = 0.0, 1.0
        if square < _STILL_M2:
            if rest > 0.0:
                continue
        else:
            discriminant = half * half - square * rest
            if discriminant < 0.0:
                continue
            root = math.sqrt(discriminant)
            low, high = max(0.0, (-half - root) / square), min(1.0, (-half + root) / square)
            if low > high:
                continue
        value, step = (u, s) if clock == 0 else (v, t)
        best = max(best, sign * (value + low * step), sign * (value + high * step))
    uu, ww, uw, determinant = _form(motion)
    if determinant > 0.0:
        u, v = _centre(motion, uu, ww, uw, determinant)
        x, y, z = _at_clocks(motion, u, v)
        spare = max(0.0, reach_m * reach_m - x * x - y * y - z * z) / determinant
        own = ww if clock == 0 else uu
        far, aside = sign * math.sqrt(spare * own), sign * math.sqrt(spare / own) * uw
        u, v = (u + far, v + aside) if clock == 0 else (u + aside, v + far)
        if convex_holds(corners, count, u, v):
            best = max(best, sign * (u if clock == 0 else v))
    return best
