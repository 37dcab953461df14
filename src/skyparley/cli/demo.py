"""The demo: two parties fly a slice of real traffic, a third fires and rescues; filed like any other operation.

Recorded flights are shifted to start now and are filed again as they run out. Where the demo was in its timetable, and
up to when it has filed, is kept in the data directory: after a restart it goes on, files nothing twice, and does not
bring back what a party has taken out. Flights: The OpenSky Network, by way of `traffic` (feeds/data/ATTRIBUTION.md).
"""

import asyncio
import contextlib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec

from skyparley.errors import ConflictingStateError, InvalidInputError, SkyparleyError
from skyparley.feeds import exercise
from skyparley.feeds.replay import Replay, plan_replay
from skyparley.formats.load import decompress
from skyparley.formats.recorded import read_recorded
from skyparley.geometry.interval import TimeInterval, parse_time
from skyparley.node.identity import Author
from skyparley.node.node import Node
from skyparley.node.storage import write_durably
from skyparley.units import MICROSECONDS_PER_SECOND

RECORDING: Final = "data/switzerland-2018-08-01.json.gz"
SLICE: Final = TimeInterval(parse_time("2018-08-01T11:00:00Z"), parse_time("2018-08-01T14:00:00Z"))
AHEAD_S: Final = 1_200
EVERY_S: Final = 5.0
MEMORY_FILE: Final = "demo.json"
PARTIES: Final = (
    ("northern", "Northern Air Command", "state_force"),
    ("southern", "Southern Air Command", "state_force"),
    ("alpine", "Alpine Range and Rescue", "third_state"),
)
_OPERATOR: Final = Author("operator")


class _Memory(msgspec.Struct):
    """What the demo remembers over a restart: when its timetable began and up to when it has filed (µs since 1970
    UTC), and its parties' keys.
    """

    anchor_us: int
    filed_until_us: int
    api_keys: dict[str, str]


@dataclass(slots=True)
class _Demo:
    node: Node
    replay: Replay
    memory: _Memory
    path: Path

    async def file_next(self) -> None:
        """File what is under way or begins within the next minutes, and was not filed before."""
        now_us = self.node.engine.clock()
        begin_us, until_us = self.memory.filed_until_us, now_us + AHEAD_S * MICROSECONDS_PER_SECOND
        third, helper = PARTIES[2][0], PARTIES[0][0]
        planned = [exercise.Planned(flight) for flight in self.replay.due(begin_us, until_us, now_us)]
        planned += exercise.due(third, helper, self.memory.anchor_us, begin_us, until_us, now_us)
        if planned:
            await asyncio.gather(*(self._file(operation) for operation in planned))
            self.memory.filed_until_us = until_us
            write_durably(self.path, msgspec.json.encode(self.memory), mode=0o600)

    async def _file(self, planned: exercise.Planned) -> None:
        operation, author = planned.operation, Author("party", planned.operation.ref.party, "demo")
        try:
            if planned.hazard_kind is not None:
                await self.node.declare_hazard(author, operation, hazard_kind=planned.hazard_kind, confirmed=True)
            else:
                await self.node.file(author, operation)
        except (ConflictingStateError, InvalidInputError):
            return  # it is live already from before a crash, or has ended meanwhile


async def start_demo(node: Node) -> asyncio.Task[None]:
    """Register the demo's parties and start its feed; the node is not healthy before the first findings are there."""
    if node.directory is None:
        raise InvalidInputError("the demo needs a data directory")
    node.hold = "the demo is filing its first flights"
    path = node.directory.path / MEMORY_FILE
    memory = await _remember(node, path)
    recorded = read_recorded(decompress(files("skyparley.feeds").joinpath(RECORDING).read_bytes()), RECORDING)
    replay = plan_replay(recorded.operations, SLICE, [party for party, _, _ in PARTIES[:2]], anchor_us=memory.anchor_us)
    print("To act as a party in the console, enter its key:")
    for party, name, _ in PARTIES:
        print(f"  {name:24}{memory.api_keys[party]}")
    feed = asyncio.create_task(_feed(_Demo(node, replay, memory, path)))
    feed.add_done_callback(lambda ended: say_if_dead(node, ended))
    return feed


def say_if_dead(node: Node, feed: asyncio.Task[None]) -> None:
    """A feed ends only when it is cancelled: if it died, the demo is no longer healthy, and says why."""
    if not feed.cancelled() and feed.exception() is not None:
        node.hold = f"the demo's feed has stopped ({feed.exception()!r}): start it again"


async def _feed(demo: _Demo) -> None:
    while True:
        with contextlib.suppress(SkyparleyError):  # whatever it was, the next round files what is missing
            await demo.file_next()
            demo.node.hold = None  # each filing was answered with its findings
        await asyncio.sleep(EVERY_S)


async def _remember(node: Node, path: Path) -> _Memory:
    """The demo's memory, made at its first start."""
    memory = _read_memory(path)
    if memory is not None:
        return memory
    api_keys = {}
    for party, name, kind in PARTIES:
        if party not in node.state.parties:
            await node.register_party(_OPERATOR, party, name, kind)
        api_keys[party] = (await node.create_key(_OPERATOR, party)).api_key
    now_us = node.engine.clock()
    memory = _Memory(now_us - now_us % MICROSECONDS_PER_SECOND, 0, api_keys)
    write_durably(path, msgspec.json.encode(memory), mode=0o600)
    return memory


def _read_memory(path: Path) -> _Memory | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Memory)
    except (OSError, msgspec.DecodeError):
        return None
