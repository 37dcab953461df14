"""Volumes as ASTM F3548-21 writes them: the shapes of its JSON, and the cells × altitude × time that they take.

Altitudes are WGS 84 metres (`W84`, `M`), times RFC 3339, circles have a radius in metres. What is left out is without
bound. An area is that of the outline itself, circles included.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import msgspec
from pyproj import Geod

from skyparley.airspace.dss.items import DEFAULT_LIMITS, DssLimits
from skyparley.airspace.limits import HIGHEST_MM, LOWEST_MM
from skyparley.airspace.operations.commands import Extent
from skyparley.airspace.operations.extents import level_13_cells
from skyparley.errors import InvalidInputError, LimitExceededError, SkyparleyError
from skyparley.geometry.altitude import AltitudeBand, Datum
from skyparley.geometry.cells import cover_volume
from skyparley.geometry.footprint import Circle
from skyparley.geometry.interval import EARLIEST_US, LATEST_US, TimeInterval, parse_time
from skyparley.geometry.polygon import Polygon
from skyparley.geometry.volume import Volume4D
from skyparley.node.custody.details import ceil_mm, floor_mm

LOWEST_ALTITUDE_M: Final = -8_000.0
HIGHEST_ALTITUDE_M: Final = 100_000.0
"""The bounds that the interface of ASTM F3548-21 sets for altitudes."""
_DATE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
_LARGEST_CELL_KM2: Final = 2.2
"""No cell of level 13 is larger (S2 has 1.6 km² at most), so that few cells are a small area."""


class AreaTooLargeError(LimitExceededError):
    """The area of an outline is above its limit."""

    code = "area_too_large"


class TimeShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An instant, RFC 3339 with its zone."""

    value: str
    format: str = "RFC3339"


class AltitudeShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Metres above WGS 84."""

    value: float
    reference: str = "W84"
    units: str = "M"


class RadiusShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Metres along the ellipsoid."""

    value: float
    units: str = "M"


class LatLngShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """WGS 84 degrees."""

    lat: float
    lng: float


class OutlinePolygonShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Vertices joined by the shortest ways; the last joins the first."""

    vertices: list[LatLngShape]


class OutlineCircleShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A geodesic circle."""

    center: LatLngShape
    radius: RadiusShape


class Volume3DShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Exactly one outline, and the altitudes between which it holds."""

    outline_circle: OutlineCircleShape | None = None
    outline_polygon: OutlinePolygonShape | None = None
    altitude_lower: AltitudeShape | None = None
    altitude_upper: AltitudeShape | None = None


class Volume4DShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A volume and when it holds, `[time_start, time_end)`."""

    volume: Volume3DShape
    time_start: TimeShape | None = None
    time_end: TimeShape | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """What volumes must have, and how large they may be."""

    times: bool
    altitudes: bool
    max_vertices: int
    max_area_km2: int
    instant: bool = False
    """Whether it may end as it begins, which asks what holds at that time."""


def intent_bounds(limits: DssLimits) -> Bounds:
    """What the volumes of an intent must have, and may be in a pool."""
    return Bounds(True, True, limits.max_intent_vertices, limits.max_intent_area_km2)


def constraint_bounds(limits: DssLimits) -> Bounds:
    """What the volumes of a constraint must have, and may be in a pool."""
    return Bounds(True, False, limits.max_constraint_vertices, limits.max_constraint_area_km2)


def asked_bounds(limits: DssLimits, *, instant: bool = False) -> Bounds:
    """What the volume of a subscription or of a query may be in a pool."""
    return Bounds(False, False, limits.max_intent_vertices, limits.max_asked_area_km2, instant=instant)


def extents_of(volumes: Sequence[Volume4DShape], bounds: Bounds) -> tuple[Extent, ...]:
    """What volumes take. Raises `InvalidInputError` or `LimitExceededError` with the place of what is wrong."""
    if not volumes:
        raise InvalidInputError("there must be at least one volume", place="extents")
    vertices = sum(len(one.volume.outline_polygon.vertices) for one in volumes if one.volume.outline_polygon)
    if vertices > bounds.max_vertices:
        raise InvalidInputError(
            f"the volumes have {vertices} vertices; at most {bounds.max_vertices} are possible: simplify them",
            place="extents",
        )
    extents = []
    for index, volume in enumerate(volumes):
        try:
            extents.append(extent_of(volume, bounds))
        except SkyparleyError as error:
            raise error.at(f"extents[{index}]") from None
    return tuple(extents)


def extent_of(shape: Volume4DShape, bounds: Bounds) -> Extent:
    """What one volume takes; without bound where it has none and needs none."""
    footprint = footprint_of(shape.volume, bounds)
    lower_mm, upper_mm = _band_mm(shape.volume, bounds)
    begin_us, end_us = _time_us(shape, bounds)
    cells = _cover(footprint, bounds)
    return Extent(cells, lower_mm, upper_mm, Datum.WGS84.value, begin_us, end_us)


def volume_of(shape: Volume4DShape) -> Volume4D:
    """A volume that says where, how high and when. Raises `InvalidInputError` with the place of what is wrong."""
    bounds = intent_bounds(DEFAULT_LIMITS)
    footprint = footprint_of(shape.volume, bounds)
    lower, upper = _altitudes(shape.volume)
    begin_us, end_us = _time_us(shape, bounds)
    if lower is None or upper is None:
        raise _needs_altitudes(lower)
    return Volume4D(footprint, AltitudeBand(lower.value, upper.value, Datum.WGS84), TimeInterval(begin_us, end_us))


