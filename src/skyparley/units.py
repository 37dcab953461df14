"""Conversion factors between the units of the field and the SI units used inside.

Inside Skyparley there are metres, seconds (or integer microseconds), degrees and radians only; feet, nautical miles
and flight levels exist here, at the edges and on the screen. The factors are exact by definition
(international foot: 1959 agreement; nautical mile: 1929 Monaco conference; ICAO Annex 5).
"""

from typing import Final

MILLIMETRES_PER_METRE: Final = 1_000
METRES_PER_FOOT: Final = 0.3048
METRES_PER_NAUTICAL_MILE: Final = 1852.0
MICROSECONDS_PER_SECOND: Final = 1_000_000
SECONDS_PER_HOUR: Final = 3600


def feet_to_m(feet: float) -> float:
    """Feet to metres (exact factor 0.3048)."""
    return feet * METRES_PER_FOOT


def m_to_feet(metres: float) -> float:
    """Metres to feet."""
    return metres / METRES_PER_FOOT


def nautical_miles_to_m(nautical_miles: float) -> float:
    """Nautical miles to metres (exact factor 1852)."""
    return nautical_miles * METRES_PER_NAUTICAL_MILE


def m_to_nautical_miles(metres: float) -> float:
    """Metres to nautical miles."""
    return metres / METRES_PER_NAUTICAL_MILE


def m_to_flight_level(pressure_altitude_m: float) -> float:
    """Pressure altitude in metres to a flight level (hundreds of feet at 1013.25 hPa)."""
    return m_to_feet(pressure_altitude_m) / 100.0


def seconds_to_us(seconds: float) -> int:
    """Seconds to whole microseconds, rounded to the nearest."""
    return round(seconds * MICROSECONDS_PER_SECOND)


def us_to_seconds(microseconds: int) -> float:
    """Whole microseconds to seconds."""
    return microseconds / MICROSECONDS_PER_SECOND
