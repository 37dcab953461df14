"""The order in which operations are listed: by party and identifier, with the box that each lies in.

Lists are cut into pages by a cursor that names the last item shown, so that a page never skips or repeats an operation
because others came or went meanwhile.
"""

import base64
import binascii
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from typing import Final

from skyparley.airspace.events import OperationChanged, OperationLeft, Outcome
from skyparley.airspace.state import LiveOperation
from skyparley.conflict.operation import OperationRef
from skyparley.errors import InvalidInputError

FEW: Final = 64
"""So many new names are put into their places one by one; more are sorted in together."""


class _Names:
    """Names in order. A new one is put into its place only when somebody asks: among many that costs more than all
    else of a filing.
    """

    def __init__(self) -> None:
        self._ordered: list[OperationRef] = []
        self._fresh: dict[OperationRef, None] = {}

    def add(self, ref: OperationRef) -> None:
        if ref not in self._fresh and not self._holds(ref):
            self._fresh[ref] = None

    def remove(self, ref: OperationRef) -> None:
        if ref in self._fresh:
            del self._fresh[ref]
        elif self._holds(ref):
            del self._ordered[bisect_left(self._ordered, ref)]

    def in_order(self) -> list[OperationRef]:
        if len(self._fresh) > FEW:
            self._ordered.extend(self._fresh)
            self._ordered.sort()  # two runs: they are merged
        else:
            for ref in self._fresh:
                insort(self._ordered, ref)
        self._fresh.clear()
        return self._ordered

    def _holds(self, ref: OperationRef) -> bool:
        place = bisect_left(self._ordered, ref)
        return place < len(self._ordered) and self._ordered[place] == ref


class Catalogue:
    """Live operations and hazard areas in order, per party."""

    def __init__(self) -> None:
        self._by_party: dict[str, _Names] = {}
        self._hazards = _Names()

    def follow(self, outcome: Outcome) -> None:
        """Take note of what an entry changed."""
        for change in outcome.changes:
            if isinstance(change, OperationChanged):
                self.add(change.operation)
            elif isinstance(change, OperationLeft):
                ref = OperationRef(change.operation.party, change.operation.operation_id)
                for names in self._of(change.operation):
                    names.remove(ref)

    def add(self, live: LiveOperation) -> None:
        """Add an operation, unless it is there."""
        ref = OperationRef(live.party, live.operation_id)
        for names in self._of(live):
            names.add(ref)

    def _of(self, live: LiveOperation) -> tuple[_Names, ...]:
        names = self._by_party.get(live.party)
        if names is None:
            names = self._by_party[live.party] = _Names()
        return (names, self._hazards) if live.hazard else (names,)

    def after(self, cursor: OperationRef | None, *, party: str | None, hazards_only: bool) -> Iterator[OperationRef]:
        """Refs after a cursor, in order: of one party and all hazard areas, of all (party None), or hazards only."""
        hazards = self._hazards.in_order()
        if hazards_only:
            sources = [hazards]
        elif party is None:
            sources = [self._by_party[name].in_order() for name in sorted(self._by_party)]
        else:
            names = self._by_party.get(party)
            own = names.in_order() if names else []
            others = [ref for ref in hazards if ref.party != party]
            before = [ref for ref in others if ref.party < party]
            sources = [before, own, others[len(before) :]]
        for refs in sources:
            begin = 0 if cursor is None else bisect_right(refs, cursor)
            yield from refs[begin:]


def encode_cursor(ref: OperationRef) -> str:
    """A ref as an opaque cursor."""
    return base64.urlsafe_b64encode(f"{ref.party}\n{ref.operation_id}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> OperationRef:
    """The ref of a cursor. Raises `InvalidInputError` if it was not given out by this node."""
    try:
        party, operation_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("\n")
    except (ValueError, binascii.Error):
        raise InvalidInputError("this is no cursor: use the value of `next` as it was given", place="after") from None
    return OperationRef(party, operation_id)
