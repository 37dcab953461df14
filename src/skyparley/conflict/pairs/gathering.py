"""Hits of pieces gathered by pair of operations and rule, until time has passed one of the two."""

from typing import Final

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.conflict.kernels import hits as hit
from skyparley.conflict.witness import JOIN_US
from skyparley.errors import LimitExceededError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MAX_OPEN: Final = 2_000_000
"""Windows of conflicts that are open at one time: about a gigabyte while they are sorted."""
RULES: Final = 3

# after the columns of a hit, which are those of the closest of its pair and rule
WINDOW_FIRST_US: Final = hit.HIT_COLUMNS
WINDOW_LAST_US: Final = hit.HIT_COLUMNS + 1
SURE: Final = hit.HIT_COLUMNS + 2  # whether any is certain
COLUMNS: Final = hit.HIT_COLUMNS + 3


class Gathering:
    """Hits by pair and rule, one line a window; all windows of a pair and rule carry its closest approach."""

    def __init__(self) -> None:
        self._keys = np.empty(0, dtype=np.int64)
        self._lines = np.empty((0, COLUMNS))

    def add(self, keys: Integers, hits: Floats) -> None:
        """Take in hits `(n, HIT_COLUMNS)` with the keys of their pairs. Raises `LimitExceededError` past `MAX_OPEN`."""
        new = np.empty((len(hits), COLUMNS))
        new[:, : hit.HIT_COLUMNS] = hits
        new[:, WINDOW_FIRST_US], new[:, WINDOW_LAST_US] = hits[:, hit.FIRST_US], hits[:, hit.LAST_US]
        new[:, SURE] = hits[:, hit.CERTAIN]
        lines = np.concatenate((self._lines, new))
        ruled = np.concatenate((self._keys, keys)) * RULES + lines[:, hit.RULE].astype(np.int64)
        order = np.lexsort((lines[:, WINDOW_FIRST_US], ruled))
        joined, which = np.empty_like(lines), np.empty_like(ruled)
        count = _join(ruled[order], lines, order, which, joined)
        self._keys, self._lines = which[:count] // RULES, joined[:count]
        if count > MAX_OPEN:
            raise LimitExceededError(
                f"{count:,} windows of conflicts are open at one time, more than MAX_OPEN = {MAX_OPEN:,}:"
                " compare fewer operations at once"
            )

    def close(self, over: Flags) -> tuple[Integers, Floats]:
        """Give out the lines that are told to be over, by key and rule; the flags are one for each of `keys`."""
        keys, lines = self._keys[over], self._lines[over]
        self._keys, self._lines = self._keys[~over], self._lines[~over]
        lines[:, hit.FIRST_US], lines[:, hit.LAST_US] = lines[:, WINDOW_FIRST_US], lines[:, WINDOW_LAST_US]
        lines[:, hit.CERTAIN] = lines[:, SURE]
        return keys, lines[:, : hit.HIT_COLUMNS]

    @property
    def keys(self) -> Integers:
        """The key of the pair of each line."""
        return self._keys


@nb.njit(cache=True, nogil=True)
def _join(ruled: Integers, lines: Floats, order: Integers, which: Integers, new: Floats) -> int:
    """Join the windows of each pair and rule: how many are left. `ruled` names pair and rule; by it and then by window
    `order` sorts `lines`.
    """
    count, begin = 0, 0
    while begin < order.shape[0]:
        end, best, sure, first = begin, order[begin], 0.0, count
        while end < order.shape[0] and ruled[end] == ruled[begin]:
            line = lines[order[end]]
            if _less(line, lines[best]):
                best = order[end]
            sure = max(sure, line[SURE])
            if count > first and line[WINDOW_FIRST_US] <= new[count - 1, WINDOW_LAST_US] + JOIN_US:
                new[count - 1, WINDOW_LAST_US] = max(new[count - 1, WINDOW_LAST_US], line[WINDOW_LAST_US])
            else:
                new[count, WINDOW_FIRST_US], new[count, WINDOW_LAST_US] = line[WINDOW_FIRST_US], line[WINDOW_LAST_US]
                count += 1
            end += 1
        for k in range(first, count):
            which[k] = ruled[begin]
            new[k, : hit.HIT_COLUMNS] = lines[best, : hit.HIT_COLUMNS]
            new[k, SURE] = sure
        begin = end
    return count


@nb.njit(cache=True, nogil=True)
def _less(one: Floats, other: Floats) -> bool:
    for k in range(hit.HIT_COLUMNS):
        if one[k] != other[k]:
            return bool(one[k] < other[k])
    return False
