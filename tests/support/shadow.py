"""A shadow for tests: another node as its upstream, which may be made to answer wrongly, and a node of its own."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from skyparley.log.memory import MemoryLog
from skyparley.node.custody.vault import Vault
from skyparley.node.node import Node, open_node
from skyparley.shadow.passages import MAX_WAITING, Passages
from skyparley.shadow.proxy import Proxy, upstream_of
from skyparley.shadow.report import Report
from skyparley.shadow.store import Store
from skyparley.shadow.watch import watching
from skyparley.web.app import WebApp, create_app
from support.dss_http import Json, MovedClock, Uss
from support.serving import now_us, served
from support.uss import verifier

Alter = Callable[[str, str, int, Any], tuple[int, Any]]
"""What is to be answered to a request (method, path) in place of a status and a body."""


def as_it_is(_method: str, _path: str, status: int, body: Any) -> tuple[int, Any]:
    return status, body


class Altered:
    """The app of a node whose answers may be altered; requests are always done as they are asked."""

    def __init__(self, app: WebApp) -> None:
        self.app = app
        self.alter: Alter = as_it_is
        self.answered: list[bytes] = []
        self.delay_s: Callable[[], float] = float  # none: what was done is answered at once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        await self.app(scope, receive, hold)
        await asyncio.sleep(self.delay_s())
        status, data = held[0]["status"], b"".join(message.get("body", b"") for message in held[1:])
        status, body = self.alter(scope["method"], scope["path"], status, json.loads(data) if data else None)
        if data and body != json.loads(data):
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = [(name, value) for name, value in held[0]["headers"] if name != b"content-length"]
        length = (b"content-length", b"%d" % len(data))
        self.answered.append(data)
        await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": data})

    def begin(self) -> None:
        self.app.begin()

    def end_streams(self) -> None:
        self.app.end_streams()


class Shadowed:
    """A shadow that serves, the node behind it, and whatever USSs are asked for."""

    def __init__(self, url: str, node: Node, proxy: Proxy, passages: Passages, report: Report) -> None:
        self.url = url
        self.node = node
        self.proxy = proxy
        self.passages = passages
        self.report = report
        self._usss: dict[tuple[str, ...], Uss] = {}

    def uss(self, name: str, *scopes: str) -> Uss:
        """A USS that speaks to the shadow."""
        if (name, *scopes) not in self._usss:
            self._usss[name, *scopes] = Uss(self.url, name, *scopes)
        return self._usss[name, *scopes]

    async def settled(self) -> list[Json]:
        """Wait until all is compared and written; all lines of the report."""
        async with asyncio.timeout(20):
            while len(self.passages) or not self.is_written():  # noqa: ASYNC110 - the queue has no event for its end
                await asyncio.sleep(0.005)
        return lines_of(self.report.path)

    def is_written(self) -> bool:
        return self.report.summary(0)["report"]["waiting"] == 0

    def new_lines(self) -> list[Json]:
        return lines_of(self.report.path)

    async def aclose(self) -> None:
        await asyncio.gather(*(uss.client.aclose() for uss in self._usss.values()))


@dataclass
class Watched:
    """Both sides: the shadow with the node behind it, and the upstream."""

    shadow: Shadowed
    url: str
    upstream: Altered
    there: Node
    clock: MovedClock


def lines_of(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def certain(lines: Iterable[Json]) -> list[Json]:
    """The lines that say that one side must be wrong."""
    return [line for line in lines if not (line["concurrent"] or line["unknown_here"])]


@contextlib.asynccontextmanager
async def shadowed(
    directory: Path,
    upstream: str,
    *,
    clock: Callable[[], int] = now_us,
    max_waiting: int = MAX_WAITING,
    node: Node | None = None,
    finish_s: float = 10.0,
) -> AsyncIterator[Shadowed]:
    """A shadow of a URL on a free loopback port; over a node of its own unless one is given."""
    async with contextlib.AsyncExitStack() as stack:
        if node is None:
            node = await stack.enter_async_context(node_here(directory, clock))
        app = create_app(node, tokens=verifier(directory))
        passages = Passages(clock, max_waiting=max_waiting)
        report = Report(upstream, clock(), directory / "differences.jsonl")
        store = stack.enter_context(contextlib.closing(Store(directory, upstream)))
        proxy = await stack.enter_async_context(
            watching(upstream_of(upstream), app, passages, report, store, clock, finish_s=finish_s)
        )
        url = await stack.enter_async_context(served(proxy))  # type: ignore[arg-type]
        async with contextlib.aclosing(Shadowed(url, node, proxy, passages, report)) as made:
            yield made


@contextlib.asynccontextmanager
async def node_here(directory: Path, clock: Callable[[], int] = now_us) -> AsyncIterator[Node]:
    """A node for a shadow, which outlives it if it is given to several."""
    log, vault = MemoryLog(pool="shadow", clock=clock), Vault(directory / "vault-here.sqlite")
    node, _ = await open_node(log, vault, None, pool="shadow", clock=clock)
    await node.start()
    try:
        yield node
    finally:
        await node.stop()


@contextlib.asynccontextmanager
async def upstream_node(directory: Path, clock: MovedClock | None = None) -> AsyncIterator[tuple[str, Altered, Node]]:
    """A second node behind a real socket, whose answers may be altered."""
    clock = clock or MovedClock()
    log, vault = MemoryLog(pool="upstream", clock=clock), Vault(directory / "vault-upstream.sqlite")
    node, _ = await open_node(log, vault, None, pool="upstream", clock=clock)
    await node.start()
    try:
        app = Altered(create_app(node, tokens=verifier(directory)))
        async with served(app) as url:  # type: ignore[arg-type]
            yield url, app, node
    finally:
        await node.stop()


def held(node: Node) -> dict[str, Any]:
    """What a node holds, but for what each draws or counts."""
    dss = node.state.dss
    intents = {
        one.intent_id: (one.manager, one.state, one.uss_base_url, one.begin_us, one.end_us, one.packed_extents)
        for one in dss.intents.values()
    }
    constraints = {
        one.constraint_id: (one.manager, one.uss_base_url, one.begin_us, one.end_us, one.packed_extents)
        for one in dss.constraints.values()
    }
    explicit = {
        name: (one.subscription.manager, one.subscription.begin_us, one.subscription.end_us)
        for name, one in dss.subscriptions.items()
        if not one.subscription.implicit
    }
    implicit = sorted(
        (one.subscription.manager, one.subscription.for_constraints, tuple(dss.dependents(name)))
        for name, one in dss.subscriptions.items()
        if one.subscription.implicit
    )
    said = {name: one.availability for name, one in dss.availabilities.items()}
    return {
        "intents": intents,
        "constraints": constraints,
        "explicit": explicit,
        "implicit": implicit,
        "availability": said,
    }
