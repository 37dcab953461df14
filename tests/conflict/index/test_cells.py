"""Entries: their codes, and boxes as they are seen from cells, where 16 bits end."""

import numpy as np
import pytest

from skyparley.conflict.index.cells import (
    CELL_M,
    ENTRY,
    MAX_HELD_PIECES,
    QUERY,
    SLOT_S,
    code_of,
    count_from,
    enter,
    find_place,
    level_of,
    piece_of,
    see_from,
    sift,
    steps_of,
)
from skyparley.conflict.search import ConflictIndex
from support.conflict_cases import away, circle_volume, operation

ALPS = (46.5, 7.8)
NUMBERS = (0, 1, 8_191, 8_192, 16_383, 16_384, 65_535, 2**20 + 3, MAX_HELD_PIECES)


def _box(x: tuple[float, float], time: tuple[float, float], band: tuple[float, float], datum: int = 0) -> np.ndarray:
    return np.array([*x, -1_000.0, 1_000.0, 6_370_000.0, 6_371_000.0, *time, *band, datum], dtype=np.float64)


def _meet(held: np.ndarray, asked: np.ndarray) -> bool:
    """Whether the entry of one box is found by the other, seen from the entry's cell."""
    entry, at = np.empty((1, ENTRY), dtype=np.int16), np.empty(4, dtype=np.int64)
    key = enter(held, 5, entry[0])
    find_place(key, at)
    steps, seen = np.empty(QUERY, dtype=np.int64), np.empty(QUERY, dtype=np.int64)
    steps_of(asked, level_of(key), steps)
    see_from(at, steps, seen)
    pairs = np.empty((1, 2), dtype=np.int64)
    found = sift(entry, 0, 1, seen, 3, pairs, 0)
    assert not found or pairs.tolist() == [[3, 5]]
    return bool(found)


@pytest.mark.parametrize("piece", NUMBERS)
@pytest.mark.parametrize("datum", range(4))
def test_a_code_keeps_piece_and_datum(piece: int, datum: int) -> None:
    entry = np.empty((1, ENTRY), dtype=np.int16)
    enter(_box((0.0, 10.0), (0.0, 10.0), (0.0, 10.0), datum), piece, entry[0])
    assert (piece_of(entry, 0), code_of(entry, 0) & 3) == (piece, datum)
    for first in NUMBERS:
        if first + piece <= MAX_HELD_PIECES:
            moved = entry.copy()
            count_from(moved[0], code_of(entry, 0), first)
            assert (piece_of(moved, 0), code_of(moved, 0) & 3) == (first + piece, datum)
            assert np.array_equal(moved[0, :10], entry[0, :10])


@pytest.mark.parametrize("off", [-0.75, -0.5, -0.3, -0.1, 0.0, 0.1, 0.3, 0.5, 0.75])
@pytest.mark.parametrize("cell", [-3, 0, 2])
def test_a_box_as_large_as_its_cell_meets_what_touches_it(cell: int, off: float) -> None:
    """Its middle lies about where a cell ends, so that its own ends are as far from the cell as they can be."""
    for middle in (cell * CELL_M + off, cell * CELL_M + off * 2e-3):
        held = _box((middle - CELL_M / 2.0, middle + CELL_M / 2.0), (0.0, 60.0), (0.0, 100.0))
        for touching in ((held[1], held[1] + 50.0), (held[0] - 50.0, held[0]), (middle, middle)):
            assert _meet(held, _box(touching, (0.0, 60.0), (0.0, 100.0)))
        long = _box((0.0, 10.0), (middle, middle + SLOT_S), (0.0, 100.0))
        assert _meet(long, _box((0.0, 10.0), (middle + SLOT_S, middle + 3.0 * SLOT_S), (0.0, 100.0)))


@pytest.mark.parametrize("height_m", [-40_000.0, -32_768.0, 32_767.0, 32_768.0, 40_000.0, 99_000.0])
def test_what_is_too_high_for_16_bits_is_found(height_m: float) -> None:
    box = _box((0.0, 10.0), (0.0, 10.0), (height_m, height_m + 100.0))
    assert _meet(box, box)
    assert not _meet(box, _box((0.0, 10.0), (0.0, 10.0), (0.0, 100.0)))


@pytest.mark.parametrize("merged", [False, True])
def test_airspace_at_forty_kilometres_conflicts(merged: bool) -> None:
    index = ConflictIndex()
    for i, lower_m in enumerate((32_700.0, 40_000.0, 90_000.0)):
        index.insert(operation(f"high-{i}", circle_volume(ALPS, 500.0, band=(lower_m, lower_m + 200.0)), party="a"))
    if merged:
        index.merge()
    asked = operation("asker", circle_volume(away(ALPS, 90.0, 300.0), 500.0, band=(40_100.0, 90_010.0)), party="b")
    assert {conflict.a.operation_id for conflict in index.check(asked)} == {"high-1", "high-2"}
