"""How far a kernel's answer changes from where PROJ says that it must, metres: found by halving, out to every limit."""

from collections.abc import Callable

import numpy as np
from pyproj import Geod

from oracle import motions
from oracle.footprints import Floats, forward, inverse, nearest_on_edge
from oracle.motions import Legs
from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.packing import pack
from support import kernel_rows as rows
from support.conflict_cases import operation, polygon_volume

GEOD = Geod(ellps="WGS84")
HALF_QUANTUM_M = 0.000_5
PLACES = np.array([(46.5, 7.8), (-45.0, 179.99), (89.95, 30.0), (-90.0, 0.0), (0.0, 0.0), (12.0, -75.0)])
EACH = 4
HALVINGS = 22
ROUNDS = 14


def _spots() -> Floats:
    return np.repeat(PLACES, EACH, axis=0)


def _change(hits_at: Callable[[Floats], Floats], expected: Floats, window_m: float) -> float:
    """The greatest distance between where an answer changes and where it must."""
    low, high = expected - window_m, expected + window_m
    assert not hits_at(low).any()
    assert hits_at(high).all()
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        hit = hits_at(middle)
        low, high = np.where(hit, low, middle), np.where(hit, middle, high)
    return float(np.abs(high - expected).max())


def _packed(rings: Floats) -> tuple[Floats, Floats]:
    """Rows and edges of rings of any size, cut as they are filed."""
    made, pool, begin = [], [], 0
    for i, ring in enumerate(rings):
        (row,), edges = pack(operation("x", polygon_volume(tuple(map(tuple, ring.tolist())))), 0)
        row[layout.EDGES_BEGIN], row[layout.EDGES_END], row[layout.OWNER] = begin, begin + len(edges), i
        row[layout.BEGIN_S], row[layout.END_S] = rows.ALWAYS_S
        begin += len(edges)
        made.append(row)
        pool.append(edges)
    return np.array(made), np.concatenate(pool)


def _stars(random: np.random.Generator, centres: Floats, size_m: float) -> Floats:
    corners = 5
    angles = (np.arange(corners) + random.uniform(-0.1, 0.1, (len(centres), corners))) * 360.0 / corners
    return forward(centres[:, None, :], angles, size_m * random.uniform(0.9, 0.99, (len(centres), corners)))[0]


def _to_edges(points: Floats, rings: Floats) -> Floats:
    ends = np.roll(rings, -1, axis=1)
    return nearest_on_edge(points[:, None, :] + np.zeros_like(rings), rings, ends, rounds=ROUNDS)[0].min(axis=1)


def circle_and_circle(size_m: float) -> float:
    """Circles whose radii add up to twice a size."""
    one = _spots()
    other, _ = forward(one, np.linspace(0.0, 350.0, len(one)), 1.9 * size_m)
    apart, _, _ = inverse(one, other)
    first = rows.circles(one, np.full(len(one), size_m * 0.95))
    return _change(lambda r: rows.meets(first, rows.circles(other, r)), apart - size_m * 0.95 - HALF_QUANTUM_M, 0.01)


def circle_and_polygon(size_m: float) -> float:
    """Circles beside stars of a size, of about a third of it."""
    random, spots = np.random.default_rng(1), _spots()
    rings = _stars(random, spots, size_m)
    centres, _ = forward(spots, random.uniform(-180, 180, len(spots)), 1.3 * size_m)
    polygon, edges = _packed(rings)
    apart = _to_edges(centres, rings) - HALF_QUANTUM_M
    return _change(lambda r: rows.meets(rows.circles(centres, r), polygon, rows.NO_EDGES, edges), apart, 0.05)


def polygon_and_polygon(size_m: float) -> float:
    """The tip of a wedge beside an edge of a star of a size."""
    random, spots = np.random.default_rng(2), _spots()
    rings = _stars(random, spots, size_m)
    polygon, edges = _packed(rings)
    length, ahead, _ = inverse(rings[:, 0], rings[:, 1])
    foot, onward = forward(rings[:, 0], ahead, length * random.uniform(0.1, 0.9, len(spots)))
    outward = onward - 90.0

    def meets(inward_m: Floats) -> Floats:
        tip, _ = forward(foot, outward, -inward_m)
        sides = [forward(tip, outward + turn, size_m / 5.0)[0] for turn in (20.0, -20.0)]
        wedge, others = _packed(np.stack((tip, *sides), axis=1))
        return rows.meets(polygon, wedge, edges, others)

    return _change(meets, np.full(len(spots), -HALF_QUANTUM_M), 0.05)


