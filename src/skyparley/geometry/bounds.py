"""Bounding boxes in latitude and longitude, for lists by area: may hold too much, never too little.

A box is `(west_deg, south_deg, east_deg, north_deg)`; west > east crosses the antimeridian. A box that holds a pole
spans all longitudes.
"""

import math
from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.geometry.descent import GEODESIC_BEND_PER_M
from skyparley.geometry.footprint import Circle
from skyparley.geometry.polygon import Polygon
from skyparley.geometry.trajectory import Trajectory4D
from skyparley.geometry.volume import Volume4D

Floats = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]
WHOLE_EARTH: Final[Box] = (-180.0, -90.0, 180.0, 90.0)
_SHORTEST_DEGREE_M: Final = 110_500.0
"""A degree of latitude is nowhere shorter (110,574 m at the equator); using less widens the box."""
_GREATEST_CURVATURE_RADIUS_M: Final = 6_400_000.0


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes have a point in common."""
    if one[1] > other[3] or other[1] > one[3]:
        return False
    return any(w <= oe and ow <= e for w, e in _spans(one) for ow, oe in _spans(other))


def bounding_box(volumes: Iterable[Volume4D], trajectories: Iterable[Trajectory4D]) -> Box:
    """A box that holds all footprints and tracks with their lateral tolerance."""
    boxes = [_of_footprint(volume.footprint) for volume in volumes]
    boxes += [_of_way(t.latitudes_deg, t.longitudes_deg, t.lateral_tolerance_m, closed=False) for t in trajectories]
    merged = boxes[0]
    for box in boxes[1:]:
        merged = _merge(merged, box)
    return merged


def _of_footprint(footprint: Circle | Polygon) -> Box:
    if isinstance(footprint, Circle):
        latitude_deg, longitude_deg = footprint.latitude_deg, footprint.longitude_deg
        return _grown((longitude_deg, latitude_deg, longitude_deg, latitude_deg), footprint.radius_m)
    ring = np.array((*footprint.vertices, footprint.vertices[0]))
    return _of_way(ring[:, 0], ring[:, 1], 0.0, closed=True)


def _of_way(latitudes_deg: Floats, longitudes_deg: Floats, margin_m: float, *, closed: bool) -> Box:
    """Box of everything within a margin of a way along geodesics, and of what it encloses if it is closed."""
    south, north, west, east, turn_deg, longest_m = _extremes(latitudes_deg, longitudes_deg)
    margin_m += GEODESIC_BEND_PER_M * longest_m * longest_m + 1.0
    if closed and abs(turn_deg) > 180.0:  # winds round a pole
        margin_deg = margin_m / _SHORTEST_DEGREE_M
        if south + north < 0.0:
            return (-180.0, -90.0, 180.0, min(90.0, north + margin_deg))
        return (-180.0, max(-90.0, south - margin_deg), 180.0, 90.0)
    if east - west >= 360.0:
        return _grown((-180.0, south, 180.0, north), margin_m)
    return _grown((_wrap(west), south, _wrap(east), north), margin_m)


@nb.njit(cache=True, nogil=True)
def _extremes(latitudes_deg: Floats, longitudes_deg: Floats) -> tuple[float, float, float, float, float, float]:
    """Along great circles between the points: least and greatest latitude and longitude, the latter counted on beyond
    180, how far the longitude has turned at the end (degrees), and the longest step (metres, from above).
    """
    south, north = latitudes_deg.min(), latitudes_deg.max()
    at = west = east = longitudes_deg[0]
    longest = 0.0
    a, b = np.empty(3), np.empty(3)
    _unit(latitudes_deg[0], longitudes_deg[0], a)
    for i in range(1, len(latitudes_deg)):
        at += (longitudes_deg[i] - longitudes_deg[i - 1] + 180.0) % 360.0 - 180.0
        west, east = min(west, at), max(east, at)
        _unit(latitudes_deg[i], longitudes_deg[i], b)
        nx, ny, nz = a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
        length = math.sqrt(nx * nx + ny * ny + nz * nz)
        longest = max(longest, math.atan2(length, a[0] * b[0] + a[1] * b[1] + a[2] * b[2]))
        # the great circle's northernmost point, and whether the way between its ends passes there or at its opposite
        tx, ty, tz = -nx * nz, -ny * nz, nx * nx + ny * ny
        after = (ny * a[2] - nz * a[1]) * tx + (nz * a[0] - nx * a[2]) * ty + (nx * a[1] - ny * a[0]) * tz
        before = (ny * b[2] - nz * b[1]) * tx + (nz * b[0] - nx * b[2]) * ty + (nx * b[1] - ny * b[0]) * tz
        highest = math.degrees(math.atan2(math.sqrt(nx * nx + ny * ny), abs(nz)))
        if after > 0.0 > before:
            north = max(north, highest)
        elif after < 0.0 < before:
            south = min(south, -highest)
        a[0], a[1], a[2] = b[0], b[1], b[2]
    return south, north, west, east, at - longitudes_deg[0], longest * _GREATEST_CURVATURE_RADIUS_M


@nb.njit(cache=True, nogil=True)
def _unit(latitude_deg: float, longitude_deg: float, point: Floats) -> None:
    latitude, longitude = math.radians(latitude_deg), math.radians(longitude_deg)
    point[0], point[1] = math.cos(latitude) * math.cos(longitude), math.cos(latitude) * math.sin(longitude)
    point[2] = math.sin(latitude)


def _grown(box: Box, margin_m: float) -> Box:
    margin_deg = margin_m / _SHORTEST_DEGREE_M
    south, north = box[1] - margin_deg, box[3] + margin_deg
    if south <= -90.0 or north >= 90.0:
        return (-180.0, max(-90.0, south), 180.0, min(90.0, north))
    shrink = math.cos(math.radians(max(abs(south), abs(north))))
    sideways_deg = math.degrees(math.asin(min(1.0, math.sin(math.radians(min(90.0, margin_deg))) / shrink)))
    width_deg = sum(east - west for west, east in _spans(box))
    if width_deg + 2 * sideways_deg >= 360.0:
        return (-180.0, south, 180.0, north)
    return (_wrap(box[0] - sideways_deg), south, _wrap(box[2] + sideways_deg), north)


def _merge(one: Box, other: Box) -> Box:
    south, north = min(one[1], other[1]), max(one[3], other[3])
    candidates = ((one[0], other[2]), (other[0], one[2]), (one[0], one[2]), (other[0], other[2]), (-180.0, 180.0))
    holding = [c for c in candidates if _holds(c, (one[0], one[2])) and _holds(c, (other[0], other[2]))]
    west, east = min(holding, key=lambda c: (_width(c), c))
    return (west, south, east, north)


def _holds(outer: tuple[float, float], inner: tuple[float, float]) -> bool:
    if _width(outer) >= 360.0:
        return True
    offset = (inner[0] - outer[0]) % 360.0
    return offset + _width(inner) <= _width(outer) + 1e-12


def _width(span: tuple[float, float]) -> float:
    return span[1] - span[0] if span[1] >= span[0] else span[1] - span[0] + 360.0


def _spans(box: Box) -> list[tuple[float, float]]:
    west, _, east, _ = box
    return [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]


def _wrap(longitude_deg: float) -> float:
    return (longitude_deg + 180.0) % 360.0 - 180.0
