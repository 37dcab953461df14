"""One history or two: against the definition on random trees, and whoever serves the tiles can only withhold."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyparley.errors import InvalidInputError, ProofError
from skyparley.record.comparing.history import (
    UnknownLogError,
    hashes_of,
    is_one_history,
    needed_tiles,
    signed_checkpoint,
)
from skyparley.record.merkle import EMPTY_ROOT, HASH_BYTES, Frontier, leaf_hash
from skyparley.record.notes import SIGNATURE, Checkpoint, Note, Signer, cosign, format_checkpoint, sign
from skyparley.record.tiles import TILE_BYTES, TileWriter
from support.recorded import signer

LOG = "log"
MOST = 70_000
SIZES = st.one_of(
    st.integers(1, 600),
    st.integers(65_000, MOST),
    st.sampled_from([1, 2, 3, 4, 255, 256, 257, 511, 512, 513, 768, 65_535, 65_536, 65_537]),
)


class Tree:
    """Leaves, the root at each size, and the tiles of the whole."""

    def __init__(self, name: str, size: int, *, as_before: "Tree | None" = None, up_to: int = 0) -> None:
        before = [] if as_before is None else as_before.leaves[:up_to]
        self.leaves = [*before, *(leaf_hash(b"%s %d" % (name.encode(), at)) for at in range(up_to, size))]
        writer, frontier, self.roots = TileWriter(), Frontier(), [EMPTY_ROOT]
        for leaf in self.leaves:
            writer.append(leaf)
            frontier.append(leaf)
            self.roots.append(frontier.root())
        self.tiles = {
            (level, at // TILE_BYTES): hashes[at : at + TILE_BYTES]
            for level, hashes in enumerate(writer.take())
            for at in range(0, len(hashes), TILE_BYTES)
        }

    def at(self, size: int, origin: str = LOG) -> Checkpoint:
        return Checkpoint(origin, size, self.roots[size])

    def served(self, one: Checkpoint, other: Checkpoint) -> dict[tuple[int, int], bytes]:
        """The tiles that are needed, and no other."""
        return {place: self.tiles[place] for place in needed_tiles(one, other)}


@pytest.fixture(scope="module")
def tree() -> Tree:
    return Tree("tree", MOST)


@settings(max_examples=150, deadline=None)
@given(SIZES, SIZES)
def test_two_of_one_tree_are_of_one_history(tree: Tree, one: int, other: int) -> None:
    checkpoints = tree.at(one), tree.at(other)
    tiles = tree.served(*checkpoints)
    assert len(tiles) <= 2 * 2 * 3  # of 275: two at each of three levels, on both sides
    assert is_one_history(*checkpoints, hashes_of(tiles))
    assert is_one_history(*reversed(checkpoints), hashes_of(tiles))


@pytest.mark.parametrize("later", range(1, 70))
def test_every_pair_of_small_sizes(tree: Tree, later: int) -> None:
    """Also from nothing, and from trees that are one full subtree, of which a proof says nothing of its own."""
    other = Tree("other", 70, as_before=tree, up_to=later - 1)
    for early in range(later):
        hash_of = hashes_of(tree.served(tree.at(early), tree.at(later)))
        assert is_one_history(tree.at(early), tree.at(later), hash_of)
        wrong = Checkpoint(LOG, early, bytes(HASH_BYTES))
        assert not is_one_history(wrong, tree.at(later), hash_of)
        if early:
            with pytest.raises(ProofError):  # hashes of another tree
                is_one_history(tree.at(early), other.at(later), hash_of)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_tree_that_was_rewritten_is_convicted_by_its_own_tiles(tree: Tree, data: st.DataObject) -> None:
    early = data.draw(st.integers(1, 3_000))
    later = data.draw(st.integers(early + 1, 4_000))
    changed = data.draw(st.integers(0, later - 1))
    other = Tree("rewritten", later, as_before=tree, up_to=changed)
    tiles = other.served(tree.at(early), other.at(later))
    assert is_one_history(tree.at(early), other.at(later), hashes_of(tiles)) is (changed >= early)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 600), st.integers(1, 600), st.data())
def test_whoever_serves_wrong_tiles_shows_nothing(tree: Tree, one: int, other: int, data: st.DataObject) -> None:
    """Neither that two are of one history, nor that they are not; a tile cut short is as good as none."""
    early, later = sorted((one, other))
    if early == later:
        return
    tiles = tree.served(tree.at(early), tree.at(later))
    place = data.draw(st.sampled_from(sorted(tiles)))
    held = bytearray(tiles[place])
    if data.draw(st.booleans()):
        held[data.draw(st.integers(0, len(held) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del held[data.draw(st.integers(0, len(held) - 1)) :]
    spoilt = hashes_of({**tiles, place: bytes(held)})
    forged = Checkpoint(LOG, early, bytes(HASH_BYTES))
    for checkpoint, truth in ((tree.at(early), True), (forged, False)):
        with contextlib.suppress(ProofError):
            assert is_one_history(checkpoint, tree.at(later), spoilt) is truth  # a hash that is not looked at


def test_without_hashes_only_one_size_is_compared(tree: Tree) -> None:
    assert is_one_history(tree.at(7), tree.at(7))
    assert not is_one_history(tree.at(7), Checkpoint(LOG, 7, bytes(32)))
    with pytest.raises(ProofError, match="only the hashes between them"):
        is_one_history(tree.at(7), tree.at(8))
    with pytest.raises(InvalidInputError, match="two logs"):
        is_one_history(tree.at(7), tree.at(7, "other"))


def test_nothing_is_needed_for_one_size_and_little_for_the_greatest(tree: Tree) -> None:
    assert needed_tiles(tree.at(7), tree.at(7)) == []
    assert needed_tiles(tree.at(1), tree.at(2)) == [(0, 0)]
    assert len(needed_tiles(Checkpoint(LOG, 2**62 - 1, bytes(32)), Checkpoint(LOG, 2**63 - 1, bytes(32)))) <= 32


def test_a_checkpoint_is_its_log_s(tree: Tree) -> None:
    own, north = signer(LOG, SIGNATURE), signer("north", seed=2)
    text = format_checkpoint(tree.at(9))
    note = Note(text, (sign(text, own), cosign(text, north, 5)))
    found = signed_checkpoint(note, [own.key, north.key])
    assert (found.checkpoint, found.cosigned) == (tree.at(9), {north.key: 5})
    assert signed_checkpoint(note, [own.key]).cosigned == {}
    elsewhere = format_checkpoint(tree.at(9, "elsewhere"))
    twice = Signer("twice", north.kind, own.private)  # the log's own word is not another's
    assert (
        signed_checkpoint(Note(text, (*note.signatures, cosign(text, twice, 5))), [own.key, twice.key]).cosigned == {}
    )
    namesake = signer(LOG, seed=4)  # a cosigner who calls itself as the log does signs nothing in its stead
    for unknown, keys in (
        (Note(text, (cosign(text, namesake, 5),)), [own.key, namesake.key]),
        (note, [north.key]),
        (note, []),
        (note, [signer(LOG, SIGNATURE, seed=3).key]),
        (Note(elsewhere, (sign(elsewhere, own),)), [own.key]),  # signed by a log, as the checkpoint of another
    ):
        with pytest.raises(UnknownLogError):
            signed_checkpoint(unknown, keys)
    altered = Note(text.replace("\n9\n", "\n8\n"), note.signatures)
    with pytest.raises(ProofError, match="does not fit"):
        signed_checkpoint(altered, [own.key])
