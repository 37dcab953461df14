"""Canonical bytes of operations and conflicts: what is digested, stored and compared again.

Everything is rounded to whole quanta first (1e-9 degree, about 0.1 mm; 1 mm; 1 µs), so that whoever reads the bytes
back compares the same numbers, on every machine, for ever. JSON with sorted keys, integers and strings only. Tracks
are parallel lists of differences, which keeps them short.
"""

import hashlib
from typing import Final

import msgspec
import numpy as np

from skyparley.conflict.operation import ClosestApproach, Conflict, Operation, OperationRef, Rule, TimeWindow
from skyparley.errors import StorageError
from skyparley.geometry.altitude import AltitudeBand, Datum
from skyparley.geometry.footprint import Circle
from skyparley.geometry.interval import TimeInterval
from skyparley.geometry.polygon import Polygon
from skyparley.geometry.trajectory import Trajectory4D
from skyparley.geometry.volume import Volume4D

NANODEGREES: Final = 1e9
MILLIMETRES: Final = 1e3
MICROSECONDS: Final = 1e6
_MALFORMED: Final = (msgspec.DecodeError, ValueError, IndexError, OverflowError)
"""What reading foreign bytes raises: no such JSON, an unknown word, half a position, a number beyond 64 bits."""
_MOST_QUANTA: Final = 2.0**53
_ENCODER: Final = msgspec.json.Encoder(order="sorted")


