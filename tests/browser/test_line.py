"""Two duty officers, one reads English, one Arabic: a conflict is settled between their two consoles."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from support.console import WAIT_MS, ServedNode, Watch, open_console, ready, running, until
from support.contrast import CONTRASTS, LEAST_CONTRAST

PASSWORD = "a long enough pass phrase"
EN, AR = "en", "ar"
SCREEN: ViewportSize = {"width": 1440, "height": 900}
SMALL_SCREEN: ViewportSize = {"width": 1120, "height": 700}
"""Enough where nothing is measured on it: two maps are drawn without a graphics card."""
PHONE: ViewportSize = {"width": 390, "height": 844}


def utc(seconds: float, *, form: str = "%Y-%m-%dT%H:%M:%SZ") -> str:
    return (datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)).strftime(form)


def circle(name: str, begin: str, end: str, *, longitude_deg: float = 7.45) -> dict[str, Any]:
    place = {"latitude_deg": 46.95, "longitude_deg": longitude_deg, "radius_m": 4000}
    volume = {"circle": place, "lower_m": 600, "upper_m": 900, "altitude_datum": "WGS84", "begin": begin, "end": end}
    return {"operation_id": name, "class": "drone", "volumes": [volume]}


@pytest.fixture
def node(tmp_path: Path) -> Iterator[ServedNode]:
    """A node of two parties with an agreement, a post each, and a person each who logs in."""
    with running(ServedNode(tmp_path / "node")) as served:
        alpha, bravo = served.admit("alpha", "Alpha Air Force"), served.admit("bravo", "Bravo Drones")
        for key, post, login, language in ((alpha, "ops", "anna", EN), (bravo, "tower", "basim", AR)):
            served.call("PUT", f"/v1/posts/{post}", key, {"deputies": [], "next_post": None})
            person = {"login": login, "name": login.title(), "role": "officer", "password": PASSWORD}
            served.call("POST", "/v1/people", key, {**person, "language": language, "zone": "Asia/Baghdad"})
        agree(served, alpha, bravo)
        yield served


def agree(node: ServedNode, alpha: str, bravo: str) -> None:
    """An agreement in two languages, of which one number is that an alarm comes at the begin."""
    titles = {EN: "Modalities of the corridor", AR: "طرائق الممر"}
    members = {"members": ["alpha", "bravo"], "languages": [EN, AR], "authoritative": [EN, AR]}
    node.call("POST", "/v1/agreements", alpha, {"agreement_id": "corridor", "titles": titles, **members})
    path = "/v1/agreements/corridor"
    clauses = (
        ("1", {"kind": "answer_time", "precedence": "FLASH", "answer_s": 90}, "FLASH: 90 seconds.", "FLASH: 90 ثانية."),
        ("2", {"kind": "exclusion"}, "No zones of cooperation, no intelligence.", "لا مناطق تعاون ولا استخبارات."),
    )
    for number, term, english, arabic in clauses:
        clause = {"version": 1, "number": number, "replaces": 0, "struck": False, "term": term}
        node.call("POST", f"{path}/clauses", alpha, {**clause, "texts": {EN: english, AR: arabic}})
        answer = {"version": 1, "number": number, "revision": 1, "accepted": True, "reservation": ""}
        node.call("POST", f"{path}/answers", bravo, answer)
    for key in (alpha, bravo):
        node.call("POST", f"{path}/accept", key, {"version": 1})


@pytest.fixture
def watch(node: ServedNode) -> Watch:
    return Watch({node.url}, forgiven=("401 (Unauthorized)", "409 (Conflict)", "422", "400 (Bad Request)"))


def log_in(context: BrowserContext, node: ServedNode, party: str, login: str) -> Page:
    """Somebody logs in by name at a console without a past."""
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(node.url)
    page.locator("#login-party").fill(party)
    page.locator("#login-name").fill(login)
    page.locator("#login-password").fill(PASSWORD)
    page.locator("dialog button[type=submit]").click()
    return page


def take_the_watch(page: Page, words: str) -> None:
    ready(page)
    page.locator(".line-nav button").nth(3).click()
    page.get_by_role("button", name=words).click()
    expect(page.locator(".posts .hand-over")).to_be_visible()
    page.locator(".line-nav button").nth(0).click()


@pytest.fixture
def two(chromium: Browser, node: ServedNode, watch: Watch) -> Iterator[tuple[Page, Page]]:
    """Anna of alpha in English, light; Basim of bravo in Arabic, dark."""
    contexts = [chromium.new_context(viewport=SMALL_SCREEN, color_scheme=scheme) for scheme in ("light", "dark")]
    for context in contexts:
        watch.follow(context)
    anna, basim = log_in(contexts[0], node, "alpha", "anna"), log_in(contexts[1], node, "bravo", "basim")
    take_the_watch(anna, "Take the watch")
    take_the_watch(basim, "تسلّم المناوبة")
    yield anna, basim
    for context in contexts:
        context.close()
    watch.check()


def fill_window(form: Page, begin: str, end: str, *, parameter: str = "window") -> None:
    inputs = form.locator(f"[data-parameter={parameter}] input")
    inputs.nth(0).fill(begin)
    inputs.nth(1).fill(end)


def shown(page: Page, name: str) -> str:
    """The times of an operation as the page's own picture has them."""
    page.get_by_role("tab").nth(2).click()
    entry = page.locator(".operations button", has_text=name)
    expect(entry).to_be_visible()
    text = entry.text_content() or ""
    page.get_by_role("tab").nth(0).click()
    return text


