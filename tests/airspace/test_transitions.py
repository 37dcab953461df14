"""The tables: every pair of state and event, final states, and the diagrams in the documentation."""

from pathlib import Path

import pytest

from skyparley.airspace.dss.tables import AVAILABILITIES, CONSTRAINTS, INTENTS, SUBSCRIPTIONS
from skyparley.airspace.line.tables import (
    ALARMS,
    ASSISTANCE,
    CALLS,
    COMMITMENTS,
    DIALOGUES,
    DRAFTS,
    HELPERS,
    LINE_TESTS,
    READ_BACKS,
    STANDINGS,
)
from skyparley.airspace.transitions import HAZARDS, OPERATIONS, START, Table, is_final, mermaid, next_state
from skyparley.errors import ConflictingStateError

PAGE = Path(__file__).parents[2] / "docs" / "states.md"

ALLOWED_OPERATIONS = {
    ("none", "file"): "accepted",
    ("accepted", "amend"): "accepted",
    ("accepted", "activate"): "activated",
    ("accepted", "cancel"): "cancelled",
    ("accepted", "time"): "unused",
    ("activated", "amend"): "activated",
    ("activated", "end"): "ended",
    ("activated", "time"): "expired",
}
ALLOWED_HAZARDS = {
    ("none", "declare_unconfirmed"): "unconfirmed",
    ("none", "declare_confirmed"): "confirmed",
    ("unconfirmed", "confirm"): "confirmed",
    ("unconfirmed", "retract"): "retracted",
    ("unconfirmed", "time"): "expired",
    ("confirmed", "retract"): "retracted",
    ("confirmed", "time"): "expired",
}
ALLOWED_INTENTS = {
    ("none", "accept"): "Accepted",
    ("Accepted", "accept"): "Accepted",
    ("Accepted", "activate"): "Activated",
    ("Accepted", "leave_volumes"): "Nonconforming",
    ("Accepted", "declare_contingency"): "Contingent",
    ("Accepted", "delete"): "Ended",
    ("Accepted", "time"): "Expired",
    ("Activated", "accept"): "Accepted",
    ("Activated", "activate"): "Activated",
    ("Activated", "leave_volumes"): "Nonconforming",
    ("Activated", "declare_contingency"): "Contingent",
    ("Activated", "delete"): "Ended",
    ("Activated", "time"): "Expired",
    ("Nonconforming", "accept"): "Accepted",
    ("Nonconforming", "activate"): "Activated",
    ("Nonconforming", "leave_volumes"): "Nonconforming",
    ("Nonconforming", "declare_contingency"): "Contingent",
    ("Nonconforming", "delete"): "Ended",
    ("Nonconforming", "time"): "Expired",
    ("Contingent", "declare_contingency"): "Contingent",
    ("Contingent", "delete"): "Ended",
    ("Contingent", "time"): "Expired",
}
ALLOWED_CONSTRAINTS = {
    ("none", "create"): "valid",
    ("valid", "update"): "valid",
    ("valid", "delete"): "deleted",
    ("valid", "time"): "expired",
}
ALLOWED_SUBSCRIPTIONS = {
    ("none", "create"): "active",
    ("none", "serve_intent"): "implicit",
    ("active", "update"): "active",
    ("active", "delete"): "deleted",
    ("active", "time"): "expired",
    ("implicit", "serve_no_more"): "deleted",
}
ALLOWED_AVAILABILITIES = {
    (before, word): word for before in ("none", "Unknown", "Normal", "Down") for word in ("Unknown", "Normal", "Down")
}
ALLOWED_DRAFTS = {
    ("none", "draft"): "proposed",
    ("proposed", "propose"): "proposed",
    ("proposed", "answer"): "proposed",
    ("proposed", "reserve"): "reserved",
    ("proposed", "accept"): "accepted",
    ("reserved", "propose"): "proposed",
    ("reserved", "answer"): "proposed",
    ("reserved", "reserve"): "reserved",
    ("accepted", "propose"): "proposed",
    ("accepted", "reserve"): "reserved",
    ("accepted", "all_accept"): "in_force",
}
ALLOWED_STANDINGS = {
    ("none", "all_accept"): "accepted",
    ("accepted", "all_accept"): "accepted",
    ("accepted", "announce"): "accepted",
    ("accepted", "resume"): "accepted",
    ("accepted", "suspend"): "suspended",
    ("accepted", "terminate"): "terminated",
    ("suspended", "all_accept"): "accepted",
    ("suspended", "announce"): "suspended",
    ("suspended", "resume"): "accepted",
    ("suspended", "terminate"): "terminated",
}
_WHILE_DUE = {
    "ask": "open",
    "counter": "open",
    "standby": "standby",
    "read_back": "open",
    "confirm": "open",
    "accept": "closed",
    "refuse": "closed",
    "settle": "told",
    "decline": "declined",
    "abort": "aborted",
}
ALLOWED_DIALOGUES = {
    ("none", "ask"): "open",
    ("none", "tell"): "told",
    ("told", "ask"): "open",
    ("told", "tell"): "told",
    ("told", "close"): "closed",
    **{(state, event): after for state in ("open", "standby", "timed_out") for event, after in _WHILE_DUE.items()},
    **{(state, "tell"): state for state in ("open", "standby", "timed_out")},
    **{(state, "escalate"): "open" for state in ("open", "standby")},
    **{(state, "time_out"): "timed_out" for state in ("open", "standby")},
}
ALLOWED_READ_BACKS = {
    ("none", "ask_with"): "due",
    ("none", "ask_without"): "not_needed",
    ("due", "read_back"): "comparing",
    ("comparing", "match"): "matched",
    ("comparing", "mismatch"): "mismatch",
    ("mismatch", "read_back"): "comparing",
    ("matched", "read_back"): "comparing",
    ("matched", "confirm"): "confirmed",
}
ALLOWED_LINE_TESTS = {
    ("none", "begin"): "waiting",
    ("waiting", "answer"): "answered",
    ("waiting", "decline"): "declined",
    ("waiting", "time"): "unanswered",
    ("unanswered", "answer"): "answered_late",
    ("unanswered", "decline"): "declined",
}
ALLOWED_ALARMS = {
    ("none", "find"): "waiting",
    ("none", "find_and_warn"): "warned",
    ("none", "find_late"): "unresolved",
    ("waiting", "time"): "unresolved",
    ("warned", "acknowledge"): "warned",
    ("warned", "time"): "unresolved",
    ("unresolved", "acknowledge"): "unresolved",
}
ALLOWED_ASSISTANCE = {
    ("none", "request"): "requested",
    ("requested", "offer"): "offered",
    ("requested", "agree"): "agreed",
    ("requested", "start_over"): "requested",
    ("requested", "refuse"): "declined",
    ("requested", "close"): "closed",
    ("offered", "offer"): "offered",
    ("offered", "agree"): "agreed",
    ("offered", "fall_back"): "offered",
    ("offered", "start_over"): "requested",
    ("offered", "refuse"): "declined",
    ("offered", "close"): "closed",
    ("agreed", "offer"): "agreed",
    ("agreed", "agree"): "agreed",
    ("agreed", "under_way"): "under_way",
    ("agreed", "fall_back"): "offered",
    ("agreed", "start_over"): "requested",
    ("agreed", "refuse"): "declined",
    ("agreed", "close"): "closed",
    ("under_way", "offer"): "under_way",
    ("under_way", "agree"): "under_way",
    ("under_way", "under_way"): "under_way",
    ("under_way", "close"): "closed",
    ("declined", "offer"): "offered",
    ("declined", "agree"): "agreed",
    ("declined", "close"): "closed",
}
ALLOWED_HELPERS = {
    ("none", "call"): "called",
    ("called", "offer"): "offered",
    ("called", "agree"): "agreed",
    ("called", "refuse"): "declined",
    ("offered", "offer"): "offered",
    ("offered", "agree"): "agreed",
    ("offered", "refuse"): "declined",
    ("declined", "offer"): "offered",
    ("declined", "agree"): "agreed",
    ("agreed", "offer"): "agreed",
    ("agreed", "agree"): "agreed",
    ("agreed", "refuse"): "declined",
    ("agreed", "under_way"): "under_way",
    ("agreed", "complete"): "done",
    ("under_way", "agree"): "under_way",
    ("under_way", "under_way"): "under_way",
    ("under_way", "complete"): "done",
}
ALLOWED_CALLS = {
    ("none", "record"): "draft",
    ("draft", "revise"): "draft",
    ("draft", "agree"): "agreed",
    ("draft", "read_out"): "separate",
    ("separate", "revise"): "draft",
    ("separate", "agree"): "agreed",
    ("separate", "read_out"): "separate",
    ("agreed", "read_out"): "agreed",
}
ALLOWED_COMMITMENTS = {
    ("none", "draft"): "drafted",
    ("drafted", "agree"): "due",
    ("due", "meet"): "met",
    ("due", "partly"): "partial",
    ("due", "fail"): "not_met",
    ("due", "time"): "overdue",
    ("overdue", "meet"): "met",
    ("overdue", "partly"): "partial",
    ("overdue", "fail"): "not_met",
    ("met", "dispute"): "disputed",
    ("partial", "meet"): "met",
    ("partial", "fail"): "not_met",
    ("partial", "dispute"): "disputed",
    ("not_met", "meet"): "met",
    ("not_met", "dispute"): "disputed",
    ("disputed", "meet"): "met",
    ("disputed", "partly"): "partial",
    ("disputed", "fail"): "not_met",
}
TABLES = (
    OPERATIONS,
    HAZARDS,
    DRAFTS,
    STANDINGS,
    DIALOGUES,
    READ_BACKS,
    LINE_TESTS,
    ALARMS,
    ASSISTANCE,
    HELPERS,
    CALLS,
    COMMITMENTS,
    INTENTS,
    CONSTRAINTS,
    SUBSCRIPTIONS,
    AVAILABILITIES,
)
EVENTS = sorted({event for table in TABLES for events in table.values() for event in events} | {"fly"})


