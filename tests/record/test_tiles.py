"""Trees in tiles: the same roots and proofs as without, at sizes about the borders of tiles, and across restarts."""

import pytest

from skyparley.errors import ProofError
from skyparley.record.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    Frontier,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    range_root,
)
from skyparley.record.tiles import TILE_WIDTH, TiledHashes, TileWriter, stored_sizes, writer_at

LEAVES = [leaf_hash(b"%d" % number) for number in range(TILE_WIDTH**2 + 2 * TILE_WIDTH + 3)]
SIZES = (0, 1, 2, 3, 254, 255, 256, 257, 258, 511, 512, 513, 1_000, 65_535, 65_536, 65_537, len(LEAVES))


class Store:
    """Tile levels in memory, as they would lie in files."""

    def __init__(self) -> None:
        self.levels: list[bytearray] = []

    def add(self, fresh: list[bytes]) -> None:
        for level, hashes in enumerate(fresh):
            if level == len(self.levels):
                self.levels.append(bytearray())
            self.levels[level] += hashes

    def read(self, level: int, index: int, count: int) -> bytes:
        held = self.levels[level] if level < len(self.levels) else b""
        return bytes(held[HASH_BYTES * index : HASH_BYTES * (index + count)])


@pytest.fixture(scope="module")
def store() -> Store:
    """All leaves, written in groups of changing size by a writer that is made anew now and then."""
    made, writer, at, step = Store(), TileWriter(), 0, 1
    while at < len(LEAVES):
        for leaf in LEAVES[at : at + step]:
            writer.append(leaf)
        made.add(writer.take())
        at += step
        step = step * 3 % 997 + 1
        if step % 5 == 0 and at < len(LEAVES):
            writer = writer_at(made.read, writer.frontier.size)
    return made


@pytest.fixture(scope="module")
def roots() -> list[bytes]:
    tree, found = Frontier(), [EMPTY_ROOT]
    for leaf in LEAVES:
        tree.append(leaf)
        found.append(tree.root())
    return found


def test_every_tile_level_has_the_hashes_of_all_its_full_subtrees(store: Store) -> None:
    assert [len(level) // HASH_BYTES for level in store.levels] == stored_sizes(len(LEAVES)) == [66_051, 258, 1]
    assert stored_sizes(0) == []


@pytest.mark.parametrize("size", SIZES)
def test_roots_and_proofs_of_any_past_size_come_from_the_tiles(store: Store, roots: list[bytes], size: int) -> None:
    hash_of = TiledHashes(store.read)
    assert range_root(hash_of, 0, size) == roots[size]
    assert writer_at(store.read, size).frontier.root() == roots[size]
    for index in {0, 1, size // 3, size // 2, size - 2, size - 1, 255, 256, 257, 65_535} & set(range(size)):
        check_inclusion(LEAVES[index], index, size, inclusion_proof(hash_of, index, size), roots[size])
    for old in SIZES:
        if old <= size:
            check_consistency(old, roots[old], size, roots[size], consistency_proof(hash_of, old, size))


def test_what_is_not_stored_is_not_guessed(store: Store) -> None:
    hash_of = TiledHashes(store.read)
    for level, index in ((0, len(LEAVES)), (1, len(LEAVES) // 2), (8, 258), (16, 1), (17, 0), (24, 0)):
        with pytest.raises(ProofError):
            hash_of(level, index)
    with pytest.raises(ProofError):
        writer_at(store.read, len(LEAVES) + 1)
