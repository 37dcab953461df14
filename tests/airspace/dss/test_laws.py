"""Laws of the DSS that need no model, over random histories: notification indices go up by one, keys lack nothing,
implicit subscriptions serve somebody and cover just that, and nothing is left when everything has ended.
"""

from random import Random

from oracle.reference_dss import needs_key, relevant
from skyparley.airspace.apply import apply
from skyparley.airspace.dss import commands as d
from skyparley.airspace.operations.commands import Extent
from skyparley.airspace.state import Airspace
from support.dss_histories import (
    AREAS,
    BANDS,
    DAY_US,
    GRID_US,
    HOUR_US,
    START_US,
    LoneDss,
    event_at,
    events_of,
    identifier,
    put_subscription,
)


def test_indices_of_notifications_go_from_one_without_gap_or_repeat() -> None:
    told = 0
    for seed in range(200):
        state, last = Airspace(), {}
        for event in events_of(seed, 60):
            ends = {name: state.dss.span_us(one.subscription)[1] for name, one in state.dss.subscriptions.items()}
            last = {name: index for name, index in last.items() if ends.get(name, 0) > event.time_us}
            outcome = apply(state, event)
            for _, name, index in outcome.notified:
                assert index == last.get(name, 0) + 1
                last[name] = index
                told += 1
            assert all(one.index == last.get(name, 0) for name, one in state.dss.subscriptions.items())
    assert told > 3_000


def test_who_writes_as_accepted_or_activated_knew_all_that_is_relevant() -> None:
    """Recomputed from what is held when the entry comes: everything relevant is older than what its writer knew."""
    written = 0
    for seed in range(200):
        state = Airspace()
        for event in events_of(seed, 60):
            command = event.command
            dss = state.dss
            before = [one for one in dss.intents.values() if one.end_us > event.time_us]
            fences = [one for one in dss.constraints.values() if one.end_us > event.time_us]
            if apply(state, event).refusal or not isinstance(command, d.PutIntent) or not needs_key(command.state):
                continue
            written += 1
            down = {name for name, said_of in dss.availabilities.items() if said_of.availability == "Down"}
            assert command.manager not in down
            for one in before:
                left_out = one.state == "Accepted" and one.manager in down
                if one.intent_id != command.intent_id and not left_out and relevant(command.extents, one.extents()):
                    assert one.sequence <= command.known_through
            serving = dss.subscriptions.get(command.subscription_id)
            if serving is not None and serving.subscription.for_constraints:
                for fence in fences:
                    assert fence.sequence <= command.known_through or not relevant(command.extents, fence.extents())
    assert written > 2_000


def test_implicit_subscriptions_cover_just_their_intents_and_none_is_without() -> None:
    shared = 0
    for seed in range(150):
        state = Airspace()
        for event in events_of(seed, 40):
            apply(state, event)
            dss = state.dss
            for name, one in dss.subscriptions.items():
                served = [intent for intent in dss.intents.values() if intent.subscription_id == name]
                if not one.subscription.implicit:
                    continue
                assert served
                shared += len(served) > 1
                volumes = [volume for intent in served for volume in intent.extents()]
                for area in AREAS:
                    lower_mm, upper_mm = BANDS[event.sequence % len(BANDS)]
                    begin_us = event.time_us // GRID_US * GRID_US
                    where = (Extent(area, lower_mm, upper_mm, "WGS84", begin_us, begin_us + GRID_US),)
                    assert (name in dss.relevant_subscriptions(where)) == relevant(volumes, where)
    assert shared > 300


def test_nothing_is_left_when_everything_has_ended() -> None:
    """But what an arbiter said of a USS."""
    for seed in range(150):
        state = Airspace()
        events = events_of(seed, 40)
        for event in events:
            apply(state, event)
        last = event_at(state.sequence + 1, state.time_us + 100 * DAY_US, d.FileReport("u", identifier(4, 1), "0" * 64))
        apply(state, last)
        assert not state.dss.intents
        assert not state.dss.constraints
        assert not state.dss.subscriptions
        assert state.waits_for_time() is None
        assert state.state_hash() == state.recomputed_state_hash()
        assert len(list(state.dss.content())) == len(state.dss.availabilities)


def test_the_next_end_is_known_after_thousands_of_changes() -> None:
    """What was replaced leaves stale ends behind, which are cleared away now and then."""
    world, dice, ends = LoneDss(), Random(3), {}
    versions: dict[int, str] = {}
    for count in range(3_000):
        number = dice.randrange(5)
        end_us = START_US + dice.randrange(2 * HOUR_US, 20 * HOUR_US)
        extent = Extent(AREAS[0], 0, 1, "WGS84", START_US, end_us)
        changes = {"subscription_id": identifier(3, number), "replaces": versions.get(number, ""), "extents": (extent,)}
        versions[number] = f"version-{count:012d}"
        world.must(put_subscription(version=versions[number], **changes), after_us=1)
        ends[number] = end_us
        assert world.state.waits_for_time() == min(ends.values())
    assert len(world.state.dss._ends) < 2_000
    while ends:
        first_us = min(ends.values())
        world.must(d.FileReport("u", identifier(4, 1), "0" * 64), after_us=first_us - world.state.time_us - 1)
        assert len(world.state.dss.subscriptions) == len(ends)
        ends = {number: end_us for number, end_us in ends.items() if end_us > first_us}
        world.must(d.FileReport("u", identifier(4, 1), "0" * 64), after_us=1)
        assert world.state.waits_for_time() == min(ends.values(), default=None)
    assert not world.state.dss.subscriptions
