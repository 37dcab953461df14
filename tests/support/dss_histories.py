"""Histories of the DSS for tests: a few USSs in a few cells, where bands and times abut and names come again.

A history is drawn from dice: `random.Random(seed)`, or Hypothesis's own (`st.randoms`), which it can shrink. It looks
at the reference model's world to say what fits, and now and then what just does not.
"""

from collections.abc import Iterator
from random import Random
from typing import Any
from uuid import UUID

import msgspec
import s2geometry as s2

from oracle.reference_dss import ReferenceDss, ReferenceOutcome, covers, span
from skyparley.airspace import limits
from skyparley.airspace.apply import apply
from skyparley.airspace.codec import content_digest, encode_command
from skyparley.airspace.decide import check
from skyparley.airspace.dss import commands as d
from skyparley.airspace.dss.items import DssLimits
from skyparley.airspace.events import Event, Outcome
from skyparley.airspace.operations.commands import Extent
from skyparley.airspace.state import Airspace
from skyparley.record.authorship import BEARER_ATTESTED, NODE

START_US = 1_800_000_000_000_000
SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
GRID_US = 10 * MINUTE_US
"""Times begin and end on this grid, so that many abut."""

MANAGERS = ("uss1", "uss2", "uss3")
STATES = ("Accepted", "Accepted", "Accepted", "Accepted", "Activated", "Activated", "Nonconforming", "Contingent")
BANDS = (
    (0, 100_000),
    (0, 100_000),
    (100_000, 200_000),
    (100_001, 200_000),
    (50_000, 50_000),
    (limits.LOWEST_MM, limits.HIGHEST_MM),
)
WAITS_US = (1, 1, 1, SECOND_US, SECOND_US, SECOND_US, MINUTE_US, MINUTE_US, GRID_US)
LONG_WAITS_US = (6 * HOUR_US, 25 * HOUR_US, 31 * DAY_US)
SKEWS_US = (0, 0, 0, 0, 0, 0, 0, 0, -299_000_000, 299_000_000, -302_000_000, 302_000_000, -300_000_000, 300_000_000)
KINDS = (
    ("put_intent", 50),
    ("delete_intent", 6),
    ("put_constraint", 10),
    ("delete_constraint", 3),
    ("put_subscription", 18),
    ("delete_subscription", 5),
    ("set_availability", 5),
    ("file_report", 1),
)
NARROW = {
    "max_intent_ahead_days": (1, 31),
    "max_intent_duration_days": (1, 31),
    "max_constraint_ahead_days": (1, 57),
    "max_constraint_duration_h": (1, 25),
    "max_subscription_duration_h": (1, 25),
    "max_cells": (1, 4, 5, 16),
    "max_intents_per_uss": (1, 2),
    "max_constraints_per_uss": (1,),
    "max_subscriptions_per_uss": (1,),
    "max_availabilities": (2,),
}
_WORDS = [kind for kind, weight in KINDS for _ in range(weight)]


def _tokens() -> tuple[tuple[str, ...], ...]:
    """Areas in and about one cell of level 11: whole, in quarters, in sixteenths, mixed, and beside it."""
    top = s2.S2CellId(s2.S2LatLng.FromDegrees(46.9, 7.4)).parent(11)
    quarters = [top.child(i) for i in range(4)]
    small = [cell.child(i) for cell in quarters for i in range(4)]
    beside = top.next().child(0)
    areas = [
        [top],
        [quarters[0]],
        [quarters[1]],
        [small[0]],
        [small[0]],
        [small[1]],
        [small[4]],
        [small[0], small[3], small[4]],
        [quarters[1], small[0]],
        [quarters[0], small[15], beside],
        [beside.child(2)],
    ]
    return tuple(tuple(sorted(cell.ToToken() for cell in area)) for area in areas)


AREAS = _tokens()
WHOLE = AREAS[0]


def identifier(kind: int, number: int) -> str:
    """A UUID of version 4: kind 1 for intents, 2 for constraints, 3 for subscriptions, 4 for reports."""
    return f"{number:08x}-0000-4000-8000-{kind:012x}"


