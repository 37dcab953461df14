"""What a command of the DSS cannot be, whatever is held: identifiers, addresses, extents, limits (ASTM F3548-21)."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from skyparley.airspace import limits
from skyparley.airspace.dss.commands import (
    DeleteConstraint,
    DeleteIntent,
    DeleteSubscription,
    DssCommand,
    FileReport,
    PutConstraint,
    PutIntent,
    PutSubscription,
    SetAvailability,
)
from skyparley.airspace.dss.items import DssLimits
from skyparley.airspace.dss.tables import AVAILABILITIES, EVENT_OF
from skyparley.airspace.operations.commands import Extent
from skyparley.airspace.operations.extents import check_each, level_13_cells, level_13_ranges, span_us
from skyparley.airspace.transitions import START
from skyparley.errors import InvalidInputError, LimitExceededError
from skyparley.geometry.altitude import Datum
from skyparley.geometry.interval import format_time

_UUID_V4: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_MANAGER: Final = re.compile(rf"[^\x00-\x1f\x7f-\x9f]{{1,{limits.MAX_MANAGER_LENGTH}}}")
_URL: Final = re.compile(
    r"https?://(?:[0-9A-Za-z._~%-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>\d{1,5}))?(?:/[!-~]*)?", re.IGNORECASE
)
_NO_BASE: Final = (("?", "a query"), ("#", "a fragment"), ("@", "a name or password"))
_HIGHEST_PORT: Final = 65_535
HIGHEST_LIMIT: Final = 1_000_000_000
"""No limit of a pool is higher."""
_VERSION: Final = re.compile(rf"[!-~]{{1,{limits.MAX_OVN_LENGTH}}}")
_OVN: Final = re.compile(rf"[!-~]{{16,{limits.MAX_OVN_LENGTH}}}")


def validate(command: DssCommand) -> None:
    """Raise `InvalidInputError` or `LimitExceededError` if a command is impossible in itself."""
    check_manager(command.manager, place="manager")
    if isinstance(command, PutIntent):
        _check_intent(command)
    elif isinstance(command, DeleteIntent):
        check_uuid(command.intent_id, place="intent_id")
        check_version(command.ovn, place="ovn")
    elif isinstance(command, PutConstraint):
        check_uuid(command.constraint_id, place="constraint_id")
        _check_versions(command.replaces, command.ovn)
        check_url(command.uss_base_url, place="uss_base_url")
        check_reserved(command.extents)
    elif isinstance(command, DeleteConstraint):
        check_uuid(command.constraint_id, place="constraint_id")
        check_version(command.ovn, place="ovn")
    elif isinstance(command, PutSubscription):
        _check_subscription(command)
    elif isinstance(command, DeleteSubscription):
        check_uuid(command.subscription_id, place="subscription_id")
        check_version(command.version, place="version")
    elif isinstance(command, SetAvailability):
        check_manager(command.uss, place="uss")
        _check_versions(command.replaces, command.version, place="version")
        check_availability(command.availability)
    elif isinstance(command, FileReport):
        check_uuid(command.report_id, place="report_id")
        limits.check_digest(command.report_digest, place="report_digest")


def check_uuid(text: str, *, place: str) -> None:
    """Raise `InvalidInputError` unless this is a UUID of version 4 in lower case."""
    if not _UUID_V4.fullmatch(text):
        raise InvalidInputError(f"{text[:40]!r} is no UUID of version 4 (RFC 9562): draw a new one", place=place)


def check_manager(text: str, *, place: str) -> None:
    """Raise `InvalidInputError` unless this can be the subject of a USS's access tokens."""
    if not _MANAGER.fullmatch(text):
        raise InvalidInputError(
            f"a USS is named by the subject of its tokens: 1 to {limits.MAX_MANAGER_LENGTH} characters", place=place
        )


def check_url(text: str, *, place: str) -> None:
    """Raise `InvalidInputError` unless this is an http or https address that a USS can be asked at."""
    for mark, what in _NO_BASE:
        if mark in text:
            raise InvalidInputError(
                f"holds {what} ('{mark}'): give the base alone, such as https://uss.example", place=place
            )
    matched = _URL.fullmatch(text)
    if matched is None or len(text) > limits.MAX_URL_LENGTH or int(matched["port"] or 0) > _HIGHEST_PORT:
        raise InvalidInputError(
            f"must be the base URL of a USS such as https://uss.example, at most {limits.MAX_URL_LENGTH} characters",
            place=place,
        )


def check_ovn(text: str, *, place: str) -> None:
    """Raise `InvalidInputError` unless this can be an OVN or the version of a subscription."""
    if not _OVN.fullmatch(text):
        raise InvalidInputError(
            f"must be a version as it was given: 16 to {limits.MAX_OVN_LENGTH} characters", place=place
        )


def check_version(text: str, *, place: str) -> None:
    """Raise `InvalidInputError` unless this could be somebody's word for a version; if it is one is found later."""
    if not _VERSION.fullmatch(text):
        raise InvalidInputError(
            f"must be a version as it was given: at most {limits.MAX_OVN_LENGTH} characters", place=place
        )


