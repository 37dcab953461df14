"""The sorted part: the same whether entries are sorted at once or heap by heap."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from skyparley.conflict.index.cells import ENTRY
from skyparley.conflict.index.ordered import LENGTH_BITS, MOST_IN_CELL, find_cell, sort_entries


@pytest.mark.parametrize("kinds", [1, 3, 100, 10_000])
@pytest.mark.parametrize("count", [0, 1, 2, 63, 64, 2_000, 5_001])
def test_heaps_give_what_one_sort_gives(count: int, kinds: int) -> None:
    random = np.random.default_rng([count, kinds])
    keys = random.choice(random.integers(0, 2**62, kinds), count)
    entries = random.integers(-(2**15), 2**15, (count, ENTRY)).astype(np.int16)
    whole = sort_entries(entries, keys)
    with ThreadPoolExecutor(2) as pool:
        for heap in (1, 7, 32, 1_000):
            heaped = sort_entries(entries, keys, pool, heap)
            for one, other in zip(whole[1:], heaped[1:], strict=True):
                assert np.array_equal(one, other)
            for begin, end in zip(whole.starts[:-1], whole.starts[1:], strict=True):
                assert sorted(map(tuple, whole.entries[begin:end])) == sorted(map(tuple, heaped.entries[begin:end]))
    for key in np.unique(keys).tolist():
        cell = find_cell(whole.table, key)
        begin, length = cell >> LENGTH_BITS, cell & MOST_IN_CELL
        assert sorted(map(tuple, whole.entries[begin : begin + length])) == sorted(map(tuple, entries[keys == key]))
