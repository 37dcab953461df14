"""The JSON of operations: closed lists of fields, read strictly, written back the same.

Whatever arrives is rounded to the quanta in which it is stored and compared (`conflict/codec.py`), and becomes an
operation whose parts are sound, or one error that names the place. A field that names a
weapon, a mission or a target is refused as such, wherever it stands: Skyparley is safety software.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar

import msgspec
import numpy as np

from skyparley.airspace.limits import HAZARD_CLASS, check_operation_class, check_operation_id
from skyparley.conflict.codec import (
    MILLIMETRES,
    NANODEGREES,
    whole_microseconds,
    whole_millimetres,
    whole_nanodegrees,
)
from skyparley.conflict.minima import EN_ROUTE
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.errors import ForbiddenFieldError, InvalidInputError, LimitExceededError, SkyparleyError
from skyparley.geometry.altitude import AltitudeBand, parse_datum
from skyparley.geometry.footprint import Circle, Ring
from skyparley.geometry.interval import TimeInterval, format_time, parse_time
from skyparley.geometry.polygon import Polygon
from skyparley.geometry.trajectory import Trajectory4D
from skyparley.geometry.volume import Volume4D
from skyparley.node.reading.twice import no_json, refuse_twice

MAX_PIECES: Final = 1_000
"""Volumes and trajectories in one operation, together."""
FORBIDDEN_WORDS: Final = (
    "weapon",
    "munition",
    "ordnance",
    "warhead",
    "bomb",
    "missile",
    "mission",
    "target",
    "strike",
    "payload",
)
"""A field whose name holds one of these is refused as a matter of principle."""
_FORBIDDEN: Final = re.compile("|".join(FORBIDDEN_WORDS), re.IGNORECASE)
_UNKNOWN: Final = re.compile(r"unknown field `(.*)`$")
_PATH: Final = re.compile(r"(.*?)\s+-\s+at `(?:key in )?\$\.?(.*)`$", re.DOTALL)


class PositionShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A position, WGS 84 degrees."""

    latitude_deg: float
    longitude_deg: float


class CircleShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A geodesic circle."""

    latitude_deg: float
    longitude_deg: float
    radius_m: float


class PolygonShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An outline with holes; edges are geodesics, the last vertex joins the first."""

    vertices: list[PositionShape]
    holes: list[list[PositionShape]] = []


class VolumeShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A circle or a polygon × a band × a time."""

    lower_m: float
    upper_m: float
    altitude_datum: str
    begin: str
    end: str
    circle: CircleShape | None = None
    polygon: PolygonShape | None = None


class PointShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A point of a trajectory."""

    time: str
    latitude_deg: float
    longitude_deg: float
    altitude_m: float


class TrajectoryShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Points at rising times, with the datum of their altitudes and three tolerances."""

    points: list[PointShape]
    altitude_datum: str
    lateral_tolerance_m: float = 0.0
    vertical_tolerance_m: float = 0.0
    time_tolerance_s: float = 0.0


class OperationBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"operation_class": "class"}):
    """An operation to file or to check."""

    operation_id: str
    operation_class: str = EN_ROUTE
    volumes: list[VolumeShape] = []
    trajectories: list[TrajectoryShape] = []
    party: str | None = None


class AmendBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"operation_class": "class"}):
    """An operation that replaces another version of itself."""

    operation_id: str
    version: int
    operation_class: str = EN_ROUTE
    volumes: list[VolumeShape] = []
    trajectories: list[TrajectoryShape] = []
    party: str | None = None


class HazardShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A hazard area to declare."""

    operation_id: str
    hazard_kind: str
    volumes: list[VolumeShape]
    confirmed: bool = True
    party: str | None = None


@dataclass(frozen=True, slots=True)
class HazardBody:
    """A hazard area that was read."""

    operation: Operation
    hazard_kind: str
    confirmed: bool


_REFUSAL: Final = "names a weapon, a mission or a target: this is safety software and takes no such field; remove it"
_CLASS_REFUSAL: Final = (
    "names a weapon, a mission or a target: this is safety software; say what flies, such as en_route or drone"
)
BodyT = TypeVar("BodyT")
FootprintT = TypeVar("FootprintT", Circle, Polygon)
_OPERATION: Final = msgspec.json.Decoder(OperationBody)
_AMEND: Final = msgspec.json.Decoder(AmendBody)
_HAZARD: Final = msgspec.json.Decoder(HazardShape)


def decode_operation_body(data: bytes, party: str) -> Operation:
    """The operation of a request body, as one of `party`. Raises `InvalidInputError` with the place."""
    body = decode_strictly(_OPERATION, data)
    _check_party(body.party, party)
    return operation_of(body.operation_id, body.operation_class, body.volumes, body.trajectories, party)


