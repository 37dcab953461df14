"""A busy day: two thousand operations, a thousand conflicts. All are counted, few are drawn, it stays in hand."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import BrowserContext, expect

from support.console import ServedNode, open_console, running, until
from support.serving import time_in

PAIRS = 1_000
WORKERS = 16
MOST_ENTRIES = 250


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedNode]:
    with running(ServedNode(tmp_path_factory.mktemp("busy"))) as node:
        node.admit("alpha", "Alpha Air Traffic")
        node.admit("bravo", "Bravo Drones")
        flights = [flight(pair, second) for pair in range(PAIRS) for second in (False, True)]
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda filed: node.file(*filed), flights))
        yield node


def flight(pair: int, second: bool) -> tuple[str, dict]:
    """Two drones that cross in a cell of their own, on a grid over 5° × 4°, through the next hour."""
    row, column = divmod(pair, 40)
    latitude_deg, longitude_deg = 45.0 + 0.16 * row, 5.0 + 0.12 * column
    begin_s = -120.0 + 3.0 * pair
    legs = [(0.0, -0.02), (0.0, 0.0), (0.0, 0.02)] if second else [(-0.02, 0.0), (0.0, 0.0), (0.02, 0.0)]
    points = [
        {
            "time": time_in(begin_s + 300.0 * index),
            "latitude_deg": latitude_deg + north,
            "longitude_deg": longitude_deg + east,
            "altitude_m": 900.0,
        }
        for index, (north, east) in enumerate(legs)
    ]
    body = {
        "operation_id": f"{'b' if second else 'a'}-{pair:04d}",
        "class": "drone",
        "trajectories": [
            {
                "points": points,
                "altitude_datum": "WGS84",
                "lateral_tolerance_m": 0,
                "vertical_tolerance_m": 0,
                "time_tolerance_s": 5,
            }
        ],
    }
    return ("bravo" if second else "alpha"), body


def test_two_thousand_operations_and_a_thousand_conflicts(context: BrowserContext, busy: ServedNode) -> None:
    page = open_console(context, busy, "operator")
    expect(page.get_by_role("tab", name="Operations")).to_have_text("Operations 2,000")
    expect(page.get_by_role("tab", name="Conflicts")).to_have_text("Conflicts 1,000")
    until(page, "() => Number(document.querySelector('canvas.overlay').dataset.aircraft) > 60")
    entries = page.locator(".conflict")
    assert 0 < entries.count() < MOST_ENTRIES
    more = page.get_by_role("button", name="Show more")
    expect(more).to_contain_text("800 are not listed")
    more.click()
    expect(more).to_contain_text("600 are not listed")
    page.get_by_role("listbox", name="Conflicts").focus()
    page.keyboard.press("End")
    expect(page.locator(".conflict[aria-selected=true]")).to_contain_text("a-0999")
    busy.cancel("bravo", "b-0999")
    expect(page.get_by_role("tab", name="Conflicts")).to_have_text("Conflicts 999")
    expect(page.locator(".conflict[aria-selected=true]")).to_have_count(0)
