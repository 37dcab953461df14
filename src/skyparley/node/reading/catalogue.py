"""The order in which operations are listed: by party and identifier, with the box that each lies in.

Lists are cut into pages by a cursor that names the last item shown, so that a page never skips or repeats an operation
because others came or went meanwhile.
"""

import base64
import binascii
from collections.abc import Iterator

from skyparley.airspace.events import OperationChanged, OperationLeft, Outcome
from skyparley.airspace.keeping.operations import KeptOperations
from skyparley.airspace.keeping.records import LiveOperation, OperationKey
from skyparley.errors import InvalidInputError
from skyparley.node.reading.names import Names


class Catalogue:
    """Live operations and hazard areas in order, per party."""

    def __init__(self) -> None:
        self._by_party: dict[str, Names[str]] = {}
        self._hazards: Names[OperationKey] = Names()

    def take_in(self, operations: KeptOperations) -> None:
        """Take in all that is live, at start: their names are put in order once."""
        for party, operation_id in operations:
            self._of(party).add(operation_id)
        for key in operations.hazards():
            self._hazards.add(key)

    def follow(self, outcome: Outcome) -> None:
        """Take note of what an entry changed."""
        for change in outcome.changes:
            if isinstance(change, OperationChanged):
                self.add(change.operation)
            elif isinstance(change, OperationLeft):
                self._of(change.operation.party).remove(change.operation.operation_id)
                self._hazards.remove(change.operation.key)

    def add(self, live: LiveOperation) -> None:
        """Add an operation, unless it is there."""
        self._of(live.party).add(live.operation_id)
        if live.hazard:
            self._hazards.add(live.key)

    def count(self, party: str) -> int:
        """How many operations of a party there are, and hazard areas of others."""
        others = sum(owner != party for owner, _ in self._hazards.after(None))
        return others + (len(self._by_party[party]) if party in self._by_party else 0)

    def after(self, cursor: OperationKey | None, *, party: str | None, hazards_only: bool) -> Iterator[OperationKey]:
        """Keys after a cursor, in order: of one party and all hazard areas, of all (party None), or hazards only."""
        if hazards_only:
            yield from self._hazards.after(cursor)
        elif party is None:
            for name in sorted(self._by_party):
                yield from self._own(name, cursor)
        else:
            others = [key for key in self._hazards.after(cursor) if key[0] != party]
            yield from (key for key in others if key[0] < party)
            if party in self._by_party:
                yield from self._own(party, cursor)
            yield from (key for key in others if key[0] > party)

    def _of(self, party: str) -> Names[str]:
        names = self._by_party.get(party)
        if names is None:
            names = self._by_party[party] = Names()
        return names

    def _own(self, party: str, cursor: OperationKey | None) -> Iterator[OperationKey]:
        """Keys of one party after a cursor."""
        if cursor is not None and cursor[0] > party:
            return
        after = cursor[1] if cursor is not None and cursor[0] == party else None
        for operation_id in self._by_party[party].after(after):
            yield party, operation_id


def encode_cursor(key: OperationKey) -> str:
    """A key as an opaque cursor."""
    return base64.urlsafe_b64encode("\n".join(key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> OperationKey:
    """The key of a cursor. Raises `InvalidInputError` if it was not given out by this node."""
    try:
        party, operation_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("\n")
    except (ValueError, binascii.Error):
        raise InvalidInputError("this is no cursor: use the value of `next` as it was given", place="after") from None
    return party, operation_id
