"""The search against every pair compared without an index, and against what the rules say in words."""

import math
import random as dice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyparley.conflict.minima import DEFAULT_MINIMA, SeparationMinima, SeparationMinimum, uniform
from skyparley.conflict.operation import Operation, OperationRef, Rule
from skyparley.conflict.pairs.batch import all_pairs
from skyparley.conflict.search import ConflictIndex
from skyparley.geometry.altitude import Datum
from support.conflict_cases import (
    away,
    circle_volume,
    operation,
    polygon_volume,
    random_operation,
    slow_all_pairs,
    slow_check,
    track,
    us,
)

ALPS = (46.5, 7.8)
PLACES = {
    "alps": ALPS,
    "antimeridian": (-17.0, 179.999),
    "north pole": (90.0, 0.0),
    "south pole": (-89.99, 12.0),
    "null island": (0.0, 0.0),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("size_m", "count"), [(10.0, 120), (1_000.0, 100), (30_000.0, 70), (1_000_000.0, 16)])
def test_index_finds_what_comparing_every_pair_finds(place: str, size_m: float, count: int) -> None:
    random = np.random.default_rng(round(size_m) + len(place))
    operations = [random_operation(random, f"o{i}", PLACES[place], size_m) for i in range(count)]
    expected = slow_all_pairs(operations)
    assert all_pairs(operations) == expected
    assert expected


def test_index_finds_everything_among_sizes_that_differ() -> None:
    random = np.random.default_rng(77)
    operations = []
    for i in range(150):
        size_m = float(10.0 ** random.uniform(1.0, 5.0))
        spot = away(ALPS, float(random.uniform(0, 360)), float(random.uniform(0.0, 20_000.0)))
        operations.append(random_operation(random, f"o{i}", spot, size_m, datum=Datum.EGM96, top_m=3_000.0))
    expected = slow_all_pairs(operations)
    assert all_pairs(operations) == expected
    assert len(expected) > 100


def test_result_does_not_depend_on_order_nor_on_who_asks() -> None:
    random = np.random.default_rng(3)
    operations = [random_operation(random, f"o{i}", ALPS, 3_000.0) for i in range(70)]
    expected = all_pairs(operations)
    for seed in range(3):
        dice.Random(seed).shuffle(operations)
        assert all_pairs(operations) == expected
    index = ConflictIndex()
    for one in operations:
        index.insert(one)
    for one in operations:
        assert index.check(one) == [c for c in expected if one.ref in (c.a, c.b)]


@pytest.mark.parametrize("size_m", [500.0, 3_000.0, 60_000.0])
def test_check_many_checks_each(size_m: float) -> None:
    random = np.random.default_rng(4)
    operations = [random_operation(random, f"o{i}", ALPS, size_m) for i in range(160)]
    index = ConflictIndex()
    for one in operations[:80]:
        index.insert(one)
    answers = index.check_many(operations[40:])
    expected = [index.check(one) for one in operations[40:]]
    assert list(answers) == expected
    assert answers[-1] == expected[-1]
    assert answers[3:5] == expected[3:5]
    assert sum(map(len, expected)) > 100
    assert list(index.check_many([])) == []


_POOL_RANDOM = np.random.default_rng(11)
_POOL = [
    [random_operation(_POOL_RANDOM, f"o{i}", ALPS, float(size_m)) for size_m in (50.0, 2_000.0, 60_000.0)]
    for i in range(12)
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("iiircm"), st.integers(0, 11), st.integers(0, 2)), max_size=60))
def test_inserts_replacements_and_removals_match_a_dictionary(steps: list[tuple[str, int, int]]) -> None:
    index = ConflictIndex()
    model: dict[OperationRef, Operation] = {}
    for verb, which, version in steps:
        one = Operation(
            OperationRef("p", f"o{which}"),
            _POOL[which][version].operation_class,
            _POOL[which][version].volumes,
            _POOL[which][version].trajectories,
            _POOL[which][version].hazard,
        )
        if verb == "i":
            index.insert(one)
            model[one.ref] = one
        elif verb == "r":
            index.remove(one.ref)
            model.pop(one.ref, None)
        elif verb == "m":
            index.merge()
        else:
            others = [other for other in model.values() if other.ref != one.ref and not (one.hazard and other.hazard)]
            expected = slow_check(one, others) if others else []
            assert index.check(one) == expected
        assert len(index) == len(model)
        assert (one.ref in index) == (one.ref in model)


