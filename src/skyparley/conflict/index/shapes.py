"""What pieces are, kept small: 48 octets each and 24 for each point; rows and edges are made of them when asked for.

Consecutive legs share their points, and all legs of a trajectory its tolerances; a ring is its corners. A ring that was
given in an array of positions stays there: 16 octets a corner, of which points are made each time. What comes out is to
the bit what went in.
"""

from typing import Final, NamedTuple

import numpy as np

from skyparley import compiled as nb
from skyparley.conflict.index.cells import Floats, Integers, Marks
from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.outlines import set_polygon, set_ring

# columns of the marks
OWNER: Final = 0
POINT: Final = 1
"""Its first point; of a ring that was given: where its positions begin there."""
LENGTH: Final = 2
"""How many corners its ring has. A leg: how far before its first point the tolerances of its trajectory lie. Edges of
several rings: minus how many they are; their two ends each come after what a circle has: a central point, and its
latitude, longitude and radius.
"""
WHAT: Final = 3
"""Kind in the two lowest bits, above it the datum in two more, and `GIVEN` for a ring that was given."""
GIVEN: Final = 16
MARKS: Final = 4
NUMBERS: Final = 4
"""Begin and end (seconds since 1970 UTC), lower and upper (metres), as in `layout`."""


class Shapes(NamedTuple):
    """`numbers` `(pieces, NUMBERS)`, `marks` `(pieces, MARKS)`, `points` `(n, 3)`; `given` `(2 k,)` are latitudes and
    longitudes (degrees) in turn, never written to.
    """

    numbers: Floats
    marks: Marks
    points: Floats
    given: Floats


@nb.njit(cache=True, nogil=True)
def _same(a: Floats, i: int, b: Floats, j: int) -> bool:
    return bool(a[i] == b[j] and a[i + 1] == b[j + 1] and a[i + 2] == b[j + 2])


@nb.njit(cache=True, nogil=True)
def _put_limits(row: Floats, numbers: Floats, marks: Marks, piece: int) -> None:
    """Write what every piece has of its row: when it is, how high, of what kind and datum."""
    numbers[piece, 0], numbers[piece, 1] = row[layout.BEGIN_S], row[layout.END_S]
    numbers[piece, 2], numbers[piece, 3] = row[layout.LOWER_M], row[layout.UPPER_M]
    marks[piece, WHAT] = int(row[layout.KIND]) | int(row[layout.DATUM]) << 2


@nb.njit(cache=True, nogil=True)
def put(rows: Floats, edges: Floats, numbers: Floats, marks: Marks, points: Floats, piece: int, point: int) -> int:
    """Write rows as pieces from `piece` on, their points from `point` on; where these end: at most four for each row
    and two for each edge.
    """
    end, tolerances = point, point
    for i in range(rows.shape[0]):
        at = piece + i
        kind = int(rows[i, layout.KIND])
        _put_limits(rows[i], numbers, marks, at)
        if kind == layout.LEG:
            goes_on = i > 0 and rows[i - 1, layout.KIND] == layout.LEG
            goes_on = goes_on and _same(rows[i - 1], layout.LATERAL_M, rows[i], layout.LATERAL_M)
            if not (goes_on and _same(rows[i - 1], layout.X1, rows[i], layout.X0)):
                tolerances = end
                for k in range(3):
                    points[end, k], points[end + 1, k] = rows[i, layout.LATERAL_M + k], rows[i, layout.X0 + k]
                end += 2
            marks[at, POINT], marks[at, LENGTH] = end - 1, end - 1 - tolerances
            for k in range(3):
                points[end, k] = rows[i, layout.X1 + k]
            end += 1
            continue
        marks[at, POINT] = end
        begin, until = int(rows[i, layout.EDGES_BEGIN]), int(rows[i, layout.EDGES_END])
        ring = kind == layout.CIRCLE or _is_ring(edges, begin, until)
        marks[at, LENGTH] = until - begin if ring else begin - until
        if kind == layout.CIRCLE or not ring:
            for k in range(3):
                points[end, k] = rows[i, layout.X0 + k]
            points[end + 1, 0], points[end + 1, 1] = rows[i, layout.LATITUDE_RAD], rows[i, layout.LONGITUDE_RAD]
            points[end + 1, 2] = rows[i, layout.RADIUS_M]
            end += 2
        for j in range(begin, until):
            for k in range(3):
                points[end, k] = edges[j, k]
            end += 1
            if not ring:
                for k in range(3):
                    points[end, k] = edges[j, 3 + k]
                end += 1
    return end


@nb.njit(cache=True, nogil=True)
def _is_ring(edges: Floats, begin: int, until: int) -> bool:
    """Whether each edge begins where the one before it ends, the first where the last does."""
    before = until - 1
    for i in range(begin, until):
        if not _same(edges[before], 3, edges[i], 0):
            return False
        before = i
    return True


