"""The read side of a node: lists, single items, and the changes that streams carry. It never waits and never writes."""

import asyncio
import hmac
from collections import OrderedDict
from typing import Final

import msgspec

from skyparley.airspace.events import (
    AgreementChanged,
    CellsShared,
    Change,
    ConflictChanged,
    ConflictFound,
    ConflictVoid,
    OperationChanged,
    OperationLeft,
    Outcome,
    PartyRegistered,
)
from skyparley.airspace.keeping.records import LiveOperation, OperationKey, RecordedConflict, conflict_id
from skyparley.airspace.state import Airspace
from skyparley.conflict.operation import Conflict, OperationRef
from skyparley.errors import InvalidInputError, NotFoundError
from skyparley.geometry.bounds import overlap
from skyparley.node.custody.custodian import Custodian
from skyparley.node.custody.vault import Vault
from skyparley.node.identity import Author
from skyparley.node.line.negotiation.views import alarm_view
from skyparley.node.line.reading import LineReader
from skyparley.node.line.views import agreement_view
from skyparley.node.reading.catalogue import Catalogue, decode_cursor, encode_cursor
from skyparley.node.reading.disclosure import (
    between_of,
    concerns,
    conflict_detail,
    conflict_view,
    may_see_conflict,
    may_see_operation,
    operation_view,
    party_view,
)
from skyparley.node.reading.names import Names
from skyparley.node.reading.shared import shared_cells_page, shared_cells_view
from skyparley.node.reading.views import (
    ConflictDetail,
    ConflictPage,
    ConflictView,
    OperationPage,
    OperationQuery,
    OperationView,
    PartyView,
    SharedCellsPage,
)

MAX_PAGE: Final = 1_000
MAX_LOOKED_AT: Final = 5_000
"""So many are looked at for one page: a list by area or time may give a short page, or an empty one, and where it goes
on."""
EVERYBODY: Final = ""
"""Under this, which is no party, stand the names of all conflicts; under a party, those of its own."""
RENDERED_CACHE: Final = 2_000
RENDERED_BYTES: Final = 32 * 1024 * 1024
"""So many operations are kept rendered, of at most so many bytes: each goes to its answer and to every stream."""


