"""A pool for all tests of a module, each in a place of its own; and one for a test that moves the clock."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.dss_http import Pool, pool


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def dss(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pool]:
    async with pool(tmp_path_factory.mktemp("dss")) as made:
        yield made


@pytest.fixture
async def alone(tmp_path: Path) -> AsyncIterator[Pool]:
    """For a test that puts the clock forward, or counts what there is."""
    async with pool(tmp_path) as made:
        yield made
