"""The demo: two parties fly a slice of real traffic, a third fires and rescues; filed like any other operation.

Recorded flights are shifted to start now and are filed again as they run out. Where the demo was in its timetable is
kept in the data directory, so that it goes on after a restart. Flights: The OpenSky Network, by way of `traffic`
(see feeds/data/ATTRIBUTION.md).
"""

import asyncio
import gzip
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import msgspec
from rich.console import Console

from skyparley.errors import ConflictingStateError, InvalidInputError, SkyparleyError
from skyparley.feeds import exercise
from skyparley.feeds.replay import Replay, plan_replay
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
PARTIES: Final = (
    ("northern", "Northern Air Command", "state_force"),
    ("southern", "Southern Air Command", "state_force"),
    ("alpine", "Alpine Range and Rescue", "third_state"),
)
_OPERATOR: Final = Author("operator")


class _Memory(msgspec.Struct, frozen=True):
    """What the demo remembers over a restart: when its timetable began (µs since 1970 UTC), and its parties' keys."""

    anchor_us: int
    api_keys: dict[str, str]


@dataclass(slots=True)
class _Demo:
    node: Node
    replay: Replay
    filed_until_us: int

    async def file_next(self) -> int:
        """File what is under way or begins within the next minutes and was not filed yet; how many that were."""
        now_us = self.node.engine.clock()
        until_us = now_us + AHEAD_S * MICROSECONDS_PER_SECOND
        begin_us = max(now_us, self.filed_until_us)
        third, helper = PARTIES[2][0], PARTIES[0][0]
        planned = [exercise.Planned(flight) for flight in self.replay.due(begin_us, until_us)]
        planned += exercise.due(third, helper, self.replay.anchor_us, begin_us, until_us)
        filed = await asyncio.gather(*(self._file(operation) for operation in planned))
        self.filed_until_us = until_us
        return sum(filed)

    async def _file(self, planned: exercise.Planned) -> int:
        operation, author = planned.operation, Author("party", planned.operation.ref.party, "demo")
        try:
            if planned.hazard_kind is not None:
                await self.node.declare_hazard(author, operation, hazard_kind=planned.hazard_kind, confirmed=True)
            else:
                await self.node.file(author, operation)
        except (ConflictingStateError, InvalidInputError):
            return 0  # it is live already from before a restart, or has ended meanwhile
        return 1


async def start_demo(node: Node, out: Console) -> asyncio.Task[None]:
    """Register the demo's parties and start its feed; the node is not healthy before the first findings are there."""
    node.hold = "the demo is filing its first flights"
    memory = await _remember(node)
    with out.status("Reading recorded flights"):
        recorded = read_recorded(gzip.decompress(files("skyparley.feeds").joinpath(RECORDING).read_bytes()), RECORDING)
    replay = plan_replay(recorded.operations, SLICE, [party for party, _, _ in PARTIES[:2]], anchor_us=memory.anchor_us)
    for party, name, _ in PARTIES:
        out.print(f"[dim]{name}: to act as this party enter its key[/dim] {memory.api_keys[party]}")
    return asyncio.create_task(_feed(_Demo(node, replay, 0)))


async def _feed(demo: _Demo) -> None:
    while True:
        try:
            await demo.file_next()
        except SkyparleyError:
            demo.filed_until_us = 0  # whatever it was, the next round files what is missing
        else:
            demo.node.hold = None  # each filing was answered with its findings
        await asyncio.sleep(EVERY_S)


async def _remember(node: Node) -> _Memory:
    """The demo's memory, made at its first start."""
    if node.directory is None:
        raise InvalidInputError("the demo needs a data directory")
    path = node.directory.path / "demo.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Memory)
    except (OSError, msgspec.DecodeError):
        pass
    api_keys = {}
    for party, name, kind in PARTIES:
        if party not in node.state.parties:
            await node.register_party(_OPERATOR, party, name, kind)
        api_keys[party] = (await node.create_key(_OPERATOR, party)).api_key
    now_us = node.engine.clock()
    memory = _Memory(now_us - now_us % MICROSECONDS_PER_SECOND, api_keys)
    write_durably(path, msgspec.json.encode(memory), mode=0o600)
    return memory
