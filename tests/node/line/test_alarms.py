"""A conflict that nobody settles is an alarm on both sides, when it is due by the agreement, and it says that."""

from pathlib import Path

import pytest

from skyparley.errors import ConflictingStateError, NotFoundError
from skyparley.node.identity import Author
from skyparley.node.node import Node
from skyparley.node.reading.views import ConflictView
from support.agreements import NAME, agree, term
from support.drafts import Clock
from support.line import ask, pass_s, staff, staff_both, thread
from support.nodes import ALPHA, BRAVO, THIRD, drone, replay, running, same, start, stop

pytestmark = pytest.mark.anyio


@pytest.fixture
async def node(node: Node) -> Node:
    await staff(node, THIRD, "desk")
    return node


async def clash(node: Node, begin_s: float = 600, other_begin_s: float = 900) -> ConflictView:
    await node.file(ALPHA, drone("a", seconds=(begin_s, 3000)))
    answer = await node.file(BRAVO, drone("b", "bravo", east_m=50, seconds=(other_begin_s, 3000)))
    (conflict,) = answer.conflicts
    return conflict


def alarms(node: Node, author: Author = ALPHA) -> list[tuple[str, str | None]]:
    return [(one.alarm.state, one.alarm.basis) for one in node.threads.inbox(author).alarms if one.alarm]


async def test_a_conflict_that_stands_when_the_later_begins_is_an_alarm_on_both_sides(node: Node, clock: Clock) -> None:
    conflict = await clash(node)
    assert conflict.alarm is not None
    assert (conflict.alarm.state, conflict.alarm.at) == ("waiting", "2027-01-15T12:15:00Z")
    await pass_s(node, clock, 899)
    assert alarms(node) == alarms(node, BRAVO) == []
    await pass_s(node, clock, 1)
    assert alarms(node) == alarms(node, BRAVO) == [("unresolved", None)]
    assert alarms(node, THIRD) == []


async def test_the_agreement_says_how_long_before(node: Node, clock: Clock) -> None:
    await agree(node, {"5": term("unresolved", lead_s=300)})
    conflict = await clash(node)
    assert conflict.alarm is not None
    assert (conflict.alarm.at, conflict.alarm.basis) == ("2027-01-15T12:10:00Z", f"{NAME}/1/5")
    await pass_s(node, clock, 600)
    assert alarms(node, BRAVO) == [("unresolved", f"{NAME}/1/5")]
    # one number changes, and the next alarm comes at another time
    await agree(node, {"5": term("unresolved", lead_s=60)})
    await node.amend(ALPHA, drone("a", seconds=(1_200, 3_000)), version=1)
    (again,) = node.conflicts(ALPHA, None, 10).items
    assert again.alarm is not None
    assert (again.alarm.state, again.alarm.at, again.alarm.basis) == ("waiting", "2027-01-15T12:19:00Z", f"{NAME}/2/5")


async def test_a_class_that_warns_at_once_is_an_alarm_when_it_is_filed(node: Node, clock: Clock) -> None:
    def rescue(*, warns_at_once: bool) -> dict[str, object]:
        return {"6": term("priority", **{"class": "drone", "rank": 900, "warns_at_once": warns_at_once})}

    await agree(node, rescue(warns_at_once=False))  # type: ignore[arg-type]
    conflict = await clash(node)
    assert conflict.alarm is not None
    assert conflict.alarm.state == "waiting"
    await agree(node, rescue(warns_at_once=True))  # type: ignore[arg-type]
    await node.amend(ALPHA, drone("a", radius_m=90, seconds=(600, 3000)), version=1)
    assert alarms(node, BRAVO) == [("warned", f"{NAME}/2/6")]
    # it is negotiated afterwards all the same, and if it is not settled it is an alarm once more
    (now,) = node.conflicts(ALPHA, None, 10).items
    window = {"begin": "2027-01-15T13:00:00Z", "end": "2027-01-15T13:40:00Z"}
    name = await ask(node, "offer-time", about=now.conflict_id, parameters={"operation": "a", "window": window})
    assert thread(node, name).state == "open"
    await node.alarms.acknowledge(BRAVO, now.conflict_id)
    await pass_s(node, clock, 900)
    assert alarms(node, BRAVO) == [("unresolved", None)]
    (raised,) = node.threads.inbox(BRAVO).alarms
    assert raised.alarm is not None
    assert raised.alarm.heard == []  # it was the warning that was heard


