"""The corridor of an assistance as airspace: a strip along each leg, and a circle at each turn, for the whole time."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from pyproj import Geod

from skyparley.airspace.limits import RESCUE_CLASS
from skyparley.catalogue.kinds.base import Canonical
from skyparley.catalogue.kinds.positions import points_of
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.errors import InvalidInputError
from skyparley.geometry.footprint import Circle
from skyparley.geometry.polygon import Polygon
from skyparley.geometry.volume import Volume4D
from skyparley.node.line.negotiation.moves import band_of, position_deg, window_of
from skyparley.units import METRES_PER_NAUTICAL_MILE

HALF_WIDTH_M: Final = METRES_PER_NAUTICAL_MILE
"""A corridor reaches so far to either side of its route."""
_GEOD: Final = Geod(ellps="WGS84")


def corridor(ref: OperationRef, values: Mapping[str, Canonical]) -> Operation:
    """The operation of a corridor with `route`, `band` and `window`. Raises `InvalidInputError` with the parameter."""
    points = [position_deg(point) for point in points_of(values["route"])]
    band, time = band_of(values["band"]), window_of(values["window"])
    legs = list(pairwise(points))
    if any(one == other for one, other in legs):
        raise InvalidInputError("two positions that follow each other are the same", place="parameters.route")
    strips = [Volume4D(_strip(one, other), band, time) for one, other in legs]
    turns = [Volume4D(Circle(*point, HALF_WIDTH_M), band, time) for point in points]
    return Operation(ref, RESCUE_CLASS, (*strips, *turns))


def _strip(one: tuple[float, float], other: tuple[float, float]) -> Polygon:
    there_deg, back_deg, _ = _GEOD.inv(one[1], one[0], other[1], other[0])
    return Polygon(
        (
            _beside(one, there_deg - 90.0),
            _beside(other, back_deg + 90.0),
            _beside(other, back_deg - 90.0),
            _beside(one, there_deg + 90.0),
        )
    )


def _beside(position: tuple[float, float], azimuth_deg: float) -> tuple[float, float]:
    longitude_deg, latitude_deg, _ = _GEOD.fwd(position[1], position[0], azimuth_deg, HALF_WIDTH_M)
    return latitude_deg, longitude_deg
