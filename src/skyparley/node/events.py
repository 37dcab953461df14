"""The event hub: each entry that changes something becomes one message per audience, in log order.

An audience is whoever sees the same: a party, or those who see all. A message is rendered once per audience, when
somebody of it listens, and kept raw in a bounded ring, so that a stream that broke resumes after the last id it saw.
One that fell behind the ring is told to reload; one that does not read fast enough is cut and resumes by itself.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

import msgspec

from skyparley.errors import OverloadedError
from skyparley.geometry.interval import format_time
from skyparley.node.identity import Author
from skyparley.node.reading.views import Message

RING_ENTRIES: Final = 65_536
MAX_WAITING_MESSAGES: Final = 2_000
RENDERED_AT_ONCE: Final = 100
"""Of what a stream missed, so many entries are rendered before others go on."""
MAX_STREAMS: Final = 4_096
HEARTBEAT_S: Final = 5.0

ChangeT = TypeVar("ChangeT")
Audience = tuple[str, str]
Render = Callable[[Author, ChangeT, int], bytes | None]
"""Render a change of an entry (its sequence) for an author as a JSON object; None: nothing that the author may see."""


@dataclass(slots=True, eq=False)
class _Stream:
    author: Author
    waiting: deque[Message] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    cut: bool = False

    def push(self, message: Message) -> None:
        """Queue a message; after the first that found no room none follows, or a resumption would miss that one."""
        if self.cut or len(self.waiting) >= MAX_WAITING_MESSAGES:
            self.cut = True
        else:
            self.waiting.append(message)
        self.wake.set()


class EventHub(Generic[ChangeT]):
    """Fans changes out to streams. Lives on the event loop's thread."""

    def __init__(self, render: Render[ChangeT]) -> None:
        self._render = render
        self._ring: deque[tuple[int, int, tuple[ChangeT, ...]]] = deque(maxlen=RING_ENTRIES)
        self._forgotten_through = 0
        self._streams: dict[Audience, set[_Stream]] = {}
        self._resuming = 0
        self._last = (0, 0)
        self._closed = False

    @property
    def open_streams(self) -> int:
        """How many streams are open now."""
        return self._resuming + sum(len(streams) for streams in self._streams.values())

    def start_after(self, sequence: int, time_us: int) -> None:
        """Say that entries up to a sequence are not held here: older resumptions must reload."""
        self._forgotten_through = sequence
        self._last = (sequence, time_us)

    def publish(self, sequence: int, time_us: int, changes: tuple[ChangeT, ...]) -> None:
        """Tell everyone concerned what an entry changed."""
        self._last = (sequence, time_us)
        if not changes:
            return
        if len(self._ring) == RING_ENTRIES:
            self._forgotten_through = self._ring[0][0]
        self._ring.append((sequence, time_us, changes))
        for streams in self._streams.values():
            author = next(iter(streams)).author
            message = self._message(author, sequence, time_us, changes)
            if message is not None:
                for stream in streams:
                    stream.push(message)

    def heartbeat(self, now_us: int) -> None:
        """Tell every stream that the picture is alive, with the node's time."""
        message = Message("heartbeat", None, self._position(now_us))
        for streams in self._streams.values():
            for stream in streams:
                stream.push(message)

    async def subscribe(self, author: Author, after: int | None) -> AsyncIterator[Message]:
        """Messages for an author: greeting, what was missed after `after` (or `reset`), then live until closed.

        Raises `OverloadedError` when MAX_STREAMS are open.
        """
        if self.open_streams >= MAX_STREAMS:
            raise OverloadedError("too many event streams are open: try again later", retry_after_s=5)
        stream = _Stream(author)
        hello = Message("hello", None, self._position(self._last[1]))
        if after is None:
            stream.push(hello)
        else:
            self._resuming += 1
            try:
                yield hello
                while held := self._held_after(after):
                    for begin in range(0, len(held), RENDERED_AT_ONCE):
                        for entry in held[begin : begin + RENDERED_AT_ONCE]:
                            message = self._message(author, *entry)
                            if message is not None:
                                yield message
                        await asyncio.sleep(0)
                    after = held[-1][0]
            finally:
                self._resuming -= 1
            if not self._forgotten_through <= after <= self._last[0]:
                stream.push(Message("reset", None, self._position(self._last[1])))
        # nothing was published since: what comes now is live
        audience = (author.role if author.sees_all else "party", author.party)
        self._streams.setdefault(audience, set()).add(stream)
        try:
            while True:
                while stream.waiting:
                    yield stream.waiting.popleft()
                if self._closed or stream.cut:
                    break
                stream.wake.clear()
                await stream.wake.wait()
        finally:
            streams = self._streams[audience]
            streams.discard(stream)
            if not streams:
                del self._streams[audience]

    def close(self) -> None:
        """End all streams."""
        self._closed = True
        for streams in self._streams.values():
            for stream in streams:
                stream.wake.set()

    def _held_after(self, after: int) -> list[tuple[int, int, tuple[ChangeT, ...]]]:
        """What was published after an entry; empty also where it is not all held any more."""
        if after < self._forgotten_through or self._closed:
            return []
        return [entry for entry in self._ring if entry[0] > after]

    def _message(self, author: Author, sequence: int, time_us: int, changes: tuple[ChangeT, ...]) -> Message | None:
        rendered = [self._render(author, change, sequence) for change in changes]
        visible = [msgspec.Raw(item) for item in rendered if item is not None]
        if not visible:
            return None
        data = msgspec.json.encode({"sequence": sequence, "time": format_time(time_us), "changes": visible})
        return Message("change", sequence, data)

    def _position(self, now_us: int) -> bytes:
        return msgspec.json.encode({"time": format_time(now_us), "sequence": self._last[0]})
