"""Altitude with its datum as a type.

A number of metres means nothing without its reference surface. Altitudes of one datum compare directly; of different
datum through bounds of the mean-sea-level height (EGM96) that each can mean, never too narrow: those named here hold
anywhere on Earth, those of `geoid.py` at a place. Extremes of the geoid by `tools/geoid-grid measure`; terrain from the
Dead Sea shore to Mount Everest; of air at rest, height is the integral of temperature over pressure (the hypsometric
equation). The derivation and the records behind each limit are in `docs/decisions/0006-altitude-datums.md`.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from skyparley.errors import InvalidInputError

LOWEST_ALTITUDE_M: Final = -1_000.0
HIGHEST_ALTITUDE_M: Final = 100_000.0

UNDULATION_LOWEST_M: Final = -107.25  # -107.05 m south of India
UNDULATION_HIGHEST_M: Final = 85.75  # 85.44 m at New Guinea
TERRAIN_LOWEST_M: Final = -440.0
TERRAIN_HIGHEST_M: Final = 8_850.0

SEA_LEVEL_LOWEST_HPA: Final = 860.0  # 870 hPa: typhoon Tip, 1979
SEA_LEVEL_HIGHEST_HPA: Final = 1_100.0  # 1089.4 hPa: Tosontsengel, 2004
COLDEST: Final = (0.80, 0.65, 0.50)
HOTTEST: Final = (1.20, 1.35, 1.50)
"""Least and greatest virtual temperature, as a part of the standard's at the same pressure, below, between and above
`LAYERS_M`; above the second there is no standard.
"""
LAYERS_M: Final = (20_000.0, 80_000.0)
COLD_LAYER: Final = 0.65
COLD_LAYER_M: Final = 1_000.0
"""In the lowest layer, so many metres of air in all may be as cold as that: inversions, tops of storms."""
WEAKEST_GRAVITY: Final = 1.004
STRONGEST_GRAVITY: Final = 0.996
"""Greatest and least g₀ / g at sea level: 1.0027 at the equator, 0.9974 at the poles, 0.0009 for anomalies."""
_LEAST_RADIUS_M: Final = 6_335_000.0

Line = tuple[float, float]
"""`(offset_m, slope)`: a height bounds z from one side at every pressure altitude h, as offset + slope × h."""


def _standard_altitude_m(pressure_hpa: float) -> float:
    """Pressure altitude (metres) of a pressure up to 11 km (226.32 hPa), by the ICAO standard atmosphere."""
    return 288.15 / 0.0065 * (1.0 - (pressure_hpa / 1_013.25) ** (0.0065 * 287.05287 / 9.80665))


def _lowest_lines() -> tuple[Line, ...]:
    """Lines whose least is the least height; their slopes fall, as the coldest air gets colder with height."""
    zero_m = _standard_altitude_m(SEA_LEVEL_LOWEST_HPA)
    under_sea = HOTTEST[0] * WEAKEST_GRAVITY
    lines = [(-under_sea * zero_m, under_sea)]
    slope = COLDEST[0] * STRONGEST_GRAVITY
    offset_m = -slope * zero_m - (COLDEST[0] - COLD_LAYER) * COLD_LAYER_M
    lines.append((offset_m, slope))
    for coldest, begin_m in zip(COLDEST[1:], LAYERS_M, strict=True):
        offset_m, slope = offset_m + begin_m * (slope - coldest * STRONGEST_GRAVITY), coldest * STRONGEST_GRAVITY
        lines.append((offset_m, slope))
    return tuple(lines)


def _highest_lines() -> tuple[Line, ...]:
    """Lines whose greatest is the greatest height; their slopes grow with height."""
    zero_m = _standard_altitude_m(SEA_LEVEL_HIGHEST_HPA)
    under_sea = COLD_LAYER * STRONGEST_GRAVITY
    lines = [(-under_sea * zero_m, under_sea)]
    begin_m, height_m = zero_m, 0.0
    for hottest, end_m in zip(HOTTEST, (*LAYERS_M, HIGHEST_ALTITUDE_M), strict=True):
        # gravity as it is at the top of the layer, which is no higher than if it were so in all of it
        top_m = height_m + 1.1 * hottest * (end_m - begin_m)
        slope = hottest * WEAKEST_GRAVITY * (1.0 + top_m / _LEAST_RADIUS_M) ** 2
        lines.append((height_m - slope * begin_m, slope))
        begin_m, height_m = end_m, height_m + slope * (end_m - begin_m)
    return tuple(lines)


PRESSURE_LOWEST: Final = _lowest_lines()
"""The least height that a pressure altitude can mean is that of the lowest of these lines."""
PRESSURE_HIGHEST: Final = _highest_lines()
"""The greatest height that a pressure altitude can mean is that of the highest of these lines."""


class Datum(StrEnum):
    """Reference surface of an altitude."""

    WGS84 = "WGS84"
    """Height above the WGS 84 ellipsoid."""
    EGM96 = "EGM96"
    """Height above mean sea level (EGM96 geoid)."""
    PRESSURE = "PRESSURE"
    """Pressure altitude: height in the ICAO standard atmosphere over 1013.25 hPa; flight levels."""
    AGL = "AGL"
    """Height above the ground below."""


def parse_datum(text: object, *, place: str = "altitude_datum") -> Datum:
    """A datum by its name. Raises `InvalidInputError` that lists the four that exist."""
    try:
        return Datum(str(text).strip().upper())
    except ValueError:
        raise InvalidInputError(
            f"unknown altitude datum {str(text)[:30]!r}: use WGS84, EGM96, PRESSURE or AGL", place=place
        ) from None


@dataclass(frozen=True, slots=True)
class AltitudeBand:
    """Closed band `[lower_m, upper_m]` above `datum`. Raises `InvalidInputError` if it is reversed or off limits."""

    lower_m: float
    upper_m: float
    datum: Datum

    def __post_init__(self) -> None:
        check_altitude_m(self.lower_m, place="lower_m")
        check_altitude_m(self.upper_m, place="upper_m")
        if self.upper_m < self.lower_m:
            raise InvalidInputError(
                f"upper_m ({self.upper_m:g}) is below lower_m ({self.lower_m:g}): swap or correct them",
                place="upper_m",
            )


def check_altitude_m(altitude_m: float, *, place: str) -> None:
    """Raise `InvalidInputError` unless the altitude is a number between −1,000 m and 100,000 m."""
    if not math.isfinite(altitude_m) or not LOWEST_ALTITUDE_M <= altitude_m <= HIGHEST_ALTITUDE_M:
        raise InvalidInputError(
            f"altitude must be a number from {LOWEST_ALTITUDE_M:g} to {HIGHEST_ALTITUDE_M:g} metres",
            place=place,
        )


def mean_sea_level_bounds_m(
    altitude_m: float, datum: Datum, undulation_m: tuple[float, float] = (UNDULATION_LOWEST_M, UNDULATION_HIGHEST_M)
) -> tuple[float, float]:
    """Lowest and highest mean-sea-level height (EGM96, metres) that an altitude of a datum can mean.

    Anywhere on Earth, or where the geoid is within `undulation_m` above the ellipsoid.
    """
    if datum is Datum.EGM96:
        return altitude_m, altitude_m
    if datum is Datum.WGS84:
        return altitude_m - undulation_m[1], altitude_m - undulation_m[0]
    if datum is Datum.PRESSURE:
        return (
            min([offset_m + slope * altitude_m for offset_m, slope in PRESSURE_LOWEST]),
            max([offset_m + slope * altitude_m for offset_m, slope in PRESSURE_HIGHEST]),
        )
    return altitude_m + TERRAIN_LOWEST_M, altitude_m + TERRAIN_HIGHEST_M


def altitude_bounds_m(
    lowest_m: float, highest_m: float, datum: Datum, undulation_m: tuple[float, float]
) -> tuple[float, float]:
    """Lowest and highest altitude of a datum that can mean a mean-sea-level height between two (metres)."""
    if datum is Datum.EGM96:
        return lowest_m, highest_m
    if datum is Datum.WGS84:
        return lowest_m + undulation_m[0], highest_m + undulation_m[1]
    if datum is Datum.PRESSURE:
        return (
            min([(lowest_m - offset_m) / slope for offset_m, slope in PRESSURE_HIGHEST]),
            max([(highest_m - offset_m) / slope for offset_m, slope in PRESSURE_LOWEST]),
        )
    return lowest_m - TERRAIN_HIGHEST_M, highest_m - TERRAIN_LOWEST_M
