"""Where two declared airspaces overlap: the parts to show, or to disclose, for a conflict of volumes.

GEOS intersects the footprints in the local plane (`kernels/plane.py`) at the place of the conflict, in which geodesics
are straight. Circles count as polygons of 128 corners on them, so what is given lies in both. It is for eyes: what
conflicts was decided by the kernels before, and volumes that merely touch have no part.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from pyproj import Geod
from shapely import MultiPolygon, Polygon, STRtree, make_valid
from shapely.geometry.base import BaseGeometry

from skyparley.conflict.kernels.geodesy import latitude_longitude_deg, surface_points, surface_xyz
from skyparley.conflict.kernels.hits import BOUNDS, highest_m, lowest_m
from skyparley.conflict.kernels.outlines import cut_ring
from skyparley.conflict.kernels.packing import pack_with_offsets
from skyparley.conflict.kernels.plane import Floats, plane_at, project, to_surface
from skyparley.conflict.operation import Conflict, Operation, Rule
from skyparley.geometry.altitude import Datum
from skyparley.geometry.footprint import Circle, Ring
from skyparley.geometry.volume import Volume4D

MAX_OVERLAP_PAIRS: Final = 64
"""Pairs of volumes whose overlap is given for one conflict; more are only counted."""
_GEOD: Final = Geod(ellps="WGS84")
_CORNERS: Final = 128
_DECIMALS: Final = 7


@dataclass(frozen=True, slots=True)
class OverlapPart:
    """A part in which two volumes overlap: rings of `(latitude_deg, longitude_deg)`, the outline first, then holes.

    The band is closed, metres above `datum`; all three are None where the volumes are of different datum. Time is
    half-open, microseconds since 1970 UTC.
    """

    rings: tuple[Ring, ...]
    lower_m: float | None
    upper_m: float | None
    datum: Datum | None
    begin_us: int
    end_us: int


def overlap_parts(a: Operation, b: Operation, conflict: Conflict) -> tuple[list[OverlapPart], int]:
    """The parts in which volumes of `a` and `b` overlap, by begin, and how many pairs beyond `MAX_OVERLAP_PAIRS` do.

    No parts where the rule is not `volume_overlap`.
    """
    if conflict.rule is not Rule.VOLUME_OVERLAP:
        return [], 0
    closest = conflict.closest
    frame = plane_at(*surface_xyz(closest.latitude_deg, closest.longitude_deg))
    shapes_a = [_shape(volume, frame) for volume in a.volumes]
    shapes_b = [_shape(volume, frame) for volume in b.volumes]
    near = STRtree(shapes_b).query(shapes_a)
    rows_a, rows_b = _rows(a), _rows(b)
    pairs = [(i, j) for i, j in near.T.tolist() if _at_once(a.volumes[i], b.volumes[j], rows_a[i], rows_b[j])]
    pairs.sort(key=lambda pair: (max(a.volumes[pair[0]].time.begin_us, b.volumes[pair[1]].time.begin_us), pair))
    parts: list[OverlapPart] = []
    for i, j in pairs[:MAX_OVERLAP_PAIRS]:
        shared = _polygons(shapes_a[i].intersection(shapes_b[j]))
        parts += [_part(polygon, frame, a.volumes[i], b.volumes[j]) for polygon in shared]
    return parts, max(0, len(pairs) - MAX_OVERLAP_PAIRS)


def _rows(operation: Operation) -> Floats:
    return pack_with_offsets(Operation(operation.ref, operation.operation_class, operation.volumes))[0]


def _at_once(a: Volume4D, b: Volume4D, row_a: Floats, row_b: Floats) -> bool:
    """Whether two volumes, with their rows, share an instant and, as far as is known, a height."""
    if not a.time.overlaps(b.time):
        return False
    lower_a, upper_a, lower_b, upper_b = a.altitude.lower_m, a.altitude.upper_m, b.altitude.lower_m, b.altitude.upper_m
    if a.altitude.datum is not b.altitude.datum:
        lower_a, upper_a = lowest_m(BOUNDS, row_a, lower_a), highest_m(BOUNDS, row_a, upper_a)
        lower_b, upper_b = lowest_m(BOUNDS, row_b, lower_b), highest_m(BOUNDS, row_b, upper_b)
    return lower_a <= upper_b and lower_b <= upper_a


def _part(part: Polygon, frame: Floats, a: Volume4D, b: Volume4D) -> OverlapPart:
    band_a, band_b = a.altitude, b.altitude
    same = band_a.datum is band_b.datum
    return OverlapPart(
        tuple(_positions(ring.coords[:-1], frame) for ring in (part.exterior, *part.interiors)),
        max(band_a.lower_m, band_b.lower_m) if same else None,
        min(band_a.upper_m, band_b.upper_m) if same else None,
        band_a.datum if same else None,
        max(a.time.begin_us, b.time.begin_us),
        min(a.time.end_us, b.time.end_us),
    )


def _positions(corners: list[tuple[float, float]], frame: Floats) -> Ring:
    positions = (latitude_longitude_deg(*to_surface(frame, east, north)) for east, north in corners)
    return tuple((round(latitude, _DECIMALS), round(longitude, _DECIMALS)) for latitude, longitude in positions)


def _shape(volume: Volume4D, frame: Floats) -> BaseGeometry:
    footprint = volume.footprint
    if isinstance(footprint, Circle):
        longitudes, latitudes, _ = _GEOD.fwd(
            np.full(_CORNERS, footprint.longitude_deg),
            np.full(_CORNERS, footprint.latitude_deg),
            np.linspace(0.0, 360.0, _CORNERS, endpoint=False),
            np.full(_CORNERS, footprint.radius_m),
        )
        return make_valid(Polygon(_flat(surface_points(latitudes, longitudes), frame)))
    outline, *holes = (_flat(cut_ring(ring)[:, :3], frame) for ring in (footprint.vertices, *footprint.holes))
    return make_valid(Polygon(outline, holes))


def _flat(points: Floats, frame: Floats) -> list[tuple[float, float]]:
    return [project(frame, x, y, z) for x, y, z in points]


def _polygons(shape: BaseGeometry) -> list[Polygon]:
    """The polygons in a geometry that have an area."""
    if isinstance(shape, Polygon):
        return [shape] if shape.area > 0.0 else []
    if isinstance(shape, MultiPolygon) or hasattr(shape, "geoms"):
        return [polygon for part in shape.geoms for polygon in _polygons(part)]
    return []
