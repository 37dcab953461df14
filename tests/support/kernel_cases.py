"""Random cases for the kernels, many at a time, at every kind of place, most of them where the answer changes."""

import numpy as np

from oracle.footprints import Floats, forward, gap_m, inverse
from oracle.motions import Legs

Random = np.random.Generator
LATITUDES = (90.0, -90.0, 89.999_999, -89.999, 0.0, -0.000_001, 45.0)
LONGITUDES = (180.0, -180.0, 179.999_999, -179.999_9, 0.0, -90.0)
LONGEST_LEG_M, LONGEST_EDGE_M = 7_999.0, 9_999.0


def places(random: Random, n: int) -> Floats:
    """Positions all over the globe; one in four at a pole, on the antimeridian, the equator, or beside them."""
    found = np.column_stack((np.degrees(np.arcsin(random.uniform(-1, 1, n))), random.uniform(-180, 180, n)))
    for column, special in enumerate((LATITUDES, LONGITUDES)):
        chosen = random.random(n) < 0.15
        found[chosen, column] = random.choice(special, int(chosen.sum()))
    return found


def around(random: Random, n: int, low_m: float, high_m: float) -> Floats:
    """Distances of every order of magnitude."""
    return 10.0 ** random.uniform(np.log10(low_m), np.log10(high_m), n)


def turns(random: Random, n: int) -> Floats:
    return random.uniform(-180.0, 180.0, n)


def offsets(random: Random, n: int, least_m: float) -> Floats:
    """How far from where the answer changes: to either side, from `least_m` to a metre, half of them below 1 cm."""
    far = np.where(random.random(n) < 0.5, around(random, n, least_m, 0.01), around(random, n, least_m, 1.0))
    return far * random.choice((-1.0, 1.0), n)


def rings(random: Random, centres: Floats, sizes_m: Floats, corners: int) -> Floats:
    """Stars `(n, corners, 2)` about centres; the edges of some are needles, others hardly bend."""
    n = len(centres)
    angles = (np.arange(corners) + random.uniform(-0.45, 0.45, (n, corners))) * 360.0 / corners
    sharp = random.choice((0.02, 0.5, 0.95), (n, 1))
    far = sizes_m[:, None] * random.uniform(sharp, 1.0, (n, corners))
    return forward(centres[:, None, :], angles, far)[0]


def touching_rings(random: Random, n: int, corners_a: int, corners_b: int, offset_m: Floats) -> tuple[Floats, Floats]:
    """Pairs of stars whose borders are about so far apart; those with negative offsets overlap."""
    a, b_size = places(random, n), around(random, n, 1.0, 5_000.0)
    a_size = np.clip(b_size * around(random, n, 0.05, 20.0), 0.5, 5_000.0)
    first = rings(random, a, a_size, corners_a)
    seed = int(random.integers(2**31))
    centre = forward(a, turns(random, n), (a_size + b_size) * 1.02)[0]
    for step in range(4):
        second = rings(np.random.default_rng(seed), centre, b_size, corners_b)
        gap = gap_m(first, second)
        if step == 3:
            break
        apart, towards, _ = inverse(centre, a)
        centre = forward(centre, towards, np.clip(gap - offset_m, -1.0, apart))[0]
    return first, second


def passing(random: Random, spots: Floats, azimuths: Floats, instants_s: Floats) -> Legs:
    """Level legs that pass spots at about an instant; some hover, some begin or end right there."""
    n = len(spots)
    hovers = random.random(n) < 0.05
    length = np.where(hovers, 0.0, around(random, n, 1.0, LONGEST_LEG_M))
    share = np.where(random.random(n) < 0.1, random.choice((0.0, 1.0), n), random.uniform(0.05, 0.95, n))
    span = np.where(hovers, random.uniform(1.0, 1e3, n), np.maximum(length / around(random, n, 1.0, 300.0), 0.1))
    start = np.where(hovers[:, None], spots, forward(spots, azimuths + 180.0, length * share)[0])
    end = np.where(hovers[:, None], spots, forward(spots, azimuths, length * (1.0 - share))[0])
    times = np.column_stack((instants_s - share * span, instants_s + (1.0 - share) * span))
    return Legs(start, end, times, np.full((n, 2), 50.0))


def meeting(random: Random, n: int, furthest_m: float) -> tuple[Legs, Legs]:
    """Pairs of legs that come near each other; some fly side by side, nearly so, or one behind the other."""
    spots, azimuths = places(random, n), turns(random, n)
    others = forward(spots, turns(random, n), around(random, n, 0.01, furthest_m))[0]
    beside = random.choice((0.0, 1e-7, 1e-3, 1.0), n, p=(0.1, 0.1, 0.1, 0.7))
    a = passing(random, spots, azimuths, random.uniform(-3.0, 3.0, n) + 5_000.0)
    b = passing(random, others, azimuths + beside * turns(random, n), random.uniform(-3.0, 3.0, n) + 5_000.0)
    same = (random.random(n) < 0.05)[:, None]  # as long and as fast: no relative speed
    length, _, _ = inverse(a.start, a.end)
    b = Legs(
        np.where(same, others, b.start),
        np.where(same, forward(others, azimuths, length)[0], b.end),
        np.where(same, a.times_s, b.times_s),
        b.altitudes_m,
    )
    return a, b


def climbing(random: Random, a: Legs, b: Legs) -> tuple[Legs, Legs]:
    """The same legs, half of the pairs level, half climbing through each other or past."""
    n = len(a.start)
    climbs = random.random((n, 1)) < 0.5
    made = [Legs(leg.start, leg.end, leg.times_s, random.uniform(0.0, 500.0, (n, 2)) * climbs + 50.0) for leg in (a, b)]
    return made[0], made[1]
