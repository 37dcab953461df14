"""The demo's picture: what is on the map and in the list, time and how it is moved, and the way to a conflict."""

import base64
import math
import time

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from support.console import ServedNode, open_console, until

PARTY_COLOURS = {"northern": (86, 180, 233), "southern": (230, 159, 0), "alpine": (224, 139, 189)}

# What is high is looked at over ground that lies a little further north.
OVER = """([longitude, latitude]) => {
  const [x, y] = (document.querySelector("#map").dataset.view ?? "0,0").split(",").map(Number);
  return Math.abs(x - longitude) < 0.05 && y - latitude > -0.05 && y - latitude < 0.4;
}"""


@pytest.fixture
def page(context: BrowserContext, demo: ServedNode) -> Page:
    return open_console(context, demo)


def counts(page: Page) -> dict[str, int]:
    """How many aircraft, volumes, hazard areas and conflicts the map shows at the time shown."""
    return {
        name: int(text) for name, text in page.locator("canvas.overlay").evaluate("one => ({...one.dataset})").items()
    }


def shown_s(page: Page) -> int:
    return int(page.get_by_role("slider").input_value())


def pixels_near(page: Page, colours: list[tuple[int, int, int]], tolerance: int = 40) -> list[int]:
    """How many pixels of the map, as it is on the screen, are about of each colour."""
    picture = base64.b64encode(page.locator("#map").screenshot()).decode()
    return page.evaluate(
        """async ([picture, colours, tolerance]) => {
          const image = new Image();
          image.src = `data:image/png;base64,${picture}`;
          await image.decode();
          const canvas = new OffscreenCanvas(image.width, image.height);
          const paint = canvas.getContext("2d");
          paint.drawImage(image, 0, 0);
          const { data } = paint.getImageData(0, 0, canvas.width, canvas.height);
          return colours.map((colour) => {
            let found = 0;
            for (let at = 0; at < data.length; at += 4) {
              if (colour.every((value, index) => Math.abs(data[at + index] - value) < tolerance)) found += 1;
            }
            return found;
          });
        }""",
        [picture, [list(colour) for colour in colours], tolerance],
    )


def test_the_map_shows_what_is_filed_in_party_colours(page: Page, demo: ServedNode) -> None:
    conflicts, operations = (
        demo.call("GET", f"/v1/{name}?limit=1000")["items"] for name in ("conflicts", "operations")
    )
    expect(page.get_by_role("tab", name="Conflicts")).to_have_text(f"Conflicts {len(conflicts)}")
    expect(page.get_by_role("tab", name="Operations")).to_have_text(f"Operations {len(operations)}")
    until(page, "() => Number(document.querySelector('canvas.overlay').dataset.aircraft) > 10")
    shown = counts(page)
    assert shown["hazards"] == 1
    assert shown["volumes"] > 0
    expect(page.locator(".legend")).to_contain_text("Hazard area")
    pixels = dict(zip(PARTY_COLOURS, pixels_near(page, list(PARTY_COLOURS.values())), strict=True))
    assert all(count > 150 for count in pixels.values()), pixels
    page.get_by_role("button", name="Act as a party").focus()
    page.keyboard.press("Tab")  # to the map: what is drawn above it stays above it
    assert page.evaluate("() => document.activeElement.getAttribute('aria-label')") == "Map"
    assert pixels_near(page, [PARTY_COLOURS["southern"]])[0] > 0.7 * pixels["southern"]
    legend = page.locator(".legend")
    for name in ("Northern Air Command", "Southern Air Command", "Alpine Range and Rescue", "Hazard area"):
        expect(legend).to_contain_text(name)


def test_attribution_exercise_and_utc_are_always_visible(page: Page) -> None:
    attribution = page.locator(".maplibregl-ctrl-attrib")
    for source in ("OpenSky Network", "Natural Earth", "world-atlas"):
        expect(attribution).to_contain_text(source)
    expect(attribution).to_be_visible()
    expect(page.get_by_text("EXERCISE", exact=True)).to_be_visible()
    clock = page.locator("#header .utc")
    expect(clock).to_contain_text("UTC")
    first = clock.locator("time").inner_text()
    expect(clock.locator("time")).not_to_have_text(first)
    away_s = page.evaluate("() => (Date.now() - Date.parse(document.querySelector('#header time').dateTime)) / 1000")
    assert abs(away_s) < 5