class Reader:
    """Views of one node's state for one reader at a time."""

    def __init__(self, state: Airspace, vault: Vault, custodian: Custodian) -> None:
        self._state = state
        self._vault = vault
        self._custodian = custodian
        self.line = LineReader(state, vault, self.conflict_name)
        """Views of dialogues and posts."""
        self.catalogue = Catalogue()
        self._named: dict[str, str] = {}
        self._names: dict[str, Names[str]] = {EVERYBODY: Names()}
        self._raised: dict[str, dict[str, None]] = {}
        """By party, the conflicts whose alarm is raised."""
        self._rendered: OrderedDict[tuple[str, str, str, int], OperationView] = OrderedDict()
        self._rendered_bytes = 0

    def take_in(self) -> None:
        """Take in what is live at start."""
        self.catalogue.take_in(self._state.operations)
        for conflict in self._state.conflicts.values():
            self._add_conflict(conflict)
            self._note_alarm(conflict)

    def follow(self, outcome: Outcome) -> None:
        """Take note of what an entry changed."""
        self.catalogue.follow(outcome)
        for change in outcome.changes:
            if isinstance(change, ConflictFound | ConflictChanged | ConflictVoid):
                self._note_alarm(change.conflict)
            if isinstance(change, ConflictFound):
                self._add_conflict(change.conflict)
            elif isinstance(change, ConflictVoid):
                name = self.conflict_name(change.conflict.conflict_id)
                self._named.pop(name, None)
                for names in self._names_of(change.conflict):
                    names.remove(name)

    def _add_conflict(self, conflict: RecordedConflict) -> None:
        name = self.conflict_name(conflict.conflict_id)
        self._named[name] = conflict.conflict_id
        for names in self._names_of(conflict):
            names.add(name)

    def _names_of(self, conflict: RecordedConflict) -> list[Names[str]]:
        """The lists in which a conflict stands: of all, and of each of its parties."""
        owners = dict.fromkeys((EVERYBODY, conflict.a_party, conflict.b_party))
        return [self._names.setdefault(owner, Names()) for owner in owners]

    def conflict_name(self, identifier: str) -> str:
        """What a conflict is called outside: bound to this node's secret (HMAC-SHA256, 128 bits).

        The identifier in the state is a plain digest of the pair: who knows one side could try names of the other.
        """
        return hmac.digest(self._vault.secret, identifier.encode(), "sha256")[:16].hex()

    def parties(self) -> list[PartyView]:
        """All parties, by identifier."""
        return [party_view(self._state.parties[name]) for name in sorted(self._state.parties)]

    def operation(self, author: Author, party: str | None, operation_id: str) -> OperationView:
        """One live operation. `party` None: the reader's own, else the only one that has this identifier.

        Raises `NotFoundError` if there is none that the reader may see.
        """
        names = [party or author.party] if party or author.role == "party" else sorted(self._state.parties)
        for name in names:
            live = self._state.operation(name, operation_id)
            if live is not None and may_see_operation(author, live):
                return self.view(live)
        raise NotFoundError(f"there is no live operation '{operation_id}' that this key may see")

    def operations(self, author: Author, query: OperationQuery) -> OperationPage:
        """A page of operations that the reader may see, by party and identifier."""
        limit = _page_size(query.limit)
        cursor = None if query.after is None else decode_cursor(query.after)
        keys = self.catalogue.after(
            cursor, party=None if author.sees_all else author.party, hazards_only=query.hazards_only
        )
        found: list[OperationKey] = []
        for looked_at, key in enumerate(keys, 1):
            if self._asked_for(key, query):
                found.append(key)
            if len(found) == limit or looked_at == MAX_LOOKED_AT:
                following = encode_cursor(key) if next(keys, None) is not None else None
                return OperationPage([self._view_of(one) for one in found], following)
        return OperationPage([self._view_of(one) for one in found], None)

    def conflicts(self, author: Author, after: str | None, limit: int) -> ConflictPage:
        """A page of conflicts that concern the reader, by identifier."""
        size = _page_size(limit)
        found: list[ConflictView] = []
        names = self._names.get(EVERYBODY if author.sees_all else author.party)
        for name in names.after(after) if names is not None else ():
            if len(found) == size:
                return ConflictPage(found, found[-1].conflict_id)
            found.append(self.conflict_view(author, self._state.conflicts[self._named[name]]))
        return ConflictPage(found, None)

    def shared_cells(self, author: Author, after: str | None, limit: int) -> SharedCellsPage:
        """A page of operations that share cells with operational intents, as far as they concern the reader."""
        return shared_cells_page(self._state, author, after, _page_size(limit))

    def counts(self, author: Author) -> tuple[int, int]:
        """How many operations and hazard areas, and how many conflicts, the reader sees."""
        if author.sees_all:
            return len(self._state.operations), len(self._state.conflicts)
        return self.catalogue.count(author.party), len(self._names.get(author.party, ()))

    def recorded_conflict(self, author: Author, conflict_id: str) -> RecordedConflict:
        """The record of a conflict by the name that it has outside. Raises `NotFoundError` as `conflict` does."""
        recorded = self._state.conflicts.get(self._named.get(conflict_id, ""))
        if recorded is None or not may_see_conflict(author, recorded.a_party, recorded.b_party):
            raise NotFoundError(f"there is no conflict '{conflict_id}' that concerns this key")
        return recorded

    async def conflict(self, author: Author, conflict_id: str) -> ConflictDetail:
        """One conflict with its overlapping part. Raises `NotFoundError` if there is none that concerns the reader."""
        recorded = self.recorded_conflict(author, conflict_id)
        witness = self._custodian.witness(recorded.witness_digest)
        view = self.witness_view(author, witness, recorded.sequence)
        digests = [self._state.operations[key].details_digest for key in (recorded.a, recorded.b)]

        def detail() -> ConflictDetail:
            a, b = (self._custodian.operation(digest) for digest in digests)
            return conflict_detail(view, witness, a, b)

        # large polygons take a while to intersect: not on the loop that serves everyone
        return await asyncio.to_thread(detail)

    def may_name(self, author: Author, conflict: RecordedConflict, side: OperationKey) -> bool:
        """Whether one side of a conflict may be called by its name to a reader."""
        between = between_of(self._state, OperationRef(*conflict.a), OperationRef(*conflict.b))
        return between.may_name(author, OperationRef(*side))

    def conflicts_of(self, author: Author, live: LiveOperation) -> list[ConflictView]:
        """The conflicts of an operation that hold now."""
        return [self.conflict_view(author, recorded) for recorded in self._state.conflicts_of(live.key)]

    def raised(self, author: Author, most: int) -> tuple[list[ConflictView], int]:
        """Conflicts of the author's party whose alarm is raised: first those it has not heard, then by time.

        At most so many, and how many are left out.
        """
        alarms = [self._state.line.alarms[name] for name in self._raised.get(author.party, ())]
        alarms.sort(key=lambda alarm: (alarm.is_heard_by(author.party), alarm.since_us, alarm.conflict_id))
        shown = [self.conflict_view(author, self._state.conflicts[alarm.conflict_id]) for alarm in alarms[:most]]
        return shown, len(alarms) - len(shown)

    def _note_alarm(self, conflict: RecordedConflict) -> None:
        """Note for both parties of a conflict whether its alarm is raised."""
        alarm = self._state.line.alarms.get(conflict.conflict_id)
        for party in (conflict.a_party, conflict.b_party):
            if alarm is not None and alarm.since_us:
                self._raised.setdefault(party, {})[conflict.conflict_id] = None
            else:
                self._raised.get(party, {}).pop(conflict.conflict_id, None)

    def conflict_view(self, author: Author, recorded: RecordedConflict) -> ConflictView:
        """A recorded conflict with its witness, as far as it is for the reader."""
        return self.witness_view(author, self._custodian.witness(recorded.witness_digest), recorded.sequence)

    def witness_view(self, author: Author, conflict: Conflict, sequence: int | None) -> ConflictView:
        """A conflict as far as it is for the reader; `sequence` is None for one that was only looked for."""
        a, b = conflict.a, conflict.b
        identifier = conflict_id((a.party, a.operation_id), (b.party, b.operation_id), conflict.rule.value)
        alarm = self._state.line.alarms.get(identifier) if sequence is not None else None
        return conflict_view(
            author,
            conflict,
            self.conflict_name(identifier),
            sequence,
            between_of(self._state, a, b),
            None if alarm is None else alarm_view(alarm),
        )

    def view(self, live: LiveOperation) -> OperationView:
        """An operation in full."""
        key = (live.party, live.operation_id, live.state, live.version)
        found = self._rendered.get(key)
        if found is None or found.sequence != live.changed_sequence:
            self._drop(key)
            found = self._rendered[key] = operation_view(live, self._custodian.operation(live.details_digest))
            self._rendered_bytes += found.size_bytes
            while len(self._rendered) > RENDERED_CACHE or self._rendered_bytes > RENDERED_BYTES:
                self._drop(next(iter(self._rendered)))
        return found

    def _drop(self, key: tuple[str, str, str, int]) -> None:
        dropped = self._rendered.pop(key, None)
        if dropped is not None:
            self._rendered_bytes -= dropped.size_bytes

    def render(self, author: Author, change: Change, _sequence: int) -> bytes | None:
        """A change as JSON for a stream, or None if the reader is not concerned."""
        if not concerns(author, change):
            return None
        if isinstance(change, OperationChanged | OperationLeft):
            return msgspec.json.encode({"type": "operation", "operation": self.view(change.operation)})
        if isinstance(change, ConflictFound | ConflictChanged):
            view = self.conflict_view(author, change.conflict)
            return msgspec.json.encode({"type": "conflict", "conflict": view})
        if isinstance(change, PartyRegistered):
            return msgspec.json.encode({"type": "party", "party": party_view(change.party)})
        if isinstance(change, AgreementChanged):
            return msgspec.json.encode({"type": "agreement", "agreement": agreement_view(change.agreement)})
        if isinstance(change, CellsShared):
            if change.shared.intent_id not in self._state.dss.intents:
                return None  # told late, and over meanwhile
            shared = shared_cells_view(self._state, change.shared)
            return msgspec.json.encode({"type": "shared_cells", "shared_cells": shared})
        if isinstance(change, ConflictVoid):
            name = self.conflict_name(change.conflict.conflict_id)
            return msgspec.json.encode({"type": "conflict_void", "conflict_id": name})
        return self.line.render(author, change)

    def _view_of(self, key: OperationKey) -> OperationView:
        return self.view(self._state.operations[key])

    def _asked_for(self, key: OperationKey, query: OperationQuery) -> bool:
        if query.begin_us is None and query.end_us is None and query.bbox is None:
            return True
        live = self._state.operations[key]
        if query.begin_us is not None and live.end_us <= query.begin_us:
            return False
        if query.end_us is not None and live.begin_us >= query.end_us:
            return False
        if query.bbox is None:
            return True
        box = self._custodian.box(OperationRef(*key))
        return box is None or overlap(box, query.bbox)


def _page_size(limit: int) -> int:
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidInputError(f"limit must be a whole number from 1 to {MAX_PAGE}", place="limit")
    return limit
