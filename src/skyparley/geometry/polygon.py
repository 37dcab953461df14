"""Polygons with geodesic edges on the ellipsoid, validated when made.

Validation happens in a central projection about the mean direction of the vertices, in which great circles are
straight: rings must not cross or touch themselves or each other, must enclose an area, and holes must lie inside the
outline. The winding does not matter. Poles and the antimeridian are ordinary places.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from shapely import Polygon as PlanePolygon
from shapely.validation import explain_validity

from skyparley import compiled as nb
from skyparley.errors import InvalidInputError, LimitExceededError
from skyparley.geometry.footprint import MAX_FOOTPRINT_RADIUS_M, MAX_POLYGON_VERTICES, Ring, check_position

_FEW: Final = 64
"""Rings of up to so many vertices are tested edge by edge; larger ones by a sweep (GEOS)."""
_EARTH_RADIUS_M: Final = 6_371_008.8
_LEAST_AREA: Final = 1e-16
"""In units of the Earth's radius squared: about 40 cm². Less is a line."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Polygon:
    """An outline with holes: rings of `(latitude_deg, longitude_deg)`, each edge a geodesic, the last joins the first.

    Repeated points are dropped. Raises `InvalidInputError` with the place of what is wrong, and `LimitExceededError`
    for more than `MAX_POLYGON_VERTICES` vertices or an extent beyond `MAX_FOOTPRINT_RADIUS_M`.
    """

    vertices: Ring
    holes: tuple[Ring, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.vertices) + sum(map(len, self.holes))
        if count > MAX_POLYGON_VERTICES:
            raise LimitExceededError(f"{count} vertices exceed MAX_POLYGON_VERTICES = {MAX_POLYGON_VERTICES}: simplify")
        object.__setattr__(self, "vertices", _clean(self.vertices, "vertices"))
        if self.holes:
            holes = tuple(_clean(hole, f"holes[{i}]") for i, hole in enumerate(self.holes))
            object.__setattr__(self, "holes", holes)
        outline = np.array(self.vertices)
        centre = _centre(outline)
        plane = _project(outline, centre)
        if math.isnan(plane[0, 0]):
            raise LimitExceededError(
                f"the polygon reaches further than MAX_FOOTPRINT_RADIUS_M = {MAX_FOOTPRINT_RADIUS_M:g} from its centre"
            )
        _check_ring(plane, "vertices")
        if self.holes:
            _check_holes(plane, [_project(np.array(hole), centre) for hole in self.holes])


def _clean(ring: Ring, place: str) -> Ring:
    kept: list[tuple[float, float]] = []
    for i, (latitude_deg, longitude_deg) in enumerate(ring):
        if not (-90.0 <= latitude_deg <= 90.0 and -180.0 <= longitude_deg <= 180.0):
            check_position(latitude_deg, longitude_deg, place=f"{place}[{i}]")
        if not kept or latitude_deg != kept[-1][0] or not _same(kept[-1], (latitude_deg, longitude_deg)):
            kept.append((latitude_deg, longitude_deg))
    while len(kept) > 1 and _same(kept[0], kept[-1]):
        kept.pop()
    if len(kept) < 3:
        raise InvalidInputError("a polygon needs at least three different vertices", place=place)
    return tuple(kept)


