"""What becomes of a dialogue: questions put, answered, read back, and called on from post to post. Functions of values.

`rules.py` decides whether it may be; here it is done, by the tables of `line/tables.py`. The next step of a question is
always owed by one party and due by one time, so that it cannot be forgotten.
"""

from typing import Final, NamedTuple

import msgspec

from skyparley.airspace.events import Change, DialogueChanged, Event
from skyparley.airspace.line.agreements.numbers import answer_time
from skyparley.airspace.line.dialogue.commands import (
    OpenDialogue,
    ReadMessage,
    ReceiveMessages,
    RecordReadBack,
    SendMessage,
)
from skyparley.airspace.line.dialogue.items import Dialogue, Message, Step
from skyparley.airspace.line.duty.posts import chain
from skyparley.airspace.line.state import LineState
from skyparley.airspace.line.tables import DIALOGUES, READ_BACKS
from skyparley.airspace.transitions import START, next_state
from skyparley.units import MICROSECONDS_PER_SECOND

_RESULTS: Final = {"accept": "accepted", "refuse": "refused"}


class Turn(NamedTuple):
    """Whose turn it is: the posts that are called, and those that were already."""

    owes: str
    chain: tuple[str, ...]
    step: int
    steps: tuple[Step, ...]


def opened(
    line: LineState, event: Event, command: OpenDialogue, changes: list[Change], *, assistance: str = ""
) -> None:
    """A dialogue begins with its first message."""
    asks = command.response != "N"
    empty = Dialogue(
        dialogue_id=command.dialogue_id,
        opener=event.party,
        other=command.to_party,
        about=command.about,
        state=START,
        result="",
        read_back="not_needed",
        question=0,
        reading=0,
        turn=0,
        owes="",
        precedence=command.precedence,
        response="N",
        answer_s=0,
        basis="",
        chain=(),
        step=0,
        answer_by_us=0,
        first_by_us=0,
        messages=0,
        opened_us=event.time_us,
        changed_us=event.time_us,
        changed_sequence=event.sequence,
        assistance=assistance,
    )
    message = _message(empty, event, command, act="open" if asks else "note", reference=0)
    _advance(line, empty, message, "ask" if asks else "tell", event, changes, command, to_post=command.to_post)


def said(line: LineState, event: Event, command: SendMessage, word: str, changes: list[Change]) -> None:
    """One more message; `word` is what it does by the table."""
    dialogue = line.dialogues[command.dialogue_id]
    late = event.party == dialogue.owes and word != "tell" and event.time_us > dialogue.first_by_us > 0
    message = _message(dialogue, event, command, act=command.act, reference=command.reference, delayed=late)
    to_post = ""
    if word in ("ask", "counter"):
        to_post = _reached_at(line, dialogue, message.to_party)
    _advance(line, dialogue, message, word, event, changes, command, to_post=to_post)


def compared(line: LineState, event: Event, command: RecordReadBack, changes: list[Change]) -> None:
    """The node has compared a read-back: its sender's turn again, or the turn of who asked to confirm it."""
    dialogue = line.dialogues[command.dialogue_id]
    reading = line.messages[dialogue.dialogue_id, dialogue.reading]
    question = line.messages[dialogue.dialogue_id, dialogue.question]
    word = "match" if command.matches else "mismatch"
    caller = question if command.matches else reading
    after = msgspec.structs.replace(dialogue, read_back=next_state(READ_BACKS, dialogue.read_back, word))
    after, reading = _call(line, after, reading, caller.from_party, caller.from_post, event)
    _store(line, after, (reading,), event, changes)


def received(line: LineState, event: Event, command: ReceiveMessages, changes: list[Change]) -> None:
    """Messages have reached a machine of their party; those that had before are left as they are."""
    for receipt in command.receipts:
        message = line.messages[receipt.dialogue_id, receipt.number]
        if not message.received_us:
            after = msgspec.structs.replace(message, received_us=event.time_us)
            line.put_message(after)
            changes.append(DialogueChanged(line.dialogues[receipt.dialogue_id], (after,)))


def read(line: LineState, event: Event, command: ReadMessage, changes: list[Change]) -> None:
    """Somebody at a post has read a message, which a machine must have received then."""
    message = line.messages[command.dialogue_id, command.number]
    after = msgspec.structs.replace(
        message,
        received_us=message.received_us or event.time_us,
        read_us=event.time_us,
        read_post=command.post,
    )
    line.put_message(after)
    changes.append(DialogueChanged(line.dialogues[command.dialogue_id], (after,)))


def ended(dialogue: Dialogue, word: str, event: Event) -> Dialogue:
    """A dialogue that ends by something else than a message."""
    after = _ended(dialogue, word)
    return msgspec.structs.replace(after, changed_us=event.time_us, changed_sequence=event.sequence)


def pass_time(line: LineState, dialogue: Dialogue, event: Event, changes: list[Change]) -> None:
    """The post that was called did not answer: the next one that is staffed is, else it is out of time.

    A dialogue that is over leaves the state some days later; the log keeps it.
    """
    if dialogue.waiting_us is None:
        line.drop_dialogue(dialogue)
        return
    message = line.messages[dialogue.dialogue_id, dialogue.turn]
    turn = _from(line, dialogue.owes, dialogue.chain, dialogue.step + 1, event.time_us)
    steps = (*message.steps, *turn.steps)
    message = msgspec.structs.replace(message, steps=steps)
    reached = bool(turn.steps) and turn.steps[-1].staffed
    after = msgspec.structs.replace(
        dialogue,
        state=next_state(DIALOGUES, dialogue.state, "escalate" if reached else "time_out"),
        step=turn.step,
        answer_by_us=event.time_us + dialogue.answer_s * MICROSECONDS_PER_SECOND,
    )
    _store(line, after, (message,), event, changes)


