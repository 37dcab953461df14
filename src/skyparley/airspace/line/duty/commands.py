"""The commands of duty: posts are set up, watches begin and end, the line is tested.

A person is a post in the log, never a name: a watch has an identifier that the node draws, and only the vault of the
party's own node knows whose it is. A hand-over note lies in the vault too; here is its digest.
"""

import msgspec


class DefinePost(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="define_post", tag_field="kind"):
    """A party sets up a post, or says anew who stands in for it.

    What is not answered at the post goes to its `deputies` in turn, which are posts too, and then to `next_post` (none
    if empty) and its deputies.
    """

    post: str
    deputies: tuple[str, ...]
    next_post: str


class ClosePost(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="close_post", tag_field="kind"):
    """A party gives up a post, once nobody has the watch there and nothing refers to it."""

    post: str


class TakeWatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="take_watch", tag_field="kind"):
    """Somebody begins a watch at a post of the party; `watch` is drawn by chance."""

    post: str
    watch: str


class LeaveWatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="leave_watch", tag_field="kind"):
    """A watch ends. `note_digest` is the SHA-256 of what is handed over, empty for nothing."""

    post: str
    watch: str
    note_digest: str


class CallLineTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="call_line_test", tag_field="kind"):
    """A member of an agreement has the line tested now, beside the tests that the agreement schedules."""

    agreement_id: str
    post: str


class AnswerLineTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="answer_line_test", tag_field="kind"):
    """A post of a member answers a test of the line, or declines to: that is not the same as silence."""

    agreement_id: str
    number: int
    post: str
    declined: bool


PostCommand = DefinePost | ClosePost | TakeWatch | LeaveWatch
LineTestCommand = CallLineTest | AnswerLineTest
