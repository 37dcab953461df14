"""What a benchmark measured, and the one table in which all of them are shown.

Machines differ and are noisy: a row tells its own figure, the figure of its baseline in the same run, and the ratio.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One number against what is promised. `at_least` tells the direction: a rate has a floor, a time a ceiling."""

    name: str
    value: float
    unit: str
    promised: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether the promise is kept; None if nothing is promised."""
        if self.promised is None:
            return None
        return self.value >= self.promised if self.at_least else self.value <= self.promised

    def __str__(self) -> str:
        return f"{self.name} {_number(self.value)} {self.unit}".strip()

    @property
    def promise(self) -> str:
        """The promise in words."""
        if self.promised is None:
            return ""
        return f"{'≥' if self.at_least else '≤'} {_number(self.promised)} {self.unit}".strip()


@dataclass(slots=True)
class Row:
    """One benchmark: its figures, what stood beside it, and notes on what was measured."""

    what: str
    figures: list[Figure]
    baseline: str
    baseline_figures: list[Figure]
    notes: list[str] = field(default_factory=list)


def memory_mb(what: str, process: int | str = "self") -> float:
    """What a process has in memory, by a line of its `/proc/…/status`: `VmRSS` now, `VmHWM` at most, since it began
    (`getrusage` tells a child what its parent had). 0 for a process that is over.
    """
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(f"{what}:")), 0.0)


def show(rows: list[Row], machine: str) -> None:
    """Print all rows."""
    out = Console(highlight=False)
    table = Table(title=f"Skyparley benchmarks on {machine}", show_lines=True, title_justify="left")
    for heading in ("what", "measured", "promised", "", "baseline, same run"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(
            row.what,
            "\n".join(str(figure) for figure in row.figures),
            "\n".join(figure.promise for figure in row.figures),
            "\n".join({True: "holds", False: "FALLS SHORT", None: ""}[figure.holds] for figure in row.figures),
            "\n".join([row.baseline, *(str(figure) for figure in row.baseline_figures)]),
        )
    out.print(table)
    for row in rows:
        for note in row.notes:
            out.print(f"• {row.what}: {note}")


def quantiles(seconds: list[float], scale: float) -> tuple[float, float]:
    """Median and 99th percentile, times `scale`."""
    half, most = np.percentile(np.array(seconds) * scale, [50, 99])
    return float(half), float(most)


def timed(work: Callable[..., object], *arguments: object) -> float:
    """Seconds that a piece of work takes."""
    began_s = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - began_s


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
