"""`skyparley altitude`: what an altitude means elsewhere, and what it refuses."""

import re

import pytest
from typer.testing import CliRunner

from oracle.geoid import undulations_m
from skyparley.cli.main import app
from skyparley.errors import InvalidInputError
from support.commands import skyparley


def told(*arguments: str) -> list[float]:
    done = CliRunner().invoke(app, ["altitude", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return [float(number) for number in re.findall(r"-?\d+\.\d", done.stdout)]


@pytest.mark.parametrize("place", [("46.5", "7.8"), ("-17", "-180"), ("90", "0")])
def test_ellipsoid_and_sea_level_are_as_far_apart_as_the_geoid_says(place: tuple[str, str]) -> None:
    undulation_m = float(undulations_m(*map(float, place)))
    for metres, to, sign in (("500", "EGM96", -1.0), ("500", "WGS84", 1.0)):
        of = "WGS84" if to == "EGM96" else "EGM96"
        value, low, high = told("--from", of, "--to", to, "--", *place, metres)
        assert value == pytest.approx(500.0 + sign * undulation_m, abs=0.11)
        assert low <= 500.0 + sign * undulation_m <= high <= low + 0.35


def test_weather_and_terrain_give_a_band_and_one_datum_the_same_number() -> None:
    low, high = told("46.5", "7.8", "9449", "--from", "PRESSURE", "--to", "EGM96")
    assert (low, high) == (pytest.approx(6_294.0, abs=1.0), pytest.approx(12_331.0, abs=1.0))
    lowest, highest = told("46.5", "7.8", "9449", "--from", "EGM96", "--to", "pressure")
    assert lowest < 9_449.0 < highest
    assert told("46.5", "7.8", "120", "--from", "AGL", "--to", "EGM96") == [-320.0, 8_970.0]
    assert told("46.5", "7.8", "120", "--from", "AGL", "--to", "AGL") == [120.0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("91", "7", "1", "--from", "WGS84", "--to", "AGL"), "LATITUDE LONGITUDE: latitude"),
        (("46", "nan", "1", "--from", "WGS84", "--to", "AGL"), "LATITUDE LONGITUDE: longitude"),
        (("46", "7", "200000", "--from", "WGS84", "--to", "AGL"), "METRES: altitude must be"),
        (("46", "7", "1", "--from", "MSL", "--to", "AGL"), "--from: unknown altitude datum"),
        (("46", "7", "1", "--from", "WGS84", "--to", "EGM2008"), "--to: unknown altitude datum"),
    ],
)
def test_what_is_no_place_altitude_or_datum_is_refused(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        CliRunner().invoke(app, ["altitude", *arguments], catch_exceptions=False)
    assert f"{refused.value.place}: {refused.value.message}".startswith(said)


def test_a_refusal_is_one_line() -> None:
    done = skyparley("altitude", "46", "7", "1", "--from", "MSL", "--to", "AGL")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("skyparley: --from: unknown altitude datum 'MSL'")
    assert done.stderr.count("\n") == 1