def test_a_whole_case_between_english_and_arabic(node: ServedNode, two: tuple[Page, Page]) -> None:
    anna, basim = two
    assert basim.locator("html").get_attribute("dir") == "rtl"
    begin, end = utc(1800), utc(5400)
    node.file("alpha", circle("survey-7", begin, end))
    node.file("bravo", circle("patrol-2", begin, end, longitude_deg=7.47))
    before = shown(anna, "survey-7")

    # Anna proposes to fly later, from the conflict itself
    anna.get_by_role("tab", name="Conflicts").click()
    anna.locator(".conflict").first.click()
    anna.get_by_role("button", name="Negotiate").click()
    anna.locator("#compose-code").select_option("offer-time")
    anna.locator("[data-parameter=operation] select").select_option("survey-7")
    later = utc(9000, form="%Y-%m-%d %H:%M:%S"), utc(12600, form="%Y-%m-%d %H:%M:%S")
    fill_window(anna, begin.replace("T", " ").rstrip("Z"), end.replace("T", " ").rstrip("Z"))
    anna.locator("#compose-precedence").select_option("FLASH")
    anna.get_by_role("button", name="Send").click()
    expect(anna.locator(".compose .complaint")).to_contain_text("changes nothing")
    fill_window(anna, *later)
    anna.get_by_role("button", name="Send").click()
    expect(anna.locator(".thread .state")).to_contain_text("Waiting")

    # Basim sees at once what needs him, hears it, and has it in his language
    started = time.monotonic()
    expect(basim.locator("#due")).to_contain_text("FLASH")
    assert time.monotonic() - started < 5
    until(basim, "() => Number(document.documentElement.dataset.sounded ?? 0) > 0")
    assert basim.locator("html").get_attribute("data-alarm") == "sounding"
    basim.locator("#due button").first.click()
    expect(basim.locator(".messages .said").first).to_contain_text("عرض بشأن العملية")
    expect(basim.locator(".proposal .mark.good")).to_be_visible()
    expect(basim.locator(".thread .chips")).to_contain_text("corridor 1: ✓ سارٍ")
    expect(anna.locator(".messages li").first).to_contain_text("received")
    expect(anna.locator(".messages li").first).to_contain_text("ops (anna)")  # the own side sees who
    expect(basim.locator(".messages li").first).not_to_contain_text("anna")
    expect(anna.locator(".messages li").first).to_contain_text("read at tower")

    # he counters: his own flight is to move
    basim.get_by_role("button", name="عرض مقابل").click()
    basim.locator("#compose-code").select_option("counter-time")
    basim.locator("[data-parameter=operation] select").select_option("patrol-2")
    fill_window(basim, *later)
    basim.locator(".compose button[type=submit]").click()
    expect(anna.locator(".messages li").nth(1)).to_contain_text("Counter-offer: time")
    expect(anna.locator("#due")).to_be_visible()

    # she reads it back wrongly: both see the difference, in words, and it cannot be confirmed
    wrong = later[0][:-2] + ("31" if later[0][-2:] != "31" else "32")
    fill_window(anna.locator(".read-back"), wrong, later[1])
    anna.get_by_role("button", name="Send read-back").click()
    expect(anna.locator(".comparison .differs")).to_contain_text("DIFFERS")
    expect(basim.locator(".comparison .differs")).to_contain_text("مختلف")
    expect(basim.get_by_role("button", name="إعادة القراءة صحيحة")).to_be_hidden()
    fill_window(anna.locator(".read-back"), *later)
    anna.get_by_role("button", name="Send read-back").click()
    expect(basim.get_by_role("button", name="إعادة القراءة صحيحة")).to_be_visible()
    basim.get_by_role("button", name="إعادة القراءة صحيحة").click()
    anna.get_by_role("button", name=re.compile("^AFFIRM")).click()

    # both know what was agreed, and both pictures have changed
    expect(anna.locator(".thread .state")).to_contain_text("accepted")
    expect(basim.locator(".thread .state")).to_contain_text("مقبول")
    expect(anna.locator(".messages")).to_contain_text("The operations were changed by this")
    for page in (anna, basim):
        expect(page.get_by_role("tab").nth(1)).to_have_text(re.compile(" 0$"))
        expect(page.locator("#due")).to_be_hidden()
    assert shown(anna, "survey-7") == before
    assert later[0].split(" ")[1] in shown(basim, "patrol-2")


