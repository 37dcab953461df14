"""Durable filings over HTTP, and event streams, on a node that holds 100,000 operations.

Thirty-two clients file as fast as they are answered. Every answer waits for the findings up to its own sequence, and
the answers are read: one that is not complete ends the run. The baseline does the same work the usual way, one
transaction per filing, in one process, without HTTP.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from bench.check.rtree import RTree
from bench.serving import Connection, fill, request_of, serving
from bench.streams import stream_row
from bench.table import Figure, Row, quantiles, timed
from bench.traffic import operations
from skyparley.conflict.operation import Operation

FILED: Final = 100_000
CLIENTS: Final = 32
BUSY_FILINGS: Final = 10_000
EMPTY_FILINGS: Final = 20_000
BASELINE_FILINGS: Final = 500
WARM_UP: Final = 500


class _Answer(msgspec.Struct):
    sequence: int
    checked_through: int
    conflicts: list[msgspec.Raw]


_ANSWER: Final = msgspec.json.Decoder(_Answer)


@dataclass(slots=True)
class Load:
    """What a load met."""

    seconds: float = 0.0
    latencies_s: list[float] = field(default_factory=list)
    conflicts: int = 0

    @property
    def per_second(self) -> float:
        """Filings per second."""
        return len(self.latencies_s) / self.seconds


async def run(directory: Path) -> list[Row]:
    """The rows that need a served node."""
    begin_us = time.time_ns() // 1_000 + 3_600_000_000
    filed = operations(FILED, seed=1, begin_us=begin_us)
    data = directory / "node"
    began_s = time.perf_counter()
    key = await fill(data, filed)
    filled_s = time.perf_counter() - began_s
    tree = RTree(str(directory / "rtree.sqlite"), epoch_us=begin_us)
    tree.insert_many(filed)
    del filed
    near = operations(WARM_UP + BUSY_FILINGS, seed=3, begin_us=begin_us, prefix="near")
    far = operations(WARM_UP + EMPTY_FILINGS, seed=4, begin_us=begin_us, prefix="far", alone=True)
    async with serving(data) as port:
        rows = []
        for what, asked, rate, most_ms in (
            (f"durable filings over HTTP, {CLIENTS} clients, {FILED:,} filed around them", near, 500.0, 150.0),
            ("durable filings over HTTP where nothing is near", far, 1_200.0, 80.0),
        ):
            await load(port, asked[:WARM_UP], key)
            found = await load(port, asked[WARM_UP:], key)
            rows.append(_row(what, found, rate, most_ms, tree, asked[:BASELINE_FILINGS]))
        rows[0].notes.append(f"the {FILED:,} were filed in this process at {FILED / filled_s:,.0f}/s")
        rows.append(await stream_row(port, key, begin_us))
    return rows


async def load(port: int, asked: Sequence[Operation], key: str) -> Load:
    """File operations from all clients at once."""
    return await send_all(port, [request_of(operation, key) for operation in asked])


async def send_all(port: int, asked: Sequence[bytes]) -> Load:
    """Send filings from all clients at once."""
    requests = iter(asked)
    result = Load()

    async def client() -> None:
        connection = await Connection.open(port)
        for request in requests:
            began_s = time.perf_counter()
            status, body = await connection.ask(request)
            result.latencies_s.append(time.perf_counter() - began_s)
            if status != 201:
                raise RuntimeError(f"refused with {status}: {body[:300]!r}")
            answer = _ANSWER.decode(body)
            if answer.checked_through < answer.sequence:
                raise RuntimeError("an answer came before its findings")
            result.conflicts += len(answer.conflicts)
        connection.close()

    began_s = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    result.seconds = time.perf_counter() - began_s
    return result


def _row(what: str, found: Load, rate: float, most_ms: float, tree: RTree, baseline: Sequence[Operation]) -> Row:
    def one_by_one() -> None:
        for operation in baseline:
            tree.check(operation)
            tree.insert_many([operation])

    half, most = quantiles(found.latencies_s, 1e3)
    theirs = len(baseline) / timed(one_by_one)
    return Row(
        what,
        [
            Figure("rate", found.per_second, "/s", rate, at_least=True),
            Figure("p50", half, "ms"),
            Figure("p99", most, "ms", most_ms),
        ],
        "SQLite file, R*Tree + shapely, one transaction each, in process, no HTTP",
        [Figure("rate", theirs, "/s")],
        [f"{found.conflicts / len(found.latencies_s):.1f} conflicts in each answer"],
    )
