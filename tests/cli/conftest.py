from collections.abc import Iterator
from pathlib import Path

import pytest

from support.process import Serving, serving


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A node that serves in a process of its own, for all tests of a module."""
    with serving("serve", Path(tmp_path_factory.mktemp("node")) / "data") as found:
        yield found
