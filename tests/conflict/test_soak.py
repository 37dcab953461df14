"""The long run: random skies at random places, searched in every way, until the time is up. The seed is printed."""

import os
import random as dice
import time

import numpy as np
import pytest

from oracle.conflict_definition import STEP_S, Definition
from skyparley.conflict.codec import decode_conflict, encode_conflict, quantise
from skyparley.conflict.minima import DEFAULT_MINIMA
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.conflict.pairs.batch import all_pairs
from skyparley.conflict.search import ConflictIndex
from skyparley.geometry.altitude import Datum
from skyparley.geometry.bounds import bounding_box, overlap
from skyparley.geometry.cells import cover_path, cover_volume
from support.conflict_cases import away, random_operation, slow_all_pairs

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]
SECONDS = float(os.environ.get("SKYPARLEY_SOAK_SECONDS", "600"))


def _sky(random: np.random.Generator) -> list[Operation]:
    place = (float(np.degrees(np.arcsin(random.uniform(-1, 1)))), float(random.uniform(-180, 180)))
    if random.random() < 0.4:
        place = [(90.0, 0.0), (-90.0, 0.0), (place[0], 180.0), (35.26438968, 45.0)][random.integers(4)]
    size_m = float(10.0 ** random.uniform(1.0, 6.0))
    operations = []
    for i in range(int(random.integers(5, 60))):
        spot = away(place, float(random.uniform(0, 360)), size_m * float(random.uniform(0.0, 3.0)))
        one = random_operation(random, f"o{i}", spot, size_m * float(10.0 ** random.uniform(-1.0, 0.0)))
        operations.append(quantise(one))
    return operations


def test_random_skies_agree_with_every_slow_way() -> None:
    until, first, turn = time.monotonic() + SECONDS / 2.0, time.time_ns() % 2**32, 0
    while time.monotonic() < until:
        seed = first + turn
        print(f"seed {seed}")
        random, turn = np.random.default_rng(seed), turn + 1
        operations = _sky(random)
        expected = slow_all_pairs(operations)
        dice.Random(seed).shuffle(operations)
        assert all_pairs(operations) == expected, seed
        for conflict in expected:
            assert decode_conflict(encode_conflict(conflict)) == conflict, seed
            pair = [one for one in operations if one.ref in (conflict.a, conflict.b)]
            boxes = [bounding_box(one.volumes, one.trajectories) for one in pair]
            if conflict.rule.value != "separation_minimum":
                assert overlap(*boxes), seed
                assert _share_a_cell(*pair), seed


def _share_a_cell(one: Operation, other: Operation) -> bool:
    ranges = [
        np.array([_leaves(token) for token in _cells(operation)], dtype=np.uint64).reshape(-1, 2)
        for operation in (one, other)
    ]
    return bool(
        ((ranges[0][:, None, 0] <= ranges[1][None, :, 1]) & (ranges[1][None, :, 0] <= ranges[0][:, None, 1])).any()
    )


def _cells(one: Operation) -> list[str]:
    cells = [cell for volume in one.volumes for cell in cover_volume(volume.footprint)]
    for path in one.trajectories:
        cells += cover_path(path.latitudes_deg, path.longitudes_deg, path.lateral_tolerance_m)
    return cells


def _leaves(token: str) -> tuple[int, int]:
    """First and last leaf of a cell: its number less and plus its lowest bit."""
    number = int(token.ljust(16, "0"), 16)
    low = number & -number
    return number - low + 1, number + low - 1


def test_random_skies_lie_between_strict_and_loose_definition() -> None:
    until, first, turn = time.monotonic() + SECONDS / 4.0, time.time_ns() % 2**32, 0
    while time.monotonic() < until:
        seed = first + turn
        print(f"seed {seed}")
        random, turn = np.random.default_rng(seed), turn + 1
        place = (float(np.degrees(np.arcsin(random.uniform(-1, 1)))), float(random.uniform(-180, 180)))
        operations = []
        for i in range(25):
            spot = away(place, float(random.uniform(0, 360)), float(random.uniform(0.0, 2_000.0)))
            operations.append(random_operation(random, f"o{i:02}", spot, 2_000.0, datum=Datum.EGM96, span_s=200.0))
        conflicts = all_pairs(operations)
        found = {(one.a, one.b, one.rule) for one in conflicts}
        lasting = {(one.a, one.b, one.rule) for one in conflicts if one.last_us - one.first_us > 2e6 * STEP_S}
        assert Definition(DEFAULT_MINIMA, *place, slack_m=-0.5).conflicts(operations).keys() <= found, seed
        assert lasting <= Definition(DEFAULT_MINIMA, *place, slack_m=130.0).conflicts(operations).keys(), seed


def test_a_long_history_agrees_with_a_fresh_index() -> None:
    until, seed = time.monotonic() + SECONDS / 4.0, time.time_ns() % 2**32
    print(f"seed {seed}")
    random, index = np.random.default_rng(seed), ConflictIndex()
    model: dict[OperationRef, Operation] = {}
    while time.monotonic() < until:
        for one in _sky(random):
            named = Operation(one.ref, one.operation_class, one.volumes, one.trajectories, one.hazard)
            if random.random() < 0.3:
                index.remove(named.ref)
                model.pop(named.ref, None)
            else:
                index.insert(named)
                model[named.ref] = named
        fresh = ConflictIndex()
        for one in model.values():
            fresh.insert(one)
        for one in model.values():
            assert index.check(one) == fresh.check(one), seed
