"""The numbers on the page of the error budget are what the kernels keep, out to the largest footprint allowed."""

import re

import pytest

from skyparley.conflict.minima import MAX_HORIZONTAL_M
from skyparley.geometry.footprint import MAX_FOOTPRINT_RADIUS_M
from support.kernel_errors import ERRORS
from support.tree import ROOT

PAGE = (ROOT / "docs" / "error-budget.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([a-z, ]+?) \| ([\d,]+) \| ([\d.,]+) \|", PAGE, re.MULTILINE)


def number(text: str) -> float:
    return float(text.replace(",", ""))


@pytest.mark.parametrize(("pair", "size", "budget"), ROWS, ids=lambda text: text.replace(" ", ""))
def test_a_kernel_keeps_its_budget(pair: str, size: str, budget: str) -> None:
    error_mm = 1e3 * ERRORS[pair](number(size))
    assert error_mm <= number(budget)
    assert error_mm > 0.0


def test_every_kernel_is_held_out_to_what_is_allowed() -> None:
    furthest = {pair: max(number(size) for name, size, _ in ROWS if name == pair) for pair in ERRORS}
    for pair, size in furthest.items():
        if "leg, leg" not in pair:
            assert size >= 0.95 * MAX_FOOTPRINT_RADIUS_M
    assert furthest["leg, leg"] == MAX_HORIZONTAL_M
