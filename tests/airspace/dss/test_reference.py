"""The rules of the DSS against the reference model, over random histories: verdicts, notifications, state, hash.

A snapshot taken anywhere and a replay of the bodies come to the same. The last tests are those where the rules differ.
"""

from collections import Counter
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle.reference_dss import ReferenceDss, relevant
from skyparley.airspace.apply import apply
from skyparley.airspace.codec import command_kind, decode_command, encode_command
from skyparley.airspace.decide import check
from skyparley.airspace.dss import commands as d
from skyparley.airspace.dss.items import DssLimits
from skyparley.airspace.events import Event, Outcome, ReferenceChanged, ReferenceLeft
from skyparley.airspace.keeping.snapshot import decode_snapshot, encode_snapshot
from skyparley.airspace.operations.commands import Extent
from skyparley.airspace.state import Airspace
from support.dss_histories import (
    AREAS,
    BANDS,
    GRID_US,
    HERE,
    START_US,
    LoneDss,
    events_of,
    history,
    identifier,
    put_constraint,
    put_intent,
    put_subscription,
    said,
    uuid7,
)

DRAWN = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
PER_BLOCK = 100


@pytest.mark.parametrize("block", range(12))
def test_every_history_comes_to_the_same_as_in_the_reference_model(block: int) -> None:
    for seed in range(block * PER_BLOCK, (block + 1) * PER_BLOCK):
        compare(Random(seed), 40, cut=seed % 37)


@DRAWN
@given(st.randoms(use_true_random=False), st.integers(1, 30), st.integers(0, 30))
def test_histories_that_hypothesis_draws_come_to_the_same(dice: Random, count: int, cut: int) -> None:
    compare(dice, count, cut=cut)


def test_histories_under_limits_that_change_come_to_the_same() -> None:
    codes: Counter[str] = Counter()
    for seed in range(300):
        codes += compare(Random(seed), 40, cut=seed % 37, limited=True)
    assert codes["limit_exceeded"] > 500
    assert codes["accepted"] > 2_000


@pytest.mark.soak
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("block", range(20))
def test_many_and_long_histories_come_to_the_same(block: int) -> None:
    for seed in range(100_000 + block * 1_000, 101_000 + block * 1_000):
        compare(Random(seed), 120, cut=seed % 117)


def compare(dice: Random, count: int, *, cut: int, limited: bool = False) -> Counter[str]:
    """Hold a history against the model, a replay of its bodies and a snapshot after `cut` entries; what was refused."""
    state, replayed = Airspace(), Airspace()
    resumed: Airspace | None = None
    codes: Counter[str] = Counter()
    for event, expected, world in history(dice, count, limited=limited):
        foreseen = check(state, event, event.time_us)
        outcome = apply(state, event)
        assert outcome.refusal == foreseen
        code = said(outcome)
        codes[code] += 1
        assert code in (expected.refusals or {"accepted"}), (event, outcome.refusal, expected)
        assert len(outcome.notified) == len(set(outcome.notified))
        assert set(outcome.notified) == expected.notified
        assert changed(outcome) == (named(event, code), expected.left)
        assert_same(state, world)
        again = Event(**{**fields(event), "command": decode_command(encode_command(event.command))})
        assert apply(replayed, again) == outcome
        assert replayed.state_hash() == state.state_hash() == state.recomputed_state_hash()
        if resumed is not None:
            assert apply(resumed, event) == outcome
            assert resumed.state_hash() == state.state_hash()
        elif event.sequence > cut:
            resumed = decode_snapshot(encode_snapshot(state))
    if resumed is not None:
        assert encode_snapshot(resumed) == encode_snapshot(state) == encode_snapshot(replayed)
        assert resumed.waits_for_time() == state.waits_for_time()
        assert_same(resumed, world)
    return codes


def fields(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in Event.__struct_fields__}


def named(event: Event, code: str) -> set[str]:
    """What an accepted write is about."""
    about = {
        d.PutIntent: "intent_id",
        d.PutConstraint: "constraint_id",
        d.PutSubscription: "subscription_id",
        d.SetAvailability: "uss",
    }
    word = about.get(type(event.command)) if code == "accepted" else None
    return {getattr(event.command, word)} if word else set()