def check_state(text: str) -> None:
    """Raise `InvalidInputError` unless this is a state in which an intent may be written."""
    if text not in EVENT_OF:
        raise InvalidInputError(f"unknown state: use one of {', '.join(EVENT_OF)}", place="state")


def check_availability(text: str) -> None:
    """Raise `InvalidInputError` unless this is Unknown, Normal or Down."""
    words = AVAILABILITIES[START]
    if text not in words:
        raise InvalidInputError(f"unknown availability: use one of {', '.join(words)}", place="availability")


def check_limits(limits_of_pool: DssLimits) -> None:
    """Raise `InvalidInputError`, with the place, unless each limit is a whole number from 1."""
    for name, value in msgspec.structs.asdict(limits_of_pool).items():
        if not 1 <= value <= HIGHEST_LIMIT:
            raise InvalidInputError(f"must be a whole number from 1 to {HIGHEST_LIMIT}", place=name)


def check_reserved(extents: Sequence[Extent]) -> None:
    """Raise `InvalidInputError`, with the place, for extents that nothing here can have."""
    if not extents:
        raise InvalidInputError("there must be at least one volume", place="extents")
    check_each(extents, of="extents")
    for index, extent in enumerate(extents):
        if extent.datum != Datum.WGS84:
            raise InvalidInputError("altitudes are above WGS 84 here", place=f"extents[{index}].datum")
        held = sorted(level_13_ranges(extent.cells))
        if any(last >= first for (_, last), (first, _) in pairwise(held)):
            raise InvalidInputError("cells are a union: none may lie in another", place=f"extents[{index}].cells")


def check_size(extents: Sequence[Extent], most: int) -> None:
    """Raise `LimitExceededError` for what takes more level-13 cells than a pool allows, summed over its volumes."""
    cells = sum(level_13_cells(extent.cells) for extent in extents)
    if cells > most:
        raise LimitExceededError(
            f"the volumes take {cells} cells of about 1.27 km²; the limit is {most}: make them smaller, or spread them"
            " over several",
            place="extents",
        )


def check_times(
    extents: Sequence[Extent], time_us: int, *, what: str, lasts_us: int, ahead_us: int | None = None
) -> None:
    """Raise `InvalidInputError` for what has ended by a time, lasts too long, or begins too far ahead."""
    begin_us, end_us = span_us(extents)
    if end_us <= time_us:
        raise InvalidInputError(f"{what} ended at {format_time(end_us)}, which has passed", place="extents")
    if ahead_us is not None and begin_us - time_us > ahead_us:
        raise InvalidInputError(
            f"{what} begins at {format_time(begin_us)}, over {ahead_us // limits.DAY_US} days ahead: write it later",
            place="extents",
        )
    if end_us - begin_us > lasts_us:
        in_days = lasts_us > limits.DAY_US and lasts_us % limits.DAY_US == 0
        unit_us, unit = (limits.DAY_US, "days") if in_days else (limits.HOUR_US, "hours")
        raise InvalidInputError(
            f"{what} may last at most {lasts_us // unit_us} {unit}: write shorter ones", place="extents"
        )


def _check_intent(command: PutIntent) -> None:
    check_uuid(command.intent_id, place="intent_id")
    _check_versions(command.replaces, command.ovn)
    check_state(command.state)
    check_reserved(command.extents)
    check_url(command.uss_base_url, place="uss_base_url")
    limits.check_count(command.known_through, least=0, place="known_through")
    if command.subscription_id:
        check_uuid(command.subscription_id, place="subscription_id")
    elif command.implicit_url:
        raise InvalidInputError("an implicit subscription needs its identifier", place="subscription_id")
    elif command.state != "Accepted":
        raise InvalidInputError(
            f"an intent that is {command.state} needs a subscription: give subscription_id or new_subscription",
            place="subscription_id",
        )
    if command.implicit_url:
        check_url(command.implicit_url, place="new_subscription.uss_base_url")
    elif command.implicit_for_constraints:
        raise InvalidInputError("only a new subscription can ask for constraints", place="implicit_for_constraints")


def _check_subscription(command: PutSubscription) -> None:
    check_uuid(command.subscription_id, place="subscription_id")
    _check_versions(command.replaces, command.version, place="version")
    check_url(command.uss_base_url, place="uss_base_url")
    check_reserved(command.extents)
    if len(command.extents) != 1:
        raise InvalidInputError("a subscription has one volume", place="extents")
    if not (command.for_intents or command.for_constraints):
        raise InvalidInputError(
            "set notify_for_operational_intents or notify_for_constraints, or both", place="notify_for_constraints"
        )


def _check_versions(replaces: str, fresh: str, *, place: str = "ovn") -> None:
    check_ovn(fresh, place=place)
    if replaces:
        check_version(replaces, place="replaces")
