"""Altitudes of different datum: what conflicts in any world is found, and what is certain conflicts in all of them."""

from itertools import product

import numpy as np
import pytest

from oracle.conflict_definition import GEOD
from oracle.geoid import undulations_m
from oracle.worlds import Piece, Sampled, circle_of
from skyparley.airspace.operations.extents import meet
from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.packing import pack_with_offsets
from skyparley.conflict.minima import DEFAULT_MINIMA
from skyparley.conflict.operation import Conflict
from skyparley.conflict.search import ConflictIndex
from skyparley.geometry.altitude import (
    HIGHEST_ALTITUDE_M,
    LOWEST_ALTITUDE_M,
    UNDULATION_HIGHEST_M,
    UNDULATION_LOWEST_M,
    AltitudeBand,
    Datum,
    mean_sea_level_bounds_m,
)
from skyparley.geometry.geoid import GEOID_ERROR_M, GEOID_SLOPE, read_geoid, undulation_bounds_m
from skyparley.geometry.trajectory import Trajectory4D
from skyparley.node.custody.details import extents_of, watched_by
from skyparley.units import METRES_PER_FOOT
from support.conflict_cases import Position, Random, away, circle_volume, operation, polygon_volume, random_ring, track

PLACES = [
    (46.5, 7.8),
    (-17.0, 180.0),
    (90.0, 0.0),
    (-89.99, 77.0),
    (0.0, 0.0),
    (30.0, 79.54),
    (4.7, 78.75),
    (46.5, -0.25),
]
HIGHEST = (-8.25, 147.25)
UNDULATIONS_M = undulations_m(*np.array(PLACES).T)
MINIMUM = DEFAULT_MINIMA.between("drone", "drone")
KINDS = ["volumes", "passage", "legs"]


INDEX = ConflictIndex()


def found(a: Piece, b: Piece) -> Conflict | None:
    """The conflict of two pieces: the same whichever is asked about, and whichever was there first."""
    one, other = operation("a", a), operation("b", b)
    answers = []
    for held, asked in ((one, other), (other, one)):
        INDEX.insert(held)
        answers.append(INDEX.check(asked))
        INDEX.remove(held.ref)
    assert answers[0] == answers[1]
    assert len(answers[0]) <= 1
    return answers[0][0] if answers[0] else None


def altitude_m(random: Random, height_m: float, datum: Datum, undulation_m: float) -> float:
    """An altitude of a datum that may mean about a height."""
    if datum is Datum.WGS84:
        height_m += undulation_m
    elif datum is Datum.AGL:
        height_m -= float(random.choice([0.0, -440.0, 8_850.0, 500.0]))
    elif datum is Datum.PRESSURE:
        low, high = mean_sea_level_bounds_m(height_m, datum)
        height_m += float(random.choice([0.0, 1.0])) * (height_m - float(random.choice([low, high])))
    height_m += float(random.normal()) * float(10.0 ** random.uniform(-1.0, 2.5))
    return float(np.clip(height_m, LOWEST_ALTITUDE_M + 400.0, HIGHEST_ALTITUDE_M - 400.0))


def pair(random: Random, kind: str, datums: tuple[Datum, Datum]) -> tuple[Piece, Piece]:
    """Two pieces that share places, at about one height, of these datums."""
    which = int(random.integers(len(PLACES)))
    place, undulation_m = PLACES[which], float(UNDULATIONS_M[which])
    size_m = float(10.0 ** random.uniform(2.0, 4.5 if random.random() < 0.9 else 5.7))
    height_m, heading = float(random.uniform(-300.0, 15_000.0)), float(random.uniform(0.0, 360.0))
    pieces: list[Piece] = []
    for k, datum in enumerate(datums):
        altitude = altitude_m(random, height_m, datum, undulation_m)
        if kind == "volumes" or (kind == "passage" and k):
            thick = float(10.0 ** random.uniform(0.0, 2.5))
            band = (altitude - thick, altitude) if random.random() < 0.5 else (altitude, altitude + thick)
            spot = away(place, float(random.uniform(0.0, 360.0)), 0.5 * size_m)
            pieces.append(circle_volume(spot, size_m, band=band, datum=datum))
        else:
            climb_m = float(random.normal()) * 20.0 * float(random.random() < 0.5)
            spot = away(place, 90.0, 20.0 * k)
            end = away(away(place, heading, min(size_m, 7_000.0)), 90.0, 20.0 * k)
            upright = float(random.choice([0.0, 0.0, 5.0]))
            points = [(0.0, *spot, altitude), (60.0, *end, altitude + climb_m)]
            pieces.append(track(points, datum=datum, vertical_m=upright))
    return pieces[0], pieces[1]