def footprint_of(shape: Volume3DShape, bounds: Bounds) -> Circle | Polygon:
    """The outline of a volume. Raises `InvalidInputError` unless there is exactly one, and it is sound."""
    circle, polygon = shape.outline_circle, shape.outline_polygon
    if (circle is None) == (polygon is None):
        found = "both" if polygon is not None else "neither"
        raise InvalidInputError(
            f"a volume has either outline_polygon or outline_circle; this one has {found}", place="volume"
        )
    try:
        if circle is not None:
            if circle.radius.units != "M":
                raise InvalidInputError("a radius is in metres: units M", place="radius")
            return Circle(circle.center.lat, circle.center.lng, circle.radius.value)
        vertices = polygon.vertices if polygon is not None else []
        if len(vertices) > bounds.max_vertices:
            raise InvalidInputError(
                f"has {len(vertices)} vertices; at most {bounds.max_vertices} are possible: simplify"
            )
        return Polygon(tuple([(point.lat, point.lng) for point in vertices]))
    except SkyparleyError as error:
        if isinstance(error, LimitExceededError):  # it reaches further than any outline may
            error = AreaTooLargeError(error.message, place=error.place)
        if error.place == "radius_m":
            error.place = "radius.value"
        raise error.at("volume.outline_circle" if circle is not None else "volume.outline_polygon") from None


def area_km2(footprint: Circle | Polygon) -> float:
    """The area of a footprint on the ellipsoid; for circles that of a spherical cap, right to a hundredth."""
    if isinstance(footprint, Circle):
        radius_km = 6_371.0088
        return 2.0 * math.pi * radius_km**2 * (1.0 - math.cos(footprint.radius_m / 1_000.0 / radius_km))
    latitudes_deg, longitudes_deg = zip(*footprint.vertices, strict=True)
    area_m2, _ = _ellipsoid().polygon_area_perimeter(longitudes_deg, latitudes_deg)
    return abs(area_m2) / 1e6


def _cover(footprint: Circle | Polygon, bounds: Bounds) -> tuple[str, ...]:
    try:
        cells = cover_volume(footprint)
    except LimitExceededError as error:
        raise AreaTooLargeError(error.message, place="volume") from None
    if level_13_cells(cells) * _LARGEST_CELL_KM2 > bounds.max_area_km2:
        found_km2 = area_km2(footprint)
        if found_km2 > bounds.max_area_km2:
            raise AreaTooLargeError(
                f"the outline has {found_km2:,.0f} km²; at most {bounds.max_area_km2:,.0f} km² are possible here:"
                " take a smaller area, or several",
                place="volume",
            )
    return cells


def _band_mm(shape: Volume3DShape, bounds: Bounds) -> tuple[int, int]:
    lower, upper = _altitudes(shape)
    if bounds.altitudes and (lower is None or upper is None):
        raise _needs_altitudes(lower)
    lower_mm = LOWEST_MM if lower is None else floor_mm(lower.value)
    upper_mm = HIGHEST_MM if upper is None else ceil_mm(upper.value)
    if upper_mm < lower_mm:
        raise InvalidInputError("is below altitude_lower: swap or correct them", place="volume.altitude_upper")
    return lower_mm, upper_mm


def _altitudes(shape: Volume3DShape) -> tuple[AltitudeShape | None, AltitudeShape | None]:
    """Both altitudes as they are given, in the words and within the bounds of the interface."""
    lower, upper = shape.altitude_lower, shape.altitude_upper
    for name, altitude in (("altitude_lower", lower), ("altitude_upper", upper)):
        if altitude is not None and (altitude.reference, altitude.units) != ("W84", "M"):
            raise InvalidInputError("altitudes are metres above WGS 84: reference W84, units M", place=f"volume.{name}")
        if altitude is not None and not LOWEST_ALTITUDE_M <= altitude.value <= HIGHEST_ALTITUDE_M:
            raise InvalidInputError(
                f"altitude must be a number from {LOWEST_ALTITUDE_M:g} to {HIGHEST_ALTITUDE_M:g} metres",
                place=f"volume.{name}",
            )
    return lower, upper


def _needs_altitudes(lower: AltitudeShape | None) -> InvalidInputError:
    return InvalidInputError(
        "altitude_lower and altitude_upper are needed in each volume",
        place="volume.altitude_lower" if lower is None else "volume.altitude_upper",
    )


def _time_us(shape: Volume4DShape, bounds: Bounds) -> tuple[int, int]:
    begin, end = shape.time_start, shape.time_end
    if bounds.times and (begin is None or end is None):
        raise InvalidInputError(
            "time_start and time_end are needed in each volume", place="time_start" if begin is None else "time_end"
        )
    begin_us = EARLIEST_US if begin is None else instant_us(begin, place="time_start")
    end_us = LATEST_US if end is None else instant_us(end, place="time_end")
    if end_us == begin_us and bounds.instant:
        end_us += 1
    if end_us <= begin_us:
        raise InvalidInputError("must be after time_start", place="time_end")
    return begin_us, end_us


def instant_us(time: TimeShape, *, place: str) -> int:
    """An instant as the standard writes it (microseconds since 1970 UTC). Raises `InvalidInputError`."""
    if time.format != "RFC3339":
        raise InvalidInputError("times are written by RFC 3339: format RFC3339", place=place)
    text = time.value.upper()
    if not _DATE_TIME.fullmatch(text):
        raise InvalidInputError(
            f"cannot read {time.value[:40]!r} as a time of RFC 3339: write it like 2026-03-01T12:00:00Z", place=place
        )
    return parse_time(text, place=place)


@cache
def _ellipsoid() -> Geod:
    return Geod(ellps="WGS84")
