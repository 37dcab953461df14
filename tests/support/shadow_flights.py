"""USSs that plan beside each other through a DSS, as they do in a pool: what they ask is drawn from a seed."""

import random
import uuid
from typing import Any

import httpx

from support.dss_http import AVAILABILITY, CONSTRAINTS, INTENTS, SUBSCRIPTIONS, Json, Uss, reference_of, uuid7, volume

Ovns = dict[str, str]
"""The details that USSs tell each other: the present OVN of each thing."""
MAX_TRIES = 12


class Planner:
    """One USS: plans, asks for what it missed, changes its mind. `ovns` is what all USSs tell each other."""

    def __init__(self, uss: Uss, name: str, seed: int, places: list[tuple[float, float]], ovns: Ovns) -> None:
        self.uss = uss
        self.name = name
        self.chance = random.Random(seed)
        self.places = places
        self.ovns = ovns
        self.intents: dict[str, Json] = {}
        self.constraints: dict[str, Json] = {}
        self.subscriptions: dict[str, Json] = {}
        self.statuses: list[int] = []

    async def act(self, times: int) -> None:
        moves = [
            self.plan, self.plan, self.change, self.change, self.end, self.look, self.constrain, self.unconstrain,
            self.subscribe, self.unsubscribe, self.blunder,
        ]  # fmt: skip
        for _ in range(times):
            await self.chance.choice(moves)()

    async def plan(self) -> None:
        await self._write(self._new_id(), None, "Accepted")

    async def change(self) -> None:
        if self.intents:
            reference = self.intents[self.chance.choice(sorted(self.intents))]
            state = self.chance.choice(["Accepted", "Activated", "Activated", "Nonconforming"])
            await self._write(reference["id"], reference["ovn"], state)

    async def end(self) -> None:
        if self.intents:
            identifier = self.chance.choice(sorted(self.intents))
            answer = await self.uss.delete(INTENTS, identifier, self.intents.pop(identifier)["ovn"])
            self._note(answer)
            self.ovns.pop(identifier, None)

    async def look(self) -> None:
        kind = self.chance.choice([INTENTS, CONSTRAINTS, SUBSCRIPTIONS])
        self._note(await self.uss.query(kind, volume(self._place(), None, None)))
        mine = {INTENTS: self.intents, CONSTRAINTS: self.constraints, SUBSCRIPTIONS: self.subscriptions}[kind]
        if mine:
            self._note(await self.uss.get(kind, self.chance.choice(sorted(mine))))
        self._note(await self.uss.get(AVAILABILITY, self.name))

    async def constrain(self) -> None:
        identifier, version = self._new_id(), None
        if self.constraints and self.chance.random() < 0.5:
            identifier = self.chance.choice(sorted(self.constraints))
            version = self.constraints[identifier]["ovn"]
        body = self.uss.constraint_body(volume(self._place()))
        answer = self._note(await self.uss.put(CONSTRAINTS, identifier, body, version))
        if answer.is_success:
            self.constraints[identifier] = reference_of(answer.json())
            self.ovns[identifier] = self.constraints[identifier]["ovn"]

    async def unconstrain(self) -> None:
        if self.constraints:
            identifier = self.chance.choice(sorted(self.constraints))
            self._note(await self.uss.delete(CONSTRAINTS, identifier, self.constraints.pop(identifier)["ovn"]))
            self.ovns.pop(identifier, None)

    async def subscribe(self) -> None:
        body = self.uss.subscription_body(volume(self._place(), None, None), intents=True, constraints=True)
        identifier, version = self._new_id(), None
        if self.subscriptions and self.chance.random() < 0.5:
            identifier = self.chance.choice(sorted(self.subscriptions))
            version = self.subscriptions[identifier]["version"]
        answer = self._note(await self.uss.put(SUBSCRIPTIONS, identifier, body, version))
        if answer.is_success:
            self.subscriptions[identifier] = answer.json()["subscription"]

    async def unsubscribe(self) -> None:
        if self.subscriptions:
            identifier = self.chance.choice(sorted(self.subscriptions))
            version = self.subscriptions[identifier]["version"]
            if self._note(await self.uss.delete(SUBSCRIPTIONS, identifier, version)).is_success:
                del self.subscriptions[identifier]

    async def blunder(self) -> None:
        """What must be refused: what is not there, a stale version, somebody else's, nonsense."""
        uss, wrong = self.uss, "ThisIsAnIncorrectVersion"
        if self.intents:
            mine = self.chance.choice(sorted(self.intents))
            self._note(await uss.put(INTENTS, mine, uss.intent_body(volume(self._place())), wrong))
            self._note(await uss.delete(INTENTS, mine, wrong))
            self._note(await uss.put(INTENTS, mine, uss.intent_body(volume(self._place()))))
        others = sorted(self.ovns.keys() - self.intents.keys() - self.constraints.keys())
        if others:
            self._note(await uss.delete(INTENTS, self.chance.choice(others), wrong))
        self._note(await uss.get(INTENTS, self._new_id()))
        self._note(await uss.put(INTENTS, self._new_id(), {"extents": []}))
        self._note(await uss.put(INTENTS, "no-identifier", uss.intent_body(volume(self._place()))))

    async def _write(self, identifier: str, ovn: str | None, state: str) -> None:
        """Write an intent, and ask again with what was missing, as USSs do."""
        where, key = volume(self._place()), set(self.chance.sample(sorted(self.ovns.values()), min(2, len(self.ovns))))
        more: dict[str, Any] = {"new_subscription": self.uss.implicit(constraints=self.chance.random() < 0.3)}
        if self.subscriptions and self.chance.random() < 0.3:
            more = {"subscription_id": self.chance.choice(sorted(self.subscriptions))}
        elif state == "Accepted" and self.chance.random() < 0.2:
            more = {}
        for _ in range(MAX_TRIES):
            if self.chance.random() < 0.2:
                more["requested_ovn_suffix"] = uuid7()
            body = self.uss.intent_body(where, key=sorted(key), state=state, **more)
            answer = self._note(await self.uss.put(INTENTS, identifier, body, ovn))
            if answer.is_success:
                self.intents[identifier] = reference_of(answer.json())
                self.ovns[identifier] = self.intents[identifier]["ovn"]
                return
            said = answer.json()
            missing = [*said.get("missing_operational_intents", ()), *said.get("missing_constraints", ())]
            if not missing:
                return
            key |= {self.ovns[one["id"]] for one in missing if one["id"] in self.ovns}

    def _place(self) -> tuple[float, float]:
        return self.chance.choice(self.places)

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def _note(self, answer: httpx.Response) -> httpx.Response:
        self.statuses.append(answer.status_code)
        return answer
