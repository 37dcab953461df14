"""The Merkle tree of RFC 6962 (section 2.1, SHA-256): hashes of leaves and nodes, appending, proofs and their checks.

A tree of n leaves is made of full subtrees, one for each bit that is set in n, the largest first. `(level, index)`
names the full subtree of the leaves `[index · 2^level, (index + 1) · 2^level)`; a function that answers its hash is all
that making a proof needs. Hashes are 32 bytes. Checks take whatever a stranger sends, and raise `ProofError`.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Final

from skyparley.errors import ProofError

HASH_BYTES: Final = 32
MAX_SIZE: Final = 2**63 - 1
"""No tree has more leaves."""
EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves."""
_LEAF: Final = b"\x00"
NODE_PREFIX: Final = b"\x01"
"""What stands before the two hashes of a node."""
HashOf = Callable[[int, int], bytes]
"""The hash of the full subtree at a level and an index."""
Completed = Callable[[int, bytes], None]
"""Takes the level and the hash of a full subtree."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(_LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node from those of its two subtrees."""
    return sha256(NODE_PREFIX + left + right).digest()


class Frontier:
    """The full subtrees that a growing tree is made of: all that appending to it needs, and its root."""

    __slots__ = ("_roots", "size")

    def __init__(self, size: int = 0, roots: Sequence[bytes] = ()) -> None:
        if len(roots) != size.bit_count():
            raise ProofError(f"a tree of {size} leaves has {size.bit_count()} full subtrees; here are {len(roots)}")
        self.size = size
        self._roots = list(roots)

    @property
    def roots(self) -> tuple[bytes, ...]:
        """The hashes of the full subtrees, the largest first."""
        return tuple(self._roots)

    def append(self, leaf: bytes, completed: Completed | None = None) -> None:
        """Add the hash of one more leaf; `completed` is told of it and of each full subtree that it completes."""
        size, roots, level = self.size, self._roots, 0
        self.size = size + 1
        if completed is not None:
            completed(0, leaf)
        while size & 1:
            leaf = sha256(NODE_PREFIX + roots.pop() + leaf).digest()
            size >>= 1
            level += 1
            if completed is not None:
                completed(level, leaf)
        roots.append(leaf)

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        return _fold(self._roots)


def range_root(hash_of: HashOf, begin: int, end: int) -> bytes:
    """The root of the tree over the leaves `[begin, end)`; `begin` is a multiple of the largest power of two in it."""
    return _fold([hash_of(level, index) for level, index in full_subtrees(begin, end)])


def full_subtrees(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Levels and indexes of the full subtrees that the leaves `[begin, end)` are made of, the largest first."""
    while begin < end:
        level = (end - begin).bit_length() - 1
        yield level, begin >> level
        begin += 1 << level


def inclusion_proof(hash_of: HashOf, index: int, size: int) -> tuple[bytes, ...]:
    """The audit path of the leaf at an index in a tree of so many leaves (RFC 6962, section 2.1.1)."""
    _check_place(index, size)
    path = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(range_root(hash_of, middle, end))
            end = middle
        else:
            path.append(range_root(hash_of, begin, middle))
            begin = middle
    return tuple(reversed(path))


def consistency_proof(hash_of: HashOf, old: int, new: int) -> tuple[bytes, ...]:
    """Shows that a tree of `old` leaves is the beginning of one of `new` (RFC 6962, section 2.1.2); empty for 0."""
    _check_sizes(old, new)
    if old in (0, new):
        return ()
    path = []
    begin, end, whole = 0, new, True
    while end != old:
        middle = begin + _split(end - begin)
        if old <= middle:
            path.append(range_root(hash_of, middle, end))
            end = middle
        else:
            path.append(range_root(hash_of, begin, middle))
            begin, whole = middle, False
    if not whole:
        path.append(range_root(hash_of, begin, end))
    return tuple(reversed(path))


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise `ProofError` unless the tree of this size and root has a leaf (its hash) at an index."""
    _check_place(index, size)
    _check_hashes(leaf, *proof)
    found = leaf
    for step, on_the_left in _climb(index, size - 1, proof):
        found = node_hash(step, found) if on_the_left else node_hash(found, step)
    if found != root:
        raise ProofError(f"the leaf at {index} is not in the tree of {size} leaves with this root")


def check_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raise `ProofError` unless the tree of `old` leaves is the beginning of that of `new` (RFC 9162, 2.1.4.2)."""
    _check_sizes(old, new)
    _check_hashes(old_root, new_root, *proof)
    if old in (0, new):
        if proof:
            raise ProofError("nothing is to be proved here: the proof has to be empty")
        if (old == new and old_root != new_root) or (old == 0 and old_root != EMPTY_ROOT):
            raise ProofError(f"the roots of the trees of {old} and {new} leaves do not fit together")
        return
    steps = [old_root, *proof] if old.bit_count() == 1 else list(proof)
    if not steps:
        raise ProofError("the proof is empty")
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    earlier = later = steps[0]
    for step, on_the_left in _climb(place, last, steps[1:]):
        if on_the_left:
            earlier, later = node_hash(step, earlier), node_hash(step, later)
        else:
            later = node_hash(later, step)
    if earlier != old_root or later != new_root:
        raise ProofError(f"the tree of {old} leaves is not the beginning of that of {new}: somebody rewrote it")


def _climb(place: int, last: int, proof: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The steps of a proof from a place to the root, each with whether it is the left one of its pair.

    `last` is the last place of that level. Raises `ProofError` unless they lead just to the root.
    """
    for step in proof:
        if last == 0:
            raise ProofError("the proof is longer than the tree is high")
        on_the_left = bool(place & 1) or place == last
        yield step, on_the_left
        while on_the_left and not place & 1 and place:
            place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError("the proof ends before the root")


def _fold(roots: Sequence[bytes]) -> bytes:
    """The root over full subtrees, the largest first."""
    if not roots:
        return EMPTY_ROOT
    root = roots[-1]
    for left in reversed(roots[:-1]):
        root = sha256(NODE_PREFIX + left + root).digest()
    return root


def _split(count: int) -> int:
    """The largest power of two below a number from 2."""
    return 1 << (count - 1).bit_length() - 1


def _check_place(index: int, size: int) -> None:
    if not 0 <= index < size <= MAX_SIZE:
        raise ProofError(f"a tree of {size} leaves has none at {index}")


def _check_sizes(old: int, new: int) -> None:
    if not 0 <= old <= new <= MAX_SIZE:
        raise ProofError(f"a tree of {old} leaves cannot be the beginning of one of {new}")


def _check_hashes(*hashes: bytes) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise ProofError(f"a hash has {HASH_BYTES} bytes")
