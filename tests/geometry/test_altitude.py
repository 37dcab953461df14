"""Bands keep their order and their limits; what an altitude can mean is never told too narrowly."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyparley.errors import InvalidInputError
from skyparley.geometry.altitude import (
    HIGHEST_ALTITUDE_M,
    LOWEST_ALTITUDE_M,
    AltitudeBand,
    Datum,
    band_bounds_m,
    check_altitude_m,
    mean_sea_level_bounds_m,
    parse_datum,
)

ALTITUDES_M = st.floats(LOWEST_ALTITUDE_M, HIGHEST_ALTITUDE_M)


@pytest.mark.parametrize("text", ["WGS84", "egm96", " Pressure ", "agl", Datum.AGL])
def test_a_datum_is_read_by_name(text: str) -> None:
    assert parse_datum(text) is Datum(str(text).strip().upper())


@pytest.mark.parametrize("text", ["", "MSL", "WGS-84", None, 84, "EGM2008"])
def test_an_unknown_datum_is_refused_with_the_four_that_exist(text: object) -> None:
    with pytest.raises(InvalidInputError, match="WGS84, EGM96, PRESSURE or AGL") as refusal:
        parse_datum(text, place="volumes[0].altitude_datum")
    assert refusal.value.place == "volumes[0].altitude_datum"


@pytest.mark.parametrize("altitude_m", [math.nan, math.inf, -math.inf, -1_000.1, 100_000.1])
def test_an_altitude_beyond_the_limits_is_refused(altitude_m: float) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        check_altitude_m(altitude_m, place="altitude_m")
    assert refusal.value.place == "altitude_m"
    for lower_m, upper_m in ((altitude_m, 0.0), (0.0, altitude_m)):
        with pytest.raises(InvalidInputError):
            AltitudeBand(lower_m, upper_m, Datum.WGS84)


def test_a_reversed_band_is_refused_and_a_flat_one_is_not() -> None:
    with pytest.raises(InvalidInputError, match="below lower_m"):
        AltitudeBand(100.0, 99.999, Datum.EGM96)
    assert AltitudeBand(100.0, 100.0, Datum.EGM96).upper_m == 100.0
    assert AltitudeBand(LOWEST_ALTITUDE_M, HIGHEST_ALTITUDE_M, Datum.EGM96).lower_m == LOWEST_ALTITUDE_M


@given(ALTITUDES_M, st.sampled_from(Datum))
def test_bounds_hold_the_altitude_and_never_cross(altitude_m: float, datum: Datum) -> None:
    low, high = mean_sea_level_bounds_m(altitude_m, datum)
    assert low <= high
    assert (low == high) is (datum is Datum.EGM96)


@given(ALTITUDES_M, ALTITUDES_M, st.sampled_from(Datum))
def test_bounds_of_a_band_hold_those_of_every_altitude_in_it(one_m: float, other_m: float, datum: Datum) -> None:
    band = AltitudeBand(min(one_m, other_m), max(one_m, other_m), datum)
    low, high = band_bounds_m(band)
    for share in (0.0, 0.3, 1.0):
        inner = mean_sea_level_bounds_m(band.lower_m + share * (band.upper_m - band.lower_m), datum)
        assert low <= inner[0] + 1e-6
        assert inner[1] <= high + 1e-6


@pytest.mark.parametrize(
    ("sea_level_hpa", "offset_k"),
    [
        (870.0, 15.0),
        (870.0, 0.0),
        (1_084.8, -50.0),
        (1_084.8, 0.0),
        (1_013.25, -50.0),
        (1_013.25, 35.0),
        (1_040.0, 25.0),
    ],
)
@pytest.mark.parametrize("pressure_altitude_m", [-500.0, 0.0, 1_500.0, 9_144.0, 11_000.0])
def test_a_flight_level_lies_within_its_bounds_in_extreme_air(
    sea_level_hpa: float, offset_k: float, pressure_altitude_m: float
) -> None:
    """ICAO Doc 7488: p = 1013.25 (1 - 0.0065 h / 288.15) ** 5.25588; a layer of air stretches with its temperature."""

    def standard_height_m(pressure_hpa: float) -> float:
        return 288.15 / 0.0065 * (1.0 - (pressure_hpa / 1013.25) ** (1.0 / 5.25588))

    above_sea_level_m = pressure_altitude_m - standard_height_m(sea_level_hpa)
    mean_k = 288.15 - 0.0065 * pressure_altitude_m / 2.0
    true_m = above_sea_level_m * (mean_k + offset_k) / mean_k
    low, high = mean_sea_level_bounds_m(pressure_altitude_m, Datum.PRESSURE)
    assert true_m < 0.0 or low <= true_m <= high


def test_bounds_are_no_wider_than_the_world_demands() -> None:
    """Undulation extremes, sea-level pressures of record, the lowest shore and the highest peak."""
    low, high = mean_sea_level_bounds_m(0.0, Datum.WGS84)
    assert (low, high) == (-85.4, 107.0)
    low, high = mean_sea_level_bounds_m(0.0, Datum.PRESSURE)
    assert -1_300.0 < low < -1_200.0
    assert 550.0 < high < 620.0
    assert mean_sea_level_bounds_m(120.0, Datum.AGL) == (120.0 - 440.0, 120.0 + 8_850.0)
