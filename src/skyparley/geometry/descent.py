"""The descent through S2's quadtree that finds the cells of a shape, as kernels.

S2 (s2geometry.io) has six faces, a quadratic projection and Hilbert order. A cell is left out when its centre is
further from the shape than its circumradius and a margin, taken whole when it lies inside as deep, else cut in four.
Angles are compared by their chords and sines, which saves most of the trigonometry. Helpers that take arrays are
written into their callers: numba counts references to every array at every call.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb

LEVEL: Final = 13
LEAST_CURVATURE_RADIUS_M: Final = 6_335_439.0
GEODESIC_BEND_PER_M: Final = 4e-10
"""A geodesic of length s runs less than this × s² (metres) from the great circle of the same ends (tested)."""
CIRCLE: Final = 0
POLYGON: Final = 1
PATH: Final = 2
_MARGIN_M: Final = 1.0
_STACK: Final = 64
_EDGE: Final = 13
_GREATEST_CIRCUMRADIUS: Final = 1.25
"""Radians, × 2^-level: no cell's centre is further from its corners (S2's greatest diagonal is 2.44 × 2^-level)."""
_LEAST_WIDTH: Final = 0.94
"""Radians, × 2^-level: no cell is narrower (S2's least width is 2√2/3 × 2^-level)."""

Floats = npt.NDArray[np.float64]
Cells = npt.NDArray[np.uint64]

_POS_TO_IJ: Final = np.array([[0, 1, 3, 2], [0, 2, 3, 1], [3, 2, 0, 1], [3, 1, 0, 2]], dtype=np.int64)
_POS_TO_ORIENTATION: Final = np.array([1, 0, 0, 3], dtype=np.int64)


@nb.njit(cache=True)
def _unit_vectors(positions_deg: Floats) -> Floats:
    vectors = np.empty((positions_deg.shape[0], 3))
    for i in range(positions_deg.shape[0]):
        latitude, longitude = math.radians(positions_deg[i, 0]), math.radians(positions_deg[i, 1])
        vectors[i, 0] = math.cos(latitude) * math.cos(longitude)
        vectors[i, 1] = math.cos(latitude) * math.sin(longitude)
        vectors[i, 2] = math.sin(latitude)
    return vectors


@nb.njit(cache=True)
def _longest(points: Floats) -> float:
    """Greatest distance (metres, from above) between consecutive points."""
    longest = 0.0
    for i in range(points.shape[0] - 1):
        longest = max(longest, _angle(points[i], points[i + 1]))
    return longest * 6_400_000.0


@nb.njit(cache=True)
def _angle(a: Floats, b: Floats) -> float:
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return 2.0 * math.asin(min(1.0, math.sqrt(x * x + y * y + z * z) / 2.0))


@nb.njit(cache=True)
def _scaled(s: float) -> float:
    """A coordinate of cell space, in [0, 1], on the face of the cube, in [-1, 1]: S2's quadratic projection."""
    return (4.0 * s * s - 1.0) / 3.0 if s >= 0.5 else (1.0 - 4.0 * (1.0 - s) * (1.0 - s)) / 3.0


@nb.njit(cache=True, inline="always")
def _on_face(face: int, u: float, v: float, point: Floats) -> None:
    """The unit vector through (u, v) of a face."""
    x, y, z = 1.0, u, v
    if face == 1:
        x, y, z = -u, 1.0, v
    elif face == 2:
        x, y, z = -u, -v, 1.0
    elif face == 3:
        x, y, z = -1.0, -v, -u
    elif face == 4:
        x, y, z = v, -1.0, -u
    elif face == 5:
        x, y, z = v, u, -1.0
    length = math.sqrt(x * x + y * y + z * z)
    point[0], point[1], point[2] = x / length, y / length, z / length


@nb.njit(cache=True)
def _circumradius(i: int, j: int, size: float) -> float:
    """Angle from the centre of a cell to its furthest corner; all faces are alike."""
    u, v = _scaled((i + 0.5) * size), _scaled((j + 0.5) * size)
    square = 1.0 + u * u + v * v
    furthest = 0.0
    for k in range(4):
        a, b = _scaled((i + (k & 1)) * size), _scaled((j + (k >> 1)) * size)
        # the sine by the cross product, which keeps its digits for small cells
        x, y, z = u * b - v * a, v - b, a - u
        furthest = max(furthest, (x * x + y * y + z * z) / (square * (1.0 + a * a + b * b)))
    return math.asin(math.sqrt(min(1.0, furthest)))


@nb.njit(cache=True)
def _chord_square(angle: float) -> float:
    """The squared chord of an angle; beyond half a turn that of half a turn."""
    sine = math.sin(min(angle, math.pi) / 2.0)
    return 4.0 * sine * sine


@nb.njit(cache=True, inline="always")
def _apart_square(a: Floats, b: Floats) -> float:
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return float(x * x + y * y + z * z)


@nb.njit(cache=True)
def _bounding_cap(points: Floats, outline: int) -> tuple[Floats, float]:
    centre = np.zeros(3)
    outline = min(outline, points.shape[0])
    for i in range(outline):
        centre += points[i]
    centre /= math.sqrt((centre * centre).sum())
    radius = 0.0
    for i in range(outline):
        radius = max(radius, _angle(centre, points[i]))
    return centre, radius


@nb.njit(cache=True)
def _plane_axes(centre: Floats) -> Floats:
    """Unit vectors east and north `(2, 3)` at a centre."""
    axes = np.empty((2, 3))
    across = math.sqrt(centre[0] * centre[0] + centre[1] * centre[1])
    ex, ey = (0.0, 1.0) if across < 1e-12 else (-centre[1] / across, centre[0] / across)
    axes[0, 0], axes[0, 1], axes[0, 2] = ex, ey, 0.0
    axes[1, 0], axes[1, 1], axes[1, 2] = -centre[2] * ey, centre[2] * ex, centre[0] * ey - centre[1] * ex
    return axes


@nb.njit(cache=True, inline="always")
def _flat(p: Floats, centre: Floats, axes: Floats) -> tuple[float, float]:
    """Gnomonic coordinates about a centre; points behind the horizon lie very far out."""
    height = max(1e-9, p[0] * centre[0] + p[1] * centre[1] + p[2] * centre[2])
    return (p[0] * axes[0, 0] + p[1] * axes[0, 1]) / height, (
        p[0] * axes[1, 0] + p[1] * axes[1, 1] + p[2] * axes[1, 2]
    ) / height


@nb.njit(cache=True)
def _edges(kind: int, points: Floats, centre: Floats, axes: Floats) -> Floats:
    """Edges `(n, 13)`: both ends, the unit normal of their great circle (0 if they are one point), both ends flat.

    The rings of a polygon follow one another in `points`, each closed by its first point.
    """
    edges = np.empty((max(0, points.shape[0] - 1), _EDGE))
    count = first = 0
    for i in range(points.shape[0] - 1):
        if kind == POLYGON and i > first and (points[i] == points[first]).all():
            first = i + 1
            continue
        a, b, edge = points[i], points[i + 1], edges[count]
        edge[0:3], edge[3:6] = a, b
        nx, ny, nz = a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
        length = math.sqrt(nx * nx + ny * ny + nz * nz)
        share = 0.0 if length < 1e-15 else 1.0 / length
        edge[6], edge[7], edge[8] = nx * share, ny * share, nz * share
        edge[9], edge[10] = _flat(a, centre, axes)
        edge[11], edge[12] = _flat(b, centre, axes)
        count += 1
    return edges[:count]


@nb.njit(cache=True, inline="always")
def _is_near(edges: Floats, p: Floats, angle: float) -> bool:
    """Whether a point lies within an angle (below a quarter turn) of some edge, the shorter arc between its ends."""
    if angle < 0.0:
        return False
    chord_square, sine = _chord_square(angle), math.sin(angle)
    x, y, z = p[0], p[1], p[2]
    for i in range(edges.shape[0]):
        ax, ay, az = edges[i, 0], edges[i, 1], edges[i, 2]
        bx, by, bz = edges[i, 3], edges[i, 4], edges[i, 5]
        if (x - ax) * (x - ax) + (y - ay) * (y - ay) + (z - az) * (z - az) <= chord_square or (x - bx) * (x - bx) + (
            y - by
        ) * (y - by) + (z - bz) * (z - bz) <= chord_square:
            return True
        nx, ny, nz = edges[i, 6], edges[i, 7], edges[i, 8]
        if abs(nx * x + ny * y + nz * z) > sine:
            continue
        # between the planes through the ends that stand on the arc: the foot lies on the arc
        from_a = (ny * az - nz * ay) * x + (nz * ax - nx * az) * y + (nx * ay - ny * ax) * z
        from_b = (ny * bz - nz * by) * x + (nz * bx - nx * bz) * y + (nx * by - ny * bx) * z
        if from_a > 0.0 and from_b < 0.0:
            return True
    return False


@nb.njit(cache=True, inline="always")
def _inside(edges: Floats, x: float, y: float) -> bool:
    """Even-odd parity in the plane."""
    odd = False
    for i in range(edges.shape[0]):
        x0, y0, x1, y1 = edges[i, 9], edges[i, 10], edges[i, 11], edges[i, 12]
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            odd = not odd
    return odd


@nb.njit(cache=True, inline="always")
def _judge(
    kind: int, point: Floats, circumradius: float, edges: Floats, centre: Floats, axes: Floats, reach: float
) -> int:
    """Of a cell by its centre and circumradius: 0 outside for certain, 2 inside for certain, 1 neither."""
    if kind == CIRCLE:
        away_square = _apart_square(point, centre)
        if away_square > _chord_square(reach + circumradius):
            return 0
        return 2 if reach > circumradius and away_square < _chord_square(reach - circumradius) else 1
    if _is_near(edges, point, circumradius + reach):
        return 2 if kind == PATH and _is_near(edges, point, reach - circumradius) else 1
    if kind == POLYGON:
        x, y = _flat(point, centre, axes)
        return 2 if _inside(edges, x, y) else 0
    return 0


@nb.njit(cache=True)
def _append(found: Cells, count: int, cell: np.uint64) -> int:
    """Append the next cell in Hilbert order; four children become their parent. -1 if there is no room."""
    if count >= found.shape[0]:
        return -1
    found[count] = cell
    count += 1
    while count >= 4:
        last = found[count - 1]
        low = last & (~last + np.uint64(1))
        if low >= np.uint64(1) << np.uint64(60):
            return count
        parent = (last & ~((low << np.uint64(2)) - np.uint64(1))) | (low << np.uint64(2))
        for k in range(4):
            child = parent - (low << np.uint64(2)) + low + np.uint64(2 * k) * low
            if found[count - 4 + k] != child:
                return count
        count -= 3
        found[count - 1] = parent
    return count


@nb.njit(cache=True)
def union(cells: Cells) -> Cells:
    """Sorted cells without repeats and without those that another one holds, four of a kind joined to one."""
    found = np.empty_like(cells)
    count = 0
    for cell in cells:
        low = cell & (~cell + np.uint64(1))
        while count > 0 and cell - low < found[count - 1] and found[count - 1] < cell + low:
            count -= 1  # the one before lies in this one
        before = found[count - 1] if count > 0 else np.uint64(0)
        reach = before & (~before + np.uint64(1))
        if count == 0 or not before - reach < cell < before + reach:
            count = _append(found, count, cell)
    return found[:count]


@nb.njit(cache=True)
def _unscaled(u: float) -> float:
    """The inverse of `_scaled`."""
    return 0.5 * math.sqrt(1.0 + 3.0 * u) if u >= 0.0 else 1.0 - 0.5 * math.sqrt(1.0 - 3.0 * u)


@nb.njit(cache=True)
def _frame(centre: Floats, bound: float) -> tuple[int, int, int, int, int]:
    """The face that holds a cap, with the first and last i and j of the cells of `LEVEL` that the cap can touch.

    Face -1 with all i and j where the cap crosses the edge of a face: then all six must be searched.
    """
    x, y, z = centre[0], centre[1], centre[2]
    if abs(x) >= abs(y) and abs(x) >= abs(z):
        face, u, v = (0, y / x, z / x) if x > 0.0 else (3, z / x, y / x)
    elif abs(y) >= abs(z):
        face, u, v = (1, -x / y, z / y) if y > 0.0 else (4, z / y, -x / y)
    else:
        face, u, v = (2, -x / z, -y / z) if z > 0.0 else (5, -y / z, -x / z)
    s, t = _unscaled(u), _unscaled(v)
    reach = bound / _LEAST_WIDTH + 1e-9
    if min(s, t) - reach <= 0.0 or max(s, t) + reach >= 1.0:
        return -1, 0, (1 << LEVEL) - 1, 0, (1 << LEVEL) - 1
    count = float(1 << LEVEL)
    return face, int((s - reach) * count), int((s + reach) * count), int((t - reach) * count), int((t + reach) * count)


@nb.njit(cache=True)
def descend(kind: int, positions_deg: Floats, outline: int, reach_m: float, found: Cells) -> int:
    """Cells of the shape in Hilbert order into `found`; how many, or -1 if there is no room."""
    points = _unit_vectors(positions_deg)
    longest_m = _longest(points) if kind != CIRCLE else 0.0
    reach = (reach_m + _MARGIN_M + GEODESIC_BEND_PER_M * longest_m * longest_m) / LEAST_CURVATURE_RADIUS_M
    centre, radius = _bounding_cap(points, outline)
    bound = radius + reach
    axes = _plane_axes(centre)
    edges = _edges(kind, points, centre, axes)
    only, first_i, last_i, first_j, last_j = _frame(centre, bound)
    stack = np.empty((_STACK, 5), dtype=np.int64)  # level, i, j, orientation, path
    point = np.empty(3)
    count = 0
    for face in range(6):
        if only not in (-1, face):
            continue
        stack[0] = 0
        stack[0, 3] = face & 1
        top = 1
        while top > 0:
            top -= 1
            level, i, j, orientation, path = stack[top]
            size = 1.0 / (1 << level)
            verdict = 1
            if only < 0 or size < 8.0 * bound:  # of larger ones only few are left: to cut them is cheaper than to look
                _on_face(face, _scaled((i + 0.5) * size), _scaled((j + 0.5) * size), point)
                away_square = _apart_square(point, centre)
                if away_square > _chord_square(bound + _GREATEST_CIRCUMRADIUS * size):
                    continue
                circumradius = _circumradius(i, j, size)
                if away_square > _chord_square(bound + circumradius):
                    continue
                if level >= 2:
                    verdict = _judge(kind, point, circumradius, edges, centre, axes, reach)
            if verdict == 0:
                continue
            if verdict == 2 or level == LEVEL:
                shift = np.uint64(2 * (30 - level))
                cell = (
                    (np.uint64(face) << np.uint64(61))
                    | (np.uint64(path) << (shift + np.uint64(1)))
                    | (np.uint64(1) << shift)
                )
                count = _append(found, count, cell)
                if count < 0:
                    return -1
                continue
            below = LEVEL - level - 1
            for position in range(3, -1, -1):
                ij = _POS_TO_IJ[orientation, position]
                child_i, child_j = 2 * i + (ij >> 1), 2 * j + (ij & 1)
                if not (
                    first_i >> below <= child_i <= last_i >> below and first_j >> below <= child_j <= last_j >> below
                ):
                    continue
                stack[top, 0], stack[top, 1], stack[top, 2] = level + 1, child_i, child_j
                stack[top, 3], stack[top, 4] = orientation ^ _POS_TO_ORIENTATION[position], 4 * path + position
                top += 1
    return count
