"""`apply`: the one function that changes the airspace. It sees the state and the entry, nothing else.

First it decides (`decide.py`), then it does: what has ended by the entry's time leaves, which can still refuse the
command, what the window has left is forgotten, and an accepted command takes effect. The same entries give the same
state and state hash everywhere, for ever. Refusals are outcomes, not exceptions; only a log that cannot be one raises.
"""

from skyparley.airspace.commands import (
    RULES_VERSION,
    DeleteBody,
    Epoch,
    Finding,
    RecordFindings,
    RegisterParty,
)
from skyparley.airspace.decide import ACCEDED, admit, decide_command
from skyparley.airspace.dss import rules as dss
from skyparley.airspace.dss.commands import DssCommand, PutIntent, SetDssLimits
from skyparley.airspace.events import (
    Change,
    ConflictFound,
    ConflictVoid,
    Event,
    Outcome,
    PartyRegistered,
    Repeated,
    Verdict,
)
from skyparley.airspace.keeping.records import (
    Deletion,
    KeyRecord,
    LiveOperation,
    Party,
    RecordedConflict,
    RefusedEntry,
    conflict_id,
)
from skyparley.airspace.line import rules as line
from skyparley.airspace.line.commands import LineCommand
from skyparley.airspace.line.negotiation import alarms
from skyparley.airspace.line.negotiation.arrangements import OVERTAKEN
from skyparley.airspace.operations import rules as operations
from skyparley.airspace.operations.commands import Filing, OperationCommand
from skyparley.airspace.shared_cells import found_by_intent
from skyparley.airspace.signing import rules as signing
from skyparley.airspace.signing.commands import KeyCommand
from skyparley.airspace.state import Airspace
from skyparley.conflict.operation import Rule
from skyparley.errors import StorageError


def apply(state: Airspace, event: Event) -> Outcome:
    """Apply the next entry: changes `state`, returns what became of the entry.

    Raises `StorageError`, with the state unchanged, if the entry does not follow the last one in sequence and time, or
    was written under rules that this software does not know.
    """
    _check_place(state, event)
    admission = admit(state, event, event.time_us)
    decision = decide_command(state, event, event.time_us) if admission is None else admission
    changes: list[Change] = []
    passed = _expire(state, event, changes)
    if decision is None and passed and not isinstance(event.command, Epoch):
        decision = decide_command(state, event, event.time_us)  # time may have taken away what the command is about
    state.forget(event.time_us)
    state.sequence = event.sequence
    state.time_us = event.time_us

    if isinstance(decision, Repeated):
        return Outcome(
            event.sequence,
            event.time_us,
            Verdict.REPEATED,
            decision.first_sequence,
            decision.refusal,
            tuple(changes),
        )
    findings_void = 0
    notified: tuple[tuple[str, str, int], ...] = ()
    if decision is None and isinstance(event.command, DssCommand):
        notified = tuple(dss.perform(state.dss, event, event.command, changes))
        if isinstance(event.command, PutIntent):
            found_by_intent(state, event, event.command, changes)
    elif decision is None:
        findings_void = _perform(state, event, changes)
    elif not isinstance(event.command, DssCommand):  # whose writers read what became of it, and have no keys to repeat
        state.put_refused(RefusedEntry(event.sequence, event.time_us, event.party, decision))
    overtaken = decision is not None and decision.place == OVERTAKEN  # its author compares anew and tries again
    if event.idempotency_key and admission is None and not overtaken:
        state.remember(
            KeyRecord(
                event.party,
                event.idempotency_key,
                event.content_digest,
                event.sequence,
                event.time_us,
                decision,
            )
        )
    return Outcome(
        event.sequence,
        event.time_us,
        Verdict.ACCEPTED if decision is None else Verdict.REFUSED,
        event.sequence,
        decision,
        tuple(changes),
        findings_void,
        notified,
    )


def _check_place(state: Airspace, event: Event) -> None:
    if event.sequence != state.sequence + 1:
        raise StorageError(f"entry {event.sequence} follows entry {state.sequence}: the log has a gap")
    if event.time_us <= state.time_us:
        raise StorageError(f"entry {event.sequence} is not later than the entry before it")
    if isinstance(event.command, Epoch) and event.command.rules_version > RULES_VERSION:
        raise StorageError(
            f"entry {event.sequence} begins rules {event.command.rules_version}; this software knows up to"
            f" {RULES_VERSION}: upgrade it"
        )


