"""The commands of calls: a voice call is put on record, its text agreed or each side's own, its commitments reported.

Texts lie in the vaults of the two parties; here are their digests, and what must be counted: posts, times, owners.
Times are microseconds since 1970 UTC.
"""

import msgspec


class Participant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A post took part: never a name."""

    party: str
    post: str


class Commitment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody will do something by a time; what it is stands in the call's text."""

    owner: str
    due_us: int


class RecordCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="record_call", tag_field="kind"):
    """A call was held; this is the first draft of its text. `decided`: whether it came to tactical decisions."""

    call_id: str
    other: str
    post: str
    participants: tuple[Participant, ...]
    began_us: int
    lasted_s: int
    decided: bool
    commitments: tuple[Commitment, ...]
    text_digest: str


class ReviseCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="revise_call", tag_field="kind"):
    """Another draft of the text, in place of `revision`."""

    call_id: str
    revision: int
    post: str
    decided: bool
    commitments: tuple[Commitment, ...]
    text_digest: str


class AgreeCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="agree_call", tag_field="kind"):
    """The other side agrees to a draft: its commitments are due from now on."""

    call_id: str
    revision: int
    post: str


class ReadOutCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="read_out_call", tag_field="kind"):
    """A side's own account of the call."""

    call_id: str
    post: str
    text_digest: str


class ReportCommitment(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="report_commitment", tag_field="kind"
):
    """What became of a commitment: its owner says `meet`, `partly` or `fail`, the other side may `dispute` it."""

    call_id: str
    number: int
    post: str
    word: str
    text_digest: str


CallCommand = RecordCall | ReviseCall | AgreeCall | ReadOutCall | ReportCommitment
