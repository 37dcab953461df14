"""What leaves the node about negotiation: closed records whose JSON encoding is the body of the HTTP API."""

import msgspec

from skyparley.airspace.line.negotiation.items import Alarm
from skyparley.geometry.interval import format_time


class HeardView(msgspec.Struct, frozen=True):
    """A post has heard an alarm."""

    party: str
    post: str
    time: str


class AlarmView(msgspec.Struct, frozen=True):
    """The alarm of a conflict: `waiting` until `at`, `warned` at once, or `unresolved`, raised at `since`.

    `basis` is the clause by which it is or will be raised, null for the default: when the later operation begins.
    """

    state: str
    at: str
    since: str | None
    basis: str | None
    heard: list[HeardView]


class ProposedChangeView(msgspec.Struct, frozen=True):
    """An operation that a proposal would change; its name, times and shapes as far as they are for the reader.

    Version 0: the corridor of an assistance, which would be new.
    """

    party: str
    operation_id: str | None
    version: int
    begin: str | None
    end: str | None
    volumes: msgspec.Raw | None
    trajectories: msgspec.Raw | None


class ProposalView(msgspec.Struct, frozen=True):
    """The proposal that waits in a dialogue, compared anew.

    `clear`: it could be accepted now. `against`: why not, in sentences; `standing`: conflicts with others that the
    operations have anyway, and would keep.
    """

    dialogue_id: str
    number: int
    changes: list[ProposedChangeView]
    clear: bool
    against: list[str]
    standing: list[str]
    checked_through: int


def alarm_view(alarm: Alarm) -> AlarmView:
    """An alarm; both sides see the same."""
    return AlarmView(
        state=alarm.state,
        at=format_time(alarm.at_us),
        since=format_time(alarm.since_us) if alarm.since_us else None,
        basis=alarm.basis or None,
        heard=[HeardView(one.party, one.post, format_time(one.at_us)) for one in alarm.heard],
    )
