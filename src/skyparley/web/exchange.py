"""One request as its handler sees it: who asks, with which parameters, headers and body, each within a named limit.

Authentication (RFC 6750 bearer) happens here and nowhere else. The observer of a demo needs no key, but must ask from
this machine by a loopback name: a page elsewhere that points its own name at 127.0.0.1 is not let in, nor is whoever
comes through a proxy.
"""

import asyncio
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope

from skyparley.airspace.limits import check_idempotency_key
from skyparley.errors import InvalidInputError, LimitExceededError, OverloadedError, UnauthenticatedError
from skyparley.geometry.interval import parse_time
from skyparley.node.dss.scopes import NOBODY, Uss
from skyparley.node.identity import KEY_PREFIX, OBSERVER, Author
from skyparley.node.node import Node
from skyparley.node.reading.twice import refuse_twice
from skyparley.record.authorship import parse_signed
from skyparley.web.loopback import is_loopback_address, is_loopback_host
from skyparley.web.metrics import Metrics
from skyparley.web.tokens.verify import TokenVerifier
from skyparley.web.traces import Traces

if TYPE_CHECKING:
    from skyparley.web.stream import EventStream

MAX_BODY_BYTES: Final = 4 * 1024 * 1024
MAX_ARRIVING_BYTES: Final = 128 * 1024 * 1024
MAX_REQUESTS_AT_WORK: Final = 4_096
MAX_QUERY_BYTES: Final = 8_192
MAX_LIST_LIMIT: Final = 1_000
MAX_DIGITS: Final = 15
"""Of a number in a path; every such number is exact in JSON."""
DEFAULT_LIST_LIMIT: Final = 200
BODY_TIMEOUT_S: Final = 30.0
BUSY_REQUESTS: Final = 64
"""With more than this at work, it is worth asking whether a client still waits before its command is queued."""

