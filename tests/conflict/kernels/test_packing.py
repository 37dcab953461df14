"""Pieces in memory say what the operation said: long legs and edges are cut along their geodesic, nothing is lost."""

import numpy as np
import pytest

from oracle.conflict_definition import positions
from oracle.nearest import GEOD
from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.geodesy import latitude_longitude_deg, surface_xyz
from skyparley.conflict.kernels.outlines import DATUMS, cut_ring
from skyparley.conflict.kernels.packing import pack, pack_many
from skyparley.geometry.altitude import Datum
from support.conflict_cases import (
    Position,
    away,
    circle_volume,
    operation,
    polygon_volume,
    random_operation,
    track,
    us,
)

PLACES = [(46.5, 7.8), (-17.0, 179.99), (89.9, 0.0), (-90.0, 0.0)]


def test_an_operation_without_pieces_has_no_rows() -> None:
    rows, edges = pack(operation("empty"), 0)
    assert rows.shape == (0, layout.COLUMNS)
    assert edges.shape == (0, layout.EDGE_COLUMNS)


def test_volumes_come_first_with_their_numbers() -> None:
    ring = ((46.0, 7.0), (46.0, 7.1), (46.1, 7.1))
    path = track([(0.0, *PLACES[0], 10.0), (5.0, 46.51, 7.8, 20.0)], datum=Datum.AGL, lateral_m=3.0, vertical_m=4.0)
    rows, edges = pack(
        operation(
            "o", circle_volume(PLACES[0], 77.0, band=(5.0, 9.0)), polygon_volume(ring), path, polygon_volume(ring)
        ),
        6,
    )
    assert rows[:, layout.KIND].tolist() == [layout.CIRCLE, layout.POLYGON, layout.POLYGON, layout.LEG]
    assert (rows[:, layout.CLASS] == 6).all()
    assert rows[0, [layout.RADIUS_M, layout.LOWER_M, layout.UPPER_M]].tolist() == [77.0, 5.0, 9.0]
    assert rows[0, [layout.BEGIN_S, layout.END_S]].tolist() == [us(0.0) / 1e6, us(600.0) / 1e6]
    ranges = rows[1:3, [layout.EDGES_BEGIN, layout.EDGES_END]].tolist()
    assert ranges[0][0] == 0
    assert ranges[0][1] == ranges[1][0]
    assert ranges[1][1] == len(edges)
    assert DATUMS[int(rows[3, layout.DATUM])] is Datum.AGL
    assert rows[3, [layout.LOWER_M, layout.UPPER_M, layout.LATERAL_M, layout.VERTICAL_M]].tolist() == [10, 20, 3, 4]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("length_m", [100.0, 7_999.0, 8_001.0, 1_900_000.0])
