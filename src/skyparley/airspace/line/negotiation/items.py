"""What negotiation holds in the shared state: the alarm of each conflict between two parties."""

import msgspec


class Acknowledgement(msgspec.Struct, frozen=True, array_like=True):
    """A post has heard an alarm, at a time (microseconds since 1970 UTC)."""

    party: str
    post: str
    at_us: int


class Alarm(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="alarm"):
    """The alarm of a conflict: `waiting` for `at_us`, `warned` at once, or `unresolved` since `at_us` has come.

    `basis` is the clause (`agreement/version/clause`) by which it is raised or will be; empty for the defaults.
    `since_us` is when it was raised, 0: not yet. Only who has heard it in its present state is in `heard`.
    """

    conflict_id: str
    state: str
    at_us: int
    basis: str
    since_us: int
    heard: tuple[Acknowledgement, ...] = ()

    def is_heard_by(self, party: str) -> bool:
        """Whether a post of a party has heard it."""
        return any(one.party == party for one in self.heard)

    @property
    def due_us(self) -> int | None:
        """When time alone changes it."""
        return None if self.state == "unresolved" else self.at_us
