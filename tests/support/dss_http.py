"""The DSS over real HTTP for tests: a node that takes USSs' tokens, USSs that speak to it, and the bodies they send.

The node's clock can be put forward, so that nothing waits for what ends. Times in bodies are seconds from now.
"""

import asyncio
import contextlib
import itertools
import secrets
import subprocess
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx

from skyparley.geometry.interval import format_time
from skyparley.log.memory import MemoryLog
from skyparley.node.custody.vault import Vault
from skyparley.node.node import Node, open_node
from skyparley.web.app import create_app
from support.commands import COMMAND, environment
from support.process import Serving
from support.serving import POOL, now_us, served
from support.uss import AUDIENCE, bearer, verifier, write_public_key

INTENTS = "/dss/v1/operational_intent_references"
CONSTRAINTS = "/dss/v1/constraint_references"
SUBSCRIPTIONS = "/dss/v1/subscriptions"
AVAILABILITY = "/dss/v1/uss_availability"
REPORTS = "/dss/v1/reports"
NO_SUBSCRIPTION = "00000000-0000-4000-8000-000000000000"
Json = dict[str, Any]
Place = tuple[float, float]
_places = itertools.count()


def somewhere() -> Place:
    """A place (latitude, longitude) more than 10 km from all that were given before; there are 800,000."""
    number = next(_places)
    return -60.0 + number % 600 * 0.2, -175.0 + number // 600 * 0.25


class MovedClock:
    """The system's clock, which a test may put forward."""

    def __init__(self) -> None:
        self.ahead_us = 0

    def __call__(self) -> int:
        return now_us() + self.ahead_us

    def pass_s(self, seconds: float) -> None:
        self.ahead_us += round(seconds * 1_000_000)


class Uss:
    """A USS with its token, on a connection of its own."""

    def __init__(self, url: str, name: str, *scopes: str) -> None:
        self.url = f"https://{name}.example"
        self.client = httpx.AsyncClient(base_url=url, headers=bearer(name, *scopes), timeout=30.0)

    async def put(self, kind: str, identifier: str, body: Json, version: str | None = None) -> httpx.Response:
        return await self.client.put(_path(kind, identifier, version), json=body)

    async def get(self, kind: str, identifier: str) -> httpx.Response:
        return await self.client.get(_path(kind, identifier, None))

    async def delete(self, kind: str, identifier: str, version: str) -> httpx.Response:
        return await self.client.delete(_path(kind, identifier, version))

    async def query(self, kind: str, area: Json) -> httpx.Response:
        return await self.client.post(f"{kind}/query", json={"area_of_interest": area})

    async def intent(self, *volumes: Json, identifier: str = "", **fields: Any) -> Json:
        """Create an intent, which must be accepted; the whole answer."""
        return told(await self.put(INTENTS, identifier or new_id(), self.intent_body(*volumes, **fields)), 201)

    async def reference(self, *volumes: Json, **fields: Any) -> Json:
        """Create an intent, which must be accepted; its reference."""
        return reference_of(await self.intent(*volumes, **fields))

    async def change(self, reference: Json, *volumes: Json, **fields: Any) -> Json:
        """Replace an intent, which must be accepted; the whole answer."""
        body = self.intent_body(*volumes, **fields)
        return told(await self.put(INTENTS, reference["id"], body, reference["ovn"]), 200)

    async def remove(self, reference: Json) -> Json:
        """Delete an intent, which must be accepted; the whole answer."""
        return told(await self.delete(INTENTS, reference["id"], reference["ovn"]), 200)

    async def constrain(self, *volumes: Json) -> Json:
        """Create a constraint, which must be accepted; the whole answer."""
        return told(await self.put(CONSTRAINTS, new_id(), self.constraint_body(*volumes)), 201)

    async def subscribe(self, where: Json, *, url: str = "", identifier: str = "", **notify: bool) -> Json:
        """Create a subscription, which must be accepted; the subscription."""
        body = self.subscription_body(where, url=url, **notify)
        return dict(told(await self.put(SUBSCRIPTIONS, identifier or new_id(), body), 200)["subscription"])

    async def subscription(self, identifier: str) -> Json:
        """A subscription of this USS as it is now."""
        return dict(told(await self.get(SUBSCRIPTIONS, identifier), 200)["subscription"])

    def intent_body(self, *volumes: Json, key: Iterable[str] = (), state: str = "Accepted", **more: Any) -> Json:
        return {"extents": list(volumes), "key": list(key), "state": state, "uss_base_url": self.url, **more}

    def constraint_body(self, *volumes: Json) -> Json:
        return {"extents": list(volumes), "uss_base_url": self.url}

    def subscription_body(self, where: Json, *, url: str = "", **notify: bool) -> Json:
        """A subscription to intents, or to what is named: `intents`, `constraints`."""
        names = {"intents": "notify_for_operational_intents", "constraints": "notify_for_constraints"}
        wanted = {names[name]: value for name, value in (notify or {"intents": True}).items()}
        return {"extents": where, "uss_base_url": url or self.url, **wanted}

    def implicit(self, *, constraints: bool = False) -> Json:
        return {"uss_base_url": self.url, "notify_for_constraints": constraints}


