"""`make bench`: one table, each row with its baseline measured beside it in the same run.

`python -m bench WORD…` runs only the rows whose group is named: check, day, kernels, node, line, record, start, dss.
"""

import asyncio
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bench import filings, line, polygons
from bench.check import lasting, million, ten_million
from bench.day import all_pairs, swiss_day
from bench.dss import scenarios
from bench.dss.fill import fill_skyparley
from bench.record import audit, cost, signed, tree
from bench.start import run as starting
from bench.table import Row, show


def _node() -> list[Row]:
    import uvloop

    with (
        tempfile.TemporaryDirectory() as directory,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        return runner.run(filings.run(Path(directory)))


def _line() -> list[Row]:
    with tempfile.TemporaryDirectory() as directory:
        return asyncio.run(line.run(Path(directory)))


def _record() -> list[Row]:
    import uvloop

    with tempfile.TemporaryDirectory() as directory, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return [
            *tree.run(),
            *audit.run(),
            runner.run(cost.run(Path(directory))),
            runner.run(signed.run(Path(directory) / "by-parties")),
        ]


def _start() -> list[Row]:
    with tempfile.TemporaryDirectory() as directory:
        return asyncio.run(starting.run(Path(directory)))


GROUPS: dict[str, Callable[[], list[Row]]] = {
    "day": lambda: [*swiss_day.run(), *all_pairs.run()],
    "check": lambda: [*million.run(), lasting.run(), ten_million.run()],
    "kernels": lambda: [polygons.run()],
    "node": _node,
    "line": _line,
    "record": _record,
    "start": _start,
    "dss": lambda: asyncio.run(scenarios.run(fill_skyparley)),
}


def _machine() -> str:
    with Path("/proc/cpuinfo").open() as lines:
        models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(models)} × {models[0] if models else platform.machine()}, Python {platform.python_version()}"


def main() -> None:
    """Run the groups that are asked for and show the table. Exit 1 if a promise is not kept."""
    asked = sys.argv[1:] or list(GROUPS)
    unknown = [word for word in asked if word not in GROUPS]
    if unknown:
        sys.exit(f"there is no group {unknown[0]!r}: {', '.join(GROUPS)}")
    rows = []
    for word in asked:
        Console(stderr=True).print(f"measuring: {word} …")
        rows += GROUPS[word]()
    show(rows, _machine())
    sys.exit(any(figure.holds is False for row in rows for figure in row.figures))


if __name__ == "__main__":
    main()
