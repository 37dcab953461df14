"""A hundred open event streams while a hundred operations are filed each second."""

import asyncio
import time
from typing import Final

from bench.serving import Connection, request_of
from bench.table import Figure, Row, quantiles
from bench.traffic import operations

STREAMS: Final = 100
FILINGS_PER_S: Final = 100
SECONDS: Final = 15
GRACE_S: Final = 2.0


async def stream_row(port: int, key: str, begin_us: int) -> Row:
    """The row of the event streams; its baseline is a single stream under the same filings."""
    alone, _ = await _watch(port, key, begin_us, 1, "alone")
    delays, missed = await _watch(port, key, begin_us, STREAMS, "many")
    half, most = quantiles(delays, 1e3)
    alone_half, alone_most = quantiles(alone, 1e3)
    return Row(
        f"{STREAMS} event streams at {FILINGS_PER_S} filings/s",
        [
            Figure("p50", half, "ms"),
            Figure("p99", most, "ms", 200.0),
            Figure("events missed", float(missed), "", 0.0),
        ],
        "one stream, same node, same filings",
        [Figure("p50", alone_half, "ms"), Figure("p99", alone_most, "ms")],
        [f"{len(delays):,} events, each from the moment its filing was sent to its arrival at a stream"],
    )


async def _watch(port: int, key: str, begin_us: int, streams: int, prefix: str) -> tuple[list[float], int]:
    """Delays of all events at all streams, and how many did not come."""
    asked = operations(FILINGS_PER_S * SECONDS, seed=5 + streams, begin_us=begin_us, prefix=prefix)
    requests = [(operation.ref.operation_id, request_of(operation, key)) for operation in asked]
    sent_s: dict[bytes, float] = {}
    arrivals: list[dict[bytes, float]] = [{} for _ in range(streams)]
    readers = [asyncio.create_task(_read(port, key, prefix.encode(), seen)) for seen in arrivals]
    await asyncio.sleep(1.0)
    began_s = time.perf_counter()
    connections = [await Connection.open(port) for _ in range(16)]
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for connection in connections:
        free.put_nowait(connection)

    async def file(name: str, request: bytes) -> None:
        connection = await free.get()
        sent_s[name.encode()] = time.perf_counter()
        status, body = await connection.ask(request)
        if status != 201:
            raise RuntimeError(f"refused with {status}: {body[:300]!r}")
        free.put_nowait(connection)

    filings = []
    for i, (name, request) in enumerate(requests):
        await asyncio.sleep(max(0.0, began_s + i / FILINGS_PER_S - time.perf_counter()))
        filings.append(asyncio.create_task(file(name, request)))
    await asyncio.gather(*filings)
    await asyncio.sleep(GRACE_S)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    for connection in connections:
        connection.close()
    delays = [seen[name] - sent_s[name] for seen in arrivals for name in seen]
    return delays, streams * len(requests) - len(delays)


async def _read(port: int, key: str, prefix: bytes, seen: dict[bytes, float]) -> None:
    """Note when the event of each filing arrives at one stream."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
    writer.write(f"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
    marker = b'"operation_id":"' + prefix + b"-"
    try:
        while line := await reader.readline():
            if not line.startswith(b"data: "):
                continue
            place = line.find(b'"type":"operation"')
            place = line.find(marker, place) if place >= 0 else -1
            if place >= 0:
                begin = place + len(marker) - len(prefix) - 1
                seen.setdefault(line[begin : line.index(b'"', begin)], time.perf_counter())
    finally:
        writer.close()
