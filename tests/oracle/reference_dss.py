"""The rules of the DSS, written for reading: plain dictionaries, cells as sets, every pair looked at, no index.

It is written from `docs/dss.md`, the interface's own text (`uas_standards`) and the docstrings of the commands, and
knows nothing of the real one's tables, heaps and hash. Where several things are wrong with a command, those do not say
which is told first: an outcome holds all that are right to say.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

import s2geometry as s2

from skyparley.airspace.dss import commands as d
from skyparley.airspace.dss.items import DssLimits
from skyparley.airspace.events import Event
from skyparley.airspace.operations.commands import Extent

HOUR_US = 3_600_000_000
SKEW_US = 300_000_000

BAD, LIMIT, FOREIGN, DOWN = "invalid_input", "limit_exceeded", "forbidden", "uss_down"
UNKNOWN, CONFLICT, KEY = "not_found", "state_conflict", "state_conflict key"
Thing = dict[str, Any]


@dataclass
class ReferenceOutcome:
    refusals: set[str] = field(default_factory=set)
    """Codes, `state_conflict key` for a key that lacks something; empty if it is accepted."""
    notified: set[tuple[str, str, int]] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    """What a USS wrote and what is there no more: it has ended by time, or was deleted."""


@lru_cache(maxsize=4_096)
def cells_of(tokens: tuple[str, ...]) -> frozenset[int]:
    """The S2 cells of level 13 that tokens stand for, one by one."""
    found = set()
    for token in tokens:
        cell = s2.S2CellId.FromToken(token)
        one, end = cell.child_begin(13), cell.child_end(13)
        while one != end:
            found.add(one.id())
            one = one.next()
    return frozenset(found)


def touch(a: Extent, b: Extent) -> bool:
    return (
        a.lower_mm <= b.upper_mm
        and b.lower_mm <= a.upper_mm
        and a.begin_us < b.end_us
        and b.begin_us < a.end_us
        and bool(cells_of(a.cells) & cells_of(b.cells))
    )


def relevant(one: Iterable[Extent], other: Iterable[Extent]) -> bool:
    theirs = tuple(other)
    return any(touch(a, b) for a in one for b in theirs)


def covers(wide: Extent, narrow: Extent, now_us: int) -> bool:
    """Whether one covers the other, from now on."""
    return (
        wide.lower_mm <= narrow.lower_mm
        and wide.upper_mm >= narrow.upper_mm
        and wide.begin_us <= max(narrow.begin_us, now_us)
        and wide.end_us >= narrow.end_us
        and cells_of(wide.cells) >= cells_of(narrow.cells)
    )


def span(extents: Iterable[Extent]) -> tuple[int, int]:
    listed = list(extents)
    return sorted(e.begin_us for e in listed)[0], sorted(e.end_us for e in listed)[-1]


def made_at_us(suffix: str) -> int | None:
    """When a UUID of version 7 in its usual form was made, in either case; None for anything else."""
    try:
        number = UUID(suffix)
    except ValueError:
        return None
    return (number.int >> 80) * 1_000 if number.version == 7 and str(number) == suffix.lower() else None


def needs_key(state: str) -> bool:
    return state in ("Accepted", "Activated")


class ReferenceDss:
    def __init__(self) -> None:
        self.sequence = 0
        self.time_us = 0
        self.intents: dict[str, Thing] = {}
        self.constraints: dict[str, Thing] = {}
        self.subscriptions: dict[str, Thing] = {}
        self.availabilities: dict[str, Thing] = {}
        self.limits = DssLimits()
        self.chosen: set[str] = set()
        """Every OVN that a USS ever chose."""

    def apply(self, event: Event) -> ReferenceOutcome:
        assert event.sequence == self.sequence + 1
        assert event.time_us > self.time_us
        outcome = ReferenceOutcome()
        self._expire(event.time_us, outcome)
        self.sequence, self.time_us = event.sequence, event.time_us
        command = event.command
        if isinstance(command, d.PutIntent):
            self._put_intent(command, outcome)
        elif isinstance(command, d.DeleteIntent):
            self._delete_intent(command, outcome)
        elif isinstance(command, d.PutConstraint):
            self._put_constraint(command, outcome)
        elif isinstance(command, d.DeleteConstraint):
            self._delete_constraint(command, outcome)
        elif isinstance(command, d.PutSubscription):
            self._put_subscription(command, outcome)
        elif isinstance(command, d.DeleteSubscription):
            self._delete_subscription(command, outcome)
        elif isinstance(command, d.SetAvailability):
            self._set_availability(command, outcome)
        elif isinstance(command, d.SetDssLimits):
            self.limits = command.limits
        return outcome

    def next_end(self) -> int | None:
        """When something ends next by time. Implicit subscriptions end with their intents."""
        held = [*self.intents.values(), *self.constraints.values(), *self.subscriptions.values()]
        return min((thing["end_us"] for thing in held), default=None)

    def dependents(self, subscription_id: str) -> list[str]:
        return sorted(name for name, intent in self.intents.items() if intent["subscription_id"] == subscription_id)

    def covered(self, subscription_id: str) -> tuple[Extent, ...]:
        """Where a subscription listens: an implicit one just where its intents are."""
        one = self.subscriptions[subscription_id]
        if not one["implicit"]:
            return tuple(one["extents"])
        return tuple(e for name in self.dependents(subscription_id) for e in self.intents[name]["extents"])

    def down(self, uss: str) -> bool:
        return uss in self.availabilities and self.availabilities[uss]["availability"] == "Down"

    def missing(self, intent_id: str, extents: tuple[Extent, ...], known: int, subscription: Thing | None) -> set[str]:
        """What is relevant to an intent and may have been absent from a key that was right at the entry `known`.

        What is said of an intent's USS is news of the intent (it may have been left out while the USS was Down), and
        what is written of the subscription is news of all constraints (it may not have asked for them before).
        """
        found = set()
        for name, other in self.intents.items():
            if name == intent_id or not relevant(extents, other["extents"]):
                continue
            if other["state"] == "Accepted" and self.down(other["manager"]):
                continue
            said = self.availabilities.get(other["manager"], {"sequence": 0})
            if max(other["sequence"], said["sequence"]) > known:
                found.add(name)
        if subscription is not None and subscription["for_constraints"]:
            for name, constraint in self.constraints.items():
                newest = max(constraint["sequence"], subscription["sequence"])
                if newest > known and relevant(extents, constraint["extents"]):
                    found.add(name)
        return found

    def _expire(self, time_us: int, outcome: ReferenceOutcome) -> None:
        for held in (self.intents, self.constraints, self.subscriptions):
            for name in [name for name, thing in held.items() if thing["end_us"] <= time_us]:
                if not held[name].get("implicit"):
                    del held[name]
                    outcome.left.add(name)
        self._fit_implicit()

    def _fit_implicit(self) -> None:
        """Implicit subscriptions are as long as their intents; those without are gone."""
        for name, one in list(self.subscriptions.items()):
            if one["implicit"] and not self.dependents(name):
                del self.subscriptions[name]
            elif one["implicit"]:
                one["begin_us"], one["end_us"] = span(self.covered(name))

    def _notify(self, extents: Iterable[Extent], wants: str, outcome: ReferenceOutcome) -> None:
        where = tuple(extents)
        for name, one in self.subscriptions.items():
            if one[wants] and relevant(self.covered(name), where):
                one["index"] += 1
                outcome.notified.add((one["url"], name, one["index"]))

    @staticmethod
    def _standing(held: Thing | None, manager: str, named: str, current: str, unknown: str) -> set[str]:
        """What is wrong with naming a thing and its version (`current` is the member that has it; none for a new one);
        `unknown` is the code for a thing that is not there.
        """
        if held is None:
            return {unknown} if named else set()
        if held["manager"] != manager:
            return {FOREIGN}
        return set() if held[current] == named else {CONFLICT}

    def _fits(self, extents: tuple[Extent, ...], ahead_days: int | None, lasts_h: int) -> set[str]:
        begin_us, end_us = span(extents)
        too_far = ahead_days is not None and begin_us > self.time_us + ahead_days * 24 * HOUR_US
        wrong = {BAD} if end_us <= self.time_us or too_far or end_us - begin_us > lasts_h * HOUR_US else set()
        return wrong | ({LIMIT} if sum(len(cells_of(one.cells)) for one in extents) > self.limits.max_cells else set())

    def _full(self, held: dict[str, Thing], manager: str, limit: int) -> set[str]:
        """Whether a USS has as many as it may have; implicit subscriptions do not count."""
        mine = [thing for thing in held.values() if thing["manager"] == manager and not thing.get("implicit")]
        return {LIMIT} if len(mine) >= limit else set()

    def _put_intent(self, command: d.PutIntent, outcome: ReferenceOutcome) -> None:
        old = self.intents.get(command.intent_id)
        lasts_h = 24 * self.limits.max_intent_duration_days
        wrong = self._fits(command.extents, self.limits.max_intent_ahead_days, lasts_h)
        if needs_key(command.state) and self.down(command.manager):
            wrong.add(DOWN)
        if needs_key(command.state) and command.known_through >= self.sequence:
            wrong.add(BAD)
        standing = self._standing(old, command.manager, command.replaces, "ovn", BAD)
        outcome.refusals = wrong | (standing or self._details(command, old))
        if outcome.refusals:
            return
        if command.implicit_url:
            self._serve(command)
        begin_us, end_us = span(command.extents)
        self.intents[command.intent_id] = {
            "manager": command.manager,
            "state": command.state,
            "version": old["version"] + 1 if old else 1,
            "ovn": command.ovn,
            "url": command.uss_base_url,
            "subscription_id": command.subscription_id,
            "begin_us": begin_us,
            "end_us": end_us,
            "sequence": self.sequence,
            "extents": command.extents,
        }
        if command.ovn.startswith(command.intent_id + "_"):
            self.chosen.add(command.ovn)
        self._fit_implicit()
        self._notify((*command.extents, *(old["extents"] if old else ())), "for_intents", outcome)

    def _details(self, command: d.PutIntent, old: Thing | None) -> set[str]:
        """What is wrong with an intent whose identifier and version are right."""
        wrong = self._ovn(command, old)
        if old is None:
            wrong |= self._full(self.intents, command.manager, self.limits.max_intents_per_uss)
        was = "" if old is None else old["state"]
        if (was == "" and command.state != "Accepted") or (was == "Contingent" and command.state != "Contingent"):
            wrong.add(BAD)
        held = self.subscriptions.get(command.subscription_id)
        if command.implicit_url:
            wrong |= {CONFLICT} if held is not None else set()
            held = {"for_constraints": command.implicit_for_constraints, "sequence": 0}
        elif command.subscription_id:
            wrong |= self._service(command, held)
        if needs_key(command.state) and self.missing(command.intent_id, command.extents, command.known_through, held):
            wrong.add(KEY)
        return wrong

    def _ovn(self, command: d.PutIntent, old: Thing | None) -> set[str]:
        prefix = command.intent_id + "_"
        if command.ovn in self.chosen or (old is not None and old["ovn"] == command.ovn):
            return {BAD}
        if not command.ovn.startswith(prefix):
            return set()
        made_us = made_at_us(command.ovn.removeprefix(prefix))
        return {BAD} if made_us is None or abs(made_us - self.time_us) > SKEW_US else set()

    def _service(self, command: d.PutIntent, held: Thing | None) -> set[str]:
        """What is wrong with the subscription that is to serve an intent."""
        if held is None:
            return {BAD}
        wrong = {FOREIGN} if held["manager"] != command.manager else set()
        fits = held["implicit"] or all(covers(held["extents"][0], e, self.time_us) for e in command.extents)
        return wrong if held["for_intents"] and fits else wrong | {BAD}

    def _serve(self, command: d.PutIntent) -> None:
        self.subscriptions[command.subscription_id] = {
            "manager": command.manager,
            "version": command.ovn,
            "url": command.implicit_url,
            "for_intents": True,
            "for_constraints": command.implicit_for_constraints,
            "implicit": True,
            "begin_us": 0,
            "end_us": 0,
            "sequence": self.sequence,
            "extents": (),
            "index": 0,
        }

    def _delete_intent(self, command: d.DeleteIntent, outcome: ReferenceOutcome) -> None:
        old = self.intents.get(command.intent_id)
        outcome.refusals = self._standing(old, command.manager, command.ovn, "ovn", UNKNOWN)
        if self.down(command.manager):
            outcome.refusals.add(DOWN)
        if old is not None and not outcome.refusals:
            self._notify(old["extents"], "for_intents", outcome)  # the subscription that goes with it, too
            del self.intents[command.intent_id]
            outcome.left.add(command.intent_id)
            self._fit_implicit()

    def _put_constraint(self, command: d.PutConstraint, outcome: ReferenceOutcome) -> None:
        old = self.constraints.get(command.constraint_id)
        lasts_h = self.limits.max_constraint_duration_h
        outcome.refusals = self._fits(command.extents, self.limits.max_constraint_ahead_days, lasts_h)
        outcome.refusals |= self._standing(old, command.manager, command.replaces, "ovn", CONFLICT)
        if old is None:
            outcome.refusals |= self._full(self.constraints, command.manager, self.limits.max_constraints_per_uss)
        elif old["ovn"] == command.ovn:
            outcome.refusals.add(BAD)
        if outcome.refusals:
            return
        begin_us, end_us = span(command.extents)
        self.constraints[command.constraint_id] = {
            "manager": command.manager,
            "version": old["version"] + 1 if old else 1,
            "ovn": command.ovn,
            "url": command.uss_base_url,
            "begin_us": begin_us,
            "end_us": end_us,
            "sequence": self.sequence,
            "extents": command.extents,
        }
        self._notify((*command.extents, *(old["extents"] if old else ())), "for_constraints", outcome)

    def _delete_constraint(self, command: d.DeleteConstraint, outcome: ReferenceOutcome) -> None:
        old = self.constraints.get(command.constraint_id)
        outcome.refusals = self._standing(old, command.manager, command.ovn, "ovn", UNKNOWN)
        if old is not None and not outcome.refusals:
            del self.constraints[command.constraint_id]
            outcome.left.add(command.constraint_id)
            self._notify(old["extents"], "for_constraints", outcome)

    def _put_subscription(self, command: d.PutSubscription, outcome: ReferenceOutcome) -> None:
        old = self.subscriptions.get(command.subscription_id)
        (listens,) = command.extents
        outcome.refusals = self._fits(command.extents, None, self.limits.max_subscription_duration_h)
        outcome.refusals |= self._standing(old, command.manager, command.replaces, "version", CONFLICT)
        if old is None:
            outcome.refusals |= self._full(self.subscriptions, command.manager, self.limits.max_subscriptions_per_uss)
        elif old["manager"] == command.manager:
            served = [self.intents[name] for name in self.dependents(command.subscription_id)]
            fits = all(covers(listens, e, self.time_us) for intent in served for e in intent["extents"])
            silent = served and not command.for_intents
            if old["implicit"] or old["version"] == command.version or silent or not fits:
                outcome.refusals.add(BAD)
        if outcome.refusals:
            return
        self.subscriptions[command.subscription_id] = {
            "manager": command.manager,
            "version": command.version,
            "url": command.uss_base_url,
            "for_intents": command.for_intents,
            "for_constraints": command.for_constraints,
            "implicit": False,
            "begin_us": listens.begin_us,
            "end_us": listens.end_us,
            "sequence": self.sequence,
            "extents": command.extents,
            "index": old["index"] if old else 0,
        }

    def _delete_subscription(self, command: d.DeleteSubscription, outcome: ReferenceOutcome) -> None:
        old = self.subscriptions.get(command.subscription_id)
        outcome.refusals = self._standing(old, command.manager, command.version, "version", UNKNOWN)
        if not outcome.refusals and self.dependents(command.subscription_id):
            outcome.refusals.add(BAD)
        if not outcome.refusals:
            del self.subscriptions[command.subscription_id]
            outcome.left.add(command.subscription_id)

    def _set_availability(self, command: d.SetAvailability, outcome: ReferenceOutcome) -> None:
        old = self.availabilities.get(command.uss)
        current = "" if old is None else old["version"]
        if command.replaces != current:
            outcome.refusals.add(CONFLICT)
        if command.version == current:
            outcome.refusals.add(BAD)
        if old is None and len(self.availabilities) >= self.limits.max_availabilities:
            outcome.refusals.add(LIMIT)
        if not outcome.refusals:
            self.availabilities[command.uss] = {
                "availability": command.availability,
                "version": command.version,
                "sequence": self.sequence,
            }
