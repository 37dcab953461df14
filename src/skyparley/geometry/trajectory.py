"""4D trajectories: positions at times, between which an aircraft moves at constant speed along geodesics.

Tolerances say how far the aircraft may really be from it: sideways, up or down, early or late. The tube of a
trajectory is every place it may be at an instant under its tolerances. Recorded tracks have zero tolerance.
"""

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from skyparley.errors import InvalidInputError, LimitExceededError
from skyparley.geometry.altitude import HIGHEST_ALTITUDE_M, LOWEST_ALTITUDE_M, Datum
from skyparley.geometry.interval import EARLIEST_US, LATEST_US

MAX_TRAJECTORY_POINTS: Final = 100_000
MAX_LATERAL_TOLERANCE_M: Final = 50_000.0
MAX_VERTICAL_TOLERANCE_M: Final = 5_000.0
MAX_TIME_TOLERANCE_S: Final = 3_600.0
MAX_LEG_M: Final = 2_000_000.0
"""Between two points that follow each other, measured on a sphere."""
_EARTH_RADIUS_M: Final = 6_371_008.8

Floats = npt.NDArray[np.float64]
Instants = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Trajectory4D:
    """Positions `(n,)`, n ≥ 2, at strictly rising times, with the altitude datum and three tolerances.

    `times_us` are microseconds since 1970 UTC; latitudes and longitudes WGS 84 degrees; altitudes metres above
    `datum`. It holds the half-open time from its first to its last instant. Raises `InvalidInputError` with the index
    of the point that is wrong.
    """

    times_us: Instants
    latitudes_deg: Floats
    longitudes_deg: Floats
    altitudes_m: Floats
    datum: Datum
    lateral_tolerance_m: float = field(default=0.0)
    vertical_tolerance_m: float = field(default=0.0)
    time_tolerance_s: float = field(default=0.0)

    def __post_init__(self) -> None:
        count = len(self.times_us)
        if any(len(a) != count for a in (self.latitudes_deg, self.longitudes_deg, self.altitudes_m)):
            raise InvalidInputError("times, latitudes, longitudes and altitudes must have the same length")
        if count < 2:
            raise InvalidInputError("a trajectory needs at least two points at different times", place="points")
        if count > MAX_TRAJECTORY_POINTS:
            raise LimitExceededError(
                f"{count} points exceed MAX_TRAJECTORY_POINTS = {MAX_TRAJECTORY_POINTS}", place="points"
            )
        _check_all(np.abs(self.latitudes_deg) <= 90.0, "latitude must be a number from -90 to 90 degrees")
        _check_all(np.abs(self.longitudes_deg) <= 180.0, "longitude must be a number from -180 to 180 degrees")
        _check_all(
            (self.altitudes_m >= LOWEST_ALTITUDE_M) & (self.altitudes_m <= HIGHEST_ALTITUDE_M),
            f"altitude must be a number from {LOWEST_ALTITUDE_M:g} to {HIGHEST_ALTITUDE_M:g} metres",
        )
        _check_all((self.times_us >= EARLIEST_US) & (self.times_us <= LATEST_US), "time must lie in 1970 to 2100")
        _check_all(
            np.concatenate(([True], np.diff(self.times_us) > 0)),
            "time must be later than that of the point before",
        )
        longest_chord_m = 2.0 * _EARTH_RADIUS_M * math.sin(MAX_LEG_M / (2.0 * _EARTH_RADIUS_M))
        steps_m = np.linalg.norm(np.diff(self._points_m(), axis=0), axis=1)
        _check_all(
            np.concatenate(([True], steps_m <= longest_chord_m)),
            f"this point is more than MAX_LEG_M = {MAX_LEG_M:g} metres from the one before: add points between",
        )
        self._check_tolerances()

    def _points_m(self) -> Floats:
        """Points on a sphere, which tells lengths to half a per cent."""
        latitudes, longitudes = np.radians(self.latitudes_deg), np.radians(self.longitudes_deg)
        across = np.cos(latitudes)
        return _EARTH_RADIUS_M * np.column_stack(
            (across * np.cos(longitudes), across * np.sin(longitudes), np.sin(latitudes))
        )

    def _check_tolerances(self) -> None:
        for name, value, limit in (
            ("lateral_tolerance_m", self.lateral_tolerance_m, MAX_LATERAL_TOLERANCE_M),
            ("vertical_tolerance_m", self.vertical_tolerance_m, MAX_VERTICAL_TOLERANCE_M),
            ("time_tolerance_s", self.time_tolerance_s, MAX_TIME_TOLERANCE_S),
        ):
            if not 0.0 <= value <= limit:
                raise InvalidInputError(f"{name} must be a number from 0 to {limit:g}", place=name)


def _check_all(good: npt.NDArray[np.bool_], message: str) -> None:
    """Raise `InvalidInputError` at the first point that is not good (NaN never is)."""
    if not good.all():
        raise InvalidInputError(message, place=f"points[{int(np.argmin(good))}]")