def test_long_history_stays_right_and_gives_memory_back() -> None:
    random = np.random.default_rng(8)
    index = ConflictIndex()
    model: dict[OperationRef, Operation] = {}
    peak = 0
    for turn in range(4):
        for i in range(1_500):
            spot = away(ALPS, float(random.uniform(0, 360)), float(random.uniform(0.0, 80_000.0)))
            one = random_operation(random, f"o{i}", spot, 500.0, datum=Datum.EGM96)
            one = Operation(OperationRef("p", f"o{i}"), "drone", one.volumes, one.trajectories, one.hazard)
            index.insert(one)
            model[one.ref] = one
        if turn == 0:
            peak = sum(index.memory_bytes.values())
        assert sum(index.memory_bytes.values()) <= peak * 2.0
        refs = sorted(model)
        dice.Random(turn).shuffle(refs)
        for ref in refs[: len(refs) - 40]:
            index.remove(ref)
            del model[ref]
        index.merge()
        assert sum(index.memory_bytes.values()) < peak / 5.0
        fresh = ConflictIndex()
        for one in model.values():
            fresh.insert(one)
        for one in model.values():
            assert index.check(one) == fresh.check(one)


@pytest.mark.parametrize("count", [2, 3, 10, 40])
@pytest.mark.parametrize("place", PLACES)
def test_aircraft_that_converge_on_one_point_conflict_pairwise(count: int, place: str) -> None:
    centre = PLACES[place]
    operations = []
    for i in range(count):
        start = away(centre, 360.0 * i / count, 30_000.0)
        path = track([(0.0, *start, 10_000.0), (150.0, *centre, 10_000.0)])
        operations.append(operation(f"o{i:03}", path, operation_class="en_route"))
    conflicts = all_pairs(operations)
    assert len(conflicts) == count * (count - 1) // 2
    assert all(conflict.closest.horizontal_m < 1.0 for conflict in conflicts)
    assert all(abs(conflict.closest.time_us - us(150.0)) <= 1 for conflict in conflicts)


def test_pieces_of_one_operation_never_conflict() -> None:
    one = operation(
        "one",
        circle_volume(ALPS, 500.0),
        circle_volume(ALPS, 400.0),
        track([(0.0, *ALPS, 50.0), (60.0, 46.51, 7.8, 50.0)]),
        track([(0.0, *ALPS, 50.0), (60.0, 46.51, 7.8, 50.0)]),
    )
    assert all_pairs([one]) == []
    index = ConflictIndex()
    index.insert(one)
    assert index.check(one) == []


def test_hazard_areas_meet_operations_and_not_each_other() -> None:
    areas = [operation(f"h{i}", circle_volume(ALPS, 500.0), hazard=True) for i in range(2)]
    flight = operation("f", circle_volume(ALPS, 500.0))
    assert [(c.a.operation_id, c.b.operation_id) for c in all_pairs([*areas, flight])] == [("f", "h0"), ("f", "h1")]


@pytest.mark.parametrize(("party", "other", "same"), [("a", "a", True), ("a", "b", False), ("", "", False)])
def test_one_party_is_marked(party: str, other: str, same: bool) -> None:
    operations = [
        operation("x", circle_volume(ALPS, 500.0), party=party),
        operation("y", circle_volume(ALPS, 500.0), party=other),
    ]
    (conflict,) = all_pairs(operations)
    assert conflict.same_party is same
    assert ("one party" in conflict.sentence) is same


def _parallel(distance_m: float, climb_m: float, *classes: str) -> list[Operation]:
    north = away(ALPS, 0.0, distance_m)
    return [
        operation("x", track([(0, *ALPS, 1_000.0), (60, 46.5, 7.81, 1_000.0)]), operation_class=classes[0]),
        operation(
            "y",
            track([(0, *north, 1_000.0 + climb_m), (60, north[0], 7.81, 1_000.0 + climb_m)]),
            operation_class=classes[1],
        ),
    ]


@pytest.mark.parametrize(
    ("classes", "distance_m", "climb_m", "conflicts"),
    [
        (("drone", "drone"), 49.0, 0.0, 1),
        (("drone", "drone"), 51.0, 0.0, 0),
        (("drone", "drone"), 10.0, 15.0, 0),
        (("drone", "drone"), 10.0, 14.9, 1),
        (("en_route", "en_route"), 9_259.0, 304.0, 1),
        (("en_route", "en_route"), 9_250.0, 304.8, 0),
        (("drone", "en_route"), 9_000.0, 0.0, 1),
        (("balloon", "drone"), 9_000.0, 0.0, 1),
        (("balloon", "balloon"), 9_270.0, 0.0, 0),
    ],
)
def test_minima_of_the_pair_of_classes_hold(
    classes: tuple[str, str], distance_m: float, climb_m: float, conflicts: int
) -> None:
    assert len(all_pairs(_parallel(distance_m, climb_m, *classes))) == conflicts


