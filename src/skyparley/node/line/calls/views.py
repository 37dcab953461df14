"""What leaves the node about calls: closed records whose JSON encoding is the body of the HTTP API, for the two."""

import msgspec

from skyparley.airspace.line.calls.items import VoiceCall
from skyparley.geometry.interval import format_time


class CallText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was said, as it is kept: `decisions` empty means that there were no tactical decisions."""

    language: str
    agenda: str
    text: str
    decisions: list[str]
    commitments: list[str]


class ParticipantView(msgspec.Struct, frozen=True):
    """A post that took part."""

    party: str
    post: str


class CommitmentView(msgspec.Struct, frozen=True):
    """A commitment: what, whose, until when, how it stands, and what was last said about it."""

    number: int
    text: str
    owner: str
    due: str
    state: str
    since: str
    said: str | None


class AccountView(msgspec.Struct, frozen=True):
    """A side's own account."""

    party: str
    text: str


class CallView(msgspec.Struct, frozen=True):
    """A call: a draft, agreed, or with separate accounts; `drafted_by` wrote this revision of the text."""

    call_id: str
    recorder: str
    other: str
    participants: list[ParticipantView]
    began: str
    lasted_s: int
    state: str
    revision: int
    drafted_by: str
    language: str
    agenda: str
    text: str
    decisions: list[str]
    no_tactical_decisions: bool
    commitments: list[CommitmentView]
    accounts: list[AccountView]
    recorded: str
    changed: str
    sequence: int


class CallAnswer(msgspec.Struct, frozen=True):
    """The answer to a command on a call: as it stands at `sequence`."""

    call: CallView
    sequence: int


class CallPage(msgspec.Struct, frozen=True):
    """Calls, the newest first; `next` is always null."""

    items: list[CallView]
    next: None


def call_view(call: VoiceCall, text: CallText, said: dict[str, str]) -> CallView:
    """A call with its texts; `said` has those of digests."""
    return CallView(
        call_id=call.call_id,
        recorder=call.recorder,
        other=call.other,
        participants=[ParticipantView(one.party, one.post) for one in call.participants],
        began=format_time(call.began_us),
        lasted_s=call.lasted_s,
        state=call.state,
        revision=call.revision,
        drafted_by=call.drafted_by,
        language=text.language,
        agenda=text.agenda,
        text=text.text,
        decisions=text.decisions,
        no_tactical_decisions=not call.decided,
        commitments=[
            CommitmentView(
                number=one.number,
                text=words,
                owner=one.owner,
                due=format_time(one.due_us),
                state=one.state,
                since=format_time(one.since_us),
                said=said.get(one.text_digest),
            )
            for one, words in zip(call.commitments, text.commitments, strict=True)
        ],
        accounts=[AccountView(party, said[digest]) for party, digest in call.accounts],
        recorded=format_time(call.recorded_us),
        changed=format_time(call.changed_us),
        sequence=call.changed_sequence,
    )
