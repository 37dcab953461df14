"""Positions as officers type them, and routes of them: WGS 84, latitude first, the notation kept.

Read: decimal degrees (35.3333 N 40.1500 E; 35.3333, 40.15), degrees and minutes, degrees, minutes and seconds, and the
compact form of ICAO flight plans and notices (3520N04009E, 352000N0400900E; Doc 4444 Appendix 2, Annex 15). Whatever
could be read in two ways is refused: without its hemisphere a position can be on the other side of the world. MGRS is
not read. Two positions are the same within 10 metres on the geodesic: seconds rounded to decimals of a degree move a
position by less, and nothing that a line is asked to protect is smaller.
"""

import re
from decimal import Decimal
from typing import Any, Final

from pyproj import Geod

from skyparley.catalogue.kinds.base import Canonical, Kind, Schema, object_of, whole
from skyparley.errors import InvalidInputError
from skyparley.geometry.footprint import check_position

SAME_POSITION_M: Final = 10.0
MAX_POSITION_LENGTH: Final = 80
MAX_ROUTE_POINTS: Final = 50
DEGREES_E7: Final = 10_000_000
_GEOD: Final = Geod(ellps="WGS84")
_SIGNS: Final = str.maketrans(
    {
        "º": "°",
        "˚": "°",
        "′": "'",
        "’": "'",
        "‘": "'",
        "ʹ": "'",
        "″": '"',
        "”": '"',
        "“": '"',
        "ʺ": '"',
        "−": "-",
        "\u00a0": " ",
        "\u202f": " ",
    }
)
_MARKS: Final = dict.fromkeys(map(ord, "\u200e\u200f\u2066\u2067\u2068\u2069"))
"""Marks of direction, which come along when a position is copied from a message in Arabic."""
_LIKE: Final = "35.3333 N 40.1500 E, 35°20'00\"N 040°09'00\"E or 352000N0400900E"

_ANGLE: Final = (
    r"(?P<{0}d>\d{{1,{1}}}(?:\.\d{{1,9}})?)(?:\s*°\s*|\s+|(?=[NSEW]))"
    r"(?:(?P<{0}m>\d{{1,2}}(?:\.\d{{1,9}})?)(?:\s*'\s*|\s+|(?=[NSEW]))"
    r"(?:(?P<{0}s>\d{{1,2}}(?:\.\d{{1,9}})?)(?:\s*(?:\"|'')\s*|\s+|(?=[NSEW])))?)?"
)
_TRAILING: Final = re.compile(
    _ANGLE.format("a", 2) + r"(?P<ah>[NS])\s*[,;/]?\s*" + _ANGLE.format("b", 3) + r"(?P<bh>[EW])",
    re.IGNORECASE | re.ASCII,
)
_LEADING: Final = re.compile(
    r"(?P<ah>[NS])\s*" + _ANGLE.format("a", 2).replace("(?=[NSEW])", r"(?=[\s,;/EW])") + r"\s*[,;/]?\s*"
    r"(?P<bh>[EW])\s*" + _ANGLE.format("b", 3).replace("(?=[NSEW])", "$"),
    re.IGNORECASE | re.ASCII,
)
_COMPACT: Final = re.compile(
    r"(?P<ad>\d{2})(?:(?P<am>\d{2})(?:(?P<as>\d{2}(?:\.\d{1,4})?))?)?(?P<ah>[NS])\s?"
    r"(?P<bd>\d{3})(?:(?P<bm>\d{2})(?:(?P<bs>\d{2}(?:\.\d{1,4})?))?)?(?P<bh>[EW])",
    re.IGNORECASE | re.ASCII,
)
_SIGNED: Final = re.compile(r"(?P<a>[+-]?\d{1,2}\.\d{1,9})°?\s*[,;]\s*(?P<b>[+-]?\d{1,3}\.\d{1,9})°?", re.ASCII)
_MGRS: Final = re.compile(r"\d{1,2}\s?[C-HJ-NP-X]\s?[A-HJ-NP-Z]{2}[\s\d]*", re.IGNORECASE | re.ASCII)
_ROUTE_EXAMPLE: Final[list[str]] = ["35.3333 N 40.1500 E", "352800N0401500E"]


class PositionKind(Kind):
    """A position: a text as an officer types it."""

    name = "position"
    example = "35°20'00\"N 040°09'00\"E"

    def parse(self, value: object, place: str) -> Canonical:
        """The text as typed, its notation, and WGS 84 latitude and longitude in 1e-7 degrees."""
        if not isinstance(value, str):
            raise InvalidInputError(f"a position is a text as typed: write it like {_LIKE}", place=place)
        text = value.translate(_MARKS).strip()
        if len(text) > MAX_POSITION_LENGTH:
            raise InvalidInputError(f"a position may have at most {MAX_POSITION_LENGTH} characters", place=place)
        notation, latitude_deg, longitude_deg = _read(text, place)
        check_position(float(latitude_deg), float(longitude_deg), place=place)
        return {
            "text": text,
            "notation": notation,
            "latitude_e7": whole(latitude_deg * DEGREES_E7),
            "longitude_e7": whole(longitude_deg * DEGREES_E7),
        }

    def typed(self, canonical: Canonical) -> str:
        """The text as it was typed."""
        return str(object_of(canonical)["text"])

    def schema(self) -> Schema:
        """JSON Schema of a position."""
        description = f"A WGS 84 position as typed, latitude first: {_LIKE}."
        return {
            "type": "string",
            "maxLength": MAX_POSITION_LENGTH,
            "description": description,
            "examples": [self.example],
        }

    def differs(self, a: Canonical, b: Canonical) -> bool:
        """Whether the positions are more than 10 metres apart, in whatever notation each is."""
        return distance_m(a, b) > SAME_POSITION_M


