"""The sorted part: the entries of all cells one after another, with a table that says where each cell's begin.

It is never written to once it is made: a merge makes a new one from it and from the fresh writes, without those that
have gone, while checks still read the old one.
"""

from concurrent.futures import Executor
from typing import Final, NamedTuple

import numpy as np

from skyparley import compiled as nb
from skyparley.conflict.index.cells import ENTRY, LEVELS, Entries, Integers, Marks, first_key, piece_of, scattered

LENGTH_BITS: Final = 31
MOST_IN_CELL: Final = (1 << LENGTH_BITS) - 1
HEAP: Final = 262_144
"""Entries that are sorted at a time: with what belongs to them they fit a cache."""
_SAMPLE: Final = 64
"""So many keys of a heap tell where it ends."""
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


def sort_entries(entries: Entries, keys: Integers, pool: Executor | None = None, heap: int = HEAP) -> Sorted:
    """Entries `(n, ENTRY)` with the key of each, in any order, as the sorted part; by the threads of a pool, if one is
    given.

    Many are dealt into heaps of about `heap` first, each of neighbouring keys and sorted by itself, so that what one is
    sorted with is used for the next: fresh memory costs more than what is done with it.
    """
    arranged = np.empty_like(entries)
    if pool is None or len(keys) < 2 * heap:
        own, starts = _sort_heap(entries, keys, np.arange(len(keys), dtype=np.int32), arranged)
        return with_table(arranged, own, np.append(starts, len(keys)))
    sample = np.sort(keys[:: max(1, len(keys) // (_SAMPLE * (len(keys) // heap)))])
    splits = sample[_SAMPLE::_SAMPLE]
    heaps, ends = np.empty(len(keys), dtype=np.int32), np.zeros(len(splits) + 2, dtype=np.int64)
    _deal(keys, splits, heaps, ends)

    def sort_one(number: int) -> tuple[Integers, Integers]:
        begin, end = ends[number], ends[number + 1]
        own, starts = _sort_heap(entries, keys, heaps[begin:end], arranged[begin:end])
        return own, starts + begin

    parts = list(pool.map(sort_one, range(len(ends) - 1)))
    starts = np.concatenate([*(starts for _, starts in parts), ends[-1:]])
    return with_table(arranged, np.concatenate([own for own, _ in parts]), starts)


def _sort_heap(entries: Entries, keys: Integers, which: Marks, arranged: Entries) -> tuple[Integers, Integers]:
    """Write some entries sorted by key; the keys that occur, and where those of each begin."""
    own = keys[which]
    order = np.argsort(own)
    _take_in_order(entries, which, order, arranged)
    own = own[order]
    begins = np.flatnonzero(own[1:] != own[:-1]) + 1
    starts = np.concatenate((np.zeros(min(1, len(own)), dtype=np.int64), begins))
    return own[starts], starts


@nb.njit(cache=True, nogil=True)
def _take_in_order(entries: Entries, which: Marks, order: Integers, arranged: Entries) -> None:
    for i in range(order.shape[0]):
        source = entries[which[order[i]]]
        for k in range(ENTRY):
            arranged[i, k] = source[k]


@nb.njit(cache=True, nogil=True)
def _deal(keys: Integers, splits: Integers, heaps: Marks, ends: Integers) -> None:
    """Write numbers of entries heap by heap: those of keys from one of the `splits` up to the next; and where each heap
    begins, the last one's end at the end of `ends`.
    """
    which = np.empty(keys.shape[0], dtype=np.uint16)
    for i in range(keys.shape[0]):
        low, high = 0, splits.shape[0]
        while low < high:
            middle = (low + high) // 2
            if splits[middle] <= keys[i]:
                low = middle + 1
            else:
                high = middle
        which[i] = low
        ends[low + 1] += 1
    places = np.zeros(ends.shape[0], dtype=np.int64)
    for k in range(1, ends.shape[0]):
        ends[k] += ends[k - 1]
        places[k] = ends[k]
    for i in range(keys.shape[0]):
        heaps[places[which[i]]] = i
        places[which[i]] += 1


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
