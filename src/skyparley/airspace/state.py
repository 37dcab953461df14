"""The shared airspace as of one entry of the log: what is live, what was found, what is still remembered.

It changes only through `apply.apply`. Everything that counts is an item of the state hash; the rest (heap of ends,
indexes, counts) is derived from the items and is rebuilt from them when a snapshot is read. Nothing here is a float,
and no answer depends on the order of a set or on how the state came about.
"""

import sys
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from itertools import takewhile

import msgspec

from skyparley.airspace.dss.state import DssState
from skyparley.airspace.keeping.extents import pack_extents
from skyparley.airspace.keeping.operations import KeptOperations
from skyparley.airspace.keeping.records import (
    Deletion,
    KeyRecord,
    LiveOperation,
    OperationKey,
    Party,
    RecordedConflict,
    RefusedEntry,
)
from skyparley.airspace.keeping.shared import SharedState, coarse_cells
from skyparley.airspace.keeping.statehash import MultisetHash, state_hash
from skyparley.airspace.limits import IDEMPOTENCY_WINDOW_US
from skyparley.airspace.line.state import LineState
from skyparley.airspace.operations.commands import Extent
from skyparley.airspace.signing.items import KeyState

GENESIS_RULES_VERSION = 1
_ENCODER = msgspec.msgpack.Encoder()

OperationRow = tuple[str, str, int, int, Sequence[int], bytes]
"""A live operation as a snapshot has it: party, identifier, `details_sequence`, `end_us`, its cells of level 8, and
itself as it is kept."""