def test_own_minima_replace_the_defaults() -> None:
    assert all_pairs(_parallel(100.0, 0.0, "drone", "drone"), uniform(100.5, 10.0))
    assert not all_pairs(_parallel(100.0, 0.0, "en_route", "en_route"), uniform(99.5, 10.0))
    assert DEFAULT_MINIMA.between("drone", "en_route") == SeparationMinimum(9_260.0, 304.8)
    table = SeparationMinima({("a", "b"): SeparationMinimum(1.0, 90.0), ("a", "a"): SeparationMinimum(8.0, 2.0)})
    assert table.between("b", "a") == SeparationMinimum(1.0, 90.0)
    assert table.between("b", "b") == SeparationMinimum(8.0, 90.0)


def test_a_class_that_comes_late_has_its_minimum() -> None:
    index = ConflictIndex()
    one, other = _parallel(9_000.0, 0.0, "drone", "en_route")
    index.insert(one)
    assert len(index.check(other)) == 1


def test_times_that_touch_do_not_conflict_and_places_that_touch_do() -> None:
    early = operation("a", circle_volume(ALPS, 500.0, seconds=(0.0, 60.0)))
    assert all_pairs([early, operation("b", circle_volume(ALPS, 500.0, seconds=(60.0, 90.0)))]) == []
    assert len(all_pairs([early, operation("b", circle_volume(ALPS, 500.0, seconds=(59.999999, 90.0)))])) == 1
    beside = away(ALPS, 70.0, 800.0)
    assert len(all_pairs([early, operation("b", circle_volume(beside, 300.0))])) == 1
    assert all_pairs([early, operation("b", circle_volume(beside, 299.99))]) == []
    assert len(all_pairs([early, operation("b", circle_volume(ALPS, 9.0, band=(100.0, 120.0)))])) == 1
    assert all_pairs([early, operation("b", circle_volume(ALPS, 9.0, band=(100.01, 120.0)))]) == []


def test_a_path_that_touches_a_volume_for_an_instant_conflicts() -> None:
    area = operation("area", circle_volume(ALPS, 500.0, band=(0.0, 100.0)))
    west, east = away(ALPS, 270.0, 400.0), away(ALPS, 90.0, 400.0)
    dips = track([(0.0, *west, 150.0), (10.0, *ALPS, 100.0), (20.0, *east, 150.0)])
    (conflict,) = all_pairs([area, operation("path", dips)])
    assert conflict.rule is Rule.TRAJECTORY_IN_VOLUME
    assert conflict.last_us - conflict.first_us < 5_000
    assert abs(conflict.closest.time_us - us(10.0)) < 2_500
    stays = track([(0.0, *west, 150.0), (10.0, *ALPS, 100.1), (20.0, *east, 150.0)])
    assert all_pairs([area, operation("path", stays)]) == []


def test_one_conflict_per_pair_and_rule_with_all_windows() -> None:
    areas = [circle_volume(ALPS, 300.0, seconds=span) for span in ((0.0, 10.0), (5.0, 20.0), (30.0, 40.0))]
    path = track([(2.0, *ALPS, 50.0), (35.0, 46.5, 7.8001, 50.0)])
    conflicts = all_pairs([operation("a", *areas), operation("b", path, circle_volume(ALPS, 30.0, seconds=(8, 32)))])
    spans = {c.rule: [((w.first_us - us(0)) / 1e6, (w.last_us - us(0)) / 1e6) for w in c.windows] for c in conflicts}
    assert spans == {
        Rule.TRAJECTORY_IN_VOLUME: [(2.0, 20.0), (30.0, 35.0)],
        Rule.VOLUME_OVERLAP: [(8.0, 20.0), (30.0, 32.0)],
    }


@pytest.mark.parametrize(
    ("datum", "other", "gap_m", "conflicts", "certain"),
    [
        (Datum.EGM96, Datum.EGM96, 0.5, 0, True),
        (Datum.EGM96, Datum.EGM96, -0.5, 1, True),
        (Datum.AGL, Datum.AGL, -0.5, 1, True),
        (Datum.WGS84, Datum.EGM96, -50.8, 1, True),  # the geoid is 50.5 m above the ellipsoid there
        (Datum.WGS84, Datum.EGM96, -50.5, 1, False),
        (Datum.WGS84, Datum.EGM96, -50.2, 0, True),
        (Datum.PRESSURE, Datum.EGM96, 869.0, 1, False),
        (Datum.PRESSURE, Datum.EGM96, 871.0, 0, False),
        (Datum.AGL, Datum.EGM96, 4_000.0, 1, False),
    ],
)
def test_bands_of_different_datum_compare_by_what_they_can_mean(
    datum: Datum, other: Datum, gap_m: float, conflicts: int, certain: bool
) -> None:
    lower = operation("a", circle_volume(ALPS, 300.0, band=(0.0, 100.0), datum=datum))
    upper = operation("b", circle_volume(ALPS, 300.0, band=(100.0 + gap_m, 9_000.0), datum=other))
    found = all_pairs([lower, upper])
    assert len(found) == conflicts
    assert all(conflict.certain is certain for conflict in found)


