"""Places of what has gone: kept while somebody may still name them, given back after that, and never lost."""

from typing import Any

import pytest

from skyparley.conflict import search
from skyparley.conflict.index import hot
from skyparley.conflict.index.cells import ENTRY
from skyparley.conflict.index.volumes import tabulate
from skyparley.conflict.operation import Operation
from skyparley.conflict.search import ConflictIndex, _room
from skyparley.errors import LimitExceededError
from support.conflict_cases import away, circle_volume, operation, polygon_volume

ALPS = (46.5, 7.8)
ENTRY_BYTES = 2 * ENTRY


def _circle(name: str) -> Operation:
    return operation(name, circle_volume(ALPS, 200.0))


def test_a_slot_keeps_its_name_while_a_check_is_in_progress() -> None:
    index = ConflictIndex()
    gone = _circle("gone")
    index.insert(gone)
    slot = index._slots[gone.ref]
    with index._hot.lock:
        since = index._hot.begin_reading()
    index.remove(gone.ref)
    index.merge()
    index.insert(_circle("new"))
    assert index._refs[slot] == gone.ref
    index._hot.end_reading(since)  # without the lock
    index.merge()
    assert index._refs[slot] is None
    index.insert(_circle("newer"))
    assert index._slots[_circle("newer").ref] == slot


def test_what_goes_while_room_is_made_is_gone_in_the_larger_arrays() -> None:
    index = ConflictIndex()
    index.insert(_circle("gone"))
    pool = index._hot._pieces
    pool._spare = tuple(array.copy() for array in pool.arrays)  # as in the midst of `make_room_ahead`
    index.remove(_circle("gone").ref)
    pool.arrays, pool._spare = pool._spare, None
    assert index.check(_circle("asker")) == []


@pytest.mark.parametrize("many", [False, True])
def test_a_check_that_fails_has_ended(many: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    index = ConflictIndex()
    index.insert(_circle("old"))

    def fail(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(search, "_Scratch", fail)
        with pytest.raises(MemoryError):
            _ = index.check_many([_circle("asker")]) if many else index.check(_circle("asker"))
    for _ in range(50):
        index.insert(_circle("old"))
        index.merge()
    assert len(index._refs) < 5
    assert len(index.check(_circle("asker"))) == 1


def test_more_than_entries_can_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hot, "MAX_HELD_PIECES", 10)
    some = [_circle(f"o{i}") for i in range(11)]
    with pytest.raises(LimitExceededError, match="MAX_HELD_PIECES = 10 "):
        ConflictIndex.of_volumes([one.ref for one in some], "drone", tabulate(some))
    index = ConflictIndex()
    for one in some[:9]:
        index.insert(one)
    with pytest.raises(LimitExceededError, match="MAX_HELD_PIECES = 10 "):
        index.insert(some[9])
    assert len(index) == 9
    monkeypatch.setattr(hot, "MAX_HELD_POINTS", 18)
    with pytest.raises(LimitExceededError, match="MAX_HELD_POINTS = 18 "):
        ConflictIndex.of_volumes([one.ref for one in some[:10]], "drone", tabulate(some[:10]))
    square = [operation("square", polygon_volume(tuple(away(ALPS, 90.0 * k, 500.0) for k in range(4))))]
    assert len(ConflictIndex.of_volumes([square[0].ref], "drone", tabulate(square))) == 1
    monkeypatch.setattr(hot, "MAX_HELD_GIVEN", 3)
    with pytest.raises(LimitExceededError, match="MAX_HELD_GIVEN = 3 "):
        ConflictIndex.of_volumes([square[0].ref], "drone", tabulate(square))


def test_what_was_read_is_taken_note_of_without_a_merge() -> None:
    index = ConflictIndex()
    index.insert(_circle("one"))
    for _ in range(50):
        index.check(_circle("asker"))
    assert len(index._hot._have_read) <= 1


def test_who_asks_and_is_amended_meanwhile_does_not_conflict_with_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    asker = operation("asker", *(circle_volume(ALPS, 200.0) for _ in range(3)))
    index = ConflictIndex()
    for i in range(50):
        index.insert(_circle(f"o{i}"))
    index.insert(asker)
    monkeypatch.setattr(search, "MOST_PAIRS", 64)
    monkeypatch.setattr(search, "_room", lambda _rows, edges: _room(64, edges))
    moments = []
    exact = search._Scratch.exact

    def amended(scratch: search._Scratch, *args: Any) -> Any:
        moments.append(args)
        index.insert(asker)  # in another slot
        return exact(scratch, *args)

    monkeypatch.setattr(search._Scratch, "exact", amended)
    assert {conflict.a.operation_id for conflict in index.check(asker)} == {"asker"}
    assert len(index.check(asker)) == 50
    assert len(moments) > 2


def test_a_batch_that_cannot_begin_keeps_no_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    index = ConflictIndex()

    def fail(*_: object) -> int:
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(ConflictIndex, "_kind_number", fail)
        with pytest.raises(MemoryError):
            index.check_many([_circle("asker")])
    assert not index._hot._reading


def test_a_merge_leaves_out_what_has_gone() -> None:
    index = ConflictIndex()
    for i in range(100):
        index.insert(_circle(f"o{i}"))
    index.merge()
    assert index.memory_bytes["entries"] == 100 * ENTRY_BYTES
    for i in range(60):
        index.remove(_circle(f"o{i}").ref)
    index.merge()
    assert index.memory_bytes["entries"] == 40 * ENTRY_BYTES


def test_places_that_a_failed_merge_would_have_given_back_are_given_back_by_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index = ConflictIndex()
    index.insert(_circle("gone"))
    index.merge()
    index.remove(_circle("gone").ref)

    def fail(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(hot, "sort_entries", fail)
        with pytest.raises(MemoryError):
            index.merge()
    index.merge()
    index.insert(_circle("new"))
    assert index._hot._pieces.end == 1
    assert len(index.check(_circle("asker"))) == 1
