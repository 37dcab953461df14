"""The line in tests: posts with somebody on watch, time that passes by a tick, and what is said over the node."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from skyparley.airspace.commands import Tick
from skyparley.airspace.line.duty.commands import DefinePost
from skyparley.node.engine import proposal_of
from skyparley.node.identity import Author
from skyparley.node.line.dialogue.views import DialogueAnswer, DialogueDetail
from skyparley.node.node import Node
from support.drafts import Clock
from support.nodes import ALPHA, BRAVO

LEVEL = {"value": 350, "unit": "FL"}
OTHER_LEVEL = {"value": 330, "unit": "FL"}
CLIMB = {"callsign": "SWR12", "level": LEVEL}
"""A request with a level, which is read back."""
POSITION = {"callsign": "SWR12"}
"""A request that asks for any answer, with nothing to be read back."""


async def staff(node: Node, author: Author, *posts: str) -> dict[str, str]:
    """Posts of a party, each going on to the next one, with somebody on watch at all of them: the watches by post."""
    following = ""
    watches = {}
    for post in reversed(posts):
        await node.duty.define(author, DefinePost(post, (), following))
        following = post
    for post in posts:
        answer = await node.duty.take(author, post)
        assert answer.watch is not None
        watches[post] = answer.watch
    return watches


async def staff_both(node: Node) -> None:
    """One post of each party, `ops` of alpha and `tower` of bravo, with somebody on watch."""
    await staff(node, ALPHA, "ops")
    await staff(node, BRAVO, "tower")


async def pass_s(node: Node, clock: Clock, seconds: float) -> None:
    """Time passes, and the log takes note of it."""
    clock.now_us += round(seconds * 1e6)
    await node.engine.propose(proposal_of(Tick()))


async def ask(node: Node, code: str = "request-climb", author: Author = ALPHA, to: str = "bravo", **fields: Any) -> str:
    """A question of alpha to bravo; the dialogue's identifier."""
    parameters = fields.pop("parameters", CLIMB if code == "request-climb" else POSITION)
    return (await node.dialogues.open(author, to, code, parameters, **fields)).dialogue.dialogue_id


async def reply(node: Node, author: Author, dialogue_id: str, code: str, **fields: Any) -> DialogueAnswer:
    """One more message."""
    parameters = fields.pop("parameters", {})
    return await node.dialogues.say(author, dialogue_id, code, parameters, **fields)


async def read_back(node: Node, dialogue_id: str, *, number: int = 1, author: Author = BRAVO, **values: Any) -> str:
    """A read-back of a question; what its comparison came to."""
    parameters = {"message": number}
    answer = await reply(node, author, dialogue_id, "read-back", parameters=parameters, read_back=values)
    return answer.dialogue.read_back


def log_bytes(directory: Path) -> bytes:
    """All that the files of a log hold."""
    found = b"".join(path.read_bytes() for path in sorted(directory.glob("log*")))
    assert found
    return found


async def until(what: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait until something that happens by itself has happened."""
    async with asyncio.timeout(within_s):
        while not what():  # noqa: ASYNC110 - what is waited for is the node's own, and has no event to wait on
            await asyncio.sleep(0.01)


def thread(node: Node, dialogue_id: str, author: Author = ALPHA, language: str = "en") -> DialogueDetail:
    """A dialogue as its parties see it."""
    return node.threads.detail(author, dialogue_id, language, "UTC")
