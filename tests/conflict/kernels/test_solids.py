"""Footprints against footprints to the millimetre: they touch where the definition says so, and nowhere else."""

import numpy as np
import pytest

from oracle.nearest import GEOD, Place, apart_m, geodesic, least
from skyparley.conflict.operation import Rule
from skyparley.conflict.pairs.batch import all_pairs
from skyparley.geometry.volume import Volume4D
from support.conflict_cases import Position, away, circle_volume, operation, polygon_volume, random_ring

PLACES = [(46.5, 7.8), (-45.0, 179.99), (89.95, 30.0), (-90.0, 0.0), (0.0, 0.0)]
MILLIMETRE_M = 0.001


def _touch(a: Volume4D, b: Volume4D) -> bool:
    found = all_pairs([operation("a", a), operation("b", b)])
    assert [conflict.rule for conflict in found] in ([], [Rule.VOLUME_OVERLAP])
    return bool(found)


def _distance_to_ring_m(centre: Position, ring: tuple[Position, ...]) -> float:
    def to_edge(way: Place) -> float:
        def distance(shares: np.ndarray) -> np.ndarray:
            n = len(shares)
            return apart_m((np.full(n, centre[0]), np.full(n, centre[1])), way(shares))

        return least(distance, 0.0, 1.0)[1]

    return min(to_edge(geodesic(a, b)) for a, b in zip(ring, ring[1:] + ring[:1], strict=True))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size_m", [10.0, 5_000.0, 300_000.0, 1_900_000.0])
def test_circles_touch_when_their_radii_reach(place: Position, size_m: float) -> None:
    random = np.random.default_rng(round(size_m))
    for _ in range(8):
        other = away(place, float(random.uniform(0, 360)), size_m * float(random.uniform(0.5, 1.0)))
        apart = GEOD.inv(place[1], place[0], other[1], other[0])[2]
        one_m = apart * float(random.uniform(0.1, 0.9))
        assert not _touch(circle_volume(place, one_m), circle_volume(other, apart - one_m - MILLIMETRE_M))
        assert _touch(circle_volume(place, one_m), circle_volume(other, apart - one_m + MILLIMETRE_M))
        assert _touch(circle_volume(place, min(2e6, apart * 2.0)), circle_volume(other, max(0.001, one_m / 10.0)))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size_m", [20.0, 5_000.0, 100_000.0, 1_000_000.0])
def test_a_circle_touches_a_polygon_when_its_radius_reaches_an_edge(place: Position, size_m: float) -> None:
    random = np.random.default_rng(round(size_m) + 1)
    for _ in range(6):
        ring = random_ring(random, place, size_m)
        outside = away(place, float(random.uniform(0, 360)), size_m * 1.3)
        apart = _distance_to_ring_m(outside, ring)
        # the nearest point is sought in the plane at the centre, where directions are a little off far away
        slack_m = MILLIMETRE_M if size_m < 500_000.0 else 3 * MILLIMETRE_M
        assert not _touch(circle_volume(outside, apart - slack_m), polygon_volume(ring))
        assert _touch(circle_volume(outside, apart + slack_m), polygon_volume(ring))
        assert _touch(circle_volume(place, size_m / 1_000.0), polygon_volume(ring))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size_m", [50.0, 9_000.0, 60_000.0, 400_000.0])
