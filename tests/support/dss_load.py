"""USSs that race for the same air over real HTTP, each with what it knows, until the node is gone or they are told.

Each does one thing after another with what is its own: it creates, changes and deletes intents and constraints, turns
its subscriptions' ears, asks what there is. Whoever lacks an OVN waits until its manager knows it, as by asking it.
Every request and answer is noted (`support.dss_order`). What was cut off is asked again in the next life.
"""

import asyncio
import contextlib
import random
import time
from typing import Any

import httpx

from skyparley.node.dss import scopes
from support.dss_http import (
    AVAILABILITY,
    CONSTRAINTS,
    INTENTS,
    SUBSCRIPTIONS,
    Json,
    Uss,
    altitude,
    circle,
    moment,
    new_id,
    told,
)
from support.dss_order import Call
from support.uss import PLANNER

PATHS = {"intent": INTENTS, "constraint": CONSTRAINTS, "subscription": SUBSCRIPTIONS, "availability": AVAILABILITY}
CENTRE = (46.95, 7.45)
BANDS_M = ((100.0, 200.0), (200.0, 300.0), (250.0, 400.0), (500.0, 600.0))
TIMES_S = ((600.0, 1_200.0), (1_200.0, 1_800.0), (900.0, 1_500.0))
MAX_INTENTS = 4
MAX_CONSTRAINTS = 1
REACH_S = 7_200.0
PATIENCE_S = 5.0


class GoneError(Exception):
    """The node is gone, or nobody will answer any more."""


class LeftError(Exception):
    """The client has closed its connection before it had its answer."""


