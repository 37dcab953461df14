"""All pairs of a synthetic European day of 30,000 flights, in a process of its own, so that its memory can be told.

The baseline is what `swiss_day.py` has: the tracks of each minute in a tree of shapely, those that come near each other
compared at whole seconds by numpy. It runs on some minutes of the same day; by them its whole day is told. The answer
is held against brute force on a sample: every piece of some flights against every other by the exact kernels, and what
of it is found to conflict is grouped by pair anew.
"""

import gc
import json
import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from bench.day.europe import BEGIN_US, flights, nearest
from bench.day.swiss_day import sampled_pairs
from bench.table import Figure, Row, memory_mb, timed
from skyparley.cli.main import COLLECT_AFTER
from skyparley.conflict.kernels import hits, layout
from skyparley.conflict.kernels.packing import pack
from skyparley.conflict.minima import DEFAULT_MINIMA, EN_ROUTE
from skyparley.conflict.operation import Operation
from skyparley.conflict.pairs.batch import all_pairs, stream_pairs
from skyparley.units import METRES_PER_FOOT

FLIGHTS = 30_000
SAMPLE = 300
RUNS = 3
MINUTES = 30
SEED = 1
LASTING = 20
BUSY_US = BEGIN_US + 8 * 3_600_000_000
SAMPLE_US = 1_200_000_000
CORES = 2


