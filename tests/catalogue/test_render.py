"""Messages as their readers see them: golden sentences, both units, both clocks, and no digit that turns around."""

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyparley.catalogue.messages import MESSAGES, parse_message
from skyparley.catalogue.render import WORDS, label, render, rows, title, word
from skyparley.catalogue.texts import LANGUAGES
from skyparley.errors import InvalidInputError
from support.messages import example_of, typed_values

DELAY: dict[str, Any] = {
    "operation": "east-12", "delay": {"value": 22, "unit": "min"}, "begin": "2026-07-01T22:15:00Z",
}  # fmt: skip
CLIMB: dict[str, Any] = {"callsign": "RESCUE 21", "level": {"value": 350, "unit": "FL"}}
HELP: dict[str, Any] = {
    "need": "search_and_rescue", "position": "352000N0400900W", "time": "2026-07-01T22:15:00Z", "persons": 3,
}  # fmt: skip
ISOLATION = str.maketrans("⟨⟩←", "\u2068\u2069\u200f")
GOLDEN = [
    ("en", "request-delay", DELAY, "Europe/Paris",
     "Request you delay operation east-12. Delay: 22 minutes. "
     "New start: 2026-07-01 22:15:00 UTC (2026-07-02 00:15:00 local time, Europe/Paris)."),
    ("fr", "request-delay", DELAY, "UTC",
     "Demandons que vous retardiez l’opération east-12. Retard\u00a0: 22 minutes. "
     "Nouveau début\u00a0: 2026-07-01 22:15:00 UTC."),
    ("ru", "request-delay", DELAY, "Europe/Moscow",
     "Просим задержать: операция east-12. Задержка: 22 минуты. "
     "Новое начало: 2026-07-01 22:15:00 UTC (2026-07-02 01:15:00 местное время, Europe/Moscow)."),
    ("es", "request-delay", DELAY, "UTC",
     "Solicitamos que demore la operación east-12. Demora: 22 minutos. Nuevo inicio: 2026-07-01 22:15:00 UTC."),
    ("ar", "request-delay", DELAY, "UTC",
     "نطلب تأخير العملية ⟨east-12⟩. مدة التأخير: ⟨←⟨22⟩ دقيقة⟩. وقت البدء الجديد: ⟨2026-07-01 22:15:00 UTC⟩."),
    ("en", "request-climb", CLIMB, "UTC",
     "Request RESCUE 21 climb. New level: FL350 (35\u202f000 ft, 10\u202f668 m), pressure altitude, 1013.25 hPa."),
    ("fr", "request-climb", CLIMB, "UTC",
     "Demandons que RESCUE 21 monte. Nouveau niveau\u00a0: "
     "FL350 (35\u202f000 ft, 10\u202f668 m), altitude-pression, 1013,25 hPa."),
    ("ru", "request-climb", CLIMB, "UTC",
     "Просим набрать высоту. Позывной: RESCUE 21. Новый эшелон или высота: "
     "FL350 (35\u202f000 фут, 10\u202f668 м), барометрическая высота, 1013,25 гПа."),
    ("es", "request-climb", CLIMB, "UTC",
     "Solicitamos que RESCUE 21 ascienda. Nuevo nivel: "
     "FL350 (35\u202f000 ft, 10\u202f668 m), altitud de presión, 1013,25 hPa."),
    ("ar", "request-climb", CLIMB, "UTC",
     "نطلب صعود ⟨RESCUE 21⟩. المستوى الجديد: "
     "⟨←⟨←⟨FL350⟩ (⟨35\u202f000⟩ قدم، ⟨10\u202f668⟩ متر)⟩، ⟨ارتفاع ضغطي، 1013.25 هكتوباسكال⟩⟩."),
    ("en", "assistance-request", HELP, "UTC",
     "Assistance is requested: search and rescue. Last position: 352000N0400900W (35.33333 N 40.15000 W, WGS 84). "
     "Time: 2026-07-01 22:15:00 UTC. On board: 3 persons."),
    ("ru", "assistance-request", HELP, "UTC",
     "Требуется помощь: поиск и спасание. Последние координаты: 352000N0400900W (35.33333 N 40.15000 W, WGS 84). "
     "Время: 2026-07-01 22:15:00 UTC. На борту: 3 человека."),
    ("ar", "assistance-request", HELP, "UTC",
     "نطلب المساعدة: ⟨البحث والإنقاذ⟩. آخر موقع: ⟨←⟨352000N0400900W⟩ (⟨35.33333 N 40.15000 W⟩، WGS 84)⟩. "
     "الوقت: ⟨2026-07-01 22:15:00 UTC⟩. على المتن: ⟨←⟨3⟩ أشخاص⟩."),
    ("es", "unable", {"reason": "traffic"}, "UTC", "IMPOSIBLE. No podemos cumplir. Motivo: tránsito."),
    ("fr", "unable", {"reason": "traffic"}, "UTC",
     "IMPOSSIBLE. Nous ne pouvons pas exécuter. Motif\u00a0: trafic."),
]  # fmt: skip


