"""Declared volumes of many operations as arrays: how a batch is packed, and how an index is built at once."""

from collections.abc import Sequence
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.conflict.index.cells import Entries, Floats, Integers, enter
from skyparley.conflict.index.shapes import OWNER, Shapes, put
from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.boxes import BOX, set_box
from skyparley.conflict.kernels.packing import (
    DATUM_INDEX,
    SURELY_SHORT_M,
    pack,
    ring_edges,
    set_circle,
    set_offsets,
    set_polygon,
)
from skyparley.conflict.operation import Operation
from skyparley.geometry.footprint import Circle
from skyparley.geometry.geoid import read_geoid
from skyparley.units import MICROSECONDS_PER_SECOND

Flags = npt.NDArray[np.uint8]
_US: Final = float(MICROSECONDS_PER_SECOND)


class Volumes(NamedTuple):
    """Volumes of `n` operations one after another.

    `begins` `(n + 1,)`: with which volume each operation begins. By volume: `times_us` `(m, 2)`, microseconds since
    1970 UTC, half-open; `bands_m` `(m, 2)`, metres above the datum, closed; the datum's number in `datums` `(m,)`;
    `radii_m` `(m,)`, 0 for polygons; `corners` `(m + 1,)`: with which position each begins. `positions_deg` `(k, 2)`:
    WGS 84 latitude and longitude, the centre of a circle or the corners of a polygon in order.
    """

    begins: Integers
    times_us: Integers
    bands_m: Floats
    datums: Flags
    radii_m: Floats
    corners: Integers
    positions_deg: Floats

    @property
    def edges(self) -> int:
        """How many edges all polygons have."""
        return int(np.diff(self.corners)[self.radii_m == 0.0].sum())


def is_plain(operation: Operation) -> bool:
    """Whether an operation has only volumes, and those no holes: `tabulate` takes no others."""
    return not operation.trajectories and all(
        isinstance(volume.footprint, Circle) or not volume.footprint.holes for volume in operation.volumes
    )


def tabulate(operations: Sequence[Operation]) -> Volumes:
    """The volumes of plain operations."""
    begins, corners = [0], [0]
    times: list[int] = []
    bands: list[float] = []
    datums: list[float] = []
    radii: list[float] = []
    positions: list[float] = []
    for operation in operations:
        for volume in operation.volumes:
            footprint, time, band = volume.footprint, volume.time, volume.altitude
            times += (time.begin_us, time.end_us)
            bands += (band.lower_m, band.upper_m)
            datums.append(DATUM_INDEX[band.datum])
            if isinstance(footprint, Circle):
                radii.append(footprint.radius_m)
                positions += (footprint.latitude_deg, footprint.longitude_deg)
            else:
                radii.append(0.0)
                positions.extend(chain.from_iterable(footprint.vertices))
            corners.append(len(positions) // 2)
        begins.append(len(radii))
    return Volumes(
        np.array(begins, dtype=np.int64),
        np.array(times, dtype=np.int64).reshape(-1, 2),
        np.array(bands).reshape(-1, 2),
        np.array(datums, dtype=np.uint8),
        np.array(radii),
        np.array(corners, dtype=np.int64),
        np.array(positions).reshape(-1, 2),
    )


@nb.njit(cache=True, nogil=True)
def _fill(volumes: Volumes, number: int, row: Floats, edges: Floats) -> bool:
    """Fill the row of a volume and its edges, from the first on; False if one of them must be cut."""
    for k in range(layout.COLUMNS):
        row[k] = 0.0
    row[layout.BEGIN_S], row[layout.END_S] = volumes.times_us[number, 0] / _US, volumes.times_us[number, 1] / _US
    row[layout.LOWER_M], row[layout.UPPER_M] = volumes.bands_m[number, 0], volumes.bands_m[number, 1]
    row[layout.DATUM] = volumes.datums[number]
    first = volumes.corners[number]
    if volumes.radii_m[number] > 0.0:
        at = volumes.positions_deg[first]
        set_circle(row, at[0], at[1], volumes.radii_m[number])
        return True
    count = volumes.corners[number + 1] - first
    longest_m = ring_edges(volumes.positions_deg, first, count, edges)
    set_polygon(row, edges, count)
    row[layout.EDGES_END] = count
    return bool(longest_m <= SURELY_SHORT_M)


@nb.njit(cache=True, nogil=True)
def rows_of(volumes: Volumes, rows: Floats, edges: Floats) -> int:
    """Fill the rows and edges of all volumes; `OWNER` is the number of the operation. How many operations are done: the
    next has an edge that must be cut, so it is not one for a table.
    """
    end = 0
    for operation in range(volumes.begins.shape[0] - 1):
        for number in range(volumes.begins[operation], volumes.begins[operation + 1]):
            if not _fill(volumes, number, rows[number], edges[end:]):
                return operation
            rows[number, layout.OWNER] = operation
            rows[number, layout.EDGES_BEGIN] = end
            rows[number, layout.EDGES_END] += end
            end = int(rows[number, layout.EDGES_END]) if volumes.radii_m[number] == 0.0 else end
    return int(volumes.begins.shape[0] - 1)


@nb.njit(cache=True, nogil=True)
def hold_all(
    volumes: Volumes, first: int, last: int, blocks: Entries, shapes: Shapes, entries: Entries, keys: Integers
) -> int:
    """Write the shapes of operations `[first, last)` into their `blocks` `(n, 4)`, entries and keys by volume from 0.

    How many operations are done, as `rows_of` does.
    """
    row, box, edges = np.zeros((1, layout.COLUMNS)), np.empty(BOX), np.empty((64, layout.EDGE_COLUMNS))
    count = 0
    for operation in range(first, last):
        piece, point = blocks[operation, 0], blocks[operation, 2]
        for number in range(volumes.begins[operation], volumes.begins[operation + 1]):
            corners = volumes.corners[number + 1] - volumes.corners[number]
            if corners > edges.shape[0]:
                edges = np.empty((2 * corners, layout.EDGE_COLUMNS))
            if not _fill(volumes, number, row[0], edges):
                return operation - first
            set_box(row[0], edges, box)
            keys[count] = enter(box, piece, entries[count])
            point = put(row, edges, shapes, piece, point)
            shapes.marks[piece, OWNER] = operation
            count, piece = count + 1, piece + 1
    return last - first


def pack_many(operations: Sequence[Operation]) -> tuple[Floats, Floats]:
    """Rows and edges of operations one after another; `OWNER` is the number of the operation."""
    parts: list[tuple[Floats, Floats]] = []
    begin = 0
    while begin < len(operations):
        end = begin
        while end < len(operations) and is_plain(operations[end]):
            end += 1
        if end > begin:
            volumes = tabulate(operations[begin:end])
            rows = np.empty((len(volumes.radii_m), layout.COLUMNS))
            edges = np.empty((volumes.edges, layout.EDGE_COLUMNS))
            done = rows_of(volumes, rows, edges)
            rows = rows[: volumes.begins[done]]
            set_offsets(rows, *read_geoid())
            rows[:, layout.OWNER] += begin
            parts.append((rows, edges))
            begin += done
        if begin < min(end + 1, len(operations)):
            rows, edges = pack(operations[begin], 0)
            rows[:, layout.OWNER] = begin
            parts.append((rows, edges))
            begin += 1
    edges_begin = 0
    for rows, edges in parts:
        rows[:, layout.EDGES_BEGIN] += edges_begin
        rows[:, layout.EDGES_END] += edges_begin
        edges_begin += len(edges)
    return np.concatenate([rows for rows, _ in parts]), np.concatenate([edges for _, edges in parts])
