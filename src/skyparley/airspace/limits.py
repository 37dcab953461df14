"""Named limits of the shared airspace, and the words that identifiers may be made of.

Every list, area and time span that a party can fill has its limit here, so that nobody can exhaust the memory or the
patience of the others. A limit is part of the rules: to change one is to change `commands.RULES_VERSION`. Those of the
DSS are of the pool, and in the log (`dss/items.py`).
"""

import re
from typing import Final

from skyparley.errors import InvalidInputError, LimitExceededError
from skyparley.units import MICROSECONDS_PER_SECOND, SECONDS_PER_HOUR
from skyparley.vocabulary import LANGUAGES, OPERATION_PATTERN, PARTY_PATTERN, POST_PATTERN, check_plain_text

HOUR_US: Final = SECONDS_PER_HOUR * MICROSECONDS_PER_SECOND
DAY_US: Final = 24 * HOUR_US

IDEMPOTENCY_WINDOW_US: Final = DAY_US
"""For this long, in log time, a repeated idempotency key gets its first answer."""
MAX_AHEAD_US: Final = 30 * DAY_US
"""An operation begins at most this long after it is filed."""
MAX_OPERATION_DURATION_US: Final = 7 * DAY_US
"""From the earliest begin to the latest end of one operation."""
MAX_RESERVED_CELL_HOURS: Final = 5_000_000
"""Level-13 cells (about 1.27 km² each) × hours that one operation may reserve, summed over its extents. A circle of
100 km radius for a day is about 0.6 million, one of 1,000 km radius for two hours 5 million."""
MAX_EXTENTS_PER_OPERATION: Final = 1_000
MAX_CELLS_PER_OPERATION: Final = 100_000
"""Cell tokens in one command, summed over its extents."""
MAX_WATCHED_CELLS: Final = 4 * MAX_CELLS_PER_OPERATION
"""Cell tokens that one acceptance watches: two operations, with a margin round their flights."""
MAX_LIVE_OPERATIONS_PER_PARTY: Final = 250_000
MAX_IDEMPOTENCY_KEYS_PER_PARTY: Final = 1_000_000
"""Keys that are remembered for one party within the window."""
MAX_FINDINGS_PER_COMMAND: Final = 100_000
"""More are recorded by several commands (`codec.findings_commands`), so that no entry holds up the others for long."""
MAX_PARTIES: Final = 10_000
MAX_NAME_LENGTH: Final = 200
MAX_MEMBERS: Final = 32
"""Parties to one agreement."""
MAX_AGREEMENTS_PER_PARTY: Final = 200
MAX_CLAUSES: Final = 300
MAX_CLAUSE_LENGTH: Final = 4_000
"""Characters of a clause's text in one language."""
MAX_REASON_LENGTH: Final = 1_000
MAX_GROUND_LENGTH: Final = 200
"""Characters of what demands that a body is deleted."""
MAX_POSTS_PER_PARTY: Final = 200
MAX_DEPUTIES: Final = 8
MAX_WATCHES: Final = 20
"""So many may have the watch at one post at once: everybody of a large room, and the next shift."""
MAX_CHAIN: Final = 32
"""So many posts are called in turn for one answer."""
MAX_DIALOGUES_PER_PARTY: Final = 5_000
"""Dialogues that one party has opened and that are not over."""
MAX_MESSAGES_PER_DIALOGUE: Final = 500
MORE_ANSWERS: Final = 500
"""So many more messages may answer, read back or end a dialogue that is full: notes cannot keep it from its end."""
MAX_RECEIPTS: Final = 1_000
"""Machine receipts in one command."""
CLOSED_DIALOGUE_US: Final = 7 * DAY_US
"""For this long a dialogue that is over stays in the state; the log keeps it."""
MAX_PARTICIPANTS: Final = 50
MAX_COMMITMENTS: Final = 50
MAX_CALLS_PER_PARTY: Final = 5_000
MAX_CALL_S: Final = 86_400
KEPT_CALL_US: Final = 90 * DAY_US
"""For this long a call with nothing due stays in the state after its last change; the log keeps it."""
MAX_CALLED: Final = 100
"""Parties that one request for assistance calls."""
MAX_LINE_TESTS: Final = 200
"""So many of the last tests of one agreement's line stay in the state."""
MAX_IDEMPOTENCY_KEY_LENGTH: Final = 128
MAX_MANAGER_LENGTH: Final = 200
MAX_URL_LENGTH: Final = 1_000
MAX_OVN_LENGTH: Final = 128
MAX_OVN_SKEW_US: Final = 300_000_000
"""A UUIDv7 that a USS requests for an OVN was made at most this long before or after its entry."""
OVN_MEMORY_US: Final = 2 * MAX_OVN_SKEW_US
"""For so long a requested OVN could be requested again by its time, and is remembered so that it cannot."""
LOWEST_MM: Final = -20_000_000
"""Lower edge of reserved bands: lower than any altitude that geometry accepts, tolerance included."""
HIGHEST_MM: Final = 200_000_000