def changed(outcome: Outcome) -> tuple[set[str], set[str]]:
    """Identifiers of what is new or changed, and of what has left."""
    fresh, left = set(), set()
    for change in outcome.changes:
        assert isinstance(change, ReferenceChanged | ReferenceLeft)
        one = change.reference
        name = next(getattr(one, name) for name in one.__struct_fields__[:1])
        (fresh if isinstance(change, ReferenceChanged) else left).add(name)
    return fresh, left


def assert_same(state: Airspace, world: ReferenceDss) -> None:
    dss = state.dss
    assert (state.sequence, state.time_us) == (world.sequence, world.time_us)
    assert {
        name: {
            "manager": one.manager,
            "state": one.state,
            "version": one.version,
            "ovn": one.ovn,
            "url": one.uss_base_url,
            "subscription_id": one.subscription_id,
            "begin_us": one.begin_us,
            "end_us": one.end_us,
            "sequence": one.sequence,
            "extents": one.extents(),
        }
        for name, one in dss.intents.items()
    } == world.intents
    assert {
        name: {
            "manager": one.manager,
            "version": one.version,
            "ovn": one.ovn,
            "url": one.uss_base_url,
            "begin_us": one.begin_us,
            "end_us": one.end_us,
            "sequence": one.sequence,
            "extents": one.extents(),
        }
        for name, one in dss.constraints.items()
    } == world.constraints
    assert {name: flat(state, name) for name in dss.subscriptions} == world.subscriptions
    assert {
        name: {"availability": one.availability, "version": one.version, "sequence": one.sequence}
        for name, one in dss.availabilities.items()
    } == world.availabilities
    for name in dss.subscriptions:
        assert dss.dependents(name) == world.dependents(name)
    assert state.waits_for_time() == world.next_end()
    assert not list(state.key_records())
    assert not state.refused
    assert_same_is_found(state, world)


def flat(state: Airspace, name: str) -> dict[str, Any]:
    subscribed = state.dss.subscriptions[name]
    one = subscribed.subscription
    begin_us, end_us = state.dss.span_us(one)
    return {
        "manager": one.manager,
        "version": one.version,
        "url": one.uss_base_url,
        "for_intents": one.for_intents,
        "for_constraints": one.for_constraints,
        "implicit": one.implicit,
        "begin_us": begin_us,
        "end_us": end_us,
        "sequence": one.sequence,
        "extents": one.extents(),
        "index": subscribed.index,
    }


