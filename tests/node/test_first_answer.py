"""Recorded and never answered: a repeat gets the answer that the command would have had, whatever happened since."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from skyparley.airspace.limits import IDEMPOTENCY_WINDOW_US
from skyparley.errors import ConflictingStateError, IdempotencyError, NotFoundError
from skyparley.node.custody.vault import Vault
from skyparley.node.node import Node
from skyparley.node.reading.views import Answer
from support.drafts import Clock
from support.nodes import ALPHA, BRAVO, OPERATOR, crash, drone, noon_clock, start, stop
from support.serving import until

pytestmark = pytest.mark.anyio

Command = Callable[[Node], Coroutine[Any, Any, Answer]]


async def hold(*_: object) -> None:
    """What keeps answers never comes to it."""
    await asyncio.Event().wait()


async def prepare(directory: Path, clock: Clock) -> Node:
    """Two parties; alpha's operation `one` and hazard area `area`, both in conflict with bravo's `other`."""
    node = await start(directory, clock)
    for party in ("alpha", "bravo"):
        await node.register_party(OPERATOR, party, party.title(), "civil_ats")
    await node.file(BRAVO, drone("other", "bravo"))
    await node.file(ALPHA, drone("one"))
    await node.declare_hazard(ALPHA, drone("area"), hazard_kind="firing", confirmed=False)
    return node


async def cut(node: Node, monkeypatch: pytest.MonkeyPatch, command: Command) -> None:
    """Carry a command out up to its answer and end the process there, as `kill -9` between the log and the reply."""
    before = node.state.sequence
    with monkeypatch.context() as patched:
        patched.setattr(Vault, "put_reply", hold)
        sent = asyncio.create_task(command(node))
        await until(lambda: node.state.sequence > before and not node.state.pending_filings())
        await asyncio.sleep(0.05)
        assert not sent.done()
        sent.cancel()
        await asyncio.gather(sent, return_exceptions=True)
        await crash(node)


COMMANDS: dict[str, Command] = {
    "cancel": lambda node: node.act(ALPHA, "cancel", "one", version=1, idempotency_key="k"),
    "retract": lambda node: node.act(ALPHA, "retract", "area", version=1, idempotency_key="k"),
    "activate": lambda node: node.act(ALPHA, "activate", "one", version=1, idempotency_key="k"),
    "confirm": lambda node: node.act(ALPHA, "confirm", "area", version=1, idempotency_key="k"),
    "amend": lambda node: node.amend(ALPHA, drone("one", radius_m=150.0), version=1, idempotency_key="k"),
    "file": lambda node: node.file(ALPHA, drone("two"), idempotency_key="k"),
    "declare": lambda node: node.declare_hazard(
        ALPHA, drone("second"), hazard_kind="laser", confirmed=True, idempotency_key="k"
    ),
}


@pytest.mark.parametrize("snapshot", [False, True])
@pytest.mark.parametrize("name", COMMANDS)
async def test_a_repeat_gets_what_was_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, snapshot: bool
) -> None:
    """Held against the answer that the same command gets in the same world without a crash."""
    command = COMMANDS[name]
    whole = await prepare(tmp_path / "whole", noon_clock())
    expected = await command(whole)
    await stop(whole)

    clock = noon_clock()
    node = await prepare(tmp_path / "cut", clock)
    await cut(node, monkeypatch, command)
    node = await start(tmp_path / "cut", clock)
    if snapshot:  # of a state after the entry: of no use for what was before
        await stop(node)
        node = await start(tmp_path / "cut", clock)
    if name not in ("cancel", "retract"):
        await move_on(node, expected)
    await node.act(BRAVO, "cancel", "other", version=1)
    sequence = node.state.sequence
    answer = await command(node)
    assert told(node, answer) == told(whole, expected)
    assert await command(node) == answer
    assert node.state.sequence == sequence, "a repeat is no entry"
    await stop(node)
    node = await start(tmp_path / "cut", clock)
    assert await command(node) == answer
    await stop(node)


async def move_on(node: Node, expected: Answer) -> None:
    """End what the command was about, whatever its state is now, and give its name to another."""
    view = expected.operation
    last = {"activated": "end", "unconfirmed": "retract", "confirmed": "retract"}.get(view.state, "cancel")
    await node.act(ALPHA, last, view.operation_id, version=view.version)
    await node.file(ALPHA, drone(view.operation_id, east_m=5_000.0))


def told(node: Node, answer: Answer) -> dict[str, Any]:
    """An answer without the names of conflicts, which are each node's own."""
    conflicts = [(c.a, c.b, c.rule, c.sentence, c.windows, c.closest, c.sequence) for c in answer.conflicts]
    return {"operation": answer.operation, "sequence": answer.sequence, "conflicts": conflicts,
            "through": answer.checked_through}  # fmt: skip


