"""Degenerate inputs of the kernels, each with the answer that the rules give: what touches counts, what is exactly at a
minimum does not, half-open times that merely meet do not.

`CORNERS` names them; the mutation run uses them beside the random cases.
"""

from collections.abc import Callable

import numpy as np

from oracle.footprints import Floats, forward, inverse
from oracle.motions import Legs, apart_m, least
from skyparley.conflict.kernels import hits, layout
from support import kernel_rows as rows

PLACES = np.array(
    [(46.5, 7.8), (-45.0, 180.0), (-45.0, -180.0), (90.0, 0.0), (-90.0, 33.0), (0.0, 0.0), (89.999_99, -180.0)]
)
HALF_QUANTUM_M = 0.000_5
SECOND = 1_000.0


def _ring(centre: Floats, sizes_m: list[float], turn: float = 0.0) -> Floats:
    angles = turn + np.arange(len(sizes_m)) * 360.0 / len(sizes_m)
    return forward(centre[:, None, :], angles[None, :], np.array(sizes_m)[None, :] * np.ones((len(centre), 1)))[0]


def _legs(
    start: Floats,
    end: Floats,
    seconds: tuple[float, float] = (0.0, 100.0),
    up_m: tuple[float, float] = (50.0, 50.0),
    **tolerances: float,
) -> Floats:
    count = len(start)
    return rows.legs(start, end, np.tile(seconds, (count, 1)), np.tile(up_m, (count, 1)), **tolerances)


def _way(azimuth: float, before_m: float, after_m: float, aside_m: float = 0.0) -> tuple[Floats, Floats]:
    spot = forward(PLACES, np.full(len(PLACES), azimuth + 90.0), np.full(len(PLACES), aside_m))[0]
    return forward(spot, azimuth + 180.0, before_m)[0], forward(spot, azimuth, after_m)[0]


def _all(answer: Floats, expected: bool) -> None:
    assert (answer == expected).all(), (expected, answer.tolist())


def polygons_that_share_or_hold() -> None:
    """Identical, wound otherwise, sharing an edge, a corner on an edge, inside, overlapping without a corner inside."""
    square = _ring(PLACES, [300.0] * 4)
    shapes: list[tuple[Floats, bool]] = [(square, True), (square[:, ::-1], True), (np.roll(square, 1, axis=1), True)]
    shapes.append((_ring(PLACES, [30.0] * 4), True))
    shapes.append((_ring(PLACES, [3_000.0] * 4), True))
    shapes.append((_ring(PLACES, [600.0, 50.0, 600.0, 50.0], 45.0), True))
    apex = forward(square[:, 0], 45.0, 500.0)[0]
    shapes.append((np.stack((square[:, 0], apex, square[:, 1]), axis=1), True))
    shapes.append((_ring(forward(PLACES, 10.0, 900.0)[0], [300.0] * 4), False))
    first, edges = rows.polygons(square)
    for other, touches in shapes:
        second, others = rows.polygons(other)
        _all(rows.meets(first, second, edges, others), touches)


def corners_at_half_a_millimetre() -> None:
    """A wedge points at the middle of an edge, at a corner along its bisector: it touches up to half a millimetre."""
    for turn in (0.0, 45.0, 135.0, 225.0, 315.0):
        square = _ring(PLACES, [300.0] * 4, turn)
        length, ahead, _ = inverse(square[:, 0], square[:, 1])
        middle, onward = forward(square[:, 0], ahead, length / 2.0)
        for spot, outward in ((middle, onward - 90.0), (square[:, 0], inverse(PLACES, square[:, 0])[2] + 180.0)):
            for gap, touches in ((0.0003, True), (0.0007, False), (0.0, True), (-0.001, True)):
                tip = forward(spot, outward, gap)[0]
                for spread in (0.1, 60.0) if turn == 0.0 else (30.0,):
                    sides = [forward(tip, outward + side, 200.0)[0] for side in (spread, -spread)]
                    for shift in (0, 1, 2) if turn == 0.0 else (0,):
                        _point_at(square, np.roll(np.stack((tip, *sides), axis=1), shift, axis=1), touches)


