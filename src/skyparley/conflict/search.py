"""The conflict search: one operation against all filed, and all pairs of a batch, by the same index and kernels."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import numpy.typing as npt

from skyparley.conflict.kernels import grid, hits, layout
from skyparley.conflict.kernels.packing import pack
from skyparley.conflict.minima import DEFAULT_MINIMA, Minima, SeparationMinimum
from skyparley.conflict.operation import Conflict, Operation, OperationRef
from skyparley.conflict.witness import conflict_of

ALGORITHM: Final = "skyparley-conflict/1"
"""Name and version of the algorithm: findings carry it. Change it whenever an answer could change."""
WORKERS: Final = 2
KEPT_PIECES: Final = 1_024
SPARSE: Final = 16
"""Arrays that hold more than `KEPT_PIECES` and are used to less than a part in `SPARSE` are made anew."""
_EVERYONE: Final = 2**62

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Kind = tuple[str, str]
"""Group of the party and operation class: what a minimum depends on."""


class ConflictIndex:
    """Operations held ready for exact comparison. Use it from one thread at a time."""

    def __init__(self, minima: Minima = DEFAULT_MINIMA) -> None:
        self._minima = minima
        self._numbers: dict[Kind, int] = {}
        self._table = np.zeros((0, 0, 2))
        self._store = grid.new_store(KEPT_PIECES, 2 * KEPT_PIECES, 2 * KEPT_PIECES)
        self._edges = np.zeros((1_024, layout.EDGE_COLUMNS))
        self._edges_end = 0
        self._free_edges: dict[int, list[int]] = {}
        self._slots: dict[OperationRef, int] = {}
        self._refs: list[OperationRef | None] = []
        self._kinds: list[Kind] = []
        self._pieces: list[Integers | None] = []
        self._blocks: list[tuple[int, int]] = []
        self._hazards = np.zeros(1_024, dtype=np.uint8)
        self._free_slots: list[int] = []
        self._scratch = _Scratch()

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, ref: OperationRef) -> bool:
        return ref in self._slots

    @property
    def memory_bytes(self) -> int:
        """What the arrays take."""
        return sum(int(array.nbytes) for array in (*self._store, self._edges))

    @property
    def minima(self) -> Minima:
        """By which minima it compares."""
        return self._minima

    def insert(self, operation: Operation) -> None:
        """Add an operation, in place of one with the same ref."""
        kind = self._kind(operation)
        rows, edges = pack(operation, self._kind_number(kind))
        self.remove(operation.ref)
        self._place(self._take_slot(operation, kind), rows, edges)

    def _place(self, slot: int, rows: Floats, edges: Floats) -> None:
        begin = self._take_edges(len(edges))
        self._edges[begin : begin + len(edges)] = edges
        rows[:, layout.EDGES_BEGIN] += begin
        rows[:, layout.EDGES_END] += begin
        rows[:, layout.OWNER] = slot
        pieces = np.empty(len(rows), dtype=np.int64)
        done = grid.insert_all(self._store, rows, self._edges, pieces, 0)
        while done < len(rows):
            self._grow(int(pieces[-1]))
            done = grid.insert_all(self._store, rows, self._edges, pieces, done)
        self._pieces[slot] = pieces
        self._blocks[slot] = (begin, len(edges))

    def remove(self, ref: OperationRef) -> None:
        """Take out an operation; nothing happens if it is not there."""
        slot = self._slots.pop(ref, None)
        if slot is None:
            return
        pieces = self._pieces[slot]
        if pieces is not None:
            grid.remove_all(self._store, pieces)
        begin, length = self._blocks[slot]
        if length:
            self._free_edges.setdefault(_room(length), []).append(begin)
        self._refs[slot], self._pieces[slot] = None, None
        self._free_slots.append(slot)
        if len(self._store.rows) > KEPT_PIECES and self._store.counts[0] * SPARSE < len(self._store.rows):
            self._compact()

    def _compact(self) -> None:
        """Move what is left into new arrays of its size, so that a passed peak does not hold memory for ever."""
        store, edges = self._store, self._edges
        self._store = grid.new_store(KEPT_PIECES, 2 * KEPT_PIECES, 2 * KEPT_PIECES)
        self._edges = np.zeros((1_024, layout.EDGE_COLUMNS))
        self._edges_end = 0
        self._free_edges = {}
        for slot, pieces in enumerate(self._pieces):
            if pieces is not None:
                begin, length = self._blocks[slot]
                rows = store.rows[pieces]
                rows[:, layout.EDGES_BEGIN] -= begin
                rows[:, layout.EDGES_END] -= begin
                self._place(slot, rows, edges[begin : begin + length])

    def check(self, operation: Operation) -> list[Conflict]:
        """All conflicts of an operation with those held, except with one of the same ref; by a, b and rule."""
        kind = self._kind(operation)
        rows, edges = pack(operation, self._kind_number(kind))
        skip = self._slots.get(operation.ref, -1)
        found = self._search(rows, edges, operation.hazard, skip, _EVERYONE, self._scratch)
        return self._conflicts(operation.ref, kind, found)

    def check_many(self, operations: Sequence[Operation]) -> list[list[Conflict]]:
        """`check` of each operation, in order."""
        return [self.check(operation) for operation in operations]

    def check_held(self, ref: OperationRef) -> list[Conflict]:
        """All conflicts of an operation that is held with the others; by a, b and rule."""
        return self._held(ref, _EVERYONE, self._scratch)

    def pairs_below(self, ref: OperationRef, scratch: "_Scratch") -> list[Conflict]:
        """Conflicts of an operation that is held with those that were inserted before it into a fresh index."""
        return self._held(ref, self._slots[ref], scratch)

    def _held(self, ref: OperationRef, below: int, scratch: "_Scratch") -> list[Conflict]:
        slot = self._slots[ref]
        rows = self._store.rows[self._pieces[slot]]
        found = self._search(rows, self._edges, bool(self._hazards[slot]), slot, below, scratch)
        return self._conflicts(ref, self._kinds[slot], found)

    def _search(
        self, rows: Floats, edges: Floats, hazard: bool, skip: int, below: int, scratch: "_Scratch"
    ) -> list[list[float]]:
        found: list[list[float]] = []
        begin = 0
        while begin < len(rows):
            near, end = hits.gather(
                self._store,
                rows,
                edges,
                begin,
                hazard,
                skip,
                below,
                self._hazards,
                self._table,
                scratch.found,
                scratch.pairs,
            )
            if near < 0:
                scratch.make_room(-near)
                continue
            if near:
                found += self._exact(rows, edges, scratch.pairs[:near], scratch)
            begin = end
        return found

    def _exact(self, rows: Floats, edges: Floats, pairs: Integers, scratch: "_Scratch") -> list[list[float]]:
        pieces, table = self._store.rows, self._table
        while True:
            count = hits.exact(pieces, self._edges, rows, edges, pairs, table, hits.BOUNDS, scratch.hits)
            if count >= 0:
                found: list[list[float]] = scratch.hits[:count].tolist()
                return found
            scratch.hits = np.empty((2 * len(scratch.hits), hits.HIT_COLUMNS))

    def _conflicts(self, ref: OperationRef, kind: Kind, found: list[list[float]]) -> list[Conflict]:
        conflicts = []
        minima: dict[Kind, SeparationMinimum] = {}
        found.sort()
        begin = 0
        while begin < len(found):
            owner, rule = found[begin][hits.OWNER], found[begin][hits.RULE]
            end = begin + 1
            while end < len(found) and found[end][hits.OWNER] == owner and found[end][hits.RULE] == rule:
                end += 1
            other, other_kind = self._refs[int(owner)], self._kinds[int(owner)]
            if other is not None:
                minimum = minima.get(other_kind)
                if minimum is None:
                    minimum = minima[other_kind] = self._between(kind, other_kind)
                conflicts.append(conflict_of(ref, other, found[begin:end], minimum))
            begin = end
        if len(conflicts) > 1:
            conflicts.sort(key=_order)
        return conflicts

    def set_minima(self, minima: Minima) -> None:
        """Compare by other minima from now on; what is held need not be inserted again."""
        self._minima = minima
        self._numbers = {}
        for slot, ref in enumerate(self._refs):
            if ref is not None:
                kind = self._kinds[slot] = (minima.group(ref.party), self._kinds[slot][1])
                number = self._numbers.setdefault(kind, len(self._numbers))
                self._store.rows[self._pieces[slot], layout.CLASS] = number
        self._make_table()

    def _kind(self, operation: Operation) -> Kind:
        return self._minima.group(operation.ref.party), operation.operation_class

    def _kind_number(self, kind: Kind) -> int:
        number = self._numbers.get(kind)
        if number is None:
            number = self._numbers[kind] = len(self._numbers)
            self._make_table()
        return number

    def _make_table(self) -> None:
        kinds = list(self._numbers)
        pairs = [[_pair_of(self._between(one, other)) for other in kinds] for one in kinds]
        self._table = np.array(pairs, dtype=np.float64).reshape(len(kinds), len(kinds), 2)

    def _between(self, one: Kind, other: Kind) -> SeparationMinimum:
        return self._minima.between(one[1], other[1], one[0], other[0])

    def _take_slot(self, operation: Operation, kind: Kind) -> int:
        if self._free_slots:
            slot = self._free_slots.pop()
            self._refs[slot], self._kinds[slot] = operation.ref, kind
        else:
            slot = len(self._refs)
            self._refs.append(operation.ref)
            self._kinds.append(kind)
            self._pieces.append(None)
            self._blocks.append((0, 0))
            if slot >= len(self._hazards):
                self._hazards = np.concatenate((self._hazards, np.zeros_like(self._hazards)))
        self._slots[operation.ref] = slot
        self._hazards[slot] = operation.hazard
        return slot

    def _take_edges(self, length: int) -> int:
        """The place of a block of edges; blocks are powers of two long, so that freed ones fit again."""
        if length == 0:
            return 0
        room = _room(length)
        free = self._free_edges.get(room)
        if free:
            return free.pop()
        begin = self._edges_end
        self._edges_end += room
        while self._edges_end > len(self._edges):
            self._edges = np.concatenate((self._edges, np.zeros_like(self._edges)))
        return begin

    def _grow(self, what: int) -> None:
        store = self._store
        if what == -1:
            more = len(store.rows)
            self._store = store._replace(
                rows=np.concatenate((store.rows, np.zeros_like(store.rows))),
                keys_of=np.concatenate((store.keys_of, np.zeros_like(store.keys_of))),
                free_pieces=np.concatenate((store.free_pieces, np.arange(more + 1, 2 * more + 1, dtype=np.int64))),
            )
        elif what == -2:
            length = len(store.buckets)
            if store.counts[1] * 10 > length * 3:
                length *= 2
            buckets = np.zeros((length, 4), dtype=np.int64)
            grid.rehash(store, buckets)
            self._store = store._replace(buckets=buckets)
        else:
            self._store = store._replace(pool=np.concatenate((store.pool, np.zeros_like(store.pool))))


class _Scratch:
    """Room for the candidates and hits of one search at a time."""

    def __init__(self) -> None:
        self.found = np.empty(16_384, dtype=np.int64)
        self.pairs = np.empty((16_384, 2), dtype=np.int64)
        self.hits = np.empty((1_024, hits.HIT_COLUMNS))

    def make_room(self, places: int) -> None:
        """Room for so many candidates of one piece, and then some."""
        self.found = np.empty(2 * places, dtype=np.int64)
        self.pairs = np.empty((2 * places, 2), dtype=np.int64)


def all_pairs(
    operations: Sequence[Operation],
    minima: Minima = DEFAULT_MINIMA,
    progress: Callable[[int], None] | None = None,
) -> list[Conflict]:
    """All conflicts among operations, by a, b and rule. `progress` is told how many operations are done.

    Operations with the same ref count as one: the last.
    """
    index = ConflictIndex(minima)
    distinct = list({operation.ref: operation for operation in operations}.values())
    for operation in distinct:
        index.insert(operation)
    refs = [operation.ref for operation in distinct]
    chunk = max(1, len(refs) // (WORKERS * 16))
    chunks = [refs[i : i + chunk] for i in range(0, len(refs), chunk)]
    conflicts: list[Conflict] = []
    done = 0

    def work(part: list[OperationRef]) -> list[Conflict]:
        scratch = _Scratch()
        return [conflict for ref in part for conflict in index.pairs_below(ref, scratch)]

    with ThreadPoolExecutor(WORKERS) as pool:
        for part, found in zip(chunks, pool.map(work, chunks), strict=True):
            conflicts.extend(found)
            done += len(part)
            if progress is not None:
                progress(done)
    conflicts.sort(key=_order)
    return conflicts


def _order(conflict: Conflict) -> tuple[str, str, str, str, str]:
    a, b = conflict.a, conflict.b
    return a.party, a.operation_id, b.party, b.operation_id, conflict.rule


def _room(length: int) -> int:
    return 1 << (length - 1).bit_length()


def _pair_of(minimum: SeparationMinimum) -> tuple[float, float]:
    return minimum.horizontal_m, minimum.vertical_m
