"""Altitude with its datum as a type.

A number of metres means nothing without its reference surface. Bands of one datum compare directly; bands of
different datum compare only through the worst-case bounds named here, and whatever rests on them is not certain.

Sources of the bounds: EGM96 geoid undulation extremes −107 m (south of India) and +85.4 m (New Guinea), NIMA
TR8350.2; extremes of sea-level pressure 870 hPa (typhoon Tip, 1979) and 1084.8 hPa (Tosontsengel, 2001), WMO archive,
through the ICAO standard atmosphere (Doc 7488); layer-mean temperature off the standard atmosphere by at most 20 %;
terrain from the Dead Sea shore to Mount Everest.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from skyparley.errors import InvalidInputError

LOWEST_ALTITUDE_M: Final = -1_000.0
HIGHEST_ALTITUDE_M: Final = 100_000.0

UNDULATION_LOWEST_M: Final = -107.0
UNDULATION_HIGHEST_M: Final = 85.4
PRESSURE_ZERO_LOWEST_M: Final = -1_270.0  # mean sea level height of 1013.25 hPa when sea-level pressure is 870 hPa
PRESSURE_ZERO_HIGHEST_M: Final = 590.0  # … and when it is 1084.8 hPa
PRESSURE_SCALE_ERROR: Final = 0.20
TERRAIN_LOWEST_M: Final = -440.0
TERRAIN_HIGHEST_M: Final = 8_850.0


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


def mean_sea_level_bounds_m(altitude_m: float, datum: Datum) -> tuple[float, float]:
    """Lowest and highest mean-sea-level height (EGM96, metres) that an altitude of a datum can mean anywhere."""
    if datum is Datum.EGM96:
        return altitude_m, altitude_m
    if datum is Datum.WGS84:
        return altitude_m - UNDULATION_HIGHEST_M, altitude_m - UNDULATION_LOWEST_M
    if datum is Datum.PRESSURE:
        stretch_m = PRESSURE_SCALE_ERROR * abs(altitude_m)
        return (
            altitude_m + PRESSURE_ZERO_LOWEST_M - stretch_m,
            altitude_m + PRESSURE_ZERO_HIGHEST_M + stretch_m,
        )
    return altitude_m + TERRAIN_LOWEST_M, altitude_m + TERRAIN_HIGHEST_M


def band_bounds_m(band: AltitudeBand) -> tuple[float, float]:
    """The widest mean-sea-level band (metres) that a band of its datum can mean anywhere on Earth."""
    return mean_sea_level_bounds_m(band.lower_m, band.datum)[0], mean_sea_level_bounds_m(band.upper_m, band.datum)[1]
