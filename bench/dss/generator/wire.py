"""HTTP/1.1 as thin as it can be: one keep-alive connection, one request at a time, no header looked at but the length.

The generator shares the machine with what it measures, so what it spends is taken from the server.
"""

import asyncio
from typing import Final

_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"\r\ncontent-length:"


class Line(asyncio.Protocol):
    """One connection to a server on this machine."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._received = bytearray()
        self._body_begin = 0
        self._end = 0

    @classmethod
    async def open(cls, port: int) -> "Line":
        """Connect."""
        _, line = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return line

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a whole request; status and body of the answer. Raises `ConnectionError` if there is none."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionError("the server has hung up")
        self._answer = self._loop.create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Part of an answer, mostly all of it."""
        received = self._received
        received += data
        if not self._end:
            head_end = received.find(_HEAD_END)
            if head_end < 0:
                return
            _, found, rest = bytes(received[:head_end]).lower().partition(_LENGTH)
            if not found:
                self._fail("an answer does not tell its length")
                return
            self._body_begin = head_end + len(_HEAD_END)
            self._end = self._body_begin + int(rest.partition(b"\r\n")[0])
        if len(received) < self._end:
            return
        status, body = int(received[9:12]), bytes(received[self._body_begin : self._end])
        received.clear()
        self._end = 0
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((status, body))

    def connection_lost(self, exc: Exception | None) -> None:
        """The server is gone, or this side has hung up."""
        self._fail(f"the connection is lost: {exc or 'closed by the server'}")

    def _fail(self, why: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError(why))


def request_bytes(method: str, path: str, token: str, body: bytes = b"") -> bytes:
    """The whole request."""
    return head_bytes(method, path, token) + b"%d\r\n\r\n" % len(body) + body


def head_bytes(method: str, path: str, token: str) -> bytes:
    """A request up to the value of its last header, the length."""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: "
    ).encode()
