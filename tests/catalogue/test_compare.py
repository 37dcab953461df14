"""Read-backs are compared by machine: what a person would have let pass is a mismatch that both sides see."""

from typing import Any

import pytest

from skyparley.catalogue.compare import compare_read_back
from skyparley.catalogue.kinds.positions import distance_m
from skyparley.catalogue.messages import MESSAGES, parse_message, parse_read_back
from skyparley.errors import InvalidInputError
from support.messages import example_of

SENT: dict[str, Any] = {
    "hazard": "firing",
    "position": "35°16'00\"N 040°12'00\"E",
    "radius": {"value": 3, "unit": "NM"},
    "band": {
        "lower": {"value": 0, "unit": "m", "datum": "EGM96"},
        "upper": {"value": 6000, "unit": "m", "datum": "EGM96"},
    },
    "window": {"begin": "2026-03-01T12:00:00Z", "end": "2026-03-01T13:30:00Z"},
}


def mismatches(**read_back: Any) -> list[str]:
    fields = {name: value for name, value in SENT.items() if name != "hazard"} | read_back
    compared = compare_read_back(
        "notice-hazard",
        parse_message("notice-hazard", SENT),
        parse_read_back("notice-hazard", {name: value for name, value in fields.items() if value is not None}),
    )
    assert [field.name for field in compared] == ["position", "radius", "band", "window"]
    return [field.name for field in compared if not field.equal]


def test_a_right_read_back_in_other_units_and_notations_is_equal() -> None:
    assert mismatches() == []
    assert (
        mismatches(
            position="351600N0401200E",
            radius={"value": 5556, "unit": "m"},
            band={
                "lower": {"value": 0, "unit": "ft", "datum": "EGM96"},
                "upper": {"value": 19_685, "unit": "ft", "datum": "EGM96"},
            },
            window={"begin": "2026-03-01T15:00:00+03:00", "end": "2026-03-01T16:30:00+03:00"},
        )
        == []
    )


def test_a_position_nine_kilometres_off_is_a_mismatch() -> None:
    """Failure 2: the notified position was 9 km off, and nobody noticed (Deir ez-Zor, 2016)."""
    wrong = "35°11'08\"N 040°12'00\"E"
    sent, heard = parse_message("notice-hazard", SENT), parse_read_back("notice-hazard", {"position": wrong})
    assert 8_900 < distance_m(sent["position"], heard["position"]) < 9_100
    assert mismatches(position=wrong) == ["position"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("position", "35°16'00\"N 040°12'00\"W"),
        ("position", None),
        ("radius", {"value": 3, "unit": "km"}),
        ("radius", None),
        ("band", {**SENT["band"], "upper": {"value": 6000, "unit": "ft", "datum": "EGM96"}}),
        ("band", {n: {**SENT["band"][n], "datum": "AGL"} for n in SENT["band"]}),
        ("window", {"begin": "2026-03-01T12:00:00+03:00", "end": "2026-03-01T13:30:00+03:00"}),
    ],
)
def test_a_field_that_says_something_else_or_is_missing_is_a_mismatch(name: str, value: Any) -> None:
    assert mismatches(**{name: value}) == [name]


def test_what_was_read_back_and_never_sent_is_a_mismatch() -> None:
    sent = parse_message("request-climb", {"callsign": "RESCUE 21", "level": {"value": 350, "unit": "FL"}})
    heard = parse_read_back("request-climb", {"level": {"value": 350, "unit": "FL"}, "time": "2026-03-01T12:00:00Z"})
    level, time = compare_read_back("request-climb", sent, heard)
    assert level.equal
    assert (time.name, time.sent, time.equal) == ("time", None, False)
    assert time.read_back == heard["time"]


def test_a_wrong_frequency_is_a_mismatch() -> None:
    """Failure 13: a disputed frequency (2015)."""
    sent = parse_message("request-contact", example_of("request-contact", optional=False))
    right = parse_read_back("request-contact", {"frequency": {"value": 243_000, "unit": "kHz"}})
    wrong = parse_read_back("request-contact", {"frequency": {"value": "243.500", "unit": "MHz"}})
    assert [field.equal for field in compare_read_back("request-contact", sent, right)] == [True]
    assert [field.equal for field in compare_read_back("request-contact", sent, wrong)] == [False]


@pytest.mark.parametrize("code", MESSAGES)
def test_every_message_agrees_with_itself_and_with_nothing_missing(code: str) -> None:
    sent = parse_message(code, example_of(code))
    names = [parameter.name for parameter in MESSAGES[code].parameters if parameter.read_back]
    same = compare_read_back(code, sent, sent)
    assert [(field.name, field.equal) for field in same] == [(name, True) for name in names]
    missing = compare_read_back(code, sent, {})
    assert [(field.read_back, field.equal) for field in missing] == [(None, False)] * len(names)


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        compare_read_back("request-dance", {}, {})
