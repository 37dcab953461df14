"""Recorded flights: ADS-B and Mode S reports as the `traffic` library ships them, by rows or by columns.

Units on the way in: milliseconds since 1970 UTC, feet of pressure altitude, WGS 84 degrees. Reports can lack values, be
doubled, jump or fall silent: bad ones are counted and left out; a silence longer than `RECORDED_GAP_S` ends one flight
and begins another, because nothing is known of what lies between. Flights have zero tolerance.
"""

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from skyparley.conflict.minima import EN_ROUTE
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.errors import InvalidInputError, SkyparleyError
from skyparley.formats.parsed import Parsed
from skyparley.geometry.altitude import HIGHEST_ALTITUDE_M, LOWEST_ALTITUDE_M, Datum
from skyparley.geometry.interval import LATEST_US, format_time
from skyparley.geometry.trajectory import Trajectory4D
from skyparley.units import METRES_PER_FOOT, MICROSECONDS_PER_SECOND

RECORDED_GAP_S: Final = 600.0
MAX_SPEED_MPS: Final = 1_000.0
"""A report that would need more than this from the one before is a jump; it is left out and counted."""
_US_PER_MS: Final = 1_000

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class _Report(msgspec.Struct):
    """The fields that are used; recordings carry others that say nothing about where an aircraft is."""

    timestamp: float | None = None
    icao24: str | None = None
    callsign: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None


class _Columns(msgspec.Struct):
    timestamp: dict[str, float | None]
    icao24: dict[str, str | None]
    latitude: dict[str, float | None]
    longitude: dict[str, float | None]
    altitude: dict[str, float | None]
    callsign: dict[str, str | None] = {}


_ROWS: Final = msgspec.json.Decoder(list[_Report])
_COLUMNS: Final = msgspec.json.Decoder(_Columns)


def read_recorded(data: bytes, file: str) -> Parsed:
    """The flights of a recording in JSON. Raises `InvalidInputError` if it is none."""
    try:
        reports = _by_columns(data) if data.lstrip()[:1] == b"{" else _ROWS.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInputError(f"this is not a recording: {error}") from None
    parsed = Parsed(file)
    flights: dict[tuple[str, str], list[_Report]] = {}
    for report in reports:
        if report.icao24 is None or None in (report.timestamp, report.latitude, report.longitude, report.altitude):
            parsed.bad_reports += 1
            continue
        flights.setdefault((report.icao24.strip(), (report.callsign or "").strip()), []).append(report)
    for (address, callsign), found in flights.items():
        _read_flight(address, callsign, found, parsed)
    return parsed


def _by_columns(data: bytes) -> list[_Report]:
    columns = _COLUMNS.decode(data)
    return [
        _Report(
            columns.timestamp.get(key),
            columns.icao24.get(key),
            columns.callsign.get(key),
            columns.latitude.get(key),
            columns.longitude.get(key),
            columns.altitude.get(key),
        )
        for key in columns.timestamp
    ]


def _read_flight(address: str, callsign: str, reports: list[_Report], parsed: Parsed) -> None:
    values = np.array([(r.timestamp, r.latitude, r.longitude, r.altitude) for r in reports], dtype=np.float64)
    times_us = values[:, 0] * _US_PER_MS
    latitudes, longitudes, altitudes_m = values[:, 1], values[:, 2], values[:, 3] * METRES_PER_FOOT
    good = (np.abs(latitudes) <= 90.0) & (np.abs(longitudes) <= 180.0)
    good &= (altitudes_m >= LOWEST_ALTITUDE_M) & (altitudes_m <= HIGHEST_ALTITUDE_M)
    good &= (times_us >= 0) & (times_us <= LATEST_US)
    kept = np.flatnonzero(good)
    whole_us = times_us[kept].astype(np.int64)
    _, first = np.unique(whole_us, return_index=True)
    kept, whole_us = kept[first], whole_us[first]
    parsed.bad_reports += len(values) - len(kept)
    steady = _without_jumps(whole_us, latitudes[kept], longitudes[kept])
    parsed.bad_reports += len(kept) - len(steady)
    kept, whole_us = kept[steady], whole_us[steady]
    cuts = np.flatnonzero(np.diff(whole_us) > RECORDED_GAP_S * MICROSECONDS_PER_SECOND) + 1
    for part, part_us in zip(np.split(kept, cuts), np.split(whole_us, cuts), strict=True):
        name = f"{address}/{callsign}"
        if len(part) < 2:
            parsed.skip(name, "a flight needs at least two good reports within ten minutes")
            continue
        name = f"{name}/{format_time(int(part_us[0]))}"
        try:
            track = Trajectory4D(part_us, latitudes[part], longitudes[part], altitudes_m[part], Datum.PRESSURE)
        except SkyparleyError as error:
            parsed.skip(name, error.message)
            continue
        parsed.operations.append(Operation(OperationRef("", name), EN_ROUTE, trajectories=(track,)))


def _without_jumps(times_us: Integers, latitudes_deg: Floats, longitudes_deg: Floats) -> Integers:
    """Indices of the reports that an aircraft could have reached from the one kept before."""
    if len(times_us) < 2:
        return np.arange(len(times_us))
    along = (longitudes_deg + 180.0) % 360.0 - 180.0
    steps_m = _distance_m(latitudes_deg[:-1], along[:-1], latitudes_deg[1:], along[1:])
    if (steps_m <= MAX_SPEED_MPS * np.diff(times_us) / MICROSECONDS_PER_SECOND).all():
        return np.arange(len(times_us))
    kept = [0]
    for i in range(1, len(times_us)):
        last = kept[-1]
        distance_m = _distance_m(latitudes_deg[last], along[last], latitudes_deg[i], along[i])
        if distance_m <= MAX_SPEED_MPS * (times_us[i] - times_us[last]) / MICROSECONDS_PER_SECOND:
            kept.append(i)
    return np.array(kept)


def _distance_m(latitude_1: Floats, longitude_1: Floats, latitude_2: Floats, longitude_2: Floats) -> Floats:
    """Great-circle distance by haversines; good to 1 %, which a test for jumps needs."""
    a, b = np.radians(latitude_1), np.radians(latitude_2)
    half = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(np.radians(longitude_2 - longitude_1) / 2) ** 2
    distance: Floats = 2 * 6_371_009.0 * np.arcsin(np.sqrt(np.minimum(1.0, half)))
    return distance
