"""Times for people: UTC first, and in brackets the time on the reader's wall.

Written year first, in 24 hours and ASCII digits in every language: 01.03 and 03/01 are two days to two officers. The
zone database is Python's (`zoneinfo`), and no clock is read here.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from skyparley.catalogue.kinds.base import brief
from skyparley.errors import InvalidInputError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def utc_text(instant_us: int) -> str:
    """An instant as 2026-03-01 12:00:00, in UTC; a fraction of a second only where there is one."""
    return _text(_EPOCH + timedelta(microseconds=instant_us))


def local_text(instant_us: int, zone: str) -> str:
    """The same instant as the clocks of a zone such as Europe/Paris show it.

    Raises `InvalidInputError` for a zone that the database of zones does not hold.
    """
    return _text((_EPOCH + timedelta(microseconds=instant_us)).astimezone(find_zone(zone)))


def find_zone(zone: str) -> ZoneInfo:
    """A zone by its name in the IANA database. Raises `InvalidInputError` if there is none."""
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError, TypeError):
        raise InvalidInputError(
            f"unknown time zone {brief(zone)}: use a name such as UTC or Europe/Paris", place="zone"
        ) from None


def _text(moment: datetime) -> str:
    text = moment.strftime("%Y-%m-%d %H:%M:%S")
    return f"{text}.{moment.microsecond:06d}".rstrip("0") if moment.microsecond else text
