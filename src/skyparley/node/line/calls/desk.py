"""The desk of calls: texts are checked and kept in the vault, and their digests proposed."""

from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

import msgspec

from skyparley.airspace import limits
from skyparley.airspace.line.calls.commands import (
    AgreeCall,
    CallCommand,
    Commitment,
    Participant,
    ReadOutCall,
    RecordCall,
    ReportCommitment,
    ReviseCall,
)
from skyparley.airspace.line.calls.items import VoiceCall
from skyparley.catalogue.texts import SOURCE_LANGUAGE
from skyparley.errors import NotFoundError
from skyparley.node.custody.vault import Vault
from skyparley.node.engine import Engine
from skyparley.node.identity import Author
from skyparley.node.line.calls.views import CallAnswer, CallPage, CallText, CallView, call_view
from skyparley.node.line.sealed import Sealed, draw, seal, unseal
from skyparley.node.reading.disclosure import may_see_call
from skyparley.node.reading.reader import Reader

MAX_TEXT_LENGTH: Final = 20_000
MAX_LINE_LENGTH: Final = 2_000


class Said(NamedTuple):
    """What a call came to: its texts, and each commitment with its owner and time (microseconds since 1970 UTC)."""

    text: CallText
    commitments: Sequence[Commitment]


class CallDesk:
    """Takes records of voice calls, and shows them to the two parties."""

    def __init__(self, engine: Engine, vault: Vault, reader: Reader) -> None:
        self._engine = engine
        self._vault = vault
        self._reader = reader

    async def record(
        self,
        author: Author,
        other: str,
        said: Said,
        *,
        participants: Sequence[Participant],
        began_us: int,
        lasted_s: int,
        post: str = "",
        idempotency_key: str = "",
    ) -> CallAnswer:
        """Put a call on record, with the first draft of its text."""
        party = author.require_party()
        context = f"call/{party}/{other}"
        sealed = self._sealed(said.text, context, idempotency_key)
        command = RecordCall(
            call_id=draw(self._vault.secret, context, idempotency_key).hex(),
            other=other,
            post=self._post(author, post),
            participants=tuple(sorted(participants, key=lambda one: (one.party, one.post))),
            began_us=began_us,
            lasted_s=lasted_s,
            decided=bool(said.text.decisions),
            commitments=tuple(said.commitments),
            text_digest=sealed.digest,
        )
        return await self._submit(author, command, sealed, idempotency_key)

    async def revise(
        self, author: Author, call_id: str, revision: int, said: Said, *, post: str = "", idempotency_key: str = ""
    ) -> CallAnswer:
        """Another draft of the text."""
        sealed = self._sealed(said.text, f"revise/{call_id}", idempotency_key)
        command = ReviseCall(
            call_id,
            revision,
            self._post(author, post),
            bool(said.text.decisions),
            tuple(said.commitments),
            sealed.digest,
        )
        return await self._submit(author, command, sealed, idempotency_key)

    async def agree(
        self, author: Author, call_id: str, revision: int, *, post: str = "", idempotency_key: str = ""
    ) -> CallAnswer:
        """Agree to the other side's draft."""
        command = AgreeCall(call_id, revision, self._post(author, post))
        return await self._submit(author, command, None, idempotency_key)

    async def read_out(
        self, author: Author, call_id: str, text: str, *, post: str = "", idempotency_key: str = ""
    ) -> CallAnswer:
        """One's own account of the call."""
        limits.check_text(text, MAX_TEXT_LENGTH, place="text")
        sealed = seal(self._vault.secret, text.encode(), f"account/{author.party}/{call_id}", idempotency_key)
        command = ReadOutCall(call_id, self._post(author, post), sealed.digest)
        return await self._submit(author, command, sealed, idempotency_key)

    async def report(
        self,
        author: Author,
        call_id: str,
        number: int,
        word: str,
        text: str,
        *,
        post: str = "",
        idempotency_key: str = "",
    ) -> CallAnswer:
        """What became of a commitment, with the evidence in words."""
        limits.check_text(text, MAX_LINE_LENGTH, place="text")
        sealed = seal(self._vault.secret, text.encode(), f"report/{author.party}/{call_id}/{number}", idempotency_key)
        command = ReportCommitment(call_id, number, self._post(author, post), word, sealed.digest)
        return await self._submit(author, command, sealed, idempotency_key)

    def calls(self, author: Author) -> CallPage:
        """The calls of the reader's party, the newest first."""
        line = self._engine.state.line
        held = line.calls_of(author.party) if author.party else list(line.calls.values())
        shown = [one for one in held if may_see_call(author, one)]
        shown.sort(key=lambda one: (-one.began_us, one.call_id))
        return CallPage([self.view(one) for one in shown], None)

    def call(self, author: Author, call_id: str) -> CallView:
        """One call. Raises `NotFoundError`."""
        found = self._engine.state.line.calls.get(call_id)
        if found is None or not may_see_call(author, found):
            raise NotFoundError(f"there is no call '{call_id[:40]}' that this key may see")
        return self.view(found)

    def view(self, call: VoiceCall) -> CallView:
        """A call with what the vault holds of it."""
        text = self._text(call)
        digests = [one.text_digest for one in call.commitments if one.text_digest]
        digests += [digest for _, digest in call.accounts]
        return call_view(call, text, {digest: self._reader.line.words(digest) for digest in digests})

    def _text(self, call: VoiceCall) -> CallText:
        if call.text_digest in self._engine.state.deletions:
            gone = self._reader.line.gone(call.text_digest)
            return CallText(SOURCE_LANGUAGE, gone, gone, [], [gone] * len(call.commitments))
        return msgspec.json.decode(unseal(self._vault.body(call.text_digest)), type=CallText)

    def _sealed(self, text: CallText, context: str, idempotency_key: str) -> Sealed:
        limits.check_language(text.language)
        limits.check_text(text.agenda, MAX_LINE_LENGTH, place="agenda")
        limits.check_text(text.text, MAX_TEXT_LENGTH, place="text")
        for name, lines in (("decisions", text.decisions), ("commitments", text.commitments)):
            for index, one in enumerate(lines):
                limits.check_text(one, MAX_LINE_LENGTH, place=f"{name}[{index}]")
        return seal(self._vault.secret, msgspec.json.encode(text), context, idempotency_key)

    def _post(self, author: Author, post: str) -> str:
        author.require_party()
        return self._reader.line.watchers.post_for(self._engine.state.line, author, post)

    async def _submit(
        self, author: Author, command: CallCommand, sealed: Sealed | None, idempotency_key: str
    ) -> CallAnswer:
        keep = partial(self._vault.put_bodies, [(sealed.digest, author.party, sealed.data)]) if sealed else None
        sequence = await self._engine.submit_for(
            author, command, idempotency_key=idempotency_key, keep=keep, bodies=[sealed.data] if sealed else []
        )
        return CallAnswer(self.view(self._engine.state.line.calls[command.call_id]), sequence)