def test_paths_above_ground_are_not_certain() -> None:
    paths = [
        operation(name, track([(0, *ALPS, 100.0), (9, 46.501, 7.8, 100.0)], datum=Datum.AGL)) for name in ("a", "b")
    ]
    (conflict,) = all_pairs(paths)
    assert not conflict.certain
    assert "not certain" in conflict.sentence


def test_one_certain_hit_makes_the_conflict_certain() -> None:
    mixed = operation("a", circle_volume(ALPS, 300.0, datum=Datum.AGL), circle_volume(ALPS, 300.0))
    (conflict,) = all_pairs([mixed, operation("b", circle_volume(ALPS, 300.0))])
    assert conflict.certain


def test_more_candidates_than_there_is_room_for_are_not_lost() -> None:
    crowd = [operation(f"o{i}", circle_volume(ALPS, 50.0)) for i in range(17_000)]
    index = ConflictIndex()
    for one in crowd:
        index.insert(one)
    long = [(float(i), 46.5 + i * 1e-8, 7.8, 50.0) for i in range(12)]
    assert len(index.check(operation("x", track(long)))) == len(crowd)


def test_progress_counts_operations() -> None:
    random = np.random.default_rng(9)
    told: list[int] = []
    all_pairs([random_operation(random, f"o{i}", ALPS, 300.0) for i in range(50)], progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 50
    assert all_pairs([]) == []


def test_of_operations_with_one_ref_the_last_counts() -> None:
    far = operation("x", circle_volume((10.0, 10.0), 50.0))
    near = operation("x", circle_volume(ALPS, 50.0))
    other = operation("y", circle_volume(ALPS, 50.0))
    assert len(all_pairs([far, other, near])) == 1
    assert all_pairs([near, other, far]) == []


def test_large_polygons_and_holes() -> None:
    ring = tuple(away(ALPS, 360.0 * i / 10_000, 40_000.0 + 500.0 * math.sin(i)) for i in range(10_000))
    big = operation("big", polygon_volume(ring))
    assert len(all_pairs([big, operation("in", circle_volume(ALPS, 5.0))])) == 1
    assert len(all_pairs([big, operation("edge", circle_volume(away(ALPS, 1.0, 40_000.0), 600.0))])) == 1
    assert all_pairs([big, operation("out", circle_volume(away(ALPS, 1.0, 42_000.0), 600.0))]) == []
    outline = tuple(away(ALPS, 60.0 * i, 5_000.0) for i in range(6))
    hole = tuple(away(ALPS, -90.0 * i, 3_000.0) for i in range(4))
    ringed = operation("ring", polygon_volume(outline, holes=(hole,)))
    assert all_pairs([ringed, operation("in", circle_volume(ALPS, 500.0))]) == []
    assert len(all_pairs([ringed, operation("across", circle_volume(ALPS, 2_500.0))])) == 1


class _Agreed:
    """Parties whose names begin alike keep another minimum among themselves than all others do."""

    def __init__(self, among_us_m: float) -> None:
        self._among = SeparationMinimum(among_us_m, 300.0, "treaty/1/4")

    def group(self, party: str) -> str:
        return party[:1]

    def between(self, class_a: str, class_b: str, group_a: str = "", group_b: str = "") -> SeparationMinimum:
        return self._among if group_a == group_b == "a" else DEFAULT_MINIMA.between(class_a, class_b)

    def largest(self) -> SeparationMinimum:
        return DEFAULT_MINIMA.largest()


@pytest.mark.parametrize("third", ["b3", "c1"])
def test_minima_of_several_groups_hold_for_what_was_filed_before(third: str) -> None:
    minima = [_Agreed(30_000.0), DEFAULT_MINIMA, _Agreed(100.0)]
    flights = []
    for i, party in enumerate(("a1", "a2", "b1", third, "b2", "a3")):
        path = track([(0.0, 46.5 + 0.05 * i, 7.8, 9_000.0), (600.0, 46.5 + 0.05 * i, 8.8, 9_000.0)])
        flights.append(operation(f"f{i}", path, party=party, operation_class=("en_route", "drone")[i % 2]))
    area = operation("area", circle_volume(ALPS, 900.0, band=(8_000.0, 10_000.0)), party="b1", hazard=True)
    held, answers = ConflictIndex(minima[-1]), list[int]()
    for one in (*flights, area):
        held.insert(one)
    for changed in minima:
        held.set_minima(changed)
        fresh = ConflictIndex(changed)
        for one in (*flights, area):
            fresh.insert(one)
        found = [fresh.check(one) for one in (*flights, area)]
        assert [held.check(one) for one in (*flights, area)] == found
        assert [held.check_held(one.ref) for one in (*flights, area)] == found
        answers.append(sum(map(len, found)))
    assert answers[0] > answers[1] > answers[2] > 0