async def test_an_alarm_is_heard_by_each_side_and_goes_with_its_conflict(node: Node, clock: Clock) -> None:
    conflict = await clash(node)
    with pytest.raises(ConflictingStateError, match="not possible in the state 'waiting'"):
        await node.alarms.acknowledge(ALPHA, conflict.conflict_id)
    await pass_s(node, clock, 900)
    heard = await node.alarms.acknowledge(ALPHA, conflict.conflict_id)
    assert heard.alarm is not None
    assert [(one.party, one.post) for one in heard.alarm.heard] == [("alpha", "ops")]
    with pytest.raises(ConflictingStateError, match="'ops' has acknowledged this alarm already"):
        await node.alarms.acknowledge(ALPHA, conflict.conflict_id)
    with pytest.raises(NotFoundError):
        await node.alarms.acknowledge(THIRD, conflict.conflict_id)
    await node.alarms.acknowledge(BRAVO, conflict.conflict_id)
    await node.act(ALPHA, "cancel", "a", version=1)
    assert alarms(node) == alarms(node, BRAVO) == []
    with pytest.raises(NotFoundError):
        await node.alarms.acknowledge(BRAVO, conflict.conflict_id)


async def test_a_conflict_that_is_found_too_late_is_an_alarm_at_once(node: Node, clock: Clock) -> None:
    await node.file(ALPHA, drone("a", seconds=(60, 3000)))
    await pass_s(node, clock, 120)
    (conflict,) = (await node.file(BRAVO, drone("b", "bravo", seconds=(100, 3000)))).conflicts
    assert conflict.alarm is not None
    assert conflict.alarm.state == "unresolved"


async def test_one_s_own_conflict_has_no_alarm(node: Node, clock: Clock) -> None:
    await node.file(ALPHA, drone("a"))
    (conflict,) = (await node.file(ALPHA, drone("other"))).conflicts
    assert conflict.alarm is None
    await pass_s(node, clock, 600)
    assert alarms(node) == []


async def test_an_alarm_comes_also_if_the_node_was_down_meanwhile(tmp_path: Path, clock: Clock) -> None:
    async with running(tmp_path, clock, "alpha", "bravo") as node:
        await staff_both(node)
        await clash(node)
    clock.now_us += 901_000_000
    node = await start(tmp_path, clock)
    await pass_s(node, clock, 0)
    assert alarms(node) == [("unresolved", None)]
    await stop(node)
    replayed = await replay(tmp_path)
    same(replayed.from_zero, replayed.from_snapshot)
    assert replayed.verification.problems == []


async def test_what_is_agreed_is_cited_beside_what_is_said(node: Node) -> None:
    fields = {"purpose": "guard", "frequency_hz": 121_500_000}
    await agree(
        node,
        {
            "7": term("frequency", **fields),
            "8": term("definition", word="overhead", amount="500", unit="m"),
        },
    )
    contact = {"callsign": "SWR12", "frequency": {"value": "121.500", "unit": "MHz"}}
    name = await ask(node, "request-contact", parameters=contact)
    assert [(one.parameter, one.basis) for one in thread(node, name).thread[0].cited] == [("frequency", f"{NAME}/1/7")]
    contact["frequency"] = {"value": "123.450", "unit": "MHz"}
    name = await ask(node, "request-contact", parameters=contact)
    assert [(one.parameter, one.basis) for one in thread(node, name).thread[0].cited] == [("frequency", None)]
    name = await ask(node, "request-definition", parameters={"term": "Overhead"})
    assert [(one.parameter, one.basis) for one in thread(node, name).thread[0].cited] == [("term", f"{NAME}/1/8")]
    name = await ask(node, "request-definition", parameters={"term": "near"})
    assert [(one.parameter, one.basis) for one in thread(node, name).thread[0].cited] == [("term", None)]
