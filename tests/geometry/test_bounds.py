"""Bounding boxes hold all that a footprint or track holds, everywhere on Earth, and not the whole Earth for it."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.nearest import geodesic
from skyparley.geometry.altitude import Datum
from skyparley.geometry.bounds import WHOLE_EARTH, Box, bounding_box, overlap
from skyparley.geometry.volume import Volume4D
from support.conflict_cases import Position, away, circle_volume, polygon_volume, random_ring, random_track

PLACES = [
    (46.5, 7.8),
    (-17.0, 180.0),
    (60.0, -179.99),
    (89.5, 30.0),
    (90.0, 0.0),
    (-90.0, 0.0),
    (-84.0, 100.0),
    (0.0, 0.0),
]
SIZES_M = [10.0, 3_000.0, 100_000.0, 1_000_000.0, 1_900_000.0]


def _holds(box: Box, latitude_deg: float, longitude_deg: float) -> bool:
    west, south, east, north = box
    if not south <= latitude_deg <= north:
        return False
    if abs(latitude_deg) > 90.0 - 1e-9:
        return True
    return west <= longitude_deg <= east if west <= east else longitude_deg >= west or longitude_deg <= east


def _width_deg(box: Box) -> float:
    return box[2] - box[0] if box[2] >= box[0] else box[2] - box[0] + 360.0


def _edge_points(ring: tuple[Position, ...], samples: int = 60) -> list[Position]:
    points: list[Position] = []
    for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
        latitudes, longitudes = geodesic(a, b)(np.linspace(0.0, 1.0, samples))
        points += zip(latitudes.tolist(), longitudes.tolist(), strict=True)
    return points


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size_m", SIZES_M)
def test_a_box_holds_every_point_of_a_circle(place: Position, size_m: float) -> None:
    box = bounding_box([circle_volume(place, size_m)], [])
    for azimuth in range(0, 360, 3):
        for share in (0.0, 0.5, 1.0):
            assert _holds(box, *away(place, float(azimuth), share * size_m))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size_m", SIZES_M)
def test_a_box_holds_every_point_of_a_polygon(place: Position, size_m: float) -> None:
    random = np.random.default_rng(round(size_m))
    for _ in range(6):
        ring = random_ring(random, place, size_m)
        box = bounding_box([polygon_volume(ring)], [])
        for point in [*_edge_points(ring), place]:  # stars hold their centre
            assert _holds(box, *point)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size_m", SIZES_M)
def test_a_box_holds_every_place_that_a_track_may_be_at(place: Position, size_m: float) -> None:
    random = np.random.default_rng(round(size_m) + 1)
    for _ in range(6):
        path = random_track(random, place, size_m, Datum.EGM96, 500.0)
        box = bounding_box([], [path])
        corners = list(zip(path.latitudes_deg.tolist(), path.longitudes_deg.tolist(), strict=True))
        for a, b in pairwise(corners):
            latitudes, longitudes = geodesic(a, b)(np.linspace(0.0, 1.0, 40))
            for spot in zip(latitudes.tolist(), longitudes.tolist(), strict=True):
                assert _holds(box, *spot)
                assert _holds(box, *away(spot, float(random.uniform(0, 360)), path.lateral_tolerance_m))


def test_a_box_of_several_holds_each() -> None:
    random = np.random.default_rng(3)
    for _ in range(100):
        volumes: list[Volume4D] = []
        for _ in range(int(random.integers(1, 5))):
            place = PLACES[random.integers(len(PLACES))]
            volumes.append(circle_volume(place, float(10.0 ** random.uniform(1.0, 6.0))))
        whole = bounding_box(volumes, [])
        for volume in volumes:
            part = bounding_box([volume], [])
            assert overlap(whole, part)
            for latitude in (part[1], part[3]):
                for longitude in (part[0], part[2]):
                    assert _holds((whole[0] - 1e-9, whole[1], whole[2] + 1e-9, whole[3]), latitude, longitude)


@pytest.mark.parametrize("place", [(46.5, 7.8), (-17.0, 180.0), (0.0, 0.0), (60.0, -179.999)])
def test_boxes_are_about_as_large_as_what_they_hold(place: Position) -> None:
    shrink = np.cos(np.radians(place[0]))
    for size_m in (100.0, 3_000.0, 100_000.0):
        ring = tuple(away(place, 60.0 * i, size_m) for i in range(6))
        for box in (bounding_box([circle_volume(place, size_m)], []), bounding_box([polygon_volume(ring)], [])):
            assert box[3] - box[1] < 2.3 * size_m / 111_000.0
            assert _width_deg(box) < 2.5 * size_m / 111_000.0 / shrink
    assert bounding_box([circle_volume((89.999, 0.0), 500.0)], [])[1] > 89.9


def test_a_ring_round_a_pole_spans_all_longitudes() -> None:
    ring = tuple((80.0, float(longitude)) for longitude in range(-180, 180, 30))
    west, south, east, north = bounding_box([polygon_volume(ring)], [])
    assert (west, east, north) == (-180.0, 180.0, 90.0)
    assert 79.0 < south <= 80.0
    ring = tuple((-80.0, float(longitude)) for longitude in range(-180, 180, 30))
    assert bounding_box([polygon_volume(ring[::-1])], [])[1] == -90.0


LONGITUDES = st.integers(-18, 18).map(lambda n: n * 10.0)
LATITUDES = st.integers(-9, 9).map(lambda n: n * 10.0)


@given(LONGITUDES, LATITUDES, LONGITUDES, LATITUDES, LONGITUDES, LATITUDES, LONGITUDES, LATITUDES)
def test_boxes_overlap_exactly_if_a_point_lies_in_both(
    w: float, s: float, e: float, n: float, ow: float, os: float, oe: float, on: float
) -> None:
    one, other = (w, min(s, n), e, max(s, n)), (ow, min(os, on), oe, max(os, on))

    def holds(box: Box, latitude: float, longitude: float) -> bool:
        around = (longitude, longitude - 360.0) if longitude == 180.0 else (longitude, longitude + 360.0)
        spans = [(box[0], box[2])] if box[0] <= box[2] else [(box[0], 180.0), (-180.0, box[2])]
        return box[1] <= latitude <= box[3] and any(a <= lon <= b for a, b in spans for lon in (longitude, *around))

    shared = any(
        holds(one, latitude, longitude) and holds(other, latitude, longitude)
        for latitude in np.arange(-90.0, 91.0, 10.0)
        for longitude in np.arange(-180.0, 180.0, 10.0)
    )
    assert overlap(one, other) == overlap(other, one) == shared
    assert overlap(one, WHOLE_EARTH)
