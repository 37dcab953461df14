"""What the sweep passes on: all that conflicts, each pair once, and not everything else."""

import numpy as np
import pytest

from skyparley.conflict.kernels import hits, layout
from skyparley.conflict.kernels.packing import pack_with_offsets
from skyparley.conflict.minima import DEFAULT_MINIMA
from skyparley.conflict.operation import Operation
from skyparley.conflict.pairs.sweep import CELLS_M, FEW, clear, compare, new_sky, sweep
from skyparley.geometry.altitude import Datum
from support.conflict_cases import Position, away, circle_volume, operation, random_operation, track

CLASSES = ("drone", "en_route", "balloon")
MINIMA = np.array(
    [
        [(m.horizontal_m, m.vertical_m) for m in (DEFAULT_MINIMA.between(one, other) for other in CLASSES)]
        for one in CLASSES
    ]
)
# middles, edges and corners of the faces, poles, the antimeridian
PLACES = [(46.5, 7.8), (90.0, 0.0), (-89.99, 12.0), (0.0, 45.0), (45.0, 0.0), (-35.26438968, 135.0), (-17.0, 179.999)]
Pairs = set[tuple[int, int]]


class Swept:
    """All pieces of some operations, swept once."""

    def __init__(self, operations: list[Operation], room: int = 1 << 20) -> None:
        packs = [pack_with_offsets(one, CLASSES.index(one.operation_class)) for one in operations]
        begin = 0
        for number, (own, edges) in enumerate(packs):
            own[:, layout.OWNER] = number
            own[:, layout.EDGES_BEGIN : layout.EDGES_END + 1] += begin
            begin += len(edges)
        self.rows = np.concatenate([own for own, _ in packs])
        self.edges = np.concatenate([edges for _, edges in packs])
        self.hazards = np.array([one.hazard for one in operations], dtype=np.uint8)
        self.order = np.argsort(self.rows[:, layout.BEGIN_S] - self.rows[:, layout.TIME_S])
        self.sky = new_sky(len(self.rows))
        self.pairs = np.empty((room, 2), dtype=np.int64)

    def turn(self, begin: int = 0, old: int = 0) -> tuple[int, int]:
        return sweep(self.sky, self.rows, self.edges, self.order, begin, old, self.hazards, MINIMA, self.pairs)

    def found(self) -> list[tuple[int, int]]:
        """All pairs, each with the lower row first."""
        count, end = self.turn()
        assert end == len(self.order)
        return [(int(min(pair)), int(max(pair))) for pair in self.pairs[:count]]

    def meeting(self) -> Pairs:
        """All pairs of pieces of two operations that are not both hazard areas and conflict by the exact kernels."""
        room, met = np.empty((4_096, hits.HIT_COLUMNS)), set()
        for i in range(len(self.rows)):
            for j in range(i):
                one, other = (int(self.rows[k, layout.OWNER]) for k in (i, j))
                pair = np.array([[i, j]], dtype=np.int64)
                arrays = (self.rows, self.edges, self.rows, self.edges, pair, MINIMA, hits.BOUNDS, room)
                if one != other and not (self.hazards[one] and self.hazards[other]) and hits.exact(*arrays):
                    met.add((j, i))
        return met


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("size_m", "count"), [(20.0, 60), (5_000.0, 40), (200_000.0, 14), (1_000_000.0, 6)])
def test_all_that_conflicts_is_passed_on_once_and_not_everything_else(
    place: Position, size_m: float, count: int
) -> None:
    random = np.random.default_rng(round(size_m) + count)
    operations = [random_operation(random, f"o{i}", place, size_m) for i in range(count)]
    swept = Swept(operations)
    found, meeting = swept.found(), swept.meeting()
    assert len(found) == len(set(found))
    assert meeting <= set(found)
    assert meeting
    assert len(found) < len(swept.rows) ** 2 / 4