def test_legs_are_cut_along_their_geodesic_at_steady_speed(place: Position, length_m: float) -> None:
    end = away(place, 33.0, length_m)
    path = track([(0.0, *place, 100.0), (1_000.0, *end, 5_100.0)])
    rows, _ = pack(operation("o", path), 0)
    assert len(rows) == max(1, int(np.ceil(length_m / layout.MAX_LEG_PIECE_M)))
    assert rows[0, layout.BEGIN_S] == us(0.0) / 1e6
    assert rows[-1, layout.END_S] == us(1_000.0) / 1e6
    assert (rows[1:, layout.BEGIN_S] == rows[:-1, layout.END_S]).all()
    assert (rows[1:, layout.X0 : layout.Z0 + 1] == rows[:-1, layout.X1 : layout.Z1 + 1]).all()
    for row in rows[:: max(1, len(rows) // 7)]:
        (latitude,), (longitude,), (altitude,) = positions(path, row[[layout.BEGIN_S]])
        found = latitude_longitude_deg(*row[layout.X0 : layout.Z0 + 1])
        assert GEOD.inv(longitude, latitude, found[1], found[0])[2] < 0.000_2 + length_m * 2.4e-10
        assert row[layout.LOWER_M] == pytest.approx(altitude, abs=1e-5)
        ends = [latitude_longitude_deg(*row[k : k + 3]) for k in (layout.X0, layout.X1)]
        assert GEOD.inv(ends[0][1], ends[0][0], ends[1][1], ends[1][0])[2] <= layout.MAX_LEG_PIECE_M + 1e-3


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size_m", [50.0, 9_000.0, 900_000.0])
def test_rings_are_closed_and_cut_along_their_geodesics(place: Position, size_m: float) -> None:
    ring = tuple(away(place, 72.0 * i, size_m) for i in range(5))
    edges = cut_ring(ring)
    assert (edges[:, 3:] == np.roll(edges[:, :3], -1, axis=0)).all()
    assert np.linalg.norm(edges[:, :3] - edges[:, 3:], axis=1).max() <= layout.MAX_EDGE_PIECE_M
    corners = np.array([latitude_longitude_deg(*edge[:3]) for edge in edges])
    for latitude, longitude in ring:
        assert GEOD.inv(*np.broadcast_arrays(longitude, latitude, corners[:, 1], corners[:, 0]))[2].min() < 1e-6


def test_a_polygons_radius_holds_its_outline() -> None:
    random = np.random.default_rng(7)
    for place in PLACES:
        for size_m in (30.0, 20_000.0, 1_000_000.0):
            rows, edges = pack(random_operation(random, "o", place, size_m), 0)
            for row in rows[rows[:, layout.KIND] == layout.POLYGON]:
                own = edges[int(row[layout.EDGES_BEGIN]) : int(row[layout.EDGES_END]), :3]
                away_m = np.linalg.norm(own - row[layout.X0 : layout.Z0 + 1], axis=1)
                assert away_m.max() <= row[layout.RADIUS_M] + 1e-6


@pytest.mark.parametrize("place", [*PLACES, (0.0, 0.0), (45.0, -60.0), (67.0, 180.0)])
@pytest.mark.parametrize(("length_m", "pieces"), [(8_000.1, 2), (15_900.0, 2), (31_000.0, 4), (63_900.0, 8)])
def test_legs_of_up_to_64_km_are_halved_on_their_geodesic(place: Position, length_m: float, pieces: int) -> None:
    for azimuth in range(0, 360, 15):
        end = away(place, float(azimuth), length_m)
        path = track([(0.0, *place, 100.0), (80.0, *end, 180.0), (90.0, *end, 180.0)])
        rows, _ = pack(operation("o", path), 0)
        assert len(rows) == pieces + 1
        assert rows[:, layout.BEGIN_S].tolist() == [us(0.0) / 1e6 + 80.0 * i / pieces for i in range(pieces + 1)]
        assert rows[:, layout.LOWER_M].tolist() == [100.0 + 80.0 * i / pieces for i in range(pieces + 1)]
        azimuth_deg, _, whole_m = GEOD.inv(place[1], place[0], end[1], end[0])
        for i in range(pieces + 1):
            longitude, latitude, _ = GEOD.fwd(place[1], place[0], azimuth_deg, whole_m * i / pieces)
            found = latitude_longitude_deg(*rows[i, layout.X0 : layout.Z0 + 1])
            assert GEOD.inv(longitude, latitude, found[1], found[0])[2] < 0.000_01
            assert np.linalg.norm(np.subtract(surface_xyz(*found), rows[i, layout.X0 : layout.Z0 + 1])) < 0.000_01


def test_a_long_leg_among_short_ones_leaves_them_whole() -> None:
    points = [(46.0, 7.0), (46.0, 7.05), (46.0, 7.25), (46.0, 8.5), (46.0, 8.55)]
    path = track([(60.0 * i, *point, 1_000.0) for i, point in enumerate(points)])
    rows, _ = pack(operation("o", path), 0)
    begins = [
        us(0.0) / 1e6 + second for second in (0.0, 60.0, 90.0, *(120.0 + 60.0 * i / 13 for i in range(13)), 180.0)
    ]
    assert rows[:, layout.BEGIN_S] == pytest.approx(begins, abs=1e-6)


@pytest.mark.parametrize("first", range(5))
def test_one_long_edge_is_cut_wherever_the_ring_begins(first: int) -> None:
    """Four edges of 6 km, and one of 11 km between their ends."""
    corners = [PLACES[0]]
    for azimuth_deg in (0.0, 60.0, 120.0, 200.0):
        corners.append(away(corners[-1], azimuth_deg, 6_000.0))
    corners[-1] = away(corners[0], 100.0, 11_000.0)
    ring = tuple(corners[first:] + corners[:first])
    lengths_m = [GEOD.inv(*one[::-1], *other[::-1])[2] for one, other in zip(ring, ring[1:] + ring[:1], strict=True)]
    assert sum(length_m > layout.MAX_EDGE_PIECE_M for length_m in lengths_m) == 1
    assert len(pack(operation("one", polygon_volume(ring)))[1]) == 6
    assert len(cut_ring(ring)) == 6


def test_many_are_packed_as_each_is() -> None:
    ring, hole = (tuple(away(PLACES[0], 90.0 * k, size_m) for k in range(4)) for size_m in (900.0, 100.0))
    far = tuple(away(PLACES[0], 120.0 * k, 30_000.0) for k in range(3))
    circle, plain, long = circle_volume(PLACES[0], 77.0), polygon_volume(ring), polygon_volume(far)
    holed = polygon_volume(ring, holes=(hole,))
    path = track([(0.0, *PLACES[0], 10.0), (5.0, 46.51, 7.8, 20.0)])
    operations = [
        operation("before", circle, plain),
        operation("holed", circle, holed, plain),
        operation("empty"),
        operation("long", plain, long, circle),
        operation("flown", circle, path),
        operation("after", plain),
    ]
    for chosen in (operations, operations[1:2], operations[3:], operations[:0], operations[2:3], operations[::-1]):
        rows, edges = pack_many(chosen)
        assert rows[:, layout.OWNER].tolist() == sorted(rows[:, layout.OWNER].tolist())
        for i, one in enumerate(chosen):
            own = rows[rows[:, layout.OWNER] == i]
            its, its_edges = pack(one)
            ranges = own[:, [layout.EDGES_BEGIN, layout.EDGES_END]].astype(int)
            others = its[:, [layout.EDGES_BEGIN, layout.EDGES_END]].astype(int)
            for (begin, end), (its_begin, its_end) in zip(ranges, others, strict=True):
                assert np.array_equal(edges[begin:end], its_edges[its_begin:its_end])
            for told in (own, its):
                told[:, [layout.OWNER, layout.EDGES_BEGIN, layout.EDGES_END]] = 0.0
            assert np.array_equal(own, its)
