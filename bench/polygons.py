"""Polygon against polygon, eight corners each: the exact kernel over many pairs in one call, beside shapely's arrays.

Mixes as a search meets them: far apart but for their boxes, beside each other with boxes that overlap, overlapping.
Times are of one thread. shapely gets plane coordinates made before the clock runs; the kernel projects each pair
within it. What they answer must be the same, but for pairs that are within the stated error band of touching.
"""

import time
from typing import Final

import numpy as np
import shapely
from pyproj import Geod, Proj

from bench.table import Figure, Row
from skyparley.conflict.kernels import hits
from skyparley.conflict.kernels.packing import pack
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.geometry.altitude import AltitudeBand, Datum
from skyparley.geometry.interval import TimeInterval
from skyparley.geometry.polygon import Polygon
from skyparley.geometry.volume import Volume4D

PAIRS: Final = 4_000
ROUNDS: Final = 15
CORNERS: Final = 8
PLACE: Final = (46.5, 7.8)
SIZE_M: Final = 500.0
MIXES: Final = {"separated": 1_300.0, "touching boxes": 850.0, "overlapping": 300.0}
"""How far apart the centres are, metres."""
BAND_M: Final = 0.002
"""The stated error of the kernel (0.8 mm, docs/error-budget.md) and the plane's own over 2 km."""
_GEOD: Final = Geod(ellps="WGS84")
Floats = np.ndarray


def run() -> Row:
    """Time each mix in the kernel and in shapely, best of several rounds in turn."""
    figures, theirs, notes = [], [], []
    for number, (mix, apart_m) in enumerate(MIXES.items()):
        random = np.random.default_rng(number)
        centres = [_away(PLACE, float(random.uniform(0, 360)), apart_m) for _ in range(PAIRS)]
        one = [_ring(random, PLACE) for _ in range(PAIRS)]
        other = [_ring(random, centre) for centre in centres]
        ours_us, their_us, met, differing = _race(one, other)
        figures.append(Figure(f"{mix}", ours_us, "µs", 1.0))
        theirs.append(Figure(f"{mix}", their_us, "µs"))
        notes.append(f"{mix}: {100.0 * met / PAIRS:.0f} % meet, {differing} pairs answered otherwise beyond {BAND_M} m")
        if differing:
            raise SystemExit(f"{mix}: the kernel and shapely differ in {differing} pairs beyond {BAND_M} m")
    return Row(
        f"a pair of polygons of {CORNERS} corners, {PAIRS:,} pairs in one call",
        figures,
        "shapely.intersects over arrays of plane polygons",
        theirs,
        notes,
    )


def _race(one: list[Floats], other: list[Floats]) -> tuple[float, float, int, int]:
    rows, edges = _packed(one)
    pieces, its = _packed(other)
    pairs = np.repeat(np.arange(PAIRS), 2).reshape(-1, 2)
    found = np.empty((PAIRS + 1, hits.HIT_COLUMNS))
    plane = Proj(f"+proj=aeqd +lat_0={PLACE[0]} +lon_0={PLACE[1]} +ellps=WGS84")
    flat = [
        np.array([shapely.Polygon(np.column_stack(plane(ring[:, 1], ring[:, 0]))) for ring in rings])
        for rings in (one, other)
    ]
    ours: list[float] = []
    theirs: list[float] = []
    count, meets = 0, np.empty(0)
    for _ in range(ROUNDS):
        began_s = time.thread_time()
        count = hits.exact(pieces, its, rows, edges, pairs, np.zeros((1, 1, 2)), hits.BOUNDS, found)
        ours.append(time.thread_time() - began_s)
        began_s = time.thread_time()
        meets = shapely.intersects(flat[0], flat[1])
        theirs.append(time.thread_time() - began_s)
    answer = np.zeros(PAIRS, dtype=bool)
    answer[found[:count, hits.OWNER].astype(np.int64)] = True
    missed = meets & ~answer & shapely.intersects(shapely.buffer(flat[0], -BAND_M), flat[1])
    invented = answer & (shapely.distance(flat[0], flat[1]) > BAND_M)
    return min(ours) / PAIRS * 1e6, min(theirs) / PAIRS * 1e6, count, int((missed | invented).sum())


def _packed(rings: list[Floats]) -> tuple[Floats, Floats]:
    time_, band = TimeInterval(0, 1_000_000), AltitudeBand(0.0, 100.0, Datum.WGS84)
    volumes = tuple(Volume4D(Polygon(tuple(map(tuple, ring.tolist()))), band, time_) for ring in rings)
    rows, edges = pack(Operation(OperationRef("bench", "polygons"), "drone", volumes), 0)
    rows[:, hits.layout.OWNER] = np.arange(len(rows))
    return rows, edges


def _away(place: tuple[float, float], azimuth_deg: float, distance_m: float) -> tuple[float, float]:
    longitude, latitude, _ = _GEOD.fwd(place[1], place[0], azimuth_deg, distance_m)
    return float(latitude), float(longitude)


def _ring(random: np.random.Generator, centre: tuple[float, float]) -> Floats:
    """A star of eight corners about a centre, at half to all of `SIZE_M` from it."""
    turns = (np.arange(CORNERS) + random.uniform(-0.3, 0.3, CORNERS)) * 360.0 / CORNERS
    far = SIZE_M * random.uniform(0.5, 1.0, CORNERS)
    longitudes, latitudes, _ = _GEOD.fwd(np.full(CORNERS, centre[1]), np.full(CORNERS, centre[0]), turns, far)
    return np.column_stack((latitudes, longitudes))


if __name__ == "__main__":
    from bench.table import show

    show([run()], "this machine")
