"""A whole node in virtual time, by a seed: parties that command, faults, deaths, restarts, and a checker.

Each life of the node begins from what log, vault and snapshots hold. Parties repeat, with its idempotency key, every
command of which they do not know what became.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from simulation.checker import check_everything, check_no_orphans
from simulation.faults import Faults, FaultyLog, FaultyVault
from skyparley.conflict.operation import Operation
from skyparley.errors import (
    ConflictingStateError,
    IdempotencyError,
    InvalidInputError,
    NotFoundError,
    OverloadedError,
    StorageError,
)
from skyparley.node.identity import Author
from skyparley.node.node import Node, open_node
from skyparley.node.reading.views import Answer
from skyparley.node.recovery import follow_to_snapshot
from skyparley.node.storage import open_directory, snapshot_paths
from support.conflict_cases import NOON_US, SECOND_US, circle_volume, operation, track
from support.nodes import BERNE, OPERATOR, POOL
from support.virtual_time import LaterExecutor

PARTIES = ("alpha", "bravo", "carol")
NAMES = ("one", "two", "three", "four", "five")
COMMANDS_A_LIFE = 25


SECRET = bytes(32)


@dataclass
class Asked:
    """A command of a party: what it asks, under which key, and the answer once there was one."""

    author: Author
    key: str
    what: str
    name: str
    version: int
    operation: Operation | None
    answer: Answer | None = None


@dataclass
class World:
    """Everything that outlives a node: its files, its log, its parties, the clock."""

    seed: int
    directory: Path
    dice: Random = field(init=False)
    faults: Faults = field(init=False)
    log: FaultyLog | None = None
    node: Node | None = None
    asked: list[Asked] = field(default_factory=list)
    unknown: dict[str, list[Asked]] = field(default_factory=lambda: {party: [] for party in PARTIES})
    jump_us: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.dice = Random(self.seed)
        self.faults = Faults(Random(self.seed + 1))

    def clock(self) -> int:
        """Virtual time, and now and then somebody sets the machine's clock."""
        return NOON_US + round(asyncio.get_running_loop().time() * SECOND_US) + self.jump_us

    async def run(self, lives: int) -> str:
        """Live so many lives, then check; the state hash at the end."""
        for _ in range(lives):
            await self._begin()
            await self._live()
        self.faults.on = False
        await self._begin()
        for party in PARTIES:
            await self._repeat_unknown(party)
        await self._settle()
        assert self.node is not None
        result = self.node.state.state_hash()
        await self._stop()
        return result

    async def _begin(self) -> None:
        """A new process on what the one before left."""
        on, self.faults.on = self.faults.on, False
        self.faults.died.clear()
        self._touch_snapshots()
        held = open_directory(self.directory)
        vault = FaultyVault(held.vault_path, self.faults)
        vault.secret = SECRET  # salts are the same in every life of one seed
        log = self.log = FaultyLog(POOL, self.clock, self.faults, self.log)

        async def take_snapshot() -> None:
            await follow_to_snapshot(log, self.directory)

        node, complaints = await open_node(log, vault, held, pool=POOL, clock=self.clock, take_snapshot=take_snapshot)
        self.seen["complaint"] += len(complaints)
        await check_no_orphans(log, vault)
        node.custodian.close()
        node.custodian._thread = LaterExecutor(self.dice)  # type: ignore[assignment]
        node.custodian._merger = LaterExecutor(self.dice)  # type: ignore[assignment]
        node.history._thread.shutdown()
        node.history._thread = LaterExecutor(self.dice)  # type: ignore[assignment]
        node.recorder._thread.shutdown()
        node.recorder._thread = LaterExecutor(self.dice)  # type: ignore[assignment]
        await node.start()
        self.node = node
        for party in PARTIES:
            if party not in node.state.parties:
                await node.register_party(OPERATOR, party, party.title(), "civil_ats")
        self.faults.on = on

    def _touch_snapshots(self) -> None:
        """Between two lives a snapshot may be lost or damaged."""
        for path in snapshot_paths(self.directory):
            if self.dice.random() < 0.15:
                path.unlink()
            elif self.dice.random() < 0.15:
                path.write_bytes(path.read_bytes()[: self.dice.randrange(200)])

    async def _live(self) -> None:
        self.faults.on = True
        clients = [asyncio.create_task(self._client(party)) for party in PARTIES]
        death = asyncio.create_task(self.faults.died.wait())
        everyone = asyncio.gather(*clients)
        await asyncio.wait((everyone, death), return_when=asyncio.FIRST_COMPLETED)
        if self.faults.died.is_set() or self.dice.random() < 0.3:
            self.seen["killed"] += 1
            await _cancel(*clients, death)
            await asyncio.gather(everyone, return_exceptions=True)
            await self._kill()
            return
        await _cancel(death)
        everyone.result()
        self.faults.on = False
        await self._settle()
        await self._stop()

    async def _settle(self) -> None:
        """Let the node do what it owes, without faults, and check all that must hold."""
        assert self.node is not None
        assert self.log is not None
        node = self.node
        custodian = node.custodian
        for _ in range(500):
            if not (custodian.backlog or node.state.pending_filings() or custodian.complaint):
                break
            await asyncio.sleep(0.5)
        else:
            raise AssertionError(f"the node never comes to rest: {custodian.complaint}")
        await check_everything(node, self.log, self.directory, self.asked, self.seen)
        self.seen["checked"] += 1

    async def _stop(self) -> None:
        assert self.node is not None
        assert self.node.directory is not None
        await self.node.stop()
        self.node.directory.close()

    async def _kill(self) -> None:
        assert self.node is not None
        assert self.node.directory is not None
        self.faults.on = False
        current = asyncio.current_task()
        await _cancel(*(task for task in asyncio.all_tasks() if task is not current))
        self.node.vault.close()
        self.node.history._connection.close()
        self.node.recorder._store.close()
        self.node.directory.close()
        self.faults.on = True

    async def _client(self, party: str) -> None:
        await self._repeat_unknown(party)
        for _ in range(self.dice.randrange(COMMANDS_A_LIFE)):
            await asyncio.sleep(self.dice.choice((0.0, 0.0, 0.001, 0.2, 5.0)))
            if self.dice.random() < 0.02:
                self.jump_us += self.dice.choice((-5, 3, 120)) * SECOND_US
            asked = self._next(party)
            self.asked.append(asked)
            self.unknown[party].append(asked)
            if self.dice.random() < 0.15:  # two at once: the repeat does not wait for the first
                await asyncio.gather(self._ask(asked), self._ask(asked))
            else:
                await self._ask(asked)
        if self.dice.random() < 0.5 and self.asked:
            await self._ask(self.dice.choice(self.asked))

    async def _repeat_unknown(self, party: str) -> None:
        for asked in list(self.unknown[party]):
            await self._ask(asked)

    def _next(self, party: str) -> Asked:
        assert self.node is not None
        dice = self.dice
        name = dice.choice(NAMES)
        live = self.node.state.operation(party, name)
        version = 1 if live is None else live.version + (dice.random() < 0.05)
        words = ("file", "file", "file", "declare") if live is None else ("amend", "activate", "end", "cancel", "file")
        if live is not None and live.hazard:
            words = ("confirm", "retract", "amend")
        what = dice.choice(words)
        shape = self._shape(party, name, hazard=what == "declare" or (live is not None and live.hazard))
        return Asked(Author("party", party, "key"), f"{party}-{len(self.asked)}", what, name, version, shape)

    def _shape(self, party: str, name: str, *, hazard: bool) -> Operation:
        dice = self.dice
        begin_s = (self.clock() - NOON_US) / SECOND_US + dice.choice((-1.0, 0.5, 3.0, 20.0))
        end_s = begin_s + dice.choice((0.9, 2.0, 10.0, 60.0, 600.0))
        place = (BERNE[0], BERNE[1] + dice.randrange(6) * 0.002)
        if dice.random() < 0.3 and not hazard:
            points = [(begin_s, *place, 50.0), (end_s, BERNE[0] + 0.001, BERNE[1] + 0.005, 80.0)]
            return operation(name, track(points), party=party)
        volume = circle_volume(place, dice.choice((60.0, 90.0, 200.0)), seconds=(begin_s, end_s))
        return operation(name, volume, party=party, hazard=hazard)

    async def _ask(self, asked: Asked) -> None:
        """Ask until there is an answer or a refusal; the same answer whenever it is asked again."""
        for _ in range(200):
            try:
                answer = await self._call(asked)
            except IdempotencyError:
                raise
            except (OverloadedError, StorageError):
                self.seen["failed"] += 1
                await asyncio.sleep(self.dice.choice((0.01, 1.5)))
                continue
            except (ConflictingStateError, NotFoundError, InvalidInputError) as error:
                self.seen[error.code] += 1
                assert asked.answer is None, "what was answered is not refused later"
            else:
                assert asked.answer in (None, answer), "a repeat gets the first answer"
                asked.answer = answer
                self.seen["answered"] += 1
            break
        if asked in self.unknown[asked.author.party]:
            self.unknown[asked.author.party].remove(asked)

    def _call(self, asked: Asked) -> Coroutine[Any, Any, Answer]:
        node, author, key = self.node, asked.author, asked.key
        assert node is not None
        assert asked.operation is not None
        if asked.what == "file":
            return node.file(author, asked.operation, idempotency_key=key)
        if asked.what == "amend":
            return node.amend(author, asked.operation, version=asked.version, idempotency_key=key)
        if asked.what == "declare":
            return node.declare_hazard(
                author, asked.operation, hazard_kind="firing", confirmed=False, idempotency_key=key
            )
        return node.act(author, asked.what, asked.name, version=asked.version, idempotency_key=key)


def without_names(answer: Answer | None) -> Answer | None:
    """An answer without the identifiers of its conflicts, which each node makes with a secret of its own."""
    if answer is None:
        return None
    unnamed = [msgspec.structs.replace(conflict, conflict_id="") for conflict in answer.conflicts]
    return msgspec.structs.replace(answer, conflicts=unnamed)


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
