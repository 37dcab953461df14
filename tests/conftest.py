"""Puts `tests/` on the path, so that tests share what lies in `tests/support`; and what they write into memory."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support.places import write_to_memory


def pytest_configure() -> None:
    write_to_memory()


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio alone."""
    return "asyncio"
