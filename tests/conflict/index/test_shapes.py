"""What is kept small comes out to the bit as it went in."""

import numpy as np
import pytest

from skyparley.conflict.index.hot import HotIndex
from skyparley.conflict.index.writing import lay
from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.packing import pack
from skyparley.geometry.footprint import Circle
from skyparley.geometry.polygon import Polygon
from support.conflict_cases import away, circle_volume, operation, polygon_volume, random_operation, track

ALPS = (46.5, 7.8)


def _held(one: object, count: int = 1) -> HotIndex:
    hot = HotIndex()
    for _ in range(count):
        hot.insert(lay(*pack(one, 3)), 3, hazard=False)
    return hot


def _assert_kept(one: object) -> None:
    rows, edges = pack(one, 3)
    hot = _held(one, 3)
    for slot in range(3):
        kept_rows, kept_edges = hot.pieces(slot)
        rows[:, layout.OWNER] = slot
        for row, kept in zip(rows, kept_rows, strict=True):
            own = edges[int(row[layout.EDGES_BEGIN]) : int(row[layout.EDGES_END])]
            its = kept_edges[int(kept[layout.EDGES_BEGIN]) : int(kept[layout.EDGES_END])]
            assert its.tobytes() == own.tobytes()
            kept[layout.EDGES_BEGIN], kept[layout.EDGES_END] = row[layout.EDGES_BEGIN], row[layout.EDGES_END]
            assert kept.tobytes() == row.tobytes()


@pytest.mark.parametrize("size_m", [20.0, 3_000.0, 60_000.0, 900_000.0])
@pytest.mark.parametrize("place", [ALPS, (90.0, 0.0), (-89.9, 20.0), (0.0, 180.0)])
def test_random_operations(size_m: float, place: tuple[float, float]) -> None:
    random = np.random.default_rng(round(size_m))
    for i in range(40):
        _assert_kept(random_operation(random, f"o{i}", place, size_m))


def test_polygons_with_holes_and_with_edges_that_are_cut() -> None:
    outline = tuple(away(ALPS, 60.0 * k, 50_000.0) for k in range(6))
    hole = tuple(away(ALPS, -90.0 * k, 5_000.0) for k in range(4))
    volume = polygon_volume(outline)
    with_hole = type(volume)(Polygon(outline, (hole,)), volume.altitude, volume.time)
    _assert_kept(operation("one", with_hole, volume, circle_volume(ALPS, 30.0), with_hole))
    assert isinstance(circle_volume(ALPS, 30.0).footprint, Circle)


def test_legs_share_points_only_where_they_follow_each_other() -> None:
    path = [(60.0 * i, 46.5 + 0.01 * i, 7.8, 1_000.0 + i) for i in range(5)]
    one = track(path, lateral_m=5.0, vertical_m=6.0, time_s=7.0)
    other = track([(t + 1_000.0, *rest) for t, *rest in path], lateral_m=8.0)
    back = track([(300.0, *path[4][1:3], 9.0), (360.0, *path[0][1:3], 9.0)], lateral_m=5.0, vertical_m=6.0, time_s=7.0)
    _assert_kept(operation("one", one, other, back))
    laid = lay(*pack(operation("one", one), 0))
    assert len(laid.points) == 1 + 5


def test_memory_of_an_operation_is_what_the_docs_say() -> None:
    ring = tuple(away(ALPS, 45.0 * k, 3_000.0) for k in range(8))
    laid = lay(*pack(operation("o", polygon_volume(ring), circle_volume(ALPS, 500.0), polygon_volume(ring)), 0))
    assert laid.numbers.nbytes + laid.marks.nbytes == 3 * 48
    assert laid.points.nbytes == 18 * 24
    assert laid.entries.nbytes == 3 * 24
