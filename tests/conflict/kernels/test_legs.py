"""Two paths to the millimetre: where the definition says how near they come, the answer changes there and nowhere else.

Distances up to 20 km; legs from a hundred metres to a thousand kilometres, cut or not; every place.
"""

import numpy as np
import pytest

from oracle.nearest import GEOD, apart_m, geodesic, least, least_between
from skyparley.conflict.minima import uniform
from skyparley.conflict.operation import Conflict, Rule
from skyparley.conflict.pairs.batch import all_pairs
from skyparley.geometry.trajectory import Trajectory4D
from support.conflict_cases import Position, away, operation, track, us

PLACES = [(46.5, 7.8), (-45.0, 179.95), (89.9, 30.0), (-89.99, 0.0), (0.0, 0.0)]
MILLIMETRE_M = 0.001


def _meet(a: Trajectory4D, b: Trajectory4D, horizontal_m: float, vertical_m: float = 100.0) -> list[Conflict]:
    pair = [operation("a", a, operation_class="en_route"), operation("b", b, operation_class="en_route")]
    return all_pairs(pair, uniform(horizontal_m, vertical_m))


def _passing(random: np.random.Generator, spot: Position, longest_m: float, at_s: float) -> list[list[float]]:
    """One leg that passes a spot at about an instant: [time, latitude, longitude] of its ends."""
    azimuth = float(random.uniform(0, 360))
    before_m, after_m = (float(longest_m * random.uniform(0.02, 0.5)) for _ in range(2))
    speed_mps = float(random.uniform(5.0, 300.0)) if longest_m < 50_000.0 else float(random.uniform(150.0, 300.0))
    return [
        [at_s - before_m / speed_mps, *away(spot, azimuth + 180.0, before_m)],
        [at_s + after_m / speed_mps, *away(spot, azimuth, after_m)],
    ]


def _level(ends: list[list[float]], altitude_m: float = 0.0, **tolerances: float) -> Trajectory4D:
    return track([(t, la, lo, altitude_m) for t, la, lo in ends], **tolerances)


@pytest.mark.parametrize("longest_m", [300.0, 20_000.0, 400_000.0, 1_500_000.0])
def test_the_answer_changes_where_the_least_distance_is(longest_m: float) -> None:
    random = np.random.default_rng(round(longest_m))
    checked = 0
    for place in 12 * PLACES:
        spots = [place, away(place, float(random.uniform(0, 360)), float(10.0 ** random.uniform(0.0, 4.2)))]
        ends = [_passing(random, spot, longest_m, 5_000.0 + float(random.uniform(-1, 1))) for spot in spots]
        paths = [_level(one) for one in ends]
        clocks = [path.times_us / 1e6 for path in paths]
        begin, end = max(clock[0] for clock in clocks), min(clock[1] for clock in clocks)
        ways = [geodesic((one[0][1], one[0][2]), (one[1][1], one[1][2])) for one in ends]

        def distance(times: np.ndarray, ways: list = ways, clocks: list = clocks) -> np.ndarray:
            at = [way((times - c[0]) / (c[1] - c[0])) for way, c in zip(ways, clocks, strict=True)]
            return apart_m(*at)

        instant, apart = least(distance, begin, end)
        if apart > 20_000.0 or begin + 1e-3 > instant or instant > end - 1e-3:
            continue  # nearest when one of them begins or ends: half-open time decides, not distance
        checked += 1
        assert not _meet(*paths, apart - MILLIMETRE_M)
        (conflict,) = _meet(*paths, apart + MILLIMETRE_M)
        assert conflict.rule is Rule.SEPARATION_MINIMUM
        assert abs(conflict.closest.horizontal_m - apart) <= 1.5 * MILLIMETRE_M
        assert distance(np.array([conflict.closest.time_us / 1e6]))[0] <= apart + 2 * MILLIMETRE_M
        (wide,) = _meet(*paths, apart + 50.0)
        for instant_us in (wide.first_us, wide.last_us):
            if begin + 1e-3 < instant_us / 1e6 < end - 1e-3:
                assert abs(distance(np.array([instant_us / 1e6]))[0] - apart - 50.0) < 0.05
    assert checked >= 15