def test_what_is_far_apart_in_place_height_or_time_is_not_passed_on() -> None:
    alps, here = (46.5, 7.8), (46.5, 7.8)
    beside = away(alps, 45.0, 10_000.0)
    near = [circle_volume(here, 500.0), circle_volume(beside, 9_600.0)]
    assert len(Swept([operation("a", near[0]), operation("b", near[1])]).found()) == 1
    for other in (
        circle_volume(beside, 4_000.0),
        circle_volume(here, 500.0, band=(100.01, 200.0)),
        circle_volume(here, 500.0, seconds=(600.1, 700.0)),
    ):
        assert Swept([operation("a", near[0]), operation("b", other)]).found() == []


def test_two_drones_are_held_apart_by_their_own_minimum_whoever_else_flies() -> None:
    spots = [away((46.5, 7.8), 90.0, 2_000.0 * i) for i in range(40)]
    paths = [track([(0.0, *spot, 50.0), (60.0, *away(spot, 0.0, 100.0), 50.0)]) for spot in spots]
    drones = [operation(f"d{i}", path) for i, path in enumerate(paths)]
    aircraft = operation("a", paths[0], operation_class="en_route")
    assert len(Swept(drones).found()) == 0
    assert len(Swept([*drones, aircraft]).found()) == 5  # 0 to 8 km; at 10 km none is within 5 NM


def test_a_piece_larger_than_many_cells_looks_at_all_pieces_and_passes_the_same_on() -> None:
    random = np.random.default_rng(3)
    crowd = [
        operation(
            f"o{i}", circle_volume(away((46.5, 7.8), float(random.uniform(0, 360)), 3e5 * float(random.random())), 50.0)
        )
        for i in range(400)
    ]
    large = operation("large", circle_volume((46.5, 7.8), 150_000.0, seconds=(300.0, 600.0)))
    assert (300_000.0 / CELLS_M[0]) ** 2 > FEW + len(crowd) / 4
    found = Swept([*crowd, large]).found()
    inside = sum(bool(Swept([one, large]).meeting()) for one in crowd)
    assert inside <= len(found) < 300
    assert inside > 100


def test_sweeping_in_turns_with_little_room_passes_the_same_on() -> None:
    random = np.random.default_rng(9)
    operations = [
        random_operation(random, f"o{i}", (46.5, 7.8), 800.0, datum=Datum.AGL, span_s=60.0) for i in range(40)
    ]
    whole = sorted(Swept(operations).found())
    swept, place, parts, grown = Swept(operations, room=1), 0, [], 0
    while place < len(swept.order):
        count, place = swept.turn(place)
        if count < 0:
            swept.pairs, grown = np.empty((-count, 2), dtype=np.int64), grown + 1
            continue
        parts += [(int(min(pair)), int(max(pair))) for pair in swept.pairs[:count]]
    assert sorted(parts) == whole
    assert grown > 3
    clear(swept.sky)
    assert (swept.sky.heads == -1).all()


def test_pieces_that_lasted_are_not_compared_with_each_other_again() -> None:
    areas = [operation(f"a{i}", circle_volume((46.5, 7.8), 50.0)) for i in range(6)]
    swept = Swept(areas)
    count, _ = swept.turn(old=4)
    assert sorted(map(tuple, np.sort(swept.order.argsort()[swept.pairs[:count]], axis=1).tolist())) == [
        (0, 4), (0, 5), (1, 4), (1, 5), (2, 4), (2, 5), (3, 4), (3, 5), (4, 5),
    ]  # fmt: skip


def test_hits_carry_their_pair_and_tell_the_lower_number_as_the_one_that_asks() -> None:
    path = operation("p", track([(0.0, 46.5, 7.8, 50.0), (60.0, 46.51, 7.8, 50.0)]))
    area = operation("v", circle_volume((46.5, 7.8), 300.0))
    for operations, flies in (([path, area], 1.0), ([area, path], 0.0)):
        for order in ([0, 1], [1, 0]):
            swept = Swept(operations)
            swept.order = np.array(order)
            count, _ = swept.turn()
            room, keys = np.empty((4, hits.HIT_COLUMNS)), np.empty(4, dtype=np.int64)
            end, filled = compare(
                swept.rows, swept.edges, swept.pairs, 0, count, 10, MINIMA, hits.BOUNDS, room, keys, 0
            )
            assert (end, filled, keys[0]) == (1, 1, 1)
            assert room[0, hits.ASKER_FLIES] == flies
