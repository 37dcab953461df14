"""What altitudes of different datum mean in one world: a geoid, an air and grounds, place by place. Slow and obvious.

A world is one choice of what is not known: how far between their least and their greatest height pressure altitudes
are, and how high the ground lies below either piece. Margins are metres by which two pieces conflict (above 0) or do
not (below 0); the greatest over all samples counts, as one common place and instant makes a conflict.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from oracle.conflict_definition import GEOD, positions
from oracle.geoid import undulations_m
from skyparley.geometry.altitude import Datum, mean_sea_level_bounds_m
from skyparley.geometry.footprint import Circle
from skyparley.geometry.trajectory import Trajectory4D
from skyparley.geometry.volume import Volume4D

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Piece = Volume4D | Trajectory4D


@dataclass(frozen=True)
class World:
    """`air` is 0 where pressure altitudes are as low as can be, 1 where they are as high."""

    air: float
    ground_a_m: float
    ground_b_m: float


AIRS = (0.0, 0.5, 1.0)
GROUNDS_M = ((-440.0, 8_850.0), (8_850.0, -440.0), (0.0, 0.0))


def datum_of(piece: Piece) -> Datum:
    return piece.datum if isinstance(piece, Trajectory4D) else piece.altitude.datum


def circle_of(piece: Piece) -> Circle | None:
    return piece.footprint if isinstance(piece, Volume4D) and isinstance(piece.footprint, Circle) else None


class Sampled:
    """A pair of pieces at places that both can be at: circles that meet, a path in a circle, two paths side by side."""

    def __init__(self, a: Piece, b: Piece, instants: int = 31, ways: int = 16) -> None:
        circles = [circle for circle in (circle_of(a), circle_of(b)) if circle is not None]
        paths = [piece for piece in (a, b) if isinstance(piece, Trajectory4D)]
        times = np.linspace(paths[0].times_us[0] / 1e6, paths[0].times_us[-1] / 1e6, instants) if paths else None
        where = [positions(path, times)[:2] for path in paths] if times is not None else [_within(circles, ways)]
        self.common: Flags = np.all([_inside(circle, *where[0]) for circle in circles], axis=0) | (not circles)
        self._datums = datum_of(a), datum_of(b)
        self._limits: list[list[tuple[Floats, Floats]]] = []
        for piece in (a, b):
            places = where[-1] if paths and piece is paths[-1] else where[0]
            if isinstance(piece, Trajectory4D):
                limits = [np.linspace(piece.altitudes_m[0], piece.altitudes_m[-1], instants)]
            else:
                limits = [np.full(len(places[0]), limit) for limit in (piece.altitude.lower_m, piece.altitude.upper_m)]
            self._limits.append([_heights_m(limit, datum_of(piece), *places) for limit in (limits[0], limits[-1])])

    def margins_m(self, required_m: float) -> list[float]:
        """The margin in each world that differs for these datums."""
        airs = AIRS if Datum.PRESSURE in self._datums else AIRS[:1]
        grounds = GROUNDS_M if Datum.AGL in self._datums else GROUNDS_M[:1]
        return [self.margin_m(World(air, *ground), required_m) for air in airs for ground in grounds]

    def margin_m(self, world: World, required_m: float) -> float:
        """By how much the pair conflicts: bands overlap, or altitudes come closer than what is required."""
        if not self.common.any():
            return -np.inf
        bands = []
        for datum, limits, ground_m in zip(
            self._datums, self._limits, (world.ground_a_m, world.ground_b_m), strict=True
        ):
            above = ground_m if datum is Datum.AGL else 0.0
            bands.append([low + world.air * (high - low) + above for low, high in limits])
        (lower_a, upper_a), (lower_b, upper_b) = bands
        margins = np.minimum(upper_a - lower_b, upper_b - lower_a) + required_m
        return float(np.max(margins[self.common]))


def _heights_m(altitudes_m: Floats, datum: Datum, latitudes: Floats, longitudes: Floats) -> tuple[Floats, Floats]:
    """Least and greatest heights above mean sea level, or above the ground, of altitudes at places."""
    if datum is Datum.WGS84:
        return (altitudes_m - undulations_m(latitudes, longitudes),) * 2
    if datum is Datum.PRESSURE:
        bounds = np.array([mean_sea_level_bounds_m(altitude, datum) for altitude in altitudes_m.tolist()])
        return bounds[:, 0], bounds[:, 1]
    return altitudes_m, altitudes_m


def _within(circles: list[Circle], ways: int) -> tuple[Floats, Floats]:
    """Places in the smaller of two circles, its rim among them."""
    small = min(circles, key=lambda circle: circle.radius_m)
    centre = np.full(ways, small.longitude_deg), np.full(ways, small.latitude_deg)
    away = small.radius_m * np.sqrt(np.linspace(0.0, 1.0, ways))
    longitudes, latitudes, _ = GEOD.fwd(*centre, np.linspace(0.0, 2_520.0, ways), away)
    return np.asarray(latitudes), np.asarray(longitudes)


def _inside(circle: Circle, latitudes: Floats, longitudes: Floats) -> Flags:
    centre = np.full(len(latitudes), circle.longitude_deg), np.full(len(latitudes), circle.latitude_deg)
    return np.asarray(GEOD.inv(*centre, longitudes, latitudes)[2]) <= circle.radius_m + 1e-3
