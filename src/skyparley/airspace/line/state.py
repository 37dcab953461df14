"""What the line holds as of one entry: agreements, who is bound by which, and the times at which something is due.

Part of the airspace's state (`airspace/state.py`): every record put here is an item of its hash. The indexes are
derived and rebuilt from the records.
"""

from bisect import insort
from collections.abc import Iterator
from heapq import heapify, heappop, heappush

import msgspec

from skyparley.airspace.keeping.statehash import MultisetHash
from skyparley.airspace.line.items import Agreement

_ENCODER = msgspec.msgpack.Encoder()


class LineState:
    """Agreements by identifier; their members never change."""

    def __init__(self, items: MultisetHash) -> None:
        self.agreements: dict[str, Agreement] = {}
        self._items = items
        self._of_party: dict[str, list[str]] = {}
        self._due: list[tuple[int, str]] = []

    def put_agreement(self, agreement: Agreement) -> None:
        """Add or replace an agreement."""
        name = agreement.agreement_id
        before = self.agreements.get(name)
        if before is None:
            for member in agreement.members:
                insort(self._of_party.setdefault(member, []), name)
        else:
            self._items.remove(_ENCODER.encode(before))
        self.agreements[name] = agreement
        self._items.add(_ENCODER.encode(agreement))
        due_us = agreement.due_us
        if due_us is not None and (before is None or before.due_us != due_us):
            heappush(self._due, (due_us, name))
            self._tidy()

    def of_party(self, party: str) -> list[Agreement]:
        """The agreements of which a party is a member, in force or not, by identifier."""
        return [self.agreements[name] for name in self._of_party.get(party, ())]

    def between(self, one: str, other: str) -> list[Agreement]:
        """The agreements of which both parties are members, in force or not, by identifier."""
        return [agreement for agreement in self.of_party(one) if other in agreement.members]

    def minima_sequence(self, one: str, other: str) -> int:
        """The entry at which the separation that was agreed between two parties last changed; 0: never."""
        return max((agreement.minima_sequence for agreement in self.between(one, other)), default=0)

    def waits_for_time(self) -> int | None:
        """The next instant (microseconds since 1970 UTC) at which something here is due, or None."""
        self._skip_stale()
        return self._due[0][0] if self._due else None

    def next_due(self, time_us: int) -> Agreement | None:
        """The first of what is due by a time, by time and identifier; it must then be changed, or it is due again."""
        due_us = self.waits_for_time()
        return None if due_us is None or due_us > time_us else self.agreements[self._due[0][1]]

    def content(self) -> Iterator[bytes]:
        """The canonical bytes of every item."""
        yield from map(_ENCODER.encode, self.agreements.values())

    def _skip_stale(self) -> None:
        while self._due and self.agreements[self._due[0][1]].due_us != self._due[0][0]:
            heappop(self._due)

    def _tidy(self) -> None:
        """Bound the stale entries, or an agreement that changes a million times would fill the memory."""
        if len(self._due) > 2 * len(self.agreements) + 1_000:
            self._due = [
                (due_us, name)
                for name, agreement in self.agreements.items()
                if (due_us := agreement.due_us) is not None
            ]
            heapify(self._due)
