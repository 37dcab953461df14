"""From hits to answers: the conflicts of one operation, and those of a batch, made of its hits when looked at."""

from collections.abc import Collection, Mapping, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

from skyparley.conflict.kernels import hits
from skyparley.conflict.minima import Minima, SeparationMinimum
from skyparley.conflict.operation import Conflict, OperationRef
from skyparley.conflict.witness import conflict_of

Floats = npt.NDArray[np.float64]
Kind = tuple[str, str]
"""Group of the party and operation class: what a minimum depends on."""


def conflicts_of(
    ref: OperationRef,
    kind: Kind,
    found: list[list[float]],
    named: Mapping[float, OperationRef | None],
    kinds: Sequence[Kind],
    minima: Minima,
) -> list[Conflict]:
    """The conflicts that hits `(n, HIT_COLUMNS)` of one operation are; by a, b and rule.

    `named` says who the owners are, and `kinds` what their class numbers mean.
    """
    conflicts = []
    least: dict[int, SeparationMinimum] = {}
    for hit in found:  # as if the first of the two by name had asked: what is told must not hang on who does
        other = named[hit[hits.OWNER]] if hit[hits.RULE] == hits.PASSAGE else None
        if other is not None and other < ref:
            hit[hits.ASKER_FLIES] = 1.0 - hit[hits.ASKER_FLIES]
    found.sort()
    begin = 0
    while begin < len(found):
        owner, rule = found[begin][hits.OWNER], found[begin][hits.RULE]
        end = begin + 1
        while end < len(found) and found[end][hits.OWNER] == owner and found[end][hits.RULE] == rule:
            end += 1
        number = int(found[begin][hits.OTHER_CLASS])
        minimum = least.get(number)
        if minimum is None:
            minimum = least[number] = between(minima, kind, kinds[number])
        other = named[owner]
        if other is not None:
            conflicts.append(conflict_of(ref, other, found[begin:end], minimum))
        begin = end
    if len(conflicts) > 1:
        conflicts.sort(key=order_of)
    return conflicts


def order_of(conflict: Conflict) -> tuple[str, str, str, str, str]:
    """By a, b and rule."""
    a, b = conflict.a, conflict.b
    return a.party, a.operation_id, b.party, b.operation_id, conflict.rule


def between(minima: Minima, one: Kind, other: Kind) -> SeparationMinimum:
    """The minimum between two kinds."""
    return minima.between(one[1], other[1], one[0], other[0])


def table_of(minima: Minima, kinds: Collection[Kind]) -> Floats:
    """The minima between kinds `(kinds, kinds, 2)`, horizontal and vertical metres, as the kernels take them."""
    found = [between(minima, one, other) for one in kinds for other in kinds]
    pairs = [(minimum.horizontal_m, minimum.vertical_m) for minimum in found]
    return np.array(pairs, dtype=np.float64).reshape(len(kinds), len(kinds), 2)


class Answers(Sequence[list[Conflict]]):
    """What `check_many` answers: for each operation asked about its conflicts, by a, b and rule.

    `found` `(n, HIT_COLUMNS)` are the hits in the order of the operations asked about, which `ASKER` counts; `named`
    `(n,)` says who the owner of each is.
    """

    def __init__(
        self,
        asked: Sequence[tuple[OperationRef, Kind]],
        found: Floats,
        named: Sequence[OperationRef | None],
        kinds: Sequence[Kind],
        minima: Minima,
    ) -> None:
        self.found = found
        self._asked, self._named, self._kinds, self._minima = asked, named, kinds, minima
        self._begins = np.searchsorted(found[:, hits.ASKER], np.arange(len(asked) + 1))

    def __len__(self) -> int:
        return len(self._asked)

    @overload
    def __getitem__(self, number: int) -> list[Conflict]: ...

    @overload
    def __getitem__(self, number: slice) -> list[list[Conflict]]: ...

    def __getitem__(self, number: int | slice) -> list[Conflict] | list[list[Conflict]]:
        if isinstance(number, slice):
            return [self[i] for i in range(*number.indices(len(self)))]
        ref, kind = self._asked[number]
        begin, end = self._begins[number % len(self)], self._begins[number % len(self) + 1]
        found: list[list[float]] = self.found[begin:end].tolist()
        named = {hit[hits.OWNER]: self._named[begin + i] for i, hit in enumerate(found)}
        return conflicts_of(ref, kind, found, named, self._kinds, self._minima)
