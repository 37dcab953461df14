"""The console on a party's own machine: its files are served from here, requests of the API are passed on to the node.

So the program that shows the record and verifies receipts is the party's own, whatever the node would serve. The page
and the API have one origin, as they have at the node. Only this machine is answered, by a loopback name, and only pages
of this origin may ask the API: a page elsewhere that points at a port here is not let through.
"""

import asyncio
import hmac
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import httpx
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from skyparley.errors import (
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    OverloadedError,
    SkyparleyError,
)
from skyparley.web.local.passing import (
    API_PATHS,
    METHODS,
    NodeFailedError,
    answered_headers,
    api_target,
    asked_headers,
    is_stream,
)
from skyparley.web.loopback import is_loopback_host
from skyparley.web.replies import error_reply
from skyparley.web.static import Console

MAX_PASSED_BYTES: Final = 16 * 1024 * 1024
"""Of a request's body; a node has a lower limit of its own."""
MAX_CONNECTIONS: Final = 64
CONNECT_TIMEOUT_S: Final = 10.0
SILENCE_TIMEOUT_S: Final = 40.0
"""So long the node may be silent; an event stream has its heartbeats."""
_OWN_SITES: Final = (b"same-origin", b"none")


class _ClientGoneError(Exception):
    """There is nobody to answer any more, or nothing more to answer with."""


@dataclass(frozen=True, slots=True)
class Handed:
    """An API key that stays here, and the secret by which the page asks for what it opens."""

    secret: str
    api_key: str


