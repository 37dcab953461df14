"""Who may come in: one alone, or any number who only look; who wants to be alone is never shut out."""

import signal
import threading

import pytest

from skyparley.conflict.index.gate import Gate

LONG_S = 20.0


def test_who_looks_is_inside_with_others_and_never_with_who_changes() -> None:
    gate, inside, broken = Gate(), [0, 0], []
    turns, mutex = 2_000, threading.Lock()

    def count(kind: int, step: int) -> None:
        with mutex:
            inside[kind] += step
            looking, changing = inside
            if changing > 1 or (changing and looking):
                broken.append((looking, changing))

    def look() -> None:
        for _ in range(turns):
            with gate.shared():
                count(0, 1)
                count(0, -1)

    def change() -> None:
        for _ in range(turns):
            with gate:
                count(1, 1)
                count(1, -1)

    threads = [threading.Thread(target=work) for work in (look, look, look, change, change)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_S)
    assert not any(thread.is_alive() for thread in threads)
    assert not broken
    assert inside == [0, 0]


def test_several_look_at_once() -> None:
    gate, together = Gate(), threading.Barrier(3)

    def look() -> None:
        with gate.shared():
            together.wait(LONG_S)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_S)
    assert not together.broken


def test_who_waits_to_be_alone_goes_before_those_who_come_later() -> None:
    gate, order = Gate(), list[str]()
    looking, leave = threading.Event(), threading.Event()

    def look_long() -> None:
        with gate.shared():
            looking.set()
            leave.wait(LONG_S)

    def change() -> None:
        with gate:
            order.append("changed")

    def look_late() -> None:
        with gate.shared():
            order.append("looked")

    first, second, third = (threading.Thread(target=work) for work in (look_long, change, look_late))
    first.start()
    assert looking.wait(LONG_S)
    second.start()
    while not gate._entrance.locked():
        pass
    third.start()
    leave.set()
    for thread in (first, second, third):
        thread.join(LONG_S)
    assert order == ["changed", "looked"]


def test_who_is_interrupted_while_waiting_leaves_the_gate_open() -> None:
    gate, looking, leave = Gate(), threading.Event(), threading.Event()

    def look_long() -> None:
        with gate.shared():
            looking.set()
            leave.wait(LONG_S)

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    thread = threading.Thread(target=look_long)
    try:
        thread.start()
        assert looking.wait(LONG_S)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(KeyboardInterrupt), gate:
            pass
        with gate.shared():
            pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
        leave.set()
        thread.join(LONG_S)
    with gate:
        pass


def test_an_error_inside_leaves_the_gate_open() -> None:
    gate = Gate()
    for way in (lambda: gate, gate.shared):
        try:
            with way():
                raise KeyError
        except KeyError:
            pass
    with gate:
        pass
    with gate.shared():
        pass