def test_an_alarm_is_heard_acknowledged_and_never_only_a_colour(node: ServedNode, two: tuple[Page, Page]) -> None:
    anna, basim = two
    node.file("alpha", circle("survey-7", utc(-60), utc(3600)))
    node.file("bravo", circle("patrol-2", utc(-60), utc(3600)))
    for page, word in ((anna, "UNRESOLVED CONFLICT"), (basim, "تعارض لم يُحل")):
        expect(page.locator("#due")).to_contain_text(word)
        expect(page.locator(".alarm-entry")).to_contain_text(f"▲ {word}")
    until(anna, "() => document.documentElement.dataset.alarm === 'sounding'")
    anna.get_by_role("button", name="Silence").click()
    until(anna, "() => document.documentElement.dataset.alarm === 'silenced'")
    anna.get_by_role("button", name="Heard", exact=True).click()
    expect(anna.locator(".alarm-entry")).to_contain_text("Heard by: Alpha Air Force / ops")
    expect(basim.locator(".alarm-entry")).to_contain_text("Alpha Air Force / ops")
    expect(anna.locator("#due")).to_be_hidden()
    expect(basim.locator("#due")).to_be_visible()  # it was not heard there
    node.cancel("alpha", "survey-7")
    for page in (anna, basim):
        expect(page.locator(".alarm-entry")).to_have_count(0)


def test_every_text_of_the_line_has_contrast_and_nothing_is_cut(node: ServedNode, two: tuple[Page, Page]) -> None:
    anna, basim = two
    climb = {"callsign": "RESCUE 21", "level": {"value": 350, "unit": "FL"}}
    said = {"to_party": "bravo", "to_post": "tower", "from_post": "ops", "code": "request-climb", "parameters": climb}
    node.call("POST", "/v1/dialogues", node.keys["alpha"], {**said, "precedence": "FLASH"})
    node.file("alpha", circle("survey-7", utc(-60), utc(3600)))
    node.file("bravo", circle("patrol-2", utc(-60), utc(3600)))
    for page in (anna, basim):
        expect(page.locator(".alarm-entry")).to_be_visible()
        page.locator(".inbox .entry").first.click()
        expect(page.locator(".messages li").first).to_be_visible()
        pages = [lambda page=page, n=n: page.locator(".line-nav button").nth(n).click() for n in range(7)]
        page.set_viewport_size(SCREEN)
        for turn in (lambda: None, *pages):
            turn()
            page.wait_for_timeout(300)
            found = page.evaluate(CONTRASTS, LEAST_CONTRAST)
            assert found["seen"] > 20
            assert found["poor"] == []
            assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
        page.locator(".line-nav button").first.click()
        page.locator(".inbox .entry").first.click()
        expect(page.locator(".messages li").first).to_be_visible()
        page.set_viewport_size(PHONE)
        for turn in (lambda: None, *pages):
            turn()
            page.wait_for_timeout(100)
            assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")


