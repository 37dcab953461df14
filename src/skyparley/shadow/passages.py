"""Requests on their way through the shadow: what is copied of them, which of them overlap, and the queue of them.

Nothing here ever makes the upstream's client wait: what there is no room for is not compared, and that is said. They
are compared in the order in which the upstream answered.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from skyparley.shadow.pairs.asked import ELSEWHERE, Asked, Key, read_request

MAX_WAITING: Final = 2_000
"""So many answered requests wait to be compared."""
MAX_COPIED_BYTES: Final = 64 * 1024 * 1024
"""So much is copied of all requests and answers together, on their way and waiting."""
MAX_COPY_BYTES: Final = 8 * 1024 * 1024
"""So much of one request with its answer."""
MAX_DOUBTED: Final = 1_000
"""So many writes are told one by one that the full queue had no room for; beyond, everything is in doubt."""

QUEUE_FULL: Final = "queue_full"
TOO_LARGE: Final = "too_large"
UPSTREAM_FAILED: Final = "upstream_failed"
CLIENT_GONE: Final = "client_gone"
UNREADABLE: Final = "unreadable"
FAILED_HERE: Final = "failed_here"
TOKEN_EXPIRED: Final = "token_expired"  # noqa: S105 - a word, no password
STOPPED: Final = "stopped"
REASONS: Final = (
    QUEUE_FULL, TOO_LARGE, UPSTREAM_FAILED, CLIENT_GONE, UNREADABLE, FAILED_HERE, TOKEN_EXPIRED, STOPPED,
)  # fmt: skip
"""Why something was not compared."""

Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True, eq=False)
class Passage:
    """One request that may be compared, and its answer. `trouble` is why it cannot be, once that is known.

    `doubted` are writes that were answered after it and found no room; nobody knows what they did.
    """

    method: str
    raw_path: bytes
    headers: Headers
    asked: Asked
    began_us: int
    written_before: int
    request: bytearray = field(default_factory=bytearray)
    answer: bytearray = field(default_factory=bytearray)
    status: int = 0
    encoding: bytes = b""
    concurrent: bool = False
    trouble: str = ""
    doubted: list[Key] = field(default_factory=list)
    doubts_all: bool = False

    @property
    def size(self) -> int:
        """Bytes that are copied of it."""
        return len(self.request) + len(self.answer)


class Passages:
    """All that is on its way, and what waits. Lives on the event loop's thread."""

    def __init__(self, clock_us: Callable[[], int], *, max_waiting: int = MAX_WAITING) -> None:
        self._clock_us = clock_us
        self._max_waiting = max_waiting
        self._waiting: deque[Passage] = deque()
        self._some = asyncio.Event()
        self._at_work: Passage | None = None
        self._writing = 0
        self._written = 0
        self.copied_bytes = 0

    def __len__(self) -> int:
        """How many wait, the one that is being compared included."""
        return len(self._waiting) + (self._at_work is not None)

    def begin(self, method: str, raw_path: bytes, headers: Headers) -> Passage | None:
        """A request is forwarded; None if it is none that is compared."""
        asked = read_request(method, raw_path)
        if asked is None:
            return None
        self._writing += asked.writes
        return Passage(method, raw_path, headers, asked, self._clock_us(), self._written)

    def copy(self, passage: Passage, into: bytearray, chunk: bytes) -> None:
        """Keep a piece of a request or an answer, if there is room for all of it."""
        if passage.trouble:
            return
        if passage.size + len(chunk) > MAX_COPY_BYTES or self.copied_bytes + len(chunk) > MAX_COPIED_BYTES:
            self._release(passage)
            passage.trouble = TOO_LARGE
            return
        into += chunk
        self.copied_bytes += len(chunk)

    def finish(self, passage: Passage, trouble: str = "") -> str:
        """It was answered, or never will be; the reason if it is not going to be compared, else empty."""
        writes = passage.asked.writes
        self._writing -= writes
        passage.concurrent = self._writing > 0 or self._written != passage.written_before
        self._written += writes
        passage.trouble = passage.trouble or trouble
        if not passage.trouble and len(self._waiting) >= self._max_waiting:
            passage.trouble = QUEUE_FULL
        if passage.trouble:
            self._release(passage)
            if not writes:
                return passage.trouble
            if len(self._waiting) >= self._max_waiting:
                self._doubt(self._waiting[-1], passage.asked.key)
                return passage.trouble
        self._waiting.append(passage)
        self._some.set()
        return passage.trouble

    async def next(self) -> Passage:
        """The next one to compare; it is at work until `done`."""
        while not self._waiting:
            self._some.clear()
            await self._some.wait()
        self._at_work = self._waiting.popleft()
        return self._at_work

    def done(self) -> None:
        """The one at work was compared, as far as it could be."""
        if self._at_work is not None:
            self._release(self._at_work)
            self._at_work = None

    def abandon(self) -> list[str]:
        """The routes of all that will not be compared any more."""
        rest = [*self._waiting] if self._at_work is None else [self._at_work, *self._waiting]
        self._waiting.clear()
        self._at_work = None
        return [passage.asked.route for passage in rest if not passage.trouble]

    def _release(self, passage: Passage) -> None:
        self.copied_bytes -= passage.size
        passage.request, passage.answer = bytearray(), bytearray()

    @staticmethod
    def _doubt(last: Passage, key: Key) -> None:
        if len(last.doubted) < MAX_DOUBTED:
            last.doubted.append(key)
        else:
            last.doubts_all = True


def route_of(passage: Passage | None) -> str:
    """The name under which it is counted."""
    return ELSEWHERE if passage is None else passage.asked.route
