"""`skyparley check`: all conflicts within and between files, and with what a node holds; and `skyparley altitude`.

Statuses: 1 if there are conflicts, else 2 if anything was skipped, else 0. What it found is rendered by `report.py`.
"""

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from skyparley.cli.report import (
    Report,
    conflict_json,
    left_out_lines,
    render_conflict,
    render_json,
    render_summary,
    render_table,
)
from skyparley.conflict.minima import DEFAULT_MINIMA, SeparationMinima, SeparationMinimum, uniform
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.conflict.pairs.batch import all_pairs, stream_pairs
from skyparley.errors import SkyparleyError
from skyparley.formats.detect import read_file
from skyparley.formats.parsed import Parsed, Skipped
from skyparley.geometry.altitude import Datum, altitude_bounds_m, check_altitude_m, mean_sea_level_bounds_m, parse_datum
from skyparley.geometry.footprint import check_position
from skyparley.geometry.geoid import GEOID_ERROR_M, read_geoid, undulation_m
from skyparley.units import METRES_PER_FOOT, METRES_PER_NAUTICAL_MILE


def minima_of(horizontal_m: float | None, vertical_m: float | None) -> SeparationMinima:
    """The minima to check by: the defaults, or one for all; what is left out is that of flights en route.

    Raises `InvalidInputError` for what is no distance.
    """
    if horizontal_m is None and vertical_m is None:
        return DEFAULT_MINIMA
    default = SeparationMinimum(5 * METRES_PER_NAUTICAL_MILE, 1000 * METRES_PER_FOOT)
    return uniform(
        default.horizontal_m if horizontal_m is None else horizontal_m,
        default.vertical_m if vertical_m is None else vertical_m,
    )


def run(
    files: list[Path],
    minima: SeparationMinima,
    *,
    against: str | None,
    api_key: str | None,
    as_json: bool,
    as_lines: bool,
) -> int:
    """The command; its exit status."""
    report = Report()
    tell = _print_line if as_lines else report.conflicts.append
    quiet = as_json or (as_lines and sys.stdout.isatty())
    check_files(files, minima, report, tell, against=against, api_key=api_key, in_order=not as_lines, quiet=quiet)
    if as_lines:
        render_summary(report, Console(stderr=True, highlight=False))
    elif as_json:
        sys.stdout.write(render_json(report) + "\n")
        for line in left_out_lines(report):
            print(line, file=sys.stderr)
    else:
        render_table(report, Console(highlight=False))
    return report.status


def _print_line(conflict: dict[str, Any]) -> None:
    """One JSON object a line, at once, so that a program can begin before all is compared."""
    sys.stdout.write(render_conflict(conflict) + "\n")
    sys.stdout.flush()


def check_files(
    files: list[Path],
    minima: SeparationMinima,
    report: Report,
    tell: Callable[[dict[str, Any]], None],
    *,
    against: str | None,
    api_key: str | None,
    in_order: bool,
    quiet: bool,
) -> None:
    """Read files and find all conflicts, past or future, which are told in order, or else as they are found; progress
    goes to a terminal on standard error, or nowhere.
    """

    def found(conflict: dict[str, Any]) -> None:
        report.found += 1
        tell(conflict)

    search = all_pairs if in_order else stream_pairs
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    off = quiet or not console.is_terminal
    # what is printed meanwhile goes to standard output, not through the console of the bar
    with Progress(*columns, console=console, transient=True, disable=off, redirect_stdout=False) as progress:
        reading = progress.add_task("Reading", total=len(files))
        report.operations = _read_all(files, report, lambda: progress.advance(reading))
        comparing = progress.add_task("Comparing", total=len(report.operations))
        for conflict in search(report.operations, minima, lambda done: progress.update(comparing, completed=done)):
            found(conflict_json(conflict))
        if against is not None:
            from skyparley.cli.against import check_against

            asking = progress.add_task("Asking the node", total=len(report.operations))
            try:
                for conflict_there in check_against(
                    against, api_key, report.operations, report.skipped, lambda: progress.advance(asking)
                ):
                    found(conflict_there)
            except SkyparleyError as error:  # what the files hold is told all the same
                report.skipped.append(Skipped(against, "all operations", error.message))


def _read_all(files: list[Path], report: Report, done: Callable[[], None]) -> list[Operation]:
    """The operations of all files, one per identifier: of those that come again, the first is taken."""
    kept: dict[OperationRef, tuple[Operation, Parsed]] = {}
    for path in files:
        parsed = read_file(path)
        for operation in parsed.operations:
            first = kept.setdefault(operation.ref, (operation, parsed))
            if first[0] is not operation:
                parsed.skip(
                    str(operation.ref),
                    f"stands in {first[1].file} already, and that one was taken: give each its own identifier",
                )
        report.skipped.extend(parsed.skipped)
        report.remarks.extend(parsed.remarks)
        report.left_out.update(parsed.left_out)
        done()
    return [operation for operation, _ in kept.values()]


def told_altitude(latitude_deg: float, longitude_deg: float, altitude_m: float, of: str, to: str) -> str:
    """What an altitude above one datum can mean above another at a place, in words; decimetres, rounded outward."""
    check_position(latitude_deg, longitude_deg, place="LATITUDE LONGITUDE")
    check_altitude_m(altitude_m, place="METRES")
    datum, wanted = parse_datum(of, place="--from"), parse_datum(to, place="--to")
    if datum is wanted:
        return f"{altitude_m:.1f} m {wanted}"
    here_m = undulation_m(read_geoid().nodes, latitude_deg, longitude_deg)
    geoid_m = here_m - GEOID_ERROR_M, here_m + GEOID_ERROR_M
    low_m, high_m = altitude_bounds_m(*mean_sea_level_bounds_m(altitude_m, datum, geoid_m), wanted, geoid_m)
    band = f"between {math.floor(low_m * 10.0) / 10.0:.1f} m and {math.ceil(high_m * 10.0) / 10.0:.1f} m"
    if {datum, wanted} == {Datum.WGS84, Datum.EGM96}:
        return f"{(low_m + high_m) / 2.0:.1f} m {wanted}: {band}"
    return f"{band} {wanted}"
