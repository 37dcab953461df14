"""The tree at ten million entries, on disk: appending, making and verifying proofs, each beside its bare hashing."""

import random
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from bench.table import Figure, Row, quantiles, timed
from skyparley.node.record.store import RECORD_FILE, RecordStore
from skyparley.record.envelope import leaf_data
from skyparley.record.merkle import (
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    range_root,
)
from skyparley.record.tiles import TiledHashes, TileWriter

LEAVES = 10_000_000
GROUP = 2_000
"""Entries between two checkpoints."""
ASKED = 2_000
HEADER = b"h" * 330
"""About as long as the header of a filing."""


def run() -> list[Row]:
    """Build the tree in a file, then prove what lies anywhere in it."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / RECORD_FILE
        store, writer = RecordStore(path), TileWriter()
        appending = _build(store, writer)
        root, rows = writer.frontier.root(), [appending]
        rows += _proofs(store, root)
        appending.notes.append(f"{path.stat().st_size / LEAVES:.1f} bytes per entry on disk")
        store.close()
    return rows


def _build(store: RecordStore, writer: TileWriter) -> Row:
    begin = time.perf_counter()
    for first in range(0, LEAVES, GROUP):
        for number in range(first, first + GROUP):
            writer.append(leaf_hash(leaf_data(number + 1, number, HEADER, b"")))
        store.add(writer.take(), first + GROUP, b"")
    took_s = time.perf_counter() - begin
    data = leaf_data(1, 1, HEADER, b"")
    begin = time.perf_counter()
    for _ in range(LEAVES // 10):
        sha256(data).digest()
        sha256(data[:65]).digest()
    hashed_s = 10 * (time.perf_counter() - begin)
    return Row(
        f"appending {LEAVES:,} leaves, durable every {GROUP:,}",
        [Figure("each", took_s / LEAVES * 1e6, "µs", 20.0)],
        "the two SHA-256 that each costs",
        [Figure("each", hashed_s / LEAVES * 1e6, "µs")],
    )


def _proofs(store: RecordStore, root: bytes) -> list[Row]:
    dice, hash_of = random.Random(1), TiledHashes(store.read)
    made: list[float] = []
    checked: list[float] = []
    steps = 0
    for _ in range(ASKED):
        index = dice.randrange(LEAVES)
        leaf = leaf_hash(leaf_data(index + 1, index, HEADER, b""))
        made.append(timed(inclusion_proof, hash_of, index, LEAVES))
        proof = inclusion_proof(hash_of, index, LEAVES)
        checked.append(timed(check_inclusion, leaf, index, LEAVES, proof, root))
        steps += len(proof)
    joined: list[float] = []
    for _ in range(ASKED // 10):
        old = dice.randrange(1, LEAVES)
        begin = time.perf_counter()
        proof = consistency_proof(hash_of, old, LEAVES)
        joined.append(time.perf_counter() - begin)
        check_consistency(old, range_root(hash_of, 0, old), LEAVES, root, proof)
    bare = [timed(_hash, steps // ASKED) for _ in range(ASKED)]
    half, most = quantiles(made, 1e6)
    their_half, their_most = quantiles(bare, 1e6)
    check_half, check_most = quantiles(checked, 1e6)
    join_half, join_most = quantiles(joined, 1e6)
    baseline = [Figure("p50", their_half, "µs"), Figure("p99", their_most, "µs")]
    bare_name = f"the {steps // ASKED} SHA-256 of one path"
    return [
        Row(
            f"making an inclusion proof at {LEAVES:,} entries",
            [Figure("p50", half, "µs"), Figure("p99", most, "µs", 1_000.0)],
            bare_name,
            baseline,
            [f"of consistency, from any size: p50 {join_half:.0f} µs, p99 {join_most:.0f} µs, each verified"],
        ),
        Row(
            f"verifying an inclusion proof at {LEAVES:,} entries",
            [Figure("p50", check_half, "µs"), Figure("p99", check_most, "µs", 100.0)],
            bare_name,
            baseline,
        ),
    ]


def _hash(count: int) -> None:
    value = bytes(65)
    for _ in range(count):
        sha256(value).digest()
