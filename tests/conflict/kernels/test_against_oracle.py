"""Every kernel against the definition on random inputs, most of them millimetres from where the answer changes.

The verdict must be that of the oracle but for `BUDGET_M` on either side of the half millimetre that the rule leaves;
what the budget is made of is in `docs/error-budget.md`. Each pair is compared either way round.
"""

import numpy as np
import pytest

from oracle import motions
from oracle.footprints import Floats, gap_m, inside, inverse, nearest_on_edge
from support import kernel_cases as cases
from support import kernel_rows as rows

HALF_QUANTUM_M = 0.000_5
BUDGET_M = 0.000_3
FAR_BUDGET_M = 0.001
CHUNK = 10_000
COUNTS = (
    pytest.param(CHUNK, id="ten thousand"),
    pytest.param(1_000_000, id="a million", marks=[pytest.mark.soak, pytest.mark.timeout(0)]),
)
Random = np.random.Generator


def each(kernel: int, count: int):
    """So many cases in chunks, each from its own seed."""
    for chunk in range(count // CHUNK):
        if count > CHUNK and chunk % 10 == 0:
            print(f"kernel {kernel}: {chunk * CHUNK:,} of {count:,}", flush=True)
        yield np.random.default_rng([kernel, chunk])


def agree(hit: Floats, spare_m: Floats, budget_m: Floats | float = BUDGET_M) -> int:
    """Hold verdicts against how much is to spare (metres; positive: must hit); how many are within a centimetre."""
    sure = np.abs(spare_m) > budget_m
    wrong = sure & (hit != (spare_m > 0.0))
    assert not wrong.any(), [(int(i), float(spare_m[i])) for i in np.flatnonzero(wrong)[:9]]
    near = np.abs(spare_m) < 0.01
    assert (near & hit).any()
    assert (near & ~hit).any()
    return int(near.sum())


@pytest.mark.parametrize("count", COUNTS)
def test_circle_against_circle(count: int) -> None:
    for random in each(1, count):
        one = cases.places(random, CHUNK)
        other, _ = cases.forward(one, cases.turns(random, CHUNK), cases.around(random, CHUNK, 0.01, 3_900_000.0))
        apart, _, _ = inverse(one, other)
        offset = cases.offsets(random, CHUNK, BUDGET_M)
        first = np.clip(apart * random.uniform(0.05, 0.95, CHUNK), apart - 2e6, 2e6)
        second = np.maximum(apart - first - HALF_QUANTUM_M + offset, 0.001)
        within = random.random(CHUNK) < 0.1
        first = np.where(within, 2e6, first)
        hit = rows.meets(rows.circles(one, first), rows.circles(other, second))
        assert agree(hit, first + second + HALF_QUANTUM_M - apart) > CHUNK / 3


def near_ring(random: Random, count: int, corners: int) -> tuple[Floats, Floats, Floats]:
    """Rings, points beside them near and far, and how far those are from the ring: 0 inside."""
    middle = cases.places(random, count)
    sizes = cases.around(random, count, 1.0, 5_000.0)
    ring = cases.rings(random, middle, sizes, corners)
    away = sizes * cases.around(random, count, 0.01, 2.0) + np.where(
        random.random(count) < 0.3, cases.around(random, count, 1.0, 40_000.0), 0.0
    )
    points, _ = cases.forward(middle, cases.turns(random, count), away)
    starts, ends = ring, np.roll(ring, -1, axis=1)
    apart = nearest_on_edge(points[:, None, :] + np.zeros_like(ring), starts, ends)[0].min(axis=1)
    return ring, points, np.where(inside(points, ring), 0.0, apart)


@pytest.mark.parametrize("count", COUNTS)
def test_circle_against_polygon(count: int) -> None:
    for random in each(2, count):
        for corners in (3, 4, 6, 8):
            ring, points, apart = near_ring(random, CHUNK // 4, corners)
            radius = np.maximum(apart - HALF_QUANTUM_M + cases.offsets(random, CHUNK // 4, BUDGET_M), 0.001)
            polygon, edges = rows.polygons(ring)
            circle = rows.circles(points, radius)
            hit = rows.meets(circle, polygon, rows.NO_EDGES, edges)
            spare = np.where(apart == 0.0, 1.0, radius + HALF_QUANTUM_M - apart)
            assert agree(hit, spare) > CHUNK / 16


@pytest.mark.parametrize("count", COUNTS)
def test_polygon_against_polygon(count: int) -> None:
    for random in each(3, count):
        for a, b, share in ((3, 3, 0.5), (4, 5, 0.3), (8, 3, 0.15), (8, 8, 0.05)):
            part = round(CHUNK * share)
            offset = HALF_QUANTUM_M + cases.offsets(random, part, 2 * BUDGET_M)
            one, other = cases.touching_rings(random, part, a, b, offset)
            gap = gap_m(one, other)
            (first, edges), (second, others) = rows.polygons(one), rows.polygons(other)
            hit = rows.meets(first, second, edges, others)
            spare = np.where(gap == 0.0, 1.0, HALF_QUANTUM_M - gap)
            sure = np.abs(spare) > BUDGET_M
            wrong = sure & (hit != (spare > 0.0))
            assert not wrong.any(), [(int(i), float(gap[i])) for i in np.flatnonzero(wrong)[:9]]
            assert ((gap > 0.0) & (gap < 0.01)).sum() > part / 10
            assert (gap == 0.0).sum() > part / 10


@pytest.mark.parametrize("count", COUNTS)
def test_leg_against_leg(count: int) -> None:
    for random in each(4, count):
        a, b = cases.climbing(random, *cases.meeting(random, CHUNK, 20_000.0))
        gap = np.where(random.random(CHUNK) < 0.5, 1_000.0, random.uniform(0.5, 300.0, CHUNK))
        low, high = motions.level_span(a, b, gap)
        meet = high - low > 1e-6
        _, apart = motions.least(lambda t, a=a, b=b: motions.apart_m(a, b, t), low, np.maximum(low, high))
        reach = np.maximum(apart + cases.offsets(random, CHUNK, BUDGET_M), 0.001)
        one = rows.legs(
            a.start, a.end, a.times_s, a.altitudes_m, lateral_m=reach + HALF_QUANTUM_M, vertical_m=gap + HALF_QUANTUM_M
        )
        other = rows.legs(b.start, b.end, b.times_s, b.altitudes_m)
        hit = rows.meets(one, other)
        assert not hit[high < low].any()
        assert meet.sum() > CHUNK / 3
        agree(hit[meet], (reach - apart)[meet])


@pytest.mark.parametrize("count", COUNTS)
def test_leg_against_leg_with_time_tolerance(count: int) -> None:
    for random in each(5, count):
        a, b = cases.climbing(random, *cases.meeting(random, CHUNK, 20_000.0))
        gap = np.where(random.random(CHUNK) < 0.5, 1_000.0, random.uniform(0.5, 300.0, CHUNK))
        early_a, early_b = (
            random.choice((0.0, 1.0), CHUNK) * cases.around(random, CHUNK, 0.1, 100.0) for _ in range(2)
        )
        early_b = np.where(early_a + early_b == 0.0, 5.0, early_b)
        tau = early_a + early_b
        low = np.maximum(a.times_s[:, 0], b.times_s[:, 0] - tau)
        high = np.minimum(a.times_s[:, 1], b.times_s[:, 1] + tau)
        apart = motions.least_with_clocks(a, b, low, np.maximum(low, high), tau, gap)
        reach = np.maximum(np.minimum(apart, 20_000.0) + cases.offsets(random, CHUNK, BUDGET_M), 0.001)
        one = rows.legs(
            a.start,
            a.end,
            a.times_s,
            a.altitudes_m,
            lateral_m=reach + HALF_QUANTUM_M,
            vertical_m=gap + HALF_QUANTUM_M,
            time_s=early_a,
        )
        other = rows.legs(b.start, b.end, b.times_s, b.altitudes_m, time_s=early_b)
        hit = rows.meets(one, other)
        meet = high - low > 1e-6
        assert not hit[~meet & (high < low)].any()
        agree(hit[meet], (reach - apart)[meet])


@pytest.mark.parametrize("count", COUNTS)
def test_leg_against_circle(count: int) -> None:
    for random in each(6, count):
        a, _ = cases.meeting(random, CHUNK, 1.0)
        centre, _ = cases.forward(a.start, cases.turns(random, CHUNK), cases.around(random, CHUNK, 0.1, 2_000_000.0))
        apart, _ = nearest_on_edge(centre, a.start, a.end)
        reach = np.maximum(apart - HALF_QUANTUM_M + cases.offsets(random, CHUNK, BUDGET_M), 0.001)
        lateral = np.where(random.random(CHUNK) < 0.5, 0.0, np.minimum(reach * random.uniform(0, 1, CHUNK), 5e4))
        one = rows.legs(a.start, a.end, a.times_s, a.altitudes_m, lateral_m=lateral)
        hit = rows.meets(one, rows.circles(centre, reach - lateral))
        agree(hit, reach + HALF_QUANTUM_M - apart)


@pytest.mark.parametrize("count", COUNTS)
def test_leg_against_polygon(count: int) -> None:
    for random in each(7, count):
        for corners in (3, 4, 6, 8):
            part = CHUNK // 4
            ring, points, _ = near_ring(random, part, corners)
            a = cases.passing(random, points, cases.turns(random, part), np.full(part, 5_000.0))
            apart = gap_m(ring, np.stack((a.start, a.end), axis=1), b_closed=False)
            lateral = np.maximum(apart - HALF_QUANTUM_M + cases.offsets(random, part, BUDGET_M), 0.0)
            polygon, edges = rows.polygons(ring)
            one = rows.legs(a.start, a.end, a.times_s, a.altitudes_m, lateral_m=lateral)
            hit = rows.meets(one, polygon, rows.NO_EDGES, edges)
            spare = np.where(apart == 0.0, 1.0, lateral + HALF_QUANTUM_M - apart)
            agree(hit, spare)
