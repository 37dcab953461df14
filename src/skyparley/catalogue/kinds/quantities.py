"""Numbers with their unit: frequencies, distances, durations, speeds, headings; and plain counts.

Each is kept as typed and as a whole number of a small unit, by factors that are exact by definition (`units.py`). Two
are the same if those whole numbers are. A frequency is the carrier, not the name of an 8.33 kHz channel, which only
looks like one (ICAO Annex 10, volume V).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from skyparley.catalogue.kinds.base import (
    NUMBER_SCHEMA,
    Canonical,
    Kind,
    Schema,
    fields_of,
    number_of,
    object_of,
    schema_of,
    unit_of,
    whole,
)
from skyparley.errors import InvalidInputError

MAX_COUNT: Final = 100_000
_MM_PER_M: Final = 1_000
_MM_PER_NM: Final = 1_852_000
_HOUR_S: Final = 3_600
_HEADING_EXAMPLE: Final = {"value": 90, "unit": "deg", "reference": "magnetic"}


class QuantityKind(Kind):
    """A quantity: `value` and `unit`, kept as typed and as a whole number of `kept_as`, within `[lowest, highest]`."""

    def __init__(
        self, name: str, kept_as: str, units: Mapping[str, Decimal], *, lowest: int, highest: int, example: Any
    ) -> None:
        self.name, self.kept_as, self.units, self.example = name, kept_as, units, example
        self._lowest, self._highest = lowest, highest

    def parse(self, value: object, place: str) -> Canonical:
        """Number and unit as typed, and the whole number that is compared."""
        fields = fields_of(value, place, required=("value", "unit"), like=self.example)
        unit = unit_of(fields["unit"], self.units, f"{place}.unit")
        text, number = number_of(fields["value"], f"{place}.value")
        amount = whole(number * self.units[unit])
        if not self._lowest <= amount <= self._highest:
            low, high = (format(Decimal(edge) / self.units[unit], ".6g") for edge in (self._lowest, self._highest))
            raise InvalidInputError(
                f"a {self.name} must lie between {low} and {high} {unit}: check its unit", place=f"{place}.value"
            )
        return {"value": text, "unit": unit, self.kept_as: amount}

    def typed(self, canonical: Canonical) -> dict[str, Canonical]:
        """Number and unit as they were typed."""
        fields = object_of(canonical)
        return {name: fields[name] for name in ("value", "unit")}

    def schema(self) -> Schema:
        """JSON Schema of a quantity."""
        properties = {"value": NUMBER_SCHEMA, "unit": {"type": "string", "enum": list(self.units)}}
        return schema_of(properties, ("value", "unit"), f"A {self.name} with its unit.", self.example)

    def differs(self, a: Canonical, b: Canonical) -> bool:
        """Whether the whole numbers differ, in whatever unit each was typed."""
        return bool(object_of(a)[self.kept_as] != object_of(b)[self.kept_as])


FREQUENCY: Final = QuantityKind(
    "frequency",
    "frequency_hz",
    {"MHz": Decimal(1_000_000), "kHz": Decimal(1_000)},
    lowest=100_000,
    highest=40_000_000_000,
    example={"value": "243.000", "unit": "MHz"},
)
DISTANCE: Final = QuantityKind(
    "distance",
    "distance_mm",
    {"NM": Decimal(_MM_PER_NM), "km": Decimal(1_000_000), "m": Decimal(_MM_PER_M)},
    lowest=0,
    highest=21_000_000_000,
    example={"value": 5, "unit": "NM"},
)
DURATION: Final = QuantityKind(
    "duration",
    "duration_s",
    {"min": Decimal(60), "h": Decimal(_HOUR_S), "s": Decimal(1)},
    lowest=1,
    highest=31_622_400,
    example={"value": 15, "unit": "min"},
)
SPEED: Final = QuantityKind(
    "speed",
    "speed_mm_s",
    {"kt": Decimal(_MM_PER_NM) / _HOUR_S, "km/h": Decimal(1_000_000) / _HOUR_S, "m/s": Decimal(_MM_PER_M)},
    lowest=0,
    highest=10_000_000,
    example={"value": 420, "unit": "kt"},
)


class HeadingKind(Kind):
    """A heading: `value` in degrees from 0 to 360, `unit` deg, and `reference`: true or magnetic north."""

    name = "heading"
    example = _HEADING_EXAMPLE

    def parse(self, value: object, place: str) -> Canonical:
        """The number as typed, and in 1e-7 degrees from the north that it names."""
        fields = fields_of(value, place, required=("value", "unit", "reference"), like=self.example)
        unit = unit_of(fields["unit"], {"deg": 1}, f"{place}.unit")
        text, number = number_of(fields["value"], f"{place}.value")
        if fields["reference"] not in ("true", "magnetic"):
            raise InvalidInputError("say from which north it is measured: true or magnetic", place=f"{place}.reference")
        if not 0 <= number <= 360:
            raise InvalidInputError("a heading lies between 0 and 360 degrees", place=f"{place}.value")
        heading_e7 = whole(number * 10_000_000) % 3_600_000_000
        return {"value": text, "unit": unit, "reference": fields["reference"], "heading_e7": heading_e7}

    def typed(self, canonical: Canonical) -> dict[str, Canonical]:
        """Number, unit and reference as they were typed."""
        fields = object_of(canonical)
        return {name: fields[name] for name in ("value", "unit", "reference")}

    def schema(self) -> Schema:
        """JSON Schema of a heading."""
        properties = {
            "value": NUMBER_SCHEMA,
            "unit": {"type": "string", "enum": ["deg"]},
            "reference": {"type": "string", "enum": ["true", "magnetic"]},
        }
        return schema_of(properties, ("value", "unit", "reference"), "A heading with its reference.", self.example)

    def differs(self, a: Canonical, b: Canonical) -> bool:
        """Whether reference or angle differ; 0 and 360 degrees are the same."""
        one, other = object_of(a), object_of(b)
        return bool(any(one[name] != other[name] for name in ("reference", "heading_e7")))


class CountKind(Kind):
    """A count of what the parameter's name says, such as persons: its name is its unit."""

    name = "count"
    example = 6

    def parse(self, value: object, place: str) -> Canonical:
        """A whole number from 0 to 100,000."""
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_COUNT:
            raise InvalidInputError(f"must be a whole number from 0 to {MAX_COUNT}", place=place)
        return value

    def typed(self, canonical: Canonical) -> Canonical:
        """The number itself."""
        return canonical

    def schema(self) -> Schema:
        """JSON Schema of a count."""
        return {"type": "integer", "minimum": 0, "maximum": MAX_COUNT, "examples": [self.example]}
