"""Degenerate inputs: each has the answer that the rules give, at every kind of place."""

import pytest

from support.kernel_corners import CORNERS


@pytest.mark.parametrize("name", CORNERS)
def test_a_degenerate_input_has_its_answer(name: str) -> None:
    CORNERS[name]()
