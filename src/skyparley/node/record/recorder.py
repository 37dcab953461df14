"""The record of a running node: follows its log, keeps the Merkle tree, signs checkpoints, gives receipts.

It reads the log as any follower would, and nothing waits for it: an entry is durable and applied first, and in the tree
a moment later. What is signed is never taken back: a node whose log is not the one that it has signed does not start.
"""

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from skyparley.errors import ForbiddenError, NotFoundError, OverloadedError, ProofError, SkyparleyError, StorageError
from skyparley.log.port import Entry, Log
from skyparley.node.identity import Author
from skyparley.node.record.cosigning import NOBODY, Cosigners, Cosigning
from skyparley.node.record.store import RECORD_FILE, RecordStore
from skyparley.record.authorship import NODE
from skyparley.record.envelope import decode_header, leaf_data
from skyparley.record.merkle import Frontier, inclusion_proof, leaf_hash, range_root
from skyparley.record.notes import (
    SIGNATURE,
    Checkpoint,
    Note,
    Signer,
    format_checkpoint,
    format_note,
    origin_of,
    parse_checkpoint,
    parse_note,
    sign,
)
from skyparley.record.receipts import MAX_CONTENT_BYTES, make_receipt
from skyparley.record.tiles import TILE_WIDTH, TileWriter, writer_at

SEAL_EVERY_S: Final = 1.0
"""While entries come, the record is signed so often."""
MAX_WAIT_S: Final = 10.0
"""A receipt whose record is not signed by then is to be asked for again."""
MAX_WAITING: Final = 256
"""So many may wait for their receipts at once."""


