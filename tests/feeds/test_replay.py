"""The demo's timetable: flights shifted and flown again, each filed once, the same after every restart."""

from importlib.resources import files

import numpy as np
import pytest

from skyparley.cli.demo import AHEAD_S, PARTIES, RECORDING, SLICE
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.conflict.pairs.batch import all_pairs
from skyparley.feeds import exercise
from skyparley.feeds.replay import Replay, plan_replay, shifted
from skyparley.formats.load import decompress
from skyparley.formats.recorded import read_recorded
from skyparley.geometry.altitude import Datum
from skyparley.geometry.interval import TimeInterval, format_time
from skyparley.geometry.trajectory import Trajectory4D

SECOND_US = 1_000_000
ANCHOR_US = 1_800_000_000 * SECOND_US
HOUR_US = 3_600 * SECOND_US
NAMES = [party for party, _, _ in PARTIES]


def flight(name: str, begin_s: int, end_s: int) -> Operation:
    times_us = np.arange(begin_s, end_s + 1, 10, dtype=np.int64) * SECOND_US
    count = len(times_us)
    track = Trajectory4D(times_us, np.full(count, 46.0), np.linspace(7, 8, count), np.full(count, 1e4), Datum.PRESSURE)
    return Operation(OperationRef("", f"{name}/CALL/1970-01-01T00:00:00Z"), "en_route", trajectories=(track,))


@pytest.fixture
def small() -> Replay:
    """A slice of one hour from second 1,000 on."""
    cut = TimeInterval(1_000 * SECOND_US, 4_600 * SECOND_US)
    recorded = [
        flight("aaaaaa", 0, 2_000),  # under way when the slice begins
        flight("bbbbbb", 1_500, 1_600),  # too short
        flight("cccccc", 3_000, 9_000),  # still under way when it ends
        flight("dddddd", 5_000, 9_000),  # outside
    ]
    return plan_replay(recorded, cut, ["north", "south"], anchor_us=ANCHOR_US)


