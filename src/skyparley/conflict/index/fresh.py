"""Fresh writes: entries in the order in which they came, those of one cell chained.

Nothing moves here: a piece that goes is known by its owner, and the next merge leaves it out.
"""

from typing import NamedTuple

import numpy as np

from skyparley import compiled as nb
from skyparley.conflict.index.cells import (
    ENTRY,
    LEVELS,
    Entries,
    Integers,
    Marks,
    code_of,
    count_from,
    level_of,
    scattered,
)


class Fresh(NamedTuple):
    """`entries` `(room, ENTRY)` with the `keys` `(room,)` of their cells; `heads` has the newest entry by the key's
    place, `following` the one before it, -1 the end. `counts` `(LEVELS + 1,)` says how many there are of each pair of
    levels, then of all.
    """

    entries: Entries
    keys: Integers
    following: Marks
    heads: Marks
    counts: Integers


def nothing_fresh(room: int) -> Fresh:
    """No entries, and room for so many."""
    return Fresh(
        np.empty((room, ENTRY), dtype=np.int16),
        np.empty(room, dtype=np.int64),
        np.empty(room, dtype=np.int32),
        np.full(1 << (2 * room).bit_length(), -1, dtype=np.int32),
        np.zeros(LEVELS + 1, dtype=np.int64),
    )


def len_of(fresh: Fresh) -> int:
    """How many entries there are."""
    return int(fresh.counts[LEVELS])


def with_more_room(fresh: Fresh, room: int) -> Fresh:
    """The same entries, and room for so many."""
    wider, count = nothing_fresh(room), len_of(fresh)
    add(wider, fresh.entries[:count], fresh.keys[:count], 0)
    return wider


@nb.njit(cache=True, nogil=True)
def add(fresh: Fresh, entries: Entries, keys: Integers, first_piece: int) -> None:
    """Add entries whose pieces are counted from `first_piece`; there must be room."""
    count, mask = fresh.counts[LEVELS], fresh.heads.shape[0] - 1
    for i in range(keys.shape[0]):
        for k in range(ENTRY):
            fresh.entries[count, k] = entries[i, k]
        count_from(fresh.entries[count], code_of(entries, i), first_piece)
        head = scattered(keys[i], mask)
        fresh.keys[count] = keys[i]
        fresh.following[count] = fresh.heads[head]
        fresh.heads[head] = count
        fresh.counts[level_of(keys[i])] += 1
        count += 1
    fresh.counts[LEVELS] = count
