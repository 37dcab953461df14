"""A time without a zone is refused, and a window ends after it begins."""

from typing import Any

import pytest

from skyparley.catalogue.parameters import KINDS
from skyparley.errors import InvalidInputError

TIME, WINDOW = KINDS["time"], KINDS["window"]
NOON_US = 1_772_366_400_000_000


def test_a_time_is_an_instant_whatever_zone_it_was_typed_in() -> None:
    assert TIME.parse("2026-03-01T12:00:00Z", "x") == TIME.parse("2026-03-01T15:00:00+03:00", "x") == NOON_US
    assert TIME.typed(NOON_US) == "2026-03-01T12:00:00Z"
    assert TIME.differs(NOON_US, NOON_US + 1)
    assert not TIME.differs(NOON_US, NOON_US)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("2026-03-01T12:00:00", "no time zone: add Z"),
        ("12:00", "cannot read"),
        (NOON_US, "text with its zone"),
        ("1850-03-01T12:00:00Z", "between 1970 and 2100"),
    ],
)
def test_a_local_time_cannot_be_read_as_utc(value: Any, says: str) -> None:
    """Failure 8: a local time read as UTC (Kochi 2015)."""
    with pytest.raises(InvalidInputError, match=says) as caught:
        TIME.parse(value, "parameters.time")
    assert caught.value.place == "parameters.time"


def test_a_window_has_two_ends_in_order() -> None:
    begin, end = "2026-03-01T12:00:00Z", "2026-03-01T13:30:00Z"
    assert WINDOW.parse({"begin": begin, "end": end}, "x") == {
        "begin_us": NOON_US,
        "end_us": NOON_US + 5_400_000_000,
    }
    for wrong, place in (
        ({"begin": end, "end": begin}, "parameters.window.end"),
        ({"begin": begin, "end": begin}, "parameters.window.end"),
        ({"begin": begin}, "parameters.window.end"),
        ({"begin": begin, "end": "2026-03-01T13:30:00"}, "parameters.window.end"),
        ([begin, end], "parameters.window"),
    ):
        with pytest.raises(InvalidInputError) as caught:
            WINDOW.parse(wrong, "parameters.window")
        assert caught.value.place == place
