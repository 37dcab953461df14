"""What leaves the node about duty: posts and their watches for everyone, tests of the line for the members."""

from collections.abc import Mapping

import msgspec

from skyparley.airspace.line.duty.items import LineTest, Post
from skyparley.geometry.interval import format_time


class WatchView(msgspec.Struct, frozen=True):
    """A watch: its identifier, and since when; `person` is the login of who has it, for its own party."""

    watch: str
    since: str
    person: str | None


class PostView(msgspec.Struct, frozen=True):
    """A post: where it goes on from here, and who has the watch. The hand-over note is for its own party only."""

    party: str
    post: str
    deputies: list[str]
    next_post: str | None
    staffed: bool
    watches: list[WatchView]
    note: str | None
    note_time: str | None
    sequence: int


class PostAnswer(msgspec.Struct, frozen=True):
    """The answer to a command on a post: as it is at `sequence`; `watch` is the one that began."""

    post: PostView
    sequence: int
    watch: str | None = None


class PostPage(msgspec.Struct, frozen=True):
    """The posts of a party; `next` is always null."""

    items: list[PostView]
    next: None


class TestAnswerView(msgspec.Struct, frozen=True):
    """How a member stands to a test: waiting, answered, answered_late, declined or unanswered."""

    party: str
    state: str
    since: str
    post: str | None


class LineTestView(msgspec.Struct, frozen=True):
    """A test of the line between the members of an agreement; `basis` is the clause that says how long it may take."""

    agreement_id: str
    number: int
    begun: str
    answer_by: str
    basis: str | None
    called_by: str | None
    answers: list[TestAnswerView]
    over: bool
    sequence: int


class LineTestPage(msgspec.Struct, frozen=True):
    """The last tests of an agreement's line, the newest first; `next_test` is when the schedule has the next one."""

    items: list[LineTestView]
    next_test: str | None
    next: None


class LineTestAnswer(msgspec.Struct, frozen=True):
    """The answer to a command on a test of the line: as it is at `sequence`."""

    test: LineTestView
    sequence: int


def post_view(post: Post, note: str | None, people: Mapping[str, str | None]) -> PostView:
    """A post; `note` is the text of its last hand-over note, `people` who has its watches: for its own party."""
    return PostView(
        party=post.party,
        post=post.post,
        deputies=list(post.deputies),
        next_post=post.next_post or None,
        staffed=post.staffed,
        watches=[WatchView(one.watch, format_time(one.since_us), people.get(one.watch)) for one in post.watches],
        note=note,
        note_time=format_time(post.note_us) if note is not None else None,
        sequence=post.changed_sequence,
    )


def line_test_view(test: LineTest) -> LineTestView:
    """A test of the line."""
    return LineTestView(
        agreement_id=test.agreement_id,
        number=test.number,
        begun=format_time(test.begun_us),
        answer_by=format_time(test.answer_by_us),
        basis=test.basis or None,
        called_by=test.called_by or None,
        answers=[
            TestAnswerView(one.party, one.state, format_time(one.since_us), one.post or None) for one in test.answers
        ],
        over=test.over,
        sequence=test.changed_sequence,
    )
