"""Operations as rows of pieces and edges, as `layout.py` describes them."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from skyparley import compiled as nb
from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.geodesy import (
    GEOD,
    chord_to_geodesic_m,
    foot_of,
    latitude_longitude_deg,
    points_along,
    space_length,
    surface_points,
)
from skyparley.conflict.kernels.outlines import (
    DATUM_INDEX,
    DATUMS,
    SURELY_SHORT_M,
    TO_CUT,
    Floats,
    cut_volume,
    listed,
    rows_of,
)
from skyparley.conflict.operation import Operation
from skyparley.geometry.altitude import (
    TERRAIN_HIGHEST_M,
    TERRAIN_LOWEST_M,
    UNDULATION_HIGHEST_M,
    UNDULATION_LOWEST_M,
    Datum,
)
from skyparley.geometry.footprint import Circle
from skyparley.geometry.geoid import (
    GEOID_ERROR_M,
    GEOID_SLOPE,
    read_geoid,
    undulation_bounds_m,
    undulation_m,
)
from skyparley.geometry.trajectory import Trajectory4D
from skyparley.geometry.volume import Volume4D
from skyparley.units import MICROSECONDS_PER_SECOND

Heights = npt.NDArray[np.int16]
_HALVED_M: Final = 64_000.0
"""Legs up to here are cut into halves: see `_middle`."""
_ROUNDING_M: Final = 0.000_5
_NO_ROWS: Final = np.empty((0, layout.COLUMNS))
_NO_EDGES: Final = np.empty((0, layout.EDGE_COLUMNS))
_WGS84: Final = DATUMS.index(Datum.WGS84)
_AGL: Final = DATUMS.index(Datum.AGL)
_OFFSET_STEPS: Final = 64.0
"""Offsets are rounded outward to so many steps a metre: 14 + 6 bits of the 24 that float32 has."""
_WIDENED: Final = 1.01
_WIDENED_M: Final = 10.0
"""Lengths and radii are widened by these: they are chords, and edges bulge."""


def pack(operation: Operation, class_number: int = 0) -> tuple[Floats, Floats]:
    """Rows `(n, COLUMNS)` and edges `(m, 6)` of an operation; edge ranges count from 0, `OWNER` is 0.

    What altitudes can mean is left out: `set_offsets` tells where rows of different datum are compared.
    """
    rows, edges = _volume_rows(operation.volumes)
    if operation.trajectories:
        legs = [_legs(trajectory) for trajectory in operation.trajectories]
        rows = legs[0] if len(legs) == 1 and not len(rows) else np.concatenate((rows, *legs))
    if class_number:
        rows[:, layout.CLASS] = class_number
    return rows, edges


def pack_with_offsets(operation: Operation, class_number: int = 0) -> tuple[Floats, Floats]:
    """What `pack` gives, and what altitudes can mean."""
    rows, edges = pack(operation, class_number)
    set_offsets(rows, *read_geoid())
    return rows, edges


def pack_many(operations: Sequence[Operation]) -> tuple[Floats, Floats]:
    """Rows and edges of operations one after another; `OWNER` is the number of the operation."""
    numbers: list[float] = []
    others: list[int] = []
    for i, operation in enumerate(operations):
        before = len(numbers)
        if operation.trajectories or not listed(operation.volumes, i, numbers):
            del numbers[before:]
            others.append(i)
    rows, edges, to_cut = rows_of(numbers)
    if to_cut:
        cut = np.unique(rows[rows[:, layout.KIND] == TO_CUT, layout.OWNER])
        rows = rows[~np.isin(rows[:, layout.OWNER], cut)]
        others += cut.astype(np.int64).tolist()
    if not others:
        return rows, edges
    parts = [(rows, edges)]
    for i in others:
        parts.append(pack(operations[i]))
        parts[-1][0][:, layout.OWNER] = i
    rows, edges = joined(parts)
    return rows[np.argsort(rows[:, layout.OWNER], kind="stable")], edges


def _volume_rows(volumes: Sequence[Volume4D]) -> tuple[Floats, Floats]:
    if not volumes:
        return _NO_ROWS, _NO_EDGES
    numbers: list[float] = []
    if listed(volumes, 0.0, numbers):
        rows, edges, to_cut = rows_of(numbers)
        if not to_cut:
            return rows, edges
    footprint = volumes[0].footprint
    if len(volumes) == 1 and not isinstance(footprint, Circle):
        return cut_volume(volumes[0], footprint)
    return joined([_volume_rows((volume,)) for volume in volumes])


def joined(parts: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Rows and edges of several one after another. The ranges of the parts' rows are changed."""
    begin = 0
    for rows, edges in parts:
        rows[:, layout.EDGES_BEGIN : layout.EDGES_END + 1] += begin
        begin += len(edges)
    return np.concatenate([rows for rows, _ in parts]), np.concatenate([edges for _, edges in parts])


