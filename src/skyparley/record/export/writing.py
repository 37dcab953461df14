"""Writing an export: entries go in one after another, files come out.

A reader is shown its own entries whole, of the node's own the headers, and of all others nothing but the hash of the
leaf: what the node's own say is about other parties, too.
"""

from collections.abc import Sequence

from skyparley.errors import InvalidInputError
from skyparley.record.authorship import NODE
from skyparley.record.envelope import decode_header, first_chain, leaf_data, next_chain
from skyparley.record.export.manifest import (
    MANIFEST_FILE,
    SEAL_FILE,
    Manifest,
    Segment,
    describe,
    encode_manifest,
    seal,
    segment_file,
)
from skyparley.record.export.segment import (
    LEAF_ONLY,
    SEGMENT_BODY_BYTES,
    SEGMENT_ENTRIES,
    WHOLE,
    WITHHELD,
    Shown,
    encode_segment,
)
from skyparley.record.merkle import Frontier, leaf_hash
from skyparley.record.notes import Signer

File = tuple[str, bytes]
"""A name and what is in it."""


def show(
    sequence: int, time_us: int, header: bytes, signature: bytes, salt: bytes, body: bytes, *, reader: str = ""
) -> Shown:
    """An entry as a party may read it; `reader` empty: whole. Raises `InvalidInputError` for a header that is none."""
    leaf = leaf_hash(leaf_data(sequence, time_us, header, signature))
    whole = Shown(WHOLE, leaf, time_us, header, signature, salt, body)
    if not reader:
        return whole
    said = decode_header(header)
    if said.party == reader:
        return whole
    if said.authentication == NODE and not said.party:
        return Shown(WITHHELD, leaf, time_us, header, signature)
    return Shown(LEAF_ONLY, leaf)


class Writer:
    """Takes entries from the first on, and gives files; holds one segment at a time."""

    def __init__(self, pool: str, *, reader: str = "", segment_entries: int = SEGMENT_ENTRIES) -> None:
        self.tree = Frontier()
        """The tree over what was taken."""
        self.whole = 0
        """So many of them are whole."""
        self._pool = pool
        self._reader = reader
        self._segment_entries = segment_entries
        self._chain: bytes | None = first_chain(pool)
        self._waiting: list[Shown] = []
        self._waiting_bytes = 0
        self._segments: list[Segment] = []

    def add(self, entry: Shown) -> list[File]:
        """Take the next entry; the files that are full. Raises `InvalidInputError` for what no log holds."""
        crowded = self._waiting and self._waiting_bytes + len(entry.body) > SEGMENT_BODY_BYTES
        files = [self._close()] if crowded else []
        self.tree.append(entry.leaf)
        if entry.form == LEAF_ONLY:
            self._chain = None
        elif self._chain is not None:
            self._chain = next_chain(self._chain, self.tree.size, entry.time_us, entry.header, entry.signature)
        self._waiting.append(entry)
        self.whole += entry.form == WHOLE
        self._waiting_bytes += len(entry.body)
        if len(self._waiting) >= self._segment_entries:
            files.append(self._close())
        return files

    def finish(self, checkpoints: Sequence[bytes], signer: Signer) -> list[File]:
        """The last files: what waits, the manifest, and its seal by the key of the log.

        `checkpoints` are signed notes, by size; the last is of the tree. Raises `InvalidInputError` without an entry.
        """
        if not self.tree.size:
            raise InvalidInputError("there is no entry to export")
        files = [self._close()] if self._waiting else []
        manifest = encode_manifest(
            Manifest(
                chain=None if self._chain is None else self._chain.hex(),
                checkpoints=[note.decode() for note in checkpoints],
                entries=self.tree.size,
                pool=self._pool,
                reader=self._reader,
                segments=self._segments,
            )
        )
        return [*files, (MANIFEST_FILE, manifest), (SEAL_FILE, seal(manifest, signer))]

    def _close(self) -> File:
        data = encode_segment(self._waiting)
        self._segments.append(describe(data, self.tree.size - len(self._waiting) + 1, len(self._waiting)))
        self._waiting, self._waiting_bytes = [], 0
        return segment_file(len(self._segments)), data
