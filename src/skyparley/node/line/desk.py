"""The write side of the line: a party's commands on agreements, checked, proposed and answered.

A command that was here before gets the present state and the sequence of its first entry.
"""

import logging
from collections.abc import Mapping
from typing import Final

from skyparley.airspace.commands import Command
from skyparley.airspace.events import BEARER_ATTESTED, Repeated, error_of
from skyparley.airspace.line.commands import (
    AcceptAgreement,
    AgreementCommand,
    AnswerClause,
    DraftAgreement,
    ProposeClause,
    ResumeAgreement,
    SuspendAgreement,
    TerminateAgreement,
    Text,
)
from skyparley.errors import NotFoundError, SkyparleyError
from skyparley.node.engine import Engine, proposal_of
from skyparley.node.identity import Author
from skyparley.node.line.terms import TermBody, read_term
from skyparley.node.line.views import AgreementAnswer, AgreementPage, AgreementView, agreement_view, may_see_agreement

_journal: Final = logging.getLogger("skyparley.refused")


class LineDesk:
    """Takes a party's commands on the line and answers them; shows what is there."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def draft(
        self,
        author: Author,
        agreement_id: str,
        *,
        titles: Mapping[str, str],
        members: list[str],
        languages: list[str],
        authoritative: list[str],
        idempotency_key: str = "",
    ) -> AgreementAnswer:
        """Open the first draft of an agreement."""
        command = DraftAgreement(
            agreement_id,
            _texts(titles),
            tuple(sorted(members)),
            tuple(sorted(languages)),
            tuple(sorted(authoritative)),
        )
        return await self._agree(author, command, idempotency_key)

    async def propose_clause(
        self,
        author: Author,
        agreement_id: str,
        *,
        version: int,
        number: str,
        replaces: int,
        struck: bool,
        term: TermBody | None,
        texts: Mapping[str, str],
        idempotency_key: str = "",
    ) -> AgreementAnswer:
        """Propose a clause, counter one, or propose to strike one."""
        try:
            given = None if term is None else read_term(term)
        except SkyparleyError as error:
            raise error.at("term") from None
        command = ProposeClause(agreement_id, version, number, replaces, struck, given, _texts(texts))
        return await self._agree(author, command, idempotency_key)

    async def answer_clause(
        self,
        author: Author,
        agreement_id: str,
        *,
        version: int,
        number: str,
        revision: int,
        accepted: bool,
        reservation: str = "",
        idempotency_key: str = "",
    ) -> AgreementAnswer:
        """Accept a clause of the draft, or reserve one's position on it."""
        command = AnswerClause(agreement_id, version, number, revision, accepted, reservation)
        return await self._agree(author, command, idempotency_key)

    async def accept(
        self, author: Author, agreement_id: str, *, version: int, idempotency_key: str = ""
    ) -> AgreementAnswer:
        """Accept the draft as a whole."""
        return await self._agree(author, AcceptAgreement(agreement_id, version), idempotency_key)

    async def suspend(
        self,
        author: Author,
        agreement_id: str,
        *,
        version: int,
        reason: str,
        from_us: int = 0,
        idempotency_key: str = "",
    ) -> AgreementAnswer:
        """Suspend the agreement, from a time on (microseconds since 1970 UTC); one that has passed is at once."""
        command = SuspendAgreement(agreement_id, version, from_us, reason)
        return await self._agree(author, command, idempotency_key)

    async def resume(
        self, author: Author, agreement_id: str, *, version: int, idempotency_key: str = ""
    ) -> AgreementAnswer:
        """Take one's suspension back."""
        return await self._agree(author, ResumeAgreement(agreement_id, version), idempotency_key)

    async def terminate(
        self,
        author: Author,
        agreement_id: str,
        *,
        version: int,
        reason: str,
        from_us: int = 0,
        idempotency_key: str = "",
    ) -> AgreementAnswer:
        """End the agreement, from a time on (microseconds since 1970 UTC); one that has passed is at once."""
        command = TerminateAgreement(agreement_id, version, from_us, reason)
        return await self._agree(author, command, idempotency_key)

    def agreements(self, author: Author) -> AgreementPage:
        """The agreements that a reader may see, by identifier."""
        held = self._engine.state.line.agreements
        return AgreementPage(
            [agreement_view(held[name]) for name in sorted(held) if may_see_agreement(author, held[name])], None
        )

    def agreement(self, author: Author, agreement_id: str) -> AgreementView:
        """One agreement. Raises `NotFoundError` if there is none that the reader may see."""
        found = self._engine.state.line.agreements.get(agreement_id)
        if found is None or not may_see_agreement(author, found):
            raise NotFoundError(f"there is no agreement '{agreement_id}' that this key may see")
        return agreement_view(found)

    async def submit(self, author: Author, command: Command, idempotency_key: str = "") -> int:
        """Propose a command of the author's party; the sequence of its (first) entry."""
        proposal = proposal_of(
            command,
            party=author.require_party(),
            authentication=BEARER_ATTESTED,
            idempotency_key=idempotency_key,
        )
        verdict = self._engine.check(proposal)
        if isinstance(verdict, Repeated):
            if verdict.refusal is not None:
                raise error_of(verdict.refusal)
            return verdict.first_sequence
        if verdict is not None:
            _journal.info("refused %s of %s: %s", proposal.content_digest.hex(), author.party, verdict.code)
            raise error_of(verdict)
        outcome = (await self._engine.propose(proposal, key_id=author.key_id)).outcome
        if outcome.refusal is not None:
            raise error_of(outcome.refusal)
        return outcome.first_sequence

    async def _agree(self, author: Author, command: AgreementCommand, idempotency_key: str) -> AgreementAnswer:
        sequence = await self.submit(author, command, idempotency_key)
        return AgreementAnswer(self.agreement(author, command.agreement_id), sequence)


def _texts(texts: Mapping[str, str]) -> tuple[Text, ...]:
    return tuple(Text(language, texts[language]) for language in sorted(texts))
