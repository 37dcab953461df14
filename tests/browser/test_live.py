"""What is filed over HTTP comes and goes on the page without a reload, and a party sees what is its own to see."""

from playwright.sync_api import BrowserContext, Page, expect

from support.console import ServedNode, open_console, until
from support.serving import operation, volume

SECRET = "bravo-secret-survey"


def test_filing_and_cancelling_appear_without_a_reload(context: BrowserContext, node: ServedNode) -> None:
    page = open_console(context, node, "operator")
    expect(page.get_by_text("Operator of the node")).to_be_visible()
    expect(page.get_by_text("No conflicts among what is filed.")).to_be_visible()
    page.evaluate("() => { window.sameDocument = true; }")
    node.file("alpha", operation("survey-1", volume(begin_s=-60)))
    expect(page.get_by_role("tab", name="Operations")).to_have_text("Operations 1")
    until(page, "() => document.querySelector('canvas.overlay').dataset.volumes === '1'")
    answer = node.file("bravo", operation("survey-2", volume(latitude_deg=46.903, begin_s=-60)))
    conflict = answer["conflicts"][0]
    entry = page.locator(f"#c-{conflict['conflict_id']}")
    expect(entry).to_contain_text("survey-1")
    expect(entry).to_contain_text("survey-2")
    expect(entry).to_contain_text("Declared airspaces overlap")
    expect(page.locator(".list h3")).to_have_text("Now · 1")
    until(page, "() => document.querySelector('canvas.overlay').dataset.conflicts === '1'")
    entry.click()
    expect(entry).to_contain_text("Closest approach")
    node.cancel("bravo", "survey-2")
    expect(entry).to_have_count(0)
    expect(page.get_by_role("tab", name="Operations")).to_have_text("Operations 1")
    node.cancel("alpha", "survey-1")
    expect(page.get_by_role("tab", name="Operations")).to_have_text("Operations 0")
    until(page, "() => document.querySelector('canvas.overlay').dataset.volumes === '0'")
    assert page.evaluate("() => window.sameDocument === true")


def test_a_hazard_area_appears_for_everybody_and_goes_when_retracted(context: BrowserContext, node: ServedNode) -> None:
    page = open_console(context, node, "bravo")
    body = {"operation_id": "range-4", "hazard_kind": "firing", "confirmed": True, "volumes": [volume(begin_s=-60)]}
    node.call("POST", "/v1/hazards", node.keys["alpha"], body)
    until(page, "() => document.querySelector('canvas.overlay').dataset.hazards === '1'")
    page.get_by_role("tab", name="Operations").click()
    expect(page.locator("#operations")).to_contain_text("firing area")
    node.call("POST", "/v1/hazards/range-4/retract", node.keys["alpha"], {"version": 1})
    until(page, "() => document.querySelector('canvas.overlay').dataset.hazards === '0'")


def test_a_party_learns_of_others_only_that_and_where_they_conflict(context: BrowserContext, node: ServedNode) -> None:
    page = open_console(context, node, "alpha")
    expect(page.get_by_text("Acting as")).to_contain_text("Alpha Air Traffic")
    page.get_by_role("tab", name="Conflicts").click()
    node.file("alpha", operation("own-survey", volume()))
    answer = node.file("bravo", operation(SECRET, volume(latitude_deg=46.903)))
    entry = page.locator(f"#c-{answer['conflicts'][0]['conflict_id']}")
    expect(entry).to_contain_text("own-survey")
    expect(entry).to_contain_text("not disclosed")
    expect(entry).to_contain_text("Bravo Drones")
    expect(page.get_by_role("tab", name="Operations")).to_have_text("Operations 1")
    entry.click()
    expect(entry).to_contain_text("Closest approach")
    until(page, "() => document.querySelector('#map').dataset.overlap === '1'")
    page.reload()
    page.get_by_role("tab", name="Conflicts").click()
    expect(entry).to_be_visible()
    assert SECRET not in page.content()
    assert SECRET not in everything_heard(page)
    node.cancel("bravo", SECRET)
    expect(entry).to_have_count(0)
    node.cancel("alpha", "own-survey")


def everything_heard(page: Page) -> str:
    """All that the node answers to this page's key, asked again from the page itself."""
    return page.evaluate(
        """async () => {
          const headers = { Authorization: `Bearer ${sessionStorage.getItem("skyparley.key")}` };
          const paths = ["/v1/operations", "/v1/conflicts", "/v1/hazards", "/v1/parties"];
          const replies = await Promise.all(paths.map((path) => fetch(path, { headers })));
          return (await Promise.all(replies.map((reply) => reply.text()))).join();
        }"""
    )