def _point_at(square: Floats, wedge: Floats, touches: bool) -> None:
    first, edges = rows.polygons(square)
    for turned in (wedge, wedge[:, ::-1]):
        second, others = rows.polygons(turned)
        _all(rows.meets(first, second, edges, others), touches)


def holes() -> None:
    """What lies in a hole is outside; on its border it touches; a polygon round a ring with a hole holds it."""
    outer, hole = _ring(PLACES, [1_000.0] * 8), _ring(PLACES, [600.0] * 8)
    count = len(PLACES)
    ring, edges = rows.polygons(outer)
    _, inner = rows.polygons(hole)
    pool = np.concatenate((edges.reshape(count, -1, 6), inner.reshape(count, -1, 6)), axis=1)
    ring[:, layout.EDGES_BEGIN], ring[:, layout.EDGES_END] = 16 * np.arange(count), 16 * (np.arange(count) + 1)
    pool = pool.reshape(-1, 6)
    for size, touches in ((100.0, False), (500.0, False), (700.0, True), (600.0, True), (1_500.0, True)):
        second, others = rows.polygons(_ring(PLACES, [size] * 8))
        _all(rows.meets(ring, second, pool, others), touches)
    inradius = 600.0 * np.cos(np.pi / 8)
    for radius, touches in ((inradius - 0.01, False), (inradius + 0.01, True), (0.01, False)):
        _all(rows.meets(rows.circles(PLACES, np.full(count, radius)), ring, rows.NO_EDGES, pool), touches)
    start, end = _way(20.0, 400.0, 300.0)
    _all(rows.meets(_legs(start, end), ring, rows.NO_EDGES, pool), False)
    start, end = _way(20.0, 1_500.0, 1_500.0)
    found, pair = rows.exact(_legs(start, end, (0.0, 3_000.0)), ring, rows.NO_EDGES, pool)
    assert (np.bincount(pair) == 2).all()
    spans = found[:, hits.LAST_US] - found[:, hits.FIRST_US]
    assert (np.abs(spans / 1e6 - 390.0) < 60.0).all(), spans


def circles_in_circles() -> None:
    """The same, one in the other, of a millimetre and of 2,000 km, touching from outside."""
    count = len(PLACES)
    for one, other, apart, touches in (
        (500.0, 500.0, 0.0, True),
        (2e6, 0.001, 0.0, True),
        (2e6, 2e6, 3.999e6, True),
        (0.001, 0.001, 0.0024, True),
        (0.001, 0.001, 0.0028, False),
        (100.0, 200.0, 300.0004, True),
        (100.0, 200.0, 300.0006, False),
        (0.001, 1e6, 1e6, True),
    ):
        centre = forward(PLACES, 77.0, apart)[0]
        first, second = rows.circles(PLACES, np.full(count, one)), rows.circles(centre, np.full(count, other))
        _all(rows.meets(first, second), touches)