class RouteKind(Kind):
    """A route: from 2 to 50 positions, in the order in which they are flown or driven."""

    name = "route"
    example = _ROUTE_EXAMPLE
    least = 2

    def parse(self, value: object, place: str) -> Canonical:
        """All positions of a route."""
        if not isinstance(value, list) or not self.least <= len(value) <= MAX_ROUTE_POINTS:
            raise InvalidInputError(
                f"{self.name}: a list of {self.least} to {MAX_ROUTE_POINTS} positions in order", place=place
            )
        return [POSITION.parse(point, f"{place}[{index}]") for index, point in enumerate(value)]

    def typed(self, canonical: Canonical) -> list[str]:
        """The positions as they were typed."""
        return [POSITION.typed(point) for point in points_of(canonical)]

    def schema(self) -> Schema:
        """JSON Schema of a route."""
        return {
            "type": "array",
            "items": POSITION.schema(),
            "minItems": self.least,
            "maxItems": MAX_ROUTE_POINTS,
            "description": f"From {self.least} positions on, in order.",
            "examples": [self.example],
        }

    def differs(self, a: Canonical, b: Canonical) -> bool:
        """Whether the routes have different numbers of positions, or one of them differs."""
        one, other = points_of(a), points_of(b)
        return len(one) != len(other) or any(POSITION.differs(p, q) for p, q in zip(one, other, strict=True))


class OutlineKind(RouteKind):
    """The outline of an area: from 3 to 50 positions around it; the last is joined to the first along a geodesic."""

    name = "outline"
    example = [*_ROUTE_EXAMPLE, "352400N0403000E"]  # noqa: RUF012 - shown, never changed
    least = 3


def distance_m(a: Canonical, b: Canonical) -> float:
    """Geodesic distance on the WGS 84 ellipsoid between two canonical positions (metres)."""
    one, other = object_of(a), object_of(b)
    degrees = [value / DEGREES_E7 for it in (one, other) for value in (it["longitude_e7"], it["latitude_e7"])]
    return float(_GEOD.inv(*degrees)[2])


def points_of(canonical: Canonical) -> list[Canonical]:
    """The positions of a canonical route. Raises `InvalidInputError` if it is none."""
    if not isinstance(canonical, list):
        raise InvalidInputError("must be a list of positions")
    return canonical


def _read(text: str, place: str) -> tuple[str, Decimal, Decimal]:
    plain = text.translate(_SIGNS)
    signed = _SIGNED.fullmatch(plain)
    if signed:
        return "decimal", Decimal(signed["a"]), Decimal(signed["b"])
    compact = _COMPACT.fullmatch(plain)
    found = compact or _TRAILING.fullmatch(plain) or _LEADING.fullmatch(plain)
    if not found:
        raise InvalidInputError(_why_not(plain), place=place)
    parts = found.groupdict()
    finest = "s" if parts["as"] else "m" if parts["am"] else "d"
    if bool(parts["as"]) != bool(parts["bs"]) or bool(parts["am"]) != bool(parts["bm"]):
        raise InvalidInputError("write latitude and longitude in the same notation", place=place)
    notation = "icao" if compact else {"s": "dms", "m": "degrees_minutes", "d": "decimal"}[finest]
    return notation, _angle(parts, "a", place), _angle(parts, "b", place)


def _angle(parts: dict[str, Any], which: str, place: str) -> Decimal:
    degrees, minutes, seconds = (Decimal(parts[f"{which}{part}"] or 0) for part in "dms")
    coarse = [parts[f"{which}{part}"] for part in "dms" if parts[f"{which}{part}"]][:-1]
    if any("." in part for part in coarse):
        raise InvalidInputError("only the last part of an angle may have a fraction", place=place)
    if minutes >= 60 or seconds >= 60:
        raise InvalidInputError("minutes and seconds must be below 60", place=place)
    angle = degrees + minutes / 60 + seconds / 3600
    return -angle if parts[f"{which}h"] in "SWsw" else angle


def _why_not(text: str) -> str:
    if _MGRS.fullmatch(text):
        return f"MGRS is not read: convert it and write WGS 84 degrees, like {_LIKE}"
    if re.search(r"\d,\d", text) and "." not in text:
        return f"write a decimal point, not a decimal comma, like {_LIKE}"
    if not re.search(r"[NSEW]", text, re.IGNORECASE | re.ASCII) and re.search(r"\d", text):
        return f"cannot tell the hemisphere: add N or S to the latitude and E or W to the longitude, like {_LIKE}"
    return f"cannot read {text[:40]!r} as a position: latitude first, then longitude, like {_LIKE}"


POSITION: Final = PositionKind()
