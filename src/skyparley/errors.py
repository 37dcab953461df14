"""The one exception tree. Errors carry facts; `status` lets the web layer map them without knowing them.

SkyparleyError                 400  anything that Skyparley itself refuses
├── InvalidInputError          400  what arrived cannot be read or is impossible: names place and remedy
│   ├── ForbiddenFieldError    400  a field that names a weapon, a mission or a target
│   └── LimitExceededError     413  a named limit was passed
├── UnauthenticatedError       401  no key, session or token, or one that is not valid
├── ForbiddenError             403  the key is valid, but this is someone else's
├── NotFoundError              404  no such thing, or not for this party
├── DeletedError               410  it was here, and was deleted because law demanded it
├── ConflictingStateError      409  the state does not allow it: stale version, wrong state, identifier taken
│   └── IdempotencyError       409  the idempotency key was used with other content
├── ProofError                 400  a receipt, proof, note or export does not show what it is said to show
├── UssDownError               412  a USS that is marked Down may not do this (ASTM F3548)
├── OverloadedError            503  a bounded queue is full: try again after `retry_after_s`
│   └── RateLimitedError       429  one client asks for more than its share: again after `retry_after_s`
└── StorageError               503  the disk does not take what is written, or the data is damaged
    └── DataDirectoryBusyError 503  another process holds the data directory
"""

from typing import ClassVar


class SkyparleyError(Exception):
    """Base of everything that Skyparley refuses.

    `code` is a stable machine-readable word; `status` the HTTP status it maps to; `message` says what to change;
    `place` says where in the input, as a path such as `volumes[2].upper_m`.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400

    def __init__(self, message: str, *, place: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.place = place

    def at(self, prefix: str) -> "SkyparleyError":
        """The same error with its place below `prefix`."""
        self.place = prefix if self.place is None else f"{prefix}.{self.place}"
        return self


class InvalidInputError(SkyparleyError):
    """What arrived cannot be read or describes something impossible."""

    code = "invalid_input"


class ForbiddenFieldError(InvalidInputError):
    """A field that names a weapon, a mission or a target. Skyparley is safety software and refuses it."""

    code = "forbidden_field"


class LimitExceededError(InvalidInputError):
    """A named limit was passed; the message names the limit and its value."""

    code = "limit_exceeded"
    status = 413


class UnauthenticatedError(SkyparleyError):
    """No key, session or access token was given, or it is unknown, revoked, over, or not validly signed."""

    code = "unauthenticated"
    status = 401


class ForbiddenError(SkyparleyError):
    """The key is valid but does not give this right."""

    code = "forbidden"
    status = 403


class NotFoundError(SkyparleyError):
    """No such thing, or none that this party may see."""

    code = "not_found"
    status = 404


class DeletedError(SkyparleyError):
    """What is asked for was deleted because law demanded it; the entry that names it stands."""

    code = "deleted"
    status = 410


class ConflictingStateError(SkyparleyError):
    """The present state does not allow the command: stale version, wrong state, identifier taken."""

    code = "state_conflict"
    status = 409


class IdempotencyError(ConflictingStateError):
    """The idempotency key was used before with other content."""

    code = "idempotency_key_reused"


class ProofError(SkyparleyError):
    """What is shown does not prove what it is said to prove: a receipt, a proof, a signed note, an export."""

    code = "not_proved"


class UssDownError(SkyparleyError):
    """The USS is marked Down by availability arbitration and may not do this (ASTM F3548-21)."""

    code = "uss_down"
    status = 412


class OverloadedError(SkyparleyError):
    """A bounded queue is full; nothing was recorded."""

    code = "overloaded"
    status = 503

    def __init__(self, message: str, *, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RateLimitedError(OverloadedError):
    """One client asks for more than its share; nothing was recorded, and others are not held up."""

    code = "rate_limited"
    status = 429


class StorageError(SkyparleyError):
    """The disk does not take what is written, or what it holds is damaged."""

    code = "storage"
    status = 503


class DataDirectoryBusyError(StorageError):
    """Another process holds the lock of the data directory."""

    code = "data_directory_busy"
