"""Coming back: snapshot + tail at start, a follower that writes snapshots, and the proof that both agree with zero.

A restart that has lost snapshot and index comes back to the same state hash and the same list of conflicts, because
everything is computed from the log; `verify` shows it by doing it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from skyparley.airspace.apply import apply, still_holds
from skyparley.airspace.commands import Finding, RecordFindings
from skyparley.airspace.dss.commands import FileReport
from skyparley.airspace.events import Event, Outcome
from skyparley.airspace.line.assistance.commands import RequestAssistance
from skyparley.airspace.line.calls.commands import ReadOutCall, RecordCall, ReportCommitment, ReviseCall
from skyparley.airspace.line.dialogue.commands import OpenDialogue, RecordReadBack, SendMessage
from skyparley.airspace.line.duty.commands import LeaveWatch
from skyparley.airspace.operations.commands import AmendOperation, DeclareHazard, FileOperation
from skyparley.airspace.state import Airspace
from skyparley.conflict.minima import SeparationMinima
from skyparley.errors import DeletedError, NotFoundError, StorageError
from skyparley.log.port import Head, Log
from skyparley.node.custody.comparison import Comparison, Filed, Step, steps_of
from skyparley.node.custody.details import read_details
from skyparley.node.custody.vault import Vault
from skyparley.node.engine import event_of
from skyparley.node.line.bodies import matches, read_body
from skyparley.node.storage import read_snapshot, save_snapshot, snapshot_paths
from skyparley.record.envelope import next_chain

_MARK_NUMBER: Final = "reconciled_number"
MARK_SEQUENCE: Final = "reconciled_sequence"
MAX_PROBLEMS: Final = 20
RESUMED_ENTRIES: Final = 1_000
"""So many entries before the end are applied again at start, where that can be: event streams resume from them."""
FIRST_ENTRIES: Final = 20_000
"""A first snapshot of at most so many entries is not begun from: all of them are applied again, as after a crash."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """A state at the log's end, the chain value there, from which snapshot, and what was wrong with newer ones."""

    state: Airspace
    chain: bytes
    snapshot_sequence: int
    complaints: tuple[str, ...]


@dataclass(slots=True)
class Verification:
    """What a replay from zero found; sound if there are no problems."""

    sequence: int = 0
    state_hash: str = ""
    conflicts: int = 0
    findings: int = 0
    problems: list[str] = field(default_factory=list)


Before = Callable[[Event], None]
After = Callable[[Event, Outcome], None]


async def catch_up(
    log: Log, state: Airspace, through: int, *, before: Before | None = None, after: After | None = None
) -> None:
    """Apply the entries after the state's sequence up to `through`. Raises `StorageError` if one does not fit."""
    if state.sequence >= through:
        return
    async for group in log.entries(state.sequence):
        for entry in group:
            event = event_of(entry)
            if before is not None:
                before(event)
            outcome = apply(state, event)
            if after is not None:
                after(event, outcome)
            if state.sequence >= through:
                return
    raise StorageError(f"the log ends at entry {state.sequence}, before {through}")


async def recover(log: Log, directory: Path | None, *, after: After | None = None) -> Recovered:
    """The state as of the log's end: from the newest intact snapshot and the tail, else from zero.

    With `after`, which is told of every entry of the tail, from the one before if the newest leaves a tail of fewer
    than RESUMED_ENTRIES, or from zero if there is none before: what streams may have missed is told again, exactly as
    it was.
    """
    head = await log.head()
    state, complaints = await begin_from(log, directory, head)
    snapshot_sequence = state.sequence
    if after is not None and snapshot_sequence > max(0, head.sequence - RESUMED_ENTRIES):
        older, _ = await begin_from(log, directory, head, before=snapshot_sequence)
        if older.sequence > 0 or (snapshot_sequence <= FIRST_ENTRIES and await _reaches_back(log)):
            state = older
    await catch_up(log, state, head.sequence, after=after)
    return Recovered(state, head.chain, snapshot_sequence, complaints)


