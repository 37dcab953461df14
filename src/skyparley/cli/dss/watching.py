"""`skyparley shadow`: stands in front of another DSS, asks a node here the same, and tells what differs.

The node here has a pool of its own name, so that its log is never taken for that of a pool in earnest: the versions
that USSs hold are the upstream's.
"""

import asyncio
import contextlib
import socket
import sys
from pathlib import Path
from typing import Final, cast

import httpx
import uvloop
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.table import Table

from skyparley.cli.compose import clock_us, running_node
from skyparley.config import Settings
from skyparley.errors import InvalidInputError
from skyparley.shadow.pairs.asked import ELSEWHERE
from skyparley.shadow.passages import Passages
from skyparley.shadow.report import Report
from skyparley.shadow.store import Store
from skyparley.shadow.watch import watching
from skyparley.web.app import WebApp, create_app
from skyparley.web.loopback import is_this_machine
from skyparley.web.server import listen, serve, tls_context, url_of
from skyparley.web.tokens.verify import open_verifier

POOL: Final = "shadow"
FINISH_S: Final = 10.0
"""So long what waits is still compared when the shadow is stopped."""
THREAD_SWITCH_S: Final = 0.001
"""Forwarding goes first: it waits no longer than this for a thread that compares or writes."""
LINE_EVERY_S: Final = 10.0
"""Where there is no terminal, a line says how things stand, so often at most."""
_ANYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - to compare with, nothing is bound here
_COLUMNS: Final = ("forwarded", "compared", "equal", "different", "concurrent", "unknown_here", "not_compared")
_SHOWN: Final = _COLUMNS[2:]
_SHORT: Final = {
    "/dss/v1/": "", "operational_intent_references": "intents", "constraint_references": "constraints",
    "uss_availability": "availability", "{entityid}": "id", "{subscriptionid}": "id", "{uss_id}": "id", "{ovn}": "ovn",
    "{version}": "version",
}  # fmt: skip


def run(settings: Settings, upstream: httpx.URL, report_path: Path) -> None:
    """Watch until SIGINT or SIGTERM. Raises `SkyparleyError` in one line if the port or directory is taken."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(settings, upstream, report_path))


async def _run(settings: Settings, upstream: httpx.URL, report_path: Path) -> None:
    tls = tls_context(settings.tls_certificate, settings.tls_key)
    tokens = open_verifier(
        public_keys=settings.auth_public_keys,
        jwks_url=settings.auth_jwks_url,
        audiences=settings.auth_audiences,
        issuers=settings.auth_issuers,
    )
    listener = listen(settings.host, settings.port)
    try:
        _refuse_itself(upstream, listener)
        async with running_node(settings.data, pool=POOL, dss_limits=settings.dss_limits) as node:
            sys.setswitchinterval(THREAD_SWITCH_S)
            app = create_app(node, max_body_bytes=settings.max_body_bytes, tokens=tokens)
            passages, report = Passages(clock_us), Report(str(upstream), clock_us(), report_path)
            report.open().close()
            with contextlib.closing(Store(settings.data, str(upstream))) as store:
                async with watching(upstream, app, passages, report, store, clock_us, finish_s=FINISH_S) as proxy:
                    print(f"Differences go to {report_path}, counts are at /shadow/summary")
                    print(
                        f"Skyparley serves {url_of(listener, tls=tls is not None)}, the shadow of {upstream}",
                        flush=True,
                    )
                    showing = asyncio.create_task(_show(report, passages))
                    try:
                        await serve(cast("WebApp", proxy), listener, tls=tls)  # of which it needs what both have
                    finally:
                        showing.cancel()
                        await asyncio.gather(showing, return_exceptions=True)
            _print(report, 0)
    finally:
        listener.close()
        if tokens is not None:
            await tokens.aclose()


def _refuse_itself(upstream: httpx.URL, listener: socket.socket) -> None:
    """Raise `InvalidInputError` if what is forwarded would come back."""
    host, port = listener.getsockname()[:2]
    named = upstream.port or {"http": 80, "https": 443}[upstream.scheme]
    near = is_this_machine(upstream.host) and (is_this_machine(host) or host in _ANYWHERE)
    if named == port and (upstream.host == host or near):
        raise InvalidInputError("this is where the shadow itself listens: name the other DSS", place="--upstream")


async def _show(report: Report, passages: Passages) -> None:
    """Keep the counts on the terminal; where there is none, print a line when they have changed."""
    if sys.stdout.isatty():
        with Live(_table(report, len(passages)), auto_refresh=False) as live:
            while True:
                await asyncio.sleep(1.0)
                live.update(_table(report, len(passages)), refresh=True)
    shown = ""
    while True:
        await asyncio.sleep(LINE_EVERY_S)
        totals = report.totals()
        line = ", ".join(f"{getattr(totals, name)} {name.replace('_', ' ')}" for name in _COLUMNS)
        if line != shown:
            print(line, flush=True)
        shown = line


def _print(report: Report, waiting: int) -> None:
    Console().print(_table(report, waiting))
    print("Stopped; what differed is in the report", flush=True)


def _short(route: str) -> str:
    """A route in the width of a terminal."""
    for long, short in _SHORT.items():
        route = route.replace(long, short)
    return route


def _table(report: Report, waiting: int) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("request", no_wrap=True)
    for name in _SHOWN:
        table.add_column(name.replace("_", " "), justify="right")
    rows = [(_short(route), counts) for route, counts in report.routes.items() if route != ELSEWHERE]
    for route, counts in [*sorted(rows), ("all", report.totals())]:
        table.add_row(route, *(str(getattr(counts, name)) for name in _SHOWN))
    why = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in sorted(report.reasons.items()))
    table.caption = f"{waiting} wait" + (f"; not compared: {why}" if why else "")
    return table
