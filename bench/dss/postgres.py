"""The usual way to write a DSS: starlette over PostgreSQL, one transaction for each create.

After the open DSS (github.com/interuss/dss, pkg/scd/store): a create locks, looks for relevant intents, refuses what
its key lacks, writes, and raises the notification index of every relevant subscription. It has two ways to lock, and so
has this. *subscriptions*: all subscriptions of the cells, in the order of their identifiers, in a serialisable
transaction, which is run again when PostgreSQL finds that it does not serialise. *cells*: a lock row for each hash of a
cell, after which reading what is committed is enough, so that writers wait and none is run again.

Tables and statements are what a careful engineer would arrive at: cells in B-trees, room on the pages for rows that
change often, few round trips, no transfer of what the key holds already, a token verified once.

`python -m bench.dss.postgres PORT SOCKETS PUBLIC_KEY LOCKING` serves on a cluster that `servers.py` has started.
"""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args
from uuid import UUID, uuid4

import asyncpg  # type: ignore[import-untyped]
import jwt
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.dss.generator.volumes import ELSEWHERE
from skyparley.geometry.cells import cover_volume
from skyparley.geometry.footprint import Circle
from skyparley.geometry.polygon import Polygon

Locking = Literal["subscriptions", "cells"]
AUDIENCE: Final = "localhost"
_CONNECTIONS: Final = 16
_USER: Final = "bench"
_DATABASE: Final = "postgres"
_FILL_TIMEOUT_S: Final = 600.0
_TRIES: Final = 200
_RUN_AGAIN: Final = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.OutOfMemoryError)
"""The last when its tables of read-write dependencies are full for the moment."""
_CLEAN_EVERY_S: Final = 1.0
_LEVEL: Final = 13

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS intents (
    id uuid PRIMARY KEY, manager text NOT NULL, ovn text NOT NULL, version int NOT NULL, state text NOT NULL,
    url text NOT NULL, lower_m float8 NOT NULL, upper_m float8 NOT NULL,
    starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, subscription_id uuid NOT NULL);
