"""The JSON of terms: what a client sends and reads, in metres, seconds and degrees, as closed records.

Inside they are whole numbers (`airspace/line/agreements/terms.py`). A record here stands for each that is written
otherwise there; the others are the same.
"""

from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from skyparley.airspace.line.agreements import terms
from skyparley.errors import InvalidInputError
from skyparley.geometry.interval import format_time, parse_time
from skyparley.units import MILLIMETRES_PER_METRE

_E7: Final = 10_000_000


class SeparationBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="separation", tag_field="kind"):
    """Flights of two classes infringe it by coming closer than both at once; classes in alphabetical order."""

    class_a: str
    class_b: str
    horizontal_m: float
    vertical_m: float


class NoticeBody(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    tag="notice",
    tag_field="kind",
    rename={"operation_class": "class"},
):
    """How long before its begin an operation of a class is filed; hazard areas are of the class `hazard`."""

    operation_class: str
    notice_s: int


class PriorityBody(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    tag="priority",
    tag_field="kind",
    rename={"operation_class": "class"},
):
    """The rank of a class: the lower gives way. Those that warn at once are negotiated afterwards."""

    operation_class: str
    rank: int
    warns_at_once: bool = False


class PlaceBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="place", tag_field="kind"):
    """A named place (WGS 84), and how far around it still counts as it."""

    name: str
    latitude_deg: float
    longitude_deg: float
    radius_m: float


class DefinitionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="definition", tag_field="kind"):
    """A word with its number: a decimal text with at most three places, and its unit."""

    word: str
    amount: str
    unit: str


class ReviewBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="review", tag_field="kind"):
    """When the agreement is to be reviewed: a time with its zone."""

    review: str


TermBody = (
    SeparationBody
    | NoticeBody
    | terms.AnswerTimeTerm
    | terms.DisclosureTerm
    | PriorityBody
    | terms.LineTestTerm
    | terms.UnresolvedTerm
    | terms.ContactTerm
    | terms.FrequencyTerm
    | PlaceBody
    | DefinitionBody
    | ReviewBody
    | terms.ExclusionTerm
)


def read_term(body: TermBody) -> terms.Term:
    """The term of a body. Raises `InvalidInputError` with the place in it."""
    if isinstance(body, SeparationBody):
        across_mm, up_mm = _mm(body.horizontal_m, "horizontal_m"), _mm(body.vertical_m, "vertical_m")
        return terms.SeparationTerm(body.class_a, body.class_b, across_mm, up_mm)
    if isinstance(body, NoticeBody):
        return terms.NoticeTerm(body.operation_class, body.notice_s)
    if isinstance(body, PriorityBody):
        return terms.PriorityTerm(body.operation_class, body.rank, body.warns_at_once)
    if isinstance(body, PlaceBody):
        return terms.PlaceTerm(
            body.name,
            _e7(body.latitude_deg, "latitude_deg"),
            _e7(body.longitude_deg, "longitude_deg"),
            _mm(body.radius_m, "radius_m"),
        )
    if isinstance(body, DefinitionBody):
        return terms.DefinitionTerm(body.word, _milli(body.amount), body.unit)
    if isinstance(body, ReviewBody):
        return terms.ReviewTerm(parse_time(body.review, place="review"))
    return body


def show_term(term: terms.Term) -> TermBody:
    """The body of a term."""
    if isinstance(term, terms.SeparationTerm):
        across_m, up_m = term.horizontal_mm / MILLIMETRES_PER_METRE, term.vertical_mm / MILLIMETRES_PER_METRE
        return SeparationBody(term.class_a, term.class_b, across_m, up_m)
    if isinstance(term, terms.NoticeTerm):
        return NoticeBody(term.operation_class, term.notice_s)
    if isinstance(term, terms.PriorityTerm):
        return PriorityBody(term.operation_class, term.rank, term.warns_at_once)
    if isinstance(term, terms.PlaceTerm):
        return PlaceBody(
            term.name, term.latitude_e7 / _E7, term.longitude_e7 / _E7, term.radius_mm / MILLIMETRES_PER_METRE
        )
    if isinstance(term, terms.DefinitionTerm):
        return DefinitionBody(term.word, _decimal(term.amount_milli), term.unit)
    if isinstance(term, terms.ReviewTerm):
        return ReviewBody(format_time(term.review_us))
    return term


def _mm(value_m: float, place: str) -> int:
    value_mm = round(value_m * MILLIMETRES_PER_METRE)
    if abs(value_mm - value_m * MILLIMETRES_PER_METRE) > 1e-3:
        raise InvalidInputError("is in whole millimetres: write at most three places", place=place)
    return value_mm


def _e7(value_deg: float, place: str) -> int:
    value = round(value_deg * _E7)
    if abs(value - value_deg * _E7) > 1e-2:
        raise InvalidInputError("is in 1e-7 degrees: write at most seven places", place=place)
    return value


def _milli(text: str) -> int:
    try:
        value = Decimal(text) * 1_000
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value != value.to_integral_value():
        raise InvalidInputError("is a decimal number in a text, with at most three places", place="amount")
    return int(value)


def _decimal(milli: int) -> str:
    text = str(Decimal(milli) / 1_000)
    return text.rstrip("0").rstrip(".") if "." in text else text