def test_what_a_message_says_is_seen_on_the_map(node: ServedNode, two: tuple[Page, Page]) -> None:
    _, basim = two
    route = {"operation": "a", "route": ["46.90 N 7.30 E", "46.95 N 7.45 E"]}
    said = {"to_party": "bravo", "to_post": "tower", "from_post": "ops", "code": "request-route", "parameters": route}
    node.call("POST", "/v1/dialogues", node.keys["alpha"], said)
    basim.locator(".inbox .entry").first.click()
    basim.locator(".messages li button").first.click()
    expect(basim.locator(".pin")).to_have_text(["1", "2"])


def test_points_are_clicked_on_the_map(node: ServedNode, two: tuple[Page, Page]) -> None:
    anna, _ = two
    node.file("alpha", circle("survey-7", utc(1800), utc(5400)))
    expect(anna.get_by_role("tab", name="Operations")).to_have_text("Operations 1")
    anna.wait_for_timeout(1_500)  # the picture flies to what is filed first
    anna.get_by_role("button", name="New message").click()
    anna.locator("#compose-code").select_option("request-remain-clear")
    anna.locator("[data-parameter=position]").get_by_role("button", name="Pick on the map").click()
    box = anna.locator("#map").bounding_box()
    assert box is not None
    anna.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(anna.locator("[data-parameter=position] input")).to_have_value(
        re.compile(r"^\d+\.\d{5} [NS] \d+\.\d{5} [EW]$")
    )
    anna.locator(".picking").get_by_role("button", name="Done").click()
    expect(anna.locator(".picking")).to_have_count(0)


def test_agreements_posts_tests_and_the_page_for_paper(node: ServedNode, two: tuple[Page, Page]) -> None:
    anna, basim = two
    for page, words in ((anna, "in force"), (basim, "سارٍ")):
        page.locator(".line-nav button").nth(2).click()
        article = page.locator("[data-agreement=corridor]")
        expect(article).to_contain_text(words)
        expect(article.locator("td[lang=ar]").first).to_have_attribute("dir", "rtl")
        expect(article.locator("td[lang=en]").nth(1)).to_contain_text("No zones of cooperation")
    expect(anna.get_by_role("button", name="Suspend")).to_have_count(0)  # an officer of the watch may not
    desk = open_console(anna.context, node, "alpha")
    desk.locator(".line-nav button").nth(3).click()
    desk.get_by_label("Name of the post").fill("night")
    desk.get_by_role("button", name="Set up a post").click()
    expect(desk.locator(".posts article")).to_have_count(3)  # ops, night, and tower of the other side
    desk.locator(".line-nav button").nth(2).click()
    desk.get_by_label("Suspend: Reason").fill("a shooting exercise")
    desk.get_by_role("button", name="Suspend").click()
    desk.get_by_role("button", name="Suspend?").click()  # asked twice: it ends what protects both
    for page, words in ((anna, "SUSPENDED"), (basim, "معلّق")):
        expect(page.locator("#header .agreed")).to_contain_text(words)  # on every page
        expect(page.locator("[data-agreement=corridor]")).to_contain_text(words)
        expect(page.locator("[data-agreement=corridor]")).to_contain_text("a shooting exercise")
    climb = {"callsign": "RESCUE 21", "level": {"value": 350, "unit": "FL"}}
    said = {"to_party": "bravo", "to_post": "tower", "from_post": "ops", "code": "request-climb", "parameters": climb}
    node.call("POST", "/v1/dialogues", node.keys["alpha"], said)
    basim.locator(".line-nav button").nth(0).click()
    basim.locator(".inbox .entry").first.click()  # a dialogue says it too, and that the default holds now
    expect(basim.locator(".thread .chips .alarm")).to_contain_text("معلّق")
    desk.get_by_role("button", name="Resume").click()
    expect(anna.locator("[data-agreement=corridor] .mark.good").first).to_contain_text("in force")
    anna.locator(".line-nav button").nth(4).click()
    anna.get_by_role("button", name="Test the line now").click()
    expect(anna.locator(".tests tbody tr")).to_have_count(1)
    basim.locator(".line-nav button").nth(4).click()
    basim.get_by_role("button", name="الإجابة عن الاختبار").click()
    expect(anna.locator(".tests tbody tr")).to_contain_text("✓ Bravo Drones")
    with anna.expect_popup() as opened:
        anna.get_by_role("link", name="In force now").click()
    paper = opened.value
    paper.wait_for_selector("html[data-page=ready]", state="attached")
    expect(paper.locator("body")).to_contain_text("corridor · 1 · ✓ in force")
    expect(paper.locator("body")).to_contain_text(re.compile(r"As of .* entry \d+"))
    assert paper.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth + 1")


