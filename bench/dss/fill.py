"""Puts a million live references into a data directory, through the node's own log and rules, without HTTP."""

import asyncio
import time
from pathlib import Path
from typing import Final

from bench.dss.generator.volumes import ELSEWHERE, elsewhere
from bench.serving import POOL
from skyparley.airspace.dss.commands import PutIntent
from skyparley.airspace.operations.commands import Extent
from skyparley.cli.compose import running_node
from skyparley.node.engine import proposal_of
from skyparley.node.node import Node
from skyparley.record.authorship import BEARER_ATTESTED

_AT_ONCE: Final = 500
_MANAGERS: Final = 8
_LAST_US: Final = 6 * 3_600_000_000
_BANDS: Final = 100
"""References in one cell lie one above the other, as many as there are for each cell."""


async def fill_skyparley(data: Path) -> None:
    """Accepted operational intents far from everything that is asked for; they live longer than any run."""
    async with running_node(data, pool=POOL) as node:
        tokens = [format(cell, "016x").rstrip("0") for cell in elsewhere()]
        numbers = iter(range(ELSEWHERE))

        async def write_rest() -> None:
            for number in numbers:
                await _write(node, number, tokens[number % len(tokens)], number // len(tokens) % _BANDS)

        await asyncio.gather(*(write_rest() for _ in range(_AT_ONCE)))
        if len(node.state.dss.intents) != ELSEWHERE:
            raise RuntimeError(f"{len(node.state.dss.intents):,} references are live, not {ELSEWHERE:,}")


async def _write(node: Node, number: int, cell: str, band: int) -> None:
    begin_us = time.time_ns() // 1_000
    lower_mm = band * 100_000
    extent = Extent((cell,), lower_mm, lower_mm + 50_000, "WGS84", begin_us, begin_us + _LAST_US)
    manager = f"elsewhere{number % _MANAGERS}"
    dice = node.engine.dice
    command = PutIntent(
        manager=manager,
        intent_id=dice.uuid4(),
        replaces="",
        ovn=dice.word(18),
        state="Accepted",
        extents=(extent,),
        uss_base_url=f"https://{manager}.example",
        known_through=node.state.sequence,
        subscription_id=dice.uuid4(),
        implicit_url=f"https://{manager}.example",
        implicit_for_constraints=False,
    )
    applied = await node.engine.propose(proposal_of(command, authentication=BEARER_ATTESTED))
    if applied.outcome.refusal is not None and applied.outcome.refusal.place == "key":
        await _write(node, number, cell, band)  # another of its cell came between
    elif applied.outcome.refusal is not None:
        raise RuntimeError(applied.outcome.refusal.message)
