"""Words of narrow alphabets, closed lists, and free text that cannot become a page or read otherwise than it says."""

from typing import Any

import pytest

from skyparley.catalogue.parameters import CHOICES, KINDS
from skyparley.errors import InvalidInputError
from skyparley.vocabulary import HAZARD_KINDS


def parse(kind: str, value: Any) -> Any:
    return KINDS[kind].parse(value, f"parameters.{kind}")


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("party", "alpha-2", "alpha-2"),
        ("post", "duty", "duty"),
        ("operation", "alpha:East_12/3+4", "alpha:East_12/3+4"),
        ("callsign", " rescue 21 ", "RESCUE 21"),
        ("aircraft_type", "c130", "C130"),
        ("reason", "weather", "weather"),
        ("term", "überflogen", "überflogen"),
        ("place", "المستشفى الشمالي", "المستشفى الشمالي"),
        ("text", "  Two lights.\nNorth of the bridge. ", "Two lights.\nNorth of the bridge."),
        ("text", "3 < 5 & 7 > 2, a<5", "3 < 5 & 7 > 2, a<5"),
        ("text", "e\u0301", "é"),
    ],
)
def test_a_word_is_kept_as_it_is_meant(kind: str, value: str, kept: str) -> None:
    assert parse(kind, value) == kept


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("party", "Alpha", "a-z"),
        ("party", 5, "a-z"),
        ("party", [10**5000], "thousands of digits"),
        ("post", "duty officer", "a-z"),
        ("post", "d" * 33, "1 to 32"),
        ("operation", "east 12", "write 1 to 128"),
        ("callsign", "РЕСКЬЮ 21", "Latin letters"),
        ("callsign", "A" * 17, "1 to 16"),
        ("aircraft_type", "HERCULES", "Doc 8643"),
        ("reason", "because", "use weather, traffic"),
        ("reason", ["weather"], "use weather, traffic"),
        ("hazard_kind", "storm", "use firing"),
        ("term", "two\nlines", "control character U\\+000A"),
        ("term", "x" * 81, "81 characters, 80"),
        ("text", "x" * 2_001, "2,001 characters, 2,000"),
        ("text", " \n ", "must not be empty"),
        ("text", 5, "must be a text"),
        ("text", "bell\x07", "control character U\\+0007"),
        ("text", "lone \ud800", "control character U\\+D800"),
        ("text", "FL\u202e053", "direction of writing"),
        ("text", "\u2066FL350\u2069", "direction of writing"),
        ("text", "<b>now</b>", "markup"),
        ("text", "a </p>", "markup"),
        ("text", "<!-- x", "markup"),
        ("text", "< script", "markup"),
        ("text", "&lt;b&gt;", "markup"),
        ("text", "&#60;", "markup"),
        ("text", "&frac12;", "markup"),
        ("text", "[here](https://example.org)", "markup"),
        ("place", "<i>bridge</i>", "markup"),
    ],
)
def test_what_is_not_such_a_word_is_refused(kind: str, value: Any, says: str) -> None:
    with pytest.raises(InvalidInputError, match=says) as caught:
        parse(kind, value)
    assert caught.value.place == f"parameters.{kind}"


def test_the_hazards_are_those_of_the_shared_airspace() -> None:
    """The rooms do not know each other, so that one list cannot be the other."""
    assert CHOICES["hazard_kind"] == HAZARD_KINDS