def assert_same_is_found(state: Airspace, world: ReferenceDss) -> None:
    """By a query somewhere, another place at each entry."""
    begin_us = (world.time_us // GRID_US + world.sequence % 4) * GRID_US
    area, band = AREAS[world.sequence % len(AREAS)], BANDS[world.sequence % len(BANDS)]
    where = (Extent(area, *band, "WGS84", begin_us, begin_us + GRID_US),)
    intents = {name for name, one in world.intents.items() if relevant(where, one["extents"])}
    constraints = {name for name, one in world.constraints.items() if relevant(where, one["extents"])}
    subscriptions = {name for name in world.subscriptions if relevant(where, world.covered(name))}
    assert set(state.dss.relevant_intents(where)) == intents
    assert set(state.dss.relevant_constraints(where)) == constraints
    assert set(state.dss.relevant_subscriptions(where)) == subscriptions


def test_the_histories_reach_every_outcome() -> None:
    """A comparison over histories in which little happens would prove little."""
    seen: Counter[tuple[str, str]] = Counter()
    for seed in range(150):
        state = Airspace()
        for event in events_of(seed, 40):
            outcome = apply(state, event)
            kind = command_kind(event.command)
            seen[kind, said(outcome)] += 1
            seen["notified", kind] += len(outcome.notified)
            for change in outcome.changes:
                seen[type(change).__name__, getattr(change.reference, "state", "")] += 1
    wanted = {
        "put_intent": ("invalid_input", "forbidden", "state_conflict", "state_conflict key", "uss_down"),
        "delete_intent": ("not_found", "forbidden", "state_conflict", "uss_down"),
        "put_constraint": ("invalid_input", "forbidden", "state_conflict"),
        "delete_constraint": ("not_found", "forbidden", "state_conflict"),
        "put_subscription": ("invalid_input", "forbidden", "state_conflict"),
        "delete_subscription": ("not_found", "forbidden", "state_conflict", "invalid_input"),
        "set_availability": ("invalid_input", "state_conflict"),
        "file_report": (),
    }
    for kind, codes in wanted.items():
        assert all(seen[kind, code] >= 3 for code in codes), (kind, seen)
        assert seen[kind, "accepted"] >= 40, (kind, seen)
    assert seen["put_intent", "state_conflict key"] > 150
    for kind in ("put_intent", "delete_intent", "put_constraint", "delete_constraint"):
        assert seen["notified", kind] >= 40, seen
    for state_word in ("Accepted", "Activated", "Nonconforming", "Contingent"):
        assert seen["ReferenceChanged", state_word] >= 30, seen
        assert seen["ReferenceLeft", state_word] >= 10, seen


def test_an_ovn_that_a_uss_chose_does_not_come_again_after_the_end_of_its_intent() -> None:
    """Or who knew the first intent passes for one who knows the second, which lies elsewhere."""
    world, ovn = LoneDss(), f"{identifier(1, 0)}_{uuid7(START_US, 1)}"
    world.must(put_intent(ovn=ovn))
    world.must(d.DeleteIntent("uss1", identifier(1, 0), ovn))
    assert world.refusal(put_intent(ovn=ovn)) == "invalid_input"


def test_who_asks_for_constraints_meanwhile_must_know_those_that_are_there() -> None:
    world, subscription = LoneDss(), put_subscription()
    world.must(subscription)
    world.must(put_constraint(manager="uss2"))
    known = world.state.sequence
    first = subscription.version
    world.must(put_subscription(replaces=first, version="second-version-of-it", for_constraints=True))
    intent = put_intent(known_through=known, subscription_id=subscription.subscription_id)
    assert world.refusal(intent) == "state_conflict key"


def test_the_identifier_of_a_subscription_that_has_ended_is_free() -> None:
    world = LoneDss()
    world.must(put_subscription())
    later = Extent(HERE.cells, 0, 1, "WGS84", HERE.begin_us, HERE.end_us + GRID_US)
    intent = put_intent(extents=(later,), subscription_id=identifier(3, 0), implicit_url="https://uss1.example")
    assert world.refusal(intent, after_us=2 * GRID_US) == "accepted"


def test_intents_that_have_ended_do_not_depend_on_a_subscription() -> None:
    world = LoneDss()
    longer = Extent(HERE.cells, 0, 100_000, "WGS84", HERE.begin_us, HERE.end_us + GRID_US)
    subscription = put_subscription(extents=(longer,), for_constraints=True)
    world.must(subscription)
    world.must(put_intent(subscription_id=subscription.subscription_id))
    changes = {"replaces": subscription.version, "version": "second-version-of-it", "for_intents": False}
    assert world.refusal(msgspec.structs.replace(subscription, **changes), after_us=2 * GRID_US) == "accepted"


@pytest.mark.parametrize("kind", ["intent", "constraint", "subscription"])
def test_what_has_ended_does_not_count_against_a_limit(kind: str) -> None:
    world, put = LoneDss(), {"intent": put_intent, "constraint": put_constraint, "subscription": put_subscription}[kind]
    world.must(d.SetDssLimits(DssLimits(**{f"max_{kind}s_per_uss": 1})))
    world.must(put())
    later = Extent(HERE.cells, 0, 1, "WGS84", HERE.begin_us, HERE.end_us + GRID_US)
    second = put(**{f"{kind}_id": identifier(1, 9), "extents": (later,)})
    assert world.refusal(second, after_us=2 * GRID_US) == "accepted"
