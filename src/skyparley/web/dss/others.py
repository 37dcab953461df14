"""Routes of availability and reports (ASTM F3548-21), and what operators of a pool expect beside them (`/aux/v1`)."""

from typing import Final

import msgspec

import skyparley
from skyparley.airspace.dss.validity import check_availability, check_manager, check_version
from skyparley.errors import ForbiddenError, InvalidInputError, NotFoundError
from skyparley.node.dss.f3548 import instant_us
from skyparley.node.dss.scopes import (
    AVAILABILITY_ARBITRATION,
    CONFORMANCE_MONITORING,
    CONSTRAINT_MANAGEMENT,
    CONSTRAINT_PROCESSING,
    POOL_STATUS,
    STRATEGIC_COORDINATION,
    SYSTEM_VERSIONS,
)
from skyparley.node.dss.views import AvailabilityAnswer, HistoryAnswer
from skyparley.web.dss.bodies import AVAILABILITY, REPORT, AvailabilityBody, ErrorReportBody, ExchangeBody
from skyparley.web.dss.requests import DssEndpoint, named_id
from skyparley.web.exchange import Exchange
from skyparley.web.openapi import Endpoint, Query
from skyparley.web.replies import Replies, Reply, json_reply

SYSTEM_IDENTITY: Final = "skyparley.dss"
"""The system boundary that `/versions/{system_identity}` tells the version of."""
_ANY: Final = (
    STRATEGIC_COORDINATION,
    CONSTRAINT_MANAGEMENT,
    CONSTRAINT_PROCESSING,
    CONFORMANCE_MONITORING,
    AVAILABILITY_ARBITRATION,
)
_READ_AVAILABILITY: Final = (AVAILABILITY_ARBITRATION, STRATEGIC_COORDINATION, CONFORMANCE_MONITORING)


class VersionAnswer(msgspec.Struct, frozen=True):
    """The version of this software."""

    version: str


class SystemVersionAnswer(msgspec.Struct, frozen=True):
    """The version of one system of this node."""

    system_identity: str
    system_version: str


class PoolAnswer(msgspec.Struct, frozen=True):
    """The pool that this node belongs to, and where its log is."""

    dss_id: str
    sequence: int
    state_hash: str
    operational_intents: int
    constraints: int
    subscriptions: int


class OauthAnswer(msgspec.Struct, frozen=True):
    """Whom a token speaks for, and what it allows."""

    subject: str
    scopes: list[str]


async def read_availability(exchange: Exchange) -> Replies:
    """How available a USS is."""
    uss = _uss(exchange)
    await exchange.node.read_barrier()
    return json_reply(exchange.node.dss_reader.availability(uss))


async def set_availability(exchange: Exchange) -> Replies:
    """Say how available a USS is."""
    uss = _uss(exchange)
    body = AVAILABILITY.decode(await exchange.body())
    availability = body.availability.capitalize()  # USSs write `down`, too
    check_availability(availability)
    if body.old_version:
        check_version(body.old_version, place="old_version")
    return json_reply(await exchange.node.dss.set_availability(exchange.uss, uss, body.old_version, availability))


async def report(exchange: Exchange) -> Replies:
    """Keep a report on an exchange that went wrong."""
    body = REPORT.decode(await exchange.body())
    if body.report_id is not None:
        raise InvalidInputError("is given by the DSS: leave it out", place="report_id")
    for name, time in (("request_time", body.exchange.request_time), ("response_time", body.exchange.response_time)):
        if time is not None:
            instant_us(time, place=f"exchange.{name}")
    kept = msgspec.structs.replace(body, exchange=without_signatures(body))
    report_id = await exchange.node.dss.report(exchange.uss, msgspec.json.encode(kept))
    return json_reply(msgspec.structs.replace(kept, report_id=report_id), 201)


def without_signatures(body: ErrorReportBody) -> ExchangeBody:
    """The exchange of a report, whose access tokens lose their signature: nobody who reads it can use them."""
    headers = body.exchange.headers
    if headers is None:
        return body.exchange
    return msgspec.structs.replace(body.exchange, headers=[_unsigned(header) for header in headers])


async def version(exchange: Exchange) -> Replies:
    """The version of this software."""
    exchange.query()
    return json_reply(VersionAnswer(skyparley.__version__))


