"""Recorded flights: nulls, duplicates, jumps, stale positions and silence are handled and counted, not hidden."""

import gzip
import json
from importlib.resources import files

import numpy as np
import pytest

from skyparley.conflict.minima import EN_ROUTE
from skyparley.errors import InvalidInputError
from skyparley.formats.detect import read_bytes
from skyparley.formats.parsed import Parsed
from skyparley.formats.steady import MAX_TRACKS, steady
from skyparley.geometry.altitude import Datum

BEGIN_MS = 1_533_099_600_000  # 2018-08-01T05:00:00Z
NAME = "4b1800/SWR1/2018-08-01T05:00:00Z"


def report(second: float, **changed: object) -> dict:
    """A report of an aircraft that flies north at 100 m/s."""
    given = {"timestamp": BEGIN_MS + second * 1_000, "icao24": "4b1800", "callsign": "SWR1 "}
    return given | {"latitude": 46 + second * 0.0009, "longitude": 7.0, "altitude": 33_000, "alert": False} | changed


def parse(*reports: object) -> Parsed:
    return read_bytes(json.dumps(reports).encode(), "recording")


def names(parsed: Parsed) -> list[str]:
    return [operation.ref.operation_id for operation in parsed.operations]


def test_a_flight_is_named_by_address_callsign_and_first_time_and_has_no_tolerance() -> None:
    parsed = parse(report(0), report(10), report(20.5))
    (flight,) = parsed.operations
    (track,) = flight.trajectories
    assert (names(parsed), flight.ref.party, flight.operation_class) == ([NAME], "", EN_ROUTE)
    assert track.times_us.tolist() == [(BEGIN_MS + ms) * 1_000 for ms in (0, 10_000, 20_500)]
    assert track.altitudes_m == pytest.approx(33_000 * 0.3048)
    assert track.datum is Datum.PRESSURE
    assert (track.lateral_tolerance_m, track.vertical_tolerance_m, track.time_tolerance_s) == (0, 0, 0)
    assert (parsed.skipped, parsed.left_out) == ([], {})


def test_order_does_not_matter() -> None:
    assert names(parse(report(20), report(0), report(10))) == [NAME]


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (report(10, latitude=None), "incomplete"),
        (report(10, altitude=None), "incomplete"),
        (report(10, icao24=None), "incomplete"),
        (report(10, altitude="ground"), "unreadable"),
        (5, "unreadable"),
        (report(10, latitude=91), "impossible"),
        (report(10, altitude=1e9), "impossible"),
        (report(1e15), "impossible"),
        (report(0, latitude=46.01), "doubled"),
        (report(10, longitude=9.0), "jumping"),
        (report(10, latitude=float("nan")), "impossible"),
    ],
)
def test_a_bad_single_report_is_only_counted(bad: object, kind: str) -> None:
    parsed = parse(report(0), bad, report(20), report(30))
    assert (names(parsed), parsed.skipped, parsed.left_out) == ([NAME], [], {kind: 1})
    assert len(parsed.operations[0].trajectories[0].times_us) == 3


def test_a_wrong_first_report_does_not_cost_the_rest() -> None:
    parsed = parse(report(0, latitude=10.0), *(report(second) for second in range(10, 100, 10)))
    assert parsed.left_out == {"jumping": 1}
    assert len(parsed.operations[0].trajectories[0].times_us) == 9


def test_a_falsified_stretch_is_left_out_and_the_flight_goes_on_after_it() -> None:
    true = [report(second) for second in range(0, 100, 10)]
    false = [report(second, latitude=50.0, longitude=30.0) for second in range(100, 150, 10)]
    parsed = parse(*true, *false, *(report(second) for second in range(150, 250, 10)))
    assert parsed.left_out == {"jumping": 5}
    assert len(parsed.operations[0].trajectories[0].times_us) == 20
    assert parsed.operations[0].trajectories[0].latitudes_deg.max() < 47


def test_a_position_that_is_repeated_until_the_next_is_heard_is_stale() -> None:
    frozen = [report(second, latitude=report(20)["latitude"]) for second in range(30, 90)]
    parsed = parse(report(0), report(20), *frozen, report(90), report(100))
    assert parsed.left_out == {"stale": 60}
    assert parsed.operations[0].trajectories[0].times_us.tolist() == [
        (BEGIN_MS + second * 1_000) * 1_000 for second in (0, 20, 90, 100)
    ]


