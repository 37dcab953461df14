"""Who is where: cells against S2's own, the index against every pair, and areas anywhere on Earth against their points.

Two areas truly meet if some point lies in both, by geodesics alone (PROJ): then two intents of these areas must be
relevant to each other, whatever lies between: covering, cells, index and rules.
"""

import math
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
import s2geometry as s2
import shapely
from pyproj import Geod, Proj

from oracle.nearest import geodesic
from oracle.reference_dss import relevant
from skyparley.airspace.dss.cells import CellIndex, level_13
from skyparley.airspace.operations.commands import Extent
from skyparley.geometry.cells import cover_volume
from skyparley.geometry.footprint import Circle
from skyparley.geometry.polygon import Polygon
from support.conflict_cases import Position, away, random_ring
from support.dss_histories import AREAS, BANDS, GRID_US, HERE, START_US, LoneDss, identifier, put_intent

GEOD = Geod(ellps="WGS84")
SHIFT = 35
FAR_M = 6_000.0
"""More than two cells of level 13 with their margins: areas so far apart share none."""
PLACES: dict[str, Position] = {
    "alps": (46.5, 7.8),
    "equator": (0.0, 0.0),
    "antimeridian": (-17.0, 180.0),
    "beside the antimeridian": (64.0, -179.99),
    "north pole": (90.0, 0.0),
    "near the north pole": (89.97, -120.0),
    "south pole": (-90.0, 77.0),
    "cube edge": (30.0, 45.0),
    "cube corner": (35.264389682754654, 45.0),
    "southern cube corner": (-35.264389682754654, -135.0),
    "top face edge": (45.0, 90.0),
}
Floats = npt.NDArray[np.float64]


def anywhere(dice: Random) -> Position:
    return math.degrees(math.asin(dice.uniform(-1.0, 1.0))), dice.uniform(-180.0, 180.0)


def random_cell(dice: Random, level: int) -> s2.S2CellId:
    """Anywhere on Earth, or in the first or last corner of one of S2's six faces."""
    if dice.random() < 0.2:
        face = s2.S2CellId.FromFacePosLevel(dice.randrange(6), 0, 0)
        return dice.choice((face.range_min(), face.range_max())).parent(level)
    return s2.S2CellId(s2.S2LatLng.FromDegrees(*anywhere(dice))).parent(level)


def children(cell: s2.S2CellId) -> list[int]:
    found, one, end = [], cell.child_begin(13), cell.child_end(13)
    while one != end:
        found.append(one.id() >> SHIFT)
        one = one.next()
    return found


@pytest.mark.parametrize("level", range(3, 14))
def test_a_token_stands_for_the_cells_of_level_13_that_s2_says(level: int) -> None:
    """Coarser ones hold more cells than a reference may have."""
    dice = Random(level)
    for _ in range(2 if level < 6 else 4 if level < 8 else 60):
        cell = random_cell(dice, level)
        found = list(level_13((cell.ToToken(),)))
        if level > 3:
            assert found == children(cell)
        assert found == list(range(cell.child_begin(13).id() >> SHIFT, cell.child_end(13).id() >> SHIFT))
        assert len(found) == 4 ** (13 - level)


def test_several_tokens_stand_for_all_their_cells_in_order() -> None:
    dice = Random(5)
    for _ in range(200):
        union = s2.S2CellUnion()
        count = dice.choice((1, 2, 6, 16, 17, 40))
        union.Init([random_cell(dice, dice.choice((9, 11, 12, 13, 13))).id() for _ in range(count)])
        cells = list(union.cell_ids())
        found = list(level_13(tuple(cell.ToToken() for cell in cells)))
        assert found == [number for cell in cells for number in children(cell)]
        assert found == sorted(set(found))


@dataclass(frozen=True)
class Item:
    name: str
    sequence: int
    extents: tuple[Extent, ...]
    told: "Item | None" = None


