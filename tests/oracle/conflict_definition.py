"""Conflicts from the definition: dense samples in time, PROJ geodesics, GEOS shapes. Slow, obvious, and not exact.

Whoever compares with it does so from both sides: with `slack_m` below zero it finds less than there is, above
zero more. Operations of one altitude datum only.
"""

from itertools import combinations

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod, Transformer

from skyparley.conflict.minima import SeparationMinima
from skyparley.conflict.operation import Operation, OperationRef, Rule
from skyparley.geometry.footprint import Circle
from skyparley.geometry.trajectory import Trajectory4D
from skyparley.geometry.volume import Volume4D

GEOD = Geod(ellps="WGS84")
STEP_S = 0.25
Floats = npt.NDArray[np.float64]
Found = dict[tuple[OperationRef, OperationRef, Rule], list[float]]
"""Instants (seconds since 1970) at which each pair breaks each rule."""


class Definition:
    """What conflicts within some kilometres of a place, give or take `slack_m`."""

    def __init__(self, minima: SeparationMinima, latitude_deg: float, longitude_deg: float, slack_m: float) -> None:
        plane = f"+proj=aeqd +lat_0={latitude_deg} +lon_0={longitude_deg} +ellps=WGS84 +units=m"
        self._plane = Transformer.from_crs("EPSG:4326", plane, always_xy=True)
        self.minima, self.slack_m = minima, slack_m
        self._samples: dict[int, tuple[int, Floats, Trajectory4D]] = {}
        self._shapes: dict[int, tuple[shapely.Geometry, Volume4D]] = {}

    def conflicts(self, operations: list[Operation]) -> Found:
        found: Found = {}
        for one, other in combinations(sorted(operations, key=lambda operation: operation.ref), 2):
            if one.hazard and other.hazard:
                continue
            for rule, instants in (
                (Rule.SEPARATION_MINIMUM, self._paths(one, other)),
                (Rule.TRAJECTORY_IN_VOLUME, self._passages(one, other) + self._passages(other, one)),
                (Rule.VOLUME_OVERLAP, self._volumes(one, other)),
            ):
                if instants:
                    found[one.ref, other.ref, rule] = sorted(instants)
        return found

    def _paths(self, one: Operation, other: Operation) -> list[float]:
        minimum = self.minima.between(one.operation_class, other.operation_class)
        instants: list[float] = []
        for a in one.trajectories:
            for b in other.trajectories:
                across = minimum.horizontal_m + a.lateral_tolerance_m + b.lateral_tolerance_m + self.slack_m
                up = minimum.vertical_m + a.vertical_tolerance_m + b.vertical_tolerance_m + self.slack_m
                first_a, samples_a = self._sampled(a)
                first_b, samples_b = self._sampled(b)
                apart = int((a.time_tolerance_s + b.time_tolerance_s) / STEP_S)
                for early_late in range(-apart, apart + 1):
                    begin = max(first_a, first_b - early_late)
                    end = min(first_a + len(samples_a), first_b + len(samples_b) - early_late)
                    if begin >= end:
                        continue
                    part_a = samples_a[begin - first_a : end - first_a]
                    part_b = samples_b[begin + early_late - first_b : end + early_late - first_b]
                    apart_m = part_a - part_b
                    broken = (np.hypot(apart_m[:, 0], apart_m[:, 1]) < across) & (np.abs(apart_m[:, 2]) < up)
                    instants += ((begin + np.flatnonzero(broken)) * STEP_S).tolist()
        return instants

    def _passages(self, one: Operation, other: Operation) -> list[float]:
        instants: list[float] = []
        for path in one.trajectories:
            first, samples = self._sampled(path)
            times, altitudes = (first + np.arange(len(samples))) * STEP_S, samples[:, 2]
            for volume in other.volumes:
                tolerance = path.vertical_tolerance_m + self.slack_m
                band, time, early_late = volume.altitude, volume.time, path.time_tolerance_s
                touched = (
                    (altitudes >= band.lower_m - tolerance)
                    & (altitudes <= band.upper_m + tolerance)
                    & (times >= time.begin_us / 1e6 - early_late)
                    & (times < time.end_us / 1e6 + early_late)
                )
                if touched.any():
                    points = shapely.points(samples[touched, :2])
                    distances = shapely.distance(self._shape(volume), points)
                    instants += times[touched][distances <= path.lateral_tolerance_m + self.slack_m].tolist()
        return instants

    def _sampled(self, path: Trajectory4D) -> tuple[int, Floats]:
        """Number of the first sample since 1970, and east, north and altitude (metres) at each."""
        if id(path) not in self._samples:
            first = int(np.ceil(path.times_us[0] / 1e6 / STEP_S))
            last = int(np.floor(path.times_us[-1] / 1e6 / STEP_S))
            latitudes, longitudes, altitudes = positions(path, np.arange(first, last + 1) * STEP_S)
            east, north = self._plane.transform(longitudes, latitudes)
            self._samples[id(path)] = first, np.column_stack((east, north, altitudes)), path
        return self._samples[id(path)][:2]

    def _volumes(self, one: Operation, other: Operation) -> list[float]:
        return [
            max(a.time.begin_us, b.time.begin_us) / 1e6
            for a in one.volumes
            for b in other.volumes
            if a.time.overlaps(b.time)
            and a.altitude.lower_m <= b.altitude.upper_m + self.slack_m
            and b.altitude.lower_m <= a.altitude.upper_m + self.slack_m
            and shapely.distance(self._shape(a), self._shape(b)) <= self.slack_m
            and (self.slack_m >= 0.0 or shapely.intersects(self._shape(a).buffer(self.slack_m), self._shape(b)))
        ]

    def _shape(self, volume: Volume4D) -> shapely.Geometry:
        if id(volume) not in self._shapes:
            self._shapes[id(volume)] = self._drawn(volume), volume
        return self._shapes[id(volume)][0]

    def _drawn(self, volume: Volume4D) -> shapely.Geometry:
        footprint, plane = volume.footprint, self._plane
        if isinstance(footprint, Circle):
            azimuths = np.linspace(0.0, 360.0, 720, endpoint=False)
            longitudes, latitudes, _ = GEOD.fwd(
                np.full(720, footprint.longitude_deg),
                np.full(720, footprint.latitude_deg),
                azimuths,
                np.full(720, footprint.radius_m),
            )
            return shapely.Polygon(np.column_stack(plane.transform(longitudes, latitudes)))
        return shapely.Polygon(
            [plane.transform(longitude, latitude) for latitude, longitude in footprint.vertices],
            [[plane.transform(longitude, latitude) for latitude, longitude in hole] for hole in footprint.holes],
        )


def positions(path: Trajectory4D, times_s: Floats) -> tuple[Floats, Floats, Floats]:
    """Latitudes, longitudes, altitudes at instants within a path, along the geodesics between its points."""
    clock = path.times_us / 1e6
    leg = np.clip(np.searchsorted(clock, times_s, side="right") - 1, 0, len(clock) - 2)
    share = (times_s - clock[leg]) / (clock[leg + 1] - clock[leg])
    la, lo = path.latitudes_deg, path.longitudes_deg
    azimuths, _, lengths = GEOD.inv(lo[leg], la[leg], lo[leg + 1], la[leg + 1])
    longitudes, latitudes, _ = GEOD.fwd(lo[leg], la[leg], azimuths, lengths * share)
    altitudes = path.altitudes_m[leg] + share * (path.altitudes_m[leg + 1] - path.altitudes_m[leg])
    return np.asarray(latitudes), np.asarray(longitudes), altitudes