def test_assistance_is_called_for_by_one_and_seen_by_both(node: ServedNode, two: tuple[Page, Page]) -> None:
    anna, basim = two
    anna.get_by_role("button", name="Assistance", exact=True).click()
    expect(anna.locator(".cases")).to_contain_text("No cases.")
    anna.get_by_role("button", name="Call for assistance").click()
    anna.locator("[data-parameter=need] select").select_option("search_and_rescue")
    anna.locator("[data-parameter=position] input").fill("46.95 N 7.45 E")
    anna.locator("[data-parameter=time] input").fill(utc(-60))
    anna.locator("[data-parameter=persons] input").fill("3")
    anna.get_by_role("button", name="Send").click()
    expect(anna.locator(".cases article")).to_contain_text("REQUESTED")
    expect(basim.locator("#due")).to_contain_text("FLASH")
    basim.locator(".line-nav button").nth(1).click()
    expect(basim.locator(".cases article")).to_contain_text("مطلوبة")
    basim.locator(".cases article button").click()
    basim.locator(".reasoned select").first.select_option("crew")
    basim.locator(".reasoned button").first.click()
    expect(anna.locator(".cases article")).to_contain_text("Bravo Drones: declined")
    anna.get_by_role("button", name="Nothing more is needed").click()
    expect(anna.locator(".cases article")).to_contain_text("closed")


def test_a_voice_call_is_recorded_by_one_and_agreed_by_the_other(node: ServedNode, two: tuple[Page, Page]) -> None:
    anna, basim = two
    anna.get_by_role("button", name="Calls", exact=True).click()
    anna.get_by_role("button", name="Record a call").click()
    anna.locator("#call-theirs").fill("tower")
    anna.locator("#call-began").fill(utc(-600))
    anna.locator("#call-lasted").fill("7")
    anna.locator("#call-agenda").fill("The exercise")
    anna.locator("#call-text").fill("Both keep the corridor free.")
    anna.get_by_role("button", name="Commitments").click()
    anna.get_by_label("What").fill("Send the times")
    anna.get_by_label("Owner").select_option("bravo")
    anna.get_by_label("Due (UTC)").fill(utc(3600))
    anna.get_by_role("button", name="Send").click()
    expect(anna.locator(".calls article")).to_contain_text("No tactical decisions")
    basim.locator(".line-nav button").nth(5).click()
    basim.get_by_role("button", name="الموافقة على النص").click()
    expect(anna.locator(".calls article")).to_contain_text("agreed")
    basim.locator(".commitment input").fill("sent")
    basim.get_by_role("button", name="نُفّذ", exact=True).click()
    expect(anna.locator(".commitment")).to_contain_text("met")
