"""Read-backs are compared as soon as their entry is applied, also after a restart.

What comes of it is an entry of its own, so that both sides see the same.
"""

import asyncio
import logging
from typing import Final

from skyparley.airspace.events import DialogueChanged
from skyparley.airspace.line.dialogue.commands import RecordReadBack
from skyparley.airspace.line.dialogue.items import Dialogue
from skyparley.errors import SkyparleyError
from skyparley.node.engine import RETRY_AFTER_FAILURE_S, Applied, Engine, proposal_of
from skyparley.node.line.bodies import matches
from skyparley.node.reading.reader import Reader

COMPARED_WITHIN_S: Final = 10.0
_log: Final = logging.getLogger("skyparley.line")


class ReadBacks:
    """Holds each read-back against its question."""

    def __init__(self, engine: Engine, reader: Reader) -> None:
        self._engine = engine
        self._reader = reader
        self._to_compare: dict[str, None] = {}
        self._compare = asyncio.Event()
        self._settled = asyncio.Condition()

    def take_in(self) -> None:
        """Take up what was not compared before the node stopped."""
        for dialogue in self._engine.state.line.dialogues.values():
            self._follow(dialogue)

    def on_applied(self, applied: Applied) -> None:
        """Take up the read-backs of an entry."""
        for change in applied.outcome.changes:
            if isinstance(change, DialogueChanged):
                self._follow(change.dialogue)

    async def run(self) -> None:
        """Compare read-backs as they come. What cannot be recorded now is tried again: its timer runs meanwhile."""
        while True:
            await self._compare.wait()
            self._compare.clear()
            for dialogue_id in list(self._to_compare):
                try:
                    await self._compare_now(dialogue_id)
                except SkyparleyError as error:
                    _log.warning("the read-back in dialogue %s is not compared yet: %s", dialogue_id, error.message)
                    await asyncio.sleep(RETRY_AFTER_FAILURE_S)
                    self._compare.set()
                else:
                    self._to_compare.pop(dialogue_id, None)
                    async with self._settled:
                        self._settled.notify_all()

    def _follow(self, dialogue: Dialogue) -> None:
        if dialogue.read_back == "comparing" and not dialogue.is_over:
            self._to_compare[dialogue.dialogue_id] = None
            self._compare.set()

    async def _compare_now(self, dialogue_id: str) -> None:
        line = self._engine.state.line
        dialogue = line.dialogues.get(dialogue_id)
        if dialogue is None or dialogue.is_over or dialogue.read_back != "comparing":
            return
        question = line.messages[dialogue_id, dialogue.question]
        reading = line.messages[dialogue_id, dialogue.reading]
        same = matches(self._reader.line.body(question.digest), self._reader.line.body(reading.digest))
        command = RecordReadBack(dialogue_id, reading.number, question.digest, reading.digest, same)
        await self._engine.propose(proposal_of(command))

    async def until_compared(self, dialogue_id: str, number: int) -> None:
        """Wait for the comparison of a read-back. It stands even if it takes long, and is compared later then."""

        def compared() -> bool:
            held = self._engine.state.line.dialogues.get(dialogue_id)
            return held is None or held.reading != number or held.read_back != "comparing"

        try:
            async with asyncio.timeout(COMPARED_WITHIN_S), self._settled:
                await self._settled.wait_for(compared)
        except TimeoutError:
            return
