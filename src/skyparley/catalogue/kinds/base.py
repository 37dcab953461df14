"""What every kind of parameter can do, and how a number is read with its unit.

A kind turns what a client sends as JSON into a canonical value: integers and strings only, of which two programs make
the same bytes and so the same digest. A quantity keeps its number and unit as typed beside the whole number that
machines compare, because an officer reads back what the other one typed. A bare number is refused: a level without its
datum and a time without its zone have brought aircraft together before.
"""

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final, TypeAlias

from skyparley.errors import InvalidInputError

Canonical: TypeAlias = str | int | list["Canonical"] | dict[str, "Canonical"]
"""What is digested and kept: integers, strings, and lists and objects of them."""

Schema: TypeAlias = dict[str, Any]
"""A fragment of JSON Schema (draft 2020-12), as the API document holds it."""

MAX_NUMBER_LENGTH: Final = 20
_TOO_LONG: Final = f"a number may have at most {MAX_NUMBER_LENGTH} characters"


class Kind(ABC):
    """One kind of parameter.

    `name` is the word for it in the catalogue; `example` is a value as a client would send it.
    """

    name: str
    example: Any

    @abstractmethod
    def parse(self, value: object, place: str) -> Canonical:
        """The canonical form of what a client sent. Raises `InvalidInputError` with place and remedy."""

    @abstractmethod
    def typed(self, canonical: Canonical) -> Any:
        """What a client would send for a canonical value: `parse` of it gives the same value again."""

    @abstractmethod
    def schema(self) -> Schema:
        """What a client may send, as JSON Schema."""

    def differs(self, a: Canonical, b: Canonical) -> bool:
        """Whether two canonical values say different things to those who act on them."""
        return a != b


def fields_of(
    value: object, place: str, *, required: tuple[str, ...], optional: tuple[str, ...] = (), like: object
) -> Any:
    """A JSON object with exactly these fields. Raises `InvalidInputError` that shows what to write instead.

    `like` is an example as a client would send it, or a text that shows several.
    """
    like = like if isinstance(like, str) else json.dumps(like)
    if not isinstance(value, Mapping):
        bare = isinstance(value, int | float) and not isinstance(value, bool)
        what = f"a bare number says neither its unit nor what it is measured from: add {', '.join(required[1:])}"
        raise InvalidInputError(f"{what if bare else 'must be an object'}, like {like}", place=place)
    for name in value:
        if name not in (*required, *optional):
            raise InvalidInputError(
                f"unknown field {brief(name)}: use {', '.join((*required, *optional))}, like {like}", place=place
            )
    for name in required:
        if name not in value:
            raise InvalidInputError(f"{name} is missing: write it like {like}", place=f"{place}.{name}")
    return value


def number_of(value: object, place: str) -> tuple[str, Decimal]:
    """A number as typed, and exactly. Takes a JSON number or a text such as "243.000".

    Raises `InvalidInputError` for anything else, such as a number with a decimal comma or an infinite one.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise InvalidInputError("must be a number, or a text that holds one, such as 350", place=place)
    if isinstance(value, int) and abs(value) >= 10**MAX_NUMBER_LENGTH:
        raise InvalidInputError(_TOO_LONG, place=place)
    if isinstance(value, float) and (not math.isfinite(value) or value.is_integer()):
        value = int(value) if math.isfinite(value) else "infinite"
    text = value.strip() if isinstance(value, str) else str(value)
    plain = text.removeprefix("-")
    if not plain.isascii() or not plain.replace(".", "", 1).isdigit() or not (plain[0] + plain[-1]).isdigit():
        raise InvalidInputError(
            f"cannot read {text[:30]!r} as a number: write digits and at most one decimal point, without spaces",
            place=place,
        )
    if len(text) > MAX_NUMBER_LENGTH:
        raise InvalidInputError(_TOO_LONG, place=place)
    return text, Decimal(text)


def brief(value: object) -> str:
    """What a client sent, short enough for an error message and with nothing in it that a terminal obeys."""
    try:
        return repr((value if isinstance(value, str) else str(value))[:40])
    except ValueError:  # Python refuses to write out a number of thousands of digits
        return "a number of thousands of digits"


def unit_of(value: object, units: Mapping[str, Any], place: str) -> str:
    """A unit by its symbol. Raises `InvalidInputError` that lists those that exist."""
    if not isinstance(value, str) or value not in units:
        raise InvalidInputError(f"unknown unit {brief(value)}: use {', '.join(units)}", place=place)
    return value


def whole(number: Decimal) -> int:
    """The nearest whole number; halves go to the even one, as in IEEE 754."""
    return int(number.to_integral_value(ROUND_HALF_EVEN))


def object_of(canonical: Canonical) -> Any:
    """The fields of a canonical value that is an object. Raises `InvalidInputError` if it is none."""
    if not isinstance(canonical, dict):
        raise InvalidInputError("must be an object")
    return canonical


def schema_of(properties: Schema, required: tuple[str, ...], description: str, example: Any) -> Schema:
    """JSON Schema of a closed object."""
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
        "examples": [example],
    }


NUMBER_SCHEMA: Final[Schema] = {"type": ["number", "string"]}
