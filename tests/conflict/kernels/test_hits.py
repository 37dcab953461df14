"""What is gathered before the exact comparison: never too little, held against all pairs, and it rejects something."""

import numpy as np
import pytest

from skyparley.conflict.index.lookup import NO_ROOM, NO_ROOM_FOR_EDGES, Asked
from skyparley.conflict.kernels import hits, layout
from skyparley.conflict.kernels.packing import pack_with_offsets
from skyparley.conflict.minima import DEFAULT_MINIMA, SeparationMinima, SeparationMinimum
from skyparley.conflict.operation import Operation
from skyparley.conflict.search import ConflictIndex, _room, _Scratch
from skyparley.geometry.altitude import Datum, mean_sea_level_bounds_m
from support.conflict_cases import Position, away, circle_volume, operation, polygon_volume, random_operation, track

PLACES = [(46.5, 7.8), (-17.0, 180.0), (90.0, 0.0), (0.0, 0.0)]
Pairs = set[tuple[int, bytes]]


def _index(operations: list[Operation], minima: SeparationMinima = DEFAULT_MINIMA) -> ConflictIndex:
    index = ConflictIndex(minima)
    for one in operations:
        index.insert(one)
    return index


def _asked(index: ConflictIndex, one: Operation) -> Asked:
    rows, edges = pack_with_offsets(one, index._kind_number(("", one.operation_class)))
    number = index._kind_number(("", one.operation_class))
    return Asked(rows, edges, np.array([[index._slots.get(one.ref, -1), one.hazard, number]]))


def _gathered(index: ConflictIndex, one: Operation) -> Pairs:
    scratch = _Scratch()
    scratch.near = _room(200_000, 1_000_000)
    asked = _asked(index, one)
    count, end = index._hot.gather(asked, index._table, scratch.near, 0)
    assert end == len(asked.rows)
    return {(int(i), _name(scratch.near.rows[k])) for i, k in scratch.near.pairs[:count]}


def _name(row: np.ndarray) -> bytes:
    """A piece by what it is and whose; its edges may lie anywhere, and offsets may not have been asked for."""
    return row[[i for i in range(layout.OFFSET_LOW_M) if i not in (layout.EDGES_BEGIN, layout.EDGES_END)]].tobytes()


def _meeting(index: ConflictIndex, one: Operation) -> tuple[Pairs, int]:
    """Pairs of pieces that the exact comparison finds to conflict, of all there are; and how many there are."""
    asked = _asked(index, one)
    meeting, count = set(), 0
    room = np.empty((4_096, hits.HIT_COLUMNS))
    for slot in index._slots.values():
        if slot == asked.facts[0, 0] or (one.hazard and index._hot.is_hazard(slot)):
            continue
        rows, edges = index._hot.pieces(slot)
        for i in range(len(asked.rows)):
            for k in range(len(rows)):
                pair = np.array([[i, k]], dtype=np.int64)
                count += 1
                if hits.exact(rows, edges, asked.rows, asked.edges, pair, index._table, hits.BOUNDS, room):
                    meeting.add((i, _name(rows[k])))
    return meeting, count


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size_m", [300.0, 5_000.0, 200_000.0])
def test_everything_that_conflicts_is_gathered_and_not_everything_else(place: Position, size_m: float) -> None:
    random = np.random.default_rng(round(size_m))
    operations = []
    for i in range(70):
        spot = away(place, float(random.uniform(0, 360)), 2.0 * size_m * float(np.sqrt(random.random())))
        operations.append(random_operation(random, f"o{i}", spot, size_m, top_m=1_000.0, span_s=6_000.0))
    index = _index(operations)
    met, gathered, pairs = 0, 0, 0
    for one in operations[::6]:
        near = _gathered(index, one)
        meeting, count = _meeting(index, one)
        assert meeting <= near
        met, gathered, pairs = met + len(meeting), gathered + len(near), pairs + count
    assert met > 5
    assert gathered < pairs / 2


@pytest.mark.parametrize("wide", ["drone", "balloon"])
def test_the_largest_minimum_of_the_class_widens_the_search(wide: str) -> None:
    """A class may have a larger minimum with one other class than with its own."""
    table = {
        ("drone", "drone"): SeparationMinimum(50.0, 15.0),
        ("balloon", "drone"): SeparationMinimum(30_000.0, 4_000.0),
        ("balloon", "balloon"): SeparationMinimum(10.0, 1.0),
    }
    minima = SeparationMinima(table)
    other = "balloon" if wide == "drone" else "drone"
    place = PLACES[0]
    path = track([(0.0, *place, 100.0), (60.0, 46.501, 7.8, 100.0)])
    far = away(place, 90.0, 29_000.0)
    there = track([(0.0, *far, 4_050.0), (60.0, far[0] + 0.001, far[1], 4_050.0)])
    index = _index([operation("far", there, operation_class=other)], minima)
    assert len(_gathered(index, operation("one", path, operation_class=wide))) == 1
    assert len(index.check(operation("one", path, operation_class=wide))) == 1


