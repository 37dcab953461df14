"""What survives is tested on the disk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.places import on_disk


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with on_disk() as directory:
        yield directory
