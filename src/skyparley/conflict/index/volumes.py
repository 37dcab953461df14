"""Declared volumes of many operations as arrays, and the index that is built of them at once, by both cores."""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from threading import Semaphore
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.conflict.index.cells import ENTRY, Entries, Floats, Integers, Marks, enter
from skyparley.conflict.index.hot import HotIndex, check_room, shapes_of
from skyparley.conflict.index.ordered import sort_entries
from skyparley.conflict.index.pools import Pool, rounded_in_kernel, with_room
from skyparley.conflict.index.shapes import MARKS, NUMBERS, OWNER, Shapes, put, put_given, room_for
from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.boxes import BOX, set_box
from skyparley.conflict.kernels.outlines import DATUM_INDEX, SURELY_SHORT_M, longest_m, set_circle, set_limits, set_ring
from skyparley.conflict.operation import Operation
from skyparley.errors import InvalidInputError
from skyparley.geometry.footprint import Circle

Flags = npt.NDArray[np.uint8]
WORKERS: Final = 2
LEAST_CORNERS: Final = 3


class Volumes(NamedTuple):
    """Volumes of `n` operations one after another.

    `begins` `(n + 1,)`: with which volume each operation begins. By volume: `times_us` `(m, 2)`, microseconds since
    1970 UTC, half-open; `bands_m` `(m, 2)`, metres above the datum, closed; the datum's number in `datums` `(m,)`;
    `radii_m` `(m,)`, 0 for polygons; `corners` `(m + 1,)`: with which position each begins. `positions_deg` `(k, 2)`:
    WGS 84 latitude and longitude, the centre of a circle or the corners of a polygon in order; an index keeps this
    array (if it is writable, contiguous and of float64), so nobody may write to it afterwards.
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
def hold_all(
    volumes: Volumes, first: int, last: int, blocks: Marks, shapes: Shapes, entries: Entries, keys: Integers
) -> int:
    """Write the shapes of operations `[first, last)` into their `blocks` `(n, 4)`, entries and keys by volume from 0.

    How many operations are done: the next one is refused, as `_refusal` says. (Functions get arrays here and not the
    tuples that they are in: whoever hands on a tuple counts references to all its arrays, which took a third of the
    time.)
    """
    begins, times_us, bands_m, datums, radii_m, corners, _ = volumes
    numbers, marks, points, positions_deg = shapes
    row, box, edges = np.zeros((1, layout.COLUMNS)), np.empty(BOX), np.empty((64, layout.EDGE_COLUMNS))
    room = np.empty((2, 2 * 64))
    count = 0
    for operation in range(first, last):
        piece, point = blocks[operation, 0], blocks[operation, 2]
        for i in range(begins[operation], begins[operation + 1]):
            row[0] = 0.0
            set_limits(row[0], times_us[i, 0], times_us[i, 1], bands_m[i, 0], bands_m[i, 1])
            row[0, layout.DATUM] = datums[i]
            at, end = corners[i], corners[i + 1]
            if radii_m[i] > 0.0:
                set_circle(row[0], positions_deg[2 * at], positions_deg[2 * at + 1], radii_m[i])
            else:
                if end - at > edges.shape[0]:
                    edges = np.empty((2 * (end - at), layout.EDGE_COLUMNS))
                room = room_for(end - at, room)
                set_ring(row[0], positions_deg, 2 * at, end - at, edges, 0, room)
                if longest_m(edges, 0, end - at) > SURELY_SHORT_M:
                    return operation - first
                row[0, layout.EDGES_END] = end - at
            if not (
                math.isfinite(row[0, layout.X0]) and times_us[i, 0] < times_us[i, 1] and bands_m[i, 0] <= bands_m[i, 1]
            ):
                return operation - first
            set_box(row[0], edges, box)
            keys[count] = enter(box, piece, entries[count])
            if radii_m[i] > 0.0:
                point = put(row, edges, numbers, marks, points, piece, point)
            else:
                put_given(row[0], numbers, marks, piece, 2 * at, end - at)
            marks[piece, OWNER] = operation
            count, piece = count + 1, piece + 1
    return last - first


@nb.njit(cache=True, nogil=True)
def _set_blocks(volumes: Volumes, blocks: Marks) -> tuple[int, int, int]:
    """Write the places `(n, 4)` of operations one after another; where pieces and points end, and the first volume that
    has not as many positions as it must, or -1.
    """
    begins, _, _, _, radii_m, corners, _ = volumes
    piece, point, wrong = 0, 0, -1
    for operation in range(blocks.shape[0]):
        pieces, points = begins[operation + 1] - begins[operation], 0
        for i in range(begins[operation], begins[operation + 1]):
            many, round_one = corners[i + 1] - corners[i], radii_m[i] > 0.0
            points += 2 if round_one else 0
            if wrong < 0 and (many != 1 if round_one else many < LEAST_CORNERS):
                wrong = i
        blocks[operation, 0], blocks[operation, 1] = piece, pieces
        blocks[operation, 2], blocks[operation, 3] = point, points
        piece += rounded_in_kernel(pieces)
        point += rounded_in_kernel(points)
    return piece, point, wrong


def _refusal(volumes: Volumes, operation: int) -> str:
    """Why an operation cannot be held."""
    for i in range(volumes.begins[operation], volumes.begins[operation + 1]):
        begin_us, end_us = volumes.times_us[i]
        lower_m, upper_m = volumes.bands_m[i]
        if not begin_us < end_us:
            return f"it begins at {begin_us} and ends at {end_us} microseconds: the end must come after the begin"
        if not lower_m <= upper_m:
            return f"its lower limit is {lower_m:g} metres and its upper limit {upper_m:g}: the lower must not be above"
        if not np.isfinite(volumes.positions_deg[volumes.corners[i] : volumes.corners[i + 1]]).all():
            return "a position is not a number"
    return f"an edge is longer than {SURELY_SHORT_M:g} metres: insert this operation by itself"


def index_of(volumes: Volumes, forget: Callable[[int], None], meanwhile: Callable[[], None] = lambda: None) -> HotIndex:
    """An index of operations in the order of their slots, all of class 0 and none of them a hazard area.

    `meanwhile` is called while others are at work that need no interpreter: it may keep it for long.

    Raises `InvalidInputError` if an edge is longer than `SURELY_SHORT_M`: such operations are inserted one by one; or
    if what is given cannot be a volume; and `LimitExceededError` as `check_room` does.
    """
    count = len(volumes.begins) - 1
    blocks = np.empty((count, 4), dtype=np.int32)
    pieces_end, points_end, wrong = _set_blocks(volumes, blocks)
    if wrong >= 0:
        raise InvalidInputError(
            f"a circle has one position, and a polygon at least {LEAST_CORNERS}", place=f"volumes[{wrong}]"
        )
    given = np.require(volumes.positions_deg, np.float64, ["C", "W"]).ravel()  # what kernels are compiled for
    check_room(pieces_end, points_end, len(given) // 2)
    pools = (
        Pool(
            np.empty((with_room(pieces_end), NUMBERS)),
            np.empty((with_room(pieces_end), MARKS), dtype=np.int32),
        ),
        Pool(np.empty((with_room(points_end, len(given) // 2), 3))),
    )
    pools[0].end, pools[1].end = pieces_end, points_end
    shapes = shapes_of(*pools, given)
    entries = np.empty((len(volumes.radii_m), ENTRY), dtype=np.int16)
    keys = np.empty(len(entries), dtype=np.int64)

    at_work = Semaphore(0)

    def hold(first: int, last: int) -> None:
        at_work.release()
        begin, end = volumes.begins[first], volumes.begins[last]
        done = first + hold_all(volumes, first, last, blocks, shapes, entries[begin:end], keys[begin:end])
        if done < last:
            raise InvalidInputError(_refusal(volumes, done), place=f"operations[{done}]")

    with ThreadPoolExecutor(WORKERS) as pool:
        cuts = [count * i // WORKERS for i in range(WORKERS + 1)]
        holding = pool.map(hold, cuts[:-1], cuts[1:])
        for _ in range(WORKERS):
            at_work.acquire()
        meanwhile()
        list(holding)
        order = sort_entries(entries, keys, pool)
    return HotIndex.holding(pools, given, (np.zeros(count, dtype=np.int32), blocks), order, forget)
