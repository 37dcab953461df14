"""Whole quanta: what the border rounds needs no second rounding, and what is not rounded is seen as such."""

from dataclasses import replace

import numpy as np
import pytest

from skyparley.conflict.codec import (
    encode_operation,
    is_quantised,
    quantise,
    whole_microseconds,
    whole_millimetres,
    whole_nanodegrees,
)
from skyparley.conflict.operation import Operation
from skyparley.geometry.altitude import Datum
from skyparley.node.custody.details import details_of, read_details
from skyparley.node.reading.shapes import decode_operation_body
from support.conflict_cases import DATUMS, circle_volume, operation, polygon_volume, random_operation, track


@pytest.mark.parametrize("seed", range(30))
def test_what_is_quantised_is_known_as_such_and_encodes_to_itself(seed: int) -> None:
    random = np.random.default_rng(seed)
    raw = random_operation(random, "o", (46.5, 7.8), 3_000.0, datum=DATUMS[seed % 4])
    whole = quantise(raw)
    assert not is_quantised(raw)
    assert is_quantised(whole)
    details = details_of(whole, b"")
    assert details.operation is whole
    assert encode_operation(read_details(details.data).operation) == encode_operation(raw)
    assert (
        read_details(details.data).data
        == details.data
        == b"skyparley details 1\n" + details.salt + encode_operation(raw)
    )
    assert details_of(raw, b"").digest == details.digest


def _replaced(number: int) -> Operation:
    """An operation of whole quanta but for one number."""
    off = 1e-4
    ring = ((46.5, 7.8), (46.5, 7.81), (46.51, 7.81))
    volume = circle_volume((46.5, 7.8), 500.0)
    flown = track([(0.0, 46.5, 7.8, 100.0), (60.0, 46.6, 7.8, 100.0)], datum=Datum.EGM96)
    one = [
        replace(volume, altitude=replace(volume.altitude, lower_m=volume.altitude.lower_m + off)),
        replace(volume, footprint=replace(volume.footprint, radius_m=500.0 + off)),
        replace(volume, footprint=replace(volume.footprint, latitude_deg=46.5 + 1e-10)),
        polygon_volume(((46.5, 7.8 + 1e-10), *ring[1:])),
        polygon_volume(ring, holes=(((46.502, 7.808), (46.502, 7.809), (46.503, 7.809 + 1e-10)),)),
        replace(flown, lateral_tolerance_m=off),
        replace(flown, vertical_tolerance_m=off),
        replace(flown, time_tolerance_s=1e-7),
        replace(flown, latitudes_deg=flown.latitudes_deg + np.array([0.0, 1e-10])),
        replace(flown, longitudes_deg=flown.longitudes_deg + np.array([1e-10, 0.0])),
        replace(flown, altitudes_m=flown.altitudes_m + off),
    ]
    return operation("o", volume, flown, polygon_volume(ring), one[number])


@pytest.mark.parametrize("number", range(11))
def test_a_single_number_between_quanta_is_seen(number: int) -> None:
    one = _replaced(number)
    assert not is_quantised(one)
    assert is_quantised(quantise(one))


def test_the_border_rounds_every_number() -> None:
    body = b"""{"operation_id": "o", "volumes": [
      {"circle": {"latitude_deg": 46.12345678949, "longitude_deg": 7.98765432151, "radius_m": 500.00049},
       "lower_m": 10.12349, "upper_m": 20.98751, "altitude_datum": "WGS84",
       "begin": "2026-03-01T12:00:00Z", "end": "2026-03-01T13:00:00Z"},
      {"polygon": {"vertices": [{"latitude_deg": 46.12345678949, "longitude_deg": 7.1},
                                {"latitude_deg": 46.2, "longitude_deg": 7.10000000051},
                                {"latitude_deg": 46.2, "longitude_deg": 7.2}]},
       "lower_m": 10, "upper_m": 20, "altitude_datum": "AGL",
       "begin": "2026-03-01T12:00:00Z", "end": "2026-03-01T13:00:00Z"}],
      "trajectories": [{"points": [
        {"time": "2026-03-01T12:00:00Z", "latitude_deg": 46.00000000051, "longitude_deg": 7, "altitude_m": 99.99949},
        {"time": "2026-03-01T12:01:00Z", "latitude_deg": 46.1, "longitude_deg": 7.00000000049, "altitude_m": 100}],
        "altitude_datum": "EGM96", "lateral_tolerance_m": 1.00051, "vertical_tolerance_m": 2.00049,
        "time_tolerance_s": 3.0000005}]}"""
    read = decode_operation_body(body, "alpha")
    assert is_quantised(read)
    circle = read.volumes[0].footprint
    assert (circle.latitude_deg, circle.longitude_deg, circle.radius_m) == (46.123456789, 7.987654322, 500.0)
    assert (read.volumes[0].altitude.lower_m, read.volumes[0].altitude.upper_m) == (10.123, 20.988)
    assert read.trajectories[0].lateral_tolerance_m == 1.001


@pytest.mark.parametrize("whole", [whole_nanodegrees, whole_millimetres, whole_microseconds])
@pytest.mark.parametrize("value", [float("inf"), float("-inf"), 1e300, -1e300])
def test_what_is_no_sensible_number_stays_for_the_check_that_refuses_it(whole: object, value: float) -> None:
    assert whole(value) == value
    assert np.isnan(whole(float("nan")))
