"""Names in order, for lists that are cut into pages.

A new name is put into its place only when somebody asks: among many that costs more than all else of a filing.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from itertools import islice
from typing import Final, Generic, TypeVar

NameT = TypeVar("NameT", str, tuple[str, str])

FEW: Final = 64
"""So many new names are put into their places one by one; more are sorted in together."""


class Names(Generic[NameT]):
    """Names in order. A new one is put into its place only when somebody asks: among many that costs more than all
    else of a filing.
    """

    def __init__(self) -> None:
        self._ordered: list[NameT] = []
        self._fresh: dict[NameT, None] = {}

    def add(self, name: NameT) -> None:
        """Add a name, unless it is there."""
        if name not in self._fresh and not self._holds(name):
            self._fresh[name] = None

    def remove(self, name: NameT) -> None:
        """Take out a name, if it is there."""
        if name in self._fresh:
            del self._fresh[name]
        elif self._holds(name):
            del self._ordered[bisect_left(self._ordered, name)]

    def __len__(self) -> int:
        return len(self._ordered) + len(self._fresh)

    def after(self, cursor: NameT | None) -> Iterator[NameT]:
        """Names after a cursor, in order."""
        names = self._in_order()
        begin = 0 if cursor is None else bisect_right(names, cursor)
        return islice(names, begin, None)

    def _in_order(self) -> list[NameT]:
        if len(self._fresh) > FEW:
            self._ordered.extend(self._fresh)
            self._ordered.sort()  # two runs: they are merged
        else:
            for name in self._fresh:
                insort(self._ordered, name)
        self._fresh.clear()
        return self._ordered

    def _holds(self, name: NameT) -> bool:
        place = bisect_left(self._ordered, name)
        return place < len(self._ordered) and self._ordered[place] == name
