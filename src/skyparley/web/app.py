"""The HTTP app: routes, authentication before each handler, one shape for every error, measurement. Plain ASGI.

No middleware wraps the handlers: a request passes the router, its resource and its handler, and nothing else, because
an acknowledged filing has a budget of well under a millisecond here.
"""

import asyncio
import functools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.routing import Match, Route, Router
from starlette.types import Receive, Scope, Send

from skyparley.errors import NotFoundError, OverloadedError
from skyparley.node.node import Node
from skyparley.node.people.rights import require_right
from skyparley.node.record.signing import Prepared
from skyparley.web.dss import constraints, intents, others, subscriptions
from skyparley.web.dss.refusals import refusal_reply
from skyparley.web.exchange import MAX_BODY_BYTES, MAX_REQUESTS_AT_WORK, Abandoned, ClientGoneError, Context, Exchange
from skyparley.web.openapi import EVENT_STREAM, Endpoint, render_document
from skyparley.web.replies import Replies, error_reply, json_reply
from skyparley.web.routes import (
    agreements,
    assistance,
    calls,
    catalogue,
    dialogues,
    duty,
    operations,
    people,
    record,
    service,
)
from skyparley.web.signing import routes as signing
from skyparley.web.static import CONSOLE_DIRECTORY, Console
from skyparley.web.stream import end_streams
from skyparley.web.tokens.verify import TokenVerifier
from skyparley.web.traces import Traces, tell_status

DSS_PATHS: Final = "/dss/"
_TOKEN_PATHS: Final = (DSS_PATHS, "/aux/", "/versions/")
"""Where a refusal has the `message` of the DSS's standard."""
CLIENT_GONE: Final = 499
"""Status that is only counted, never sent: the client left before it had its answer."""

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    *operations.ENDPOINTS,
    *agreements.ENDPOINTS,
    *duty.ENDPOINTS,
    *assistance.ENDPOINTS,
    *calls.ENDPOINTS,
    *catalogue.ENDPOINTS,
    *dialogues.ENDPOINTS,
    *people.ENDPOINTS,
    *record.ENDPOINTS,
    *signing.ENDPOINTS,
    *service.ENDPOINTS,
    *intents.ENDPOINTS,
    *constraints.ENDPOINTS,
    *subscriptions.ENDPOINTS,
    *others.ENDPOINTS,
)


class Resource:
    """All methods of one path."""

    def __init__(self, context: Context, path: str, endpoints: dict[str, Endpoint]) -> None:
        self.path = path
        self.endpoints = endpoints
        self._context = context
        self._drops = any(endpoint.access == "token" for endpoint in endpoints.values())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, count it, and trace it where that is asked for."""
        traces = self._context.traces
        if traces is None:
            await self._serve(scope, receive, send)
            return
        with traces.request(scope, self.path) as span:
            tell_status(span, await self._serve(scope, receive, send))

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Serve one request; the status of its answer."""
        began_s = time.perf_counter()
        context = self._context
        status = CLIENT_GONE
        context.at_work += 1
        abandoned = Abandoned(scope) if self._drops else None
        try:
            reply = await self._answer(scope, receive)
            status = reply.status
            await reply.send(receive, send)
        except ClientGoneError:
            pass
        except asyncio.CancelledError:
            if abandoned is None or not abandoned.gone:
                raise
            abandoned.settle()
        finally:
            context.at_work -= 1
            context.metrics.observe(scope["method"], self.path, status, time.perf_counter() - began_s)
        return status

    async def _answer(self, scope: Scope, receive: Receive) -> Replies:
        method = scope["method"]
        endpoint = self.endpoints["GET" if method == "HEAD" else method]
        try:
            if method == "HEAD" and endpoint.media_type == EVENT_STREAM:
                raise HTTPException(405, "a stream has no HEAD", {"Allow": "GET"})
            context = self._context
            if context.at_work - len(context.streams) > MAX_REQUESTS_AT_WORK and endpoint.access != "public":
                raise OverloadedError("too many requests are at work: try again shortly")
            exchange = Exchange(context, scope, receive)
            if endpoint.access == "token":
                await exchange.authenticate_uss(endpoint.scopes, operator_allowed=endpoint.operator)
            elif endpoint.access != "public":
                exchange.authenticate(observer_allowed=endpoint.access == "observer")
                require_right(exchange.author, endpoint.right)
            return await endpoint.handler(exchange)
        except ClientGoneError:
            raise
        except Prepared as prepared:
            return json_reply(prepared.view(), 202)
        except Exception as error:
            return endpoint.refuse(error)


