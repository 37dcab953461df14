"""Inserts, removals, amendments, checks and merges at once: each check sees what was held at one moment."""

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from skyparley.conflict.index import hot
from skyparley.conflict.minima import DEFAULT_MINIMA, uniform
from skyparley.conflict.operation import Conflict, Operation, OperationRef
from skyparley.conflict.search import CHUNK, ConflictIndex
from support.conflict_cases import away, circle_volume, operation, random_operation, slow_check, track

ALPS = (46.5, 7.8)
PATIENCE_S = 60.0


class _Side:
    """Threads that run until told to stop; what one raises is raised again at the end."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self._failures: list[BaseException] = []
        self._threads: list[threading.Thread] = []

    def run(self, work: Callable[[], None]) -> None:
        def loop() -> None:
            try:
                while not self.stopped.is_set():
                    work()
            except BaseException as error:
                self._failures.append(error)
                self.stopped.set()

        self._threads.append(threading.Thread(target=loop))
        self._threads[-1].start()

    def end(self) -> None:
        self.stopped.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)
        if self._failures:
            raise self._failures[0]


def test_what_stays_is_found_by_every_check_while_all_else_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """200 operations stay; others come, change and go beside them, merges run, arrays grow, slots are used again."""
    monkeypatch.setattr(hot, "KEPT", 64)
    random = np.random.default_rng(5)
    index = ConflictIndex()
    stay = [operation(f"s{i}", circle_volume(away(ALPS, 1.8 * i, 3_000.0), 200.0), party="stay") for i in range(200)]
    for one in stay:
        index.insert(one)
    asked = operation("asker", circle_volume(ALPS, 3_000.0), party="asker")
    expected = slow_check(asked, stay)
    assert len(expected) == 200
    places = [away(ALPS, float(random.uniform(0, 360)), float(random.uniform(0, 4_000.0))) for _ in range(64)]
    versions = [operation("v", circle_volume(spot, 150.0), party="goes") for spot in places]
    turns, checks = [0, 0], [0]

    def write(which: int) -> Callable[[], None]:
        def once() -> None:
            turns[which] += 1
            number = turns[which]
            ref = OperationRef("goes", f"g{which}-{number % 50}")
            one = versions[number % len(versions)]
            if number % 3:
                index.insert(Operation(ref, "drone", one.volumes))
            else:
                index.remove(ref)

        return once

    def hold(found: list[Conflict]) -> None:
        checks[0] += 1
        assert [conflict for conflict in found if "stay" in (conflict.a.party, conflict.b.party)] == expected
        assert {conflict.b.party for conflict in found if conflict.b.party != "stay"} <= {"goes"}

    def check_many() -> None:
        answers = index.check_many([asked] * (CHUNK + 3))
        for number in (0, CHUNK - 1, CHUNK + 2):
            hold(answers[number])

    for work in (write(0), lambda: hold(index.check(asked)), check_many):
        work()  # kernels are compiled before the clock runs
    turns[0], checks[0] = 0, 0
    side = _Side()
    for work in (write(0), write(1), lambda: hold(index.check(asked)), check_many, index.merge):
        side.run(work)
    side.stopped.wait(2.5)
    side.end()
    assert min(*turns, *checks) > 20
    index.merge()
    assert [c for c in index.check(asked) if "stay" in (c.a.party, c.b.party)] == expected
    fresh = ConflictIndex()
    for ref in list(index._slots):
        which = stay[int(ref.operation_id[1:])] if ref.party == "stay" else None
        if which is not None:
            fresh.insert(which)
    assert len(fresh) == 200


def test_an_amendment_is_never_seen_twice_nor_not_at_all() -> None:
    index = ConflictIndex()
    one = [operation("a", circle_volume(away(ALPS, 90.0, far), 500.0), party="p") for far in (10.0, 20.0)]
    index.insert(one[0])
    asked = operation("asker", circle_volume(ALPS, 300.0), party="q")
    turn = [0]

    def amend() -> None:
        turn[0] += 1
        index.insert(one[turn[0] % 2])

    def check() -> None:
        assert len(index.check(asked)) == 1
        assert index.check(one[0]) == []  # nothing conflicts with an earlier version of itself

    def check_many() -> None:
        answers = index.check_many([asked, one[0]] * CHUNK)
        assert [len(found) for found in answers] == [1, 0] * CHUNK

    side = _Side()
    for work in (amend, check, check_many, index.merge):
        side.run(work)
    side.stopped.wait(1.5)
    side.end()
    assert turn[0] > 20
    assert len(index) == 1


def test_minima_change_beside_checks() -> None:
    index = ConflictIndex(DEFAULT_MINIMA)
    paths = [track([(0.0, 46.5 + 0.01 * i, 7.8, 900.0), (60.0, 46.5 + 0.01 * i, 7.9, 900.0)]) for i in range(4)]
    flights = [operation(f"f{i}", path, party=f"p{i}", operation_class="drone") for i, path in enumerate(paths)]
    for flight in flights:
        index.insert(flight)
    wide, narrow, turn = uniform(5_000.0, 300.0), DEFAULT_MINIMA, [0]

    def change() -> None:
        turn[0] += 1
        index.set_minima(wide if turn[0] % 2 else narrow)
        time.sleep(0.001)

    def check() -> None:
        assert len(index.check(flights[0])) in (0, 3)

    side = _Side()
    for work in (change, check, check, index.merge):
        side.run(work)
    side.stopped.wait(1.0)
    side.end()
    assert turn[0] > 5


@pytest.mark.parametrize("kept", [16, 1_024])
def test_a_history_with_merges_at_any_time_matches_a_fresh_index(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hot, "KEPT", kept)
    random = np.random.default_rng(kept)
    index = ConflictIndex()
    model: dict[OperationRef, Operation] = {}
    for step in range(1_200):
        spot = away(ALPS, float(random.uniform(0, 360)), float(random.uniform(0.0, 20_000.0)))
        one = random_operation(random, f"o{random.integers(150)}", spot, 800.0)
        one = Operation(OperationRef("p", one.ref.operation_id), one.operation_class, one.volumes, one.trajectories)
        if random.random() < (0.7 if step < 800 else 0.2):
            index.insert(one)
            model[one.ref] = one
        else:
            index.remove(one.ref)
            model.pop(one.ref, None)
        if random.random() < 0.02:
            index.merge()
        if step % 200 == 199:
            fresh = ConflictIndex()
            for other in model.values():
                fresh.insert(other)
            for other in model.values():
                assert index.check(other) == fresh.check(other) == index.check_held(other.ref)


def test_a_merge_that_fails_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    index = ConflictIndex()
    stay = [operation(f"s{i}", circle_volume(away(ALPS, 9.0 * i, 1_000.0), 200.0)) for i in range(40)]
    for one in stay[:20]:
        index.insert(one)

    def fail(*_: object) -> None:
        raise MemoryError

    asked = operation("asker", circle_volume(ALPS, 3_000.0))
    with monkeypatch.context() as broken:
        broken.setattr(hot, "sort_entries", fail)
        with pytest.raises(MemoryError):
            index.merge()
        index.remove(stay[0].ref)
        for one in stay[20:]:
            index.insert(one)
        assert len(index.check(asked)) == 39
        with pytest.raises(MemoryError):
            index.merge()
    for _ in range(2):
        assert len(index.check(asked)) == 39
        index.merge()
    index.insert(stay[0])
    assert len(index.check(asked)) == 40
