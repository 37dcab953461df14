"""The overlapping part lies in both airspaces and is all of it, held against shapely in another projection."""

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from oracle.conflict_definition import Definition
from oracle.nearest import GEOD
from skyparley.conflict.minima import DEFAULT_MINIMA
from skyparley.conflict.operation import Conflict, Operation, Rule
from skyparley.conflict.overlap import MAX_OVERLAP_PAIRS, overlap_parts
from skyparley.conflict.pairs.batch import all_pairs
from skyparley.geometry.altitude import Datum
from skyparley.geometry.volume import Volume4D
from support.conflict_cases import (
    Position,
    away,
    circle_volume,
    operation,
    polygon_volume,
    random_ring,
    random_volume,
    track,
    us,
)

PLACES = [(46.5, 7.8), (-45.0, 179.999), (89.995, 30.0), (-90.0, 0.0), (0.0, 0.0)]


def _conflict(a: Operation, b: Operation) -> Conflict:
    (conflict,) = [one for one in all_pairs([a, b]) if one.rule is Rule.VOLUME_OVERLAP]
    return conflict


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size_m", [50.0, 2_000.0, 8_000.0])
def test_the_parts_are_the_intersection(place: Position, size_m: float) -> None:
    random = np.random.default_rng(round(size_m))
    definition = Definition(DEFAULT_MINIMA, *place, slack_m=0.0)
    plane = Transformer.from_crs(
        "EPSG:4326", f"+proj=aeqd +lat_0={place[0]} +lon_0={place[1]} +ellps=WGS84", always_xy=True
    )
    checked = 0
    for _ in range(25):
        spot = away(place, float(random.uniform(0, 360)), size_m * float(random.random()) / 2.0)
        volumes = [random_volume(random, at, size_m, Datum.EGM96, 10.0, 10.0) for at in (place, spot)]
        pair = [operation(name, volume) for name, volume in zip("ab", volumes, strict=True)]
        found = [one for one in all_pairs(pair) if one.rule is Rule.VOLUME_OVERLAP]
        if not found:
            continue
        parts, left_out = overlap_parts(*pair, found[0])
        assert left_out == 0
        shapes = [definition._shape(volume) for volume in volumes]
        expected = shapely.intersection(*shapes)
        drawn = shapely.union_all([_drawn(part.rings, plane) for part in parts])
        # circles have 128 corners here and 720 there: 0.04 % of their area
        slack = 0.001 * sum(shape.area for shape in shapes) + 0.01
        assert shapely.symmetric_difference(expected, drawn).area <= slack
        checked += 1
        for part in parts:
            assert part.lower_m == max(volume.altitude.lower_m for volume in volumes)
            assert part.upper_m == min(volume.altitude.upper_m for volume in volumes)
            assert part.datum is Datum.EGM96
            assert part.begin_us == max(volume.time.begin_us for volume in volumes)
            assert part.end_us == min(volume.time.end_us for volume in volumes)
    assert checked >= 5


def _drawn(rings: tuple[tuple[Position, ...], ...], plane: Transformer) -> shapely.Polygon:
    outline, *holes = ([plane.transform(longitude, latitude) for latitude, longitude in ring] for ring in rings)
    return shapely.Polygon(outline, holes)


@pytest.mark.parametrize("place", PLACES)
def test_large_areas_overlap_within_both(place: Position) -> None:
    other = away(place, 70.0, 900_000.0)
    a, b = operation("a", circle_volume(place, 700_000.0)), operation("b", circle_volume(other, 600_000.0))
    ((part,), _) = overlap_parts(a, b, _conflict(a, b))
    for latitude, longitude in part.rings[0]:
        assert GEOD.inv(place[1], place[0], longitude, latitude)[2] <= 700_001.0
        assert GEOD.inv(other[1], other[0], longitude, latitude)[2] <= 600_001.0


def test_a_hole_stays_a_hole_and_parts_apart_are_several() -> None:
    place = PLACES[0]
    outline, hole = (tuple(away(place, 30.0 * i, r) for i in range(12)) for r in (5_000.0, 3_000.0))
    ring = operation("ring", polygon_volume(outline, holes=(hole,)))
    cover = operation("cover", circle_volume(place, 9_000.0))
    ((part,), _) = overlap_parts(ring, cover, _conflict(cover, ring))
    assert [len(one) for one in part.rings] == [12, 12]
    west, east = away(place, 270.0, 9_000.0), away(place, 90.0, 9_000.0)
    band = operation("band", polygon_volume((west, away(west, 0.0, 300.0), away(east, 0.0, 300.0), east)))
    parts, _ = overlap_parts(band, ring, _conflict(band, ring))
    assert len(parts) == 2


