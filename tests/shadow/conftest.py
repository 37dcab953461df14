"""A shadow of a second node, for all tests of a module; its answers may be altered."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.dss_http import MovedClock
from support.shadow import Watched, shadowed, upstream_node


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watched]:
    there, here, clock = tmp_path_factory.mktemp("there"), tmp_path_factory.mktemp("here"), MovedClock()
    async with upstream_node(there, clock) as (url, app, node), shadowed(here, url, clock=clock) as made:
        yield Watched(made, url, app, node, clock)


@pytest.fixture
async def alone(tmp_path: Path) -> AsyncIterator[Watched]:
    """For a test that counts, or puts the clocks forward."""
    clock = MovedClock()
    async with upstream_node(tmp_path, clock) as (url, app, node), shadowed(tmp_path, url, clock=clock) as made:
        yield Watched(made, url, app, node, clock)
