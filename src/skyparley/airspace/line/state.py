"""What the line holds as of one entry, with an index of the times at which something is due.

Part of the airspace's state (`airspace/state.py`): every record put here is an item of its hash. The index of due times
is derived and rebuilt from the records.
"""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

import msgspec

from skyparley.airspace.keeping.statehash import MultisetHash
from skyparley.airspace.line.items import Agreement

_ENCODER = msgspec.msgpack.Encoder()
Item = Agreement


class LineState:
    """Agreements by identifier."""

    def __init__(self, items: MultisetHash) -> None:
        self.agreements: dict[str, Agreement] = {}
        self._items = items
        self._due: list[tuple[int, str, str]] = []

    def put_agreement(self, agreement: Agreement) -> None:
        """Add or replace an agreement."""
        self._put(self.agreements, agreement)

    def minima_sequence(self, one: str, other: str) -> int:
        """The entry at which the separation that was agreed between two parties last changed; 0: never."""
        return max(
            (
                agreement.minima_sequence
                for agreement in self.agreements.values()
                if one in agreement.members and other in agreement.members
            ),
            default=0,
        )

    def waits_for_time(self) -> int | None:
        """The next instant (microseconds since 1970 UTC) at which something here is due, or None."""
        self._skip_stale()
        return self._due[0][0] if self._due else None

    def next_due(self, time_us: int) -> Item | None:
        """The first of what is due by a time, by time, kind and key; it must then be changed, or it is due again."""
        self._skip_stale()
        if not self._due or self._due[0][0] > time_us:
            return None
        _, kind, key = self._due[0]
        return self._table(kind)[key]

    def content(self) -> Iterator[bytes]:
        """The canonical bytes of every item."""
        yield from map(_ENCODER.encode, self.agreements.values())

    def _table(self, _kind: str) -> dict[str, Agreement]:
        return self.agreements

    def _put(self, table: dict[str, Agreement], item: Agreement) -> None:
        before = table.get(item.key)
        if before is not None:
            self._items.remove(_ENCODER.encode(before))
        table[item.key] = item
        self._items.add(_ENCODER.encode(item))
        due_us = item.due_us
        if due_us is not None and (before is None or before.due_us != due_us):
            heappush(self._due, (due_us, str(item.__struct_config__.tag), item.key))
            self._tidy()

    def _skip_stale(self) -> None:
        while self._due:
            due_us, kind, key = self._due[0]
            item = self._table(kind).get(key)
            if item is not None and item.due_us == due_us:
                return
            heappop(self._due)

    def _tidy(self) -> None:
        """Bound the stale entries, or an item that changes a million times would fill the memory."""
        if len(self._due) > 2 * len(self.agreements) + 1_000:
            self._due = [
                (due_us, str(item.__struct_config__.tag), item.key)
                for item in self.agreements.values()
                if (due_us := item.due_us) is not None
            ]
            heapify(self._due)
