"""Readable for everybody: light and dark with contrast, the keyboard alone, a phone, and little motion if so asked."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from support.console import ServedNode, open_console, until
from support.contrast import CONTRASTS, LEAST_CONTRAST

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_follows_the_system_and_every_text_has_contrast(
    chromium: Browser, demo: ServedNode, theme: str
) -> None:
    context = chromium.new_context(color_scheme=theme)
    page = open_console(context, demo)
    page.locator(".conflict").first.click()
    assert page.locator("html").get_attribute("data-theme") == theme
    found = page.evaluate(CONTRASTS, LEAST_CONTRAST)
    assert found["seen"] > 40
    assert found["poor"] == []
    page.emulate_media(color_scheme="dark" if theme == "light" else "light")
    expect(page.locator("html")).not_to_have_attribute("data-theme", theme)
    context.close()


def test_the_theme_is_toggled_and_kept(context: BrowserContext, demo: ServedNode) -> None:
    page = open_console(context, demo)
    ground = "() => getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate(ground) != dark
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "light"


def focused(page: Page) -> str:
    """What has the focus, in words; it must be seen to have it."""
    return page.evaluate(
        """() => {
          const one = document.activeElement;
          if (one === document.body) return "";
          const style = getComputedStyle(one);
          const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
          const name = one.getAttribute("aria-label") ?? one.labels?.[0]?.innerText ?? one.innerText ?? "";
          const what = one.getAttribute("role") ?? one.tagName.toLowerCase();
          return `${what} ${name.trim().split("\\n")[0]}${seen ? "" : " UNSEEN"}`;
        }"""
    )


def test_everything_is_reached_and_worked_by_keyboard(context: BrowserContext, demo: ServedNode) -> None:
    page = open_console(context, demo)
    expect(page.locator(".legend")).to_be_visible()
    reached: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        now = focused(page)
        if now == "" or now in reached:
            break
        reached.append(now)
    assert [name for name in reached if name.endswith("UNSEEN")] == []
    wanted = {
        "button 3D",
        "button Light or dark",
        "button Act as a party",
        "region Map",
        "button Zoom in",
        "summary Parties",
        "select Language",
        "select Conflicts of",
        "input Different parties only",
        "listbox Conflicts",
        "button Play",
        "select Speed of play",
        "input Time shown, UTC",
        "button Now",
        "select How far ahead the slider reaches",
    }
    assert wanted - set(reached) == set()
    assert any(name.startswith("tab Conflicts") for name in reached)


def test_the_keyboard_chooses_conflicts_and_turns_the_tabs(context: BrowserContext, demo: ServedNode) -> None:
    page = open_console(context, demo)
    listbox = page.get_by_role("listbox", name="Conflicts")
    listbox.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.locator(".conflict[aria-selected=true]")
    expect(chosen).to_have_count(1)
    assert listbox.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    second = chosen.get_attribute("id")
    page.keyboard.press("ArrowUp")
    assert chosen.get_attribute("id") != second
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(chosen).to_be_in_viewport(ratio=0.3)
    page.keyboard.press("Escape")
    expect(chosen).to_have_count(0)
    page.get_by_role("tab", name="Conflicts").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Operations")).to_be_focused()
    expect(page.get_by_label("Find an operation")).to_be_visible()
    page.locator("body").press("j")
    expect(chosen).to_have_count(1)
    page.get_by_role("button", name="Act as a party").press("Enter")
    expect(page.get_by_role("textbox", name="Party")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


class TestOnAPhone:
    @pytest.fixture
    def options(self) -> dict:
        return {**PHONE, "color_scheme": "light"}

    def test_all_is_there_nothing_is_cut_and_targets_are_large(self, context: BrowserContext, demo: ServedNode) -> None:
        page = open_console(context, demo)
        page.locator(".conflict").first.tap()
        for selector in (
            "#map",
            "#header .utc",
            "#header .link",
            ".tabs",
            ".conflict[aria-selected=true]",
            "#timeline",
        ):
            expect(page.locator(selector)).to_be_in_viewport(ratio=0.4)
        wide = page.evaluate(
            """() => [...document.querySelectorAll("body, #header *, #panel *, #timeline *")]
              .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1)
              .map((one) => one.outerHTML.slice(0, 80))"""
        )
        assert wide == []
        small = page.evaluate(
            """() => [...document.querySelectorAll("button, select, summary, [role=option]")]
              .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 24)
              .map((one) => one.outerHTML.slice(0, 80))"""
        )
        assert small == []
        map_box, page_height = page.locator("#map").bounding_box(), page.viewport_size["height"]
        assert map_box["height"] > page_height / 4


class TestWithLittleMotion:
    @pytest.fixture
    def options(self) -> dict:
        return {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}

    def test_the_map_jumps_and_nothing_is_animated(self, context: BrowserContext, demo: ServedNode) -> None:
        page = open_console(context, demo)
        until(page, "() => document.querySelector('#map').dataset.view !== undefined")
        moved = page.evaluate(
            """() => {
              const [map, before] = [document.querySelector("#map"), document.querySelector("#map").dataset.view];
              document.querySelector(".conflict").click();
              return map.dataset.view !== before;
            }"""
        )
        assert moved
        assert page.evaluate("() => document.getAnimations().length") == 0
