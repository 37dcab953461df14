"""What is near by its box: exactly what all boxes say, wherever an entry lies just then; and it rejects."""

import numpy as np
import pytest

from skyparley.conflict.index.cells import CELL_M, QUERY, SLOT_S, STEPS, grow
from skyparley.conflict.index.lookup import find
from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.boxes import BOX, set_box
from skyparley.conflict.kernels.packing import pack
from skyparley.conflict.search import ConflictIndex
from support.conflict_cases import away, random_operation

Boxes = np.ndarray


def _filled(count: int, seed: int, place: tuple[float, float], spread_m: float, merge: str = "none") -> ConflictIndex:
    random = np.random.default_rng(seed)
    index = ConflictIndex()
    for i in range(count):
        spot = away(place, float(random.uniform(0, 360)), float(spread_m * np.sqrt(random.random())))
        index.insert(random_operation(random, f"o{i}", spot, float(10.0 ** random.uniform(1.0, 5.0))))
        if (merge, i) in {("half", count // 2), ("all", count - 1)}:
            index.merge()
    return index


def _boxes(index: ConflictIndex) -> tuple[np.ndarray, Boxes]:
    """Numbers of all pieces held and their boxes."""
    numbers, boxes = [], []
    for slot in index._slots.values():
        rows, edges = index._hot.pieces(slot)
        first = int(index._hot._slots.arrays[1][slot, 0])
        for i, row in enumerate(rows):
            box = np.empty(BOX)
            set_box(row, edges, box)
            numbers.append(first + i)
            boxes.append(box)
    return np.array(numbers), np.array(boxes)


def _found(index: ConflictIndex, box: np.ndarray, grown_m: float = 0.0, grown_up_m: float = 0.0) -> list[int]:
    wide, room, hot = np.empty((3, BOX)), np.empty((40_000, 2), dtype=np.int64), index._hot
    for asked in wide:
        grow(box, grown_m, grown_up_m, asked)
    wide[1, :2] += 400_000.0  # somebody else's question between two of the same
    runs = np.empty((4, 2 + QUERY), dtype=np.int64)
    _, count = find(hot._sorted, hot._fresh, hot._older, wide, 7, runs, room, 0)
    assert count <= len(room)
    rows, pieces = room[:count, 0], room[:count, 1]
    assert np.all(np.diff(rows) >= 0)
    assert np.array_equal(pieces[rows == 7], pieces[rows == 9])
    return sorted(pieces[rows == 7].tolist())


@pytest.mark.parametrize("merge", ["none", "half", "all"])
@pytest.mark.parametrize("place", [(46.5, 7.8), (90.0, 0.0), (10.0, 180.0)])
@pytest.mark.parametrize("spread_m", [1_000.0, 300_000.0, 5_000_000.0])
def test_found_is_what_meets_and_no_more_than_what_nearly_does(
    place: tuple[float, float], spread_m: float, merge: str
) -> None:
    index = _filled(600, round(spread_m), place, spread_m, merge)
    numbers, boxes = _boxes(index)
    random = np.random.default_rng(1)
    for query in random.choice(len(boxes), 60, replace=False):
        for grown_m, grown_up_m in ((0.0, 0.0), (9_260.0, 304.8)):
            found = _found(index, boxes[query], grown_m, grown_up_m)
            assert len(set(found)) == len(found)
            assert set(numbers[_meeting(boxes, boxes[query], grown_m, grown_up_m, 0.0)]) <= set(found)
            assert set(found) <= set(numbers[_meeting(boxes, boxes[query], grown_m, grown_up_m, 1.0)])


def _meeting(boxes: Boxes, asked: np.ndarray, grown_m: float, grown_up_m: float, slack: float) -> np.ndarray:
    """Which boxes meet one that is grown; with `slack` also those that miss it by the steps of both."""
    across_m = _sizes((boxes[:, 1:6:2] - boxes[:, :6:2]).max(axis=1), CELL_M)
    lasting_s = _sizes(boxes[:, 7] - boxes[:, 6], SLOT_S)
    steps = np.column_stack([across_m / STEPS] * 3 + [lasting_s / STEPS, np.ones(len(boxes))])
    grown = np.array([grown_m] * 3 + [0.0] + [grown_up_m]) + 2.0 * steps * slack
    overlap = (boxes[:, :10:2] <= asked[1:10:2] + grown) & (boxes[:, 1:10:2] >= asked[:10:2] - grown)
    return overlap[:, :4].all(axis=1) & (overlap[:, 4] | (boxes[:, 10] != asked[10]))


def _sizes(extents: np.ndarray, least: float) -> np.ndarray:
    """The sizes of cells: the least of those that grow by four and are no smaller than an extent."""
    return least * 4.0 ** np.ceil(np.log2(np.maximum(extents / least, 1.0)) / 2.0)


def test_it_rejects_nearly_everything_in_a_wide_sky() -> None:
    random = np.random.default_rng(6)
    index = ConflictIndex()
    for i in range(3_000):
        spot = away((46.5, 8.5), float(random.uniform(0, 360)), float(250_000.0 * np.sqrt(random.random())))
        index.insert(random_operation(random, f"o{i}", spot, 1_000.0))
    _, boxes = _boxes(index)
    assert np.mean([len(_found(index, box)) for box in boxes[::10]]) < len(boxes) / 500


def test_a_huge_area_is_found_from_the_cells_that_there_are() -> None:
    index = _filled(300, 5, (46.5, 7.8), 2_000_000.0, "half")
    numbers, boxes = _boxes(index)
    everywhere = np.array([-7e6, 7e6, -7e6, 7e6, -7e6, 7e6, 0.0, 4.1e9, -1e4, 1e5, 0.0])
    assert _found(index, everywhere) == sorted(numbers.tolist())
    assert len(boxes) == len(numbers)


def test_boxes_hold_every_point_of_their_pieces() -> None:
    random = np.random.default_rng(12)
    for place in ((46.5, 7.8), (89.0, 0.0), (-33.0, 179.9), (0.0, 0.0)):
        for size_m in (50.0, 20_000.0, 800_000.0, 3_000_000.0):
            for _ in range(10):
                operation = random_operation(random, "o", place, size_m)
                rows, edges = pack(operation, 0)
                for row, volume in zip(rows, operation.volumes, strict=False):
                    box = np.empty(BOX)
                    set_box(row, edges, box)
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
