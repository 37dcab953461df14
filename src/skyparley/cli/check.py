"""`skyparley check`: all conflicts within and between files, and with what a node holds.

Statuses: 1 if there are conflicts, else 2 if anything was skipped, else 0. The table is for people, `--json` for
programs.
"""

import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from skyparley.conflict.minima import DEFAULT_MINIMA, SeparationMinima, SeparationMinimum, uniform
from skyparley.conflict.operation import Conflict, Operation, OperationRef
from skyparley.conflict.search import all_pairs
from skyparley.errors import InvalidInputError
from skyparley.formats.detect import read_file
from skyparley.formats.parsed import Skipped
from skyparley.geometry.interval import format_time
from skyparley.units import METRES_PER_FOOT, METRES_PER_NAUTICAL_MILE, m_to_feet, m_to_nautical_miles

FOUND: Final = 1
SKIPPED: Final = 2
MAX_LISTED: Final = 20


@dataclass(slots=True)
class Report:
    """What a check found. `conflicts` are JSON objects, those with a node's operations included."""

    operations: list[Operation] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    bad_reports: int = 0
    conflicts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def status(self) -> int:
        """The exit status."""
        return FOUND if self.conflicts else SKIPPED if self.skipped else 0


def minima_of(horizontal_m: float | None, vertical_m: float | None) -> SeparationMinima:
    """The minima to check by: the defaults, or one for all; what is left out is that of flights en route."""
    if horizontal_m is None and vertical_m is None:
        return DEFAULT_MINIMA
    default = SeparationMinimum(5 * METRES_PER_NAUTICAL_MILE, 1000 * METRES_PER_FOOT)
    return uniform(
        default.horizontal_m if horizontal_m is None else horizontal_m,
        default.vertical_m if vertical_m is None else vertical_m,
    )


def check_files(
    files: list[Path], minima: SeparationMinima, *, against: str | None, api_key: str | None, quiet: bool
) -> Report:
    """Read files and find all conflicts."""
    report = Report()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as progress:
        reading = progress.add_task("Reading", total=len(files))
        for path in files:
            parsed = read_file(path)
            report.operations.extend(parsed.operations)
            report.skipped.extend(parsed.skipped)
            report.bad_reports += parsed.bad_reports
            progress.advance(reading)
        _drop_repeats(report)
        comparing = progress.add_task("Comparing", total=len(report.operations))
        found = all_pairs(report.operations, minima, lambda done: progress.update(comparing, completed=done))
        report.conflicts = [_conflict_json(conflict) for conflict in found]
        if against is not None:
            from skyparley.cli.against import check_against

            asking = progress.add_task("Asking the node", total=len(report.operations))
            report.conflicts += check_against(
                against, api_key, report.operations, report.skipped, lambda: progress.advance(asking)
            )
    return report


def render_json(report: Report) -> str:
    """The report for programs."""
    return msgspec.json.encode(
        {
            "operations": len(report.operations),
            "skipped": [{"file": s.file, "place": s.place, "reason": s.reason} for s in report.skipped],
            "conflicts": report.conflicts,
        }
    ).decode()


def render_table(report: Report, out: Console) -> None:
    """The report for people."""
    if report.conflicts:
        table = Table(title=f"{len(report.conflicts)} conflicts among {len(report.operations)} operations")
        for name in ("when (UTC)", "who", "closest", "what"):
            table.add_column(name, overflow="fold")
        for conflict in report.conflicts:
            table.add_row(*_cells(conflict))
        out.print(table)
    else:
        out.print(f"No conflicts among {len(report.operations)} operations")
    if report.bad_reports:
        out.print(f"{report.bad_reports} bad single reports were left out")
    for skipped in report.skipped[:MAX_LISTED]:
        out.print(f"skipped {skipped.file}: {skipped.place}: {skipped.reason}", markup=False, style="yellow")
    if len(report.skipped) > MAX_LISTED:
        out.print(f"… and {len(report.skipped) - MAX_LISTED} more skipped; --json lists all", style="yellow")


def run(
    files: list[Path],
    *,
    against: str | None,
    api_key: str | None,
    horizontal_m: float | None,
    vertical_m: float | None,
    as_json: bool,
) -> int:
    """The command; its exit status."""
    if not files:
        raise InvalidInputError("name at least one file")
    minima = minima_of(horizontal_m, vertical_m)
    report = check_files(files, minima, against=against, api_key=api_key, quiet=as_json)
    if as_json:
        sys.stdout.write(render_json(report) + "\n")
    else:
        render_table(report, Console())
    return report.status


def _drop_repeats(report: Report) -> None:
    """One operation per identifier: of those that come twice, over all files, none is trusted more than the first."""
    counts = Counter(operation.ref for operation in report.operations)
    kept: dict[OperationRef, Operation] = {}
    for operation in report.operations:
        if operation.ref in kept:
            continue
        kept[operation.ref] = operation
        if counts[operation.ref] > 1:
            reason = f"stands {counts[operation.ref]} times; only the first was taken: give each its own identifier"
            report.skipped.append(Skipped("all files", str(operation.ref), reason))
    report.operations = list(kept.values())


def _conflict_json(conflict: Conflict) -> dict[str, Any]:
    closest = conflict.closest
    return {
        "a": str(conflict.a),
        "b": str(conflict.b),
        "rule": conflict.rule.value,
        "first_time": format_time(conflict.first_us),
        "last_time": format_time(conflict.last_us),
        "closest": {
            "time": format_time(closest.time_us),
            "latitude_deg": round(closest.latitude_deg, 7),
            "longitude_deg": round(closest.longitude_deg, 7),
            "horizontal_m": closest.horizontal_m,
            "vertical_m": closest.vertical_m,
        },
        "certain": conflict.certain,
        "sentence": conflict.sentence,
    }


def _cells(conflict: dict[str, Any]) -> tuple[str, str, str, str]:
    closest = conflict["closest"]
    first, last = (conflict[name][:19].replace("T", " ") for name in ("first_time", "last_time"))
    horizontal, vertical = closest["horizontal_m"], closest["vertical_m"]
    near = f"{m_to_nautical_miles(horizontal):.1f} NM\n{m_to_feet(vertical):,.0f} ft"
    rule = conflict["rule"].replace("_", " ")
    return (
        f"{first}\nto {last[11:]}",
        f"{conflict['a']}\n{conflict['b']}",
        near,
        rule + ("" if conflict["certain"] else "\n(not certain)"),
    )
