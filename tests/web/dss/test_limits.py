"""Every limit of a pool is a setting: with another value, what was just allowed is just refused, and says so."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from skyparley.airspace.dss.items import DssLimits
from skyparley.node.dss.scopes import AVAILABILITY_ARBITRATION
from support.commands import skyparley
from support.dss_http import (
    CONSTRAINTS,
    INTENTS,
    SUBSCRIPTIONS,
    Json,
    Pool,
    Uss,
    circle,
    new_id,
    polygon,
    refused,
    serving_dss,
    somewhere,
    told,
    volume,
)

pytestmark = pytest.mark.anyio
DAY_S = 86_400.0
HOUR_S = 3_600.0
Ask = Callable[[Uss], Awaitable[httpx.Response]]
Make = Callable[[], Json]


def intent(*make: Make) -> Ask:
    return lambda uss: uss.put(INTENTS, new_id(), uss.intent_body(*(one() for one in make)))


def constraint(*make: Make) -> Ask:
    return lambda uss: uss.put(CONSTRAINTS, new_id(), uss.constraint_body(*(one() for one in make)))


def subscription(make: Make) -> Ask:
    return lambda uss: uss.put(SUBSCRIPTIONS, new_id(), uss.subscription_body(make()))


def query(make: Make) -> Ask:
    return lambda uss: uss.query(INTENTS, make())


def availability(of: str) -> Ask:
    body = {"availability": "Normal", "old_version": ""}
    return lambda uss: uss.client.put(f"/dss/v1/uss_availability/{of}", json=body)


def lasting(begin_s: float, lasts_s: float) -> Make:
    return lambda: volume(somewhere(), seconds=(begin_s, begin_s + lasts_s))


def corners(count: int) -> Make:
    """An outline of so many vertices, along a parallel and back to its north."""

    def make() -> Json:
        north, east = somewhere()
        points = [(north, east + 0.0001 * number) for number in range(count - 1)]
        return volume(polygon(*points, (north + 0.001, east)))

    return make


def disc(radius_m: float) -> Make:
    return lambda: volume(circle(somewhere(), radius_m))


ANY = lasting(0, 60)
NARROW: dict[str, tuple[int, list[Ask], Ask, int, str]] = {
    "max_intent_ahead_days": (
        2, [intent(lasting(2 * DAY_S - 60, 60))], intent(lasting(2 * DAY_S + 600, 60)), 400, "2 days ahead",
    ),
    "max_intent_duration_days": (
        2, [intent(lasting(60, 2 * DAY_S))], intent(lasting(60, 2 * DAY_S + 1)), 400, "at most 2 days",
    ),
    "max_intent_vertices": (7, [intent(corners(7))], intent(corners(4), corners(4)), 400, "at most 7"),
    "max_intent_area_km2": (3, [intent(disc(970.0))], intent(disc(985.0)), 413, "at most 3 km²"),
    "max_constraint_ahead_days": (
        3, [constraint(lasting(3 * DAY_S - 60, 60))], constraint(lasting(3 * DAY_S + 600, 60)), 400, "3 days ahead",
    ),
    "max_constraint_duration_h": (
        6, [constraint(lasting(60, 6 * HOUR_S))], constraint(lasting(60, 6 * HOUR_S + 1)), 400, "at most 6 hours",
    ),
    "max_constraint_vertices": (7, [constraint(corners(7))], constraint(corners(8)), 400, "at most 7"),
    "max_constraint_area_km2": (3, [constraint(disc(970.0))], constraint(disc(985.0)), 413, "at most 3 km²"),
    "max_subscription_duration_h": (
        5, [subscription(lasting(60, 5 * HOUR_S))], subscription(lasting(60, 5 * HOUR_S + 1)), 400, "at most 5 hours",
    ),
    "max_asked_area_km2": (
        3, [query(disc(970.0)), subscription(disc(970.0))], query(disc(985.0)), 413, "at most 3 km²",
    ),
    "max_cells": (12, [intent(disc(500.0))], intent(disc(500.0), disc(4_000.0)), 400, "the limit is 12"),
    "max_intents_per_uss": (2, [intent(ANY)] * 2, intent(ANY), 400, "at most 2 intents"),
    "max_constraints_per_uss": (1, [constraint(ANY)], constraint(ANY), 400, "at most 1 constraints"),
    "max_subscriptions_per_uss": (2, [subscription(ANY)] * 2, subscription(ANY), 400, "at most 2 subscriptions"),
    "max_availabilities": (2, [availability("a"), availability("b")], availability("c"), 400, "of 2 USSs"),
}  # fmt: skip
ELSEWHERE = {"max_found_references", "max_writes_at_once_per_uss"}
"""Looked at in tests/node/dss/test_reader.py, and below."""


def test_every_limit_is_looked_at() -> None:
    assert set(NARROW) | ELSEWHERE == set(DssLimits.__struct_fields__)


@pytest.mark.parametrize("name", NARROW)
async def test_another_value_of_a_limit_is_what_holds(alone: Pool, name: str) -> None:
    value, within, beyond, status, says = NARROW[name]
    one = alone.uss("arbiter", AVAILABILITY_ARBITRATION) if name == "max_availabilities" else alone.uss("one")
    await alone.node.dss.set_limits(DssLimits(**{name: value}))
    for ask in within:
        assert (await ask(one)).is_success
    mark = alone.mark()
    refused(await beyond(one), status, says=says)
    assert alone.mark() == mark
    await alone.node.dss.set_limits(DssLimits())
    assert (await beyond(one)).is_success


async def test_a_limit_may_be_wider_than_that_of_the_standard(alone: Pool) -> None:
    one, long = alone.uss("one"), constraint(lasting(60, 30 * HOUR_S))
    refused(await long(one), 400, says="at most 24 hours")
    await alone.node.dss.set_limits(DssLimits(max_constraint_duration_h=30))
    told(await long(one), 201)
    refused(await constraint(lasting(60, 30 * HOUR_S + 1))(one), 400, says="at most 30 hours")


async def test_a_subscription_that_does_not_say_how_long_lasts_as_long_as_it_may(alone: Pool) -> None:
    one = alone.uss("one")
    await alone.node.dss.set_limits(DssLimits(max_subscription_duration_h=5))
    where = volume(somewhere(), seconds=None)
    held = told(await one.put(SUBSCRIPTIONS, new_id(), one.subscription_body(where)), 200)["subscription"]
    begin, end = (datetime.fromisoformat(held[name]["value"]) for name in ("time_start", "time_end"))
    assert end - begin == timedelta(hours=5)


async def test_more_writes_at_once_than_a_uss_may_have_are_told_to_come_again(alone: Pool) -> None:
    await alone.node.dss.set_limits(DssLimits(max_writes_at_once_per_uss=1))
    one = alone.uss("one")
    answers = await asyncio.gather(*(intent(ANY)(one) for _ in range(8)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 201
    assert statuses[-1] == 429
    late = next(answer for answer in answers if answer.status_code == 429)
    refused(late, 429, says="has 1 writes at work")
    told(await intent(ANY)(one), 201)


def test_settings_of_limits_hold_from_the_start_on_and_stand_in_the_log(tmp_path: Path) -> None:
    data = tmp_path / "data"

    async def ask(url: str, count: int) -> list[int]:
        one = Uss(url, "one")
        try:
            return [(await intent(lasting(0, 600))(one)).status_code for _ in range(count)]
        finally:
            await one.client.aclose()

    with serving_dss(data, SKYPARLEY_DSS_MAX_INTENTS_PER_USS="2") as node:
        assert asyncio.run(ask(node.url, 3)) == [201, 201, 400]
        assert node.stop() == 0
    with serving_dss(data, SKYPARLEY_DSS_MAX_INTENTS_PER_USS="2") as node:
        assert asyncio.run(ask(node.url, 1)) == [400]
        assert node.stop() == 0
    with serving_dss(data) as node:
        assert asyncio.run(ask(node.url, 2)) == [201, 201]
        assert node.stop() == 0
    written = skyparley("log", "--data", data, "--json").stdout.splitlines()
    changes = [line for line in written if "set_dss_limits" in line]
    assert len(changes) == 2
    assert ['"max_intents_per_uss":2,' in line.replace(" ", "") for line in changes] == [True, False]
