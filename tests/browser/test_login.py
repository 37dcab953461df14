"""Acting as a party: the key is entered once, kept as its owner wants, refused clearly, and given up by signing out."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from support.console import ServedNode, Watch, open_console, ready

REFUSED = ("401 (Unauthorized)",)


@pytest.fixture
def dialog_page(context: BrowserContext, node: ServedNode, watch: Watch) -> Page:
    """A node's page without a key."""
    watch.forgiven = REFUSED
    page = context.new_page()
    page.goto(node.url)
    expect(page.get_by_role("dialog")).to_be_visible()
    return page


def sign_in(page: Page, key: str, *, keep: bool = False) -> None:
    page.get_by_role("button", name="API key").click()
    page.get_by_label("API key of your party").fill(key)
    if keep:
        page.get_by_label("Keep me signed in on this computer").check()
    page.get_by_role("button", name="Enter").click()


def test_a_wrong_key_is_refused_in_clear_words(dialog_page: Page, node: ServedNode) -> None:
    complaint = dialog_page.get_by_role("alert").and_(dialog_page.locator("#complaint"))
    for key, words in (
        ("sp_000000000000_0123", "The node does not accept this key"),
        ("what is this", "a key has no spaces"),
        ("sp_ключ", "only plain letters"),
    ):
        sign_in(dialog_page, key)
        expect(complaint).to_contain_text(words)
        expect(dialog_page.get_by_label("API key of your party")).to_be_focused()
    dialog_page.keyboard.press("Escape")
    expect(dialog_page.get_by_role("dialog")).to_be_visible()
    sign_in(dialog_page, node.keys["alpha"])
    ready(dialog_page)
    expect(dialog_page.get_by_text("Acting as")).to_contain_text("Alpha Air Traffic")


def test_a_key_lasts_for_the_tab_and_ends_with_signing_out(
    dialog_page: Page, context: BrowserContext, node: ServedNode
) -> None:
    sign_in(dialog_page, node.keys["bravo"])
    expect(dialog_page.get_by_text("Acting as")).to_contain_text("Bravo Drones")
    dialog_page.reload()
    expect(dialog_page.get_by_text("Acting as")).to_contain_text("Bravo Drones")
    other = context.new_page()
    other.goto(node.url)
    expect(other.get_by_role("dialog")).to_be_visible()
    dialog_page.get_by_role("button", name="Sign out").click()
    expect(dialog_page.get_by_role("dialog")).to_be_visible()
    dialog_page.reload()
    expect(dialog_page.get_by_role("dialog")).to_be_visible()


def test_a_key_that_is_kept_serves_every_tab_until_signing_out(
    dialog_page: Page, context: BrowserContext, node: ServedNode
) -> None:
    sign_in(dialog_page, node.keys["alpha"], keep=True)
    expect(dialog_page.get_by_text("Acting as")).to_be_visible()
    other = context.new_page()
    other.goto(node.url)
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("dialog")).to_be_visible()
    dialog_page.reload()
    expect(dialog_page.get_by_role("dialog")).to_be_visible()


def test_a_revoked_key_is_told_at_once(context: BrowserContext, node: ServedNode, watch: Watch) -> None:
    watch.forgiven = REFUSED
    made = node.call("POST", "/v1/parties/alpha/keys", node.operator)
    page = context.new_page()
    page.add_init_script(f"sessionStorage.setItem('skyparley.key', '{made['api_key']}')")
    page.goto(node.url)
    ready(page)
    node.call("DELETE", f"/v1/parties/alpha/keys/{made['key_id']}", node.operator)
    expect(page.get_by_role("dialog")).to_contain_text("The key was revoked")


def test_the_observer_of_the_demo_may_act_as_a_party_and_go_back(context: BrowserContext, demo: ServedNode) -> None:
    page = open_console(context, demo)
    expect(page.get_by_text("Observer, read only")).to_be_visible()
    page.get_by_role("button", name="Act as a party").click()
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Act as a party").click()
    key = demo.call("POST", "/v1/parties/alpine/keys", demo.operator)["api_key"]
    sign_in(page, key)
    expect(page.get_by_text("Acting as")).to_contain_text("Alpine Range and Rescue")
    ready(page)
    page.get_by_role("tab", name="Conflicts").click()
    expect(page.locator(".conflict").first).to_contain_text("Alpine Range and Rescue")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("Observer, read only")).to_be_visible()
