"""What reading a file gives: operations, what was skipped and why, and how many single reports were bad."""

from dataclasses import dataclass, field

from skyparley.conflict.operation import Operation


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something in a file that could not be taken: where, and why with a remedy."""

    file: str
    place: str
    reason: str


@dataclass(slots=True)
class Parsed:
    """The content of one file. `bad_reports` counts single reports inside tracks that were left out."""

    file: str
    operations: list[Operation] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    bad_reports: int = 0

    def skip(self, place: str, reason: str) -> None:
        """Note something that was left out."""
        self.skipped.append(Skipped(self.file, place, reason))