def uuid7(time_us: int, number: int) -> str:
    """A UUID of version 7, made at a time."""
    return str(UUID(int=(time_us // 1_000 << 80) | 7 << 76 | 2 << 62 | number))


HERE = Extent(WHOLE, 0, 100_000, "WGS84", START_US + GRID_US, START_US + 2 * GRID_US)


def put_intent(**changes: Any) -> d.PutIntent:
    """A first write of an intent that nothing is wrong with, but for the changes."""
    good = d.PutIntent(
        manager="uss1",
        intent_id=identifier(1, 0),
        replaces="",
        ovn="first-version-of-it",
        state="Accepted",
        extents=(HERE,),
        uss_base_url="https://uss1.example",
        known_through=0,
        subscription_id="",
        implicit_url="",
        implicit_for_constraints=False,
    )
    return msgspec.structs.replace(good, **changes)


def put_constraint(**changes: Any) -> d.PutConstraint:
    """A first write of a constraint that nothing is wrong with, but for the changes."""
    good = d.PutConstraint("uss1", identifier(2, 0), "", "first-version-of-it", (HERE,), "https://uss1.example")
    return msgspec.structs.replace(good, **changes)


def put_subscription(**changes: Any) -> d.PutSubscription:
    """A first write of a subscription that nothing is wrong with, but for the changes."""
    good = d.PutSubscription(
        "uss1", identifier(3, 0), "", "first-version-of-it", (HERE,), "https://uss1.example", True, False
    )
    return msgspec.structs.replace(good, **changes)


def event_at(sequence: int, time_us: int, command: Any) -> Event:
    """An entry as a USS writes it: by its token, without a party. Limits are written by the node."""
    return Event(
        sequence=sequence,
        time_us=time_us,
        party="",
        authentication=NODE if isinstance(command, d.SetDssLimits) else BEARER_ATTESTED,
        command=command,
        content_digest=content_digest(encode_command(command)),
    )


def said(outcome: Outcome) -> str:
    """`accepted`, or the code of the refusal, with `key` behind it if the key lacks something."""
    if outcome.refusal is None:
        return "accepted"
    return outcome.refusal.code + (" key" if outcome.refusal.place == "key" else "")


class LoneDss:
    """The rules alone, a second from entry to entry."""

    def __init__(self) -> None:
        self.state = Airspace()

    def do(self, command: Any, *, after_us: int = SECOND_US) -> Outcome:
        """What a command comes to, foreseen before the log and then in it."""
        event = event_at(self.state.sequence + 1, max(self.state.time_us, START_US) + after_us, command)
        foreseen = check(self.state, event, event.time_us)
        outcome = apply(self.state, event)
        assert foreseen == outcome.refusal
        assert self.state.state_hash() == self.state.recomputed_state_hash()
        return outcome

    def must(self, command: Any, *, after_us: int = SECOND_US) -> Outcome:
        """What an accepted command comes to."""
        outcome = self.do(command, after_us=after_us)
        assert outcome.refusal is None, outcome.refusal
        return outcome

    def refusal(self, command: Any, *, after_us: int = SECOND_US) -> str:
        """What is said of a command."""
        return said(self.do(command, after_us=after_us))


def history(
    dice: Random, count: int, *, limited: bool = False
) -> Iterator[tuple[Event, ReferenceOutcome, ReferenceDss]]:
    """Entries, each with what it comes to and the world after it, which goes on. `limited`: the limits change, too."""
    course = DssHistory(dice, limited=limited)
    for _ in range(count):
        event = course.next_event()
        yield event, course.world.apply(event), course.world


def events_of(seed: int, count: int) -> list[Event]:
    """The entries of a history alone."""
    return [event for event, _, _ in history(Random(seed), count)]


class DssHistory:
    def __init__(self, dice: Random, *, limited: bool = False) -> None:
        self.dice = dice
        self.limited = limited
        self.world = ReferenceDss()
        self.drawn = 0
        self.former: list[str] = []
        """Versions as they were once: to name, or to choose again."""

    def next_event(self) -> Event:
        waits = LONG_WAITS_US if self.dice.random() < 0.02 else WAITS_US
        self.now_us = max(self.world.time_us, START_US) + self.dice.choice(waits)
        if self.dice.random() < 0.04:  # just when something ends, or the last moment before
            end_us = self.world.next_end() or 0
            self.now_us = max(self.now_us, end_us - self.dice.choice((0, 0, 1)))
        if self.limited and (not self.world.sequence or self._one_in(15)):
            return event_at(self.world.sequence + 1, self.now_us, d.SetDssLimits(self._limits()))
        command = getattr(self, "_" + self.dice.choice(_WORDS))()
        return event_at(self.world.sequence + 1, self.now_us, command)

    def _limits(self) -> DssLimits:
        return DssLimits(**{name: self.dice.choice(values) for name, values in NARROW.items() if self._one_in(2)})

    def _one_in(self, count: int) -> bool:
        return self.dice.randrange(count) == 0

    def _fresh(self) -> str:
        self.drawn += 1
        self.former.append(f"version-{self.drawn:012d}")
        return self.former[-1]

    def _there(self, held: dict[str, Any], version: str, kind: int) -> tuple[str, str, str]:
        """USS, thing and version of a change: mostly its own, and as it is; or what is not there, or was."""
        dice = self.dice
        name = dice.choice(sorted(held)) if held and not self._one_in(15) else identifier(kind, dice.randrange(6))
        thing = held.get(name, {"manager": dice.choice(MANAGERS), version: "version-of-nothing"})
        manager = dice.choice(MANAGERS) if self._one_in(12) else thing["manager"]
        stale = self.former and self._one_in(12)
        return manager, name, dice.choice(self.former) if stale else thing[version]

    def _write(self, held: dict[str, Any], version: str, kind: int) -> tuple[str, str, str]:
        """USS, thing and version of a write: something new (no version), or a change."""
        free = sorted(name for name in (identifier(kind, number) for number in range(6)) if name not in held)
        if self._one_in(15):
            return self.dice.choice(MANAGERS), identifier(kind, self.dice.randrange(6)), ""
        if free and self.dice.random() < 2 / (1 + len(held)):
            return self.dice.choice(MANAGERS), self.dice.choice(free), ""
        return self._there(held, version, kind)

    def _extent(self, *, lasts: tuple[int, ...]) -> Extent:
        dice = self.dice
        lower_mm, upper_mm = dice.choice(BANDS)
        begin_us = (self.now_us // GRID_US + dice.choice((-2, 0, 0, 1, 1, 2, 3, 6))) * GRID_US
        end_us = begin_us + dice.choice(lasts) * GRID_US
        if self._one_in(40):
            begin_us = self.now_us + dice.choice((30, 56)) * DAY_US + dice.choice((-1, 0, 0, 1))
            end_us = begin_us + GRID_US
        if self._one_in(80):
            end_us = begin_us + dice.choice((1, 30)) * DAY_US + dice.choice((0, 0, 1))
        return Extent(dice.choice(AREAS), lower_mm, upper_mm, "WGS84", begin_us, end_us)

    def _extents(self) -> tuple[Extent, ...]:
        return tuple(self._extent(lasts=(1, 2, 3, 6, 12)) for _ in range(self.dice.choice((1, 1, 2, 2, 3))))

    def _known(self) -> int:
        last = self.world.sequence
        if self._one_in(25):
            return last + self.dice.choice((1, 1, 2, 100))
        if self._one_in(3):
            return self.dice.randrange(last + 1)
        return max(0, last - self.dice.choice((0, 0, 0, 0, 0, 1, 2, 3)))

    def _ovn(self, intent_id: str) -> str:
        """Drawn by the node, or chosen: at a right or wrong time, one that was, another kind of UUID, or none."""
        prefix = intent_id + "_"
        before = [ovn for ovn in self.former if ovn.startswith(prefix)]
        if before and self._one_in(8):
            return self.dice.choice(before[-2:])
        if self._one_in(60):
            return prefix + self.dice.choice((identifier(9, 9), "suffix", uuid7(self.now_us, 1).upper(), ""))
        if intent_id in self.world.intents and self._one_in(40):
            return str(self.world.intents[intent_id]["ovn"])
        if self._one_in(3):
            self.drawn += 1
            self.former.append(prefix + uuid7(self.now_us + self.dice.choice(SKEWS_US), self.drawn))
            return self.former[-1]
        return self._fresh()

    def _serving(self, manager: str, state: str, extents: tuple[Extent, ...]) -> tuple[str, str]:
        """Identifier of the subscription that is to serve an intent, and the address of one that is to be made."""
        dice = self.dice
        if state == "Accepted" and self._one_in(3):
            return "", ""
        if self._one_in(15):
            return identifier(3, dice.randrange(6)), dice.choice(("", "https://new.example"))
        held = self.world.subscriptions
        mine = sorted(name for name, one in held.items() if one["manager"] == manager)
        fits = [
            n
            for n in mine
            if held[n]["implicit"] or all(covers(held[n]["extents"][0], e, self.now_us) for e in extents)
        ]
        explicit = [name for name in fits if not held[name]["implicit"]]
        if fits and not self._one_in(3):
            return dice.choice(explicit or fits), ""
        if mine and self._one_in(4):
            return dice.choice(mine), ""
        self.drawn += 1
        return identifier(3, 1_000 + self.drawn), f"https://{manager}.example/{dice.choice('ab')}"

    def _put_intent(self) -> d.PutIntent:
        manager, intent_id, replaces = self._write(self.world.intents, "ovn", 1)
        state = "Accepted" if not replaces and not self._one_in(12) else self.dice.choice(STATES)
        extents = self._extents()
        subscription_id, implicit_url = self._serving(manager, state, extents)
        return d.PutIntent(
            manager=manager,
            intent_id=intent_id,
            replaces=replaces,
            ovn=self._ovn(intent_id),
            state=state,
            extents=extents,
            uss_base_url=f"https://{manager}.example/{self.dice.choice('ab')}",
            known_through=self._known(),
            subscription_id=subscription_id,
            implicit_url=implicit_url,
            implicit_for_constraints=implicit_url != "" and self._one_in(2),
        )

    def _delete_intent(self) -> d.DeleteIntent:
        return d.DeleteIntent(*self._there(self.world.intents, "ovn", 1))

    def _put_constraint(self) -> d.PutConstraint:
        manager, constraint_id, replaces = self._write(self.world.constraints, "ovn", 2)
        fresh = replaces if replaces and self._one_in(20) else self._fresh()
        return d.PutConstraint(manager, constraint_id, replaces, fresh, self._extents(), f"https://{manager}.example")

    def _delete_constraint(self) -> d.DeleteConstraint:
        return d.DeleteConstraint(*self._there(self.world.constraints, "ovn", 2))

    def _put_subscription(self) -> d.PutSubscription:
        explicit = {name: one for name, one in self.world.subscriptions.items() if not one["implicit"]}
        serving = {name: one for name, one in explicit.items() if self.world.dependents(name)}
        choice = self.dice.choice((serving or explicit, serving or explicit, explicit, self.world.subscriptions))
        manager, subscription_id, replaces = self._write(choice, "version", 3)
        for_intents = not self._one_in(8)
        return d.PutSubscription(
            manager=manager,
            subscription_id=subscription_id,
            replaces=replaces,
            version=replaces if replaces and self._one_in(20) else self._fresh(),
            extents=(self._listening(subscription_id),),
            uss_base_url=f"https://{manager}.example/{self.dice.choice('ab')}",
            for_intents=for_intents,
            for_constraints=not for_intents or self._one_in(2),
        )

    def _listening(self, subscription_id: str) -> Extent:
        """Wide, so that intents can depend on it; any; or just as wide as what depends on it, or a little less."""
        served = [e for name in self.world.dependents(subscription_id) for e in self.world.intents[name]["extents"]]
        if served and self._one_in(2):
            begin_us, end_us = span(served)
            slip = self.dice.choice((0, 0, 0, 0, 1, 2, 3, 4))
            lower_mm, upper_mm = min(e.lower_mm for e in served), max(e.upper_mm for e in served)
            inside = upper_mm > lower_mm
            return Extent(
                (*WHOLE, AREAS[-1][0]) if AREAS[-1][0] > WHOLE[0] else (AREAS[-1][0], *WHOLE),
                lower_mm + (1 if slip == 1 and inside else 0),
                upper_mm - (1 if slip == 2 and inside else 0),
                "WGS84",
                begin_us + (1 if slip == 3 else 0),
                end_us - (1 if slip == 4 else 0),
            )
        if self._one_in(3):
            return self._extent(lasts=(1, 3, 12))
        begin_us = (self.now_us // GRID_US - self.dice.choice((0, 3))) * GRID_US
        band = self.dice.choice(((limits.LOWEST_MM, limits.HIGHEST_MM), (0, 200_000)))
        return Extent(WHOLE, *band, "WGS84", begin_us, begin_us + self.dice.choice((6, 36, 144)) * GRID_US)

    def _delete_subscription(self) -> d.DeleteSubscription:
        return d.DeleteSubscription(*self._there(self.world.subscriptions, "version", 3))

    def _set_availability(self) -> d.SetAvailability:
        uss = self.dice.choice(MANAGERS)
        down = sorted(name for name, said in self.world.availabilities.items() if said["availability"] == "Down")
        word = "Down"
        if down and not self._one_in(5):  # and back: nothing much happens where all are Down
            uss, word = self.dice.choice(down), self.dice.choice(("Normal", "Unknown"))
        held = self.world.availabilities.get(uss)
        replaces = held["version"] if held else ""
        fresh = replaces if replaces and self._one_in(15) else self._fresh()
        if self._one_in(8):
            replaces = self.dice.choice((*self.former[-3:], ""))
        return d.SetAvailability("arbiter", uss, replaces, fresh, word)

    def _file_report(self) -> d.FileReport:
        return d.FileReport(self.dice.choice(MANAGERS), identifier(4, self.dice.randrange(3)), f"{7:064x}")