async def _reaches_back(log: Log) -> bool:
    """Whether a log that is not empty still holds its first entry."""
    try:
        async for _ in log.entries(0):
            break
    except NotFoundError:
        return False
    return True


async def begin_from(
    log: Log, directory: Path | None, head: Head, *, before: int | None = None
) -> tuple[Airspace, tuple[str, ...]]:
    """The newest intact snapshot of this log, of an entry `before` another if one is named, else the state at zero.

    With it, what is wrong with those that are not used.
    """
    complaints = []
    for path in snapshot_paths(directory) if directory is not None else ():
        try:
            state, chain = read_snapshot(path)
            await _check_fits(log, state.sequence, chain, head)
        except StorageError as error:
            complaints.append(f"{path.name} is not used ({error.message}): an older one, or the whole log, is")
        else:
            if before is None or state.sequence < before:
                return state, tuple(complaints)
    return Airspace(), tuple(complaints)


async def _check_fits(log: Log, sequence: int, chain: bytes, head: Head) -> None:
    """Raise `StorageError` unless the log has this chain value at a sequence, so that a snapshot there is of this log.

    Another log may be as long and as old. Before the end the next entry shows it: its own value is made from this one,
    also where the entry itself was trimmed.
    """
    if sequence > head.sequence:
        raise StorageError(f"it is newer than the log, which ends at entry {head.sequence}")
    fits = chain == head.chain
    if sequence < head.sequence:
        try:
            async for group in log.entries(sequence):
                entry = group[0]
                fits = next_chain(chain, entry.sequence, entry.time_us, entry.header, entry.signature) == entry.chain
                break
        except NotFoundError as error:
            raise StorageError(f"the log no longer holds what follows it: {error.message}") from None
    if not fits:
        raise StorageError(f"the log's entry {sequence} is another one")


async def follow_to_snapshot(log: Log, directory: Path) -> int:
    """The follower's work: bring the last snapshot up to the log's end and write a new one; its sequence."""
    recovered = await recover(log, directory)
    if recovered.state.sequence > recovered.snapshot_sequence:
        save_snapshot(directory, recovered.state, recovered.chain)
    return recovered.state.sequence


async def reconcile_vault(log: Log, vault: Vault, through: int) -> int:
    """Drop what was kept for a command that never reached the log, or that the log has lost; how many bodies.

    Looks at what is new since the last time, up to the log's end `through`; call it before the node serves.
    """
    after_sequence, after_number = vault.mark(MARK_SEQUENCE), vault.mark(_MARK_NUMBER)
    last_number = vault.last_number()
    numbers = vault.digests_between(after_number, last_number)
    orphans = dict.fromkeys(numbers)
    if orphans and after_sequence < through:
        async for group in log.entries(after_sequence):
            for entry in group:
                for digest in _named_digests(event_of(entry)):
                    orphans.pop(digest, None)
            if group[-1].sequence >= through:
                break
    kept = (number for digest, number in numbers.items() if digest not in orphans)
    marks = {_MARK_NUMBER: max(kept, default=after_number), MARK_SEQUENCE: through}
    # the numbers of those that are dropped are given out again, so the mark lies below them
    await vault.forget(orphans, through, marks)
    return len(orphans)


async def verify(
    log: Log, vault: Vault, minima: SeparationMinima, progress: Callable[[int, int], None] | None = None
) -> Verification:
    """Replay from zero: apply every entry again, compare every filing again, hold it against the logged findings."""
    head = await log.head()
    again = _Again(vault, minima)

    def after(event: Event, outcome: Outcome) -> None:
        again.steps.extend(steps_of(event.sequence, outcome, again.state, minima))
        if progress is not None:
            progress(event.sequence, head.sequence)

    await catch_up(log, again.state, head.sequence, before=again.hold, after=after)
    return again.finish()


