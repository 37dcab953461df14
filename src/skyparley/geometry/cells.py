"""Coverings by S2 cells of level 13 or coarser: always a superset of the level-13 cells that a shape touches.

Shapes are taken on the sphere of geodetic coordinates: distances there are at most 1 / 6,335,439 m of those on the
ellipsoid (its least radius of curvature), and a margin covers how far a geodesic may run from a great circle. The
search itself is in `descent.py`.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from skyparley.errors import LimitExceededError
from skyparley.geometry.descent import CIRCLE, PATH, POLYGON, Cells, Floats, descend, union
from skyparley.geometry.footprint import Circle
from skyparley.geometry.polygon import Polygon

MAX_COVER_CELLS: Final = 100_000
"""One covering has at most so many cells, after four of a kind are joined to one."""
_STRIDE: Final = 4
"""Paths are covered so many legs at a time: every cell is held against every leg of its part."""


def cover_volume(footprint: Circle | Polygon) -> tuple[str, ...]:
    """Sorted tokens of the cells that cover a footprint. Raises `LimitExceededError` beyond `MAX_COVER_CELLS`."""
    if isinstance(footprint, Circle):
        centre = np.array([[footprint.latitude_deg, footprint.longitude_deg]])
        return _tokens(_cover(CIRCLE, centre, 1, footprint.radius_m))
    closed = [*footprint.vertices, footprint.vertices[0]]
    for hole in footprint.holes:
        closed += [*hole, hole[0]]
    return _tokens(_cover(POLYGON, np.array(closed), len(footprint.vertices) + 1, 0.0))


def cover_path(
    latitudes_deg: Sequence[float] | Floats, longitudes_deg: Sequence[float] | Floats, margin_m: float
) -> tuple[str, ...]:
    """Sorted tokens of the cells that cover everything within `margin_m` of a path along geodesics."""
    positions = np.column_stack((latitudes_deg, longitudes_deg)).astype(np.float64)
    parts = [
        _cover(PATH, positions[begin : begin + _STRIDE + 1], _STRIDE + 1, margin_m)
        for begin in range(0, len(positions) - 1, _STRIDE)
    ]
    joined = union(np.sort(np.concatenate(parts)))
    if len(joined) > MAX_COVER_CELLS:
        raise LimitExceededError(f"the path needs more than MAX_COVER_CELLS = {MAX_COVER_CELLS} cells: make it shorter")
    return _tokens(joined)


def _cover(kind: int, positions_deg: Floats, outline: int, reach_m: float) -> Cells:
    found = np.empty(1_024, dtype=np.uint64)
    while True:
        count = descend(kind, positions_deg, outline, reach_m, found)
        if count >= 0:
            return found[:count]
        if len(found) > MAX_COVER_CELLS:
            raise LimitExceededError(
                f"the area needs more than MAX_COVER_CELLS = {MAX_COVER_CELLS} cells: make it smaller or simpler"
            )
        found = np.empty(8 * len(found), dtype=np.uint64)


def _tokens(cells: Cells) -> tuple[str, ...]:
    digits = cells.astype(">u8").tobytes().hex()
    return tuple([digits[i : i + 16].rstrip("0") for i in range(0, len(digits), 16)])
