"""Levels and bands of levels: number, unit and datum together, or nothing.

A flight level is pressure altitude in hundreds of feet (ICAO Annex 2, Doc 4444); any other level must say what it is
measured from. Kept as typed and in whole millimetres. Two levels are the same within one metre, which is what typing
feet for metres rounds away, and only over the same datum: 10 000 m over the ellipsoid is not FL328.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from skyparley.catalogue.kinds.base import (
    NUMBER_SCHEMA,
    Canonical,
    Kind,
    Schema,
    brief,
    fields_of,
    number_of,
    object_of,
    schema_of,
    unit_of,
    whole,
)
from skyparley.errors import InvalidInputError
from skyparley.geometry.altitude import Datum, check_altitude_m, parse_datum

MILLIMETRES_PER_UNIT: Final[Mapping[str, Decimal]] = {
    "FL": Decimal("30480"),
    "ft": Decimal("304.8"),
    "m": Decimal("1000"),
}
SAME_LEVEL_MM: Final = 1_000
_LIKE: Final = '{"value": 350, "unit": "FL"} or {"value": 5000, "unit": "ft", "datum": "EGM96"}'
_LEVEL_EXAMPLE: Final = {"value": 350, "unit": "FL", "datum": "PRESSURE"}
_BAND_EXAMPLE: Final = {"lower": {"value": 240, "unit": "FL"}, "upper": {"value": 280, "unit": "FL"}}


class LevelKind(Kind):
    """A level: `value`, `unit` (FL, ft, m) and `datum` (PRESSURE, EGM96, WGS84, AGL)."""

    name = "level"
    example = _LEVEL_EXAMPLE

    def parse(self, value: object, place: str) -> Canonical:
        """A level as typed and in whole millimetres above its datum."""
        fields = fields_of(value, place, required=("value", "unit"), optional=("datum",), like=_LIKE)
        unit = unit_of(fields["unit"], MILLIMETRES_PER_UNIT, f"{place}.unit")
        text, number = number_of(fields["value"], f"{place}.value")
        datum = _datum(fields, unit, place)
        if unit == "FL" and (number != number.to_integral_value() or number < 0 or "." in text):
            raise InvalidInputError(
                f"a flight level is a whole number of hundreds of feet, not {text}: write FL, or feet with a datum",
                place=f"{place}.value",
            )
        altitude_mm = whole(number * MILLIMETRES_PER_UNIT[unit])
        check_altitude_m(altitude_mm / 1000, place=f"{place}.value")
        return {"value": text, "unit": unit, "datum": datum.value, "altitude_mm": altitude_mm}

    def typed(self, canonical: Canonical) -> dict[str, Canonical]:
        """Number, unit and datum as they were typed."""
        fields = object_of(canonical)
        return {name: fields[name] for name in ("value", "unit", "datum")}

    def schema(self) -> Schema:
        """JSON Schema of a level."""
        properties = {
            "value": NUMBER_SCHEMA,
            "unit": {"type": "string", "enum": list(MILLIMETRES_PER_UNIT)},
            "datum": {"type": "string", "enum": [datum.value for datum in Datum]},
        }
        description = "A level with its unit and datum; FL implies PRESSURE, every other unit needs a datum."
        return schema_of(properties, ("value", "unit"), description, self.example)

    def differs(self, a: Canonical, b: Canonical) -> bool:
        """Whether the datums differ, or the levels by more than one metre."""
        one, other = object_of(a), object_of(b)
        return bool(one["datum"] != other["datum"] or abs(one["altitude_mm"] - other["altitude_mm"]) > SAME_LEVEL_MM)


def _datum(fields: Mapping[str, object], unit: str, place: str) -> Datum:
    given = fields.get("datum")
    if given is None and unit != "FL":
        raise InvalidInputError(
            f"a level in {unit} has no meaning without its datum: add datum, one of PRESSURE, EGM96, WGS84, AGL",
            place=f"{place}.datum",
        )
    name = given if isinstance(given, str) else brief(given)
    datum = Datum.PRESSURE if given is None else parse_datum(name, place=f"{place}.datum")
    if unit == "FL" and datum is not Datum.PRESSURE:
        raise InvalidInputError(
            f"a flight level is measured from 1013.25 hPa, not from {datum.value}: leave datum out, or write feet",
            place=f"{place}.datum",
        )
    return datum


LEVEL: Final = LevelKind()


class BandKind(Kind):
    """A band: `lower` and `upper`, two levels of one datum, the lower one below the upper one."""

    name = "band"
    example = _BAND_EXAMPLE

    def parse(self, value: object, place: str) -> Canonical:
        """Both levels. Contradictory limits are refused here, before anybody sees them."""
        fields = fields_of(value, place, required=("lower", "upper"), like=self.example)
        lower, upper = (object_of(LEVEL.parse(fields[name], f"{place}.{name}")) for name in ("lower", "upper"))
        if lower["datum"] != upper["datum"]:
            raise InvalidInputError(
                f"lower is over {lower['datum']} and upper over {upper['datum']}: give both limits over one datum",
                place=f"{place}.upper.datum",
            )
        if lower["altitude_mm"] >= upper["altitude_mm"]:
            raise InvalidInputError(
                f"contradictory limits: lower ({lower['value']} {lower['unit']}) must be below upper "
                f"({upper['value']} {upper['unit']}); swap or correct them",
                place=f"{place}.upper",
            )
        return {"lower": lower, "upper": upper}

    def typed(self, canonical: Canonical) -> dict[str, Canonical]:
        """Both levels as they were typed."""
        fields = object_of(canonical)
        return {name: LEVEL.typed(fields[name]) for name in ("lower", "upper")}

    def schema(self) -> Schema:
        """JSON Schema of a band."""
        properties = {"lower": LEVEL.schema(), "upper": LEVEL.schema()}
        return schema_of(properties, ("lower", "upper"), "Two levels of one datum, lower below upper.", self.example)

    def differs(self, a: Canonical, b: Canonical) -> bool:
        """Whether either limit differs."""
        one, other = object_of(a), object_of(b)
        return any(LEVEL.differs(one[name], other[name]) for name in ("lower", "upper"))