@pytest.mark.parametrize(
    ("table", "allowed"),
    [
        (OPERATIONS, ALLOWED_OPERATIONS),
        (HAZARDS, ALLOWED_HAZARDS),
        (DRAFTS, ALLOWED_DRAFTS),
        (STANDINGS, ALLOWED_STANDINGS),
        (DIALOGUES, ALLOWED_DIALOGUES),
        (READ_BACKS, ALLOWED_READ_BACKS),
        (LINE_TESTS, ALLOWED_LINE_TESTS),
        (ALARMS, ALLOWED_ALARMS),
        (ASSISTANCE, ALLOWED_ASSISTANCE),
        (HELPERS, ALLOWED_HELPERS),
        (CALLS, ALLOWED_CALLS),
        (COMMITMENTS, ALLOWED_COMMITMENTS),
        (INTENTS, ALLOWED_INTENTS),
        (CONSTRAINTS, ALLOWED_CONSTRAINTS),
        (SUBSCRIPTIONS, ALLOWED_SUBSCRIPTIONS),
        (AVAILABILITIES, ALLOWED_AVAILABILITIES),
    ],
)
def test_every_pair_of_state_and_event(table: Table, allowed: dict[tuple[str, str], str]) -> None:
    for state in (*table, "unheard of"):
        for event in EVENTS:
            if (state, event) in allowed:
                assert next_state(table, state, event) == allowed[state, event]
            else:
                with pytest.raises(ConflictingStateError, match=event):
                    next_state(table, state, event)


