"""The first answer to a command that was recorded and never answered: what a crash cut off, made again from the log.

The log is applied again up to the command's entry, and on to the findings about it, from the newest snapshot before
the entry. What the answer tells is what held then: neither what has happened to the operation since, nor what is live
now. The details and witnesses that it names lie in the vault.
"""

from dataclasses import dataclass
from pathlib import Path

from skyparley.airspace.apply import apply
from skyparley.airspace.commands import Command, RecordFindings
from skyparley.airspace.events import ConflictFound, OperationChanged, OperationLeft, Outcome, Verdict
from skyparley.airspace.keeping.records import LiveOperation
from skyparley.airspace.operations.commands import AmendOperation, DeclareHazard, FileOperation
from skyparley.airspace.state import Airspace
from skyparley.errors import NotFoundError
from skyparley.log.port import Log
from skyparley.node.engine import event_of
from skyparley.node.recovery import begin_from


@dataclass(frozen=True, slots=True)
class Past:
    """The airspace when a command could be answered: its operation as the entry left it, witnesses of its conflicts.

    `witnesses` are `(witness digest, sequence of the filing)` in the order of the answer.
    """

    state: Airspace
    operation: LiveOperation
    witnesses: tuple[tuple[str, int], ...]


def is_compared(command: Command) -> bool:
    """Whether the answer to a command waits for what the comparison finds."""
    return isinstance(command, FileOperation | AmendOperation | DeclareHazard)


def subject_of(outcome: Outcome) -> LiveOperation | None:
    """The operation that a command was about, as the entry left it: the last that changed (expiry comes first)."""
    for change in reversed(outcome.changes):
        if isinstance(change, OperationChanged | OperationLeft):
            return change.operation
        if isinstance(change, ConflictFound):
            break
    return None


async def past_of(log: Log, directory: Path | None, sequence: int) -> Past | None:
    """What an accepted entry came to; None if the log no longer holds what it takes.

    If the operation left before anybody had compared it, the state's `findings_through` lies before the entry. Raises
    `StorageError` if an entry cannot be read or applied.
    """
    head = await log.head()
    state, _ = await begin_from(log, directory, head, before=sequence)
    operation: LiveOperation | None = None
    witnesses: list[tuple[str, int]] = []
    waits = True
    try:
        async for group in log.entries(state.sequence):
            for entry in group:
                event = event_of(entry)
                outcome = apply(state, event)
                command = event.command
                if entry.sequence == sequence:
                    operation, waits = subject_of(outcome), is_compared(command)
                    if operation is not None and not waits:
                        witnesses = [(c.witness_digest, c.sequence) for c in state.conflicts_of(operation.key)]
                elif isinstance(command, RecordFindings) and outcome.verdict is Verdict.ACCEPTED:
                    witnesses += [(f.witness_digest, sequence) for f in command.findings if f.sequence == sequence]
                done = not waits or state.findings_through >= sequence or entry.sequence == head.sequence
                if entry.sequence >= sequence and done:
                    return None if operation is None else Past(state, operation, tuple(witnesses))
    except NotFoundError:  # trimmed
        pass
    return None
