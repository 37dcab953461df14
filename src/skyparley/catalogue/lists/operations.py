"""Messages about operations: notices, changes, requests, offers and counters."""

from typing import Final

from skyparley.catalogue.lists.base import MessageType, message

NOTICES: Final[tuple[MessageType, ...]] = (
    message("notice-operation", "notice", "R", "operation window band",
            "place callsign aircraft_type aircraft frequency remarks"),
    message("notice-late-operation", "notice", "R", "operation begin notice reason", "band remarks",
            precedence="IMMEDIATE"),
    message("notice-start", "notice", "R", "operation time", "callsign remarks"),
    message("notice-end", "notice", "R", "operation time", "remarks"),
    message("notice-hazard", "notice", "R", "hazard position radius band window", "place remarks",
            precedence="PRIORITY"),
    message("notice-gnss-interference", "notice", "R", "position radius window", "band remarks",
            precedence="PRIORITY"),
    message("notice-debris", "notice", "R", "position radius band time", "remarks", precedence="IMMEDIATE"),
    message("notice-hazard-ended", "notice", "R", "hazard position time", "remarks"),
    message("notice-movement", "notice", "R", "movement route window vehicles", "persons place remarks",
            precedence="PRIORITY"),
    message("notice-movement-ended", "notice", "R", "movement time", "place remarks"),
    message("notice-rescue", "notice", "R", "position radius band window", "callsign frequency remarks",
            precedence="IMMEDIATE"),
    message("report-position", "notice", "R", "callsign position level time", "heading speed remarks",
            precedence="PRIORITY"),
    message("report-intentions", "notice", "R", "callsign level route", "time remarks", precedence="PRIORITY"),
    message("report-identity", "notice", "R", "callsign party", "operation aircraft_type remarks",
            precedence="PRIORITY"),
)  # fmt: skip

CHANGES: Final[tuple[MessageType, ...]] = (
    message("change-time", "change", "R", "operation window", "reason remarks"),
    message("change-level", "change", "R", "operation band", "reason remarks"),
    message("change-route", "change", "R", "operation route", "reason remarks"),
    message("change-delay", "change", "R", "operation delay begin", "reason remarks"),
    message("change-cancel", "change", "R", "operation reason", "remarks"),
    message("change-hazard", "change", "R", "hazard position radius band window", "remarks", precedence="PRIORITY"),
)

REQUESTS: Final[tuple[MessageType, ...]] = (
    message("request-remain-clear", "request", "WU", "position radius band window", "reason remarks",
            precedence="PRIORITY"),
    message("request-delay", "request", "WU", "operation delay begin", "reason remarks"),
    message("request-climb", "request", "WU", "callsign level", "time reason remarks", precedence="IMMEDIATE"),
    message("request-descend", "request", "WU", "callsign level", "time reason remarks", precedence="IMMEDIATE"),
    message("request-maintain", "request", "WU", "callsign level", "time reason remarks", precedence="IMMEDIATE"),
    message("request-heading", "request", "WU", "callsign heading", "time reason remarks", precedence="IMMEDIATE"),
    message("request-route", "request", "WU", "operation route", "reason remarks"),
    message("request-contact", "request", "WU", "callsign frequency", "time remarks", precedence="PRIORITY"),
    message("request-stop-hazard", "request", "WU", "hazard position time", "reason remarks",
            precedence="IMMEDIATE"),
    message("request-position", "request", "Y", "callsign", "remarks", precedence="PRIORITY"),
    message("request-intentions", "request", "Y", "callsign", "remarks", precedence="PRIORITY"),
    message("request-identity", "request", "AN", "position level time", "heading speed remarks",
            precedence="IMMEDIATE"),
    message("request-definition", "request", "Y", "term", "remarks"),
)  # fmt: skip

OFFERS: Final[tuple[MessageType, ...]] = (
    message("offer-time", "offer", "AN", "operation window", "remarks"),
    message("offer-level", "offer", "AN", "operation band", "remarks"),
    message("offer-area", "offer", "AN", "operation position radius band", "window remarks"),
    message("offer-route", "offer", "AN", "operation route", "remarks"),
    message("offer-outline", "offer", "AN", "operation outline band", "window remarks"),
    message("offer-levels", "offer", "AN", "operation band other_operation other_band", "remarks"),
    message("offer-times", "offer", "AN", "operation window other_operation other_window", "remarks"),
    message("counter-time", "counter", "AN", "operation window", "reason remarks"),
    message("counter-level", "counter", "AN", "operation band", "reason remarks"),
    message("counter-area", "counter", "AN", "operation position radius band", "window reason remarks"),
    message("counter-route", "counter", "AN", "operation route", "reason remarks"),
    message("counter-outline", "counter", "AN", "operation outline band", "window reason remarks"),
    message("counter-levels", "counter", "AN", "operation band other_operation other_band", "reason remarks"),
    message("counter-times", "counter", "AN", "operation window other_operation other_window", "reason remarks"),
)