def legs_that_follow_or_stand() -> None:
    """No relative speed, collinear, head-on, hovering, and one instant in common."""
    start, end = _way(60.0, 2_000.0, 2_000.0)
    for gap, reach, touches in (
        (500.0, 500.0002, False),
        (500.0, 500.0008, True),
        (0.0, 0.001, True),
        (0.0, 0.0, False),
    ):
        ahead = forward(start, inverse(start, end)[1], gap)[0], forward(end, inverse(start, end)[2] + 180.0, gap)[0]
        _all(rows.meets(_legs(start, end, lateral_m=reach, vertical_m=10.0), _legs(*ahead)), touches)
        for early in (0.0, 1.0):  # one second late is 40 m further back
            near = _legs(start, end, lateral_m=max(0.0, reach - 40.0 * (1.0 + early)), vertical_m=10.0, time_s=1.0)
            _all(rows.meets(near, _legs(*ahead, time_s=early)), touches and gap > 0.0)
    found, _ = rows.exact(_legs(start, end, lateral_m=100.0, vertical_m=10.0), _legs(end, start))
    assert (np.abs(found[:, hits.FIRST_US] / 1e6 - 48.75) < 0.01).all()
    assert (np.abs(found[:, hits.LAST_US] / 1e6 - 51.25) < 0.01).all()
    assert (found[:, hits.HORIZONTAL_M] < 0.002).all()
    still = forward(PLACES, 10.0, 400.0)[0]
    for reach, touches in ((400.0002, False), (400.0008, True)):
        for other in (_legs(PLACES, PLACES), _legs(PLACES, PLACES, (99.0, 300.0)), _legs(PLACES, PLACES, (-50.0, 1.0))):
            for early in (0.0, 3.0):
                hover = _legs(still, still, lateral_m=reach, vertical_m=10.0, time_s=early)
                _all(rows.meets(hover, other), touches)
    half_open_early_or_late()


def half_open_early_or_late() -> None:
    """Times that merely meet with their tolerance, at sixty instants that a double cannot hold exactly."""
    noon = 1_800_014_400.0 + np.arange(60) * 0.123457
    spots = np.tile(PLACES[0], (len(noon), 1))
    up = np.full((len(noon), 2), 50.0)
    near = rows.legs(spots, spots, noon[:, None] + (0.3, 100.1), up, lateral_m=9.0, vertical_m=9.0)
    for early, later, touches in ((0.0, 0.0, False), (0.0, -1e-5, True), (2.3, 0.0, False), (2.3, -1e-5, True)):
        near[:, layout.TIME_S] = early
        for seconds in ((100.1 + early + later, 200.0), (-200.0, 0.3 - early - later)):
            _all(rows.meets(near, rows.legs(spots, spots, noon[:, None] + seconds, up)), touches)


def legs_abreast() -> None:
    """Side by side at one speed, closing by millimetres: too near from halfway on, or until halfway, or nowhere."""
    start, end = _way(60.0, 2_000.0, 2_000.0)
    ahead, onward = inverse(start, end)[1], inverse(end, start)[1] + 180.0
    for closing in (0.004, -0.004):
        beside = forward(start, ahead + 90.0, 500.0 + closing)[0], forward(end, onward + 90.0, 500.0 - closing)[0]
        for early in (0.0, 1e-7):
            one = _legs(start, end, lateral_m=500.0005, vertical_m=10.0, time_s=early)
            found, pair = rows.exact(one, _legs(*beside))
            assert (pair == np.arange(len(PLACES))).all()
            first, last = found[:, hits.FIRST_US] / 1e6, found[:, hits.LAST_US] / 1e6
            inner, outer, at_end = (first, last, 100.0) if closing > 0.0 else (last, first, 0.0)
            assert (np.abs(inner - 50.0) < 4.0).all(), inner
            assert (np.abs(outer - at_end) < 1e-5).all(), outer
            assert (np.abs(found[:, hits.HORIZONTAL_M] - 499.996) < 0.0003).all()
            assert (np.abs(found[:, hits.CLOSEST_US] / 1e6 - at_end) < 1e-5).all()
        for reach, touches in ((499.9962, False), (499.9968, True), (500.01, True)):
            _all(rows.meets(_legs(start, end, lateral_m=reach, vertical_m=10.0), _legs(*beside)), touches)


