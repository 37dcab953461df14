"""Coverings hold every cell that a shape touches, held against the library s2geometry, and are not absurdly larger."""

import math
from itertools import pairwise

import numpy as np
import pytest
import s2geometry as s2

from oracle.nearest import geodesic
from skyparley.errors import LimitExceededError
from skyparley.geometry.cells import MAX_COVER_CELLS, cover_path, cover_volume
from skyparley.geometry.descent import GEODESIC_BEND_PER_M, LEVEL
from skyparley.geometry.footprint import Circle
from skyparley.geometry.polygon import Polygon
from support.conflict_cases import Position, away, random_ring

CELL_AREA_M2 = 1.27e6
"""Mean area of a level-13 cell: the Earth's 5.101e14 m² over 6 × 4 ** 13."""
CUBE_CORNER = (math.degrees(math.atan(math.sqrt(0.5))), 45.0)
PLACES = {
    "alps": (46.5, 7.8),
    "antimeridian": (-17.0, 180.0),
    "north pole": (90.0, 0.0),
    "near south pole": (-89.9, 12.0),
    "cube edge": (30.0, 45.0),
    "cube corner": CUBE_CORNER,
    "southern cube corner": (-CUBE_CORNER[0], -135.0),
    "face centre": (0.0, 0.0),
    "top face edge": (45.0, 90.0),
}


def _union(tokens: tuple[str, ...]) -> s2.S2CellUnion:
    """The cells as they are: sorted and apart, so that nothing is hidden by putting them in order."""
    union = s2.S2CellUnion()
    union.Init([s2.S2CellId.FromToken(token).id() for token in tokens])
    return union


def _cell(latitude_deg: float, longitude_deg: float) -> s2.S2CellId:
    return s2.S2CellId(s2.S2LatLng.FromDegrees(latitude_deg, longitude_deg).ToPoint()).parent(LEVEL)


def _check_form(tokens: tuple[str, ...]) -> None:
    cells = [s2.S2CellId.FromToken(token) for token in tokens]
    assert all(cell.is_valid() and cell.level() <= LEVEL for cell in cells)
    assert all(cell.ToToken() == token for cell, token in zip(cells, tokens, strict=True))
    ids = [cell.id() for cell in cells]
    assert ids == sorted(ids)
    assert all(a.range_max().id() < b.range_min().id() for a, b in pairwise(cells))


def _cells_held(tokens: tuple[str, ...]) -> int:
    return sum(4 ** (LEVEL - s2.S2CellId.FromToken(token).level()) for token in tokens)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("radius_m", [10.0, 700.0, 5_000.0, 60_000.0, 1_000_000.0])
def test_a_circles_covering_holds_every_point_of_it_and_little_more(place: str, radius_m: float) -> None:
    random = np.random.default_rng(round(radius_m))
    for _ in range(4):
        centre = away(PLACES[place], float(random.uniform(0, 360)), float(random.uniform(0.0, 3_000.0)))
        tokens = cover_volume(Circle(*centre, radius_m))
        _check_form(tokens)
        union = _union(tokens)
        for azimuth in np.linspace(0.0, 360.0, 120, endpoint=False):
            for share in (1.0, float(np.sqrt(random.random()))):
                assert union.Contains(_cell(*away(centre, float(azimuth), share * radius_m)))
        diagonal_m = 2_200.0
        assert _cells_held(tokens) * CELL_AREA_M2 < 2.2 * math.pi * (radius_m + diagonal_m) ** 2
        far = away(centre, float(random.uniform(0, 360)), radius_m * 1.02 + 2 * diagonal_m)
        assert not union.Contains(_cell(*far))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("radius_m", [10.0, 700.0, 5_000.0, 60_000.0])
def test_a_circles_covering_holds_that_of_the_library(place: str, radius_m: float) -> None:
    """The library covers the cap with the angle that the least curvature gives, which lies within the circle."""
    centre = PLACES[place]
    tokens = cover_volume(Circle(*centre, radius_m))
    union = _union(tokens)
    point = s2.S2LatLng.FromDegrees(*centre).ToPoint()
    cap = s2.S2Cap(point, s2.S1Angle.Radians(radius_m / 6_399_594.0))
    coverer = s2.S2RegionCoverer()
    coverer.set_fixed_level(LEVEL)
    coverer.set_max_cells(1_000_000)
    exact = [cell for cell in coverer.GetCovering(cap) if _touches_cap(cell, point, radius_m / 6_399_594.0)]
    assert exact
    assert all(union.Contains(cell) for cell in exact)


def _touches_cap(cell: s2.S2CellId, point: s2.S2Point, angle: float) -> bool:
    return bool(s2.S2Cell(cell).GetDistance(point).ToAngle().radians() <= angle)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("radius_m", [30.0, 2_000.0, 40_000.0, 1_000_000.0])
def test_a_polygons_covering_holds_every_point_of_it_and_little_more(place: str, radius_m: float) -> None:
    random = np.random.default_rng(round(radius_m) + 1)
    for _ in range(3):
        ring = random_ring(random, PLACES[place], radius_m)
        tokens = cover_volume(Polygon(ring))
        _check_form(tokens)
        union = _union(tokens)
        assert tokens == cover_volume(Polygon(ring[::-1]))
        for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
            edge = geodesic(a, b)(np.linspace(0.0, 1.0, 100))
            for spot in zip(*(part.tolist() for part in edge), strict=True):
                assert union.Contains(_cell(*spot))
                inward = geodesic(spot, PLACES[place])(np.array([float(random.random())]))
                assert union.Contains(_cell(float(inward[0][0]), float(inward[1][0])))
        assert _cells_held(tokens) * CELL_AREA_M2 < 2.2 * math.pi * (radius_m + 2_200.0) ** 2


