"""Routes of agreements: drafted and negotiated clause by clause, accepted, suspended, resumed, terminated."""

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from skyparley.airspace.line.agreements.commands import (
    AcceptAgreement,
    AgreementCommand,
    AnswerClause,
    DraftAgreement,
    Ending,
    ProposeClause,
    ResumeAgreement,
    SuspendAgreement,
    TerminateAgreement,
)
from skyparley.errors import SkyparleyError
from skyparley.geometry.interval import parse_time
from skyparley.node.line.terms import TermBody, read_term
from skyparley.node.line.views import AgreementAnswer, AgreementPage, AgreementView, sorted_texts
from skyparley.node.people.rights import Right
from skyparley.web.exchange import Exchange
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


def commanding(
    body_type: type[BodyT], command_of: Callable[[str, BodyT], AgreementCommand], status: int = 200
) -> Handler:
    """The handler of a command: `command_of` makes it of the agreement's identifier in the path and the body."""

    async def command(exchange: Exchange) -> Replies:
        body, key = await exchange.command(body_type)
        asked = command_of(exchange.parameters.get("agreement_id", ""), body)
        answer = await exchange.node.line.command(exchange.author, asked, idempotency_key=key)
        return json_reply(answer, status)

    return command


def draft(_: str, body: DraftBody) -> DraftAgreement:
    """The first draft of an agreement, whatever the order in which its members and languages are named."""
    members, languages, authoritative = (
        tuple(sorted(words)) for words in (body.members, body.languages, body.authoritative)
    )
    return DraftAgreement(body.agreement_id, sorted_texts(body.titles), members, languages, authoritative)


def propose_clause(name: str, body: ClauseBody) -> ProposeClause:
    """A clause, new, countered or struck. Raises `InvalidInputError` with the place in its term."""
    try:
        term = None if body.term is None else read_term(body.term)
    except SkyparleyError as error:
        raise error.at("term") from None
    texts = sorted_texts(body.texts)
    return ProposeClause(name, body.version, body.number, body.replaces, body.struck, term, texts)


def answer_clause(name: str, body: ClauseAnswerBody) -> AnswerClause:
    """A clause accepted, or a position reserved."""
    return AnswerClause(name, body.version, body.number, body.revision, body.accepted, body.reservation)


def accept(name: str, body: AgreementVersionBody) -> AcceptAgreement:
    """The draft accepted as a whole."""
    return AcceptAgreement(name, body.version)


def resume(name: str, body: AgreementVersionBody) -> ResumeAgreement:
    """One's suspension taken back."""
    return ResumeAgreement(name, body.version)


def ending(kind: type[Ending]) -> Callable[[str, EndingBody], Ending]:
    """The agreement suspended or terminated for all, at once or from a time on."""

    def end(name: str, body: EndingBody) -> Ending:
        from_us = 0 if body.from_time is None else parse_time(body.from_time, place="from")
        return kind(name, body.version, from_us, body.reason)

    return end


_AGREEMENT: Final = "/v1/agreements/{agreement_id}"


def _act(
    action: str,
    body: type[BodyT],
    command_of: Callable[[str, BodyT], AgreementCommand],
    name: str,
    summary: str,
    right: Right = "agree",
) -> Endpoint:
    handler = commanding(body, command_of)
    path = f"{_AGREEMENT}/{action}"
    return Endpoint(
        "POST", path, handler, name, summary, "key", right=right, answer=AgreementAnswer, body=body, command=True
    )


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint(
        "POST",
        "/v1/agreements",
        commanding(DraftBody, draft, 201),
        "draftAgreement",
        "Open the first draft of an agreement",
        "key",
        right="agree",
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
        "clauses",
        ClauseBody,
        propose_clause,
        "proposeClause",
        "Propose a clause, counter one, or propose to strike one",
        "speak",
    ),
    _act(
        "answers",
        ClauseAnswerBody,
        answer_clause,
        "answerClause",
        "Accept a clause of the draft, or reserve one's position on it",
        "speak",
    ),
    _act("accept", AgreementVersionBody, accept, "acceptAgreement", "Accept the draft as a whole"),
    _act("suspend", EndingBody, ending(SuspendAgreement), "suspendAgreement", "Suspend the agreement for all"),
    _act("resume", AgreementVersionBody, resume, "resumeAgreement", "Take one's suspension back"),
    _act("terminate", EndingBody, ending(TerminateAgreement), "terminateAgreement", "End the agreement for all"),
)