@pytest.mark.parametrize(("language", "code", "typed", "zone", "text"), GOLDEN)
def test_a_message_reads_like_this(language: str, code: str, typed: Any, zone: str, text: str) -> None:
    assert render(code, parse_message(code, typed), language, zone=zone) == text.translate(ISOLATION)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", MESSAGES)
def test_every_message_can_be_said_and_shows_every_value(code: str, language: str) -> None:
    typed = example_of(code)
    canonical = parse_message(code, typed)
    text = render(code, canonical, language, zone="Asia/Damascus")
    assert "{" not in text
    assert "???" not in text
    shown = rows(code, canonical, language, zone="Asia/Damascus")
    assert [row.name for row in shown] == [parameter.name for parameter in MESSAGES[code].parameters]
    for row, parameter in zip(shown, MESSAGES[code].parameters, strict=True):
        assert row.label == label(row.name, language)
        assert row.value in text
        assert parameter.required or row.label in text
    assert title(code, language)
    assert len(text.splitlines()) == 1 + sum(not parameter.required for parameter in MESSAGES[code].parameters)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_word_and_label_differs_from_the_others(language: str) -> None:
    """Two reasons that read alike in a language would be one reason to its reader."""
    words = [word(each, language) for each in sorted(WORDS)]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_differ_from_one_another(language: str) -> None:
    titles = [title(code, language) for code in MESSAGES]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("typed", "all_of"),
    [
        ({"value": "5000", "unit": "ft", "datum": "EGM96"}, ["5000", "1\u202f524", "EGM96"]),
        ({"value": 1200, "unit": "m", "datum": "AGL"}, ["1200", "3\u202f937"]),
        ({"value": 95, "unit": "FL"}, ["FL95", "9\u202f500", "2\u202f895", "1013"]),
    ],
)
def test_a_level_is_shown_as_typed_and_in_feet_and_metres(language: str, typed: Any, all_of: list[str]) -> None:
    text = render("request-climb", parse_message("request-climb", {**CLIMB, "level": typed}), language)
    for part in all_of:
        assert part in text


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "1.5 hours"), ("fr", "1,5 heure"), ("ru", "1,5 часа"), ("es", "1,5 horas"), ("ar", "←⟨1.5⟩ ساعة")],
)
def test_a_fraction_takes_its_own_plural_form(language: str, text: str) -> None:
    values = parse_message("standby", {"delay": {"value": 1.5, "unit": "h"}})
    (row,) = rows("standby", values, language)
    assert row.value == text.translate(ISOLATION)


def test_a_typed_fraction_is_not_rounded() -> None:
    values = parse_message("standby", {"delay": {"value": "1.2345678", "unit": "h"}})
    assert rows("standby", values, "es")[0].value == "1,2345678 horas"


@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
def test_digits_are_ascii_and_a_point_or_comma_is_a_decimal_mark(language: str, data: st.DataObject) -> None:
    typed = data.draw(typed_values("report-position"))
    typed.pop("remarks", None)
    text = render("report-position", parse_message("report-position", typed), language, zone="Asia/Tokyo")
    assert all(character.isascii() for character in text if character.isdigit())
    assert not re.search(r"\d[.,]\d+[.,]\d", text)
    assert "UTC" in text
    assert "Asia/Tokyo" in text


