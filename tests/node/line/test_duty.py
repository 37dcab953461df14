"""Posts, watches, hand-over notes, and tests of the line on their schedule: answered, late, declined, silent."""

from pathlib import Path

import msgspec
import pytest

from skyparley.airspace.line.agreements.commands import ResumeAgreement, SuspendAgreement
from skyparley.airspace.line.duty.commands import AnswerLineTest, CallLineTest, DefinePost
from skyparley.errors import ConflictingStateError, InvalidInputError, NotFoundError, SkyparleyError
from skyparley.node.node import Node
from support.agreements import NAME, agree, term
from support.drafts import Clock
from support.line import ask, log_bytes, pass_s, staff, staff_both, thread
from support.nodes import ALPHA, BRAVO, THIRD, replay, running, same

pytestmark = pytest.mark.anyio
MINUTE_S = 60.0


def answers(node: Node, number: int = 1) -> dict[str, str]:
    tests = {test.number: test for test in node.duty.tests(ALPHA, NAME).items}
    return {answer.party: answer.state for answer in tests[number].answers}


async def test_a_watch_is_handed_over_with_a_note_that_only_its_own_party_reads(node: Node, tmp_path: Path) -> None:
    coming = await node.duty.take(ALPHA, "ops")
    assert len(coming.post.watches) == 2  # both are there while they hand over
    first = coming.post.watches[0].watch
    left = await node.duty.leave(ALPHA, "ops", first, "Two drones near the lake until 14:00Z.")
    assert [watch.watch for watch in left.post.watches] == [coming.watch]
    (own,) = node.duty.posts(ALPHA, "alpha").items
    assert own.note == "Two drones near the lake until 14:00Z."
    (theirs,) = node.duty.posts(BRAVO, "alpha").items
    assert (theirs.note, theirs.staffed) == (None, True)
    with pytest.raises(NotFoundError, match="it has ended, or never began"):
        await node.duty.leave(ALPHA, "ops", first, "")
    assert b"drones near" not in log_bytes(tmp_path)


async def test_nobody_speaks_from_a_post_without_a_watch(node: Node) -> None:
    (post,) = node.duty.posts(ALPHA, "alpha").items
    await node.duty.leave(ALPHA, "ops", post.watches[0].watch, "")
    with pytest.raises(InvalidInputError, match="none has: take a watch first"):
        await ask(node)
    with pytest.raises(ConflictingStateError, match="nobody has the watch at 'ops': take it first"):
        await ask(node, from_post="ops")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (DefinePost("Tower", (), ""), "1 to 32 characters"),
        (DefinePost("x", ("x",), ""), "name each post once"),
        (DefinePost("x", ("ops", "ops"), ""), "name each post once"),
        (DefinePost("x", ("nobody",), ""), "'alpha' has no post 'nobody'"),
        (DefinePost("x", (), "tower"), "'alpha' has no post 'tower'"),
        (DefinePost("x", tuple(f"d{n}" for n in range(9)), ""), "at most 8 deputies"),
    ],
)
async def test_what_no_post_can_be_is_refused(node: Node, command: DefinePost, words: str) -> None:
    before = node.state.sequence
    with pytest.raises(SkyparleyError, match=words):
        await node.duty.define(ALPHA, command)
    assert node.state.sequence == before


async def test_a_post_that_others_go_on_to_or_that_is_staffed_is_not_closed(node: Node) -> None:
    await node.duty.define(ALPHA, DefinePost("night", ("ops",), ""))
    with pytest.raises(ConflictingStateError, match="somebody has the watch at 'ops'"):
        await node.duty.close(ALPHA, "ops")
    (_, post) = node.duty.posts(ALPHA, "alpha").items
    await node.duty.leave(ALPHA, "ops", post.watches[0].watch, "")
    with pytest.raises(ConflictingStateError, match="'night' goes on to 'ops'"):
        await node.duty.close(ALPHA, "ops")
    await node.duty.close(ALPHA, "night")
    await node.duty.close(ALPHA, "ops")
    assert node.duty.posts(BRAVO, "alpha").items == []


async def test_a_chain_of_posts_that_go_round_ends(node: Node, clock: Clock) -> None:
    await staff(node, BRAVO, "one", "two")
    await node.duty.define(BRAVO, DefinePost("two", ("one",), "tower"))
    await node.duty.define(BRAVO, DefinePost("tower", ("two",), "one"))
    name = await ask(node, to_post="tower", precedence="FLASH")
    for post in ("tower", "two", "one"):
        assert thread(node, name).post == post
        await pass_s(node, clock, 61.0)
    assert thread(node, name).state == "timed_out"


