from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.serving import World, world


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, observer=True) as made:
        yield made
