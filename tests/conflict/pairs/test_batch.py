"""All pairs streamed over time: what comparing every pair finds, whatever slabs it is cut into, and soon."""

import random as dice
from collections.abc import Iterator

import numpy as np
import pytest

from skyparley.conflict.minima import (
    DEFAULT_MINIMA,
    DRONE,
    EN_ROUTE,
    AgreedMinima,
    AgreedTable,
    SeparationMinimum,
    uniform,
)
from skyparley.conflict.operation import Conflict, Operation
from skyparley.conflict.pairs import batch, gathering, slabs
from skyparley.conflict.pairs.batch import all_pairs, stream_pairs
from skyparley.conflict.search import ConflictIndex
from skyparley.errors import LimitExceededError
from skyparley.geometry.altitude import Datum
from support.conflict_cases import Position, away, circle_volume, operation, random_operation, slow_all_pairs, track

ALPS = (46.5, 7.8)
CORNER = (35.26438968, 45.0)
PLACES = [ALPS, (-17.0, 179.999), (90.0, 0.0), (-89.99, 12.0), (0.0, 0.0), CORNER]


@pytest.fixture(params=[1, 7, 16_384])
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks and slabs of a few pieces, turns of a few hits, room for one pair: all that large input brings about."""
    monkeypatch.setattr(batch, "PIECES", request.param)
    monkeypatch.setattr(slabs, "HITS", request.param)
    monkeypatch.setattr(slabs, "PAIRS", request.param)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("size_m", "count"), [(10.0, 90), (5_000.0, 70), (1_000_000.0, 16)])
def test_any_slabs_find_what_comparing_every_pair_finds(place: Position, size_m: float, count: int) -> None:
    random = np.random.default_rng(round(size_m) + count)
    operations = [random_operation(random, f"o{i}", place, size_m) for i in range(count)]
    expected = slow_all_pairs(operations)
    assert expected
    assert all_pairs(operations) == expected
    assert sorted(map(repr, stream_pairs(operations))) == sorted(map(repr, expected))


@pytest.mark.usefixtures("small")
def test_sizes_from_ten_metres_to_a_thousand_kilometres_and_a_second_to_weeks_meet() -> None:
    random = np.random.default_rng(5)
    operations = []
    for i in range(120):
        size_m, span_s = float(10.0 ** random.uniform(1.0, 6.0)), float(10.0 ** random.uniform(0.0, 6.3))
        spot = away(ALPS, float(random.uniform(0, 360)), float(random.uniform(0.0, 50_000.0)))
        operations.append(random_operation(random, f"o{i}", spot, size_m, top_m=3_000.0, span_s=span_s))
    expected = slow_all_pairs(operations)
    assert len(expected) > 200
    assert all_pairs(operations) == expected


@pytest.mark.usefixtures("small")
def test_each_pair_is_answered_as_the_index_answers_it() -> None:
    random = np.random.default_rng(12)
    operations = [random_operation(random, f"o{i}", ALPS, 4_000.0) for i in range(80)]
    found = all_pairs(operations)
    index = ConflictIndex()
    for one in operations:
        index.insert(one)
    for one in operations:
        assert index.check(one) == [conflict for conflict in found if one.ref in (conflict.a, conflict.b)]


def test_minima_are_those_of_the_two_classes_and_groups() -> None:
    table = {(DRONE, DRONE): SeparationMinimum(3_000.0, 400.0, "t/1/c")}
    agreed = AgreedMinima(DEFAULT_MINIMA, (AgreedTable("tight", frozenset({"p0", "p1", "p2", "p3"}), table),))
    random = np.random.default_rng(13)
    operations = [random_operation(random, f"o{i}", ALPS, 3_000.0, datum=Datum.EGM96, span_s=60.0) for i in range(60)]
    for minima in (agreed, uniform(3_000.0, 300.0)):
        assert all_pairs(operations, minima) == slow_all_pairs(operations, minima)
    assert {conflict.basis for conflict in all_pairs(operations, agreed)} == {"", "t/1/c"}


def _day(count: int) -> list[Operation]:
    """Pairs of flights that meet, one pair after another."""
    flights = []
    for i in range(count):
        spot = away(ALPS, 10.0 * i, 300_000.0)
        for name, azimuth in (("a", 0.0), ("b", 90.0)):
            points = [away(spot, azimuth, 12_000.0 * k - 24_000.0) for k in range(5)]
            path = [(600.0 * i + 60.0 * k, *point, 10_000.0) for k, point in enumerate(points)]
            flights.append(operation(f"{i:03}-{name}", track(path), operation_class=EN_ROUTE))
    return flights


def test_a_conflict_comes_out_before_what_begins_later_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "PIECES", 8)
    flights, done = _day(40), [0]
    dice.Random(1).shuffle(flights)
    told: list[int] = []

    def progress(operations: int) -> None:
        done[0] = operations

    for conflict in stream_pairs(flights, progress=progress):
        assert conflict.a.operation_id[:3] == conflict.b.operation_id[:3] == f"{len(told):03}"
        told.append(done[0])
    assert len(told) == 40
    assert all(2 * i - 2 <= before <= 2 * i + 12 for i, before in enumerate(told))
    assert done[0] == 80


def test_a_stream_that_is_left_stops_its_threads() -> None:
    import threading

    before = threading.active_count()
    stream = stream_pairs(_day(30))
    assert isinstance(next(stream), Conflict)
    assert isinstance(stream, Iterator)
    stream.close()
    assert threading.active_count() == before


def test_what_has_passed_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "PIECES", 8)
    held: list[int] = []
    make = batch._Batch._slab

    def look(self: batch._Batch, until_s: float) -> slabs.Slab:
        held.append(len(self._lasting.rows) + sum(len(block.order) for block in self._blocks))
        return make(self, until_s)

    monkeypatch.setattr(batch._Batch, "_slab", look)
    month = operation("month", circle_volume(ALPS, 10.0, seconds=(-1.0, 2_600_000.0)))
    assert len(all_pairs([*_day(200), month])) == 200
    assert len(held) > 100
    assert max(held) < 100


def test_nothing_one_and_what_has_no_pieces() -> None:
    told: list[int] = []
    one = operation("one", circle_volume(ALPS, 50.0))
    for operations in ([], [one], [operation("empty")], [operation("empty"), one]):
        assert all_pairs(operations, progress=told.append) == []
    assert told == [1, 2]


@pytest.mark.usefixtures("small")
def test_all_at_one_place_and_time_conflict_pairwise() -> None:
    areas = [operation(f"a{i:02}", circle_volume(ALPS, 100.0)) for i in range(40)]
    path = [(float(k), *away(ALPS, 45.0, 200.0 * k), 100.0) for k in range(6)]
    flights = [operation(f"f{i:02}", track(path)) for i in range(30)]
    assert len(all_pairs(areas)) == 40 * 39 // 2
    found = all_pairs(flights)
    assert len(found) == 30 * 29 // 2
    assert {len(conflict.windows) for conflict in found} == {1}
    assert all_pairs([*areas, *flights]) == slow_all_pairs([*areas, *flights])


def test_conflicts_of_pieces_that_are_compared_leave_memory_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Areas in one place never open more than a turn finds; flights along one path reach the limit, and it is said."""
    monkeypatch.setattr(gathering, "MAX_OPEN", 600)
    monkeypatch.setattr(slabs, "HITS", 256)
    monkeypatch.setattr(slabs, "PAIRS", 128)
    areas = [operation(f"a{i:02}", circle_volume(ALPS, 100.0)) for i in range(60)]
    assert len(all_pairs(areas)) == 60 * 59 // 2
    path = [(float(k), *away(ALPS, 45.0, 200.0 * k), 100.0) for k in range(6)]
    with pytest.raises(LimitExceededError, match="MAX_OPEN = 600: compare fewer operations at once"):
        all_pairs([operation(f"f{i:02}", track(path)) for i in range(60)])


def test_who_flies_into_whom_does_not_depend_on_the_order_of_two_alike() -> None:
    pieces = circle_volume(ALPS, 300.0), track([(0.0, *ALPS, 50.0), (60.0, *away(ALPS, 10.0, 2_000.0), 50.0)])
    a, b = operation("a", *pieces), operation("b", *pieces)
    assert all_pairs([a, b]) == all_pairs([b, a])
    index = ConflictIndex()
    index.insert(b)
    assert index.check(a) == all_pairs([b, a])
