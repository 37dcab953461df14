"""Blocks keep every piece with its edges, and let go of what has passed."""

import numpy as np

from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.packing import pack_with_offsets
from skyparley.conflict.pairs.blocks import Block, Buffers, gather, joined, no_pieces, packed
from support.conflict_cases import random_operation

ALPS = (46.5, 7.8)


def _block(seed: int, count: int = 30) -> tuple[Block, dict[int, list[bytes]], np.ndarray, np.ndarray]:
    """A block, the pieces of each operation with their edges, and what is told of the operations."""
    random = np.random.default_rng(seed)
    operations = [random_operation(random, f"o{i}", ALPS, 20_000.0) for i in range(count)]
    numbers = [100 + 3 * i for i in range(count)]
    ends_s, pieces = np.full(400, -np.inf), np.zeros(400, dtype=np.int64)
    block = packed(operations, numbers, [0] * count, Buffers(), ends_s, pieces)
    expected = {}
    for number, operation in zip(numbers, operations, strict=True):
        rows, edges = pack_with_offsets(operation, 0)
        expected[number] = sorted(_bytes(row, edges) for row in rows)
        assert ends_s[number] == (rows[:, layout.END_S] + rows[:, layout.TIME_S]).max()
        assert pieces[number] == len(rows)
    return block, expected, ends_s, pieces


def _bytes(row: np.ndarray, edges: np.ndarray) -> bytes:
    """A piece, but for who owns it and where its edges lie."""
    own = edges[int(row[layout.EDGES_BEGIN]) : int(row[layout.EDGES_END])]
    return bytes(np.delete(row, (layout.OWNER, layout.EDGES_BEGIN, layout.EDGES_END)).tobytes() + own.tobytes())


def _owned(rows: np.ndarray, edges: np.ndarray) -> dict[int, list[bytes]]:
    found: dict[int, list[bytes]] = {}
    for row in rows:
        found.setdefault(int(row[layout.OWNER]), []).append(_bytes(row, edges))
    return {owner: sorted(pieces) for owner, pieces in found.items()}


def test_a_block_holds_what_packing_says_in_the_order_in_which_it_begins() -> None:
    block, expected, _, _ = _block(1)
    rows = block.rows[block.order]
    assert _owned(rows, block.edges) == expected
    assert (np.diff(block.begins_s) >= 0.0).all()
    assert block.begins_s.tolist() == (rows[:, layout.BEGIN_S] - rows[:, layout.TIME_S]).tolist()
    assert block.ends_s.tolist() == (rows[:, layout.END_S] + rows[:, layout.TIME_S]).tolist()
    until_s = float(block.begins_s[10])
    assert block.before(until_s) == int((block.begins_s < until_s).sum())


def test_pieces_of_several_blocks_keep_their_edges() -> None:
    (one, expected, _, _), (other, others, _, _) = _block(2), _block(3)
    half = len(other) // 2
    both = joined([(one, slice(None)), (no_pieces(), slice(None)), (other, np.arange(half))])
    assert len(both) == len(one) + half
    assert both.ends_s.tolist() == [*one.ends_s.tolist(), *other.ends_s[:half].tolist()]
    first, second = both.rows[: len(one)], both.rows[len(one) :]
    assert _owned(first, both.edges) == expected
    rest = np.empty((len(other) - half, layout.COLUMNS))
    edges = gather([(other, slice(half, None))], rest)
    found = _owned(second, both.edges)
    for owner, pieces in _owned(rest, edges).items():
        found[owner] = sorted(found.get(owner, []) + pieces)
    assert found == others
    assert len(edges) < len(other.edges)


def test_a_block_that_has_nearly_passed_is_copied() -> None:
    block, _, _, _ = _block(4)
    assert block.rest() is block
    block.at = len(block.order) - 3
    rest = block.rest()
    assert (len(rest), len(rest.rows), rest.at) == (3, 3, 0)
    assert rest.begins_s.tolist() == block.begins_s[-3:].tolist()
    assert len(rest.edges) < len(block.edges)


def test_buffers_are_used_again_if_they_are_large_enough() -> None:
    buffers = Buffers()
    rows = buffers.take(10)
    buffers.give(rows)
    assert buffers.take(8) is rows
    buffers.give(rows)
    assert len(buffers.take(11)) == 11
