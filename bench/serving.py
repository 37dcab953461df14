"""A node as its users meet it: its own process, its own data directory, HTTP over loopback.

The operations that are filed already are put in through a real node in this process, which is quicker than HTTP and
leaves the same directory behind; then `skyparley serve` starts on it.
"""

import asyncio
import contextlib
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from skyparley.cli.compose import running_node
from skyparley.conflict.operation import Operation
from skyparley.node.reading.shapes import render_operation_shapes

POOL: Final = "bench"
AT_ONCE: Final = 512
START_TIMEOUT_S: Final = 400.0


async def fill(data: Path, operations: Sequence[Operation]) -> str:
    """Put operations into a data directory, all of one party; the party's API key."""
    party = operations[0].ref.party
    async with running_node(data, pool=POOL) as node:
        operator = node.authenticate((data / "operator.key").read_text())
        await node.register_party(operator, party, party, "utm_provider")
        key = (await node.create_key(operator, party)).api_key
        author = node.authenticate(key)
        waiting = iter(operations)

        async def file_rest() -> None:
            for operation in waiting:
                await node.file(author, operation)

        await asyncio.gather(*(file_rest() for _ in range(AT_ONCE)))
    return key


@contextlib.asynccontextmanager
async def serving(data: Path, *, module: str = "skyparley.cli.main") -> AsyncIterator[int]:
    """`skyparley serve` on a data directory, by a module that runs it; its port once it is healthy."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, "serve", "--port", str(port), "--data", str(data), "--pool", POOL,
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await healthy(port, process)
        yield port
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.wait()


def free_port() -> int:
    """A port on this machine that nobody uses now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def healthy(port: int, process: asyncio.subprocess.Process) -> None:
    """Wait until the server that a process runs is healthy. Raises `RuntimeError` if it ends, or takes too long."""
    deadline_s = time.monotonic() + START_TIMEOUT_S
    async with httpx.AsyncClient() as client:
        while time.monotonic() < deadline_s and process.returncode is None:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(f"http://127.0.0.1:{port}/healthy")).status_code == 200:
                    return
            await asyncio.sleep(0.1)
    raise RuntimeError("the server did not become healthy")


def body_of(operation: Operation) -> dict[str, Any]:
    """What files an operation."""
    return {
        "operation_id": operation.ref.operation_id,
        "class": operation.operation_class,
        **render_operation_shapes(operation),
    }


def request_of(operation: Operation, key: str, more: str = "") -> bytes:
    """The whole HTTP request that files an operation; `more` are further header lines."""
    body = msgspec.json.encode(body_of(operation))
    head = (
        "POST /v1/operations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {key}\r\n{more}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection:
    """One keep-alive connection, as thin as it can be: the client shares the machine with what it measures."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """Connect to a node on this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request; status and body of the answer."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return int(head[9:12]), await self._reader.readexactly(length)

    def close(self) -> None:
        """Hang up."""
        self._writer.close()
