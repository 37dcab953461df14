"""What is filed and who asks, at the stated density and of any number; and how an index of them is timed."""

import gc
import time
from collections.abc import Sequence
from typing import Final

from bench.table import quantiles, timed
from bench.traffic import box_of, operations, parsed
from skyparley.cli.main import COLLECT_AFTER
from skyparley.conflict.index.volumes import Volumes
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.conflict.search import ConflictIndex

BEGIN_US: Final = 1_800_000_000_000_000
PARTY: Final = "bench"


def volumes_of(filed: int) -> Volumes:
    """The volumes of so many operations, as arrays."""
    return parsed(filed, seed=1, begin_us=BEGIN_US, box_deg=box_of(filed))


def built(volumes: Volumes) -> tuple[ConflictIndex, float, float]:
    """An index of volumes, the seconds that it took, and those that only the names took."""
    refs = [OperationRef(PARTY, f"op-{i:08}") for i in range(len(volumes.begins) - 1)]
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)  # as the node does
    took: list[ConflictIndex] = []
    seconds = timed(lambda: took.append(ConflictIndex.of_volumes(refs, "drone", volumes)))
    names = timed(lambda: dict(zip(refs, range(len(refs)), strict=True)))
    return took[0], seconds, names


def askers(index: ConflictIndex, filed: int, count: int) -> list[Operation]:
    """So many operations that are not filed and conflict with one that is, as they come."""
    found: list[Operation] = []
    seed = 2
    while len(found) < count:
        some = operations(count, seed=seed, begin_us=BEGIN_US, party="asker", box_deg=box_of(filed))
        answers = index.check_many(some)
        found += [operation for operation, conflicts in zip(some, answers, strict=True) if conflicts]
        seed += 1
    return found[:count]


def times_us(index: ConflictIndex, asked: Sequence[Operation], rounds: int = 1) -> tuple[float, float]:
    """Median and 99th percentile of a check, microseconds."""
    return quantiles([timed(index.check, one) for _ in range(rounds) for one in asked], 1e6)


def during(index: ConflictIndex, asked: Sequence[Operation], until_s: float) -> list[float]:
    """Seconds of each of the checks until a time of `time.perf_counter`."""
    taken: list[float] = []
    while time.perf_counter() < until_s:
        taken.append(timed(index.check, asked[len(taken) % len(asked)]))
    return taken
