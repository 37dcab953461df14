"""One running node: what the edges call. Commands go in, views come out; every rule lies below.

This is the wiring: recovery at start, the loops that run while it serves, and an orderly stop.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final

from argon2 import PasswordHasher

from skyparley.airspace.commands import RecordFindings, RegisterParty
from skyparley.airspace.events import Change, Event, Outcome, ReferenceChanged, ReferenceLeft, Verdict
from skyparley.airspace.limits import IDEMPOTENCY_WINDOW_US
from skyparley.conflict.minima import DEFAULT_MINIMA, SeparationMinima
from skyparley.errors import SkyparleyError, StorageError
from skyparley.geometry.interval import format_time
from skyparley.log.port import Head, Log
from skyparley.node.access import Access
from skyparley.node.custody.custodian import Custodian
from skyparley.node.custody.index_file import save_index
from skyparley.node.custody.orphans import MARK_SEQUENCE, reconcile_vault
from skyparley.node.custody.vault import Vault
from skyparley.node.desk import Desk
from skyparley.node.dss.desk import DssDesk
from skyparley.node.dss.history import HISTORY_FILE, History
from skyparley.node.dss.reader import DssReader
from skyparley.node.engine import Applied, Clock, Engine, proposal_of
from skyparley.node.events import HEARTBEAT_S, RING_ENTRIES, EventHub
from skyparley.node.identity import Author
from skyparley.node.line.assistance.desk import AssistanceDesk
from skyparley.node.line.calls.desk import CallDesk
from skyparley.node.line.desk import LineDesk
from skyparley.node.line.dialogue.desk import DialogueDesk
from skyparley.node.line.dialogue.read_backs import ReadBacks
from skyparley.node.line.dialogue.threads import Threads
from skyparley.node.line.duty.desk import DutyDesk
from skyparley.node.line.negotiation.alarms import AlarmDesk
from skyparley.node.line.negotiation.proposals import Proposals
from skyparley.node.people.passwords import Passwords
from skyparley.node.people.people import People
from skyparley.node.reading.disclosure import party_view
from skyparley.node.reading.reader import Reader
from skyparley.node.reading.views import Health, PartyView
from skyparley.node.record.cosigning import cosigners_of
from skyparley.node.record.deletion import DeletionDesk
from skyparley.node.record.keys import KeyDesk
from skyparley.node.record.private import PrivateDesk
from skyparley.node.record.recorder import Recorder
from skyparley.node.record.store import RECORD_FILE, RecordStore
from skyparley.node.recovery import Tell, kept_index, recover, telling
from skyparley.node.storage import DataDirectory, writing_snapshots
from skyparley.record.notes import VerifierKey

SNAPSHOT_EVERY_ENTRIES: Final = 20_000
SNAPSHOT_EVERY_PART: Final = 20
"""Where more is live than that is a part of, snapshots are rarer: their cost grows with what is live."""
INDEX_EVERY_ENTRIES: Final = 2_000
"""An index that lacks fewer entries is not written again when the node stops: they are sooner read from the vault."""
SNAPSHOT_POLL_S: Final = 10.0
CLEAN_REPLIES_S: Final = 3_600.0
TIDY_SESSIONS_S: Final = 30.0

TakeSnapshot = Callable[[], Awaitable[None]]


class Node:
    """A node over one log and one vault. Make it with `open_node`; `start` before use, `stop` after."""

    def __init__(
        self,
        engine: Engine,
        vault: Vault,
        directory: DataDirectory | None,
        minima: SeparationMinima,
        recorder: Recorder,
        *,
        exercise: bool,
        take_snapshot: TakeSnapshot | None,
        hasher: PasswordHasher,
        history: History,
        tell: Tell,
    ) -> None:
        state = engine.state
        self.engine = engine
        self.state = state
        self.vault = vault
        self.directory = directory
        self.exercise = exercise
        self.custodian = Custodian(vault, self._record, state, minima)
        self.reader = Reader(state, vault, self.custodian)
        self.desk = Desk(engine, vault, self.custodian, self.reader, directory.path if directory is not None else None)
        self.people = People(vault, engine.clock, Passwords(hasher))
        self.access = Access(vault, state, engine.clock, self.people)
        self.dss = DssDesk(engine, vault)
        self.history = history
        self.dss_reader = DssReader(engine, vault, self.history)
        self.recorder = recorder
        self.signing = KeyDesk(engine)
        self.deletion = DeletionDesk(engine, vault)
        self.private = PrivateDesk(engine, vault)
        self.line = LineDesk(engine)
        self.duty = DutyDesk(engine, vault, self.reader.line)
        self.proposals = Proposals(engine, self.custodian, self.reader, vault.secret)
        self.assistance = AssistanceDesk(engine, vault, self.reader)
        self.calls = CallDesk(engine, vault, self.reader)
        self.alarms = AlarmDesk(engine, self.reader)
        self.read_backs = ReadBacks(engine, self.reader)
        self.dialogues = DialogueDesk(engine, vault, self.reader, self.read_backs, self.proposals)
        self.threads = Threads(engine, self.reader)
        self.events: EventHub[Change] = EventHub(self.reader.render)
        self.hold: str | None = None
        """A word on why the node is not healthy yet although it runs; None: nothing holds it."""
        self.authenticate = self.access.authenticate
        self.create_key, self.keys, self.revoke_key = self.access.create, self.access.of_party, self.access.revoke
        self.file, self.amend, self.check = self.desk.file, self.desk.amend, self.desk.check
        self.act, self.declare_hazard = self.desk.act, self.desk.declare_hazard
        self.operations, self.operation = self.reader.operations, self.reader.operation
        self.conflicts, self.conflict = self.reader.conflicts, self.reader.conflict
        self.subscribe = self.events.subscribe
        self._take_snapshot = take_snapshot
        self._tell = tell
        self._index_sequence = 0
        self.snapshot_sequence = 0
        """The entry that the newest snapshot in use is of; 0: none is."""
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def pool(self) -> str:
        """Name of the pool whose log this is."""
        return self.engine.pool

    async def start(self) -> None:
        """Take in what is live and begin to serve. Raises `StorageError` if log and vault do not fit together."""
        self.reader.take_in()
        self.read_backs.take_in()
        await self.history.make_up(self.engine.log, self.directory.path if self.directory is not None else None)
        await self.deletion.finish()
        kept = None
        if self.directory is not None:
            kept = await kept_index(self.engine.log, self.directory.path, self._tell)
            self._index_sequence = 0 if kept is None else kept.sequence
        await self.custodian.load(kept, telling(self._tell))
        await self.recorder.start()
        loops: list[Coroutine[Any, Any, None]] = [
            self.engine.run(),
            self.engine.tick_forever(),
            self.custodian.run(),
            self.read_backs.run(),
            self.history.run(),
            self._beat_forever(),
            self._clean_forever(),
            self._tidy_sessions_forever(),
        ]
        if self._take_snapshot is not None:
            loops.append(self._snapshot_forever(self._take_snapshot))
        loops += [self.recorder.seal_forever(), self.recorder.run()]
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def stop(self) -> None:
        """End streams, finish what is in flight, write a snapshot, release log and vault."""
        self.events.close()
        await self.custodian.rest()
        for task in self._tasks[1:-1]:
            task.cancel()  # but not the first and the last, which follow the log to its end
        await self.engine.log.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.custodian.close()
        await self.history.close()
        await self.recorder.close()
        head = await self.engine.log.head()
        if self.engine.failure is None and self.state.sequence == head.sequence:
            with contextlib.suppress(SkyparleyError):  # now, so that the next start finds little to look at
                await reconcile_vault(self.engine.log, self.vault, head.sequence)
            with contextlib.suppress(SkyparleyError):
                self._save(head)
        self.vault.close()

    def _save(self, head: Head) -> None:
        """Write a snapshot of the log's end, and the index if it has changed much."""
        if self.directory is None or head.sequence <= self.snapshot_sequence:
            return
        with writing_snapshots(self.directory.path):
            self.directory.save_snapshot(self.state, head.chain)
            lacks = head.sequence - self._index_sequence
            if not self._index_sequence or lacks >= INDEX_EVERY_ENTRIES:
                kept = self.custodian.keep(head.sequence, head.chain)
                if kept is not None:
                    save_index(self.directory.path, kept)

    async def register_party(
        self, author: Author, party: str, name: str, kind: str, *, idempotency_key: str = ""
    ) -> PartyView:
        """Admit a party; only the operator may."""
        author.require_operator()
        proposal = proposal_of(RegisterParty(party, name, kind), key_id=author.key_id, idempotency_key=idempotency_key)
        await self.engine.submit(proposal)
        return party_view(self.state.parties[party])

    async def read_barrier(self) -> None:
        """Return once everything up to the log's end as of now is applied."""
        await self.engine.reached((await self.engine.log.head()).sequence)

    def parties(self, _author: Author) -> list[PartyView]:
        """All parties: every party may know who else there is."""
        return self.reader.parties()

    def queues(self) -> dict[str, int]:
        """How much waits inside the node, by queue."""
        return {"in_flight": self.engine.in_flight, "comparison": self.custodian.backlog}

    def health(self) -> Health:
        """Whether the node serves, and a word on why not."""
        detail: dict[str, Any] = {**self.status(), **self.queues()}
        for complaint in (self.engine.failure, self.custodian.complaint, self.recorder.failure):
            if complaint is not None:
                return Health(False, "failed", {**detail, "reason": complaint})
        if self.hold is not None:
            return Health(False, "starting", {**detail, "reason": self.hold})
        return Health(True, "ok", detail)

    def status(self) -> dict[str, Any]:
        """Where the log and the state are."""
        return {
            "sequence": self.state.sequence,
            "time": format_time(self.state.time_us),
            "checked_through": self.custodian.through,
            "state_hash": self.state.state_hash(),
            "operations": len(self.state.operations),
            "conflicts": len(self.state.conflicts),
        }

    def on_applied(self, applied: Applied) -> None:
        """What the engine calls for every entry, in order."""
        outcome = applied.outcome
        self.reader.follow(outcome)
        self.custodian.follow(applied)
        self.desk.follow(applied)
        self.read_backs.on_applied(applied)
        self.history.note(applied.command, outcome)
        self.events.publish(applied.sequence, applied.time_us, _for_parties(outcome.changes))
        if isinstance(applied.command, RecordFindings) and outcome.verdict is Verdict.ACCEPTED:
            self.custodian.covered(self.state.findings_through)

    async def _record(self, command: RecordFindings) -> None:
        applied = await self.engine.propose(proposal_of(command))
        if applied.outcome.refusal is not None:
            raise StorageError(f"the log refused findings: {applied.outcome.refusal.message}")

    async def _beat_forever(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            self.events.heartbeat(self.engine.clock())

    async def _clean_forever(self) -> None:
        while True:
            with contextlib.suppress(SkyparleyError):
                await self.vault.drop_replies(self.state.time_us - IDEMPOTENCY_WINDOW_US)
            await asyncio.sleep(CLEAN_REPLIES_S)

    async def _tidy_sessions_forever(self) -> None:
        while True:
            await asyncio.sleep(TIDY_SESSIONS_S)
            with contextlib.suppress(SkyparleyError):
                await self.people.tidy()

    async def _snapshot_forever(self, take_snapshot: TakeSnapshot) -> None:
        while True:
            await asyncio.sleep(SNAPSHOT_POLL_S)
            every = max(SNAPSHOT_EVERY_ENTRIES, len(self.state.operations) // SNAPSHOT_EVERY_PART)
            if self.state.sequence - self.snapshot_sequence >= every:
                sequence = self.state.sequence
                with contextlib.suppress(SkyparleyError, OSError):
                    await take_snapshot()
                    self.snapshot_sequence = self._index_sequence = sequence


async def open_node(
    log: Log,
    vault: Vault,
    directory: DataDirectory | None,
    *,
    pool: str,
    clock: Clock,
    minima: SeparationMinima = DEFAULT_MINIMA,
    exercise: bool = False,
    take_snapshot: TakeSnapshot | None = None,
    hasher: PasswordHasher | None = None,
    cosigners: Callable[[], Sequence[VerifierKey]] = tuple,
    tell: Tell = lambda _: None,
) -> tuple[Node, tuple[str, ...]]:
    """A node with the state of its log's end, and a word on all that could not be used or tidied up.

    `cosigners` says whose cosignatures of the record are taken, each time that it is asked. `tell` is told what the
    start does where that takes long.
    """
    retold: deque[tuple[int, int, tuple[Change, ...]]] = deque(maxlen=RING_ENTRIES)

    history = History(directory.path / HISTORY_FILE if directory is not None else None)

    def after(event: Event, outcome: Outcome) -> None:
        history.note(event.command, outcome)
        retold.append((outcome.sequence, outcome.time_us, _for_parties(outcome.changes)))

    recovered = await recover(log, directory.path if directory is not None else None, after=after)
    complaints = recovered.complaints
    try:
        await reconcile_vault(log, vault, recovered.state.sequence)
    except StorageError as error:  # a full disk stops writes, not the start: the next one reconciles
        if vault.mark(MARK_SEQUENCE) > recovered.state.sequence:  # unless the mark would mislead it
            raise
        complaints = (*complaints, f"what the vault holds too much stays there for now: {error.message}")
    engine = Engine(log, recovered.state, pool, clock)
    record = RecordStore(directory.path / RECORD_FILE if directory is not None else None)
    if record.key_is_new and recovered.state.sequence:
        complaints = (*complaints, f"{RECORD_FILE} was not there: the record is signed with a new key from here on")
    node = Node(
        engine,
        vault,
        directory,
        minima,
        Recorder(log, record, pool, cosigners_of(cosigners, recovered.state.keys, clock)),
        exercise=exercise,
        take_snapshot=take_snapshot,
        hasher=hasher or PasswordHasher(),
        history=history,
        tell=tell,
    )
    engine.on_applied = node.on_applied
    node.events.start_after(engine.state.sequence - len(retold), engine.state.time_us)
    for entry in retold:  # streams that broke when the node stopped resume
        node.events.publish(*entry)
    node.snapshot_sequence = recovered.snapshot_sequence
    return node, complaints


def _for_parties(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """What the streams of parties tell: what USSs write to the DSS is told to USSs, by those who write it."""
    return tuple([one for one in changes if not isinstance(one, ReferenceChanged | ReferenceLeft)])
