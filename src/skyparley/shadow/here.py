"""Asks the node here: its HTTP app in this process, as if over HTTP, so that the same border is crossed."""

import asyncio
from typing import Any, Final
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

from skyparley.shadow.follower import PutHere, Reply
from skyparley.shadow.pairs.translate import Put
from skyparley.shadow.passages import Headers

_HERE: Final = ("127.0.0.1", 0)


def asks(app: ASGIApp) -> PutHere:
    """Puts requests to an ASGI app."""

    async def put(request: Put, headers: Headers) -> Reply:
        asked = _Asked(request, headers)
        await app(asked.scope, asked.receive, asked.send)
        return Reply(asked.status, bytes(asked.answer))

    return put


class _Asked:
    def __init__(self, request: Put, headers: Headers) -> None:
        self.status = 500
        self.answer = bytearray()
        self._body: bytes | None = request.body
        length = [(b"content-length", b"%d" % len(request.body))] if request.body else []
        self.scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote(request.path),
            "raw_path": request.path.encode("latin-1"),
            "query_string": b"",
            "root_path": "",
            "headers": [*headers, *length],
            "client": _HERE,
            "server": _HERE,
        }

    async def receive(self) -> Message:
        """The whole body, once; whoever asks does not leave."""
        if self._body is None:
            await asyncio.Event().wait()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body or b"", "more_body": False}

    async def send(self, message: Message) -> None:
        """Keep what is answered."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.answer += message.get("body", b"")
