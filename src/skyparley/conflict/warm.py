"""Compiles and caches every kernel by using it once, so that the first real check need not wait for numba."""

import numpy as np

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
    for conflict in all_pairs([one, other]):
        overlap_parts(one, other, conflict)
    bounding_box(one.volumes, one.trajectories)
    index = ConflictIndex()
    for operation in (one, other):
        index.insert(operation)
        index.merge()
        index.check(_everything("third", Datum.WGS84, 0.0))
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
    volumes = (
        Volume4D(square, band, time),
        Volume4D(Circle(46.0, 7.0, 500.0), band, time),
        Volume4D(Circle(46.0, 7.0, 50_000.0), band, time),
    )
    track = Trajectory4D(
        np.array([time.begin_us, time.end_us], dtype=np.int64),
        np.array([46.0, 46.01]),
        np.array([7.0, 7.02]),
        np.array([10.0, 20.0]),
        datum,
        5.0,
        5.0,
        early_late_s,
    )
    return Operation(OperationRef("", name), "drone", volumes, (track,))
