"""How much the generator itself can do: the same loads against a server that does nothing but answer 201.

`python -m bench.dss.ceiling` prints requests a second and what each of the two processes spent of a core. With
`serve` it is that server, which prints its port.
"""

import asyncio
import sys
from typing import Final

import uvloop
from rich.console import Console

from bench.dss.generator.job import Job, Layout
from bench.dss.load import load

_BODY: Final = b'{"operational_intent_reference":{"id":"x","ovn":"%s"},"subscribers":[]}' % (b"o" * 44)
_ANSWER: Final = b"HTTP/1.1 201 Created\r\ncontent-length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
_LOADS: Final[tuple[tuple[Layout, int, int], ...]] = (
    ("spread", 16, 0),
    ("spread", 256, 0),
    ("cell", 16, 100),
    ("cell", 16, 1_000),
)


class _Yes(asyncio.Protocol):
    """Answers every request, whatever it asks."""

    def __init__(self) -> None:
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Part of a request, mostly all of it."""
        self._received += data
        head_end = self._received.find(b"\r\n\r\n")
        if head_end < 0:
            return
        length = int(self._received[self._received.rfind(b" ", 0, head_end) : head_end])
        if len(self._received) >= head_end + 4 + length:
            self._received.clear()
            self._transport.write(_ANSWER)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Yes, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def ceiling(layout: Layout, clients: int, live: int, seconds: float = 2.0) -> str:
    """One load against the server that only says yes, in words."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.dss.ceiling", "serve", stdout=asyncio.subprocess.PIPE
    )
    try:
        if process.stdout is None:
            raise RuntimeError("the server has no pipe")
        port = int(await process.stdout.readline())
        tokens = ["t" * 400] * clients
        job = Job(port=port, tokens=tokens, kind="create", layout=layout, live=live, expected_per_s=10_000.0)
        job.warm_up_s, job.seconds, job.server_pids = 1.0, seconds, [process.pid]
        result = await load(job)
    finally:
        process.kill()
        await process.wait()
    return (
        f"{layout}, {clients} clients, {result.live:,.0f} live: {result.requests / result.seconds:,.0f} requests/s, "
        f"generator {result.generator_cpu_s / result.seconds:.0%} and server "
        f"{result.server_cpu_s / result.seconds:.0%} of a core"
    )


def main() -> None:
    """Print the ceilings, or be the server."""
    if sys.argv[1:] == ["serve"]:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve())
    for layout, clients, live in _LOADS:
        Console(highlight=False).print(asyncio.run(ceiling(layout, clients, live)))


if __name__ == "__main__":
    main()
