"""Who changed what: told to its manager and the operator, also after the end, a crash, and the loss of the index."""

import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from skyparley.airspace.operations.commands import Extent
from skyparley.errors import ForbiddenError, NotFoundError
from skyparley.log.sqlite import SqliteLog
from skyparley.node.custody.vault import Vault
from skyparley.node.dss.desk import IntentRequest
from skyparley.node.dss.history import HISTORY_FILE, History
from skyparley.node.dss.scopes import CONFORMANCE_MONITORING, STRATEGIC_COORDINATION, Uss
from skyparley.node.node import Node, open_node
from skyparley.node.storage import open_directory
from support.drafts import Clock

pytestmark = pytest.mark.anyio
SCOPES = frozenset({STRATEGIC_COORDINATION, CONFORMANCE_MONITORING})
ONE, OTHER = Uss("uss1", SCOPES), Uss("uss2", SCOPES)
HOUR_US = 3_600_000_000


def wanted(clock: Clock, intent_id: str, replaces: str = "", state: str = "Accepted") -> IntentRequest:
    extent = Extent(("478fc2dc",), 0, 100_000, "WGS84", clock.now_us, clock.now_us + HOUR_US)
    url = "https://uss1.example"
    return IntentRequest(intent_id, replaces, (extent,), frozenset(), state, url, implicit_url=url)


class World:
    """A node on a data directory that can be stopped, crashed and opened again."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self.directory, self.clock = directory, clock
        self.node: Node

    async def open(self) -> None:
        self.held = open_directory(self.directory)
        log = await SqliteLog.open(self.held.log_path, pool="test", clock=self.clock)
        self.node, _ = await open_node(log, Vault(self.held.vault_path), self.held, pool="test", clock=self.clock)
        await self.node.start()

    async def close(self) -> None:
        await self.node.stop()
        self.held.close()

    async def told(self, name: str, uss: Uss | None = ONE) -> list[tuple[Any, ...]]:
        answer = await self.node.dss_reader.history(name, uss)
        assert [one.sequence for one in answer.changes] == sorted({one.sequence for one in answer.changes})
        return [(one.kind, one.change, one.manager, one.state) for one in answer.changes]


@pytest.fixture
async def world(tmp_path: Path, clock: Clock) -> AsyncIterator[World]:
    made = World(tmp_path, clock)
    await made.open()
    yield made
    await made.close()


async def life(world: World) -> str:
    """An intent is created, activated, and ends by time."""
    name = str(uuid.uuid4())
    desk = world.node.dss
    first = await desk.put_intent(ONE, wanted(world.clock, name))
    ovn = str(first.operational_intent_reference.ovn)
    await desk.put_intent(ONE, wanted(world.clock, name, ovn, "Activated"))
    world.clock.now_us += 2 * HOUR_US
    await desk.set_availability(OTHER, "uss9", "", "Down")  # any entry: time passes with it
    return name


LIVED = [
    ("operational_intent", "created", "uss1", "Accepted"),
    ("operational_intent", "changed", "uss1", "Activated"),
    ("operational_intent", "ended", None, "Activated"),
]


async def test_each_change_is_told_with_its_author_also_after_the_end(world: World) -> None:
    name = await life(world)
    assert await world.told(name) == LIVED
    assert await world.told(name, None) == LIVED  # the operator
    assert await world.told("uss9", None) == [("availability", "created", "uss2", "Down")]


async def test_nobody_else_is_told(world: World) -> None:
    name = await life(world)
    with pytest.raises(ForbiddenError, match="its manager"):
        await world.told(name, OTHER)
    with pytest.raises(NotFoundError):
        await world.told(str(uuid.uuid4()))


async def test_who_deletes_is_told(world: World) -> None:
    name = str(uuid.uuid4())
    made = await world.node.dss.put_intent(ONE, wanted(world.clock, name))
    await world.node.dss.delete_intent(ONE, name, str(made.operational_intent_reference.ovn))
    assert [change for _, change, *_ in await world.told(name)] == ["created", "deleted"]
    again = await world.node.dss.put_intent(ONE, wanted(world.clock, name))
    assert again.operational_intent_reference.version == 1
    assert [change for _, change, *_ in await world.told(name)] == ["created", "deleted", "created"]


def lost(path: Path) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def no_database(path: Path) -> None:
    lost(path)
    path.write_bytes(b"this is no database at all, and never was one" * 100)


def rolled_back(path: Path) -> None:
    """As if a crash had come before the last of it was written."""
    connection = History(path)._connection
    connection.execute("DELETE FROM changes WHERE sequence > 1")
    connection.execute("INSERT OR REPLACE INTO facts VALUES ('through', 1)")
    connection.close()


def ahead(path: Path) -> None:
    """As if the log had been put back to an earlier end."""
    connection = History(path)._connection
    connection.execute("INSERT INTO changes VALUES ('x', 90, 0, 'constraint', 'created', 'y', 'y', '')")
    connection.execute("INSERT OR REPLACE INTO facts VALUES ('through', 99)")
    connection.close()


@pytest.mark.parametrize("damage", [lambda path: None, lost, no_database, rolled_back, ahead])
async def test_what_the_index_lacks_is_made_up_for_from_the_log(world: World, damage: Callable[[Path], None]) -> None:
    name = await life(world)
    end = world.node.state.sequence
    await world.close()
    damage(world.directory / HISTORY_FILE)
    await world.open()
    assert world.node.history.through == end
    assert await world.told(name) == LIVED
    with pytest.raises(NotFoundError):
        await world.told("x", None)
