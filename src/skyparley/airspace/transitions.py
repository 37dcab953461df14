"""The life of operations and hazard notices as tables: states × events → states, each in one literal.

Whatever is not in a table is refused. The diagrams in `docs/states.md` are drawn from here, and a test compares.
The event `time` is the passing of the end by log time; it alone needs no author.
"""

from collections.abc import Mapping
from typing import Final

from skyparley.errors import ConflictingStateError

Table = Mapping[str, Mapping[str, str]]
"""state → event → next state. `START` is before the first event; a state without events is final."""

START: Final = "none"

OPERATIONS: Final[Table] = {
    START: {"file": "accepted"},
    "accepted": {"amend": "accepted", "activate": "activated", "cancel": "cancelled", "time": "unused"},
    "activated": {"amend": "activated", "end": "ended", "time": "expired"},
    "ended": {},
    "cancelled": {},
    "unused": {},
    "expired": {},
}

HAZARDS: Final[Table] = {
    START: {"declare_unconfirmed": "unconfirmed", "declare_confirmed": "confirmed"},
    "unconfirmed": {"confirm": "confirmed", "retract": "retracted", "time": "expired"},
    "confirmed": {"retract": "retracted", "time": "expired"},
    "retracted": {},
    "expired": {},
}


def next_state(table: Table, state: str, event: str) -> str:
    """The state after an event. Raises `ConflictingStateError` for whatever is not in the table."""
    events = table.get(state)
    if events is None or event not in events:
        possible = ", ".join(word for word in events or () if word != "time") or "nothing"
        raise ConflictingStateError(f"'{event}' is not possible in the state '{state}'; possible: {possible}")
    return events[event]


def is_final(table: Table, state: str) -> bool:
    """Whether nothing can follow a state of the table."""
    return not table[state]


def mermaid(table: Table) -> str:
    """The table as a Mermaid state diagram, lines in the order of the table."""
    lines = ["stateDiagram-v2"]
    for state, events in table.items():
        source = "[*]" if state == START else state
        if not events:
            lines.append(f"    {source} --> [*]")
        lines += [f"    {source} --> {target}: {event}" for event, target in events.items()]
    return "\n".join(lines) + "\n"