def test_only_volumes_that_share_time_and_height_have_parts() -> None:
    place = PLACES[0]
    a = operation(
        "a",
        circle_volume(place, 500.0, seconds=(0.0, 60.0)),
        circle_volume(place, 400.0, seconds=(60.0, 120.0)),
        circle_volume(place, 300.0, band=(500.0, 600.0)),
    )
    b = operation("b", circle_volume(place, 900.0, seconds=(0.0, 90.0)))
    parts, left_out = overlap_parts(a, b, _conflict(a, b))
    assert left_out == 0
    assert [(part.begin_us, part.end_us) for part in parts] == [(us(0.0), us(60.0)), (us(60.0), us(90.0))]
    assert all((part.lower_m, part.upper_m) == (0.0, 100.0) for part in parts)


def test_bands_of_different_datum_have_no_common_numbers() -> None:
    a = operation("a", circle_volume(PLACES[0], 500.0))
    for datum, gap_m, count in ((Datum.WGS84, 50.0, 1), (Datum.PRESSURE, 400.0, 1)):
        b = operation("b", circle_volume(PLACES[0], 500.0, band=(100.0 + gap_m, 900.0), datum=datum))
        parts, _ = overlap_parts(a, b, _conflict(a, b))
        assert len(parts) == count
        assert (parts[0].lower_m, parts[0].upper_m, parts[0].datum) == (None, None, None)


def test_volumes_that_the_geoid_keeps_apart_have_no_part() -> None:
    """Sea level lies 50.5 m above the ellipsoid there, so 150 m above it is 99.5 m, and 152 m is 101.5 m."""
    a = operation("a", circle_volume(PLACES[0], 500.0))
    reaching, beyond = (
        circle_volume(PLACES[0], 500.0, band=(lower_m, 900.0), datum=Datum.WGS84) for lower_m in (150.0, 152.0)
    )
    b = operation("b", reaching, beyond, beyond)
    parts, left_out = overlap_parts(a, b, _conflict(a, b))
    assert (len(parts), left_out) == (1, 0)
    assert not all_pairs([a, operation("c", beyond)])
    high = operation("d", circle_volume(PLACES[0], 500.0, band=(104.0, 200.0)))
    c = operation(
        "c", *(circle_volume(PLACES[0], 500.0, band=(0.0, top_m), datum=Datum.WGS84) for top_m in (155.0, 153.0))
    )
    parts, left_out = overlap_parts(c, high, _conflict(c, high))
    assert (len(parts), left_out) == (1, 0)


def test_what_merely_touches_or_is_a_path_has_no_part() -> None:
    place = PLACES[0]
    corner, beyond = away(place, 90.0, 500.0), away(place, 90.0, 900.0)
    a = operation("a", polygon_volume((place, corner, away(corner, 0.0, 300.0))))
    b = operation("b", polygon_volume((corner, beyond, away(beyond, 180.0, 300.0))))
    assert overlap_parts(a, b, _conflict(a, b)) == ([], 0)
    path = operation("p", track([(0.0, *place, 50.0), (60.0, *beyond, 50.0)]))
    (entered,) = all_pairs([a, path])
    assert overlap_parts(a, path, entered) == ([], 0)


def test_more_pairs_than_are_drawn_are_counted() -> None:
    volumes: list[Volume4D] = [circle_volume(PLACES[0], 100.0 + i) for i in range(20)]
    a, b = operation("a", *volumes), operation("b", *volumes)
    parts, left_out = overlap_parts(a, b, _conflict(a, b))
    assert (len(parts), left_out) == (MAX_OVERLAP_PAIRS, 400 - MAX_OVERLAP_PAIRS)


def test_ten_thousand_vertices_overlap() -> None:
    place = PLACES[0]
    rings = [
        tuple(away(at, 360.0 * i / 10_000, 20_000.0 + 500.0 * np.sin(i)) for i in range(10_000))
        for at in (place, away(place, 90.0, 10_000.0))
    ]
    a, b = (operation(name, polygon_volume(ring)) for name, ring in zip("ab", rings, strict=True))
    parts, _ = overlap_parts(a, b, _conflict(a, b))
    assert len(parts) >= 1
    star = operation("s", polygon_volume(random_ring(np.random.default_rng(1), place, 900.0)))
    ((inside,), _) = overlap_parts(a, star, _conflict(a, star))
    assert {tuple(np.round(corner, 6)) for corner in inside.rings[0]} == {
        tuple(np.round(corner, 6))
        for corner in star.volumes[0].footprint.vertices  # type: ignore[union-attr]
    }
