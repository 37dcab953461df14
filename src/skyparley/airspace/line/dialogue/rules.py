"""Rules of dialogues (CPDLC, ICAO Doc 4444; OLDI; air traffic control practice): who may say what, and when.

One question at a time: it is answered, countered with another, declined or taken back, and nothing else ends it. What
is to be read back is read back, compared by the node and confirmed before it can be accepted. Free text closes nothing.
"""

from skyparley.airspace import limits
from skyparley.airspace.events import Change, Event, Proposal
from skyparley.airspace.line.assistance import rules as assistance
from skyparley.airspace.line.dialogue import course
from skyparley.airspace.line.dialogue.commands import (
    ACTS,
    RESPONSES,
    STEPS,
    DialogueCommand,
    OpenDialogue,
    ReadMessage,
    ReceiveMessages,
    RecordReadBack,
    SendMessage,
)
from skyparley.airspace.line.dialogue.items import Dialogue, Message
from skyparley.airspace.line.duty.posts import acting_post, post_of
from skyparley.airspace.line.negotiation import arrangements
from skyparley.airspace.line.state import LineState
from skyparley.airspace.line.tables import DIALOGUES, READ_BACKS
from skyparley.airspace.operations.extents import check_watched
from skyparley.airspace.state import Airspace
from skyparley.airspace.transitions import next_state
from skyparley.errors import (
    ConflictingStateError,
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
)
from skyparley.vocabulary import PRECEDENCES


def validate(command: DialogueCommand) -> None:
    """Raise `InvalidInputError` or `LimitExceededError` if a command is impossible in itself."""
    if isinstance(command, ReceiveMessages):
        _validate_receipts(command)
        return
    limits.check_drawn_id(command.dialogue_id, whose="a dialogue's", place="dialogue_id")
    if isinstance(command, OpenDialogue):
        limits.check_party_id(command.to_party, place="to_party")
        limits.check_post_id(command.to_post, place="to_post")
        if command.about:
            limits.check_conflict_id(command.about, place="about")
        _check_envelope(command, asks=command.response != "N")
        if command.changes and not command.about:
            raise InvalidInputError("a proposal settles a conflict: say which", place="about")
    elif isinstance(command, SendMessage):
        if command.act not in ACTS:
            raise InvalidInputError(f"unknown act: use one of {', '.join(ACTS)}", place="act")
        if not 0 <= command.reference < 2**31:
            raise InvalidInputError("reference is the number of a message, 0 for none", place="reference")
        _check_envelope(command, asks=command.act == "open")
        if command.step not in STEPS:
            raise InvalidInputError(f"unknown step: use one of {', '.join(STEPS[1:])}", place="step")
        if command.amendments:
            if command.act != "accept" or command.changes:
                raise InvalidInputError("only an acceptance amends operations", place="amendments")
            arrangements.validate(command.amendments, command.checked_through, "amendments")
            check_watched(command.watched)
        elif command.watched:
            raise InvalidInputError("only an acceptance has something to watch", place="watched")
    else:
        _check_number(command.number)
        if isinstance(command, ReadMessage):
            limits.check_post_id(command.post)
        else:
            limits.check_digest(command.question_digest, place="question_digest")
            limits.check_digest(command.read_back_digest, place="read_back_digest")


def check(state: Airspace, proposal: Proposal, command: DialogueCommand, time_us: int) -> None:
    """Raise the error that stands for the refusal of a command by the state."""
    line, party = state.line, proposal.party
    if isinstance(command, RecordReadBack):
        if party:
            raise ForbiddenError("only the node itself compares a read-back")
        _check_comparison(line, command)
        return
    if not party:
        raise ForbiddenError("a dialogue is between parties: the node itself has none")
    if isinstance(command, OpenDialogue):
        _check_opening(state, party, command)
        _check_proposal(state, command.about, command, time_us)
    elif isinstance(command, SendMessage):
        _check_message(state, party, command, time_us)
    elif isinstance(command, ReadMessage):
        acting_post(line, party, command.post)
        read = _addressed(line, party, command.dialogue_id, command.number)
        if read.read_us:
            raise ConflictingStateError(f"message {read.number} was read at '{read.read_post}' already")
    else:
        for receipt in command.receipts:
            _addressed(line, party, receipt.dialogue_id, receipt.number)