CREATE TABLE IF NOT EXISTS subscriptions (
    id uuid PRIMARY KEY, manager text NOT NULL, url text NOT NULL, lower_m float8 NOT NULL, upper_m float8 NOT NULL,
    starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, notification_index int NOT NULL
    ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
CREATE TABLE IF NOT EXISTS intent_cells (cell bigint, id uuid, PRIMARY KEY (cell, id));
CREATE TABLE IF NOT EXISTS subscription_cells (cell bigint, id uuid, PRIMARY KEY (cell, id));
CREATE TABLE IF NOT EXISTS locks (hash int PRIMARY KEY);
INSERT INTO locks SELECT generate_series(0, 65535) ON CONFLICT DO NOTHING;
CREATE INDEX IF NOT EXISTS intents_ends_at ON intents (ends_at);
CREATE INDEX IF NOT EXISTS subscriptions_ends_at ON subscriptions (ends_at);
CREATE INDEX IF NOT EXISTS intent_cells_id ON intent_cells (id);
CREATE INDEX IF NOT EXISTS subscription_cells_id ON subscription_cells (id);
"""
_LOCK_CELLS: Final = "SELECT FROM locks WHERE hash = ANY($1) ORDER BY hash FOR UPDATE"
_SUBSCRIBED: Final = """
SELECT id, lower_m <= $5 AND upper_m >= $4 AS relevant FROM subscriptions
WHERE id IN (SELECT id FROM subscription_cells WHERE cell = ANY($1)) AND starts_at <= $3 AND ends_at >= $2
"""
_LOCK_SUBSCRIPTIONS: Final = f"{_SUBSCRIBED} ORDER BY id FOR UPDATE"
_REFERENCES: Final = "SELECT id, manager, ovn, version, state, url, starts_at, ends_at, subscription_id FROM intents"
_RELEVANT: Final = f"""{_REFERENCES} AS i
WHERE id IN (SELECT id FROM intent_cells WHERE cell = ANY($1))
AND starts_at <= $3 AND ends_at >= $2 AND lower_m <= $5 AND upper_m >= $4
"""
_MISSING: Final = f"{_RELEVANT} AND NOT EXISTS (SELECT FROM unnest($6::text[]) AS known (ovn) WHERE known.ovn = i.ovn)"
_WRITE: Final = """
WITH subscription AS (INSERT INTO subscriptions VALUES ($1, $2, $3, $4, $5, $6, $7, 1)),
     subscribed AS (INSERT INTO subscription_cells SELECT unnest($8::bigint[]), $1),
     intent AS (INSERT INTO intents VALUES ($9, $2, $10, 1, $11, $12, $4, $5, $6, $7, $1)),
     covered AS (INSERT INTO intent_cells SELECT unnest($8::bigint[]), $9)
UPDATE subscriptions SET notification_index = notification_index + 1 WHERE id = ANY($13)
RETURNING id, url, notification_index
"""
_CLEAN: Final = """
WITH intent AS (DELETE FROM intents WHERE ends_at < $1 RETURNING id),
     subscription AS (DELETE FROM subscriptions WHERE ends_at < $1 RETURNING id),
     covered AS (DELETE FROM intent_cells USING intent WHERE intent_cells.id = intent.id)
DELETE FROM subscription_cells USING subscription WHERE subscription_cells.id = subscription.id
"""
_FILL: Final = """
WITH new AS MATERIALIZED (SELECT n, gen_random_uuid() AS id FROM generate_series(1, $2::int) AS n),
     covered AS (INSERT INTO intent_cells SELECT ($1::bigint[])[1 + n % cardinality($1)], id FROM new)
INSERT INTO intents SELECT id, 'uss-fill', md5(n::text), 1, 'Accepted', 'https://uss-fill.example.com/utm', 400, 520,
    now(), now() + interval '1 day', gen_random_uuid() FROM new
"""


class _Value(msgspec.Struct):
    value: Any


class _Point(msgspec.Struct):
    lat: float
    lng: float


class _PolygonShape(msgspec.Struct):
    vertices: list[_Point]


class _CircleShape(msgspec.Struct):
    center: _Point
    radius: _Value


class _Volume(msgspec.Struct):
    altitude_lower: _Value
    altitude_upper: _Value
    outline_polygon: _PolygonShape | None = None
    outline_circle: _CircleShape | None = None


class _Extent(msgspec.Struct):
    volume: _Volume
    time_start: _Value
    time_end: _Value


class _Subscriber(msgspec.Struct):
    uss_base_url: str


class _Create(msgspec.Struct):
    extents: list[_Extent]
    state: str
    uss_base_url: str
    new_subscription: _Subscriber
    key: list[str] = []


class _Query(msgspec.Struct):
    area_of_interest: _Extent


class Bounds(msgspec.Struct):
    """Where and when something is, coarsely: the parameters $1 to $5 of the statements above."""

    cells: list[int]
    starts_at: datetime
    ends_at: datetime
    lower_m: float
    upper_m: float

    @classmethod
    def of(cls, extents: list[_Extent]) -> "Bounds":
        """What bounds all extents."""
        return cls(
            sorted({cell for extent in extents for cell in _cells(extent.volume)}),
            min(datetime.fromisoformat(extent.time_start.value) for extent in extents),
            max(datetime.fromisoformat(extent.time_end.value) for extent in extents),
            min(extent.volume.altitude_lower.value for extent in extents),
            max(extent.volume.altitude_upper.value for extent in extents),
        )

    def hashes(self) -> list[int]:
        """Which lock rows stand for the cells (Fibonacci hashing: the upper 16 bits of a product)."""
        return sorted({(cell * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF) >> 48 for cell in self.cells})

    def __iter__(self) -> Iterator[Any]:
        return iter((self.cells, self.starts_at, self.ends_at, self.lower_m, self.upper_m))


def _cells(volume: _Volume) -> list[int]:
    """The level-13 cells of a volume, as PostgreSQL's signed integers."""
    if volume.outline_polygon is not None:
        ring = tuple((vertex.lat, vertex.lng) for vertex in volume.outline_polygon.vertices)
        tokens = cover_volume(Polygon(ring))
    elif volume.outline_circle is not None:
        circle = volume.outline_circle
        tokens = cover_volume(Circle(circle.center.lat, circle.center.lng, circle.radius.value))
    else:
        raise ValueError("a volume has no outline")
    cells = []
    for token in tokens:
        cell = int(token.ljust(16, "0"), 16)
        lowest, step = cell & -cell, 1 << (2 * (30 - _LEVEL))
        first = cell - lowest + step
        cells += [_signed(one) for one in range(first, cell + lowest, 2 * step)]
    return cells


def _signed(cell: int) -> int:
    return cell - (1 << 64) if cell >> 63 else cell


class Dss:
    """The routes, over one pool of connections."""

    def __init__(self, pool: asyncpg.Pool, public_key: str, locking: Locking) -> None:
        self._pool = pool
        self._locking = locking
        self._public_key = public_key
        self._managers: dict[str, str] = {}

    async def create(self, request: Request) -> Response:
        """PUT an operational intent reference that is new."""
        manager = self._manager(request)
        asked = msgspec.json.decode(await request.body(), type=_Create)
        identifier = UUID(request.path_params["id"])
        bounds = Bounds.of(asked.extents)
        if bounds.ends_at < datetime.now(UTC):
            return _json(400, {"message": "the end time is in the past"})
        isolation = "serializable" if self._locking == "subscriptions" else "read_committed"
        for _ in range(_TRIES):
            try:
                async with self._pool.acquire() as connection, connection.transaction(isolation=isolation):
                    return await _create(connection, self._locking, identifier, manager, asked, bounds)
            except _RUN_AGAIN:
                await asyncio.sleep(0.01 * secrets.randbelow(1000) / 1000)
            except asyncpg.UniqueViolationError:
                return _json(409, {"message": "there is an intent of this id already"})
        return _json(503, {"message": f"the transaction did not serialise in {_TRIES} tries"})

    async def read(self, request: Request) -> Response:
        """GET one reference."""
        manager = self._manager(request)
        row = await self._pool.fetchrow(f"{_REFERENCES} WHERE id = $1", UUID(request.path_params["id"]))
        if row is None:
            return _json(404, {"message": "there is no such intent"})
        return _json(200, {"operational_intent_reference": _reference(row, manager)})

    async def query(self, request: Request) -> Response:
        """All references that may be relevant to an area."""
        manager = self._manager(request)
        asked = msgspec.json.decode(await request.body(), type=_Query)
        rows = await self._pool.fetch(_RELEVANT, *Bounds.of([asked.area_of_interest]))
        return _json(200, {"operational_intent_references": [_reference(row, manager) for row in rows]})

    async def clean(self) -> None:
        """Remove what has ended, now and then."""
        while True:
            await asyncio.sleep(_CLEAN_EVERY_S)
            with suppress(asyncpg.DeadlockDetectedError):
                await self._pool.execute(_CLEAN, datetime.now(UTC))

    def _manager(self, request: Request) -> str:
        """Who asks; a token is verified once."""
        token = request.headers["authorization"].removeprefix("Bearer ")
        if token not in self._managers:
            claims = jwt.decode(token, self._public_key, algorithms=["ES256", "RS256"], audience=AUDIENCE)
            if "utm.strategic_coordination" not in claims["scope"].split():
                raise PermissionError("the token lacks the scope utm.strategic_coordination")
            self._managers[token] = claims["sub"]
        return self._managers[token]


async def _create(
    connection: Any, locking: Locking, identifier: UUID, manager: str, asked: _Create, bounds: Bounds
) -> Response:
    """The transaction."""
    if locking == "cells":
        await connection.execute(_LOCK_CELLS, bounds.hashes())
    lock = _LOCK_SUBSCRIPTIONS if locking == "subscriptions" else _SUBSCRIBED
    subscribed = await connection.fetch(lock, *bounds)
    missing = await connection.fetch(_MISSING, *bounds, asked.key)
    if missing:
        references = [_reference(row, manager) for row in missing]
        return _json(409, {"message": "the key lacks OVNs", "missing_operational_intents": references})
    ovn, subscription, url = secrets.token_urlsafe(32), uuid4(), asked.new_subscription.uss_base_url
    cells, *times_and_altitudes = bounds
    starts_at, ends_at, lower_m, upper_m = times_and_altitudes
    raised = await connection.fetch(
        _WRITE, subscription, manager, url, lower_m, upper_m, starts_at, ends_at, cells,
        identifier, ovn, asked.state, asked.uss_base_url, [row["id"] for row in subscribed if row["relevant"]],
    )  # fmt: skip
    by_url = {url: [{"subscription_id": subscription, "notification_index": 1}]}
    for row in raised:
        state = {"subscription_id": row["id"], "notification_index": row["notification_index"]}
        by_url.setdefault(row["url"], []).append(state)
    reference = {
        "id": identifier, "manager": manager, "ovn": ovn, "version": 1, "state": asked.state, "url": asked.uss_base_url,
        "starts_at": starts_at, "ends_at": ends_at, "subscription_id": subscription,
    }  # fmt: skip
    subscribers = [{"uss_base_url": each, "subscriptions": states} for each, states in by_url.items()]
    return _json(201, {"operational_intent_reference": _reference(reference, manager), "subscribers": subscribers})


def _reference(row: Any, reader: str) -> dict[str, Any]:
    reference = {
        "id": row["id"],
        "manager": row["manager"],
        "uss_availability": "Unknown",
        "version": row["version"],
        "state": row["state"],
        "time_start": {"value": row["starts_at"], "format": "RFC3339"},
        "time_end": {"value": row["ends_at"], "format": "RFC3339"},
        "uss_base_url": row["url"],
        "subscription_id": row["subscription_id"],
    }
    return {**reference, "ovn": row["ovn"]} if row["manager"] == reader else reference


def _json(status: int, body: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")


async def _healthy(_: Request) -> Response:
    return Response("ok")


async def fill(sockets: str, cells: list[int]) -> None:
    """Put `ELSEWHERE` references into new tables, spread over cells."""
    connection = await asyncpg.connect(host=sockets, user=_USER, database=_DATABASE)
    try:
        await connection.execute(SCHEMA)
        await connection.execute(_FILL, [_signed(cell) for cell in cells], ELSEWHERE, timeout=_FILL_TIMEOUT_S)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def application(sockets: str, public_key: str, locking: Locking) -> Starlette:
    """The server, whose pool lives as long as it does."""
    routes: list[Route] = [Route("/healthy", _healthy)]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        settings = {"enable_seqscan": "off"}
        async with asyncpg.create_pool(
            host=sockets, user=_USER, database=_DATABASE, min_size=_CONNECTIONS, max_size=_CONNECTIONS,
            server_settings=settings,
        ) as pool:  # fmt: skip
            await pool.execute(SCHEMA)
            dss = Dss(pool, public_key, locking)
            base = "/dss/v1/operational_intent_references"
            app.router.routes += [
                Route(base + "/query", dss.query, methods=["POST"]),
                Route(base + "/{id}", dss.create, methods=["PUT"]),
                Route(base + "/{id}", dss.read, methods=["GET"]),
            ]
            cleaning = asyncio.create_task(dss.clean())
            yield
            cleaning.cancel()

    return Starlette(routes=routes, lifespan=lifespan)


def main() -> None:
    """Serve until it is stopped."""
    port, sockets, public_key, way = sys.argv[1:]
    (locking,) = (one for one in get_args(Locking) if one == way)
    app = application(sockets, Path(public_key).read_text(), locking)
    uvicorn.run(
        app, host="127.0.0.1", port=int(port), loop="uvloop", http="httptools", log_level="error", access_log=False
    )


if __name__ == "__main__":
    main()
