"""A load as its caller sees it: the generator as a child process, and the proof that what was accepted outlives a kill.

A rate counts only what is found again. Most intents of a scenario end before a killed server is back, so the load goes
on after the measured part, at the same pace, with intents that live for an hour; in the middle of that, with requests
on their way, every process of the server gets SIGKILL. Then it is started on the same data, and every reference that
has not ended, for which a client had its 201 (of the measured part too, where they live long), is read with its owner's
token. The share that is found with the OVN of its 201 goes into the rate.
"""

import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from bench.dss.generator.job import KILL_ME, Job, Result

_ANSWER_LIMIT: Final = 2**28


@dataclass(slots=True)
class Served:
    """A running server: its port, its processes, and how to end them all at once without warning."""

    port: int
    pids: list[int]
    kill: Callable[[], None]


Start = Callable[[Path], AbstractAsyncContextManager[Served]]
"""Start a server on a data directory, which may hold what an earlier one has left."""


@dataclass(slots=True)
class Outcome:
    """What a load came to, and what of it was still there after the kill."""

    result: Result
    found: int
    lost: int

    @property
    def per_second(self) -> float:
        """Accepted and found again, each second."""
        return self.result.per_second * self.found / max(1, self.found + self.lost)


async def load(job: Job, on_kill: Callable[[], None] | None = None) -> Result:
    """Run a job in a generator of its own. Raises `RuntimeError` with its words if it ends early."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.dss.generator",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        limit=_ANSWER_LIMIT,
    )  # fmt: skip
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise RuntimeError("the generator has no pipes")
    try:
        process.stdin.write(msgspec.json.encode(job))
        process.stdin.close()
        line = await process.stdout.readline()
        if line.decode().strip() == KILL_ME and on_kill is not None:
            on_kill()
            line = await process.stdout.readline()
        if not line:
            raise RuntimeError((await process.stderr.read()).decode().strip())
        return msgspec.json.decode(line, type=Result)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def load_and_kill(start: Start, data: Path, job: Job) -> Outcome:
    """Load a server, kill it in the middle, start it again, and look for all that it had accepted."""
    async with start(data) as served:
        job = msgspec.structs.replace(job, port=served.port, server_pids=served.pids, until_killed=True)
        result = await load(job, served.kill)
    async with start(data) as served:
        read = await load(Job(port=served.port, tokens=job.tokens, kind="read", reads=result.survivors))
    return Outcome(result, read.found, len(read.lost))