def decode_amend_body(data: bytes, party: str) -> tuple[Operation, int]:
    """The operation of a request body and the version that it replaces."""
    body = decode_strictly(_AMEND, data)
    _check_party(body.party, party)
    operation = operation_of(body.operation_id, body.operation_class, body.volumes, body.trajectories, party)
    return operation, body.version


def decode_hazard_body(data: bytes, party: str) -> HazardBody:
    """The hazard area of a request body."""
    body = decode_strictly(_HAZARD, data)
    _check_party(body.party, party)
    operation = operation_of(body.operation_id, HAZARD_CLASS, body.volumes, [], party, hazard=True)
    return HazardBody(operation, body.hazard_kind, body.confirmed)


def decode_strictly(decoder: msgspec.json.Decoder[BodyT], data: bytes) -> BodyT:
    """The value of JSON bytes. Raises `ForbiddenFieldError` or `InvalidInputError` with the place of what is wrong."""
    try:
        try:
            value = decoder.decode(data)
            refuse_twice(data)
            return value
        except msgspec.ValidationError as error:
            path = forbidden_field(msgspec.json.decode(data))
            if path is None:
                raise _with_place(str(error)) from None
            raise ForbiddenFieldError(_REFUSAL, place=path) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise no_json(data, error) from None
    except RecursionError:
        raise InvalidInputError("this JSON is nested too deeply: flatten it") from None


def operation_of(
    operation_id: str,
    operation_class: str,
    volumes: list[VolumeShape],
    trajectories: list[TrajectoryShape],
    party: str,
    *,
    hazard: bool = False,
) -> Operation:
    """A sound operation of these shapes. Raises `InvalidInputError` with the place."""
    check_operation_id(operation_id)
    name = normal_class(operation_class)
    if not volumes and not trajectories:
        raise InvalidInputError("an operation needs at least one volume or trajectory", place="volumes")
    if len(volumes) + len(trajectories) > MAX_PIECES:
        raise LimitExceededError(
            f"more than MAX_PIECES = {MAX_PIECES} volumes and trajectories: split the operation", place="volumes"
        )
    return Operation(
        OperationRef(party, operation_id),
        name,
        tuple(_volume(shape, i) for i, shape in enumerate(volumes)),
        tuple(_trajectory(shape, i) for i, shape in enumerate(trajectories)),
        hazard,
    )


def normal_class(text: str) -> str:
    """A class in its canonical form: lower case, spaces and hyphens as underscores.

    It is free text that others are shown, so a word in it that begins like a forbidden one is refused too: `missile`
    and `bomber`, but not `transmission_line`.
    """
    name = text.strip().lower().replace(" ", "_").replace("-", "_")
    _check_class(name)
    return name


@lru_cache(1_024)
def _check_class(name: str) -> None:
    check_operation_class(name, place="class")
    if any(word.startswith(FORBIDDEN_WORDS) for word in name.split("_")):
        raise ForbiddenFieldError(_CLASS_REFUSAL, place="class")


def render_operation_shapes(operation: Operation) -> dict[str, list[dict[str, Any]]]:
    """The volumes and trajectories of an operation as they are written in JSON."""
    return {
        "volumes": [_render_volume(volume) for volume in operation.volumes],
        "trajectories": [_render_trajectory(trajectory) for trajectory in operation.trajectories],
    }


def render_polygon(rings: tuple[Ring, ...]) -> dict[str, Any]:
    """A polygon, its outline first, then its holes, as it is written in JSON."""
    outline, *holes = map(_render_ring, rings)
    return {"vertices": outline, "holes": holes} if holes else {"vertices": outline}


def forbidden_field(value: Any) -> str | None:
    """The path of a field, anywhere in a JSON value, whose name is forbidden."""
    for path, name in _fields(value):
        if _FORBIDDEN.search(name):
            return path
    return None


def _fields(value: Any) -> Iterator[tuple[str, str]]:
    stack: list[tuple[str, Any]] = [("", value)]
    while stack:
        path, item = stack.pop()
        if isinstance(item, dict):
            for name in reversed(list(item)):
                inner = f"{path}.{name}" if path else name
                yield inner, name
                stack.append((inner, item[name]))
        elif isinstance(item, list):
            holders = [(i, inner) for i, inner in enumerate(item) if isinstance(inner, dict | list)]
            stack.extend((f"{path}[{i}]", inner) for i, inner in reversed(holders))


def _with_place(message: str) -> InvalidInputError:
    matched = _PATH.match(message)
    text, place = (matched.group(1), matched.group(2)) if matched else (message, "")
    unknown = _UNKNOWN.search(text)
    if unknown is not None:  # the place is that of the object: name the field itself
        text, place = "unknown field: remove it", f"{place}.{unknown.group(1)}" if place else unknown.group(1)
    return InvalidInputError(text[:1].lower() + text[1:], place=place or None)