def test_arabic_isolates_every_value_and_closes_what_it_opens() -> None:
    for code in MESSAGES:
        text = render(code, parse_message(code, example_of(code)), "ar", zone="Asia/Damascus")
        depth = 0
        for character in text:
            depth += {"\u2068": 1, "\u2069": -1}.get(character, 0)
            assert depth >= 0
            assert depth or not re.match(r"\d", character), f"{code}: a number outside of an isolated value"
        assert depth == 0


def isolates(text: str) -> list[str]:
    """The content of every isolate, with the isolates within it cut out."""
    found: list[str] = []
    while inner := re.search("\u2068([^\u2068\u2069]*)\u2069", text):
        found.append(inner[1])
        text = text[: inner.start()] + "\ufffc" + text[inner.end() :]
    return found


def test_an_arabic_value_made_of_parts_runs_from_right_to_left() -> None:
    """An isolate takes the direction of its first letter outside of its parts (UAX 9, X5c, P2)."""
    seen = 0
    for code in MESSAGES:
        text = render(code, parse_message(code, example_of(code)), "ar", zone="Asia/Damascus")
        composed = [content for content in isolates(text) if "\ufffc" in content]
        for content in composed:
            directions = (unicodedata.bidirectional(character) for character in content)
            assert next(found for found in directions if found in {"L", "R", "AL"}) != "L", content
        seen += len(composed)
    assert seen > 100


def test_an_arabic_time_alone_runs_from_left_to_right() -> None:
    (row,) = rows("resumption", parse_message("resumption", {"time": "2026-01-01T12:00:00Z"}), "ar")
    assert row.value == "2026-01-01 12:00:00 UTC"


def test_right_to_left_text_in_an_english_line_is_isolated_and_nothing_else_is() -> None:
    values = parse_message("wilco", {"remarks": "الجسر الشمالي FL350"})
    assert render("wilco", values, "en").endswith("Remarks (as typed): \u2068الجسر الشمالي FL350\u2069")
    for code in MESSAGES:
        assert "\u2068" not in render(code, parse_message(code, example_of(code)), "en")


def test_a_typed_line_cannot_pass_for_a_line_of_the_catalogue() -> None:
    typed = {**CLIMB, "remarks": "as agreed\nLevel: FL100"}
    lines = render("request-climb", parse_message("request-climb", typed), "en").split("\n")
    assert lines[1:] == ["Remarks (as typed): as agreed", "    Level: FL100"]


def test_a_typed_text_is_never_taken_for_a_pattern() -> None:
    typed = {"text": "{ $callsign } -> [one] *[other] { free-text }"}
    assert render("free-text", parse_message("free-text", typed), "en") == typed["text"]


def test_daylight_saving_is_that_of_the_day_of_the_message() -> None:
    winter = parse_message("resumption", {"time": "2026-01-01T12:00:00.25Z"})
    assert "12:00:00.25 UTC (2026-01-01 13:00:00.25 local time" in render(
        "resumption", winter, "en", zone="Europe/Paris"
    )
    summer = parse_message("resumption", {"time": "2026-07-01T12:00:00Z"})
    assert "12:00:00 UTC (2026-07-01 14:00:00 local time" in render("resumption", summer, "en", zone="Europe/Paris")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "/etc/passwd", "Europe", 5])
def test_an_unknown_zone_is_refused(zone: Any) -> None:
    with pytest.raises(InvalidInputError, match="Europe/Paris") as caught:
        render("wilco", {}, "en", zone=zone)
    assert caught.value.place == "zone"


def test_what_the_catalogue_lacks_is_refused() -> None:
    values = parse_message("request-climb", CLIMB)
    with pytest.raises(InvalidInputError, match="use en, fr, ru, ar, es"):
        render("request-climb", values, "de")
    with pytest.raises(InvalidInputError, match="choose one of its codes"):
        render("request-dance", values, "en")
    with pytest.raises(InvalidInputError, match="request-climb needs level"):
        render("request-climb", {"callsign": "A"}, "en")
    with pytest.raises(InvalidInputError, match="no parameter 'colour'"):
        label("colour", "en")
    with pytest.raises(InvalidInputError, match="no word 'soon'"):
        word("soon", "en")
    with pytest.raises(InvalidInputError, match="use en, fr, ru, ar, es"):
        title("wilco", "tlh")
