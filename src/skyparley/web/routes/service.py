"""Routes about the node itself: who I am, parties and their keys, the event stream, health, status and metrics."""

from typing import Final

import msgspec

from skyparley.node.people.records import PersonView, person_view
from skyparley.node.reading.views import KeyView, NewKey, PartyView
from skyparley.web.exchange import Context, Exchange, decode
from skyparley.web.metrics import CONTENT_TYPE
from skyparley.web.openapi import EVENT_STREAM, Endpoint, Query
from skyparley.web.replies import API_HEADERS, ErrorDetail, Replies, Reply, json_reply, no_content, page_reply
from skyparley.web.stream import end_streams, open_stream

DOCUMENT_PATH: Final = "/v1/openapi.json"


class RegisterPartyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A party to admit: identifier, name for people, and what kind of body it is."""

    party: str
    name: str
    kind: str


class PartyList(msgspec.Struct, frozen=True):
    """All parties; `next` is always null."""

    items: list[PartyView]
    next: None


class KeyList(msgspec.Struct, frozen=True):
    """All keys of a party; `next` is always null."""

    items: list[KeyView]
    next: None


class Me(msgspec.Struct, frozen=True):
    """Who asks, and which node answers. `person` is who is logged in, null for an API key and the observer."""

    role: str
    party: str | None
    person: PersonView | None
    pool: str
    observer_available: bool
    exercise: bool


class HealthBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether the node serves; `status` is `ok`, or a word on why not and then with the error of every refusal."""

    status: str
    error: ErrorDetail | None = None


class StatusBody(msgspec.Struct, frozen=True):
    """The applied end of the log, the digest of the state there, and how much of it the reader sees."""

    sequence: int
    time: str
    checked_through: int
    state_hash: str
    operations: int
    conflicts: int


async def me(exchange: Exchange) -> Replies:
    """Say whom the key speaks for."""
    author, context = exchange.author, exchange.context
    observer = context.observer and exchange.is_local()
    person = exchange.node.people.own(author)
    view = None if person is None else person_view(person)
    return json_reply(Me(author.role, author.party or None, view, exchange.node.pool, observer, exchange.node.exercise))


async def list_parties(exchange: Exchange) -> Replies:
    """All parties of the pool."""
    exchange.query()
    await exchange.node.read_barrier()
    return page_reply(exchange.node.parties(exchange.author))


async def register_party(exchange: Exchange) -> Replies:
    """Admit a party; the operator only."""
    exchange.author.require_operator()
    body = decode(await exchange.body(), RegisterPartyBody)
    view = await exchange.node.register_party(
        exchange.author, body.party, body.name, body.kind, idempotency_key=exchange.idempotency_key()
    )
    return json_reply(view, 201)


async def create_key(exchange: Exchange) -> Replies:
    """Make a key for a party; the operator only."""
    return json_reply(await exchange.node.create_key(exchange.author, exchange.parameters["party"]), 201)


async def list_keys(exchange: Exchange) -> Replies:
    """The keys of a party, without their secrets; the operator only."""
    exchange.query()
    return page_reply(exchange.node.keys(exchange.author, exchange.parameters["party"]))


async def revoke_key(exchange: Exchange) -> Replies:
    """Revoke a key and end the streams it opened; the operator only."""
    key_id = exchange.parameters["key_id"]
    await exchange.node.revoke_key(exchange.author, exchange.parameters["party"], key_id)
    end_streams(exchange.context, key_id=key_id)
    return no_content()


async def events(exchange: Exchange) -> Replies:
    """Open the event stream."""
    return await open_stream(exchange)


async def status(exchange: Exchange) -> Replies:
    """The applied end of the log."""
    exchange.query()
    await exchange.node.read_barrier()
    operations, conflicts = exchange.node.reader.counts(exchange.author)
    return json_reply({**exchange.node.status(), "operations": operations, "conflicts": conflicts})


