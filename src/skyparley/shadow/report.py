"""What the shadow tells: a line of JSON for each difference, and counts by route.

A line never holds a token (what looks like one is struck out), nor a whole OVN, nor what a report on an exchange said.
"""

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from skyparley.geometry.interval import format_time
from skyparley.shadow.pairs.asked import ELSEWHERE, Asked
from skyparley.shadow.pairs.compare import brief
from skyparley.shadow.pairs.judge import Judged
from skyparley.shadow.passages import REASONS

MAX_REPORT_BYTES: Final = 1024 * 1024 * 1024
"""The report grows no longer than this; what differs is counted all the same."""
MAX_VALUE_LENGTH: Final = 2_000
"""So much of one value is told."""
_TOKEN: Final = re.compile(rb"eyJ[\w-]{6,}(\.[\w-]*){1,4}|(?i:bearer +)[\w.~+/=-]+")
_PRIVATE: Final = 0o600
_encoder: Final = msgspec.json.Encoder()


@dataclass(slots=True)
class Counts:
    """How the requests of one route came out; each that was compared is one of the four after it."""

    forwarded: int = 0
    compared: int = 0
    equal: int = 0
    different: int = 0
    concurrent: int = 0
    unknown_here: int = 0
    not_compared: int = 0


@dataclass(frozen=True, slots=True)
class Origin:
    """The request that a difference was found for; `refused_here` is the word and the place of this node's refusal."""

    time_us: int
    request_id: str
    method: str
    asked: Asked
    manager: str
    refused_here: str | None = None


@dataclass(slots=True)
class Report:
    """Counts since the start, and lines that wait to be written. `lost` are lines that the file did not take."""

    upstream: str
    began_us: int
    path: Path
    routes: dict[str, Counts] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    upstream_failures: int = 0
    written: int = 0
    lost: int = 0
    _lines: list[bytes] = field(default_factory=list)
    _taken: int = 0

    def forwarded(self, route: str) -> None:
        """A request of this route arrived."""
        self._counts(route).forwarded += 1

    def not_compared(self, route: str, reason: str) -> None:
        """A request of this route is not compared."""
        self._counts(route).not_compared += 1
        self.reasons[reason] += 1

    def compared(self, origin: Origin, found: Sequence[Judged]) -> None:
        """A pair of answers was compared."""
        counts = self._counts(origin.asked.route)
        counts.compared += 1
        if not found:
            counts.equal += 1
        elif any(one.certain for one in found):
            counts.different += 1
        elif any(one.concurrent for one in found):
            counts.concurrent += 1
        else:
            counts.unknown_here += 1
        self._lines += [_line(origin, one) for one in found]

    def totals(self) -> Counts:
        """The sum over all routes that are compared."""
        total = Counts()
        for route, counts in self.routes.items():
            if route != ELSEWHERE:
                for name in Counts.__slots__:
                    setattr(total, name, getattr(total, name) + getattr(counts, name))
        return total

    def summary(self, waiting: int) -> dict[str, Any]:
        """All counts, for a monitoring system."""
        return {
            "upstream": self.upstream,
            "since": format_time(self.began_us),
            "waiting": waiting,
            "upstream_failures": self.upstream_failures,
            "not_compared": {reason: self.reasons[reason] for reason in REASONS},
            "report": {"written": self.written, "waiting": len(self._lines) + self._taken, "lost": self.lost},
            "totals": self.totals(),
            "routes": dict(sorted(self.routes.items())),
        }

    def take_lines(self) -> list[bytes]:
        """The lines that wait."""
        taken, self._lines = self._lines, []
        self._taken = len(taken)
        return taken

    def open(self) -> IO[bytes]:
        """The file, to add to. Raises `OSError`."""
        return open(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _PRIVATE), "ab")

    def append(self, lines: Sequence[bytes]) -> None:
        """Write lines to the file, as far as it takes them; what it does not take is counted."""
        if not lines:
            return
        try:
            with self.open() as file:
                fits = file.tell() + sum(map(len, lines)) <= MAX_REPORT_BYTES
                if fits:
                    file.write(b"".join(lines))
        except OSError:
            fits = False
        if fits:
            self.written += len(lines)
        else:
            self.lost += len(lines)
        self._taken = 0

    def _counts(self, route: str) -> Counts:
        return self.routes.setdefault(route, Counts())


def _line(origin: Origin, found: Judged) -> bytes:
    line = {
        "time": format_time(origin.time_us),
        "request_id": origin.request_id,
        "method": origin.method,
        "path": _path(origin.asked),
        "manager": origin.manager,
        "what": found.what,
        "upstream": _value(found.there),
        "here": _value(found.here),
        "refused_here": origin.refused_here,
        "concurrent": found.concurrent,
        "unknown_here": found.unknown_here,
    }
    return _TOKEN.sub(b"[token]", _encoder.encode(line)) + b"\n"


def _path(asked: Asked) -> str:
    """The path with its identifier, and the end of its OVN or version only."""
    path = asked.route.partition(" ")[2]
    for name, value in (("{entityid}", asked.name), ("{subscriptionid}", asked.name), ("{uss_id}", asked.name)):
        path = path.replace(name, value[:100])
    return path.replace("{ovn}", brief(asked.version)).replace("{version}", brief(asked.version))


def _value(value: Any) -> Any:
    if isinstance(value, int | float | None):
        return value
    text = value if isinstance(value, str) else _encoder.encode(value).decode()
    if len(text) <= MAX_VALUE_LENGTH or (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        return value
    return f"{text[:MAX_VALUE_LENGTH]}…"