@pytest.mark.parametrize("place", PLACES[:3])
@pytest.mark.parametrize("length_m", [5_000.0, 200_000.0])
@pytest.mark.parametrize(("gap_m", "conflicts"), [(9_260.0, 0), (9_259.998, 1)])
def test_one_behind_the_other_at_exactly_five_miles_is_separated(
    place: Position, length_m: float, gap_m: float, conflicts: int
) -> None:
    first = [(0.0, *place), (1_000.0, *away(place, 60.0, length_m))]
    second = [(0.0, *away(place, 60.0, gap_m)), (1_000.0, *away(place, 60.0, length_m + gap_m))]
    found = all_pairs(
        [
            operation("a", _level([list(end) for end in first]), operation_class="en_route"),
            operation("b", _level([list(end) for end in second]), operation_class="en_route"),
        ]
    )
    assert len(found) == conflicts


@pytest.mark.parametrize("seed", range(3))
def test_with_time_tolerance_the_two_clocks_may_differ(seed: int) -> None:
    random = np.random.default_rng(seed)
    checked = 0
    for _ in range(25):
        place = PLACES[random.integers(len(PLACES))]
        longest_m = float(10.0 ** random.uniform(2.5, 5.0))
        spots = [place, away(place, float(random.uniform(0, 360)), float(10.0 ** random.uniform(0.0, 3.5)))]
        ends = [_passing(random, spot, longest_m, 5_000.0 + float(random.uniform(-20, 20))) for spot in spots]
        early_late_s = [float(random.integers(0, 20)), float(random.integers(1, 20))]
        paths = [_level(one, time_s=e) for one, e in zip(ends, early_late_s, strict=True)]
        clocks = [path.times_us / 1e6 for path in paths]
        ways = [geodesic((one[0][1], one[0][2]), (one[1][1], one[1][2])) for one in ends]

        def window(u: np.ndarray, c: list = clocks, tau: float = sum(early_late_s)) -> tuple[np.ndarray, np.ndarray]:
            t, span = c[0][0] + u * (c[0][1] - c[0][0]), c[1][1] - c[1][0]
            return np.maximum(0.0, (t - tau - c[1][0]) / span), np.minimum(1.0, (t + tau - c[1][0]) / span)

        apart = least_between(*ways, window)
        if not 0.1 < apart < 20_000.0:
            continue
        checked += 1
        assert not _meet(*paths, apart - MILLIMETRE_M)
        (conflict,) = _meet(*paths, apart + MILLIMETRE_M)
        assert abs(conflict.closest.horizontal_m - apart) <= 1.5 * MILLIMETRE_M
        assert conflict.first_us <= conflict.closest.time_us <= conflict.last_us
    assert checked >= 8


def test_windows_with_time_tolerance_are_those_of_samples() -> None:
    a = _level([[0.0, 46.5, 7.8], [100.0, 46.5, 7.82]], time_s=4.0)
    b = _level([[10.0, 46.505, 7.81], [90.0, 46.495, 7.811]], time_s=7.0)
    (conflict,) = _meet(a, b, 60.0)
    way_a, way_b = geodesic((46.5, 7.8), (46.5, 7.82)), geodesic((46.505, 7.81), (46.495, 7.811))
    near = []
    for instant in np.arange(-10.0, 110.0, 0.5):
        ta = np.linspace(max(0.0, instant - 4.0), min(100.0, instant + 4.0), 81)
        tb = np.linspace(max(10.0, instant - 7.0), min(90.0, instant + 7.0), 81)
        if ta[0] > ta[-1] or tb[0] > tb[-1]:
            continue
        u, v = np.meshgrid(ta / 100.0, (tb - 10.0) / 80.0)
        if apart_m(way_a(u.ravel()), way_b(v.ravel())).min() < 60.0:
            near.append(instant)
    assert abs((conflict.first_us - us(0)) / 1e6 - near[0]) <= 0.6
    assert abs((conflict.last_us - us(0)) / 1e6 - near[-1]) <= 0.6


