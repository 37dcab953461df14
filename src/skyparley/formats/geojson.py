"""GeoJSON features (RFC 7946) as declared volumes.

Properties: `operation_id, party, class, begin, end, lower_m, upper_m, altitude_datum`, and `radius_m` for a Point,
which is then a circle. Features of the same party and identifier are pieces of one operation. Positions are longitude
first.
"""

from typing import Any, Final

import msgspec

from skyparley.conflict.minima import EN_ROUTE
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.errors import ForbiddenFieldError, InvalidInputError, SkyparleyError
from skyparley.formats.parsed import Parsed, check_label
from skyparley.geometry.altitude import AltitudeBand, parse_datum
from skyparley.geometry.footprint import Circle, Ring, check_position
from skyparley.geometry.interval import TimeInterval, parse_time
from skyparley.geometry.polygon import Polygon
from skyparley.geometry.volume import Volume4D
from skyparley.node.reading.shapes import forbidden_field, normal_class
from skyparley.node.reading.twice import refuse_members, refuse_own

_COLLECTION: Final = frozenset(("type", "bbox", "name", "crs"))
_MEMBERS: Final = frozenset(("type", "geometry", "properties", "id", "bbox"))
_PROPERTIES: Final = frozenset(
    ("operation_id", "party", "class", "begin", "end", "lower_m", "upper_m", "altitude_datum", "radius_m")
)


def read_geojson(document: dict[str, Any], file: str) -> Parsed:
    """The operations of a feature or feature collection; features that are wrong are skipped with their reason."""
    parsed = Parsed(file)
    features: object = [document]
    if document.get("type") == "FeatureCollection":
        refuse_own(document)
        features = document.get("features")
        around = {name: value for name, value in document.items() if name != "features"}
        _refuse_forbidden(around)
        refuse_members(list(around.values()))
        _known(around, _COLLECTION, "")
        _check_reference_system(document.get("crs"))
    if not isinstance(features, list):
        raise InvalidInputError("a FeatureCollection has a list of features", place="features")
    pieces: dict[OperationRef, tuple[str, list[Volume4D]]] = {}
    for i, feature in enumerate(features):
        try:
            ref, operation_class, volumes = _read_feature(feature)
            known = pieces.setdefault(ref, (operation_class, []))
            if known[0] != operation_class:
                raise InvalidInputError(f"pieces of one operation have one class; '{ref}' is {known[0]}", place="class")
            known[1].extend(volumes)
        except SkyparleyError as error:
            place = error.at(f"features[{i}]").place if feature is not document else error.place
            parsed.skip(place or "file", error.message)
    parsed.operations = [Operation(ref, name, tuple(volumes)) for ref, (name, volumes) in pieces.items() if volumes]
    return parsed


def _read_feature(feature: object) -> tuple[OperationRef, str, list[Volume4D]]:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise InvalidInputError("this is no GeoJSON Feature", place="type")
    try:
        refuse_members(feature)
        return _read_parts(feature)
    except SkyparleyError:
        _refuse_forbidden(feature)  # every list of fields is closed: only a feature that is wrong can hold one
        raise


def _read_parts(feature: dict[str, Any]) -> tuple[OperationRef, str, list[Volume4D]]:
    _known(feature, _MEMBERS, "")
    _check_unused(feature)
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        raise InvalidInputError("a feature needs properties", place="properties")
    _known(properties, _PROPERTIES, "properties")
    try:
        party = _text(properties, "party", "")
        name = check_label(_text(properties, "operation_id"), place="operation_id")
        ref = OperationRef(party and check_label(party, place="party"), name)
        operation_class = normal_class(_text(properties, "class", EN_ROUTE))
        band = AltitudeBand(
            _number(properties, "lower_m"),
            _number(properties, "upper_m"),
            parse_datum(_text(properties, "altitude_datum")),
        )
        begin, end = (parse_time(_text(properties, name), place=name) for name in ("begin", "end"))
        time = TimeInterval(begin, end)
    except SkyparleyError as error:
        raise error.at("properties") from None
    try:
        footprints = _footprints(feature.get("geometry"), properties.get("radius_m"))
    except SkyparleyError as error:
        raise error.at("geometry") from None
    return ref, operation_class, [Volume4D(footprint, band, time) for footprint in footprints]