def place(dice: Random) -> Extent:
    lower_mm, upper_mm = dice.choice(BANDS)
    begin_us = START_US + dice.randrange(6) * GRID_US
    return Extent(dice.choice(AREAS), lower_mm, upper_mm, "WGS84", begin_us, begin_us + dice.randint(1, 3) * GRID_US)


def test_the_index_finds_what_every_pair_compared_finds() -> None:
    """What is put, dropped and put again, by several volumes each, with the newest last as entries come."""
    counts = {"meeting": 0, "newer": 0, "again": 0, "older left out": 0}
    for seed in range(60):
        dice = Random(seed)
        index: CellIndex[Item] = CellIndex()
        held: dict[str, Item] = {}
        for sequence in range(1, 60):
            name = str(dice.randrange(12))
            if name in held:
                index.drop(name)
                del held[name]
                counts["again"] += 1
            if dice.random() < 0.8:
                told = Item(f"told {dice.randrange(4)}", 0, ()) if dice.random() < 0.5 else None
                held[name] = Item(name, sequence, tuple(place(dice) for _ in range(dice.randint(1, 3))), told)
                index.put(held[name], sequence, held[name].extents, told)
            where = tuple(place(dice) for _ in range(dice.randint(1, 3)))
            after = dice.randrange(sequence + 1)
            expected = {name: item for name, item in held.items() if relevant(where, item.extents)}
            assert index.meeting(where) == expected
            assert index.told_of(where) == {item.told.name: item.told for item in expected.values() if item.told}
            newer = {name for name, item in expected.items() if item.sequence > after}
            assert {item.name for item in index.newer(where, after)} == newer
            assert all(held[item.name] is item for item in index.newer(where, after))
            counts["meeting"] += len(expected)
            counts["newer"] += len(newer)
            counts["older left out"] += len(expected) - len(newer)
        for name in list(held):
            index.drop(name)
        assert index.meeting((HERE, *(place(dice) for _ in range(20)))) == {}
        assert not index._cells
    assert min(counts.values()) > 1_000, counts


class Area:
    """A circle or a polygon with the points that tell whether it meets another, in geodesics from its middle."""

    def __init__(self, footprint: Circle | Polygon, middle: Position) -> None:
        self.footprint = footprint
        self.middle = middle
        self.cells = cover_volume(footprint)
        self._plane = Proj(proj="aeqd", lat_0=middle[0], lon_0=middle[1], ellps="WGS84")
        self._shape: shapely.Polygon | None = None
        if isinstance(footprint, Polygon):
            ring = self._edges(footprint)
            self._shape = shapely.Polygon(np.column_stack(self._plane(ring[1], ring[0])))

    @staticmethod
    def _edges(polygon: Polygon) -> tuple[Floats, Floats]:
        """Points along the geodesics between the corners."""
        corners = polygon.vertices
        shares = np.linspace(0.0, 1.0, 40, endpoint=False)
        edges = [geodesic(a, b)(shares) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)]
        return np.concatenate([edge[0] for edge in edges]), np.concatenate([edge[1] for edge in edges])

    def points(self) -> tuple[Floats, Floats]:
        """Latitudes and longitudes from the rim to the middle; of a polygon, some may lie outside."""
        if isinstance(self.footprint, Circle):
            turns = np.linspace(0.0, 360.0, 180, endpoint=False)
            shares = np.repeat([self.footprint.radius_m * share for share in (1.0, 0.99, 0.9, 0.6, 0.3, 0.0)], 180)
        else:
            latitudes, longitudes = self._edges(self.footprint)
            turns, _, distances = GEOD.inv(*self._middles(len(latitudes)), longitudes, latitudes)
            shares = np.concatenate([np.asarray(distances) * share for share in (1.0, 0.99, 0.9, 0.6, 0.3, 0.0)])
        turns = np.tile(turns, 6)
        found_longitudes, found_latitudes, _ = GEOD.fwd(*self._middles(len(turns)), turns, shares)
        return np.asarray(found_latitudes), np.asarray(found_longitudes)

    def holds(self, latitudes: Floats, longitudes: Floats) -> npt.NDArray[np.bool_]:
        """Which points lie in it; within a centimetre of the rim of a polygon none does."""
        if self._shape is None:
            assert isinstance(self.footprint, Circle)
            distances_m = GEOD.inv(*self._middles(len(latitudes)), longitudes, latitudes)[2]
            return np.asarray(distances_m) <= self.footprint.radius_m
        inner = self._shape.buffer(-0.01)
        return np.asarray(shapely.contains_xy(inner, *self._plane(longitudes, latitudes)))

    def meets(self, other: "Area") -> bool:
        """Whether a point of either lies in both."""
        for one in (self, other):
            points = one.points()
            if (self.holds(*points) & other.holds(*points)).any():
                return True
        return False

    def _middles(self, count: int) -> tuple[Floats, Floats]:
        return np.full(count, self.middle[1]), np.full(count, self.middle[0])