def test_a_corner_beside_a_long_edge_touches_only_on_it(place: Position, size_m: float) -> None:
    random = np.random.default_rng(round(size_m) + 2)
    for _ in range(6):
        azimuth = float(random.uniform(0, 360))
        start, end = away(place, azimuth + 180.0, size_m), away(place, azimuth, size_m)
        line, way = GEOD.inv(start[1], start[0], end[1], end[0]), geodesic(start, end)
        (latitude,), (longitude,) = way(np.array([float(random.uniform(0.1, 0.9))]))
        spot = (float(latitude), float(longitude))
        across = GEOD.inv(spot[1], spot[0], end[1], end[0])[0] + 90.0
        edge = polygon_volume((start, end, away(place, azimuth + 90.0 + 180.0, size_m)))
        assert line[2] == pytest.approx(2 * size_m)
        for gap_m, touches in ((2 * MILLIMETRE_M, False), (0.0, True), (-2 * MILLIMETRE_M, True)):
            tip = away(spot, across, gap_m) if gap_m >= 0.0 else away(spot, across + 180.0, -gap_m)
            wedge = (tip, away(tip, across + 20.0, size_m / 3.0), away(tip, across - 20.0, size_m / 3.0))
            assert _touch(edge, polygon_volume(wedge)) is touches


@pytest.mark.parametrize("place", PLACES)
def test_neighbours_that_share_an_edge_or_a_corner_touch(place: Position) -> None:
    for size_m in (30.0, 3_000.0, 900_000.0):
        corners = [away(place, 90.0 * i, size_m) for i in range(4)]
        left, right = (corners[0], corners[1], corners[2]), (corners[2], corners[3], corners[0])
        assert _touch(polygon_volume(left), polygon_volume(right))
        assert _touch(polygon_volume(left), polygon_volume(right[::-1]))
        beyond = away(corners[1], 90.0, size_m)
        beside = away(corners[1], 60.0, size_m)
        assert _touch(polygon_volume(left), polygon_volume((corners[1], beyond, beside)))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size_m", [100.0, 50_000.0])
def test_nested_and_holed_polygons(place: Position, size_m: float) -> None:
    outer, inner = (tuple(away(place, 45.0 * i, size_m * k) for i in range(8)) for k in (1.0, 0.2))
    hole = tuple(away(place, -45.0 * i, size_m * 0.5) for i in range(8))
    for one, other in ((outer, inner), (inner, outer), (outer, inner[::-1]), (outer, outer)):
        assert _touch(polygon_volume(one), polygon_volume(other))
    ring = polygon_volume(outer, holes=(hole,))
    assert not _touch(ring, polygon_volume(inner))
    assert not _touch(ring, circle_volume(place, size_m * 0.1))
    assert _touch(ring, polygon_volume(hole))
    assert _touch(ring, polygon_volume(outer))
    assert _touch(ring, ring)
    assert _touch(ring, circle_volume(place, size_m * 2.0))
    filled = tuple(away(place, 45.0 * i, size_m * 0.7) for i in range(8))
    assert _touch(ring, polygon_volume(filled))
    apart = _distance_to_ring_m(place, hole)
    assert not _touch(ring, circle_volume(place, apart - MILLIMETRE_M))
    assert _touch(ring, circle_volume(place, apart + MILLIMETRE_M))


@pytest.mark.parametrize("place", PLACES)
def test_the_place_of_a_conflict_lies_in_both(place: Position) -> None:
    random = np.random.default_rng(5)
    for _ in range(40):
        size_m = float(10.0 ** random.uniform(1.0, 5.5))
        other = away(place, float(random.uniform(0, 360)), size_m)
        one_m = size_m * float(random.uniform(0.05, 2.5))
        two_m = abs(size_m - one_m) + size_m * float(random.uniform(0.001, 0.3))
        pair = [operation("a", circle_volume(place, one_m)), operation("b", circle_volume(other, two_m))]
        (conflict,) = all_pairs(pair)
        at = conflict.closest
        for centre, radius_m in ((place, one_m), (other, two_m)):
            away_m = GEOD.inv(centre[1], centre[0], at.longitude_deg, at.latitude_deg)[2]
            assert away_m <= radius_m + 0.0005 * size_m + 0.001
        ring = random_ring(random, other, two_m)
        found = all_pairs([pair[0], operation("b", polygon_volume(ring))])
        for one in found:
            to_centre = GEOD.inv(place[1], place[0], one.closest.longitude_deg, one.closest.latitude_deg)[2]
            assert to_centre <= one_m + 0.002
