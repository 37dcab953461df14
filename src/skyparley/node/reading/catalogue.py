"""The order in which operations are listed: by party and identifier, with the box that each lies in.

Lists are cut into pages by a cursor that names the last item shown, so that a page never skips or repeats an operation
because others came or went meanwhile.
"""

import base64
import binascii
from collections.abc import Iterator

from skyparley.airspace.events import OperationChanged, OperationLeft, Outcome
from skyparley.airspace.keeping.records import LiveOperation
from skyparley.conflict.operation import OperationRef
from skyparley.errors import InvalidInputError
from skyparley.node.reading.names import Names


class Catalogue:
    """Live operations and hazard areas in order, per party."""

    def __init__(self) -> None:
        self._by_party: dict[str, Names[OperationRef]] = {}
        self._hazards: Names[OperationRef] = Names()

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

    def _of(self, live: LiveOperation) -> tuple[Names[OperationRef], ...]:
        names = self._by_party.get(live.party)
        if names is None:
            names = self._by_party[live.party] = Names()
        return (names, self._hazards) if live.hazard else (names,)

    def after(self, cursor: OperationRef | None, *, party: str | None, hazards_only: bool) -> Iterator[OperationRef]:
        """Refs after a cursor, in order: of one party and all hazard areas, of all (party None), or hazards only."""
        if hazards_only:
            yield from self._hazards.after(cursor)
        elif party is None:
            for name in sorted(self._by_party):
                yield from self._by_party[name].after(cursor)
        else:
            others = [ref for ref in self._hazards.after(cursor) if ref.party != party]
            yield from (ref for ref in others if ref.party < party)
            if party in self._by_party:
                yield from self._by_party[party].after(cursor)
            yield from (ref for ref in others if ref.party > party)


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
