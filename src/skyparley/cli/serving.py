"""`skyparley serve` and `skyparley demo`: a node behind HTTP, until it is told to stop."""

import asyncio

from rich.console import Console

from skyparley.cli.compose import running_node
from skyparley.cli.demo import start_demo
from skyparley.config import Settings
from skyparley.node.storage import OPERATOR_KEY_FILE
from skyparley.web.app import create_app
from skyparley.web.server import listen, serve, url_of


def run(settings: Settings, *, demo: bool) -> None:
    """Serve until SIGINT or SIGTERM. Raises `SkyparleyError` in one line if the port or directory is taken."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(settings, demo=demo))


async def _run(settings: Settings, *, demo: bool) -> None:
    out = Console(highlight=False)
    listener = listen(settings.host, settings.port)
    try:
        async with running_node(settings.data, pool=settings.pool, exercise=demo) as node:
            url = url_of(listener, tls=settings.tls_certificate is not None)
            if node.directory is not None:
                node.directory.publish_address(url)
            feed = await start_demo(node, out) if demo else None
            out.print(f"Skyparley serves [bold]{url}[/bold], data in {settings.data}; Ctrl-C stops it")
            out.print(f"The operator's key lies in {settings.data / OPERATOR_KEY_FILE}")
            app = create_app(node, observer=demo, max_body_bytes=settings.max_body_bytes)
            try:
                await serve(app, listener, tls_certificate=settings.tls_certificate, tls_key=settings.tls_key)
            finally:
                if feed is not None:
                    feed.cancel()
                    await asyncio.gather(feed, return_exceptions=True)
    finally:
        listener.close()
    out.print("Stopped; what was filed is kept")
