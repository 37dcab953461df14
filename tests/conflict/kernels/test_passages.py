"""A path against a volume to the millimetre: its tube touches where the definition says so, and nowhere else."""

import numpy as np
import pytest

from oracle.nearest import GEOD, Place, apart_m, geodesic, least, least_between
from skyparley.conflict.operation import Conflict, Rule
from skyparley.conflict.pairs.batch import all_pairs
from skyparley.geometry.trajectory import Trajectory4D
from skyparley.geometry.volume import Volume4D
from support.conflict_cases import Position, away, circle_volume, operation, polygon_volume, random_ring, track, us

PLACES = [(46.5, 7.8), (-45.0, 179.99), (89.95, 30.0), (-89.999, 0.0), (0.0, 0.0)]
MILLIMETRE_M = 0.001
LONG = (-9_000.0, 9_000.0)


def _passes(path: Trajectory4D, volume: Volume4D) -> list[Conflict]:
    found = all_pairs([operation("path", path), operation("volume", volume)])
    assert all(conflict.rule is Rule.TRAJECTORY_IN_VOLUME for conflict in found)
    return found


def _way(spot: Position, azimuth_deg: float, before_m: float, after_m: float) -> tuple[Position, Position]:
    return away(spot, azimuth_deg + 180.0, before_m), away(spot, azimuth_deg, after_m)


def _spans(conflict: Conflict) -> list[float]:
    return [(instant - us(0)) / 1e6 for window in conflict.windows for instant in (window.first_us, window.last_us)]


def _fly(start: Position, end: Position, **tolerances: float) -> Trajectory4D:
    return track([(0.0, *start, 50.0), (1_000.0, *end, 50.0)], **tolerances)


@pytest.mark.parametrize("length_m", [200.0, 10_000.0, 900_000.0])
@pytest.mark.parametrize("reach_m", [1.0, 30.0, 3_000.0, 19_000.0, 150_000.0])
def test_a_path_touches_a_circle_where_it_comes_as_near_as_its_radius(length_m: float, reach_m: float) -> None:
    random = np.random.default_rng(round(length_m + reach_m))
    checked = 0
    for place in 2 * PLACES:
        spot = away(place, float(random.uniform(0, 360)), reach_m)
        start, end = _way(spot, float(random.uniform(0, 360)), *(length_m * random.uniform(0.1, 0.9, 2)))
        way = geodesic(start, end)

        def distance(shares: np.ndarray, way: Place = way, place: Position = place) -> np.ndarray:
            n = len(shares)
            return apart_m((np.full(n, place[0]), np.full(n, place[1])), way(shares))

        apart = least(distance, 0.0, 1.0)[1]
        if apart < 2 * MILLIMETRE_M:
            continue
        checked += 1
        path = _fly(start, end)
        assert not _passes(path, circle_volume(place, apart - MILLIMETRE_M, seconds=LONG))
        (touch,) = _passes(path, circle_volume(place, apart + MILLIMETRE_M, seconds=LONG))
        assert touch.closest.horizontal_m == 0.0
        radius_m, lateral_m = apart * 0.6, apart * 0.4
        if 2.0 < lateral_m < 40_000.0:
            volume = circle_volume(place, radius_m, seconds=LONG)
            assert not _passes(_fly(start, end, lateral_m=lateral_m - MILLIMETRE_M), volume)
            (near,) = _passes(_fly(start, end, lateral_m=lateral_m + MILLIMETRE_M), volume)
            assert near.closest.horizontal_m == pytest.approx(lateral_m, abs=2 * MILLIMETRE_M)
        (wide,) = _passes(path, circle_volume(place, apart * 1.1 + 1.0, seconds=LONG))
        for instant_us in (wide.first_us, wide.last_us):
            share = (instant_us - us(0.0)) / 1e9
            if 1e-6 < share < 1.0 - 1e-6:
                assert abs(distance(np.array([share]))[0] - apart * 1.1 - 1.0) < 0.01 + length_m * 2e-8
    assert checked >= 7


@pytest.mark.parametrize("length_m", [300.0, 12_000.0, 150_000.0])
@pytest.mark.parametrize("lateral_m", [1.0, 100.0, 4_000.0])
def test_a_tube_touches_a_polygon_where_an_edge_comes_as_near_as_its_width(length_m: float, lateral_m: float) -> None:
    random = np.random.default_rng(round(length_m + lateral_m))
    for place in PLACES:
        size_m = float(10.0 ** random.uniform(1.5, 4.5))
        ring = random_ring(random, place, size_m)
        azimuth = float(random.uniform(0, 360))
        spot = away(place, azimuth, size_m + lateral_m)
        start, end = _way(spot, azimuth + 90.0, *(length_m * random.uniform(0.2, 0.8, 2)))
        way = geodesic(start, end)
        apart = min(least_between(way, geodesic(a, b)) for a, b in zip(ring, ring[1:] + ring[:1], strict=True))
        if not 0.5 < apart < 45_000.0:
            continue
        volume = polygon_volume(ring, seconds=LONG)
        # reaches are measured in a plane that stretches far from the path: a little too much, never too little
        slack_m = MILLIMETRE_M + apart * 1.2 * ((4_000.0 + apart) / 6_371_000.0) ** 2
        assert not _passes(_fly(start, end, lateral_m=apart - slack_m), volume)
        (conflict,) = _passes(_fly(start, end, lateral_m=apart + MILLIMETRE_M), volume)
        assert conflict.closest.horizontal_m == pytest.approx(apart, abs=2 * slack_m)


