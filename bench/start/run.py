"""A node with a million filed operations is started: seconds until it is ready, what it has resident, its first check.

The baseline is a start with nothing kept, from the log and the vault alone, of a twentieth as many operations: the same
software and machine in the same run, and what a node does that has lost its snapshots. Its time is shown as it is.
"""

import asyncio
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from bench.serving import POOL, Connection, body_of, free_port, healthy
from bench.start.fill import CHUNK, fill
from bench.table import Figure, Row, memory_mb
from bench.traffic import operations
from skyparley.node.custody.index_file import INDEX_FILE
from skyparley.node.storage import snapshot_paths

FILED: Final = 1_000_000
BASELINE_FILED: Final = 50_000
READY_S: Final = 20.0
RESIDENT_GB: Final = 3.0
CHECKS: Final = 200
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Started:
    """One start: seconds until healthy, of processor time too, and how much of it in the system; GB resident then and
    at most, milliseconds of checks.
    """

    ready_s: float
    cpu_s: float
    system_s: float
    resident_gb: float
    peak_gb: float
    first_check_ms: float
    later_check_ms: float


async def run(directory: Path, filed: int = FILED, baseline: int = BASELINE_FILED) -> list[Row]:
    """The row of a start."""
    data, small = directory / "node", directory / "small"
    began_s = time.perf_counter()
    key = await fill(data, filed)
    filled_s = time.perf_counter() - began_s
    snapshot_s, snapshot_gb = await _snapshot(data)
    again_s, _ = await _snapshot(data)
    found = await _start(data, key)
    small_key = await fill(small, baseline // CHUNK * CHUNK)
    for kept in (*snapshot_paths(small), small / INDEX_FILE):
        kept.unlink(missing_ok=True)
    without = await _start(small, small_key)
    sizes = ", ".join(
        f"{name} {(data / name).stat().st_size / 1e9:.2f} GB"
        for name in ("log.sqlite", "vault.sqlite", snapshot_paths(data)[0].name, INDEX_FILE)
    )
    return [
        Row(
            f"start of a node with {filed:,} filed operations, from its snapshots",
            [
                Figure("until ready", found.ready_s, "s", READY_S),
                Figure("resident", found.resident_gb, "GB", RESIDENT_GB),
                Figure("first check", found.first_check_ms, "ms"),
            ],
            f"{baseline:,} operations, nothing kept: from log and vault",
            [
                Figure("until ready", without.ready_s, "s"),
                Figure("resident", without.resident_gb, "GB"),
                Figure("first check", without.first_check_ms, "ms"),
            ],
            [
                f"processor time until ready {found.cpu_s:.1f} s, {found.system_s:.1f} s of it in the system, which"
                f" makes memory ready and reads files; at most {found.peak_gb:.2f} GB resident;"
                f" median of {CHECKS} later checks {found.later_check_ms:.2f} ms",
                f"for each operation the baseline takes {without.ready_s / baseline * 1e6:,.0f} µs,"
                f" {without.cpu_s / baseline * 1e6:,.0f} µs of processor time; a start from snapshots"
                f" {found.ready_s / filed * 1e6:,.0f} µs and {found.cpu_s / filed * 1e6:,.0f} µs",
                f"the operations were filed in {filled_s:,.0f} s; `skyparley snapshot` took {snapshot_s:.0f} s and"
                f" {snapshot_gb:.2f} GB to make both files anew, {again_s:.0f} s when nothing had changed",
                sizes,
            ],
        )
    ]


async def _snapshot(data: Path) -> tuple[float, float]:
    """Run the follower; seconds that it took and GB that it had resident at most."""
    began_s = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "skyparley.cli.main", "snapshot", "--data", str(data)
    )
    peak_gb = 0.0
    while process.returncode is None:
        peak_gb = max(peak_gb, memory_mb("VmHWM", process.pid) / 1e3)
        await asyncio.sleep(0.1)
    if process.returncode:
        raise RuntimeError("no snapshot was written")
    return time.perf_counter() - began_s, peak_gb


async def _start(data: Path, key: str) -> Started:
    """Serve a data directory, ask it, and end it by a kill: nothing is written for the next start."""
    port = free_port()
    began_s = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "skyparley.cli.main", "serve", "--port", str(port), "--data", str(data), "--pool", POOL,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await healthy(port, process)
        ready_s, (user_s, system_s) = time.perf_counter() - began_s, _cpu_s(process.pid)
        resident_gb, peak_gb = (memory_mb(name, process.pid) / 1e3 for name in ("VmRSS", "VmHWM"))
        first_ms, later_ms = await _checks(port, key)
        return Started(ready_s, user_s + system_s, system_s, resident_gb, peak_gb, first_ms, later_ms)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def _checks(port: int, key: str) -> tuple[float, float]:
    """Milliseconds of the first check, and the median of later ones, each among what is filed."""
    begin_us = time.time_ns() // 1_000 + 3 * 86_400_000_000
    connection = await Connection.open(port)
    taken_ms = []
    for operation in operations(CHECKS + 1, seed=99, begin_us=begin_us, prefix="asked", alone=True):
        request = check_of(body_of(operation), key)
        began_s = time.perf_counter()
        status, body = await connection.ask(request)
        taken_ms.append((time.perf_counter() - began_s) * 1e3)
        if status != 200:
            raise RuntimeError(f"refused with {status}: {body[:300]!r}")
    connection.close()
    later = sorted(taken_ms[1:])
    return taken_ms[0], later[len(later) // 2]


def check_of(body: dict[str, object], key: str) -> bytes:
    """The whole HTTP request that asks what an operation would conflict with."""
    data = msgspec.json.encode(body)
    head = (
        "POST /v1/operations/check HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {key}\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def _cpu_s(process: int) -> tuple[float, float]:
    """Processor time that a process has had, by its user and by the system for it."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / _TICKS_PER_S, int(fields[12]) / _TICKS_PER_S
