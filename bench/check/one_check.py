"""One operation of three volumes against all filed, from the parsed operation to the witness."""

import gc

from bench.rtree import RTree
from bench.table import Figure, Row, quantiles, timed
from bench.traffic import operations
from skyparley.cli.main import COLLECT_AFTER
from skyparley.conflict.search import ConflictIndex

FILED = 100_000
ASKED = 1_000
ROUNDS = 3
LEAST_CANDIDATES = 20
BEGIN_US = 1_800_000_000_000_000


def run() -> Row:
    """Check operations that meet at least 20 candidates and one conflict, by index and by R*Tree."""
    filed = operations(FILED, seed=1, begin_us=BEGIN_US)
    index = ConflictIndex()
    for operation in filed:
        index.insert(operation)
    tree = RTree(epoch_us=BEGIN_US)
    tree.insert_many(filed)
    asked, counts = [], []
    for operation in operations(20 * ASKED, seed=2, begin_us=BEGIN_US, party="asker"):
        near = len(tree.candidates(operation))
        if near >= LEAST_CANDIDATES and index.check(operation):
            asked.append(operation)
            counts.append(near)
        if len(asked) == ASKED:
            break
    found, differing = 0, 0
    for operation in asked:
        conflicts, owners = index.check(operation), tree.check(operation)
        found += len(conflicts)
        others = {(conflict.b if conflict.a == operation.ref else conflict.a).operation_id for conflict in conflicts}
        differing += others != owners.keys()
    gc.set_threshold(*COLLECT_AFTER)  # as the node does, for both
    gc.freeze()
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(ROUNDS):  # in turn, each long enough to have the machine's caches to itself
        ours += [timed(index.check, operation) for operation in asked]
        theirs += [timed(tree.check, operation) for operation in asked]
    half, most = quantiles(ours, 1e3)
    their_half, their_most = quantiles(theirs, 1e3)
    return Row(
        f"one operation against {FILED:,} filed",
        [
            Figure("p50", half, "ms", 0.3),
            Figure("p99", most, "ms", 1.0),
            Figure("times faster", their_half / half, "", 10.0, at_least=True),
        ],
        "SQLite 4D R*Tree + shapely",
        [Figure("p50", their_half, "ms"), Figure("p99", their_most, "ms")],
        [
            f"{len(asked)} checks, {sum(counts) / len(counts):.0f} candidates and {found / len(asked):.1f} conflicts"
            f" each; the flat baseline answers {differing} of them otherwise (circles of 64 corners, straight edges)"
        ],
    )


if __name__ == "__main__":
    from bench.table import show

    show([run()], "this machine")
