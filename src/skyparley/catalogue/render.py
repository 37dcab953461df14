"""A message in its reader's language: a title, plain sentences, and a row for each field.

The sentences say what every message of the type holds; what was added to it follows, one line each, under its label.
Nothing is translated but the catalogue's own words: free text, names and call signs stay as typed. Digits are ASCII
in every language (`figures.py`), times are UTC with the reader's local time in brackets.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from skyparley.catalogue.figures import show
from skyparley.catalogue.lists.base import PARAMETER_KINDS
from skyparley.catalogue.messages import message_type
from skyparley.catalogue.moments import find_zone
from skyparley.catalogue.parameters import CHOICES, Canonical
from skyparley.catalogue.texts import check_language, direction, review_status, say
from skyparley.errors import InvalidInputError
from skyparley.geometry.altitude import Datum

__all__ = ["WORDS", "Row", "direction", "label", "render", "review_status", "rows", "title", "word"]

WORDS: Final = frozenset(
    [datum.value for datum in Datum] + ["true", "magnetic"] + [each for words in CHOICES.values() for each in words]
)
"""Every enumerated word that each language translates."""


class Row(msgspec.Struct, frozen=True):
    """One field of a message as its reader sees it: the parameter's name, its label, its value."""

    name: str
    label: str
    value: str


def title(code: str, language: str) -> str:
    """The short name of a message. Raises `InvalidInputError` for an unknown code or language."""
    return say(check_language(language), message_type(code).code, "title")


def label(parameter_name: str, language: str) -> str:
    """The label of a parameter. Raises `InvalidInputError` for an unknown one or an unknown language."""
    if parameter_name not in PARAMETER_KINDS:
        raise InvalidInputError(f"no parameter {parameter_name[:40]!r} in the catalogue", place="parameters")
    return say(check_language(language), f"label-{parameter_name}")


def word(value: str, language: str) -> str:
    """An enumerated word, such as a reason or a datum. Raises `InvalidInputError` for one that is unknown."""
    if value not in WORDS:
        raise InvalidInputError(f"no word {value[:40]!r} in the catalogue", place="parameters")
    return say(check_language(language), f"word-{value}")


def rows(code: str, values: Mapping[str, Canonical], language: str, *, zone: str = "UTC") -> tuple[Row, ...]:
    """Each field that a message or a read-back holds, in the catalogue's order; `values` are canonical.

    Raises `InvalidInputError` for an unknown code, language or zone.
    """
    check_language(language)
    find_zone(zone)
    return tuple(
        Row(parameter.name, label(parameter.name, language), show(parameter, values[parameter.name], language, zone))
        for parameter in message_type(code).parameters
        if parameter.name in values
    )


def render(code: str, values: Mapping[str, Canonical], language: str, *, zone: str = "UTC") -> str:
    """A message in plain sentences, one line for what it must hold and one for each thing that was added.

    `values` are canonical, as `parse_message` and `decode_body` make them; `zone` is the reader's, an IANA name.
    Raises `InvalidInputError` for an unknown code, language or zone, or if a required parameter is missing.
    """
    required = {parameter.name for parameter in message_type(code).parameters if parameter.required}
    shown = rows(code, values, language, zone=zone)
    missing = required - {row.name for row in shown}
    if missing:
        raise InvalidInputError(f"{code} needs {', '.join(sorted(missing))}", place="parameters")
    # typed lines are set in, so that none of them can pass for a line of the catalogue
    values_by_name = {row.name: row.value.replace("\n", "\n    ") for row in shown}
    sentence = say(language, code, **{name: value for name, value in values_by_name.items() if name in required})
    added = [
        say(language, "detail", label=row.label, value=values_by_name[row.name])
        for row in shown
        if row.name not in required
    ]
    return "\n".join([sentence, *added])
