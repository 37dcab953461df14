"""CSV trajectories: one row per point, with a header that names the columns.

Columns: `operation_id, time, latitude_deg, longitude_deg, altitude_m, altitude_datum`, optional `party, class`. Rows of
one operation may lie anywhere in the file and in any order. A row of an operation that is wrong is a bad single report:
it is left out, counted and remarked on; a row that cannot be told to belong to an operation is skipped. Trajectories
have zero tolerance.
"""

import csv
import io
import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from skyparley.conflict.minima import EN_ROUTE
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.errors import ForbiddenFieldError, InvalidInputError, SkyparleyError
from skyparley.formats.parsed import DOUBLED, UNREADABLE, Parsed, check_label
from skyparley.geometry.altitude import Datum, check_altitude_m, parse_datum
from skyparley.geometry.footprint import check_position
from skyparley.geometry.interval import parse_time
from skyparley.geometry.trajectory import Trajectory4D
from skyparley.node.reading.shapes import forbidden_field, normal_class

REQUIRED: Final = ("operation_id", "time", "latitude_deg", "longitude_deg", "altitude_m", "altitude_datum")
OPTIONAL: Final = ("party", "class")
_Key = tuple[OperationRef, str, Datum]
_Row = tuple[int, float, float, float]


@dataclass(slots=True)
class _Tracks:
    """Good rows by operation, class and datum, and what was wrong with the first bad row of an operation."""

    parsed: Parsed
    places: dict[str, int]
    rows: dict[_Key, list[_Row]] = field(default_factory=dict)
    first_line: dict[_Key, str] = field(default_factory=dict)
    first_bad: dict[OperationRef, str] = field(default_factory=dict)


def read_tracks(text: str, file: str) -> Parsed:
    """The operations of a CSV file. Raises `InvalidInputError` if its header is not the one of such a file."""
    parsed = Parsed(file)
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        tracks = _Tracks(parsed, _places([name.strip() for name in next(reader)]))
        for row in reader:
            if row and any(cell.strip() for cell in row):
                _read_row(row, f"line {reader.line_num}", tracks)
    except csv.Error as error:
        raise InvalidInputError(
            f"cannot be read as CSV ({error}): is a quotation mark left open?", place=f"line {reader.line_num}"
        ) from None
    _close(tracks)
    return parsed


def _places(header: list[str]) -> dict[str, int]:
    forbidden = forbidden_field(dict.fromkeys(header))
    if forbidden is not None:
        raise ForbiddenFieldError(
            "this names a weapon, a mission or a target; Skyparley takes no such column: remove it",
            place=f"line 1, {forbidden}",
        )
    if len(header) == 1 and any(separator in header[0] for separator in ";\t"):
        raise InvalidInputError("columns are separated by commas, and decimals by points", place="line 1")
    unknown = [name for name in header if name not in REQUIRED + OPTIONAL]
    missing = [name for name in REQUIRED if name not in header]
    if unknown or missing or len(set(header)) != len(header):
        found = [f"unknown: {', '.join(unknown)[:200]}"] if unknown else []
        found += [f"missing: {', '.join(missing)}"] if missing else []
        raise InvalidInputError(
            f"the first line names the columns {', '.join(REQUIRED)}, and if you like {' and '.join(OPTIONAL)}, each"
            f" once ({'; '.join(found) or 'one stands twice'})",
            place="line 1",
        )
    return {name: header.index(name) for name in header}


def _read_row(row: list[str], place: str, tracks: _Tracks) -> None:
    parsed = tracks.parsed
    try:
        if len(row) != len(tracks.places):
            raise InvalidInputError(f"has {len(row)} cells where the header has {len(tracks.places)}: correct the row")
        cells = {name: row[index].strip() for name, index in tracks.places.items()}
        party = cells.get("party", "")
        name = check_label(cells["operation_id"], place="operation_id")
        ref = OperationRef(party and check_label(party, place="party"), name)
    except SkyparleyError as error:
        parsed.skip(f"{place}, {error.place}" if error.place else place, error.message)
        return
    try:
        key, point = _point(ref, cells)
    except SkyparleyError as error:
        parsed.leave_out(UNREADABLE)
        parsed.remark(f"{place}, {error.place}", error.message)
        tracks.first_bad.setdefault(ref, f"{place}, {error.place}: {error.message}")
    else:
        tracks.first_line.setdefault(key, place)
        tracks.rows.setdefault(key, []).append(point)


def _point(ref: OperationRef, cells: dict[str, str]) -> tuple[_Key, _Row]:
    """To which track a row belongs, and its point. Raises `InvalidInputError` with the column."""
    operation_class = normal_class(cells.get("class") or EN_ROUTE)
    latitude_deg, longitude_deg, altitude_m = (
        _number(cells[column], column) for column in ("latitude_deg", "longitude_deg", "altitude_m")
    )
    check_position(latitude_deg, longitude_deg, place="latitude_deg, longitude_deg")
    check_altitude_m(altitude_m, place="altitude_m")
    point = (parse_time(cells["time"]), latitude_deg, longitude_deg, altitude_m)
    return (ref, operation_class, parse_datum(cells["altitude_datum"])), point


def _number(text: str, column: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidInputError(f"{text[:30]!r} is not a number", place=column)
    return value


def _close(tracks: _Tracks) -> None:
    """Make an operation of each track; say what became of those of which no track is left."""
    parsed = tracks.parsed
    seen: dict[OperationRef, None] = {}
    for key, points in tracks.rows.items():
        ref, operation_class, datum = key
        if ref in seen:
            parsed.skip(
                f"{tracks.first_line[key]}, {ref}",
                f"a trajectory has one class and one altitude datum; from here {len(points)} of its rows have"
                f" {operation_class} and {datum.value}, and were left out: give them an operation_id of their own",
            )
            continue
        seen[ref] = None
        distinct = {point[0]: point for point in sorted(points)}
        parsed.leave_out(DOUBLED, len(points) - len(distinct))
        times, latitudes, longitudes, altitudes = zip(*distinct.values(), strict=True)
        try:
            track = Trajectory4D(
                np.array(times, dtype=np.int64), np.array(latitudes), np.array(longitudes), np.array(altitudes), datum
            )
        except SkyparleyError as error:
            parsed.skip(str(ref), _with_first_bad(error.message, tracks, ref))
            continue
        parsed.operations.append(Operation(ref, operation_class, trajectories=(track,)))
    for ref in tracks.first_bad:
        if ref not in seen:
            parsed.skip(str(ref), _with_first_bad("none of its rows is good", tracks, ref))


def _with_first_bad(message: str, tracks: _Tracks, ref: OperationRef) -> str:
    bad = tracks.first_bad.get(ref)
    return message if bad is None else f"{message}; {bad}"
