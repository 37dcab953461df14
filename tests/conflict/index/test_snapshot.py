"""An index made of its snapshot, or at once from arrays, answers as the one filled one by one, and goes on like it."""

import re

import numpy as np
import pytest

from skyparley.conflict.index import hot
from skyparley.conflict.index.volumes import Volumes, tabulate
from skyparley.conflict.minima import DEFAULT_MINIMA, uniform
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.conflict.search import ConflictIndex
from skyparley.errors import InvalidInputError
from skyparley.geometry.altitude import Datum
from skyparley.geometry.polygon import Polygon
from support.conflict_cases import away, circle_volume, operation, polygon_volume, random_operation, random_volume

ALPS = (46.5, 7.8)


def _random(random: np.random.Generator, number: int) -> Operation:
    spot = away(ALPS, float(random.uniform(0, 360)), float(random.uniform(0.0, 30_000.0)))
    one = random_operation(random, f"o{number}", spot, 2_000.0)
    return Operation(OperationRef("p", f"o{number}"), one.operation_class, one.volumes, one.trajectories, one.hazard)


def test_it_answers_as_before_and_takes_what_follows() -> None:
    random = np.random.default_rng(21)
    index = ConflictIndex()
    for i in range(300):
        index.insert(_random(random, i))
    for i in range(0, 300, 3):
        index.remove(OperationRef("p", f"o{i}"))
    again = ConflictIndex.from_snapshot(index.snapshot())
    assert len(again) == len(index) == 200
    for _ in range(2):
        for i in range(300, 340):
            asked = _random(random, i)
            assert again.check(asked) == index.check(asked)
        for i in range(0, 300, 7):
            after = _random(random, i)
            for one in (index, again):
                one.insert(after)
                one.remove(OperationRef("p", f"o{i + 1}"))
                one.merge()
        for ref in index._slots:
            assert again.check_held(ref) == index.check_held(ref)


def test_a_snapshot_is_compared_by_the_minima_that_hold_then() -> None:
    index = ConflictIndex(uniform(10.0, 10.0))
    random = np.random.default_rng(3)
    operations = [_random(random, i) for i in range(60)]
    for one in operations:
        index.insert(one)
    index.set_minima(DEFAULT_MINIMA)
    again = ConflictIndex.from_snapshot(ConflictIndex.from_snapshot(index.snapshot(), uniform(10.0, 10.0)).snapshot())
    assert [again.check(one) for one in operations] == [index.check(one) for one in operations]


def test_the_snapshot_of_nothing_is_an_index_of_nothing() -> None:
    again = ConflictIndex.from_snapshot(ConflictIndex().snapshot())
    assert len(again) == 0
    one = operation("one", circle_volume(ALPS, 500.0))
    again.insert(one)
    assert [c.b.operation_id for c in again.check(operation("two", circle_volume(ALPS, 500.0)))] == ["two"]


def test_slots_are_taken_again_after_a_passed_peak() -> None:
    index = ConflictIndex()
    one = circle_volume(ALPS, 500.0)
    for turn in range(5):
        for i in range(3_000):
            index.insert(operation(f"o{i}", one))
        for i in range(3_000):
            index.remove(OperationRef("", f"o{i}"))
        index.merge()
        index.merge()
        assert len(index._refs) <= 3_001 + hot.KEPT, turn
        assert not any(index._refs)


MANY = (64, 65, 100, 128, 129, 300)
"""Corners at and beyond what there is room for at once."""


