"""What the tests of the line over a node share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from skyparley.node.node import Node
from support.drafts import Clock
from support.line import staff_both
from support.nodes import running


@pytest.fixture
async def node(tmp_path: Path, clock: Clock) -> AsyncIterator[Node]:
    """Three parties; `ops` of alpha and `tower` of bravo have somebody on watch."""
    async with running(tmp_path, clock, "alpha", "bravo", "third") as node:
        await staff_both(node)
        yield node
