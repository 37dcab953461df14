"""All pairs of a whole real day: as a person runs it, `skyparley check`, process start included; and in process.

The baseline is what an analyst would write with shapely and numpy: the tracks of each minute in an STRtree, those that
come near each other compared at whole seconds. It may miss what happens in between, and it computes no witness.
"""

import gzip
import json
import subprocess
import sys
from collections import defaultdict
from importlib.resources import files
from pathlib import Path

import numpy as np
from shapely import LineString, STRtree

from bench.table import Figure, Row, timed
from skyparley.conflict.pairs.batch import all_pairs
from skyparley.formats.detect import read_file

RUNS = 5
DAY = files("skyparley.feeds") / "data" / "switzerland-2018-08-01.json.gz"
HORIZONTAL_M = 9_260.0
VERTICAL_FT = 1_000.0


def run() -> list[Row]:
    """Time the command warm, several times, the search in this process, and the baseline once beside each."""
    counts: list[int] = []

    def command() -> None:
        done = subprocess.run(
            [sys.executable, "-m", "skyparley.cli.main", "check", str(DAY), "--json"], capture_output=True, check=False
        )
        answer = json.loads(done.stdout)
        counts[:] = [answer["operations"], len(answer["conflicts"])]

    command()
    seconds = sorted(timed(command) for _ in range(RUNS))
    tracks = _tracks()
    pairs: list[int] = []
    theirs = timed(lambda: pairs.append(sampled_pairs(tracks)))
    with_parsing = theirs + timed(_tracks)
    row = Row(
        "all pairs of the Swiss day by `skyparley check`, process start included",
        [Figure("median", seconds[RUNS // 2], "s", 5.0), Figure("slowest", seconds[-1], "s")],
        "shapely STRtree of 60 s tracks + numpy at whole seconds, in process, parsing included",
        [Figure("once", with_parsing, "s")],
        [
            f"{counts[0]:,} flights, {counts[1]:,} conflicts; the baseline finds {pairs[0]:,} pairs of aircraft"
            " at whole seconds, interpolating over gaps"
        ],
    )
    return [row, _in_process(theirs)]


def _in_process(theirs: float) -> Row:
    """The search alone, from parsed operations."""
    parsing = sorted(timed(read_file, Path(str(DAY))) for _ in range(RUNS))[RUNS // 2]
    operations = read_file(Path(str(DAY))).operations
    found = all_pairs(operations)
    seconds = sorted(timed(all_pairs, operations) for _ in range(RUNS))
    return Row(
        "all pairs of the Swiss day in process, from parsed operations",
        [
            Figure("median", seconds[RUNS // 2], "s", 1.5),
            Figure("with parsing", seconds[RUNS // 2] + parsing, "s"),
        ],
        "shapely STRtree of 60 s tracks + numpy at whole seconds, from parsed tracks",
        [Figure("once", theirs, "s")],
        [f"{len(operations):,} flights, {len(found):,} conflicts"],
    )


def sampled_pairs(tracks: list[np.ndarray]) -> int:
    """Pairs of aircraft that come too close at a whole second; tracks are `(seconds, longitude, latitude, feet)`."""
    close = set()
    slots: dict[int, list[tuple[int, np.ndarray]]] = defaultdict(list)
    for number, track in enumerate(tracks):
        slot = (track[:, 0] // 60).astype(int)
        cuts = np.flatnonzero(np.diff(slot)) + 1
        for part in np.split(track, cuts):
            if len(part) > 1:
                slots[int(part[0, 0] // 60)].append((number, part))
    for parts in slots.values():
        lines = np.array([LineString(part[:, 1:3]) for _, part in parts])
        tree = STRtree(lines)
        near = tree.query(lines, predicate="dwithin", distance=0.13)
        for i, j in near.T:
            one, other = parts[i], parts[j]
            if one[0] < other[0] and (one[0], other[0]) not in close and _too_close(one[1], other[1]):
                close.add((one[0], other[0]))
    return len(close)


def _too_close(one: np.ndarray, other: np.ndarray) -> bool:
    _, at, its = np.intersect1d(one[:, 0], other[:, 0], return_indices=True)
    a, b = one[at], other[its]
    if not len(a):
        return False
    level = np.abs(a[:, 3] - b[:, 3]) < VERTICAL_FT
    east = (a[:, 1] - b[:, 1]) * 111_320.0 * np.cos(np.radians(a[:, 2]))
    return bool(np.any(level & (np.hypot(east, (a[:, 2] - b[:, 2]) * 111_320.0) < HORIZONTAL_M)))


def _tracks() -> list[np.ndarray]:
    """Each aircraft's track `(seconds, longitude, latitude, feet)` at whole seconds."""
    by_aircraft: dict[tuple[str, str], list[tuple[float, float, float, float]]] = defaultdict(list)
    for report in json.loads(gzip.decompress(DAY.read_bytes())):
        values = (report["timestamp"], report["longitude"], report["latitude"], report["altitude"])
        if None not in values:
            by_aircraft[report["icao24"], report["callsign"]].append(values)
    tracks = []
    for reports in by_aircraft.values():
        known = np.array(sorted(reports))
        seconds = np.arange(np.ceil(known[0, 0] / 1e3), np.floor(known[-1, 0] / 1e3) + 1)
        if len(seconds) > 1:
            columns = [np.interp(seconds * 1e3, known[:, 0], known[:, i]) for i in (1, 2, 3)]
            tracks.append(np.column_stack((seconds, *columns)))
    return tracks