def legs_staggered() -> None:
    """Side by side and ahead, over whole legs: the vertical turns by 1.2 milliradians from their begin to their end."""
    start, end = _way(60.0, 3_900.0, 4_000.0)
    ahead, onward = inverse(start, end)[1], inverse(end, start)[1] + 180.0
    for turn in (45.0, 135.0, -30.0):
        other = forward(start, ahead + turn, 6_000.0)[0], forward(end, onward + turn, 6_000.0)[0]
        times, up = np.tile((0.0, 100.0), (len(start), 1)), np.full((len(start), 2), 50.0)
        a, b = Legs(start, end, times, up), Legs(*other, times, up)
        apart = least(lambda t, a=a, b=b: apart_m(a, b, t), times[:, 0], times[:, 1])[1]
        for early, budget in ((0.0, 0.0003), (1e-7, 0.0007)):
            for reach, touches in ((apart - budget, False), (apart + budget, True)):
                one = rows.legs(start, end, times, up, lateral_m=reach + HALF_QUANTUM_M, vertical_m=10.0, time_s=early)
                _all(rows.meets(one, _legs(*other)), touches)


def legs_that_cross_early_or_late() -> None:
    """At right angles through one point at 50 s: within 100 m while both clocks lie in an ellipse about it."""
    count = len(PLACES)
    for ways, early, late in (
        ((2_000.0, 2_000.0), (20.0, 5.0), 57.5),  # 2.5 s by each clock
        ((2_000.0, 2_000.0), (5.0, 20.0), 57.5),
        ((2_000.0, 2_000.0), (20.0, 20.0), 70.0 + 2.5 / np.sqrt(2.0)),
        ((2_000.0, 2_000.0), (3.0, 0.0), 52.5),
        ((2_000.0, 1_000.0), (20.0, 5.0), 60.0),  # 2.5 s and 5 s
        ((2_000.0, 1_000.0), (5.0, 20.0), 57.5),
        ((1_000.0, 2_000.0), (5.0, 20.0), 60.0),
    ):
        one, other = _way(30.0, ways[0], ways[0]), _way(120.0, ways[1], ways[1])
        a = _legs(*one, lateral_m=100.0 + HALF_QUANTUM_M, vertical_m=10.0, time_s=early[0])
        found, pair = rows.exact(a, _legs(*other, time_s=early[1]))
        assert (pair == np.arange(count)).all()
        assert (np.abs(found[:, hits.LAST_US] / 1e6 - late) < 1e-4).all(), (late, found[:, hits.LAST_US])
        assert (np.abs(found[:, hits.FIRST_US] / 1e6 - (100.0 - late)) < 1e-4).all()
        assert (np.abs(found[:, hits.CLOSEST_US] / 1e6 - 50.0) < 1e-4).all()


def levels() -> None:
    """Exactly a minimum apart in altitude is separated, a millimetre less is not; a climb passes in between."""
    start, end = _way(60.0, 2_000.0, 2_000.0)
    for gap, touches in ((300.0, False), (299.9996, False), (299.9994, True), (0.0, True)):
        for early in (0.0, 5.0):
            for up in (50.0 + gap, 50.0 - gap):
                other = _legs(start, end, up_m=(up, up))
                _all(rows.meets(_legs(start, end, lateral_m=9.0, vertical_m=300.0, time_s=early), other), touches)
    climb = _legs(start, end, up_m=(0.0, 1_000.0))
    found, _ = rows.exact(_legs(start, end, up_m=(500.0, 500.0), lateral_m=9.0, vertical_m=100.0), climb)
    assert (np.abs(found[:, hits.FIRST_US] / 1e6 - 40.0) < 0.001).all()
    assert (np.abs(found[:, hits.LAST_US] / 1e6 - 60.0) < 0.001).all()
    assert (np.abs(found[:, hits.CLOSEST_US] / 1e6 - 50.0) < 0.001).all()
    for band, up, touches in (
        ((50.0005, 90.0), 50.0, True),
        ((50.0007, 90.0), 50.0, False),
        ((10.0, 49.9995), 50.0, True),
        ((10.0, 49.9993), 50.0, False),
    ):
        circle = rows.circles(PLACES, np.full(len(PLACES), 300.0))
        circle[:, layout.LOWER_M], circle[:, layout.UPPER_M] = band
        _all(rows.meets(_legs(start, end, up_m=(up, up)), circle), touches)
    circle = rows.circles(PLACES, np.full(len(PLACES), 3_000.0))
    circle[:, layout.LOWER_M], circle[:, layout.UPPER_M] = 400.0, 600.0
    for up in ((0.0, 1_000.0), (1_000.0, 0.0)):
        found, _ = rows.exact(_legs(start, end, up_m=up), circle)
        assert (np.abs(found[:, hits.FIRST_US] / 1e6 - 40.0) < 0.001).all()
        assert (np.abs(found[:, hits.LAST_US] / 1e6 - 60.0) < 0.001).all()
    ceiling = rows.circles(PLACES, np.full(len(PLACES), 3_000.0))
    ceiling[:, layout.LOWER_M] = 0.001  # reached at the very end of a leg, whose time is half-open
    _all(rows.meets(_legs(start, end, up_m=(-99.9995, 0.0005)), ceiling), False)
    _all(rows.meets(_legs(start, end, up_m=(-99.9995, 0.0006)), ceiling), True)
    beside = rows.circles(forward(PLACES, 150.0, 700.0003)[0], np.full(len(PLACES), 700.0))
    found, pair = rows.exact(_legs(start, end), beside)  # what touches is at no distance, even 0.3 mm away
    assert len(pair) == len(PLACES)
    assert (found[:, hits.HORIZONTAL_M] == 0.0).all()
    for up, touches in (((0.0, 400.0), True), ((0.0, 399.9), False), ((600.0, 900.0), True), ((600.1, 900.0), False)):
        _all(rows.meets(_legs(start, end, up_m=up), circle), touches)


