"""Recorded flights: ADS-B and Mode S reports as the `traffic` library ships them, by rows or by columns.

Units on the way in: milliseconds since 1970 UTC, feet of pressure altitude, WGS 84 degrees. Reports can lack values, be
doubled, jump, repeat an old position or fall silent: bad ones are counted by kind and left out (`steady.py`); a silence
longer than `RECORDED_GAP_S` ends one flight and begins another, because nothing is known of what lies between. A report
without a callsign takes that of the aircraft's report before it. Flights have zero tolerance.
"""

from typing import Any, Final

import msgspec
import numpy as np

from skyparley.conflict.minima import EN_ROUTE
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.errors import InvalidInputError, SkyparleyError
from skyparley.formats.load import decode_json
from skyparley.formats.parsed import (
    ALONE,
    DOUBLED,
    IMPOSSIBLE,
    INCOMPLETE,
    JUMPING,
    STALE,
    UNREADABLE,
    Parsed,
    check_label,
)
from skyparley.formats.steady import steady
from skyparley.geometry.altitude import HIGHEST_ALTITUDE_M, LOWEST_ALTITUDE_M, Datum
from skyparley.geometry.interval import LATEST_US, format_time
from skyparley.geometry.trajectory import Trajectory4D
from skyparley.node.reading.twice import refuse_own
from skyparley.units import METRES_PER_FOOT, MICROSECONDS_PER_SECOND

RECORDED_GAP_S: Final = 600.0
_US_PER_MS: Final = 1_000
_NEEDED: Final = ("timestamp", "icao24", "latitude", "longitude", "altitude")


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
    parsed = Parsed(file)
    flights: dict[tuple[str, str], list[_Report]] = {}
    callsigns: dict[str, str] = {}
    nameless: dict[str, list[_Report]] = {}
    for report in _reports(data, parsed):
        if not report.icao24 or None in (report.timestamp, report.latitude, report.longitude, report.altitude):
            parsed.leave_out(INCOMPLETE)
            continue
        address, callsign = report.icao24.strip(), (report.callsign or "").strip()
        if callsign and callsigns.get(address) != callsign:
            callsigns[address] = callsign
            flights.setdefault((address, callsign), []).extend(nameless.pop(address, ()))
        known = callsigns.get(address)
        if known is None:
            nameless.setdefault(address, []).append(report)
        else:
            flights.setdefault((address, known), []).append(report)
    flights.update({(address, ""): found for address, found in nameless.items()})
    for (address, callsign), found in flights.items():
        _read_flight(f"{address}/{callsign}", found, parsed)
    return parsed


def _reports(data: bytes, parsed: Parsed) -> list[_Report]:
    """All reports, in order; one that is not even of the right types is counted, the others go on."""
    by_columns = data.lstrip()[:1] == b"{"
    try:
        reports = _by_columns(_COLUMNS.decode(data)) if by_columns else _ROWS.decode(data)
        most = 1 if by_columns else len(reports)
        if all(data.count(b'"%s"' % name.encode()) <= most for name in _Report.__struct_fields__):
            return reports
        rows = decode_json(data)  # a field stands somewhere more than once
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        rows = decode_json(data)
    if by_columns:
        refuse_own(rows)
        if not all(isinstance(rows.get(name), dict) for name in _NEEDED):
            raise InvalidInputError(
                f"a recording by columns needs {', '.join(_NEEDED)}, each with one value per report"
            )
        columns = {name: rows[name] for name in _Report.__struct_fields__ if isinstance(rows.get(name), dict)}
        rows = [{name: column.get(key) for name, column in columns.items()} for key in columns["timestamp"]]
    return [report for report in (_report(row, parsed) for row in rows) if report is not None]


def _report(row: Any, parsed: Parsed) -> _Report | None:
    try:
        refuse_own(row)
        return msgspec.convert(row, _Report)
    except (msgspec.ValidationError, InvalidInputError):
        parsed.leave_out(UNREADABLE)
        return None


def _by_columns(columns: _Columns) -> list[_Report]:
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


def _read_flight(stem: str, reports: list[_Report], parsed: Parsed) -> None:
    """Add the flights of one aircraft under one callsign."""
    try:
        check_label(stem, place="icao24/callsign")
    except SkyparleyError as error:
        parsed.skip(ascii(stem)[:60], error.message)
        return
    values = np.array([(r.timestamp, r.latitude, r.longitude, r.altitude) for r in reports], dtype=np.float64)
    times_us = values[:, 0] * _US_PER_MS
    latitudes, longitudes, altitudes_m = values[:, 1], values[:, 2], values[:, 3] * METRES_PER_FOOT
    good = (np.abs(latitudes) <= 90.0) & (np.abs(longitudes) <= 180.0)
    good &= (altitudes_m >= LOWEST_ALTITUDE_M) & (altitudes_m <= HIGHEST_ALTITUDE_M)
    good &= (times_us >= 0) & (times_us <= LATEST_US)
    kept = np.flatnonzero(good)
    parsed.leave_out(IMPOSSIBLE, len(values) - len(kept))
    whole_us, first = np.unique(times_us[kept].astype(np.int64), return_index=True)
    parsed.leave_out(DOUBLED, len(kept) - len(first))
    kept = kept[first]
    indices, jumping, stale = steady(whole_us, latitudes[kept], longitudes[kept])
    parsed.leave_out(JUMPING, jumping)
    parsed.leave_out(STALE, stale)
    kept, whole_us = kept[indices], whole_us[indices]
    cuts = np.flatnonzero(np.diff(whole_us) > RECORDED_GAP_S * MICROSECONDS_PER_SECOND) + 1
    alone = 0
    for part, part_us in zip(np.split(kept, cuts), np.split(whole_us, cuts), strict=True):
        if len(part) < 2:
            alone += len(part)
            continue
        name = f"{stem}/{format_time(int(part_us[0]))}"
        try:
            track = Trajectory4D(part_us, latitudes[part], longitudes[part], altitudes_m[part], Datum.PRESSURE)
        except SkyparleyError as error:
            parsed.skip(name, error.message)
            continue
        parsed.operations.append(Operation(OperationRef("", name), EN_ROUTE, trajectories=(track,)))
    parsed.leave_out(ALONE, alone)
    if alone == len(kept):
        parsed.skip(stem, "a flight needs at least two good reports within ten minutes")