def node_url(text: str) -> httpx.URL:
    """The node's base URL. Raises `InvalidInputError` unless it is http or https, a host, and perhaps a path."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise InvalidInputError(f"this is no URL of a node: {error}", place="--node") from error
    if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query or url.fragment:
        raise InvalidInputError(
            "write it like https://node.example.org: http or https and a host, without user, query and fragment",
            place="--node",
        )
    return url


class Relay:
    """The ASGI app."""

    def __init__(
        self,
        node: httpx.URL,
        console: Console,
        *,
        handed: Handed | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._node = node
        self._prefix = node.raw_path.partition(b"?")[0].rstrip(b"/")
        self._console = console
        self._handed = handed
        self._streams: set[asyncio.Task[None]] = set()
        limits = httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS)
        self._transport = transport or httpx.AsyncHTTPTransport(
            verify=ssl.create_default_context(), limits=limits, trust_env=False
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection; only HTTP is spoken here."""
        if scope["type"] != "http":
            raise RuntimeError(f"this app speaks HTTP only, not {scope['type']}")
        headers = dict(scope["headers"])
        try:
            if not is_loopback_host(headers.get(b"host", b"").decode("latin-1")):
                raise ForbiddenError("this console is for its own machine: open it by 127.0.0.1 or localhost")
            if scope["raw_path"].startswith(API_PATHS):
                await self._passage(scope, headers, receive, send)
            elif not self._console.holds(scope["path"]):
                raise NotFoundError("there is no file of the console here, and only /v1/ is passed on to the node")
            elif scope["method"] not in ("GET", "HEAD"):
                raise HTTPException(405, "this path takes GET", {"Allow": "GET, HEAD"})
            else:
                await self._console.reply(scope["path"], headers).send(receive, send)
        except (SkyparleyError, HTTPException) as error:
            await error_reply(error).send(receive, send)

    def begin(self) -> None:
        """The server begins."""

    def end_streams(self) -> None:
        """The server stops: end the event streams that are passed on."""
        for task in self._streams:
            task.cancel()

    async def aclose(self) -> None:
        """Close the connections to the node."""
        await self._transport.aclose()

    async def _passage(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        """Pass a request on, for as long as its client waits. Raises what is to be told instead of an answer."""
        _require_own_page(headers)
        if scope["method"] not in METHODS:
            raise HTTPException(405, f"the API takes {', '.join(METHODS)}", {"Allow": ", ".join(METHODS)})
        body = _Body(headers, receive)
        work = asyncio.ensure_future(self._pass_on(self._request(scope, body), send))
        leaving = asyncio.ensure_future(body.client_left())
        try:
            await asyncio.wait((work, leaving), return_when=asyncio.FIRST_COMPLETED)
            if work.done() and not work.cancelled():
                await work
        except _ClientGoneError:
            pass
        finally:
            work.cancel()
            leaving.cancel()
            await asyncio.gather(work, leaving, return_exceptions=True)

    def _request(self, scope: Scope, body: "_Body") -> httpx.Request:
        headers = [
            (name, self._opened(value) if name == b"authorization" else value) for name, value in scope["headers"]
        ]
        timeouts = {"connect": CONNECT_TIMEOUT_S, "pool": CONNECT_TIMEOUT_S}
        return httpx.Request(
            scope["method"],
            self._node,
            headers=asked_headers(headers),
            content=body.pieces() if body.is_there else None,
            extensions={
                "target": self._prefix + api_target(scope["raw_path"], scope["query_string"]),
                "timeout": {**timeouts, "read": SILENCE_TIMEOUT_S, "write": SILENCE_TIMEOUT_S},
            },
        )

    def _opened(self, authorization: bytes) -> bytes:
        """The API key that was handed over, for who knows the secret of this page."""
        if self._handed is None:
            return authorization
        known = hmac.compare_digest(authorization, f"Bearer {self._handed.secret}".encode())
        return f"Bearer {self._handed.api_key}".encode() if known else authorization

    async def _pass_on(self, request: httpx.Request, send: Send) -> None:
        try:
            response = await self._transport.handle_async_request(request)
        except httpx.PoolTimeout as error:
            raise OverloadedError("too many requests are on their way to the node: try again shortly") from error
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise NodeFailedError(f"the node {self._node} does not answer ({_why(error)}): is it running?") from error
        try:
            headers = answered_headers(response.status_code, response.headers.raw)
            await self._answer(response, headers, send)
        finally:
            await response.aclose()

    async def _answer(self, response: httpx.Response, headers: list[tuple[bytes, bytes]], send: Send) -> None:
        task, endless = asyncio.current_task(), is_stream(headers)
        if task is not None and endless:
            self._streams.add(task)
            task.add_done_callback(self._streams.discard)
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        stream = response.stream
        if not isinstance(stream, httpx.AsyncByteStream):
            raise TypeError("the transport is asynchronous")
        try:
            async for piece in stream:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            if not endless:  # what has begun cannot be refused: the server breaks it off
                raise _ClientGoneError from error
        except asyncio.CancelledError:
            if not endless:
                raise
        await send({"type": "http.response.body", "body": b""})


class _Body:
    """The body of a request as it arrives, and whether its client is still there."""

    def __init__(self, headers: dict[bytes, bytes], receive: Receive) -> None:
        self.is_there = b"content-length" in headers or b"transfer-encoding" in headers
        self._receive = receive
        self._arrived = asyncio.Event()
        if not self.is_there:
            self._arrived.set()

    async def pieces(self) -> AsyncIterator[bytes]:
        """Its pieces. Raises `LimitExceededError` if they are too many, `_ClientGoneError` if no more will come."""
        size, more = 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise _ClientGoneError
            piece: bytes = message.get("body", b"")
            more = message.get("more_body", False)
            size += len(piece)
            if size > MAX_PASSED_BYTES:
                raise LimitExceededError(f"more than {MAX_PASSED_BYTES} bytes are not passed on", place="body")
            if piece:
                yield piece
        self._arrived.set()

    async def client_left(self) -> None:
        """Return when the client has gone; only when its body has arrived can that be seen."""
        await self._arrived.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _require_own_page(headers: dict[bytes, bytes]) -> None:
    """Raise `ForbiddenError` for what a page of another origin asks, which a browser says."""
    origin = headers.get(b"origin")
    own = origin is None or origin == b"http://" + headers.get(b"host", b"")
    if not own or headers.get(b"sec-fetch-site", b"none") not in _OWN_SITES:
        raise ForbiddenError("a page of another origin may not ask here: use the console's own page")


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__
