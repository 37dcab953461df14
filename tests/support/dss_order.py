"""What clients of a DSS sent and were told, held against its log: one order explains every answer (linearizability).

Each accepted write is held against the key that its client sent, each list of whom to notify against the reference
model, each read and each refusal for a key against a state between its sending and its answer, the order of the log
against real time. The log is read by the node's own reader; what it comes to is told by `oracle.reference_dss`.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec

from oracle.reference_dss import ReferenceDss, relevant
from skyparley.airspace.dss.commands import DssCommand, PutIntent
from skyparley.airspace.dss.items import DEFAULT_LIMITS
from skyparley.airspace.events import Event, Outcome
from skyparley.airspace.operations.commands import Extent
from skyparley.airspace.state import Airspace
from skyparley.log.sqlite import SqliteLog
from skyparley.node.dss.f3548 import Volume4DShape, extents_of, intent_bounds
from skyparley.node.recovery import catch_up
from support.drafts import Clock

Json = dict[str, Any]
Notified = tuple[str, str, int]
Entries = list[tuple[Event, Outcome]]
NEED_KEY = ("Accepted", "Activated")


@dataclass(eq=False)
class Call:
    """One request as it was sent, and its answer; `status` 0 if that was cut off.

    `verb` is put, delete, get or query; `version` the one in the path, empty for a creation.
    """

    uss: str
    verb: str
    kind: str
    identifier: str = ""
    version: str = ""
    body: Json = field(default_factory=dict)
    sent_s: float = 0.0
    answered_s: float = math.inf
    status: int = 0
    answer: Json = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        """Whether it is a write that was accepted."""
        return self.status in (200, 201) and self.verb in ("put", "delete")

    @property
    def lacks_key(self) -> bool:
        """Whether it was refused with what its key lacks."""
        return "missing_operational_intents" in self.answer

    def knows(self, needed: dict[str, str]) -> bool:
        """Whether its key has all these OVNs."""
        return set(needed.values()) <= set(self.body.get("key", ()))

    @property
    def written(self) -> Json:
        """The reference, subscription or availability that its answer is about."""
        if self.kind == "availability":
            return self.answer
        return dict(next(value for value in self.answer.values() if isinstance(value, dict)))

    @property
    def fresh(self) -> str:
        """The version that it wrote."""
        written = self.written
        return str(written["ovn"] if "ovn" in written else written["version"])

    @property
    def notified(self) -> set[Notified]:
        """Whom its answer says to notify."""
        return {
            (uss["uss_base_url"], one["subscription_id"], one["notification_index"])
            for uss in self.answer.get("subscribers", ())
            for one in uss["subscriptions"]
        }


@dataclass(frozen=True)
class Then:
    """What there is after one entry."""

    sequence: int
    intents: dict[str, Json]
    constraints: dict[str, Json]
    subscriptions: dict[str, tuple[str, int, bool, tuple[str, ...]]]
    down: frozenset[str]


async def read_log(directory: Path) -> Entries:
    """All entries of a data directory that no process serves, with what the node's own rules make of them."""
    log = await SqliteLog.open(directory / "log.sqlite", pool=None, clock=Clock(), read_only=True)
    found: Entries = []
    try:
        await log.verify()
        end = (await log.head()).sequence
        await catch_up(log, Airspace(), end, after=lambda event, outcome: found.append((event, outcome)))
    finally:
        await log.close()
    return found


def check(calls: Sequence[Call], entries: Entries) -> ReferenceDss:
    """Assert that the order of the log explains every answer; the reference model at its end."""
    reference, placing = ReferenceDss(), _Placing(calls)
    states = [_then(reference)]
    last_sent_s = -math.inf
    for event, outcome in entries:
        command = event.command
        needed = _needed(reference, command) if isinstance(command, PutIntent) and outcome.refusal is None else {}
        expected = reference.apply(event)
        if not isinstance(command, DssCommand) or outcome.refusal is not None:
            continue
        assert not expected.refusals, f"entry {event.sequence} should be refused: {expected.refusals}"
        call = placing.place(command, event.sequence, needed)
        assert call.answered_s > last_sent_s, f"entry {event.sequence} was answered before an earlier one was sent"
        last_sent_s = max(last_sent_s, call.sent_s)
        assert call.knows(needed), f"entry {event.sequence} did not know all of {needed}: {call}"
        assert len(set(outcome.notified)) == len(outcome.notified)
        assert set(outcome.notified) == expected.notified, f"entry {event.sequence} is told to others"
        assert not call.is_done or call.notified == expected.notified, f"entry {event.sequence}: {call}"
        states.append(_then(reference))
    placing.check_complete()
    _check_indices(calls)
    _check_reads(calls, placing.sequences, states)
    return reference


def _needed(reference: ReferenceDss, command: PutIntent) -> dict[str, str]:
    """All that the writer of an intent must know now, with its OVN."""
    if command.state not in NEED_KEY:
        return {}
    served = {"for_constraints": command.implicit_for_constraints, "sequence": 0}
    subscription = served if command.implicit_url else reference.subscriptions.get(command.subscription_id)
    names = reference.missing(command.intent_id, command.extents, 0, subscription)
    return {name: (reference.intents.get(name) or reference.constraints[name])["ovn"] for name in names}