@nb.njit(cache=True, nogil=True)
def put_given(row: Floats, numbers: Floats, marks: Marks, piece: int, begin: int, corners: int) -> None:
    """Write a row as a piece: a ring of so many corners whose positions begin at `begin` of what was given."""
    _put_limits(row, numbers, marks, piece)
    marks[piece, POINT], marks[piece, LENGTH] = begin, corners
    marks[piece, WHAT] |= GIVEN


@nb.njit(cache=True, nogil=True)
def ask_for_marks(shapes: Shapes, pairs: Integers, begin: int, end: int) -> None:
    """Ask memory for what is known of the pieces in `pairs[begin:end, 1]`, before they are read one by one."""
    for k in range(begin, end):
        nb.prefetch(shapes.marks, pairs[k, 1])
        nb.prefetch(shapes.numbers, pairs[k, 1])


@nb.njit(cache=True, nogil=True)
def ask_for_points(shapes: Shapes, pairs: Integers, begin: int, end: int) -> None:
    """Ask memory for the points of pieces, up to twelve of each."""
    for k in range(begin, end):
        piece = pairs[k, 1]
        at, many = shapes.marks[piece, POINT], max(2, min(12, edges_of(shapes.marks, piece)))
        if shapes.marks[piece, WHAT] & GIVEN:
            for i in range(at, at + 2 * many, 8):
                nb.prefetch(shapes.given, i)
            nb.prefetch(shapes.given, at + 2 * many - 1)  # few rings begin where a line of the cache does
        else:
            for i in range(at, at + many, 2):
                nb.prefetch(shapes.points, i)


@nb.njit(cache=True, nogil=True)
def edges_of(marks: Marks, i: int) -> int:
    """How many edges a piece has."""
    return int(abs(marks[i, LENGTH])) if marks[i, WHAT] & 3 == layout.POLYGON else 0


@nb.njit(cache=True, nogil=True)
def room_for(edges: int, room: Floats) -> Floats:
    """Room in which `get` works out a piece of so many edges: that which there is, if it is enough."""
    return room if 2 * edges <= room.shape[1] else np.empty((2, 4 * edges))


@nb.njit(cache=True, nogil=True)
def get(
    numbers: Floats,
    marks: Marks,
    points: Floats,
    given: Floats,
    i: int,
    class_number: int,
    row: Floats,
    edges: Floats,
    begin: int,
    room: Floats,
) -> int:
    """Write a piece as a row `(COLUMNS,)`, and its edges from row `begin` of `edges` on; where they end. `room` is
    written over: `room_for` as many edges as it has. (The first four are `Shapes`: handed on as one they would be
    counted anew for each piece.)
    """
    for k in range(layout.COLUMNS):
        row[k] = 0.0
    kind, at, length = marks[i, WHAT] & 3, marks[i, POINT], marks[i, LENGTH]
    row[layout.KIND], row[layout.DATUM] = kind, marks[i, WHAT] >> 2 & 3
    row[layout.BEGIN_S], row[layout.END_S] = numbers[i, 0], numbers[i, 1]
    row[layout.LOWER_M], row[layout.UPPER_M] = numbers[i, 2], numbers[i, 3]
    row[layout.OWNER], row[layout.CLASS] = marks[i, OWNER], class_number
    if kind == layout.LEG:
        for k in range(3):
            row[layout.LATERAL_M + k] = points[at - length, k]
            row[layout.X0 + k], row[layout.X1 + k] = points[at, k], points[at + 1, k]
        return begin
    if kind == layout.CIRCLE:
        for k in range(3):
            row[layout.X0 + k] = points[at, k]
        row[layout.LATITUDE_RAD], row[layout.LONGITUDE_RAD] = points[at + 1, 0], points[at + 1, 1]
        row[layout.RADIUS_M] = points[at + 1, 2]
        return begin
    if marks[i, WHAT] & GIVEN:
        set_ring(row, given, at, length, edges, begin, room)
    elif length >= 0:
        before = begin + length - 1
        for j in range(length):
            for k in range(3):
                edges[before, 3 + k] = edges[begin + j, k] = points[at + j, k]
            before = begin + j
        set_polygon(row, edges, begin, length)
    else:
        length = -length
        for k in range(3):
            row[layout.X0 + k] = points[at, k]
        row[layout.RADIUS_M] = points[at + 1, 2]
        for j in range(length):
            for k in range(3):
                edges[begin + j, k], edges[begin + j, 3 + k] = points[at + 2 + 2 * j, k], points[at + 3 + 2 * j, k]
    row[layout.EDGES_BEGIN], row[layout.EDGES_END] = begin, begin + length
    return int(begin + length)