class _Again:
    """The comparison, run again over a log. It ends where the vault lacks what was compared, and says so."""

    def __init__(self, vault: Vault, minima: SeparationMinima) -> None:
        self.state = Airspace()
        self.steps: list[Step] = []
        self._result = Verification()
        self._vault = vault
        self._comparison: Comparison | None = Comparison(lambda digest: read_details(vault.body(digest)), minima)
        self._logged: list[Finding] = []

    def hold(self, event: Event) -> None:
        """Hold what an entry says was found against what is found now. Call it before the entry is applied."""
        command = event.command
        if isinstance(command, RecordReadBack):
            self._compare_read_back(event.sequence, command)
        if not isinstance(command, RecordFindings) or self._comparison is None:
            return
        if command.after != self.state.findings_through:  # it will be refused
            return
        self._result.findings += len(command.findings)
        self._logged.extend(command.findings)
        if command.through == command.after:  # a part of what was found about one filing: the rest follows
            return
        due = [step for step in self.steps if step.sequence <= command.through]
        del self.steps[: len(due)]
        logged, self._logged = self._logged, []
        try:
            expected = self._comparison.advance(due).findings
        except StorageError as error:
            self._complain(f"entry {event.sequence} and later cannot be compared again: {error.message}")
            self._comparison = None
            return
        for finding in logged:
            self._require_body(finding.witness_digest, event.sequence)
        self._hold(event.sequence, "lacks", expected, logged)
        self._hold(event.sequence, "wrongly has", logged, expected)

    def finish(self) -> Verification:
        """What was found, once the last entry is applied."""
        state, result = self.state, self._result
        for step in self.steps:
            if isinstance(step, Filed):  # nobody has compared it yet
                self._require_body(step.details_digest, step.sequence)
        result.sequence, result.state_hash, result.conflicts = state.sequence, state.state_hash(), len(state.conflicts)
        if state.state_hash() != state.recomputed_state_hash():
            self._complain("the state hash does not fit the state's content")
        return result

    def _hold(self, sequence: int, word: str, found: list[Finding], others: list[Finding]) -> None:
        """Note what is found here and not there, unless it is void.

        A node that restarts does not compare with what has left meanwhile, so void findings may differ.
        """
        known = dict.fromkeys(others)
        for finding in found:
            a = self.state.operation(finding.a_party, finding.a_operation_id)
            b = self.state.operation(finding.b_party, finding.b_operation_id)
            if finding not in known and a is not None and b is not None and still_holds(self.state, finding, a, b):
                self._complain(
                    f"entry {sequence} {word} the finding {finding.a_party}/{finding.a_operation_id} with"
                    f" {finding.b_party}/{finding.b_operation_id} ({finding.rule})"
                )

    def _compare_read_back(self, sequence: int, command: RecordReadBack) -> None:
        """Note a read-back that an entry calls right and that is not, or the other way round."""
        try:
            question, reading = (
                read_body(self._vault, digest) for digest in (command.question_digest, command.read_back_digest)
            )
        except DeletedError:
            return  # an entry further on says under what
        except StorageError as error:
            self._complain(f"entry {sequence}: {error.message}")
            return
        if matches(question, reading) != command.matches:
            self._complain(f"entry {sequence} wrongly says that a read-back {'fits' if command.matches else 'differs'}")

    def _require_body(self, digest: str, sequence: int) -> None:
        """Note it if the vault does not hold a body that an entry names."""
        try:
            self._vault.body(digest)
        except StorageError as error:
            self._complain(f"entry {sequence}: {error.message}")

    def _complain(self, problem: str) -> None:
        if len(self._result.problems) < MAX_PROBLEMS:
            self._result.problems.append(problem)


def _named_digests(event: Event) -> list[str]:
    command = event.command
    if isinstance(command, FileOperation | AmendOperation | DeclareHazard):
        return [command.details_digest]
    if isinstance(command, RecordFindings):
        return [finding.witness_digest for finding in command.findings]
    if isinstance(command, OpenDialogue | SendMessage):
        return [command.body_digest, *(change.details_digest for change in command.changes)]
    if isinstance(command, RecordCall | ReviseCall | ReadOutCall | ReportCommitment):
        return [command.text_digest]
    if isinstance(command, RequestAssistance):
        return [command.body_digest]
    if isinstance(command, FileReport):
        return [command.report_digest]
    if isinstance(command, LeaveWatch) and command.note_digest:
        return [command.note_digest]
    return []
