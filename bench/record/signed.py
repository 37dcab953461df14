"""What it costs durable filings that parties sign them: the same node, filings with and without a signature in turn.

Both have an idempotency key, as the client gives one to every command. Signatures are made before the clock runs: they
are the party's own work, on its own machine.
"""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import httpx

from bench.filings import CLIENTS, load, send_all
from bench.serving import POOL, body_of, fill, request_of, serving
from bench.table import Figure, Row
from bench.traffic import operations
from skyparley.client import PartySigner
from skyparley.client import operations as calls
from skyparley.client.signing import make_signer
from skyparley.conflict.operation import Operation

ROUNDS: Final = 6
FILINGS: Final = 6_000
WARM_UP: Final = 1_000
YEAR_US: Final = 365 * 86_400_000_000


async def run(directory: Path) -> Row:
    """File where nothing is near, which is when a node is fastest and any cost weighs most."""
    begin_us = time.time_ns() // 1_000 + 3_600_000_000
    waiting = iter(operations(3 * (WARM_UP + ROUNDS * FILINGS), seed=5, begin_us=begin_us, prefix="sign", alone=True))
    first = operations(10, seed=1, begin_us=begin_us)
    key = await fill(directory / "node", first)
    signer = make_signer(first[0].ref.party, POOL)
    rates: dict[str, list[float]] = {"signed": [], "keyed": [], "bare": []}
    async with serving(directory / "node") as port:
        await _register(port, key, signer)
        for kind in rates:
            await send_all(port, _requests(kind, [next(waiting) for _ in range(WARM_UP)], key, signer))
        for _ in range(ROUNDS):
            for kind, found in rates.items():
                part = [next(waiting) for _ in range(FILINGS)]
                if kind == "bare":
                    found.append((await load(port, part, key)).per_second)
                else:
                    found.append((await send_all(port, _requests(kind, part, key, signer))).per_second)
    signed, keyed, bare = (statistics.median(found) for found in rates.values())
    cost = statistics.median(1.0 - a / b for a, b in zip(rates["signed"], rates["keyed"], strict=True))
    over_bare = statistics.median(1.0 - a / b for a, b in zip(rates["signed"], rates["bare"], strict=True))
    return Row(
        f"durable filings over HTTP, {CLIENTS} clients, each signed by its party",
        [Figure("rate", signed, "/s"), Figure("cost", 100 * cost, "%", 30.0)],
        "the same node, the same filings without a signature",
        [Figure("rate", keyed, "/s")],
        [
            f"cost: the median of {ROUNDS} rounds, in turn, of {FILINGS:,} filings each",
            f"without an idempotency key, whose answer need not be kept: {bare:,.0f}/s, against which it costs"
            f" {100 * over_bare:.0f} %",
        ],
    )


async def _register(port: int, key: str, signer: PartySigner) -> None:
    now_us = time.time_ns() // 1_000
    call = calls.register_key(signer.public, now_us - 60_000_000, now_us + YEAR_US)
    if call.entry is None:
        raise RuntimeError("a registration is formed by who registers")
    headers = {"Skyparley-Signed-Entry": signer.sign(call.entry(signer.party, signer.secret).command, "first")}
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as client:
        answer = await client.post(f"http://127.0.0.1:{port}{call.path}", json=call.body, headers=headers)
    answer.raise_for_status()


def _requests(kind: str, asked: Sequence[Operation], key: str, signer: PartySigner) -> list[bytes]:
    found = []
    for operation in asked:
        name = f"k-{operation.ref.operation_id}"
        more = f"Idempotency-Key: {name}\r\n"
        if kind == "signed":
            entry = calls.file(body_of(operation)).entry
            if entry is None:
                raise RuntimeError("a filing is formed by who files")
            formed = entry(signer.party, signer.secret)
            more += f"Skyparley-Signed-Entry: {signer.sign(formed.command, name, formed.details_salt)}\r\n"
        found.append(request_of(operation, key, "" if kind == "bare" else more))
    return found