def _check_party(named: str | None, party: str) -> None:
    if named is not None and named != party:
        raise InvalidInputError("a party files only its own operations: leave this out or name your own", place="party")


def _volume(shape: VolumeShape, index: int) -> Volume4D:
    try:
        if (shape.circle is None) == (shape.polygon is None):
            raise InvalidInputError("a volume has either a circle or a polygon")
        datum = parse_datum(shape.altitude_datum)
        band = AltitudeBand(whole_millimetres(shape.lower_m), whole_millimetres(shape.upper_m), datum)
        time = TimeInterval(parse_time(shape.begin, place="begin"), parse_time(shape.end, place="end"))
        if shape.circle is not None:
            circle = shape.circle
            centre = whole_nanodegrees(circle.latitude_deg), whole_nanodegrees(circle.longitude_deg)
            return Volume4D(_placed("circle", Circle, *centre, whole_millimetres(circle.radius_m)), band, time)
        polygon = shape.polygon
        rings = [] if polygon is None else [_ring(polygon.vertices), *map(_ring, polygon.holes)]
        return Volume4D(_placed("polygon", Polygon, rings[0], tuple(rings[1:])), band, time)
    except SkyparleyError as error:
        raise error.at(f"volumes[{index}]") from None


def _placed(place: str, make: Callable[..., FootprintT], *values: Any) -> FootprintT:
    try:
        return make(*values)
    except SkyparleyError as error:
        raise error.at(place) from None


def _ring(positions: list[PositionShape]) -> Ring:
    try:
        return tuple(
            [
                (round(p.latitude_deg * NANODEGREES) / NANODEGREES, round(p.longitude_deg * NANODEGREES) / NANODEGREES)
                for p in positions
            ]
        )
    except OverflowError:  # no sensible number: the polygon says which
        return tuple([(position.latitude_deg, position.longitude_deg) for position in positions])


def _trajectory(shape: TrajectoryShape, index: int) -> Trajectory4D:
    try:
        points = shape.points
        return Trajectory4D(
            np.array([parse_time(p.time, place=f"points[{i}].time") for i, p in enumerate(points)], dtype=np.int64),
            np.rint(np.array([p.latitude_deg for p in points], dtype=np.float64) * NANODEGREES) / NANODEGREES,
            np.rint(np.array([p.longitude_deg for p in points], dtype=np.float64) * NANODEGREES) / NANODEGREES,
            np.rint(np.array([p.altitude_m for p in points], dtype=np.float64) * MILLIMETRES) / MILLIMETRES,
            parse_datum(shape.altitude_datum),
            whole_millimetres(shape.lateral_tolerance_m),
            whole_millimetres(shape.vertical_tolerance_m),
            whole_microseconds(shape.time_tolerance_s),
        )
    except SkyparleyError as error:
        raise error.at(f"trajectories[{index}]") from None


def _render_volume(volume: Volume4D) -> dict[str, Any]:
    footprint, band = volume.footprint, volume.altitude
    outline: dict[str, Any]
    if isinstance(footprint, Circle):
        outline = {
            "circle": {
                "latitude_deg": footprint.latitude_deg,
                "longitude_deg": footprint.longitude_deg,
                "radius_m": footprint.radius_m,
            }
        }
    else:
        outline = {"polygon": render_polygon((footprint.vertices, *footprint.holes))}
    return {
        **outline,
        "lower_m": band.lower_m,
        "upper_m": band.upper_m,
        "altitude_datum": band.datum.value,
        "begin": format_time(volume.time.begin_us),
        "end": format_time(volume.time.end_us),
    }


def _render_ring(ring: Ring) -> list[dict[str, float]]:
    return [{"latitude_deg": latitude, "longitude_deg": longitude} for latitude, longitude in ring]


def _render_trajectory(trajectory: Trajectory4D) -> dict[str, Any]:
    columns = (
        trajectory.times_us.tolist(),
        trajectory.latitudes_deg.tolist(),
        trajectory.longitudes_deg.tolist(),
        trajectory.altitudes_m.tolist(),
    )
    return {
        "points": [
            {"time": format_time(t), "latitude_deg": latitude, "longitude_deg": longitude, "altitude_m": altitude}
            for t, latitude, longitude, altitude in zip(*columns, strict=True)
        ],
        "altitude_datum": trajectory.datum.value,
        "lateral_tolerance_m": trajectory.lateral_tolerance_m,
        "vertical_tolerance_m": trajectory.vertical_tolerance_m,
        "time_tolerance_s": trajectory.time_tolerance_s,
    }
