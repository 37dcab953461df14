"""Arrays in which blocks are taken and given back, and which grow without holding anyone up.

A block that is given back is kept by its length, rounded up to one of eight sizes for each doubling, so that it fits
others. Larger arrays are filled ahead of need, piece by piece and each under the lock, beside whoever reads and writes.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.conflict.index.gate import Gate

Array = npt.NDArray[Any]
Integers = npt.NDArray[np.int64]
AHEAD: Final = 0.9
"""Once so much is used, room is made ahead."""
_DOUBLED: Final = 65_536
"""Arrays of up to so many rows are doubled, larger ones grow by a quarter."""
_CHUNK_BYTES: Final = 256 * 1024
_TOUCHED: Final = 65_536
"""Rows beyond those in use that are made ready with the others."""


class Pool:
    """Arrays of one first dimension. All but `make_room_ahead` is called with the owner's lock held."""

    def __init__(self, *arrays: Array) -> None:
        self.arrays: tuple[Array, ...] = arrays
        self.end = 0
        self._free: dict[int, list[int]] = {}
        self._spare: tuple[Array, ...] | None = None

    @classmethod
    def filled(cls, *arrays: Array, others: int = 0) -> "Pool":
        """A pool of these rows, copied, with some room for more; as much as if it had so many others, too."""
        rows = len(arrays[0])
        pool = cls(*(_longer(array, with_room(rows, others), rows) for array in arrays))
        pool.end = rows
        return pool

    @property
    def room(self) -> int:
        """How many rows there are, used or not."""
        return len(self.arrays[0])

    @property
    def memory_bytes(self) -> int:
        """What the arrays take."""
        return sum(int(array.nbytes) for array in self.arrays)

    @property
    def wants_room(self) -> bool:
        """Whether it is time to make room ahead."""
        return self._spare is None and self.end > AHEAD * self.room

    def take(self, length: int) -> int:
        """Where a block of so many rows begins; what is in them is anything."""
        size = rounded(length)
        free = self._free.get(size)
        if free:
            return free.pop()
        begin = self.end
        if begin + size > self.room:  # nobody made room ahead
            self._spare = None
            self.arrays = tuple(_longer(array, max(begin + size, _grown(self.room)), begin) for array in self.arrays)
        self.end = begin + size
        return begin

    def give(self, begin: int, length: int) -> None:
        """Give back a block that was taken with this length."""
        if length:
            self._free.setdefault(rounded(length), []).append(begin)

    def wrote(self, begin: int, end: int) -> None:
        """Rows were written: larger arrays that are being filled get them too."""
        if self._spare is not None:
            for spare, array in zip(self._spare, self.arrays, strict=True):
                spare[begin:end] = array[begin:end]

    def make_room_ahead(self, lock: Gate) -> None:
        """Go over to larger arrays, if it is time; takes the lock for moments, and must not hold it."""
        with lock:
            if not self.wants_room:
                return
            arrays, end = self.arrays, self.end
        spare = tuple(_longer(array, _grown(len(array))) for array in arrays)
        for array in spare:  # where memory is new, the system takes its time to make it ready: with nobody waiting
            array[: end + _TOUCHED] = 0
        with lock:
            if self.arrays is not arrays:  # whoever wrote made room
                return
            self._spare = spare
        for number in range(len(spare)):
            step = max(1, _CHUNK_BYTES // max(1, spare[number][:1].nbytes))
            for begin in range(0, self.end, step):
                with lock:
                    if self._spare is not spare:
                        return
                    end = min(begin + step, self.end)
                    spare[number][begin:end] = self.arrays[number][begin:end]
        with lock:
            if self._spare is spare:
                self.arrays, self._spare = spare, None


def with_room(rows: int, others: int = 0) -> int:
    """So many rows and some room, so that it is not time yet to make more; as much as if there were others, too."""
    return rows + (rows + others) // 8 + 64


def _grown(room: int) -> int:
    return 2 * room if room <= _DOUBLED else room + room // 4


def rounded(length: int) -> int:
    """The size of the block that is taken for a length: at most an eighth more."""
    step = 1
    while 16 * step < length:
        step *= 2
    return (length + step - 1) // step * step


rounded_in_kernel: Final = nb.njit(cache=True, nogil=True)(rounded)
"""The same for kernels: a call from Python to one of them takes longer than the function."""


class Blocks(NamedTuple):
    """Where blocks begin that lie one after another in an empty pool, and where the last ends."""

    begins: Integers
    end: int


def blocks_of(lengths: Array) -> Blocks:
    """Blocks of these lengths, each rounded as `rounded` does, so that they can be given back."""
    begins = np.empty(len(lengths), dtype=np.int64)
    return Blocks(begins, int(_begin(lengths, begins)))


@nb.njit(cache=True, nogil=True)
def _begin(lengths: Array, begins: Integers) -> int:
    end = 0
    for i in range(lengths.shape[0]):
        begins[i] = end
        end += rounded_in_kernel(lengths[i])
    return end


def _longer(array: Array, rows: int, kept: int = 0) -> Array:
    longer = np.empty((rows, *array.shape[1:]), dtype=array.dtype)
    longer[:kept] = array[:kept]
    return longer
