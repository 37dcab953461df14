"""Blocks of packed pieces, in the order in which they begin; what has passed makes room for what comes.

A piece begins and ends with its time tolerance: from `BEGIN_S − TIME_S` to `END_S + TIME_S`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.packing import pack, set_offsets
from skyparley.conflict.operation import Operation
from skyparley.geometry.geoid import read_geoid

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SPARSE: Final = 4
"""A block of which less than a part in `SPARSE` is still to come is copied, so that one piece does not hold it all."""


@dataclass(slots=True)
class Block:
    """Rows and edges of pieces. `order` lists the rows as they begin, the others tell when they begin and end in that
    order; from `at` on they are still to come.
    """

    rows: Floats
    edges: Floats
    order: Integers
    begins_s: Floats
    ends_s: Floats
    at: int = 0

    def __len__(self) -> int:
        return len(self.order) - self.at

    def before(self, until_s: float) -> int:
        """How many of those still to come begin before an instant."""
        return int(np.searchsorted(self.begins_s, until_s)) - self.at

    def rest(self) -> "Block":
        """This block, or a copy of what is still to come."""
        if len(self) * SPARSE >= len(self.order):
            return self
        return joined([(self, slice(self.at, None))])


def no_pieces() -> Block:
    """A block with nothing in it."""
    none = np.empty(0)
    return Block(
        np.empty((0, layout.COLUMNS)), np.empty((0, layout.EDGE_COLUMNS)), np.empty(0, dtype=np.int64), none, none
    )


class Buffers:
    """Arrays that were used and can be used again: fresh memory costs more than what is done with it."""

    def __init__(self) -> None:
        self._free: list[Floats] = []

    def take(self, count: int) -> Floats:
        """An array of at least so many rows, with whatever is in it."""
        while self._free:
            rows = self._free.pop()
            if len(rows) >= count:
                return rows
        return np.empty((count, layout.COLUMNS))

    def give(self, rows: Floats) -> None:
        """Nobody needs this one any more."""
        self._free.append(rows)


def packed(
    operations: Sequence[Operation],
    numbers: Sequence[int],
    kinds: Sequence[int],
    buffers: Buffers,
    ends_s: Floats,
    pieces: Integers,
) -> Block:
    """Operations as a block. `OWNER` is an operation's number; by it `ends_s` and `pieces` are told when it ends and
    how many pieces it has.
    """
    packs = [pack(operation, kind) for operation, kind in zip(operations, kinds, strict=True)]
    ranges = np.zeros((len(packs) + 1, 2), dtype=np.int64)
    np.cumsum([(len(own), len(edges)) for own, edges in packs], axis=0, out=ranges[1:])
    count = int(ranges[-1, 0])
    rows = buffers.take(count)
    np.concatenate([own for own, _ in packs], out=rows[:count])
    set_offsets(rows[:count], *read_geoid())
    times_s = np.empty((2, count))
    owners = np.array(numbers, dtype=np.int64)
    _own(rows, owners, ranges, times_s, ends_s)
    pieces[owners] = np.diff(ranges[:, 0])
    order = np.argsort(times_s[0])
    return Block(rows, np.concatenate([edges for _, edges in packs]), order, *times_s[:, order])


@nb.njit(cache=True, nogil=True)
def _own(rows: Floats, owners: Integers, ranges: Integers, times_s: Floats, ends_s: Floats) -> None:
    """Give rows their owner and their place in the pool of edges, and tell when they and their owner begin and end."""
    for k in range(owners.shape[0]):
        owner, last = owners[k], -np.inf
        for i in range(ranges[k, 0], ranges[k + 1, 0]):
            row = rows[i]
            row[layout.OWNER] = owner
            row[layout.EDGES_BEGIN] += ranges[k, 1]
            row[layout.EDGES_END] += ranges[k, 1]
            times_s[0, i] = row[layout.BEGIN_S] - row[layout.TIME_S]
            times_s[1, i] = row[layout.END_S] + row[layout.TIME_S]
            last = max(last, times_s[1, i])
        ends_s[owner] = last


Part = tuple[Block, slice | Integers]
"""A block and which places of its `order`."""


def joined(parts: Sequence[Part]) -> Block:
    """A block of its own of some pieces of others."""
    rows = np.empty((sum(len(block.order[part]) for block, part in parts), layout.COLUMNS))
    edges = gather(parts, rows)
    begins_s = np.concatenate([block.begins_s[part] for block, part in parts])
    ends_s = np.concatenate([block.ends_s[part] for block, part in parts])
    return Block(rows, edges, np.arange(len(rows)), begins_s, ends_s)


def gather(parts: Sequence[Part], rows: Floats) -> Floats:
    """Copy rows of some blocks into `rows`, one after another; their edges."""
    chosen = [(block.rows, block.edges, block.order[part]) for block, part in parts]
    edges = np.empty((sum(_edges_of(old, which) for old, _, which in chosen), layout.EDGE_COLUMNS))
    place, edge_place = 0, 0
    for old, old_edges, which in chosen:
        edge_place = _gather(old, old_edges, which, rows, place, edges, edge_place)
        place += len(which)
    return edges


@nb.njit(cache=True, nogil=True)
def _edges_of(rows: Floats, which: Integers) -> int:
    count = 0
    for i in which:
        count += int(rows[i, layout.EDGES_END] - rows[i, layout.EDGES_BEGIN])
    return count


@nb.njit(cache=True, nogil=True)
def _gather(
    rows: Floats, edges: Floats, which: Integers, new: Floats, place: int, new_edges: Floats, edge_place: int
) -> int:
    for i in range(which.shape[0]):
        row = new[place + i]
        row[:] = rows[which[i]]
        begin, end = int(row[layout.EDGES_BEGIN]), int(row[layout.EDGES_END])
        if begin < end:
            new_edges[edge_place : edge_place + end - begin] = edges[begin:end]
            row[layout.EDGES_BEGIN], row[layout.EDGES_END] = edge_place, edge_place + end - begin
            edge_place += end - begin
    return edge_place
