"""The event stream: server-sent events (WHATWG HTML, section 9.2) that resume after the last id a client saw.

The node renders each message once; here it only gets its frame. What is queued goes out in one write. A client that
does not read fills, in turn, the socket, the small buffer here and the queue of the node, which then cuts the stream;
it comes back by itself with its last id. All streams end at once when the server stops.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final

from starlette.types import Receive, Send

from skyparley.errors import InvalidInputError, OverloadedError
from skyparley.node.identity import Author
from skyparley.node.reading.views import Message
from skyparley.web.exchange import Context, Exchange
from skyparley.web.replies import Headers

MAX_BUFFERED_BYTES: Final = 256 * 1024
WRITE_TIMEOUT_S: Final = 20.0
RECONNECT_AFTER_MS: Final = 1_000
_HEADERS: Final[Headers] = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-accel-buffering", b"no"),
)


class EventStream:
    """The answer to one subscriber; it ends when the client leaves, falls behind, or the server stops."""

    def __init__(self, context: Context, author: Author, messages: AsyncIterator[Message], first: Message) -> None:
        self.status = 200
        self.author = author
        self._context = context
        self._messages = messages
        self._first = first
        self._buffer: list[bytes] = []
        self._buffered_bytes = 0
        self._over = False
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    async def send(self, receive: Receive, send: Send) -> None:
        """Send events until the stream is over."""
        self._put(b"retry: %d\n\n" % RECONNECT_AFTER_MS)
        self._put(frame(self._first))
        self._context.streams.add(self)
        pump = asyncio.create_task(self._pump())
        watch = asyncio.create_task(self._watch(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await self._write(send)
        finally:
            self._context.streams.discard(self)
            for task in (pump, watch):
                task.cancel()
            await asyncio.gather(pump, watch, return_exceptions=True)
            await _close(self._messages)

    def end(self) -> None:
        """Let the stream finish now."""
        self._over = True
        self._wake.set()
        self._room.set()

    def _put(self, data: bytes) -> None:
        self._buffer.append(data)
        self._buffered_bytes += len(data)
        self._wake.set()

    async def _pump(self) -> None:
        """Move messages from the node into the buffer while there is room in it."""
        try:
            async for message in self._messages:
                self._put(frame(message))
                if self._buffered_bytes > MAX_BUFFERED_BYTES:
                    self._room.clear()
                    await self._room.wait()
        finally:
            self.end()

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.end()

    async def _write(self, send: Send) -> None:
        with contextlib.suppress(TimeoutError):
            while True:
                await self._wake.wait()
                self._wake.clear()
                over = self._over
                data = b"".join(self._buffer)
                self._buffer.clear()
                self._buffered_bytes = 0
                self._room.set()
                async with asyncio.timeout(WRITE_TIMEOUT_S):
                    await send({"type": "http.response.body", "body": data, "more_body": not over})
                if over:
                    return


async def open_stream(exchange: Exchange) -> EventStream:
    """Subscribe as the exchange's author, after the id it saw last.

    Raises `InvalidInputError` for an id that is no sequence, `OverloadedError` when too many streams are open or the
    server stops.
    """
    if exchange.context.stopping:
        raise OverloadedError("the node is stopping: connect again shortly", retry_after_s=2)
    after = _last_seen(exchange)
    messages = exchange.node.subscribe(exchange.author, after)
    return EventStream(exchange.context, exchange.author, messages, await anext(messages))


def end_streams(context: Context, *, key_id: str | None = None) -> None:
    """End the open streams of a key, because it was revoked; or, without one, all."""
    for stream in list(context.streams):
        if key_id is None or stream.author.key_id == key_id:
            stream.end()


def frame(message: Message) -> bytes:
    """A message as an event of the stream. Its data is JSON without line breaks."""
    identifier = b"" if message.id is None else b"id: %d\n" % message.id
    return b"%bevent: %b\ndata: %b\n\n" % (identifier, message.event.encode(), message.data)


async def _close(messages: AsyncIterator[Message]) -> None:
    if isinstance(messages, AsyncGenerator):
        await messages.aclose()


def _last_seen(exchange: Exchange) -> int | None:
    presented = exchange.headers.get(b"last-event-id", b"").decode("latin-1")
    place = "header Last-Event-ID"
    asked = exchange.query("after").get("after")
    if not presented and asked is not None:
        presented, place = asked, "query after"
    if not presented:
        return None
    if not (presented.isascii() and presented.isdigit() and len(presented) <= 18):
        raise InvalidInputError("must be the id of an event: a whole number", place=place)
    return int(presented)
