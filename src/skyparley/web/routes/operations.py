"""Routes of operations, hazard areas and conflicts.

Each handler reads its request, asks the node once, and renders the answer. Whoever could have to wait in the node's
queue is asked first whether he still waits.
"""

from typing import Any, Final

import msgspec

from skyparley.errors import InvalidInputError
from skyparley.geometry.interval import parse_time
from skyparley.node.reading.shapes import decode_amend_body, decode_hazard_body, decode_operation_body
from skyparley.node.reading.views import (
    Answer,
    Checked,
    ConflictDetail,
    ConflictPage,
    ConflictView,
    OperationPage,
    OperationQuery,
    OperationView,
    SharedCellsPage,
)
from skyparley.web.exchange import DEFAULT_LIST_LIMIT, MAX_LIST_LIMIT, Exchange, list_limit
from skyparley.web.openapi import Endpoint, Handler, Query
from skyparley.web.replies import Replies, json_reply


class VersionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which version of the operation the command is about, so that nobody acts on one he has not seen."""

    version: int


async def check(exchange: Exchange) -> Replies:
    """What would conflict with an operation; nothing is filed."""
    operation = decode_operation_body(await exchange.body(), exchange.author.party)
    await exchange.leave_if_gone()
    return json_reply(await exchange.node.check(exchange.author, operation))


async def file(exchange: Exchange) -> Replies:
    """File an operation."""
    party = exchange.author.require_party()
    operation = decode_operation_body(await exchange.body(), party)
    key, claimed_time_us = exchange.idempotency_key(), exchange.claimed_time_us()
    await exchange.leave_if_gone()
    answer = await exchange.node.file(exchange.author, operation, idempotency_key=key, claimed_time_us=claimed_time_us)
    return json_reply(answer, 201)


async def amend(exchange: Exchange) -> Replies:
    """Replace an operation as a whole."""
    party = exchange.author.require_party()
    operation, version = decode_amend_body(await exchange.body(), party)
    if operation.ref.operation_id != exchange.parameters["operation_id"]:
        raise InvalidInputError(
            "differs from the one in the path: an identifier cannot be changed", place="operation_id"
        )
    key, claimed_time_us = exchange.idempotency_key(), exchange.claimed_time_us()
    await exchange.leave_if_gone()
    answer = await exchange.node.amend(
        exchange.author, operation, version=version, idempotency_key=key, claimed_time_us=claimed_time_us
    )
    return json_reply(answer)


async def declare_hazard(exchange: Exchange) -> Replies:
    """Declare a hazard area."""
    party = exchange.author.require_party()
    body = decode_hazard_body(await exchange.body(), party)
    key, claimed_time_us = exchange.idempotency_key(), exchange.claimed_time_us()
    await exchange.leave_if_gone()
    answer = await exchange.node.declare_hazard(
        exchange.author,
        body.operation,
        hazard_kind=body.hazard_kind,
        confirmed=body.confirmed,
        idempotency_key=key,
        claimed_time_us=claimed_time_us,
    )
    return json_reply(answer, 201)


def acting(action: str) -> Handler:
    """The handler of one action on an operation or hazard area."""

    async def act(exchange: Exchange) -> Replies:
        body, key = await exchange.command(VersionBody)
        answer = await exchange.node.act(
            exchange.author, action, exchange.parameters["operation_id"], version=body.version, idempotency_key=key
        )
        return json_reply(answer)

    return act


async def get_operation(exchange: Exchange) -> Replies:
    """One live operation or hazard area."""
    party = exchange.query("party").get("party")
    await exchange.node.read_barrier()
    return json_reply(exchange.node.operation(exchange.author, party, exchange.parameters["operation_id"]))


async def list_operations(exchange: Exchange) -> Replies:
    """Live operations that the author may see, and all hazard areas."""
    query = operation_query(exchange, hazards_only=False)
    await exchange.node.read_barrier()
    return json_reply(exchange.node.operations(exchange.author, query))


async def list_hazards(exchange: Exchange) -> Replies:
    """Live hazard areas."""
    query = operation_query(exchange, hazards_only=True)
    await exchange.node.read_barrier()
    return json_reply(exchange.node.operations(exchange.author, query))


async def list_conflicts(exchange: Exchange) -> Replies:
    """Conflicts that concern the author and hold now."""
    asked = exchange.query("after", "limit")
    limit = list_limit(asked.get("limit"))
    await exchange.node.read_barrier()
    return json_reply(exchange.node.conflicts(exchange.author, asked.get("after"), limit))


async def list_shared_cells(exchange: Exchange) -> Replies:
    """Operations of the author that share cells with operational intents of USSs."""
    asked = exchange.query("after", "limit")
    limit = list_limit(asked.get("limit"))
    await exchange.node.read_barrier()
    return json_reply(exchange.node.reader.shared_cells(exchange.author, asked.get("after"), limit))


class HeardBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The post that has heard an alarm; the only one with a watch if it is left out."""

    post: str = ""


async def acknowledge(exchange: Exchange) -> Replies:
    """A post has heard the alarm of a conflict."""
    body, key = await exchange.command(HeardBody)
    return json_reply(
        await exchange.node.alarms.acknowledge(
            exchange.author, exchange.parameters["conflict_id"], post=body.post, idempotency_key=key
        )
    )


async def get_conflict(exchange: Exchange) -> Replies:
    """One conflict with its witness and the parts in which its volumes overlap."""
    exchange.query()
    await exchange.node.read_barrier()
    return json_reply(await exchange.node.conflict(exchange.author, exchange.parameters["conflict_id"]))


