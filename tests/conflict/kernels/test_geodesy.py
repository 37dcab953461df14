"""Distances and projections of the kernels against PROJ, at ordinary places, poles, antimeridian and antipodes."""

import math

import numpy as np
import pytest
from pyproj import Transformer

from oracle.nearest import GEOD, geodesic
from skyparley.conflict.kernels import plane
from skyparley.conflict.kernels.geodesy import (
    CHORD_IS_EXACT_M,
    chord_to_geodesic_m,
    geodesic_m,
    geodesic_to_chord_m,
    geodesic_to_offset_m,
    latitude_longitude_deg,
    set_sines,
    sine_cosine,
    surface_points,
    surface_xyz,
    unit_normal,
)
from support.conflict_cases import Position, away

ECEF = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
PLACES = [(46.5, 7.8), (-17.0, 180.0), (90.0, 0.0), (-90.0, 0.0), (89.9999, 30.0), (0.0, 0.0), (-45.0, -90.0)]


def _random_places(count: int) -> list[Position]:
    random = np.random.default_rng(1)
    return [
        (math.degrees(math.asin(float(random.uniform(-1, 1)))), float(random.uniform(-180, 180))) for _ in range(count)
    ] + PLACES


def test_sines_and_cosines_are_within_two_units_of_the_last_place() -> None:
    random = np.random.default_rng(4)
    angles = np.concatenate((random.uniform(-360.0, 360.0, 100_000), np.arange(-360.0, 361.0, 15.0)))
    angles = np.concatenate((angles, angles + 1e-9, angles * 1e-9))
    sines, cosines = np.empty(len(angles)), np.empty(len(angles))
    set_sines(angles, sines, cosines)
    exact = angles.astype(np.longdouble) * (np.longdouble("3.14159265358979323846264338327950288") / 180)
    if np.finfo(np.longdouble).eps < 1e-18:  # not every machine has longer numbers
        assert float(np.abs(sines - np.sin(exact)).max()) < 2e-16
        assert float(np.abs(cosines - np.cos(exact)).max()) < 2e-16
    assert np.allclose(sines, np.sin(np.radians(angles)), rtol=0.0, atol=1e-15)
    for angle, sine, cosine in zip(angles[::997].tolist(), sines[::997], cosines[::997], strict=True):
        assert sine_cosine(angle) == (sine, cosine)  # several at once are each the same to the bit
    for angle, expected in ((0.0, (0.0, 1.0)), (90.0, (1.0, 0.0)), (180.0, (0.0, -1.0)), (-90.0, (-1.0, 0.0))):
        assert sine_cosine(angle) == expected


def test_surface_points_are_those_of_proj_and_lead_back() -> None:
    for latitude, longitude in _random_places(300):
        for depth_m in (0.0, 1.3, 300_000.0):
            point = ECEF.transform(longitude, latitude, -depth_m)
            if depth_m == 0.0:
                assert np.allclose(surface_xyz(latitude, longitude), point, atol=1e-6)
            back = latitude_longitude_deg(*point)
            assert GEOD.inv(longitude, latitude, back[1], back[0])[2] < (1e-6 if depth_m < 2.0 else 0.01)
        x, y, z = surface_xyz(latitude, longitude)
        up = np.array(ECEF.transform(longitude, latitude, 1.0)) - (x, y, z)
        assert np.allclose(unit_normal(x, y, z), up, atol=1e-8)


def test_geodesics_are_those_of_proj() -> None:
    places = _random_places(300)
    random = np.random.default_rng(2)
    for a in places:
        b = places[random.integers(len(places))]
        near = away(a, float(random.uniform(0, 360)), float(10.0 ** random.uniform(-3.0, 6.6)))
        for other in (a, b, near):
            expected = GEOD.inv(a[1], a[0], other[1], other[0])[2]
            found = geodesic_m(*(math.radians(value) for value in (*a, *other)))
            slack_m = 0.000_1 if expected < 19_900_000.0 else 200_000.0  # near the antipode less than 1 %
            assert abs(found - expected) <= slack_m


@pytest.mark.parametrize("place", PLACES)
def test_chords_and_offsets_measure_short_geodesics(place: Position) -> None:
    for azimuth in range(0, 360, 17):
        for length_m in (0.0, 1.0, 500.0, 9_260.0, CHORD_IS_EXACT_M):
            start, end = (np.array(surface_xyz(*spot)) for spot in (place, away(place, float(azimuth), length_m)))
            chord_m = float(np.linalg.norm(end - start))
            assert abs(chord_to_geodesic_m(chord_m) - length_m) < 0.000_2
            assert abs(geodesic_to_chord_m(length_m) - chord_m) < 0.000_2
            up = float((end - start) @ unit_normal(*start))
            offset_m = math.sqrt(max(0.0, chord_m * chord_m - up * up))
            assert abs(geodesic_to_offset_m(length_m) - offset_m) < 0.000_5


@pytest.mark.parametrize("place", PLACES)
def test_the_plane_keeps_geodesics_straight_and_leads_back_to_the_surface(place: Position) -> None:
    random = np.random.default_rng(3)
    frame = plane.plane_at(*surface_xyz(*place))
    for distance_m in (0.0, 500.0, 50_000.0, 1_900_000.0):
        start = away(place, float(random.uniform(0, 360)), distance_m)
        end = away(start, float(random.uniform(0, 360)), 10_000.0)
        latitudes, longitudes = geodesic(start, end)(np.linspace(0.0, 1.0, 11))
        points = surface_points(latitudes, longitudes)
        flat = np.array([plane.project(frame, *point) for point in points])
        chord = flat[-1] - flat[0]
        across = (flat - flat[0]) @ (-chord[1], chord[0]) / np.hypot(*chord)
        assert np.abs(across).max() < (0.000_1 if distance_m < 100_000.0 else 0.01)
        for point, (east, north) in zip(points, flat, strict=True):
            assert np.allclose(plane.to_surface(frame, east, north), point, atol=1e-6)
    assert plane.project(frame, *surface_xyz(*place)) == (0.0, 0.0)
    near = away(place, 90.0, 1_000.0) if abs(place[0]) < 89.0 else away(place, 0.0, 1_000.0)
    assert np.hypot(*plane.project(frame, *surface_xyz(*near))) == pytest.approx(1_000.0, abs=0.001)


def test_inside_is_even_odd_and_nearest_is_on_the_edge() -> None:
    square = np.array([[0, 0, 4, 0], [4, 0, 4, 4], [4, 4, 0, 4], [0, 4, 0, 0]], dtype=float)
    hole = np.array([[1, 1, 1, 2], [1, 2, 2, 2], [2, 2, 2, 1], [2, 1, 1, 1]], dtype=float)
    both = np.concatenate((square, hole))
    assert plane.inside(both, 3.0, 3.0)
    assert not plane.inside(both, 1.5, 1.5)
    assert plane.inside(square, 1.5, 1.5)
    assert not plane.inside(square, -1.0, 2.0)
    assert plane.nearest_on_edge(square, 0, 1.0, 9.0) == (1.0, 0.0)
    assert plane.nearest_on_edge(square, 0, 9.0, 9.0) == (4.0, 0.0)
    point = np.array([[1.0, 1.0, 1.0, 1.0]])
    assert plane.nearest_on_edge(point, 0, 5.0, 5.0) == (1.0, 1.0)
