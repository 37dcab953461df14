"""Everything comes from the node: no request goes elsewhere, and the page's policy would forbid it."""

import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from support.console import ServedNode, Watch, open_console, until

USED_FONTS = ("IBM Plex Sans", "IBM Plex Mono")


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """Another origin that would answer anybody, and what it was asked."""
    asked: list[str] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    serving.join()
    server.server_close()


def use_everything(page: Page) -> None:
    page.locator(".conflict").first.click()
    page.get_by_role("button", name="3D").click()
    page.get_by_role("button", name="Light or dark").click()
    page.get_by_role("button", name="Play").click()
    page.get_by_role("tab", name="Operations").click()
    page.locator("#operations > .operations button").first.click()
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_timeout(1_500)


def test_no_request_goes_to_another_origin(context: BrowserContext, demo: ServedNode, watch: Watch) -> None:
    page = open_console(context, demo)
    use_everything(page)
    assert len(watch.requested) > 10
    assert watch.foreign == []
    fonts = page.evaluate(
        "() => [...document.fonts].filter((font) => font.status === 'loaded').map((font) => font.family)"
    )
    for name in USED_FONTS:
        assert any(name in font for font in fonts), fonts
    assert any(url.startswith(demo.url) and url.endswith(".woff2") for url in watch.requested)


def test_the_watch_sees_a_request_to_another_origin(
    context: BrowserContext, elsewhere: tuple[str, list[str]], watch: Watch
) -> None:
    url, asked = elsewhere
    page = context.new_page()
    page.goto(url)
    page.evaluate("async (url) => { await fetch(url); }", f"{url}/tile.png")
    assert "/tile.png" in asked
    assert f"{url}/tile.png" in watch.foreign
    watch.origins.add(url)
    watch.errors.clear()


def test_the_policy_stops_what_tries(
    context: BrowserContext, demo: ServedNode, elsewhere: tuple[str, list[str]], watch: Watch
) -> None:
    url, asked = elsewhere
    page = open_console(context, demo)
    watch.forgiven = ("Content Security Policy", "Refused to", "violates the following")
    blocked = page.evaluate(
        """async (url) => {
          const found = [];
          document.addEventListener("securitypolicyviolation", (event) => found.push(event.effectiveDirective));
          await fetch(`${url}/data`).catch(() => undefined);
          const image = new Image();
          image.src = `${url}/tile.png`;
          const script = document.createElement("script");
          script.src = `${url}/code.js`;
          const style = document.createElement("link");
          style.rel = "stylesheet";
          style.href = `${url}/style.css`;
          document.head.append(script, style);
          document.body.append(image);
          await new Promise((resolve) => setTimeout(resolve, 500));
          return found;
        }""",
        url,
    )
    assert {"connect-src", "img-src", "script-src-elem", "style-src-elem"} <= set(blocked)
    assert asked == []
    watch.origins.add(url)
    until(page, "() => document.querySelector('canvas.overlay').dataset.aircraft !== '0'")
    expect(page.locator(".conflict").first).to_be_visible()
