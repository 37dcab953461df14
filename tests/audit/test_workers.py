"""Work for many processes: results in order, few pieces ahead, no process left behind, and one that dies is told."""

import math
import multiprocessing
import os
import time
from collections.abc import Iterator

import pytest

from skyparley.audit.workers import AHEAD, in_order
from skyparley.errors import StorageError


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_order_and_little_is_taken_ahead(processes: int) -> None:
    taken: list[int] = []

    def pieces() -> Iterator[int]:
        for number in range(40):
            taken.append(number)
            yield number

    for number, result in enumerate(in_order(math.factorial, pieces(), processes)):
        assert result == math.factorial(number)
        assert len(taken) <= number + processes + AHEAD
    assert len(taken) == 40
    assert not multiprocessing.active_children()


def test_who_takes_no_more_leaves_no_process_behind() -> None:
    results = in_order(time.sleep, iter([0.0] + [0.01] * 100), 2)
    next(results)
    assert multiprocessing.active_children()
    results.close()
    assert not multiprocessing.active_children()


def test_the_processes_give_way_to_the_one_that_takes_the_results() -> None:
    assert next(in_order(os.nice, [0], 2)) > os.nice(0)


def test_a_process_that_is_ended_from_outside_is_told() -> None:
    with pytest.raises(StorageError, match="ended a process of the audit"):
        list(in_order(os._exit, [1, 2, 3], 2))


def test_an_error_of_the_work_is_that_of_the_whole() -> None:
    with pytest.raises(ValueError, match="factorial"):
        list(in_order(math.factorial, [1, -1, 2], 2))
