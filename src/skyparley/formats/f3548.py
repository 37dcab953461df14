"""Volumes as ASTM F3548-21 writes them: a Volume4D, a list of them, or an operational intent with its details.

Altitudes are WGS 84 metres (`W84`, `M`), times RFC 3339, circles have a radius in metres. Everything in one file, or
under one reference, is one operation; the class is `drone`, because that is whom the standard is for.
"""

from typing import Any, Final

import msgspec

from skyparley.conflict.minima import DRONE
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.errors import InvalidInputError, SkyparleyError
from skyparley.formats.parsed import Parsed
from skyparley.geometry.altitude import AltitudeBand, Datum
from skyparley.geometry.footprint import Circle
from skyparley.geometry.interval import TimeInterval, parse_time
from skyparley.geometry.polygon import Polygon
from skyparley.geometry.volume import Volume4D


class _Time(msgspec.Struct, forbid_unknown_fields=True):
    value: str
    format: str = "RFC3339"


class _Altitude(msgspec.Struct, forbid_unknown_fields=True):
    value: float
    reference: str = "W84"
    units: str = "M"


class _Radius(msgspec.Struct, forbid_unknown_fields=True):
    value: float
    units: str = "M"


class _Point(msgspec.Struct, forbid_unknown_fields=True):
    lat: float
    lng: float


class _Outline(msgspec.Struct, forbid_unknown_fields=True):
    vertices: list[_Point]


class _Round(msgspec.Struct, forbid_unknown_fields=True):
    center: _Point
    radius: _Radius


class _Solid(msgspec.Struct, forbid_unknown_fields=True):
    altitude_lower: _Altitude
    altitude_upper: _Altitude
    outline_polygon: _Outline | None = None
    outline_circle: _Round | None = None


class _Volume(msgspec.Struct, forbid_unknown_fields=True):
    volume: _Solid
    time_start: _Time
    time_end: _Time


_LIMITS: Final = ("W84", "M")


def looks_like_f3548(document: object) -> bool:
    """Whether a JSON document has the shape of volumes or of an operational intent."""
    if isinstance(document, list):
        return bool(document) and looks_like_f3548(document[0])
    if not isinstance(document, dict):
        return False
    return "volume" in document or "details" in document or "operational_intent" in document


def read_f3548(document: Any, file: str) -> Parsed:
    """The operations of a document; volumes that are wrong are skipped with their reason."""
    parsed = Parsed(file)
    intents: list[tuple[str, Any]] = []
    loose: list[Any] = []
    for item in document if isinstance(document, list) else [document]:
        inner = item.get("operational_intent", item) if isinstance(item, dict) else item
        if isinstance(inner, dict) and "details" in inner:
            intents.append((_name(inner, file), inner["details"]))
        else:
            loose.append(inner)
    if loose:
        _read_volumes(OperationRef("", file), loose, "", parsed)
    for name, details in intents:
        volumes = [*(details.get("volumes") or []), *(details.get("off_nominal_volumes") or [])]
        _read_volumes(OperationRef("", name), volumes, f"{name}, ", parsed)
    return parsed


def _name(intent: dict[str, Any], file: str) -> str:
    reference = intent.get("reference")
    name = reference.get("id") if isinstance(reference, dict) else None
    return name if isinstance(name, str) else file


def _read_volumes(ref: OperationRef, items: list[Any], prefix: str, parsed: Parsed) -> None:
    volumes = []
    for i, item in enumerate(items):
        try:
            volumes.append(_read_volume(msgspec.convert(item, _Volume)))
        except msgspec.ValidationError as error:
            parsed.skip(f"{prefix}volumes[{i}]", str(error))
        except SkyparleyError as error:
            parsed.skip(f"{prefix}volumes[{i}]" + (f".{error.place}" if error.place else ""), error.message)
    if volumes:
        parsed.operations.append(Operation(ref, DRONE, tuple(volumes)))


def _read_volume(item: _Volume) -> Volume4D:
    solid = item.volume
    for name, altitude in (("altitude_lower", solid.altitude_lower), ("altitude_upper", solid.altitude_upper)):
        if (altitude.reference, altitude.units) != _LIMITS:
            raise InvalidInputError("altitudes are metres above WGS 84: reference W84, units M", place=name)
    band = AltitudeBand(solid.altitude_lower.value, solid.altitude_upper.value, Datum.WGS84)
    time = TimeInterval(
        parse_time(item.time_start.value, place="time_start"), parse_time(item.time_end.value, place="time_end")
    )
    if (solid.outline_polygon is None) == (solid.outline_circle is None):
        raise InvalidInputError("a volume has either outline_polygon or outline_circle", place="volume")
    if solid.outline_circle is not None:
        circle = solid.outline_circle
        if circle.radius.units != "M":
            raise InvalidInputError("a radius is in metres: units M", place="outline_circle.radius")
        return Volume4D(Circle(circle.center.lat, circle.center.lng, circle.radius.value), band, time)
    vertices = solid.outline_polygon.vertices if solid.outline_polygon is not None else []
    return Volume4D(Polygon(tuple((point.lat, point.lng) for point in vertices)), band, time)