class Peers:
    """The OVNs that USSs tell each other: of each intent and constraint the newest that its manager knows."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[int, str]] = {}
        self._left: set[str] = set()
        self._closed = False
        self._changed = asyncio.Condition()

    async def publish(self, reference: Json) -> None:
        async with self._changed:
            self.known[reference["id"]] = (reference["version"], reference["ovn"])
            self._changed.notify_all()

    async def leave(self, identifier: str) -> None:
        async with self._changed:
            self.known.pop(identifier, None)
            self._left.add(identifier)
            self._changed.notify_all()

    async def close(self, *, closed: bool = True) -> None:
        async with self._changed:
            self._closed = closed
            self._changed.notify_all()

    async def ovn(self, identifier: str, version: int) -> str | None:
        """The OVN of a version or of a later one; None if it left, or nobody knows. Raises `GoneError` once closed."""

        def told() -> bool:
            return self._closed or identifier in self._left or self.known.get(identifier, (0, ""))[0] >= version

        async with self._changed:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait_for(told), PATIENCE_S)
            if self._closed:
                raise GoneError
            found = self.known.get(identifier)
            return found[1] if found is not None and found[0] >= version else None


class Planner:
    """One USS of the load. `leaves`: how often it closes its connection before it has its answer."""

    def __init__(
        self, name: str, seed: int, calls: list[Call], peers: Peers, base_us: int, *, leaves: float = 0.0
    ) -> None:
        self.name = name
        self.leaves = leaves
        self.intents: dict[str, Json] = {}
        self.constraints: dict[str, Json] = {}
        self.subscriptions: dict[str, Json] = {}
        self._dice = random.Random(f"{seed}/{name}")
        self._calls = calls
        self._peers = peers
        self._base_us = base_us
        self._cut: Call | None = None
        self._unsettled: Call | None = None
        self._said: Json = {"version": "", "status": {"availability": "Unknown"}}
        self.uss: Uss

    async def live(self, url: str, stop: asyncio.Event, ready: asyncio.Barrier) -> None:
        """Connect, find out what became of what was cut off, wait for the others, and work."""
        self.uss = Uss(url, self.name, *PLANNER, scopes.AVAILABILITY_ARBITRATION)
        async with self.uss.client:
            try:
                await self._settle()
                await self._check_held()
                await ready.wait()
                while not stop.is_set():
                    try:
                        await self._step()
                    except LeftError:
                        await self._settle()
            except GoneError:
                await self._peers.close()

    @property
    def _is_down(self) -> bool:
        return bool(self._said["status"]["availability"] == "Down")

    async def _step(self) -> None:
        what = self._dice.random()
        if self._is_down and what < 0.3:
            await self._write("availability", self.name)
        elif what < 0.40 and len(self.intents) < MAX_INTENTS:
            await self._write("intent", new_id())
        elif what < 0.58 and self.intents:
            await self._write("intent", self._dice.choice(sorted(self.intents)))
        elif what < 0.72 and self.intents:
            await self._delete("intent", self._dice.choice(sorted(self.intents)))
        elif what < 0.78:
            await self._write("constraint", self._dice.choice([new_id(), *self.constraints]))
        elif what < 0.82 and self.constraints:
            await self._delete("constraint", next(iter(self.constraints)))
        elif what < 0.88:
            await self._write("subscription", self._dice.choice([new_id(), *self.subscriptions]))
        elif what < 0.90 and self.subscriptions:
            await self._delete("subscription", self._dice.choice(sorted(self.subscriptions)))
        elif what < 0.95:
            area = {"volume": circle(CENTRE, 5_000.0)}
            done = await self._call(
                "query", self._dice.choice(("intent", "constraint")), body={"area_of_interest": area}
            )
            assert done.status == 200, done
        elif what < 0.98 and self.subscriptions:
            done = await self._call("get", "subscription", self._dice.choice(sorted(self.subscriptions)))
            assert done.status == 200, done
        else:
            await self._write("availability", self.name)

    async def _write(self, kind: str, identifier: str) -> None:
        held = {"intent": self.intents, "constraint": self.constraints, "subscription": self.subscriptions}.get(
            kind, {}
        )
        if kind != "availability" and identifier not in held and len(held) >= MAX_INTENTS:
            return
        before = held.get(identifier)
        version = "" if before is None else before.get("ovn") or before["version"]
        if kind == "availability":
            version = self._said["version"]
        body = {
            "intent": self._intent_body,
            "constraint": lambda _: {"extents": [self._volume()], "uss_base_url": self.uss.url},
            "subscription": self._subscription_body,
            "availability": lambda _: {
                "old_version": version,
                "availability": "Normal" if self._is_down else "Down",
            },
        }[kind](before)
        await self._put(kind, identifier, version, body)

    async def _put(self, kind: str, identifier: str, version: str, body: Json, *, repeated: bool = False) -> None:
        """Write until it is accepted, with all that the key lacks; or find out that a cut first try was."""
        while True:
            done = await self._call("put", kind, identifier, version, body)
            if done.is_done:
                return await self._adopt(kind, done.written)
            if done.status == 412:  # it is marked Down itself
                return None
            if not done.lacks_key:
                assert repeated, done
                assert (done.status, done.answer["error"]["code"]) == (409, "state_conflict"), done
                there = await self._there(kind, identifier)
                named = there.get("ovn") or there["version"]
                assert version or kind == "availability" or named in done.answer["message"]
                assert named != version
                return await self._adopt(kind, there)
            missing = done.answer["missing_operational_intents"] + done.answer["missing_constraints"]
            ovns = [await self._peers.ovn(one["id"], one["version"]) for one in missing]
            body = {**body, "key": sorted({*body["key"], *filter(None, ovns)})}

    async def _delete(self, kind: str, identifier: str) -> None:
        held: dict[str, Json] = getattr(self, f"{kind}s")
        if kind == "subscription" and any(one["subscription_id"] == identifier for one in self.intents.values()):
            return
        version = held[identifier].get("ovn") or held[identifier]["version"]
        done = await self._call("delete", kind, identifier, version)
        assert done.status in (200, 412), done
        if done.status == 200:
            await self._forget(kind, identifier)

    async def _call(self, verb: str, kind: str, identifier: str = "", version: str = "", body: Any = None) -> Call:
        """Send one request, and note it and its answer."""
        made = Call(self.name, verb, kind, identifier, version, body or {}, sent_s=time.perf_counter())
        path = "/".join([PATHS[kind], *filter(None, (identifier, "" if kind == "availability" else version))])
        method, path = ("POST", f"{path}/query") if verb == "query" else (verb.upper(), path)
        self._calls.append(made)
        self._cut = made
        leaves = self._unsettled is None and self._dice.random() < self.leaves
        try:
            async with asyncio.timeout(self._dice.uniform(0.0, 0.02) if leaves else None):
                answer = await self.uss.client.request(method, path, json=body)
        except TimeoutError:
            raise LeftError from None
        except httpx.TransportError as error:
            raise GoneError from error
        made.answered_s = time.perf_counter()
        made.status, made.answer = answer.status_code, answer.json()
        self._cut = None
        return made

    async def _settle(self) -> None:
        """Ask again for what was cut off, until it is known what became of it; in the next life if this one ends."""
        cut = self._unsettled = self._unsettled or self._cut
        self._cut = None
        if cut is not None and cut.verb == "put":
            await self._put(cut.kind, cut.identifier, cut.version, cut.body, repeated=True)
        elif cut is not None and cut.verb == "delete":
            done = await self._call("delete", cut.kind, cut.identifier, cut.version)
            assert done.status in (200, 404, 412), done
            if done.status != 412:
                await self._forget(cut.kind, cut.identifier)
        self._unsettled = None

    async def _check_held(self) -> None:
        """All that was acknowledged is there, as it was acknowledged."""
        for kind, held in (("intent", self.intents), ("constraint", self.constraints)):
            for identifier, reference in held.items():
                there = await self._there(kind, identifier)
                assert {**there, "uss_availability": ""} == {**reference, "uss_availability": ""}
        for identifier, subscription in self.subscriptions.items():
            there = await self._there("subscription", identifier)
            assert there["version"] == subscription["version"]
            assert there["notification_index"] >= subscription["notification_index"]
        assert (await self._there("availability", self.name))["version"] == self._said["version"]

    async def _there(self, kind: str, identifier: str) -> Json:
        try:
            body = told(await self.uss.client.get(f"{PATHS[kind]}/{identifier}"), 200)
        except httpx.TransportError as error:
            raise GoneError from error
        return body if kind == "availability" else dict(next(iter(body.values())))

    async def _adopt(self, kind: str, written: Json) -> None:
        if kind == "availability":
            self._said = written
            return
        getattr(self, f"{kind}s")[written["id"]] = written
        if kind != "subscription":
            await self._peers.publish(written)

    async def _forget(self, kind: str, identifier: str) -> None:
        getattr(self, f"{kind}s").pop(identifier, None)
        await self._peers.leave(identifier)

    def _volume(self) -> Json:
        """Somewhere in a few cells, in one of a few bands and times."""
        north, east = (self._dice.uniform(-0.01, 0.01) for _ in range(2))
        lower_m, upper_m = self._dice.choice(BANDS_M)
        begin_s, end_s = self._dice.choice(TIMES_S)
        return {
            "volume": {
                **circle((CENTRE[0] + north, CENTRE[1] + east), 200.0),
                "altitude_lower": altitude(lower_m),
                "altitude_upper": altitude(upper_m),
            },
            "time_start": moment(begin_s, self._base_us),
            "time_end": moment(end_s, self._base_us),
        }

    def _intent_body(self, before: Json | None) -> Json:
        states = ("Accepted",) if before is None else ("Accepted", "Activated", "Activated", "Nonconforming")
        state, drawn = self._dice.choice(states), self._dice.random()
        service: Json = {}
        explicit = sorted(name for name, one in self.subscriptions.items() if one["notify_for_operational_intents"])
        if explicit and drawn < 0.5:
            service = {"subscription_id": self._dice.choice(explicit)}
        elif drawn < 0.8 or state != "Accepted":
            service = {"new_subscription": self.uss.implicit(constraints=self._dice.random() < 0.3)}
        known = [ovn for _, ovn in self._peers.known.values()] if self._dice.random() < 0.7 else []
        volumes = [self._volume() for _ in range(self._dice.choice((1, 1, 2)))]
        return self.uss.intent_body(*volumes, state=state, key=known, **service)

    def _subscription_body(self, _: Json | None) -> Json:
        """Everywhere here, so that it can go on serving; it hears of intents, and of constraints now and then."""
        where = {
            "volume": circle(CENTRE, 5_000.0),
            "time_start": moment(0.0, self._base_us),
            "time_end": moment(REACH_S, self._base_us),
        }
        return self.uss.subscription_body(where, intents=True, constraints=self._dice.random() < 0.5)
