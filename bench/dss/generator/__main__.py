"""The load generator, a process of its own: a job as JSON on stdin, its result as JSON on stdout.

A create load has four parts: fill (if the wanted number of live intents would take too long to grow), warm up, measure,
and, if the server is to be killed, go on with intents that live long until it is gone; `KILL_ME` tells that this
last part has begun. Before it, the lifetime is adapted all the time, so that the wanted number stays live.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
import uvloop

from bench.dss.generator.clients import PATH, Change, Creators, Tally, UnexpectedAnswerError
from bench.dss.generator.cpu import cpu_seconds, machine_seconds
from bench.dss.generator.job import KILL_ME, LONG_S, Job, Result, Spread
from bench.dss.generator.volumes import places, query_body
from bench.dss.generator.wire import Line, request_bytes
from bench.table import quantiles

_TOO_LONG_S: Final = 1.5
_LONGEST_WARM_UP_S: Final = 6.0
_BEFORE_KILL_S: Final = 1.0
_ENOUGH_TO_SEEK: Final = 32
_PATIENCE: Final = 10
_KILLED_WITHIN_S: Final = 30.0
_READERS: Final = 16
_QUERY_SIDE_M: Final = 10_000.0

Tasks = list[asyncio.Task[None]]


class _References(msgspec.Struct):
    operational_intent_references: list[msgspec.Raw]


_REFERENCES: Final = msgspec.json.Decoder(_References)
_HELD: Final = msgspec.json.Decoder(Change)


async def run(job: Job) -> Result:
    """Do a job."""
    lines = [await Line.open(job.port) for _ in (range(_READERS) if job.kind == "read" else job.tokens)]
    try:
        return await {"create": _create, "query": _query, "read": _read}[job.kind](job, lines)
    finally:
        for line in lines:
            line.close()


async def _create(job: Job, lines: list[Line]) -> Result:
    creators = Creators(job)
    grows_s = creators.lifetime_s if job.live else 0.0
    if filled := grows_s > _TOO_LONG_S:
        await creators.fill(lines)
    live: list[int] = []
    async with _running(creators.create_on(client, line) for client, line in enumerate(lines)) as tasks:
        async with _running([creators.adapt(), creators.watch_live(live)] if job.live else []):
            await _during(tasks, max(job.warm_up_s, min(_LONGEST_WARM_UP_S, grows_s if filled else 3 * grows_s)))
            live.clear()
            result = await _measure(job, tasks, creators)
        if job.until_killed:
            await _until_killed(creators, tasks)
    result.live = sum(live) / max(1, len(live))
    result.survivors = [one for one in creators.accepted if one.end_s > time.time() + LONG_S / 2]
    return result


async def _measure(job: Job, tasks: Tasks, creators: Creators) -> Result:
    """What is counted from now on for so many seconds."""
    creators.tally = tally = Tally([0] * len(job.tokens))
    before = _spent(job)
    await _during(tasks, job.seconds)
    seconds, own_s, server_s, machine_s = (after - then for after, then in zip(_spent(job), before, strict=True))
    others_s = max(0.0, machine_s - own_s - server_s)
    result = Result(seconds=seconds, generator_cpu_s=own_s, server_cpu_s=server_s, others_cpu_s=others_s)
    creators.tally = Tally([0] * len(job.tokens))
    result.requests, result.statuses, result.lapsed = len(tally.request_s), tally.statuses, tally.lapsed
    result.accepted, result.accepted_by_client = sum(tally.accepted_by_client), tally.accepted_by_client
    result.notified = tally.notified / max(1, result.accepted)
    result.write, result.request = _spread(tally.write_s), _spread(tally.request_s)
    return result


def _spent(job: Job) -> tuple[float, float, float, float]:
    """Time, and the CPU time of the generator, of the server and of the machine."""
    return time.perf_counter(), time.process_time(), cpu_seconds(job.server_pids), machine_seconds()


async def _until_killed(creators: Creators, tasks: Tasks) -> None:
    """Go on with intents that outlive the server, whose end is expected from the line `KILL_ME` on."""
    creators.lifetime_s = LONG_S
    before = len(creators.accepted)
    for _ in range(_PATIENCE):
        await _during(tasks, _BEFORE_KILL_S)
        if len(creators.accepted) >= before + _ENOUGH_TO_SEEK:
            break
    print(KILL_ME, flush=True)
    done, _ = await asyncio.wait(tasks, timeout=_KILLED_WITHIN_S, return_when=asyncio.FIRST_EXCEPTION)
    if not done:
        raise RuntimeError("the server was not killed")
    await asyncio.sleep(0.2)
    for task in tasks:
        if task.done() and not isinstance(task.exception(), ConnectionError):
            task.result()


async def _query(job: Job, lines: list[Line]) -> Result:
    """Each client asks the same of a square that holds `live` intents; the answer must hold all of them."""
    creators = Creators(job)
    for number in range(job.live):
        await creators.create(0, lines[0], places("cell", number)[0], LONG_S)
    start_s = time.time()
    body = query_body(_QUERY_SIDE_M, start_s, start_s + LONG_S / 2)

    async def ask_on(client: int, line: Line) -> None:
        request = request_bytes("POST", f"{PATH}/query", job.tokens[client], body)
        while True:
            sent_s = time.perf_counter()
            status, answer = await line.ask(request)
            creators.tally.note(status, time.perf_counter() - sent_s)
            if status != 200 or len(_REFERENCES.decode(answer).operational_intent_references) != job.live:
                raise UnexpectedAnswerError(f"a query about {job.live} intents", status, answer)

    async with _running(ask_on(client, line) for client, line in enumerate(lines)) as tasks:
        await _during(tasks, job.warm_up_s)
        result = await _measure(job, tasks, creators)
    result.live = float(job.live)
    return result


async def _read(job: Job, lines: list[Line]) -> Result:
    """Ask for every reference with its owner's token: what is not there as it was accepted is lost."""
    result, rest = Result(), iter(job.reads)

    async def read_rest(line: Line) -> None:
        for one in rest:
            status, body = await line.ask(request_bytes("GET", f"{PATH}/{one.id}", job.tokens[one.client]))
            if status not in (200, 404):
                raise UnexpectedAnswerError(f"the read of {one.id}", status, body)
            if status == 200 and _HELD.decode(body).operational_intent_reference.ovn == one.ovn:
                result.found += 1
            else:
                result.lost.append(one.id)

    began_s = time.perf_counter()
    await asyncio.gather(*(read_rest(line) for line in lines))
    result.seconds, result.requests = time.perf_counter() - began_s, len(job.reads)
    return result


@asynccontextmanager
async def _running(work: Iterable[Coroutine[Any, Any, None]]) -> AsyncIterator[Tasks]:
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _during(tasks: Tasks, seconds: float) -> None:
    """Wait while tasks run that never end by themselves; one that does ends the run."""
    done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        task.result()


def _spread(seconds: list[float]) -> Spread | None:
    return Spread(*quantiles(seconds, 1e3), max(seconds) * 1e3) if seconds else None


def main() -> None:
    """Read the job, do it, print the result. Exit 1 with the reason if an answer was not as it should be."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            result = runner.run(run(job))
    except (RuntimeError, OSError) as error:
        sys.exit(f"the load ended early: {error}")
    with open(sys.stdout.fileno(), "wb", closefd=False) as out:  # unbuffered, `print` may drop the end of a long line
        out.write(msgspec.json.encode(result) + b"\n")


if __name__ == "__main__":
    main()
