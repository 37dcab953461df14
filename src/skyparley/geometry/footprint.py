"""Footprints on the WGS 84 ellipsoid: circles and polygons with geodesic edges.

A circle is the set of points within a geodesic distance of its centre. A polygon's edges are geodesics between
consecutive vertices; its inside is the side of the smaller area, so winding does not matter; it may have holes.
Poles and the antimeridian are ordinary places. Both are validated when made: a footprint that exists is sound.
"""

import math
from dataclasses import dataclass
from typing import Final

from skyparley.errors import InvalidInputError, LimitExceededError

MAX_POLYGON_VERTICES: Final = 10_000
MAX_FOOTPRINT_RADIUS_M: Final = 2_000_000.0
"""No point of a footprint may lie further than this from its centre."""
MIN_CIRCLE_RADIUS_M: Final = 0.001

Ring = tuple[tuple[float, float], ...]
"""Vertices `(latitude_deg, longitude_deg)`, not closed: the last joins the first."""


def check_position(latitude_deg: float, longitude_deg: float, *, place: str) -> None:
    """Raise `InvalidInputError` unless latitude lies in [−90, 90] and longitude in [−180, 180] degrees."""
    if not (math.isfinite(latitude_deg) and -90.0 <= latitude_deg <= 90.0):
        raise InvalidInputError(f"latitude {latitude_deg!r} must be a number from -90 to 90 degrees", place=place)
    if not (math.isfinite(longitude_deg) and -180.0 <= longitude_deg <= 180.0):
        raise InvalidInputError(f"longitude {longitude_deg!r} must be a number from -180 to 180 degrees", place=place)


@dataclass(frozen=True, slots=True)
class Circle:
    """Points within `radius_m` (geodesic) of a centre. Raises `InvalidInputError` for impossible values."""

    latitude_deg: float
    longitude_deg: float
    radius_m: float

    def __post_init__(self) -> None:
        check_position(self.latitude_deg, self.longitude_deg, place="center")
        if not (math.isfinite(self.radius_m) and self.radius_m >= MIN_CIRCLE_RADIUS_M):
            raise InvalidInputError(
                f"radius {self.radius_m!r} must be a number of metres, at least {MIN_CIRCLE_RADIUS_M:g}",
                place="radius_m",
            )
        if self.radius_m > MAX_FOOTPRINT_RADIUS_M:
            raise LimitExceededError(
                f"radius {self.radius_m:g} m exceeds MAX_FOOTPRINT_RADIUS_M = {MAX_FOOTPRINT_RADIUS_M:g}: take less",
                place="radius_m",
            )
