"""The order in which operations are listed: by party and identifier, with the box that each lies in.

Lists are cut into pages by a cursor that names the last item shown, so that a page never skips or repeats an operation
because others came or went meanwhile.
"""

import base64
import binascii
from bisect import bisect_right, insort
from collections.abc import Iterator

from skyparley.airspace.events import OperationChanged, OperationLeft, Outcome
from skyparley.airspace.state import LiveOperation
from skyparley.conflict.operation import OperationRef
from skyparley.errors import InvalidInputError


class Catalogue:
    """Live operations and hazard areas in order, per party."""

    def __init__(self) -> None:
        self._by_party: dict[str, list[OperationRef]] = {}
        self._hazards: list[OperationRef] = []

    def follow(self, outcome: Outcome) -> None:
        """Take note of what an entry changed."""
        for change in outcome.changes:
            if isinstance(change, OperationChanged):
                self.add(change.operation)
            elif isinstance(change, OperationLeft):
                self._remove(change.operation)

    def add(self, live: LiveOperation) -> None:
        """Add an operation, unless it is there."""
        ref = OperationRef(live.party, live.operation_id)
        for refs in self._lists(live):
            place = bisect_right(refs, ref)
            if place == 0 or refs[place - 1] != ref:
                insort(refs, ref)

    def _remove(self, live: LiveOperation) -> None:
        ref = OperationRef(live.party, live.operation_id)
        for refs in self._lists(live):
            place = bisect_right(refs, ref) - 1
            if place >= 0 and refs[place] == ref:
                del refs[place]

    def _lists(self, live: LiveOperation) -> list[list[OperationRef]]:
        lists = [self._by_party.setdefault(live.party, [])]
        return [*lists, self._hazards] if live.hazard else lists

    def after(self, cursor: OperationRef | None, *, party: str | None, hazards_only: bool) -> Iterator[OperationRef]:
        """Refs after a cursor, in order: of one party and all hazard areas, of all (party None), or hazards only."""
        if hazards_only:
            sources = [self._hazards]
        elif party is None:
            sources = [self._by_party[name] for name in sorted(self._by_party)]
        else:
            own = self._by_party.get(party, [])
            others = [ref for ref in self._hazards if ref.party != party]
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
