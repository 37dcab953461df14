"""The record page: who wrote what, receipts saved, verified in the browser itself, and what it then says."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from record import test_receipts as made
from support.console import ServedNode, Watch, running, until
from support.contrast import CONTRASTS, LEAST_CONTRAST
from support.own_console import own_console
from support.record_page import OUT_OF_REACH, WIDE, entry_of, log_key, open_record, receipt_of, verify
from support.serving import operation, volume
from support.verdicts import COSIGNER_LINE, KEYS, LOG_LINE, PARTY_LINE, SIGNED, party_signed

LANGUAGES = {
    "en": "Record and receipts",
    "fr": "Registre et reçus",
    "ru": "Реестр и расписки",
    "ar": "السجل والإيصالات",
    "es": "Registro y recibos",
}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedNode]:
    """A node of its own, with more entries than a page has, all of them signed."""
    with running(ServedNode(tmp_path_factory.mktemp("record"))) as served:
        served.admit("alpha", "Alpha Air Traffic")
        served.admit("bravo", "Bravo Drones")
        for number in range(30):
            served.file("alpha", operation(f"many-{number}"))
            served.cancel("alpha", f"many-{number}")
        for party in ("alpha", "bravo"):
            served.file(party, operation(f"{party}-record", volume(10.0 if party == "alpha" else -10.0)))
        last = served.call("GET", "/v1/record/entries?limit=1", served.operator)["items"][0]["sequence"]
        served.call("GET", f"/v1/record/entries/{last}/receipt", served.operator)
        yield served


def test_the_operator_sees_who_wrote_what_and_narrows_it(context: BrowserContext, node: ServedNode) -> None:
    page = open_record(context, node, "operator")
    expect(page.locator("#origin")).to_contain_text(f"skyparley console --node {node.url}")
    row = page.locator(f".entry[data-sequence='{entry_of(node, 'bravo')}']")
    for words in ("file_operation", "Bravo Drones", "vouched for by the node", "in the signed record", "key "):
        expect(row).to_contain_text(words)
    page.get_by_label("Author", exact=True).select_option("alpha")
    expect(row).to_have_count(0)
    expect(page.locator("li.entry .author")).to_contain_text(["Alpha Air Traffic"])
    page.get_by_label("Author", exact=True).select_option("")
    page.get_by_label("How the author is known").select_option("node")
    expect(row).to_have_count(0)
    expect(page.locator("li.entry .known").first).to_contain_text("the node itself")
    page.get_by_label("Kind").fill("no_such_kind")
    page.get_by_label("Kind").press("Enter")
    expect(page.locator("#entries")).to_contain_text("No entry fits.")
    checkpoint = page.locator("#checkpoint")
    expect(checkpoint).to_contain_text("The signed record holds")
    expect(checkpoint).to_contain_text("signed by skyparley")
    expect(checkpoint).to_contain_text("Nobody else has cosigned it.")
    expect(checkpoint.locator("pre")).to_contain_text("skyparley")


def test_older_entries_come_page_by_page(context: BrowserContext, node: ServedNode) -> None:
    page = open_record(context, node, "operator")
    expect(page.locator("li.entry")).to_have_count(50)
    page.get_by_role("button", name="Older").click()
    until(page, "() => document.querySelectorAll('li.entry').length > 50")
    numbers = [int(text) for text in page.locator("li.entry .sequence").all_inner_texts()]
    assert numbers == list(range(numbers[0], numbers[0] - len(numbers), -1))
    page.get_by_role("button", name="Newest").click()
    expect(page.locator("li.entry")).to_have_count(50)


def test_a_party_is_told_nothing_of_who_others_are(context: BrowserContext, node: ServedNode) -> None:
    answers: list[str] = []
    context.on("response", lambda answer: answers.append(answer.text()) if "/record/entries" in answer.url else None)
    page = open_record(context, node, "alpha")
    hidden = page.locator(f".entry[data-sequence='{entry_of(node, 'bravo')}']")
    page.get_by_label("Author", exact=True).select_option("alpha")
    expect(hidden).to_have_count(0)
    page.get_by_label("Author", exact=True).select_option("")
    while hidden.count() == 0:
        page.get_by_role("button", name="Older").click()
        page.wait_for_timeout(100)
    expect(hidden).to_contain_text("somebody else")
    expect(hidden.get_by_role("button")).to_have_count(0)
    assert "Bravo" not in hidden.inner_text()
    assert answers
    assert all("bravo" not in answer and node.keys["bravo"].split("_")[1] not in answer for answer in answers)


def test_a_receipt_is_saved_and_proves_its_entry(context: BrowserContext, node: ServedNode, tmp_path: Path) -> None:
    """Saved from the list, to the octet; then verified with the key of the log, got elsewhere."""
    sequence = entry_of(node, "alpha")
    page = open_record(context, node, "alpha")
    while page.locator(f".entry[data-sequence='{sequence}']").count() == 0:
        page.get_by_role("button", name="Older").click()
        page.wait_for_timeout(100)
    with page.expect_download() as saving:
        page.get_by_role("button", name=f"Save receipt {sequence}").click()
    assert saving.value.suggested_filename == f"receipt-{sequence}.json"
    saving.value.save_as(tmp_path / "receipt.json")
    data = (tmp_path / "receipt.json").read_bytes()
    assert json.loads(data)["sequence"] == sequence
    verify(page, data, f"# mine\n{log_key(node)}\n")
    verdict = page.locator("#verdict")
    assert verdict.get_attribute("data-verdict") == "proved"
    for words in (
        "PROVED: the entry and its content", f"entry {sequence} of the log skyparley", "file_operation", "alpha",
        "vouched for by the node", log_key(node), "nobody", '"operation_id":"alpha-record"', "is the node’s word",
        "That what the author said is true", "nobody whose key you name, but the node",
        "What the content names by digest only",
    ):  # fmt: skip
        expect(verdict).to_contain_text(words)
    expect(verdict).not_to_contain_text("lines of keys that you do not name")
    expect(verdict).not_to_contain_text("against this node")


def test_what_a_party_signed_and_another_cosigned_is_told_as_that(context: BrowserContext, node: ServedNode) -> None:
    """Made elsewhere, of another log: the page needs the keys alone."""
    page = open_record(context, node, "operator")
    verify(page, SIGNED, KEYS)
    verdict = page.locator("#verdict[data-verdict=proved]")
    for words in ("entry 6 of the log alps, which held 11", "signed by the party itself, with a key that you trust"):
        expect(verdict).to_contain_text(words)
    for words in (LOG_LINE, f"{COSIGNER_LINE} 2027-01-15 08:00:00Z", "Grüße — سلام"):
        expect(verdict).to_contain_text(words)
    for words in ("nobody whose key you name", "lines of keys that you do not name", "names by digest"):
        expect(verdict).not_to_contain_text(words)
    verify(page, SIGNED, f"{LOG_LINE}\n{COSIGNER_LINE}")
    refused = page.locator("#verdict[data-verdict=refused]")
    expect(refused).to_contain_text("of alpha, which is not among the keys that you trust")
    expect(refused).to_contain_text("it begins with alpha=ed25519:")
    verify(page, SIGNED.replace(b"north ", b"south "), KEYS)
    expect(page.locator("#verdict[data-verdict=proved] dl")).to_contain_text("nobody")


def test_cosigners_whose_keys_are_not_named_are_counted_and_not_denied(
    context: BrowserContext, node: ServedNode
) -> None:
    page = open_record(context, node, "operator")
    note = made.note_of(made.leaves(), cosigners=(made.NORTH, made.SOUTH)).decode()
    receipt = made.written({**made.MEMBERS, "checkpoint": note})
    verdict = page.locator("#verdict[data-verdict=proved]")
    for keys, count, alone in ((LOG_LINE, 2, True), (f"{LOG_LINE}\n{COSIGNER_LINE}", 1, False)):
        verify(page, receipt, keys)
        expect(verdict).to_contain_text(f"the lines of keys that you do not name ({count} in all) were not verified")
        expect(verdict.get_by_text("nobody whose key you name")).to_have_count(2 if alone else 0)


def test_what_the_content_names_by_digest_only_is_said_not_to_be_there(
    context: BrowserContext, node: ServedNode
) -> None:
    page = open_record(context, node, "operator")
    verdict = page.locator("#verdict[data-verdict=proved]")
    for said, named in (
        ({"body_digest": "00"}, True),
        ({"note_digest": ""}, False),
        ({"changes": [{"details_digest": "00"}]}, True),
        ({"digests": "00"}, False),
    ):
        body = json.dumps({"kind": "tick", **said}, separators=(",", ":"), sort_keys=True)
        verify(page, party_signed(body.encode()), KEYS)
        expect(verdict.locator("pre")).to_have_text(body)
        expect(verdict.get_by_text("What the content names by digest only")).to_have_count(int(named))


def test_the_list_is_told_as_the_node_s_word(context: BrowserContext, node: ServedNode) -> None:
    """Nothing on it was verified: neither that an entry is in the signed record, nor that a party signed it."""
    page = open_record(context, node, "operator")
    expect(page.locator("#entries .as-told")).to_contain_text("As the node says: nothing in this list is verified")
    expect(page.locator("li.entry").first).to_contain_text("in the signed record")
    expect(page.locator("#entries .good")).to_have_count(0)
    expect(page.locator("#entries")).not_to_contain_text("✓")


def test_files_are_dropped_and_keys_come_from_files(context: BrowserContext, node: ServedNode) -> None:
    page = open_record(context, node, "operator")
    for name, data in (("log.txt", LOG_LINE), ("others.txt", f"{COSIGNER_LINE}\n{PARTY_LINE}\n")):
        page.locator("#key-file").set_input_files({"name": name, "mimeType": "text/plain", "buffer": data.encode()})
    expect(page.locator("#keys")).to_have_value(f"{LOG_LINE}\n{COSIGNER_LINE}\n{PARTY_LINE}\n")
    page.evaluate(
        """(text) => {
          const carried = new DataTransfer();
          carried.items.add(new File([text], "dropped.json"));
          document.querySelector(".drop").dispatchEvent(new DragEvent("drop", { dataTransfer: carried }));
        }""",
        SIGNED.decode(),
    )
    expect(page.locator(".file-name")).to_have_text("dropped.json")
    page.get_by_role("button", name="Verify this receipt").click()
    expect(page.locator("#verdict[data-verdict=proved] h3")).to_be_visible()


def test_what_does_not_prove_its_entry_is_refused_in_words(context: BrowserContext, node: ServedNode) -> None:
    page = open_record(context, node, "operator")
    data, key = receipt_of(node, entry_of(node, "bravo")), log_key(node)
    other = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    for receipt, keys, words in (
        (data.replace(b"bravo-record", b"bravo-recoil"), key, "The content is not the one"),
        (data.replace(b'"time_us":1', b'"time_us":2'), key, "not in the record"),
        (data + b"\n", key, "not as it was written"),
        (b"{}", key, "This is not a receipt."),
        (data.replace(b"skyparley receipt 1", b"skyparley receipt 9"), key, "This is a skyparley receipt 9"),
        (data, other, "No key that you trust is that of the log skyparley. Add its line; it begins with skyparley+"),
        (data, f"\n{key[:-1]}x", "Line 2 of the keys"),
        (data, "", "There is no key yet"),
    ):
        verify(page, receipt, keys)
        verdict = page.locator("#verdict[data-verdict=refused]")
        expect(verdict).to_contain_text("NOT PROVED")
        expect(verdict).to_contain_text(words)
        expect(verdict).not_to_contain_text("✓")
    verify(page, data, key)
    expect(page.locator("#verdict[data-verdict=proved] h3")).to_be_visible()


def test_a_key_of_the_node_s_own_proves_nothing_against_it_and_says_so(
    context: BrowserContext, node: ServedNode
) -> None:
    page = open_record(context, node, "operator")
    assert page.locator("#keys").input_value() == ""
    page.get_by_role("button", name="Use the key that this node shows").click()
    expect(page.locator("#verify .warning")).to_contain_text("proves nothing against this node")
    page.locator("li.entry").first.get_by_role("button", name="Verify").click()
    expect(page.locator("#verdict[data-verdict=proved]")).to_contain_text("Anything against this node")


def test_a_browser_that_cannot_verify_says_so(context: BrowserContext, node: ServedNode) -> None:
    """Without Ed25519; with one that says yes to everything; and in a page that is no secure context."""
    for without, words in (
        (
            "SubtleCrypto.prototype.verify = async () => { throw new DOMException('no', 'NotSupportedError'); }",
            "no Ed25519",
        ),
        ("SubtleCrypto.prototype.verify = async () => true", "no Ed25519"),
        ("Object.defineProperty(crypto, 'subtle', { value: undefined })", "skyparley console --node URL"),
    ):
        page = open_record(context, node, "operator")
        page.evaluate(f"() => {{ {without}; }}")
        verify(page, receipt_of(node, 1), log_key(node))
        expect(page.locator("#verdict[data-verdict=refused]")).to_contain_text(words)
        page.close()


def test_who_has_no_key_of_the_node_verifies_all_the_same(
    context: BrowserContext, node: ServedNode, watch: Watch
) -> None:
    watch.forgiven = ("401 (Unauthorized)",)
    page = open_record(context, node, None)
    expect(page.locator("#entries")).to_contain_text("an API key is needed")
    verify(page, receipt_of(node, 1), log_key(node))
    expect(page.locator("#verdict[data-verdict=proved] h3")).to_be_visible()


def test_what_others_wrote_cannot_dress_up_the_verdict(context: BrowserContext, node: ServedNode) -> None:
    page = open_record(context, node, "operator")
    forged = json.loads(receipt_of(node, 1))
    forged["checkpoint"] = forged["checkpoint"].replace("skyparley\n", "\u202e<b id=fake>✓ PROVED</b>\n", 1)
    data = json.dumps(forged, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    verify(page, data, log_key(node))
    expect(page.locator("#verdict[data-verdict=refused]")).to_be_visible()
    expect(page.locator("#fake")).to_have_count(0)
    name = {"name": "\u202e✓ PROVED.json", "mimeType": "", "buffer": b"{}"}
    page.locator("#receipt-file").set_input_files(name)
    expect(page.locator(".file-name")).to_contain_text("\\u{202e}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_fits_a_phone(chromium: Browser, node: ServedNode, language: str) -> None:
    theme = "light" if language in ("en", "ar") else "dark"
    context = chromium.new_context(**PHONE, color_scheme=theme)
    page = open_record(context, node, "operator", language=language)
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    expect(page.get_by_role("heading", name=LANGUAGES[language])).to_be_visible()
    for part in ("#show-verify_title", "#show-entries"):
        page.locator(part).tap()
        assert page.evaluate(WIDE) == []
        found = page.evaluate(CONTRASTS, LEAST_CONTRAST)
        assert (found["poor"], found["seen"] > 10) == ([], True)
    page.locator("li.entry .does button").last.tap()
    expect(page.locator("#verdict[data-verdict=refused]")).to_be_in_viewport()
    page.locator("#verify .row button").last.tap()
    page.locator("#verify > button.main").tap()
    expect(page.locator("#verdict[data-verdict=proved] h3")).to_be_in_viewport()
    assert page.evaluate(WIDE) == []
    assert page.evaluate(CONTRASTS, LEAST_CONTRAST)["poor"] == []
    assert "{}" not in page.locator("body").inner_text()
    context.close()


@pytest.mark.parametrize("size", [(1440, 900), (1280, 900), (1024, 768), (910, 700)])
def test_no_control_is_covered_or_out_of_its_card(chromium: Browser, node: ServedNode, size: tuple[int, int]) -> None:
    context = chromium.new_context(viewport={"width": size[0], "height": size[1]})
    for language in ("fr", "ar"):
        page = open_record(context, node, "operator", language=language)
        assert page.evaluate(OUT_OF_REACH) == []
        page.locator("#verify .row button").last.click()
        page.locator("li.entry .does button").last.click()
        page.locator("#verdict[data-verdict=proved] h3").wait_for()
        assert page.evaluate(OUT_OF_REACH) == []
        assert page.evaluate(WIDE) == []
        page.close()
    context.close()


def test_a_person_logs_in_through_a_console_of_one_s_own(chromium: Browser, node: ServedNode) -> None:
    person = {"login": "ada", "name": "Ada", "role": "officer", "password": "correct horse battery"}
    node.call("POST", "/v1/people", node.keys["alpha"], person)
    with own_console(node.url) as own:
        context = chromium.new_context()
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(own.url)
        page.get_by_role("textbox", name="Party").fill("alpha")
        page.get_by_label("Name to log in").fill("ada")
        page.get_by_label("Password").fill(person["password"])
        page.get_by_role("button", name="Enter").click()
        expect(page.get_by_text("Acting as")).to_contain_text("Ada")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        context.close()


def test_with_skyparley_console_the_page_is_one_s_own_and_the_data_are_the_node_s(
    chromium: Browser, node: ServedNode
) -> None:
    with own_console(node.url, "--api-key", node.keys["alpha"]) as own:
        context, watch = chromium.new_context(), Watch({own.url}, forgiven=("502 (Bad Gateway)", "network error"))
        watch.follow(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(own.address)
        page.wait_for_selector("html[data-map=ready]", state="attached")
        page.locator("#header .link.is-live").wait_for()
        assert page.evaluate("() => location.hash") == ""
        expect(page.get_by_text("Acting as")).to_contain_text("Alpha Air Traffic")
        page.get_by_role("tab", name="Operations").click()
        node.file("alpha", operation("two", volume(10.0)))
        expect(page.locator("#operations")).to_contain_text("two")
        with page.expect_popup() as opening:
            page.get_by_role("link", name="Record").click()
        record = opening.value
        expect(record.locator("#origin")).to_contain_text(f"from your own machine, and not from the node {node.url}")
        record.locator("li.entry").first.wait_for()
        verify(record, receipt_of(node, entry_of(node, "alpha")), log_key(node))
        expect(record.locator("#verdict[data-verdict=proved] h3")).to_be_visible()
        data, key = receipt_of(node, entry_of(node, "alpha")), log_key(node)
        node.stop()
        expect(page.locator("#stale")).to_contain_text("PICTURE STALE")
        record.get_by_role("button", name="Newest").click()
        expect(record.locator("#entries .complaint")).to_contain_text(f"the node {node.url} does not answer")
        verify(record, data.replace(b"two", b"twi"), key)
        expect(record.locator("#verdict[data-verdict=refused]")).to_be_visible()
        verify(record, data, key)
        expect(record.locator("#verdict[data-verdict=proved] h3")).to_be_visible()
        node.start()
        page.locator("#header .link.is-live").wait_for()
        context.close()
        watch.check()
