"""Kernels that write: pieces laid out apart, then placed in a moment; whole tables of volumes; and moving house."""

from typing import NamedTuple

import numpy as np

from skyparley import compiled as nb
from skyparley.conflict.index.cells import ENTRY, Entries, Floats, Integers, Marks, enter
from skyparley.conflict.index.fresh import Fresh, add
from skyparley.conflict.index.shapes import (
    GIVEN,
    LENGTH,
    MARKS,
    NUMBERS,
    OWNER,
    POINT,
    WHAT,
    Shapes,
    edges_of,
    get,
    put,
    room_for,
)
from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.boxes import BOX, set_box


class Laid(NamedTuple):
    """An operation as it will be held; pieces and points count from 0."""

    numbers: Floats
    marks: Marks
    points: Floats
    entries: Entries
    keys: Integers


def lay(rows: Floats, edges: Floats) -> Laid:
    """Lay out the pieces of an operation (rows and edges as of `layout`). Needs no lock: nothing is shared yet."""
    pieces = len(rows)
    laid = Laid(
        np.empty((pieces, NUMBERS)),
        np.empty((pieces, MARKS), dtype=np.int32),
        np.empty((4 * pieces + 2 * len(edges), 3)),
        np.empty((pieces, ENTRY), dtype=np.int16),
        np.empty(pieces, dtype=np.int64),
    )
    end = _lay(rows, edges, *laid)
    return laid._replace(points=laid.points[:end])


@nb.njit(cache=True, nogil=True)
def _lay(
    rows: Floats, edges: Floats, numbers: Floats, marks: Marks, points: Floats, entries: Entries, keys: Integers
) -> int:
    box = np.empty(BOX)
    for i in range(rows.shape[0]):
        set_box(rows[i], edges, box)
        keys[i] = enter(box, i, entries[i])
    return put(rows, edges, numbers, marks, points, 0, 0)


@nb.njit(cache=True, nogil=True)
def place(laid: Laid, shapes: Shapes, fresh: Fresh, slot: int, first_piece: int, first_point: int) -> None:
    """Put an operation into its places: shapes, then entries."""
    for i in range(laid.numbers.shape[0]):
        piece = first_piece + i
        shapes.numbers[piece] = laid.numbers[i]
        shapes.marks[piece] = laid.marks[i]
        shapes.marks[piece, OWNER] = slot
        shapes.marks[piece, POINT] += first_point
    for i in range(laid.points.shape[0]):
        shapes.points[first_point + i] = laid.points[i]
    add(fresh, laid.entries, laid.keys, first_piece)


@nb.njit(cache=True, nogil=True)
def edges_in(marks: Marks, begin: int, end: int) -> int:
    """How many edges pieces `[begin, end)` have."""
    edges = 0
    for i in range(begin, end):
        edges += edges_of(marks, i)
    return edges


@nb.njit(cache=True, nogil=True)
def get_all(shapes: Shapes, begin: int, end: int, class_number: int, rows: Floats, edges: Floats) -> None:
    """Write pieces `[begin, end)` as rows and edges."""
    edges_end, room = 0, np.empty((2, 2 * edges.shape[0]))
    numbers, marks, points, given = shapes
    for i in range(begin, end):
        edges_end = get(numbers, marks, points, given, i, class_number, rows[i - begin], edges, edges_end, room)


@nb.njit(cache=True, nogil=True)
def enter_all(shapes: Shapes, blocks: Marks, entries: Entries, keys: Integers) -> None:
    """Write entries and keys of the pieces of operations, whose places are `blocks` `(n, 4)`."""
    box, row = np.empty(BOX), np.empty(layout.COLUMNS)
    edges, room = np.empty((64, layout.EDGE_COLUMNS)), np.empty((2, 2 * 64))
    numbers, marks, points, given = shapes
    count = 0
    for block in blocks:
        for piece in range(block[0], block[0] + block[1]):
            many = edges_of(marks, piece)
            if many > edges.shape[0]:
                edges = np.empty((2 * many, layout.EDGE_COLUMNS))
            room = room_for(many, room)
            get(numbers, marks, points, given, piece, 0, row, edges, 0, room)
            set_box(row, edges, box)
            keys[count] = enter(box, piece, entries[count])
            count += 1


@nb.njit(cache=True, nogil=True)
def given_to(marks: Marks, blocks: Marks) -> int:
    """How many numbers the pieces of operations, whose places are `blocks` `(n, 4)`, have of what was given."""
    count = 0
    for block in blocks:
        for piece in range(block[0], block[0] + block[1]):
            count += 2 * marks[piece, LENGTH] if marks[piece, WHAT] & GIVEN else 0
    return count


@nb.njit(cache=True, nogil=True)
def move_all(shapes: Shapes, blocks: Marks, owners: Integers, places: Integers, to: Shapes) -> None:
    """Copy the pieces and points of operations, whose places are `blocks` `(n, 4)`, to other `places` `(n, 2)` in other
    arrays as those of `owners` `(n,)`, and say so in `blocks`. What was given of them comes one after another.
    """
    given = 0
    for k in range(blocks.shape[0]):
        block = blocks[k]
        piece, point = places[k, 0], places[k, 1]
        for i in range(block[1]):
            to.numbers[piece + i] = shapes.numbers[block[0] + i]
            to.marks[piece + i] = shapes.marks[block[0] + i]
            mark = to.marks[piece + i]
            mark[OWNER] = owners[k]
            if mark[WHAT] & GIVEN:
                many = 2 * mark[LENGTH]
                to.given[given : given + many] = shapes.given[mark[POINT] : mark[POINT] + many]
                mark[POINT] = given
                given += many
            else:
                mark[POINT] += point - block[2]
        for i in range(block[3]):
            to.points[point + i] = shapes.points[block[2] + i]
        block[0], block[2] = piece, point
