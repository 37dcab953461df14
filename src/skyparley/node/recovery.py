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
from skyparley.airspace.events import Event, Outcome
from skyparley.airspace.line.agreements.numbers import agreed_minima
from skyparley.airspace.line.dialogue.commands import RecordReadBack
from skyparley.airspace.state import Airspace
from skyparley.conflict.minima import DEFAULT_MINIMA, SeparationMinima
from skyparley.errors import DeletedError, NotFoundError, StorageError
from skyparley.log.port import Head, Log
from skyparley.node.custody.comparison import Comparison, Filed, Step, steps_of
from skyparley.node.custody.details import read_details
from skyparley.node.custody.index_file import INDEX_FILE, KeptIndex, read_index, save_index
from skyparley.node.custody.standing import TOLD_EVERY, Progress, comparison_of, keep
from skyparley.node.custody.vault import Vault, reading_bodies
from skyparley.node.engine import event_of
from skyparley.node.line.bodies import matches, read_body
from skyparley.node.storage import (
    VAULT_FILE,
    look_at_snapshot,
    read_snapshot,
    save_snapshot,
    snapshot_paths,
    snapshot_sequence,
    writing_snapshots,
)
from skyparley.record.envelope import next_chain

MAX_PROBLEMS: Final = 20
RESUMED_ENTRIES: Final = 1_000
"""So many entries before the end are applied again at start, where that can be: event streams resume from them."""
RETOLD_ENTRIES: Final = 20_000
"""More are not applied again for the streams' sake: a start must not take longer because the node held more."""


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


Tell = Callable[[str], None]
"""Takes a sentence for whoever looks after the node."""
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
    it was. But not where that were more than RETOLD_ENTRIES. One snapshot at most is ever in memory.
    """
    head = await log.head()
    newest, older, complaints = await _newest_intact(log, directory, head)
    begin = newest
    resumes = after is not None and newest > max(0, head.sequence - RESUMED_ENTRIES)
    if resumes and head.sequence - older <= RETOLD_ENTRIES and (older or await _reaches_back(log)):
        begin = older
    state, more = await begin_from(log, directory, head, before=begin + 1, checked=newest)
    if state.sequence < begin:
        state, more = await begin_from(log, directory, head, before=newest + 1, checked=newest)
    await catch_up(log, state, head.sequence, after=after)
    return Recovered(state, head.chain, newest, tuple(dict.fromkeys((*complaints, *more))))


async def _newest_intact(log: Log, directory: Path | None, head: Head) -> tuple[int, int, tuple[str, ...]]:
    """The entry that the newest intact snapshot of this log is of, and that which the one before says that it is of.

    Zero if there is none. With them, what is wrong with newer ones.
    """
    complaints = []
    paths = snapshot_paths(directory) if directory is not None else []
    for place, path in enumerate(paths, 1):
        try:
            sequence, chain = look_at_snapshot(path)
            await check_fits(log, sequence, chain, head)
        except StorageError as error:
            complaints.append(_unused(path, error))
        else:
            older = [named for path in paths[place:] if (named := snapshot_sequence(path)) < sequence]
            return sequence, max(older, default=0), tuple(complaints)
    return 0, 0, tuple(complaints)


async def _reaches_back(log: Log) -> bool:
    """Whether a log that is not empty still holds its first entry."""
    try:
        async for _ in log.entries(0):
            break
    except NotFoundError:
        return False
    return True


async def begin_from(
    log: Log, directory: Path | None, head: Head, *, before: int | None = None, checked: int = 0
) -> tuple[Airspace, tuple[str, ...]]:
    """The newest intact snapshot of this log, of an entry `before` another if one is named, else the state at zero.

    That of the entry `checked` was looked at already. With it, what is wrong with those that are not used.
    """
    complaints = []
    for path in snapshot_paths(directory) if directory is not None else ():
        if before is not None and snapshot_sequence(path) >= before:
            continue
        try:
            state, chain = read_snapshot(path, checked=snapshot_sequence(path) == checked)
            await check_fits(log, state.sequence, chain, head)
        except StorageError as error:
            complaints.append(_unused(path, error))
        else:
            if before is None or state.sequence < before:
                return state, tuple(complaints)
    return Airspace(), tuple(complaints)


def _unused(path: Path, error: StorageError) -> str:
    return f"{path.name} is not used ({error.message}): an older one, or the whole log, is"


async def check_fits(log: Log, sequence: int, chain: bytes, head: Head) -> None:
    """Raise `StorageError` unless the log has this chain value at a sequence: what was kept there is then of this log.

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


async def kept_index(log: Log, directory: Path, tell: Tell) -> KeptIndex | None:
    """The index that was kept of this log; None if there is none that can be used, which is told if one is there."""
    kept = None
    try:
        kept = read_index(directory)
        await check_fits(log, kept.sequence, kept.chain, await log.head())
    except NotFoundError:
        return None
    except StorageError as error:
        if kept is not None:
            kept.close()
        tell(f"{INDEX_FILE} is not used ({error.message}): the index is made again from the vault")
        return None
    return kept


def telling(tell: Tell) -> Progress:
    """Tells how far the reading of what is filed has come, where it takes a while."""

    def progress(done: int, total: int) -> None:
        if total >= TOLD_EVERY:
            tell(f"the node does not serve yet: {done:,} of {total:,} operations are read from the vault")

    return progress


async def follow_to_snapshot(log: Log, directory: Path, tell: Tell = lambda _: None) -> int:
    """The follower's work: bring the last snapshot, and the index, up to the log's end, and write them anew.

    The sequence that they are of. One follower at a time writes. The vault is only read.
    """
    with writing_snapshots(directory):
        recovered = await recover(log, directory)
        state = recovered.state
        if state.sequence > recovered.snapshot_sequence:
            save_snapshot(directory, state, recovered.chain)
        kept = await kept_index(log, directory, tell)
        if kept is not None and kept.sequence == state.sequence:
            kept.close()
        else:
            with reading_bodies(directory / VAULT_FILE) as body:
                comparison = comparison_of(
                    state,
                    state.findings_through,
                    agreed_minima(state, DEFAULT_MINIMA),
                    lambda digest: read_details(body(digest)),
                    kept,
                    telling(tell),
                )
            save_index(directory, keep(comparison, state.sequence, recovered.chain))
    return recovered.state.sequence


async def verify(
    log: Log,
    vault: Vault,
    minima: SeparationMinima,
    progress: Callable[[int, int], None] | None = None,
    leave_in: Path | None = None,
) -> Verification:
    """Replay from zero: apply every entry again, compare every filing again, hold it against the logged findings.

    What it came to is left in a directory, if one is named, as snapshots that a start begins from; if it is sound.
    """
    head = await log.head()
    again = _Again(vault, minima)

    def after(event: Event, outcome: Outcome) -> None:
        again.steps.extend(steps_of(event.sequence, outcome, again.state, minima))
        if progress is not None:
            progress(event.sequence, head.sequence)

    await catch_up(log, again.state, head.sequence, before=again.hold, after=after)
    result = again.finish()
    if leave_in is not None and not result.problems:
        again.leave(leave_in, head)
    return result


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

    def leave(self, directory: Path, head: Head) -> None:
        """Write snapshots of what the replay came to."""
        with writing_snapshots(directory):
            save_snapshot(directory, self.state, head.chain)
            if self._comparison is not None:
                save_index(directory, keep(self._comparison, head.sequence, head.chain))

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
