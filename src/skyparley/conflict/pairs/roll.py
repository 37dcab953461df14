"""The roll of all operations of a batch: numbered by ref, what is known of each, and which are over."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from skyparley.conflict.answers import Kind, between, table_of
from skyparley.conflict.kernels import hits as hit
from skyparley.conflict.minima import Minima
from skyparley.conflict.operation import Conflict, Operation
from skyparley.conflict.pairs.gathering import RULES
from skyparley.conflict.witness import conflict_of
from skyparley.units import MICROSECONDS_PER_SECOND

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Roll:
    """Operations, one per ref: of those with the same, the last. The lower number has the lower ref.

    `table` is the minimum between two kinds `(kinds, kinds, 2)`, metres. `left` counts an operation's pieces that were
    not compared yet, once it is packed.
    """

    def __init__(self, operations: Iterable[Operation], minima: Minima) -> None:
        distinct = {operation.ref: operation for operation in operations}
        self.operations = sorted(distinct.values(), key=lambda one: (one.ref.party, one.ref.operation_id))
        count = len(self.operations)
        self.hazards = np.array([one.hazard for one in self.operations], dtype=np.uint8)
        self.begins_s = [_begin_s(one) for one in self.operations]
        self.ends_s = np.full(count, -np.inf)
        self.weights = [
            len(one.volumes) + sum([len(path.times_us) - 1 for path in one.trajectories]) for one in self.operations
        ]
        self.left = np.array([weight > 0 for weight in self.weights], dtype=np.int64)
        groups = {party: minima.group(party) for party in {one.ref.party for one in self.operations}}
        numbers: dict[Kind, int] = {}
        self.kinds = [
            numbers.setdefault((groups[one.ref.party], one.operation_class), len(numbers)) for one in self.operations
        ]
        self._between = [[between(minima, one, other) for other in numbers] for one in numbers]
        self.table = table_of(minima, numbers)

    def chunks(self, weight: int) -> list[list[int]]:
        """Numbers of operations in the order in which they begin, in lists of about a weight."""
        chunks: list[list[int]] = []
        room = 0
        for number in sorted(range(len(self.operations)), key=self.begins_s.__getitem__):
            if self.weights[number]:
                if room <= 0:
                    chunks.append([])
                    room = weight
                chunks[-1].append(number)
                room -= self.weights[number]
        return chunks

    def pass_by(self, owners: Integers) -> None:
        """So many more pieces of operations were compared."""
        np.subtract.at(self.left, owners, 1)

    @property
    def done(self) -> int:
        """How many operations were compared."""
        return int(np.count_nonzero(self.left == 0))

    def over(self, keys: Integers, now_s: float) -> Flags:
        """Which pairs are over at an instant before which all that begins was compared."""
        one, other = np.divmod(keys, len(self.operations))
        compared = (self.left[one] == 0) & (self.left[other] == 0)
        return np.asarray(compared | (self.ends_s[one] < now_s) | (self.ends_s[other] < now_s))

    def conflicts(self, keys: Integers, lines: Floats) -> Iterator[Conflict]:
        """The conflicts of lines that are sorted by key and rule."""
        ruled = keys * RULES + lines[:, hit.RULE].astype(np.int64)
        begins = np.flatnonzero(np.diff(ruled, prepend=-1)).tolist()
        found = lines.tolist()
        for begin, end in pairwise([*begins, len(found)]):
            one, other = divmod(int(keys[begin]), len(self.operations))
            a, b = self.operations[one], self.operations[other]
            minimum = self._between[self.kinds[one]][self.kinds[other]]
            yield conflict_of(a.ref, b.ref, found[begin:end], minimum)


def _begin_s(operation: Operation) -> float:
    """When the first piece begins, with its time tolerance, to the bit as packing says it."""
    begins = [volume.time.begin_us / MICROSECONDS_PER_SECOND for volume in operation.volumes]
    begins += [path.times_us[0] / MICROSECONDS_PER_SECOND - path.time_tolerance_s for path in operation.trajectories]
    return float(min(begins, default=np.inf))
