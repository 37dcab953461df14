"""Instances whose answer follows from their definition: aircraft on a circle, and two flows that cross.

On a circle, n aircraft fly at one speed to the opposite point: all meet in the middle, and each two come closest there,
n (n − 1) / 2 conflicts whatever the minimum.

Two flows cross at an angle α, each a row of aircraft at one speed v with a spacing d. Seen from an aircraft of one flow
the other moves along a line at relative speed 2 v sin(α / 2), at α / 2 to the bisector: two aircraft whose arrivals at
the crossing are t apart pass each other at v |t| cos(α / 2). With arrivals whole multiples of d / v apart, and k of
them less than the minimum m, |k| d cos(α / 2) < m, so that rows of n and n aircraft have Σ max(0, n − |k|) conflicts
over those k, as long as d ≥ m keeps each row apart in itself.
"""

import math

import pytest

from skyparley.conflict.minima import uniform
from skyparley.conflict.operation import Operation
from skyparley.conflict.pairs.batch import all_pairs
from skyparley.conflict.search import ConflictIndex
from support.conflict_cases import Position, away, operation, track

PLACES = [(46.5, 7.8), (-17.0, 180.0), (90.0, 0.0), (0.0, 0.0)]
SPEED_MPS = 200.0


def _through(place: Position, azimuth_deg: float, far_m: float, late_s: float = 0.0) -> list[tuple[float, ...]]:
    """Points of a flight through a place at 10,000 s and so much later, from `far_m` before to `far_m` behind it."""
    span_s = far_m / SPEED_MPS
    begin, middle, end = away(place, azimuth_deg + 180.0, far_m), place, away(place, azimuth_deg, far_m)
    return [
        (10_000.0 + late_s - span_s, *begin, 9_000.0),
        (10_000.0 + late_s, *middle, 9_000.0),
        (10_000.0 + late_s + span_s, *end, 9_000.0),
    ]


def _count(operations: list[Operation], minimum_m: float) -> int:
    """Conflicts by both ways of the public interface, which must agree."""
    minima = uniform(minimum_m, 300.0)
    found = all_pairs(operations, minima)
    index = ConflictIndex(minima)
    one_by_one = 0
    for one in operations:
        one_by_one += len(index.check(one))
        index.insert(one)
    assert one_by_one == len(found)
    return len(found)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("aircraft", "radius_m", "minimum_m"), [(2, 2_000.0, 0.002), (13, 30_000.0, 1.0), (60, 150_000.0, 9_260.0)]
)
def test_all_aircraft_on_a_circle_meet_in_the_middle(
    place: Position, aircraft: int, radius_m: float, minimum_m: float
) -> None:
    flights = [operation(f"a{i:03}", track(_through(place, 360.0 * i / aircraft, radius_m))) for i in range(aircraft)]
    assert _count(flights, minimum_m) == aircraft * (aircraft - 1) // 2


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("angle_deg", [20.0, 60.0, 90.0, 135.0, 170.0])
@pytest.mark.parametrize(("spacing_m", "rows"), [(10_000.0, 6), (9_300.0, 11), (30_000.0, 4)])
def test_two_flows_that_cross_conflict_as_often_as_their_geometry_says(
    place: Position, angle_deg: float, spacing_m: float, rows: int
) -> None:
    minimum_m = 9_260.0
    flights = [
        operation(f"{flow}{i:02}", track(_through(place, azimuth, 120_000.0, i * spacing_m / SPEED_MPS)))
        for flow, azimuth in (("a", 30.0), ("b", 30.0 + angle_deg))
        for i in range(rows)
    ]
    apart_m = [abs(k) * spacing_m * math.cos(math.radians(angle_deg / 2.0)) for k in range(-rows + 1, rows)]
    # nothing within a metre of the minimum: over these distances the Earth's curvature counts
    assert min(abs(m - minimum_m) for m in apart_m) > 100.0
    expected = sum(rows - abs(k) for k, m in zip(range(-rows + 1, rows), apart_m, strict=True) if m < minimum_m)
    assert _count(flights, minimum_m) == expected
