"""Routes of agreements: drafted and negotiated clause by clause, accepted, suspended, resumed, terminated."""

from typing import Any, Final, TypeVar

import msgspec

from skyparley.geometry.interval import parse_time
from skyparley.node.line.terms import TermBody
from skyparley.node.line.views import AgreementAnswer, AgreementPage, AgreementView
from skyparley.web.exchange import Exchange, decode
from skyparley.web.openapi import Endpoint, Handler
from skyparley.web.replies import Replies, json_reply

BodyT = TypeVar("BodyT", bound=msgspec.Struct)


class DraftBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new agreement: members (the author among them), languages, and a title in each of them."""

    agreement_id: str
    titles: dict[str, str]
    members: list[str]
    languages: list[str]
    authoritative: list[str]


class ClauseBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A clause of the draft `version`: new, or in place of the revision `replaces`; its text in every language.

    `struck`: it is to be left out, and then has neither text nor term.
    """

    version: int
    number: str
    texts: dict[str, str] = {}
    term: TermBody | None = None
    replaces: int = 0
    struck: bool = False


class ClauseAnswerBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A clause is accepted, or the member reserves its position and says why."""

    version: int
    number: str
    revision: int
    accepted: bool
    reservation: str = ""


class AgreementVersionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The version that the command is about."""

    version: int


class EndingBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_time": "from"}):
    """Why an agreement is suspended or terminated, and from when (RFC 3339 with its zone); at once if left out."""

    version: int
    reason: str
    from_time: str | None = None


async def draft(exchange: Exchange) -> Replies:
    """Open the first draft of an agreement."""
    body, key = await _command(exchange, DraftBody)
    answer = await exchange.node.line.draft(
        exchange.author,
        body.agreement_id,
        titles=body.titles,
        members=body.members,
        languages=body.languages,
        authoritative=body.authoritative,
        idempotency_key=key,
    )
    return json_reply(answer, 201)


async def list_agreements(exchange: Exchange) -> Replies:
    """The agreements of which the key's party is a member."""
    exchange.query()
    await exchange.node.read_barrier()
    return json_reply(exchange.node.line.agreements(exchange.author))


async def get_agreement(exchange: Exchange) -> Replies:
    """One agreement with its draft."""
    exchange.query()
    await exchange.node.read_barrier()
    return json_reply(exchange.node.line.agreement(exchange.author, exchange.parameters["agreement_id"]))


async def propose_clause(exchange: Exchange) -> Replies:
    """Propose a clause, counter one, or propose to strike one."""
    body, key = await _command(exchange, ClauseBody)
    answer = await exchange.node.line.propose_clause(
        exchange.author,
        exchange.parameters["agreement_id"],
        version=body.version,
        number=body.number,
        replaces=body.replaces,
        struck=body.struck,
        term=body.term,
        texts=body.texts,
        idempotency_key=key,
    )
    return json_reply(answer)


async def answer_clause(exchange: Exchange) -> Replies:
    """Accept a clause, or reserve one's position on it."""
    body, key = await _command(exchange, ClauseAnswerBody)
    answer = await exchange.node.line.answer_clause(
        exchange.author,
        exchange.parameters["agreement_id"],
        version=body.version,
        number=body.number,
        revision=body.revision,
        accepted=body.accepted,
        reservation=body.reservation,
        idempotency_key=key,
    )
    return json_reply(answer)


async def accept(exchange: Exchange) -> Replies:
    """Accept the draft as a whole."""
    body, key = await _command(exchange, AgreementVersionBody)
    name = exchange.parameters["agreement_id"]
    return json_reply(await exchange.node.line.accept(exchange.author, name, version=body.version, idempotency_key=key))


async def suspend(exchange: Exchange) -> Replies:
    """Suspend the agreement for all, at once or from a time on."""
    body, key = await _command(exchange, EndingBody)
    answer = await exchange.node.line.suspend(
        exchange.author,
        exchange.parameters["agreement_id"],
        version=body.version,
        reason=body.reason,
        from_us=_from_us(body),
        idempotency_key=key,
    )
    return json_reply(answer)


async def resume(exchange: Exchange) -> Replies:
    """Take one's suspension back."""
    body, key = await _command(exchange, AgreementVersionBody)
    name = exchange.parameters["agreement_id"]
    return json_reply(await exchange.node.line.resume(exchange.author, name, version=body.version, idempotency_key=key))


async def terminate(exchange: Exchange) -> Replies:
    """End the agreement for all, at once or from a time on."""
    body, key = await _command(exchange, EndingBody)
    answer = await exchange.node.line.terminate(
        exchange.author,
        exchange.parameters["agreement_id"],
        version=body.version,
        reason=body.reason,
        from_us=_from_us(body),
        idempotency_key=key,
    )
    return json_reply(answer)


async def _command(exchange: Exchange, body_type: type[BodyT]) -> tuple[BodyT, str]:
    """The body of a party's command, and its idempotency key."""
    exchange.author.require_party()
    body = decode(await exchange.body(), body_type)
    key = exchange.idempotency_key()
    await exchange.leave_if_gone()
    return body, key


def _from_us(body: EndingBody) -> int:
    return 0 if body.from_time is None else parse_time(body.from_time, place="from")


_AGREEMENT: Final = "/v1/agreements/{agreement_id}"


def _act(path: str, handler: Handler, name: str, summary: str, body: Any) -> Endpoint:
    return Endpoint("POST", path, handler, name, summary, "key", answer=AgreementAnswer, body=body, command=True)


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint(
        "POST",
        "/v1/agreements",
        draft,
        "draftAgreement",
        "Open the first draft of an agreement",
        "key",
        status=201,
        answer=AgreementAnswer,
        body=DraftBody,
        command=True,
    ),
    Endpoint(
        "GET",
        "/v1/agreements",
        list_agreements,
        "listAgreements",
        "The agreements of which the key's party is a member",
        "observer",
        answer=AgreementPage,
    ),
    Endpoint(
        "GET",
        _AGREEMENT,
        get_agreement,
        "getAgreement",
        "One agreement: what is in force, who stands how to it, and the draft",
        "observer",
        answer=AgreementView,
    ),
    _act(
        f"{_AGREEMENT}/clauses",
        propose_clause,
        "proposeClause",
        "Propose a clause, counter one, or propose to strike one",
        ClauseBody,
    ),
    _act(
        f"{_AGREEMENT}/answers",
        answer_clause,
        "answerClause",
        "Accept a clause of the draft, or reserve one's position on it",
        ClauseAnswerBody,
    ),
    _act(f"{_AGREEMENT}/accept", accept, "acceptAgreement", "Accept the draft as a whole", AgreementVersionBody),
    _act(f"{_AGREEMENT}/suspend", suspend, "suspendAgreement", "Suspend the agreement for all", EndingBody),
    _act(f"{_AGREEMENT}/resume", resume, "resumeAgreement", "Take one's suspension back", AgreementVersionBody),
    _act(f"{_AGREEMENT}/terminate", terminate, "terminateAgreement", "End the agreement for all", EndingBody),
)
