"""Synthetic operations at the stated density: a box of 5° × 5° for 24 h, three volumes each, drone-like altitudes.

Three volumes follow one another along a course, as a service supplier cuts up a flight: a corridor of eight corners, a
circle, a corridor. Courses lie near one diagonal, as along a valley, so that boxes of 20 to 40 other operations among
100,000 meet those of an operation, and a few of them in truth. Everything comes from a seed.
"""

import math
from typing import Final

import numpy as np

from skyparley.conflict.operation import Operation, OperationRef
from skyparley.geometry.altitude import AltitudeBand, Datum
from skyparley.geometry.footprint import Circle
from skyparley.geometry.interval import TimeInterval
from skyparley.geometry.polygon import Polygon
from skyparley.geometry.volume import Volume4D

WEST_DEG: Final = 5.0
SOUTH_DEG: Final = 44.0
BOX_DEG: Final = 5.0
DAY_US: Final = 24 * 3_600 * 1_000_000
METRES_PER_DEGREE: Final = 111_320.0

Random = np.random.Generator


def operations(
    count: int, *, seed: int, begin_us: int, party: str = "bench", prefix: str = "op", alone: bool = False
) -> list[Operation]:
    """So many operations that begin within a day after `begin_us`; `alone` puts each where nobody else is."""
    random = np.random.default_rng(seed)
    return [
        Operation(OperationRef(party, f"{prefix}-{i:06}"), "drone", _volumes(random, begin_us, alone))
        for i in range(count)
    ]


def _volumes(random: Random, begin_us: int, alone: bool) -> tuple[Volume4D, ...]:
    box_deg, aside_deg = (40.0, 60.0) if alone else (BOX_DEG, 0.0)
    latitude = SOUTH_DEG + box_deg * (random.random() - alone)
    longitude = WEST_DEG + aside_deg + box_deg * random.random()
    time_us = begin_us + int(random.random() * DAY_US)
    course = math.radians(45.0 + 20.0 * (random.random() - 0.5) + 180.0 * random.integers(0, 2))
    lower_m = float(random.integers(0, 5)) * 100.0
    volumes = []
    for i in range(3):
        length_us = int((1_200 + 2_400 * random.random()) * 1_000_000)
        length_m = 9_000.0 + 9_000.0 * random.random()
        across = math.cos(math.radians(latitude))
        north, east = length_m * math.cos(course) / METRES_PER_DEGREE, length_m * math.sin(course) / METRES_PER_DEGREE
        footprint = (
            Circle(latitude + north / 2.0, longitude + east / 2.0 / across, 0.05 * length_m)
            if i == 1
            else _corridor(random, latitude, longitude, course, length_m)
        )
        band = AltitudeBand(lower_m, lower_m + 120.0, Datum.WGS84)
        volumes.append(Volume4D(footprint, band, TimeInterval(time_us, time_us + length_us)))
        time_us += length_us - 60_000_000
        latitude, longitude = latitude + north, longitude + east / across
    return tuple(volumes)


def _corridor(random: Random, latitude: float, longitude: float, course: float, length_m: float) -> Polygon:
    """A corridor of eight corners from a place along a course, 200 to 600 m wide, bent a little."""
    half_m = 100.0 + 200.0 * random.random()
    along_m = np.array([0.0, 0.3, 0.7, 1.0, 1.0, 0.7, 0.3, 0.0]) * length_m
    bend_m = np.array([0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0]) * (random.random() - 0.5) * half_m
    aside_m = np.array([-1.0, -1.0, -1.0, -1.0, 1.0, 1.0, 1.0, 1.0]) * half_m + bend_m
    north_m = along_m * math.cos(course) - aside_m * math.sin(course)
    east_m = along_m * math.sin(course) + aside_m * math.cos(course)
    latitudes = latitude + north_m / METRES_PER_DEGREE
    longitudes = longitude + east_m / METRES_PER_DEGREE / math.cos(math.radians(latitude))
    return Polygon(tuple((float(a), float(b)) for a, b in zip(latitudes, longitudes, strict=True)))
