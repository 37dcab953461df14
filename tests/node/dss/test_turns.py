"""Turns where several race for the same air: one at a time, the longest waiting first, and no one held up for long."""

import asyncio
from collections.abc import Awaitable

import pytest

from skyparley.airspace.operations.commands import Extent
from skyparley.node.dss import turns as module
from skyparley.node.dss.turns import LONGEST_TURN_S, MAX_WAIT_S, TURN_S, Claim, Turns

pytestmark = pytest.mark.anyio
HERE = (Extent(("478fc2dc",), 0, 100, "WGS84", 0, 1_000),)
ABOVE = (Extent(("478fc2dc",), 101, 200, "WGS84", 0, 1_000),)
LATER = (Extent(("478fc2dc",), 0, 100, "WGS84", 1_000, 2_000),)
ELSEWHERE = (Extent(("478fc324",), 0, 100, "WGS84", 0, 1_000),)
BOTH = (*HERE, *ELSEWHERE)


@pytest.fixture
async def turns() -> Turns:
    return Turns(asyncio.get_running_loop())


def asker(name: str) -> tuple[str, str]:
    return name, f"intent of {name}"


async def soon(waits: Awaitable[Claim | None]) -> Claim | None:
    async with asyncio.timeout(MAX_WAIT_S / 2):
        return await waits


async def order_of(turns: Turns, claim: Claim | None, *names: str) -> list[str]:
    """Those who wait for this claim, in the order in which they are let in; each leaves at once."""
    came: list[str] = []

    async def one(name: str) -> None:
        claim = await turns.enter(asker(name), HERE)
        came.append(name)
        turns.leave(asker(name), claim)

    tasks = [asyncio.create_task(one(name)) for name in names]
    await asyncio.sleep(0)
    turns.leave(asker("first"), claim)
    await asyncio.gather(*tasks)
    return came


async def test_who_is_in_the_way_of_nobody_does_not_wait(turns: Turns) -> None:
    for name, extents in (("a", HERE), ("b", ABOVE), ("c", LATER), ("d", ELSEWHERE)):
        assert await soon(turns.enter(asker(name), extents)) is not None


async def test_rivals_come_one_after_another_in_the_order_in_which_they_came(turns: Turns) -> None:
    claim = await turns.enter(asker("first"), HERE)
    assert await order_of(turns, claim, *"abcde") == list("abcde")


async def test_who_was_refused_has_a_turn_in_which_it_comes_before_all_others(turns: Turns) -> None:
    claim = await turns.enter(asker("a"), HERE)
    other = asyncio.create_task(turns.enter(asker("b"), HERE))
    await asyncio.sleep(0)
    turns.give_turn(asker("a"), claim)
    assert await soon(turns.enter(asker("a"), HERE)) is claim
    assert not other.done()
    turns.leave(asker("a"), claim)
    assert await soon(other) is not None


async def test_a_turn_that_is_not_used_ends_by_itself(turns: Turns) -> None:
    turns.give_turn(asker("a"), await turns.enter(asker("a"), HERE))
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    assert await soon(turns.enter(asker("b"), HERE)) is not None
    assert loop.time() - began_s >= TURN_S * 0.5


async def test_who_missed_its_turn_is_the_first_of_those_who_wait(turns: Turns) -> None:
    turns.give_turn(asker("late"), await turns.enter(asker("late"), HERE))
    claim = await turns.enter(asker("first"), HERE)  # after the turn has passed
    assert await order_of(turns, claim, "x", "y", "late") == ["late", "x", "y"]


async def test_turns_grow_for_who_misses_them_again_and_again_and_not_without_end(turns: Turns) -> None:
    lengths_s = []
    for _ in range(9):
        claim = await turns.enter(asker("far"), HERE)
        assert claim is not None
        turns.give_turn(asker("far"), claim)
        lengths_s.append(claim.turn_s)
        if claim.turn_s:
            await soon(turns.enter(asker("b"), HERE))
            turns.leave(asker("b"), next(iter(turns._cells[turns_cell()])))
    assert lengths_s[:3] == [TURN_S] * 3
    assert max(lengths_s) == LONGEST_TURN_S
    assert lengths_s[3:6] == [TURN_S * 2, TURN_S * 4, TURN_S * 8]


def turns_cell() -> int:
    return module.level_13(HERE[0].cells)[0]


async def test_a_uss_that_lets_its_turns_pass_gets_none_for_a_while(turns: Turns) -> None:
    """It would hold up the others for nothing."""
    given_s = 0.0
    for number in range(400):
        name = ("idle", f"intent {number}")  # each of them a new one, that never comes again
        claim = await turns.enter(name, HERE)
        turns.give_turn(name, claim)
        if claim is not None and claim.turn_s:
            given_s += claim.turn_s
            await asyncio.sleep(claim.turn_s)
            await asyncio.sleep(0)
    assert given_s < 0.3


async def test_nobody_waits_for_ever(turns: Turns) -> None:
    await turns.enter(asker("a"), HERE)
    async with asyncio.timeout(MAX_WAIT_S * 4):
        assert await turns.enter(asker("b"), HERE) is None
    assert turns._waiting == []


async def test_who_gives_up_while_it_waits_is_in_nobody_s_way(turns: Turns) -> None:
    claim = await turns.enter(asker("a"), HERE)
    gone = asyncio.create_task(turns.enter(asker("gone"), HERE))
    other = asyncio.create_task(turns.enter(asker("b"), HERE))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    turns.leave(asker("a"), claim)
    assert await soon(other) is not None


async def test_who_is_called_and_gone_at_once_leaves_its_place(turns: Turns) -> None:
    claim = await turns.enter(asker("a"), HERE)
    gone = asyncio.create_task(turns.enter(asker("gone"), HERE))
    await asyncio.sleep(0)
    turns.leave(asker("a"), claim)  # `gone` has its place now, and does not know it yet
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    assert await soon(turns.enter(asker("b"), HERE)) is not None


async def test_who_comes_again_somewhere_else_has_no_turn_there(turns: Turns) -> None:
    turns.give_turn(asker("a"), await turns.enter(asker("a"), HERE))
    elsewhere = await turns.enter(asker("b"), ELSEWHERE)
    coming = asyncio.create_task(turns.enter(asker("a"), ELSEWHERE))
    await asyncio.sleep(0)
    assert not coming.done()
    assert await soon(turns.enter(asker("c"), HERE)) is not None  # its old place is free
    turns.leave(asker("b"), elsewhere)
    assert await soon(coming) is not None


async def test_one_that_is_in_the_way_of_two_waits_for_both(turns: Turns) -> None:
    here, there = await turns.enter(asker("a"), HERE), await turns.enter(asker("b"), ELSEWHERE)
    both = asyncio.create_task(turns.enter(asker("c"), BOTH))
    await asyncio.sleep(0)
    turns.leave(asker("a"), here)
    await asyncio.sleep(0)
    assert not both.done()
    turns.leave(asker("b"), there)
    assert await soon(both) is not None


async def test_when_all_have_left_nothing_is_kept(turns: Turns) -> None:
    for name in "abc":
        turns.leave(asker(name), await turns.enter(asker(name), BOTH))
    assert (turns._cells, turns._turns, turns._waiting, turns._records) == ({}, {}, [], {})
