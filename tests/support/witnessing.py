"""Witnesses, and nodes whose operator cheats: real ones, over copies of a data directory, with the same key."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import apsw
from argon2 import PasswordHasher

from skyparley.node.node import Node
from skyparley.node.record.store import RECORD_FILE
from skyparley.record.notes import VerifierKey, parse_checkpoint, parse_key, parse_note, verified
from skyparley.web.app import create_app
from skyparley.witness.asking import NodeRecord
from skyparley.witness.files import ALARM, COSIGNED_FILE, WitnessFiles
from skyparley.witness.follower import Follower
from support.nodes import start, stop
from support.serving import now_us, served, until

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Running:
    """A node in this process, served on a socket."""

    node: Node
    url: str
    operator: str

    @property
    def key(self) -> VerifierKey:
        return parse_key(self.node.recorder.key)

    async def grow(self, count: int, name: str = "party") -> None:
        """So many more entries, all of them signed."""
        author = self.node.authenticate(self.operator)
        first = len(self.node.parties(author))
        names = [f"{name}-{number}" for number in range(first, first + count)]
        await asyncio.gather(*(self.node.register_party(author, one, name, "civil_ats") for one in names))
        head = (await self.node.engine.log.head()).sequence
        await until(lambda: self.node.recorder.taken_in == head)
        await self.node.recorder.seal()

    @property
    def size(self) -> int:
        return self.node.recorder.size


@contextlib.asynccontextmanager
async def running(data: Path, *witnesses: VerifierKey) -> AsyncIterator[Running]:
    node = await start(data, now_us, hasher=CHEAP, cosigners=lambda: witnesses)
    try:
        operator = (await node.access.create_operator_key()).api_key
        async with served(create_app(node, observer=True, console=data)) as url:
            yield Running(node, url, operator)
    finally:
        await stop(node)


def copied(data: Path, to: Path) -> Path:
    """The directory of a node that is stopped, once more: whoever serves both signs two records."""
    shutil.copytree(data, to)
    return to


def signs_as(data: Path, other: Path) -> None:
    """Rebuild the record of a stopped node from its first entry, to be signed with the key of another."""
    with contextlib.closing(apsw.Connection(str(other / RECORD_FILE))) as held:
        ((key,),) = held.execute("SELECT value FROM facts WHERE name = 'key'")
    with contextlib.closing(apsw.Connection(str(data / RECORD_FILE))) as taken:
        taken.execute("DELETE FROM tiles; DELETE FROM cosigned; DELETE FROM facts")
        taken.execute("INSERT INTO facts VALUES ('key', ?)", (key,))


class Witness:
    """A witness with its own files, which is asked to look at one node or another."""

    def __init__(self, directory: Path, *keys: VerifierKey, name: str = "north") -> None:
        self.directory = directory
        self.keys = keys
        self.name = name
        with self.open() as files:
            self.key = files.signer.key

    @contextlib.contextmanager
    def open(self) -> Iterator[WitnessFiles]:
        with contextlib.closing(WitnessFiles(self.directory, self.name)) as files:
            yield files

    @property
    def cosigned(self) -> bytes:
        return (self.directory / COSIGNED_FILE).read_bytes()

    @property
    def size(self) -> int:
        return parse_checkpoint(parse_note(self.cosigned).text).size

    async def look(self, at: Running, url: str = "", timeout_s: float = 20.0) -> list[int]:
        """Start it, let it look once, end it; the sizes that it cosigned."""
        with self.open() as files:
            async with NodeRecord(url or at.url, at.operator, timeout_s=timeout_s) as node:
                follower = Follower(files, self.keys or (at.key,), node, lambda: now_us() / 1_000_000)
                return [one.checkpoint.size for one in await follower.round()]

    def has_signed(self, note: bytes) -> bool:
        return self.key in verified(parse_note(note), [self.key])

    def evidence(self) -> dict[str, bytes]:
        folder = self.directory / ALARM
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
