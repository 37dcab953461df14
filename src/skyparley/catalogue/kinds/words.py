"""Words: identifiers, call signs, terms, places, enumerated words that every language translates, and free text.

Free text is kept exactly as typed and closes nothing; what plain text is, is said in `vocabulary.py`.
"""

import re
import unicodedata
from typing import Final

from skyparley.catalogue.kinds.base import Canonical, Kind, Schema, brief
from skyparley.errors import InvalidInputError
from skyparley.vocabulary import (
    HAZARD_KINDS,
    OPERATION_PATTERN,
    PARTY_PATTERN,
    POST_PATTERN,
    check_plain_text,
)

MAX_TEXT_LENGTH: Final = 2_000
MAX_WORD_LENGTH: Final = 80

REASONS: Final = (
    "weather", "traffic", "safety_of_flight", "emergency_in_progress", "priority_operation", "fuel", "technical",
    "crew", "airspace_not_available", "coordination_incomplete", "protected_movement", "notice_too_late",
    "outside_agreement", "unable_to_verify", "not_authorised", "other",
)  # fmt: skip
NATURES: Final = (
    "engine_failure", "fire", "fuel_shortage", "medical_emergency", "structural_damage", "decompression",
    "navigation_failure", "position_unknown", "forced_landing", "crew_parachuting", "control_link_lost",
    "nature_unknown",
)  # fmt: skip
NEEDS: Final = (
    "search_and_rescue", "medical_evacuation", "landing_site", "refuelling", "escort", "navigation_help",
    "radio_relay", "clear_airspace", "tow",
)  # fmt: skip
MOVEMENTS: Final = (
    "aid_convoy", "ambulance", "evacuation_of_civilians", "repair_crew", "inspection", "repatriation",
)  # fmt: skip


class PatternKind(Kind):
    """A word of a narrow alphabet, written as `pattern`; `remedy` says so to people."""

    def __init__(self, name: str, pattern: str, remedy: str, example: str, *, upper: bool = False) -> None:
        self.name, self.example = name, example
        self._pattern, self._remedy, self._upper = pattern, remedy, upper

    def parse(self, value: object, place: str) -> Canonical:
        """The word, in capitals where the field writes it so."""
        text = value.strip() if isinstance(value, str) else ""
        text = text.upper() if self._upper and text.isascii() else text
        if not re.fullmatch(self._pattern, text):
            raise InvalidInputError(f"cannot take {brief(value)}: write {self._remedy}", place=place)
        return text

    def typed(self, canonical: Canonical) -> Canonical:
        """The word itself."""
        return canonical

    def schema(self) -> Schema:
        """JSON Schema of the word; where capitals are made, small letters are taken too."""
        pattern = self._pattern.replace("A-Z", "A-Za-z") if self._upper else self._pattern
        return {"type": "string", "pattern": f"^{pattern}$", "description": self._remedy, "examples": [self.example]}


class ChoiceKind(Kind):
    """One of a closed list of words, each of which every language translates."""

    def __init__(self, name: str, words: tuple[str, ...]) -> None:
        self.name, self.words, self.example = name, words, words[0]

    def parse(self, value: object, place: str) -> Canonical:
        """The word. Raises `InvalidInputError` that lists those that exist."""
        if not isinstance(value, str) or value not in self.words:
            raise InvalidInputError(f"unknown word {brief(value)}: use {', '.join(self.words)}", place=place)
        return value

    def typed(self, canonical: Canonical) -> Canonical:
        """The word itself."""
        return canonical

    def schema(self) -> Schema:
        """JSON Schema of the choice."""
        return {"type": "string", "enum": list(self.words), "examples": [self.example]}


class TextKind(Kind):
    """Text in any language; `lines` says whether it may have more than one line."""

    def __init__(self, name: str, max_length: int, example: str, *, lines: bool) -> None:
        self.name, self.example = name, example
        self._max_length, self._lines = max_length, lines

    def parse(self, value: object, place: str) -> Canonical:
        """The text as typed, in Unicode's composed form, without space around it."""
        if not isinstance(value, str):
            raise InvalidInputError("must be a text", place=place)
        text = unicodedata.normalize("NFC", value).strip()
        if not text:
            raise InvalidInputError("must not be empty: leave the field out, or write something", place=place)
        if len(text) > self._max_length:
            raise InvalidInputError(
                f"has {len(text):,} characters, {self._max_length:,} are the most: shorten it", place=place
            )
        check_plain_text(text, lines=self._lines, place=place)
        return text

    def typed(self, canonical: Canonical) -> Canonical:
        """The text itself."""
        return canonical

    def schema(self) -> Schema:
        """JSON Schema of the text."""
        return {
            "type": "string",
            "minLength": 1,
            "maxLength": self._max_length,
            "description": "Plain text in any language, without markup.",
            "examples": [self.example],
        }


WORD_KINDS: Final[tuple[Kind, ...]] = (
    PatternKind("party", PARTY_PATTERN, "1 to 64 of a-z, 0-9 and hyphen", "alpha"),
    PatternKind("post", POST_PATTERN, "1 to 32 of a-z, 0-9 and hyphen", "duty"),
    PatternKind("operation", OPERATION_PATTERN, "1 to 128 of A-Z, a-z, 0-9 and . _ : / + -", "east-12"),
    PatternKind(
        "callsign", r"[A-Z0-9](?:[A-Z0-9 -]{0,14}[A-Z0-9])?", "1 to 16 Latin letters, digits, spaces or hyphens",
        "RESCUE 21", upper=True,
    ),
    PatternKind(
        "aircraft_type", r"[A-Z][A-Z0-9]{1,3}", "an ICAO type designator (Doc 8643) such as C130, or ZZZZ", "C130",
        upper=True,
    ),
    ChoiceKind("reason", REASONS),
    ChoiceKind("hazard_kind", HAZARD_KINDS),
    ChoiceKind("nature", NATURES),
    ChoiceKind("need", NEEDS),
    ChoiceKind("movement", MOVEMENTS),
    TextKind("term", MAX_WORD_LENGTH, "overhead", lines=False),
    TextKind("place", MAX_WORD_LENGTH, "Northern hospital", lines=False),
    TextKind("text", MAX_TEXT_LENGTH, "We see two lights near the bridge.", lines=True),
)  # fmt: skip
