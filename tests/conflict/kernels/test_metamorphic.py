"""What must not change an answer: turning the globe, its mirror image, another time, the other way round, more points.

The ellipsoid is the same after a turn about its axis and in the mirrors of the equator and of a meridian; other turns
are none of its symmetries. Cases are those of the oracle, so most are millimetres from where the answer changes; those
within the budget of it may change.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from oracle.footprints import Floats, forward, inverse
from skyparley.conflict.kernels import hits, layout
from support import kernel_checks as checks
from support import kernel_rows as rows
from support.kernel_checks import Case

COUNT = 1_500
MAKERS = (
    checks.circle_circle,
    checks.circle_polygon,
    checks.polygon_polygon,
    checks.leg_leg,
    checks.leg_leg_early_late,
    checks.leg_circle,
    checks.leg_polygon,
)
POINTS = (slice(layout.X0, layout.Z0 + 1), slice(layout.X1, layout.Z1 + 1))
Change = Callable[[Floats], Floats]


def _moved(rows_: Floats, change: Change, longitude: Callable[[Floats], Floats], mirror: float) -> Floats:
    made = rows_.copy()
    for columns in POINTS:
        made[:, columns] = change(rows_[:, columns])
    is_circle = made[:, layout.KIND] == layout.CIRCLE
    turned = (longitude(made[:, layout.LONGITUDE_RAD]) + np.pi) % (2.0 * np.pi) - np.pi
    made[:, layout.LONGITUDE_RAD] = np.where(is_circle, turned, made[:, layout.LONGITUDE_RAD])
    made[:, layout.LATITUDE_RAD] *= mirror
    return made


def _transformed(case: Case, change: Change, longitude: Callable[[Floats], Floats], mirror: float = 1.0) -> Case:
    edges = [np.concatenate((change(e[:, :3]), change(e[:, 3:])), axis=1) for e in (case.edges_a, case.edges_b)]
    a, b = (_moved(part, change, longitude, mirror) for part in (case.a, case.b))
    return replace(case, a=a, b=b, edges_a=edges[0], edges_b=edges[1])


def _turn(angle: float) -> Change:
    matrix = np.array([[np.cos(angle), -np.sin(angle), 0.0], [np.sin(angle), np.cos(angle), 0.0], [0.0, 0.0, 1.0]])
    return lambda points: points @ matrix.T


def _later(rows_: Floats, seconds: float) -> Floats:
    made = rows_.copy()
    made[:, [layout.BEGIN_S, layout.END_S]] += seconds
    return made


def _reordered(edges: Floats, rows_: Floats) -> Floats:
    made = edges.copy()
    for row in rows_:
        begin, end = int(row[layout.EDGES_BEGIN]), int(row[layout.EDGES_END])
        made[begin:end] = np.roll(edges[begin:end], 2, axis=0)
    return made


def _halved_edges(case: Case) -> Case:
    """Every edge with a corner more, in the middle of its geodesic."""

    def halved(rows_: Floats, edges: Floats) -> tuple[Floats, Floats]:
        if not len(edges):
            return rows_, edges
        start, end = (_positions(part) for part in (edges[:, :3], edges[:, 3:]))
        length, azimuth, _ = inverse(start, end)
        middle = rows.space(forward(start, azimuth, length / 2.0)[0])
        made = rows_.copy()
        made[:, [layout.EDGES_BEGIN, layout.EDGES_END]] *= 2
        return made, np.stack(
            (np.concatenate((edges[:, :3], middle), axis=1), np.concatenate((middle, edges[:, 3:]), axis=1)), axis=1
        ).reshape(-1, 6)

    (a, edges_a), (b, edges_b) = halved(case.a, case.edges_a), halved(case.b, case.edges_b)
    return replace(case, a=a, b=b, edges_a=edges_a, edges_b=edges_b)


def _positions(points: Floats) -> Floats:
    """Latitude and longitude (degrees) of points on the surface."""
    square = rows.FLATTENING * (2.0 - rows.FLATTENING)
    latitude = np.arctan2(points[:, 2], (1.0 - square) * np.sqrt(points[:, 0] ** 2 + points[:, 1] ** 2))
    return np.degrees(np.column_stack((latitude, np.arctan2(points[:, 1], points[:, 0]))))


CHANGES: dict[str, Callable[[Case], Case]] = {
    "turned a little": lambda case: _transformed(case, _turn(1e-3), lambda longitude: longitude + 1e-3),
    "turned far": lambda case: _transformed(case, _turn(2.5), lambda longitude: longitude + 2.5),
    "south for north": lambda case: _transformed(case, lambda p: p * (1.0, 1.0, -1.0), lambda x: x, -1.0),
    "west for east": lambda case: _transformed(case, lambda p: p * (1.0, -1.0, 1.0), lambda x: -x),
    "a month later": lambda case: replace(case, a=_later(case.a, 2_592_000.0), b=_later(case.b, 2_592_000.0)),
    "edges the other way": lambda case: replace(
        case, edges_a=case.edges_a[:, [3, 4, 5, 0, 1, 2]], edges_b=case.edges_b[:, [3, 4, 5, 0, 1, 2]]
    ),
    "edges in another order": lambda case: replace(
        case, edges_a=_reordered(case.edges_a, case.a), edges_b=_reordered(case.edges_b, case.b)
    ),
    "edges in halves": _halved_edges,
}


def _spans(case: Case) -> tuple[Floats, Floats, Floats]:
    """Numbers of pairs that hit, and of each its first and last instant (seconds), over all its windows."""
    found, pair = rows.exact(case.a, case.b, case.edges_a, case.edges_b)
    numbers, begins = np.unique(pair, return_index=True)  # hits of a pair lie together
    first = np.minimum.reduceat(found[:, hits.FIRST_US], begins) / 1e6
    last = np.maximum.reduceat(found[:, hits.LAST_US], begins) / 1e6
    return numbers, first, last


@cache
def _made(maker: Callable[..., Case]) -> Case:
    return replace(maker(np.random.default_rng(77), COUNT), also=None)


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
@pytest.mark.parametrize("change", CHANGES)
def test_what_must_not_change_an_answer_does_not(change: str, maker: Callable[..., Case]) -> None:
    case = _made(maker)
    changed = CHANGES[change](case)
    sure = np.abs(case.spare_m) > case.budget_m
    before = rows.meets(case.a, case.b, case.edges_a, case.edges_b)
    after = rows.meets(changed.a, changed.b, changed.edges_a, changed.edges_b)
    assert (before == after)[sure].all()
    assert 100 < before.sum() < COUNT
    shift = 2_592_000.0 if change == "a month later" else 0.0
    (one, *own), (other, *its) = _spans(case), _spans(changed)
    both, i, j = np.intersect1d(one, other, return_indices=True)
    # a graze of a second is ill-defined; what lasts has the same ends but for what millimetres make of them
    lasts = case.spare_m[both] > 0.05
    for end, same in zip(own, its, strict=True):
        away = np.abs(same[j] - shift - end[i])
        assert (away[lasts] < 0.1).all()
        assert np.median(away) < 1e-5


@pytest.mark.parametrize("pieces", [2, 3, 7])
def test_a_refined_path_meets_what_the_whole_one_meets(pieces: int) -> None:
    """Points put in along a leg, at the times at which they are passed."""
    case = checks.leg_leg(np.random.default_rng(5), COUNT)
    whole = rows.meets(case.a, case.b)
    start, end = (_positions(case.a[:, columns]) for columns in POINTS)
    length, azimuth, _ = inverse(start, end)
    parts = np.zeros(COUNT, dtype=bool)
    for k in range(pieces):
        ends = [forward(start, azimuth, length * share / pieces)[0] for share in (k, k + 1)]
        part = case.a.copy()
        for columns, positions in zip(POINTS, ends, strict=True):
            part[:, columns] = rows.space(positions)
        for low, high in ((layout.BEGIN_S, layout.END_S), (layout.LOWER_M, layout.UPPER_M)):
            part[:, low] = case.a[:, low] + (case.a[:, high] - case.a[:, low]) * k / pieces
            part[:, high] = case.a[:, low] + (case.a[:, high] - case.a[:, low]) * (k + 1) / pieces
        parts |= rows.meets(part, case.b)
    sure = np.abs(case.spare_m) > 2.0 * checks.BUDGET_M
    assert (parts == whole)[sure].all()