class Airspace:
    """The state. Read it freely; only `apply` calls what changes it.

    The mappings keep no order that means anything: sort before showing.
    """

    def __init__(self) -> None:
        self.sequence = 0
        self.time_us = 0
        self.rules_version = GENESIS_RULES_VERSION
        self.findings_through = 0
        """Filings up to this sequence have been compared with all before them."""
        self.parties: dict[str, Party] = {}
        self.operations = KeptOperations()
        self.conflicts: dict[str, RecordedConflict] = {}
        self.refused: OrderedDict[int, RefusedEntry] = OrderedDict()
        self._items = MultisetHash()
        self.line = LineState(self._items)
        """Agreements, posts, dialogues, and the alarms of conflicts."""
        self.shared = SharedState(self._items)
        """Where operations and intents share cells."""
        self.dss = DssState(self._items, self.shared)
        """What USSs have written: intents, constraints, subscriptions, availability."""
        self.keys = KeyState(self._items)
        """The keys by which parties sign."""
        self.deletions: dict[str, Deletion] = {}
        """Bodies that were deleted because law demanded it, by digest."""
        self._conflicts_of: dict[OperationKey, dict[str, None]] = {}
        self._keys: dict[str, dict[str, KeyRecord]] = {}
        self._key_order: deque[KeyRecord] = deque()
        self._live_of_party: dict[str, int] = {}
        self._pending: dict[tuple[int, OperationKey], None] = {}
        self._ends: list[tuple[int, OperationKey]] = []
        self._by_details: dict[int, OperationKey | list[OperationKey]] = {}
        """Which operations an entry gave their details, in the log's order: most often one, seldom several."""

    # reading

    def operation(self, party: str, operation_id: str, *, time_us: int | None = None) -> LiveOperation | None:
        """The live operation, or None; with a time, None also if it will have ended by then."""
        operation = self.operations.get((party, operation_id))
        if operation is None or (time_us is not None and operation.end_us <= time_us):
            return None
        return operation

    def conflicts_of(self, key: OperationKey) -> list[RecordedConflict]:
        """The conflicts of an operation, by identifier."""
        return [self.conflicts[identifier] for identifier in sorted(self._conflicts_of.get(key, ()))]

    def checked_through(self, key: OperationKey) -> int | None:
        """The live operation has been compared exactly with everything filed up to this sequence; None: not yet."""
        operation = self.operations[key]
        return self.findings_through if operation.details_sequence <= self.findings_through else None

    def pending_filings(self) -> list[tuple[int, OperationKey]]:
        """Live operations not yet compared: sequence of their filing or amendment, and key, in the log's order."""
        return list(self._pending)

    def given_details_by(self, sequence: int) -> list[OperationKey]:
        """The live operations whose details an entry set: most often one, or none."""
        held = self._by_details.get(sequence, [])
        return held if isinstance(held, list) else [held]

    def details_in_order(self) -> Iterator[tuple[int, OperationKey]]:
        """All live operations by the entry that set their details, the oldest first, then by key."""
        for sequence in self._by_details:
            for key in sorted(self.given_details_by(sequence)):
                yield sequence, key

    def newer_than(self, sequence: int) -> Iterator[LiveOperation]:
        """Live operations that were filed or amended after a sequence, the newest first."""
        for details_sequence in reversed(self._by_details):
            if details_sequence <= sequence:
                return
            for key in reversed(self.given_details_by(details_sequence)):
                yield self.operations[key]

    def key_record(self, party: str, idempotency_key: str, *, time_us: int) -> KeyRecord | None:
        """What is remembered at a time of an idempotency key, or None."""
        record = self._keys.get(party, {}).get(idempotency_key)
        return None if record is None or _forgotten(record, time_us) else record

    def key_records(self) -> Iterator[KeyRecord]:
        """All remembered keys, in the log's order."""
        return iter(self._key_order)

    def keys_of_party(self, party: str, *, time_us: int) -> int:
        """How many idempotency keys of a party are remembered at a time, not before that of the last entry."""
        due = takewhile(lambda record: _forgotten(record, time_us), self._key_order)
        return len(self._keys.get(party, ())) - sum(record.party == party for record in due)

    def live_of_party(self, party: str) -> int:
        """How many operations of a party are live."""
        return self._live_of_party.get(party, 0)

    def due(self, time_us: int) -> list[OperationKey]:
        """Operations whose end is not after a time, by end, party and identifier."""
        found: dict[OperationKey, int] = {}
        places = [0]
        while places:  # the heap's entries that are due hang together at its top
            place = places.pop()
            if place < len(self._ends) and self._ends[place][0] <= time_us:
                end_us, key = self._ends[place]
                operation = self.operations.get(key)
                if operation is not None and operation.end_us == end_us:
                    found[key] = end_us
                places += (2 * place + 1, 2 * place + 2)
        return sorted(found, key=lambda key: (found[key], key))

    def waits_for_time(self) -> int | None:
        """The next instant (microseconds since 1970 UTC) at which something is due, or None."""
        due_us = (self.line.waits_for_time(), self.dss.waits_for_time(), self._ends[0][0] if self._ends else None)
        return min((one for one in due_us if one is not None), default=None)

    def state_hash(self) -> str:
        """The state hash, 64 hexadecimal digits: equal where all that counts is equal."""
        return self._hash_of(self._items)

    def recomputed_state_hash(self) -> str:
        """The state hash computed from the content alone; differs from `state_hash()` only after damage."""
        items = MultisetHash()
        for item in self._content():
            items.add(item)
        self.dss.add_notifications(items)
        return self._hash_of(items)

    # changing: for `apply` and for reading a snapshot

    def put_party(self, party: Party) -> None:
        """Add a party that is not there yet."""
        self.parties[party.party] = party
        self._items.add(_ENCODER.encode(party))

    def put_deletion(self, deletion: Deletion) -> None:
        """Remember that a body was deleted."""
        self.deletions[deletion.digest] = deletion
        self._items.add(_ENCODER.encode(deletion))

    def put_operation(self, operation: LiveOperation, extents: Sequence[Extent] | None = None) -> None:
        """Add or replace a live operation; `extents` are its own, where they are at hand."""
        extents = operation.extents() if extents is None else extents
        packed = pack_extents(extents)
        key = (sys.intern(operation.party), operation.operation_id)
        before = self.operations.get(key)
        given = before is None or before.details_sequence != operation.details_sequence
        if before is None:
            self._live_of_party[key[0]] = self._live_of_party.get(key[0], 0) + 1
        elif given:
            self._forget_details(key, before)
            self.operations.drop(key)  # or the old object of the key would stay beside the new one
        else:
            self._items.remove(before.item(packed))
        if given:
            self._by_details[operation.details_sequence] = self._with(operation.details_sequence, key)
            self.shared.put_operation(key, coarse_cells(extents))
        if operation.details_sequence > self.findings_through:
            self._pending[operation.details_sequence, key] = None
        self.operations.put(key, operation)
        self._items.add(operation.item(packed))
        if before is None or before.end_us != operation.end_us:
            heappush(self._ends, (operation.end_us, key))
            self._tidy_ends()
            self._skip_stale_ends()

    def drop_operation(self, operation: LiveOperation) -> None:
        """Remove a live operation, whose conflicts must be gone before."""
        key = operation.key
        self._forget_details(key, operation)
        self.operations.drop(key)
        self._live_of_party[operation.party] -= 1
        if not self._live_of_party[operation.party]:
            del self._live_of_party[operation.party]
        self._skip_stale_ends()

    def operation_rows(self) -> Iterator[OperationRow]:
        """All live operations for a snapshot, by the entries that gave them their details, then by key."""
        for sequence, key in self.details_in_order():
            operation = self.operations[key]
            cells = coarse_cells(operation.extents())
            yield *key, sequence, operation.end_us, cells, self.operations.kept(key)

    def restore_operations(self, rows: Iterable[OperationRow]) -> None:
        """Add operations as `operation_rows` gave them, in that order, but to the state hash: see `restore_hash`."""
        for party, operation_id, details_sequence, end_us, cells, kept in rows:
            key = (sys.intern(party), operation_id)
            self.operations.restore(key, kept)
            self._live_of_party[key[0]] = self._live_of_party.get(key[0], 0) + 1
            self._by_details[details_sequence] = self._with(details_sequence, key)
            self.shared.put_operation(key, cells)
            if details_sequence > self.findings_through:
                self._pending[details_sequence, key] = None
            self._ends.append((end_us, key))

    def restore_hash(self, total: int, count: int) -> None:
        """All items are back, and this was the sum of their numbers and their count."""
        heapify(self._ends)
        self._items.total, self._items.count = total, count

    @property
    def items(self) -> tuple[int, int]:
        """The sum of the numbers of all items, and their count: the state hash without its place in the log."""
        return self._items.total, self._items.count

    def put_conflict(self, conflict: RecordedConflict) -> None:
        """Add or replace a conflict of two live operations; words that many have in common are held once."""
        conflict = msgspec.structs.replace(
            conflict,
            a_party=sys.intern(conflict.a_party),
            b_party=sys.intern(conflict.b_party),
            rule=sys.intern(conflict.rule),
            algorithm=sys.intern(conflict.algorithm),
        )
        before = self.conflicts.get(conflict.conflict_id)
        if before is not None:
            self._items.remove(_ENCODER.encode(before))
        self.conflicts[conflict.conflict_id] = conflict
        for key in (conflict.a, conflict.b):
            self._conflicts_of.setdefault(key, {})[conflict.conflict_id] = None
        self._items.add(_ENCODER.encode(conflict))

    def drop_conflicts_of(self, key: OperationKey) -> list[RecordedConflict]:
        """Remove the conflicts of an operation; what was removed, by identifier."""
        dropped = self.conflicts_of(key)
        for conflict in dropped:
            self.drop_conflict(conflict)
        return dropped

    def drop_conflict(self, conflict: RecordedConflict) -> None:
        """Remove a conflict with its alarm."""
        self.line.drop_alarm(conflict.conflict_id)
        del self.conflicts[conflict.conflict_id]
        self._items.remove(_ENCODER.encode(conflict))
        for side in (conflict.a, conflict.b):
            identifiers = self._conflicts_of[side]
            del identifiers[conflict.conflict_id]
            if not identifiers:
                del self._conflicts_of[side]

    def cover_findings(self, through: int) -> None:
        """Filings up to a sequence have been compared."""
        self.findings_through = through
        for pending in list(takewhile(lambda pending: pending[0] <= through, self._pending)):
            del self._pending[pending]

    def remember(self, record: KeyRecord) -> None:
        """Remember the first answer to an idempotency key; records come in the log's order."""
        self._keys.setdefault(record.party, {})[record.idempotency_key] = record
        self._key_order.append(record)
        self._items.add(_key_item(record))

    def put_refused(self, entry: RefusedEntry) -> None:
        """Remember a refused entry; they come in the log's order."""
        self.refused[entry.sequence] = entry
        self._items.add(_refused_item(entry))

    def forget(self, time_us: int) -> None:
        """Forget keys and refused entries that have left the window at a time."""
        while self._key_order and _forgotten(self._key_order[0], time_us):
            record = self._key_order.popleft()
            of_party = self._keys[record.party]
            del of_party[record.idempotency_key]
            if not of_party:
                del self._keys[record.party]
            self._items.remove(_key_item(record))
        while self.refused and _forgotten(next(iter(self.refused.values())), time_us):
            self._items.remove(_refused_item(self.refused.popitem(last=False)[1]))
        self.dss.forget(time_us)

    # inside

    def _content(self) -> Iterator[bytes]:
        """The canonical bytes of every item."""
        for operation in self.operations.values():
            yield operation.item(pack_extents(operation.extents()))
        for group in (self.parties, self.conflicts, self.deletions):
            yield from map(_ENCODER.encode, group.values())
        yield from self.line.content()
        yield from self.dss.content()
        yield from self.shared.content()
        yield from self.keys.content()
        yield from map(_key_item, self._key_order)
        yield from map(_refused_item, self.refused.values())

    def _hash_of(self, items: MultisetHash) -> str:
        return state_hash(
            items,
            rules_version=self.rules_version,
            sequence=self.sequence,
            time_us=self.time_us,
            findings_through=self.findings_through,
        )

    def _with(self, sequence: int, key: OperationKey) -> OperationKey | list[OperationKey]:
        """What an entry gave details to, and one operation more."""
        return [*self.given_details_by(sequence), key] if sequence in self._by_details else key

    def _forget_details(self, key: OperationKey, operation: LiveOperation) -> None:
        """An operation is no longer where its details had put it."""
        extents = operation.extents()
        self._items.remove(operation.item(pack_extents(extents)))
        self.shared.drop_operation(key, coarse_cells(extents))
        sequence = operation.details_sequence
        self._pending.pop((sequence, key), None)
        others = [one for one in self.given_details_by(sequence) if one != key]
        if others:
            self._by_details[sequence] = others
        else:
            del self._by_details[sequence]

    def _skip_stale_ends(self) -> None:
        """Keep a valid entry at the top of the heap; amended and departed operations leave stale ones behind."""
        while self._ends:
            end_us, key = self._ends[0]
            operation = self.operations.get(key)
            if operation is not None and operation.end_us == end_us:
                return
            heappop(self._ends)

    def _tidy_ends(self) -> None:
        """Bound the stale entries, or an operation amended a million times would fill the memory."""
        if len(self._ends) > 2 * len(self.operations) + 1_000:
            self._ends = [(operation.end_us, key) for key, operation in self.operations.items()]
            heapify(self._ends)


def _forgotten(record: KeyRecord | RefusedEntry, time_us: int) -> bool:
    return time_us - record.time_us >= IDEMPOTENCY_WINDOW_US


# The sentence of a refusal is for its reader and may be reworded without new rules: the hash covers its code only.


def _key_item(record: KeyRecord) -> bytes:
    code = "" if record.refusal is None else record.refusal.code
    return _ENCODER.encode(
        (
            "key",
            record.party,
            record.idempotency_key,
            record.content_digest,
            record.sequence,
            record.time_us,
            code,
        )
    )


def _refused_item(entry: RefusedEntry) -> bytes:
    return _ENCODER.encode(("refused", entry.sequence, entry.time_us, entry.party, entry.refusal.code))
