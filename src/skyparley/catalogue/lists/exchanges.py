"""Messages of the exchange itself: answers, emergencies, assistance, line tests, procedure and free text.

Refusals and aborts carry a reason, since a party that is only told no cannot offer anything else.
"""

from typing import Final

from skyparley.catalogue.lists.base import MessageType, message

ANSWERS: Final[tuple[MessageType, ...]] = (
    message("wilco", "accept", "N", "", "remarks", act="accept"),
    message("affirm", "accept", "N", "", "remarks", act="accept"),
    message("roger", "accept", "N", "", "remarks", act="accept"),
    message("unable", "refuse", "N", "reason", "remarks", act="refuse"),
    message("negative", "refuse", "N", "reason", "remarks", act="refuse"),
)

EMERGENCIES: Final[tuple[MessageType, ...]] = (
    message("mayday", "emergency", "R", "callsign nature position time",
            "level heading speed persons aircraft_type endurance intentions remarks", precedence="FLASH"),
    message("pan", "emergency", "R", "callsign nature position time",
            "level heading speed persons aircraft_type endurance intentions remarks", precedence="FLASH"),
    message("unknown-aircraft", "emergency", "R", "position level time", "heading speed remarks",
            precedence="FLASH"),
    message("lost-link", "emergency", "R", "callsign position level time", "heading speed endurance route remarks",
            precedence="FLASH"),
    message("stray-aircraft", "emergency", "R", "callsign position level time", "heading speed intentions remarks",
            precedence="FLASH"),
    message("radio-failure", "emergency", "R", "callsign position level time", "heading speed route remarks",
            precedence="IMMEDIATE"),
    message("conflict-alert", "emergency", "R", "operation other_operation time", "position level remarks",
            precedence="FLASH"),
    message("emergency-over", "emergency", "R", "callsign time", "persons remarks", precedence="PRIORITY"),
)  # fmt: skip

ASSISTANCE: Final[tuple[MessageType, ...]] = (
    message("assistance-request", "assistance", "Y", "need position time persons",
            "callsign level aircraft_type frequency remarks", precedence="FLASH"),
    message("assistance-offer", "assistance", "AN", "need party arrival", "callsign frequency remarks",
            precedence="FLASH"),
    message("assistance-corridor", "assistance", "AN", "route band window", "callsign frequency remarks",
            precedence="FLASH"),
    message("assistance-under-way", "assistance", "R", "party callsign arrival", "persons frequency remarks",
            precedence="IMMEDIATE"),
    message("assistance-complete", "assistance", "R", "persons time", "place remarks", precedence="PRIORITY"),
    message("assistance-declined", "assistance", "N", "reason", "remarks", act="refuse", precedence="FLASH"),
)  # fmt: skip

PROCEDURE: Final[tuple[MessageType, ...]] = (
    message("line-test", "line_test", "Y", "time", "remarks"),
    message("line-test-answer", "line_test", "N", "time", "remarks", act="accept"),
    message("standby", "procedure", "N", "", "delay remarks", act="standby"),
    message("read-back", "procedure", "N", "message", "", act="read_back"),
    message("read-back-correct", "procedure", "N", "message", "remarks", act="confirm"),
    message("correction", "procedure", "R", "message remarks", ""),
    message("say-again", "procedure", "Y", "message", "remarks"),
    message("wrong-party", "procedure", "N", "message", "party remarks", act="close"),
    message("passed-down", "procedure", "N", "message time", "post callsign remarks", act="note"),
    message("handover", "procedure", "R", "post time", "remarks"),
    message("change-line-frequency", "procedure", "WU", "frequency time", "remarks", precedence="PRIORITY"),
    message("suspension", "procedure", "R", "reason time", "remarks", precedence="IMMEDIATE"),
    message("resumption", "procedure", "R", "time", "remarks", precedence="PRIORITY"),
    message("closing", "procedure", "N", "", "remarks", act="close"),
    message("abort", "procedure", "N", "reason", "remarks", act="close"),
    message("free-text", "free_text", "N", "text", act="note"),
)
