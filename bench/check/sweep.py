"""How the cost of a check changes with what is filed and with how many are near: a table and pictures for the docs.

`python -m bench.check.sweep DIRECTORY` writes `check-sweep.csv`, `check-by-filed.svg` and `check-by-neighbours.svg`.
Each size is measured in a process of its own. The R*Tree goes up to a million filed, which takes it minutes to fill.
"""

import csv
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.check.filed import BEGIN_US, built, times_us
from bench.check.rtree import RTree
from bench.plot import Axes, Point, draw
from bench.table import quantiles, timed
from bench.traffic import box_of, operations, parsed

FILED: Final = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
NEIGHBOURS: Final = (1, 10, 100, 1_000)
AMONG: Final = 100_000
"""So many are filed where the number of neighbours changes."""
AT_DENSITY: Final = 27.0
"""Neighbours at the stated density."""
TREE_MOST: Final = 1_000_000
ASKED: Final = 1_000
_TREE_ASKED: Final = 200
_AXES: Final = "checks/s, one thread", "µs a check"

Line = dict[str, float | str]


def measure(filed: int, neighbours: float) -> list[Line]:
    """One size: each server's line."""
    box_deg = box_of(filed) * (AT_DENSITY / neighbours) ** 0.5
    volumes = parsed(filed, seed=1, begin_us=BEGIN_US, box_deg=box_deg)
    asked = operations(ASKED, seed=2, begin_us=BEGIN_US, party="asker", box_deg=box_deg)
    index, seconds, _ = built(volumes)
    index.check(asked[0])
    half, most = times_us(index, asked, 2)
    lines: list[Line] = [_line("Skyparley", filed, neighbours, seconds, half, most)]
    if filed <= TREE_MOST:
        tree = RTree(epoch_us=BEGIN_US)
        filled_s = timed(tree.insert_volumes, volumes)
        their_half, their_most = quantiles([timed(tree.check, one) for one in asked[:_TREE_ASKED]], 1e6)
        lines.append(_line("SQLite R*Tree + shapely", filed, neighbours, filled_s, their_half, their_most))
    return lines


def _line(server: str, filed: int, neighbours: float, filled_s: float, half: float, most: float) -> Line:
    return {
        "server": server,
        "filed": filed,
        "neighbours": neighbours,
        "filled_s": round(filled_s, 2),
        "p50_us": round(half, 1),
        "p99_us": round(most, 1),
    }


def sweep(directory: Path, told: Console) -> None:
    """Measure all sizes and write what they are."""
    by_filed = [line for filed in FILED for line in _apart(filed, AT_DENSITY, told)]
    by_near = [line for near in NEIGHBOURS for line in _apart(AMONG, near, told)]
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "check-sweep.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(by_filed[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows([*by_filed, *by_near])
    draw_all(directory, by_filed, by_near)


def draw_all(directory: Path, by_filed: Sequence[Line], by_near: Sequence[Line]) -> None:
    """Write the pictures."""
    for name, lines, size, words in (
        ("check-by-filed.svg", by_filed, "filed", f"{AT_DENSITY:.0f} neighbours"),
        ("check-by-neighbours.svg", by_near, "neighbours", f"{AMONG:,} filed"),
    ):
        points = [
            Point(
                str(line["server"]), words, round(float(line[size])), 1e6 / float(line["p50_us"]),
                float(line["p50_us"]), float(line["p99_us"]),
            )
            for line in lines
        ]  # fmt: skip
        picture = draw(points, "One operation of three volumes against all filed", Axes(size, *_AXES))
        (directory / name).write_text(picture)


def _apart(filed: int, neighbours: float, told: Console) -> list[Line]:
    told.print(f"{filed:,} filed, {neighbours:g} neighbours …")
    command = [sys.executable, "-m", "bench.check.sweep", "--one", str(filed), str(neighbours)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    lines: list[Line] = json.loads(done.stdout)
    return lines


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(int(sys.argv[2]), float(sys.argv[3]))))
    elif len(sys.argv) == 2:
        sweep(Path(sys.argv[1]), Console(stderr=True))
    else:
        sys.exit("usage: python -m bench.check.sweep DIRECTORY")
