"""A synthetic European day: flights between large airports, a position each minute, from a seed.

Thirty thousand flights are about what the European network has on a busy day, and ninety minutes about what one takes.
Airports stand with a share of the traffic that is roughly theirs. A flight begins and ends near its airports at
10,000 ft, climbs, cruises on a level of the semicircular rule and descends; its route bends a little to one side, as
routes do. Nobody keeps them apart: there are far more conflicts than on a day that controllers have planned.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skyparley.conflict.minima import EN_ROUTE
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.geometry.altitude import Datum
from skyparley.geometry.trajectory import Trajectory4D
from skyparley.units import METRES_PER_FOOT

BEGIN_US: Final = 1_800_057_600_000_000  # midnight UTC
STEP_S: Final = 60.0
MIDDLE_DEG: Final = (50.0, 8.5)
RADIUS_M: Final = 6_371_008.8
SHORTEST_M: Final = 250_000.0
FURTHEST_M: Final = 3_500_000.0
USUAL_M: Final = 1_450_000.0
RING_M: Final = 30_000.0
START_FT: Final = 10_000.0
CLIMB_MPS: Final = 9.0
SLOWEST_MPS: Final = 150.0
GAIN_MPS: Final = 85.0  # by how much it flies faster at 11 km

# latitude and longitude (degrees), share of the traffic
AIRPORTS: Final = np.array(
    [
        (52.31, 4.76, 13), (51.47, -0.45, 13), (49.01, 2.55, 13), (50.03, 8.56, 12), (41.28, 28.74, 14),
        (40.47, -3.57, 11), (41.30, 2.08, 9), (48.35, 11.79, 9), (41.80, 12.25, 8), (51.15, -0.19, 8),
        (48.11, 16.57, 7), (55.62, 12.65, 7), (47.46, 8.55, 7), (60.19, 11.10, 7), (38.77, -9.13, 6),
        (53.43, -6.25, 6), (50.90, 4.48, 6), (59.65, 17.92, 6), (37.94, 23.95, 6), (39.55, 2.74, 7),
        (51.88, 0.24, 6), (45.63, 8.72, 6), (53.36, -2.27, 5), (52.17, 20.97, 5), (52.36, 13.50, 5),
        (51.28, 6.77, 4), (60.32, 24.96, 5), (48.72, 2.38, 6), (46.24, 6.11, 5), (36.90, 30.79, 5),
        (40.90, 29.31, 6), (50.10, 14.26, 4), (36.67, -4.50, 4), (53.63, 9.99, 4), (47.44, 19.26, 4),
        (43.66, 7.21, 4), (45.73, 5.08, 3), (55.95, -3.37, 4), (44.57, 26.09, 4), (41.24, -8.68, 3),
        (43.63, 1.37, 3), (45.45, 9.28, 3), (50.87, 7.14, 4), (45.51, 12.35, 3), (38.28, -0.56, 3),
        (44.82, 20.31, 2), (42.70, 23.41, 2), (56.92, 23.97, 2), (54.63, 25.29, 1), (45.74, 16.07, 2),
        (60.29, 5.22, 3), (57.66, 12.29, 2), (35.34, 25.18, 2), (40.52, 22.97, 2), (38.18, 13.10, 2),
        (37.47, 15.06, 3), (40.89, 14.29, 3), (43.35, 3.96, 1), (48.54, 7.63, 1), (51.43, 6.69, 1),
    ]
)  # fmt: skip

Floats = npt.NDArray[np.float64]


def flights(
    count: int,
    *,
    seed: int,
    within_s: float | None = None,
    step_s: float = STEP_S,
    prefix: str = "flight",
) -> list[Operation]:
    """So many flights of one day, or that begin within some seconds of it, with a position every `step_s`: with other
    steps than a minute they fly faster or slower.
    """
    random = np.random.default_rng(seed)
    places = _points(AIRPORTS[:, 0], AIRPORTS[:, 1])
    apart_m = RADIUS_M * np.arccos(np.clip(places @ places.T, -1.0, 1.0))
    weights = np.outer(AIRPORTS[:, 2], AIRPORTS[:, 2]) * np.exp(-(((apart_m - 0.7 * USUAL_M) / USUAL_M) ** 2))
    weights[(apart_m < SHORTEST_M) | (apart_m > FURTHEST_M)] = 0.0
    pairs = random.choice(weights.size, count, p=(weights / weights.sum()).ravel())
    return [
        Operation(
            OperationRef("", f"{prefix}-{i:05}"),
            EN_ROUTE,
            trajectories=(_track(random, places[pair // len(places)], places[pair % len(places)], within_s, step_s),),
        )
        for i, pair in enumerate(pairs)
    ]


def _track(
    random: np.random.Generator,
    origin: Floats,
    destination: Floats,
    within_s: float | None,
    step_s: float,
) -> Trajectory4D:
    begin, end = _on_ring(random, origin), _on_ring(random, destination)
    angle = math.acos(float(begin @ end))
    length_m = angle * RADIUS_M
    eastward = _longitude(end) > _longitude(begin)
    highest = min(int(random.integers(29, 41)), 18 + int(length_m / 40_000.0))
    level_ft = 1_000.0 * (highest - (highest % 2 != eastward))
    at_m, altitudes_m = _profile(length_m, level_ft * METRES_PER_FOOT, float(random.normal(1.0, 0.04)))
    share = at_m / length_m
    bend = float(random.normal(0.0, 0.02)) * angle * np.sin(np.pi * share)
    aside = np.cross(begin, end) / math.sin(angle)
    along = (np.sin((1.0 - share) * angle)[:, None] * begin + np.sin(share * angle)[:, None] * end) / math.sin(angle)
    points = along + bend[:, None] * aside
    points /= np.linalg.norm(points, axis=1)[:, None]
    begin_us = _departure_us(random) if within_s is None else BEGIN_US + int(random.uniform(0.0, within_s) * 1e6)
    times_us = begin_us + (np.arange(len(at_m)) * step_s * 1e6).astype(np.int64)
    latitudes, longitudes = np.degrees(np.arcsin(points[:, 2])), np.degrees(np.arctan2(points[:, 1], points[:, 0]))
    return Trajectory4D(times_us, latitudes, longitudes, altitudes_m, Datum.PRESSURE)


def nearest(operations: list[Operation], count: int, begin_us: int, end_us: int) -> list[Operation]:
    """So many flights that are nearest the middle of Europe within a span of time, cut to that span."""
    found: list[tuple[float, Operation]] = []
    for operation in operations:
        path = operation.trajectories[0]
        inside = np.flatnonzero((path.times_us >= begin_us) & (path.times_us < end_us))
        if len(inside) > 1:
            columns = (path.times_us, path.latitudes_deg, path.longitudes_deg, path.altitudes_m)
            cut = Trajectory4D(*[column[inside] for column in columns], path.datum)  # type: ignore[arg-type]
            away_deg = np.hypot(cut.latitudes_deg - MIDDLE_DEG[0], cut.longitudes_deg - MIDDLE_DEG[1]).min()
            found.append((float(away_deg), Operation(operation.ref, operation.operation_class, (), (cut,))))
    found.sort(key=lambda item: item[0])
    return [operation for _, operation in found[:count]]


def _profile(length_m: float, level_m: float, pace: float) -> tuple[Floats, Floats]:
    """Way flown (metres) and altitude at each minute: up, along, down; the last minute may be cut short."""
    start_m = START_FT * METRES_PER_FOOT
    ways, altitudes = [0.0], [start_m]
    while ways[-1] < length_m:
        speed = pace * (SLOWEST_MPS + GAIN_MPS * altitudes[-1] / 11_000.0)
        way = ways[-1] + speed * STEP_S
        down_m = start_m + max(0.0, length_m - way) / speed * CLIMB_MPS
        ways.append(way)
        altitudes.append(max(start_m, min(level_m, altitudes[-1] + CLIMB_MPS * STEP_S, down_m)))
    return np.minimum(np.array(ways), length_m - 1.0 + np.arange(len(ways)) * 1e-3), np.array(altitudes)


def _departure_us(random: np.random.Generator) -> int:
    """Two broad peaks, in the morning and in the late afternoon, and a few flights at night."""
    hours = random.normal(7.5, 2.2), random.normal(15.5, 3.0), random.uniform(0.0, 23.0)
    hour = random.choice(hours, p=(0.4, 0.5, 0.1))
    return BEGIN_US + int(np.clip(hour, 0.0, 23.5) * 3_600e6)


def _on_ring(random: np.random.Generator, place: Floats) -> Floats:
    turned = place + random.normal(0.0, RING_M / RADIUS_M, 3)
    return np.asarray(turned / np.linalg.norm(turned))


def _points(latitudes_deg: Floats, longitudes_deg: Floats) -> Floats:
    latitudes, longitudes = np.radians(latitudes_deg), np.radians(longitudes_deg)
    across = np.cos(latitudes)
    return np.column_stack((across * np.cos(longitudes), across * np.sin(longitudes), np.sin(latitudes)))


def _longitude(point: Floats) -> float:
    return math.atan2(point[1], point[0])
