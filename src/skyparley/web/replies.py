"""What an HTTP request is answered with: a status, headers and bytes, and the one JSON shape of every error.

Errors of Skyparley carry their own status (`errors.py`); refusals that only HTTP knows (method, media type, time-out)
are starlette's `HTTPException`. Header lists are made once: the hot path only appends a length.
"""

import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec
from starlette.exceptions import HTTPException
from starlette.types import Receive, Send

from skyparley.errors import OverloadedError, SkyparleyError, StorageError

Headers = tuple[tuple[bytes, bytes], ...]

STORAGE_RETRY_AFTER_S: Final = 10
API_HEADERS: Final[Headers] = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_PROTOCOL_CODES: Final = {
    400: "invalid_input",
    405: "method_not_allowed",
    408: "request_timeout",
    415: "unsupported_media_type",
    431: "headers_too_large",
    503: "overloaded",
}
_encoder: Final = msgspec.json.Encoder()
_log: Final = logging.getLogger(__name__)


class ErrorDetail(msgspec.Struct, frozen=True):
    """What was refused: a stable word, one sentence that says what to change, and where in the input."""

    code: str
    message: str
    place: str | None


class ErrorBody(msgspec.Struct, frozen=True):
    """The body of every answer with a status of 400 or above."""

    error: ErrorDetail


class Replies(Protocol):
    """Whatever can answer one request on its own: a `Reply`, or an event stream."""

    status: int

    def send(self, receive: Receive, send: Send) -> Awaitable[None]:
        """Send the whole answer."""
        ...


@dataclass(slots=True)
class Reply:
    """A complete answer."""

    status: int
    body: bytes
    headers: Headers = API_HEADERS

    async def send(self, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the shape of `Replies`
        """Send the answer as two ASGI messages."""
        bodiless = self.status in (204, 304)
        headers = self.headers if bodiless else (*self.headers, (b"content-length", b"%d" % len(self.body)))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def json_reply(value: Any, status: int = 200) -> Reply:
    """A value of the API as JSON."""
    return Reply(status, _encoder.encode(value))


def page_reply(items: list[Any], following: str | None = None) -> Reply:
    """A list of the API: `{"items": […], "next": cursor or null}`."""
    return Reply(200, _encoder.encode({"items": items, "next": following}))


def no_content() -> Reply:
    """Done, nothing to say (204)."""
    return Reply(204, b"", API_HEADERS[1:])


@dataclass(frozen=True, slots=True)
class Refused:
    """How an exception is told: the status, what is said, and the headers that go with it."""

    status: int
    detail: ErrorDetail
    headers: Headers


def error_reply(error: Exception) -> Reply:
    """The answer to any exception."""
    refused = refused_by(error)
    return Reply(refused.status, _encoder.encode(ErrorBody(refused.detail)), refused.headers)


def refused_by(error: Exception) -> Refused:
    """How any exception is told; one that nobody foresaw is logged, and told without its details."""
    if isinstance(error, SkyparleyError):
        detail = ErrorDetail(error.code, error.message, error.place)
        return Refused(error.status, detail, API_HEADERS + _extra_headers(error))
    if isinstance(error, HTTPException):
        extra = tuple((name.lower().encode(), value.encode()) for name, value in (error.headers or {}).items())
        code = _PROTOCOL_CODES.get(error.status_code, "refused")
        return Refused(error.status_code, ErrorDetail(code, str(error.detail), None), API_HEADERS + extra)
    _log.error("a request failed unexpectedly", exc_info=error)
    message = "something failed inside Skyparley; it is in the log of the node"
    return Refused(500, ErrorDetail("internal", message, None), API_HEADERS)


def _extra_headers(error: SkyparleyError) -> Headers:
    if isinstance(error, OverloadedError):
        return ((b"retry-after", b"%d" % error.retry_after_s),)
    if isinstance(error, StorageError):
        return ((b"retry-after", b"%d" % STORAGE_RETRY_AFTER_S),)
    if error.status == 401:
        return ((b"www-authenticate", b'Bearer realm="skyparley"'),)
    return ()
