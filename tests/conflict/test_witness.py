"""Every conflict carries a witness that is true: windows in order, the closest instant in one, one sentence."""

import re

import numpy as np
import pytest

from oracle.conflict_definition import positions
from oracle.nearest import GEOD
from skyparley.conflict.minima import DEFAULT_MINIMA, SeparationMinimum
from skyparley.conflict.operation import ClosestApproach, Conflict, OperationRef, Rule, TimeWindow
from skyparley.conflict.pairs.batch import all_pairs
from skyparley.conflict.search import ConflictIndex
from skyparley.conflict.witness import sentence
from skyparley.geometry.altitude import Datum
from support.conflict_cases import away, circle_volume, operation, random_operation, track, us

PLACES = [(46.5, 7.8), (-17.0, 179.999), (89.999, 10.0)]
ALPS = PLACES[0]


def test_of_two_that_fly_through_each_other_alike_whoever_asks_is_told_the_same() -> None:
    """Both paths enter both volumes at one instant: that it is told of one of them must not hang on who asks."""
    legs = track([(0.0, *away(ALPS, 270.0, 3_000.0), 50.0), (300.0, *away(ALPS, 90.0, 3_000.0), 50.0)])
    one, other = (operation(name, circle_volume(ALPS, 800.0), legs, party=name) for name in "ab")
    batch = all_pairs([other, one])
    assert {conflict.rule for conflict in batch} == set(Rule)
    assert "The path of b/b enters the declared airspace of a/a" in batch[1].sentence
    for asks, held in ((one, other), (other, one)):
        index = ConflictIndex()
        index.insert(held)
        assert index.check(asks) == batch
        assert list(index.check_many([asks])) == [batch]
        index.insert(asks)
        assert index.check_held(asks.ref) == batch


def test_who_flies_into_whom_is_told_the_same_whoever_asks() -> None:
    legs = track([(0.0, *away(ALPS, 270.0, 3_000.0), 50.0), (300.0, *away(ALPS, 90.0, 3_000.0), 50.0)])
    for flyer, holder in ("ab", "ba"):
        flies, holds = operation("f", legs, party=flyer), operation("h", circle_volume(ALPS, 800.0), party=holder)
        for asks, held in ((flies, holds), (holds, flies)):
            index = ConflictIndex()
            index.insert(held)
            (conflict,) = index.check(asks)
            assert conflict.sentence.startswith(f"The path of {flies.ref} enters the declared airspace of {holds.ref}")
            assert [conflict] == all_pairs([flies, holds])


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("seed", range(3))
def test_witnesses_are_in_order(place: tuple[float, float], seed: int) -> None:
    random = np.random.default_rng(seed)
    conflicts = all_pairs([random_operation(random, f"o{i}", place, 3_000.0 * 4.0**seed) for i in range(60)])
    assert len(conflicts) > 50
    seen = set()
    for conflict in conflicts:
        assert conflict.a < conflict.b
        assert (conflict.a, conflict.b, conflict.rule) not in seen
        seen.add((conflict.a, conflict.b, conflict.rule))
        ends = [instant for window in conflict.windows for instant in (window.first_us, window.last_us)]
        assert ends == sorted(ends)
        assert all(b.first_us - a.last_us > 1 for a, b in zip(conflict.windows, conflict.windows[1:], strict=False))
        at = conflict.closest.time_us
        assert any(window.first_us - 1 <= at <= window.last_us + 1 for window in conflict.windows)
        assert conflict.closest.horizontal_m >= 0.0
        assert conflict.closest.vertical_m >= 0.0
        assert conflict.sentence.endswith(".")
        assert conflict.same_party is (conflict.a.party == conflict.b.party)
    assert conflicts == sorted(conflicts, key=lambda c: (c.a, c.b, c.rule.value))


def test_the_place_is_midway_between_the_two() -> None:
    a = track([(0.0, *ALPS, 1_000.0), (100.0, 46.5, 7.9, 1_000.0)])
    b = track([(0.0, 46.52, 7.85, 1_050.0), (100.0, 46.49, 7.86, 1_050.0)])
    (conflict,) = all_pairs(
        [operation("a", a, operation_class="en_route"), operation("b", b, operation_class="en_route")]
    )
    at, times = conflict.closest, np.array([conflict.closest.time_us / 1e6])
    for path in (a, b):
        (latitude,), (longitude,), _ = positions(path, times)
        to_place = GEOD.inv(longitude, latitude, at.longitude_deg, at.latitude_deg)[2]
        assert to_place == pytest.approx(at.horizontal_m / 2.0, abs=0.01)
    assert at.vertical_m == pytest.approx(50.0, abs=0.001)


