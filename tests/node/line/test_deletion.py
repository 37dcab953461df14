"""Words are deleted because law demands it: nothing of them is left on the disk, and the record holds as before."""

from base64 import b64decode
from hashlib import sha256
from pathlib import Path

import pytest

from skyparley.airspace.codec import decode_command
from skyparley.airspace.commands import DeleteBody
from skyparley.airspace.line.calls.commands import Commitment, Participant
from skyparley.conflict.minima import DEFAULT_MINIMA
from skyparley.errors import ConflictingStateError, ForbiddenError, InvalidInputError, NotFoundError
from skyparley.node.engine import proposal_of
from skyparley.node.identity import OBSERVER
from skyparley.node.line.calls.desk import Said
from skyparley.node.line.calls.views import CallText
from skyparley.node.node import Node
from skyparley.node.recovery import verify
from support.conflict_cases import circle_volume, operation
from support.nodes import ALPHA, BRAVO, OPERATOR, THIRD, at, start, stop

pytestmark = pytest.mark.anyio
UNDER = "the law on data protection, article 17"
SECRET_WORDS = "the pilot's illness"


async def call_of(node: Node) -> tuple[str, int]:
    text = CallText("en", "Absence", f"About {SECRET_WORDS}.", [], ["Ask again"])
    both = (Participant("alpha", "ops"), Participant("bravo", "tower"))
    said = Said(text, [Commitment("bravo", at(3600))])
    answer = await node.calls.record(ALPHA, "bravo", said, participants=both, began_us=at(-900), lasted_s=60)
    return answer.call.call_id, answer.sequence


def on_disk(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


async def test_the_words_are_gone_from_the_disk_and_the_entry_says_under_what(node: Node, tmp_path: Path) -> None:
    name, sequence = await call_of(node)
    assert SECRET_WORDS.encode() in on_disk(tmp_path)
    before = await node.recorder.receipt(sequence, OPERATOR)
    done = await node.deletion.delete(OPERATOR, sequence, UNDER)
    assert (done.named_sequence, done.under) == (sequence, UNDER)
    gone = f"(deleted by entry {done.deleted_sequence} under: {UNDER})"
    shown = node.calls.call(ALPHA, name)
    assert (shown.agenda, shown.text, shown.commitments[0].text) == (gone, gone, gone)
    assert SECRET_WORDS.encode() not in on_disk(tmp_path)
    assert (await node.recorder.receipt(sequence, OPERATOR))[:200] == before[:200]
    await stop(node)
    assert SECRET_WORDS.encode() not in on_disk(tmp_path)
    again = await start(tmp_path, node.engine.clock)  # type: ignore[arg-type]
    try:
        assert again.calls.call(BRAVO, name).text == gone
        assert [one.digest for one in again.deletion.deleted().items] == [done.digest]
        assert (await verify(again.engine.log, again.vault, DEFAULT_MINIMA)).problems == []
    finally:
        await stop(again)


async def test_a_message_goes_when_its_dialogue_is_over(node: Node) -> None:
    said = await node.dialogues.open(ALPHA, "bravo", "free-text", {"text": SECRET_WORDS}, idempotency_key="k")
    name = said.dialogue.dialogue_id
    if not node.state.line.dialogues[name].is_over:
        with pytest.raises(ConflictingStateError, match="which is not over"):
            await node.deletion.delete(OPERATOR, said.sequence, UNDER)
        await node.dialogues.say(ALPHA, name, "closing", {})
    assert node.state.line.dialogues[name].is_over
    await node.deletion.delete(OPERATOR, said.sequence, UNDER)
    (first, *_) = node.threads.detail(BRAVO, name, "en", "UTC").thread
    assert UNDER in str(first.text)
    assert SECRET_WORDS not in str(first)


async def test_a_hand_over_note_goes(node: Node) -> None:
    watch = (await node.duty.take(ALPHA, "ops")).watch
    left = await node.duty.leave(ALPHA, "ops", str(watch), SECRET_WORDS)
    await node.deletion.delete(OPERATOR, left.sequence, UNDER)
    (post,) = (one for one in node.duty.posts(ALPHA, "alpha").items if one.post == "ops")
    assert UNDER in str(post.note)


async def test_who_may_and_what_cannot_be_deleted(node: Node) -> None:
    _, sequence = await call_of(node)
    filed = await node.file(ALPHA, operation("o", circle_volume((46.5, 7.8), 500.0), party="alpha"))
    with pytest.raises(ForbiddenError):
        await node.deletion.delete(ALPHA, sequence, UNDER)
    with pytest.raises(InvalidInputError, match="names no words"):
        await node.deletion.delete(OPERATOR, filed.sequence, UNDER)
    with pytest.raises(NotFoundError):
        await node.deletion.delete(OPERATOR, 10_000, UNDER)
    with pytest.raises(InvalidInputError) as raised:
        await node.deletion.delete(OPERATOR, sequence, " ")
    assert raised.value.place == "under"
    first = await node.deletion.delete(OPERATOR, sequence, UNDER)
    with pytest.raises(ConflictingStateError, match=f"by entry {first.deleted_sequence} already"):
        await node.deletion.delete(OPERATOR, sequence, UNDER)


async def test_who_is_entitled_holds_it_against_the_digest(node: Node) -> None:
    name, sequence = await call_of(node)
    filed = await node.file(ALPHA, operation("o", circle_volume((46.5, 7.8), 500.0), party="alpha"))
    said = await node.dialogues.open(ALPHA, "bravo", "free-text", {"text": SECRET_WORDS}, idempotency_key="k")
    command = decode_command((await node.engine.log.entry(sequence)).body)
    for reader in (ALPHA, BRAVO, OPERATOR):
        (body,) = (await node.private.of_entry(reader, sequence)).items
        data = b64decode(body.data or "")
        assert sha256(data).hexdigest() == body.digest == command.text_digest  # type: ignore[union-attr]
        assert SECRET_WORDS.encode() in data
        assert (await node.private.of_entry(reader, said.sequence)).items[0].member == "body_digest"
    for reader in (THIRD, OBSERVER):
        with pytest.raises(ForbiddenError):
            await node.private.of_entry(reader, sequence)
    assert (await node.private.of_entry(ALPHA, filed.sequence)).items[0].member == "details_digest"
    with pytest.raises(ForbiddenError):
        await node.private.of_entry(BRAVO, filed.sequence)
    with pytest.raises(NotFoundError):
        await node.private.of_entry(ALPHA, 10_000)
    await node.deletion.delete(OPERATOR, sequence, UNDER)
    (body,) = (await node.private.of_entry(BRAVO, sequence)).items
    assert (body.data, body.deleted_under, name) == (None, UNDER, name)


async def test_a_node_that_died_before_the_words_were_gone_finishes_at_its_start(node: Node, tmp_path: Path) -> None:
    name, sequence = await call_of(node)
    command = decode_command((await node.engine.log.entry(sequence)).body)
    await node.engine.submit(proposal_of(DeleteBody(sequence, command.text_digest, UNDER)))  # type: ignore[union-attr]
    await stop(node)
    assert SECRET_WORDS.encode() in on_disk(tmp_path)
    again = await start(tmp_path, node.engine.clock)
    try:
        assert SECRET_WORDS.encode() not in on_disk(tmp_path)
        assert UNDER in again.calls.call(BRAVO, name).text
    finally:
        await stop(again)