@pytest.mark.parametrize("place", PLACES)
def test_a_polygons_covering_holds_every_cell_that_the_library_finds_it_to_touch(place: str) -> None:
    random = np.random.default_rng(4)
    for radius_m in (50.0, 3_000.0, 30_000.0):
        ring = random_ring(random, PLACES[place], radius_m)
        union = _union(cover_volume(Polygon(ring)))
        loop = s2.S2Loop()
        loop.Init([s2.S2LatLng.FromDegrees(*corner).ToPoint() for corner in ring])
        loop.Normalize()
        coverer = s2.S2RegionCoverer()
        coverer.set_fixed_level(LEVEL)
        coverer.set_max_cells(1_000_000)
        cells = [cell for cell in coverer.GetCovering(loop) if loop.MayIntersect(s2.S2Cell(cell))]
        assert cells
        assert all(union.Contains(cell) for cell in cells)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("length_m", "margin_m"), [(500.0, 0.0), (20_000.0, 900.0), (900_000.0, 0.0), (1_900_000.0, 20_000.0)]
)
def test_a_paths_covering_holds_its_tube_and_little_more(place: str, length_m: float, margin_m: float) -> None:
    random = np.random.default_rng(round(length_m))
    corners = [PLACES[place]]
    for _ in range(6):
        corners.append(away(corners[-1], float(random.uniform(0, 360)), length_m * float(random.uniform(0.2, 1.0))))
    tokens = cover_path([c[0] for c in corners], [c[1] for c in corners], margin_m)
    _check_form(tokens)
    union = _union(tokens)
    length_flown_m = 0.0
    for a, b in pairwise(corners):
        leg = geodesic(a, b)(np.linspace(0.0, 1.0, 150))
        for spot in zip(*(part.tolist() for part in leg), strict=True):
            assert union.Contains(_cell(*spot))
            assert union.Contains(_cell(*away(spot, float(random.uniform(0, 360)), margin_m)))
        length_flown_m += length_m
    assert _cells_held(tokens) * CELL_AREA_M2 < 2.5 * (length_flown_m + 9_000.0) * 2.0 * (margin_m + 2_800.0)


def test_a_hole_is_left_out_and_its_border_is_not() -> None:
    place = PLACES["alps"]
    outline, hole = (tuple(away(place, 30.0 * i, r) for i in range(12)) for r in (60_000.0, 30_000.0))
    union = _union(cover_volume(Polygon(outline, (hole,))))
    assert not union.Contains(_cell(*place))
    for azimuth in range(0, 360, 7):
        assert not union.Contains(_cell(*away(place, float(azimuth), 24_000.0)))
        assert union.Contains(_cell(*away(place, float(azimuth), 31_000.0)))
    assert all(union.Contains(_cell(*corner)) for corner in (*outline, *hole))


def test_ten_thousand_vertices_are_covered() -> None:
    place = PLACES["alps"]
    ring = tuple(away(place, 360.0 * i / 10_000, 20_000.0 + 3_000.0 * math.sin(i)) for i in range(10_000))
    union = _union(cover_volume(Polygon(ring)))
    assert all(union.Contains(_cell(*corner)) for corner in ring)


@pytest.mark.parametrize("length_m", [10_000.0, 200_000.0, 2_000_000.0, 4_000_000.0])
def test_the_margin_covers_how_far_a_geodesic_runs_from_a_great_circle(length_m: float) -> None:
    random = np.random.default_rng(9)
    worst_m = 0.0
    for _ in range(300):
        start = (float(random.uniform(-89.0, 89.0)), float(random.uniform(-180, 180)))
        end = away(start, float(random.uniform(0, 360)), length_m)
        latitudes, longitudes = geodesic(start, end)(np.linspace(0.0, 1.0, 41))
        points = np.array([_unit(la, lo) for la, lo in zip(latitudes, longitudes, strict=True)])
        normal = np.cross(points[0], points[-1])
        normal /= np.linalg.norm(normal)
        worst_m = max(worst_m, float(np.abs(np.arcsin(points @ normal)).max()) * 6_400_000.0)
    assert worst_m < GEODESIC_BEND_PER_M * length_m * length_m + 0.001
    assert worst_m > 0.1 * GEODESIC_BEND_PER_M * length_m * length_m


def _unit(latitude_deg: float, longitude_deg: float) -> tuple[float, float, float]:
    la, lo = math.radians(latitude_deg), math.radians(longitude_deg)
    return math.cos(la) * math.cos(lo), math.cos(la) * math.sin(lo), math.sin(la)


def test_too_many_cells_are_refused_by_name() -> None:
    corners: list[Position] = [(60.0 * (i % 2), 17.0 * i - 90.0) for i in range(9)]
    latitudes = [c[0] for c in corners for _ in (0, 1)]
    longitudes = [c[1] for c in corners for _ in (0, 1)]
    with pytest.raises(LimitExceededError, match="MAX_COVER_CELLS"):
        cover_path(4 * latitudes, [lo + 0.5 * i for i in range(4) for lo in longitudes], 0.0)
    assert len(cover_volume(Circle(46.5, 7.8, 2_000_000.0))) < MAX_COVER_CELLS
