"""A voice call is put on record: drafted, revised, agreed or told by each side, and its commitments are kept after."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from skyparley.airspace.line.calls.commands import Commitment, Participant
from skyparley.errors import ConflictingStateError, ForbiddenError, NotFoundError, SkyparleyError
from skyparley.node.identity import OBSERVER
from skyparley.node.line.calls.desk import Said
from skyparley.node.line.calls.views import CallAnswer, CallText
from skyparley.node.node import Node
from support.drafts import Clock
from support.line import log_bytes, pass_s, staff_both
from support.nodes import ALPHA, BRAVO, OPERATOR, THIRD, at, replay, running, same, start, stop

pytestmark = pytest.mark.anyio
BOTH = (Participant("alpha", "ops"), Participant("bravo", "tower"))
TEXT = CallText("en", "The exercise of tomorrow", "Bravo described the exercise.", [], ["Send the final times"])
SAID = Said(TEXT, [Commitment("bravo", at(3600))])


async def record(node: Node, said: Said = SAID, **changes: Any) -> CallAnswer:
    fields = {"participants": BOTH, "began_us": at(-900), "lasted_s": 420, **changes}
    return await node.calls.record(fields.pop("author", ALPHA), fields.pop("other", "bravo"), said, **fields)


async def test_a_text_is_agreed_by_the_other_side_and_its_commitments_are_due(node: Node, tmp_path: Path) -> None:
    call = (await record(node)).call
    assert (call.state, call.revision, call.drafted_by, call.no_tactical_decisions) == ("draft", 1, "alpha", True)
    assert [(one.owner, one.state) for one in call.commitments] == [("bravo", "drafted")]
    with pytest.raises(ForbiddenError, match="the other side agrees"):
        await node.calls.agree(ALPHA, call.call_id, 1)
    decided = msgspec.structs.replace(TEXT, decisions=["The corridor stays free."])
    revised = (await node.calls.revise(BRAVO, call.call_id, 1, Said(decided, SAID.commitments))).call
    assert (revised.revision, revised.drafted_by, revised.no_tactical_decisions) == (2, "bravo", False)
    with pytest.raises(ConflictingStateError, match="revision 2 now"):
        await node.calls.agree(ALPHA, call.call_id, 1)
    agreed = (await node.calls.agree(ALPHA, call.call_id, 2)).call
    assert (agreed.state, agreed.commitments[0].state) == ("agreed", "due")
    with pytest.raises(ConflictingStateError):
        await node.calls.revise(BRAVO, call.call_id, 2, SAID)
    assert node.calls.calls(THIRD).items == node.calls.calls(OPERATOR).items == []
    assert [one.call_id for one in node.calls.calls(OBSERVER).items] == [call.call_id]
    with pytest.raises(NotFoundError):
        node.calls.call(THIRD, call.call_id)
    await stop(node)
    assert b"exercise" not in log_bytes(tmp_path)
    replayed = await replay(tmp_path)
    same(replayed.from_zero, replayed.from_snapshot)


async def test_each_side_may_keep_its_own_account(node: Node) -> None:
    name = (await record(node)).call.call_id
    call = (await node.calls.read_out(BRAVO, name, "The times were not final.")).call
    assert call.state == "separate"
    call = (await node.calls.read_out(ALPHA, name, "They were.")).call
    assert [(one.party, one.text) for one in call.accounts] == [
        ("alpha", "They were."),
        ("bravo", "The times were not final."),
    ]
    agreed = (await node.calls.agree(BRAVO, name, 1)).call
    assert (agreed.state, len(agreed.accounts)) == ("agreed", 2)


async def test_a_commitment_is_reported_disputed_and_overdue_by_log_time(node: Node, clock: Clock) -> None:
    two = msgspec.structs.replace(TEXT, commitments=["Send the times", "Answer them"])
    said = Said(two, [Commitment("bravo", at(3600)), Commitment("alpha", at(7200))])
    name = (await record(node, said)).call.call_id
    with pytest.raises(ConflictingStateError, match="drafted"):
        await node.calls.report(BRAVO, name, 1, "meet", "sent")
    await node.calls.agree(BRAVO, name, 1)
    with pytest.raises(ForbiddenError, match="its owner reports"):
        await node.calls.report(ALPHA, name, 1, "meet", "sent")
    await pass_s(node, clock, 3601)
    assert [one.state for one in node.calls.call(ALPHA, name).commitments] == ["overdue", "due"]
    await node.calls.report(BRAVO, name, 1, "partly", "two of three were sent")
    disputed = (await node.calls.report(ALPHA, name, 1, "dispute", "none came")).call
    assert (disputed.commitments[0].state, disputed.commitments[0].said) == ("disputed", "none came")
    await node.calls.report(BRAVO, name, 1, "meet", "sent again")
    await pass_s(node, clock, 3600)
    assert [one.state for one in node.calls.call(ALPHA, name).commitments] == ["met", "overdue"]
    with pytest.raises(NotFoundError, match="no commitment 3"):
        await node.calls.report(ALPHA, name, 3, "meet", "what")


async def test_a_commitment_is_overdue_also_if_the_node_was_down(tmp_path: Path, clock: Clock) -> None:
    async with running(tmp_path, clock, "alpha", "bravo") as node:
        await staff_both(node)
        name = (await record(node)).call.call_id
        await node.calls.agree(BRAVO, name, 1)
    clock.now_us = at(9_000)
    node = await start(tmp_path, clock)
    await pass_s(node, clock, 0)
    assert node.calls.call(ALPHA, name).commitments[0].state == "overdue"
    await pass_s(node, clock, 91 * 86_400)
    with pytest.raises(NotFoundError):  # what is left alone for long leaves the state; the log keeps it
        node.calls.call(ALPHA, name)
    await stop(node)


async def test_a_repeat_gets_the_same_call(node: Node) -> None:
    first = await record(node, idempotency_key="one")
    again = await record(node, idempotency_key="one")
    assert (first.sequence, first.call.call_id) == (again.sequence, again.call.call_id)


@pytest.mark.parametrize(
    ("changes", "text", "place"),
    [
        ({"began_us": at(60)}, TEXT, "began"),
        ({"lasted_s": -1}, TEXT, "lasted_s"),
        ({"participants": BOTH[:1]}, TEXT, "participants"),
        ({"participants": (*BOTH, Participant("third", "desk"))}, TEXT, "participants"),
        ({"other": "nobody"}, TEXT, "other"),
        ({}, msgspec.structs.replace(TEXT, text="see <b>this</b>"), "text"),
        ({}, msgspec.structs.replace(TEXT, language="xx"), "language"),
        ({}, msgspec.structs.replace(TEXT, agenda=" "), "agenda"),
        ({}, msgspec.structs.replace(TEXT, decisions=["\u202eturned"]), "decisions[0]"),
    ],
)
async def test_bad_records(node: Node, changes: dict[str, Any], text: CallText, place: str) -> None:
    with pytest.raises(SkyparleyError) as refused:
        await record(node, Said(text, SAID.commitments), **changes)
    assert refused.value.place == place
    assert node.calls.calls(ALPHA).items == []


async def test_a_commitment_has_an_owner_who_is_there(node: Node) -> None:
    with pytest.raises(SkyparleyError, match="one of the two parties"):
        await record(node, Said(TEXT, [Commitment("third", at(3600))]))
