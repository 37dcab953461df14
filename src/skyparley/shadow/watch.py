"""The parts of a shadow, put together around the app of a node here; the follower runs as long as it is watching."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
from starlette.types import ASGIApp

from skyparley.shadow.follower import Follower
from skyparley.shadow.here import asks
from skyparley.shadow.pairs.names import Names
from skyparley.shadow.passages import STOPPED, Passages
from skyparley.shadow.proxy import Proxy
from skyparley.shadow.report import Report
from skyparley.shadow.store import Store


@asynccontextmanager
async def watching(
    upstream: httpx.URL,
    app: ASGIApp,
    passages: Passages,
    report: Report,
    store: Store,
    clock_us: Callable[[], int],
    *,
    finish_s: float,
) -> AsyncIterator[Proxy]:
    """The app to serve in place of the upstream; what still waits at the end is compared, but not for longer."""
    names = Names(store.load())
    names.doubt_all()  # nobody knows what was written upstream meanwhile
    names.prune(clock_us())
    follower = Follower(passages, asks(app), names, report, store, clock_us)
    following = asyncio.create_task(follower.run())
    proxy = Proxy(upstream, passages, report)
    try:
        yield proxy
    finally:
        await proxy.aclose()
        await follower.finish(finish_s)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        for route in passages.abandon():
            report.not_compared(route, STOPPED)
        await follower.save()
