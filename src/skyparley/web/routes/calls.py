"""Routes of voice calls: put on record, their text agreed or each side's own, their commitments reported."""

from typing import Final

import msgspec

from skyparley.airspace.line.calls.commands import Commitment, Participant
from skyparley.geometry.interval import parse_time
from skyparley.node.line.calls.desk import Said
from skyparley.node.line.calls.views import CallAnswer, CallPage, CallText, CallView
from skyparley.web.exchange import Exchange
from skyparley.web.openapi import Endpoint
from skyparley.web.replies import Replies, json_reply


class ParticipantBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A post that took part."""

    party: str
    post: str


class CommitmentBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody will do: `owner` is one of the two parties, `due` a time with its zone."""

    text: str
    owner: str
    due: str


class TextBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The text of a call. No `decisions` means that there were no tactical decisions, and is said so."""

    language: str = "en"
    agenda: str
    text: str
    decisions: list[str] = []
    commitments: list[CommitmentBody] = []
    post: str = ""


class RecordBody(TextBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A call that was held: with whom, which posts took part, when it began, and how long it lasted."""

    other: str
    participants: list[ParticipantBody]
    began: str
    lasted_s: int


class ReviseBody(TextBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Another text, in place of a revision."""

    revision: int


class AgreeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The revision that is agreed."""

    revision: int
    post: str = ""


class AccountBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One's own account."""

    text: str
    post: str = ""


class ReportBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`word`: its owner says `meet`, `partly` or `fail`, the other side `dispute`; `text` says what shows it."""

    word: str
    text: str
    post: str = ""


def _said(body: TextBody) -> Said:
    commitments = [
        Commitment(one.owner, parse_time(one.due, place=f"commitments[{index}].due"))
        for index, one in enumerate(body.commitments)
    ]
    texts = [one.text for one in body.commitments]
    return Said(CallText(body.language, body.agenda, body.text, body.decisions, texts), commitments)


async def record_call(exchange: Exchange) -> Replies:
    """A call was held."""
    body, key = await exchange.command(RecordBody)
    answer = await exchange.node.calls.record(
        exchange.author,
        body.other,
        _said(body),
        participants=[Participant(one.party, one.post) for one in body.participants],
        began_us=parse_time(body.began, place="began"),
        lasted_s=body.lasted_s,
        post=body.post,
        idempotency_key=key,
    )
    return json_reply(answer, 201)


async def revise_call(exchange: Exchange) -> Replies:
    """Another draft of the text."""
    body, key = await exchange.command(ReviseBody)
    name = exchange.parameters["call_id"]
    return json_reply(
        await exchange.node.calls.revise(
            exchange.author, name, body.revision, _said(body), post=body.post, idempotency_key=key
        )
    )


async def agree_call(exchange: Exchange) -> Replies:
    """The text is agreed."""
    body, key = await exchange.command(AgreeBody)
    name = exchange.parameters["call_id"]
    return json_reply(
        await exchange.node.calls.agree(exchange.author, name, body.revision, post=body.post, idempotency_key=key)
    )


async def account_call(exchange: Exchange) -> Replies:
    """One's own account of a call."""
    body, key = await exchange.command(AccountBody)
    name = exchange.parameters["call_id"]
    return json_reply(
        await exchange.node.calls.read_out(exchange.author, name, body.text, post=body.post, idempotency_key=key)
    )


async def report_commitment(exchange: Exchange) -> Replies:
    """What became of a commitment."""
    body, key = await exchange.command(ReportBody)
    name = exchange.parameters["call_id"]
    number = exchange.number("number")
    return json_reply(
        await exchange.node.calls.report(
            exchange.author, name, number, body.word, body.text, post=body.post, idempotency_key=key
        )
    )


async def list_calls(exchange: Exchange) -> Replies:
    """The calls of the key's party."""
    exchange.query()
    await exchange.node.read_barrier()
    return json_reply(exchange.node.calls.calls(exchange.author))


async def get_call(exchange: Exchange) -> Replies:
    """One call."""
    exchange.query()
    await exchange.node.read_barrier()
    return json_reply(exchange.node.calls.call(exchange.author, exchange.parameters["call_id"]))


_CALL: Final = "/v1/calls/{call_id}"


def _command(path: str, handler: object, name: str, summary: str, body: type) -> Endpoint:
    return Endpoint(
        "POST",
        path,
        handler,  # type: ignore[arg-type]
        name,
        summary,
        "key",
        right="speak",
        answer=CallAnswer,
        body=body,
        command=True,
    )


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint(
        "POST",
        "/v1/calls",
        record_call,
        "recordCall",
        "Put a voice call on record, with the first draft of its text",
        "key",
        right="speak",
        status=201,
        answer=CallAnswer,
        body=RecordBody,
        command=True,
        refusals=(404, 409),
    ),
    Endpoint("GET", "/v1/calls", list_calls, "listCalls", "The calls of the key's party", "observer", answer=CallPage),
    Endpoint("GET", _CALL, get_call, "getCall", "One call with its texts", "observer", answer=CallView),
    _command(f"{_CALL}/text", revise_call, "reviseCall", "Another draft of the text", ReviseBody),
    _command(f"{_CALL}/agree", agree_call, "agreeCall", "Agree to the other side's draft", AgreeBody),
    _command(f"{_CALL}/account", account_call, "accountCall", "One's own account of the call", AccountBody),
    _command(f"{_CALL}/commitments/{{number}}", report_commitment, "reportCommitment", "What became of it", ReportBody),
)
