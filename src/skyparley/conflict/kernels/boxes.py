"""The box of a piece: a superset of every place and time that it may touch, in earth-centred metres and in time."""

from typing import Final

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.conflict.kernels import layout

Floats = npt.NDArray[np.float64]

BOX: Final = 11
"""Columns of a box: least and greatest x, y, z (metres), time (seconds since 1970 UTC), altitude (metres above the
datum), then the number of the datum.
"""
SLACK_M: Final = 10.0
"""Chords run below the surface by up to 2 m, circles are widened by less than this for their curvature."""
LEAST_RADIUS_M: Final = 6_335_000.0


@nb.njit(cache=True, nogil=True)
def set_box(row: Floats, edges: Floats, box: Floats) -> None:
    """The box of a piece; a superset of every place and time that it may touch by itself."""
    reach = row[layout.LATERAL_M] + SLACK_M
    if row[layout.KIND] == layout.LEG:
        for k in range(3):
            box[2 * k] = min(row[layout.X0 + k], row[layout.X1 + k]) - reach
            box[2 * k + 1] = max(row[layout.X0 + k], row[layout.X1 + k]) + reach
    elif row[layout.KIND] == layout.CIRCLE:
        # no point of a circle is further from its centre than its radius: a chord is shorter than its geodesic
        for k in range(3):
            box[2 * k] = row[layout.X0 + k] - row[layout.RADIUS_M] - reach
            box[2 * k + 1] = row[layout.X0 + k] + row[layout.RADIUS_M] + reach
    else:
        _set_polygon_box(row, edges, box, reach)
    box[6] = row[layout.BEGIN_S] - row[layout.TIME_S]
    box[7] = row[layout.END_S] + row[layout.TIME_S]
    box[8] = min(row[layout.LOWER_M], row[layout.UPPER_M]) - row[layout.VERTICAL_M] - layout.QUANTUM_M
    box[9] = max(row[layout.LOWER_M], row[layout.UPPER_M]) + row[layout.VERTICAL_M] + layout.QUANTUM_M
    box[10] = row[layout.DATUM]


@nb.njit(cache=True, nogil=True)
def _set_polygon_box(row: Floats, edges: Floats, box: Floats, reach: float) -> None:
    """The box of the edges, grown by how far the surface between them may bulge beyond them.

    Inside a ring of points within the chord r of a central point, the surface rises above their box by at most the
    sagitta r² / 2R of the cap that holds them.
    """
    for k in range(3):
        box[2 * k], box[2 * k + 1] = np.inf, -np.inf
    for i in range(int(row[layout.EDGES_BEGIN]), int(row[layout.EDGES_END])):
        for k in range(3):
            box[2 * k] = min(box[2 * k], edges[i, k])
            box[2 * k + 1] = max(box[2 * k + 1], edges[i, k])
    bulge = row[layout.RADIUS_M] * row[layout.RADIUS_M] / LEAST_RADIUS_M + reach
    for k in range(3):
        box[2 * k] -= bulge
        box[2 * k + 1] += bulge
