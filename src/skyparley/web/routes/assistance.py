"""Routes of assistance: everybody concerned is called at once, and sees who acts."""

from typing import Any, Final

import msgspec

from skyparley.node.line.assistance.views import AssistanceAnswer, AssistancePage, AssistanceView
from skyparley.web.exchange import Exchange, decode
from skyparley.web.openapi import LANGUAGE, ZONE, Endpoint
from skyparley.web.replies import Replies, json_reply


class RequestBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked, as `assistance-request` of the catalogue. `parties` left out: all others that have a post."""

    parameters: dict[str, Any]
    parties: list[str] = []
    from_post: str = ""


class CloseBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The post that says so; the only one with a watch if it is left out."""

    post: str = ""


async def request_assistance(exchange: Exchange) -> Replies:
    """Call parties to an aircraft in distress."""
    body, key = await exchange.command(RequestBody)
    answer = await exchange.node.assistance.request(
        exchange.author, body.parameters, parties=body.parties, from_post=body.from_post, idempotency_key=key
    )
    return json_reply(answer, 201)


async def close_assistance(exchange: Exchange) -> Replies:
    """Nothing more is needed."""
    exchange.author.require_party()
    body = decode(await exchange.body(), CloseBody)
    name = exchange.parameters["assistance_id"]
    return json_reply(await exchange.node.assistance.close(exchange.author, name, body.post))


async def list_assistance(exchange: Exchange) -> Replies:
    """The cases that concern the key."""
    query = exchange.query("language", "zone")
    await exchange.node.read_barrier()
    language, zone = query.get("language", "en"), query.get("zone", "UTC")
    return json_reply(exchange.node.assistance.cases(exchange.author, language, zone))


async def get_assistance(exchange: Exchange) -> Replies:
    """One case."""
    query = exchange.query("language", "zone")
    await exchange.node.read_barrier()
    case = exchange.node.assistance.case(exchange.author, exchange.parameters["assistance_id"])
    language, zone = query.get("language", "en"), query.get("zone", "UTC")
    return json_reply(exchange.node.reader.line.assistance(exchange.author, case, language, zone))


_CASE: Final = "/v1/assistance/{assistance_id}"

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint(
        "POST",
        "/v1/assistance",
        request_assistance,
        "requestAssistance",
        "Call all concerned to an aircraft in distress, by FLASH",
        "key",
        right="speak",
        status=201,
        answer=AssistanceAnswer,
        body=RequestBody,
        command=True,
        refusals=(404, 409),
    ),
    Endpoint(
        "GET",
        "/v1/assistance",
        list_assistance,
        "listAssistance",
        "The cases that concern the key, with who acts",
        "observer",
        answer=AssistancePage,
        query=(LANGUAGE, ZONE),
    ),
    Endpoint(
        "GET",
        _CASE,
        get_assistance,
        "getAssistance",
        "One case, in the reader's language",
        "observer",
        answer=AssistanceView,
        query=(LANGUAGE, ZONE),
    ),
    Endpoint(
        "POST",
        f"{_CASE}/close",
        close_assistance,
        "closeAssistance",
        "Nothing more is needed: what still waits is taken back",
        "key",
        right="speak",
        answer=AssistanceAnswer,
        body=CloseBody,
        refusals=(409,),
    ),
)
