"""The Merkle tree against published vectors, against the recursion of RFC 6962, and against whoever forges proofs."""

from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyparley.errors import ProofError
from skyparley.record import merkle
from skyparley.record.merkle import (
    EMPTY_ROOT,
    Frontier,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    range_root,
)

# Of the reference implementation of RFC 6962 (google/certificate-transparency, its tests of the Merkle tree).
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
FIRST = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
PAIR_1 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
PAIR_2 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
PAIR_3 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
FOUR_1 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
FIFTH = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
SEVENTH = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"
INCLUSION = {
    (0, 1): [],
    (0, 8): [FIRST, PAIR_1, FOUR_1],
    (5, 8): [FIFTH, PAIR_3, ROOTS[4]],
    (2, 3): [ROOTS[2]],
    (1, 5): [ROOTS[1], PAIR_1, FIFTH],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [FIRST, PAIR_1, FOUR_1],
    (2, 8): [PAIR_1, FOUR_1],
    (6, 8): [PAIR_2, PAIR_3, ROOTS[4]],
    (2, 5): [PAIR_1, FIFTH],
    (6, 7): [PAIR_2, SEVENTH, ROOTS[4]],
}
MOST = 70


def content(number: int) -> bytes:
    return b"leaf %d" % number


@cache
def mth(begin: int, end: int) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word, over `content`."""
    if begin == end:
        return sha256(b"").digest()
    if end - begin == 1:
        return sha256(b"\x00" + content(begin)).digest()
    k = max(1 << power for power in range(64) if 1 << power < end - begin)
    return sha256(b"\x01" + mth(begin, begin + k) + mth(begin + k, end)).digest()


def path(m: int, begin: int, end: int) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1."""
    if end - begin == 1:
        return []
    k = max(1 << power for power in range(64) if 1 << power < end - begin)
    if m < k:
        return [*path(m, begin, begin + k), mth(begin + k, end)]
    return [*path(m - k, begin + k, end), mth(begin, begin + k)]


