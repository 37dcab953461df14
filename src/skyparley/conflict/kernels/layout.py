"""How pieces lie in memory: the columns that packing, index and kernels share.

A piece is one declared volume or one leg of a trajectory. A row holds everything that most decisions need; the edges
of polygons lie in a pool beside it. Surface points are Earth-centred, Earth-fixed coordinates (metres) of the point of
the WGS 84 ellipsoid under or over the position: no pole and no antimeridian exists in them, and altitude is kept apart.
Legs longer than `MAX_LEG_PIECE_M` and edges longer than `MAX_EDGE_PIECE_M` are cut along their geodesic, so that a
straight line in space stands for it.
"""

from typing import Final

LEG: Final = 0
CIRCLE: Final = 1
POLYGON: Final = 2

# columns of a piece row, float64
KIND: Final = 0
BEGIN_S: Final = 1  # seconds since 1970 UTC, without tolerance
END_S: Final = 2
LOWER_M: Final = 3  # leg: altitude at its start; volume: lower limit (metres above the row's datum)
UPPER_M: Final = 4  # leg: altitude at its end; volume: upper limit
X0: Final = 5  # leg: surface point of its start; circle: of its centre; polygon: of a central point
Y0: Final = 6
Z0: Final = 7
X1: Final = 8  # leg: surface point of its end; volumes: unused
Y1: Final = 9
Z1: Final = 10
RADIUS_M: Final = 11  # circle: geodesic radius; polygon: geodesic radius about the central point that holds it all
LATERAL_M: Final = 12  # tolerances of a leg; 0 for volumes
VERTICAL_M: Final = 13
TIME_S: Final = 14
DATUM: Final = 15  # index into DATUMS
CLASS: Final = 16  # index given by the packer's class table
EDGES_BEGIN: Final = 17  # half-open range of rows of the edge pool
EDGES_END: Final = 18
OWNER: Final = 19  # slot of the operation
LATITUDE_RAD: Final = 20  # circle centre
LONGITUDE_RAD: Final = 21
OFFSET_LOW_M: Final = 22  # what to add to an altitude of the row's datum for the lowest and the highest height above
OFFSET_HIGH_M: Final = 23  # mean sea level (EGM96) that it can mean over the piece; float32 holds both exactly
COLUMNS: Final = 24

EDGE_COLUMNS: Final = 6  # surface point of an edge's start and end; rings of a polygon, holes too, in any order

MAX_LEG_PIECE_M: Final = 8_000.0
"""Steady motion along the chord is then nowhere further than 0.2 mm ahead of or behind steady motion along the leg."""
MAX_EDGE_PIECE_M: Final = 10_000.0

QUANTUM_M: Final = 0.001
"""Distances are compared in whole millimetres: half of it is the slack of every comparison."""
