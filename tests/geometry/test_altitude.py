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
    altitude_bounds_m,
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
def test_what_lies_higher_means_no_lower_height(one_m: float, other_m: float, datum: Datum) -> None:
    lower, upper = sorted((one_m, other_m))
    for lower_m, upper_m in zip(
        mean_sea_level_bounds_m(lower, datum), mean_sea_level_bounds_m(upper, datum), strict=True
    ):
        assert lower_m <= upper_m


def test_bounds_are_no_wider_than_the_world_demands() -> None:
    """Extremes of the geoid, the lowest shore and the highest peak; what the air demands is in `test_air.py`."""
    low, high = mean_sea_level_bounds_m(0.0, Datum.WGS84)
    assert -86.0 < low < -85.44
    assert 107.05 < high < 107.5
    assert mean_sea_level_bounds_m(120.0, Datum.AGL) == (120.0 - 440.0, 120.0 + 8_850.0)


@given(ALTITUDES_M, st.sampled_from(Datum), st.floats(-107.0, 85.0), st.floats(0.0, 1.0))
def test_an_altitude_is_among_those_that_can_mean_what_it_can(
    altitude_m: float, datum: Datum, undulation_m: float, share: float
) -> None:
    """And the least and the greatest of these mean just that height at their highest and at their lowest."""
    geoid_m = undulation_m - 0.06, undulation_m + 0.06
    low, high = mean_sea_level_bounds_m(altitude_m, datum, geoid_m)
    height_m = low + share * (high - low)
    least, greatest = altitude_bounds_m(height_m, height_m, datum, geoid_m)
    assert least - 1e-6 <= altitude_m <= greatest + 1e-6
    assert mean_sea_level_bounds_m(least, datum, geoid_m)[1] == pytest.approx(height_m, abs=1e-6)
    assert mean_sea_level_bounds_m(greatest, datum, geoid_m)[0] == pytest.approx(height_m, abs=1e-6)
    wide = altitude_bounds_m(low, high, datum, geoid_m)
    assert wide[0] <= least + 1e-6
    assert greatest - 1e-6 <= wide[1]
