"""The record page as a reader has it: opened, given a receipt and keys, and looked over for what does not fit."""

import httpx
from playwright.sync_api import BrowserContext, Page

from support.console import ServedNode

WIDE = """() => [...document.querySelectorAll("body, body *")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().width > 0)
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 || one.getBoundingClientRect().left < -1)
  .map((one) => one.outerHTML.slice(0, 80))"""
# A control is where a pointer finds it, and within its card.
OUT_OF_REACH = """() => [...document.querySelectorAll("button, a.button, input, select, textarea")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().width > 0)
  .filter((one) => {
    one.scrollIntoView({ block: "center" });
    const { left, right, top, bottom } = one.getBoundingClientRect();
    const card = one.closest("section, header")?.getBoundingClientRect() ?? { left: 0, right: innerWidth };
    const seen = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return !one.contains(seen) || left < card.left || right > card.right;
  })
  .map((one) => one.outerHTML.slice(0, 80))"""


def open_record(context: BrowserContext, node: ServedNode, party: str | None, language: str = "en") -> Page:
    page = context.new_page()
    page.set_default_timeout(30_000)
    if party is not None:
        key = node.operator if party == "operator" else node.keys[party]
        page.add_init_script(f"sessionStorage.setItem('skyparley.key', '{key}')")
    page.add_init_script(f"localStorage.setItem('skyparley.language', '{language}')")
    page.goto(f"{node.url}/record.html")
    page.wait_for_selector("html[data-page=ready]", state="attached")
    if party is not None:
        page.wait_for_selector("#entries[data-state=ready]")
    return page


def entry_of(node: ServedNode, party: str) -> int:
    found = node.call("GET", f"/v1/record/entries?party={party}&kind=file_operation", node.operator)["items"]
    return int(found[0]["sequence"])


def log_key(node: ServedNode) -> str:
    return str(node.call("GET", "/v1/record/key", node.operator)["key"])


def receipt_of(node: ServedNode, sequence: int) -> bytes:
    path = f"{node.url}/v1/record/entries/{sequence}/receipt"
    return httpx.get(path, headers={"Authorization": f"Bearer {node.operator}"}).content


def verify(page: Page, receipt: bytes, keys: str) -> None:
    file = {"name": "receipt.json", "mimeType": "application/json", "buffer": receipt}
    page.locator("#receipt-file").set_input_files(file)
    page.locator("#keys").fill(keys)
    page.locator("#verify > button.main").click()
    page.locator("#verdict h3").wait_for()
