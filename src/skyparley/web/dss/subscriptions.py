"""Routes of subscriptions (ASTM F3548-21, `/dss/v1/subscriptions`)."""

from typing import Final

from skyparley.errors import InvalidInputError
from skyparley.node.dss.desk import SubscriptionRequest
from skyparley.node.dss.f3548 import AreaTooLargeError, asked_bounds, extent_of
from skyparley.node.dss.scopes import CONSTRAINT_PROCESSING, STRATEGIC_COORDINATION
from skyparley.node.dss.views import SubscriptionAnswer, SubscriptionPutAnswer, SubscriptionsAnswer
from skyparley.web.dss.bodies import SUBSCRIPTION, PutSubscriptionBody, QueryBody
from skyparley.web.dss.requests import DssEndpoint, asked_extent, entity_id, version_in_path
from skyparley.web.exchange import Exchange
from skyparley.web.openapi import Endpoint
from skyparley.web.replies import Replies, json_reply

_PATH: Final = "/dss/v1/subscriptions"
_ID: Final = "subscriptionid"
_SCOPES: Final = (STRATEGIC_COORDINATION, CONSTRAINT_PROCESSING)


async def query(exchange: Exchange) -> Replies:
    """The asking USS's own subscriptions in an area."""
    extent = asked_extent(await exchange.body(), exchange.node.dss.limits)
    await exchange.node.read_barrier()
    return json_reply(exchange.node.dss_reader.subscriptions(exchange.uss, extent))


async def read(exchange: Exchange) -> Replies:
    """One subscription."""
    subscription_id = entity_id(exchange, _ID)
    await exchange.node.read_barrier()
    return json_reply(exchange.node.dss_reader.subscription(exchange.uss, subscription_id))


async def create(exchange: Exchange) -> Replies:
    """Create a subscription."""
    return json_reply(await _put(exchange, ""))


async def update(exchange: Exchange) -> Replies:
    """Replace a subscription."""
    return json_reply(await _put(exchange, version_in_path(exchange, "version")))


async def delete(exchange: Exchange) -> Replies:
    """Remove a subscription."""
    subscription_id, version = entity_id(exchange, _ID), version_in_path(exchange, "version")
    return json_reply(await exchange.node.dss.delete_subscription(exchange.uss, subscription_id, version))


async def _put(exchange: Exchange, replaces: str) -> SubscriptionPutAnswer:
    subscription_id = entity_id(exchange, _ID)
    body = SUBSCRIPTION.decode(await exchange.body())
    try:
        extent = extent_of(body.extents, asked_bounds(exchange.node.dss.limits))
    except AreaTooLargeError as error:  # which has no status of its own here
        raise InvalidInputError(error.message, place=error.place).at("extents") from None
    except InvalidInputError as error:
        raise error.at("extents") from None
    request = SubscriptionRequest(
        subscription_id=subscription_id,
        replaces=replaces,
        extent=extent,
        begins=body.extents.time_start is not None,
        ends=body.extents.time_end is not None,
        uss_base_url=body.uss_base_url,
        for_intents=bool(body.notify_for_operational_intents),
        for_constraints=bool(body.notify_for_constraints),
    )
    return await exchange.node.dss.put_subscription(exchange.uss, request)


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    DssEndpoint(
        "POST", f"{_PATH}/query", query, "querySubscriptions", "Own subscriptions in an area", _SCOPES, body=QueryBody,
        answer=SubscriptionsAnswer,
    ),
    DssEndpoint(
        "GET", f"{_PATH}/{{subscriptionid}}", read, "getSubscription", "A subscription", _SCOPES,
        answer=SubscriptionAnswer,
    ),
    DssEndpoint(
        "PUT", f"{_PATH}/{{subscriptionid}}", create, "createSubscription", "Create a subscription", _SCOPES,
        body=PutSubscriptionBody, answer=SubscriptionPutAnswer, refusals=(409,),
    ),
    DssEndpoint(
        "PUT", f"{_PATH}/{{subscriptionid}}/{{version:path}}", update, "updateSubscription", "Replace a subscription",
        _SCOPES, body=PutSubscriptionBody, answer=SubscriptionPutAnswer, refusals=(409,),
    ),
    DssEndpoint(
        "DELETE", f"{_PATH}/{{subscriptionid}}/{{version:path}}", delete, "deleteSubscription",
        "Remove a subscription", _SCOPES, answer=SubscriptionAnswer, refusals=(409,),
    ),
)  # fmt: skip