ON_GONE: Final = "skyparley.on_gone"
"""In the scope of a request: what the server calls when the connection is lost before the answer is complete."""
SIGNED_HEADER: Final = b"skyparley-signed-entry"
PREPARE_HEADER: Final = b"skyparley-prepare"
_FORWARDING_HEADERS: Final = (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via")
_StructT = TypeVar("_StructT")


class ClientGoneError(Exception):
    """The client closed its connection before it had its answer: there is nobody to answer."""


class Abandoned:
    """Ends the work on a request when its client goes away: what waits to be ordered is dropped."""

    def __init__(self, scope: Scope) -> None:
        self._task = asyncio.current_task()
        self.gone = False
        scope[ON_GONE] = self

    def __call__(self) -> None:
        """The client has gone."""
        if self._task is not None and not self.gone:
            self.gone = True
            self._task.cancel()

    def settle(self) -> None:
        """The work has ended; the task goes on as if it had not been cancelled."""
        if self._task is not None:
            self._task.uncancel()


@dataclass(slots=True)
class Context:
    """What all requests of one app share. `document` is the OpenAPI document; counters are of this moment."""

    node: Node
    observer: bool = False
    max_body_bytes: int = MAX_BODY_BYTES
    metrics: Metrics = field(default_factory=Metrics)
    document: bytes = b""
    at_work: int = 0
    arriving_bytes: int = 0
    streams: set["EventStream"] = field(default_factory=set)
    stopping: bool = False
    tokens: TokenVerifier | None = None
    traces: Traces | None = None


class Exchange:
    """One request. `parameters` are those of the path; header names are lower case."""

    __slots__ = ("_receive", "author", "context", "headers", "parameters", "scope", "uss")

    def __init__(self, context: Context, scope: Scope, receive: Receive) -> None:
        self.context = context
        self.scope = scope
        self.parameters: dict[str, str] = scope.get("path_params", {})
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.author = OBSERVER
        self.uss = NOBODY
        self._receive = receive

    @property
    def node(self) -> Node:
        """The node that is asked."""
        return self.context.node

    def authenticate(self, *, observer_allowed: bool) -> None:
        """Set `author` from the API key, or to the demo's observer where that is allowed.

        Raises `UnauthenticatedError`.
        """
        presented = self.headers.get(b"authorization")
        if presented is not None:
            scheme, _, key = presented.decode("latin-1").partition(" ")
            if scheme.lower() != "bearer":
                raise UnauthenticatedError("send the API key as the header Authorization: Bearer sp_…")
            self.author = self.node.authenticate(key.strip())
        elif observer_allowed and self.context.observer and self.is_local():
            self.author = OBSERVER
        else:
            raise UnauthenticatedError("an API key is needed: send the header Authorization: Bearer sp_…")
        if SIGNED_HEADER in self.headers or PREPARE_HEADER in self.headers:
            self.author = self._signing(self.author)

    async def authenticate_uss(self, scopes: tuple[str, ...], *, operator_allowed: bool = False) -> None:
        """Set `uss` from the access token, or `author` from the operator's key where that is allowed.

        Raises `UnauthenticatedError`, or `ForbiddenError` if no scope fits.
        """
        scheme, _, token = self.headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        token = token.strip()
        if operator_allowed and token.startswith(f"{KEY_PREFIX}_"):
            self.author = self.node.authenticate(token)
            self.author.require_operator()
            return
        verifier = self.context.tokens
        if verifier is None:
            raise UnauthenticatedError(
                "this node takes no access tokens: its operator sets SKYPARLEY_AUTH_PUBLIC_KEYS (or"
                " SKYPARLEY_AUTH_JWKS_URL) and SKYPARLEY_AUTH_AUDIENCES"
            )
        if scheme.lower() != "bearer" or not token:
            raise UnauthenticatedError("an access token is needed: send the header Authorization: Bearer eyJ…")
        claims = verifier.known(token) or await verifier.verify(token)
        self.uss = Uss(claims.manager, claims.scopes, claims.key_id)
        self.uss.require_any(scopes)

    def is_local(self) -> bool:
        """Whether the request comes from this machine, addressed to it by a loopback name, and not through a proxy."""
        client = self.scope.get("client")
        if client is None or not is_loopback_address(client[0]):
            return False
        if any(name in self.headers for name in _FORWARDING_HEADERS):
            return False
        return is_loopback_host(self.headers.get(b"host", b"").decode("latin-1"))

    def idempotency_key(self) -> str:
        """The header Idempotency-Key; empty if there is none. Raises `InvalidInputError` unless it is one."""
        presented = self.headers.get(b"idempotency-key")
        if presented is None:
            return "" if self.author.signed is None else self.author.signed.header.idempotency_key
        key = presented.decode("latin-1")
        check_idempotency_key(key, place="header Idempotency-Key")
        return key

    def _signing(self, author: Author) -> Author:
        """The author with what it has signed, or as one who asks what to sign. Raises `InvalidInputError`."""
        author.require_party()
        presented, prepares = self.headers.get(SIGNED_HEADER), self.headers.get(PREPARE_HEADER)
        if presented is None:
            if prepares != b"entry":
                raise InvalidInputError("send the word entry, or leave it out", place="header Skyparley-Prepare")
            if not self.idempotency_key():
                raise InvalidInputError("what is signed has one: send it", place="header Idempotency-Key")
            return replace(author, prepares=True)
        if prepares is not None:
            raise InvalidInputError("ask what to sign or send it signed", place="header Skyparley-Prepare")
        try:
            return replace(author, signed=parse_signed(presented.decode("latin-1")))
        except InvalidInputError as error:
            raise error.at("header Skyparley-Signed-Entry") from None

    def claimed_time_us(self) -> int | None:
        """The header Skyparley-Claimed-Time in microseconds since 1970 UTC, if given. Raises `InvalidInputError`."""
        presented = self.headers.get(b"skyparley-claimed-time")
        if presented is None:
            return None
        return parse_time(presented.decode("latin-1"), place="header Skyparley-Claimed-Time")

    def number(self, name: str) -> int:
        """A number in the path. Raises `InvalidInputError` unless it is a whole number of at most 15 digits."""
        text = self.parameters[name]
        if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
            raise InvalidInputError("must be a whole number", place=name)
        return int(text)

    def query(self, *known: str) -> dict[str, str]:
        """The query's parameters by name. Raises `InvalidInputError` for unknown, repeated or unreadable ones."""
        raw: bytes = self.scope["query_string"]
        if not raw:
            return {}
        if len(raw) > MAX_QUERY_BYTES:
            raise InvalidInputError(f"the query is longer than {MAX_QUERY_BYTES} bytes", place="query")
        try:
            pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict")
        except ValueError:
            raise InvalidInputError("the query is not percent-encoded UTF-8", place="query") from None
        found: dict[str, str] = {}
        for name, value in pairs:
            if name not in known:
                takes = ", ".join(known) if known else "none"
                raise InvalidInputError(f"unknown parameter; this route takes: {takes}", place=f"query {name[:40]}")
            if name in found:
                raise InvalidInputError("given more than once", place=f"query {name}")
            found[name] = value
        return found

    async def body(self) -> bytes:
        """The whole body.

        Raises `LimitExceededError` as soon as it is known to be too long, `HTTPException` for an encoding that is not
        read here or a body that takes too long to arrive, and `ClientGoneError`.
        """
        limit = self.context.max_body_bytes
        declared = self.headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared) > limit:
            raise _too_long(limit)
        self._check_media_type()
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        first: bytes = message.get("body", b"")
        if len(first) > limit:
            raise _too_long(limit)
        if not message.get("more_body", False):
            return first
        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                return await self._rest_of_body(first, limit)
        except TimeoutError:
            raise HTTPException(408, f"the body did not arrive within {BODY_TIMEOUT_S:g} s") from None

    async def command(self, body_type: type[_StructT]) -> tuple[_StructT, str]:
        """What a party asks: the body and the idempotency key, if the client still waits for an answer.

        Raises `ForbiddenError` for anyone who is not a party, and what the parts of it raise.
        """
        self.author.require_party()
        body = decode(await self.body(), body_type)
        key = self.idempotency_key()
        await self.leave_if_gone()
        return body, key

    async def leave_if_gone(self) -> None:
        """When the node is busy, find out whether the client still waits. Raises `ClientGoneError` if it does not."""
        if self.context.at_work <= BUSY_REQUESTS:
            return
        try:
            async with asyncio.timeout(0):
                message = await self._receive()
        except TimeoutError:
            return
        if message["type"] == "http.disconnect":
            raise ClientGoneError

    def _check_media_type(self) -> None:
        encoding = self.headers.get(b"content-encoding", b"identity")
        if encoding.lower() != b"identity":
            raise HTTPException(415, "compressed bodies are not read: send the JSON as it is, without Content-Encoding")
        media_type = self.headers.get(b"content-type")
        if media_type is not None and not _is_json(media_type):
            raise HTTPException(415, "the body must be JSON in UTF-8: send Content-Type: application/json")

    async def _rest_of_body(self, first: bytes, limit: int) -> bytes:
        chunks = [first]
        size = len(first)
        context = self.context
        context.arriving_bytes += size
        try:
            while True:
                message = await self._receive()
                if message["type"] == "http.disconnect":
                    raise ClientGoneError
                chunk: bytes = message.get("body", b"")
                size += len(chunk)
                context.arriving_bytes += len(chunk)
                if size > limit:
                    raise _too_long(limit)
                if context.arriving_bytes > MAX_ARRIVING_BYTES:
                    raise OverloadedError("too many large requests are arriving at once: try again shortly")
                chunks.append(chunk)
                if not message.get("more_body", False):
                    return b"".join(chunks)
        finally:
            context.arriving_bytes -= size


