"""What leaves the node about assistance: closed records whose JSON encoding is the body of the HTTP API.

A case is shown to whoever asked and to all that were called: who acts is for everybody to know.
"""

from typing import Any

import msgspec

from skyparley.airspace.line.assistance.items import Assistance
from skyparley.geometry.interval import format_time


class CalledView(msgspec.Struct, frozen=True):
    """How a party stands that was called; its dialogue is for the two only, the corridor's name for all concerned."""

    party: str
    state: str
    since: str
    dialogue_id: str | None
    operation_id: str | None


class AssistanceView(msgspec.Struct, frozen=True):
    """A case: requested, offered, agreed, under_way, declined (by all that were called), or closed.

    `title` and `text` are what was asked, in the language that was asked for; null in event streams.
    """

    assistance_id: str
    requester: str
    post: str
    state: str
    called: list[CalledView]
    parameters: dict[str, Any]
    requested: str
    changed: str
    sequence: int
    title: str | None
    text: str | None


class AssistanceAnswer(msgspec.Struct, frozen=True):
    """The answer to a command on a case. `unreachable` are parties that have no post at which they could be called."""

    assistance: AssistanceView
    unreachable: list[str]
    sequence: int


class AssistancePage(msgspec.Struct, frozen=True):
    """Cases, the newest first; `next` is always null."""

    items: list[AssistanceView]
    next: None


def called_views(case: Assistance, party: str, *, all_of_it: bool) -> list[CalledView]:
    """How each party stands, for a reader of a party."""
    return [
        CalledView(
            party=one.party,
            state=one.state,
            since=format_time(one.since_us),
            dialogue_id=one.dialogue_id if all_of_it or party in (case.requester, one.party) else None,
            operation_id=one.operation_id or None,
        )
        for one in case.called
    ]
