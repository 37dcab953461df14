"""Times and windows: RFC 3339 with a zone, kept as whole microseconds since 1970 UTC.

A time without a zone is refused (`geometry/interval.py`). Two times are the same only if they are the same instant.
"""

from typing import Final

from skyparley.catalogue.kinds.base import Canonical, Kind, Schema, fields_of, object_of, schema_of
from skyparley.errors import InvalidInputError
from skyparley.geometry.interval import TimeInterval, format_time, parse_time

_WINDOW_EXAMPLE: Final = {"begin": "2026-03-01T12:00:00Z", "end": "2026-03-01T13:30:00Z"}


class TimeKind(Kind):
    """A time with its zone, such as 2026-03-01T12:00:00Z."""

    name = "time"
    example = "2026-03-01T12:00:00Z"

    def parse(self, value: object, place: str) -> Canonical:
        """Microseconds since 1970 UTC."""
        if not isinstance(value, str):
            raise InvalidInputError(f"a time is a text with its zone: write it like {self.example}", place=place)
        return parse_time(value, place=place)

    def typed(self, canonical: Canonical) -> str:
        """The time in UTC."""
        return format_time(instant_us(canonical))

    def schema(self) -> Schema:
        """JSON Schema of a time."""
        return {
            "type": "string",
            "format": "date-time",
            "description": "RFC 3339, with its zone.",
            "examples": [self.example],
        }


TIME: Final = TimeKind()


class WindowKind(Kind):
    """A window: `begin` and `end`; the end is after the begin."""

    name = "window"
    example = _WINDOW_EXAMPLE

    def parse(self, value: object, place: str) -> Canonical:
        """Both ends in microseconds since 1970 UTC."""
        fields = fields_of(value, place, required=("begin", "end"), like=self.example)
        begin_us, end_us = (instant_us(TIME.parse(fields[name], f"{place}.{name}")) for name in ("begin", "end"))
        try:
            TimeInterval(begin_us, end_us)
        except InvalidInputError as error:
            raise error.at(place) from None
        return {"begin_us": begin_us, "end_us": end_us}

    def typed(self, canonical: Canonical) -> dict[str, str]:
        """Both ends in UTC."""
        fields = object_of(canonical)
        return {name: format_time(fields[f"{name}_us"]) for name in ("begin", "end")}

    def schema(self) -> Schema:
        """JSON Schema of a window."""
        properties = {"begin": TIME.schema(), "end": TIME.schema()}
        return schema_of(properties, ("begin", "end"), "A window in time; the end is after the begin.", self.example)


def instant_us(canonical: Canonical) -> int:
    """The microseconds since 1970 UTC of a canonical time. Raises `InvalidInputError` if it is none."""
    if not isinstance(canonical, int):
        raise InvalidInputError("must be a whole number of microseconds")
    return canonical