class Pool:
    """A node over a memory log behind a real socket, its clock, and whatever USSs are asked for."""

    def __init__(self, node: Node, url: str, clock: MovedClock) -> None:
        self.node = node
        self.url = url
        self.clock = clock
        self._usss: dict[tuple[str, ...], Uss] = {}

    def uss(self, name: str, *scopes: str) -> Uss:
        """A USS with these scopes; with all but arbitration if none is named."""
        if (name, *scopes) not in self._usss:
            self._usss[name, *scopes] = Uss(self.url, name, *scopes)
        return self._usss[name, *scopes]

    def mark(self) -> tuple[int, str]:
        """Where the log is, and the digest of all that is held: unchanged if nothing was written."""
        return self.node.state.sequence, self.node.state.state_hash()

    async def aclose(self) -> None:
        await asyncio.gather(*(uss.client.aclose() for uss in self._usss.values()))


@contextlib.asynccontextmanager
async def pool(directory: Path) -> AsyncIterator[Pool]:
    """A started node that takes the tokens of `support.uss`, served on a free loopback port."""
    clock = MovedClock()
    log, vault = MemoryLog(pool=POOL, clock=clock), Vault(directory / "vault.sqlite")
    node, _ = await open_node(log, vault, None, pool=POOL, clock=clock)
    await node.start()
    try:
        app = create_app(node, tokens=verifier(directory))
        async with served(app) as url, contextlib.aclosing(Pool(node, url, clock)) as made:
            yield made
    finally:
        await node.stop()


class ServingDss(Serving):
    """`skyparley serve` as a process that takes the tokens of `support.uss`."""

    def __init__(self, data: Path, **variables: str) -> None:
        self.data = data
        self.url = ""
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - read while the process writes
        keys = {"SKYPARLEY_AUTH_PUBLIC_KEYS": str(write_public_key(data.parent)), "SKYPARLEY_AUTH_AUDIENCES": AUDIENCE}
        command = [*COMMAND, "serve", "--port", "0", "--data", str(data)]
        self.process = subprocess.Popen(
            command, stdout=self._output, stderr=subprocess.STDOUT, env=environment(**keys, **variables)
        )


@contextlib.contextmanager
def serving_dss(data: Path, **variables: str) -> Iterator[ServingDss]:
    """A process that serves with these settings; whatever happens it ends with the block."""
    with contextlib.closing(ServingDss(data, **variables)) as process:
        process.wait()
        yield process


def circle(place: Place, radius_m: float = 300.0) -> Json:
    """An outline."""
    centre = {"lat": place[0], "lng": place[1]}
    return {"outline_circle": {"center": centre, "radius": {"value": radius_m, "units": "M"}}}


def polygon(*points: Place) -> Json:
    """An outline."""
    return {"outline_polygon": {"vertices": [{"lat": latitude, "lng": longitude} for latitude, longitude in points]}}


def altitude(value_m: float) -> Json:
    return {"value": value_m, "reference": "W84", "units": "M"}


def moment(seconds: float, base_us: int | None = None) -> Json:
    """So many seconds from now, or from another instant."""
    from_us = now_us() if base_us is None else base_us
    return {"value": format_time(from_us + round(seconds * 1_000_000)), "format": "RFC3339"}


def volume(
    where: Place | Json,
    altitudes_m: tuple[float, float] | None = (500.0, 600.0),
    seconds: tuple[float, float] | None = (600.0, 1_200.0),
) -> Json:
    """A Volume4D over an outline, or over a circle of 300 m at a place; without bounds where None is given."""
    made: Json = {"volume": dict(circle(where) if isinstance(where, tuple) else where)}
    if altitudes_m is not None:
        made["volume"] |= {"altitude_lower": altitude(altitudes_m[0]), "altitude_upper": altitude(altitudes_m[1])}
    if seconds is not None:
        base_us = now_us()
        made |= {"time_start": moment(seconds[0], base_us), "time_end": moment(seconds[1], base_us)}
    return made


def new_id() -> str:
    return str(uuid.uuid4())


def uuid7(seconds: float = 0.0) -> str:
    """A UUID of version 7 made so many seconds from now."""
    milliseconds = now_us() // 1_000 + round(seconds * 1_000)
    drawn = secrets.randbits(80) & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62
    return str(uuid.UUID(int=milliseconds << 80 | drawn))


def told(answer: httpx.Response, status: int) -> Json:
    """The body of an answer that must have a status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    return dict(answer.json())


def refused(answer: httpx.Response, status: int, *, place: str | None = None, says: str = "") -> Json:
    """The body of a refusal, which must have the one shape, this place if one is named, and these words."""
    body = told(answer, status)
    assert answer.headers["cache-control"] == "no-store"
    assert set(body) >= {"message", "error"}, body
    assert set(body) <= {"message", "error", "missing_operational_intents", "missing_constraints"}, body
    error = body["error"]
    assert set(error) == {"code", "message", "place"}
    assert error["code"]
    assert error["message"]
    assert error["message"] in body["message"]
    assert error["place"] is None or body["message"].startswith(f"{error['place']}: "), body
    assert place is None or error["place"] == place, body
    assert says in body["message"], body
    return body


def reference_of(answer: Json) -> Json:
    """The intent or constraint that an answer is about."""
    return dict(answer.get("operational_intent_reference") or answer["constraint_reference"])


def notified(answer: Json) -> list[tuple[str, str, int]]:
    """Whom an answer says to notify, sorted: base URL, subscription, index. No USS is listed twice."""
    urls = [uss["uss_base_url"] for uss in answer["subscribers"]]
    assert len(set(urls)) == len(urls)
    return sorted(
        (uss["uss_base_url"], one["subscription_id"], one["notification_index"])
        for uss in answer["subscribers"]
        for one in uss["subscriptions"]
    )


def _path(kind: str, identifier: str, version: str | None) -> str:
    return f"{kind}/{identifier}" if version is None else f"{kind}/{identifier}/{version}"
