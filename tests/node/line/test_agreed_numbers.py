"""Each number of an agreement at work: one number changes, and the next check, notice or disclosure is another."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from skyparley.airspace.line.agreements.commands import ResumeAgreement, SuspendAgreement
from skyparley.errors import SkyparleyError
from skyparley.node.node import Node
from support.agreements import NAME, agree, separation, term
from support.conflict_cases import operation, track
from support.drafts import Clock
from support.nodes import ALPHA, BRAVO, at, drone, replay, running, same, start, stop

pytestmark = pytest.mark.anyio


@pytest.fixture
async def node(tmp_path: Path, clock: Clock) -> AsyncIterator[Node]:
    async with running(tmp_path, clock, "alpha", "bravo", "third") as node:
        yield node


def flight(name: str, party: str, *, north_m: float = 0.0) -> object:
    """A flight to the east at 46.95° N, shifted to the north."""
    latitude = 46.95 + north_m / 111_180.0
    points = [(60.0, latitude, 7.0, 9_000.0), (660.0, latitude, 8.0, 9_000.0)]
    return operation(name, track(points), party=party, operation_class="en_route")


async def settled(node: Node) -> None:
    """All is compared by the newest minima, and the findings are applied."""
    await node.custodian.compared(node.state.line.minima_sequence("alpha", "bravo"))


async def test_the_horizontal_minimum_decides_the_next_check_and_is_cited(node: Node) -> None:
    await agree(node, {"4.1": separation(20_000.0, 300.0)})
    await node.file(ALPHA, flight("a", "alpha"))
    answer = await node.file(BRAVO, flight("b", "bravo", north_m=15_000.0))
    (conflict,) = answer.conflicts
    assert conflict.basis == f"{NAME}/1/4.1"
    assert (
        "by clause 4.1 of alpha-bravo (version 1)"
        in node.custodian.witness(next(iter(node.state.conflicts.values())).witness_digest).sentence
    )
    assert [status.status for status in conflict.agreements] == ["in_force"]

    await agree(node, {"4.1": separation(14_000.0, 300.0)})
    await settled(node)
    assert node.conflicts(ALPHA, None, 10).items == []
    assert (await node.check(BRAVO, flight("b", "bravo", north_m=15_000.0))).conflicts == []


async def test_the_vertical_minimum_decides_what_was_filed_before(node: Node) -> None:
    await node.file(ALPHA, flight("a", "alpha"))
    high = operation(
        "b",
        track([(60.0, 46.95, 7.0, 9_400.0), (660.0, 46.95, 8.0, 9_400.0)]),
        party="bravo",
        operation_class="en_route",
    )
    assert (await node.file(BRAVO, high)).conflicts == []
    await agree(node, {"4.1": separation(9_260.0, 400.0)})
    await settled(node)
    assert node.conflicts(ALPHA, None, 10).items == []
    await agree(node, {"4.1": separation(9_260.0, 401.0)})
    await settled(node)
    (conflict,) = node.conflicts(ALPHA, None, 10).items
    assert conflict.basis == f"{NAME}/2/4.1"


async def test_what_two_agreed_does_not_bind_a_third(node: Node) -> None:
    third = ALPHA.__class__("party", "third", "key-t")
    await agree(node, {"1": separation(20_000.0, 300.0)})
    await node.file(ALPHA, flight("a", "alpha"))
    assert (await node.file(third, flight("t", "third", north_m=15_000.0))).conflicts == []
    near = await node.check(third, flight("t", "third", north_m=9_000.0))
    assert [conflict.basis for conflict in near.conflicts] == [None]


async def test_it_holds_only_while_all_accept(node: Node, clock: Clock) -> None:
    await node.file(ALPHA, flight("a", "alpha"))
    await node.file(BRAVO, flight("b", "bravo", north_m=15_000.0))
    await agree(node, {"1": separation(20_000.0, 300.0)})
    await settled(node)
    assert len(node.conflicts(ALPHA, None, 10).items) == 1
    await node.line.command(BRAVO, SuspendAgreement(NAME, 1, at(30.0), "The line was not answered."))
    assert node.line.agreement(ALPHA, NAME).status == "in_force"
    clock.now_us = at(31.0)
    await node.line.command(ALPHA, SuspendAgreement(NAME, 1, at(40.0), "So do we."))  # carries the time along
    view = node.line.agreement(ALPHA, NAME)
    assert view.status == "suspended"
    assert [(one.state, one.reason) for one in view.standings][1] == ("suspended", "The line was not answered.")
    await settled(node)
    assert node.conflicts(ALPHA, None, 10).items == []
    await node.line.command(ALPHA, ResumeAgreement(NAME, 1))
    await node.line.command(BRAVO, ResumeAgreement(NAME, 1))
    await settled(node)
    (conflict,) = node.conflicts(ALPHA, None, 10).items
    assert conflict.basis == f"{NAME}/1/1"


async def test_the_notice_time_says_which_filing_is_late(node: Node) -> None:
    await agree(node, {"5": term("notice", notice_s=60, **{"class": "drone"})})
    operation_class = {"operation_class": "drone"}
    in_time = await node.file(ALPHA, drone_of("in-time", 61.0, **operation_class))
    assert in_time.operation.late_notices == []
    late = await node.file(ALPHA, drone_of("late", 59.5, **operation_class))
    (notice,) = late.operation.late_notices
    assert (notice.party, notice.basis, notice.notice_s, notice.given_s) == ("alpha", f"{NAME}/1/5", 60, 59)
    await agree(node, {"5": term("notice", notice_s=30, **{"class": "drone"})})
    assert (await node.file(ALPHA, drone_of("again", 59.5, **operation_class))).operation.late_notices == []


def drone_of(name: str, begin_s: float, *, operation_class: str) -> object:
    made = drone(name, seconds=(begin_s, begin_s + 60.0))
    return operation(name, *made.volumes, party="alpha", operation_class=operation_class)


@pytest.mark.parametrize(
    ("level", "parts", "named"), [("conflict_only", 0, False), ("overlap", 1, False), ("identified", 1, True)]
)
async def test_the_disclosure_level_decides_what_the_other_side_learns(
    node: Node, level: str, parts: int, named: bool
) -> None:
    await agree(node, {"6": term("disclosure", level=level)})
    await node.file(ALPHA, drone("a"))
    await node.file(BRAVO, drone("b", "bravo"))
    (listed,) = node.conflicts(BRAVO, None, 10).items
    conflict = await node.conflict(BRAVO, listed.conflict_id)
    assert (conflict.disclosure, conflict.disclosure_basis) == (level, f"{NAME}/1/6")
    assert len(conflict.overlap) == parts
    assert conflict.a.operation_id == ("a" if named else None)
    assert ("alpha/a" in conflict.sentence) == named


async def test_the_rank_decides_who_gives_way(node: Node) -> None:
    await agree(node, {"7": term("priority", rank=5, **{"class": "rescue"})})
    rescue = operation("r", *drone("r").volumes, party="alpha", operation_class="rescue")
    await node.file(ALPHA, rescue)
    (conflict,) = (await node.file(BRAVO, operation("b", *drone("b").volumes, party="bravo"))).conflicts
    assert (conflict.gives_way, conflict.priority_basis) == ("bravo", f"{NAME}/1/7")
    await agree(node, {"7": term("priority", rank=0, **{"class": "rescue"})})
    (conflict,) = node.conflicts(BRAVO, None, 10).items
    assert (conflict.gives_way, conflict.priority_basis) == (None, None)


async def test_the_review_date_falls_due_by_the_log_s_time(node: Node, clock: Clock) -> None:
    view = await agree(node, {"9": term("review", review="2027-01-15T12:05:00Z")})
    assert not view.review_due
    clock.now_us = at(301.0)
    await node.file(ALPHA, drone("a", seconds=(400.0, 500.0)))
    assert node.line.agreement(ALPHA, NAME).review_due


async def test_a_restart_in_the_middle_comes_to_the_same(tmp_path: Path, clock: Clock) -> None:
    async with running(tmp_path, clock, "alpha", "bravo") as node:
        await node.file(ALPHA, flight("a", "alpha"))
        await node.file(BRAVO, flight("b", "bravo", north_m=15_000.0))
        node.custodian._record = never  # what the agreement owes is compared, and not recorded any more
        await agree(node, {"1": separation(20_000.0, 300.0)})
        await asyncio.sleep(0.1)
    again = await start(tmp_path, clock)
    await settled(again)
    (conflict,) = again.conflicts(ALPHA, None, 10).items
    assert conflict.basis == f"{NAME}/1/1"
    await stop(again)
    replayed = await replay(tmp_path)
    same(replayed.from_zero, replayed.from_snapshot)
    assert replayed.verification.problems == []
    assert replayed.verification.conflicts == 1


async def never(_: object) -> None:
    raise SkyparleyError("nothing is recorded now")


async def test_the_comparison_by_a_new_agreement_is_verified_from_zero(tmp_path: Path, clock: Clock) -> None:
    async with running(tmp_path, clock, "alpha", "bravo") as node:
        for number in range(6):
            await node.file(ALPHA, flight(f"a{number}", "alpha", north_m=number * 4_000.0))
            await node.file(BRAVO, flight(f"b{number}", "bravo", north_m=number * 5_000.0 + 2_000.0))
        for metres in (20_000.0, 3_000.0, 11_000.0):
            await agree(node, {"1": separation(metres, 300.0)})
            await node.file(ALPHA, flight(f"late {metres:.0f}".replace(" ", "-"), "alpha", north_m=metres))
        await settled(node)
    replayed = await replay(tmp_path)
    same(replayed.from_zero, replayed.from_snapshot)
    assert replayed.verification.problems == []
    assert replayed.verification.conflicts > 10


async def test_a_clause_is_cited_alike_before_and_after_a_restart(tmp_path: Path, clock: Clock) -> None:
    """A new version that leaves a clause as it is does not change how it is cited, whoever asks when."""
    async with running(tmp_path, clock, "alpha", "bravo") as node:
        await agree(node, {"1": separation(20_000.0, 300.0)})
        await agree(node, {"2": term("disclosure", level="overlap")})
        await node.file(ALPHA, flight("a", "alpha"))
        (before,) = (await node.file(BRAVO, flight("b", "bravo", north_m=15_000.0))).conflicts
    again = await start(tmp_path, clock)
    (after,) = (await again.file(BRAVO, flight("c", "bravo", north_m=-15_000.0))).conflicts
    await stop(again)
    assert before.basis == after.basis
    assert (await replay(tmp_path)).verification.problems == []
