"""The line's desk: a party's commands on agreements are proposed and answered, and what there is is shown.

A command that was here before gets the present state and the sequence of its first entry.
"""

from skyparley.airspace.line.agreements.commands import AgreementCommand
from skyparley.errors import NotFoundError
from skyparley.node.engine import Engine
from skyparley.node.identity import Author
from skyparley.node.line.views import AgreementAnswer, AgreementPage, AgreementView, agreement_view, may_see_agreement


class LineDesk:
    """Takes a party's commands on the line and answers them; shows what is there."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def command(self, author: Author, command: AgreementCommand, *, idempotency_key: str = "") -> AgreementAnswer:
        """Do what the author's party asks. Raises the error that says why not."""
        sequence = await self._engine.submit_for(author, command, idempotency_key=idempotency_key)
        return AgreementAnswer(self.agreement(author, command.agreement_id), sequence)

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