class _Volume(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Circle: `circle` is (latitude, longitude, radius); polygon: `rings` of alternating latitude and longitude."""

    lower_mm: int
    upper_mm: int
    datum: str
    begin_us: int
    end_us: int
    circle: tuple[int, int, int] | None
    rings: tuple[tuple[int, ...], ...]


class _Track(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lists of first values followed by differences."""

    times_us: list[int]
    latitudes_nd: list[int]
    longitudes_nd: list[int]
    altitudes_mm: list[int]
    datum: str
    lateral_mm: int
    vertical_mm: int
    early_late_us: int


class _Operation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    party: str
    operation_id: str
    operation_class: str
    hazard: bool
    volumes: tuple[_Volume, ...]
    tracks: tuple[_Track, ...]


class _Conflict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`closest` is (time, latitude, longitude, horizontal, vertical) in quanta."""

    a: tuple[str, str]
    b: tuple[str, str]
    rule: str
    windows: tuple[tuple[int, int], ...]
    closest: tuple[int, int, int, int, int]
    certain: bool
    same_party: bool
    sentence: str
    basis: str


_OPERATION: Final = msgspec.json.Decoder(_Operation)
_CONFLICT: Final = msgspec.json.Decoder(_Conflict)


def encode_operation(operation: Operation) -> bytes:
    """The canonical bytes of an operation, rounded to whole quanta."""
    return _ENCODER.encode(
        _Operation(
            operation.ref.party,
            operation.ref.operation_id,
            operation.operation_class,
            operation.hazard,
            tuple(_pack_volume(volume) for volume in operation.volumes),
            tuple(_pack_track(track) for track in operation.trajectories),
        )
    )


def decode_operation(data: bytes) -> Operation:
    """The operation of canonical bytes.

    Raises `StorageError` if they are none, `InvalidInputError` where a part of it is not sound.
    """
    try:
        packed = _OPERATION.decode(data)
        return Operation(
            OperationRef(packed.party, packed.operation_id),
            packed.operation_class,
            tuple(_unpack_volume(volume) for volume in packed.volumes),
            tuple(_unpack_track(track) for track in packed.tracks),
            packed.hazard,
        )
    except _MALFORMED as error:
        raise StorageError(f"these are not the details of an operation: {error}") from error


def quantise(operation: Operation) -> Operation:
    """The operation with every number rounded to whole quanta: what is compared."""
    return decode_operation(encode_operation(operation))


def is_quantised(operation: Operation) -> bool:
    """Whether every number is a whole quantum already, so that `quantise` would give the same."""
    return all(_volume_is_quantised(volume) for volume in operation.volumes) and all(
        (track.latitudes_deg == np.rint(track.latitudes_deg * NANODEGREES) / NANODEGREES).all()
        and (track.longitudes_deg == np.rint(track.longitudes_deg * NANODEGREES) / NANODEGREES).all()
        and (track.altitudes_m == np.rint(track.altitudes_m * MILLIMETRES) / MILLIMETRES).all()
        and track.lateral_tolerance_m == whole_millimetres(track.lateral_tolerance_m)
        and track.vertical_tolerance_m == whole_millimetres(track.vertical_tolerance_m)
        and track.time_tolerance_s == whole_microseconds(track.time_tolerance_s)
        for track in operation.trajectories
    )


def whole_nanodegrees(value_deg: float) -> float:
    """An angle (degrees) rounded to whole quanta; what is no sensible number stays as it is."""
    return _whole(value_deg, NANODEGREES)


def whole_millimetres(value_m: float) -> float:
    """A length (metres) rounded to whole quanta; what is no sensible number stays as it is."""
    return _whole(value_m, MILLIMETRES)


def whole_microseconds(value_s: float) -> float:
    """A time span (seconds) rounded to whole quanta; what is no sensible number stays as it is."""
    return _whole(value_s, MICROSECONDS)


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def encode_conflict(conflict: Conflict) -> bytes:
    """The canonical bytes of a conflict with its witness."""
    closest = conflict.closest
    return _ENCODER.encode(
        _Conflict(
            (conflict.a.party, conflict.a.operation_id),
            (conflict.b.party, conflict.b.operation_id),
            conflict.rule.value,
            tuple((window.first_us, window.last_us) for window in conflict.windows),
            (
                closest.time_us,
                round(closest.latitude_deg * NANODEGREES),
                round(closest.longitude_deg * NANODEGREES),
                round(closest.horizontal_m * MILLIMETRES),
                round(closest.vertical_m * MILLIMETRES),
            ),
            conflict.certain,
            conflict.same_party,
            conflict.sentence,
            conflict.basis,
        )
    )


def decode_conflict(data: bytes) -> Conflict:
    """The conflict of canonical bytes. Raises `StorageError` if they are none."""
    try:
        packed = _CONFLICT.decode(data)
        rule = Rule(packed.rule)
    except _MALFORMED as error:
        raise StorageError(f"these are not the bytes of a conflict: {error}") from error
    time_us, latitude, longitude, horizontal, vertical = packed.closest
    return Conflict(
        OperationRef(*packed.a),
        OperationRef(*packed.b),
        rule,
        tuple(TimeWindow(*window) for window in packed.windows),
        ClosestApproach(
            time_us,
            latitude / NANODEGREES,
            longitude / NANODEGREES,
            horizontal / MILLIMETRES,
            vertical / MILLIMETRES,
        ),
        packed.certain,
        packed.same_party,
        packed.sentence,
        packed.basis,
    )


def _whole(value: float, quanta: float) -> float:
    scaled = value * quanta
    return round(scaled) / quanta if abs(scaled) < _MOST_QUANTA else value


def _volume_is_quantised(volume: Volume4D) -> bool:
    footprint, band = volume.footprint, volume.altitude
    if band.lower_m != whole_millimetres(band.lower_m) or band.upper_m != whole_millimetres(band.upper_m):
        return False
    if isinstance(footprint, Circle):
        angles: list[float] = [footprint.latitude_deg, footprint.longitude_deg]
        if footprint.radius_m != whole_millimetres(footprint.radius_m):
            return False
    else:
        angles = [value for ring in (footprint.vertices, *footprint.holes) for point in ring for value in point]
    return angles == [round(value * NANODEGREES) / NANODEGREES for value in angles]


def _pack_volume(volume: Volume4D) -> _Volume:
    footprint, band, time = volume.footprint, volume.altitude, volume.time
    circle = None
    rings: tuple[tuple[int, ...], ...] = ()
    if isinstance(footprint, Circle):
        circle = (
            round(footprint.latitude_deg * NANODEGREES),
            round(footprint.longitude_deg * NANODEGREES),
            round(footprint.radius_m * MILLIMETRES),
        )
    else:
        rings = tuple(
            tuple(round(value * NANODEGREES) for point in ring for value in point)
            for ring in (footprint.vertices, *footprint.holes)
        )
    return _Volume(
        round(band.lower_m * MILLIMETRES),
        round(band.upper_m * MILLIMETRES),
        band.datum.value,
        time.begin_us,
        time.end_us,
        circle,
        rings,
    )


def _unpack_volume(packed: _Volume) -> Volume4D:
    footprint: Circle | Polygon
    if packed.circle is not None:
        latitude, longitude, radius = packed.circle
        footprint = Circle(latitude / NANODEGREES, longitude / NANODEGREES, radius / MILLIMETRES)
    else:
        outline, *holes = (
            tuple((ring[i] / NANODEGREES, ring[i + 1] / NANODEGREES) for i in range(0, len(ring), 2))
            for ring in packed.rings
        )
        footprint = Polygon(outline, tuple(holes))
    band = AltitudeBand(packed.lower_mm / MILLIMETRES, packed.upper_mm / MILLIMETRES, Datum(packed.datum))
    return Volume4D(footprint, band, TimeInterval(packed.begin_us, packed.end_us))


def _pack_track(track: Trajectory4D) -> _Track:
    return _Track(
        _differences(track.times_us),
        _differences(np.rint(track.latitudes_deg * NANODEGREES).astype(np.int64)),
        _differences(np.rint(track.longitudes_deg * NANODEGREES).astype(np.int64)),
        _differences(np.rint(track.altitudes_m * MILLIMETRES).astype(np.int64)),
        track.datum.value,
        round(track.lateral_tolerance_m * MILLIMETRES),
        round(track.vertical_tolerance_m * MILLIMETRES),
        round(track.time_tolerance_s * MICROSECONDS),
    )


def _unpack_track(packed: _Track) -> Trajectory4D:
    return Trajectory4D(
        np.cumsum(np.array(packed.times_us, dtype=np.int64)),
        np.cumsum(np.array(packed.latitudes_nd, dtype=np.int64)) / NANODEGREES,
        np.cumsum(np.array(packed.longitudes_nd, dtype=np.int64)) / NANODEGREES,
        np.cumsum(np.array(packed.altitudes_mm, dtype=np.int64)) / MILLIMETRES,
        Datum(packed.datum),
        packed.lateral_mm / MILLIMETRES,
        packed.vertical_mm / MILLIMETRES,
        packed.early_late_us / MICROSECONDS,
    )


def _differences(values: np.typing.NDArray[np.int64]) -> list[int]:
    result: list[int] = np.diff(values, prepend=np.int64(0)).tolist()
    return result
