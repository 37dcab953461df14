"""Footprints that exist are sound: poles and antimeridian are ordinary, and what is wrong is refused with its place."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from skyparley.errors import InvalidInputError, LimitExceededError
from skyparley.geometry.footprint import MAX_FOOTPRINT_RADIUS_M, MAX_POLYGON_VERTICES, Circle
from skyparley.geometry.polygon import Polygon
from support.conflict_cases import Position, away

PLACES = [(46.5, 7.8), (-17.0, 180.0), (12.0, -179.999), (90.0, 0.0), (-90.0, 77.0), (89.99, 5.0), (0.0, 0.0)]
SQUARE = ((46.0, 7.0), (46.0, 7.1), (46.1, 7.1), (46.1, 7.0))


def _star(centre: Position, corners: int, radius_m: float) -> tuple[Position, ...]:
    return tuple(away(centre, 360.0 * i / corners, radius_m * (1.0 + 0.3 * math.sin(3.0 * i))) for i in range(corners))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("corners", [3, 64, 65, 10_000])
@pytest.mark.parametrize("radius_m", [10.0, 1_000_000.0])
def test_a_simple_ring_is_accepted_wound_either_way(place: Position, corners: int, radius_m: float) -> None:
    ring = _star(place, corners, radius_m)
    assert len(Polygon(ring).vertices) == corners
    assert Polygon(ring[::-1]).vertices == ring[::-1]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("corners", [4, 5, 80])
def test_a_ring_that_crosses_itself_is_refused(place: Position, corners: int) -> None:
    ring = [away(place, 360.0 * i / corners, 3_000.0) for i in range(corners)]
    ring[1], ring[2] = ring[2], ring[1]
    with pytest.raises(InvalidInputError, match="must not cross itself") as refusal:
        Polygon(tuple(ring))
    assert refusal.value.place is not None
    assert refusal.value.place.startswith("vertices")


def test_a_ring_that_touches_or_retraces_itself_is_refused() -> None:
    pinched = (*SQUARE[:2], (46.05, 7.05), *SQUARE[2:], (46.05, 7.05))
    for ring in (pinched, ((0.0, 0.0), (0.0, 2.0), (0.0, 1.0), (1.0, 1.0))):
        with pytest.raises(InvalidInputError, match="must not cross itself"):
            Polygon(ring)


@pytest.mark.parametrize(
    "ring",
    [
        (*SQUARE, SQUARE[0]),
        (SQUARE[0], SQUARE[0], *SQUARE[1:]),
        (*SQUARE, *(SQUARE[0],) * 3),
        (SQUARE[0], SQUARE[1], SQUARE[1], SQUARE[1], *SQUARE[2:]),
    ],
)
def test_repeated_points_are_dropped(ring: tuple[Position, ...]) -> None:
    assert Polygon(ring).vertices == SQUARE


def test_one_place_under_two_names_is_one_point() -> None:
    assert len(Polygon(((10.0, 180.0), (10.0, -180.0), (10.0, -179.0), (11.0, -180.0), (11.0, 180.0))).vertices) == 3
    assert len(Polygon(((90.0, 0.0), (90.0, 120.0), (89.0, 120.0), (89.0, 0.0))).vertices) == 3
    assert len(Polygon(((-89.0, 0.0), (-89.0, 90.0), (-90.0, 45.0), (-90.0, -45.0))).vertices) == 3


@pytest.mark.parametrize(
    "ring",
    [(), SQUARE[:1], SQUARE[:2], (SQUARE[0], SQUARE[1], SQUARE[0]), (SQUARE[0],) * 9],
)
def test_fewer_than_three_different_points_are_refused(ring: tuple[Position, ...]) -> None:
    with pytest.raises(InvalidInputError, match="at least three different"):
        Polygon(ring)


@pytest.mark.parametrize("ring", [((0.0, 0.0), (0.0, 1.0), (0.0, 2.0)), ((10.0, 5.0), (20.0, 5.0), (30.0, 5.0))])
def test_points_on_one_line_are_refused(ring: tuple[Position, ...]) -> None:
    with pytest.raises(InvalidInputError, match=r"enclose an area|cross itself"):
        Polygon(ring)


@pytest.mark.parametrize("bad", [(91.0, 7.0), (math.nan, 7.0), (46.0, math.inf), (46.0, 180.001), (-90.0001, 0.0)])
def test_an_impossible_position_is_refused_with_its_place(bad: Position) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        Polygon((*SQUARE[:2], bad, SQUARE[3]))
    assert refusal.value.place == "vertices[2]"
    with pytest.raises(InvalidInputError) as refusal:
        Polygon(SQUARE, ((SQUARE[0], bad, SQUARE[1]),))
    assert refusal.value.place == "holes[0][1]"
    with pytest.raises(InvalidInputError):
        Circle(*bad, 10.0)


def test_what_is_too_large_is_refused_by_name() -> None:
    with pytest.raises(LimitExceededError, match="MAX_POLYGON_VERTICES"):
        Polygon(_star((46.5, 7.8), MAX_POLYGON_VERTICES + 1, 1_000.0))
    with pytest.raises(LimitExceededError, match="MAX_POLYGON_VERTICES"):
        Polygon(_star((46.5, 7.8), MAX_POLYGON_VERTICES, 1_000.0), (SQUARE,))
    for ring in (((0.0, 0.0), (0.0, 60.0), (30.0, 30.0)), ((-89.0, 0.0), (89.0, 10.0), (0.0, 90.0))):
        with pytest.raises(LimitExceededError, match="MAX_FOOTPRINT_RADIUS_M"):
            Polygon(ring)
    assert Circle(0.0, 0.0, MAX_FOOTPRINT_RADIUS_M).radius_m == MAX_FOOTPRINT_RADIUS_M
    with pytest.raises(LimitExceededError, match="MAX_FOOTPRINT_RADIUS_M"):
        Circle(0.0, 0.0, MAX_FOOTPRINT_RADIUS_M + 1.0)


@pytest.mark.parametrize("radius_m", [0.0, -5.0, math.nan, math.inf, 0.0009])
def test_a_circle_needs_a_radius(radius_m: float) -> None:
    with pytest.raises(InvalidInputError, match="number of metres, at least"):
        Circle(46.5, 7.8, radius_m)


@pytest.mark.parametrize("place", PLACES)
def test_holes_lie_inside_and_apart(place: Position) -> None:
    outline, hole = _star(place, 8, 5_000.0), _star(place, 5, 1_000.0)
    assert Polygon(outline, (hole[::-1],)).holes == (hole[::-1],)
    far = _star(away(place, 45.0, 2_500.0), 4, 300.0)
    assert len(Polygon(outline, (hole, far)).holes) == 2
    for holes in (
        (_star(away(place, 45.0, 30_000.0), 4, 300.0),),
        (_star(place, 8, 9_000.0),),
        (hole, hole),
        (hole, _star(place, 5, 500.0)),
        (_star(away(place, 0.0, 5_000.0), 5, 2_000.0),),
    ):
        with pytest.raises(InvalidInputError, match="hole") as refusal:
            Polygon(outline, holes)
        assert refusal.value.place is not None
    with pytest.raises(InvalidInputError, match="inside the outline"):
        Polygon(outline, (_star(away(place, 45.0, 9_000_000.0), 4, 300.0),))
    with pytest.raises(InvalidInputError, match="cross itself"):
        Polygon(outline, ((hole[0], hole[2], hole[1], hole[3], hole[4]),))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(PLACES),
    st.lists(st.tuples(st.integers(-6, 6), st.integers(-6, 6)), min_size=3, max_size=9, unique=True),
)
def test_small_rings_are_judged_as_by_geos(place: Position, corners: list[tuple[int, int]]) -> None:
    """On a grid of 100 m in a plane at the place; where GEOS finds rings that touch, rounding may part them."""
    plane = Transformer.from_crs(
        "EPSG:4326", f"+proj=gnom +lat_0={place[0]} +lon_0={place[1]} +R=6371008.8", always_xy=True
    )
    flat = np.array(corners, dtype=float) * 100.0
    longitudes, latitudes = plane.transform(flat[:, 0], flat[:, 1], direction="INVERSE")
    ring = tuple(zip(latitudes.tolist(), longitudes.tolist(), strict=True))
    shape = shapely.Polygon(flat)
    try:
        Polygon(ring)
        accepted = True
    except InvalidInputError:
        accepted = False
    if shape.is_valid and shape.area > 0.0 and shape.minimum_clearance > 1.0:
        assert accepted
    elif not shape.is_valid and shape.buffer(0.0).area > 0.0 and not shapely.is_valid(shape):
        edges = [shapely.LineString([flat[i], flat[(i + 1) % len(flat)]]) for i in range(len(flat))]
        crosses = any(one.crosses(other) and _truly(one, other) for one in edges for other in edges)
        assert not crosses or not accepted


def _truly(one: shapely.LineString, other: shapely.LineString) -> bool:
    """Whether two edges cross well away from their ends."""
    point = one.intersection(other)
    ends = shapely.MultiPoint([*one.coords, *other.coords])
    return bool(shapely.distance(point, ends) > 1.0)
