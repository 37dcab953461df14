"""Words that law demands to be deleted: out of the vault, while the entry that names them stays, and the tree holds.

An entry says which body, and under what. Only words can go: messages, notes, calls, reports. What the comparison needs
to find again what it found (outlines, witnesses) stays, and what the rules read stands in the log itself.
"""

from typing import Final

import msgspec

from skyparley.airspace.codec import decode_command
from skyparley.airspace.commands import DeleteBody
from skyparley.airspace.keeping.records import Deletion
from skyparley.errors import InvalidInputError
from skyparley.node.custody.vault import Vault
from skyparley.node.engine import Engine, proposal_of
from skyparley.node.identity import Author

_WORDS: Final = ("body_digest", "text_digest", "note_digest", "report_digest")
"""Members of commands that name words."""


class DeletionView(msgspec.Struct, frozen=True):
    """A body that was deleted: the entry that named it, under what, and the entry that says so."""

    digest: str
    under: str
    named_sequence: int
    deleted_sequence: int


class DeletionPage(msgspec.Struct, frozen=True):
    """All that was deleted, in the log's order; `next` is always null."""

    items: list[DeletionView]
    next: None


class DeletionDesk:
    """Deletes words at the word of the operator."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    async def delete(self, author: Author, sequence: int, under: str, *, idempotency_key: str = "") -> DeletionView:
        """Delete the words that an entry names.

        Raises `NotFoundError` if there is no such entry, `InvalidInputError` if it names none, and why the rules
        refuse it.
        """
        author.require_operator()
        entry = await self._engine.log.entry(sequence)
        command = decode_command(entry.body)
        digest = next((value for name in _WORDS if (value := getattr(command, name, ""))), "")
        if not digest:
            raise InvalidInputError("this entry names no words that could be deleted", place="sequence")
        proposal = proposal_of(
            DeleteBody(sequence, digest, under), key_id=author.key_id, idempotency_key=idempotency_key
        )
        await self._engine.submit(proposal)
        await self._vault.delete_bodies([digest])
        return _view(self._engine.state.deletions[digest])

    async def finish(self) -> None:
        """Take out of the vault all that entries say is deleted; a node that died in between does it at its start."""
        if self._engine.state.deletions:
            await self._vault.delete_bodies(self._engine.state.deletions)

    def deleted(self) -> DeletionPage:
        """All that was deleted."""
        held = sorted(self._engine.state.deletions.values(), key=lambda one: one.deleted_sequence)
        return DeletionPage([_view(one) for one in held], None)


def _view(deletion: Deletion) -> DeletionView:
    return DeletionView(deletion.digest, deletion.under, deletion.named_sequence, deletion.deleted_sequence)