def _legs(random: np.random.Generator, spots: Floats, azimuth: Floats, length_m: float) -> Legs:
    share = random.uniform(0.2, 0.8, len(spots))
    start, end = (
        forward(spots, azimuth + 180.0, length_m * share)[0],
        forward(spots, azimuth, length_m * (1 - share))[0],
    )
    # abreast, and through at once
    times = np.column_stack((5_000.0 - share * 40.0, 5_000.0 + (1.0 - share) * 40.0))
    return Legs(start, end, times, np.full((len(spots), 2), 50.0))


def leg_and_circle(size_m: float) -> float:
    """Legs of 8 km beside circles of a size."""
    random, spots = np.random.default_rng(3), _spots()
    centres, _ = forward(spots, random.uniform(-180, 180, len(spots)), size_m)
    a = _legs(random, spots, random.uniform(-180, 180, len(spots)), 7_990.0)
    apart, _ = nearest_on_edge(centres, a.start, a.end, rounds=ROUNDS)
    one = rows.legs(a.start, a.end, a.times_s, a.altitudes_m)
    return _change(lambda r: rows.meets(one, rows.circles(centres, r)), apart - HALF_QUANTUM_M, 0.05)


def leg_and_polygon(size_m: float) -> float:
    """Legs of 8 km beside an edge of a star of a size, up to the greatest lateral tolerance away."""
    random, spots = np.random.default_rng(4), _spots()
    rings = _stars(random, spots, size_m)
    polygon, edges = _packed(rings)
    length, ahead, _ = inverse(rings[:, 0], rings[:, 1])
    foot, onward = forward(rings[:, 0], ahead, length * random.uniform(0.1, 0.9, len(spots)))
    beside, _ = forward(foot, onward - 90.0, min(40_000.0, size_m / 2.0) * random.uniform(0.1, 1.0, len(spots)))
    a = _legs(random, beside, onward + random.uniform(-30, 30, len(spots)), min(7_990.0, size_m / 4.0))
    apart = np.minimum(_to_edges(a.start, rings), _to_edges(a.end, rings))
    corners = nearest_on_edge(rings, a.start[:, None] + 0 * rings, a.end[:, None] + 0 * rings, rounds=ROUNDS)[0]
    apart = np.minimum(apart, corners.min(axis=1))
    return _change(
        lambda lateral: rows.meets(
            rows.legs(a.start, a.end, a.times_s, a.altitudes_m, lateral_m=lateral), polygon, rows.NO_EDGES, edges
        ),
        apart - HALF_QUANTUM_M,
        0.05,
    )


def _leg_and_leg(size_m: float, early_s: float) -> float:
    random, spots = np.random.default_rng(5), _spots()
    azimuth = random.uniform(-180, 180, len(spots))
    others, _ = forward(spots, azimuth + random.uniform(60, 120, len(spots)), size_m)
    turn = random.choice((0.0, 1e-3, 30.0, 180.0), len(spots))
    a, b = _legs(random, spots, azimuth, 7_990.0), _legs(random, others, azimuth + turn, 7_990.0)
    low, high = motions.level_span(a, b, np.full(len(spots), 10.0))
    if early_s == 0.0:
        apart = motions.least(lambda t: motions.apart_m(a, b, t), low, high)[1]
    else:
        low = np.maximum(a.times_s[:, 0], b.times_s[:, 0] - early_s)
        high = np.minimum(a.times_s[:, 1], b.times_s[:, 1] + early_s)
        apart = motions.least_with_clocks(a, b, low, high, np.full(len(spots), early_s), np.full(len(spots), 10.0))
    other = rows.legs(b.start, b.end, b.times_s, b.altitudes_m)

    def meets(reach: Floats) -> Floats:
        lateral = reach + HALF_QUANTUM_M
        one = rows.legs(a.start, a.end, a.times_s, a.altitudes_m, lateral_m=lateral, vertical_m=10.0, time_s=early_s)
        return rows.meets(one, other)

    return _change(meets, apart, 0.05 + 1e-5 * size_m)


def leg_and_leg(size_m: float) -> float:
    """Legs of 8 km at a distance: side by side, nearly so, crossing, head-on."""
    return _leg_and_leg(size_m, 0.0)


def leg_and_leg_early_or_late(size_m: float) -> float:
    """The same with a time tolerance of 15 s."""
    return _leg_and_leg(size_m, 15.0)


ERRORS: dict[str, Callable[[float], float]] = {
    "circle, circle": circle_and_circle,
    "circle, polygon": circle_and_polygon,
    "polygon, polygon": polygon_and_polygon,
    "leg, circle": leg_and_circle,
    "leg, polygon": leg_and_polygon,
    "leg, leg": leg_and_leg,
    "leg, leg, early or late": leg_and_leg_early_or_late,
}
