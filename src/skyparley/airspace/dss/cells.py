"""Who is where: an index from S2 cells of level 13 to what is reserved in them, for relevance as ASTM F3548 has it.

Two things are relevant to each other if volumes of both share a cell, their closed altitude bands touch and their
half-open times overlap: a superset of what truly intersects, by cells × altitude × time of each volume by itself.
Within a cell the newest comes last, so that what is newer than an entry is found without looking at the rest.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, Generic, Protocol, TypeVar

from skyparley.airspace.operations.commands import Extent

_SHIFT: Final = 35
"""A cell of level 13 is its 29 upmost bits, then a one, then zeros (`S2CellId`): shifted, it is a small number."""
_LEVEL_13_DIGITS: Final = 8
_FEW: Final = 16


def level_13(tokens: tuple[str, ...]) -> Sequence[int]:
    """The cells of level 13 that tokens of level 13 or coarser stand for, as numbers of 29 bits, in order."""
    return _remembered(tokens) if len(tokens) <= _FEW else _expanded(tokens)


@lru_cache(maxsize=16_384)
def _remembered(tokens: tuple[str, ...]) -> tuple[int, ...]:
    """The few cells of a small area are asked for again and again: for the key, the log, the index, who is told."""
    return tuple(_expanded(tokens))


def _expanded(tokens: Iterable[str]) -> list[int]:
    found: list[int] = []
    for token in tokens:
        if len(token) == _LEVEL_13_DIGITS:
            found.append(int(token, 16) >> 3)
        else:
            identifier = int(token.ljust(16, "0"), 16)
            reach = (identifier & -identifier) - 1
            found += range((identifier - reach) >> _SHIFT, ((identifier + reach) >> _SHIFT) + 1)
    return found


class Owned(Protocol):
    """What the index holds: something with a name of its own."""

    @property
    def name(self) -> str:
        """Its identifier."""
        ...


OwnerT = TypeVar("OwnerT", bound=Owned)


class Place(Generic[OwnerT]):
    """One extent of what is held: its band and time, whose it is, and the entry that put it here.

    `told` is who else is found by it: the implicit subscription of an intent.
    """

    __slots__ = ("begin_us", "cells", "end_us", "lower_mm", "name", "owner", "sequence", "told", "upper_mm")

    def __init__(self, owner: OwnerT, sequence: int, extent: Extent, told: Owned | None) -> None:
        self.owner = owner
        self.name = owner.name
        self.sequence = sequence
        self.told = told
        self.cells = level_13(extent.cells)
        self.lower_mm, self.upper_mm = extent.lower_mm, extent.upper_mm
        self.begin_us, self.end_us = extent.begin_us, extent.end_us


class CellIndex(Generic[OwnerT]):
    """The places of all that is held, by cell."""

    def __init__(self) -> None:
        self._cells: dict[int, dict[Place[OwnerT], None]] = {}
        self._places: dict[str, list[Place[OwnerT]]] = {}

    def put(self, owner: OwnerT, sequence: int, extents: Sequence[Extent], told: Owned | None = None) -> None:
        """Hold something where its extents are, as the newest; it must not be held yet."""
        places = [Place(owner, sequence, extent, told) for extent in extents]
        self._places[owner.name] = places
        cells = self._cells
        for place in places:
            for cell in place.cells:
                held = cells.get(cell)
                if held is None:
                    cells[cell] = {place: None}
                else:
                    held[place] = None

    def drop(self, name: str) -> None:
        """Hold it no longer."""
        for place in self._places.pop(name):
            for cell in place.cells:
                held = self._cells[cell]
                del held[place]
                if not held:
                    del self._cells[cell]

    def meeting(self, extents: Iterable[Extent]) -> dict[str, OwnerT]:
        """What is relevant to these extents, by identifier, in no order that means anything."""
        found: dict[str, OwnerT] = {}
        cells = self._cells
        for extent in extents:
            lower_mm, upper_mm, begin_us, end_us = extent.lower_mm, extent.upper_mm, extent.begin_us, extent.end_us
            for cell in level_13(extent.cells):
                held = cells.get(cell)
                if held is None:
                    continue
                for place in held:
                    if (
                        place.begin_us < end_us
                        and place.end_us > begin_us
                        and place.lower_mm <= upper_mm
                        and place.upper_mm >= lower_mm
                    ):
                        found[place.name] = place.owner
        return found

    def told_of(self, extents: Iterable[Extent]) -> dict[str, Any]:
        """Who else is found by what is relevant to these extents (`Place.told`), by identifier, unordered."""
        found: dict[str, Any] = {}
        cells = self._cells
        for extent in extents:
            lower_mm, upper_mm, begin_us, end_us = extent.lower_mm, extent.upper_mm, extent.begin_us, extent.end_us
            for cell in level_13(extent.cells):
                for place in cells.get(cell, ()):
                    told = place.told
                    if (
                        told is not None
                        and place.begin_us < end_us
                        and place.end_us > begin_us
                        and place.lower_mm <= upper_mm
                        and place.upper_mm >= lower_mm
                    ):
                        found[told.name] = told
        return found

    def newer(self, extents: Iterable[Extent], sequence: int) -> Iterator[OwnerT]:
        """What is relevant to these extents and was put here by an entry after a sequence; some of it repeatedly."""
        for extent in extents:
            for cell in level_13(extent.cells):
                held = self._cells.get(cell)
                if held is None:
                    continue
                for place in reversed(held):
                    if place.sequence <= sequence:
                        break
                    apart = place.lower_mm > extent.upper_mm or place.upper_mm < extent.lower_mm
                    if not apart and place.begin_us < extent.end_us and place.end_us > extent.begin_us:
                        yield place.owner