async def test_the_line_is_tested_on_schedule_and_each_outcome_is_its_own(node: Node, clock: Clock) -> None:
    await agree(node, {"8": term("line_test", interval_s=3_600, answer_s=120)})
    assert node.duty.tests(BRAVO, NAME).items == []
    await pass_s(node, clock, 3_601.0)
    assert answers(node) == {"alpha": "waiting", "bravo": "waiting"}
    assert [test.number for test in node.threads.inbox(BRAVO).tests] == [1]
    await node.duty.test(ALPHA, AnswerLineTest(NAME, 1, "ops", False))
    assert answers(node) == {"alpha": "answered", "bravo": "waiting"}
    await pass_s(node, clock, 121.0)
    assert answers(node) == {"alpha": "answered", "bravo": "unanswered"}
    await node.duty.test(BRAVO, AnswerLineTest(NAME, 1, "tower", False))
    assert answers(node) == {"alpha": "answered", "bravo": "answered_late"}
    await pass_s(node, clock, 3_600.0)
    await node.duty.test(BRAVO, AnswerLineTest(NAME, 2, "tower", True))
    assert answers(node, 2) == {"alpha": "waiting", "bravo": "declined"}
    with pytest.raises(ConflictingStateError):
        await node.duty.test(BRAVO, AnswerLineTest(NAME, 2, "tower", False))
    assert [test.number for test in node.duty.tests(ALPHA, NAME).items] == [2, 1]
    assert {test.basis for test in node.duty.tests(ALPHA, NAME).items} == {f"{NAME}/1/8"}


async def test_the_interval_and_the_time_to_answer_are_the_agreements(node: Node, clock: Clock) -> None:
    await agree(node, {"8": term("line_test", interval_s=3_600, answer_s=120)})
    first = node.duty.tests(ALPHA, NAME).next_test
    await agree(node, {"8": term("line_test", interval_s=600, answer_s=30)})
    assert node.duty.tests(ALPHA, NAME).next_test != first
    await pass_s(node, clock, 601.0)
    await pass_s(node, clock, 31.0)
    (test,) = node.duty.tests(ALPHA, NAME).items
    assert (test.over, test.basis) == (True, f"{NAME}/2/8")


async def test_a_suspended_agreement_tests_nothing(node: Node, clock: Clock) -> None:
    await agree(node, {"8": term("line_test", interval_s=600, answer_s=30)})
    await node.line.command(ALPHA, SuspendAgreement(NAME, 1, 0, "talks"))
    await pass_s(node, clock, 6_000.0)
    assert node.duty.tests(ALPHA, NAME).items == []
    with pytest.raises(ConflictingStateError, match="there is no line to test"):
        await node.duty.test(ALPHA, CallLineTest(NAME, "ops"))
    await node.line.command(ALPHA, ResumeAgreement(NAME, 1))
    await pass_s(node, clock, 601.0)
    assert answers(node) == {"alpha": "waiting", "bravo": "waiting"}


async def test_a_test_that_a_post_calls_has_its_own_answer_already(node: Node) -> None:
    await agree(node, {"1": None})
    called = await node.duty.test(ALPHA, CallLineTest(NAME, "ops"))
    assert (called.test.called_by, called.test.basis) == ("alpha", None)
    assert answers(node) == {"alpha": "answered", "bravo": "waiting"}
    with pytest.raises(ConflictingStateError, match="test 1 runs"):
        await node.duty.test(BRAVO, CallLineTest(NAME, "tower"))
    assert (await node.duty.test(BRAVO, AnswerLineTest(NAME, 1, "tower", False))).test.over


async def test_strangers_neither_see_nor_answer_tests(node: Node) -> None:
    await agree(node, {"1": None})
    stream = node.subscribe(THIRD, None)
    await anext(stream)
    await node.duty.test(ALPHA, CallLineTest(NAME, "ops"))
    for attempt in (CallLineTest(NAME, "ops"), AnswerLineTest(NAME, 1, "ops", False)):
        with pytest.raises(NotFoundError):
            await node.duty.test(THIRD, attempt)
    with pytest.raises(NotFoundError):
        node.duty.tests(THIRD, NAME)
    await node.duty.define(THIRD, DefinePost("desk", (), ""))
    told = msgspec.json.decode((await anext(stream)).data)["changes"]
    assert [change["type"] for change in told] == ["post"]
    await stream.aclose()  # type: ignore[attr-defined]


async def test_duty_is_the_same_after_a_restart(tmp_path: Path, clock: Clock) -> None:
    async with running(tmp_path, clock, "alpha", "bravo") as node:
        await staff_both(node)
        await agree(node, {"8": term("line_test", interval_s=600, answer_s=30)})
        await pass_s(node, clock, 601.0)
        await ask(node)
    replayed = await replay(tmp_path)
    same(replayed.from_zero, replayed.from_snapshot)
    assert replayed.snapshot_sequence == replayed.from_zero.sequence
