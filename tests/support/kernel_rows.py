"""Rows of the kernels from arrays of positions, many at a time, and what `hits.exact` says of each pair.

Written from `layout.py`, with a conversion to space of its own, so that a fault of the packer does not hide one here.
Positions are `(n, 2)` latitude and longitude in degrees; edges and legs are short enough not to be cut.
"""

import numpy as np
import numpy.typing as npt

from skyparley.conflict.kernels import hits, layout

Floats = npt.NDArray[np.float64]
MAJOR_M, FLATTENING = 6_378_137.0, 1.0 / 298.257223563
NO_EDGES = np.empty((0, 6))
ALWAYS_S = (-1e6, 1e6)


def space(positions: Floats) -> Floats:
    """Points `(…, 3)` on the surface of WGS 84."""
    latitude, longitude = np.radians(positions[..., 0]), np.radians(positions[..., 1])
    square = FLATTENING * (2.0 - FLATTENING)
    across = MAJOR_M / np.sqrt(1.0 - square * np.sin(latitude) ** 2)
    return np.stack(
        (
            across * np.cos(latitude) * np.cos(longitude),
            across * np.cos(latitude) * np.sin(longitude),
            across * (1.0 - square) * np.sin(latitude),
        ),
        axis=-1,
    )


def _rows(count: int, kind: int) -> Floats:
    rows = np.zeros((count, layout.COLUMNS))
    rows[:, layout.KIND], rows[:, layout.OWNER] = kind, np.arange(count)
    rows[:, layout.BEGIN_S], rows[:, layout.END_S] = ALWAYS_S
    rows[:, layout.UPPER_M] = 100.0
    return rows


def circles(centres: Floats, radii_m: Floats) -> Floats:
    rows = _rows(len(centres), layout.CIRCLE)
    rows[:, layout.X0 : layout.Z0 + 1] = space(centres)
    rows[:, layout.RADIUS_M] = radii_m
    rows[:, layout.LATITUDE_RAD], rows[:, layout.LONGITUDE_RAD] = np.radians(centres).T
    return rows


def polygons(rings: Floats) -> tuple[Floats, Floats]:
    """Rows and edge pool of rings `(n, m, 2)`."""
    count, corners = rings.shape[:2]
    rows, points = _rows(count, layout.POLYGON), space(rings)
    middle = points.mean(axis=1)
    middle *= (np.linalg.norm(points, axis=2).mean(axis=1) / np.linalg.norm(middle, axis=1))[:, None]
    rows[:, layout.X0 : layout.Z0 + 1] = middle
    rows[:, layout.RADIUS_M] = np.linalg.norm(points - middle[:, None], axis=2).max(axis=1)
    rows[:, layout.EDGES_BEGIN] = np.arange(count) * corners
    rows[:, layout.EDGES_END] = (np.arange(count) + 1) * corners
    return rows, np.concatenate((points, np.roll(points, -1, axis=1)), axis=2).reshape(-1, 6)


def legs(
    starts: Floats,
    ends: Floats,
    times_s: Floats,
    altitudes_m: Floats,
    *,
    lateral_m: Floats | float = 0.0,
    vertical_m: Floats | float = 0.0,
    time_s: Floats | float = 0.0,
) -> Floats:
    """Rows of legs; times and altitudes `(n, 2)` are those of the ends."""
    rows = _rows(len(starts), layout.LEG)
    rows[:, layout.X0 : layout.Z0 + 1], rows[:, layout.X1 : layout.Z1 + 1] = space(starts), space(ends)
    rows[:, layout.BEGIN_S], rows[:, layout.END_S] = times_s.T
    rows[:, layout.LOWER_M], rows[:, layout.UPPER_M] = altitudes_m.T
    rows[:, layout.LATERAL_M], rows[:, layout.VERTICAL_M], rows[:, layout.TIME_S] = lateral_m, vertical_m, time_s
    return rows


def exact(a: Floats, b: Floats, edges_a: Floats = NO_EDGES, edges_b: Floats = NO_EDGES) -> tuple[Floats, Floats]:
    """All hits of pairs (a[i], b[i]), and the number of the pair of each."""
    pairs = np.repeat(np.arange(len(a)), 2).reshape(-1, 2)
    found = np.empty((4 * len(a) + 64, hits.HIT_COLUMNS))
    count = hits.exact(b, edges_b, a, edges_a, pairs, np.zeros((1, 1, 2)), hits.BOUNDS, found)
    assert count >= 0
    return found[:count], found[:count, hits.OWNER].astype(np.int64)


def meets(a: Floats, b: Floats, edges_a: Floats = NO_EDGES, edges_b: Floats = NO_EDGES) -> npt.NDArray[np.bool_]:
    """Whether each pair hits, either way round, which must be the same."""
    answers = []
    for one, other, its, others in ((a, b, edges_a, edges_b), (b, a, edges_b, edges_a)):
        answer = np.zeros(len(a), dtype=bool)
        answer[exact(one, other, its, others)[1]] = True
        answers.append(answer)
    assert (answers[0] == answers[1]).all()
    return answers[0]
