"""The commands of a dialogue: the public envelope of messages, and what became of them.

What a message says lies in the vaults of its two parties; here is its digest, over salted bytes, so that nobody can
find it by trying. The node of the sender writes act and response from the catalogue (ICAO Doc 4444, CPDLC).
"""

import msgspec

from skyparley.airspace.line.negotiation.commands import Amendment, ProposedChange
from skyparley.airspace.operations.commands import Extent


class OpenDialogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="open_dialogue", tag_field="kind"):
    """A post of a party speaks to a post of another; `dialogue_id` is drawn by the node.

    `about` is the identifier of a conflict, or empty. `response` is what is asked for: WU, AN, R, Y, or N for nothing.
    `read_back` says that the message has fields to be read back. `body_digest` is the SHA-256 of salt and body. A
    proposal has `changes`, which the node compared exactly with everything filed up to `checked_through`.
    """

    dialogue_id: str
    to_party: str
    about: str
    from_post: str
    to_post: str
    precedence: str
    response: str
    read_back: bool
    body_digest: str
    changes: tuple[ProposedChange, ...] = ()
    checked_through: int = 0


class SendMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="send_message", tag_field="kind"):
    """One more message in a dialogue; `reference` is the number of the message that it is about, 0 for none.

    `act` is one of `ACTS`; `precedence`, `response`, `read_back` and `changes` count where it asks. The acceptance of
    a proposal has `amendments`, and `watched`: where nothing may have been filed since `checked_through`.
    """

    dialogue_id: str
    reference: int
    from_post: str
    act: str
    precedence: str
    response: str
    read_back: bool
    body_digest: str
    changes: tuple[ProposedChange, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    watched: tuple[Extent, ...] = ()
    checked_through: int = 0
    step: str = ""


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message has reached a machine of the party that it is for."""

    dialogue_id: str
    number: int


class ReceiveMessages(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="receive_messages", tag_field="kind"
):
    """Machine receipts, sorted by dialogue and number, each once. It says nothing about anybody having read them."""

    receipts: tuple[Receipt, ...]


class ReadMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="read_message", tag_field="kind"):
    """Somebody at a post of the party has read a message that is for it. It is no answer."""

    dialogue_id: str
    number: int
    post: str


class RecordReadBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="record_read_back", tag_field="kind"):
    """What the node found when it compared a read-back, message `number`, field by field with the question."""

    dialogue_id: str
    number: int
    question_digest: str
    read_back_digest: str
    matches: bool


STEPS = ("", "offer", "corridor", "under_way", "complete")
"""What a message does for a case of assistance."""
ACTS = ("open", "accept", "refuse", "standby", "read_back", "confirm", "note", "close")
RESPONSES = ("WU", "AN", "R", "Y", "N")
DialogueCommand = OpenDialogue | SendMessage | ReceiveMessages | ReadMessage | RecordReadBack
