"""Cases whose answer is known beforehand, at every kind of place: some made by hand, the rest by hypothesis."""

import math
import random as dice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyparley.conflict.kernels import hits
from skyparley.conflict.kernels.packing import pack_with_offsets
from skyparley.conflict.minima import DEFAULT_MINIMA, SeparationMinima, SeparationMinimum
from skyparley.conflict.operation import Operation, Rule
from skyparley.conflict.pairs.batch import all_pairs
from skyparley.conflict.search import ConflictIndex
from skyparley.errors import InvalidInputError
from skyparley.geometry.altitude import Datum
from skyparley.geometry.trajectory import Trajectory4D
from skyparley.geometry.volume import Volume4D
from support.conflict_cases import Position, away, circle_volume, operation, polygon_volume, track, us

PLACES = [(46.5, 7.8), (-17.0, 180.0), (60.0, -179.9999), (90.0, 0.0), (-90.0, 0.0), (89.9, 12.0), (0.0, 0.0)]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(PLACES),
    st.lists(
        st.tuples(st.floats(0.0, 360.0), st.floats(30.0, 280.0), st.integers(0, 3)),
        min_size=2,
        max_size=14,
        unique_by=lambda flight: round(flight[0]),
    ),
)
def test_aircraft_that_pass_one_point_at_one_instant_conflict_pairwise(
    place: Position, flights: list[tuple[float, float, int]]
) -> None:
    """From anywhere, at any speed, on levels less than the minimum apart, in one leg or several."""
    operations = []
    for i, (azimuth_deg, speed_mps, level) in enumerate(flights):
        before, after = away(place, azimuth_deg, speed_mps * 600.0), away(place, azimuth_deg + 180.0, speed_mps * 500.0)
        height_m = 9_000.0 + 100.0 * level
        points = [(400.0, *before, height_m), (1_000.0, *place, height_m), (1_500.0, *after, height_m)]
        operations.append(operation(f"o{i:02}", track(points), operation_class="en_route"))
    found = all_pairs(operations)
    assert len(found) == len(flights) * (len(flights) - 1) // 2
    assert all(conflict.rule is Rule.SEPARATION_MINIMUM for conflict in found)
    assert all(conflict.first_us <= us(1_000.0) <= conflict.last_us for conflict in found)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(PLACES), st.integers(2, 12), st.floats(0.0, 360.0))
def test_aircraft_a_level_apart_over_one_point_do_not_conflict(place: Position, count: int, azimuth_deg: float) -> None:
    operations = []
    for i in range(count):
        start = away(place, azimuth_deg + 360.0 * i / count, 100_000.0)
        height_m = (300 + 10 * i) * 100 * 0.3048
        path = track([(0.0, *start, height_m), (500.0, *place, height_m)], datum=Datum.PRESSURE)
        operations.append(operation(f"o{i:02}", path, operation_class="en_route"))
    assert all_pairs(operations) == []


@pytest.mark.parametrize("place", PLACES)
def test_crossing_for_an_instant(place: Position) -> None:
    """Two thin walls that cross in time as in space: nothing but the microsecond that both hold."""
    a = circle_volume(place, 100.0, seconds=(0.0, 10.000001))
    b = circle_volume(away(place, 40.0, 50.0), 100.0, seconds=(10.0, 20.0))
    (conflict,) = all_pairs([operation("a", a), operation("b", b)])
    assert (conflict.first_us, conflict.last_us) == (us(10.0), us(10.000001))
    fast = track([(9.0, *away(place, 0.0, 2_000.0), 50.0), (19.0, *away(place, 180.0, 2_000.0), 50.0)])
    (through,) = all_pairs([operation("a", circle_volume(place, 0.5)), operation("f", fast)])
    assert through.last_us - through.first_us == pytest.approx(2_500, abs=10)


