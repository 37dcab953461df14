"""An audit from its files to what it found: the seal, the checkpoints, every segment, all in order.

Files come from a function, so that it does not matter where they lie. What is wrong with an entry is a finding, and an
audit ends with its first; what is no export, or not sealed by the log, raises.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from skyparley.audit.authors import Authors, Places
from skyparley.audit.course import Course, Held
from skyparley.audit.workers import in_order
from skyparley.errors import InvalidInputError, ProofError, SkyparleyError
from skyparley.record.authorship import PartyKeys
from skyparley.record.export.checking import Checked, Fault, Tally, check_segment
from skyparley.record.export.manifest import (
    MANIFEST_FILE,
    MAX_MANIFEST_BYTES,
    SEAL_FILE,
    Manifest,
    Segment,
    Signed,
    open_manifest,
    segment_file,
    signed_checkpoint,
    signed_checkpoints,
)
from skyparley.record.export.segment import WHOLE
from skyparley.record.notes import MAX_NOTE_BYTES, Checkpoint
from skyparley.record.receipts import verify_receipt
from skyparley.record.trust import Trusted

ReadFile = Callable[[str, int], bytes]
"""The file of a name, of at most so many bytes. Raises `InvalidInputError`."""
Progress = Callable[[int, int], None]
"""Is told how many entries are done, of how many."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an auditor holds from elsewhere: receipts and checkpoints, each with its name, and a state hash."""

    receipts: Sequence[tuple[str, bytes]] = ()
    checkpoints: Sequence[tuple[str, bytes]] = ()
    state_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit found. `fault` is what is wrong, None if nothing; `chain` and `state_hash` are of the last entry.

    They are None where not everything is shown that they are made of. `refused` and `repeated` are entries that have no
    effect on the state; `words_deleted` counts what was deleted beside the log, by what demanded it. `verified` needs
    more than no fault: every signature of a party was verified by a key that the auditor names.
    """

    manifest: Manifest
    checkpoints: Sequence[Signed]
    tally: Tally
    entries: int
    chain: str | None
    state_hash: str | None
    confirmed_epochs: int
    authors: Authors
    refused: Places
    repeated: Places
    words_deleted: dict[str, int]
    fault: Fault | None = None
    evidence: Evidence = field(default_factory=Evidence)

    @property
    def verified(self) -> bool:
        """Whether all of it holds."""
        return self.fault is None and not self.tally.unknown_keys

    @property
    def content(self) -> bool:
        """Whether the content of every entry was verified, not only that it is in the record."""
        return self.tally.forms[WHOLE] == self.entries


def audit(read: ReadFile, keys: Trusted, evidence: Evidence, *, jobs: int, progress: Progress | None = None) -> Audited:
    """Audit the export that `read` reads, by the keys that the auditor trusts, with so many processes.

    Raises `InvalidInputError` or `ProofError` for what is no export, is not sealed by the log, or for evidence that
    proves nothing by itself.
    """
    sealed, listed = read(SEAL_FILE, MAX_NOTE_BYTES), read(MANIFEST_FILE, MAX_MANIFEST_BYTES)
    try:
        manifest = open_manifest(listed, sealed, keys.notes)
        checkpoints = signed_checkpoints(manifest, keys.notes)
    except SkyparleyError as error:
        raise error if error.place in (SEAL_FILE, MANIFEST_FILE) else error.at(MANIFEST_FILE) from None
    held = _held(manifest, checkpoints, evidence, keys)
    course = Course(manifest, held, keys)
    work = _Work(manifest.pool, keys.parties)
    pieces = _pieces(read, manifest.segments)
    with closing(in_order(work, pieces, min(jobs, len(manifest.segments)))) as results:
        for checked in results:
            course.take(checked)
            if progress is not None:
                progress(course.size, manifest.entries)
            if course.fault is not None:
                break
    course.finish(evidence.state_hash)
    whole = course.fault is None
    return Audited(
        manifest=manifest,
        checkpoints=checkpoints,
        tally=course.tally,
        entries=course.size,
        chain=course.chain.hex() if whole and course.chain is not None else None,
        state_hash=course.state.state_hash() if whole and course.state is not None else None,
        confirmed_epochs=course.confirmed_epochs,
        authors=course.authors,
        refused=course.refused,
        repeated=course.repeated,
        words_deleted=course.words_deleted(),
        fault=course.fault,
        evidence=evidence,
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """What is done to a segment: an object, so that it travels to another process."""

    pool: str
    parties: PartyKeys

    def __call__(self, piece: tuple[Segment, bytes, str]) -> Checked:
        segment, data, missing = piece
        if missing:
            return Checked([], Tally(), Fault(segment.first, segment.last, missing))
        return check_segment(data, segment, self.pool, self.parties)


def _pieces(read: ReadFile, segments: Sequence[Segment]) -> Iterator[tuple[Segment, bytes, str]]:
    """Segments with their files, or why there is none."""
    for number, segment in enumerate(segments, 1):
        try:
            yield segment, read(segment_file(number), segment.bytes), ""
        except InvalidInputError as error:
            yield segment, b"", f"{segment_file(number)} {error.message}"


def _held(manifest: Manifest, checkpoints: Sequence[Signed], evidence: Evidence, keys: Trusted) -> Held:
    """What the export must agree with. Raises an error for evidence that cannot be compared."""
    held = Held()
    for signed in checkpoints:
        _hold_root(held, signed.checkpoint, "a checkpoint that its log signed")
    for name, data in evidence.checkpoints:
        try:
            checkpoint = signed_checkpoint(data, manifest.pool, keys.notes).checkpoint
            _require_covered(checkpoint.size, manifest)
        except SkyparleyError as error:
            raise error.at(name) from None
        _hold_root(held, checkpoint, f"the checkpoint {name} that you hold")
    for name, data in evidence.receipts:
        try:
            proven = verify_receipt(data, keys)
            if proven.header.pool != manifest.pool:
                raise ProofError(f"is of the pool '{proven.header.pool}', the export of '{manifest.pool}'")
            _require_covered(proven.sequence, manifest)
        except SkyparleyError as error:
            raise error.at(name) from None
        if manifest.reader and proven.header.party == manifest.reader:
            held.own[proven.sequence] = f"the receipt {name} that you hold"
        held.leaves.setdefault(proven.sequence, []).append((proven.leaf, f"the receipt {name} that you hold"))
        _hold_root(held, proven.checkpoint, f"the receipt {name} that you hold")  # not met where it is of a later tree
    return held


def _hold_root(held: Held, checkpoint: Checkpoint, whose: str) -> None:
    held.roots.setdefault(checkpoint.size, []).append((checkpoint.root, whose))


def _require_covered(size: int, manifest: Manifest) -> None:
    if size > manifest.entries:
        raise ProofError(
            f"is about entry {size}, and the export ends at entry {manifest.entries}: ask for one made later"
        )
