"""Synthetic operations at the stated density: three volumes each within 24 h, drone-like altitudes.

Three volumes follow one another along a course, as a service supplier cuts up a flight: a corridor of eight corners, a
circle, a corridor. Courses lie near one diagonal, as along a valley, so that boxes of 20 to 40 other operations meet
those of an operation, and a few of them in truth, if 100,000 lie in a box of 5° × 5°. Everything comes from a seed.
"""

import math
from typing import Final

import numpy as np

from skyparley.conflict.index.volumes import Volumes
from skyparley.conflict.kernels.outlines import DATUMS
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.geometry.altitude import AltitudeBand, Datum
from skyparley.geometry.footprint import Circle
from skyparley.geometry.interval import TimeInterval
from skyparley.geometry.polygon import Polygon
from skyparley.geometry.volume import Volume4D

WEST_DEG: Final = 5.0
SOUTH_DEG: Final = 44.0
BOX_DEG: Final = 5.0
BOX_HOLDS: Final = 100_000
DAY_US: Final = 24 * 3_600 * 1_000_000
METRES_PER_DEGREE: Final = 111_320.0
CORNERS: Final = 8
_ALONG: Final = np.array([0.0, 0.3, 0.7, 1.0, 1.0, 0.7, 0.3, 0.0])
_BENT: Final = np.array([0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0])
_SIDE: Final = np.array([-1.0, -1.0, -1.0, -1.0, 1.0, 1.0, 1.0, 1.0])

Floats = np.ndarray


def box_of(filed: int) -> float:
    """The side (degrees) of the box in which so many are as dense as stated."""
    return BOX_DEG * math.sqrt(filed / BOX_HOLDS)


def operations(
    count: int,
    *,
    seed: int,
    begin_us: int,
    party: str = "bench",
    prefix: str = "op",
    alone: bool = False,
    box_deg: float = BOX_DEG,
) -> list[Operation]:
    """So many operations that begin within a day after `begin_us`; `alone` puts each where nobody else is."""
    volumes = parsed(count, seed=seed, begin_us=begin_us, alone=alone, box_deg=box_deg)
    positions = [tuple(position) for position in volumes.positions_deg.tolist()]
    made = [
        Volume4D(
            Polygon(tuple(positions[begin:end])) if radius_m == 0.0 else Circle(*positions[begin], radius_m),
            AltitudeBand(lower_m, upper_m, Datum.WGS84),
            TimeInterval(first_us, last_us),
        )
        for (first_us, last_us), (lower_m, upper_m), radius_m, begin, end in zip(
            volumes.times_us.tolist(),
            volumes.bands_m.tolist(),
            volumes.radii_m.tolist(),
            volumes.corners[:-1].tolist(),
            volumes.corners[1:].tolist(),
            strict=True,
        )
    ]
    return [
        Operation(OperationRef(party, f"{prefix}-{i:06}"), "drone", tuple(made[3 * i : 3 * i + 3]))
        for i in range(count)
    ]


def parsed(count: int, *, seed: int, begin_us: int, alone: bool = False, box_deg: float = BOX_DEG) -> Volumes:
    """The volumes of so many operations as arrays: around 46.5° N 7.5° E, or elsewhere if `alone`."""
    random = np.random.default_rng(seed)
    wide_deg, east_deg, north_deg = (40.0, 60.0, -44.0) if alone else (box_deg, 0.0, 0.0)
    latitudes = SOUTH_DEG + BOX_DEG / 2.0 + north_deg + wide_deg * (random.random(count) - 0.5)
    longitudes = WEST_DEG + BOX_DEG / 2.0 + east_deg + wide_deg * (random.random(count) - 0.5)
    courses = np.radians(45.0 + 20.0 * (random.random(count) - 0.5) + 180.0 * random.integers(0, 2, count))
    begins_us = begin_us + (random.random(count) * DAY_US).astype(np.int64)
    lower_m = random.integers(0, 5, count) * 100.0
    times_us, radii_m = np.empty((count, 3, 2), dtype=np.int64), np.zeros((count, 3))
    positions = np.empty((count, 2 * CORNERS + 1, 2))
    for i in range(3):
        lengths_us = ((1_200.0 + 2_400.0 * random.random(count)) * 1e6).astype(np.int64)
        lengths_m = 9_000.0 + 9_000.0 * random.random(count)
        across = np.cos(np.radians(latitudes))
        norths = lengths_m * np.cos(courses) / METRES_PER_DEGREE
        easts = lengths_m * np.sin(courses) / METRES_PER_DEGREE / across
        if i == 1:
            positions[:, CORNERS, 0], positions[:, CORNERS, 1] = latitudes + norths / 2.0, longitudes + easts / 2.0
            radii_m[:, 1] = 0.05 * lengths_m
        else:
            first = 0 if i == 0 else CORNERS + 1
            positions[:, first : first + CORNERS] = _corridors(random, latitudes, longitudes, courses, lengths_m)
        times_us[:, i, 0], times_us[:, i, 1] = begins_us, begins_us + lengths_us
        begins_us = begins_us + lengths_us - 60_000_000
        latitudes, longitudes = latitudes + norths, longitudes + easts
    bands_m = np.repeat(np.column_stack((lower_m, lower_m + 120.0)), 3, axis=0)
    corners = np.concatenate(([0], np.cumsum(np.tile([CORNERS, 1, CORNERS], count))))
    return Volumes(
        np.arange(count + 1, dtype=np.int64) * 3,
        times_us.reshape(-1, 2),
        bands_m,
        np.full(3 * count, DATUMS.index(Datum.WGS84), dtype=np.uint8),
        radii_m.reshape(-1),
        corners.astype(np.int64),
        positions.reshape(-1, 2),
    )


def _corridors(
    random: np.random.Generator, latitudes: Floats, longitudes: Floats, courses: Floats, lengths_m: Floats
) -> Floats:
    """Corridors `(n, 8, 2)` from places along courses, 200 to 600 m wide, bent a little."""
    half_m = (100.0 + 200.0 * random.random(len(latitudes)))[:, None]
    along_m = _ALONG * lengths_m[:, None]
    aside_m = _SIDE * half_m + _BENT * (random.random(len(latitudes))[:, None] - 0.5) * half_m
    sine, cosine = np.sin(courses)[:, None], np.cos(courses)[:, None]
    corners = np.empty((len(latitudes), CORNERS, 2))
    corners[:, :, 0] = latitudes[:, None] + (along_m * cosine - aside_m * sine) / METRES_PER_DEGREE
    across = METRES_PER_DEGREE * np.cos(np.radians(corners[:, :, 0]))
    corners[:, :, 1] = longitudes[:, None] + (along_m * sine + aside_m * cosine) / across
    return corners