@pytest.mark.parametrize(("end_longitude", "begin_longitude"), [(7.81, 7.81), (7.81, 7.825)])
@pytest.mark.parametrize(("gap_s", "conflicts"), [(2.0, 0), (1.999999, 1)])
def test_half_open_times_that_merely_meet_with_their_tolerance_do_not_conflict(
    end_longitude: float, begin_longitude: float, gap_s: float, conflicts: int
) -> None:
    a = _level([[0.0, 46.5, 7.8], [10.0, 46.5, end_longitude]], time_s=1.0)
    b = _level([[10.0 + gap_s, 46.5, begin_longitude], [20.0, 46.5, 7.8]], time_s=1.0)
    near = begin_longitude == end_longitude
    assert len(_meet(a, b, 50.0)) == (conflicts if near else 0)


@pytest.mark.parametrize(
    ("climb_m", "conflicts"), [(304.8, 0), (304.7996, 0), (304.799, 1), (-304.8, 0), (-304.799, 1)]
)
def test_levels_a_thousand_feet_apart_are_separated(climb_m: float, conflicts: int) -> None:
    """FL300 is 9,144 m, FL310 9,448.8 m."""
    ends = [[0.0, 46.5, 7.8], [60.0, 46.5, 7.9]]
    pair = [
        operation("a", _level(ends, 9_144.0), operation_class="en_route"),
        operation("b", _level(ends, 9_144.0 + climb_m), operation_class="en_route"),
    ]
    assert len(all_pairs(pair)) == conflicts


def test_a_climb_through_a_level_infringes_while_it_is_less_than_the_minimum_away() -> None:
    level = _level([[0.0, 46.5, 7.8], [100.0, 46.5, 7.9]], 1_000.0)
    climb = track([(0.0, 46.5, 7.8, 0.0), (100.0, 46.5, 7.9, 2_000.0)])
    (conflict,) = _meet(level, climb, 50.0, 100.0)
    assert abs(conflict.first_us - us(45.0)) < 50
    assert abs(conflict.last_us - us(55.0)) < 50
    assert conflict.closest.vertical_m < 0.001


def test_parallel_paths_with_time_tolerance_meet_in_the_middle_of_their_clocks() -> None:
    ends = [[0.0, 46.5, 7.8], [100.0, *away((46.5, 7.8), 90.0, 7_000.0)]]
    late = [[30.0, 46.5, 7.8], [130.0, *ends[1][1:]]]
    assert not _meet(_level(ends, time_s=10.0), _level(late, time_s=10.0), 699.0)
    (conflict,) = _meet(_level(ends, time_s=10.0), _level(late, time_s=10.0), 701.0)
    assert conflict.closest.horizontal_m == pytest.approx(700.0, abs=0.01)
    assert not _meet(_level(ends, time_s=10.0), _level(late, time_s=10.0, lateral_m=100.0), 599.0)


def test_a_zero_minimum_is_never_infringed() -> None:
    path = _level([[0.0, 46.5, 7.8], [100.0, 46.5, 7.82]])
    assert not _meet(path, path, 0.0)
    assert not _meet(path, path, 50.0, 0.0)
    assert len(_meet(path, path, 50.0)) == 1


def test_hovering_at_one_place_meets_who_comes_by() -> None:
    still = _level([[0.0, 46.5, 7.8], [100.0, 46.5, 7.8]])
    other = _level([[0.0, 46.5, 7.8], [100.0, 46.5, 7.8]])
    assert len(_meet(still, other, 50.0)) == 1
    length = GEOD.inv(7.79, 46.5, 7.81, 46.5)[2]
    passing = _level([[0.0, 46.5, 7.79], [100.0, 46.5, 7.81]])
    (conflict,) = _meet(still, passing, 50.0)
    assert (conflict.last_us - conflict.first_us) / 1e6 == pytest.approx(100.0 / length * 100.0, abs=0.02)
