"""The search between two runs of the definition: all that clearly conflicts, nothing that clearly does not."""

from dataclasses import replace

import numpy as np
import pytest

from oracle.conflict_definition import GEOD, STEP_S, Definition, positions
from skyparley.conflict.minima import SeparationMinima, SeparationMinimum
from skyparley.conflict.operation import Rule
from skyparley.conflict.pairs.batch import all_pairs
from skyparley.geometry.trajectory import Trajectory4D
from support.conflict_cases import DATUMS, away, operation, random_operation, random_track

MINIMA = SeparationMinima(
    {("en_route", "en_route"): SeparationMinimum(600.0, 60.0), ("drone", "drone"): SeparationMinimum(50.0, 15.0)}
)
PLACES = [(46.5, 7.8), (-17.0, 179.999), (89.999, 10.0), (-89.9995, -170.0), (0.0, 0.0)]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("seed", range(4))
def test_search_lies_between_strict_and_loose_definition(place: tuple[float, float], seed: int) -> None:
    random = np.random.default_rng(100 + seed)
    size_m = (200.0, 1_000.0, 3_000.0, 6_000.0)[seed]
    operations = []
    for i in range(28):
        spot = away(place, float(random.uniform(0, 360)), float(random.uniform(0.0, size_m / 4.0)))
        operations.append(
            random_operation(random, f"o{i:02}", spot, size_m, datum=DATUMS[seed], top_m=200.0, span_s=150.0)
        )
    found = {(conflict.a, conflict.b, conflict.rule): conflict for conflict in all_pairs(operations, MINIMA)}
    # samples miss what is shorter than their step
    # within 9 km of the centre the plane is true to centimetres; between samples an aircraft moves up to 63 m
    certain = Definition(MINIMA, *place, slack_m=-0.5).conflicts(operations)
    likely = Definition(MINIMA, *place, slack_m=0.5).conflicts(operations)
    possible = Definition(MINIMA, *place, slack_m=70.0).conflicts(operations)
    hasty = {one.ref for one in operations if any(path.time_tolerance_s for path in one.trajectories)}
    lasting = {
        key
        for key, conflict in found.items()
        if any(window.last_us - window.first_us > 2e6 * STEP_S for window in conflict.windows)
        and not (hasty & {*key[:2]} and key[2] is not Rule.VOLUME_OVERLAP)
    }
    assert certain.keys() <= found.keys()
    assert {
        key for key, conflict in found.items() if conflict.last_us - conflict.first_us > 2e6 * STEP_S
    } <= possible.keys()
    assert lasting <= likely.keys()
    assert len(certain) > 3
    assert len(lasting) > 3
    for key, instants in certain.items():
        if key[2] is not Rule.TRAJECTORY_IN_VOLUME:
            continue
        windows = found[key].windows
        # the sample's clock is the aircraft's plan; windows are those of the sky, so tolerance only widens them
        slack_s = STEP_S + max(
            track.time_tolerance_s for o in operations if o.ref in key[:2] for track in o.trajectories
        )
        for instant in instants:
            assert any(w.first_us / 1e6 - slack_s <= instant <= w.last_us / 1e6 + slack_s for w in windows)


@pytest.mark.parametrize("seed", range(3))
def test_windows_and_closest_approach_of_paths_are_those_of_dense_samples(seed: int) -> None:
    random = np.random.default_rng(seed)
    place = (46.5, 7.8)
    exact = Definition(MINIMA, *place, slack_m=0.0)
    checked = 0
    for _ in range(500):
        paths = [_plain(random_track(random, place, 1_200.0, DATUMS[1], 60.0, span_s=20.0)) for _ in range(2)]
        pair = [operation(name, path, operation_class="en_route") for name, path in zip("ab", paths, strict=True)]
        instants = exact.conflicts(pair).get((pair[0].ref, pair[1].ref, Rule.SEPARATION_MINIMUM), [])
        found = all_pairs(pair, MINIMA)
        if len(instants) < 20:
            continue
        checked += 1
        (conflict,) = found
        covered = sum(window.last_us - window.first_us for window in conflict.windows) / 1e6
        assert abs(conflict.first_us / 1e6 - instants[0]) <= STEP_S
        assert abs(conflict.last_us / 1e6 - instants[-1]) <= STEP_S
        assert abs(covered - len(instants) * STEP_S) <= 2 * STEP_S * (len(conflict.windows) + 2)
        times = np.array(instants)
        la, lo, za = positions(paths[0], times)
        ma, mo, zb = positions(paths[1], times)
        _, _, apart = GEOD.inv(lo, la, mo, ma)
        assert conflict.closest.horizontal_m <= apart.min() + 0.002
        assert apart.min() - conflict.closest.horizontal_m <= 500.0 * STEP_S
        at = np.array([conflict.closest.time_us / 1e6])
        (la,), (lo,), (za,) = positions(paths[0], at)
        (ma,), (mo,), (zb,) = positions(paths[1], at)
        assert abs(GEOD.inv(lo, la, mo, ma)[2] - conflict.closest.horizontal_m) < 0.003
        assert abs(abs(za - zb) - conflict.closest.vertical_m) < 0.003
    assert checked >= 10


def _plain(path: Trajectory4D) -> Trajectory4D:
    return replace(path, lateral_tolerance_m=0.0, vertical_tolerance_m=0.0, time_tolerance_s=0.0)
