"""Routes of operational intent references (ASTM F3548-21, `/dss/v1/operational_intent_references`)."""

from typing import Final

from skyparley.airspace.dss.validity import check_state, check_url
from skyparley.errors import InvalidInputError
from skyparley.node.dss.desk import IntentRequest
from skyparley.node.dss.f3548 import extents_of, intent_bounds
from skyparley.node.dss.scopes import CONFORMANCE_MONITORING, STRATEGIC_COORDINATION
from skyparley.node.dss.views import NO_SUBSCRIPTION, IntentAnswer, IntentChangeAnswer, IntentsAnswer
from skyparley.web.dss.bodies import INTENT, PutIntentBody, QueryBody
from skyparley.web.dss.requests import DssEndpoint, asked_extent, entity_id, named_id, version_in_path
from skyparley.web.exchange import Exchange
from skyparley.web.openapi import Endpoint
from skyparley.web.replies import Replies, json_reply

_PATH: Final = "/dss/v1/operational_intent_references"
_SCOPES: Final = (STRATEGIC_COORDINATION, CONFORMANCE_MONITORING)


async def query(exchange: Exchange) -> Replies:
    """All operational intent references in an area."""
    extent = asked_extent(await exchange.body(), exchange.node.dss.limits)
    await exchange.node.read_barrier()
    return json_reply(exchange.node.dss_reader.intents(exchange.uss, extent))


async def read(exchange: Exchange) -> Replies:
    """One operational intent reference."""
    intent_id = entity_id(exchange)
    await exchange.node.read_barrier()
    return json_reply(exchange.node.dss_reader.intent(exchange.uss, intent_id))


async def create(exchange: Exchange) -> Replies:
    """Create an operational intent reference."""
    request = await _request(exchange, "")
    return json_reply(await exchange.node.dss.put_intent(exchange.uss, request), 201)


async def update(exchange: Exchange) -> Replies:
    """Replace an operational intent reference."""
    request = await _request(exchange, version_in_path(exchange, "ovn"))
    return json_reply(await exchange.node.dss.put_intent(exchange.uss, request))


async def delete(exchange: Exchange) -> Replies:
    """Remove an operational intent reference."""
    intent_id, ovn = entity_id(exchange), version_in_path(exchange, "ovn")
    return json_reply(await exchange.node.dss.delete_intent(exchange.uss, intent_id, ovn))


async def _request(exchange: Exchange, replaces: str) -> IntentRequest:
    intent_id = entity_id(exchange)
    body = INTENT.decode(await exchange.body())
    check_state(body.state)
    implicit = body.new_subscription
    subscription_id = "" if body.subscription_id in (None, NO_SUBSCRIPTION) else body.subscription_id or ""
    if implicit is not None:
        check_url(implicit.uss_base_url, place="new_subscription.uss_base_url")
        if subscription_id:
            raise InvalidInputError("give subscription_id or new_subscription, not both", place="new_subscription")
    return IntentRequest(
        intent_id=intent_id,
        replaces=replaces,
        extents=extents_of(body.extents, intent_bounds(exchange.node.dss.limits)),
        key=frozenset(body.key or ()),
        state=body.state,
        uss_base_url=body.uss_base_url,
        subscription_id=named_id(subscription_id, place="subscription_id") if subscription_id else "",
        implicit_url="" if implicit is None else implicit.uss_base_url,
        implicit_for_constraints=implicit is not None and bool(implicit.notify_for_constraints),
        ovn_suffix=body.requested_ovn_suffix,
    )


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    DssEndpoint(
        "POST", f"{_PATH}/query", query, "queryOperationalIntentReferences", "Operational intents in an area", _SCOPES,
        body=QueryBody, answer=IntentsAnswer,
    ),
    DssEndpoint(
        "GET", f"{_PATH}/{{entityid}}", read, "getOperationalIntentReference", "An operational intent", _SCOPES,
        answer=IntentAnswer,
    ),
    DssEndpoint(
        "PUT", f"{_PATH}/{{entityid}}", create, "createOperationalIntentReference", "Create an operational intent",
        _SCOPES, status=201, body=PutIntentBody, answer=IntentChangeAnswer, refusals=(409, 412),
    ),
    DssEndpoint(
        "PUT", f"{_PATH}/{{entityid}}/{{ovn:path}}", update, "updateOperationalIntentReference",
        "Replace an operational intent", _SCOPES, body=PutIntentBody, answer=IntentChangeAnswer, refusals=(409, 412),
    ),
    DssEndpoint(
        "DELETE", f"{_PATH}/{{entityid}}/{{ovn:path}}", delete, "deleteOperationalIntentReference",
        "Remove an operational intent", _SCOPES, answer=IntentChangeAnswer, refusals=(409, 412),
    ),
)  # fmt: skip
