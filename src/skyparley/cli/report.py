"""What a check found, as a table for people and as JSON for programs.

The table is read by somebody on duty: earliest conflict first, who with whom in full, how close and where, the summary
last, where the eye is. What is written rounds down, so that what is too close never reads as enough.
"""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from skyparley.conflict.operation import Conflict, Operation, Rule
from skyparley.formats.parsed import Skipped
from skyparley.geometry.interval import format_time
from skyparley.units import m_to_feet, m_to_nautical_miles

FOUND: Final = 1
SKIPPED: Final = 2
MAX_LISTED: Final = 20
_NAUTICAL_FROM_M: Final = 1_000.0
_WORDS: Final = {Rule.VOLUME_OVERLAP.value: "overlap", Rule.TRAJECTORY_IN_VOLUME.value: "enters"}


@dataclass(slots=True)
class Report:
    """What a check found. `conflicts` are JSON objects, those with a node's operations included; `found` counts them,
    also where each is printed at once and not kept.
    """

    operations: list[Operation] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    remarks: list[Skipped] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    found: int = 0

    @property
    def status(self) -> int:
        """The exit status."""
        return FOUND if self.found else SKIPPED if self.skipped else 0


def conflict_json(conflict: Conflict) -> dict[str, Any]:
    """A conflict of the files as a JSON object of the report."""
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


def render_json(report: Report) -> str:
    """The report for programs."""
    return msgspec.json.encode(
        {
            "operations": len(report.operations),
            "skipped": [{"file": s.file, "place": s.place, "reason": s.reason} for s in report.skipped],
            "conflicts": report.conflicts,
        }
    ).decode()


def render_conflict(conflict: dict[str, Any]) -> str:
    """A conflict of the report for programs, on one line."""
    return msgspec.json.encode(conflict).decode()


def render_table(report: Report, out: Console) -> None:
    """The report for people."""
    if report.conflicts:
        table = Table(box=SIMPLE_HEAD, padding=(0, 1), show_edge=False, pad_edge=False, leading=1)
        for name in ("when (UTC)", "who", "closest", "where"):
            table.add_column(name, overflow="fold", no_wrap=name != "who")
        for conflict in sorted(report.conflicts, key=lambda found: (found["first_time"], found["a"], found["b"])):
            table.add_row(*map(Text, _cells(conflict)))
        out.print(table)
    render_summary(report, out)


def render_summary(report: Report, out: Console) -> None:
    """What of the report for people stands below the conflicts."""
    for skipped in report.skipped[:MAX_LISTED]:
        _line(out, f"skipped {skipped.file}: {skipped.place}: {skipped.reason}", "yellow")
    if len(report.skipped) > MAX_LISTED:
        _line(out, f"… and {len(report.skipped) - MAX_LISTED:,} more skipped; --json lists all", "yellow")
    for line in left_out_lines(report):
        _line(out, line, "dim")
    operations = _count(len(report.operations), "operation")
    conflicts = _count(report.found, "conflict") if report.found else "No conflicts"
    also = f"; {len(report.skipped):,} skipped, so this is not the whole picture" if report.skipped else ""
    _line(out, f"{conflicts} among {operations}{also}", "bold red" if report.found else "bold")


def left_out_lines(report: Report) -> list[str]:
    """What to say about single reports that were left out: how many of which kind, and what was wrong with some."""
    if not report.left_out:
        return []
    lines = [f"left out {remark.file}: {remark.place}: {remark.reason}" for remark in report.remarks[:MAX_LISTED]]
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(report.left_out.items()))
    return [*lines, f"{_count(report.left_out.total(), 'single report')} left out of tracks: {kinds}"]


def _line(out: Console, text: str, style: str) -> None:
    out.print(Text(text), style=style, soft_wrap=True)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _cells(conflict: dict[str, Any]) -> tuple[str, str, str, str]:
    closest = conflict["closest"]
    first, last = (conflict[name][:19].replace("T", " ") for name in ("first_time", "last_time"))
    when = f"{first[:10]}\n{first[11:]}–{last[11:]}" if first[:10] == last[:10] else f"{first}\n{last}"
    near = _WORDS.get(conflict["rule"])
    if near is None or closest["horizontal_m"] or closest["vertical_m"]:
        near = f"{_horizontal(closest['horizontal_m'])}\n{math.floor(m_to_feet(closest['vertical_m']) + 1e-6):,} ft"
    where = f"{_degrees(closest['latitude_deg'], 'N', 'S')}\n{_degrees(closest['longitude_deg'], 'E', 'W')}"
    return when, f"{conflict['a']}\n{conflict['b']}", near + ("" if conflict["certain"] else "\nnot certain"), where


def _horizontal(distance_m: float) -> str:
    if distance_m < _NAUTICAL_FROM_M:
        return f"{math.floor(distance_m)} m"
    return f"{math.floor(m_to_nautical_miles(distance_m) * 10 + 1e-6) / 10:.1f} NM"


def _degrees(value: float, positive: str, negative: str) -> str:
    return f"{abs(value):.4f}°{positive if value >= 0 else negative}"
