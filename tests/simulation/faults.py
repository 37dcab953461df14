"""A log and a vault that fail as disks and processes do: errors, delays, duplicates, and death before or after a write.

Behind the faults are the log in memory, which outlives the node that writes it, and the real vault on its file, written
in line.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from skyparley.errors import OverloadedError, StorageError
from skyparley.log.memory import MemoryLog
from skyparley.log.port import Draft, Entry
from skyparley.node.custody.vault import Vault
from support.logs import LogAround


@dataclass
class Faults:
    """What goes wrong, by the dice; nothing while `on` is false. `died` is set when the process is to die."""

    dice: Random
    on: bool = False
    died: asyncio.Event = field(default_factory=asyncio.Event)
    counts: dict[str, int] = field(default_factory=dict)

    def draw(self, what: str, likelihood: float) -> bool:
        """Whether it happens now."""
        if not self.on or self.dice.random() >= likelihood:
            return False
        self.counts[what] = self.counts.get(what, 0) + 1
        return True

    async def delay(self) -> None:
        if self.draw("delay", 0.3):
            await asyncio.sleep(self.dice.choice((0.0, 0.001, 0.1, 2.0)))

    async def die(self, when: str) -> None:
        """The process ends here: whoever waits is never answered."""
        if self.draw(f"death {when}", 0.006):
            self.died.set()
            await asyncio.Event().wait()

    def fail(self) -> None:
        if self.draw("disk error", 0.05):
            raise StorageError("the disk is full: free space; nothing of this was recorded")
        if self.draw("overload", 0.03):
            raise OverloadedError("the queue is full: try again shortly")


class FaultyLog(LogAround):
    """The log of a process that may die; its entries outlive it."""

    def __init__(self, pool: str, clock: Callable[[], int], faults: Faults, before: "FaultyLog | None" = None) -> None:
        self._faults = faults
        self.memory = MemoryLog(pool=pool, clock=clock)
        if before is not None:
            self.memory._entries, self.memory._sequencer = before.memory._entries, before.memory._sequencer
        super().__init__(self.memory)

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Entry]:
        faults = self._faults
        await faults.delay()
        faults.fail()
        await faults.die("before the log")
        answers = await super().append(drafts)
        if faults.draw("duplicate", 0.1):
            await faults.delay()
            assert await super().append(drafts) == answers
        await faults.die("after the log")
        await faults.delay()
        return answers


class FaultyVault(Vault):
    """The real vault; what it writes fails, is late, or is the last that the process does.

    A write happens at once, on a loop of its own, while the virtual time stands.
    """

    def __init__(self, path: Path, faults: Faults) -> None:
        super().__init__(path)
        self._faults = faults
        self._aside = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._aside.run_forever, daemon=True)
        self._thread.start()

    async def _commit(self, *what: Any) -> None:
        await self._faults.delay()
        self._faults.fail()
        await self._faults.die("before the vault")
        asyncio.run_coroutine_threadsafe(super()._commit(*what), self._aside).result()
        await self._faults.die("after the vault")
        await self._faults.delay()

    def close(self) -> None:
        super().close()
        self._aside.call_soon_threadsafe(self._aside.stop)
        self._thread.join()
        self._aside.close()