def _radius_m(*pieces: Piece) -> float:
    return max([0.0, *(circle.radius_m for circle in map(circle_of, pieces) if circle is not None)])


def _climb_m(*pieces: Piece) -> float:
    return sum(float(np.ptp(piece.altitudes_m)) for piece in pieces if isinstance(piece, Trajectory4D))


def required_m(a: Piece, b: Piece) -> float:
    tolerances = [piece.vertical_tolerance_m for piece in (a, b) if isinstance(piece, Trajectory4D)]
    return sum(tolerances) + (MINIMUM.vertical_m if len(tolerances) == 2 else 0.0)


@pytest.mark.parametrize("kind", KINDS)
def test_no_world_conflicts_unseen_and_none_keeps_apart_what_is_certain(kind: str) -> None:
    random = np.random.default_rng(KINDS.index(kind))
    told = {"none": 0, "certain": 0, "maybe": 0}
    mixed = [datums for datums in product(Datum, Datum) if datums[0] is not datums[1]]
    for k in range(3_400):
        a, b = pair(random, kind, mixed[k % len(mixed)])
        sampled, required = Sampled(a, b), required_m(a, b)
        if not sampled.common.any():
            continue
        margins = sampled.margins_m(required)
        conflict = found(a, b)
        # a path is sampled once a second, which misses a third of a metre of climb at most
        slack_m = GEOID_ERROR_M + 0.01 + _climb_m(a, b) / 30.0  # between samples a path climbs so far
        if conflict is None:
            assert max(margins) <= GEOID_ERROR_M, (k, margins)
        elif conflict.certain:
            assert min(margins) >= -slack_m, (k, margins)
        told["none" if conflict is None else "certain" if conflict.certain else "maybe"] += 1
    assert min(told.values()) > 100, told


@pytest.mark.parametrize("kind", KINDS)
def test_between_the_ellipsoid_and_sea_level_little_is_uncertain(kind: str) -> None:
    random = np.random.default_rng(10 + KINDS.index(kind))
    told = {"none": 0, "certain": 0, "maybe": 0}
    for k in range(600):
        a, b = pair(random, kind, (Datum.WGS84, Datum.EGM96) if k % 2 else (Datum.EGM96, Datum.WGS84))
        sampled = Sampled(a, b)
        radius_m = _radius_m(a, b)
        margin_m = sampled.margins_m(required_m(a, b))[0]
        spread_m = 2.0 * (GEOID_SLOPE * 1.02 * (radius_m + 3_500.0) + GEOID_ERROR_M) + 0.05
        conflict = found(a, b)
        told["none" if conflict is None else "certain" if conflict.certain else "maybe"] += 1
        if not sampled.common.any() or (kind == "passage" and not sampled.common.all()):
            continue
        if conflict is None:
            assert margin_m < GEOID_ERROR_M
        elif conflict.certain:
            assert margin_m > -spread_m
        else:
            assert abs(margin_m) <= 2.0 * spread_m + 25.0 * (kind == "passage"), (k, margin_m, spread_m)
    assert told["maybe"] < told["certain"] / 2, told
    assert told["none"] > 50


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("datum", list(Datum))
def test_one_datum_compares_as_it_is_and_is_certain(kind: str, datum: Datum) -> None:
    random = np.random.default_rng(20)
    for _ in range(60):
        a, b = pair(random, kind, (datum, datum))
        conflict = found(a, b)
        if conflict is not None:
            assert conflict.certain is not (kind == "legs" and datum is Datum.AGL)
        for one, other in ((Datum.EGM96, Datum.EGM96), (Datum.WGS84, Datum.WGS84)):
            again = found(_on(a, one), _on(b, other))
            assert (again is None) is (conflict is None)


def _on(piece: Piece, datum: Datum) -> Piece:
    """The same numbers above another datum."""
    if isinstance(piece, Trajectory4D):
        return Trajectory4D(
            piece.times_us, piece.latitudes_deg, piece.longitudes_deg, piece.altitudes_m, datum,
            piece.lateral_tolerance_m, piece.vertical_tolerance_m, piece.time_tolerance_s,
        )  # fmt: skip
    band = AltitudeBand(piece.altitude.lower_m, piece.altitude.upper_m, datum)
    return type(piece)(piece.footprint, band, piece.time)


