"""Routes of dialogues: opened, spoken in, received, read, and the inbox of a party."""

from typing import Any, Final

import msgspec

from skyparley.node.line.dialogue.threads import dialogue_for
from skyparley.node.line.dialogue.views import (
    DialogueAnswer,
    DialogueDetail,
    DialoguePage,
    Inbox,
    ReceiptAnswer,
)
from skyparley.node.line.negotiation.views import ProposalView
from skyparley.web.exchange import Exchange, decode, list_limit
from skyparley.web.openapi import LANGUAGE, ZONE, Endpoint, Query
from skyparley.web.replies import Replies, json_reply


class OpenBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message of the catalogue to another party. `about` is a conflict; posts and precedence may be left out."""

    to_party: str
    code: str
    parameters: dict[str, Any] = {}
    from_post: str = ""
    to_post: str = ""
    about: str = ""
    precedence: str = ""


class SayBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One more message, about the question that waits if `reference` is left out.

    `read_back` holds the fields that are read back, as the reader understood them.
    """

    code: str
    parameters: dict[str, Any] = {}
    from_post: str = ""
    reference: int = 0
    precedence: str = ""
    read_back: dict[str, Any] | None = None


class ReceiptBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message that has arrived."""

    dialogue_id: str
    number: int


class ReceiptsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Messages that have arrived at a machine of the party."""

    messages: list[ReceiptBody]


class ReadBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The post at which a message was read; the only one with a watch if it is left out."""

    post: str = ""


async def open_dialogue(exchange: Exchange) -> Replies:
    """Speak to another party."""
    body, key = await exchange.command(OpenBody)
    answer = await exchange.node.dialogues.open(
        exchange.author,
        body.to_party,
        body.code,
        body.parameters,
        from_post=body.from_post,
        to_post=body.to_post,
        about=body.about,
        precedence=body.precedence,
        idempotency_key=key,
    )
    return json_reply(answer, 201)


async def say(exchange: Exchange) -> Replies:
    """One more message in a dialogue."""
    body, key = await exchange.command(SayBody)
    answer = await exchange.node.dialogues.say(
        exchange.author,
        exchange.parameters["dialogue_id"],
        body.code,
        body.parameters,
        from_post=body.from_post,
        reference=body.reference,
        precedence=body.precedence,
        read_back=body.read_back,
        idempotency_key=key,
    )
    return json_reply(answer, 201)


async def receive(exchange: Exchange) -> Replies:
    """Machine receipts."""
    exchange.author.require_party()
    body = decode(await exchange.body(), ReceiptsBody)
    receipts = [(one.dialogue_id, one.number) for one in body.messages]
    return json_reply(await exchange.node.dialogues.receive(exchange.author, receipts))


async def read(exchange: Exchange) -> Replies:
    """Somebody has read a message."""
    exchange.author.require_party()
    body = decode(await exchange.body(), ReadBody)
    number = exchange.number("number")
    return json_reply(
        await exchange.node.dialogues.read(exchange.author, exchange.parameters["dialogue_id"], number, body.post)
    )


async def list_dialogues(exchange: Exchange) -> Replies:
    """The dialogues of the key's party."""
    query = exchange.query("after", "limit")
    await exchange.node.read_barrier()
    return json_reply(
        exchange.node.threads.page(exchange.author, query.get("after", ""), list_limit(query.get("limit")))
    )


async def get_dialogue(exchange: Exchange) -> Replies:
    """One dialogue with its thread, in the reader's language."""
    query = exchange.query("language", "zone")
    await exchange.node.read_barrier()
    language, zone = query.get("language", "en"), query.get("zone", "UTC")
    name = exchange.parameters["dialogue_id"]
    return json_reply(exchange.node.threads.detail(exchange.author, name, language, zone))


async def get_proposal(exchange: Exchange) -> Replies:
    """The proposal that waits in a dialogue, compared anew."""
    exchange.query()
    await exchange.node.read_barrier()
    dialogue = dialogue_for(exchange.node.engine, exchange.author, exchange.parameters["dialogue_id"])
    return json_reply(await exchange.node.proposals.show(exchange.author, dialogue))


async def inbox(exchange: Exchange) -> Replies:
    """What needs the key's party."""
    exchange.query()
    await exchange.node.read_barrier()
    return json_reply(exchange.node.threads.inbox(exchange.author))


_DIALOGUE: Final = "/v1/dialogues/{dialogue_id}"
_LIMIT: Final = Query("limit", "At most so many", {"type": "integer", "minimum": 1, "maximum": 1000})
_AFTER: Final = Query("after", "Continue after this dialogue", {"type": "string"})

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint(
        "GET", "/v1/inbox", inbox, "inbox", "What needs an answer now, the most urgent first", "key", answer=Inbox
    ),
    Endpoint(
        "POST",
        "/v1/dialogues",
        open_dialogue,
        "openDialogue",
        "Speak to another party",
        "key",
        right="speak",
        status=201,
        answer=DialogueAnswer,
        body=OpenBody,
        command=True,
        refusals=(429,),
    ),
    Endpoint(
        "GET",
        "/v1/dialogues",
        list_dialogues,
        "listDialogues",
        "The dialogues of the key's party",
        "observer",
        answer=DialoguePage,
        query=(_AFTER, _LIMIT),
    ),
    Endpoint(
        "GET",
        _DIALOGUE,
        get_dialogue,
        "getDialogue",
        "One dialogue with its messages, in the reader's language",
        "observer",
        answer=DialogueDetail,
        query=(LANGUAGE, ZONE),
    ),
    Endpoint(
        "GET",
        f"{_DIALOGUE}/proposal",
        get_proposal,
        "getProposal",
        "The proposal that waits in a dialogue, compared anew with everything filed",
        "observer",
        answer=ProposalView,
        refusals=(409,),
    ),
    Endpoint(
        "POST",
        f"{_DIALOGUE}/messages",
        say,
        "sendMessage",
        "Answer, counter, read back, confirm, or end it",
        "key",
        right="speak",
        status=201,
        answer=DialogueAnswer,
        body=SayBody,
        command=True,
        refusals=(429,),
    ),
    Endpoint(
        "POST",
        f"{_DIALOGUE}/messages/{{number}}/read",
        read,
        "readMessage",
        "Somebody at a post has read it",
        "key",
        right="speak",
        answer=DialogueAnswer,
        body=ReadBody,
        refusals=(409,),
    ),
    Endpoint(
        "POST",
        "/v1/receipts",
        receive,
        "receiveMessages",
        "Messages have arrived at a machine of the party",
        "key",
        answer=ReceiptAnswer,
        body=ReceiptsBody,
        refusals=(404, 409),
    ),
)
