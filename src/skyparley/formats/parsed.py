"""What reading a file gives: operations, what was skipped and why, and how many single reports were left out.

A recording or a trajectory loses single reports and is still good for the rest: those are counted by kind, with a
remark on the first ones. What costs an operation, or part of one, is skipped, with place and remedy. Places and reasons
quote what arrived, so they are made safe to print here.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from skyparley.conflict.operation import Operation
from skyparley.errors import InvalidInputError
from skyparley.vocabulary import escaped

MAX_LABEL_LENGTH: Final = 128
MAX_REMARKS: Final = 20
"""Remarks that are kept for one file; the counts go on."""

MAX_QUOTED: Final = 500

UNREADABLE: Final = "unreadable"
INCOMPLETE: Final = "incomplete"
IMPOSSIBLE: Final = "impossible"
DOUBLED: Final = "doubled"
STALE: Final = "stale"
JUMPING: Final = "jumping"
ALONE: Final = "alone"


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something in a file that could not be taken: where, and why with a remedy."""

    file: str
    place: str
    reason: str


@dataclass(slots=True)
class Parsed:
    """The content of one file. `left_out` counts single reports inside tracks by what is wrong with them."""

    file: str
    operations: list[Operation] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    remarks: list[Skipped] = field(default_factory=list)

    def skip(self, place: str, reason: str) -> None:
        """Note something that was left out and that costs an operation, or part of one."""
        self.skipped.append(Skipped(self.file, printable(place), printable(reason)))

    def leave_out(self, kind: str, count: int = 1) -> None:
        """Count single reports that were left out."""
        if count:
            self.left_out[kind] += count

    def remark(self, place: str, reason: str) -> None:
        """Say what was wrong with a single report, as long as there is room."""
        if len(self.remarks) < MAX_REMARKS:
            self.remarks.append(Skipped(self.file, printable(place), printable(reason)))


def printable(text: str) -> str:
    """The text on one line, cut at `MAX_QUOTED`: what is not printable is written as an escape."""
    safe = escaped(text[: MAX_QUOTED + 1])
    return safe if len(text) <= MAX_QUOTED else safe[:MAX_QUOTED] + "…"


def check_label(text: str, *, place: str) -> str:
    """The text, if it can name a party or an operation: printable, and not too long. Raises `InvalidInputError`."""
    if not text or len(text) > MAX_LABEL_LENGTH or not text.isprintable():
        raise InvalidInputError(f"a name is 1 to {MAX_LABEL_LENGTH} printable characters", place=place)
    return text