def _then(reference: ReferenceDss) -> Then:
    return Then(
        reference.sequence,
        dict(reference.intents),
        dict(reference.constraints),
        {
            name: (one["version"], one["index"], one["for_constraints"], tuple(reference.dependents(name)))
            for name, one in reference.subscriptions.items()
        },
        frozenset(uss for uss in reference.availabilities if reference.down(uss)),
    )


class _Placing:
    """Finds for each entry the call that it came of: one that was answered with its version, or was cut off."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self.sequences: dict[Call, int] = {}
        self._done: dict[tuple[str, ...], Call] = {}
        self._cut: dict[tuple[str, ...], list[Call]] = {}
        for call in calls:
            place = (call.verb, call.kind, call.identifier, call.version)
            if call.is_done:
                named = (*place, call.fresh if call.verb == "put" else "")
                assert named not in self._done, f"one version was answered twice: {named}"
                self._done[named] = call
            elif call.status == 0:
                self._cut.setdefault(place, []).append(call)

    def place(self, command: DssCommand, sequence: int, needed: dict[str, str]) -> Call:
        """The call; of several that were cut off, the first that knew what is needed."""
        word, _, kind = str(command.__struct_config__.tag).partition("_")
        name, fresh = {
            "intent": ("intent_id", "ovn"),
            "constraint": ("constraint_id", "ovn"),
            "subscription": ("subscription_id", "version"),
            "availability": ("uss", "version"),
        }[kind]
        version = getattr(command, fresh)
        writes = word != "delete"
        place = ("put" if writes else "delete", kind, getattr(command, name), command.replaces if writes else version)
        call = self._done.pop((*place, version if writes else ""), None)
        if call is None:
            cut = self._cut.get(place, [])
            assert cut, f"nobody sent entry {sequence}: {place}"
            call = next((one for one in cut if one.knows(needed)), cut[0])
            del self._cut[place]
        self.sequences[call] = sequence
        return call

    def check_complete(self) -> None:
        assert not self._done, f"{len(self._done)} accepted writes are lost: {list(self._done)[:3]}"


def _check_indices(calls: Sequence[Call]) -> None:
    """No index of a subscription was handed out twice, and none lacks unless answers were cut off."""
    handed: dict[str, list[int]] = {}
    for call in calls:
        for _, name, index in call.notified:
            handed.setdefault(name, []).append(index)
    whole = all(call.status for call in calls)
    for name, indices in handed.items():
        assert len(set(indices)) == len(indices), f"an index of {name} was handed out twice"
        assert not whole or sorted(indices) == list(range(1, len(indices) + 1)), f"{name} lacks an index"


def _check_reads(calls: Sequence[Call], sequences: dict[Call, int], states: list[Then]) -> None:
    """Each read, and each refusal for a key, is of a state that was there between its sending and its answer."""
    answered = sorted((call.answered_s, sequence) for call, sequence in sequences.items())
    sent = sorted((call.sent_s, sequence) for call, sequence in sequences.items())
    latest = list(accumulate((sequence for _, sequence in answered), max, initial=0))
    end = states[-1].sequence + 1
    earliest = list(accumulate((sequence for _, sequence in reversed(sent)), min, initial=end))[::-1]
    places = [then.sequence for then in states]
    for call in calls:
        if (call.verb not in ("get", "query") and not call.lacks_key) or not call.status:
            continue
        since = latest[bisect_left(answered, (call.sent_s, 0))]
        before = earliest[bisect_right(sent, (call.answered_s, end))]
        window = states[bisect_right(places, since) - 1 : bisect_left(places, before)]
        if call.lacks_key:
            extents = extents_of(
                msgspec.convert(call.body["extents"], list[Volume4DShape]), intent_bounds(DEFAULT_LIMITS)
            )
            fits = any(_told_missing(call, extents, then) for then in window)
        else:
            fits = any(_told_read(call, then) for then in window)
        assert fits, f"no state from entry {since} to before {before} explains {call}"


def _told_read(call: Call, then: Then) -> bool:
    if call.kind == "subscription":
        held = then.subscriptions.get(call.identifier)
        if held is None or call.status != 200:
            return held is None and call.status == 404
        told = call.written
        dependents = tuple(told["dependent_operational_intents"])
        return (told["version"], told["notification_index"], told["notify_for_constraints"], dependents) == held
    held_here = then.intents if call.kind == "intent" else then.constraints
    (references,) = call.answer.values()
    return {one["id"]: one["version"] for one in references} == {
        name: one["version"] for name, one in held_here.items()
    }


def _told_missing(call: Call, extents: Sequence[Extent], then: Then) -> bool:
    body, key = call.body, set(call.body["key"])
    implicit = body.get("new_subscription")
    served = then.subscriptions.get(body.get("subscription_id") or "")
    hears = implicit["notify_for_constraints"] if implicit else served is not None and served[2]
    intents = {
        name: one["version"]
        for name, one in then.intents.items()
        if name != call.identifier
        and one["ovn"] not in key
        and not (one["state"] == "Accepted" and one["manager"] in then.down)
        and relevant(one["extents"], extents)
    }
    constraints = {
        name: one["version"]
        for name, one in then.constraints.items()
        if hears and one["ovn"] not in key and relevant(one["extents"], extents)
    }
    told = [call.answer[f"missing_{name}"] for name in ("operational_intents", "constraints")]
    return [{one["id"]: one["version"] for one in items} for items in told] == [intents, constraints]
