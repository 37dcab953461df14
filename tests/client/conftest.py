"""A served node, where alpha and bravo sign all that they write."""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from support.serving import served, world
from support.signing import Signing


@pytest.fixture
async def signing(tmp_path: Path) -> AsyncIterator[Signing]:
    async with world(tmp_path) as there, served(there.app) as url:
        made = Signing(there, url)
        await anyio.to_thread.run_sync(made.register)
        yield made
