"""The exact comparison, entry by entry: what the custodian runs while serving and what `verify` runs again from zero.

Entry n is compared with everything up to n − 1 that is still live. The order of the log is the order here, so both
come to the same findings. Synchronous; one thread at a time.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from skyparley.airspace.commands import Finding
from skyparley.airspace.events import OperationChanged, OperationLeft, Outcome
from skyparley.airspace.state import LiveOperation
from skyparley.conflict.codec import digest, encode_conflict
from skyparley.conflict.minima import SeparationMinima
from skyparley.conflict.operation import Conflict, Operation, OperationRef
from skyparley.conflict.search import ConflictIndex
from skyparley.geometry.bounds import Box, bounding_box


@dataclass(frozen=True, slots=True)
class Filed:
    """An operation whose details are new at an entry; `compare` is false for what was compared before a restart."""

    sequence: int
    ref: OperationRef
    details_digest: str
    compare: bool = True


@dataclass(frozen=True, slots=True)
class Left:
    """An operation that left the airspace at an entry."""

    sequence: int
    ref: OperationRef


Step = Filed | Left


@dataclass(slots=True)
class Compared:
    """What a run of steps found: findings to log and the witnesses that they name."""

    findings: list[Finding] = field(default_factory=list)
    witnesses: list[tuple[str, bytes, Conflict]] = field(default_factory=list)


def steps_of(sequence: int, outcome: Outcome) -> list[Step]:
    """What an entry means for the comparison."""
    steps: list[Step] = []
    for change in outcome.changes:
        if isinstance(change, OperationLeft):
            steps.append(Left(sequence, _ref(change.operation)))
        elif isinstance(change, OperationChanged) and change.operation.details_sequence == sequence:
            steps.append(filed(change.operation, compare=True))
    return steps


def filed(live: LiveOperation, *, compare: bool) -> Filed:
    """A live operation as a step."""
    return Filed(live.details_sequence, _ref(live), live.details_digest, compare)


class Comparison:
    """An index of what is live, brought forward step by step. `details` gives the operation of a details digest."""

    def __init__(self, details: Callable[[str], Operation], minima: SeparationMinima) -> None:
        self.index = ConflictIndex(minima)
        self.boxes: dict[OperationRef, Box] = {}
        self._details = details
        self._digests: dict[OperationRef, str] = {}

    def advance(self, steps: Iterable[Step]) -> Compared:
        """Take steps in the log's order; what they found."""
        compared = Compared()
        for step in steps:
            if isinstance(step, Left):
                self.index.remove(step.ref)
                self._digests.pop(step.ref, None)
                self.boxes.pop(step.ref, None)
                continue
            operation = self._details(step.details_digest)
            if step.compare:
                self._find(step, operation, compared)
            self.index.insert(operation)
            self._digests[step.ref] = step.details_digest
            self.boxes[step.ref] = bounding_box(operation.volumes, operation.trajectories)
        return compared

    def _find(self, step: Filed, operation: Operation, compared: Compared) -> None:
        for conflict in self.index.check(operation):
            witness = encode_conflict(conflict)
            witness_digest = digest(witness)
            compared.witnesses.append((witness_digest, witness, conflict))
            compared.findings.append(
                Finding(
                    sequence=step.sequence,
                    a_party=conflict.a.party,
                    a_operation_id=conflict.a.operation_id,
                    a_digest=step.details_digest if conflict.a == step.ref else self._digests[conflict.a],
                    b_party=conflict.b.party,
                    b_operation_id=conflict.b.operation_id,
                    b_digest=step.details_digest if conflict.b == step.ref else self._digests[conflict.b],
                    rule=conflict.rule.value,
                    certain=conflict.certain,
                    witness_digest=witness_digest,
                )
            )


def _ref(live: LiveOperation) -> OperationRef:
    return OperationRef(live.party, live.operation_id)
