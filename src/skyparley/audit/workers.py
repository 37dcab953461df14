"""Work for many processes whose results are taken in order, with a bounded number under way.

The processes are nicer than the one that takes the results: what has to be done one after another never waits for a
core, and what can be done beside it fills the rest.
"""

import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Final, TypeVar

from skyparley.errors import StorageError

AHEAD: Final = 2
"""Beside one for each process, so many pieces are given out before their results are taken."""
_NICENESS: Final = 5
_Piece = TypeVar("_Piece")
_Result = TypeVar("_Result")


def in_order(
    work: Callable[[_Piece], _Result], pieces: Iterable[_Piece], processes: int
) -> Generator[_Result, None, None]:
    """The results of some work on pieces, in their order. One process: it is done here, piece by piece.

    Pieces and results travel by pickle. Raises `StorageError` if the system ends a process.
    """
    if processes == 1:
        yield from map(work, pieces)
        return
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _begin)
    waiting: deque[Future[_Result]] = deque()
    try:
        for piece in pieces:
            waiting.append(pool.submit(work, piece))
            if len(waiting) >= processes + AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        raise StorageError("the system ended a process of the audit: free memory, or use --jobs 1") from None
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    os.nice(_NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that takes the results ends the others
