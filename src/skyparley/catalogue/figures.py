"""Values for people, in their language: as typed first, then in the other units.

Digits are ASCII in every language, Arabic too: levels and positions are read back between officers who may not know
each other's digits. What was typed is shown unchanged, with its decimal point; numbers that are computed from it have
the decimal mark of the language. Thousands are set apart by a narrow space in every language (SI Brochure, 5.4.4), so
that a point or a comma is never anything but a decimal mark: 24.000 ft beside 243.000 MHz would be read in two ways.
Positions are shown in the letters N, S, E and W, so that they can be typed.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any, Final

from babel.numbers import format_decimal, get_group_symbol

from skyparley.catalogue.kinds.base import Canonical, object_of
from skyparley.catalogue.kinds.positions import DEGREES_E7, points_of
from skyparley.catalogue.kinds.times import instant_us
from skyparley.catalogue.lists.base import Parameter
from skyparley.catalogue.moments import local_text, utc_text
from skyparley.catalogue.parameters import CHOICES
from skyparley.catalogue.texts import direction, locale_of, say

_MM_PER_FOOT: Final = Decimal("304.8")
_MM_PER_M: Final = Decimal(1_000)
_GROUPS: Final = "\u202f"
_SYMBOLS: Final[Mapping[str, str]] = {"km/h": "kmh", "m/s": "ms"}


def show(parameter: Parameter, value: Canonical, language: str, zone: str = "UTC") -> str:
    """The canonical value of a parameter as its reader sees it.

    Raises `InvalidInputError` for an unknown language or zone.
    """
    kind = parameter.kind
    if kind in CHOICES:
        return say(language, f"word-{value}")
    if kind == "count":
        return _compose(language, f"count-{parameter.name}", number=value)
    if kind in ("time", "window"):
        return _time(value, language, zone) if kind == "time" else _window(object_of(value), language, zone)
    if kind in ("route", "outline"):
        return "; ".join(_position(point, language) for point in points_of(value))
    shown = _SHOWN.get(kind)
    return shown(value, language) if shown else str(value)


def _compose(language: str, identifier: str, **values: Any) -> str:
    """A value made of parts.

    Once it is isolated, its direction is that of its first letter, and its parts, which are isolated too, do not count:
    FL350 with its datum would run from left to right in an Arabic line. A mark (U+200F) says which way it runs.
    """
    text = say(language, identifier, **values)
    return f"\u200f{text}" if "\u2068" in text and direction(language) == "rtl" else text


def _level(value: Canonical, language: str) -> str:
    datum = say(language, f"word-{object_of(value)['datum']}")
    return _compose(language, "value-level", limit=_limit(value, language), datum=datum)


def _band(value: Canonical, language: str) -> str:
    fields = object_of(value)
    limits = {name: _limit(fields[name], language) for name in ("lower", "upper")}
    datum = say(language, f"word-{object_of(fields['lower'])['datum']}")
    return _compose(language, "value-band", **limits, datum=datum)


def _limit(value: Canonical, language: str) -> str:
    fields = object_of(value)
    altitude_mm = Decimal(fields["altitude_mm"])
    return _compose(
        language,
        f"value-limit-{fields['unit']}",
        # one value, so that a line from right to left cannot turn FL350 into 350 FL
        typed=f"FL{fields['value']}" if fields["unit"] == "FL" else fields["value"],
        feet=_number(altitude_mm / _MM_PER_FOOT, language, "#,##0"),
        metres=_number(altitude_mm / _MM_PER_M, language),
    )


def _position(value: Canonical, language: str) -> str:
    fields = object_of(value)
    decimal = " ".join(
        f"{abs(Decimal(fields[name]) / DEGREES_E7):.5f} {letters[fields[name] < 0]}"
        for name, letters in (("latitude_e7", "NS"), ("longitude_e7", "EW"))
    )
    return _compose(language, "value-position", typed=fields["text"], decimal=decimal)


def _time(value: Canonical, language: str, zone: str) -> str:
    moment_us = instant_us(value)
    utc = f"{utc_text(moment_us)} UTC"
    if zone == "UTC":
        return _compose(language, "value-time", utc=utc)
    return _compose(language, "value-time-local", utc=utc, local=local_text(moment_us, zone), zone=zone)


def _window(fields: Any, language: str, zone: str) -> str:
    ends = {name: _time(fields[f"{name}_us"], language, zone) for name in ("begin", "end")}
    return _compose(language, "value-window", **ends)


def _quantity(kind: str, value: Canonical, language: str) -> str:
    fields = object_of(value)
    identifier = f"value-{kind}-{_SYMBOLS.get(fields['unit'], fields['unit'])}"
    if kind == "duration":
        return _compose(language, identifier, number=_exact(fields["value"]))
    computed = {}
    if kind == "distance":
        computed["metres"] = _number(Decimal(fields["distance_mm"]) / _MM_PER_M, language)
    elif kind == "speed":
        computed["kmh"] = _number(Decimal(fields["speed_mm_s"]) * 36 / 10_000, language, "#,##0")
    return _compose(language, identifier, typed=fields["value"], **computed)


def _heading(value: Canonical, language: str) -> str:
    fields = object_of(value)
    whole, point, fraction = fields["value"].partition(".")
    return _compose(
        language,
        "value-heading",
        typed=f"{whole.zfill(3)}{point}{fraction}°",
        reference=say(language, f"word-{fields['reference']}"),
    )


def _exact(typed: str) -> int | float:
    """A typed number as a plural form is chosen for it: 1.0 hour is written and said as 1 hour."""
    number = Decimal(typed)
    # fluent.runtime gives every `Decimal` the form of last resort
    return int(number) if number == number.to_integral_value() else float(number)


def _number(number: Decimal, language: str, pattern: str = "#,##0.#") -> str:
    locale = locale_of(language)
    text = format_decimal(number, format=pattern, locale=locale, numbering_system="latn")
    return text.replace(get_group_symbol(locale, numbering_system="latn"), _GROUPS)


_SHOWN: Final[Mapping[str, Any]] = {
    "level": _level,
    "band": _band,
    "position": _position,
    "heading": _heading,
    **{kind: partial(_quantity, kind) for kind in ("frequency", "distance", "duration", "speed")},
}
