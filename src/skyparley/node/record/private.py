"""What an entry names by digest and the vault holds, for those who are entitled to it: to be held against the record.

A salt stands before each body; SHA-256 of both is the digest that the entry names, and the tree binds.
"""

import msgspec

from skyparley.airspace.codec import decode_command
from skyparley.airspace.commands import Command
from skyparley.airspace.line.assistance.commands import RequestAssistance
from skyparley.airspace.line.calls.commands import AgreeCall, ReadOutCall, RecordCall, ReportCommitment, ReviseCall
from skyparley.airspace.line.dialogue.commands import OpenDialogue, SendMessage
from skyparley.errors import DeletedError, ForbiddenError, NotFoundError
from skyparley.node.custody.vault import Vault
from skyparley.node.engine import Engine
from skyparley.node.identity import Author
from skyparley.record.base64 import to_base64
from skyparley.record.envelope import Header, decode_header
from skyparley.record.receipts import NAMED


class PrivateBody(msgspec.Struct, frozen=True):
    """A body that an entry names: the member that names it, the digest, salt and body in base64.

    `data` is null where it was deleted; `deleted_under` then says under what.
    """

    member: str
    digest: str
    data: str | None
    deleted_under: str | None


class PrivatePage(msgspec.Struct, frozen=True):
    """The bodies that an entry names; `next` is always null."""

    items: list[PrivateBody]
    next: None


class PrivateDesk:
    """Gives private bodies to their parties, and to the operator."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    async def of_entry(self, author: Author, sequence: int) -> PrivatePage:
        """What an entry names. Raises `NotFoundError`, `ForbiddenError` if it is not for the reader."""
        entry = await self._engine.log.entry(sequence)
        command = decode_command(entry.body)
        if not self._entitled(author, decode_header(entry.header), command):
            raise ForbiddenError("what an entry names is for its parties, and for the operator")
        return PrivatePage([self._body(name, command) for name in NAMED if getattr(command, name, "")], None)

    async def addressed(self, author: Author, sequence: int) -> bool:
        """Whether an entry was said to the author's party by another: then it is for both."""
        try:
            entry = await self._engine.log.entry(sequence)
        except NotFoundError:
            return False
        return author.party in self._others(decode_command(entry.body), decode_header(entry.header).party) - {""}

    def _entitled(self, author: Author, header: Header, command: Command) -> bool:
        parties = {header.party, *self._others(command, header.party)} - {""}
        return author.role == "operator" or author.party in parties

    def _others(self, command: Command, party: str) -> set[str]:
        """The other sides, to whom it was said; as far as a dialogue or call is still known."""
        line = self._engine.state.line
        if isinstance(command, OpenDialogue):
            return {command.to_party}
        if isinstance(command, RecordCall):
            return {command.other}
        if isinstance(command, RequestAssistance):
            return {one.party for one in command.calls}
        if isinstance(command, SendMessage):
            dialogue = line.dialogues.get(command.dialogue_id)
            return set() if dialogue is None else {dialogue.peer(party)}
        if isinstance(command, ReviseCall | AgreeCall | ReadOutCall | ReportCommitment):
            call = line.calls.get(command.call_id)
            return set() if call is None else {call.recorder, call.other} - {party}
        return set()

    def _body(self, member: str, command: Command) -> PrivateBody:
        digest = str(getattr(command, member))
        deletion = self._engine.state.deletions.get(digest)
        try:
            data = None if deletion is not None else to_base64(self._vault.body(digest))
        except DeletedError:
            data = None
        return PrivateBody(member, digest, data, None if deletion is None else deletion.under)
