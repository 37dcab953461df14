"""The dialogue desk: what a party says is parsed by the catalogue, kept in the vault, and its envelope proposed.

A read-back is compared here as soon as its entry is applied, also after a restart, and what comes of it is an entry of
its own, so that both sides see the same.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

import msgspec

from skyparley.airspace.events import BEARER_ATTESTED, DialogueChanged
from skyparley.airspace.limits import MAX_RECEIPTS
from skyparley.airspace.line.agreements.numbers import contact
from skyparley.airspace.line.dialogue.commands import (
    DialogueCommand,
    OpenDialogue,
    ReadMessage,
    Receipt,
    ReceiveMessages,
    RecordReadBack,
    SendMessage,
)
from skyparley.airspace.line.dialogue.items import Dialogue, Message
from skyparley.catalogue.lists.base import MessageType
from skyparley.catalogue.messages import encode_body, message_type, parse_message, parse_read_back
from skyparley.errors import InvalidInputError, LimitExceededError, NotFoundError, SkyparleyError
from skyparley.geometry.interval import format_time
from skyparley.node.custody.vault import Vault
from skyparley.node.engine import RETRY_AFTER_FAILURE_S, Applied, Engine, proposal_of
from skyparley.node.identity import Author
from skyparley.node.line.bodies import matches
from skyparley.node.line.dialogue.pace import Pace
from skyparley.node.line.dialogue.places import check_place
from skyparley.node.line.dialogue.views import (
    DialogueAnswer,
    DialogueDetail,
    DialoguePage,
    DialogueView,
    Inbox,
    ReceiptAnswer,
)
from skyparley.node.line.duty.views import line_test_view
from skyparley.node.line.sealed import Sealed, draw, seal
from skyparley.node.reading.disclosure import may_see_dialogue
from skyparley.node.reading.reader import Reader

COMPARED_WITHIN_S: Final = 10.0
INBOX_LENGTH: Final = 200
ANSWERED_BY: Final[Mapping[str, frozenset[str]]] = {
    "WU": frozenset({"wilco", "unable"}),
    "AN": frozenset({"affirm", "negative", "assistance-declined"}),
    "R": frozenset({"roger", "unable"}),
    "Y": frozenset({"affirm", "negative", "roger", "unable", "line-test-answer", "assistance-declined"}),
}
"""Which codes accept or refuse what asks for a response (ICAO Doc 4444, Appendix 5)."""
_log: Final = logging.getLogger("skyparley.line")


class DialogueDesk:
    """Takes what parties say to each other, and shows it."""

    def __init__(self, engine: Engine, vault: Vault, reader: Reader) -> None:
        self._engine = engine
        self._vault = vault
        self._reader = reader
        self._pace = Pace(engine.clock)
        self._to_compare: dict[str, None] = {}
        self._compare = asyncio.Event()
        self._settled = asyncio.Condition()

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
        body = self._body(party, to_party, code, parameters)
        about_id = self._reader.recorded_conflict(author, about).conflict_id if about else ""
        context = f"dialogue/{party}/{to_party}"
        sealed = seal(self._vault.secret, body, context, idempotency_key)
        command = OpenDialogue(
            dialogue_id=draw(self._vault.secret, context, idempotency_key).hex(),
            to_party=to_party,
            about=about_id,
            from_post=self._own_post(author, from_post),
            to_post=to_post or self._their_post(party, to_party),
            precedence=precedence or kind.precedence,
            response=kind.response,
            read_back=_has_read_back(kind, parameters),
            body_digest=sealed.digest,
        )
        return await self._say(author, command, sealed, idempotency_key)

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
        dialogue = self._dialogue(author, dialogue_id)
        kind = message_type(code)
        reference = reference or dialogue.question
        body = self._body(party, dialogue.peer(party), code, parameters)
        if kind.act == "read_back":
            body += b"\n" + self._read_back(dialogue, parameters, read_back)
        elif read_back is not None:
            raise InvalidInputError("only a read-back reads fields back", place="read_back")
        self._check_answer(dialogue, kind)
        sealed = seal(self._vault.secret, body, f"message/{party}/{dialogue_id}", idempotency_key)
        command = SendMessage(
            dialogue_id=dialogue_id,
            reference=reference,
            from_post=self._own_post(author, from_post),
            act=kind.act,
            precedence=precedence or kind.precedence,
            response=kind.response,
            read_back=_has_read_back(kind, parameters),
            body_digest=sealed.digest,
        )
        return await self._say(author, command, sealed, idempotency_key)

    async def receive(self, author: Author, receipts: list[tuple[str, int]]) -> ReceiptAnswer:
        """Machine receipts of messages for the author's party; those on record already change nothing."""
        party = author.require_party()
        if len(receipts) > MAX_RECEIPTS:
            raise LimitExceededError(f"at most {MAX_RECEIPTS} receipts at a time", place="receipts")
        fresh = sorted({key for key in receipts if not self._addressed(party, *key).received_us})
        if not fresh:
            return ReceiptAnswer(0, None)
        sequence = await self._submit(author, ReceiveMessages(tuple(Receipt(*key) for key in fresh)))
        return ReceiptAnswer(len(fresh), sequence)

    async def read(self, author: Author, dialogue_id: str, number: int, post: str = "") -> DialogueAnswer:
        """Somebody at a post of the author's party has read a message; the first who did is on record."""
        party = author.require_party()
        message = self._addressed(party, dialogue_id, number)
        sequence = message.sequence
        if not message.read_us:
            sequence = await self._submit(author, ReadMessage(dialogue_id, number, self._own_post(author, post)))
        return self._answer(dialogue_id, number, sequence)

    def dialogues(self, author: Author, after: str = "", limit: int = INBOX_LENGTH) -> DialoguePage:
        """The dialogues that a reader may see and that are not over for long, by identifier."""
        line = self._engine.state.line
        mine = line.dialogues_of(author.party) if author.party else line.dialogues.values()
        held = sorted(one.dialogue_id for one in mine if may_see_dialogue(author, one))
        names = [name for name in held if name > after]
        page = [self._reader.line.dialogue(line.dialogues[name]) for name in names[:limit]]
        return DialoguePage(page, names[limit - 1] if len(names) > limit else None)

    def dialogue(self, author: Author, dialogue_id: str, language: str, zone: str) -> DialogueDetail:
        """A dialogue with all its messages, in a language. Raises `NotFoundError`, `InvalidInputError`."""
        dialogue = self._dialogue(author, dialogue_id)
        view = self._reader.line.dialogue(dialogue)
        thread = [
            self._reader.line.message(message, language, zone)
            for message in self._engine.state.line.messages_of(dialogue)
        ]
        return DialogueDetail(**msgspec.structs.asdict(view), thread=thread)

    def inbox(self, author: Author) -> Inbox:
        """What needs the author's party: first what is due first, then what nobody answered in time."""
        party = author.require_party()
        line = self._engine.state.line
        live = [one for one in line.dialogues_of(party) if one.owes]
        owed = sorted((one for one in live if one.owes == party), key=_urgency)
        waiting = sorted((one for one in live if one.owes != party), key=_urgency)
        tests = [
            test
            for agreement in line.of_party(party)
            for test in line.tests_of(agreement.agreement_id)
            if any(one.party == party and one.state == "waiting" for one in test.answers)
        ]
        return Inbox(
            time=format_time(self._engine.clock()),
            owed=self._shown(owed),
            owed_left_out=max(0, len(owed) - INBOX_LENGTH),
            waiting=self._shown(waiting),
            waiting_left_out=max(0, len(waiting) - INBOX_LENGTH),
            tests=[line_test_view(test) for test in tests[:INBOX_LENGTH]],
            tests_left_out=max(0, len(tests) - INBOX_LENGTH),
        )

    # read-backs

    def take_in(self) -> None:
        """Take up what was not compared before the node stopped."""
        for dialogue in self._engine.state.line.dialogues.values():
            self._follow(dialogue)

    def on_applied(self, applied: Applied) -> None:
        """Take up the read-backs of an entry."""
        for change in applied.outcome.changes:
            if isinstance(change, DialogueChanged):
                self._follow(change.dialogue)

    async def run(self) -> None:
        """Compare read-backs as they come. What cannot be recorded now is tried again: its timer runs meanwhile."""
        while True:
            await self._compare.wait()
            self._compare.clear()
            for dialogue_id in list(self._to_compare):
                try:
                    await self._compare_now(dialogue_id)
                except SkyparleyError as error:
                    _log.warning("the read-back in dialogue %s is not compared yet: %s", dialogue_id, error.message)
                    await asyncio.sleep(RETRY_AFTER_FAILURE_S)
                    self._compare.set()
                else:
                    self._to_compare.pop(dialogue_id, None)
                    async with self._settled:
                        self._settled.notify_all()

    def _follow(self, dialogue: Dialogue) -> None:
        if dialogue.read_back == "comparing" and not dialogue.is_over:
            self._to_compare[dialogue.dialogue_id] = None
            self._compare.set()

    async def _compare_now(self, dialogue_id: str) -> None:
        line = self._engine.state.line
        dialogue = line.dialogues.get(dialogue_id)
        if dialogue is None or dialogue.is_over or dialogue.read_back != "comparing":
            return
        question = line.messages[dialogue_id, dialogue.question]
        reading = line.messages[dialogue_id, dialogue.reading]
        same = matches(self._reader.line.body(question.digest), self._reader.line.body(reading.digest))
        command = RecordReadBack(dialogue_id, reading.number, question.digest, reading.digest, same)
        await self._engine.propose(proposal_of(command))

    # inside

    async def _say(
        self, author: Author, command: OpenDialogue | SendMessage, sealed: Sealed, idempotency_key: str
    ) -> DialogueAnswer:
        self._pace.take(author.party)

        async def keep() -> None:
            await self._vault.put_bodies([(sealed.digest, author.party, sealed.data)])

        proposal = proposal_of(
            command, party=author.party, authentication=BEARER_ATTESTED, idempotency_key=idempotency_key
        )
        sequence = await self._engine.submit(proposal, key_id=author.key_id, keep=keep)
        line = self._engine.state.line
        number = next(
            one.number for one in line.messages_of(line.dialogues[command.dialogue_id]) if one.sequence == sequence
        )
        if isinstance(command, SendMessage) and command.act == "read_back":
            await self._until_compared(command.dialogue_id, number)
        return self._answer(command.dialogue_id, number, sequence)

    async def _until_compared(self, dialogue_id: str, number: int) -> None:
        """Wait for the comparison of a read-back. It stands even if it takes long, and is compared later then."""

        def compared() -> bool:
            held = self._engine.state.line.dialogues.get(dialogue_id)
            return held is None or held.reading != number or held.read_back != "comparing"

        try:
            async with asyncio.timeout(COMPARED_WITHIN_S), self._settled:
                await self._settled.wait_for(compared)
        except TimeoutError:
            return

    async def _submit(self, author: Author, command: DialogueCommand) -> int:
        proposal = proposal_of(command, party=author.party, authentication=BEARER_ATTESTED)
        return await self._engine.submit(proposal, key_id=author.key_id)

    def _answer(self, dialogue_id: str, number: int, sequence: int) -> DialogueAnswer:
        line = self._engine.state.line
        message = self._reader.line.message(line.messages[dialogue_id, number])
        return DialogueAnswer(self._reader.line.dialogue(line.dialogues[dialogue_id]), message, sequence)

    def _body(self, party: str, other: str, code: str, parameters: Mapping[str, object]) -> bytes:
        """What is said, as it is kept. Raises `InvalidInputError` with the place of what is wrong."""
        canonical = parse_message(code, parameters)
        check_place(self._engine.state.line.between(party, other), canonical)
        return encode_body(code, canonical)

    def _dialogue(self, author: Author, dialogue_id: str) -> Dialogue:
        found = self._engine.state.line.dialogues.get(dialogue_id)
        if found is None or not may_see_dialogue(author, found):
            raise NotFoundError(f"there is no dialogue '{dialogue_id[:40]}' that this key may see")
        return found

    def _addressed(self, party: str, dialogue_id: str, number: int) -> Message:
        found = self._engine.state.line.messages.get((dialogue_id, number))
        if found is None or found.to_party != party:
            raise NotFoundError(f"no message {number} of a dialogue '{dialogue_id[:40]}' is for '{party}'")
        return found

    def _own_post(self, author: Author, post: str) -> str:
        """The post that speaks: the one that is named, else the only one with a watch, for a person its own."""
        line, watchers = self._engine.state.line, self._reader.line.watchers
        if post:
            watchers.require(line, author, post)
            return post
        staffed = [one.post for one in watchers.posts_of(line, author)]
        if len(staffed) != 1:
            names = ", ".join(staffed) or "none has: take a watch first"
            raise InvalidInputError(f"say from which post; somebody has the watch at: {names}", place="from_post")
        return staffed[0]

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

    def _shown(self, dialogues: list[Dialogue]) -> list[DialogueView]:
        return [self._reader.line.dialogue(one) for one in dialogues[:INBOX_LENGTH]]


def _urgency(dialogue: Dialogue) -> tuple[bool, int, str]:
    """What nobody answered in time comes first, then what is due first."""
    return dialogue.state != "timed_out", dialogue.answer_by_us, dialogue.dialogue_id


def _has_read_back(kind: MessageType, parameters: Mapping[str, object]) -> bool:
    """Whether a message holds fields that are to be read back."""
    return any(parameter.read_back and parameter.name in parameters for parameter in kind.parameters)
