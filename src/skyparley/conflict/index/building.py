"""Many operations at once: an index built from a table of volumes, by both cores."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np

from skyparley.conflict.index.cells import ENTRY
from skyparley.conflict.index.hot import HotIndex
from skyparley.conflict.index.ordered import Sorted, merged, nothing_sorted, sort_entries
from skyparley.conflict.index.pools import blocks_of
from skyparley.conflict.index.shapes import MARKS, NUMBERS, Shapes
from skyparley.conflict.index.volumes import Volumes, hold_all
from skyparley.conflict.kernels.packing import SURELY_SHORT_M
from skyparley.errors import InvalidInputError

WORKERS: Final = 2


def index_of(volumes: Volumes, forget: Callable[[int], None]) -> HotIndex:
    """An index of operations in the order of their slots, all of class 0 and none a hazard area.

    Raises `InvalidInputError` if an edge is longer than `SURELY_SHORT_M`: such operations are inserted one by one.
    """
    count = len(volumes.begins) - 1
    pieces = np.diff(volumes.begins)
    own = np.cumsum(np.where(volumes.radii_m > 0.0, 2, np.diff(volumes.corners)))
    points = np.diff(np.concatenate((np.zeros(1, dtype=np.int64), own))[volumes.begins])
    piece_blocks, point_blocks = blocks_of(pieces), blocks_of(points)
    blocks = np.column_stack((piece_blocks.begins, pieces, point_blocks.begins, points)).astype(np.int32)
    shapes = Shapes(
        np.empty((piece_blocks.end, NUMBERS)),
        np.empty((piece_blocks.end, MARKS), dtype=np.int32),
        np.empty((point_blocks.end, 3)),
    )

    def part(which: int) -> Sorted:
        first, last = count * which // WORKERS, count * (which + 1) // WORKERS
        many = int(volumes.begins[last] - volumes.begins[first])
        entries, keys = np.empty((many, ENTRY), dtype=np.int32), np.empty(many, dtype=np.int64)
        done = first + hold_all(volumes, first, last, blocks, shapes, entries, keys)
        if done < last:
            raise InvalidInputError(
                f"an edge is longer than {SURELY_SHORT_M:g} metres: insert this operation by itself",
                place=f"operations[{done}]",
            )
        return sort_entries(entries, keys)

    with ThreadPoolExecutor(WORKERS) as pool:
        parts = list(pool.map(part, range(WORKERS)))
    order = nothing_sorted()
    for one in parts:
        order = merged(order, one, shapes.marks) if len(order.keys) else one
    return HotIndex.holding(
        shapes, (np.zeros(count, dtype=np.int32), np.zeros(count, dtype=np.uint8), blocks), order, forget
    )
