"""What a kernel must answer for many random cases, made by the oracle first (`prepare`), then held against it (`hold`).

The verdict must be the oracle's but for `BUDGET_M` on either side of where the answer changes. Instants that a kernel
gives must be those at which the distance is the one asked for, or at which time or altitude set an end. What the
budgets are made of is in `docs/error-budget.md`. Each pair is compared either way round.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from oracle import motions
from oracle.footprints import Flags, Floats, edges_of, forward, gap_m, inside, inverse, nearest_on_edge
from oracle.motions import Legs
from skyparley.conflict.kernels import hits
from support import kernel_cases as cases
from support import kernel_rows as rows

HALF_QUANTUM_M = 0.000_5
BUDGET_M = 0.000_3
"""Verdicts, and horizontal distances, up to 20 km between paths."""
DEPTH_BUDGET = 2e-7
"""Of the distance, with time tolerance: the depth of a leg, 1.26 m, over the Earth's radius."""
INSTANT_BUDGET_M = 0.005
"""Distances at the first and last instants, up to 20 km, where the paths do not just graze."""
MICROSECOND_S = 1.001e-6
Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class Case:
    """Pairs of rows and edges, how much is to spare (metres; positive: they must hit), what else to look at."""

    a: Floats
    b: Floats
    spare_m: Floats
    budget_m: float | Floats = BUDGET_M
    edges_a: Floats = field(default_factory=lambda: rows.NO_EDGES)
    edges_b: Floats = field(default_factory=lambda: rows.NO_EDGES)
    also: Callable[[Floats, Floats], None] | None = None
    """Looks at hits and the numbers of their pairs."""

    def hold(self) -> None:
        """Compare, and raise `AssertionError` where the kernel differs."""
        hit = rows.meets(self.a, self.b, self.edges_a, self.edges_b)
        wrong = (np.abs(self.spare_m) > self.budget_m) & (hit != (self.spare_m > 0.0))
        assert not wrong.any(), [(int(i), float(self.spare_m[i])) for i in np.flatnonzero(wrong)[:9]]
        if self.also is not None:
            self.also(*rows.exact(self.a, self.b, self.edges_a, self.edges_b))

    @property
    def near(self) -> tuple[int, int]:
        """How many must just hit and just miss, within a centimetre."""
        near = np.abs(self.spare_m) < 0.01
        return int((near & (self.spare_m > 0.0)).sum()), int((near & (self.spare_m < 0.0)).sum())


def _sure(good: Flags, *facts: Floats) -> None:
    assert good.all(), [(int(i), *(float(fact[i]) for fact in facts)) for i in np.flatnonzero(~good)[:9]]


def circle_circle(random: Random, n: int) -> Case:
    """Circles beside and within each other, up to 2,000 km of radius."""
    one = cases.places(random, n)
    other, _ = forward(one, cases.turns(random, n), cases.around(random, n, 0.01, 3_900_000.0))
    apart, _, _ = inverse(one, other)
    offset = cases.offsets(random, n, BUDGET_M)
    first = np.clip(apart * random.uniform(0.05, 0.95, n), apart - 2e6, 2e6)
    second = np.maximum(apart - first - HALF_QUANTUM_M + offset, 0.001)
    first = np.where(random.random(n) < 0.1, 2e6, first)

    def also(found: Floats, pair: np.ndarray) -> None:
        place = found[:, [hits.LATITUDE_DEG, hits.LONGITUDE_DEG]]
        for centre, radius in ((one[pair], first[pair]), (other[pair], second[pair])):
            away, _, _ = inverse(centre, place)
            _sure(away <= radius * 1.003 + 0.001, away, radius)

    return Case(
        rows.circles(one, first), rows.circles(other, second), first + second + HALF_QUANTUM_M - apart, also=also
    )


def _near_ring(random: Random, n: int, corners: int) -> tuple[Floats, Floats, Floats]:
    """Rings, points beside them near and far, and how far those are from the ring: 0 inside."""
    middle, sizes = cases.places(random, n), cases.around(random, n, 1.0, 5_000.0)
    ring = cases.rings(random, middle, sizes, corners)
    further = np.where(random.random(n) < 0.3, cases.around(random, n, 1.0, 40_000.0), 0.0)
    points, _ = forward(middle, cases.turns(random, n), sizes * cases.around(random, n, 0.01, 2.0) + further)
    return ring, points, to_ring_m(points, ring)


def to_ring_m(points: Floats, ring: Floats) -> Floats:
    """How far points are from rings; 0 inside."""
    starts, ends = edges_of(ring, True)
    apart = nearest_on_edge(points[:, None, :] + np.zeros_like(ring), starts, ends)[0].min(axis=1)
    return np.where(inside(points, ring), 0.0, apart)


