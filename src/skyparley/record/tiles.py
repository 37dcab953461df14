"""A tree kept in tiles, as C2SP's tlog-tiles specifies: every eighth level is stored, what lies between is computed.

Tile level k holds the hashes of the full subtrees of 256^k leaves, one after another: level 0 those of the leaves. A
tile is 256 of them, 8 KiB. Storing costs 33 bytes a leaf, a hash between two stored levels at most 127 hashes more.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Final

from skyparley.errors import ProofError
from skyparley.record.merkle import HASH_BYTES, NODE_PREFIX, Frontier, full_subtrees

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES
ReadHashes = Callable[[int, int, int], bytes]
"""So many stored hashes of a tile level from an index on, joined; fewer where there are no more."""


class TiledHashes:
    """The hash of any full subtree, from what is stored: what making a proof needs."""

    __slots__ = ("_read",)

    def __init__(self, read: ReadHashes) -> None:
        self._read = read

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of a full subtree. Raises `ProofError` if it is not stored."""
        stored, above = divmod(level, TILE_HEIGHT)
        data = self._read(stored, index << above, 1 << above)
        if len(data) != HASH_BYTES << above:
            raise ProofError(f"the tree does not hold the subtree {index} of level {level}")
        while len(data) > HASH_BYTES:
            pairs = range(0, len(data), 2 * HASH_BYTES)
            data = b"".join([sha256(NODE_PREFIX + data[at : at + 2 * HASH_BYTES]).digest() for at in pairs])
        return data


class TileWriter:
    """A growing tree that says what is to be stored."""

    __slots__ = ("_fresh", "frontier")

    def __init__(self, frontier: Frontier | None = None) -> None:
        self.frontier = frontier or Frontier()
        self._fresh: list[bytearray] = []

    def append(self, leaf: bytes) -> None:
        """Add the hash of one more leaf."""
        self.frontier.append(leaf, self._store)

    def take(self) -> list[bytes]:
        """The hashes of each tile level that are new since the last time."""
        fresh, self._fresh = self._fresh, []
        return [bytes(hashes) for hashes in fresh]

    def _store(self, level: int, value: bytes) -> None:
        stored, above = divmod(level, TILE_HEIGHT)
        if above:
            return
        if len(self._fresh) <= stored:
            self._fresh.append(bytearray())
        self._fresh[stored] += value


def writer_at(read: ReadHashes, size: int) -> TileWriter:
    """A writer that goes on after so many leaves. Raises `ProofError` if they are not all stored."""
    hash_of = TiledHashes(read)
    return TileWriter(Frontier(size, [hash_of(level, index) for level, index in full_subtrees(0, size)]))


def stored_sizes(size: int) -> list[int]:
    """How many hashes each tile level holds for a tree of so many leaves, level 0 first."""
    sizes = []
    while size:
        sizes.append(size)
        size >>= TILE_HEIGHT
    return sizes
