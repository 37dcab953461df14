"""Many operations at once: an index built from a table of volumes, by both cores."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np

from skyparley.conflict.index.cells import ENTRY
from skyparley.conflict.index.hot import HotIndex
from skyparley.conflict.index.ordered import sort_entries
from skyparley.conflict.index.pools import Pool, blocks_of, with_room
from skyparley.conflict.index.shapes import MARKS, NUMBERS, Shapes
from skyparley.conflict.index.volumes import Volumes, hold_all
from skyparley.conflict.kernels.outlines import SURELY_SHORT_M
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
    return HotIndex.holding(
        pools, (np.zeros(count, dtype=np.int32), np.zeros(count, dtype=np.uint8), blocks), order, forget
    )
