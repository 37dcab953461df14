"""The web server: binds a port, serves an app over HTTP or TLS, and stops cleanly.

uvicorn does the work; here are its limits, its one-line failures, and the manner of stopping: on the first SIGINT or
SIGTERM no new connection is taken, event streams end at once, requests at work are finished; a second does not wait.
"""

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from skyparley.errors import InvalidInputError, SkyparleyError
from skyparley.web.app import WebApp
from skyparley.web.exchange import ON_GONE, Abandoned
from skyparley.web.replies import Reply, error_reply

BACKLOG: Final = 1_024
KEEP_ALIVE_S: Final = 65
HEADERS_TIMEOUT_S: Final = 20.0
MAX_HEADER_BYTES: Final = 32_768
STOP_TIMEOUT_S: Final = 10
DEAD_PEER_TIMEOUT_MS: Final = 60_000
_log: Final = logging.getLogger(__name__)


class ListenError(SkyparleyError):
    """The address cannot be listened on."""

    code = "cannot_listen"


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address; port 0 takes a free one. Raises `ListenError` in one line."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:  # a name that no resolver takes is a UnicodeError
        why = error.strerror if isinstance(error, OSError) else "this is no name of a host"
        raise ListenError(f"cannot listen on {host[:100]}: {why}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: a peer that takes nothing any more is dropped, not kept
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_PEER_TIMEOUT_MS)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ListenError(
            f"cannot listen on {host} port {port} ({error.strerror}): choose another --port, or stop what uses it"
        ) from error
    return listener


def url_of(listener: socket.socket, *, tls: bool = False) -> str:
    """Where a listening socket is reached from this machine."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - a comparison, nothing is bound here
        host = "127.0.0.1"
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{shown}:{port}"


def tls_context(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """TLS by a certificate chain and its key in PEM files; None without both.

    Raises `InvalidInputError`, which names the file, if they cannot be used; a key behind a pass phrase is one of
    those, because nobody is there to type it when a supervisor restarts the node.
    """
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise InvalidInputError("TLS needs both a certificate file and its key file")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for path in (certificate, key):
        try:
            path.read_bytes()
        except OSError as error:
            raise InvalidInputError(f"cannot use {path} for TLS: {error.strerror}") from error
    try:
        context.load_cert_chain(certificate, key, password=_no_pass_phrase)
    except _PassPhraseError as error:
        raise InvalidInputError(f"{key} is closed by a pass phrase: TLS needs a key file without one") from error
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"cannot use {certificate} with {key} for TLS: {error}") from error
    return context


class _PassPhraseError(Exception):
    pass


def _no_pass_phrase() -> str:
    """Called by OpenSSL for an encrypted key; without it, it asks on the terminal and waits."""
    raise _PassPhraseError


async def serve(
    app: WebApp,
    listener: socket.socket,
    *,
    tls: ssl.SSLContext | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Serve until SIGINT, SIGTERM or `stop`, over TLS if it is given; returns when all requests are finished."""
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_TIMEOUT_S,
        backlog=BACKLOG,
    )
    config.load()
    config.ssl = tls
    server = _Server(config)
    app.begin()

    def finish() -> None:
        if server.should_exit:
            server.force_exit = True
        server.should_exit = True
        app.end_streams()

    watcher = asyncio.create_task(_finish_on(stop, finish))
    try:
        with _signals(finish):
            await server.serve([listener])
    finally:
        watcher.cancel()
        listener.close()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `serve`: uvicorn would raise them again after it has stopped."""
        yield


class _Protocol(HttpToolsProtocol):
    """HTTP/1.1 of one connection, with limits on the head of a request and refusals in the API's one shape."""

    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(HEADERS_TIMEOUT_S, self._head_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_done()
        cycle = self.cycle
        super().connection_lost(exc)
        if cycle is not None and not cycle.response_complete:
            leave = cycle.scope.get(ON_GONE)
            if isinstance(leave, Abandoned):
                leave()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = 0
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEADERS_TIMEOUT_S, self._head_late)

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_done()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the override's shape
        """Refuse what is not HTTP; the connection ends, because where the next request begins is unknown."""
        if self._head_bytes > MAX_HEADER_BYTES:
            reply = _protocol_refusal(431, f"address and headers are longer than {MAX_HEADER_BYTES} bytes")
        else:
            reply = _protocol_refusal(400, "this is not a request of HTTP/1.1")
        headers = [*self.server_state.default_headers, *reply.headers]
        head = b"".join(b"%b: %b\r\n" % header for header in headers)
        length = b"content-length: %d\r\nconnection: close\r\n\r\n" % len(reply.body)
        self.transport.write(STATUS_LINE[reply.status] + head + length + reply.body)
        self.transport.close()

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEADER_BYTES:
            raise ValueError("the head of the request is too long")  # reaches data_received as a parser error

    def _head_done(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_late(self) -> None:
        self._head_timer = None
        self.transport.close()


def _protocol_refusal(status: int, message: str) -> Reply:
    from starlette.exceptions import HTTPException

    return error_reply(HTTPException(status, message))


@contextlib.contextmanager
def _signals(finish: Any) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    added = []
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(ValueError, RuntimeError):  # only the main thread may handle signals
            loop.add_signal_handler(number, finish)
            added.append(number)
    try:
        yield
    finally:
        for number in added:
            loop.remove_signal_handler(number)


async def _finish_on(stop: asyncio.Event | None, finish: Any) -> None:
    if stop is not None:
        await stop.wait()
        finish()
