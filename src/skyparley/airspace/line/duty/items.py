"""What duty holds in the shared state: posts with their watches, and tests of the line with everybody's answer."""

import msgspec

PostKey = tuple[str, str]
"""Party and post."""


class Watch(msgspec.Struct, frozen=True, array_like=True):
    """Somebody has the watch, since a time (microseconds since 1970 UTC)."""

    watch: str
    since_us: int


class Post(msgspec.Struct, frozen=True, array_like=True, tag="post"):
    """A post of a party, where it goes on from here, and who has the watch now, in the order in which they came.

    `note_digest` is that of the last hand-over note, `note_us` its time; empty and 0: none yet.
    """

    party: str
    post: str
    deputies: tuple[str, ...]
    next_post: str
    watches: tuple[Watch, ...]
    note_digest: str
    note_us: int
    changed_sequence: int

    @property
    def key(self) -> PostKey:
        """Party and post."""
        return self.party, self.post

    @property
    def staffed(self) -> bool:
        """Whether somebody has the watch."""
        return bool(self.watches)


class TestAnswer(msgspec.Struct, frozen=True, array_like=True):
    """How a member stands to a test of the line: a state of `LINE_TESTS`, since when, and the post that answered."""

    party: str
    state: str
    since_us: int
    post: str


class LineTest(msgspec.Struct, frozen=True, array_like=True, tag="line_test"):
    """A test of the line between the members of an agreement; `basis` is the clause, empty if a post called it."""

    agreement_id: str
    number: int
    begun_us: int
    answer_by_us: int
    basis: str
    called_by: str
    answers: tuple[TestAnswer, ...]
    over: bool
    changed_sequence: int

    @property
    def due_us(self) -> int | None:
        """When silence is put on record; None once it was, or all have answered."""
        return None if self.over else self.answer_by_us