def perform(state: Airspace, event: Event, command: DialogueCommand, changes: list[Change]) -> None:
    """Do what an accepted command asks."""
    line = state.line
    if isinstance(command, OpenDialogue):
        course.opened(line, event, command, changes)
    elif isinstance(command, SendMessage):
        held = line.dialogues[command.dialogue_id]
        word = word_of(line, held, event.party, command)
        question = line.messages.get((held.dialogue_id, held.question))
        arrangements.amend(state, event, command.amendments, changes)
        course.said(line, event, command, word, changes)
        if held.assistance:
            assistance.follow(state, event, held, question, command.step, word, changes)
    elif isinstance(command, RecordReadBack):
        course.compared(line, event, command, changes)
    elif isinstance(command, ReadMessage):
        course.read(line, event, command, changes)
    else:
        course.received(line, event, command, changes)


def word_of(line: LineState, dialogue: Dialogue, party: str, command: SendMessage) -> str:
    """The word in the table of dialogues for what a party says. Raises `ConflictingStateError` out of turn."""
    if command.act == "note":
        return "tell"
    if dialogue.question == 0:
        return {"open": "ask", "close": "close"}.get(command.act, command.act)
    asker = line.messages[dialogue.dialogue_id, dialogue.question].from_party
    if command.act == "open":
        return "ask" if party == asker else "counter"
    if command.act == "close":
        return "abort" if party == asker else "decline"
    if (command.act == "confirm") != (party == asker):
        whose = "its answer is due from the other side" if party == asker else "only the side that asked confirms"
        raise ConflictingStateError(f"message {dialogue.question} waits: {whose}", place="act")
    return command.act


# checks


def _check_number(number: int) -> None:
    if not 1 <= number < 2**31:
        raise InvalidInputError("number is a whole number from 1", place="number")


def _check_envelope(command: OpenDialogue | SendMessage, *, asks: bool) -> None:
    limits.check_post_id(command.from_post, place="from_post")
    if command.precedence not in PRECEDENCES:
        raise InvalidInputError(f"unknown precedence: use one of {', '.join(PRECEDENCES)}", place="precedence")
    if command.response not in RESPONSES:
        raise InvalidInputError(f"unknown response: use one of {', '.join(RESPONSES)}", place="response")
    if asks == (command.response == "N"):
        raise InvalidInputError("what asks has a response other than N, and nothing else has", place="response")
    if command.read_back and not asks:
        raise InvalidInputError("only what asks is read back", place="read_back")
    limits.check_digest(command.body_digest, place="body_digest")
    if command.changes and not asks:
        raise InvalidInputError("only what asks proposes changes", place="changes")
    if command.changes and command.response != "AN":
        raise InvalidInputError("a proposal is answered by yes or no: its response is AN", place="response")
    if not (isinstance(command, SendMessage) and command.amendments):
        arrangements.validate(command.changes, command.checked_through, "changes")


def _validate_receipts(command: ReceiveMessages) -> None:
    if not 1 <= len(command.receipts) <= limits.MAX_RECEIPTS:
        raise LimitExceededError(f"1 to {limits.MAX_RECEIPTS} receipts at a time", place="receipts")
    for receipt in command.receipts:
        limits.check_drawn_id(receipt.dialogue_id, whose="a dialogue's", place="dialogue_id")
        _check_number(receipt.number)
    keys = [(receipt.dialogue_id, receipt.number) for receipt in command.receipts]
    if keys != sorted(set(keys)):
        raise InvalidInputError("must be sorted by dialogue and number, each once", place="receipts")


def _check_opening(state: Airspace, party: str, command: OpenDialogue) -> None:
    line = state.line
    if command.to_party == party:
        raise InvalidInputError("a dialogue is with another party", place="to_party")
    if command.to_party not in state.parties:
        raise NotFoundError(f"there is no party '{command.to_party}'", place="to_party")
    acting_post(line, party, command.from_post, place="from_post")
    post_of(line, command.to_party, command.to_post, place="to_post")
    if command.dialogue_id in line.dialogues:
        raise ConflictingStateError("there is a dialogue of this identifier already")
    if command.about:
        conflict = state.conflicts.get(command.about)
        if conflict is None or {conflict.a_party, conflict.b_party} != {party, command.to_party}:
            raise NotFoundError(f"there is no conflict '{command.about}' between the two parties", place="about")
    if line.unfinished_of(party) >= limits.MAX_DIALOGUES_PER_PARTY:
        raise LimitExceededError(
            f"'{party}' has opened {limits.MAX_DIALOGUES_PER_PARTY} dialogues that are not over, the most there may be"
        )


