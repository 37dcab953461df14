"""Blocks of pools: no two overlap, what is given back is taken again, and growth loses nothing."""

import threading

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skyparley.conflict.index.gate import Gate
from skyparley.conflict.index.pools import Pool, blocks_of, rounded


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ttg"), st.integers(0, 200)), max_size=80))
def test_blocks_hold_what_was_written_until_they_are_given_back(steps: list[tuple[str, int]]) -> None:
    pool = Pool(np.zeros((4, 2), dtype=np.int64), np.zeros(4, dtype=np.int64))
    held: list[tuple[int, int, int]] = []
    for number, (verb, size) in enumerate(steps, 1):
        if verb == "t":
            begin = pool.take(size)
            for array in pool.arrays:
                array[begin : begin + size] = number
            pool.wrote(begin, begin + size)
            held.append((begin, size, number))
        elif held:
            begin, length, _ = held.pop(size % len(held))
            pool.give(begin, length)
        if number % 7 == 0:
            pool.make_room_ahead(threading.Lock())
        for begin, length, by in held:
            for array in pool.arrays:
                assert np.all(array[begin : begin + length] == by)


def test_what_is_written_while_room_is_made_is_in_both() -> None:
    pool = Pool(np.zeros((1_000_000, 3)))
    begin = pool.take(950_000)
    assert pool.wants_room
    lock, done = threading.Lock(), threading.Event()

    def grow() -> None:
        pool.make_room_ahead(lock)
        done.set()

    thread = threading.Thread(target=grow)
    thread.start()
    random = np.random.default_rng(1)
    written: dict[int, float] = {}
    while not done.is_set() or len(written) < 100:
        place = begin + int(random.integers(950_000))
        with lock:
            written[place] = pool.arrays[0][place, 1] = float(random.random())
            pool.wrote(place, place + 1)
    thread.join()
    assert pool.room == 1_250_000
    assert all(pool.arrays[0][place, 1] == value for place, value in written.items())


def test_room_that_runs_out_before_it_is_made_is_made_at_once() -> None:
    pool = Pool(np.zeros(8, dtype=np.int64))
    for number in range(1, 100):
        begin = pool.take(3)
        pool.arrays[0][begin : begin + 3] = number
    assert pool.arrays[0][: pool.end].tolist() == [number for number in range(1, 100) for _ in range(3)]


@given(st.lists(st.integers(0, 5_000), max_size=30))
def test_many_blocks_lie_as_if_taken_one_by_one(lengths: list[int]) -> None:
    begins, end = blocks_of(np.array(lengths, dtype=np.int64))
    pool = Pool(np.zeros(1))
    assert begins.tolist() == [pool.take(length) for length in lengths]
    assert end == pool.end
    assert all(length <= rounded(length) <= length + length / 8 for length in lengths)


class _Meddling(Gate):
    """A lock at whose second entrance somebody has made room meanwhile."""

    def __init__(self, pool: Pool) -> None:
        super().__init__()
        self._pool, self._times = pool, 0

    def __enter__(self) -> None:
        super().__enter__()
        self._times += 1
        if self._times == 2:
            begin = self._pool.take(16)
            self._pool.arrays[0][begin : begin + 16] = 7


def test_room_that_somebody_made_meanwhile_is_kept() -> None:
    pool = Pool(np.zeros(10, dtype=np.int64))
    pool.take(10)
    pool.arrays[0][:10] = 5
    pool.make_room_ahead(_Meddling(pool))
    assert len(pool.arrays[0]) >= 26
    assert pool.arrays[0][:10].tolist() == [5] * 10
    assert np.all(pool.arrays[0][10:26] == 7)