def circle_polygon(random: Random, n: int, corners: int = 5) -> Case:
    """Circles of any size beside rings whose edges are not cut, or with the centre in them."""
    ring, points, apart = _near_ring(random, n, corners)
    radius = np.maximum(apart - HALF_QUANTUM_M + cases.offsets(random, n, BUDGET_M), 0.001)
    polygon, edges = rows.polygons(ring)

    def also(found: Floats, pair: np.ndarray) -> None:
        place = found[:, [hits.LATITUDE_DEG, hits.LONGITUDE_DEG]]
        _sure(to_ring_m(place, ring[pair]) < 0.002)
        _sure(inverse(points[pair], place)[0] < radius[pair] + 0.002)

    spare = np.where(apart == 0.0, 1.0, radius + HALF_QUANTUM_M - apart)
    return Case(rows.circles(points, radius), polygon, spare, edges_b=edges, also=also)


def polygon_polygon(random: Random, n: int, corners_a: int = 4, corners_b: int = 5) -> Case:
    """Rings that just touch or just do not, and some within each other."""
    offset = HALF_QUANTUM_M + cases.offsets(random, n, 2 * BUDGET_M)
    one, other = cases.touching_rings(random, n, corners_a, corners_b, offset)
    gap = gap_m(one, other)
    (first, edges), (second, others) = rows.polygons(one), rows.polygons(other)

    def also(found: Floats, pair: np.ndarray) -> None:
        place = found[:, [hits.LATITUDE_DEG, hits.LONGITUDE_DEG]]
        _sure(to_ring_m(place, one[pair]) < 0.002)
        _sure(to_ring_m(place, other[pair]) < 0.002)

    spare = np.where(gap == 0.0, np.maximum(0.001, HALF_QUANTUM_M - offset), HALF_QUANTUM_M - gap)
    return Case(first, second, spare, edges_a=edges, edges_b=others, also=also)


def _gap(random: Random, n: int) -> Floats:
    return np.where(random.random(n) < 0.5, 1_000.0, random.uniform(0.5, 300.0, n))


def leg_leg(random: Random, n: int, furthest_m: float = 20_000.0) -> Case:
    """Legs that pass, follow, hover, begin or end near each other, level or climbing; some are never up at once."""
    a, b = cases.climbing(random, *cases.meeting(random, n, furthest_m))
    gap = _gap(random, n)
    low, high = motions.level_span(a, b, gap)
    _, apart = motions.least(lambda t: motions.apart_m(a, b, t), low, np.maximum(low, high))
    reach = np.maximum(apart + cases.offsets(random, n, BUDGET_M), 0.001)
    reach = np.where(random.random(n) < 0.3, reach * 1.2, reach)
    lateral = np.clip(reach, 0.0, 100.0) * random.uniform(0.0, 1.0, n)
    one = rows.legs(
        a.start,
        a.end,
        a.times_s,
        a.altitudes_m,
        lateral_m=reach + HALF_QUANTUM_M - lateral,
        vertical_m=gap + HALF_QUANTUM_M,
    )
    other = rows.legs(b.start, b.end, b.times_s, b.altitudes_m, lateral_m=lateral)

    def also(found: Floats, pair: np.ndarray) -> None:
        _instants(found, pair, a, b, reach, gap, (low, high, apart))

    meet = high - low > 2.0 * MICROSECOND_S
    return Case(one, other, np.where(meet, reach - apart, np.where(high < low, -1.0, 0.0)), also=also)


def _instants(
    found: Floats, pair: np.ndarray, a: Legs, b: Legs, reach: Floats, gap: Floats, span: tuple[Floats, Floats, Floats]
) -> None:
    low, high, apart = (part[pair] for part in span)
    reach, gap = reach[pair], gap[pair]
    one, other = (Legs(leg.start[pair], leg.end[pair], leg.times_s[pair], leg.altitudes_m[pair]) for leg in (a, b))
    first, last, closest = (found[:, column] / 1e6 for column in (hits.FIRST_US, hits.LAST_US, hits.CLOSEST_US))
    _sure((low - MICROSECOND_S <= first) & (first <= last) & (last <= high + MICROSECOND_S), low, first, last, high)
    _sure((first <= closest) & (closest <= last))
    lasts = reach > apart + 0.01
    for instant, at_end in ((first, first <= low + MICROSECOND_S), (last, last >= high - MICROSECOND_S)):
        there = motions.apart_m(one, other, instant)
        _sure(there < reach + INSTANT_BUDGET_M, there, reach)
        _sure(at_end | ~lasts | (np.abs(there - reach) < INSTANT_BUDGET_M), there, reach, apart)
    there = motions.apart_m(one, other, closest)
    _sure(np.abs(there - found[:, hits.HORIZONTAL_M]) < INSTANT_BUDGET_M, there, found[:, hits.HORIZONTAL_M])
    _sure(there < apart + INSTANT_BUDGET_M, there, apart)
    up = np.abs(one.altitude_m(closest) - other.altitude_m(closest))
    _sure(np.abs(up - found[:, hits.VERTICAL_M]) < 0.005, up, found[:, hits.VERTICAL_M])  # of climbs at 4 km/s
    place = found[:, [hits.LATITUDE_DEG, hits.LONGITUDE_DEG]]
    for leg in (one, other):
        away, _, _ = inverse(leg.at(closest), place)
        _sure(np.abs(away - there / 2.0) < 0.05, away, there)


