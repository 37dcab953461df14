"""The exact comparison, entry by entry: what the custodian runs while serving and what `verify` runs again from zero.

Entry n is compared with everything up to n − 1 that is still live. The order of the log is the order here, so both
come to the same findings. Synchronous; one thread at a time.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from skyparley.airspace.commands import Finding
from skyparley.airspace.events import MinimaChanged, OperationChanged, OperationLeft, Outcome
from skyparley.airspace.keeping.records import LiveOperation
from skyparley.airspace.line.agreements.numbers import agreed_minima
from skyparley.airspace.state import Airspace
from skyparley.conflict.codec import digest, encode_conflict
from skyparley.conflict.minima import Minima, SeparationMinima
from skyparley.conflict.operation import Conflict, Operation, OperationRef, Rule
from skyparley.conflict.search import ConflictIndex
from skyparley.geometry.bounds import bounding_box
from skyparley.node.custody.columns import Columns
from skyparley.node.custody.details import Details, keep_witness


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


@dataclass(frozen=True, slots=True)
class Agreed:
    """The minima between some parties changed at an entry: all their flights are compared again by `minima`."""

    sequence: int
    members: frozenset[str]
    minima: Minima


Step = Filed | Left | Agreed


@dataclass(slots=True)
class Compared:
    """What a run of steps found: findings to log and the witnesses that they name."""

    findings: list[Finding] = field(default_factory=list)
    witnesses: list[tuple[str, bytes, Conflict]] = field(default_factory=list)


def steps_of(sequence: int, outcome: Outcome, state: Airspace, defaults: SeparationMinima) -> list[Step]:
    """What an entry means for the comparison; `state` is as the entry left it."""
    steps: list[Step] = []
    for change in outcome.changes:
        if isinstance(change, MinimaChanged):
            steps.append(Agreed(sequence, frozenset(change.members), agreed_minima(state, defaults)))
        elif isinstance(change, OperationLeft):
            steps.append(Left(sequence, _ref(change.operation)))
        elif isinstance(change, OperationChanged) and change.operation.details_sequence == sequence:
            steps.append(filed(change.operation, compare=True))
    return steps


def filed(live: LiveOperation, *, compare: bool) -> Filed:
    """A live operation as a step."""
    return Filed(live.details_sequence, _ref(live), live.details_digest, compare)


class Comparison:
    """An index of what is live, brought forward step by step. `details` gives those of a digest."""

    def __init__(
        self,
        details: Callable[[str], Details],
        minima: Minima,
        held: tuple[ConflictIndex, Columns] | None = None,
    ) -> None:
        """Of nothing, or of what an index and its columns hold."""
        self.index, self.columns = held or (ConflictIndex(minima), Columns())
        self._details = details

    def advance(self, steps: Iterable[Step]) -> Compared:
        """Take steps in the log's order; what they found."""
        compared = Compared()
        for _, group in groupby(steps, lambda step: step.sequence):
            self._advance(list(group), compared)
        return compared

    def drop(self, ref: OperationRef) -> None:
        """Hold an operation no longer; nothing happens if it is not held."""
        self.index.remove(ref)
        self.columns.drop(ref)

    def check_together(self, operations: Sequence[Operation]) -> list[Conflict]:
        """All conflicts of operations that would take the places of those with their refs, all at once."""
        refs = {operation.ref for operation in operations}
        among = ConflictIndex(self.index.minima)
        found: list[Conflict] = []
        for operation in operations:
            others = self.index.check(operation)
            found += [conflict for conflict in others if not {conflict.a, conflict.b} <= refs]
            found += among.check(operation)
            among.insert(operation)
        return found

    def _advance(self, steps: Sequence[Step], compared: Compared) -> None:
        """The steps of one entry: first everything that is no longer as it was goes, then the rest is compared."""
        for step in steps:
            if isinstance(step, Left) or (isinstance(step, Filed) and step.compare):
                self.drop(step.ref)
        found: list[Conflict] = []
        for step in steps:
            if isinstance(step, Agreed):
                self.index.set_minima(step.minima)
                found += self._among(step.members)
        for step in steps:
            if isinstance(step, Filed):
                details = self._details(step.details_digest)
                operation = details.operation
                if step.compare:
                    found += self.index.check(operation)
                self.index.insert(operation)
                box = bounding_box(operation.volumes, operation.trajectories)
                self.columns.put(step.ref, step.sequence, step.details_digest, details.salt, box)
        if len(steps) > 1:  # one pair can be found twice, by two agreements that changed at once
            found = list({(conflict.a, conflict.b, conflict.rule): conflict for conflict in found}.values())
            found.sort(key=lambda conflict: (conflict.a, conflict.b, conflict.rule))
        for conflict in found:
            self._note(conflict, steps[0].sequence, compared)

    def _among(self, members: frozenset[str]) -> list[Conflict]:
        """All pairs of flights of some parties that fall short of their minimum, each once."""
        return [
            conflict
            for ref in sorted(self.columns.refs())
            if ref.party in members
            for conflict in self.index.check_held(ref)
            if conflict.rule is Rule.SEPARATION_MINIMUM and conflict.a == ref and conflict.b.party in members
        ]

    def _note(self, conflict: Conflict, sequence: int, compared: Compared) -> None:
        witness = keep_witness(self.columns.salt(conflict.a), self.columns.salt(conflict.b), encode_conflict(conflict))
        witness_digest = digest(witness)
        compared.witnesses.append((witness_digest, witness, conflict))
        compared.findings.append(
            Finding(
                sequence=sequence,
                a_party=conflict.a.party,
                a_operation_id=conflict.a.operation_id,
                a_digest=self.columns.digest(conflict.a),
                b_party=conflict.b.party,
                b_operation_id=conflict.b.operation_id,
                b_digest=self.columns.digest(conflict.b),
                rule=conflict.rule.value,
                certain=conflict.certain,
                witness_digest=witness_digest,
                basis=conflict.basis,
            )
        )


def _ref(live: LiveOperation) -> OperationRef:
    return OperationRef(live.party, live.operation_id)