def _legs(trajectory: Trajectory4D) -> Floats:
    times_s = trajectory.times_us / MICROSECONDS_PER_SECOND
    latitudes, longitudes = trajectory.latitudes_deg, trajectory.longitudes_deg
    altitudes = trajectory.altitudes_m
    points = surface_points(latitudes, longitudes)
    longest_m = _longest(points)
    if longest_m > _HALVED_M:
        times_s, latitudes, longitudes, altitudes = _cut(times_s, latitudes, longitudes, altitudes, points)
        points = surface_points(latitudes, longitudes)
    if longest_m > SURELY_SHORT_M:
        times_s, points, altitudes = _halve(times_s, points, altitudes)
    return _leg_rows(
        times_s,
        points,
        altitudes,
        DATUM_INDEX[trajectory.datum],
        trajectory.lateral_tolerance_m,
        trajectory.vertical_tolerance_m,
        trajectory.time_tolerance_s,
    )


@nb.njit(cache=True)
def _chord(one: Floats, other: Floats) -> float:
    return space_length(one[0] - other[0], one[1] - other[1], one[2] - other[2])


@nb.njit(cache=True)
def _longest(points: Floats) -> float:
    """The longest chord between consecutive points."""
    longest = 0.0
    for i in range(points.shape[0] - 1):
        longest = max(longest, _chord(points[i], points[i + 1]))
    return longest


def _cut(
    times_s: Floats, latitudes: Floats, longitudes: Floats, altitudes: Floats, points: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """The same track with its legs of more than `_HALVED_M` cut along their geodesics into equal pieces of at most
    `MAX_LEG_PIECE_M`.
    """
    parts: list[tuple[Floats, Floats, Floats, Floats]] = []
    for i in range(len(times_s) - 1):
        pieces, between = 1, (list[float](), list[float]())
        if _chord(points[i], points[i + 1]) > _HALVED_M:
            _, _, length = GEOD.inv(longitudes[i], latitudes[i], longitudes[i + 1], latitudes[i + 1])
            pieces = math.ceil(length / layout.MAX_LEG_PIECE_M)
            between = points_along(latitudes[i], longitudes[i], latitudes[i + 1], longitudes[i + 1], pieces)
        shares = np.arange(pieces) / pieces
        parts.append(
            (
                times_s[i] + shares * (times_s[i + 1] - times_s[i]),
                np.array([latitudes[i], *between[0]]),
                np.array([longitudes[i], *between[1]]),
                altitudes[i] + shares * (altitudes[i + 1] - altitudes[i]),
            )
        )
    parts.append((times_s[-1:], latitudes[-1:], longitudes[-1:], altitudes[-1:]))
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))  # type: ignore[return-value]


