"""The sequencer (pure): gives drafts their place and time. Time is the log's: `max(last + 1 µs, clock)`.

An append is idempotent by its header bytes: drafts that are known already are answered with their first entry.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from skyparley.log.port import Draft, Entry, Head
from skyparley.record.envelope import next_chain

REMEMBERED_APPENDS: Final = 4_096
"""So many of the newest entries are known by their header; a repeated append beyond them is a new entry."""


class Sequencer:
    """The end of one log, and which headers stand near it."""

    def __init__(self, head: Head) -> None:
        self.head = head
        self._known: OrderedDict[bytes, Entry] = OrderedDict()

    def remember(self, entry: Entry) -> None:
        """Know an entry by its header."""
        self._known[_name(entry.header)] = entry
        if len(self._known) > REMEMBERED_APPENDS:
            self._known.popitem(last=False)

    def place(self, drafts: Sequence[Draft], clock_us: int) -> tuple[list[Entry], list[Entry]]:
        """Entries for drafts, in their order, and those among them that are new.

        Changes nothing: call `commit` with the new ones once they are durable.
        """
        head = self.head
        answers: list[Entry] = []
        new: list[Entry] = []
        fresh: dict[bytes, Entry] = {}
        for draft in drafts:
            name = _name(draft.header)
            entry = self._known.get(name) or fresh.get(name)
            if entry is None:
                sequence, time_us = head.sequence + 1, max(head.time_us + 1, clock_us)
                chain = next_chain(head.chain, sequence, time_us, draft.header, draft.signature)
                entry = Entry(sequence, time_us, chain, draft.header, draft.salt, draft.body, draft.signature)
                head = Head(sequence, time_us, chain)
                fresh[name] = entry
                new.append(entry)
            answers.append(entry)
        return answers, new

    def commit(self, new: Sequence[Entry]) -> None:
        """The entries are durable: the log ends after them."""
        for entry in new:
            self.remember(entry)
        if new:
            self.head = Head(new[-1].sequence, new[-1].time_us, new[-1].chain)


def _name(header: bytes) -> bytes:
    return hashlib.sha256(header).digest()
