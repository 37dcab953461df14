"""Compiles and caches every kernel by using it once, so that the first real check need not wait for numba."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from skyparley.conflict.index.cells import ENTRY
from skyparley.conflict.index.fresh import nothing_fresh, with_more_room
from skyparley.conflict.index.ordered import sort_entries
from skyparley.conflict.index.volumes import tabulate
from skyparley.conflict.kernels.packing import pack_many
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.conflict.overlap import overlap_parts
from skyparley.conflict.pairs.batch import all_pairs
from skyparley.conflict.search import ConflictIndex
from skyparley.geometry.altitude import AltitudeBand, Datum
from skyparley.geometry.bounds import bounding_box
from skyparley.geometry.cells import cover_path, cover_volume
from skyparley.geometry.footprint import Circle
from skyparley.geometry.interval import TimeInterval
from skyparley.geometry.polygon import Polygon
from skyparley.geometry.trajectory import Trajectory4D
from skyparley.geometry.volume import Volume4D


def warm() -> None:
    """Use every kernel once, on two operations of all kinds of pieces that meet."""
    one, other = _everything("warm-0", Datum.EGM96, 0.0), _everything("warm-1", Datum.EGM96, 1.0)
    third = _everything("third", Datum.WGS84, 0.0)
    for pair in ((one, other), (one, third)):
        for conflict in all_pairs(list(pair)):
            overlap_parts(*pair, conflict)
    bounding_box(one.volumes, one.trajectories)
    plain = [Operation(OperationRef("", name), "drone", (one.volumes[0], one.volumes[-1])) for name in "ab"]
    pack_many(plain)
    ConflictIndex.of_volumes([operation.ref for operation in plain], "drone", tabulate(plain))
    with_more_room(nothing_fresh(1), 2)
    with ThreadPoolExecutor(1) as pool:
        sort_entries(np.zeros((4, ENTRY), dtype=np.int16), np.arange(4), pool, heap=1)
    index = ConflictIndex()
    for operation in (one, other):
        index.insert(operation)
        index.merge()
        index.check(third)
        index.check_held(one.ref)
    ConflictIndex.from_snapshot(index.snapshot()).remove(one.ref)
    for volume in one.volumes:
        cover_volume(volume.footprint)
    track = one.trajectories[0]
    cover_path(track.latitudes_deg, track.longitudes_deg, 10.0)


def _everything(name: str, datum: Datum, early_late_s: float) -> Operation:
    time = TimeInterval(1_000_000_000_000_000, 1_000_000_100_000_000)
    band = AltitudeBand(0.0, 100.0, datum)
    square = Polygon(((46.0, 7.0), (46.0, 7.01), (46.01, 7.01), (46.01, 7.0)))
    hole = ((46.004, 7.004), (46.004, 7.006), (46.006, 7.006), (46.006, 7.004))
    volumes = (
        Volume4D(square, band, time),
        Volume4D(Polygon(square.vertices, (hole,)), band, time),
        Volume4D(Circle(46.0, 7.0, 500.0), band, time),
        Volume4D(Circle(46.0, 7.0, 50_000.0), band, time),
    )
    track = Trajectory4D(
        np.linspace(time.begin_us, time.end_us, 4).astype(np.int64),
        np.array([46.0, 46.01, 46.31, 47.31]),  # legs of 2 km, 33 km, which is halved, and 111 km, which is cut
        np.array([7.0, 7.02, 7.02, 7.02]),
        np.array([10.0, 20.0, 20.0, 20.0]),
        datum,
        5.0,
        5.0,
        early_late_s,
    )
    return Operation(OperationRef("", name), "drone", volumes, (track,))