def _advance(
    line: LineState,
    dialogue: Dialogue,
    message: Message,
    word: str,
    event: Event,
    changes: list[Change],
    command: OpenDialogue | SendMessage,
    *,
    to_post: str,
) -> None:
    """A message has its effect."""
    settles = dialogue.assistance and word in _RESULTS
    state = next_state(DIALOGUES, dialogue.state, "settle" if settles else word)
    after = msgspec.structs.replace(dialogue, state=state, messages=message.number)
    if word in ("ask", "counter"):
        agreed = answer_time(line.between(dialogue.opener, dialogue.other), command.precedence)
        after = msgspec.structs.replace(
            after,
            question=message.number,
            reading=0,
            read_back=next_state(READ_BACKS, START, "ask_with" if command.read_back else "ask_without"),
            precedence=command.precedence,
            response=command.response,
            answer_s=agreed.value,
            basis=agreed.basis,
        )
        after, message = _call(line, after, message, message.to_party, to_post, event)
    elif word == "standby":
        after, message = _call(line, after, message, event.party, message.from_post, event)
    elif word == "read_back":
        read_back = next_state(READ_BACKS, dialogue.read_back, word)
        after = msgspec.structs.replace(after, read_back=read_back, reading=message.number)
        after, message = _call(line, after, message, event.party, message.from_post, event)
    elif word == "confirm":
        after = msgspec.structs.replace(after, read_back=next_state(READ_BACKS, dialogue.read_back, word))
        if after.response == "R":  # whoever has read it back has received it: nothing is left to answer
            after = _ended(after, "accept")
        else:
            reading = line.messages[dialogue.dialogue_id, dialogue.reading]
            after, message = _call(line, after, message, message.to_party, reading.from_post, event)
    elif word == "tell":
        if to_post:
            held = line.posts.get((message.to_party, to_post))
            called = Step(message.to_party, to_post, event.time_us, held is not None and held.staffed)
            message = msgspec.structs.replace(message, steps=(called,))
    else:
        after = _ended(after, word)
    _store(line, after, (message,), event, changes)


def _ended(dialogue: Dialogue, word: str) -> Dialogue:
    """The question is settled: by what was done, or by nobody. In a case of assistance more may follow."""
    if dialogue.assistance and word in _RESULTS:
        state = dialogue.state if dialogue.state == "told" else next_state(DIALOGUES, dialogue.state, "settle")
        dialogue = msgspec.structs.replace(dialogue, question=0, reading=0, turn=0, read_back="not_needed", state=state)
        return msgspec.structs.replace(dialogue, result=_RESULTS[word], owes="", chain=(), step=0, answer_by_us=0)
    state = dialogue.state if dialogue.is_over else next_state(DIALOGUES, dialogue.state, word)
    result = _RESULTS.get(word, "")
    return msgspec.structs.replace(dialogue, state=state, result=result, owes="", chain=(), step=0, answer_by_us=0)


def _call(
    line: LineState, dialogue: Dialogue, message: Message, owes: str, post: str, event: Event
) -> tuple[Dialogue, Message]:
    """It is a party's turn because of a message: its posts are called, from one on, in the time that is agreed."""
    turn = _from(line, owes, chain(line, owes, post), 0, event.time_us)
    by_us = event.time_us + dialogue.answer_s * MICROSECONDS_PER_SECOND
    after = msgspec.structs.replace(
        dialogue,
        turn=message.number,
        owes=owes,
        chain=turn.chain,
        step=turn.step,
        answer_by_us=by_us,
        first_by_us=by_us,
    )
    return after, msgspec.structs.replace(message, steps=turn.steps)


def _from(line: LineState, party: str, posts: tuple[str, ...], first: int, time_us: int) -> Turn:
    """The first post from a place on in the chain where somebody has the watch; those without are called in passing.

    If there is none, the place stays at the first.
    """
    steps: list[Step] = []
    for place in range(first, len(posts)):
        held = line.posts.get((party, posts[place]))
        staffed = held is not None and held.staffed
        steps.append(Step(party, posts[place], time_us, staffed))
        if staffed:
            return Turn(party, posts, place, tuple(steps))
    return Turn(party, posts, first, tuple(steps))


def _reached_at(line: LineState, dialogue: Dialogue, party: str) -> str:
    """The post of a party that spoke last in a dialogue, else the one that was called first."""
    for number in range(dialogue.messages, 0, -1):
        message = line.messages[dialogue.dialogue_id, number]
        if message.from_party == party:
            return message.from_post
        called = next((step.post for step in message.steps if step.party == party), "")
        if called:
            return called
    return ""


def _message(
    dialogue: Dialogue,
    event: Event,
    command: OpenDialogue | SendMessage,
    *,
    act: str,
    reference: int,
    delayed: bool = False,
) -> Message:
    return Message(
        dialogue_id=dialogue.dialogue_id,
        number=dialogue.messages + 1,
        from_party=event.party,
        from_post=command.from_post,
        to_party=dialogue.peer(event.party),
        reference=reference,
        act=act,
        precedence=command.precedence,
        response=command.response,
        digest=command.body_digest,
        sent_us=event.time_us,
        sequence=event.sequence,
        delayed=delayed,
        steps=(),
        changes=command.changes,
        checked_through=command.checked_through,
        step=command.step if isinstance(command, SendMessage) else "",
    )


def _store(
    line: LineState, dialogue: Dialogue, messages: tuple[Message, ...], event: Event, changes: list[Change]
) -> None:
    after = msgspec.structs.replace(dialogue, changed_us=event.time_us, changed_sequence=event.sequence)
    for message in messages:
        line.put_message(message)
    line.put_dialogue(after)
    changes.append(DialogueChanged(after, messages))
