"""The texts of each language: Fluent files beside this module, read once.

Fluent (projectfluent.org) chooses plural forms by the rules of Unicode CLDR, through Babel. In Arabic every value is
wrapped in marks of isolation (U+2068, U+2069), so that Latin call signs and numbers keep their order within a line
that runs from right to left. In the other languages only a value that holds right-to-left script is wrapped, so that
whatever else is copied from a message can be typed again.
"""

import importlib.resources
import unicodedata
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final, Literal

from babel import Locale
from fluent.runtime import FluentBundle, FluentResource
from fluent.runtime.types import fluent_number

from skyparley.catalogue.kinds.base import brief
from skyparley.errors import InvalidInputError
from skyparley.vocabulary import LANGUAGES

SOURCE_LANGUAGE: Final = "en"
_MOST_DIGITS: Final = 20
_LOCALES: Final[Mapping[str, Locale]] = MappingProxyType({language: Locale(language) for language in LANGUAGES})


def check_language(language: object) -> str:
    """A language of the catalogue. Raises `InvalidInputError` that names those that there are."""
    if not isinstance(language, str) or language not in LANGUAGES:
        raise InvalidInputError(f"unknown language {brief(language)}: use {', '.join(LANGUAGES)}", place="language")
    return language


def locale_of(language: str) -> Locale:
    """The locale by which a language writes its numbers. Raises `InvalidInputError` for an unknown language."""
    return _LOCALES[check_language(language)]


def direction(language: str) -> Literal["ltr", "rtl"]:
    """The direction in which a language is written. Raises `InvalidInputError` for an unknown one."""
    return "rtl" if locale_of(language).text_direction == "rtl" else "ltr"


def source_text(language: str) -> str:
    """The Fluent file of a language. Raises `InvalidInputError` for an unknown one."""
    place = importlib.resources.files("skyparley.catalogue").joinpath("texts", f"{check_language(language)}.ftl")
    return place.read_text(encoding="utf-8")


def review_status(language: str) -> str:
    """`source`, `unreviewed`, or `reviewed by NAME on DATE`, as a speaker has written it into the language's file."""
    return say(language, "review-status")


def say(language: str, identifier: str, attribute: str = "", **values: Any) -> str:
    """A text of a language with values in it; strings are taken as they are, numbers choose their plural form.

    Raises `InvalidInputError` for an unknown language.
    """
    bundle = _bundle(check_language(language))
    found = bundle.get_message(identifier)
    pattern = found.attributes[attribute] if attribute else found.value
    if pattern is None:
        raise InvalidInputError(f"{identifier} has no text in {language}", place="language")
    given = {name: _prepared(value, isolate=not bundle.use_isolating) for name, value in values.items()}
    text, errors = bundle.format_pattern(pattern, given)
    if errors:
        raise InvalidInputError(f"{identifier} cannot be said in {language}: {errors[0]}", place="parameters")
    return str(text)


@cache
def _bundle(language: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=direction(language) == "rtl")
    bundle.add_resource(FluentResource(source_text(language)))
    return bundle


def _prepared(value: Any, *, isolate: bool) -> Any:
    if not isinstance(value, str):
        # no groups: a point or a comma is a decimal mark (`figures.py`); and no rounding of what was typed
        return fluent_number(value, useGrouping=False, maximumFractionDigits=_MOST_DIGITS)
    if isolate and any(unicodedata.bidirectional(character) in {"R", "AL"} for character in value):
        return f"\u2068{value}\u2069"
    return value