def _check_message(state: Airspace, party: str, command: SendMessage, time_us: int) -> None:
    line = state.line
    dialogue = line.dialogues.get(command.dialogue_id)
    if dialogue is None or party not in (dialogue.opener, dialogue.other):
        raise NotFoundError(f"'{party}' has no dialogue '{command.dialogue_id}'")
    acting_post(line, party, command.from_post, place="from_post")
    if dialogue.is_over:
        raise ConflictingStateError(f"the dialogue is {dialogue.state}: open another one")
    ends = command.act not in ("open", "note")  # what settles a question has room for itself
    if dialogue.messages >= limits.MAX_MESSAGES_PER_DIALOGUE + ends * limits.MORE_ANSWERS:
        raise LimitExceededError(
            f"a dialogue has at most {limits.MAX_MESSAGES_PER_DIALOGUE} messages: open another one"
        )
    if command.reference > dialogue.messages:
        raise NotFoundError(f"the dialogue has no message {command.reference}", place="reference")
    word = word_of(line, dialogue, party, command)
    next_state(DIALOGUES, dialogue.state, word)
    answers = word in ("counter", "accept", "refuse", "standby", "read_back", "confirm")
    if answers and command.reference != dialogue.question:
        raise ConflictingStateError(
            f"message {dialogue.question} is the one that waits for its answer: refer to it", place="reference"
        )
    if word in ("read_back", "confirm"):
        _check_read_back(dialogue, word)
    elif word == "accept" and dialogue.read_back not in ("not_needed", "confirmed"):
        todo = {
            "due": "read it back first",
            "comparing": "its read-back is being compared",
            "mismatch": "its read-back differs: read it back again",
            "matched": "its read-back matches: wait until the other side confirms it",
        }[dialogue.read_back]
        raise ConflictingStateError(f"message {dialogue.question} cannot be accepted yet: {todo}", place="act")
    proposed = line.messages[dialogue.dialogue_id, dialogue.question].changes if word == "accept" else ()
    if command.step and not dialogue.assistance:
        raise ConflictingStateError("this dialogue belongs to no case of assistance", place="step")
    if dialogue.assistance:
        arrangements.check_same(proposed, command.amendments)
        if command.changes or proposed:
            assistance.check_corridor(state, dialogue, command.changes or proposed, time_us, command.amendments)
        return
    _check_proposal(state, dialogue.about, command, time_us)
    if word == "accept":
        arrangements.check_acceptance(
            state,
            party,
            dialogue.about,
            proposed,
            command.amendments,
            command.checked_through,
            command.watched,
            time_us,
        )


def _check_proposal(state: Airspace, about: str, command: OpenDialogue | SendMessage, time_us: int) -> None:
    if command.changes:
        arrangements.check_proposal(state, about, command.changes, command.checked_through, time_us)


def _check_read_back(dialogue: Dialogue, word: str) -> None:
    if word == "confirm" and dialogue.read_back == "mismatch":
        raise ConflictingStateError("the read-back differs from what was sent: it cannot be confirmed", place="act")
    try:
        next_state(READ_BACKS, dialogue.read_back, word)
    except ConflictingStateError as error:
        raise error.at("act") from None


def _check_comparison(line: LineState, command: RecordReadBack) -> None:
    dialogue = line.dialogues.get(command.dialogue_id)
    due = dialogue is not None and not dialogue.is_over and dialogue.read_back == "comparing"
    if dialogue is None or not due or dialogue.reading != command.number:
        raise ConflictingStateError("this read-back is not waiting for its comparison")
    question = line.messages[dialogue.dialogue_id, dialogue.question]
    read_back = line.messages[dialogue.dialogue_id, dialogue.reading]
    if (question.digest, read_back.digest) != (command.question_digest, command.read_back_digest):
        raise ConflictingStateError("other messages were compared than those of the dialogue")


def _addressed(line: LineState, party: str, dialogue_id: str, number: int) -> Message:
    found = line.messages.get((dialogue_id, number))
    if found is None or found.to_party != party:
        raise NotFoundError(f"no message {number} of a dialogue '{dialogue_id}' is for '{party}'")
    return found
