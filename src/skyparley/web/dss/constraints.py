"""Routes of constraint references (ASTM F3548-21, `/dss/v1/constraint_references`)."""

from typing import Final

from skyparley.node.dss.f3548 import constraint_bounds, extents_of
from skyparley.node.dss.scopes import CONSTRAINT_MANAGEMENT, CONSTRAINT_PROCESSING
from skyparley.node.dss.views import ConstraintAnswer, ConstraintChangeAnswer, ConstraintsAnswer
from skyparley.web.dss.bodies import CONSTRAINT, PutConstraintBody, QueryBody
from skyparley.web.dss.requests import DssEndpoint, asked_extent, entity_id, version_in_path
from skyparley.web.exchange import Exchange
from skyparley.web.openapi import Endpoint
from skyparley.web.replies import Replies, json_reply

_PATH: Final = "/dss/v1/constraint_references"
_READ: Final = (CONSTRAINT_MANAGEMENT, CONSTRAINT_PROCESSING)
_WRITE: Final = (CONSTRAINT_MANAGEMENT,)


async def query(exchange: Exchange) -> Replies:
    """All constraint references in an area."""
    extent = asked_extent(await exchange.body(), exchange.node.dss.limits)
    await exchange.node.read_barrier()
    return json_reply(exchange.node.dss_reader.constraints(exchange.uss, extent))


async def read(exchange: Exchange) -> Replies:
    """One constraint reference."""
    constraint_id = entity_id(exchange)
    await exchange.node.read_barrier()
    return json_reply(exchange.node.dss_reader.constraint(exchange.uss, constraint_id))


async def create(exchange: Exchange) -> Replies:
    """Create a constraint reference."""
    return json_reply(await _put(exchange, ""), 201)


async def update(exchange: Exchange) -> Replies:
    """Replace a constraint reference."""
    return json_reply(await _put(exchange, version_in_path(exchange, "ovn")))


async def delete(exchange: Exchange) -> Replies:
    """Remove a constraint reference."""
    constraint_id, ovn = entity_id(exchange), version_in_path(exchange, "ovn")
    return json_reply(await exchange.node.dss.delete_constraint(exchange.uss, constraint_id, ovn))


async def _put(exchange: Exchange, replaces: str) -> ConstraintChangeAnswer:
    constraint_id = entity_id(exchange)
    body = CONSTRAINT.decode(await exchange.body())
    extents = extents_of(body.extents, constraint_bounds(exchange.node.dss.limits))
    return await exchange.node.dss.put_constraint(exchange.uss, constraint_id, replaces, extents, body.uss_base_url)


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    DssEndpoint(
        "POST", f"{_PATH}/query", query, "queryConstraintReferences", "Constraints in an area", _READ, body=QueryBody,
        answer=ConstraintsAnswer,
    ),
    DssEndpoint(
        "GET", f"{_PATH}/{{entityid}}", read, "getConstraintReference", "A constraint", _READ, answer=ConstraintAnswer
    ),
    DssEndpoint(
        "PUT", f"{_PATH}/{{entityid}}", create, "createConstraintReference", "Create a constraint", _WRITE, status=201,
        body=PutConstraintBody, answer=ConstraintChangeAnswer, refusals=(409,),
    ),
    DssEndpoint(
        "PUT", f"{_PATH}/{{entityid}}/{{ovn:path}}", update, "updateConstraintReference", "Replace a constraint",
        _WRITE, body=PutConstraintBody, answer=ConstraintChangeAnswer, refusals=(409,),
    ),
    DssEndpoint(
        "DELETE", f"{_PATH}/{{entityid}}/{{ovn:path}}", delete, "deleteConstraintReference", "Remove a constraint",
        _WRITE, answer=ConstraintChangeAnswer, refusals=(409,),
    ),
)  # fmt: skip
