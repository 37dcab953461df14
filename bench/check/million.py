"""A million filed: one check, a batch of checks, and writes while checks go on; SQLite's R*Tree beside them."""

import threading
import time
from collections.abc import Sequence
from typing import Final

import numpy as np

from bench.check.filed import BEGIN_US, askers, built, during, times_us, volumes_of
from bench.check.rtree import RTree
from bench.table import Figure, Row, quantiles, timed
from bench.traffic import box_of, operations
from skyparley.conflict.operation import Operation
from skyparley.conflict.search import ConflictIndex

FILED: Final = 1_000_000
ASKED: Final = 1_000
BATCH: Final = 10_000
WRITTEN: Final = 60_000
MERGES: Final = 8
LEAST_CANDIDATES: Final = 20
_TREE_WRITES: Final = 300


def run() -> list[Row]:
    """Build, ask, and write."""
    volumes = volumes_of(FILED)
    tree = RTree(epoch_us=BEGIN_US)
    tree_s = timed(tree.insert_volumes, volumes)
    index, seconds, names = built(volumes)
    held = index.memory_bytes
    del volumes
    many = askers(index, FILED, BATCH)
    asked, counts = [], []
    for one in many:
        near = len(tree.candidates(one))
        if near >= LEAST_CANDIDATES:
            asked.append(one)
            counts.append(near)
        if len(asked) == ASKED:
            break
    found = [len(index.check(one)) for one in asked]
    ours, theirs = [], []
    for _ in range(3):  # in turn, each long enough to have the machine's caches to itself
        ours += [timed(index.check, one) for one in asked]
        theirs += [timed(tree.check, one) for one in asked[::3]]
    half, most = quantiles(ours, 1e6)
    their_half, their_most = quantiles(theirs, 1e6)
    check = Row(
        f"one operation against {FILED:,} filed",
        [
            Figure("p50", half, "µs", 100.0),
            Figure("p99", most, "µs", 300.0),
            Figure("times faster, median", their_half / half, "", 20.0, at_least=True),
            Figure("times faster, p99", their_most / most, ""),
        ],
        f"SQLite 4D R*Tree + shapely (filled in {tree_s:.0f} s)",
        [Figure("p50", their_half, "µs"), Figure("p99", their_most, "µs")],
        [
            f"{len(asked)} checks, {np.mean(counts):.0f} candidates ({min(counts)} to {max(counts)}) and"
            f" {np.mean(found):.1f} conflicts each; built from parsed arrays in {seconds:.1f} s, {names:.1f} s of it"
            f" for names; octets an operation: {_per_operation(held)}"
        ],
    )
    return [check, _batch(index, many, half), _writes(index, tree, asked)]


def _per_operation(held: dict[str, int]) -> str:
    return ", ".join(f"{name} {octets / FILED:.0f}" for name, octets in held.items())


def _batch(index: ConflictIndex, many: Sequence[Operation], half: float) -> Row:
    each = min(timed(index.check_many, many) for _ in range(3)) / len(many) * 1e6
    answered = timed(lambda: [list(conflicts) for conflicts in index.check_many(many)]) / len(many) * 1e6
    return Row(
        f"{len(many):,} checks as one batch against {FILED:,} filed",
        [Figure("each", each, "µs", 20.0), Figure("each, every witness written out", answered, "µs")],
        "the same checks one by one, each with its witness",
        [Figure("median", half, "µs")],
        ["hits with all their numbers; sentences are made when they are looked at"],
    )


def _writes(index: ConflictIndex, tree: RTree, asked: Sequence[Operation]) -> Row:
    """Thirds of inserts, amendments and removals, while another thread checks and a third merges when it is due."""
    new = operations(WRITTEN // 3, seed=9, begin_us=BEGIN_US, party="writer", box_deg=box_of(FILED))
    later = operations(WRITTEN // 3, seed=10, begin_us=BEGIN_US, party="writer", box_deg=box_of(FILED))
    done = threading.Event()
    merges, checks = [0], [0]

    def merge() -> None:
        while not done.is_set():
            if index.merge_due:
                index.merge()
                merges[0] += 1
            done.wait(0.002)

    def ask() -> None:
        while not done.wait(0.01):
            index.check(asked[checks[0] % len(asked)])
            checks[0] += 1

    threads = [threading.Thread(target=work) for work in (merge, ask)]
    for thread in threads:
        thread.start()
    begun_s = time.perf_counter()
    for one in new:
        index.insert(one)
    for one in later:
        index.insert(one)
    for one in later:
        index.remove(one.ref)
    per_s = WRITTEN / (time.perf_counter() - begun_s)
    done.set()
    for thread in threads:
        thread.join()
    index.merge()
    _, rest = times_us(index, asked, 4)
    merging = _while_merging(index, asked, new)
    _, most = quantiles(merging, 1e6)
    few = new[:_TREE_WRITES]
    tree_per_s = _TREE_WRITES / timed(lambda: [tree.insert_many([one]) for one in few])
    return Row(
        f"insert, amend, remove in thirds while serving {FILED:,} filed",
        [
            Figure("writes", per_s, "/s", 50_000.0, at_least=True),
            Figure("check p99 during merges, times that at rest", most / rest, "", 2.0),
            Figure("check p99 at rest", rest, "µs"),
        ],
        "the R*Tree, inserts only, one transaction each, in memory",
        [Figure("writes", tree_per_s, "/s")],
        [
            f"{merges[0]} merges and {checks[0]} checks beside the writes; {len(merging):,} checks during {MERGES}"
            f" merges of {len(new):,} operations each"
        ],
    )


def _while_merging(index: ConflictIndex, asked: Sequence[Operation], new: Sequence[Operation]) -> list[float]:
    taken: list[float] = []
    for _ in range(MERGES):
        for one in new:
            index.insert(one)
        thread = threading.Thread(target=index.merge)
        thread.start()
        while thread.is_alive():
            taken += during(index, asked, time.perf_counter() + 0.005)
    return taken
