"""`skyparley console`: the console's files from this machine, the API from a node, until it is told to stop."""

import asyncio
import secrets
import socket
import sys
from typing import TYPE_CHECKING, Final, cast

import httpx
import uvloop

from skyparley.errors import InvalidInputError
from skyparley.web.local.relay import Handed, Relay, node_url
from skyparley.web.loopback import is_this_machine
from skyparley.web.server import listen, serve, url_of
from skyparley.web.static import CONSOLE_DIRECTORY, Console

if TYPE_CHECKING:
    from skyparley.web.app import WebApp

HERE: Final = "127.0.0.1"
_SECRET_BYTES: Final = 32


def run(node: str, port: int, api_key: str | None) -> None:
    """Serve until SIGINT or SIGTERM. Raises `SkyparleyError` in one line if the address or the port cannot be used."""
    url = node_url(node)
    if api_key is not None and not (api_key.isascii() and api_key.isprintable() and " " not in api_key):
        raise InvalidInputError("this is no API key: copy it whole, without spaces", place="--api-key")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(url, port, api_key))
    print("Stopped", flush=True)


async def _run(node: httpx.URL, port: int, api_key: str | None) -> None:
    console = Console(CONSOLE_DIRECTORY, node=str(node))
    if not console.holds("/"):
        raise InvalidInputError("the console is not built: run make install")
    listener = listen(HERE, port)
    try:
        _refuse_itself(node, listener)
        handed = None if api_key is None else Handed(f"sc_{secrets.token_urlsafe(_SECRET_BYTES)}", api_key)
        relay = Relay(node, console, handed=handed)
        if node.scheme == "http" and not is_this_machine(node.host):
            print(f"{node} is without TLS: keys go there in the open", file=sys.stderr)
        key = "" if handed is None else f"/#key={handed.secret}"
        print(f"The console of {node} is at {url_of(listener)}{key} on this machine; Ctrl-C stops it", flush=True)
        try:
            await serve(cast("WebApp", relay), listener)  # of which it needs what both have
        finally:
            await relay.aclose()
    finally:
        listener.close()


def _refuse_itself(node: httpx.URL, listener: socket.socket) -> None:
    """Raise `InvalidInputError` if what is passed on would come back."""
    named = node.port or {"http": 80, "https": 443}[node.scheme]
    if is_this_machine(node.host) and named == listener.getsockname()[1]:
        raise InvalidInputError("this is where the console itself listens: choose another --port", place="--node")