def subproof(m: int, begin: int, end: int, known: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2."""
    if m == end - begin:
        return [] if known else [mth(begin, end)]
    k = max(1 << power for power in range(64) if 1 << power < end - begin)
    if m <= k:
        return [*subproof(m, begin, begin + k, known), mth(begin + k, end)]
    return [*subproof(m - k, begin + k, end, False), mth(begin, begin + k)]


def hash_of(level: int, index: int) -> bytes:
    return mth(index << level, (index + 1) << level)


def test_published_roots() -> None:
    tree = Frontier()
    assert tree.root() == EMPTY_ROOT == bytes.fromhex(ROOTS[0])
    for leaf, root in zip(LEAVES, ROOTS[1:], strict=True):
        tree.append(leaf_hash(leaf))
        assert tree.root().hex() == root
        assert Frontier(tree.size, tree.roots).root() == tree.root()


def test_published_proofs() -> None:
    def published(level: int, index: int) -> bytes:
        tree = Frontier()
        for leaf in LEAVES[index << level : (index + 1) << level]:
            tree.append(leaf_hash(leaf))
        return tree.root()

    for (index, size), proof in INCLUSION.items():
        made = inclusion_proof(published, index, size)
        assert [one.hex() for one in made] == proof
        check_inclusion(leaf_hash(LEAVES[index]), index, size, made, bytes.fromhex(ROOTS[size]))
    for (old, new), proof in CONSISTENCY.items():
        made = consistency_proof(published, old, new)
        assert [one.hex() for one in made] == proof
        check_consistency(old, bytes.fromhex(ROOTS[old]), new, bytes.fromhex(ROOTS[new]), made)


def test_roots_and_proofs_of_every_size_are_those_of_the_recursion() -> None:
    tree = Frontier()
    for size in range(1, MOST):
        tree.append(leaf_hash(content(size - 1)))
        assert tree.root() == mth(0, size) == range_root(hash_of, 0, size)
        for index in range(size):
            proof = inclusion_proof(hash_of, index, size)
            assert list(proof) == path(index, 0, size)
            check_inclusion(leaf_hash(content(index)), index, size, proof, tree.root())
        for old in range(size + 1):
            proof = consistency_proof(hash_of, old, size)
            assert list(proof) == (subproof(old, 0, size, True) if old else [])
            check_consistency(old, mth(0, old), size, tree.root(), proof)


def test_a_proof_of_one_place_is_none_of_another() -> None:
    """Every place, size and leaf but the right one is refused, with the same path."""
    for size in range(1, 20):
        for index in range(size):
            proof = inclusion_proof(hash_of, index, size)
            for other in range(20):
                for width in range(1, 20):
                    if (other, width) == (index, size):
                        continue
                    with pytest.raises(ProofError):
                        check_inclusion(leaf_hash(content(index)), other, width, proof, mth(0, width))
                if other != index:
                    with pytest.raises(ProofError):
                        check_inclusion(leaf_hash(content(other)), index, size, proof, mth(0, size))


def test_a_proof_of_two_sizes_is_none_of_others() -> None:
    for new in range(1, 14):
        for old in range(1, new + 1):
            proof = consistency_proof(hash_of, old, new)
            for before in range(14):
                for after in range(14):
                    if (before, after) == (old, new) or (not proof and before in (0, after)):
                        continue
                    with pytest.raises(ProofError):
                        check_consistency(before, mth(0, before), after, mth(0, after), proof)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_is_altered_in_a_proof_it_no_longer_proves(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, MOST - 1))
    index = data.draw(st.integers(0, size - 1))
    leaf, root = leaf_hash(content(index)), mth(0, size)
    proof = list(inclusion_proof(hash_of, index, size))
    altered = data.draw(_changes(proof))
    with pytest.raises(ProofError):
        check_inclusion(leaf, index, size, altered, root)
    old = data.draw(st.integers(1, size))
    steps = list(consistency_proof(hash_of, old, size))
    altered = data.draw(_changes(steps))
    with pytest.raises(ProofError):
        check_consistency(old, mth(0, old), size, root, altered)


@st.composite
def _changes(draw: st.DrawFn, proof: list[bytes]) -> list[bytes]:
    """One bit flipped, a step left out, doubled, added, cut short or made longer, or two changed about."""
    what = draw(st.sampled_from(("flip", "drop", "double", "add", "cut", "lengthen", "swap")))
    where = draw(st.integers(0, len(proof) - 1)) if proof else 0
    changed = list(proof)
    if not proof or what == "add":
        changed.insert(where, draw(st.binary(min_size=32, max_size=32)))
    elif what == "flip":
        number = int.from_bytes(proof[where], "big") ^ 1 << draw(st.integers(0, 255))
        changed[where] = number.to_bytes(32, "big")
    elif what == "drop":
        del changed[where]
    elif what == "double":
        changed.insert(where, proof[where])
    elif what == "cut":
        changed[where] = proof[where][:-1]
    elif what == "lengthen":
        changed[where] = proof[where] + b"\x00"
    else:
        other = (where + 1) % len(proof)
        changed[where], changed[other] = proof[other], proof[where]
        if changed == proof:
            del changed[where]
    return changed


@pytest.mark.parametrize("size", [-1, 0, 2**63, 2**70])
def test_sizes_that_no_tree_has_are_refused(size: int) -> None:
    with pytest.raises(ProofError):
        check_inclusion(EMPTY_ROOT, 0, size, [], EMPTY_ROOT)
    with pytest.raises(ProofError):
        inclusion_proof(hash_of, 0, size)
    if size:
        with pytest.raises(ProofError):
            check_consistency(min(size, 0), EMPTY_ROOT, size, EMPTY_ROOT, [])


def test_the_tree_of_nothing_is_the_beginning_of_every_tree_and_of_none_with_another_root() -> None:
    check_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
    check_consistency(0, EMPTY_ROOT, 5, mth(0, 5), [])
    with pytest.raises(ProofError):
        check_consistency(0, mth(0, 1), 5, mth(0, 5), [])
    with pytest.raises(ProofError):
        check_consistency(0, EMPTY_ROOT, 5, mth(0, 5), [mth(0, 5)])


def test_a_leaf_is_no_node() -> None:
    """Without the bytes in front (RFC 6962, 2.1) a node could be shown as a leaf."""
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != merkle.node_hash(left, right)


def test_a_frontier_has_as_many_roots_as_its_size_has_bits() -> None:
    with pytest.raises(ProofError):
        Frontier(3, [EMPTY_ROOT])