PARTY_KINDS: Final = (
    "state_force",
    "coalition_member",
    "third_state",
    "civil_ats",
    "humanitarian",
    "utm_provider",
    "neutral_custodian",
)
RESCUE_CLASS: Final = "rescue"
"""The operation class of an agreed corridor for assistance."""
HAZARD_CLASS: Final = "hazard"
"""The operation class that a hazard notice carries in the state; it selects no separation minimum."""

_PARTY: Final = re.compile(PARTY_PATTERN)
_OPERATION: Final = re.compile(OPERATION_PATTERN)
_CLASS: Final = re.compile(r"[a-z0-9_]{1,32}")
_POST: Final = re.compile(POST_PATTERN)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_DRAWN: Final = re.compile(r"[0-9a-f]{16}")
_CONFLICT: Final = re.compile(r"[0-9a-f]{8,64}")
_KEY: Final = re.compile(rf"[\x21-\x7e]{{1,{MAX_IDEMPOTENCY_KEY_LENGTH}}}")


def check_party_id(party: str, *, place: str = "party") -> None:
    """Raise `InvalidInputError` unless this is a party's identifier: 1 to 64 of a–z, 0–9 and hyphen."""
    if not _PARTY.fullmatch(party):
        raise InvalidInputError("a party's identifier is 1 to 64 characters of a-z, 0-9 and '-'", place=place)


def check_operation_id(operation_id: str, *, place: str = "operation_id") -> None:
    """Raise `InvalidInputError` unless this is an operation's identifier: 1 to 128 of letters, digits and `._:/+-`."""
    if not _OPERATION.fullmatch(operation_id):
        raise InvalidInputError(
            "an operation's identifier is 1 to 128 characters of A-Z, a-z, 0-9 and . _ : / + -", place=place
        )


def check_operation_class(operation_class: str, *, place: str = "operation_class") -> None:
    """Raise `InvalidInputError` unless this is a class in canonical form: 1 to 32 of a–z, 0–9 and underscore."""
    if not _CLASS.fullmatch(operation_class):
        raise InvalidInputError(
            "a class is 1 to 32 characters of a-z, 0-9 and '_', such as en_route or drone", place=place
        )


def check_idempotency_key(key: str, *, place: str = "idempotency_key") -> None:
    """Raise `InvalidInputError` unless this is an idempotency key: 1 to 128 printable ASCII characters, no space."""
    if not _KEY.fullmatch(key):
        raise InvalidInputError(
            f"an idempotency key is 1 to {MAX_IDEMPOTENCY_KEY_LENGTH} printable ASCII characters without spaces",
            place=place,
        )


def check_post_id(post: str, *, place: str = "post") -> None:
    """Raise `InvalidInputError` unless this is a post's identifier: 1 to 32 of a–z, 0–9 and hyphen."""
    if not _POST.fullmatch(post):
        raise InvalidInputError("a post's identifier is 1 to 32 characters of a-z, 0-9 and '-'", place=place)


def check_agreement_id(agreement_id: str, *, place: str = "agreement_id") -> None:
    """Raise `InvalidInputError` unless this is an agreement's identifier: 1 to 64 of a–z, 0–9 and hyphen."""
    if not _PARTY.fullmatch(agreement_id):
        raise InvalidInputError("an agreement's identifier is 1 to 64 characters of a-z, 0-9 and '-'", place=place)


def check_language(language: str, *, place: str = "language") -> None:
    """Raise `InvalidInputError` unless this is one of `LANGUAGES`."""
    if language not in LANGUAGES:
        raise InvalidInputError(f"unknown language: use one of {', '.join(LANGUAGES)}", place=place)


def check_text(text: str, length: int, *, place: str) -> None:
    """Raise `InvalidInputError` unless this is a text for people: not empty, of at most `length` characters, plain.

    Markup is refused, and so are control characters, among them those that turn the direction of writing.
    """
    if not text.strip():
        raise InvalidInputError("must not be empty", place=place)
    if len(text) > length:
        raise LimitExceededError(f"has {len(text)} characters; at most {length} are possible", place=place)
    check_plain_text(text, lines=True, place=place)


def check_count(value: int, *, least: int, place: str) -> None:
    """Raise `InvalidInputError` unless this is a whole number from `least` that fits 63 bits."""
    if not least <= value < 2**63:
        raise InvalidInputError(f"{place} must be a whole number from {least}", place=place)


def check_drawn_id(text: str, *, whose: str, place: str) -> None:
    """Raise `InvalidInputError` unless this is an identifier as a node draws them: 16 hexadecimal digits."""
    if not _DRAWN.fullmatch(text):
        raise InvalidInputError(f"{whose} identifier is 16 hexadecimal digits", place=place)


def check_conflict_id(text: str, *, place: str) -> None:
    """Raise `InvalidInputError` unless this may be the identifier of a conflict: 8 to 64 hexadecimal digits."""
    if not _CONFLICT.fullmatch(text):
        raise InvalidInputError("must be the identifier of a conflict", place=place)


def check_digest(text: str, *, place: str) -> None:
    """Raise `InvalidInputError` unless this is a SHA-256 in 64 lower-case hexadecimal digits."""
    if not _DIGEST.fullmatch(text):
        raise InvalidInputError(f"{place} must be a SHA-256 in 64 lower-case hexadecimal digits", place=place)
