"""Whether two signed checkpoints are of one history: the same root at one size, or the later goes on from the earlier.

The hashes between two sizes come from tiles (C2SP tlog-tiles), from whoever has them: what they give is believed as far
as it comes to the root that the log has signed, and no further. So nobody who serves wrong tiles makes one history of
two, or two of one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from skyparley.errors import InvalidInputError, ProofError
from skyparley.record.merkle import HASH_BYTES, HashOf, check_consistency, consistency_proof, range_root
from skyparley.record.notes import COSIGNATURE, SIGNATURE, Checkpoint, Note, VerifierKey, parse_checkpoint, verified
from skyparley.record.tiles import TILE_WIDTH, TiledHashes

Tiles = Mapping[tuple[int, int], bytes]
"""Hashes by level and index of their tile."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint whose log has signed it. `cosigned` has the time (seconds since 1970 UTC) of each cosigner."""

    note: Note
    checkpoint: Checkpoint
    cosigned: Mapping[VerifierKey, int]


class UnknownLogError(ProofError):
    """A checkpoint that no log has signed whose key is trusted."""


def signed_checkpoint(note: Note, keys: Iterable[VerifierKey]) -> Signed:
    """The checkpoint that a note is, signed by its log and by which of these keys.

    Raises `InvalidInputError` for what is no checkpoint, `ProofError` if a line of one of these keys does not fit, and
    `UnknownLogError` if none of them is the log's.
    """
    checkpoint = parse_checkpoint(note.text)
    signers = verified(note, keys)
    own = {key.public for key in signers if key.kind == SIGNATURE and key.name == checkpoint.origin}
    if not own:
        raise UnknownLogError(
            f"no key that you trust has signed it as that of the log '{checkpoint.origin}': give its line, which begins"
            f" with {checkpoint.origin}+"
        )
    cosigned = {
        key: time_s or 0 for key, time_s in signers.items() if key.kind == COSIGNATURE and key.public not in own
    }
    return Signed(note, checkpoint, cosigned)


def is_one_history(one: Checkpoint, other: Checkpoint, hash_of: HashOf | None = None) -> bool:
    """Whether two checkpoints of a log are of one history; if not, whoever has signed both is convicted by them.

    `hash_of` has the hashes of the later tree; two of one size need none. Raises `InvalidInputError` for two logs, and
    `ProofError` if the hashes are not those of the later checkpoint, or are not there: then nothing is shown.
    """
    if one.origin != other.origin:
        raise InvalidInputError(
            f"they are of two logs, '{one.origin}' and '{other.origin}': there is nothing to compare"
        )
    if one.size == other.size:
        return one.root == other.root
    early, late = sorted((one, other), key=lambda checkpoint: checkpoint.size)
    if hash_of is None:
        raise ProofError(f"of {early.size} and {late.size} entries: only the hashes between them show if they fit")
    there = range_root(hash_of, 0, early.size)
    proof = consistency_proof(hash_of, early.size, late.size)
    check_consistency(early.size, there, late.size, late.root, proof)
    return there == early.root


def needed_tiles(one: Checkpoint, other: Checkpoint) -> list[tuple[int, int]]:
    """Level and index of the tiles that `is_one_history` looks at: a few for each level of the tree."""
    needed: set[tuple[int, int]] = set()

    def note_down(level: int, index: int, count: int) -> bytes:
        needed.add((level, index // TILE_WIDTH))
        return bytes(HASH_BYTES * count)

    early, late = sorted((one.size, other.size))
    hash_of = TiledHashes(note_down)
    if early != late:
        range_root(hash_of, 0, early)
        consistency_proof(hash_of, early, late)
    return sorted(needed)


def hashes_of(tiles: Tiles) -> TiledHashes:
    """The hash of any full subtree, from tiles; it raises `ProofError` for what they do not have."""

    def read(level: int, index: int, count: int) -> bytes:
        tile, at = divmod(index, TILE_WIDTH)
        return tiles.get((level, tile), b"")[HASH_BYTES * at : HASH_BYTES * (at + count)]

    return TiledHashes(read)
