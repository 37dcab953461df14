"""What is passed on between a page of this machine and a node, and what is not: closed lists, both ways.

Headers of one connection stay on it (RFC 9110, section 7.6.1). Cookies are not passed: those of a loopback address are
shared by everything that serves there. Of a node's answers no header goes on by which it could command the origin of
the page, and no media type that a browser would show as a page, or run.
"""

from collections.abc import Iterable
from typing import Final

from skyparley.errors import InvalidInputError, SkyparleyError
from skyparley.web.replies import Headers

API_PATHS: Final = b"/v1/"
METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_ASKED: Final = frozenset({
    b"accept", b"accept-encoding", b"accept-language", b"authorization", b"content-encoding", b"content-length",
    b"content-type", b"idempotency-key", b"if-none-match", b"last-event-id", b"skyparley-claimed-time", b"user-agent",
    b"forwarded", b"via", b"x-forwarded-for", b"x-real-ip",
})  # fmt: skip
"""The last four tell the node that whoever asks came through yet another proxy."""
_ANSWERED: Final = frozenset({
    b"allow", b"cache-control", b"content-encoding", b"content-length", b"content-type", b"etag", b"last-modified",
    b"retry-after", b"vary",
})  # fmt: skip
_MEDIA_TYPES: Final = frozenset({b"application/json", b"application/octet-stream", b"text/event-stream", b"text/plain"})
_ADDED: Final[Headers] = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_DOTS: Final = frozenset({b".", b".."})
_NO_BODY: Final = frozenset({204, 304})


class NodeFailedError(SkyparleyError):
    """The node cannot be reached, or answers as no node does; whether it did what was asked, nobody knows."""

    code = "node_failed"
    status = 502


def api_target(raw_path: bytes, query: bytes) -> bytes:
    """Where a request goes on the node. Raises `InvalidInputError` for a path that could mean one outside the API."""
    segments = raw_path.lower().replace(b"%2e", b".").replace(b"%2f", b"/").replace(b"%5c", b"/").split(b"/")
    if not raw_path.startswith(API_PATHS) or b"\\" in raw_path or not _DOTS.isdisjoint(segments):
        raise InvalidInputError("a path of the API begins with /v1/ and has no segment '.' or '..'", place="path")
    return raw_path + b"?" + query if query else raw_path


def asked_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of a request that go to the node."""
    return [(name, value) for name, value in headers if name in _ASKED]


def answered_headers(status: int, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer that go to the page. Raises `NodeFailedError` for an answer that is no node's."""
    passed = [(name.lower(), value) for name, value in headers if name.lower() in _ANSWERED]
    if 300 <= status < 400 and status != 304:
        raise NodeFailedError("the node's address leads elsewhere: give --node the one that it leads to")
    media_types = [value.partition(b";")[0].strip().lower() for name, value in passed if name == b"content-type"]
    if status not in _NO_BODY and (len(media_types) != 1 or media_types[0] not in _MEDIA_TYPES):
        raise NodeFailedError("what answers there does not answer as a node does: is the address of --node right?")
    return [*passed, *_ADDED]


def is_stream(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether an answer is an event stream, which has no end of its own."""
    return any(name == b"content-type" and value.startswith(b"text/event-stream") for name, value in headers)
