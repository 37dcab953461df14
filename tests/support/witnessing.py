"""Nodes whose operator cheats: real ones, over copies of a data directory, with the same key that signs."""

import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import apsw

from skyparley.cli.compose import running_node
from skyparley.node.node import Node
from skyparley.node.record.store import RECORD_FILE
from skyparley.record.notes import VerifierKey, parse_key
from skyparley.web.app import create_app
from support.serving import served, until

POOL = "test"


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
        for number in range(first, first + count):
            await self.node.register_party(author, f"{name}-{number}", name, "civil_ats")
        head = (await self.node.engine.log.head()).sequence
        await until(lambda: self.node.recorder.taken_in == head)
        await self.node.recorder.seal()

    @property
    def size(self) -> int:
        return self.node.recorder.size


@contextlib.asynccontextmanager
async def running(data: Path, *witnesses: VerifierKey) -> AsyncIterator[Running]:
    async with (
        running_node(data, pool=POOL, witnesses=witnesses) as node,
        served(create_app(node, observer=True)) as url,
    ):
        yield Running(node, url, (data / "operator.key").read_text().strip())


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
