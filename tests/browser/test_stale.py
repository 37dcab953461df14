"""A picture that is not known to be fresh says so at once, and mends itself when the node is heard again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from support.console import ServedNode, Watch, open_console, running
from support.serving import operation, volume

SILENCE_MS = 12_000
"""So long the page believes in a node that says nothing; its heartbeat comes every five seconds."""
UNHEARD = ("Failed to load resource: net::ERR_",)


@pytest.fixture
def own_node(tmp_path: Path, watch: Watch) -> Iterator[ServedNode]:
    """A node that a test may stop."""
    with running(ServedNode(tmp_path)) as served:
        served.admit("alpha", "Alpha Air Traffic")
        served.admit("bravo", "Bravo Drones")
        watch.origins.add(served.url)
        yield served


def test_a_node_that_stops_makes_the_picture_stale_until_it_is_back(
    context: BrowserContext, own_node: ServedNode, watch: Watch
) -> None:
    watch.forgiven = UNHEARD
    page = open_console(context, own_node, "operator")
    own_node.file("alpha", operation("survey-1", volume()))
    expect(page.get_by_role("tab", name="Operations")).to_have_text("Operations 1")
    own_node.stop()
    alarm = page.get_by_role("alert")
    # at once, long before silence alone would tell
    expect(alarm).to_have_text(re.compile(r"^PICTURE STALE since \d+ \w{3} \d{4} \d\d:\d\d:\d\dZ"), timeout=5_000)
    expect(page.locator("#header .link")).to_have_text("○ stale")
    own_node.start()
    expect(page.locator("#header .link")).to_have_text("● live")
    expect(alarm).to_be_hidden()
    answer = own_node.file("bravo", operation("survey-2", volume(latitude_deg=46.903)))
    expect(page.locator(f"#c-{answer['conflicts'][0]['conflict_id']}")).to_be_visible()
    expect(page.get_by_role("tab", name="Operations")).to_have_text("Operations 2")


def test_a_node_that_hangs_is_noticed_by_its_silence_and_nothing_is_missed(
    context: BrowserContext, own_node: ServedNode, watch: Watch
) -> None:
    watch.forgiven = UNHEARD
    context.clock.install()  # the page's own, so that its patience need not be waited for
    page = open_console(context, own_node, "operator")
    own_node.freeze()
    alarm = page.get_by_role("alert")
    page.clock.fast_forward(SILENCE_MS // 4)
    expect(alarm).to_be_hidden()
    page.clock.fast_forward(SILENCE_MS * 3 // 4)
    expect(alarm).to_contain_text("PICTURE STALE since", timeout=5_000)
    own_node.thaw()
    own_node.file("alpha", operation("survey-1", volume()))
    expect(page.locator("#header .link")).to_have_text("● live")
    expect(page.get_by_role("tab", name="Operations")).to_have_text("Operations 1")


def test_what_changes_between_loading_and_following_is_not_missed(context: BrowserContext, node: ServedNode) -> None:
    page = context.new_page()
    page.add_init_script(f"sessionStorage.setItem('skyparley.key', '{node.operator}')")

    def file_then_follow(route: Route) -> None:
        if not page.evaluate("() => window.filed"):
            page.evaluate("() => { window.filed = true; }")
            node.file("alpha", operation("between", volume()))
        route.continue_()

    page.route("**/v1/events", file_then_follow)
    page.goto(node.url)
    expect(page.get_by_role("tab", name="Operations")).to_have_text("Operations 1")
    page.unroute_all(behavior="ignoreErrors")
    node.cancel("alpha", "between")
    expect(page.get_by_role("tab", name="Operations")).to_have_text("Operations 0")


def test_a_page_that_finds_no_node_waits_for_it(context: BrowserContext, node: ServedNode, watch: Watch) -> None:
    watch.forgiven = UNHEARD
    page = context.new_page()
    page.add_init_script(f"sessionStorage.setItem('skyparley.key', '{node.operator}')")
    page.route("**/v1/me", lambda route: route.abort("connectionrefused"))
    page.goto(node.url)
    expect(page.get_by_text("The node does not answer. Trying again…")).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")
    expect(page.locator("#header .link")).to_have_text("● live")
    expect(page.get_by_text("The node does not answer")).to_be_hidden()
