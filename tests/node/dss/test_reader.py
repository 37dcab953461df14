"""What a query answers is complete, or refused: nothing is cut silently."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from skyparley.airspace.dss.items import DssLimits
from skyparley.airspace.operations.commands import Extent
from skyparley.log.memory import MemoryLog
from skyparley.node.custody.vault import Vault
from skyparley.node.dss.desk import IntentRequest
from skyparley.node.dss.f3548 import AreaTooLargeError
from skyparley.node.dss.scopes import CONSTRAINT_MANAGEMENT, STRATEGIC_COORDINATION, Uss
from skyparley.node.node import Node, open_node
from support.drafts import Clock

pytestmark = pytest.mark.anyio
USS = Uss("uss1", frozenset({STRATEGIC_COORDINATION, CONSTRAINT_MANAGEMENT}))
COUNT = 12


@pytest.fixture
async def node(tmp_path: Path, clock: Clock) -> AsyncIterator[Node]:
    log = MemoryLog(pool="test", clock=clock)
    node, _ = await open_node(log, Vault(tmp_path / "vault.sqlite"), None, pool="test", clock=clock)
    await node.start()
    yield node
    await node.stop()


def level(clock: Clock, number: int) -> Extent:
    lower_mm = number * 10_000
    return Extent(("478fc2dc",), lower_mm, lower_mm + 5_000, "WGS84", clock.now_us, clock.now_us + 3_600_000_000)


async def test_a_query_that_would_tell_too_much_is_refused_with_what_to_do(node: Node, clock: Clock) -> None:
    for number in range(COUNT):
        wanted = IntentRequest(
            f"00000000-0000-4000-8000-{number:012d}", "", (level(clock, number),), frozenset(), "Accepted",
            "https://uss1.example",
        )  # fmt: skip
        await node.dss.put_intent(USS, wanted)
        name = f"00000000-0000-4000-9000-{number:012d}"
        await node.dss.put_constraint(USS, name, "", (level(clock, number),), "https://uss1.example")
    everything = Extent(("478fc2dc",), 0, 1_000_000, "WGS84", clock.now_us, clock.now_us + 1)
    await node.dss.set_limits(DssLimits(max_found_references=COUNT))
    assert len(node.dss_reader.intents(USS, everything).operational_intent_references) == COUNT
    assert len(node.dss_reader.constraints(USS, everything).constraint_references) == COUNT
    await node.dss.set_limits(DssLimits(max_found_references=COUNT - 1))
    for query in (node.dss_reader.intents, node.dss_reader.constraints):
        with pytest.raises(AreaTooLargeError, match="12 references lie there; at most 11"):
            query(USS, everything)