@pytest.mark.parametrize("table", TABLES)
def test_every_state_is_reached_and_every_live_state_can_leave(table: Table) -> None:
    reached, todo = set(), [START]
    while todo:
        state = todo.pop()
        if state not in reached:
            reached.add(state)
            todo += table[state].values()
    assert reached == set(table)
    for state in table:
        assert is_final(table, state) == (not table[state])
        if table in (OPERATIONS, HAZARDS) and state != START and not is_final(table, state):
            assert is_final(table, next_state(table, state, "time"))


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("operations", OPERATIONS),
        ("hazards", HAZARDS),
        ("drafts", DRAFTS),
        ("standings", STANDINGS),
        ("dialogues", DIALOGUES),
        ("read-backs", READ_BACKS),
        ("line tests", LINE_TESTS),
        ("alarms", ALARMS),
        ("assistance", ASSISTANCE),
        ("helpers", HELPERS),
        ("calls", CALLS),
        ("commitments", COMMITMENTS),
        ("operational intents", INTENTS),
        ("constraints", CONSTRAINTS),
        ("subscriptions", SUBSCRIPTIONS),
        ("availabilities", AVAILABILITIES),
    ],
)
def test_the_documentation_shows_the_table(name: str, table: Table) -> None:
    block = f"```mermaid\n{mermaid(table)}```\n"
    assert block in PAGE.read_text(encoding="utf-8"), f"docs/states.md must show for {name}:\n{block}"