def operation_query(exchange: Exchange, *, hazards_only: bool) -> OperationQuery:
    """Which operations a list asks for. Raises `InvalidInputError` that names the parameter."""
    asked = exchange.query("bbox", "begin", "end", "after", "limit")
    begin_us = parse_time(asked["begin"], place="query begin") if "begin" in asked else None
    end_us = parse_time(asked["end"], place="query end") if "end" in asked else None
    if begin_us is not None and end_us is not None and end_us <= begin_us:
        raise InvalidInputError("must be after begin", place="query end")
    return OperationQuery(
        bbox=parse_bbox(asked["bbox"]) if "bbox" in asked else None,
        begin_us=begin_us,
        end_us=end_us,
        hazards_only=hazards_only,
        after=asked.get("after"),
        limit=list_limit(asked.get("limit")),
    )


def parse_bbox(text: str) -> tuple[float, float, float, float]:
    """`west,south,east,north` in WGS 84 degrees; west > east crosses the antimeridian. Raises `InvalidInputError`."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise InvalidInputError("must be four numbers: west,south,east,north in degrees", place="query bbox") from None
    if not (-180.0 <= west <= 180.0 and -180.0 <= east <= 180.0 and -90.0 <= south <= north <= 90.0):
        raise InvalidInputError(
            "longitudes lie between -180 and 180, latitudes between -90 and 90, south is not above north",
            place="query bbox",
        )
    return west, south, east, north


LIST_QUERY: Final = (
    Query("after", "The `next` of the page before", {"type": "string"}),
    Query(
        "limit",
        "Items per page",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIST_LIMIT, "default": DEFAULT_LIST_LIMIT},
    ),
)
_AREA_QUERY: Final = (
    Query("bbox", "west,south,east,north in degrees; west > east crosses the antimeridian", {"type": "string"}),
    Query("begin", "Only what ends after this time", {"type": "string", "format": "date-time"}),
    Query("end", "Only what begins before this time", {"type": "string", "format": "date-time"}),
    *LIST_QUERY,
)
_PARTY_QUERY: Final = (Query("party", "Whose operation, where others have one of that identifier", {"type": "string"}),)
_OPERATION: Final = "/v1/operations/{operation_id:path}"
_HAZARD: Final = "/v1/hazards/{operation_id:path}"


def _command(method: str, path: str, handler: Handler, name: str, summary: str, **fields: Any) -> Endpoint:
    return Endpoint(method, path, handler, name, summary, "key", right="file", answer=Answer, command=True, **fields)


def _action(base: str, action: str, name: str, summary: str) -> Endpoint:
    return _command("POST", f"{base}/{action}", acting(action), name, summary, body=VersionBody)


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint(
        "POST",
        "/v1/operations/check",
        check,
        "checkOperation",
        "Which filed operations would conflict; nothing is filed",
        "observer",
        answer=Checked,
        body="OperationBody",
    ),
    _command(
        "POST",
        "/v1/operations",
        file,
        "fileOperation",
        "File an operation; the answer carries its conflicts",
        status=201,
        body="OperationBody",
        claims_time=True,
    ),
    Endpoint(
        "GET",
        "/v1/operations",
        list_operations,
        "listOperations",
        "Live operations that the key may see, by area and time, and all hazard areas",
        "observer",
        answer=OperationPage,
        query=_AREA_QUERY,
    ),
    _action(_OPERATION, "activate", "activateOperation", "The operation begins to be flown"),
    _action(_OPERATION, "end", "endOperation", "An activated operation is over"),
    _action(_OPERATION, "cancel", "cancelOperation", "An accepted operation will not be flown"),
    Endpoint(
        "GET",
        _OPERATION,
        get_operation,
        "getOperation",
        "One live operation or hazard area",
        "observer",
        answer=OperationView,
        query=_PARTY_QUERY,
    ),
    _command(
        "PUT",
        _OPERATION,
        amend,
        "amendOperation",
        "Replace an operation as a whole; the answer carries its conflicts",
        body="AmendBody",
        claims_time=True,
    ),
    _command(
        "POST",
        "/v1/hazards",
        declare_hazard,
        "declareHazard",
        "Declare a hazard area; everybody sees it",
        status=201,
        body="HazardBody",
        claims_time=True,
    ),
    Endpoint(
        "GET",
        "/v1/hazards",
        list_hazards,
        "listHazards",
        "Live hazard areas",
        "observer",
        answer=OperationPage,
        query=_AREA_QUERY,
    ),
    _action(_HAZARD, "confirm", "confirmHazard", "An unconfirmed hazard notice is confirmed"),
    _action(_HAZARD, "retract", "retractHazard", "A hazard notice is withdrawn"),
    Endpoint(
        "GET",
        "/v1/conflicts",
        list_conflicts,
        "listConflicts",
        "Conflicts that concern the key and hold now",
        "observer",
        answer=ConflictPage,
        query=LIST_QUERY,
    ),
    Endpoint(
        "GET",
        "/v1/shared-cells",
        list_shared_cells,
        "listSharedCells",
        "Operations that share cells with operational intents of USSs, by cells only",
        "observer",
        answer=SharedCellsPage,
        query=LIST_QUERY,
    ),
    Endpoint(
        "GET",
        "/v1/conflicts/{conflict_id}",
        get_conflict,
        "getConflict",
        "One conflict with its witness and where its volumes overlap",
        "observer",
        answer=ConflictDetail,
    ),
    Endpoint(
        "POST",
        "/v1/conflicts/{conflict_id}/acknowledge",
        acknowledge,
        "acknowledgeAlarm",
        "A post has heard the alarm of a conflict",
        "key",
        right="speak",
        answer=ConflictView,
        body=HeardBody,
        command=True,
    ),
)
