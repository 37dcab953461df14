"""Where two declared airspaces overlap: the outline to show, or to disclose, for a conflict of volumes.

The intersection is taken by GEOS in an azimuthal equidistant projection about the point of the conflict, circles as
polygons of 128 corners, edges cut to at most 20 km. It is for eyes: what conflicts was decided by the kernels before.
"""

import math
from typing import Final

import numpy as np
from pyproj import Geod, Transformer
from shapely import MultiPolygon, Polygon, make_valid
from shapely.geometry.base import BaseGeometry

from skyparley.conflict.operation import Conflict, Operation, Rule
from skyparley.geometry.footprint import Circle, Ring
from skyparley.geometry.volume import Volume4D

_GEOD: Final = Geod(ellps="WGS84")
_CORNERS: Final = 128
_EDGE_M: Final = 20_000.0
_DECIMALS: Final = 7


def overlap_ring(a: Operation, b: Operation, conflict: Conflict) -> list[tuple[float, float]] | None:
    """The outline `[(latitude_deg, longitude_deg), …]`, not closed, of the largest part in which volumes of `a` and `b`
    overlap in place and time; altitudes are those of the conflict, which has compared them.

    None where the rule is not `volume_overlap` or the volumes merely touch. Holes are left out.
    """
    if conflict.rule is not Rule.VOLUME_OVERLAP:
        return None
    closest = conflict.closest
    plane = f"+proj=aeqd +lat_0={closest.latitude_deg!r} +lon_0={closest.longitude_deg!r} +ellps=WGS84 +units=m"
    project = Transformer.from_crs("EPSG:4326", plane, always_xy=True)
    shapes_b = [(volume, _shape(volume, project)) for volume in b.volumes]
    largest: Polygon | None = None
    for volume_a in a.volumes:
        shape_a = _shape(volume_a, project)
        for volume_b, shape_b in shapes_b:
            if not volume_a.time.overlaps(volume_b.time):
                continue
            if volume_a.altitude.datum is volume_b.altitude.datum and (
                volume_a.altitude.lower_m > volume_b.altitude.upper_m
                or volume_b.altitude.lower_m > volume_a.altitude.upper_m
            ):
                continue
            part = _largest(shape_a.intersection(shape_b))
            if part is not None and (largest is None or part.area > largest.area):
                largest = part
    if largest is None:
        return None
    east, north = np.array(largest.exterior.coords[:-1]).T
    longitudes, latitudes = project.transform(east, north, direction="INVERSE")
    return [
        (round(float(latitude), _DECIMALS), round(float(longitude), _DECIMALS))
        for latitude, longitude in zip(latitudes, longitudes, strict=True)
    ]


def _shape(volume: Volume4D, project: Transformer) -> BaseGeometry:
    footprint = volume.footprint
    if isinstance(footprint, Circle):
        azimuths = np.linspace(0.0, 360.0, _CORNERS, endpoint=False)
        longitudes, latitudes, _ = _GEOD.fwd(
            np.full(_CORNERS, footprint.longitude_deg),
            np.full(_CORNERS, footprint.latitude_deg),
            azimuths,
            np.full(_CORNERS, footprint.radius_m),
        )
        return make_valid(Polygon(np.column_stack(project.transform(longitudes, latitudes))))
    outline, *holes = (_ring(ring, project) for ring in (footprint.vertices, *footprint.holes))
    return make_valid(Polygon(outline, holes))


def _ring(ring: Ring, project: Transformer) -> list[tuple[float, float]]:
    points: list[tuple[float, float]] = []
    for i, (latitude, longitude) in enumerate(ring):
        end_latitude, end_longitude = ring[(i + 1) % len(ring)]
        points.append((longitude, latitude))
        _, _, length = _GEOD.inv(longitude, latitude, end_longitude, end_latitude)
        pieces = math.ceil(length / _EDGE_M)
        if pieces > 1:
            points.extend(_GEOD.npts(longitude, latitude, end_longitude, end_latitude, pieces - 1))
    return [project.transform(longitude, latitude) for longitude, latitude in points]


def _largest(shape: BaseGeometry) -> Polygon | None:
    """The largest polygon in a geometry; None if it has no area."""
    if isinstance(shape, Polygon):
        return shape if shape.area > 0.0 else None
    if isinstance(shape, MultiPolygon) or hasattr(shape, "geoms"):
        parts = [part for part in map(_largest, shape.geoms) if part is not None]
        return max(parts, key=lambda part: float(part.area), default=None)
    return None