def test_a_conflict_tells_its_witness_and_the_map_flies_there(page: Page, demo: ServedNode) -> None:
    found = demo.call("GET", "/v1/conflicts?limit=1000")["items"]
    conflict = next(one for one in found if one["rule"] == "separation_minimum")
    closest = conflict["closest"]
    entry = page.locator(f"#c-{conflict['conflict_id']}")
    entry.click()
    expect(entry).to_have_attribute("aria-selected", "true")
    expect(entry).to_contain_text("Closer than the separation minimum")
    expect(entry).to_contain_text(conflict["sentence"])
    for side in ("a", "b"):
        expect(entry).to_contain_text(conflict[side]["operation_id"].split("/")[1])
    expect(entry).to_contain_text(f"({math.floor(closest['horizontal_m']):,} m)")
    expect(entry).to_contain_text(f"{math.floor(closest['horizontal_m'] / 1852 * 100) / 100:.2f} NM")
    expect(entry).to_contain_text(f"{math.floor(closest['vertical_m'] / 0.3048 + 1e-6):,} ft")
    expect(entry).to_contain_text(f"{closest['time'][11:19]}Z")
    expect(entry).to_contain_text(f"Certain{'yes' if conflict['certain'] else 'no'}")
    expect(entry).to_contain_text(f"Same party{'yes' if conflict['same_party'] else 'no'}")
    expect(page.locator("#timeline output")).to_have_text(f"{closest['time'][11:19]}Z")
    until(page, OVER, [closest["longitude_deg"], closest["latitude_deg"]])


def test_who_is_quicker_than_the_first_look_stays_where_they_went(context: BrowserContext, demo: ServedNode) -> None:
    found = demo.call("GET", "/v1/conflicts?limit=1000")["items"]
    conflict = next(one for one in found if one["rule"] == "separation_minimum")
    context.add_init_script(
        f"""new MutationObserver((_, watcher) => {{
          const entry = document.getElementById("c-{conflict["conflict_id"]}");
          if (entry === null) return;
          watcher.disconnect();
          entry.click();
        }}).observe(document, {{ childList: true, subtree: true }})"""
    )
    page = open_console(context, demo)
    where = [conflict["closest"]["longitude_deg"], conflict["closest"]["latitude_deg"]]
    until(page, OVER, where)
    page.wait_for_timeout(1_000)  # by now the first look, which shows all that is filed, is past
    assert page.evaluate(OVER, where)


def test_the_slider_moves_time_and_what_flies(page: Page) -> None:
    slider = page.get_by_role("slider", name="Time shown, UTC")
    assert slider.get_attribute("aria-valuetext").endswith("live")
    slider.focus()
    before = shown_s(page)
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    assert 50 <= shown_s(page) - before <= 70
    assert slider.get_attribute("aria-valuetext").endswith("from now")
    high = int(slider.get_attribute("max"))
    slider.fill(str(high - 600))
    expect(page.locator("#timeline .away")).to_contain_text("min from now")
    until(page, "() => document.querySelector('canvas.overlay').dataset.aircraft === '0'")
    page.get_by_role("button", name="Now").click()
    until(page, "() => Number(document.querySelector('canvas.overlay').dataset.aircraft) > 10")
    assert abs(shown_s(page) - time.time()) < 15


def test_play_runs_at_the_chosen_speed_and_stops_at_will(page: Page) -> None:
    page.get_by_label("Speed of play").select_option("300")
    page.get_by_role("button", name="Play").click()
    start = shown_s(page)
    until(page, "(least) => Number(document.querySelector('#timeline input').value) > least", start + 120)
    page.get_by_role("button", name="Pause").click()
    stopped = shown_s(page)
    page.wait_for_timeout(400)
    assert shown_s(page) == stopped
    page.locator("body").press(" ")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_operations_are_found_shown_and_tell_their_conflicts(page: Page) -> None:
    page.get_by_role("tab", name="Operations").click()
    page.get_by_label("Find an operation").fill("firing alpine")
    expect(page.locator("#operations > .operations button")).to_have_count(1)
    page.locator("#operations > .operations button").first.click()
    detail = page.locator(".detail")
    expect(detail).to_contain_text("firing area")
    expect(detail).to_contain_text("FL 330 – FL 370 (10,058–11,278 m)")
    expect(detail).to_contain_text("Alpine Range and Rescue")
    detail.locator("ul button").first.click()
    expect(page.get_by_role("tab", name="Conflicts")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".conflict[aria-selected=true]")).to_contain_text("exercise-firing")


def test_the_list_is_narrowed_to_a_party_and_to_conflicts_between_parties(page: Page, demo: ServedNode) -> None:
    page.get_by_label("Conflicts of").select_option(label="Alpine Range and Rescue")
    entries = page.locator(".conflict")
    expect(entries.filter(has_not_text="Alpine Range and Rescue")).to_have_count(0)
    expect(entries.first).to_contain_text("Alpine Range and Rescue")
    page.get_by_label("Different parties only").check()
    expect(page.locator(".conflict", has_text="same party")).to_have_count(0)
    expect(entries.first).to_be_visible()