def _expire(state: Airspace, event: Event, changes: list[Change]) -> bool:
    """What is due on the line by the entry's time happens; then what has ended leaves, by end, party and identifier.

    Whether anything was due.
    """
    due_us = state.waits_for_time()
    if due_us is None or due_us > event.time_us:
        return False
    line.pass_time(state, event, changes)
    operations.pass_time(state, event, changes)
    dss.pass_time(state.dss, event, changes)
    return True


def _perform(state: Airspace, event: Event, changes: list[Change]) -> int:
    """Do what an accepted command asks; the number of findings that were void at once."""
    command = event.command
    if isinstance(command, Filing | OperationCommand):
        operations.perform(state, event, command, changes)
    elif isinstance(command, RecordFindings):
        return _record_findings(state, event, command, changes)
    elif isinstance(command, RegisterParty):
        party = Party(command.party, command.name, command.party_kind, ACCEDED, event.sequence)
        state.put_party(party)
        changes.append(PartyRegistered(party))
    elif isinstance(command, Epoch):
        state.rules_version = command.rules_version
    elif isinstance(command, DeleteBody):
        state.put_deletion(Deletion(command.digest, command.under, command.sequence, event.sequence))
    elif isinstance(command, SetDssLimits):
        state.dss.set_limits(command.limits)
    elif isinstance(command, LineCommand):
        line.perform(state, event, command, changes)
    elif isinstance(command, KeyCommand):
        signing.perform(state.keys, event, command)
    return 0


def _record_findings(state: Airspace, event: Event, command: RecordFindings, changes: list[Change]) -> int:
    """Findings about operations as they still are become conflicts; the number of those that no longer hold."""
    void = 0
    for finding in command.findings:
        a = state.operations.get((finding.a_party, finding.a_operation_id))
        b = state.operations.get((finding.b_party, finding.b_operation_id))
        if a is None or b is None or not still_holds(state, finding, a, b):
            void += 1
            continue
        identifier = conflict_id(a.key, b.key, finding.rule)
        known = state.conflicts.get(identifier)
        if known is not None and known.sequence == finding.sequence:  # told again after a restart amid one filing's
            continue
        conflict = RecordedConflict(
            conflict_id=identifier,
            a_party=finding.a_party,
            a_operation_id=finding.a_operation_id,
            b_party=finding.b_party,
            b_operation_id=finding.b_operation_id,
            rule=finding.rule,
            sequence=finding.sequence,
            recorded_sequence=event.sequence,
            certain=finding.certain,
            algorithm=command.algorithm,
            witness_digest=finding.witness_digest,
            basis=finding.basis,
        )
        state.put_conflict(conflict)
        alarms.watch(state, conflict, a, b, event.time_us)
        changes.append(ConflictFound(conflict))
    _void_outdated(state, command, changes)
    state.cover_findings(command.through)
    return void


def _void_outdated(state: Airspace, command: RecordFindings, changes: list[Change]) -> None:
    """Conflicts by minima that have changed, and that the comparison by the new ones did not find again, are over."""
    changed = [
        one.minima_sequence
        for one in state.line.agreements.values()
        if command.after < one.minima_sequence <= command.through
    ]
    if not changed:
        return
    for identifier in sorted(state.conflicts):
        conflict = state.conflicts[identifier]
        since = state.line.minima_sequence(conflict.a_party, conflict.b_party)
        if conflict.rule == Rule.SEPARATION_MINIMUM and conflict.sequence < since <= command.through:
            state.drop_conflict(conflict)
            changes.append(ConflictVoid(conflict))


def still_holds(state: Airspace, finding: Finding, a: LiveOperation, b: LiveOperation) -> bool:
    """Whether both operations still have the details that were compared, and nothing later decides about the two.

    What is later is a filing of either, also one that was amended back to the same details, or, for separation minima,
    the entry that changed the minima between their parties: the pair is compared again under that sequence.
    """
    decisive = max(a.details_sequence, b.details_sequence)
    if finding.rule == Rule.SEPARATION_MINIMUM:
        decisive = max(decisive, state.line.minima_sequence(a.party, b.party))
    return (
        a.details_digest == finding.a_digest and b.details_digest == finding.b_digest and decisive == finding.sequence
    )
