"""Half-open time, and instants that are read only if they say their zone."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyparley.errors import InvalidInputError
from skyparley.geometry.interval import (
    EARLIEST_US,
    LATEST_US,
    TimeInterval,
    check_instant_us,
    format_time,
    parse_time,
)

INSTANTS_US = st.integers(EARLIEST_US, LATEST_US)


@given(INSTANTS_US)
def test_an_instant_is_written_and_read_back(instant_us: int) -> None:
    text = format_time(instant_us)
    assert text.endswith("Z")
    assert parse_time(text) == instant_us


@given(INSTANTS_US, st.integers(-14 * 60, 14 * 60))
def test_every_zone_means_the_same_instant(instant_us: int, offset_min: int) -> None:
    zone = timezone(timedelta(minutes=offset_min))
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant_us)
    assert parse_time(moment.astimezone(zone).isoformat()) == instant_us


@pytest.mark.parametrize(
    ("text", "instant_us"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-03-01T12:00:00Z", 1_772_366_400_000_000),
        ("2026-03-01T12:00:00.5Z", 1_772_366_400_500_000),
        ("2026-03-01 12:00:00+00:00", 1_772_366_400_000_000),
        ("2026-03-01T14:00:00+02:00", 1_772_366_400_000_000),
        ("2026-03-01T06:30:00-05:30", 1_772_366_400_000_000),
        (" 2026-03-01T12:00:00Z ", 1_772_366_400_000_000),
        ("2026-03-01T12:00:00.000001Z", 1_772_366_400_000_001),
        ("2100-01-01T00:00:00Z", LATEST_US),
    ],
)
def test_rfc_3339_times_are_read(text: str, instant_us: int) -> None:
    assert parse_time(text) == instant_us


@pytest.mark.parametrize("text", ["2026-03-01T12:00:00", "2026-03-01", "2026-03-01 12:00"])
def test_a_time_without_a_zone_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="no time zone: add Z for UTC") as refusal:
        parse_time(text, place="begin")
    assert refusal.value.place == "begin"


@pytest.mark.parametrize("text", ["", "noon", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "1772366400", "12:00Z"])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInputError, match="write it like 2026-03-01T12:00:00Z"):
        parse_time(text)


@pytest.mark.parametrize("text", ["1969-12-31T23:59:59Z", "2100-01-01T00:00:00.000001Z", "0001-01-01T00:00:00+14:00"])
def test_times_outside_1970_to_2100_are_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="between 1970 and 2100"):
        parse_time(text)


@pytest.mark.parametrize("instant_us", [-1, LATEST_US + 1, 1_772_366_400_000_000_000])
def test_an_instant_in_the_wrong_unit_is_refused(instant_us: int) -> None:
    with pytest.raises(InvalidInputError, match="check its unit"):
        check_instant_us(instant_us, place="begin")


@pytest.mark.parametrize(("begin_us", "end_us"), [(5, 5), (6, 5), (-1, 5), (5, LATEST_US + 1)])
def test_an_interval_that_is_empty_reversed_or_off_limits_is_refused(begin_us: int, end_us: int) -> None:
    with pytest.raises(InvalidInputError):
        TimeInterval(begin_us, end_us)


SMALL = st.integers(0, 12)


@given(SMALL, SMALL, SMALL, SMALL)
def test_intervals_overlap_exactly_if_they_share_an_instant(a: int, b: int, c: int, d: int) -> None:
    if a < b and c < d:
        one, other = TimeInterval(a, b), TimeInterval(c, d)
        shared = set(range(a, b)) & set(range(c, d))
        assert one.overlaps(other) is bool(shared)
        assert other.overlaps(one) is bool(shared)
