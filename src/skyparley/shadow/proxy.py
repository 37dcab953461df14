"""Forwards every request to the upstream as it came, and answers what that answered; beside it a copy is kept.

Nothing is forwarded to any other host, whatever a request names. A client that leaves takes its request to the upstream
with it, as if it had spoken to that directly.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import msgspec
from starlette.types import Message, Receive, Scope, Send

from skyparley.errors import InvalidInputError
from skyparley.shadow.passages import CLIENT_GONE, UPSTREAM_FAILED, Headers, Passage, Passages, route_of
from skyparley.shadow.report import Report

SUMMARY_PATH: Final = "/shadow/summary"
"""The one path that is answered here; every other is the upstream's."""
CONNECT_TIMEOUT_S: Final = 10.0
ANSWER_TIMEOUT_S: Final = 300.0
"""So long the upstream may be silent before its client is told so."""
MAX_CONNECTIONS: Final = 1_024
QUIET_S: Final = 5.0
"""Between two words on how the upstream is."""
KEEP_ALIVE_S: Final = 2.0
"""A connection that was idle for longer is not used again: the upstream may be about to close it."""
_HOP_BY_HOP: Final = frozenset({
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te", b"trailer",
    b"transfer-encoding", b"upgrade",
})  # fmt: skip
_NOT_FORWARDED: Final = frozenset({b"host", b"expect"})
_NOT_ANSWERED: Final = frozenset({b"date"})
"""The server in front of this sets its own."""
_TIMEOUTS: Final = {
    "connect": CONNECT_TIMEOUT_S, "read": ANSWER_TIMEOUT_S, "write": ANSWER_TIMEOUT_S, "pool": ANSWER_TIMEOUT_S,
}  # fmt: skip
_FAILED: Final = 500
_BUSY: Final = 429
_log: Final = logging.getLogger("skyparley.shadow")


class _ClientGoneError(Exception):
    pass


def upstream_of(text: str) -> httpx.URL:
    """The upstream's base URL. Raises `InvalidInputError` unless it is http or https, a host, and perhaps a path."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise InvalidInputError(f"this is no URL of a DSS: {error}", place="--upstream") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise InvalidInputError(
            "the URL of the DSS that is watched begins with https:// or http://, and names its host", place="--upstream"
        )
    if url.userinfo or url.query or url.fragment:
        raise InvalidInputError("leave user, password, query and fragment out of the URL", place="--upstream")
    return url


class Proxy:
    """The ASGI app in front of the upstream."""

    def __init__(
        self, upstream: httpx.URL, passages: Passages, report: Report, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._upstream = upstream
        self._prefix = upstream.raw_path.partition(b"?")[0].rstrip(b"/")
        self._passages = passages
        self._report = report
        self._trouble = ""
        self._quiet_until_s = 0.0
        limits = httpx.Limits(
            max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS, keepalive_expiry=KEEP_ALIVE_S
        )
        self._transport = transport or httpx.AsyncHTTPTransport(
            verify=ssl.create_default_context(), limits=limits, trust_env=False
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection; only HTTP is spoken here."""
        if scope["type"] != "http":
            raise RuntimeError(f"this app speaks HTTP only, not {scope['type']}")
        if scope["path"] == SUMMARY_PATH:
            await self._tell(scope["method"], send)
            return
        passage = self._passages.begin(scope["method"], scope["raw_path"], scope["headers"])
        self._report.forwarded(route_of(passage))
        journey = _Journey(self._passages, self._report, passage, receive, send)
        try:
            await journey.unless_gone(self._forward(scope, journey))
        finally:
            journey.end(CLIENT_GONE)

    def begin(self) -> None:
        """The server begins."""

    def end_streams(self) -> None:
        """The server stops; answers on their way are finished."""

    async def aclose(self) -> None:
        """Close the connections to the upstream."""
        await self._transport.aclose()

    async def _forward(self, scope: Scope, journey: "_Journey") -> None:
        request = self._request(scope, journey)
        try:
            response = await self._transport.handle_async_request(request)
        except httpx.TimeoutException as error:
            self._complain(error)
            await journey.refuse(504, f"the upstream did not answer in time ({type(error).__name__})")
            return
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            self._complain(error)
            await journey.refuse(
                502, f"the upstream cannot be reached, or does not speak HTTP ({type(error).__name__})"
            )
            return
        try:
            await journey.answer(response)
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:  # its client sees an answer that is cut off
            self._complain(error)
            journey.fail()
        else:
            self._complain(None)
        finally:
            await response.aclose()

    def _complain(self, error: Exception | None) -> None:
        """Say how the upstream is when that changes, now and then; never what was sent."""
        trouble = "" if error is None else type(error).__name__
        if isinstance(error, httpx.ConnectError):
            trouble = f"{trouble}: {error}"
        now_s = asyncio.get_running_loop().time()
        if trouble != self._trouble and now_s >= self._quiet_until_s:
            _log.warning("the upstream %s", f"gives no answer ({trouble})" if trouble else "answers again")
            self._trouble = trouble
            self._quiet_until_s = now_s + QUIET_S

    def _request(self, scope: Scope, journey: "_Journey") -> httpx.Request:
        target = self._prefix + scope["raw_path"]
        if scope["query_string"]:
            target += b"?" + scope["query_string"]
        headers = _end_to_end(scope["headers"], _NOT_FORWARDED)
        names = {name for name, _ in scope["headers"]}
        has_body = b"content-length" in names or b"transfer-encoding" in names
        if not has_body:
            journey.received.set()
        return httpx.Request(
            scope["method"],
            self._upstream,
            headers=headers,
            content=journey.body() if has_body else None,
            extensions={"target": target, "timeout": _TIMEOUTS},
        )

    async def _tell(self, method: str, send: Send) -> None:
        if method not in ("GET", "HEAD"):
            await _send(send, 405, _refusal("method_not_allowed", "this path takes GET"), [(b"allow", b"GET, HEAD")])
            return
        await _send(send, 200, msgspec.json.encode(self._report.summary(len(self._passages))))