def leg_leg_early_late(random: Random, n: int, furthest_m: float = 20_000.0) -> Case:
    """The same with time tolerance, of one or of both."""
    a, b = cases.climbing(random, *cases.meeting(random, n, furthest_m))
    gap = _gap(random, n)
    early = [random.choice((0.0, 1.0), n) * cases.around(random, n, 0.1, 100.0) for _ in range(2)]
    early[1] = np.where(early[0] + early[1] == 0.0, 5.0, early[1])
    tau = early[0] + early[1]
    low = np.maximum(a.times_s[:, 0], b.times_s[:, 0] - tau)
    high = np.minimum(a.times_s[:, 1], b.times_s[:, 1] + tau)
    apart = motions.least_with_clocks(a, b, low, np.maximum(low, high), tau, gap)
    reach = np.maximum(np.minimum(apart, 20_000.0) + cases.offsets(random, n, BUDGET_M), 0.001)
    reach = np.where(random.random(n) < 0.3, reach * 1.2, reach)
    one = rows.legs(
        a.start,
        a.end,
        a.times_s,
        a.altitudes_m,
        lateral_m=reach + HALF_QUANTUM_M,
        vertical_m=gap + HALF_QUANTUM_M,
        time_s=early[0],
    )
    other = rows.legs(b.start, b.end, b.times_s, b.altitudes_m, time_s=early[1])

    def also(found: Floats, pair: np.ndarray) -> None:
        some = np.arange(len(pair)) % 8 == 0  # the oracle of an instant is slow
        _early_late(found[some], pair[some], a, b, reach, gap, early, apart)

    begins = np.maximum(a.times_s[:, 0] - early[0], b.times_s[:, 0] - early[1])
    ends = np.minimum(a.times_s[:, 1] + early[0], b.times_s[:, 1] + early[1])
    meet = ends - begins > 2.0 * MICROSECOND_S
    # how deep both run is taken where they are nearest: side by side they may be just as near elsewhere
    budget = BUDGET_M + DEPTH_BUDGET * apart
    return Case(one, other, np.where(meet, reach - apart, np.where(ends < begins, -1.0, 0.0)), budget, also=also)


def _early_late(
    found: Floats,
    pair: np.ndarray,
    a: Legs,
    b: Legs,
    reach: Floats,
    gap: Floats,
    early: list[Floats],
    apart: Floats,
) -> None:
    one, other = (Legs(leg.start[pair], leg.end[pair], leg.times_s[pair], leg.altitudes_m[pair]) for leg in (a, b))
    reach, gap, apart = reach[pair], gap[pair], apart[pair]
    early_a, early_b = early[0][pair], early[1][pair]
    earliest = np.maximum(one.times_s[:, 0] - early_a, other.times_s[:, 0] - early_b)
    latest = np.minimum(one.times_s[:, 1] + early_a, other.times_s[:, 1] + early_b)
    first, last, closest = (found[:, column] / 1e6 for column in (hits.FIRST_US, hits.LAST_US, hits.CLOSEST_US))
    _sure((earliest - MICROSECOND_S <= first) & (first <= closest) & (closest <= last))
    _sure(last <= latest + MICROSECOND_S)
    _sure(np.abs(found[:, hits.HORIZONTAL_M] - apart) < INSTANT_BUDGET_M, found[:, hits.HORIZONTAL_M], apart)
    for instant, outwards in ((first, -1.0), (last, 1.0)):
        # a moment further in they may be too near, a moment further out they may not
        step = np.minimum(1e-3, (last - first) / 2.0 + 1e-6)
        within = motions.least_at(one, other, instant - outwards * step, early_a, early_b, gap + 1e-6)
        brief = last - first < 1e-4  # too short for the oracle to find
        _sure(brief | (within < reach + INSTANT_BUDGET_M), within, reach, instant)
        beyond = motions.least_at(one, other, instant + outwards * 1e-3, early_a, early_b, gap)
        _sure(beyond > reach - INSTANT_BUDGET_M, beyond, reach, instant)