def test_levels_times_and_places_apart_are_rejected_before_they_are_compared() -> None:
    place = PLACES[0]
    stack = [operation(f"l{i}", circle_volume(place, 500.0, band=(100.0 * i, 100.0 * i + 50.0))) for i in range(40)]
    day = [
        operation(f"t{i}", circle_volume(place, 500.0, seconds=(600.0 * i, 600.0 * i + 500.0))) for i in range(1, 40)
    ]
    wide = [operation(f"w{i}", circle_volume(away(place, 9.0 * i, 90_000.0), 500.0)) for i in range(40)]
    index = _index([*stack, *day, *wide])
    one = operation("one", circle_volume(place, 500.0, band=(110.0, 140.0), seconds=(0.0, 400.0)))
    assert len(_gathered(index, one)) == len(index.check(one)) == 1
    flight = operation("f", track([(0.0, *place, 2_020.0), (60.0, 46.501, 7.8, 2_020.0)]), operation_class="drone")
    assert len(_gathered(index, flight)) == 1


@pytest.mark.parametrize("datum", list(Datum))
def test_heights_of_another_datum_are_never_rejected_while_they_may_meet(datum: Datum) -> None:
    place = PLACES[0]
    one = operation("one", circle_volume(place, 500.0, band=(1_000.0, 1_000.0), datum=datum))
    (row,), _ = pack_with_offsets(one, 0)
    low, high = hits.lowest_m(hits.BOUNDS, row, 1_000.0), hits.highest_m(hits.BOUNDS, row, 1_000.0)
    for height_m in (low - 0.1, low + 0.1, high - 0.1, high + 0.1, 1_000.0):
        index = _index([operation("o", circle_volume(place, 500.0, band=(height_m, height_m), datum=Datum.EGM96))])
        conflicts = low <= height_m <= high
        assert len(index.check(one)) == (1 if conflicts else 0)
        assert len(_gathered(index, one)) >= len(index.check(one))


def test_the_search_goes_on_where_there_was_no_more_room() -> None:
    place = PLACES[0]
    index = _index([operation(f"o{i}", circle_volume(place, 500.0)) for i in range(10)])
    asked = _asked(index, operation("one", *[circle_volume(place, 300.0)] * 3))
    assert index._hot.gather(asked, index._table, _room(25, 0), 0) == (20, 2)
    assert index._hot.gather(asked, index._table, _room(25, 0), 2) == (10, 3)
    assert index._hot.gather(asked, index._table, _room(9, 0), 0) == (NO_ROOM, 0)


def test_the_search_goes_on_where_there_was_no_more_room_for_edges() -> None:
    place = PLACES[0]
    index = _index(
        [operation(f"o{i}", polygon_volume(tuple(away(place, 45.0 * k, 500.0) for k in range(8)))) for i in range(10)]
    )
    asked = _asked(index, operation("one", *[circle_volume(place, 300.0)] * 3))
    assert index._hot.gather(asked, index._table, _room(100, 170), 0) == (20, 2)
    assert index._hot.gather(asked, index._table, _room(100, 79), 0) == (NO_ROOM_FOR_EDGES, 0)


@pytest.mark.parametrize("place", PLACES)
def test_the_bounds_of_the_kernels_are_those_of_the_geometry(place: Position) -> None:
    """Those of a place within those that hold anywhere; where the place does not matter, the same."""
    for datum in Datum:
        for altitude_m in (-900.0, 0.0, 1.0, 1_200.0, 11_000.0, 30_000.0, 90_000.0):
            (row,), _ = pack_with_offsets(
                operation("o", circle_volume(place, 5.0, band=(altitude_m, altitude_m), datum=datum)), 0
            )
            low, high = mean_sea_level_bounds_m(altitude_m, datum)
            found = hits.lowest_m(hits.BOUNDS, row, altitude_m), hits.highest_m(hits.BOUNDS, row, altitude_m)
            if datum is Datum.WGS84:
                assert low <= found[0] < found[1] <= high
                assert found[1] - found[0] < 0.2
            else:
                assert found == pytest.approx((low, high), abs=1e-6)


@pytest.mark.parametrize("above", [True, False])
def test_bands_that_touch_to_the_millimetre_are_gathered_whatever_the_last_bit_says(above: bool) -> None:
    """1.014 m less 1 mm of tolerance is a bit more than 1.013 m, in floating point."""
    seen = 0
    for altitude_mm in range(1_000, 1_400, 7):
        for tolerance_mm in (1, 3, 7, 33):
            path_m, tolerance_m = altitude_mm / 1_000, tolerance_mm / 1_000
            edge_m = (altitude_mm - tolerance_mm if above else altitude_mm + tolerance_mm) / 1_000
            band = (0.0, edge_m) if above else (edge_m, 100.0)
            beside = path_m - tolerance_m > edge_m if above else path_m + tolerance_m < edge_m
            seen += beside
            volume = operation("volume", circle_volume(PLACES[0], 500.0, band=band))
            path = operation(
                "path", track([(0.0, 46.5, 7.8, path_m), (60.0, 46.501, 7.8, path_m)], vertical_m=tolerance_m)
            )
            for held, asked in ((volume, path), (path, volume)):
                assert len(_index([held]).check(asked)) == 1, (altitude_mm, tolerance_mm, beside)
    assert seen > 20
