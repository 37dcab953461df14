"""The life of what is on the line as tables: states × events → states, each in one literal (`transitions.py`).

The diagrams in `docs/states.md` are drawn from here, and a test compares. The event `time` needs no author.
"""

from typing import Final

from skyparley.airspace.transitions import START, Table

DRAFTS: Final[Table] = {
    START: {"draft": "proposed"},
    "proposed": {"propose": "proposed", "answer": "proposed", "reserve": "reserved", "accept": "accepted"},
    "reserved": {"propose": "proposed", "answer": "proposed", "reserve": "reserved"},
    "accepted": {"propose": "proposed", "reserve": "reserved", "all_accept": "in_force"},
    "in_force": {},
}
"""How one member stands to a draft. `answer`: it has accepted the last clause on which it had a reservation."""

STANDINGS: Final[Table] = {
    START: {"all_accept": "accepted"},
    "accepted": {
        "all_accept": "accepted",
        "announce": "accepted",
        "resume": "accepted",
        "suspend": "suspended",
        "terminate": "terminated",
    },
    "suspended": {
        "all_accept": "accepted",
        "announce": "suspended",
        "resume": "accepted",
        "terminate": "terminated",
    },
    "terminated": {},
}
"""How one member stands to the version in force. `announce`: a suspension or termination is to begin later, which
`suspend` and `terminate` then are."""

DIALOGUES: Final[Table] = {
    START: {"ask": "open", "tell": "told"},
    "told": {"ask": "open", "tell": "told", "close": "closed"},
    "open": {
        "ask": "open",
        "tell": "open",
        "counter": "open",
        "standby": "standby",
        "read_back": "open",
        "confirm": "open",
        "accept": "closed",
        "refuse": "closed",
        "settle": "told",
        "decline": "declined",
        "abort": "aborted",
        "escalate": "open",
        "time_out": "timed_out",
    },
    "standby": {
        "ask": "open",
        "tell": "standby",
        "counter": "open",
        "standby": "standby",
        "read_back": "open",
        "confirm": "open",
        "accept": "closed",
        "refuse": "closed",
        "settle": "told",
        "decline": "declined",
        "abort": "aborted",
        "escalate": "open",
        "time_out": "timed_out",
    },
    "timed_out": {
        "ask": "open",
        "tell": "timed_out",
        "counter": "open",
        "standby": "standby",
        "read_back": "open",
        "confirm": "open",
        "accept": "closed",
        "refuse": "closed",
        "settle": "told",
        "decline": "declined",
        "abort": "aborted",
    },
    "closed": {},
    "declined": {},
    "aborted": {},
}
"""A dialogue of two parties about one question at a time. `tell` (free text, notes) closes nothing; `ask` puts a
question, `counter` answers one with another; `settle` is an answer in a case of assistance, which goes on; `decline`
says that no answer will come, `abort` takes one's question back; `escalate` is put before the next post, and `time_out`
had no post left: an answer is still due, and alarms."""

READ_BACKS: Final[Table] = {
    START: {"ask_with": "due", "ask_without": "not_needed"},
    "due": {"read_back": "comparing"},
    "comparing": {"match": "matched", "mismatch": "mismatch"},
    "mismatch": {"read_back": "comparing"},
    "matched": {"read_back": "comparing", "confirm": "confirmed"},
    "not_needed": {},
    "confirmed": {},
}
"""The read-back of a question. The node compares (`match`, `mismatch`); only after a match can the one who asked say
`confirm` (read-back OK), and only then, or where nothing is to be read back, can the question be accepted."""

ALARMS: Final[Table] = {
    START: {"find": "waiting", "find_and_warn": "warned", "find_late": "unresolved"},
    "waiting": {"time": "unresolved"},
    "warned": {"acknowledge": "warned", "time": "unresolved"},
    "unresolved": {"acknowledge": "unresolved"},
}
"""The alarm of a conflict between two parties; it is gone with the conflict. `find_and_warn`: a class is involved that
warns at once; `find_late`: its time had come already when the conflict was found."""

ASSISTANCE: Final[Table] = {
    START: {"request": "requested"},
    "requested": {"offer": "offered", "agree": "agreed", "start_over": "requested", "refuse": "declined",
                  "close": "closed"},
    "offered": {"offer": "offered", "agree": "agreed", "fall_back": "offered", "start_over": "requested",
                "refuse": "declined", "close": "closed"},
    "agreed": {"offer": "agreed", "agree": "agreed", "under_way": "under_way", "fall_back": "offered",
               "start_over": "requested", "refuse": "declined", "close": "closed"},
    "under_way": {"offer": "under_way", "agree": "under_way", "under_way": "under_way", "close": "closed"},
    "declined": {"offer": "offered", "agree": "agreed", "close": "closed"},
    "closed": {},
}  # fmt: skip
"""A case of assistance. When nobody acts any more, because somebody has declined: `fall_back` where offers are left,
`start_over` where some have not answered, `refuse` where all have declined; a later offer still counts."""

HELPERS: Final[Table] = {
    START: {"call": "called"},
    "called": {"offer": "offered", "agree": "agreed", "refuse": "declined"},
    "offered": {"offer": "offered", "agree": "agreed", "refuse": "declined"},
    "declined": {"offer": "offered", "agree": "agreed"},
    "agreed": {
        "offer": "agreed", "agree": "agreed", "refuse": "declined", "under_way": "under_way", "complete": "done",
    },
    "under_way": {"agree": "under_way", "under_way": "under_way", "complete": "done"},
    "done": {},
}  # fmt: skip
"""How one party stands that was called for assistance."""

CALLS: Final[Table] = {
    START: {"record": "draft"},
    "draft": {"revise": "draft", "agree": "agreed", "read_out": "separate"},
    "separate": {"revise": "draft", "agree": "agreed", "read_out": "separate"},
    "agreed": {"read_out": "agreed"},
}
"""The text of a voice call. `separate`: a side has given its own account, and no text is agreed."""

COMMITMENTS: Final[Table] = {
    START: {"draft": "drafted"},
    "drafted": {"agree": "due"},
    "due": {"meet": "met", "partly": "partial", "fail": "not_met", "time": "overdue"},
    "overdue": {"meet": "met", "partly": "partial", "fail": "not_met"},
    "met": {"dispute": "disputed"},
    "partial": {"meet": "met", "fail": "not_met", "dispute": "disputed"},
    "not_met": {"meet": "met", "dispute": "disputed"},
    "disputed": {"meet": "met", "partly": "partial", "fail": "not_met"},
}
"""What somebody committed to in a call: its owner reports, the other side may dispute it."""

LINE_TESTS: Final[Table] = {
    START: {"begin": "waiting"},
    "waiting": {"answer": "answered", "decline": "declined", "time": "unanswered"},
    "unanswered": {"answer": "answered_late", "decline": "declined"},
    "answered": {},
    "declined": {},
    "answered_late": {},
}
"""How one member stands to a test of the line."""
