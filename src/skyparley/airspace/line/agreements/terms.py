"""Terms: the numbers that a clause of an agreement lays down, as a closed list of records.

The software runs on these numbers, so each has one meaning, one unit, and limits that are checked when the clause is
proposed; `contradictions` says which numbers of one agreement cannot hold together. Integers and strings only: lengths
are whole millimetres, times whole seconds, places 1e-7 degrees (WGS 84), frequencies whole hertz.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from skyparley.airspace import limits
from skyparley.errors import InvalidInputError
from skyparley.geometry.interval import EARLIEST_US, LATEST_US
from skyparley.vocabulary import PRECEDENCES

CONFLICT_ONLY: Final = "conflict_only"
OVERLAP: Final = "overlap"
IDENTIFIED: Final = "identified"
DISCLOSURES: Final = (CONFLICT_ONLY, OVERLAP, IDENTIFIED)
"""What the other side of a conflict learns: that, where, when and how close; also the overlapping part of volumes;
also the operation's identifier."""
DEFINITION_UNITS: Final = ("m", "km", "NM", "ft", "FL", "s", "min", "h", "deg", "kt", "km/h")

MAX_SEPARATION_MM: Final = 500_000_000
MAX_VERTICAL_MM: Final = 50_000_000
MAX_NOTICE_S: Final = 30 * 86_400
MAX_ANSWER_S: Final = 86_400
MAX_INTERVAL_S: Final = 31 * 86_400
MIN_INTERVAL_S: Final = 60
MAX_RANK: Final = 1_000
MIN_FREQUENCY_HZ: Final = 1_000_000
MAX_FREQUENCY_HZ: Final = 3_000_000_000
MAX_PLACE_RADIUS_MM: Final = 500_000_000
MAX_AMOUNT_MILLI: Final = 10**12
MAX_WORD_LENGTH: Final = 64
_WORD: Final = re.compile(rf"[^\x00-\x1f\x7f-\x9f<>]{{1,{MAX_WORD_LENGTH}}}")


class SeparationTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="separation", tag_field="kind"):
    """How close flights of two classes may come: less than both at once infringes. The classes are in order."""

    class_a: str
    class_b: str
    horizontal_mm: int
    vertical_mm: int


class NoticeTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="notice", tag_field="kind"):
    """How long before it begins an operation of a class is filed or amended; hazard areas have the class `hazard`."""

    operation_class: str
    notice_s: int


class AnswerTimeTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="answer_time", tag_field="kind"):
    """How long a message of a precedence may wait for its answer before it goes on to the next post."""

    precedence: str
    answer_s: int


class DisclosureTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="disclosure", tag_field="kind"):
    """What the other side of a conflict learns: one of `DISCLOSURES`."""

    level: str


class PriorityTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="priority", tag_field="kind"):
    """The rank of a class: of two in conflict the lower rank gives way; classes without one have rank 0.

    Operations of a class that `warns_at_once` warn the others when they are filed, and are negotiated afterwards.
    """

    operation_class: str
    rank: int
    warns_at_once: bool


class LineTestTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="line_test", tag_field="kind"):
    """How often the line is tested, and within what time a test is answered."""

    interval_s: int
    answer_s: int


class UnresolvedTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="unresolved", tag_field="kind"):
    """How long before the later of two operations begins a conflict that is still unresolved is an alarm."""

    lead_s: int


class ContactTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="contact", tag_field="kind"):
    """The post at which a party is reached."""

    party: str
    post: str


class FrequencyTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="frequency", tag_field="kind"):
    """The radio frequency for a purpose, such as `guard` or `coordination`."""

    purpose: str
    frequency_hz: int


class PlaceTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="place", tag_field="kind"):
    """A named place: WGS 84, 1e-7 degrees, and how far around it still counts as it."""

    name: str
    latitude_e7: int
    longitude_e7: int
    radius_mm: int


class DefinitionTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="definition", tag_field="kind"):
    """A word with its number: `overhead`, 500,000 thousandths of a metre."""

    word: str
    amount_milli: int
    unit: str


class ReviewTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="review", tag_field="kind"):
    """When the agreement is to be reviewed (microseconds since 1970 UTC)."""

    review_us: int


class ExclusionTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="exclusion", tag_field="kind"):
    """What the agreement leaves out; the clause's text says what."""


Term = (
    SeparationTerm
    | NoticeTerm
    | AnswerTimeTerm
    | DisclosureTerm
    | PriorityTerm
    | LineTestTerm
    | UnresolvedTerm
    | ContactTerm
    | FrequencyTerm
    | PlaceTerm
    | DefinitionTerm
    | ReviewTerm
    | ExclusionTerm
)


def kind_of(term: Term) -> str:
    """The word for the kind of a term, such as `separation`."""
    return str(term.__struct_config__.tag)


def subject_of(term: Term) -> str:
    """What of its kind a term is about; two terms of one kind and subject in one agreement contradict each other."""
    if isinstance(term, SeparationTerm):
        return f"{term.class_a}/{term.class_b}"
    if isinstance(term, NoticeTerm | PriorityTerm):
        return term.operation_class
    if isinstance(term, AnswerTimeTerm):
        return term.precedence
    if isinstance(term, ContactTerm):
        return term.party
    if isinstance(term, FrequencyTerm):
        return term.purpose
    if isinstance(term, PlaceTerm):
        return term.name.casefold()
    if isinstance(term, DefinitionTerm):
        return term.word.casefold()
    return ""


