"""What is asked for and where: bodies as a USS sends them, in one level-13 cell, in bands above it, or over many cells.

Every volume lies well inside one cell, so that what is relevant to what is known here too: all creates of one *group*.
Bodies are put together from bytes that are made once; only identifier, times and key differ from one to the next.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from math import cos, radians
from typing import Any, Final

import s2geometry  # type: ignore[import-untyped]

from bench.dss.generator.job import SPREAD_CELLS, Layout

ELSEWHERE: Final = 1_000_000
"""So many references lie elsewhere while a query is measured."""
_HOME_DEG: Final = (46.94, 7.44)
_ELSEWHERE_DEG: Final = (59.33, 18.06)
_LEVEL: Final = 13
_HALF_DEG: Final = 100.0 / 111_195.0
_LOWER_M: Final = 400.0
_UPPER_M: Final = 520.0
_BAND_M: Final = 60.0
_BAND_HEIGHT_M: Final = 40.0
_PLACEHOLDER: Final = "?"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a create lies: its group, and its extent in three pieces between which the times go."""

    group: int
    pieces: tuple[bytes, bytes, bytes]


def places(layout: Layout, client: int) -> list[Place]:
    """Where a client's creates may lie."""
    if layout == "spread":
        return _everywhere()
    if layout == "bands":
        lower_m = _LOWER_M + _BAND_M * client
        return [Place(client, _pieces(_square(*_centres(1)[0]), lower_m, lower_m + _BAND_HEIGHT_M))]
    outline = _circle if client % 2 else _square
    return [Place(0, _pieces(outline(*_centres(1)[0]), _LOWER_M + client, _UPPER_M + client))]


def base_url(client: int) -> str:
    """The base URL of a manager."""
    return f"https://uss-{client:03}.example.com/utm"


def create_tail(client: int) -> bytes:
    """The rest of a create's body, after its key."""
    rest = {
        "state": "Accepted",
        "uss_base_url": base_url(client),
        "new_subscription": {"uss_base_url": base_url(client), "notify_for_constraints": False},
    }
    return b"]," + _bytes(rest)[1:]


def create_body(place: Place, start_s: float, end_s: float, key: bytes, tail: bytes) -> bytes:
    """The body of a create; `key` is what stands between its brackets."""
    before, between, after = place.pieces
    return b"".join((b'{"extents":[', before, _time(start_s), between, _time(end_s), after, b'],"key":[', key, tail))


def query_body(side_m: float, start_s: float, end_s: float) -> bytes:
    """A query about a square around home, all altitudes up to 3,000 m."""
    pieces = _pieces(_square(*_HOME_DEG, side_m / 2 / 111_195.0), 0.0, 3_000.0)
    before, between, after = pieces
    return b"".join((b'{"area_of_interest":', before, _time(start_s), between, _time(end_s), after, b"}"))


def _time(seconds: float) -> bytes:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()


def elsewhere() -> list[int]:
    """Level-13 cells, as many as those of a spread, far from all of them."""
    return [cell.id() for cell in _cells(_ELSEWHERE_DEG, SPREAD_CELLS)]


def _cells(begin_deg: tuple[float, float], count: int) -> Iterator[Any]:
    """So many level-13 cells, neighbours along S2's curve."""
    cell = s2geometry.S2CellId(s2geometry.S2LatLng.FromDegrees(*begin_deg)).parent(_LEVEL)
    for _ in range(count):
        yield cell
        cell = cell.next()


@cache
def _centres(count: int) -> list[tuple[float, float]]:
    """Centres of so many cells, from home on."""
    centres = (cell.ToLatLng() for cell in _cells(_HOME_DEG, count))
    return [(centre.lat().degrees(), centre.lng().degrees()) for centre in centres]


@cache
def _everywhere() -> list[Place]:
    centres = _centres(SPREAD_CELLS)
    return [Place(i, _pieces(_square(*centre), _LOWER_M, _UPPER_M)) for i, centre in enumerate(centres)]


def _square(latitude_deg: float, longitude_deg: float, half_deg: float = _HALF_DEG) -> dict[str, Any]:
    wide_deg = half_deg / cos(radians(latitude_deg))
    south, north = latitude_deg - half_deg, latitude_deg + half_deg
    west, east = longitude_deg - wide_deg, longitude_deg + wide_deg
    corners = ((south, west), (south, east), (north, east), (north, west))
    return {"outline_polygon": {"vertices": [{"lat": round(lat, 7), "lng": round(lng, 7)} for lat, lng in corners]}}


def _circle(latitude_deg: float, longitude_deg: float) -> dict[str, Any]:
    centre = {"lat": round(latitude_deg, 7), "lng": round(longitude_deg, 7)}
    return {"outline_circle": {"center": centre, "radius": {"value": 100.0, "units": "M"}}}


def _pieces(outline: dict[str, Any], lower_m: float, upper_m: float) -> tuple[bytes, bytes, bytes]:
    volume = {
        "volume": {
            **outline,
            "altitude_lower": {"value": lower_m, "reference": "W84", "units": "M"},
            "altitude_upper": {"value": upper_m, "reference": "W84", "units": "M"},
        },
        "time_start": {"value": _PLACEHOLDER, "format": "RFC3339"},
        "time_end": {"value": _PLACEHOLDER, "format": "RFC3339"},
    }
    before, between, after = _bytes(volume).split(_PLACEHOLDER.encode())
    return before, between, after


def _bytes(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
