"""The conflict search: operations against all filed.

Any number of threads may insert, remove, check and merge at once. What a check finds is what is held at one moment:
candidates are copied out under the index's lock, and compared after it has been given back.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from skyparley.conflict.answers import Answers, Kind, conflicts_of, table_of
from skyparley.conflict.index.hot import HotIndex
from skyparley.conflict.index.lookup import CLASS, FACTS, HAZARD, NO_ROOM_FOR_EDGES, NOBODY, SKIP, Asked, Near
from skyparley.conflict.index.pools import Array
from skyparley.conflict.index.volumes import WORKERS, Volumes, index_of
from skyparley.conflict.index.writing import lay
from skyparley.conflict.kernels import hits, layout
from skyparley.conflict.kernels.packing import pack, pack_many
from skyparley.conflict.minima import DEFAULT_MINIMA, Minima
from skyparley.conflict.operation import Conflict, Operation, OperationRef

ALGORITHM: Final = "skyparley-conflict/3"
"""Name and version of the algorithm: findings carry it. Change it whenever an answer could change."""
MOST_PAIRS: Final = 262_144
"""So many candidates are compared at a time; those of an operation with more are taken out in several moments."""

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
CHUNK: Final = 64
"""So many operations of a batch are gathered at a time: their candidates fit the caches."""


@dataclass(frozen=True, slots=True)
class IndexSnapshot:
    """What an index holds: `arrays` of numbers, the operations in their order, and the operation classes that occur."""

    arrays: Mapping[str, Array]
    refs: Sequence[OperationRef]
    classes: Sequence[str]


class ConflictIndex:
    """Operations held ready for exact comparison, for any number of threads.

    `merge` when `merge_due` says so, best on a thread of its own; whoever inserts does it if nobody else has.
    """

    def __init__(self, minima: Minima = DEFAULT_MINIMA) -> None:
        self._hot = HotIndex(self._forget)
        self._minima = minima
        self._numbers: dict[Kind, int] = {}
        self._kinds: list[Kind] = []
        self._table = np.zeros((0, 0, 2))
        self._slots: dict[OperationRef, int] = {}
        self._refs: list[OperationRef | None] = []
        self._scratch: list[_Scratch] = []

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, ref: OperationRef) -> bool:
        return ref in self._slots

    @property
    def memory_bytes(self) -> dict[str, int]:
        """What the arrays take, by what they are for."""
        return self._hot.memory_bytes

    @property
    def minima(self) -> Minima:
        """By which minima it compares."""
        return self._minima

    @property
    def merge_due(self) -> bool:
        """Whether it is time to merge."""
        return self._hot.merge_due

    def merge(self) -> None:
        """Take fresh writes into the sorted part, beside all else that goes on."""
        self._hot.merge()

    def insert(self, operation: Operation) -> None:
        """Add an operation, in place of one with the same ref: nobody sees neither, and nobody sees both."""
        laid = lay(*pack(operation))
        ref = operation.ref
        with self._hot.lock:
            number = self._kind_number(self._kind(operation))
            slot = self._hot.insert(laid, number, operation.hazard)
            self._remove(ref)
            if slot == len(self._refs):
                self._refs.append(ref)
            else:
                self._refs[slot] = ref
            self._slots[ref] = slot
        if self._hot.merge_overdue:
            self._hot.merge()

    def remove(self, ref: OperationRef) -> None:
        """Take out an operation; nothing happens if it is not there."""
        with self._hot.lock:
            self._remove(ref)

    def _remove(self, ref: OperationRef) -> None:
        slot = self._slots.pop(ref, None)
        if slot is not None:
            self._hot.remove(slot)

    def _forget(self, slot: int) -> None:
        self._refs[slot] = None

    def check(self, operation: Operation) -> list[Conflict]:
        """All conflicts of an operation with those held, except with one of the same ref; by a, b and rule."""
        rows, edges = pack(operation)
        return self._search(operation.ref, self._kind(operation), rows, edges, operation.hazard)

    def check_many(self, operations: Sequence[Operation]) -> Answers:
        """`check` of each operation, in order, by both cores; conflicts are made when they are looked at."""
        asked = [(operation.ref, self._kind(operation)) for operation in operations]
        with self._hot.lock:
            numbers = [self._kind_number(kind) for _, kind in asked]
            since = self._hot.begin_reading()
        try:
            with ThreadPoolExecutor(WORKERS) as pool:
                begins = range(0, len(operations), CHUNK)
                chunks = pool.map(lambda i: self._chunk(operations[i : i + CHUNK], numbers[i : i + CHUNK], i), begins)
                parts = list(chunks)
            found = np.concatenate(parts) if parts else np.empty((0, hits.HIT_COLUMNS))
            named = [self._refs[owner] for owner in found[:, hits.OWNER].astype(np.int64).tolist()]
        finally:
            self._hot.end_reading(since)
        return Answers(asked, found, named, self._kinds, self._minima)

    def _chunk(self, operations: Sequence[Operation], numbers: Sequence[int], first: int) -> Floats:
        """The hits of operations that are counted from a number on."""
        rows, edges = pack_many(operations)
        facts = np.empty((len(operations), FACTS), dtype=np.int64)
        facts[:, HAZARD], facts[:, CLASS] = [one.hazard for one in operations], numbers
        refs = [one.ref for one in operations]

        def arrive() -> None:
            facts[:, SKIP] = [self._slots.get(ref, NOBODY) for ref in refs]

        found = self._hits(Asked(rows, edges, facts), self._hot.lock.shared, arrive)
        found[:, hits.ASKER] += first
        return found

    def check_held(self, ref: OperationRef) -> list[Conflict]:
        """All conflicts of an operation that is held with the others; by a, b and rule."""
        with self._hot.lock:
            slot = self._slots[ref]
            rows, edges = self._hot.pieces(slot)
            rows[:, layout.OWNER] = 0.0
            hazard = self._hot.is_hazard(slot)
            kind = self._kinds[int(rows[0, layout.CLASS])]
        return self._search(ref, kind, rows, edges, hazard)

    def _search(self, ref: OperationRef, kind: Kind, rows: Floats, edges: Floats, hazard: bool) -> list[Conflict]:
        facts = np.array([[NOBODY, hazard, 0]])
        begun: list[int] = []

        def arrive() -> None:
            if not begun:
                begun.append(self._hot.begin_reading())
                facts[0, CLASS] = self._kind_number(kind)
            facts[0, SKIP] = self._slots.get(ref, NOBODY)

        try:
            found = self._hits(Asked(rows, edges, facts), lambda: self._hot.lock, arrive).tolist()
            named = {hit[hits.OWNER]: self._refs[int(hit[hits.OWNER])] for hit in found}
        finally:
            for since in begun:
                self._hot.end_reading(since)
        return conflicts_of(ref, kind, found, named, self._kinds, self._minima) if found else []

    def _hits(
        self, asked: Asked, inside: Callable[[], AbstractContextManager[None]], arrive: Callable[[], None]
    ) -> Floats:
        """The hits `(n, HIT_COLUMNS)` of the pieces of operations.

        `inside` is how to be in the index while it is read; `arrive`, called each time one is, fills in what is asked.
        """
        scratch = self._scratch.pop() if self._scratch else _Scratch()
        rows = asked.rows
        found: list[Floats] = []
        begin = 0
        while begin < len(rows):
            with inside():
                arrive()
                count, end = self._hot.gather(asked, self._table, scratch.near, begin)
                table = self._table
            if count < 0 or (end < len(rows) and len(scratch.near.rows) < MOST_PAIRS):
                scratch.make_room(edges_only=count == NO_ROOM_FOR_EDGES)
                continue
            if count:
                found.append(scratch.exact(asked, count, table))
            begin = end
        self._scratch.append(scratch)
        if len(found) == 1:
            return found[0]
        return np.concatenate(found) if found else np.empty((0, hits.HIT_COLUMNS))

    def snapshot(self) -> IndexSnapshot:
        """All that is held; nobody may write meanwhile."""
        arrays, slots = self._hot.arrays()
        refs = [ref for ref in (self._refs[slot] for slot in slots.tolist()) if ref is not None]
        return IndexSnapshot(arrays, refs, [word for _, word in self._kinds])

    @classmethod
    def from_snapshot(cls, snapshot: IndexSnapshot, minima: Minima = DEFAULT_MINIMA) -> "ConflictIndex":
        """The index of a snapshot, by other minima if you like. The arrays are copied, but for the entries and what was
        given.
        """
        index = cls(minima)
        index._hot = HotIndex.restored(snapshot.arrays, index._forget)
        index._refs = list(snapshot.refs)
        index._slots = {ref: slot for slot, ref in enumerate(snapshot.refs)}
        index._kinds = [("", word) for word in snapshot.classes]
        index.set_minima(minima)
        return index

    @classmethod
    def of_volumes(
        cls,
        refs: Sequence[OperationRef],
        operation_class: str,
        volumes: Volumes,
        minima: Minima = DEFAULT_MINIMA,
    ) -> "ConflictIndex":
        """An index of many operations of one class at once, from arrays, by both cores. It keeps the array of
        positions, as long as it has not moved house: nobody may write to it.

        `refs` are all different. Raises `InvalidInputError` where an edge has to be cut: see `index_of`.
        """
        index = cls(minima)
        index._hot = index_of(
            volumes, index._forget, lambda: index._slots.update(zip(refs, range(len(refs)), strict=True))
        )
        index._refs = list(refs)
        index._kinds = [("", operation_class)]
        index.set_minima(minima)
        return index

    def set_minima(self, minima: Minima) -> None:
        """Compare by other minima from now on; what is held need not be inserted again."""
        with self._hot.lock:
            self._minima = minima
            slots = np.fromiter(self._slots.values(), dtype=np.int64, count=len(self._slots))
            groups = {party: minima.group(party) for party in dict.fromkeys(ref.party for ref in self._slots)}
            different = dict.fromkeys(groups.values())
            old = self._hot.classes(slots)
            for group in different:
                among: slice | Array = slice(None)
                if len(different) > 1:
                    among = np.flatnonzero([groups[ref.party] == group for ref in self._slots])
                numbers = np.zeros(len(self._kinds), dtype=np.int32)
                for number in np.flatnonzero(np.bincount(old[among])).tolist():
                    kind = group, self._kinds[number][1]
                    numbers[number] = self._numbers.setdefault(kind, len(self._numbers))
                self._hot.set_classes(slots[among], numbers[old[among]])
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
        self._kinds = list(self._numbers)
        self._table = table_of(self._minima, self._kinds)


class _Scratch:
    """Room for the candidates and hits of one search at a time."""

    def __init__(self) -> None:
        self.near = _room(1_024, 16_384)
        self.hits = np.empty((1_024, hits.HIT_COLUMNS))

    def make_room(self, *, edges_only: bool) -> None:
        """Room for twice as many candidates, or for twice as many edges."""
        rows, edges = len(self.near.rows), len(self.near.edges)
        self.near = _room(rows if edges_only else 2 * rows, 2 * edges)

    def exact(self, asked: Asked, count: int, minima: Floats) -> Floats:
        """The hits among the first `count` pairs."""
        near = self.near
        while True:
            many = hits.exact(
                near.rows, near.edges, asked.rows, asked.edges, near.pairs[:count], minima, hits.BOUNDS, self.hits
            )
            if many >= 0:
                return self.hits[:many].copy()
            self.hits = np.empty((2 * len(self.hits), hits.HIT_COLUMNS))


def _room(rows: int, edges: int) -> Near:
    return Near(
        np.empty((rows, layout.COLUMNS)),
        np.empty((edges, layout.EDGE_COLUMNS)),
        np.empty((4 * rows, 2), dtype=np.int64),
    )
