"""Who is where: an index from S2 cells of level 13 to what is reserved in them, for relevance as ASTM F3548 has it.

Two things are relevant to each other if volumes of both share a cell, their closed altitude bands touch and their
half-open times overlap: a superset of what truly intersects, by cells × altitude × time of each volume by itself.
Within a cell the newest comes last, so that what is newer than an entry is found without looking at the rest.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, Generic, Protocol, TypeVar

from skyparley.airspace.operations.commands import Extent
from skyparley.airspace.operations.extents import level_13_ranges

_COARSE_SHIFT: Final = 10
"""From the number of a cell to that of the cell of level 8 around it."""
_LEVEL_13_DIGITS: Final = 8
_SMALL_DIGITS: Final = 7
"""So many digits has a token of level 11 or finer: at most 16 cells of level 13."""
_FEW: Final = 8


def level_13(tokens: tuple[str, ...]) -> Sequence[int]:
    """The cells of level 13 that tokens of level 13 or coarser stand for, as numbers of 29 bits, in order."""
    few = len(tokens) <= _FEW and min(map(len, tokens)) >= _SMALL_DIGITS
    return _remembered(tokens) if few else _expanded(tokens)


@lru_cache(maxsize=8_192)
def _remembered(tokens: tuple[str, ...]) -> tuple[int, ...]:
    """The few cells of a small area are asked for again and again: for the key, the log, the index, who is told."""
    return tuple(_expanded(tokens))


def _expanded(tokens: Iterable[str]) -> list[int]:
    found: list[int] = []
    for token in tokens:
        if len(token) == _LEVEL_13_DIGITS:
            found.append(int(token, 16) >> 3)
        else:
            ((first, last),) = level_13_ranges((token,))
            found += range(first, last + 1)
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
        self._coarse: dict[int, dict[int, None]] = {}
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
                    self._coarse.setdefault(cell >> _COARSE_SHIFT, {})[cell] = None
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
                    around = self._coarse[cell >> _COARSE_SHIFT]
                    del around[cell]
                    if not around:
                        del self._coarse[cell >> _COARSE_SHIFT]

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

    def near(self, extents: Iterable[Extent]) -> dict[str, OwnerT]:
        """What shares cells and time with extents of any size, by identifier, whatever the altitudes."""
        found: dict[str, OwnerT] = {}
        for extent in extents if self._cells else ():
            for first, last in level_13_ranges(extent.cells):
                for coarse in range(first >> _COARSE_SHIFT, (last >> _COARSE_SHIFT) + 1):
                    for cell in self._coarse.get(coarse, ()):
                        if first <= cell <= last:
                            for place in self._cells[cell]:
                                if place.begin_us < extent.end_us and place.end_us > extent.begin_us:
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
