"""The baseline that everyone has: SQLite's R*Tree in four dimensions finds candidates, shapely decides.

Outlines lie beside the boxes as WKB, as a service would keep them. Longitude and latitude stand for a plane, circles
are polygons of 64 corners: good enough for a baseline, not for an answer. Each conflict gets a witness here too: the
time that both share and the middle of the part in which they overlap.
"""

import math
from typing import Final

import apsw
import numpy as np
import shapely

from skyparley.conflict.index.volumes import Volumes
from skyparley.conflict.operation import Operation
from skyparley.geometry.footprint import Circle
from skyparley.geometry.interval import format_time
from skyparley.geometry.volume import Volume4D

METRES_PER_DEGREE: Final = 111_320.0
_CREATE: Final = (
    "CREATE VIRTUAL TABLE pieces USING"
    " rtree(id, west, east, south, north, lower, upper, begin, finish, +owner, +begin_us, +end_us, +outline)"
)
_INSERT: Final = "INSERT INTO pieces VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_FIND: Final = (
    " FROM pieces WHERE west <= ? AND east >= ? AND south <= ? AND north >= ?"
    " AND lower <= ? AND upper >= ? AND begin < ? AND finish > ?"
)
_AT_ONCE: Final = 20_000
_TURNS: Final = np.arange(64) * (2.0 * math.pi / 64)


class RTree:
    """Operations in an R*Tree, `path` for a file, `:memory:` for none."""

    def __init__(self, path: str = ":memory:", *, epoch_us: int) -> None:
        self.connection = apsw.Connection(path)
        self.connection.pragma("journal_mode", "wal")
        self.connection.pragma("synchronous", "full")
        self.connection.execute(_CREATE)
        self._epoch_us = epoch_us

    def insert_many(self, operations: list[Operation]) -> None:
        """File operations in one transaction."""
        with self.connection:
            for operation in operations:
                self.insert(operation)

    def insert_volumes(self, volumes: Volumes) -> None:
        """File operations, named by their numbers, in one transaction and in the order in which they came."""
        owners = np.repeat(np.arange(len(volumes.begins) - 1), np.diff(volumes.begins))
        with self.connection:
            for begin in range(0, len(owners), _AT_ONCE):
                chosen = np.arange(begin, min(begin + _AT_ONCE, len(owners)))
                shapes = [_drawn(volumes, int(number)) for number in chosen]
                boxes = shapely.bounds(shapes)[:, [0, 2, 1, 3]]
                minutes = (volumes.times_us[chosen] - self._epoch_us) / 60e6
                numbers = np.column_stack((boxes, volumes.bands_m[chosen], minutes)).tolist()
                names = [f"op-{owner:08}" for owner in owners[chosen].tolist()]
                outlines, times_us = shapely.to_wkb(shapes), volumes.times_us[chosen].tolist()
                rows = zip(numbers, names, times_us, outlines, strict=True)
                self.connection.executemany(_INSERT, [(*box, name, *span, wkb) for box, name, span, wkb in rows])

    def insert(self, operation: Operation) -> None:
        """File one operation."""
        rows = []
        for volume in operation.volumes:
            shape, time = _shape(volume), volume.time
            facts = (operation.ref.operation_id, time.begin_us, time.end_us, shapely.to_wkb(shape))
            rows.append((*self._box(volume, shape), *facts))
        self.connection.executemany(_INSERT, rows)

    def candidates(self, operation: Operation) -> set[str]:
        """Identifiers of operations of which a box meets a box of this one."""
        return {
            row[0]
            for volume in operation.volumes
            for row in self.connection.execute(f"SELECT owner{_FIND}", self._asked(volume, _shape(volume)))
        }

    def check(self, operation: Operation) -> dict[str, list[str]]:
        """The operations with which this one conflicts, each with its witnesses."""
        found: dict[str, list[str]] = {}
        for volume in operation.volumes:
            shape = _shape(volume)
            asked = self._asked(volume, shape)
            near = self.connection.execute(f"SELECT owner, begin_us, end_us, outline{_FIND}", asked).fetchall()
            if not near:
                continue
            outlines = shapely.from_wkb([row[3] for row in near])
            shapely.prepare(shape)
            for i in np.flatnonzero(shapely.intersects(shape, outlines)):
                owner, begin_us, end_us, _ = near[i]
                middle = shapely.centroid(shapely.intersection(shape, outlines[i]))
                first, last = max(begin_us, volume.time.begin_us), min(end_us, volume.time.end_us)
                found.setdefault(owner, []).append(
                    f"{operation.ref} and {owner} overlap from {format_time(first)} to {format_time(last)} near"
                    f" {middle.y:.4f} {middle.x:.4f}"
                )
        return found

    def _asked(self, volume: Volume4D, shape: shapely.Geometry) -> tuple[float, ...]:
        west, east, south, north, lower, upper, begin, finish = self._box(volume, shape)
        return east, west, north, south, upper, lower, finish, begin

    def _box(self, volume: Volume4D, shape: shapely.Geometry) -> tuple[float, ...]:
        west, south, east, north = shape.bounds
        time, band = volume.time, volume.altitude
        begin_min, end_min = ((instant - self._epoch_us) / 60e6 for instant in (time.begin_us, time.end_us))
        return west, east, south, north, band.lower_m, band.upper_m, begin_min, end_min


def _drawn(volumes: Volumes, number: int) -> shapely.Polygon:
    positions = volumes.positions_deg[volumes.corners[number] : volumes.corners[number + 1]]
    if volumes.radii_m[number] == 0.0:
        return shapely.Polygon(positions[:, ::-1])
    return _circle(positions[0, 0], positions[0, 1], volumes.radii_m[number])


def _circle(latitude_deg: float, longitude_deg: float, radius_m: float) -> shapely.Polygon:
    reach_deg = radius_m / METRES_PER_DEGREE
    across_deg = reach_deg / math.cos(math.radians(latitude_deg))
    longitudes = longitude_deg + across_deg * np.sin(_TURNS)
    return shapely.Polygon(np.column_stack((longitudes, latitude_deg + reach_deg * np.cos(_TURNS))))


def _shape(volume: Volume4D) -> shapely.Polygon:
    footprint = volume.footprint
    if isinstance(footprint, Circle):
        return _circle(footprint.latitude_deg, footprint.longitude_deg, footprint.radius_m)
    return shapely.Polygon([(longitude, latitude) for latitude, longitude in footprint.vertices])