class Recorder:
    """Lives on the event loop's thread; writing the file is left to another."""

    def __init__(self, log: Log, store: RecordStore, pool: str, cosigners: Cosigners = NOBODY) -> None:
        self._log = log
        self._store = store
        self._signer = Signer(origin_of(pool), SIGNATURE, store.key)
        self._writer = _writer_of(store)
        self._unwritten: list[bytes] = []
        self.failure: str | None = None
        """Why the record has fallen behind for good; None: it has not."""
        self.complaint: str | None = None
        """Why the record could not be signed the last time; None: it could."""
        self._waiting = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="record")
        self.cosigning = Cosigning(store, self._signer.key, cosigners, self._thread)
        self._grown = asyncio.Event()
        self._sealed = asyncio.Condition()
        self._sealing = asyncio.Lock()

    @property
    def key(self) -> str:
        """The public key of this node's checkpoints, in one line (vkey): note it down, and give it to others."""
        return str(self._signer.key)

    @property
    def checkpoint(self) -> bytes:
        """The last signed checkpoint, a note, cosigned if anybody has yet; empty before the first.

        Raises `StorageError`.
        """
        return self._store.cosigned_at(self._store.size) or self._store.checkpoint

    @property
    def size(self) -> int:
        """So many entries are in the last checkpoint."""
        return self._store.size

    @property
    def taken_in(self) -> int:
        """So many entries are in the tree, signed or not yet."""
        return self._writer.frontier.size

    async def start(self) -> None:
        """Raise `StorageError`, and release the file, unless the log holds what this node has signed."""
        try:
            await self._check_log()
        except StorageError:
            self._thread.shutdown()
            self._store.close()
            raise

    async def _check_log(self) -> None:
        size, head = self._store.size, await self._log.head()
        if size > head.sequence:
            raise StorageError(
                f"the log ends at entry {head.sequence}, and this node has signed a record of {size} entries: restore"
                " the newer log"
            )
        if size:
            with contextlib.suppress(NotFoundError):  # trimmed: the chain vouches for it
                entry = await self._log.entry(size)
                if _leaf(entry) != self._store.hash_of(0, size - 1):
                    raise StorageError(
                        f"entry {size} of the log is not the one that this node has signed: restore the right log"
                    )

    async def run(self) -> None:
        """Take in entries as the log hands them out, until it is closed."""
        try:
            async for group in self._log.entries(self.taken_in):
                for entry in group:
                    self._writer.append(_leaf(entry))
                self._grown.set()
        except SkyparleyError as error:
            await self._fail(error.message)
        except Exception as error:
            await self._fail(f"{type(error).__name__}: {error}")
            raise

    async def seal_forever(self) -> None:
        """Sign what has come, again and again; a disk that does not take it is tried again."""
        while True:
            await self._grown.wait()
            self._grown.clear()
            try:
                await self.seal()
            except StorageError as error:
                self.complaint = error.message
                self._grown.set()
            except Exception as error:
                await self._fail(f"{type(error).__name__}: {error}")
                raise
            else:
                self.complaint = None
            await asyncio.sleep(SEAL_EVERY_S)

    async def seal(self) -> None:
        """Sign and keep the record of all that was taken in. Raises `StorageError` if the disk does not take it.

        Once begun it is finished, also if whoever asked is cancelled: what is half known to be written is lost.
        """
        await asyncio.shield(asyncio.ensure_future(self._seal()))

    async def _seal(self) -> None:
        async with self._sealing:
            size = self.taken_in
            if size == self._store.size:
                return
            for level, hashes in enumerate(self._writer.take()):
                if level == len(self._unwritten):
                    self._unwritten.append(b"")
                self._unwritten[level] += hashes
            text = format_checkpoint(Checkpoint(self._signer.name, size, self._writer.frontier.root()))
            note = format_note(Note(text, (sign(text, self._signer),)))
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._thread, self._store.add, self._unwritten, size, note)
            self._unwritten = []
        async with self._sealed:
            self._sealed.notify_all()

    async def receipt(self, sequence: int, author: Author, *, addressed: bool = False) -> bytes:
        """The receipt of an entry, once the record that has it is signed: for its party, those to whom it is addressed,
        and the operator.

        Its checkpoint is the newest that has the entry and is cosigned, else the newest. Receipts of the node's own
        entries are for everybody, without content, which is about all.
        Raises `NotFoundError`, `ForbiddenError`, `OverloadedError` if too many wait, `StorageError` if it is not
        signed in time.
        """
        head = await self._log.head()
        if not 1 <= sequence <= head.sequence:
            raise NotFoundError(f"there is no entry {sequence}: the log ends at {head.sequence}")
        if self._store.size < sequence:
            await self._until_signed(sequence)
        entry = await self._log.entry(sequence)
        note = self._store.cosigned_with(sequence) or self._store.checkpoint
        size = parse_checkpoint(parse_note(note).text).size
        header = decode_header(entry.header)
        own = addressed or author.role == "operator" or (author.party != "" and author.party == header.party)
        if not own and (header.authentication != NODE or header.party):
            raise ForbiddenError(
                "the receipt of an entry is for the party that wrote it, for whom it is addressed to, and the operator"
            )
        return make_receipt(
            sequence=sequence,
            time_us=entry.time_us,
            header=entry.header,
            signature=entry.signature,
            content=(entry.salt, entry.body) if own and len(entry.body) <= MAX_CONTENT_BYTES else None,
            proof=inclusion_proof(self._store.hash_of, sequence - 1, size),
            note=note,
        )

    def tile(self, level: int, index: int) -> bytes:
        """The stored hashes of a tile, 256 of 32 bytes, or as many as there are.

        Raises `NotFoundError`, `StorageError`.
        """
        found = self._store.read(level, index * TILE_WIDTH, TILE_WIDTH)
        if not found:
            raise NotFoundError(f"the record has no tile {index} of level {level}")
        return found

    async def close(self) -> None:
        """Sign the last of it and release the file."""
        with contextlib.suppress(StorageError):
            await self.seal()
        self._thread.shutdown()
        self._store.close()

    async def _until_signed(self, sequence: int) -> None:
        if self._waiting >= MAX_WAITING:
            raise OverloadedError("too many wait for their receipts: try again shortly")
        self._waiting += 1
        try:
            async with asyncio.timeout(MAX_WAIT_S), self._sealed:
                await self._sealed.wait_for(lambda: self._store.size >= sequence or self.failure is not None)
        except TimeoutError:
            raise StorageError(self.complaint or "the record is not signed yet: try again shortly") from None
        finally:
            self._waiting -= 1
        if self._store.size < sequence:
            raise StorageError(self.failure or "the record is not signed yet: try again shortly")

    async def _fail(self, reason: str) -> None:
        self.failure = f"the record has stopped ({reason}): restart the node"
        async with self._sealed:
            self._sealed.notify_all()


def _writer_of(store: RecordStore) -> TileWriter:
    try:
        return writer_at(store.read, store.size)
    except ProofError as error:
        store.close()
        raise StorageError(f"{RECORD_FILE} is damaged ({error.message}): restore it from a backup") from error


async def compare(log: Log, store: RecordStore) -> str | None:
    """What is wrong with a record, leaf by leaf against its log; None: nothing."""
    tree, size = Frontier(), store.size
    if size > (await log.head()).sequence:
        return f"the record has {size} entries, and the log has fewer"
    if size:
        async for group in log.entries(0):
            for entry in group[: size - tree.size]:
                tree.append(_leaf(entry))
            if tree.size == size:
                break
    kept = range_root(store.hash_of, 0, size)
    if tree.root() != kept:
        return f"the record of {size} entries that was signed is not that of the log"
    for note in (store.checkpoint, store.newest_cosigned()):
        signed = parse_checkpoint(parse_note(note).text) if note else None
        if signed is not None and range_root(store.hash_of, 0, signed.size) != signed.root:
            return f"the record of {signed.size} entries that was signed is not that of the log"
    return None


def _leaf(entry: Entry) -> bytes:
    return leaf_hash(leaf_data(entry.sequence, entry.time_us, entry.header, entry.signature))