def decode(data: bytes, body_type: type[_StructT]) -> _StructT:
    """A small JSON body as its closed record. Raises `InvalidInputError` with the place of what is wrong."""
    try:
        value = msgspec.json.decode(data, type=body_type)
        refuse_twice(data)
        return value
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        raise InvalidInputError(message, place=place.strip("`.") or "body") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInputError(f"the body is not JSON in UTF-8: {error}", place="body") from None


def list_limit(text: str | None) -> int:
    """The parameter `limit` of a list. Raises `InvalidInputError` unless it is 1 to 1,000."""
    if text is None:
        return DEFAULT_LIST_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= MAX_LIST_LIMIT):
        raise InvalidInputError(f"must be a whole number from 1 to {MAX_LIST_LIMIT}", place="query limit")
    return int(text)


def _too_long(limit: int) -> LimitExceededError:
    return LimitExceededError(
        f"the body is longer than SKYPARLEY_MAX_BODY_BYTES ({limit} bytes): send less at once", place="body"
    )


@lru_cache(maxsize=64)
def _is_json(media_type: bytes) -> bool:
    name, *options = (part.strip().lower() for part in media_type.split(b";"))
    return name == b"application/json" and all(
        option in (b"", b"charset=utf-8", b'charset="utf-8"') for option in options
    )
