"""What leaves the node about dialogues: closed records whose JSON encoding is the body of the HTTP API.

A dialogue and its messages are shown to its two parties. Times are RFC 3339 with `Z`.
"""

from typing import Any

import msgspec

from skyparley.airspace.line.dialogue.items import Dialogue, Message
from skyparley.geometry.interval import format_time
from skyparley.node.line.duty.views import LineTestView
from skyparley.node.line.views import AgreementStatus
from skyparley.node.reading.views import ConflictView


class StepView(msgspec.Struct, frozen=True):
    """A post was called; `staffed`: whether somebody had the watch there."""

    party: str
    post: str
    time: str
    staffed: bool


class FieldView(msgspec.Struct, frozen=True):
    """One field of a read-back: as it was sent, as it was read back, and whether they are the same."""

    name: str
    sent: Any
    read_back: Any
    equal: bool


class CitedView(msgspec.Struct, frozen=True):
    """A parameter that an agreement may lay down, and the clause that does; null: none in force between the two."""

    parameter: str
    basis: str | None


class MessageView(msgspec.Struct, frozen=True):
    """A message: its envelope, what became of it, and what it says.

    `received` is by a machine of the other party, `read` by somebody at a post of it. `title` and `text` are in the
    language that was asked for, null in event streams. `fields` is the comparison of a read-back. `proposes` are the
    parties whose operations a proposal would change; it, or its acceptance, was compared up to `checked_through`.
    `person` is the login of who sent it, for the own side. `cited` says by which clause a place, frequency or term that
    it names is agreed.
    """

    dialogue_id: str
    number: int
    from_party: str
    from_post: str
    to_party: str
    reference: int | None
    act: str
    precedence: str
    response: str
    sent: str
    received: str | None
    read: str | None
    read_post: str | None
    delayed: bool
    steps: list[StepView]
    digest: str
    code: str
    parameters: dict[str, Any]
    fields: list[FieldView] | None
    proposes: list[str]
    checked_through: int | None
    cited: list[CitedView]
    person: str | None
    title: str | None
    text: str | None


class DialogueView(msgspec.Struct, frozen=True):
    """Where a dialogue stands: whose turn it is, at which post, until when, and by which clause.

    `code` is that of the question that was put last, or of the first message. `overdue`: the first post that was called
    did not answer in time. `unstaffed`: nobody has the watch where it is. `agreements` are those between the two, in
    force or not.
    """

    dialogue_id: str
    opener: str
    other: str
    about: str | None
    code: str
    state: str
    result: str | None
    read_back: str
    question: int | None
    owes: str | None
    post: str | None
    answer_by: str | None
    overdue: bool
    unstaffed: bool
    precedence: str
    answer_s: int | None
    basis: str | None
    messages: int
    opened: str
    changed: str
    sequence: int
    agreements: list[AgreementStatus]


class DialogueDetail(DialogueView, frozen=True):
    """A dialogue with all its messages."""

    thread: list[MessageView]


class DialogueAnswer(msgspec.Struct, frozen=True):
    """The answer to a command on a dialogue: as it stands, and the message that it is about."""

    dialogue: DialogueView
    message: MessageView
    sequence: int


class DialoguePage(msgspec.Struct, frozen=True):
    """Dialogues by identifier; `next` continues, null at the end."""

    items: list[DialogueView]
    next: str | None


class ReceiptAnswer(msgspec.Struct, frozen=True):
    """How many messages are new on record as received; those that were before are not counted."""

    received: int
    sequence: int | None


class Inbox(msgspec.Struct, frozen=True):
    """What needs a party, the most urgent first, each list with how many were left out of it.

    `owed`: dialogues in which it is the party's turn. `waiting`: those in which it waits for the other side. `tests`:
    tests of the line that it has not answered. `alarms`: conflicts whose alarm is raised, those not heard first.
    """

    time: str
    owed: list[DialogueView]
    owed_left_out: int
    waiting: list[DialogueView]
    waiting_left_out: int
    tests: list[LineTestView]
    tests_left_out: int
    alarms: list[ConflictView]
    alarms_left_out: int


def step_views(message: Message) -> list[StepView]:
    """The posts that were called because of a message."""
    return [StepView(one.party, one.post, format_time(one.at_us), one.staffed) for one in message.steps]


def dialogue_view(
    dialogue: Dialogue,
    about: str | None,
    code: str,
    agreements: list[AgreementStatus],
    *,
    staffed: bool,
    now_us: int,
) -> DialogueView:
    """Where a dialogue stands at a time; `staffed` says whether somebody has the watch where it is."""
    turn = dialogue.owes or None
    post = dialogue.chain[dialogue.step] if dialogue.step < len(dialogue.chain) else None
    return DialogueView(
        dialogue_id=dialogue.dialogue_id,
        opener=dialogue.opener,
        other=dialogue.other,
        about=about,
        code=code,
        state=dialogue.state,
        result=dialogue.result or None,
        read_back=dialogue.read_back,
        question=dialogue.question or None,
        owes=turn,
        post=post if turn else None,
        answer_by=format_time(dialogue.answer_by_us) if dialogue.waiting_us is not None else None,
        overdue=bool(turn) and now_us > dialogue.first_by_us > 0,
        unstaffed=bool(turn) and not staffed,
        precedence=dialogue.precedence,
        answer_s=dialogue.answer_s or None,
        basis=dialogue.basis or None,
        messages=dialogue.messages,
        opened=format_time(dialogue.opened_us),
        changed=format_time(dialogue.changed_us),
        sequence=dialogue.changed_sequence,
        agreements=agreements,
    )