async def test_end_is_answered_and_nothing_of_others_is_disclosed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = noon_clock()
    node = await prepare(tmp_path, clock)
    await node.act(ALPHA, "activate", "one", version=1)
    await cut(node, monkeypatch, lambda node: node.act(ALPHA, "end", "one", version=2, idempotency_key="end"))
    node = await start(tmp_path, clock)
    await cut(node, monkeypatch, lambda node: node.file(ALPHA, drone("two"), idempotency_key="file"))
    node = await start(tmp_path, clock)
    await node.act(ALPHA, "cancel", "two", version=1)
    ended = await node.act(ALPHA, "end", "one", version=2, idempotency_key="end")
    assert (ended.operation.state, ended.operation.version, ended.conflicts) == ("ended", 3, [])
    filed = await node.file(ALPHA, drone("two"), idempotency_key="file")
    assert filed.operation.state == "accepted"
    sides = {(side.party, side.operation_id) for conflict in filed.conflicts for side in (conflict.a, conflict.b)}
    assert sides == {("alpha", "two"), ("alpha", "area"), ("bravo", None)}
    assert not any("other" in conflict.sentence for conflict in filed.conflicts)
    with pytest.raises(IdempotencyError):
        await node.file(ALPHA, drone("two", radius_m=101.0), idempotency_key="file")
    with pytest.raises(NotFoundError):  # another party's key of that name is another key
        await node.act(BRAVO, "end", "one", version=2, idempotency_key="end")
    clock.now_us += IDEMPOTENCY_WINDOW_US + 1_000_000
    with pytest.raises(NotFoundError):
        await node.act(ALPHA, "end", "one", version=2, idempotency_key="end")
    await stop(node)


async def test_what_left_before_anybody_compared_it_is_answered_as_such(tmp_path: Path) -> None:
    """Its own answer, also when the name is taken again; `checked_through` does not claim what nobody has done."""
    clock = noon_clock()
    node = await start(tmp_path, clock)
    await node.register_party(OPERATOR, "alpha", "Alpha", "civil_ats")
    node._tasks[2].cancel()
    filing = asyncio.create_task(node.file(ALPHA, drone("one"), idempotency_key="k"))
    await until(lambda: ("alpha", "one") in node.state.operations)
    await node.act(ALPHA, "cancel", "one", version=1)
    filing.cancel()
    await crash(node)
    node = await start(tmp_path, clock)
    async with asyncio.timeout(20):
        first = await node.file(ALPHA, drone("one"), idempotency_key="k")
    assert (first.operation.state, first.conflicts) == ("accepted", [])
    assert first.checked_through < first.sequence
    second = await node.file(ALPHA, drone("one", radius_m=150.0), idempotency_key="other")
    assert await node.file(ALPHA, drone("one"), idempotency_key="k") == first
    assert await node.file(ALPHA, drone("one", radius_m=150.0), idempotency_key="other") == second
    await stop(node)


async def test_what_the_log_no_longer_holds_is_not_made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = noon_clock()
    node = await prepare(tmp_path, clock)
    await cut(node, monkeypatch, COMMANDS["cancel"])
    node = await start(tmp_path, clock)
    await node.file(ALPHA, drone("more"))
    await node.engine.log.trim(node.state.sequence)
    with pytest.raises(ConflictingStateError, match=r"accepted as entry \d+; 'one' is no longer live"):
        await COMMANDS["cancel"](node)
    await crash(node)
