"""What it costs durable filings that the node keeps and signs a record: the same load with and without, in turn."""

import statistics
import time
from pathlib import Path
from typing import Final

from bench.filings import CLIENTS, load
from bench.serving import fill, serving
from bench.table import Figure, Row
from bench.traffic import operations

ROUNDS: Final = 6
FILINGS: Final = 6_000
WARM_UP: Final = 1_000


async def run(directory: Path) -> Row:
    """File where nothing is near, which is when a node is fastest and any cost weighs most."""
    begin_us = time.time_ns() // 1_000 + 3_600_000_000
    asked = operations(2 * (WARM_UP + ROUNDS * FILINGS), seed=5, begin_us=begin_us, prefix="cost", alone=True)
    waiting = iter(asked)
    rates: dict[str, list[float]] = {"signed": [], "unsigned": []}
    keys = {kind: await fill(directory / kind, operations(10, seed=1, begin_us=begin_us)) for kind in rates}
    async with (
        serving(directory / "signed") as signed,
        serving(directory / "unsigned", module="bench.record.unsigned") as unsigned,
    ):
        ports = {"signed": signed, "unsigned": unsigned}
        for kind, port in ports.items():
            await load(port, [next(waiting) for _ in range(WARM_UP)], keys[kind])
        for _ in range(ROUNDS):
            for kind, port in ports.items():
                part = [next(waiting) for _ in range(FILINGS)]
                rates[kind].append((await load(port, part, keys[kind])).per_second)
    ours, theirs = (statistics.median(rates[kind]) for kind in ("signed", "unsigned"))
    pairs = zip(rates["signed"], rates["unsigned"], strict=True)
    cost = statistics.median(1.0 - mine / other for mine, other in pairs)
    return Row(
        f"durable filings over HTTP, {CLIENTS} clients, with a signed record",
        [Figure("rate", ours, "/s"), Figure("cost", 100 * cost, "%", 5.0)],
        "the same node without a record",
        [Figure("rate", theirs, "/s")],
        [f"cost: the median of {ROUNDS} pairs of rounds, in turn, of {FILINGS:,} filings each"],
    )
