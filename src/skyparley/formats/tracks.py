"""CSV trajectories: one row per point, with a header that names the columns.

Columns: `operation_id, time, latitude_deg, longitude_deg, altitude_m, altitude_datum`, optional `party, class`. Rows of
one operation may lie anywhere in the file and in any order. A row that cannot be read is left out, counted and listed;
trajectories have zero tolerance.
"""

import csv
import io
import math
from typing import Final

import numpy as np

from skyparley.conflict.minima import EN_ROUTE
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.errors import ForbiddenFieldError, InvalidInputError, SkyparleyError
from skyparley.formats.parsed import Parsed
from skyparley.geometry.altitude import Datum, check_altitude_m, parse_datum
from skyparley.geometry.footprint import check_position
from skyparley.geometry.interval import parse_time
from skyparley.geometry.trajectory import Trajectory4D
from skyparley.node.reading.shapes import forbidden_field, normal_class

REQUIRED: Final = ("operation_id", "time", "latitude_deg", "longitude_deg", "altitude_m", "altitude_datum")
OPTIONAL: Final = ("party", "class")
_Row = tuple[int, float, float, float]


def read_tracks(text: str, file: str) -> Parsed:
    """The operations of a CSV file. Raises `InvalidInputError` if its header is not the one of such a file."""
    parsed = Parsed(file)
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [name.strip() for name in next(reader)]
        places = _places(header)
        tracks: dict[tuple[OperationRef, str, Datum], list[_Row]] = {}
        for row in reader:
            if row and any(cell.strip() for cell in row):
                _read_row(row, places, f"line {reader.line_num}", tracks, parsed)
    except csv.Error as error:
        raise InvalidInputError(f"line {reader.line_num} cannot be read as CSV: {error}") from None
    _close(tracks, parsed)
    return parsed


def _places(header: list[str]) -> dict[str, int]:
    forbidden = forbidden_field(dict.fromkeys(header))
    if forbidden is not None:
        raise ForbiddenFieldError("this names a weapon, a mission or a target; remove the column", place=forbidden)
    unknown = [name for name in header if name not in REQUIRED + OPTIONAL]
    if unknown or len(set(header)) != len(header):
        raise InvalidInputError(f"columns are {', '.join(REQUIRED + OPTIONAL)}, each once", place=", ".join(unknown))
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise InvalidInputError(f"the header lacks {', '.join(missing)}", place="line 1")
    return {name: header.index(name) for name in header}


def _read_row(
    row: list[str],
    places: dict[str, int],
    place: str,
    tracks: dict[tuple[OperationRef, str, Datum], list[_Row]],
    parsed: Parsed,
) -> None:
    try:
        if len(row) != len(places):
            raise InvalidInputError(f"has {len(row)} cells where the header has {len(places)}")
        cells = {name: row[index].strip() for name, index in places.items()}
        if not cells["operation_id"]:
            raise InvalidInputError("is empty", place="operation_id")
        ref = OperationRef(cells.get("party", ""), cells["operation_id"])
        name = normal_class(cells.get("class") or EN_ROUTE)
        latitude_deg, longitude_deg, altitude_m = (
            _number(cells[column], column) for column in ("latitude_deg", "longitude_deg", "altitude_m")
        )
        check_position(latitude_deg, longitude_deg, place="latitude_deg, longitude_deg")
        check_altitude_m(altitude_m, place="altitude_m")
        point = (parse_time(cells["time"]), latitude_deg, longitude_deg, altitude_m)
        tracks.setdefault((ref, name, parse_datum(cells["altitude_datum"])), []).append(point)
    except SkyparleyError as error:
        parsed.bad_reports += 1
        parsed.skip(f"{place}, {error.place}" if error.place else place, error.message)


def _number(text: str, column: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidInputError(f"{text[:30]!r} is not a number", place=column)
    return value


def _close(tracks: dict[tuple[OperationRef, str, Datum], list[_Row]], parsed: Parsed) -> None:
    seen: set[OperationRef] = set()
    for (ref, name, datum), points in tracks.items():
        if ref in seen:
            parsed.skip(str(ref), "a trajectory has one class and one altitude datum; only its first was taken")
            continue
        seen.add(ref)
        distinct = {point[0]: point for point in sorted(points)}
        parsed.bad_reports += len(points) - len(distinct)
        times, latitudes, longitudes, altitudes = zip(*distinct.values(), strict=True)
        try:
            track = Trajectory4D(
                np.array(times, dtype=np.int64), np.array(latitudes), np.array(longitudes), np.array(altitudes), datum
            )
        except SkyparleyError as error:
            parsed.skip(str(ref), error.message)
            continue
        parsed.operations.append(Operation(ref, name, trajectories=(track,)))
