"""Extents that touch, against S2's own answer and plain comparisons of bands and times."""

from random import Random

import s2geometry as s2

from skyparley.airspace.operations.commands import Extent
from skyparley.airspace.operations.extents import meet, ranges

SECOND_US = 1_000_000


def cells_near(dice: Random) -> tuple[str, ...]:
    """A few cells of many sizes, about one place, as S2 joins them."""
    found = s2.S2CellUnion()
    ids = []
    for _ in range(dice.randint(1, 4)):
        point = s2.S2LatLng.FromDegrees(47 + dice.random() * 0.2, 8 + dice.random() * 0.2)
        ids.append(s2.S2CellId(point).parent(dice.choice((9, 11, 12, 13, 13))).id())
    found.Init(ids)
    return tuple(sorted(cell.ToToken() for cell in found.cell_ids()))


def extent(dice: Random) -> Extent:
    lower, begin = dice.randrange(0, 5), dice.randrange(0, 5)
    return Extent(
        cells_near(dice),
        lower,
        lower + dice.randrange(0, 3),
        dice.choice(("WGS84", "WGS84", "EGM96")),
        begin * SECOND_US,
        (begin + dice.randrange(1, 3)) * SECOND_US,
    )


def union(cells: tuple[str, ...]) -> s2.S2CellUnion:
    found = s2.S2CellUnion()
    found.Init([s2.S2CellId.FromToken(token).id() for token in cells])
    return found


def touch(a: Extent, b: Extent) -> bool:
    same_band = a.datum != b.datum or (a.lower_mm <= b.upper_mm and b.lower_mm <= a.upper_mm)
    same_time = a.begin_us < b.end_us and b.begin_us < a.end_us
    return same_band and same_time and union(a.cells).Intersects(union(b.cells))


def test_extents_touch_as_s2_says() -> None:
    dice = Random(7)
    seen = {True: 0, False: 0}
    for _ in range(3_000):
        one = tuple(extent(dice) for _ in range(dice.randint(1, 3)))
        other = tuple(extent(dice) for _ in range(dice.randint(1, 3)))
        expected = any(touch(a, b) for a in one for b in other)
        assert meet(one, other) == meet(other, one) == expected
        seen[expected] += 1
    assert min(seen.values()) > 500


def test_a_cell_stands_for_its_leaves() -> None:
    cell = s2.S2CellId(s2.S2LatLng.FromDegrees(47, 8)).parent(13)
    assert ranges([cell.ToToken()]) == [(cell.range_min().id(), cell.range_max().id())]
