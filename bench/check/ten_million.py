"""Ten million filed, in a process of its own: how long the index takes to build, what it takes, and a check."""

import gc
import json
import resource
import subprocess
import sys
from typing import Final

import numpy as np

from bench.check.filed import askers, built, times_us, volumes_of
from bench.table import Figure, Row, memory_mb, quantiles, timed
from skyparley.conflict.index.volumes import Volumes
from skyparley.conflict.operation import Operation

FILED: Final = 10_000_000
ASKED: Final = 2_000
_SCANS: Final = 5


def run() -> Row:
    """Measure in a child, so that nothing else counts."""
    done = subprocess.run([sys.executable, "-m", "bench.check.ten_million"], stdout=subprocess.PIPE, check=True)
    said = json.loads(done.stdout)
    return Row(
        f"one operation against {FILED:,} filed",
        [
            Figure("p50", said["p50"], "µs"),
            Figure("p99", said["p99"], "µs", 600.0),
            Figure("index, octets an operation", said["index"], "", 200.0),
            Figure("build from parsed arrays", said["first"], "s", 15.0),
            Figure("again, with memory at hand", said["build"], "s"),
        ],
        "numpy: all boxes compared with the one asked for, no exact answer",
        [Figure("median", said["scan"], "µs")],
        [
            f"{said['conflicts']:.1f} conflicts each; shapes take {said['shapes']:.0f} octets an operation beside the"
            f" index; a build took {said['user']:.1f} s of processors for itself, and in the system, which makes memory"
            f" ready, the first one {said['first_system']:.1f} s and the next {said['system']:.1f} s (names, beside the"
            f" rest: {said['names']:.1f} s); the process has {said['peak']:.1f} GB, its input and the objects of ten"
            " million names included"
        ],
    )


def measure() -> dict[str, float]:
    """What one process of this size measures."""
    volumes = volumes_of(FILED)
    start = resource.getrusage(resource.RUSAGE_SELF)
    index, first, _ = built(volumes)
    del index
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF)
    index, seconds, names = built(volumes)
    after = resource.getrusage(resource.RUSAGE_SELF)
    held = index.memory_bytes
    asked = askers(index, FILED, ASKED)
    half, most = times_us(index, asked, 2)
    scan, _ = quantiles([timed(_scan, volumes, one) for one in asked[:_SCANS]], 1e6)
    return {
        "p50": half,
        "p99": most,
        "build": seconds,
        "first": first,
        "first_system": before.ru_stime - start.ru_stime,
        "names": names,
        "user": after.ru_utime - before.ru_utime,
        "system": after.ru_stime - before.ru_stime,
        "index": sum(held[name] for name in ("entries", "cells", "fresh", "slots")) / FILED,
        "shapes": held["shapes"] / FILED,
        "conflicts": float(np.mean([len(index.check(one)) for one in asked])),
        "scan": scan,
        "peak": memory_mb("VmRSS") / 1e3,
    }


def _scan(volumes: Volumes, operation: Operation) -> int:
    """How many volumes share time and height with one of an operation: what a table without an index has to read."""
    return sum(
        int(
            np.count_nonzero(
                (volumes.times_us[:, 0] < volume.time.end_us)
                & (volumes.times_us[:, 1] > volume.time.begin_us)
                & (volumes.bands_m[:, 0] <= volume.altitude.upper_m)
                & (volumes.bands_m[:, 1] >= volume.altitude.lower_m)
            )
        )
        for volume in operation.volumes
    )


if __name__ == "__main__":
    print(json.dumps(measure()))