def spans_s(flights: list[Operation]) -> dict[str, tuple[int, int]]:
    found = {}
    for item in flights:
        times_us = item.trajectories[0].times_us
        found[item.ref.operation_id[:6]] = tuple(int(t - ANCHOR_US) // SECOND_US for t in (times_us[0], times_us[-1]))
    return found


def test_flights_are_cut_to_the_slice_and_start_at_the_anchor(small: Replay) -> None:
    due = small.due(0, ANCHOR_US + HOUR_US, ANCHOR_US)
    assert spans_s(due) == {"aaaaaa": (0, 1_000), "cccccc": (2_000, 3_590)}
    assert due[0].ref.operation_id == f"aaaaaa/CALL/{format_time(ANCHOR_US)}"


def test_flights_are_flown_again_when_the_slice_runs_out(small: Replay) -> None:
    due = small.due(ANCHOR_US + HOUR_US, ANCHOR_US + 2 * HOUR_US, ANCHOR_US + HOUR_US)
    assert spans_s(due) == {"aaaaaa": (3_600, 4_600), "cccccc": (5_600, 7_190)}


def test_rounds_one_after_another_bring_each_flight_once(small: Replay) -> None:
    begin_us, seen = 0, []
    for now_us in range(ANCHOR_US, ANCHOR_US + 10 * HOUR_US, 5 * SECOND_US * 60):
        until_us = now_us + AHEAD_S * SECOND_US
        seen += [item.ref for item in small.due(begin_us, until_us, now_us)]
        begin_us = until_us
    assert len(seen) == len(set(seen)) == 21


def test_after_a_long_pause_only_what_is_not_over_is_due(small: Replay) -> None:
    now_us = ANCHOR_US + 7 * HOUR_US + 2_500 * SECOND_US
    due = small.due(ANCHOR_US + HOUR_US, now_us + AHEAD_S * SECOND_US, now_us)
    assert spans_s(due) == {"cccccc": (27_200, 28_790), "aaaaaa": (28_800, 29_800)}
    assert small.due(0, ANCHOR_US, ANCHOR_US - HOUR_US) == []


def test_a_shifted_flight_keeps_its_shape() -> None:
    original = flight("eeeeee", 0, 500)
    moved = shifted(original, HOUR_US)
    assert moved.ref.operation_id == "eeeeee/CALL/1970-01-01T01:00:00Z"
    assert (moved.trajectories[0].times_us - original.trajectories[0].times_us == HOUR_US).all()
    assert moved.trajectories[0].longitudes_deg is original.trajectories[0].longitudes_deg


def test_aircraft_are_dealt_to_both_parties_and_stay_with_theirs() -> None:
    recorded = [flight("aaaaaa", 0, 1_000), flight("aaaaab", 0, 1_000), flight("aaaaaa", 2_000, 3_000)]
    replay = plan_replay(recorded, TimeInterval(0, HOUR_US), ["north", "south"], anchor_us=ANCHOR_US)
    assert [item.ref.party for item in replay.flights] == ["north", "south", "north"]


@pytest.mark.parametrize("second", [0, 1, 1_500, 2_399, 2_400, 40_000])
def test_the_exercise_is_always_there_now_or_within_minutes(second: int) -> None:
    now_us = ANCHOR_US + second * SECOND_US
    due = exercise.due("alpine", "northern", ANCHOR_US, 0, now_us + AHEAD_S * SECOND_US, now_us)
    stems = {planned.operation.ref.operation_id.split("/")[0] for planned in due}
    assert stems == {"exercise-firing", "drone-search", "drone-relay", "drone-survey", "rescue-helicopter"}
    assert {planned.hazard_kind for planned in due if planned.operation.hazard} == {"firing"}


def test_slots_that_are_over_are_not_due_and_none_is_due_twice() -> None:
    begin_us, seen = 0, []
    for now_us in range(ANCHOR_US, ANCHOR_US + 6 * HOUR_US, 60 * SECOND_US):
        until_us = now_us + AHEAD_S * SECOND_US
        due = exercise.due("alpine", "northern", ANCHOR_US, begin_us, until_us, now_us)
        seen += [planned.operation.ref for planned in due]
        begin_us = until_us
    assert len(seen) == len(set(seen)) == 10 + 4 * 13
    over = exercise.due("alpine", "northern", ANCHOR_US, 0, ANCHOR_US + 1, ANCHOR_US + HOUR_US)
    assert over == []


def test_drones_state_their_altitude_above_the_ellipsoid_or_sea_level() -> None:
    due = exercise.due("alpine", "northern", ANCHOR_US, 0, ANCHOR_US + HOUR_US, ANCHOR_US)
    datums = {
        piece.altitude.datum if hasattr(piece, "altitude") else piece.datum
        for planned in due
        if planned.operation.operation_class == "drone"
        for piece in (*planned.operation.volumes, *planned.operation.trajectories)
    }
    assert datums <= {Datum.WGS84, Datum.EGM96}


def test_the_demo_has_conflicts_of_every_kind_and_the_firing_meets_real_flights() -> None:
    packed = files("skyparley.feeds").joinpath(RECORDING).read_bytes()
    recorded = read_recorded(decompress(packed), RECORDING).operations
    replay = plan_replay(recorded, SLICE, NAMES[:2], anchor_us=ANCHOR_US)
    until_us = ANCHOR_US + AHEAD_S * SECOND_US
    flights = replay.due(0, until_us, ANCHOR_US)
    planned = [item.operation for item in exercise.due(NAMES[2], NAMES[0], ANCHOR_US, 0, until_us, ANCHOR_US)]
    classes = {item.ref: item.operation_class for item in (*flights, *planned)}
    kinds = {tuple(sorted((classes[conflict.a], classes[conflict.b]))) for conflict in all_pairs([*flights, *planned])}
    assert {("en_route", "en_route"), ("en_route", "hazard"), ("drone", "drone"), ("drone", "helicopter")} <= kinds
    assert {item.ref.party for item in flights} == set(NAMES[:2])
    assert all_pairs([item for item in planned if item.operation_class == "helicopter"]) == []
