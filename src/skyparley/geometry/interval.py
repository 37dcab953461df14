"""Time, half-open: `[begin, end)`.

An instant is whole microseconds since 1970-01-01T00:00:00Z (`_us`), without leap seconds, as in POSIX. An interval
that ends when another begins does not overlap it. A time without a zone is refused where it enters: a local time
read as UTC has shut airspace for hours.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from skyparley.errors import InvalidInputError

EARLIEST_US: Final = 0
LATEST_US: Final = 4_102_444_800_000_000  # 2100-01-01T00:00:00Z; a time beyond is a mistake of unit
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH: Final = datetime(1970, 1, 1)  # writes the same text sooner: every witness holds several times


@dataclass(frozen=True, slots=True, order=True)
class TimeInterval:
    """Half-open interval `[begin_us, end_us)` in microseconds since 1970 UTC.

    Raises `InvalidInputError` if the end is not after the begin, or either lies outside 1970 to 2100.
    """

    begin_us: int
    end_us: int

    def __post_init__(self) -> None:
        check_instant_us(self.begin_us, place="begin")
        check_instant_us(self.end_us, place="end")
        if self.end_us <= self.begin_us:
            raise InvalidInputError(
                f"end ({format_time(self.end_us)}) must be after begin ({format_time(self.begin_us)})",
                place="end",
            )

    def overlaps(self, other: "TimeInterval") -> bool:
        """Whether both hold a common instant; intervals that merely touch do not."""
        return self.begin_us < other.end_us and other.begin_us < self.end_us


def check_instant_us(instant_us: int, *, place: str) -> None:
    """Raise `InvalidInputError` if an instant lies outside 1970 to 2100."""
    if not EARLIEST_US <= instant_us <= LATEST_US:
        raise InvalidInputError("time must lie between 1970 and 2100; check its unit", place=place)


def parse_time(text: str, *, place: str = "time") -> int:
    """RFC 3339 date-time with a zone to microseconds since 1970 UTC.

    Raises `InvalidInputError` if it cannot be read or has no zone.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInputError(
            f"cannot read {text[:40]!r} as a time: write it like 2026-03-01T12:00:00Z", place=place
        ) from None
    if moment.tzinfo is None:
        raise InvalidInputError(f"{text[:40]!r} has no time zone: add Z for UTC", place=place)
    try:
        instant_us = (moment - _EPOCH) // timedelta(microseconds=1)
    except OverflowError:
        raise InvalidInputError("time must lie between 1970 and 2100", place=place) from None
    check_instant_us(instant_us, place=place)
    return instant_us


@lru_cache(maxsize=8_192)
def format_time(instant_us: int) -> str:
    """Microseconds since 1970 UTC as RFC 3339 with `Z`, with a fraction only where there is one.

    The same few begins and ends are written again and again: in volumes, windows, sentences.
    """
    text = (_NAIVE_EPOCH + timedelta(0, 0, instant_us)).isoformat()
    return f"{text.rstrip('0')}Z" if instant_us % 1_000_000 else f"{text}Z"
