"""A real node with its HTTP app, in this process or behind a real socket."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
from argon2 import PasswordHasher

from skyparley.geometry.interval import format_time
from skyparley.log.memory import MemoryLog
from skyparley.node.custody.vault import Vault
from skyparley.node.node import Node, open_node
from skyparley.record.notes import VerifierKey
from skyparley.web.app import WebApp, create_app
from skyparley.web.server import listen, serve, url_of
from support.uss import verifier

POOL = "test"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Passwords are hashed as they should be, but for a small part of the price."""


def now_us() -> int:
    return time.time_ns() // 1000


def time_in(seconds: float) -> str:
    return format_time(now_us() + round(seconds * 1_000_000))


@dataclass
class World:
    """A node, its app, and keys: of the operator, and of the parties alpha and bravo."""

    node: Node
    app: WebApp
    operator: str
    alpha: str
    bravo: str

    def client(
        self, key: str | None = None, *, address: str = "127.0.0.1", host: str = "127.0.0.1"
    ) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.app, client=(address, 4711))
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return httpx.AsyncClient(transport=transport, base_url=f"http://{host}", headers=headers)


@contextlib.asynccontextmanager
async def world(
    directory: Path,
    *,
    observer: bool = False,
    max_body_bytes: int = 4 * 1024 * 1024,
    cosigners: tuple[VerifierKey, ...] = (),
) -> AsyncIterator[World]:
    """A started node over a memory log, with two parties; USSs may come with the tokens of `support.uss`."""
    log, vault = MemoryLog(pool=POOL, clock=now_us), Vault(directory / "vault.sqlite")
    node, _ = await open_node(log, vault, None, pool=POOL, clock=now_us, cosigners=lambda: cosigners, hasher=CHEAP)
    await node.start()
    try:
        operator = await node.access.create_operator_key()
        author = node.authenticate(operator.api_key)
        keys = []
        for party in ("alpha", "bravo"):
            await node.register_party(author, party, party.title(), "civil_ats")
            keys.append((await node.create_key(author, party)).api_key)
        app = create_app(node, observer=observer, max_body_bytes=max_body_bytes, tokens=verifier(directory))
        yield World(node, app, operator.api_key, *keys)
    finally:
        await node.stop()


@contextlib.asynccontextmanager
async def served(app: WebApp, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The app on a free loopback port; its URL."""
    listener = listen("127.0.0.1", 0)
    url = url_of(listener, tls=tls is not None)
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(app, listener, tls=tls, stop=stop))
    try:
        yield url
    finally:
        stop.set()
        await serving


async def until(condition: Callable[[], bool], *, within_s: float = 20.0) -> None:
    """Return once something holds; fail if it does not within the time."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - what is watched has no event to wait for
            await asyncio.sleep(0.01)


def volume(
    latitude_deg: float = 46.9, longitude_deg: float = 7.4, *, radius_m: float = 500.0, begin_s: float = 600.0
) -> dict:
    """A declared volume that begins so many seconds from now, for ten minutes."""
    return {
        "circle": {"latitude_deg": latitude_deg, "longitude_deg": longitude_deg, "radius_m": radius_m},
        "lower_m": 500,
        "upper_m": 700,
        "altitude_datum": "WGS84",
        "begin": time_in(begin_s),
        "end": time_in(begin_s + 600),
    }


def operation(operation_id: str, *volumes: dict, operation_class: str = "drone") -> dict:
    return {"operation_id": operation_id, "class": operation_class, "volumes": list(volumes) or [volume()]}