@nb.njit(cache=True)
def _halve(times_s: Floats, points: Floats, altitudes: Floats) -> tuple[Floats, Floats, Floats]:
    """Times, surface points and altitudes of a track whose legs are halved until they are no longer than
    `MAX_LEG_PIECE_M`.
    """
    legs = points.shape[0] - 1
    pieces = np.ones(legs, dtype=np.int64)
    for i in range(legs):
        longest_m = layout.MAX_LEG_PIECE_M + _ROUNDING_M
        length_m = chord_to_geodesic_m(_chord(points[i], points[i + 1]))
        while length_m > longest_m * pieces[i]:
            pieces[i] *= 2
    count = pieces.sum() + 1
    new_times, new_points, new_altitudes = np.empty(count), np.empty((count, 3)), np.empty(count)
    begin = 0
    for i in range(legs):
        parts = pieces[i]
        for k in range(parts):
            share = k / parts
            new_times[begin + k] = times_s[i] + share * (times_s[i + 1] - times_s[i])
            new_altitudes[begin + k] = altitudes[i] + share * (altitudes[i + 1] - altitudes[i])
        new_points[begin], new_points[begin + parts] = points[i], points[i + 1]
        while parts > 1:
            for k in range(begin, begin + pieces[i], parts):
                _middle(new_points[k], new_points[k + parts], new_points[k + parts // 2])
            parts //= 2
        begin += pieces[i]
    new_times[begin], new_altitudes[begin] = times_s[legs], altitudes[legs]
    return new_times, new_points, new_altitudes


@nb.njit(cache=True)
def _middle(one: Floats, other: Floats, middle: Floats) -> None:
    """The middle of a geodesic of at most `_HALVED_M`, within 0.01 mm: the foot of the middle of its chord.

    A geodesic bends along the surface's normal alone, so to the second order of its length the middle lies on the
    normal through the middle of the chord, and by symmetry there is no third order; tested against PROJ's geodesics.
    """
    x, y, z = (one[0] + other[0]) / 2.0, (one[1] + other[1]) / 2.0, (one[2] + other[2]) / 2.0
    middle[0], middle[1], middle[2] = foot_of(x, y, z)


@nb.njit(cache=True)
def _leg_rows(
    times_s: Floats,
    points: Floats,
    altitudes_m: Floats,
    datum: float,
    lateral_m: float,
    vertical_m: float,
    time_s: float,
) -> Floats:
    rows = np.zeros((len(times_s) - 1, layout.COLUMNS))
    for i in range(rows.shape[0]):
        row = rows[i]
        row[layout.BEGIN_S], row[layout.END_S] = times_s[i], times_s[i + 1]
        row[layout.LOWER_M], row[layout.UPPER_M] = altitudes_m[i], altitudes_m[i + 1]
        row[layout.X0 : layout.Z0 + 1] = points[i]
        row[layout.X1 : layout.Z1 + 1] = points[i + 1]
        row[layout.LATERAL_M], row[layout.VERTICAL_M], row[layout.TIME_S] = lateral_m, vertical_m, time_s
        row[layout.DATUM] = datum
    return rows


@nb.njit(cache=True, nogil=True)
def set_offsets(rows: Floats, nodes: Heights, lowest: Heights, highest: Heights) -> None:
    """Fill `OFFSET_LOW_M` and `OFFSET_HIGH_M` of rows, by the fields of `Geoid` where their datum is the ellipsoid.

    What a pressure altitude can mean depends on the altitude, not on the place: its offsets are 0 and `hits.BOUNDS` has
    the rest.
    """
    x, y, z, end_m = math.nan, math.nan, math.nan, math.nan
    for i in range(rows.shape[0]):
        row = rows[i]
        datum = int(row[layout.DATUM])
        low, high = 0.0, 0.0
        if datum == _AGL:
            low, high = TERRAIN_LOWEST_M, TERRAIN_HIGHEST_M
        elif datum == _WGS84 and row[layout.KIND] != layout.LEG:
            latitude, longitude = latitude_longitude_deg(row[layout.X0], row[layout.Y0], row[layout.Z0])
            radius = row[layout.RADIUS_M] * _WIDENED + _WIDENED_M
            least, greatest = undulation_bounds_m(nodes, lowest, highest, latitude, longitude, radius)
            low, high = -greatest, -least
        elif datum == _WGS84:
            begin_m = end_m
            if row[layout.X0] != x or row[layout.Y0] != y or row[layout.Z0] != z:
                latitude, longitude = latitude_longitude_deg(row[layout.X0], row[layout.Y0], row[layout.Z0])
                begin_m = undulation_m(nodes, latitude, longitude)
            x, y, z = row[layout.X1], row[layout.Y1], row[layout.Z1]
            latitude, longitude = latitude_longitude_deg(x, y, z)
            end_m = undulation_m(nodes, latitude, longitude)
            # between two ends the geoid is nowhere further from their mean than its slope allows over half the way
            length = space_length(x - row[layout.X0], y - row[layout.Y0], z - row[layout.Z0])
            apart = GEOID_SLOPE * (length * _WIDENED / 2.0 + row[layout.LATERAL_M]) + GEOID_ERROR_M
            low = max(-UNDULATION_HIGHEST_M, -(begin_m + end_m) / 2.0 - apart)
            high = min(-UNDULATION_LOWEST_M, -(begin_m + end_m) / 2.0 + apart)
        row[layout.OFFSET_LOW_M] = math.floor(low * _OFFSET_STEPS) / _OFFSET_STEPS
        row[layout.OFFSET_HIGH_M] = math.ceil(high * _OFFSET_STEPS) / _OFFSET_STEPS
