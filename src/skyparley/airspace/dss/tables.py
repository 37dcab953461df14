"""The life of what the DSS holds as tables (ASTM F3548-21): states × events → states. What is not in them is refused.

An intent begins Accepted and may change in any way until it is Contingent, which only its end can follow. `time` is the
passing of the end by log time.
"""

from typing import Final

from skyparley.airspace.transitions import START, Table

ACCEPTED: Final = "Accepted"
ACTIVATED: Final = "Activated"
NONCONFORMING: Final = "Nonconforming"
CONTINGENT: Final = "Contingent"
EVENT_OF: Final = {
    ACCEPTED: "accept",
    ACTIVATED: "activate",
    NONCONFORMING: "leave_volumes",
    CONTINGENT: "declare_contingency",
}
"""The event by which an intent is written in a state."""
NEED_KEY: Final = frozenset({ACCEPTED, ACTIVATED})
"""States in which a writer must know everything relevant, and which a USS that is Down may not write."""
_WRITTEN: Final = {event: state for state, event in EVENT_OF.items()}
_ENDS: Final = {"delete": "Ended", "time": "Expired"}

INTENTS: Final[Table] = {
    START: {"accept": ACCEPTED},
    ACCEPTED: {**_WRITTEN, **_ENDS},
    ACTIVATED: {**_WRITTEN, **_ENDS},
    NONCONFORMING: {**_WRITTEN, **_ENDS},
    CONTINGENT: {"declare_contingency": CONTINGENT, **_ENDS},
    "Ended": {},
    "Expired": {},
}

CONSTRAINTS: Final[Table] = {
    START: {"create": "valid"},
    "valid": {"update": "valid", "delete": "deleted", "time": "expired"},
    "deleted": {},
    "expired": {},
}

SUBSCRIPTIONS: Final[Table] = {
    START: {"create": "active", "serve_intent": "implicit"},
    "active": {"update": "active", "delete": "deleted", "time": "expired"},
    "implicit": {"serve_no_more": "deleted"},
    "deleted": {},
    "expired": {},
}

UNKNOWN: Final = "Unknown"
NORMAL: Final = "Normal"
DOWN: Final = "Down"
_SAID: Final = {UNKNOWN: UNKNOWN, NORMAL: NORMAL, DOWN: DOWN}
AVAILABILITIES: Final[Table] = {START: _SAID, UNKNOWN: _SAID, NORMAL: _SAID, DOWN: _SAID}