@pytest.mark.parametrize("place", PLACES)
def test_zero_height_and_hovering(place: Position) -> None:
    flat = operation("flat", circle_volume(place, 300.0, band=(50.0, 50.0)))
    above = operation("above", circle_volume(place, 300.0, band=(50.0, 90.0)))
    apart = operation("apart", circle_volume(place, 300.0, band=(50.002, 90.0)))
    assert [(c.a.operation_id, c.b.operation_id) for c in all_pairs([flat, above])] == [("above", "flat")]
    assert all_pairs([flat, apart]) == []
    hovering = operation("hover", track([(0.0, *place, 50.0), (600.0, *place, 50.0)]))
    (conflict,) = all_pairs([flat, hovering])
    assert (conflict.first_us, conflict.last_us) == (us(0.0), us(600.0))
    assert all_pairs([apart, hovering]) == []


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("corners", [3, 10_000])
def test_polygons_of_three_and_of_ten_thousand_corners(place: Position, corners: int) -> None:
    ring = tuple(away(place, 360.0 * i / corners, 30_000.0) for i in range(corners))
    area = operation("area", polygon_volume(ring), operation_class="drone")
    inner_m = 30_000.0 * math.cos(math.pi / corners)
    spot = away(place, 180.0 / corners, inner_m + 500.0)
    assert len(all_pairs([area, operation("touch", circle_volume(spot, 500.1))])) == 1
    assert all_pairs([area, operation("clear", circle_volume(spot, 499.0))]) == []
    across = track([(0.0, *away(place, 10.0, 90_000.0), 50.0), (600.0, *away(place, 190.0, 90_000.0), 50.0)])
    (conflict,) = all_pairs([area, operation("path", across)])
    assert conflict.rule is Rule.TRAJECTORY_IN_VOLUME
    assert len(conflict.windows) == 1


def _pieces() -> st.SearchStrategy[list[tuple[float, float, float, bool]]]:
    piece = st.tuples(st.floats(0.0, 360.0), st.floats(0.0, 400.0), st.floats(20.0, 300.0), st.booleans())
    return st.lists(piece, min_size=1, max_size=6)


def _built(place: Position, name: str, pieces: list[tuple[float, float, float, bool]], party: str) -> Operation:
    made: list[Volume4D | Trajectory4D] = []
    for azimuth_deg, away_m, size_m, flies in pieces:
        spot = away(place, azimuth_deg, away_m)
        if flies:
            made.append(track([(0.0, *spot, 50.0), (60.0, *away(spot, azimuth_deg, size_m), 50.0)]))
        else:
            made.append(circle_volume(spot, size_m, seconds=(0.0, 60.0)))
    return operation(name, *made, party=party)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(PLACES), _pieces(), _pieces(), st.sampled_from(["", "alpha"]), st.sampled_from(["", "alpha", "b"])
)
def test_pieces_meet_those_of_others_only_and_one_party_is_marked(
    place: Position,
    one: list[tuple[float, float, float, bool]],
    two: list[tuple[float, float, float, bool]],
    party: str,
    other: str,
) -> None:
    pair = [_built(place, "x", one, party), _built(place, "y", two, other)]
    found = all_pairs(pair)
    assert all({conflict.a, conflict.b} == {pair[0].ref, pair[1].ref} for conflict in found)
    assert len({conflict.rule for conflict in found}) == len(found)
    assert all(conflict.same_party is (party == other != "") for conflict in found)
    assert all_pairs(pair[:1]) == all_pairs(pair[1:]) == []
    doubled = Operation(pair[0].ref, "drone", 2 * pair[0].volumes, 2 * pair[0].trajectories)
    assert all_pairs([doubled, pair[1]]) == found


