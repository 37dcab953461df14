"""The sorted part: the entries of all cells one after another, with a table that says where each cell's begin.

It is never written to once it is made: a merge makes a new one from it and from the fresh writes, without those that
have gone, while checks still read the old one.
"""

from concurrent.futures import Executor
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.conflict.index.cells import ENTRY, LEVELS, Entries, Integers, Marks, first_key, piece_of, scattered

Flags = npt.NDArray[np.bool_]
LENGTH_BITS: Final = 31
MOST_IN_CELL: Final = (1 << LENGTH_BITS) - 1
_WORTH_TWO: Final = 100_000
_SAMPLE: Final = 1_024
GONE: Final = -1
"""Owner of a piece that was removed."""


class Sorted(NamedTuple):
    """`entries` `(n, ENTRY)` by `keys` `(cells,)`, which rise; those of a cell begin with its `starts` `(cells + 1,)`.

    `table` `(places, 2)`, at least twice as long, finds a cell: its key, and as one number where its entries begin and
    how many they are. `levels` `(LEVELS + 1,)` says with which cell each pair of levels begins.
    """

    entries: Entries
    keys: Integers
    starts: Integers
    table: Integers
    levels: Integers


def nothing_sorted() -> Sorted:
    """No entries."""
    none = np.zeros(0, dtype=np.int64)
    return with_table(np.zeros((0, ENTRY), dtype=np.int16), none, np.zeros(1, dtype=np.int64))


def with_table(entries: Entries, keys: Integers, starts: Integers) -> Sorted:
    """Sorted entries and their cells, with the table that finds them."""
    table = np.full((1 << (2 * len(keys)).bit_length(), 2), -1, dtype=np.int64)
    _fill(keys, starts, table)
    levels = np.searchsorted(keys, np.array([first_key(level) for level in range(LEVELS + 1)], dtype=np.int64))
    return Sorted(entries, keys, starts, table, levels.astype(np.int64))


@nb.njit(cache=True, nogil=True)
def _fill(keys: Integers, starts: Integers, table: Integers) -> None:
    mask = table.shape[0] - 1
    for i in range(keys.shape[0]):
        place = scattered(keys[i], mask)
        while table[place, 0] >= 0:
            place = (place + 1) & mask
        table[place, 0] = keys[i]
        table[place, 1] = (starts[i] << LENGTH_BITS) | (starts[i + 1] - starts[i])


@nb.njit(cache=True, nogil=True)
def find_cell(table: Integers, key: int) -> int:
    """Where the entries of a cell begin and how many they are, as in `table`; 0 if it has none."""
    mask = table.shape[0] - 1
    place = scattered(key, mask)
    while table[place, 0] >= 0:
        if table[place, 0] == key:
            return int(table[place, 1])
        place = (place + 1) & mask
    return 0


def sort_entries(entries: Entries, keys: Integers, pool: Executor | None = None) -> Sorted:
    """Entries `(n, ENTRY)` with the key of each, in any order, as the sorted part; by two threads of a pool, if one is
    given.
    """
    arranged, ordered = np.empty_like(entries), np.empty_like(keys)
    if pool is None or len(keys) < _WORTH_TWO:
        _sort_into(entries, keys, np.argsort(keys), arranged, ordered)
    else:
        middle = np.partition(keys[:: len(keys) // _SAMPLE], _SAMPLE // 2)[_SAMPLE // 2]
        below = int(np.count_nonzero(keys < middle))

        def part(side: Flags, begin: int, end: int) -> None:
            chosen = np.flatnonzero(side)
            order = chosen[np.argsort(keys[chosen])]
            _sort_into(entries, keys, order, arranged[begin:end], ordered[begin:end])

        list(pool.map(part, (keys < middle, keys >= middle), (0, below), (below, len(keys))))
    begins = np.flatnonzero(np.diff(ordered, prepend=-1))
    starts = np.append(begins, len(ordered)).astype(np.int64)
    return with_table(arranged, ordered[begins], starts)


@nb.njit(cache=True, nogil=True)
def _sort_into(entries: Entries, keys: Integers, order: Integers, arranged: Entries, ordered: Integers) -> None:
    for i in range(order.shape[0]):
        ordered[i] = keys[order[i]]
        for k in range(ENTRY):
            arranged[i, k] = entries[order[i], k]


def merged(old: Sorted, fresh: Sorted, marks: Marks) -> Sorted:
    """Both in one, without the entries of pieces that have gone; `marks` `(pieces, 4)` begin with a piece's owner.

    Pieces may go meanwhile: they are then in it or not, and whoever finds them sees that they have gone.
    """
    cells, count = len(old.keys) + len(fresh.keys), len(old.entries) + len(fresh.entries)
    entries = np.empty((count, ENTRY), dtype=np.int16)
    keys, starts = np.empty(cells, dtype=np.int64), np.empty(cells + 1, dtype=np.int64)
    kept, many = _merge(
        old.entries, old.keys, old.starts, fresh.entries, fresh.keys, fresh.starts, marks, entries, keys, starts
    )
    if many < count - count // 16:
        entries = entries[:many].copy()
    return with_table(entries[:many], keys[:kept].copy(), starts[: kept + 1].copy())


@nb.njit(cache=True, nogil=True)
def _merge(
    old: Entries,
    old_keys: Integers,
    old_starts: Integers,
    fresh: Entries,
    fresh_keys: Integers,
    fresh_starts: Integers,
    marks: Marks,
    entries: Entries,
    keys: Integers,
    starts: Integers,
) -> tuple[int, int]:
    i, j, kept, end = 0, 0, 0, 0
    starts[0] = 0
    while i < old_keys.shape[0] or j < fresh_keys.shape[0]:
        key = old_keys[i] if i < old_keys.shape[0] else fresh_keys[j]
        if j < fresh_keys.shape[0]:
            key = min(key, fresh_keys[j])
        begin = end
        if i < old_keys.shape[0] and old_keys[i] == key:
            end = _take(old, old_starts[i], old_starts[i + 1], marks, entries, end)
            i += 1
        if j < fresh_keys.shape[0] and fresh_keys[j] == key:
            end = _take(fresh, fresh_starts[j], fresh_starts[j + 1], marks, entries, end)
            j += 1
        if end > begin:
            keys[kept] = key
            kept += 1
            starts[kept] = end
    return kept, end


@nb.njit(cache=True, nogil=True)
def _take(source: Entries, begin: int, until: int, marks: Marks, entries: Entries, end: int) -> int:
    for i in range(begin, until):
        if marks[piece_of(source, i), 0] != GONE:
            for k in range(ENTRY):
                entries[end, k] = source[i, k]
            end += 1
    return end
