"""The line under load: messages to the other side's stream, one FLASH to everybody's, and a hundred thousand timers."""

import asyncio
import contextlib
import json
import resource
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from bench.serving import POOL, Connection, serving
from bench.table import Figure, Row, quantiles
from skyparley.airspace.commands import Command
from skyparley.airspace.events import DialogueChanged
from skyparley.airspace.line.dialogue.commands import OpenDialogue
from skyparley.airspace.line.duty.commands import DefinePost, TakeWatch
from skyparley.cli.compose import running_node
from skyparley.node.engine import Applied, proposal_of
from skyparley.node.line.sealed import seal
from skyparley.node.node import Node
from skyparley.record.authorship import BEARER_ATTESTED

PAIRS: Final = 6
MESSAGES_PER_S: Final = 300
SECONDS: Final = 15
DESKS: Final = 20
STREAMS_PER_DESK: Final = 100
TIMERS: Final = 100_000
DUE: Final = 2_000
REST_S: Final = 10.0
AT_ONCE: Final = 512
WATCH: Final = "0123456789abcdef"


async def run(directory: Path) -> list[Row]:
    """The rows of the line."""
    _many_files()
    return [
        await _messages(directory / "messages"),
        await _flash(directory / "flash"),
        await _timers(directory / "timers"),
    ]


async def _prepare(data: Path, parties: list[str]) -> dict[str, str]:
    """Parties with a post that is staffed; their keys."""
    async with running_node(data, pool=POOL) as node:
        operator = node.authenticate((data / "operator.key").read_text())
        keys = {}
        for party in parties:
            await node.register_party(operator, party, party, "utm_provider")
            keys[party] = (await node.create_key(operator, party)).api_key
            await _staff(node, party)
    return keys


async def _staff(node: Node, party: str) -> None:
    for command in (DefinePost("desk", (), ""), TakeWatch("desk", WATCH)):
        await _propose(node, party, command)


async def _propose(node: Node, party: str, command: Command) -> Applied:
    applied = await node.engine.propose(proposal_of(command, party=party, authentication=BEARER_ATTESTED))
    if applied.outcome.refusal is not None:
        raise RuntimeError(applied.outcome.refusal.message)
    return applied


async def _messages(data: Path) -> Row:
    names = [f"side-{number}" for number in range(2 * PAIRS)]
    keys = await _prepare(data, names)
    async with serving(data) as port:
        alone = await _talk(port, keys, 10, "alone")
        delays = await _talk(port, keys, MESSAGES_PER_S, "many")
    (half, most), (alone_half, alone_most) = quantiles(delays, 1e3), quantiles(alone, 1e3)
    return Row(
        f"{MESSAGES_PER_S} dialogue messages/s, durable, to the other side's stream",
        [
            Figure("p50", half, "ms"),
            Figure("p99", most, "ms", 150.0),
            Figure("missed", float(MESSAGES_PER_S * SECONDS - len(delays)), "", 0.0),
        ],
        "10 messages/s, same node",
        [Figure("p50", alone_half, "ms"), Figure("p99", alone_most, "ms")],
        [f"{2 * PAIRS} parties that speak in pairs, each over HTTP with a stream of its own"],
    )


async def _talk(port: int, keys: dict[str, str], rate: int, prefix: str) -> list[float]:
    """Each party tells its other side something; how long each message took to the other side's stream."""
    names = list(keys)
    sent_s: dict[str, float] = {}
    seen_s: dict[str, float] = {}
    streams = [asyncio.create_task(_listen(port, keys[name], name, prefix, seen_s)) for name in names]
    free = [await Connection.open(port) for _ in names]
    dialogues = []
    for place, name in enumerate(names):
        body = {"to_party": names[place ^ 1], "code": "free-text", "parameters": {"text": "begin"}}
        answer = await _post(free[place], "/v1/dialogues", keys[name], body)
        dialogues.append(answer["dialogue"]["dialogue_id"])
    queues: list[asyncio.Queue[str | None]] = [asyncio.Queue() for _ in names]

    async def speak(place: int) -> None:
        while (text := await queues[place].get()) is not None:
            sent_s[text] = time.perf_counter()
            path = f"/v1/dialogues/{dialogues[place]}/messages"
            await _post(free[place], path, keys[names[place]], {"code": "free-text", "parameters": {"text": text}})

    speakers = [asyncio.create_task(speak(place)) for place in range(len(names))]
    began_s = time.perf_counter()
    for number in range(rate * SECONDS):
        await asyncio.sleep(max(0.0, began_s + number / rate - time.perf_counter()))
        queues[number % len(names)].put_nowait(f"{prefix}-{number}")
    for queue in queues:
        queue.put_nowait(None)
    await asyncio.gather(*speakers)
    await asyncio.sleep(2.0)
    for stream in streams:
        stream.cancel()
    await asyncio.gather(*streams, return_exceptions=True)
    for connection in free:
        connection.close()
    return [seen_s[text] - sent_s[text] for text in seen_s if text in sent_s]


async def _post(connection: Connection, path: str, key: str, body: dict[str, Any]) -> Any:
    data = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {key}\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    status, answer = await connection.ask(head.encode() + data)
    if status != 201:
        raise RuntimeError(f"refused with {status}: {answer[:300]!r}")
    return json.loads(answer)


