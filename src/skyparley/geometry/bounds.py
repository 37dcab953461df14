"""Bounding boxes in latitude and longitude, for lists by area: may hold too much, never too little.

A box is `(west_deg, south_deg, east_deg, north_deg)`; west > east crosses the antimeridian. A box that holds a pole
spans all longitudes.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from skyparley.geometry.footprint import Circle
from skyparley.geometry.polygon import Polygon
from skyparley.geometry.trajectory import Trajectory4D
from skyparley.geometry.volume import Volume4D

Box = tuple[float, float, float, float]
WHOLE_EARTH: Final[Box] = (-180.0, -90.0, 180.0, 90.0)
_SHORTEST_DEGREE_M: Final = 110_500.0
"""A degree of latitude is nowhere shorter (110,574 m at the equator); using less widens the box."""


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes have a point in common."""
    if one[1] > other[3] or other[1] > one[3]:
        return False
    return any(w <= oe and ow <= e for w, e in _spans(one) for ow, oe in _spans(other))


def bounding_box(volumes: Iterable[Volume4D], trajectories: Iterable[Trajectory4D]) -> Box:
    """A box that holds all footprints and tracks with their lateral tolerance."""
    boxes = [_of_footprint(volume.footprint) for volume in volumes]
    boxes += [_of_points(t.latitudes_deg, t.longitudes_deg, t.lateral_tolerance_m) for t in trajectories]
    merged = boxes[0]
    for box in boxes[1:]:
        merged = _merge(merged, box)
    return merged


def _of_footprint(footprint: Circle | Polygon) -> Box:
    if isinstance(footprint, Circle):
        latitude_deg, longitude_deg = footprint.latitude_deg, footprint.longitude_deg
        return _grown((longitude_deg, latitude_deg, longitude_deg, latitude_deg), footprint.radius_m)
    latitudes_deg = [latitude for latitude, _ in footprint.vertices]
    longitudes_deg = [longitude for _, longitude in footprint.vertices]
    box = _of_points(latitudes_deg, longitudes_deg, 0.0)
    return WHOLE_EARTH if box == WHOLE_EARTH else _grown(box, _bulge_m(box))


def _of_points(
    latitudes_deg: Sequence[float] | np.ndarray, longitudes_deg: Sequence[float] | np.ndarray, margin_m: float
) -> Box:
    """Box of a ring or track; one that winds round a pole spans all longitudes."""
    latitudes, longitudes = np.asarray(latitudes_deg, dtype=float), np.asarray(longitudes_deg, dtype=float)
    steps = np.diff(np.append(longitudes, longitudes[0]))
    steps = (steps + 180.0) % 360.0 - 180.0
    south, north = float(latitudes.min()), float(latitudes.max())
    if abs(float(steps.sum())) > 180.0:
        return (-180.0, -90.0, 180.0, north) if float(latitudes.mean()) < 0 else (-180.0, south, 180.0, 90.0)
    unrolled = longitudes[0] + np.concatenate(([0.0], np.cumsum(steps[:-1])))
    west, east = float(unrolled.min()), float(unrolled.max())
    if east - west >= 360.0:
        return (-180.0, south, 180.0, north)
    box = (_wrap(west), south, _wrap(east), north)
    return _grown(box, margin_m + _bulge_m(box))


def _bulge_m(box: Box) -> float:
    """How far a geodesic between points of a box may run outside it, from above: s² tan φ / 8R, at most s."""
    width_deg = sum(east - west for west, east in _spans(box))
    span_m = math.hypot(width_deg * math.cos(math.radians(min(abs(box[1]), abs(box[3])))), box[3] - box[1]) * 111_700.0
    steepest = math.tan(math.radians(min(89.9, max(abs(box[1]), abs(box[3])))))
    return min(span_m, span_m * span_m * steepest / (8 * 6_350_000.0)) + 1.0


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
