"""`skyparley serve` and `skyparley demo`: a node behind HTTP, until it is told to stop.

SIGINT and SIGTERM end it in order at any time: while it starts they cancel the start, later the server takes them.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator

from skyparley.cli.compose import running_node
from skyparley.cli.demo import start_demo
from skyparley.cli.record.verifying import read_witnesses
from skyparley.config import Settings
from skyparley.errors import StorageError
from skyparley.node.storage import OPERATOR_KEY_FILE
from skyparley.web.app import create_app
from skyparley.web.server import listen, serve, tls_context, url_of
from skyparley.web.tokens.verify import open_verifier
from skyparley.web.traces import open_traces


def run(settings: Settings, *, demo: bool) -> None:
    """Serve until SIGINT or SIGTERM. Raises `SkyparleyError` in one line if the port or directory is taken."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(settings, demo=demo))
    print("Stopped; what was filed is kept", flush=True)


async def _run(settings: Settings, *, demo: bool) -> None:
    tls = tls_context(settings.tls_certificate, settings.tls_key)
    tokens = open_verifier(
        public_keys=settings.auth_public_keys,
        jwks_url=settings.auth_jwks_url,
        audiences=settings.auth_audiences,
        issuers=settings.auth_issuers,
    )
    witnesses = read_witnesses(settings.witnesses)
    traces = open_traces(os.environ)
    listener = listen(settings.host, settings.port)
    try:
        with _cancelled_by_signals():
            async with running_node(
                settings.data,
                pool=settings.pool,
                exercise=demo,
                dss_limits=settings.dss_limits,
                witnesses=witnesses,
            ) as node:
                url = url_of(listener, tls=tls is not None)
                if node.directory is not None:
                    try:
                        node.directory.publish_address(url)
                    except StorageError as error:  # a full disk stops writes, not reads
                        print(f"{error.message}: the operator's commands do not find this node", file=sys.stderr)
                feed = await start_demo(node) if demo else None
                app = create_app(
                    node, observer=demo, max_body_bytes=settings.max_body_bytes, tokens=tokens, traces=traces
                )
                print(f"The operator's key lies in {settings.data / OPERATOR_KEY_FILE}")
                print(f"Skyparley serves {url}, data in {settings.data}; Ctrl-C stops it", flush=True)
                try:
                    await serve(app, listener, tls=tls)
                finally:
                    if feed is not None:
                        feed.cancel()
                        await asyncio.gather(feed, return_exceptions=True)
    finally:
        listener.close()
        if tokens is not None:
            await tokens.aclose()
        if traces is not None:
            await asyncio.to_thread(traces.close)


@contextlib.contextmanager
def _cancelled_by_signals() -> Iterator[None]:
    """Let SIGINT and SIGTERM cancel this task, and take that for an orderly end."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    told = False

    def stop() -> None:
        nonlocal told
        if not told and task is not None:
            told = True
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        yield
    except asyncio.CancelledError:
        if not told:
            raise
