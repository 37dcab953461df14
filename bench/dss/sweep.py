"""How throughput and latency change with the number of live intents in one cell: a table and a picture for the docs.

`python -m bench.dss.sweep DIRECTORY [SERVER…]` measures the servers that are named (skyparley, subscriptions, cells;
all without a name) with 1, 10, 100 and 1,000 live intents, and writes `dss-sweep.csv` and `dss-sweep.svg`. What the
table says of a server that is not named stays as it is, so that servers can be measured one after another.
"""

import asyncio
import csv
import sys
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from bench.dss.load import Outcome, Start
from bench.dss.scenarios import Scenario, measure
from bench.dss.servers import Baseline, Issuer, Skyparley
from bench.plot import Axes, Point, draw

LIVE: Final = (1, 10, 100, 1_000)
_AXES: Final = Axes("live intents", "accepted creates/s", "ms to the 201")
_TITLE: Final = "Operational intents created in one level-13 cell"
_BASES: Final = (
    Scenario("16 clients race", "cell", 16, 0, 0.0, {}),
    Scenario("16 clients in bands", "bands", 16, 0, 0.0, {}),
    Scenario("one client", "cell", 1, 0, 0.0, {}),
)
_EXPECTED_PER_S: Final = {
    ("skyparley", "16 clients race"): (500.0, 500.0, 500.0, 250.0),
    ("skyparley", "16 clients in bands"): (1_500.0, 1_500.0, 1_500.0, 400.0),
    ("skyparley", "one client"): (1_000.0, 1_000.0, 1_000.0, 400.0),
    ("subscriptions", "16 clients race"): (100.0, 100.0, 50.0, 15.0),
    ("subscriptions", "16 clients in bands"): (100.0, 100.0, 90.0, 70.0),
    ("subscriptions", "one client"): (450.0, 450.0, 380.0, 90.0),
    ("cells", "16 clients race"): (65.0, 65.0, 35.0, 10.0),
    ("cells", "16 clients in bands"): (650.0, 650.0, 550.0, 180.0),
    ("cells", "one client"): (450.0, 450.0, 440.0, 90.0),
}
"""About what each server does, for each of `LIVE`: from this the first guess of the lifetime."""
_SECONDS: Final = 4.0
_NAMES: Final = {
    "skyparley": "Skyparley",
    "subscriptions": "PostgreSQL, locks subscriptions",
    "cells": "PostgreSQL, locks cells",
}
_COLUMNS: Final = (
    "server", "scenario", "clients", "live_wanted", "live", "accepted_per_s", "requests_per_accepted", "p50_ms",
    "p99_ms", "least_share", "planned_anew", "lost", "generator_cores", "server_cores",
    "others_cores",
)  # fmt: skip

Line = dict[str, Any]


async def sweep(servers: list[str], told: Console) -> list[Line]:
    """Measure the servers that are named."""
    issuer = Issuer()
    starts: dict[str, Start] = {
        "skyparley": Skyparley(issuer),
        "subscriptions": Baseline(issuer, "subscriptions"),
        "cells": Baseline(issuer, "cells"),
    }
    lines = []
    for server in servers:
        for base in _BASES:
            for live, expected_per_s in zip(LIVE, _EXPECTED_PER_S[server, base.what], strict=True):
                scenario = Scenario(base.what, base.layout, base.clients, live, 0.0, {})
                outcome = await measure(scenario, starts[server], issuer, expected_per_s, _SECONDS)
                lines.append(_line(server, scenario, outcome))
                told.print(", ".join(f"{name} {value}" for name, value in lines[-1].items()))
    return lines


def _line(server: str, scenario: Scenario, outcome: Outcome) -> Line:
    result = outcome.result
    values = (
        server, scenario.what, scenario.clients, scenario.live, round(result.live, 1), round(outcome.per_second, 1),
        round(result.requests_each, 2), round(result.write.p50_ms, 2) if result.write else "",
        round(result.write.p99_ms, 2) if result.write else "", round(result.least_share, 2), result.lapsed,
        outcome.lost, round(result.generator_cpu_s / result.seconds, 2),
        round(result.server_cpu_s / result.seconds, 2), round(result.others_cpu_s / result.seconds, 2),
    )  # fmt: skip
    return dict(zip(_COLUMNS, values, strict=True))


def write(directory: Path, lines: list[Line]) -> None:
    """Put both files in place."""
    with (directory / "dss-sweep.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(lines)
    points = [
        Point(
            _NAMES[line["server"]], line["scenario"], int(line["live_wanted"]), float(line["accepted_per_s"]),
            float(line["p50_ms"]), float(line["p99_ms"]),
        )
        for line in lines
        if line["p50_ms"] != ""
    ]  # fmt: skip
    (directory / "dss-sweep.svg").write_text(draw(points, _TITLE, _AXES))


def main() -> None:
    """Measure, and bring table and picture up to date."""
    order = list(_NAMES)
    directory, servers = Path(sys.argv[1]), sys.argv[2:] or order
    kept: list[Line] = []
    table = directory / "dss-sweep.csv"
    if table.exists():
        with table.open(newline="") as file:
            kept = [line for line in csv.DictReader(file) if line["server"] not in servers]
    lines = kept + asyncio.run(sweep(servers, Console(stderr=True, highlight=False)))
    write(directory, sorted(lines, key=lambda line: order.index(line["server"])))


if __name__ == "__main__":
    main()
