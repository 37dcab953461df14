"""Declared volumes of many operations as arrays, and the index that is built of them at once, by both cores."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.conflict.index.cells import ENTRY, Entries, Floats, Integers, Marks, enter
from skyparley.conflict.index.hot import HotIndex
from skyparley.conflict.index.ordered import sort_entries
from skyparley.conflict.index.pools import Pool, blocks_of, with_room
from skyparley.conflict.index.shapes import MARKS, NUMBERS, OWNER, Shapes, put
from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.boxes import BOX, set_box
from skyparley.conflict.kernels.outlines import DATUM_INDEX, SURELY_SHORT_M, set_circle, set_limits, set_ring
from skyparley.conflict.operation import Operation
from skyparley.errors import InvalidInputError
from skyparley.geometry.footprint import Circle

Flags = npt.NDArray[np.uint8]
WORKERS: Final = 2


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


def tabulate(operations: Sequence[Operation]) -> Volumes:
    """The volumes of operations that have nothing else, and no holes."""
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
    time_us, band_m = volumes.times_us[number], volumes.bands_m[number]
    set_limits(row, time_us[0], time_us[1], band_m[0], band_m[1])
    row[layout.DATUM] = volumes.datums[number]
    first, end = volumes.corners[number], volumes.corners[number + 1]
    if volumes.radii_m[number] > 0.0:
        at = volumes.positions_deg[first]
        set_circle(row, at[0], at[1], volumes.radii_m[number])
        return True
    row[layout.EDGES_END] = end - first
    return set_ring(row, volumes.positions_deg[first:end].ravel(), edges[: end - first])


@nb.njit(cache=True, nogil=True)
def hold_all(
    volumes: Volumes, first: int, last: int, blocks: Marks, shapes: Shapes, entries: Entries, keys: Integers
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


def index_of(volumes: Volumes, forget: Callable[[int], None]) -> HotIndex:
    """An index of operations in the order of their slots, all of class 0 and none of them a hazard area.

    Raises `InvalidInputError` if an edge is longer than `SURELY_SHORT_M`: such operations are inserted one by one.
    """
    count = len(volumes.begins) - 1
    pieces = np.diff(volumes.begins)
    own = np.cumsum(np.where(volumes.radii_m > 0.0, 2, np.diff(volumes.corners)))
    points = np.diff(np.concatenate((np.zeros(1, dtype=np.int64), own))[volumes.begins])
    piece_blocks, point_blocks = blocks_of(pieces), blocks_of(points)
    blocks = np.column_stack((piece_blocks.begins, pieces, point_blocks.begins, points)).astype(np.int32)
    pools = (
        Pool(
            np.empty((with_room(piece_blocks.end), NUMBERS)),
            np.empty((with_room(piece_blocks.end), MARKS), dtype=np.int32),
        ),
        Pool(np.empty((with_room(point_blocks.end), 3))),
    )
    pools[0].end, pools[1].end = piece_blocks.end, point_blocks.end
    shapes = Shapes(*pools[0].arrays, *pools[1].arrays)
    entries = np.empty((len(volumes.radii_m), ENTRY), dtype=np.int16)
    keys = np.empty(len(entries), dtype=np.int64)

    def hold(first: int, last: int) -> None:
        begin, end = volumes.begins[first], volumes.begins[last]
        done = first + hold_all(volumes, first, last, blocks, shapes, entries[begin:end], keys[begin:end])
        if done < last:
            raise InvalidInputError(
                f"an edge is longer than {SURELY_SHORT_M:g} metres: insert this operation by itself",
                place=f"operations[{done}]",
            )

    with ThreadPoolExecutor(WORKERS) as pool:
        cuts = [count * i // WORKERS for i in range(WORKERS + 1)]
        list(pool.map(hold, cuts[:-1], cuts[1:]))
        order = sort_entries(entries, keys, pool)
    return HotIndex.holding(pools, (np.zeros(count, dtype=np.int32), blocks), order, forget)