def far_circles() -> None:
    """Borders of circles of up to 2,000 km are crossed, at every angle, to a tenth of a millimetre."""
    for radius in (21_000.0, 150_000.0, 2e6):
        centre = forward(PLACES, 33.0, radius)[0]
        solid = rows.circles(centre, np.full(len(PLACES), radius))
        inward = inverse(PLACES, centre)[1]
        for turn in (0.0, 40.0, 85.0, 120.0, 180.0):
            start, end = forward(PLACES, inward + turn + 180.0, 3_900.0)[0], forward(PLACES, inward + turn, 3_900.0)[0]
            found, pair = rows.exact(_legs(start, end, (0.0, 1_000.0)), solid)
            assert (pair == np.arange(len(PLACES))).all()
            leg = Legs(start, end, np.tile((0.0, 1_000.0), (len(start), 1)), np.zeros((len(start), 2)))
            enters = inverse(centre, start)[0] > radius
            crossed = np.where(enters, found[:, hits.FIRST_US], found[:, hits.LAST_US]) / 1e6
            assert (np.abs(inverse(centre, leg.at(crossed))[0] - radius - HALF_QUANTUM_M) < 1e-4).all()
            other = np.where(enters, found[:, hits.LAST_US], found[:, hits.FIRST_US]) / 1e6
            assert (found[:, hits.HORIZONTAL_M] == 0.0).all()
            inside = np.minimum(np.abs(other), np.abs(other - 1_000.0)) < 1e-5
            there = inverse(centre, leg.at(np.clip(other, 0.0, 1_000.0)))[0]
            assert (inside | (np.abs(there - radius - HALF_QUANTUM_M) < 1e-4)).all()