def check_term(term: Term) -> None:
    """Raise `InvalidInputError`, with place and remedy, if a term is impossible in itself."""
    if isinstance(term, SeparationTerm):
        _check_separation(term)
    elif isinstance(term, NoticeTerm):
        limits.check_operation_class(term.operation_class)
        _check_range(term.notice_s, 0, MAX_NOTICE_S, "notice_s", "seconds")
    elif isinstance(term, AnswerTimeTerm):
        _check_choice(term.precedence, PRECEDENCES, "precedence")
        _check_range(term.answer_s, 1, MAX_ANSWER_S, "answer_s", "seconds")
    elif isinstance(term, DisclosureTerm):
        _check_choice(term.level, DISCLOSURES, "level")
    elif isinstance(term, PriorityTerm):
        limits.check_operation_class(term.operation_class)
        _check_range(term.rank, 0, MAX_RANK, "rank", "")
    elif isinstance(term, LineTestTerm):
        _check_range(term.interval_s, MIN_INTERVAL_S, MAX_INTERVAL_S, "interval_s", "seconds")
        _check_range(term.answer_s, 1, term.interval_s - 1, "answer_s", "seconds, less than interval_s")
    elif isinstance(term, UnresolvedTerm):
        _check_range(term.lead_s, 0, MAX_NOTICE_S, "lead_s", "seconds")
    elif isinstance(term, ContactTerm):
        limits.check_party_id(term.party)
        limits.check_post_id(term.post)
    else:
        _check_named(term)


def _check_named(term: Term) -> None:
    if isinstance(term, FrequencyTerm):
        limits.check_operation_class(term.purpose, place="purpose")
        _check_range(term.frequency_hz, MIN_FREQUENCY_HZ, MAX_FREQUENCY_HZ, "frequency_hz", "hertz")
    elif isinstance(term, PlaceTerm):
        _check_word(term.name, "name")
        _check_range(term.latitude_e7, -900_000_000, 900_000_000, "latitude_e7", "1e-7 degrees")
        _check_range(term.longitude_e7, -1_800_000_000, 1_800_000_000, "longitude_e7", "1e-7 degrees")
        _check_range(term.radius_mm, 1_000, MAX_PLACE_RADIUS_MM, "radius_mm", "millimetres")
    elif isinstance(term, DefinitionTerm):
        _check_word(term.word, "word")
        _check_range(term.amount_milli, 0, MAX_AMOUNT_MILLI, "amount_milli", "thousandths of the unit")
        _check_choice(term.unit, DEFINITION_UNITS, "unit")
    elif isinstance(term, ReviewTerm):
        _check_range(term.review_us, EARLIEST_US, LATEST_US, "review_us", "microseconds since 1970 UTC")


def contradictions(terms: Sequence[tuple[str, Term]], members: Iterable[str]) -> list[str]:
    """Sentences on what cannot hold together among `(clause number, term)`; empty if all can."""
    found: list[str] = []
    seen: dict[tuple[str, str], str] = {}
    for number, term in terms:
        if isinstance(term, ExclusionTerm):
            continue
        key = kind_of(term), subject_of(term)
        if key in seen:
            about = f" for '{key[1]}'" if key[1] else ""
            found.append(f"clauses {seen[key]} and {number} both lay down {key[0]}{about}: keep one")
        seen.setdefault(key, number)
        if isinstance(term, ContactTerm) and term.party not in members:
            found.append(f"clause {number} names a post of '{term.party}', which is no party to the agreement")
    times = {term.precedence: (number, term.answer_s) for number, term in terms if isinstance(term, AnswerTimeTerm)}
    known = [(word, *times[word]) for word in PRECEDENCES if word in times]
    for (urgent, number, answer_s), (other, other_number, other_s) in pairwise(known):
        if answer_s > other_s:
            found.append(
                f"clause {number} gives {urgent} {answer_s} s, longer than the {other_s} s that clause {other_number}"
                f" gives {other}: the more urgent may not wait longer"
            )
    return found


def _check_separation(term: SeparationTerm) -> None:
    limits.check_operation_class(term.class_a, place="class_a")
    limits.check_operation_class(term.class_b, place="class_b")
    if term.class_a > term.class_b:
        raise InvalidInputError("the two classes must be named in alphabetical order", place="class_a")
    _check_range(term.horizontal_mm, 1, MAX_SEPARATION_MM, "horizontal_mm", "millimetres")
    _check_range(term.vertical_mm, 1, MAX_VERTICAL_MM, "vertical_mm", "millimetres")


def _check_range(value: int, least: int, most: int, place: str, unit: str) -> None:
    if not least <= value <= most:
        raise InvalidInputError(f"must be a whole number from {least} to {most} {unit}".rstrip(), place=place)


def _check_choice(value: str, choices: Sequence[str], place: str) -> None:
    if value not in choices:
        raise InvalidInputError(f"unknown: use one of {', '.join(choices)}", place=place)


def _check_word(text: str, place: str) -> None:
    if not _WORD.fullmatch(text) or not text.strip():
        raise InvalidInputError(
            f"is 1 to {MAX_WORD_LENGTH} characters without markup and control characters", place=place
        )
