"""Servers that answer connections oddly: not at all, rubbish, or what a function says."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class OddServer:
    """Its address, and the function that answers its connections, which may be another at any time."""

    def __init__(self, answering: Answering) -> None:
        self.answering = answering
        self.url = ""


@contextlib.asynccontextmanager
async def odd_server(answering: Answering, tls: ssl.SSLContext | None = None) -> AsyncIterator[OddServer]:
    """A server that answers connections as a function does."""
    made = OddServer(answering)
    at_work: set[asyncio.Task[Any]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        at_work.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await made.answering(reader, writer)
        writer.close()
        at_work.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    made.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        for task in at_work:
            task.cancel()
        if at_work:
            await asyncio.wait(at_work)


def says(data: bytes) -> Answering:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(data)
        await writer.drain()

    return answer


def answered(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])
