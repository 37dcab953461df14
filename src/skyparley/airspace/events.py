"""What goes into `apply` and what comes out: proposals, events, refusals, outcomes, changes.

A proposal is a command with its author; an event is a proposal that has its place in the log. An outcome says what
became of it and lists, in order, everything that changed, so that a node can tell its clients without looking again.
"""

from enum import StrEnum
from typing import Final

import msgspec

from skyparley.airspace.commands import Command
from skyparley.airspace.dss.items import Availability, Constraint, Intent, Subscription
from skyparley.airspace.keeping.records import LiveOperation, Party, RecordedConflict, Refusal
from skyparley.airspace.keeping.shared import SharedCells
from skyparley.airspace.line.agreements.items import Agreement
from skyparley.airspace.line.assistance.items import Assistance
from skyparley.airspace.line.calls.items import VoiceCall
from skyparley.airspace.line.dialogue.items import Dialogue, Message
from skyparley.airspace.line.duty.items import LineTest, Post
from skyparley.errors import (
    ConflictingStateError,
    ForbiddenError,
    IdempotencyError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    SkyparleyError,
    UssDownError,
)

_ERRORS: Final = {
    kind.code: kind
    for kind in (
        ConflictingStateError,
        ForbiddenError,
        IdempotencyError,
        InvalidInputError,
        LimitExceededError,
        NotFoundError,
        UssDownError,
    )
}


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A command and its author, before it has a place in the log.

    `party` is empty for the node itself. `key_id` names the key by which the author was known. `claimed_time_us` is
    when the author says that it was said, microseconds since 1970 UTC; it counts where it is signed. `idempotency_key`
    is empty for none; `content_digest` is `codec.content_digest` of the body. The command must be one that `codec`
    accepts. `body` is its canonical body where that is at hand, so that it is not written twice.
    """

    party: str
    authentication: str
    command: Command
    key_id: str = ""
    claimed_time_us: int = 0
    idempotency_key: str = ""
    content_digest: bytes = b""
    body: bytes = b""


class Event(Proposal, frozen=True, kw_only=True):
    """A proposal with its place: sequence from 1, time in microseconds since 1970 UTC, both as the log assigned."""

    sequence: int
    time_us: int


class Repeated(msgspec.Struct, frozen=True):
    """The same command was here before: where, and how it was refused if it was."""

    first_sequence: int
    refusal: Refusal | None


class Verdict(StrEnum):
    """What became of an entry."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    REPEATED = "repeated"


class OperationChanged(msgspec.Struct, frozen=True, tag="operation_changed"):
    """An operation or hazard notice is new or has changed, and is live."""

    operation: LiveOperation


class OperationLeft(msgspec.Struct, frozen=True, tag="operation_left"):
    """An operation or hazard notice has left the airspace; `operation.state` is its final state."""

    operation: LiveOperation


class ConflictFound(msgspec.Struct, frozen=True, tag="conflict_found"):
    """Two live operations conflict."""

    conflict: RecordedConflict


class ConflictVoid(msgspec.Struct, frozen=True, tag="conflict_void"):
    """A conflict is over, because one of its operations left or was amended."""

    conflict: RecordedConflict


class ConflictChanged(msgspec.Struct, frozen=True, tag="conflict_changed"):
    """The alarm of a conflict was raised, or heard."""

    conflict: RecordedConflict


class PartyRegistered(msgspec.Struct, frozen=True, tag="party_registered"):
    """A party was admitted."""

    party: Party


class AgreementChanged(msgspec.Struct, frozen=True, tag="agreement_changed"):
    """An agreement is new or has changed: its draft, its version in force, or how a member stands to it."""

    agreement: Agreement


class PostChanged(msgspec.Struct, frozen=True, tag="post_changed"):
    """A post is new or has changed: who stands in for it, or who has the watch."""

    post: Post


class PostClosed(msgspec.Struct, frozen=True, tag="post_closed"):
    """A post was given up."""

    post: Post


class DialogueChanged(msgspec.Struct, frozen=True, tag="dialogue_changed"):
    """A dialogue is new or has changed, and with it these of its messages."""

    dialogue: Dialogue
    messages: tuple[Message, ...]


class AssistanceChanged(msgspec.Struct, frozen=True, tag="assistance_changed"):
    """A case of assistance is new or has changed: what was offered and agreed, who acts."""

    assistance: Assistance


class CallChanged(msgspec.Struct, frozen=True, tag="call_changed"):
    """A voice call is on record, or has changed: its text, a side's account, what became of a commitment."""

    call: VoiceCall


class LineTested(msgspec.Struct, frozen=True, tag="line_tested"):
    """A test of the line has begun, was answered, or is over."""

    test: LineTest


class ReferenceChanged(msgspec.Struct, frozen=True, tag="reference_changed"):
    """What a USS wrote into the DSS is new or has changed; or how available a USS is."""

    reference: Intent | Constraint | Subscription | Availability


class ReferenceLeft(msgspec.Struct, frozen=True, tag="reference_left"):
    """What a USS wrote into the DSS was deleted, or has ended; `reference` is as it was."""

    reference: Intent | Constraint | Subscription


class CellsShared(msgspec.Struct, frozen=True, tag="cells_shared"):
    """An operation and an operational intent of a USS share cells, altitude and time; more is not known here."""

    shared: SharedCells


class MinimaChanged(msgspec.Struct, frozen=True, tag="minima_changed"):
    """The separation minima between these parties changed: their flights are to be compared again."""

    members: tuple[str, ...]
    sequence: int


Change = (
    OperationChanged
    | OperationLeft
    | ConflictFound
    | ConflictVoid
    | ConflictChanged
    | PartyRegistered
    | AgreementChanged
    | MinimaChanged
    | PostChanged
    | PostClosed
    | DialogueChanged
    | LineTested
    | CallChanged
    | AssistanceChanged
    | ReferenceChanged
    | ReferenceLeft
    | CellsShared
)


class Outcome(msgspec.Struct, frozen=True):
    """What became of the entry `sequence`, and what changed, in order (expiry by time first).

    `first_sequence` is that of the first entry with the same idempotency key if this one repeats it, else its own.
    `refusal` is set if the entry was refused, or repeats one that was. `findings_void` counts findings of the entry
    whose operations had left or changed meanwhile. `notified` are the subscriptions of the DSS that are to be told of
    the entry: base URL, identifier, notification index.
    """

    sequence: int
    time_us: int
    verdict: Verdict
    first_sequence: int
    refusal: Refusal | None = None
    changes: tuple[Change, ...] = ()
    findings_void: int = 0
    notified: tuple[tuple[str, str, int], ...] = ()


def refusal_of(error: SkyparleyError) -> Refusal:
    """The refusal that stands for an error."""
    return Refusal(error.code, error.message, error.place or "")


def error_of(refusal: Refusal) -> SkyparleyError:
    """The error that a refusal stands for, with the HTTP status that belongs to it."""
    return _ERRORS.get(refusal.code, ConflictingStateError)(refusal.message, place=refusal.place or None)
