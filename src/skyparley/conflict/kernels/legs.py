"""Leg against leg: two aircraft in straight motion, each with linear altitude, closed form.

Horizontal distance is the chord between the points, without its part along the vertical midway between them and
corrected for how far both lie below the surface, and from it the geodesic: a leg is a straight line, up to 1.3 m below
the surface in the middle of 8 km. Infringed is only what is strictly less than the minimum, in whole millimetres (up
to 20 km; at 500 km the geodesic is known to 2 m). Without time tolerance the relative motion is a line, and the
instants of infringement are the roots of one quadratic met with one linear condition. With time tolerance the two
clocks may differ by up to the sum of the tolerances: the question becomes the least value of a convex quadratic over a
convex polygon in the plane of the two clocks.
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
    unit_normal,
)
from skyparley.conflict.kernels.layout import BEGIN_S, END_S, QUANTUM_M, TIME_S, X0, X1, Y0, Y1, Z0, Z1

Floats = npt.NDArray[np.float64]
Encounter = tuple[bool, float, float, float, float, float, float, float, float]
"""(hit, first_s, last_s, closest_s, horizontal_m, vertical_m, x, y, z of the point midway)."""

HALF_QUANTUM_M: Final = QUANTUM_M / 2.0
_DEEPEST_M: Final = 2.0
"""No leg lies further below the surface: the sagitta of `MAX_LEG_PIECE_M` is 1.26 m."""
_HALF_MICROSECOND_S: Final = 0.5e-6
_BISECTIONS: Final = 45
_MOST_CORNERS: Final = 16


@nb.njit(cache=True, nogil=True)
def _point(leg: Floats, t_s: float) -> tuple[float, float, float]:
    share = (t_s - leg[BEGIN_S]) / (leg[END_S] - leg[BEGIN_S])
    return (
        leg[X0] + share * (leg[X1] - leg[X0]),
        leg[Y0] + share * (leg[Y1] - leg[Y0]),
        leg[Z0] + share * (leg[Z1] - leg[Z0]),
    )


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
    ax, ay, az = _point(a, start)
    bx, by, bz = _point(b, start)
    cx, cy, cz = _point(a, end)
    ex, ey, ez = _point(b, end)
    rx, ry, rz = bx - ax, by - ay, bz - az
    vx, vy, vz = (ex - cx - rx) / span, (ey - cy - ry) / span, (ez - cz - rz) / span
    square = vx * vx + vy * vy + vz * vz
    half = rx * vx + ry * vy + rz * vz
    guess = low if square == 0.0 else min(max(-half / square, low), high)
    rest = rx * rx + ry * ry + rz * rz
    if rest + guess * (2.0 * half + guess * square) > reach_m * reach_m + _DEEPEST_M * _DEEPEST_M:
        return miss
    # from here on distances are horizontal where the two are closest
    px, py, pz = _point(a, start + guess)
    nx, ny, nz = unit_normal(px + (rx + vx * guess) / 2.0, py + (ry + vy * guess) / 2.0, pz + (rz + vz * guess) / 2.0)
    up, rise = rx * nx + ry * ny + rz * nz, vx * nx + vy * ny + vz * nz
    shrink = 1.0 - (_depth(a, start + guess) + _depth(b, start + guess)) / (2.0 * MEAN_RADIUS_M)
    square -= rise * rise
    half -= up * rise
    rest -= up * up + reach_m * reach_m * shrink * shrink
    still = square * span * span < 1e-6  # less than a millimetre of relative motion
    if still:
        if rest >= 0.0:
            return miss
        closest = low if abs(climb) * span < HALF_QUANTUM_M else min(max(-dz / climb, low), high)
    else:
        discriminant = half * half - square * rest
        if discriminant <= 0.0:
            return miss
        root = math.sqrt(discriminant)
        low, high = max(low, (-half - root) / square), min(high, (-half + root) / square)
        if low >= high:
            return miss
        closest = min(max(-half / square, low), high)
    hx, hy, hz = rx + vx * closest, ry + vy * closest, rz + vz * closest
    tall = up + rise * closest
    px, py, pz = _point(a, start + closest)
    return (
        True,
        start + low,
        start + high,
        start + closest,
        chord_to_geodesic_m(math.sqrt(max(0.0, hx * hx + hy * hy + hz * hz - tall * tall)) / shrink),
        abs(dz + climb * closest),
        px + hx / 2.0,
        py + hy / 2.0,
        pz + hz / 2.0,
    )


@nb.njit(cache=True, nogil=True)
def _depth(leg: Floats, t_s: float) -> float:
    """How far below the surface (metres) a leg lies at an instant: the sagitta of its chord there."""
    share = (t_s - leg[BEGIN_S]) / (leg[END_S] - leg[BEGIN_S])
    dx, dy, dz = leg[X1] - leg[X0], leg[Y1] - leg[Y0], leg[Z1] - leg[Z0]
    return share * (1.0 - share) * (dx * dx + dy * dy + dz * dz) / (2.0 * MEAN_RADIUS_M)


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
    corners = np.empty((_MOST_CORNERS, 2))
    # clocks counted from the begin of each leg keep the numbers small
    span_a, span_b, offset = a[END_S] - a[BEGIN_S], b[END_S] - b[BEGIN_S], b[BEGIN_S] - a[BEGIN_S]
    corners[0, 0], corners[0, 1] = 0.0, 0.0
    corners[1, 0], corners[1, 1] = span_a, 0.0
    corners[2, 0], corners[2, 1] = span_a, span_b
    corners[3, 0], corners[3, 1] = 0.0, span_b
    tau = early_a + early_b
    count = _clip(corners, 4, 1.0, -1.0, tau + offset)
    count = _clip(corners, count, -1.0, 1.0, tau - offset)
    climb_a, climb_b = (za1 - za0) / span_a, (zb1 - zb0) / span_b
    count = _clip(corners, count, climb_a, -climb_b, gap_m - za0 + zb0)
    count = _clip(corners, count, -climb_a, climb_b, gap_m + za0 - zb0)
    if count < 3:
        return miss
    distance, ta, tb = _least_distance(a, b, corners, count)
    if distance * distance > reach_m * reach_m + _DEEPEST_M * _DEEPEST_M:
        return miss
    flat_a, flat_b, shrink = _levelled(a, b, a[BEGIN_S] + ta, b[BEGIN_S] + tb)
    reach_m *= shrink
    distance, ta, tb = _least_distance(flat_a, flat_b, corners, count)
    if distance >= reach_m:
        return miss
    clock_a, clock_b = a[BEGIN_S] + ta, b[BEGIN_S] + tb
    inside = (max(clock_a - early_a, clock_b - early_b) + min(clock_a + early_a, clock_b + early_b)) / 2.0
    earliest, latest = min(a[BEGIN_S] - early_a, b[BEGIN_S] - early_b), max(a[END_S] + early_a, b[END_S] + early_b)
    first = _last_feasible(flat_a, flat_b, corners, count, reach_m, inside, earliest)
    last = _last_feasible(flat_a, flat_b, corners, count, reach_m, inside, latest)
    px, py, pz = _point(a, clock_a)
    qx, qy, qz = _point(b, clock_b)
    vertical = abs(za0 + climb_a * ta - zb0 - climb_b * tb)
    return (
        True,
        first,
        last,
        inside,
        chord_to_geodesic_m(distance / shrink),
        vertical,
        (px + qx) / 2.0,
        (py + qy) / 2.0,
        (pz + qz) / 2.0,
    )


@nb.njit(cache=True, nogil=True)
def _levelled(a: Floats, b: Floats, clock_a: float, clock_b: float) -> tuple[Floats, Floats, float]:
    """Two legs projected along the vertical midway between their positions at two clocks, and by how much distances
    there are shrunk because the legs run below the surface.
    """
    ax, ay, az = _point(a, clock_a)
    bx, by, bz = _point(b, clock_b)
    normal = unit_normal((ax + bx) / 2.0, (ay + by) / 2.0, (az + bz) / 2.0)
    flat_a, flat_b = a.copy(), b.copy()
    for flat in (flat_a, flat_b):
        for begin in (X0, X1):
            up = flat[begin] * normal[0] + flat[begin + 1] * normal[1] + flat[begin + 2] * normal[2]
            for k in range(3):
                flat[begin + k] -= up * normal[k]
    return flat_a, flat_b, 1.0 - (_depth(a, clock_a) + _depth(b, clock_b)) / (2.0 * MEAN_RADIUS_M)


@nb.njit(cache=True, nogil=True)
def _clip(corners: Floats, count: int, p: float, q: float, bound: float) -> int:
    """Cut a convex polygon (in place) to p·u + q·v ≤ bound; how many corners are left."""
    result = np.empty((_MOST_CORNERS, 2))
    kept = 0
    for i in range(count):
        u, v = corners[i, 0], corners[i, 1]
        s, t = corners[(i + 1) % count, 0], corners[(i + 1) % count, 1]
        here, there = p * u + q * v - bound, p * s + q * t - bound
        if here <= 0.0:
            result[kept, 0], result[kept, 1] = u, v
            kept += 1
        if (here < 0.0 < there) or (there < 0.0 < here):
            share = here / (here - there)
            result[kept, 0], result[kept, 1] = u + share * (s - u), v + share * (t - v)
            kept += 1
    corners[:kept] = result[:kept]
    return kept


@nb.njit(cache=True, nogil=True)
def _least_distance(a: Floats, b: Floats, corners: Floats, count: int) -> tuple[float, float, float]:
    """Least chord (metres) between the legs over a convex polygon of their clocks, and the clocks that give it."""
    span_a, span_b = a[END_S] - a[BEGIN_S], b[END_S] - b[BEGIN_S]
    dx, dy, dz = a[X0] - b[X0], a[Y0] - b[Y0], a[Z0] - b[Z0]
    ux, uy, uz = (a[X1] - a[X0]) / span_a, (a[Y1] - a[Y0]) / span_a, (a[Z1] - a[Z0]) / span_a
    wx, wy, wz = (b[X1] - b[X0]) / span_b, (b[Y1] - b[Y0]) / span_b, (b[Z1] - b[Z0]) / span_b
    best, best_u, best_v = math.inf, 0.0, 0.0
    uu, ww, uw = ux * ux + uy * uy + uz * uz, wx * wx + wy * wy + wz * wz, ux * wx + uy * wy + uz * wz
    du, dw = dx * ux + dy * uy + dz * uz, dx * wx + dy * wy + dz * wz
    determinant = uu * ww - uw * uw
    if determinant > 1e-12 * uu * ww:
        u, v = (uw * dw - ww * du) / determinant, (uu * dw - uw * du) / determinant
        if _holds(corners, count, u, v):
            x, y, z = dx + ux * u - wx * v, dy + uy * u - wy * v, dz + uz * u - wz * v
            return math.sqrt(x * x + y * y + z * z), u, v
    for i in range(count):
        u, v = corners[i, 0], corners[i, 1]
        s, t = corners[(i + 1) % count, 0] - u, corners[(i + 1) % count, 1] - v
        x, y, z = dx + ux * u - wx * v, dy + uy * u - wy * v, dz + uz * u - wz * v
        gx, gy, gz = ux * s - wx * t, uy * s - wy * t, uz * s - wz * t
        square = gx * gx + gy * gy + gz * gz
        share = 0.0 if square < 1e-12 else min(1.0, max(0.0, -(x * gx + y * gy + z * gz) / square))
        x, y, z = x + gx * share, y + gy * share, z + gz * share
        distance = math.sqrt(x * x + y * y + z * z)
        if distance < best:
            best, best_u, best_v = distance, u + s * share, v + t * share
    return best, best_u, best_v


@nb.njit(cache=True, nogil=True)
def _holds(corners: Floats, count: int, u: float, v: float) -> bool:
    """Whether a convex polygon, wound either way, holds a point; one without an area holds none."""
    left, right = False, False
    for i in range(count):
        s, t = corners[i, 0], corners[i, 1]
        side = (corners[(i + 1) % count, 0] - s) * (v - t) - (corners[(i + 1) % count, 1] - t) * (u - s)
        left, right = left or side > 0.0, right or side < 0.0
    return left != right


@nb.njit(cache=True, nogil=True)
def _last_feasible(
    a: Floats, b: Floats, corners: Floats, count: int, reach_m: float, inside: float, outside: float
) -> float:
    """The instant furthest from `inside` towards `outside` at which both may be too close; they form an interval."""
    work = np.empty((_MOST_CORNERS, 2))
    for _ in range(_BISECTIONS):
        middle = (inside + outside) / 2.0
        work[:count] = corners[:count]
        kept = _clip(work, count, 1.0, 0.0, middle + a[TIME_S] - a[BEGIN_S])
        kept = _clip(work, kept, -1.0, 0.0, a[BEGIN_S] - middle + a[TIME_S])
        kept = _clip(work, kept, 0.0, 1.0, middle + b[TIME_S] - b[BEGIN_S])
        kept = _clip(work, kept, 0.0, -1.0, b[BEGIN_S] - middle + b[TIME_S])
        if kept > 0 and _least_distance(a, b, work, kept)[0] < reach_m:
            inside = middle
        else:
            outside = middle
    return inside