def _same(a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Whether two positions are one place: a pole has every longitude, and 180° is −180°."""
    return a[0] == b[0] and (a[1] == b[1] or abs(a[0]) == 90.0 or abs(a[1] - b[1]) == 360.0)


@nb.njit(cache=True)
def _centre(points: Floats) -> Floats:
    """Unit vector of the mean direction of positions `(n, 2)`; zero if there is none."""
    x, y, z = 0.0, 0.0, 0.0
    for i in range(points.shape[0]):
        latitude, longitude = math.radians(points[i, 0]), math.radians(points[i, 1])
        x += math.cos(latitude) * math.cos(longitude)
        y += math.cos(latitude) * math.sin(longitude)
        z += math.sin(latitude)
    length = math.sqrt(x * x + y * y + z * z)
    centre = np.zeros(3)
    if length > 1e-9:
        centre[0], centre[1], centre[2] = x / length, y / length, z / length
    return centre


@nb.njit(cache=True)
def _project(points: Floats, centre: Floats) -> Floats:
    """Plane coordinates `(n, 2)` in Earth radii; NaN throughout if a point lies too far from the centre."""
    plane = np.empty((points.shape[0], 2))
    across = math.sqrt(centre[0] * centre[0] + centre[1] * centre[1])
    ex, ey = (0.0, 1.0) if across < 1e-12 else (-centre[1] / across, centre[0] / across)
    nx, ny, nz = -centre[2] * ey, centre[2] * ex, centre[0] * ey - centre[1] * ex
    least = math.cos(MAX_FOOTPRINT_RADIUS_M / _EARTH_RADIUS_M)
    for i in range(points.shape[0]):
        latitude, longitude = math.radians(points[i, 0]), math.radians(points[i, 1])
        x, y, z = math.cos(latitude) * math.cos(longitude), math.cos(latitude) * math.sin(longitude), math.sin(latitude)
        height = x * centre[0] + y * centre[1] + z * centre[2]
        if height < least:
            plane[:] = math.nan
            return plane
        plane[i, 0], plane[i, 1] = (x * ex + y * ey) / height, (x * nx + y * ny + z * nz) / height
    return plane


@nb.njit(cache=True)
def _turn(a: Floats, b: Floats, c: Floats) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


@nb.njit(cache=True)
def _on(a: Floats, b: Floats, c: Floats) -> bool:
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])


@nb.njit(cache=True)
def _first_crossing(plane: Floats) -> tuple[int, int]:
    """The first two edges of a ring that meet though they are not neighbours, or fold back; (-1, -1) if none do."""
    n = plane.shape[0]
    for i in range(n):
        a, b = plane[i], plane[(i + 1) % n]
        c = plane[(i + 2) % n]
        if _turn(a, b, c) == 0.0 and (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]) < 0.0:
            return i, (i + 1) % n
        for j in range(i + 2, n):
            if i == 0 and j == n - 1:
                continue
            c, d = plane[j], plane[(j + 1) % n]
            if (
                max(a[0], b[0]) < min(c[0], d[0])
                or min(a[0], b[0]) > max(c[0], d[0])
                or max(a[1], b[1]) < min(c[1], d[1])
                or min(a[1], b[1]) > max(c[1], d[1])
            ):
                continue
            abc, abd, cda, cdb = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
            if ((abc > 0.0) != (abd > 0.0)) and ((cda > 0.0) != (cdb > 0.0)) and abc * abd != 0.0 and cda * cdb != 0.0:
                return i, j
            if (
                (abc == 0.0 and _on(a, b, c))
                or (abd == 0.0 and _on(a, b, d))
                or (cda == 0.0 and _on(c, d, a))
                or (cdb == 0.0 and _on(c, d, b))
            ):
                return i, j
    return -1, -1


@nb.njit(cache=True)
def _area(plane: Floats) -> float:
    total = 0.0
    n = plane.shape[0]
    for i in range(n):
        a, b = plane[i], plane[(i + 1) % n]
        total += (a[0] - plane[0, 0]) * (b[1] - plane[0, 1]) - (b[0] - plane[0, 0]) * (a[1] - plane[0, 1])
    return abs(total) / 2.0


def _check_ring(plane: Floats, place: str) -> None:
    if len(plane) <= _FEW:
        i, j = _first_crossing(plane)
        if i >= 0:
            raise InvalidInputError(
                f"the edge after vertex {i} meets the edge after vertex {j}: a polygon must not cross itself",
                place=f"{place}[{j}]",
            )
    else:
        reason = explain_validity(PlanePolygon(plane))
        if reason != "Valid Geometry":
            raise InvalidInputError(f"a polygon must not cross itself ({reason.split('[')[0]})", place=place)
    if _area(plane) < _LEAST_AREA:
        raise InvalidInputError("the vertices lie on one line: a polygon must enclose an area", place=place)


def _check_holes(outline: Floats, holes: list[Floats]) -> None:
    for i, hole in enumerate(holes):
        if math.isnan(hole[0, 0]):
            raise InvalidInputError("a hole must lie inside the outline", place=f"holes[{i}]")
        _check_ring(hole, f"holes[{i}]")
    reason = explain_validity(PlanePolygon(outline, holes))
    if reason != "Valid Geometry":
        raise InvalidInputError(f"holes must lie inside the outline, apart ({reason.split('[')[0]})", place="holes")