@pytest.mark.parametrize("kind", KINDS)
def test_what_conflicts_was_met_by_the_coarse_comparison_of_the_log(kind: str) -> None:
    """Cells, bands and times of two datums meet whatever their altitudes mean, so no such finding comes unannounced."""
    random = np.random.default_rng(30)
    mixed = [datums for datums in product(Datum, Datum) if datums[0] is not datums[1]]
    met = 0
    for k in range(60):
        a, b = pair(random, kind, mixed[k % len(mixed)])
        if _radius_m(a, b) < 50_000.0:
            one, other = operation("a", a), operation("b", b)
            if found(a, b) is not None:
                met += 1
                assert meet(watched_by(one, MINIMUM), extents_of(other))
                assert meet(watched_by(other, MINIMUM), extents_of(one))
    assert met > 15


def _offsets(*pieces: Piece) -> list[tuple[float, float]]:
    rows, _ = pack_with_offsets(operation("o", *pieces), 0)
    return [(row[layout.OFFSET_LOW_M], row[layout.OFFSET_HIGH_M]) for row in rows]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size_m", [30.0, 2_000.0, 40_000.0, 450_000.0])
def test_offsets_hold_the_geoid_all_over_the_piece_and_float32_holds_them(place: Position, size_m: float) -> None:
    random = np.random.default_rng(int(size_m))
    ring = random_ring(random, place, size_m)
    circle, polygon = circle_volume(place, size_m, datum=Datum.WGS84), polygon_volume(ring, datum=Datum.WGS84)
    inside = [away(place, float(turn), size_m * float(random.random())) for turn in np.linspace(0.0, 360.0, 40)]
    for (low, high), places in zip(_offsets(circle, polygon), (inside, list(ring)), strict=True):
        undulations = undulations_m(*np.array(places).T)
        assert low <= -undulations.max() + GEOID_ERROR_M
        assert -undulations.min() - GEOID_ERROR_M <= high
        assert high - low <= 2.0 * GEOID_SLOPE * 1.03 * size_m + 0.2
        assert np.float32(low) == low
        assert np.float32(high) == high


@pytest.mark.parametrize("place", [*PLACES, HIGHEST])
def test_offsets_of_legs_hold_the_geoid_within_their_lateral_tolerance(place: Position) -> None:
    points = [place]
    for turn in (10.0, 60.0, 100.0, 190.0):
        points.append(away(points[-1], turn, 30_000.0))
    for lateral_m in (0.0, 5_000.0):
        path = track(
            [(600.0 * k, *point, 100.0) for k, point in enumerate(points)], datum=Datum.WGS84, lateral_m=lateral_m
        )
        rows, _ = pack_with_offsets(operation("o", path), 0)
        assert len(rows) == 4 * 4
        for row, (low, high) in zip(rows, _offsets(path), strict=True):
            share = (np.array([row[layout.BEGIN_S], row[layout.END_S]]) - path.times_us[0] / 1e6) / 600.0
            sampled = []
            for along in np.linspace(*share, 9):
                leg = min(int(along), 3)
                longitude, latitude, _ = _between(points[leg], points[leg + 1], along - leg)
                sampled += [away((latitude, longitude), turn, lateral_m) for turn in (0.0, 90.0, 180.0, 270.0)]
            undulations = undulations_m(*np.array(sampled).T)
            assert low <= -undulations.max() + GEOID_ERROR_M
            assert -undulations.min() - GEOID_ERROR_M <= high
            assert high - low <= 2.0 * GEOID_SLOPE * (4_000.0 + lateral_m) + 0.2
            assert (low, high) == (max(low, -UNDULATION_HIGHEST_M), min(high, -UNDULATION_LOWEST_M))


def _between(one: Position, other: Position, share: float) -> tuple[float, float, float]:
    azimuth, _, length = GEOD.inv(one[1], one[0], other[1], other[0])
    return GEOD.fwd(one[1], one[0], azimuth, share * length)  # type: ignore[no-any-return]


def test_offsets_are_rounded_outward_and_hold_the_error_of_the_geoid() -> None:
    step_m = 1.0 / 64.0
    for place in PLACES:
        (low, high), (low_leg, high_leg) = _offsets(
            circle_volume(place, 40.0, datum=Datum.WGS84),
            track([(0.0, *place, 9.0), (9.0, *away(place, 70.0, 1.0), 9.0)], datum=Datum.WGS84),
        )
        least, greatest = undulation_bounds_m(*read_geoid(), *place, 40.0 * 1.01 + 10.0)
        assert 0.0 <= -greatest - low < step_m
        assert 0.0 <= high + least < step_m
        assert 2.0 * GEOID_ERROR_M <= high_leg - low_leg <= 2.0 * (GEOID_ERROR_M + step_m) + 0.002


def test_each_path_of_an_operation_has_its_own_offsets() -> None:
    paths = [track([(0.0, *place, 9.0), (60.0, *away(place, 70.0, 900.0), 9.0)], datum=Datum.WGS84) for place in PLACES]
    assert _offsets(*paths) == [_offsets(path)[0] for path in paths]
    assert len(set(_offsets(*paths))) == len(PLACES)