def _means(piece: Volume4D | Trajectory4D, altitude_m: float) -> tuple[float, float]:
    """The lowest and the highest height that an altitude of a piece can mean."""
    (row,), _ = pack_with_offsets(operation("x", piece), 0)
    return hits.lowest_m(hits.BOUNDS, row, altitude_m), hits.highest_m(hits.BOUNDS, row, altitude_m)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(list(Datum)), st.sampled_from(list(Datum)), st.floats(0.0, 12_000.0), st.floats(-900.0, 20_000.0)
)
def test_bands_conflict_unless_they_cannot_touch_and_for_certain_if_they_must(
    datum: Datum, other: Datum, upper_m: float, lower_m: float
) -> None:
    a = circle_volume(PLACES[0], 300.0, band=(-900.0, upper_m), datum=datum)
    b = circle_volume(PLACES[0], 300.0, band=(lower_m, 20_000.0), datum=other)
    found = all_pairs([operation("a", a), operation("b", b)])
    apart_m = surely_m = lower_m - upper_m
    if datum is not other:
        bottom_a, top_a, bottom_b, top_b = (
            _means(a, -900.0),
            _means(a, upper_m),
            _means(b, lower_m),
            _means(b, 20_000.0),
        )
        apart_m = max(bottom_b[0] - top_a[1], bottom_a[0] - top_b[1])
        surely_m = max(bottom_b[1] - top_a[0], bottom_a[1] - top_b[0])
    if abs(apart_m) > 0.001:
        assert bool(found) is (apart_m < 0.0)
    if abs(surely_m) > 0.001:
        assert all(conflict.certain is (surely_m < 0.0) for conflict in found)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(list(Datum)), st.sampled_from(list(Datum)), st.floats(0.0, 12_000.0), st.floats(-300.0, 300.0))
def test_paths_of_different_datum_conflict_unless_they_are_surely_separated(
    datum: Datum, other: Datum, height_m: float, above_m: float
) -> None:
    def path(altitude_m: float, kind: Datum) -> Trajectory4D:
        return track([(0.0, 46.5, 7.8, altitude_m), (60.0, 46.5, 7.9, altitude_m)], datum=kind)

    other_m = max(0.0, height_m + above_m)
    a, b = path(height_m, datum), path(other_m, other)
    found = all_pairs([operation("a", a), operation("b", b)])
    surely_m = utmost_m = abs(height_m - other_m)
    if datum is not other:
        (low, high), (low_b, high_b) = _means(a, height_m), _means(b, other_m)
        surely_m, utmost_m = max(low - high_b, low_b - high), max(high - low_b, high_b - low)
    if abs(surely_m - 15.0) > 0.002:
        assert bool(found) is (surely_m < 15.0)
    if abs(utmost_m - 15.0) > 0.002:
        assert all(conflict.certain is (utmost_m < 15.0 and not datum is other is Datum.AGL) for conflict in found)
    for conflict in found:
        assert conflict.closest.vertical_m == pytest.approx(max(0.0, surely_m), abs=0.002)


def test_minima_are_named_in_order_and_the_larger_holds_where_none_is_named() -> None:
    with pytest.raises(InvalidInputError, match="alphabetical order"):
        SeparationMinima({("en_route", "drone"): SeparationMinimum(1.0, 1.0)})
    with pytest.raises(InvalidInputError, match="at least one entry"):
        SeparationMinima({})
    for bad in (-1.0, math.nan, math.inf):
        with pytest.raises(InvalidInputError):
            SeparationMinimum(bad, 1.0)
        with pytest.raises(InvalidInputError):
            SeparationMinimum(1.0, bad)
    assert DEFAULT_MINIMA.between("balloon", "airship") == SeparationMinimum(9_260.0, 304.8)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_order_of_inserts_amendments_and_removals_changes_a_bit(seed: int) -> None:
    """Some are filed twice, some are taken out and filed again; what is left answers the same."""
    random, shuffled = np.random.default_rng(seed % 7), dice.Random(seed)
    operations = []
    for i in range(24):
        azimuth_deg, away_m, size_m = random.uniform((0.0, 0.0, 20.0), (360.0, 900.0, 400.0)).tolist()
        operations.append(_built(PLACES[i % 2], f"o{i}", [(azimuth_deg, away_m, size_m, bool(i % 3))], f"p{i % 4}"))
    expected = all_pairs(operations)
    index, late = ConflictIndex(), operations[:8]
    order = operations + late
    shuffled.shuffle(order)
    for one in order:
        index.insert(operation(one.ref.operation_id, circle_volume(PLACES[0], 900.0), party=one.ref.party))
        if shuffled.random() < 0.3:
            index.remove(one.ref)
        index.insert(one)
    assert len(index) == len(operations)
    for one in operations:
        assert index.check(one) == [c for c in expected if one.ref in (c.a, c.b)]
