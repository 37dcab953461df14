"""What assistance holds in the shared state: one case, whom it called, and who acts."""

import msgspec

from skyparley.airspace.limits import CLOSED_DIALOGUE_US


class CalledParty(msgspec.Struct, frozen=True, array_like=True):
    """How a party that was called stands: a state of `HELPERS`, since when, and the operation that is its corridor."""

    party: str
    dialogue_id: str
    state: str
    since_us: int
    operation_id: str


class Assistance(msgspec.Struct, frozen=True, array_like=True, tag="assistance"):
    """A case of assistance. Times are microseconds since 1970 UTC."""

    assistance_id: str
    requester: str
    post: str
    state: str
    called: tuple[CalledParty, ...]
    requested_us: int
    changed_us: int
    changed_sequence: int

    @property
    def due_us(self) -> int | None:
        """When it leaves the state: some days after it was closed; the log keeps it."""
        return self.changed_us + CLOSED_DIALOGUE_US if self.state == "closed" else None
