"""The grid's filter: never too little, and it rejects; and its memory over histories."""

import numpy as np
import pytest

from skyparley.conflict.kernels import grid, layout
from skyparley.conflict.kernels.packing import pack
from skyparley.conflict.search import ConflictIndex
from support.conflict_cases import away, random_operation

Boxes = np.ndarray


def _filled(count: int, seed: int, place: tuple[float, float], spread_m: float) -> tuple[ConflictIndex, Boxes]:
    random = np.random.default_rng(seed)
    index = ConflictIndex()
    for i in range(count):
        spot = away(place, float(random.uniform(0, 360)), float(spread_m * np.sqrt(random.random())))
        index.insert(random_operation(random, f"o{i}", spot, float(10.0 ** random.uniform(1.0, 5.0))))
    used = np.concatenate([pieces for pieces in index._pieces if pieces is not None])
    return index, used


@pytest.mark.parametrize("place", [(46.5, 7.8), (90.0, 0.0), (10.0, 180.0)])
@pytest.mark.parametrize("spread_m", [1_000.0, 300_000.0, 5_000_000.0])
def test_candidates_are_exactly_those_whose_boxes_meet(place: tuple[float, float], spread_m: float) -> None:
    index, used = _filled(800, round(spread_m), place, spread_m)
    store, random = index._store, np.random.default_rng(1)
    found = np.empty(len(used), dtype=np.int64)
    boxes = np.array([_box(index, piece) for piece in used])
    for query in random.choice(len(used), 200, replace=False):
        for grown_m, grown_up_m in ((0.0, 0.0), (9_260.0, 304.8)):
            box = boxes[query].copy()
            count = grid.candidates(store, box, grown_m, grown_up_m, found)
            box[[0, 2, 4]] -= grown_m
            box[[1, 3, 5]] += grown_m
            box[8], box[9] = box[8] - grown_up_m, box[9] + grown_up_m
            below, above = boxes[:, :10:2] <= box[1:10:2], boxes[:, 1:10:2] >= box[:10:2]
            meets = np.all(below[:, :4] & above[:, :4], axis=1)
            meets &= (below[:, 4] & above[:, 4]) | (boxes[:, 10] != box[10])
            assert sorted(found[:count]) == sorted(used[meets])


def _box(index: ConflictIndex, piece: int) -> np.ndarray:
    box = np.empty(grid.BOX)
    grid.set_box(index._store.rows[piece], index._edges, box)
    return box


def test_filter_rejects_nearly_everything_in_a_wide_sky() -> None:
    random = np.random.default_rng(6)
    index = ConflictIndex()
    for i in range(3_000):
        spot = away((46.5, 8.5), float(random.uniform(0, 360)), float(250_000.0 * np.sqrt(random.random())))
        index.insert(random_operation(random, f"o{i}", spot, 1_000.0))
    store, found = index._store, np.empty(10_000, dtype=np.int64)
    counts = [grid.candidates(store, _box(index, piece), 0.0, 0.0, found) for piece in range(0, store.counts[0], 10)]
    assert np.mean(counts) < store.counts[0] / 500


def test_boxes_hold_every_point_of_their_pieces() -> None:
    random = np.random.default_rng(12)
    for place in ((46.5, 7.8), (89.0, 0.0), (-33.0, 179.9), (0.0, 0.0)):
        for size_m in (50.0, 20_000.0, 800_000.0, 3_000_000.0):
            for _ in range(10):
                operation = random_operation(random, "o", place, size_m)
                rows, edges = pack(operation, 0)
                for row, volume in zip(rows, operation.volumes, strict=False):
                    box = np.empty(grid.BOX)
                    grid.set_box(row, edges, box)
                    for point in _points_inside(random, volume.footprint, row):
                        assert np.all(box[0:6:2] <= point)
                        assert np.all(point <= box[1:6:2])


def _points_inside(random: np.random.Generator, footprint: object, row: np.ndarray) -> np.ndarray:
    from skyparley.conflict.kernels.geodesy import latitude_longitude_deg, surface_points
    from skyparley.geometry.footprint import Circle

    if isinstance(footprint, Circle):
        centre, reach = (footprint.latitude_deg, footprint.longitude_deg), footprint.radius_m
        spots = [away(centre, float(random.uniform(0, 360)), reach * float(random.random())) for _ in range(40)]
    else:
        # stars about the mean of their corners hold the way from it to each corner
        centre = latitude_longitude_deg(row[layout.X0], row[layout.Y0], row[layout.Z0])
        spots = [centre, *footprint.vertices]
    return surface_points(np.array([spot[0] for spot in spots]), np.array([spot[1] for spot in spots]))


def test_store_reuses_what_was_freed() -> None:
    random = np.random.default_rng(2)
    index = ConflictIndex()
    operations = [random_operation(random, f"o{i}", (46.5, 7.8), 2_000.0) for i in range(300)]
    for operation in operations:
        index.insert(operation)
    size, end = index.memory_bytes, int(index._store.counts[3])
    for _ in range(20):
        for operation in operations[:200]:
            index.remove(operation.ref)
        for operation in operations[:200]:
            index.insert(operation)
    assert index.memory_bytes == size
    assert index._store.counts[3] <= 2 * end
    assert index._store.counts[0] == sum(len(pieces) for pieces in index._pieces if pieces is not None)
    assert index._store.levels.sum() == index._store.counts[0]