def test_offsets_of_other_datums_do_not_ask_the_geoid() -> None:
    for datum, offsets in ((Datum.EGM96, (0.0, 0.0)), (Datum.PRESSURE, (0.0, 0.0)), (Datum.AGL, (-440.0, 8_850.0))):
        path = track([(0.0, 46.5, 7.8, 50.0), (60.0, 46.51, 7.8, 50.0)], datum=datum)
        assert _offsets(circle_volume(PLACES[0], 900_000.0, datum=datum), path) == [offsets] * 2


def test_flights_and_volumes_that_must_meet_are_certain_whatever_the_weather() -> None:
    """A firing area from sea level to 20 km holds airliners at flight levels 60 to 510, and a drone above WGS 84."""
    area = circle_volume(PLACES[0], 20_000.0, band=(0.0, 20_000.0))
    low, high = (
        track([(0.0, 46.4, 7.8, metres), (120.0, 46.6, 7.8, metres)], datum=Datum.PRESSURE)
        for metres in (6_000 * METRES_PER_FOOT, 51_000 * METRES_PER_FOOT)
    )
    drone = circle_volume(PLACES[0], 300.0, band=(250.0, 350.0), datum=Datum.WGS84)
    ground = circle_volume(PLACES[0], 300.0, datum=Datum.AGL)
    for other, certain in ((low, True), (high, True), (drone, True), (ground, False)):
        conflict = found(area, other)
        assert conflict is not None
        assert conflict.certain is certain
        assert ("not certain" in conflict.sentence) is not certain


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_paths_are_certain_where_the_minimum_is_fallen_short_of_by_the_whole_spread(sign: float) -> None:
    """Straight legs of 3.6 km, whose heights are known to half a spread either way."""
    path = track([(0.0, 46.5, 7.8, 500.0), (60.0, 46.532, 7.8, 500.0)], datum=Datum.WGS84)
    ((low, high),) = _offsets(path)
    half_m, middle_m = (high - low) / 2.0, 500.0 + (low + high) / 2.0
    assert half_m > 0.5
    for share, seen, certain in ((-1.1, True, True), (-0.9, True, False), (0.9, True, False), (1.1, False, False)):
        height_m = middle_m + sign * (MINIMUM.vertical_m + share * half_m)
        conflict = found(path, track([(0.0, 46.5, 7.8, height_m), (60.0, 46.532, 7.8, height_m)]))
        assert (conflict is not None) is seen
        assert (conflict is not None and conflict.certain) is certain


def test_bands_of_one_datum_that_touch_to_half_a_millimetre_are_certain() -> None:
    conflict = found(circle_volume(PLACES[0], 50.0), circle_volume(PLACES[0], 50.0, band=(100.0004, 200.0)))
    assert conflict is not None
    assert conflict.certain


def test_bounds_over_a_whole_area_are_used_not_those_of_its_middle() -> None:
    """Over 900 km the geoid rises by tens of metres: what meets a thin band somewhere does so nowhere for certain."""
    place = (4.7, 78.75)
    wide = circle_volume(place, 450_000.0, band=(0.0, 10.0), datum=Datum.WGS84)
    low, high = _offsets(wide)[0]
    middle_m = -float(undulations_m(*place))
    heights_m = (low - 1.0, low + 1.0, middle_m, high + 9.0, high + 11.0)
    for height_m, seen in zip(heights_m, (False, True, True, True, False), strict=True):
        conflict = found(wide, circle_volume(place, 100.0, band=(height_m, height_m)))
        assert (conflict is not None) is seen
        assert conflict is None or not conflict.certain


def test_a_climbing_path_is_as_uncertain_as_it_gets_on_the_way() -> None:
    """At flight level 400 a pressure altitude may mean 15.4 km; at the ground, where the climb begins, it may not."""
    climbing = track([(0.0, 46.5, 7.8, 300.0), (60.0, 46.55, 7.8, 12_192.0)], datum=Datum.PRESSURE)
    for altitude_m, most_m in ((300.0, 1_200.0), (12_192.0, 15_650.0)):
        assert mean_sea_level_bounds_m(altitude_m, Datum.PRESSURE)[1] == pytest.approx(most_m, abs=50.0)
    level = track([(0.0, 46.5, 7.8, 15_640.0), (60.0, 46.55, 7.8, 15_640.0)])
    conflict = found(climbing, level)
    assert conflict is not None
    assert not conflict.certain
    assert found(climbing, track([(0.0, 46.5, 7.8, 18_000.0), (60.0, 46.55, 7.8, 18_000.0)])) is None