def test_an_aircraft_that_really_stands_is_not_stale() -> None:
    still = [report(second, latitude=46.0) for second in range(0, 600, 10)]
    parsed = parse(*still, report(600, latitude=46.0005))
    assert parsed.left_out == {}
    assert len(parsed.operations[0].trajectories[0].times_us) == 61


def test_silence_of_more_than_ten_minutes_ends_a_flight_and_is_never_bridged() -> None:
    parsed = parse(report(0), report(10), report(611), report(620))
    assert names(parsed) == [NAME, "4b1800/SWR1/2018-08-01T05:10:11Z"]
    assert names(parse(report(0), report(10), report(610), report(620))) == [NAME]


def test_a_report_alone_between_silences_is_counted_and_a_flight_of_nothing_else_is_skipped() -> None:
    parsed = parse(report(0), report(10), report(1_000), report(2_000))
    assert (names(parsed), parsed.skipped, parsed.left_out) == ([NAME], [], {"alone": 2})
    lonely = parse(report(0), report(1_000))
    assert lonely.operations == []
    assert (lonely.skipped[0].place, "at least two" in lonely.skipped[0].reason) == ("4b1800/SWR1", True)


def test_a_report_without_callsign_belongs_to_the_aircraft_s_flight_and_not_to_a_second_one() -> None:
    parsed = parse(report(0, callsign=None), report(10), report(20, callsign=""), report(30), report(40, callsign=None))
    assert names(parsed) == [NAME]
    assert names(parse(report(0, callsign=None), report(10, callsign=None))) == ["4b1800//2018-08-01T05:00:00Z"]


def test_aircraft_and_callsigns_are_told_apart() -> None:
    other = [report(second, icao24="4b1801") for second in (0, 10)]
    later = [report(second, callsign="SWR2") for second in (1_000, 1_010)]
    parsed = parse(report(0), report(10), *other, *later)
    assert len(names(parsed)) == len(set(names(parsed))) == 3


def test_columns_are_read_like_rows() -> None:
    rows = [report(0), report(10), report(20, altitude=None), report(30)]
    columns = {name: {str(i): row[name] for i, row in enumerate(rows)} for name in rows[0]}
    parsed = read_bytes(json.dumps(columns).encode(), "recording")
    assert (names(parsed), parsed.left_out) == ([NAME], {"incomplete": 1})
    columns["altitude"]["1"] = "ground"
    assert read_bytes(json.dumps(columns).encode(), "recording").left_out == {"incomplete": 1, "unreadable": 1}
    del columns["latitude"]
    with pytest.raises(InvalidInputError, match="needs timestamp"):
        read_bytes(json.dumps(columns).encode(), "recording")


def test_a_field_that_names_a_target_refuses_the_recording() -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse(report(0), report(10, nextTarget="x"))
    assert caught.value.place == "nextTarget"
    assert names(parse(report(0, squawk="target"), report(10))) == [NAME]  # a value is not a field


def test_more_tracks_than_are_followed_do_not_lose_the_flight() -> None:
    rng = np.random.default_rng(7)
    times_us = np.arange(400) * 1_000_000
    latitudes, longitudes = 46 + np.arange(400) * 0.0009, np.full(400, 7.0)
    wild = rng.random(400) < 0.4
    latitudes[wild] = rng.uniform(-80, 80, wild.sum())
    kept, jumping, stale = steady(times_us, latitudes, longitudes)
    assert wild.sum() > 10 * MAX_TRACKS
    assert (kept.tolist(), jumping, stale) == (np.flatnonzero(~wild).tolist(), wild.sum(), 0)


def test_across_the_antimeridian_is_no_jump() -> None:
    times_us = np.arange(4) * 10_000_000
    assert steady(times_us, np.zeros(4), np.array([179.98, 179.99, -180.0, -179.99]))[1:] == (0, 0)


def test_the_swiss_day_has_its_flights_and_loses_nothing() -> None:
    packed = files("skyparley.feeds").joinpath("data/switzerland-2018-08-01.json.gz").read_bytes()
    parsed = read_bytes(gzip.decompress(packed), "switzerland")
    assert (len(parsed.operations), parsed.skipped, parsed.left_out) == (1_244, [], {})
    stems = {operation.ref.operation_id.rsplit("/", 1)[0] for operation in parsed.operations}
    assert (len(stems), len({stem.split("/")[0] for stem in stems})) == (1_243, 842)
    assert sum(len(operation.trajectories[0].times_us) for operation in parsed.operations) == 139_098