class _Journey:
    """One request to the upstream and back, with what is copied on the way."""

    def __init__(
        self, passages: Passages, report: Report, passage: Passage | None, receive: Receive, send: Send
    ) -> None:
        self._passages = passages
        self._report = report
        self._passage = passage
        self._receive = receive
        self._send = send
        self.received = asyncio.Event()
        self._ended = False

    async def unless_gone(self, work: Any) -> None:
        """Do the work, but not for a client that has left."""
        task = asyncio.ensure_future(work)
        watch = asyncio.ensure_future(self._gone())
        try:
            await asyncio.wait((task, watch), return_when=asyncio.FIRST_COMPLETED)
            if task.done() or self._ended:  # a server tells of the end of an answer as if the client had left
                await task
        except _ClientGoneError:
            pass
        finally:
            watch.cancel()
            task.cancel()
            await asyncio.gather(task, watch, return_exceptions=True)

    async def body(self) -> AsyncIterator[bytes]:
        """The request's body as it arrives."""
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise _ClientGoneError
            chunk: bytes = message.get("body", b"")
            more = message.get("more_body", False)
            if not more:
                self.received.set()
            if self._passage is not None:
                self._passages.copy(self._passage, self._passage.request, chunk)
            if chunk:
                yield chunk

    async def answer(self, response: httpx.Response) -> None:
        """Send what the upstream answers, piece by piece; its end is known before the client knows it."""
        await self._send(
            {
                "type": "http.response.start",
                "status": response.status_code,
                "headers": _end_to_end(response.headers.raw, _NOT_ANSWERED),
            }
        )
        passage = self._passage
        if passage is not None:
            passage.status = response.status_code
            passage.encoding = response.headers.get("content-encoding", "").encode("latin-1")
        declared = response.headers.get("content-length", "")
        left = int(declared) if declared.isdigit() else -1
        stream = response.stream
        if not isinstance(stream, httpx.AsyncByteStream):
            raise TypeError("the transport is asynchronous")
        async for chunk in stream:
            if passage is not None:
                self._passages.copy(passage, passage.answer, chunk)
            left -= len(chunk)
            if left == 0:
                self._end_answered(response.status_code)
            await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        self._end_answered(response.status_code)
        await self._send({"type": "http.response.body", "body": b""})

    async def refuse(self, status: int, message: str) -> None:
        """Tell the client that the upstream gives no answer; whether it did what was asked, nobody knows."""
        self.fail()
        await _send(self._send, status, _refusal("upstream_failed", message))

    def fail(self) -> None:
        """The upstream gives no answer, or breaks off."""
        self._report.upstream_failures += 1
        self.end(UPSTREAM_FAILED)

    def end(self, trouble: str = "") -> None:
        """It is over, once."""
        if self._ended:
            return
        self._ended = True
        if self._passage is not None:
            reason = self._passages.finish(self._passage, trouble)
            if reason:
                self._report.not_compared(self._passage.asked.route, reason)

    def _end_answered(self, status: int) -> None:
        self.end(UPSTREAM_FAILED if status >= _FAILED or status == _BUSY else "")

    async def _gone(self) -> None:
        await self.received.wait()
        message: Message = await self._receive()
        while message["type"] != "http.disconnect":
            message = await self._receive()


def _end_to_end(headers: Headers, without: frozenset[bytes]) -> Headers:
    """Headers that are not for one connection only, nor among those that are left out."""
    named = {
        option.strip().lower()
        for name, value in headers
        if name.lower() == b"connection"
        for option in value.split(b",")
    }
    left_out = _HOP_BY_HOP | without | named
    return [(name, value) for name, value in headers if name.lower() not in left_out]


def _refusal(code: str, message: str) -> bytes:
    """A refusal as the standard has it, with the API's own error beside it."""
    return msgspec.json.encode({"message": message, "error": {"code": code, "message": message, "place": None}})


async def _send(send: Send, status: int, body: bytes, headers: Headers | None = None) -> None:
    shown = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), *(headers or [])]
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*shown, length]})
    await send({"type": "http.response.body", "body": body})
