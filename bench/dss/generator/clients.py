"""Managers that create operational intents as fast as they are answered, and what they meet.

A create that is refused for what its key lacks is tried again with what the peers know by then, until its 201: its
latency runs from the first try. A create whose end came before its turn is planned anew, from now on, and counted as
*lapsed*; its latency goes on. Any other refusal ends the run.
"""

import asyncio
import time
from dataclasses import dataclass, field
from random import Random
from typing import Final
from uuid import uuid4

import msgspec

from bench.dss.generator.job import LONG_S, Accepted, Job
from bench.dss.generator.peers import Peers
from bench.dss.generator.volumes import Place, create_body, create_tail, places
from bench.dss.generator.wire import Line, head_bytes

PATH: Final = "/dss/v1/operational_intent_references"
_ENOUGH: Final = 50
_ADAPT_EVERY_S: Final = 0.5
_LIVE_EVERY_S: Final = 0.02
_SMOOTHING: Final = 0.05


class UnexpectedAnswerError(RuntimeError):
    """An answer that no manager should get: the run ends."""

    def __init__(self, asked: str, status: int, body: bytes) -> None:
        super().__init__(f"{asked} was answered {status}: {body[:500].decode(errors='replace')}")


class _Created(msgspec.Struct):
    ovn: str


class _Notified(msgspec.Struct):
    subscriptions: list[msgspec.Raw]


class Change(msgspec.Struct):
    """The answer to a create, or to a read: what of it is looked at."""

    operational_intent_reference: _Created
    subscribers: list[_Notified] = []


class _Missing(msgspec.Struct):
    id: str


class _Conflict(msgspec.Struct):
    missing_operational_intents: list[_Missing] = []


_CHANGE: Final = msgspec.json.Decoder(Change)
_CONFLICT: Final = msgspec.json.Decoder(_Conflict)


@dataclass(slots=True)
class Tally:
    """What is counted while something is measured."""

    accepted_by_client: list[int]
    statuses: dict[int, int] = field(default_factory=dict)
    request_s: list[float] = field(default_factory=list)
    write_s: list[float] = field(default_factory=list)
    planned_s: float = 0.0
    notified: int = 0
    lapsed: int = 0

    def note(self, status: int, seconds: float) -> None:
        """One answer."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.request_s.append(seconds)


class Creators:
    """All clients of one load, in one process, with one table of what they know of each other."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._peers = Peers()
        self._heads = [head_bytes("PUT", f"{PATH}/{{}}", token) for token in job.tokens]
        self._tails = [create_tail(client) for client in range(len(job.tokens))]
        self._dice = Random(1)
        self._request_s = 0.0
        self.tally = Tally([0] * len(job.tokens))
        self.lifetime_s = job.live / job.expected_per_s if job.live else LONG_S
        self.accepted: list[Accepted] = []

    async def create_on(self, client: int, line: Line) -> None:
        """One create after another, until somebody stops it."""
        there = places(self._job.layout, client)
        while True:
            await self.create(client, line, self._dice.choice(there), self.lifetime_s)

    async def create(self, client: int, line: Line, place: Place, lifetime_s: float) -> None:
        """One create, from its first try to its 201."""
        identifier = str(uuid4())
        head = self._heads[client].replace(b"{}", identifier.encode(), 1)
        began_s = time.perf_counter()
        start_s = time.time()
        end_s = start_s + lifetime_s
        learned: dict[str, None] = {}
        while True:
            now_s = time.time()
            if end_s < now_s + min(self._request_s, lifetime_s / 2):
                self.tally.lapsed += 1
                lifetime_s = max(lifetime_s, self.lifetime_s)
                start_s, end_s = now_s, now_s + lifetime_s
            key = self._peers.key(place.group, start_s, now_s, learned)
            body = create_body(place, start_s, end_s, key, self._tails[client])
            sent_s = time.perf_counter()
            status, answer = await line.ask(head + b"%d\r\n\r\n" % len(body) + body)
            took_s = time.perf_counter() - sent_s
            self._request_s += _SMOOTHING * (took_s - self._request_s)
            self.tally.note(status, took_s)
            if status == 201:
                break
            missing = [one.id for one in _CONFLICT.decode(answer).missing_operational_intents] if status == 409 else []
            if missing:
                await self._peers.learn(missing)
                learned.update(dict.fromkeys(missing))
            elif status == 400 and end_s <= time.time():
                end_s, lifetime_s = 0.0, 2 * lifetime_s
            else:
                raise UnexpectedAnswerError(f"the create of {identifier}", status, answer)
        change = _CHANGE.decode(answer)
        ovn = change.operational_intent_reference.ovn
        self._peers.publish(place.group, identifier, ovn, end_s)
        self.accepted.append(Accepted(client, identifier, ovn, end_s))
        tally = self.tally
        tally.accepted_by_client[client] += 1
        tally.write_s.append(time.perf_counter() - began_s)
        tally.planned_s += time.time() - start_s
        tally.notified += sum(len(one.subscriptions) for one in change.subscribers)

    async def fill(self, lines: list[Line]) -> None:
        """Put `live` intents in, whose ends come one after another as in the steady state, from about now on."""
        count, each_s = self._job.live, 1 / self._job.expected_per_s
        for number in range(count):
            client = number % len(lines)
            began_s = time.perf_counter()
            rest_s = (count - number) * each_s * 1.2
            lifetime_s = rest_s + self.lifetime_s * (number + 1) / count
            await self.create(client, lines[client], self._dice.choice(places(self._job.layout, client)), lifetime_s)
            each_s += 0.1 * (time.perf_counter() - began_s - each_s)

    async def adapt(self) -> None:
        """Choose the lifetime by which `live` intents stay: by Little's law, rate × (lifetime − time to the 201)."""
        while True:
            before_s, count, planned_s = time.perf_counter(), len(self.tally.write_s), self.tally.planned_s
            done = 0
            while done < _ENOUGH:
                await asyncio.sleep(_ADAPT_EVERY_S)
                done = len(self.tally.write_s) - count
            rate_per_s = done / (time.perf_counter() - before_s)
            wanted_s = self._job.live / rate_per_s + (self.tally.planned_s - planned_s) / done
            self.lifetime_s += 0.5 * (min(wanted_s, 2 * self.lifetime_s) - self.lifetime_s)

    async def watch_live(self, seen: list[int]) -> None:
        """Note now and then how many are live."""
        while True:
            await asyncio.sleep(_LIVE_EVERY_S)
            seen.append(self._peers.live(time.time()))