async def healthy(exchange: Exchange) -> Replies:
    """200 when the node serves, else 503; for supervisors and load balancers."""
    health = exchange.node.health()
    if health.ok:
        return json_reply(HealthBody(health.status))
    error = ErrorDetail("not_healthy", f"the node is {health.status}: ask again shortly", None)
    reply = json_reply(HealthBody(health.status, error), 503)
    reply.headers = (*API_HEADERS, (b"retry-after", b"1"))
    return reply


async def metrics(exchange: Exchange) -> Replies:
    """Prometheus metrics: without a key from this machine, else with the operator's."""
    if not exchange.is_local():
        exchange.authenticate(observer_allowed=False)
        exchange.author.require_operator()
    body = exchange.context.metrics.render(gauges(exchange.context))
    return Reply(200, body, ((b"content-type", CONTENT_TYPE), *API_HEADERS[1:]))


async def document(exchange: Exchange) -> Replies:
    """The OpenAPI document of this API."""
    return Reply(200, exchange.context.document)


def gauges(context: Context) -> dict[str, tuple[str, float]]:
    """What the node holds at this moment, for `Metrics.render`."""
    state, queues, dss = context.node.status(), context.node.queues(), context.node.state.dss
    found: dict[str, tuple[str, float]] = {
        "log_sequence": ("Sequence of the last applied entry", float(state["sequence"])),
        "live_operations": ("Operations and hazard areas that are live", float(state["operations"])),
        "live_conflicts": ("Conflicts that hold", float(state["conflicts"])),
        "dss_operational_intents": ("Operational intent references that are held", float(len(dss.intents))),
        "dss_constraints": ("Constraint references that are held", float(len(dss.constraints))),
        "dss_subscriptions": ("Subscriptions that are held, implicit ones too", float(len(dss.subscriptions))),
        "open_event_streams": ("Event streams that are open", float(len(context.streams))),
        "requests_at_work": ("Requests that are being answered", float(context.at_work)),
        "arriving_body_bytes": ("Bytes held of large bodies that are arriving", float(context.arriving_bytes)),
    }
    for name, length in queues.items():
        found[f"queue_{name}"] = (f"Length of the node's queue: {name}", float(length))
    return found


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint(
        "GET", "/healthy", healthy, "healthy", "Whether the node serves", "public", answer=HealthBody, refusals=(503,)
    ),
    Endpoint(
        "GET",
        "/metrics",
        metrics,
        "metrics",
        "Prometheus metrics: on the node's own machine, or with the operator's key",
        "public",
        media_type="text/plain",
        refusals=(401, 403),
    ),
    Endpoint("GET", DOCUMENT_PATH, document, "openapi", "This document", "public", answer="Document"),
    Endpoint("GET", "/v1/me", me, "me", "Whom the key speaks for", "observer", answer=Me),
    Endpoint("GET", "/v1/status", status, "status", "The applied end of the log", "observer", answer=StatusBody),
    Endpoint(
        "GET", "/v1/parties", list_parties, "listParties", "All parties of the pool", "observer", answer=PartyList
    ),
    Endpoint(
        "POST",
        "/v1/parties",
        register_party,
        "registerParty",
        "Admit a party (operator)",
        "key",
        status=201,
        body=RegisterPartyBody,
        answer=PartyView,
        command=True,
    ),
    Endpoint(
        "GET",
        "/v1/parties/{party}/keys",
        list_keys,
        "listKeys",
        "Keys of a party, without their secrets (operator)",
        "key",
        answer=KeyList,
    ),
    Endpoint(
        "POST",
        "/v1/parties/{party}/keys",
        create_key,
        "createKey",
        "Make a key; its text is shown this once (operator)",
        "key",
        status=201,
        answer=NewKey,
    ),
    Endpoint(
        "DELETE",
        "/v1/parties/{party}/keys/{key_id}",
        revoke_key,
        "revokeKey",
        "Revoke a key (operator)",
        "key",
        status=204,
    ),
    Endpoint(
        "GET",
        "/v1/events",
        events,
        "events",
        "What changes, as server-sent events",
        "observer",
        media_type=EVENT_STREAM,
        query=(
            Query(
                "after",
                "Resume after this event; the header Last-Event-ID goes before it",
                {"type": "integer", "minimum": 0, "maximum": 10**17},
            ),
        ),
    ),
)
