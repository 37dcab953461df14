"""Who may come in: one who changes things, alone; or any number who only look. Who changes goes first."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from types import TracebackType
from typing import Final


class Gate:
    """A lock that one thread holds for itself (`with gate`), or several share (`with gate.shared()`).

    Whoever waits to be alone keeps others from coming in, so that those who look never shut it out.
    """

    def __init__(self) -> None:
        self._entrance: Final = Lock()
        self._empty: Final = Lock()
        self._counting: Final = Lock()
        self._inside = 0

    def __enter__(self) -> None:
        self._entrance.acquire()
        try:
            self._empty.acquire()
        except BaseException:  # interrupted while it waited
            self._entrance.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._empty.release()
        self._entrance.release()

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Be inside with others who only look."""
        with self._entrance, self._counting:
            if not self._inside:
                self._empty.acquire()
            self._inside += 1
        try:
            yield
        finally:
            with self._counting:
                self._inside -= 1
                if not self._inside:
                    self._empty.release()
