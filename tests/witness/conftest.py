"""A witness with its own files, and an honest node that knows it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.witnessing import Running, Witness, running


@pytest.fixture
def north(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "north")


@pytest.fixture
async def honest(tmp_path: Path, north: Witness) -> AsyncIterator[Running]:
    async with running(tmp_path / "honest", north.key) as node:
        yield node
