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
