"""An event loop whose time passes only when everybody waits for it: hours in milliseconds, always in the same order.

Model: TigerBeetle's simulator. When nothing is left to run and nothing is due, somebody waits for ever: that is a
failure, not a time-out.
"""

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor, Future
from random import Random
from typing import Any

DAY_S = 86_400.0


class StuckError(Exception):
    """Everyone waits and nothing will ever happen."""


class _Selector(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.passed_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise StuckError
            self.passed_s += max(0.0, timeout)
            if self.passed_s > DAY_S:
                raise StuckError
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time, which begins at 0 s."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._virtual.passed_s


class LaterExecutor(Executor):
    """Runs work on the loop itself, a little later: what a thread does, but in an order that the dice decide."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._loop = asyncio.get_running_loop()

    def submit(self, work: Callable[..., Any], /, *arguments: Any, **named: Any) -> "Future[Any]":
        future: Future[Any] = Future()

        def run() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work(*arguments, **named))
                except Exception as error:
                    future.set_exception(error)

        self._loop.call_later(self._dice.choice((0.0, 0.0, 0.001, 0.05)), run)
        return future
