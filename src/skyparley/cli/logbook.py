"""`skyparley log`: what stands in the log, for people or programs, filtered by who, what, about which thing and when.

It reads the file beside a running node, and shows what was asked for, entry by entry; what became of an entry that lost
a race is not in the log, which `skyparley replay` computes.
"""

import asyncio
import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.table import Table

from skyparley.cli.compose import clock_us
from skyparley.cli.upkeep import open_log, require_data
from skyparley.errors import InvalidInputError, StorageError
from skyparley.geometry.interval import format_time, parse_time
from skyparley.log.port import Entry
from skyparley.log.sqlite import SqliteLog
from skyparley.record.envelope import decode_header
from skyparley.units import MICROSECONDS_PER_SECOND

_NODE: Final = "node"
_HEADINGS: Final = ("entry", "time", "kind", "by", "of", "state or version")
_IDENTIFIERS: Final = (
    "intent_id", "constraint_id", "subscription_id", "report_id", "uss", "operation_id", "conflict_id", "dialogue_id",
    "call_id", "assistance_id", "agreement_id", "post", "party",
)  # fmt: skip
"""What an entry is about: the first of these that its command has."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries to show: all that fit, the last `last` of them. Empty texts and None fit everything."""

    after: int = 0
    last: int = 50
    kinds: tuple[str, ...] = ()
    by: str = ""
    of: str = ""
    since_us: int | None = None
    until_us: int | None = None


class Line(msgspec.Struct, frozen=True):
    """One entry as it is shown. `by` is a party, a USS, or `node`; `of` what it is about; `command` its whole body."""

    sequence: int
    time: str
    kind: str
    by: str
    of: str
    key_id: str
    command: dict[str, Any]


def show(data: Path, wanted: Wanted, *, as_json: bool) -> None:
    """Print the entries that fit. Raises `InvalidInputError` or `StorageError` in one line."""
    require_data(data)
    lines = asyncio.run(_collect(data, wanted))
    if as_json:
        for line in lines:
            print(msgspec.json.encode(line).decode())
        return
    if not lines:
        print("nothing in the log fits", file=sys.stderr)
        return
    rows = [(str(line.sequence), line.time, line.kind, line.by, line.of, _more(line.command)) for line in lines]
    console = Console(highlight=False)
    if not console.is_terminal:  # for `grep` and `less`: one line an entry, whatever its length
        print("\n".join("\t".join(row) for row in (_HEADINGS, *rows)))
        return
    table = Table(box=None, pad_edge=False)
    for heading in _HEADINGS:
        table.add_column(heading, justify="right" if heading == "entry" else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def line_of(entry: Entry, wanted: Wanted) -> Line | None:
    """An entry as it is shown, or None if it does not fit. Raises `StorageError` if it cannot be read."""
    if wanted.since_us is not None and entry.time_us < wanted.since_us:
        return None
    if wanted.until_us is not None and entry.time_us >= wanted.until_us:
        return None
    if wanted.of and wanted.of.encode() not in entry.body:
        return None
    try:
        header = decode_header(entry.header)
        if wanted.kinds and header.kind not in wanted.kinds:
            return None
        command: dict[str, Any] = msgspec.json.decode(entry.body, type=dict[str, Any])
    except (InvalidInputError, msgspec.DecodeError) as error:
        raise StorageError(f"entry {entry.sequence} cannot be read: {error}") from error
    by = header.party or str(command.get("manager", "")) or _NODE
    if wanted.by and wanted.by != by:
        return None
    names = [str(command[name]) for name in _IDENTIFIERS if command.get(name)]
    if wanted.of and wanted.of not in names:
        return None
    of = names[0] if names else ""
    return Line(entry.sequence, format_time(entry.time_us), header.kind, by, of, header.key_id, command)


def instant(text: str, *, place: str) -> int:
    """A time, or a time before now such as 90s, 15m, 2h or 3d, in microseconds. Raises `InvalidInputError`."""
    unit_s = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}.get(text[-1:])
    if unit_s is not None and text[:-1].isdigit() and len(text) <= 8:
        return clock_us() - int(text[:-1]) * unit_s * MICROSECONDS_PER_SECOND
    return parse_time(text, place=place)


async def _collect(data: Path, wanted: Wanted) -> list[Line]:
    log = await open_log(data)
    try:
        end = (await log.head()).sequence
        return list(await _fitting(log, wanted, end))
    finally:
        await log.close()


async def _fitting(log: SqliteLog, wanted: Wanted, end: int) -> deque[Line]:
    found: deque[Line] = deque(maxlen=wanted.last)
    filtered = wanted.kinds or wanted.by or wanted.of or wanted.since_us is not None or wanted.until_us is not None
    after = wanted.after if filtered else max(wanted.after, end - wanted.last)
    if after >= end:
        return found
    async for group in log.entries(max(after, log.trimmed)):
        found.extend(line for entry in group if (line := line_of(entry, wanted)) is not None)
        if group[-1].sequence >= end:
            break
    return found


def _more(command: dict[str, Any]) -> str:
    """What tells most of a command beside its identifier."""
    for name in ("state", "availability", "version", "act", "replaces"):
        if command.get(name):
            return f"{name} {command[name]}"
    return ""
