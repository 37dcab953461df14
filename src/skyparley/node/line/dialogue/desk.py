"""The dialogue desk: what a party says is parsed by the catalogue, kept in the vault, and its envelope proposed.

A proposal to settle a conflict is compared with everything filed before it is sent, and again before it is accepted.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from skyparley.airspace.limits import MAX_RECEIPTS
from skyparley.airspace.line.agreements.numbers import contact
from skyparley.airspace.line.dialogue.commands import (
    OpenDialogue,
    ReadMessage,
    Receipt,
    ReceiveMessages,
    SendMessage,
)
from skyparley.airspace.line.dialogue.items import Dialogue, Message
from skyparley.airspace.line.negotiation.arrangements import OVERTAKEN
from skyparley.catalogue.lists.base import MessageType
from skyparley.catalogue.messages import encode_body, message_type, parse_message, parse_read_back
from skyparley.catalogue.parameters import Canonical
from skyparley.errors import ConflictingStateError, InvalidInputError, LimitExceededError, NotFoundError
from skyparley.node.custody.vault import Vault
from skyparley.node.engine import Engine
from skyparley.node.identity import Author
from skyparley.node.line.dialogue.pace import Pace
from skyparley.node.line.dialogue.places import check_place
from skyparley.node.line.dialogue.read_backs import ReadBacks
from skyparley.node.line.dialogue.threads import dialogue_for
from skyparley.node.line.dialogue.views import (
    DialogueAnswer,
    ReceiptAnswer,
)
from skyparley.node.line.negotiation.proposals import OFFERS, Proposals, Proposed
from skyparley.node.line.sealed import Sealed, draw, seal
from skyparley.node.reading.reader import Reader

MAX_ATTEMPTS: Final = 5
"""So many times an acceptance is compared anew while others keep filing nearby."""
STEP_OF: Final[Mapping[str, str]] = {
    "assistance-offer": "offer",
    "assistance-corridor": "corridor",
    "assistance-under-way": "under_way",
    "assistance-complete": "complete",
}
"""What a message does for the case of assistance in whose dialogue it is said."""
NOTHING: Final = Proposed((), 0, ())
ANSWERED_BY: Final[Mapping[str, frozenset[str]]] = {
    "WU": frozenset({"wilco", "unable"}),
    "AN": frozenset({"affirm", "negative", "assistance-declined"}),
    "R": frozenset({"roger", "unable"}),
    "Y": frozenset({"affirm", "negative", "roger", "unable", "line-test-answer", "assistance-declined"}),
}
"""Which codes accept or refuse what asks for a response (ICAO Doc 4444, Appendix 5)."""


class DialogueDesk:
    """Takes what parties say to each other."""

    def __init__(
        self, engine: Engine, vault: Vault, reader: Reader, read_backs: ReadBacks, proposals: Proposals
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._reader = reader
        self._read_backs = read_backs
        self._proposals = proposals
        self._pace = Pace(engine.clock)

    async def open(
        self,
        author: Author,
        to_party: str,
        code: str,
        parameters: Mapping[str, object],
        *,
        from_post: str = "",
        to_post: str = "",
        about: str = "",
        precedence: str = "",
        idempotency_key: str = "",
    ) -> DialogueAnswer:
        """Speak to another party. A post that is left out is the only one there is, or the agreement's contact."""
        party = author.require_party()
        kind = message_type(code)
        if kind.act not in ("open", "note"):
            raise InvalidInputError(f"{code} answers something: send it within its dialogue", place="code")
        canonical = self._canonical(party, to_party, code, parameters)
        context = f"dialogue/{party}/{to_party}"
        dialogue_id = draw(self._vault.secret, context, idempotency_key).hex()
        sealed = seal(self._vault.secret, encode_body(code, canonical), context, idempotency_key)
        proposed = NOTHING
        about_id = self._about(author, about, dialogue_id)
        if kind.group in OFFERS:
            first = self._first_answer(author, dialogue_id, sealed, idempotency_key)
            if first is not None:
                return first
            proposed = await self._proposals.propose(author, about_id, canonical)
        command = OpenDialogue(
            dialogue_id=dialogue_id,
            to_party=to_party,
            about=about_id,
            from_post=self._post(author, from_post),
            to_post=to_post or self._their_post(party, to_party),
            precedence=precedence or kind.precedence,
            response=kind.response,
            read_back=_has_read_back(kind, parameters),
            body_digest=sealed.digest,
            changes=proposed.changes,
            checked_through=proposed.through,
        )
        return await self._say(author, command, sealed, idempotency_key, proposed)

    async def say(
        self,
        author: Author,
        dialogue_id: str,
        code: str,
        parameters: Mapping[str, object],
        *,
        from_post: str = "",
        reference: int = 0,
        precedence: str = "",
        read_back: Mapping[str, object] | None = None,
        idempotency_key: str = "",
    ) -> DialogueAnswer:
        """One more message; about the question that waits, unless `reference` says otherwise."""
        party = author.require_party()
        dialogue = dialogue_for(self._engine, author, dialogue_id)
        kind = message_type(code)
        reference = reference or dialogue.question
        canonical = self._canonical(party, dialogue.peer(party), code, parameters)
        body = encode_body(code, canonical)
        if kind.act == "read_back":
            body += b"\n" + self._read_back(dialogue, parameters, read_back)
        elif read_back is not None:
            raise InvalidInputError("only a read-back reads fields back", place="read_back")
        self._check_answer(dialogue, kind)
        sealed = seal(self._vault.secret, body, f"message/{party}/{dialogue_id}", idempotency_key)
        command = SendMessage(
            dialogue_id=dialogue_id,
            reference=reference,
            from_post=self._post(author, from_post),
            act=kind.act,
            precedence=precedence or kind.precedence,
            response=kind.response,
            read_back=_has_read_back(kind, parameters),
            body_digest=sealed.digest,
            step=STEP_OF.get(code, "") if dialogue.assistance else "",
        )
        corridor = command.step == "corridor"
        proposes, accepts = kind.group in OFFERS or corridor, kind.act == "accept" and self._proposal_waits(dialogue)
        if not (proposes or accepts):
            return await self._say(author, command, sealed, idempotency_key)
        first = self._first_answer(author, dialogue_id, sealed, idempotency_key)
        if first is not None:
            return first
        if proposes:
            if corridor:
                proposed = self._proposals.corridor(dialogue, canonical)
            else:
                proposed = await self._proposals.propose(author, dialogue, canonical)
            command = msgspec.structs.replace(command, changes=proposed.changes, checked_through=proposed.through)
            return await self._say(author, command, sealed, idempotency_key, proposed)
        return await self._accept(author, dialogue, command, sealed, idempotency_key)

    async def receive(self, author: Author, receipts: list[tuple[str, int]]) -> ReceiptAnswer:
        """Machine receipts of messages for the author's party; those on record already change nothing."""
        party = author.require_party()
        if len(receipts) > MAX_RECEIPTS:
            raise LimitExceededError(f"at most {MAX_RECEIPTS} receipts at a time", place="receipts")
        fresh = sorted({key for key in receipts if not self._addressed(party, *key).received_us})
        if not fresh:
            return ReceiptAnswer(0, None)
        sequence = await self._engine.submit_for(author, ReceiveMessages(tuple(Receipt(*key) for key in fresh)))
        return ReceiptAnswer(len(fresh), sequence)

    async def read(self, author: Author, dialogue_id: str, number: int, post: str = "") -> DialogueAnswer:
        """Somebody at a post of the author's party has read a message; the first who did is on record."""
        party = author.require_party()
        message = self._addressed(party, dialogue_id, number)
        sequence = message.sequence
        if not message.read_us:
            command = ReadMessage(dialogue_id, number, self._post(author, post))
            sequence = await self._engine.submit_for(author, command)
        return self._answer(author, dialogue_id, number, sequence)

    # inside

    async def _accept(
        self, author: Author, dialogue: Dialogue, command: SendMessage, sealed: Sealed, idempotency_key: str
    ) -> DialogueAnswer:
        """Accept a proposal; it is compared anew while others file nearby between the comparison and the entry."""
        attempts = 0
        while True:
            attempts += 1
            accepted = await self._proposals.accept(author, dialogue)
            own = self._proposals.details_of_own(author, accepted)
            command = msgspec.structs.replace(
                command,
                amendments=accepted.amendments,
                watched=accepted.watched,
                checked_through=accepted.through,
            )
            try:
                answer = await self._say(author, command, sealed, idempotency_key, shows=own)
            except ConflictingStateError as error:
                signed = author.signed is not None  # what is compared anew is signed anew
                if error.place != OVERTAKEN or attempts == MAX_ATTEMPTS or signed:
                    raise
            else:
                await self._proposals.settled(answer.sequence)
                return answer

    async def _say(
        self,
        author: Author,
        command: OpenDialogue | SendMessage,
        sealed: Sealed,
        idempotency_key: str,
        proposed: Proposed = NOTHING,
        shows: Sequence[bytes] = (),
    ) -> DialogueAnswer:
        """Propose what is said; `shows` are further bodies of the author's that the command names."""
        self._pace.take(author.party)

        async def keep() -> None:
            named = zip(proposed.changes, proposed.details, strict=True)
            details = [(one.digest, change.party, one.data) for change, one in named]
            await self._vault.put_bodies([*details, (sealed.digest, author.party, sealed.data)])
            await self._reader.line.watchers.keep(sealed.digest, author)

        # what is the other side's is not for the author, not even to be signed
        named = zip(proposed.changes, proposed.details, strict=True)
        bodies = [sealed.data, *(one.data for change, one in named if change.party == author.party), *shows]
        sequence = await self._engine.submit_for(
            author, command, idempotency_key=idempotency_key, keep=keep, bodies=bodies
        )
        line = self._engine.state.line
        number = next(
            one.number for one in line.messages_of(line.dialogues[command.dialogue_id]) if one.sequence == sequence
        )
        if isinstance(command, SendMessage) and command.act == "read_back":
            await self._read_backs.until_compared(command.dialogue_id, number)
        return self._answer(author, command.dialogue_id, number, sequence)

    def _answer(self, author: Author, dialogue_id: str, number: int, sequence: int) -> DialogueAnswer:
        line = self._engine.state.line
        message = self._reader.line.message(author, line.messages[dialogue_id, number])
        return DialogueAnswer(self._reader.line.dialogue(line.dialogues[dialogue_id]), message, sequence)

    def _canonical(self, party: str, other: str, code: str, parameters: Mapping[str, object]) -> dict[str, Canonical]:
        """What is said, as it is kept. Raises `InvalidInputError` with the place of what is wrong."""
        canonical = parse_message(code, parameters)
        check_place(self._engine.state.line.between(party, other), canonical)
        return canonical

    def _about(self, author: Author, about: str, dialogue_id: str) -> str:
        """The conflict that a dialogue is about, also if it is a repeat and the conflict is over since."""
        held = self._engine.state.line.dialogues.get(dialogue_id)
        if not about or held is not None:
            return held.about if held is not None else ""
        return self._reader.recorded_conflict(author, about).conflict_id

    def _proposal_waits(self, dialogue: Dialogue) -> bool:
        """Whether the question that was put last is a proposal."""
        question = self._engine.state.line.messages.get((dialogue.dialogue_id, dialogue.question))
        return question is not None and bool(question.changes)

    def _first_answer(
        self, author: Author, dialogue_id: str, sealed: Sealed, idempotency_key: str
    ) -> DialogueAnswer | None:
        """The answer to a repeat. It is known by what it says: when it was compared may differ."""
        state = self._engine.state
        record = state.key_record(author.party, idempotency_key, time_us=state.time_us) if idempotency_key else None
        dialogue = state.line.dialogues.get(dialogue_id)
        if record is None or record.refusal is not None or dialogue is None:
            return None
        for message in state.line.messages_of(dialogue):
            if message.sequence == record.sequence and message.digest == sealed.digest:
                return self._answer(author, dialogue_id, message.number, message.sequence)
        return None

    def _addressed(self, party: str, dialogue_id: str, number: int) -> Message:
        found = self._engine.state.line.messages.get((dialogue_id, number))
        if found is None or found.to_party != party:
            raise NotFoundError(f"no message {number} of a dialogue '{dialogue_id[:40]}' is for '{party}'")
        return found

    def _post(self, author: Author, post: str) -> str:
        return self._reader.line.watchers.post_for(self._engine.state.line, author, post, place="from_post")

    def _their_post(self, party: str, other: str) -> str:
        """The post that is called: the agreement's contact, else the only one there is."""
        line = self._engine.state.line
        agreed, _ = contact(line.between(party, other), other)
        if agreed:
            return agreed
        posts = [one.post for one in line.posts_of(other)]
        if len(posts) != 1:
            names = ", ".join(posts) or "it has none yet"
            raise InvalidInputError(f"say which post of '{other}' to call: {names}", place="to_post")
        return posts[0]

    def _read_back(
        self, dialogue: Dialogue, parameters: Mapping[str, object], values: Mapping[str, object] | None
    ) -> bytes:
        """What was read back of the question, as canonical JSON."""
        if not dialogue.question:
            raise InvalidInputError("no message waits to be read back", place="code")
        if parameters.get("message") != dialogue.question:
            raise InvalidInputError(
                f"message {dialogue.question} is the one to be read back", place="parameters.message"
            )
        question = self._reader.line.body(
            self._engine.state.line.messages[dialogue.dialogue_id, dialogue.question].digest
        )
        try:
            fields = parse_read_back(question.code, values or {})
        except InvalidInputError as error:
            place = (error.place or "parameters").replace("parameters", "read_back", 1)
            raise InvalidInputError(error.message, place=place) from None
        return msgspec.json.encode(fields, order="deterministic")

    def _check_answer(self, dialogue: Dialogue, kind: MessageType) -> None:
        """Raise `InvalidInputError` if a message does not answer what is asked."""
        if kind.act in ("accept", "refuse") and dialogue.question:
            codes = ANSWERED_BY[dialogue.response]
            if kind.code not in codes:
                raise InvalidInputError(
                    f"message {dialogue.question} asks for {dialogue.response}: answer it by"
                    f" {', '.join(sorted(codes))}",
                    place="code",
                )


def _has_read_back(kind: MessageType, parameters: Mapping[str, object]) -> bool:
    """Whether a message holds fields that are to be read back."""
    return any(parameter.read_back and parameter.name in parameters for parameter in kind.parameters)