async def validate_oauth(exchange: Exchange) -> Replies:
    """Whether a token is taken here, and whether it is `owner`'s."""
    owner = exchange.query("owner").get("owner")
    uss = exchange.uss
    if owner is not None and owner != uss.manager:
        raise ForbiddenError("the token's subject is not the owner that was named", place="query owner")
    return json_reply(OauthAnswer(uss.manager, sorted(uss.scopes)))


async def pool(exchange: Exchange) -> Replies:
    """The pool that this node belongs to."""
    exchange.query()
    await exchange.node.read_barrier()
    state = exchange.node.state
    dss = state.dss
    counts = (len(dss.intents), len(dss.constraints), len(dss.subscriptions))
    return json_reply(PoolAnswer(exchange.node.pool, state.sequence, state.state_hash(), *counts))


async def history(exchange: Exchange) -> Replies:
    """Who changed a reference when."""
    exchange.query()
    name = exchange.parameters["reference"]
    await exchange.node.read_barrier()
    uss = None if exchange.author.role == "operator" else exchange.uss
    return json_reply(await exchange.node.dss_reader.history(name, uss))


async def read_report(exchange: Exchange) -> Replies:
    """A report on an exchange that went wrong; the operator only."""
    exchange.author.require_operator()
    exchange.query()
    await exchange.node.read_barrier()
    report_id = named_id(exchange.parameters["report_id"], place="report_id")
    return Reply(200, await exchange.node.dss_reader.report(report_id))


async def system_version(exchange: Exchange) -> Replies:
    """The version of one system of this node."""
    identity = exchange.parameters["system_identity"]
    if identity != SYSTEM_IDENTITY:
        raise NotFoundError(f"this node has the system {SYSTEM_IDENTITY} only")
    return json_reply(SystemVersionAnswer(identity, skyparley.__version__))


def _uss(exchange: Exchange) -> str:
    uss = exchange.parameters["uss_id"]
    check_manager(uss, place="uss_id")
    return uss


def _unsigned(header: str) -> str:
    name, colon, value = header.partition(":")
    if name.strip().lower() != "authorization" or "." not in value:
        return header
    return f"{name}{colon}{value.rpartition('.')[0]}.[signature removed]"


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    DssEndpoint(
        "GET", "/dss/v1/uss_availability/{uss_id}", read_availability, "getUssAvailability", "How available a USS is",
        _READ_AVAILABILITY, answer=AvailabilityAnswer,
    ),
    DssEndpoint(
        "PUT", "/dss/v1/uss_availability/{uss_id}", set_availability, "setUssAvailability",
        "Say how available a USS is", (AVAILABILITY_ARBITRATION,), body=AvailabilityBody, answer=AvailabilityAnswer,
        refusals=(409,),
    ),
    DssEndpoint(
        "POST", "/dss/v1/reports", report, "makeDssReport", "Report an exchange that went wrong", _ANY, status=201,
        body=ErrorReportBody, answer=ErrorReportBody,
    ),
    Endpoint("GET", "/aux/v1/version", version, "getVersion", "The version of this software", "public",
             answer=VersionAnswer),
    DssEndpoint(
        "GET", "/aux/v1/validate_oauth", validate_oauth, "validateOauth", "Whether a token is taken, and whose it is",
        (), answer=OauthAnswer, query=(Query("owner", "Who should be its subject", {"type": "string"}),),
    ),
    DssEndpoint(
        "GET", "/aux/v1/history/{reference}", history, "getHistory", "Who changed a reference when", (),
        answer=HistoryAnswer, operator=True,
    ),
    Endpoint("GET", "/aux/v1/reports/{report_id}", read_report, "getReport", "A USS's report (operator)", "key",
             answer=ErrorReportBody),
    DssEndpoint("GET", "/aux/v1/pool", pool, "getPool", "The pool that this node belongs to", (POOL_STATUS,),
                answer=PoolAnswer),
    DssEndpoint(
        "GET", "/versions/{system_identity}", system_version, "getSystemVersion", "The version of a system",
        (SYSTEM_VERSIONS,), answer=SystemVersionAnswer,
    ),
)  # fmt: skip
