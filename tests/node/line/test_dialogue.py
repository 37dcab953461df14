"""A dialogue over a node: asked, read back, confirmed, answered; called from post to post; the same after a restart."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from skyparley.airspace.line.dialogue.commands import RecordReadBack
from skyparley.airspace.line.duty.commands import DefinePost
from skyparley.errors import (
    ConflictingStateError,
    IdempotencyError,
    InvalidInputError,
    NotFoundError,
    RateLimitedError,
    SkyparleyError,
)
from skyparley.node.engine import proposal_of
from skyparley.node.identity import OBSERVER, Author
from skyparley.node.line.dialogue.pace import MESSAGES_AT_ONCE
from skyparley.node.node import Node
from support.agreements import NAME, agree, term
from support.drafts import Clock
from support.line import (
    CLIMB,
    LEVEL,
    OTHER_LEVEL,
    ask,
    log_bytes,
    pass_s,
    read_back,
    reply,
    staff,
    staff_both,
    thread,
    until,
)
from support.nodes import ALPHA, BRAVO, OPERATOR, THIRD, crash, drone, replay, running, same, start, stop

pytestmark = pytest.mark.anyio


async def test_a_request_is_read_back_confirmed_and_accepted(node: Node) -> None:
    name = await ask(node)
    asked = thread(node, name)
    assert (asked.state, asked.owes, asked.post, asked.read_back) == ("open", "bravo", "tower", "due")
    assert "FL350" in (asked.thread[0].text or "")
    with pytest.raises(ConflictingStateError, match="read it back first"):
        await reply(node, BRAVO, name, "wilco")
    assert await read_back(node, name, level=LEVEL) == "matched"
    assert thread(node, name).owes == "alpha"  # its turn to say that it is correct
    with pytest.raises(ConflictingStateError, match="wait until the other side confirms"):
        await reply(node, BRAVO, name, "wilco")
    with pytest.raises(ConflictingStateError, match="only the side that asked confirms"):
        await reply(node, BRAVO, name, "read-back-correct", parameters={"message": 2})
    confirmed = await reply(node, ALPHA, name, "read-back-correct", parameters={"message": 2})
    assert (confirmed.dialogue.read_back, confirmed.dialogue.owes) == ("confirmed", "bravo")
    closed = await reply(node, BRAVO, name, "wilco")
    assert (closed.dialogue.state, closed.dialogue.result, closed.dialogue.owes) == ("closed", "accepted", None)
    with pytest.raises(ConflictingStateError, match="the dialogue is closed: open another one"):
        await reply(node, ALPHA, name, "free-text", parameters={"text": "one more thing"})


async def test_a_read_back_that_differs_blocks_until_it_is_right(node: Node) -> None:
    name = await ask(node)
    assert await read_back(node, name, level=OTHER_LEVEL) == "mismatch"
    for author in (ALPHA, BRAVO):  # both see the same comparison
        (field,) = thread(node, name, author).thread[1].fields or ()
        assert (field.name, field.equal) == ("level", False)
    with pytest.raises(ConflictingStateError, match="differs from what was sent: it cannot be confirmed"):
        await reply(node, ALPHA, name, "read-back-correct", parameters={"message": 2})
    with pytest.raises(ConflictingStateError, match="its read-back differs: read it back again"):
        await reply(node, BRAVO, name, "wilco")
    assert await read_back(node, name) == "mismatch"  # nothing read back is no read-back
    assert await read_back(node, name, level=LEVEL) == "matched"


async def test_a_notice_is_closed_by_its_confirmed_read_back(node: Node) -> None:
    parameters = {"callsign": "SWR12", "position": "46.95N 007.45E", "level": LEVEL, "time": "2027-01-15T12:00:00Z"}
    name = await ask(node, "report-position", parameters=parameters)
    assert await read_back(node, name, position="465700N 0072700E", level=LEVEL, time="2027-01-15T12:00:00Z") == (
        "matched"
    )
    answer = await reply(node, ALPHA, name, "read-back-correct", parameters={"message": 2})
    assert (answer.dialogue.state, answer.dialogue.result) == ("closed", "accepted")


async def test_receipt_reading_and_answer_are_three_things(node: Node, clock: Clock) -> None:
    name = await ask(node)
    assert [(one.received, one.read) for one in thread(node, name).thread] == [(None, None)]
    clock.now_us += 2_000_000
    assert (await node.dialogues.receive(BRAVO, [(name, 1)])).received == 1
    assert (await node.dialogues.receive(BRAVO, [(name, 1)])).sequence is None  # it is on record
    clock.now_us += 3_000_000
    answer = await node.dialogues.read(BRAVO, name, 1)
    assert answer.message.received != answer.message.read
    assert answer.message.read_post == "tower"
    assert answer.dialogue.state == "open"
    again = await node.dialogues.read(BRAVO, name, 1)
    assert again.message == answer.message
    for wrong in (ALPHA, THIRD):  # neither the sender nor a stranger
        with pytest.raises(NotFoundError):
            await node.dialogues.receive(wrong, [(name, 1)])
        with pytest.raises(NotFoundError):
            await node.dialogues.read(wrong, name, 1)


async def test_free_text_and_standby_close_nothing_and_standby_begins_the_time_anew(node: Node, clock: Clock) -> None:
    name = await ask(node, "request-position")
    first = thread(node, name).answer_by
    await reply(node, BRAVO, name, "free-text", parameters={"text": "WILCO"})
    assert (thread(node, name).state, thread(node, name).answer_by) == ("open", first)
    clock.now_us += 5_000_000
    held = await reply(node, BRAVO, name, "standby")
    assert (held.dialogue.state, held.dialogue.owes) == ("standby", "bravo")
    assert held.dialogue.answer_by != first
    await pass_s(node, clock, 700.0)
    assert thread(node, name).state == "timed_out"
    assert (await reply(node, BRAVO, name, "roger")).dialogue.state == "closed"


async def test_a_counter_turns_the_question_round(node: Node) -> None:
    await node.file(ALPHA, drone("survey"))
    other = {"operation": "survey", "delay": {"value": 5, "unit": "min"}, "begin": "2027-01-15T12:05:00Z"}
    parameters = {"operation": "survey", "delay": {"value": 10, "unit": "min"}, "begin": "2027-01-15T12:10:00Z"}
    name = await ask(node, "request-delay", parameters=parameters)
    countered = await reply(node, BRAVO, name, "request-delay", parameters=other)
    assert (countered.dialogue.question, countered.dialogue.owes, countered.dialogue.post) == (2, "alpha", "ops")
    with pytest.raises(InvalidInputError, match="message 2 asks for WU: answer it by unable, wilco"):
        await reply(node, ALPHA, name, "affirm")
    values = {field: other[field] for field in ("delay", "begin")}
    assert await read_back(node, name, number=2, author=ALPHA, **values) == "matched"
    await reply(node, BRAVO, name, "read-back-correct", parameters={"message": 3})
    assert (await reply(node, ALPHA, name, "wilco")).dialogue.result == "accepted"


@pytest.mark.parametrize(
    ("author", "code", "parameters", "state"),
    [
        (BRAVO, "unable", {"reason": "weather"}, "closed"),
        (BRAVO, "closing", {}, "declined"),
        (ALPHA, "abort", {"reason": "weather"}, "aborted"),
    ],
)
async def test_refused_declined_aborted_and_silent_are_different(
    node: Node, author: Author, code: str, parameters: dict[str, str], state: str
) -> None:
    name = await ask(node)
    answer = await reply(node, author, name, code, parameters=parameters)
    assert answer.dialogue.state == state
    assert answer.dialogue.result == ("refused" if code == "unable" else None)


async def test_who_may_not_see_a_dialogue_does_not_learn_of_it(node: Node) -> None:
    stream = node.subscribe(THIRD, None)
    await anext(stream)
    name = await ask(node)
    with pytest.raises(NotFoundError):
        thread(node, name, THIRD)
    with pytest.raises(NotFoundError):
        await reply(node, THIRD, name, "wilco")
    assert node.threads.page(THIRD).items == []
    assert [one.dialogue_id for one in node.threads.page(OBSERVER).items] == [name]
    assert node.threads.page(OPERATOR).items == []  # who runs the node is no party to what is said
    with pytest.raises(NotFoundError):
        thread(node, name, OPERATOR)
    await node.duty.take(BRAVO, "tower")  # which everybody sees
    message = await anext(stream)
    assert [change["type"] for change in msgspec.json.decode(message.data)["changes"]] == ["post"]
    await stream.aclose()  # type: ignore[attr-defined]


async def test_both_sides_hear_of_it_at_once(node: Node) -> None:
    streams = [node.subscribe(author, None) for author in (ALPHA, BRAVO)]
    for stream in streams:
        await anext(stream)
    name = await ask(node)
    for stream in streams:
        (change,) = msgspec.json.decode((await anext(stream)).data)["changes"]
        assert (change["type"], change["dialogue"]["dialogue_id"]) == ("dialogue", name)
        assert change["messages"][0]["parameters"]["callsign"] == "SWR12"
        await stream.aclose()  # type: ignore[attr-defined]


async def test_the_log_tells_nothing_that_is_said(node: Node, tmp_path: Path) -> None:
    name = await ask(node, "free-text", parameters={"text": "the harvest moon is blue"})
    await reply(node, BRAVO, name, "free-text", parameters={"text": "the harvest moon is blue"})
    digests = [one.digest for one in thread(node, name).thread]
    assert len(set(digests)) == 2  # the same words are not the same digest
    assert b"harvest" not in log_bytes(tmp_path)


async def test_a_repeat_with_its_key_is_the_same_message(node: Node) -> None:
    first = await node.dialogues.open(ALPHA, "bravo", "request-climb", CLIMB, from_post="ops", idempotency_key="k1")
    again = await node.dialogues.open(ALPHA, "bravo", "request-climb", CLIMB, from_post="ops", idempotency_key="k1")
    assert (again.dialogue.dialogue_id, again.message.number) == (first.dialogue.dialogue_id, 1)
    name = first.dialogue.dialogue_id
    sent = await reply(node, BRAVO, name, "standby", from_post="tower", idempotency_key="k2")
    same_one = await reply(node, BRAVO, name, "standby", from_post="tower", idempotency_key="k2")
    assert (same_one.message.number, same_one.sequence) == (sent.message.number, sent.sequence)
    assert thread(node, name).messages == 2
    with pytest.raises(IdempotencyError):
        await reply(node, BRAVO, name, "unable", parameters={"reason": "weather"}, idempotency_key="k2")


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        ({"code": "request-tea"}, "code", "no message 'request-tea' in the catalogue"),
        ({"code": "wilco", "parameters": {}}, "code", "answers something"),
        (
            {"parameters": {"callsign": "SWR12", "level": 350}},
            "parameters.level",
            "a bare number says neither its unit",
        ),
        ({"parameters": {"callsign": "SWR12"}}, "parameters.level", "needs level"),
        ({"parameters": {**CLIMB, "remarks": "<b>now</b>"}}, "parameters.remarks", "markup"),
        ({"parameters": {**CLIMB, "time": "2027-01-15T12:00:00"}}, "parameters.time", "zone"),
        ({"to_party": "alpha", "to_post": "ops"}, "to_party", "with another party"),
        ({"to_party": "nobody", "to_post": "x"}, "to_party", "there is no party 'nobody'"),
        ({"to_post": "kitchen"}, "to_post", "'bravo' has no post 'kitchen'; its posts are: tower"),
        ({"from_post": "kitchen"}, "from_post", "'alpha' has no post 'kitchen'"),
        ({"from_post": "night"}, "from_post", "nobody has the watch at 'night': take it first"),
        ({"precedence": "URGENT"}, "precedence", "use one of FLASH"),
        ({"about": "0" * 32}, None, "no conflict"),
        ({"to_party": "third"}, "to_post", "it has none yet"),
    ],
)
async def test_what_cannot_be_said_is_refused_with_place_and_remedy(
    node: Node, change: dict[str, object], place: str | None, words: str
) -> None:
    await node.duty.define(ALPHA, DefinePost("night", (), ""))
    before = node.state.sequence
    asked = {"to_party": "bravo", "code": "request-climb", "parameters": CLIMB, **change}
    with pytest.raises(SkyparleyError) as caught:
        await node.dialogues.open(ALPHA, **asked)  # type: ignore[arg-type]
    assert words in caught.value.message
    assert node.state.sequence == before
    assert caught.value.place == place


async def test_ten_thousand_messages_of_one_party_hold_up_nobody_else(node: Node, clock: Clock) -> None:
    name = await ask(node, "request-position")
    told = {"text": "x"}

    async def flood() -> type[Exception] | None:
        try:
            await node.dialogues.say(ALPHA, name, "free-text", told)
        except SkyparleyError as error:
            return type(error)
        return None

    came = await asyncio.gather(*(flood() for _ in range(10_000)))
    assert came.count(None) == MESSAGES_AT_ONCE - 1  # the question was the first of them
    assert set(came) == {None, RateLimitedError}
    assert (await reply(node, BRAVO, name, "roger")).dialogue.state == "closed"
    clock.now_us += 1_000_000
    await ask(node)


async def test_the_precedence_and_the_agreement_set_the_time(node: Node, clock: Clock) -> None:
    flash = thread(node, await ask(node, precedence="FLASH"))
    assert (flash.answer_s, flash.basis) == (60, None)
    routine = thread(node, await ask(node, precedence="ROUTINE"))
    assert routine.answer_s == 3_600
    await agree(node, {"5.1": term("answer_time", precedence="FLASH", answer_s=45)})
    agreed = await ask(node, precedence="FLASH")
    assert (thread(node, agreed).answer_s, thread(node, agreed).basis) == (45, f"{NAME}/1/5.1")
    await agree(node, {"5.1": term("answer_time", precedence="FLASH", answer_s=20)})
    shorter = await ask(node, precedence="FLASH")
    await pass_s(node, clock, 21.0)
    assert thread(node, shorter).state == "timed_out"
    assert thread(node, agreed).state == "open"


async def test_the_agreement_says_which_post_is_called(node: Node) -> None:
    await node.duty.define(BRAVO, DefinePost("night", (), ""))
    with pytest.raises(InvalidInputError, match="say which post of 'bravo' to call: night, tower"):
        await ask(node)
    await agree(node, {"6": term("contact", party="bravo", post="night")})
    assert thread(node, await ask(node)).post == "night"
    await agree(node, {"6": term("contact", party="bravo", post="tower")})
    assert thread(node, await ask(node)).post == "tower"


async def test_a_read_back_that_was_not_compared_before_a_crash_is_after_it(tmp_path: Path, clock: Clock) -> None:
    node = await start(tmp_path, clock)
    for party in ("alpha", "bravo"):
        await node.register_party(Author("operator"), party, party.title(), "civil_ats")
    await staff_both(node)
    name = await ask(node)
    node._tasks[3].cancel()  # nobody compares any more
    said = asyncio.create_task(read_back(node, name, level=OTHER_LEVEL))
    await until(lambda: thread(node, name).read_back == "comparing")
    said.cancel()
    await crash(node)

    node = await start(tmp_path, clock)
    await until(lambda: thread(node, name).read_back != "comparing")
    assert thread(node, name).read_back == "mismatch"
    await stop(node)
    assert not (await replay(tmp_path)).verification.problems


async def test_posts_dialogues_and_timers_are_the_same_after_a_restart(tmp_path: Path, clock: Clock) -> None:
    async with running(tmp_path, clock, "alpha", "bravo") as node:
        await staff(node, ALPHA, "ops")
        await staff(node, BRAVO, "tower", "deputy", "command")
        name = await ask(node, to_post="tower", precedence="FLASH")
        await pass_s(node, clock, 61.0)
        assert thread(node, name).post == "deputy"
        before = node.state.state_hash()
    node = await start(tmp_path, clock)  # from the snapshot
    assert node.state.state_hash() == before
    clock.now_us += 60_000_000  # the officer's browser is closed, and the node was down
    await until(lambda: thread(node, name).post == "command")
    await stop(node)
    replayed = await replay(tmp_path)
    same(replayed.from_zero, replayed.from_snapshot)


async def test_a_dialogue_is_about_a_conflict_of_its_two_parties(node: Node) -> None:
    await staff(node, THIRD, "desk")
    await node.file(ALPHA, drone("a"))
    answer = await node.file(BRAVO, drone("b", "bravo"))
    (conflict,) = answer.conflicts
    name = await ask(node, about=conflict.conflict_id)
    assert thread(node, name).about == conflict.conflict_id
    with pytest.raises(NotFoundError, match="no conflict"):
        await ask(node, author=THIRD, about=conflict.conflict_id)
    with pytest.raises(NotFoundError, match="between the two parties") as caught:
        await ask(node, to="third", about=conflict.conflict_id)
    assert caught.value.place == "about"


async def test_what_the_vault_holds_of_the_line_survives_the_tidying_at_start(tmp_path: Path, clock: Clock) -> None:
    node = await start(tmp_path, clock)
    for party in ("alpha", "bravo"):
        await node.register_party(Author("operator"), party, party.title(), "civil_ats")
    await staff_both(node)
    name = await ask(node)
    (post,) = node.duty.posts(ALPHA, "alpha").items
    await node.duty.take(ALPHA, "ops")
    await node.duty.leave(ALPHA, "ops", post.watches[0].watch, "Quiet night.")
    await crash(node)
    node = await start(tmp_path, clock)
    assert thread(node, name).thread[0].parameters["callsign"] == "SWR12"
    assert node.duty.posts(ALPHA, "alpha").items[0].note == "Quiet night."
    await stop(node)


@pytest.mark.parametrize("right", [True, False])
async def test_verification_compares_every_read_back_again(tmp_path: Path, clock: Clock, right: bool) -> None:
    async with running(tmp_path, clock, "alpha", "bravo") as node:
        await staff_both(node)
        name = await ask(node)
        node._tasks[3].cancel()  # nobody compares: this log says what it likes
        said = asyncio.create_task(read_back(node, name, level=OTHER_LEVEL))
        await until(lambda: thread(node, name).read_back == "comparing")
        question, reading = (one.digest for one in thread(node, name).thread)
        await node.engine.propose(proposal_of(RecordReadBack(name, 2, question, reading, not right)))
        said.cancel()
    problems = (await replay(tmp_path)).verification.problems
    assert problems == ([] if right else ["entry 9 wrongly says that a read-back fits"])
