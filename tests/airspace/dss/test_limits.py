"""What a pool allows: quotas, changed limits, and who may change them."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from skyparley.airspace.apply import apply
from skyparley.airspace.codec import encode_command
from skyparley.airspace.dss import commands as d
from skyparley.airspace.dss.items import DssLimits
from skyparley.airspace.state import Airspace
from skyparley.errors import InvalidInputError
from support.dss_histories import (
    HERE,
    START_US,
    LoneDss,
    event_at,
    identifier,
    put_constraint,
    put_intent,
    put_subscription,
)

VERSION = "first-version-of-it"


@pytest.mark.parametrize(
    ("put", "field", "limit", "value"),
    [
        (put_intent, "intent_id", "max_intents_per_uss", 250_000),
        (put_constraint, "constraint_id", "max_constraints_per_uss", 20_000),
        (put_subscription, "subscription_id", "max_subscriptions_per_uss", 20_000),
    ],
)
def test_a_uss_has_at_most_so_many(put: Callable[..., Any], field: str, limit: str, value: int) -> None:
    world = LoneDss()
    assert getattr(world.state.dss.limits, limit) == value
    world.must(d.SetDssLimits(DssLimits(**{limit: 3})))
    for number in range(3):
        extent = msgspec.structs.replace(HERE, lower_mm=10 * number, upper_mm=10 * number + 1)
        world.must(put(**{field: identifier(1, number)}, extents=(extent,)))
    far = msgspec.structs.replace(HERE, lower_mm=90, upper_mm=91)
    fourth = put(**{field: identifier(1, 3)}, extents=(far,))
    assert world.refusal(fourth) == "limit_exceeded"
    fresh = "ovn" if "ovn" in fourth.__struct_fields__ else "version"
    world.must(put(**{field: identifier(1, 2), "replaces": VERSION, fresh: "second-version-of-it"}, extents=(far,)))
    lone = msgspec.structs.replace(HERE, lower_mm=95, upper_mm=96)
    world.must(put(**{field: identifier(1, 4)}, manager="uss2", extents=(lone,)))
    deletion = {
        "intent_id": d.DeleteIntent,
        "constraint_id": d.DeleteConstraint,
        "subscription_id": d.DeleteSubscription,
    }
    world.must(deletion[field]("uss1", identifier(1, 0), VERSION))
    again = msgspec.structs.replace(HERE, lower_mm=98, upper_mm=99)
    assert world.refusal(put(**{field: identifier(1, 3)}, extents=(again,))) == "accepted"


def test_implicit_subscriptions_are_not_counted() -> None:
    world = LoneDss()
    world.must(d.SetDssLimits(DssLimits(max_subscriptions_per_uss=1)))
    for number in range(3):
        extent = msgspec.structs.replace(HERE, lower_mm=10 * number, upper_mm=10 * number + 1)
        names = {"intent_id": identifier(1, number), "subscription_id": identifier(3, 10 + number)}
        world.must(put_intent(**names, extents=(extent,), implicit_url="https://uss1.example"))
    world.must(put_subscription())
    assert world.refusal(put_subscription(subscription_id=identifier(3, 1))) == "limit_exceeded"


def test_the_availability_of_so_many_usss_is_known() -> None:
    world = LoneDss()
    world.must(d.SetDssLimits(DssLimits(max_availabilities=2)))
    for uss in ("a", "b"):
        world.must(d.SetAvailability("arbiter", uss, "", VERSION, "Normal"))
    assert world.refusal(d.SetAvailability("arbiter", "c", "", VERSION, "Normal")) == "limit_exceeded"
    world.must(d.SetAvailability("arbiter", "b", VERSION, "second-version-of-it", "Down"))


@pytest.mark.parametrize("value", [0, -1, 1_000_000_001])
def test_each_limit_of_a_pool_is_a_whole_number_from_1(value: int) -> None:
    for name in DssLimits.__struct_fields__:
        with pytest.raises(InvalidInputError, match="from 1 to 1000000000") as error:
            encode_command(d.SetDssLimits(DssLimits(**{name: value})))
        assert error.value.place == name
        encode_command(d.SetDssLimits(DssLimits(**{name: 1})))


@pytest.mark.parametrize("authentication", ["bearer-attested", "party-signed"])
def test_only_the_node_says_what_the_pool_allows(authentication: str) -> None:
    state = Airspace()
    event = event_at(1, START_US, d.SetDssLimits(DssLimits(max_intents_per_uss=1)))
    outcome = apply(state, msgspec.structs.replace(event, authentication=authentication))
    assert outcome.refusal is not None
    assert outcome.refusal.code == "forbidden"
    assert state.dss.limits == DssLimits()


def test_limits_hold_for_what_is_written_and_go_back() -> None:
    world = LoneDss()
    world.must(put_intent())
    before = world.state.state_hash()
    world.must(d.SetDssLimits(DssLimits(max_intents_per_uss=1, max_intent_duration_days=1)))
    assert world.state.state_hash() != before
    assert world.state.state_hash() == world.state.recomputed_state_hash()
    far = msgspec.structs.replace(HERE, lower_mm=200_000, upper_mm=200_001)
    assert world.refusal(put_intent(intent_id=identifier(1, 1), extents=(far,))) == "limit_exceeded"
    world.must(put_intent(replaces="first-version-of-it", ovn="second-version-of-it"))
    world.must(d.SetDssLimits(DssLimits()))
    world.must(put_intent(intent_id=identifier(1, 1), extents=(far,)))
