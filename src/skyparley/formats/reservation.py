"""How much airspace a file's operation reserves: the node's limit, so that a check says what a filing would say.

A rough bound from above settles almost all operations; only those that it does not settle are covered by cells.
"""

import math
from typing import Final

from skyparley.airspace.limits import HOUR_US, MAX_RESERVED_CELL_HOURS
from skyparley.airspace.operations.extents import level_13_cells
from skyparley.conflict.operation import Operation
from skyparley.errors import LimitExceededError
from skyparley.geometry.cells import cover_volume
from skyparley.geometry.footprint import Circle
from skyparley.geometry.polygon import Polygon
from skyparley.geometry.volume import Volume4D

_LEAST_CELL_KM2: Final = 0.7
"""Level-13 cells are never smaller (S2 statistics: 0.76 km²)."""
_CELL_ACROSS_KM: Final = 2.5
_KM_PER_DEG: Final = 111.7
"""No degree of latitude or longitude is longer."""


def check_reservation(operation: Operation) -> None:
    """Raise `LimitExceededError` if an operation's volumes reserve more than `MAX_RESERVED_CELL_HOURS`."""
    if sum(_bound(volume) * _hours(volume) for volume in operation.volumes) <= MAX_RESERVED_CELL_HOURS:
        return
    reserved = sum(level_13_cells(cover_volume(volume.footprint)) * _hours(volume) for volume in operation.volumes)
    if reserved > MAX_RESERVED_CELL_HOURS:
        raise LimitExceededError(
            f"reserves {reserved:,.0f} cell-hours (cells of about 1.27 km² × hours); the limit is"
            f" {MAX_RESERVED_CELL_HOURS:,}: reserve less area or less time"
        )


def _hours(volume: Volume4D) -> float:
    return (volume.time.end_us - volume.time.begin_us) / HOUR_US


def _bound(volume: Volume4D) -> float:
    """More level-13 cells than the footprint can touch."""
    reach_km = _reach_km(volume.footprint) + _CELL_ACROSS_KM
    return math.pi * reach_km * reach_km / _LEAST_CELL_KM2


def _reach_km(footprint: Circle | Polygon) -> float:
    """No point of the footprint is further than this from its centre or first vertex."""
    if isinstance(footprint, Circle):
        return footprint.radius_m / 1_000.0
    latitude_deg, longitude_deg = footprint.vertices[0]
    return max(
        _KM_PER_DEG * math.hypot(latitude - latitude_deg, (longitude - longitude_deg + 180.0) % 360.0 - 180.0)
        for latitude, longitude in footprint.vertices
    )