def random_area(random: np.random.Generator, middle: Position, size_m: float) -> Area:
    if random.random() < 0.5:
        return Area(Circle(*middle, size_m), middle)
    return Area(Polygon(random_ring(random, middle, size_m)), middle)


def areas_are_relevant(one: Area, other: Area) -> bool:
    """Whether the second of two intents of these areas needs the first in its key, by the rules."""
    world = LoneDss()
    extents = [(Extent(area.cells, 0, 1_000, "WGS84", HERE.begin_us, HERE.end_us),) for area in (one, other)]
    world.must(put_intent(extents=extents[0]))
    found = world.state.dss.relevant_intents(extents[1])
    second = put_intent(manager="uss2", intent_id=identifier(1, 7), extents=extents[1])
    verdict = world.refusal(second)
    assert verdict == ("state_conflict key" if found else "accepted")
    return verdict != "accepted"


@pytest.mark.parametrize("place_name", [*PLACES, "anywhere"])
def test_whatever_truly_intersects_is_relevant_anywhere_on_earth(place_name: str) -> None:
    dice, random = Random(place_name), np.random.default_rng(sum(place_name.encode()))
    seen = {"meet": 0, "far": 0}
    for _ in range(100):
        centre = PLACES.get(place_name) or anywhere(dice)
        sizes_m = 10.0 ** random.uniform(0.5, 4.5, 2)
        first = random_area(random, away(centre, float(random.uniform(0, 360)), sizes_m[0]), float(sizes_m[0]))
        apart_m = float(sizes_m.sum() * random.uniform(0.0, 1.1) + (random.random() < 0.2) * (FAR_M + sizes_m.sum()))
        second = random_area(random, away(first.middle, float(random.uniform(0, 360)), apart_m), float(sizes_m[1]))
        if first.meets(second):
            seen["meet"] += 1
            assert areas_are_relevant(first, second), (first.footprint, second.footprint)
        elif apart_m > sizes_m.sum() * 1.01 + FAR_M:
            seen["far"] += 1
            assert not areas_are_relevant(first, second), (first.footprint, second.footprint)
    assert seen["meet"] >= 25, seen
    assert seen["far"] >= 8, seen


@pytest.mark.parametrize("place_name", PLACES)
def test_circles_that_just_touch_are_relevant(place_name: str) -> None:
    """Their common point lies on the geodesic between the centres, a part in a million within both."""
    random = np.random.default_rng(len(place_name))
    for _ in range(60):
        radii_m = 10.0 ** random.uniform(0.0, 4.3, 2)
        first = away(PLACES[place_name], float(random.uniform(0, 360)), float(random.uniform(0.0, 1.5) * radii_m[0]))
        second = away(first, float(random.uniform(0, 360)), float(radii_m.sum() * (1.0 - 1e-6)))
        one, other = (
            Area(Circle(*middle, float(radius_m)), middle)
            for middle, radius_m in zip((first, second), radii_m, strict=True)
        )
        assert areas_are_relevant(one, other), (one.footprint, other.footprint)
