"""Where operations of parties and operational intents of USSs share cells, altitude and time, and who is near whom.

A party's outline lies in its node's vault, that of a USS at the USS: of such a pair only cells are known here, and
what is found says so. Live operations are held by cells of level 8, so that who could share cells with an intent is
found without looking at all.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from skyparley.airspace.keeping.records import OperationKey
from skyparley.airspace.keeping.statehash import MultisetHash
from skyparley.airspace.operations.commands import Extent
from skyparley.airspace.operations.extents import level_13_ranges

COARSE_SHIFT: Final = 10
"""A number of a cell of level 13 without its last ten bits is that of the cell of level 8 around it."""
_ENCODER: Final = msgspec.msgpack.Encoder()
SharedKey = tuple[str, str, str]
"""Party, operation, intent."""


class SharedCells(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="shared_cells"):
    """A live operation and a live intent that share cells, altitude and time; `sequence` is the later write."""

    party: str
    operation_id: str
    intent_id: str
    sequence: int

    @property
    def key(self) -> SharedKey:
        """Party, operation, intent."""
        return self.party, self.operation_id, self.intent_id


class SharedState:
    """Read it freely; only the rules change it."""

    def __init__(self, items: MultisetHash) -> None:
        self.found: dict[SharedKey, SharedCells] = {}
        self._items = items
        self._near: dict[int, dict[OperationKey, None]] = {}
        self._of_operation: dict[OperationKey, dict[SharedKey, None]] = {}
        self._of_intent: dict[str, dict[SharedKey, None]] = {}

    def near(self, extents: Iterable[Extent]) -> dict[OperationKey, None]:
        """Live operations that could share cells with these extents, unordered."""
        found: dict[OperationKey, None] = {}
        if self._near:
            for cell in coarse_cells(extents):
                found.update(self._near.get(cell, {}))
        return found

    def put_operation(self, key: OperationKey, cells: Iterable[int]) -> None:
        """Hold an operation in the cells of level 8 that its extents touch."""
        for cell in cells:
            held = self._near.get(cell)
            if held is None:
                held = self._near[cell] = {}
            held[key] = None

    def drop_operation(self, key: OperationKey, cells: Iterable[int]) -> None:
        """Hold an operation no longer in the cells that it was put into, nor what it shares."""
        for cell in cells:
            held = self._near[cell]
            del held[key]
            if not held:
                del self._near[cell]
        for shared in list(self._of_operation.get(key, ())):
            self._drop(shared)

    def drop_intent(self, intent_id: str) -> None:
        """Nothing is shared with an intent any longer."""
        for shared in list(self._of_intent.get(intent_id, ())):
            self._drop(shared)

    def put(self, shared: SharedCells) -> None:
        """An operation and an intent share cells."""
        before = self.found.get(shared.key)
        if before is not None:
            self._items.remove(_ENCODER.encode(before))
        self.found[shared.key] = shared
        self._of_operation.setdefault((shared.party, shared.operation_id), {})[shared.key] = None
        self._of_intent.setdefault(shared.intent_id, {})[shared.key] = None
        self._items.add(_ENCODER.encode(shared))

    def content(self) -> Iterator[bytes]:
        """The canonical bytes of every item."""
        yield from map(_ENCODER.encode, self.found.values())

    def _drop(self, key: SharedKey) -> None:
        self._items.remove(_ENCODER.encode(self.found.pop(key)))
        party, operation_id, intent_id = key
        of_operation, of_intent = self._of_operation[party, operation_id], self._of_intent[intent_id]
        del of_operation[key], of_intent[key]
        if not of_operation:
            del self._of_operation[party, operation_id]
        if not of_intent:
            del self._of_intent[intent_id]


def coarse_cells(extents: Iterable[Extent]) -> list[int]:
    """The cells of level 8 that extents touch, as numbers, in order."""
    found: set[int] = set()
    for extent in extents:
        for first, last in level_13_ranges(extent.cells):
            found.update(range(first >> COARSE_SHIFT, (last >> COARSE_SHIFT) + 1))
    return sorted(found)
