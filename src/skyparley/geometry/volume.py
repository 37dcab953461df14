"""A volume in space and time: where, how high, when. The unit in which airspace is declared (ASTM F3548 Volume4D)."""

from dataclasses import dataclass

from skyparley.geometry.altitude import AltitudeBand
from skyparley.geometry.footprint import Circle
from skyparley.geometry.interval import TimeInterval
from skyparley.geometry.polygon import Polygon


@dataclass(frozen=True, slots=True)
class Volume4D:
    """A footprint × a closed altitude band × a half-open time interval."""

    footprint: Circle | Polygon
    altitude: AltitudeBand
    time: TimeInterval
