"""What a message type is, and the names that parameters have.

Acts and required responses follow CPDLC (ICAO Doc 4444 PANS-ATM, Appendix 5; Global Operational Data Link Manual, Doc
10037): W/U is answered by WILCO or UNABLE, A/N by AFFIRM or NEGATIVE, R by ROGER or UNABLE, Y by any message, N by
none. STANDBY and free text close nothing. A name means the same in every message, so one label per language is enough.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from skyparley.vocabulary import Precedence

Group = Literal[
    "notice", "change", "request", "offer", "counter", "accept", "refuse", "emergency", "assistance", "line_test",
    "procedure", "free_text",
]  # fmt: skip
Act = Literal["open", "accept", "refuse", "standby", "read_back", "confirm", "note", "close"]
Response = Literal["WU", "AN", "R", "Y", "N"]

PARAMETER_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "operation": "operation", "other_operation": "operation", "window": "window", "band": "band",
        "other_window": "window", "other_band": "band", "level": "level", "place": "place", "position": "position",
        "radius": "distance", "route": "route", "outline": "outline", "time": "time", "begin": "time",
        "arrival": "time", "delay": "duration", "notice": "duration", "endurance": "duration",
        "callsign": "callsign", "aircraft_type": "aircraft_type", "frequency": "frequency", "heading": "heading",
        "speed": "speed", "hazard": "hazard_kind", "reason": "reason", "nature": "nature", "need": "need",
        "movement": "movement", "persons": "count", "vehicles": "count", "aircraft": "count", "message": "count",
        "party": "party", "post": "post", "term": "term", "intentions": "text", "remarks": "text", "text": "text",
    }
)  # fmt: skip
"""The kind of every parameter by its name."""

READ_BACK_KINDS: Final = frozenset(
    {
        "level",
        "band",
        "position",
        "route",
        "outline",
        "time",
        "window",
        "frequency",
        "heading",
        "speed",
        "distance",
        "duration",
    }
)
"""What is read back field by field: everything by which aircraft are kept apart (Doc 4444, 4.5.7.5)."""

_ACTS_READ_BACK: Final = frozenset({"open"})


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of a message type: its name, the name of its kind, and whether it is required and read back."""

    name: str
    kind: str
    required: bool
    read_back: bool


class MessageType(msgspec.Struct, frozen=True):
    """One structured message of the catalogue.

    `act` says what it does to its dialogue, `response` what answer it asks for, `precedence` what it is sent with
    unless its sender says otherwise.
    """

    code: str
    group: Group
    act: Act
    response: Response
    precedence: Precedence
    parameters: tuple[Parameter, ...]


def message(
    code: str,
    group: Group,
    response: Response,
    required: str = "",
    optional: str = "",
    *,
    act: Act = "open",
    precedence: Precedence = "ROUTINE",
) -> MessageType:
    """A message type from the names of its parameters, in the order in which they are asked for and shown."""
    parameters = tuple(
        Parameter(
            name,
            PARAMETER_KINDS[name],
            required=must,
            read_back=act in _ACTS_READ_BACK and PARAMETER_KINDS[name] in READ_BACK_KINDS,
        )
        for names, must in ((required, True), (optional, False))
        for name in names.split()
    )
    return MessageType(code, group, act, response, precedence, parameters)
