"""What the tests of a node share."""

import pytest

from support.drafts import Clock
from support.nodes import noon_clock


@pytest.fixture
def clock() -> Clock:
    return noon_clock()