def times_of_volumes() -> None:
    """Half-open times of a leg and a volume; tolerance widens them; what is left is the volume's own time."""
    count = len(PLACES)
    start, end = _way(60.0, 100.0, 100.0)
    triangle, edges = rows.polygons(_ring(PLACES, [900.0] * 3))
    for solid, pool in ((rows.circles(PLACES, np.full(count, 900.0)), rows.NO_EDGES), (triangle, edges)):
        for begin, finish, early, touches in (
            (100.0, 200.0, 0.0, False),
            (99.999_99, 200.0, 0.0, True),
            (-100.0, 0.0, 0.0, False),
            (-100.0, 0.000_01, 0.0, True),
            (105.0, 200.0, 5.0, False),
            (104.999, 200.0, 5.0, True),
            (-100.0, -5.0, 5.0, False),
            (-100.0, -4.999, 5.0, True),
            (30.0, 40.0, 0.0, True),
            (30.0, 40.0, 7.0, True),
        ):
            volume = solid.copy()
            volume[:, layout.BEGIN_S], volume[:, layout.END_S] = begin, finish
            leg = _legs(start, end, time_s=early)
            _all(rows.meets(leg, volume, rows.NO_EDGES, pool), touches)
            found, _ = rows.exact(leg, volume, rows.NO_EDGES, pool)
            if len(found):
                low, high = max(begin, -early), min(finish, 100.0 + early)
                assert (np.abs(found[:, hits.FIRST_US] / 1e6 - low) < 2e-6).all(), (begin, finish, early)
                assert (np.abs(found[:, hits.LAST_US] / 1e6 - high) < 2e-6).all(), (begin, finish, early)
                assert (found[:, hits.HORIZONTAL_M] == 0.0).all()


def legs_beside_and_through_rings() -> None:
    """Along an edge, through a corner, in and out again, standing inside, on the border and outside."""
    square = _ring(PLACES, [300.0] * 4)
    solid, edges = rows.polygons(square)
    length, ahead, _ = inverse(square[:, 0], square[:, 1])
    before, beyond = forward(square[:, 0], ahead + 180.0, 100.0)[0], forward(square[:, 0], ahead, length + 100.0)[0]
    for aside, touches in ((0.0, True), (0.000_3, True), (0.000_8, False), (-0.001, True)):
        start, end = (
            forward(spot, turn - 90.0, aside)[0]
            for spot, turn in ((before, ahead), (beyond, inverse(beyond, square[:, 0])[1] + 180.0))
        )
        _all(rows.meets(_legs(start, end), solid, rows.NO_EDGES, edges), touches)
        _all(rows.meets(_legs(end, start), solid, rows.NO_EDGES, edges), touches)
    for spot, away, lateral, touches in (
        (PLACES, 0.0, 0.0, True),
        (square[:, 0], 0.000_3, 0.0, True),
        (square[:, 0], 0.000_8, 0.0, False),
        (square[:, 0], 60.0, 60.0, True),
        (square[:, 0], 60.002, 60.0, False),
        (square[:, 0], 20_000.0, 20_000.001, True),
        (square[:, 0], 20_000.0, 19_999.999, False),
        (square[:, 0], 49_000.0, 49_000.001, True),
        (square[:, 0], 49_000.0, 48_999.999, False),
    ):
        outward = inverse(PLACES, square[:, 0])[2] + 180.0
        place = forward(spot, outward, away)[0]
        _all(rows.meets(_legs(place, place, lateral_m=lateral), solid, rows.NO_EDGES, edges), touches)
    comb = _ring(PLACES, [900.0, 80.0] * 6, 11.0)
    solid, edges = rows.polygons(comb)
    start, end = _way(80.0, 1_200.0, 1_200.0, 300.0)
    found, pair = rows.exact(_legs(start, end, (0.0, 2_400.0)), solid, rows.NO_EDGES, edges)
    assert (np.bincount(pair) >= 2).all()
    for number in range(len(PLACES)):
        spans = found[pair == number][:, [hits.FIRST_US, hits.LAST_US]]
        assert (spans[:, 0] < spans[:, 1]).all()
        assert (spans[:-1, 1] < spans[1:, 0]).all()
        assert (found[pair == number][:, hits.CLOSEST_US] == spans[0, 0]).all()


CORNERS: dict[str, Callable[[], None]] = {
    check.__name__: check
    for check in (
        polygons_that_share_or_hold,
        corners_at_half_a_millimetre,
        holes,
        circles_in_circles,
        legs_that_follow_or_stand,
        legs_abreast,
        legs_staggered,
        legs_that_cross_early_or_late,
        levels,
        far_circles,
        times_of_volumes,
        legs_beside_and_through_rings,
    )
}
