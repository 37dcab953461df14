"""A log and its record on disk, and cosigners of it."""

import asyncio
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from skyparley.log.port import Entry
from skyparley.log.sqlite import SqliteLog
from skyparley.node.record.cosigning import NOBODY, Cosigners
from skyparley.node.record.recorder import Recorder
from skyparley.node.record.store import RECORD_FILE, RecordStore
from skyparley.record.envelope import leaf_data
from skyparley.record.merkle import Frontier, leaf_hash
from skyparley.record.notes import COSIGNATURE, Note, Signer, cosign, format_note, parse_note
from support.drafts import POOL, Clock, draft


def signer(name: str, kind: int = COSIGNATURE, seed: int = 1) -> Signer:
    return Signer(name, kind, Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32)))


def cosigned(note: bytes, by: Signer, time_s: int) -> bytes:
    """A note with one line more."""
    held = parse_note(note)
    return format_note(Note(held.text, (*held.signatures, cosign(held.text, by, time_s))))


class Kept:
    """A log and its record on disk, which may be left without an orderly end."""

    def __init__(self, directory: Path, clock: Clock, cosigners: Cosigners = NOBODY) -> None:
        self.directory = directory
        self.clock = clock
        self.cosigners = cosigners

    async def open(self) -> None:
        self.log = await SqliteLog.open(self.directory / "log.sqlite", pool=POOL, clock=self.clock)
        self.recorder = Recorder(self.log, RecordStore(self.directory / RECORD_FILE), POOL, self.cosigners)
        await self.recorder.start()
        self.following = asyncio.create_task(self.recorder.run())

    async def append(self, count: int, *, other: int = 0) -> None:
        first = other + (await self.log.head()).sequence
        for begin in range(0, count, 100):
            await self.log.append(
                [draft(first + at, body=b'{"kind":"tick"}') for at in range(begin, min(count, begin + 100))]
            )

    async def seal(self) -> None:
        """Sign all that the log holds."""
        head = await self.log.head()
        while self.recorder.taken_in < head.sequence:  # noqa: ASYNC110 - another task follows the log
            await asyncio.sleep(0)
        await self.recorder.seal()

    async def close(self) -> None:
        await self.log.close()
        await self.following
        await self.recorder.close()

    async def root(self) -> bytes:
        """The root over the whole log, leaf by leaf."""
        tree, head = Frontier(), await self.log.head()
        async for group in self.log.entries(0):
            for entry in group:
                tree.append(leaf_of(entry))
            if tree.size >= head.sequence:
                break
        return tree.root()


def leaf_of(entry: Entry) -> bytes:
    return leaf_hash(leaf_data(entry.sequence, entry.time_us, entry.header, entry.signature))
