"""CPU time of processes and of all that they started, and of the whole machine, as Linux counts it."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and all its living descendants."""
    found = [pid]
    for one in found:
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:
                continue
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """Seconds that processes, their living descendants and those that they have waited for have computed."""
    ticks = 0
    for pid in {one for parent in pids for one in family(parent)}:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / _TICKS_PER_S


def machine_seconds() -> float:
    """Seconds that the processors of the machine were not idle, all together, those that a host took away included."""
    fields = list(map(int, Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]))
    idle, waiting = fields[3:5]
    return (sum(fields) - idle - waiting) / _TICKS_PER_S
