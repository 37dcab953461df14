"""A Chromium; a demo and a node for several parties, each served once for all that only look."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from support.console import WAIT_MS, ServedNode, Watch, launch, running

expect.set_options(timeout=WAIT_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One per module: while it lives, its event loop occupies this thread, and asynchronous tests could not run."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedNode]:
    with running(ServedNode(tmp_path_factory.mktemp("demo"), demo=True)) as node:
        yield node


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedNode]:
    """A node with the parties alpha and bravo. A test that files also cancels, or files where it alone looks."""
    with running(ServedNode(tmp_path_factory.mktemp("node"))) as served:
        served.admit("alpha", "Alpha Air Traffic")
        served.admit("bravo", "Bravo Drones")
        yield served


@pytest.fixture
def options() -> dict:
    """How the browser is: a test module or class may override it."""
    return {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"}


@pytest.fixture
def watch(request: pytest.FixtureRequest) -> Watch:
    """What pages did that they should not; a test that provokes an error forgives it here, by its text."""
    served = [request.getfixturevalue(name) for name in ("demo", "node", "busy") if name in request.fixturenames]
    return Watch({node.url for node in served})


@pytest.fixture
def context(chromium: Browser, options: dict, watch: Watch) -> Iterator[BrowserContext]:
    """A browser without a past; at its end the watch is checked."""
    made = chromium.new_context(**options)
    watch.follow(made)
    yield made
    made.close()
    watch.check()