async def _listen(port: int, key: str, party: str, prefix: str, seen_s: dict[str, float]) -> None:
    """Note when each text reaches the stream of the party that it is for."""
    async for text in _texts(port, key, party, prefix):
        seen_s.setdefault(text, time.perf_counter())


async def _first(port: int, key: str, party: str, prefix: str) -> float:
    """When the first text reaches a stream of the party that it is for."""
    async for _ in _texts(port, key, party, prefix):
        break
    return time.perf_counter()


async def _texts(port: int, key: str, party: str, prefix: str) -> AsyncIterator[str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
    writer.write(f"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
    marker, mine = f'"text":"{prefix}-'.encode(), f'"to_party":"{party}"'.encode()
    try:
        while line := await reader.readline():
            place = line.find(marker)
            if place >= 0 and mine in line:
                begin = place + len(b'"text":"')
                yield line[begin : line.index(b'"', begin)].decode()
    finally:
        writer.close()


async def _flash(data: Path) -> Row:
    names = [f"desk-{number}" for number in range(DESKS)]
    keys = await _prepare(data, ["caller", *names])
    async with serving(data) as port:
        few_s = await _call(port, keys, names, 1)
        all_s = await _call(port, keys, names, STREAMS_PER_DESK)
    return Row(
        f"one FLASH to {DESKS} parties with {DESKS * STREAMS_PER_DESK:,} streams",
        [Figure("all have it after", all_s, "s", 1.0)],
        f"{DESKS} streams, same node",
        [Figure("all have it after", few_s, "s")],
        ["one request for each party, one after another; from the first of them to the last stream"],
    )


async def _call(port: int, keys: dict[str, str], names: list[str], streams: int) -> float:
    """How long one caller's FLASH to everybody takes to the last of so many streams of each (seconds)."""
    prefix = f"flash-{streams}"
    heard = [asyncio.create_task(_first(port, keys[name], name, prefix)) for name in names for _ in range(streams)]
    await asyncio.sleep(5.0)
    connection = await Connection.open(port)
    began_s = time.perf_counter()
    for name in names:
        body = {"to_party": name, "code": "free-text", "precedence": "FLASH", "parameters": {"text": f"{prefix}-x"}}
        await _post(connection, "/v1/dialogues", keys["caller"], body)
    done, missing = await asyncio.wait(heard, timeout=20.0)
    connection.close()
    for task in missing:
        task.cancel()
    return float("inf") if missing else max(task.result() for task in done) - began_s


async def _timers(data: Path) -> Row:
    """In one process: the node's own timers, on its own log, by the clock of the machine."""
    async with running_node(data, pool=POOL) as node:
        operator = node.authenticate((data / "operator.key").read_text())
        parties = [f"caller-{number}" for number in range(TIMERS // 4_000)] + ["called"]
        for party in parties:
            await node.register_party(operator, party, party, "utm_provider")
            await _staff(node, party)
        sealed = seal(node.vault.secret, b'{"code":"free-text","parameters":{"text":"x"}}', "bench", "k")
        await node.vault.put_bodies([(sealed.digest, "called", sealed.data)])
        idle_cpu = await _cpu_at_rest()
        numbers = iter(range(TIMERS - DUE))

        async def open_rest() -> None:
            for number in numbers:
                await _ask(node, parties, number, "ROUTINE", sealed.digest)

        await asyncio.gather(*(open_rest() for _ in range(AT_ONCE)))
        cpu = await _cpu_at_rest()
        late_s: list[float] = []
        all_late = asyncio.Event()
        follow = node.engine.on_applied

        def note(applied: Applied) -> None:
            follow(applied)
            now_s = time.time()
            late_s.extend(
                now_s - change.dialogue.first_by_us / 1e6
                for change in applied.outcome.changes
                if isinstance(change, DialogueChanged) and change.dialogue.state == "timed_out"
            )
            if len(late_s) == DUE:
                all_late.set()

        node.engine.on_applied = note
        for number in range(TIMERS - DUE, TIMERS):
            await _ask(node, parties, number, "FLASH", sealed.digest)
        held = len(node.state.line.dialogues)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(all_late.wait(), 90.0)
    half, most = quantiles(late_s, 1.0)
    return Row(
        f"{held:,} timers running",
        [
            Figure("p50 after due", half, "s"),
            Figure("p99 after due", most, "s", 1.5),
            Figure("missed", float(DUE - len(late_s)), "", 0.0),
            Figure("CPU at rest", 100 * cpu, "% of a core", 5.0),
        ],
        "same node without a timer",
        [Figure("CPU at rest", 100 * idle_cpu, "% of a core")],
        [f"{DUE:,} of them come due while it is measured"],
    )


async def _ask(node: Node, parties: list[str], number: int, precedence: str, digest: str) -> None:
    """One more question, of one of the callers."""
    caller = parties[number % (len(parties) - 1)]
    name = f"{number:016x}"
    await _propose(node, caller, OpenDialogue(name, "called", "", "desk", "desk", precedence, "R", False, digest))


async def _cpu_at_rest() -> float:
    """Which part of a core this process uses while nobody asks for anything."""
    await asyncio.sleep(1.0)
    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.sleep(REST_S)
    return (time.process_time() - cpu) / (time.perf_counter() - began)


def _many_files() -> None:
    """Thousands of sockets need a limit above the usual one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16_384) if hard > 0 else 16_384, hard))