def _meeting(horizontal_m: float, vertical_m: float) -> Conflict:
    return Conflict(
        OperationRef("alpha", "x"),
        OperationRef("", "y"),
        Rule.SEPARATION_MINIMUM,
        (TimeWindow(us(0.0), us(9.0)),),
        ClosestApproach(us(1.75), 46.5, -7.8, horizontal_m, vertical_m),
        certain=True,
        same_party=False,
        sentence="",
    )


EN_ROUTE = DEFAULT_MINIMA.between("en_route", "en_route")


@pytest.mark.parametrize(
    ("horizontal_m", "vertical_m", "words"),
    [
        (9_259.999, 304.799, "within 4.9 NM (9,259 m) and 999 ft (304.7 m) of each other"),
        (999.99, 0.0, "within 999.9 m and 0 ft (0.0 m) of each other"),
        (1_852.0, 30.48, "within 1.0 NM (1,852 m) and 100 ft (30.4 m) of each other"),
    ],
)
def test_the_sentence_tells_distances_never_larger_than_they_are(
    horizontal_m: float, vertical_m: float, words: str
) -> None:
    text = sentence(_meeting(horizontal_m, vertical_m), "alpha/x", "y", EN_ROUTE)
    assert text == (
        f"alpha/x and y come {words} at 2027-01-15T12:00:01Z near 46.5000°N 7.8000°W;"
        " at least 5.0 NM (9,260 m) or 1,000 ft (304.8 m) is required."
    )


def test_what_is_required_is_told_only_where_it_is_given_and_with_tolerances_taken_off() -> None:
    meeting = _meeting(60.0, 0.0)
    assert "required" not in sentence(meeting, "a", "b")
    text = sentence(meeting, "a", "b", SeparationMinimum(50.0, 15.0))
    assert text.endswith("at least 50.0 m or 49 ft (15.0 m) is required once their tolerances are taken off.")


def test_each_rule_has_its_sentence() -> None:
    area = operation("area", circle_volume(ALPS, 300.0, seconds=(0.0, 90.5)), party="alpha")
    other = operation("wide", circle_volume(ALPS, 900.0), party="alpha")
    path = operation("path", track([(0.0, *ALPS, 50.0), (60.0, 46.5, 7.801, 50.0)]), party="bravo")
    near = operation(
        "near", track([(0.0, 46.5, 7.805, 50.0), (60.0, 46.5, 7.8049, 50.0)], lateral_m=90.0), party="bravo"
    )
    told = {(c.a.operation_id, c.b.operation_id): c.sentence for c in all_pairs([area, other, path, near])}
    assert told["area", "wide"] == (
        "The declared airspace of alpha/area and alpha/wide overlaps from 2027-01-15T12:00:00Z to 2027-01-15T12:01:30Z"
        " near 46.5000°N 7.8000°E; both are of one party."
    )
    assert told["area", "path"] == (
        "The path of bravo/path enters the declared airspace of alpha/area at 2027-01-15T12:00:00Z"
        " near 46.5000°N 7.8000°E."
    )
    assert re.match(
        r"The path of bravo/near comes, within its tolerance, to the declared airspace of alpha/area",
        told["area", "near"],
    )


def test_who_flies_into_whom_does_not_depend_on_who_sorts_first() -> None:
    for flyer, holder in (("a", "b"), ("b", "a")):
        path = operation(flyer, track([(0.0, *ALPS, 50.0), (60.0, 46.5, 7.801, 50.0)]))
        (conflict,) = all_pairs([path, operation(holder, circle_volume(ALPS, 300.0))])
        assert conflict.sentence.startswith(f"The path of {flyer} enters the declared airspace of {holder} at")


def test_a_reader_who_may_not_know_who_flies_is_not_told() -> None:
    path = operation("a", track([(0.0, *ALPS, 50.0), (60.0, 46.5, 7.801, 50.0)]))
    (conflict,) = all_pairs([path, operation("b", circle_volume(ALPS, 300.0))])
    text = sentence(conflict, "an operation of x", "b")
    assert text.startswith("The path of one of an operation of x and b enters the declared airspace of the other at")


def test_what_rests_on_bounds_says_so() -> None:
    pair = [
        operation("a", circle_volume(ALPS, 300.0, band=(0.0, 100.0), datum=Datum.AGL)),
        operation("b", circle_volume(ALPS, 300.0, band=(150.0, 200.0), datum=Datum.EGM96)),
    ]
    (conflict,) = all_pairs(pair)
    assert not conflict.certain
    assert conflict.sentence.endswith("; not certain, because their altitudes cannot be compared exactly.")