class WebApp:
    """The ASGI app over a node. `end_streams` lets a server stop without waiting for its subscribers."""

    def __init__(self, context: Context, routes: Sequence[Route], console: Console) -> None:
        self.context = context
        self.routes = routes
        self._console = console
        # a router tries its routes one after another: those of the DSS need not pass all the others first
        self._routers = {
            of_dss: Router(
                routes=[route for route in routes if route.path.startswith(DSS_PATHS) is of_dss],
                redirect_slashes=False,
                default=self._elsewhere,
            )
            for of_dss in (True, False)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection; only HTTP is spoken here."""
        if scope["type"] != "http":
            raise RuntimeError(f"this app speaks HTTP only, not {scope['type']}")
        scope["app"] = self
        try:
            await self._routers[scope["path"].startswith(DSS_PATHS)](scope, receive, send)
        except HTTPException as error:  # the router's only refusal: a path with another method
            allowed = ", ".join(self._methods(scope))
            refusal = HTTPException(error.status_code, f"this path takes {allowed}", {"Allow": allowed})
            await self._refuse(scope, receive, send, refusal)

    def begin(self) -> None:
        """The server begins: event streams may be opened."""
        self.context.stopping = False

    def end_streams(self) -> None:
        """The server stops: end all event streams and open no more."""
        self.context.stopping = True
        end_streams(self.context)

    async def _elsewhere(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Paths that are no route: files of the console, else not found."""
        path: str = scope["path"]
        if self._console.holds(path):
            if scope["method"] not in ("GET", "HEAD"):
                await self._refuse(
                    scope, receive, send, HTTPException(405, "this path takes GET", {"Allow": "GET, HEAD"})
                )
            else:
                await self._console.reply(path, dict(scope["headers"])).send(receive, send)
            return
        message = "there is nothing at this path: the routes are listed in /v1/openapi.json"
        if path == "/":
            message = "the console is not built: run make install; the API is at /v1"
        await self._refuse(scope, receive, send, NotFoundError(message))

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, error: Exception) -> None:
        reply = refusal_reply(error) if scope["path"].startswith(_TOKEN_PATHS) else error_reply(error)
        self.context.metrics.observe(_known_method(scope["method"]), "other", reply.status, 0.0)
        await reply.send(receive, send)

    def _methods(self, scope: Scope) -> list[str]:
        found: set[str] = set()
        for route in self.routes:
            if route.matches(scope)[0] is not Match.NONE:
                found.update(route.methods or ())
        return sorted(found)


def create_app(
    node: Node,
    *,
    observer: bool = False,
    max_body_bytes: int = MAX_BODY_BYTES,
    console: Path = CONSOLE_DIRECTORY,
    tokens: TokenVerifier | None = None,
    traces: Traces | None = None,
) -> WebApp:
    """The app over a running node. `observer`: requests from this machine may read without a key (the demo only).

    `tokens` verifies the access tokens of USSs; without it the DSS takes none. `traces` traces requests.
    """
    context = Context(node, observer, max_body_bytes, document=_document(), tokens=tokens, traces=traces)
    if traces is not None:
        node.engine.step = traces.step
    node.people.on_ended = lambda session_id: end_streams(context, key_id=session_id)
    return WebApp(context, _routes(context), Console(console))


@functools.cache
def _document() -> bytes:
    """The OpenAPI document, made once: it is the same for every node."""
    return render_document(ENDPOINTS)


def _routes(context: Context) -> list[Route]:
    """One route per path, in the order of the endpoints: starlette takes the first that matches."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in ENDPOINTS:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    return [Route(path, Resource(context, path, methods), methods=list(methods)) for path, methods in by_path.items()]


def _known_method(method: str) -> str:
    return method if method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS") else "other"