def test_a_concave_volume_is_entered_several_times() -> None:
    place = (46.5, 7.8)
    comb = []
    for i in range(4):
        west, east = away(place, 90.0, 100.0 * (2 * i)), away(place, 90.0, 100.0 * (2 * i + 1))
        comb += [away(west, 180.0, 500.0), away(west, 0.0, 500.0), away(east, 0.0, 500.0), away(east, 180.0, 500.0)]
    spine = [away(comb[-1], 180.0, 100.0), away(comb[0], 180.0, 100.0)]
    path = track([(0.0, *away(place, 270.0, 50.0), 50.0), (800.0, *away(place, 90.0, 750.0), 50.0)])
    (conflict,) = _passes(path, polygon_volume((*comb, *spine), seconds=LONG))
    assert _spans(conflict) == pytest.approx([50.0, 150.0, 250.0, 350.0, 450.0, 550.0, 650.0, 750.0], abs=0.02)


def test_a_hole_is_flown_through_without_conflict() -> None:
    place = (46.5, 7.8)
    outline, hole = (tuple(away(place, 45.0 * i, r) for i in range(8)) for r in (5_000.0, 3_000.0))
    volume = polygon_volume(outline, holes=(hole,), seconds=LONG)
    inside = _fly(*_way(place, 30.0, 2_000.0, 2_000.0))
    assert not _passes(inside, volume)
    (through,) = _passes(_fly(*_way(place, 30.0, 9_000.0, 9_000.0)), volume)
    assert len(through.windows) == 2
    assert len(_passes(_fly(*_way(place, 30.0, 2_000.0, 2_000.0), lateral_m=900.0), volume)) == 1


@pytest.mark.parametrize("band", [(100.0, 200.0), (60.0, 200.0)])
@pytest.mark.parametrize(
    ("vertical_m", "conflicts"), [(0.0, 0), (9.999, 0), (10.0, 1), (49.999, 1), (50.0, 1)], ids=str
)
def test_a_tube_touches_the_band_it_reaches(band: tuple[float, float], vertical_m: float, conflicts: int) -> None:
    place = (46.5, 7.8)
    path = _fly(*_way(place, 30.0, 900.0, 900.0), vertical_m=vertical_m)
    needed_m = band[0] - 50.0
    found = _passes(path, circle_volume(place, 300.0, band=band, seconds=LONG))
    assert len(found) == (1 if vertical_m >= needed_m else 0)
    assert needed_m != 10.0 or len(found) == conflicts
    for conflict in found:
        assert conflict.closest.vertical_m == pytest.approx(needed_m, abs=MILLIMETRE_M)
        assert conflict.closest.horizontal_m == 0.0


@pytest.mark.parametrize(
    ("begin_s", "end_s", "early_late_s", "conflicts"),
    [
        (1_000.0, 2_000.0, 0.0, 0),
        (999.999999, 2_000.0, 0.0, 1),
        (-100.0, 0.0, 0.0, 0),
        (-100.0, 0.000001, 0.0, 1),
        (1_010.0, 2_000.0, 10.0, 0),
        (1_009.99999, 2_000.0, 10.0, 1),
        (-100.0, -10.0, 10.0, 0),
        (-100.0, -9.99999, 10.0, 1),
    ],
)
def test_half_open_times_that_merely_meet_do_not_conflict(
    begin_s: float, end_s: float, early_late_s: float, conflicts: int
) -> None:
    path = _fly((46.5, 7.8), (46.5, 7.801), time_s=early_late_s)
    found = _passes(path, circle_volume((46.5, 7.8), 900.0, seconds=(begin_s, end_s)))
    assert len(found) == conflicts
    for conflict in found:
        assert us(begin_s) <= conflict.first_us <= conflict.last_us <= us(end_s)


def test_early_or_late_widens_the_window_and_stays_within_the_volumes_time() -> None:
    place = (46.5, 7.8)
    start, end = _way(place, 90.0, 1_000.0, 1_000.0)
    for early_late_s, expected in ((0.0, (450.0, 550.0)), (30.0, (420.0, 580.0)), (100.0, (400.0, 600.0))):
        path = _fly(start, end, time_s=early_late_s)
        (conflict,) = _passes(path, circle_volume(place, 100.0, seconds=(400.0, 600.0)))
        assert _spans(conflict) == pytest.approx(expected, abs=0.01)
    assert GEOD.inv(start[1], start[0], end[1], end[0])[2] == pytest.approx(2_000.0)


def test_a_path_that_ends_on_the_border_is_there_for_less_than_a_millimetre() -> None:
    place = (46.5, 7.8)
    border = away(place, 90.0, 300.0)
    volume = circle_volume(place, 300.0, seconds=LONG)
    arrives = _fly(away(place, 90.0, 900.0), border)
    assert all(conflict.first_us > us(999.998) for conflict in _passes(arrives, volume))
    assert len(_passes(_fly(border, away(place, 90.0, 900.0)), volume)) == 1
    onward = track(
        [(0.0, *away(place, 90.0, 900.0), 50.0), (10.0, *border, 50.0), (20.0, *away(place, 90.0, 900.0), 50.0)]
    )
    (touch,) = _passes(onward, volume)
    assert abs(touch.first_us - us(10.0)) < 2_000
