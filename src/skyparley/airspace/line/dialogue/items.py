"""What dialogue holds in the shared state: the envelope of each message, and where each dialogue stands."""

import msgspec

from skyparley.airspace.limits import CLOSED_DIALOGUE_US
from skyparley.airspace.line.negotiation.commands import ProposedChange

MessageKey = tuple[str, int]
"""Dialogue and number."""


class Step(msgspec.Struct, frozen=True, array_like=True):
    """A post of a party was called, at a time; `staffed`: whether somebody had the watch there."""

    party: str
    post: str
    at_us: int
    staffed: bool


class Message(msgspec.Struct, frozen=True, array_like=True, tag="message"):
    """The envelope of a message. Times are microseconds since 1970 UTC, 0: not yet.

    `changes` are what a proposal would change; it, or its acceptance, was compared exactly up to `checked_through`.
    `step` is what it does for a case of assistance. `delayed`: it came after the time within which it was due. `steps`
    are the posts that were called because of it.
    """

    dialogue_id: str
    number: int
    from_party: str
    from_post: str
    to_party: str
    reference: int
    act: str
    precedence: str
    response: str
    digest: str
    sent_us: int
    sequence: int
    delayed: bool
    steps: tuple[Step, ...]
    received_us: int = 0
    read_us: int = 0
    read_post: str = ""
    changes: tuple[ProposedChange, ...] = ()
    checked_through: int = 0
    step: str = ""

    @property
    def key(self) -> MessageKey:
        """Dialogue and number."""
        return self.dialogue_id, self.number


class Dialogue(msgspec.Struct, frozen=True, array_like=True, tag="dialogue"):
    """Where a dialogue stands. `question` is the number of the message that waits for its answer, 0: none does.

    `reading` is that of the last read-back, `turn` that of the message after which it is the turn of the party `owes`.
    `assistance` is the case that it belongs to, or empty. `chain` are the posts that are called for it, `step` which of
    them now, `answer_by_us` when the next one is, and
    `first_by_us` when the first should have answered. `answer_s` and `basis`: the time for an answer and its clause.
    """

    dialogue_id: str
    opener: str
    other: str
    about: str
    state: str
    result: str
    read_back: str
    question: int
    reading: int
    turn: int
    owes: str
    precedence: str
    response: str
    answer_s: int
    basis: str
    chain: tuple[str, ...]
    step: int
    answer_by_us: int
    first_by_us: int
    messages: int
    opened_us: int
    changed_us: int
    changed_sequence: int
    assistance: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing can follow."""
        return self.state in ("closed", "declined", "aborted")

    @property
    def waiting_us(self) -> int | None:
        """When the question goes on to the next post, or out of time; None: no post has it."""
        return self.answer_by_us if self.state in ("open", "standby") else None

    @property
    def due_us(self) -> int | None:
        """When time alone changes it: an answer is late, or it was over for so long that it leaves."""
        if self.is_over or self.state == "told":
            return self.changed_us + CLOSED_DIALOGUE_US
        return self.waiting_us

    def peer(self, party: str) -> str:
        """The other of the two."""
        return self.other if party == self.opener else self.opener
