"""What calls hold in the shared state: who took part, how the text stands, and what was committed."""

import msgspec

from skyparley.airspace.limits import KEPT_CALL_US
from skyparley.airspace.line.calls.commands import Participant


class HeldCommitment(msgspec.Struct, frozen=True, array_like=True):
    """A commitment of a call: a state of `COMMITMENTS`, since when, and the digest of what was last said about it."""

    number: int
    owner: str
    due_us: int
    state: str
    since_us: int
    text_digest: str


class VoiceCall(msgspec.Struct, frozen=True, array_like=True, tag="call"):
    """A voice call of two parties. Times are microseconds since 1970 UTC.

    `drafted_by` wrote `revision` of the text; `accounts` are each side's own, (party, digest), by party.
    """

    call_id: str
    recorder: str
    other: str
    participants: tuple[Participant, ...]
    began_us: int
    lasted_s: int
    state: str
    revision: int
    drafted_by: str
    decided: bool
    text_digest: str
    commitments: tuple[HeldCommitment, ...]
    accounts: tuple[tuple[str, str], ...]
    recorded_us: int
    changed_us: int
    changed_sequence: int

    @property
    def due_us(self) -> int:
        """When time alone changes it: a commitment is overdue, or it was left alone for so long that it leaves."""
        due = [one.due_us for one in self.commitments if one.state == "due"]
        return min(due) if due else self.changed_us + KEPT_CALL_US

    def peer(self, party: str) -> str:
        """The other of the two."""
        return self.other if party == self.recorder else self.recorder
