"""What a DSS promises under load, scenario by scenario, each beside the usual way in the same run.

A rate counts what was accepted and is found after the server was killed (`load.py`). All volumes of *one cell* overlap,
so its sixteen clients really race: whoever is accepted makes the keys of all others stale. *In bands* each client has
an altitude of its own. *Spread* takes one of 10,000 cells at random each time. The key of a create holds all that the
peers know by then (`peers.py`); about so many intents are *live*, because each ends after a lifetime that is chosen so.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from bench.dss.generator.job import Job, Layout, Result
from bench.dss.generator.volumes import ELSEWHERE
from bench.dss.load import Outcome, Start, load, load_and_kill
from bench.dss.postgres import Locking
from bench.dss.servers import Baseline, Issuer, Skyparley, workspace
from bench.table import Figure, Row

WARM_UP_S: Final = 3.0
MEASURED_S: Final = 8.0
BASELINE_MEASURED_S: Final = 4.0
QUERIED: Final = 20
BASELINE: Final = "starlette, PostgreSQL, same generator; locks subscriptions | cells"

Fill = Callable[[Path], Awaitable[None]]
"""Puts `ELSEWHERE` live references into a data directory, none of them near the cells of `volumes.py`."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One load and what is promised of it; `usual_per_s` is about what the baseline does, for each way of locking."""

    what: str
    layout: Layout
    clients: int
    live: int
    per_s: float
    usual_per_s: dict[Locking, float]
    p99_ms: float | None = None
    fair: bool = False

    def job(self, tokens: list[str], expected_per_s: float, seconds: float) -> Job:
        """The load, for a server that is expected to do so many each second."""
        return Job(
            port=0,
            tokens=tokens[: self.clients],
            kind="create",
            layout=self.layout,
            live=self.live,
            expected_per_s=expected_per_s,
            warm_up_s=WARM_UP_S,
            seconds=seconds,
        )


SCENARIOS: Final = (
    Scenario(
        "16 clients race in one cell, 100 live", "cell", 16, 100, 500.0,
        {"subscriptions": 50.0, "cells": 35.0}, p99_ms=150.0, fair=True,
    ),
    Scenario(
        "16 clients race in one cell, 1,000 live", "cell", 16, 1_000, 250.0, {"subscriptions": 15.0, "cells": 10.0}
    ),
    Scenario(
        "16 clients in bands of one cell, 100 live", "bands", 16, 100, 1_500.0, {"subscriptions": 90.0, "cells": 550.0}
    ),
    Scenario(
        "16 clients in bands of one cell, 1,000 live", "bands", 16, 1_000, 400.0,
        {"subscriptions": 70.0, "cells": 180.0},
    ),
    Scenario("one client in one cell, 100 live", "cell", 1, 100, 1_000.0, {"subscriptions": 380.0, "cells": 440.0}),
    Scenario("one client in one cell, 1,000 live", "cell", 1, 1_000, 400.0, {"subscriptions": 90.0, "cells": 90.0}),
    Scenario(
        "16 clients spread over 10,000 cells", "spread", 16, 0, 2_500.0,
        {"subscriptions": 500.0, "cells": 1_300.0}, p99_ms=60.0,
    ),
    Scenario(
        "256 clients spread over 10,000 cells", "spread", 256, 0, 1_500.0,
        {"subscriptions": 500.0, "cells": 1_300.0}, p99_ms=250.0,
    ),
)  # fmt: skip


async def run(fill: Fill | None = None) -> list[Row]:
    """All rows; the one of the query only if there is a way to fill a node with `ELSEWHERE` references."""
    issuer = Issuer()
    rows = [await _row(scenario, issuer) for scenario in SCENARIOS]
    return [*rows, await query_row(issuer, fill)] if fill is not None else rows


async def measure(scenario: Scenario, start: Start, issuer: Issuer, expected_per_s: float, seconds: float) -> Outcome:
    """One scenario on one server, on data of its own."""
    with workspace() as directory:
        job = scenario.job(issuer.tokens(scenario.clients), expected_per_s, seconds)
        return await load_and_kill(start, directory / "data", job)


async def _row(scenario: Scenario, issuer: Issuer) -> Row:
    ours = await measure(scenario, Skyparley(issuer), issuer, scenario.per_s, MEASURED_S)
    figures = _figures(ours)
    figures[0] = Figure("accepted", ours.per_second, "/s", scenario.per_s, at_least=True)
    if scenario.p99_ms is not None:
        figures[2] = Figure("p99", figures[2].value, "ms", scenario.p99_ms)
    if scenario.fair:
        figures[3] = Figure("least client", ours.result.least_share, "of the mean", 0.5, at_least=True)
    figures[4] = Figure("lost", ours.lost, "", 0.0)
    notes, theirs = [words("skyparley", ours.result)], []
    for locking in get_args(Locking):
        start = Baseline(issuer, locking)
        outcome = await measure(scenario, start, issuer, scenario.usual_per_s[locking], BASELINE_MEASURED_S)
        theirs += [Figure(f"{locking}: {figure.name}", figure.value, figure.unit) for figure in _figures(outcome)[:4]]
        notes.append(words(locking, outcome.result))
    return Row(f"DSS: {scenario.what}", figures, BASELINE, theirs, notes)


def _figures(outcome: Outcome) -> list[Figure]:
    write = outcome.result.write
    return [
        Figure("accepted", outcome.per_second, "/s"),
        Figure("p50", write.p50_ms if write else float("inf"), "ms"),
        Figure("p99", write.p99_ms if write else float("inf"), "ms"),
        Figure("least client", outcome.result.least_share, "of the mean"),
        Figure("lost", outcome.lost, ""),
    ]


def words(server: str, result: Result) -> str:
    """What a note tells of a result."""
    return (
        f"{server}: {result.requests_each:.2f} requests for each accepted, {result.live:,.0f} live, "
        f"{result.notified:,.0f} subscriptions to notify, {result.lapsed} planned anew, "
        f"{result.generator_cpu_s / result.seconds:.0%} of a core for the generator, "
        f"{result.server_cpu_s / result.seconds:.0%} for the server, "
        f"{result.others_cpu_s / result.seconds:.0%} for others on the machine"
    )


async def query_row(issuer: Issuer, fill: Fill) -> Row:
    """Queries of 10 km × 10 km by one client, one after another."""
    results = []
    with workspace() as directory:
        baseline = Baseline(issuer, "cells")
        starts: tuple[tuple[Start, Fill, Path], ...] = (
            (Skyparley(issuer), fill, directory / "skyparley"),
            (baseline, baseline.fill_elsewhere, directory / "baseline"),
        )
        for start, filled, data in starts:
            await filled(data)
            async with start(data) as served:
                job = Job(port=served.port, tokens=issuer.tokens(1), kind="query", live=QUERIED)
                job.server_pids = served.pids
                results.append(await load(job))
    (half, most), theirs = [(one.request.p50_ms, one.request.p99_ms) for one in results if one.request is not None]
    return Row(
        f"DSS: query of 10 km × 10 km that holds {QUERIED}, {ELSEWHERE:,} live elsewhere",
        [Figure("p50", half, "ms"), Figure("p99", most, "ms", 5.0)],
        "starlette, PostgreSQL, same generator",
        [Figure("p50", theirs[0], "ms"), Figure("p99", theirs[1], "ms")],
    )