def _plain(count: int) -> list[Operation]:
    """Operations that a table can hold; a few have a ring of many corners."""
    random = np.random.default_rng(9)
    plain = []
    for i in range(count):
        spot = away(ALPS, float(random.uniform(0, 360)), float(random.uniform(0.0, 20_000.0)))
        make = random_volume(random, spot, 2_000.0, Datum.EGM96, 1_000.0, 6_000.0)
        if i % 15 == 0:
            corners = MANY[i // 15 % len(MANY)]
            make = polygon_volume(tuple(away(spot, 360.0 / corners * k, 1_500.0) for k in range(corners)))
        plain.append(operation(f"o{i}", make, random_volume(random, spot, 500.0, Datum.WGS84, 500.0, 6_000.0)))
    return plain


def _filled(operations: list[Operation]) -> ConflictIndex:
    index = ConflictIndex()
    for one in operations:
        index.insert(one)
    return index


def _built(operations: list[Operation]) -> ConflictIndex:
    return ConflictIndex.of_volumes([one.ref for one in operations], "drone", tabulate(operations))


def test_an_index_built_at_once_answers_as_one_filled_one_by_one() -> None:
    plain = _plain(500)
    one_by_one, built = _filled(plain), _built(plain)
    assert [built.check_held(one.ref) for one in plain] == [one_by_one.check_held(one.ref) for one in plain]
    built.remove(plain[0].ref)
    built.insert(plain[0])
    built.merge()
    assert [built.check(one) for one in plain] == [one_by_one.check(one) for one in plain]
    assert sum(map(len, built.check_many(plain))) > 100


def test_an_index_built_at_once_keeps_the_positions_as_they_were_given() -> None:
    plain = _plain(100)
    volumes = tabulate(plain)
    index = ConflictIndex.of_volumes([one.ref for one in plain], "drone", volumes)
    assert np.shares_memory(index._hot._given, volumes.positions_deg)
    turned = np.asfortranarray(volumes.positions_deg)
    other = ConflictIndex.of_volumes([one.ref for one in plain], "drone", volumes._replace(positions_deg=turned))
    assert [other.check_held(one.ref) for one in plain] == [index.check_held(one.ref) for one in plain]
    again = ConflictIndex.from_snapshot(index.snapshot())
    assert [again.check_held(one.ref) for one in plain] == [index.check_held(one.ref) for one in plain]
    assert [again.check(one) for one in plain] == [index.check(one) for one in plain]
    pools = index._hot._pieces.memory_bytes + index._hot._points.memory_bytes
    assert index.memory_bytes["shapes"] == pools + volumes.positions_deg.nbytes
    for i in range(0, 100, 2):
        index.remove(plain[i].ref)
    index.insert(_plain(101)[100])
    held = index.snapshot().arrays["given"]
    corners = [
        len(v.footprint.vertices) for one in plain[1::2] for v in one.volumes if isinstance(v.footprint, Polygon)
    ]
    assert len(held) == 2 * sum(corners), "only of what is still there, and not what came one by one"


def test_what_was_built_at_once_moves_house_with_what_came_later() -> None:
    plain = _plain(2_000)
    index, left, new = _built(plain), plain[7::100], _plain(2_030)[2_000:]
    for one in new:
        index.insert(one)
    for one in plain:
        if one not in left:
            index.remove(one.ref)
    before = index.memory_bytes["shapes"]
    index.merge()
    assert index.memory_bytes["shapes"] < before / 4
    afresh = _filled(left + new)
    assert [index.check(one) for one in plain] == [afresh.check(one) for one in plain]
    assert [index.check_held(one.ref) for one in left] == [afresh.check_held(one.ref) for one in left]


def test_there_is_room_for_a_part_more_where_rings_were_given() -> None:
    ring = polygon_volume(tuple(away(ALPS, 36.0 * k, 500.0) for k in range(10)))
    built = _built([operation(f"o{i}", ring) for i in range(4_000)])
    for index in (built, ConflictIndex.from_snapshot(built.snapshot())):
        room = index._hot._points.room
        for i in range(400):
            index.insert(operation(f"n{i}", ring))
        assert index._hot._points.room == room


def test_an_edge_that_must_be_cut_is_not_for_a_table() -> None:
    small = operation("small", circle_volume(ALPS, 500.0))
    large = operation("large", polygon_volume(tuple(away(ALPS, 120.0 * k, 30_000.0) for k in range(3))))
    with pytest.raises(InvalidInputError, match=r"longer than 7999 metres") as refused:
        ConflictIndex.of_volumes([small.ref, large.ref], "drone", tabulate([small, large]))
    assert refused.value.place == "operations[1]"


def _with(volumes: Volumes, name: str, place: int, value: float) -> Volumes:
    """The same volumes, but for one number in one of the arrays."""
    array = getattr(volumes, name).copy()
    array.flat[place] = value
    return volumes._replace(**{name: array})


@pytest.mark.parametrize(
    ("name", "place", "value", "message", "where"),
    [
        ("times_us", 3, 0, "ends at 0 microseconds: the end must come after the begin", "operations[1]"),
        ("bands_m", 2, 101.0, "lower limit is 101 metres and its upper limit 100", "operations[1]"),
        ("bands_m", 1, np.nan, "upper limit nan", "operations[0]"),
        ("positions_deg", 0, np.nan, "a position is not a number", "operations[0]"),
        ("positions_deg", 2, np.inf, "a position is not a number", "operations[1]"),
        ("corners", 1, 3, "a circle has one position, and a polygon at least 3", "volumes[0]"),
        ("corners", 1, 2, "a circle has one position, and a polygon at least 3", "volumes[0]"),
        ("radii_m", 1, 5.0, "a circle has one position", "volumes[1]"),
        ("radii_m", 0, np.nan, "a polygon at least 3", "volumes[0]"),
    ],
)
def test_what_cannot_be_a_volume_is_refused(name: str, place: int, value: float, message: str, where: str) -> None:
    some = [
        operation("round", circle_volume(ALPS, 500.0)),
        operation("square", polygon_volume(tuple(away(ALPS, 90.0 * k, 500.0) for k in range(4)))),
    ]
    given = tabulate(some)
    assert len(ConflictIndex.of_volumes([one.ref for one in some], "drone", given)) == 2
    with pytest.raises(InvalidInputError, match=re.escape(message)) as refused:
        ConflictIndex.of_volumes([one.ref for one in some], "drone", _with(given, name, place, value))
    assert refused.value.place == where