def leg_circle(random: Random, n: int) -> Case:
    """Legs that come near circles of up to 2,000 km, with and without lateral tolerance."""
    a, _ = cases.meeting(random, n, 1.0)
    centre, _ = forward(a.start, cases.turns(random, n), cases.around(random, n, 0.1, 2_000_000.0))
    apart, _ = nearest_on_edge(centre, a.start, a.end)
    reach = np.maximum(apart - HALF_QUANTUM_M + cases.offsets(random, n, BUDGET_M), 0.001)
    reach = np.where(random.random(n) < 0.5, reach + cases.around(random, n, 0.1, 3_000.0), reach)
    reach = np.minimum(reach, 2e6)
    lateral = np.where(random.random(n) < 0.5, 0.0, np.minimum(reach * random.uniform(0, 1, n), 5e4))
    one = rows.legs(a.start, a.end, a.times_s, a.altitudes_m, lateral_m=lateral)

    def also(found: Floats, pair: np.ndarray) -> None:
        leg = Legs(a.start[pair], a.end[pair], a.times_s[pair], a.altitudes_m[pair])
        limit, radius, least = reach[pair] + HALF_QUANTUM_M, (reach - lateral)[pair], apart[pair]
        _sure(
            (found[:, hits.FIRST_US] <= found[:, hits.CLOSEST_US])
            & (found[:, hits.CLOSEST_US] <= found[:, hits.LAST_US])
        )
        for column, end in ((hits.FIRST_US, 0), (hits.LAST_US, 1)):
            instant = found[:, column] / 1e6
            there, _, _ = inverse(centre[pair], leg.at(instant))
            at_end = np.abs(instant - leg.times_s[:, end]) <= MICROSECOND_S
            _sure(there < limit + INSTANT_BUDGET_M, there, limit)
            _sure(at_end | (limit < least + 0.01) | (np.abs(there - limit) < INSTANT_BUDGET_M), there, limit)
        there, _, _ = inverse(centre[pair], leg.at(found[:, hits.CLOSEST_US] / 1e6))
        across = np.maximum(there - radius, 0.0)
        _sure(np.abs(across - found[:, hits.HORIZONTAL_M]) < INSTANT_BUDGET_M, across, found[:, hits.HORIZONTAL_M])
        _sure(across < np.maximum(least - radius, 0.0) + INSTANT_BUDGET_M, across, least - radius)

    return Case(one, rows.circles(centre, reach - lateral), reach + HALF_QUANTUM_M - apart, also=also)


def leg_polygon(random: Random, n: int, corners: int = 5) -> Case:
    """Legs through, beside and far from rings, with lateral tolerances up to 40 km."""
    ring, points, _ = _near_ring(random, n, corners)
    a = cases.passing(random, points, cases.turns(random, n), np.full(n, 5_000.0))
    apart = gap_m(ring, np.stack((a.start, a.end), axis=1), b_closed=False)
    lateral = np.maximum(apart - HALF_QUANTUM_M + cases.offsets(random, n, BUDGET_M), 0.0)
    lateral = np.where(random.random(n) < 0.3, lateral * 1.3, lateral)
    polygon, edges = rows.polygons(ring)

    def also(found: Floats, pair: np.ndarray) -> None:
        leg = Legs(a.start[pair], a.end[pair], a.times_s[pair], a.altitudes_m[pair])
        limit = lateral[pair] + HALF_QUANTUM_M
        # a reach is exact where leg and edge are nearest; at the ends of a window the plane may stretch otherwise
        slack = INSTANT_BUDGET_M + 2.0 * limit * (limit + 8_000.0) * 8_000.0 / 6.371e6**2
        for column, end in ((hits.FIRST_US, 0), (hits.LAST_US, 1)):
            instant = found[:, column] / 1e6
            at_end = np.abs(instant - leg.times_s[:, end]) <= MICROSECOND_S
            there = to_ring_m(leg.at(instant), ring[pair])
            _sure(there < limit + slack, there, limit)
            grazes = limit < apart[pair] + 0.01
            _sure(at_end | grazes | (np.abs(there - limit) < slack) | (there == 0.0), there, limit)
        there = to_ring_m(leg.at(found[:, hits.CLOSEST_US] / 1e6), ring[pair])
        _sure(np.abs(there - found[:, hits.HORIZONTAL_M]) < INSTANT_BUDGET_M, there, found[:, hits.HORIZONTAL_M])
        _sure(there < apart[pair] + INSTANT_BUDGET_M, there, apart[pair])

    spare = np.where(apart == 0.0, 1.0, lateral + HALF_QUANTUM_M - apart)
    return Case(
        rows.legs(a.start, a.end, a.times_s, a.altitudes_m, lateral_m=lateral), polygon, spare, edges_b=edges, also=also
    )