def _refuse_forbidden(found: dict[str, Any]) -> None:
    forbidden = forbidden_field(found)
    if forbidden is not None:
        raise ForbiddenFieldError(
            "this names a weapon, a mission or a target; Skyparley takes no such field: remove it", place=forbidden
        )


def _check_reference_system(found: object) -> None:
    """Raise `InvalidInputError` unless positions are WGS 84: older GeoJSON could say otherwise."""
    if found is not None and not any(name in str(found) for name in ("CRS84", "4326")):
        raise InvalidInputError("positions must be WGS 84 longitude and latitude: transform them", place="crs")


def _check_unused(found: dict[str, Any]) -> None:
    """Raise `InvalidInputError` unless the members that are not used are what RFC 7946 says that they are."""
    if not isinstance(found.get("id"), str | int | float | None):
        raise InvalidInputError("an id is a text or a number", place="id")
    bbox = found.get("bbox")
    if bbox is not None and not (isinstance(bbox, list) and all(isinstance(value, int | float) for value in bbox)):
        raise InvalidInputError("a bbox is a list of numbers", place="bbox")


def _known(found: dict[str, Any], known: frozenset[str], place: str) -> None:
    for name in found:
        if name not in known:
            path = f"{place}.{name}" if place else name
            raise InvalidInputError(f"unknown field; there are: {', '.join(sorted(known))}", place=path)


def _text(properties: dict[str, Any], name: str, default: str | None = None) -> str:
    value = properties.get(name, default)
    if value is None:
        value = default
    if isinstance(value, str) and (value or default is not None):
        return value
    raise InvalidInputError("is missing, or is no text", place=name)


def _number(properties: dict[str, Any], name: str) -> float:
    value = properties.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInputError("is missing, or is no number", place=name)
    try:
        return float(value)
    except OverflowError:
        raise InvalidInputError("is no number that can be used", place=name) from None


def _footprints(geometry: object, radius_m: object) -> list[Circle | Polygon]:
    if not isinstance(geometry, dict):
        raise InvalidInputError(
            "a feature needs a geometry: a Polygon, a MultiPolygon, or a Point with radius_m; names of places are not"
            " known"
        )
    _known(geometry, frozenset(("type", "coordinates", "bbox")), "")
    _check_unused(geometry)
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind != "Point" and radius_m is not None:
        raise InvalidInputError("only a Point has the property radius_m")
    if kind == "Point":
        if isinstance(radius_m, bool) or not isinstance(radius_m, int | float):
            raise InvalidInputError("a Point needs the property radius_m, in metres")
        latitude_deg, longitude_deg = _position(coordinates, "coordinates")
        return [Circle(latitude_deg, longitude_deg, float(radius_m))]
    if kind == "Polygon":
        return [_polygon(coordinates, "coordinates")]
    if kind == "MultiPolygon" and isinstance(coordinates, list):
        return [_polygon(rings, f"coordinates[{i}]") for i, rings in enumerate(coordinates)]
    raise InvalidInputError("use a Polygon, a MultiPolygon, or a Point with radius_m", place="type")


def _polygon(rings: object, place: str) -> Polygon:
    if not isinstance(rings, list) or not rings:
        raise InvalidInputError("a polygon is a list of rings", place=place)
    read = [_ring(ring, f"{place}[{i}]") for i, ring in enumerate(rings)]
    try:
        return Polygon(read[0], tuple(read[1:]))
    except SkyparleyError as error:
        raise error.at(place) from None


def _ring(ring: object, place: str) -> Ring:
    if not isinstance(ring, list):
        raise InvalidInputError("a ring is a list of positions", place=place)
    return tuple(_position(position, f"{place}[{i}]") for i, position in enumerate(ring))


def _position(position: object, place: str) -> tuple[float, float]:
    """Latitude and longitude of a GeoJSON position, which has longitude first and may have a height, not used."""
    try:
        values = msgspec.convert(position, list[float])
    except msgspec.ValidationError:
        values = []
    if len(values) not in (2, 3):
        raise InvalidInputError(
            "a position is [longitude, latitude] in degrees, such as [7.44, 46.95]; names of places are not known",
            place=place,
        )
    check_position(values[1], values[0], place=place)
    return values[1], values[0]