def run() -> list[Row]:
    """The whole day in a child, then what stands beside it."""
    asked = subprocess.run([sys.executable, "-m", "bench.day.all_pairs"], capture_output=True, check=True)
    told = json.loads(asked.stdout)
    operations = flights(FLIGHTS, seed=SEED)
    theirs, minutes_of_flight, share = _baseline(operations)
    seconds, least_s = sorted(told["seconds"]), min(told["processor_s"])
    return [
        Row(
            f"all pairs of a synthetic European day, {FLIGHTS:,} flights in 60 s segments, from parsed operations",
            [
                Figure("best", FLIGHTS / seconds[0], "flights/s", 10_000, at_least=True),
                Figure("median", FLIGHTS / seconds[len(seconds) // 2], "flights/s"),
                Figure("least processor time", least_s, "s"),
                Figure("memory of the process, flights included", told["memory_mb"], "MB", 2_000),
                Figure("first conflict after", told["first_s"], "s"),
                Figure(f"with {LASTING} that last a month", told["lasting_processor_s"] / least_s, "times that"),
            ],
            f"shapely STRtree of 60 s tracks + numpy at whole seconds, {MINUTES} minutes of the same day",
            [Figure("scaled to the day by minutes flown", FLIGHTS / (theirs / share), "flights/s")],
            [
                f"{told['pieces']:,} pieces, at most {told['most']:,} flights in the air, {told['minutes']:.0f} minutes"
                f" each, {told['conflicts']:,} conflicts; before the first flight {told['before_mb']:,.0f} MB",
                f"the baseline took {theirs:.1f} s for {minutes_of_flight:,.0f} of the day's minutes of flight; it has"
                " no witness and misses what happens between whole seconds",
                f"{SAMPLE} flights in the middle of Europe for 20 minutes, each of {told['sample_pieces']:,} pieces"
                f" against all by brute force: {told['sample_conflicts']} conflicts, the same ones",
            ],
        )
    ]


def _baseline(operations: list[Operation]) -> tuple[float, float, float]:
    """Seconds for the busiest minutes, how many minutes were flown in them, and which share of the day's that is."""
    begin_s = BUSY_US / 1e6
    tracks, flown = [], 0.0
    for operation in operations:
        path = operation.trajectories[0]
        times_s = path.times_us / 1e6
        flown += (times_s[-1] - times_s[0]) / 60.0
        whole = np.arange(max(np.ceil(times_s[0]), begin_s), min(times_s[-1], begin_s + 60.0 * MINUTES))
        if len(whole) > 1:
            columns = (path.longitudes_deg, path.latitudes_deg, path.altitudes_m / METRES_PER_FOOT)
            tracks.append(np.column_stack((whole, *[np.interp(whole, times_s, column) for column in columns])))
    minutes = sum(len(track) for track in tracks) / 60.0
    return timed(sampled_pairs, tracks), minutes, minutes / flown


def brute_force(operations: list[Operation]) -> tuple[set[tuple[str, str]], int]:
    """The pairs of operations of which any two pieces conflict, every piece against every other; how many pieces."""
    packed = [pack(operation, 0)[0] for operation in operations]
    for number, own in enumerate(packed):
        own[:, layout.OWNER] = number
    rows = np.concatenate(packed)
    ends = np.cumsum([len(own) for own in packed])
    least = DEFAULT_MINIMA.between(EN_ROUTE, EN_ROUTE)
    minima = np.array([[[least.horizontal_m, least.vertical_m]]])
    none = np.empty((0, layout.EDGE_COLUMNS))

    def against_later(number: int) -> set[tuple[str, str]]:
        found = set()
        own, later = packed[number], np.arange(ends[number], len(rows))
        pairs = np.empty((len(later), 2), dtype=np.int64)
        pairs[:, 1] = later
        room = np.empty((len(later) + 1, hits.HIT_COLUMNS))
        for i in range(len(own)):
            pairs[:, 0] = i
            count = hits.exact(rows, none, own, none, pairs, minima, hits.BOUNDS, room)
            for other in set(room[:count, hits.OWNER].astype(int).tolist()):
                names = sorted((operations[number].ref.operation_id, operations[other].ref.operation_id))
                found.add((names[0], names[1]))
        return found

    with ThreadPoolExecutor(CORES) as pool:
        parts = list(pool.map(against_later, range(len(operations))))
    return {pair for part in parts for pair in part}, len(rows)


def _times(operations: list[Operation]) -> tuple[float, float]:
    """Seconds on the clock and of processor time that all pairs take, once more."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    seconds = timed(all_pairs, operations)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def child() -> None:
    """Measure, and print what was measured as JSON."""
    all_pairs(flights(200, seed=2, within_s=3_600.0))  # compiles or loads the kernels
    gc.set_threshold(*COLLECT_AFTER)  # as `skyparley check` does
    told: dict[str, object] = {"before_mb": memory_mb("VmHWM")}
    operations = flights(FLIGHTS, seed=SEED)
    found = all_pairs(operations)
    times = [_times(operations) for _ in range(RUNS)]
    told |= {"seconds": [one for one, _ in times], "processor_s": [other for _, other in times]}
    told |= {"memory_mb": memory_mb("VmHWM"), "conflicts": len(found)}
    stream = stream_pairs(operations)
    told["first_s"] = timed(next, stream)
    stream.close()
    lasting = flights(LASTING, seed=3, within_s=60.0, step_s=14 * 86_400.0 / 40.0, prefix="slow")
    told["lasting_processor_s"] = min(_times([*operations, *lasting])[1] for _ in range(RUNS))
    spans = np.array([operation.trajectories[0].times_us[[0, -1]] for operation in operations])
    instants = np.arange(spans.min(), spans.max(), 60_000_000)
    told["most"] = max(int(((spans[:, 0] <= now) & (now < spans[:, 1])).sum()) for now in instants)
    told["minutes"] = float((spans[:, 1] - spans[:, 0]).mean() / 60e6)
    told["pieces"] = sum(len(pack(operation, 0)[0]) for operation in operations)
    sample = nearest(operations, SAMPLE, BUSY_US, BUSY_US + SAMPLE_US)
    pairs = [(one.a.operation_id, one.b.operation_id) for one in all_pairs(sample)]
    slow, told["sample_pieces"] = brute_force(sample)
    if set(pairs) != slow:
        sys.exit(f"brute force finds {len(slow)} pairs, the sweep {len(pairs)}")
    told["sample_conflicts"] = len(pairs)
    print(json.dumps(told))


if __name__ == "__main__":
    child()
