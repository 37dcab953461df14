"""Levels and bands: number, unit and datum together; contradictory limits never leave the desk."""

from typing import Any

import pytest

from skyparley.catalogue.parameters import KINDS
from skyparley.errors import InvalidInputError

LEVEL, BAND = KINDS["level"], KINDS["band"]


def level(value: Any, unit: str = "FL", **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": unit, **more}


def refusal(kind: Any, value: Any) -> tuple[str | None, str]:
    with pytest.raises(InvalidInputError) as caught:
        kind.parse(value, "parameters.level")
    return caught.value.place, caught.value.message


def test_a_level_is_kept_as_typed_and_in_millimetres() -> None:
    assert LEVEL.parse(level(350), "x") == {
        "value": "350",
        "unit": "FL",
        "datum": "PRESSURE",
        "altitude_mm": 10_668_000,
    }
    typed = level("5000.5", "ft", datum="EGM96")
    assert LEVEL.parse(typed, "x") == {**typed, "altitude_mm": 1_524_152}
    assert LEVEL.parse(level(1200.0, "m", datum="AGL"), "x") == {
        "value": "1200",
        "unit": "m",
        "datum": "AGL",
        "altitude_mm": 1_200_000,
    }


@pytest.mark.parametrize(
    ("value", "place", "says"),
    [
        (350, "parameters.level", "add unit"),
        ("FL350", "parameters.level", "must be an object"),
        (level(5000, "ft"), "parameters.level.datum", "add datum"),
        ({"value": 350}, "parameters.level.unit", "unit is missing"),
        (level(350, "flight level"), "parameters.level.unit", "use FL, ft, m"),
        (level(350, datum="EGM96"), "parameters.level.datum", "1013.25 hPa"),
        (level(350.5), "parameters.level.value", "whole number of hundreds"),
        (level("350.0"), "parameters.level.value", "whole number of hundreds"),
        (level(-10), "parameters.level.value", "whole number of hundreds"),
        (level(5000, "ft", datum="QNH"), "parameters.level.datum", "WGS84, EGM96, PRESSURE or AGL"),
        (level(True), "parameters.level.value", "must be a number"),
        (level("5,000", "ft", datum="AGL"), "parameters.level.value", "one decimal point"),
        (level("٣٥٠"), "parameters.level.value", "cannot read"),
        (level(float("nan")), "parameters.level.value", "cannot read"),
        (level(1e300, "m", datum="AGL"), "parameters.level.value", "20 characters"),
        (level(10_000), "parameters.level.value", "metres"),
        (level(10**5000), "parameters.level.value", "20 characters"),
        (level(350, 10**5000), "parameters.level.unit", "thousands of digits"),
        (level(350, "m", datum=10**5000), "parameters.level.datum", "WGS84, EGM96, PRESSURE or AGL"),
        (level(350, "m", datum=["AGL"]), "parameters.level.datum", "WGS84, EGM96, PRESSURE or AGL"),
        ({**level(350), "colour": 1}, "parameters.level", "unknown field 'colour'"),
    ],
)
def test_what_is_not_a_level_is_refused_with_place_and_remedy(value: Any, place: str, says: str) -> None:
    where, message = refusal(LEVEL, value)
    assert where == place
    assert says in message


def test_the_same_level_in_another_unit_is_equal_only_over_the_same_datum() -> None:
    def differs(a: dict[str, Any], b: dict[str, Any]) -> bool:
        return LEVEL.differs(LEVEL.parse(a, "a"), LEVEL.parse(b, "b"))

    assert not differs(level(350), level(35_000, "ft", datum="PRESSURE"))
    assert not differs(level(350), level(10_669, "m", datum="PRESSURE"))
    assert differs(level(350), level("10669.001", "m", datum="PRESSURE"))
    assert differs(level(350), level(35_000, "ft", datum="EGM96"))
    assert differs(level(350), level(340))


def test_contradictory_limits_are_refused() -> None:
    """Failure 9: two contradictory altitude limits in one notice (July 2014)."""
    ok = BAND.parse({"lower": level(240), "upper": level(28_000, "ft", datum="PRESSURE")}, "x")
    assert ok == {
        "lower": LEVEL.parse(level(240), "x"),
        "upper": LEVEL.parse(level(28_000, "ft", datum="PRESSURE"), "x"),
    }
    where, message = refusal(BAND, {"lower": level(330), "upper": level(320)})
    assert where == "parameters.level.upper"
    assert "contradictory limits: lower (330 FL) must be below upper (320 FL)" in message
    assert "contradictory" in refusal(BAND, {"lower": level(320), "upper": level(320)})[1]
    where, message = refusal(BAND, {"lower": level(100, "m", datum="AGL"), "upper": level(320)})
    assert where == "parameters.level.upper.datum"
    assert "one datum" in message
    assert refusal(BAND, {"lower": level(320)})[0] == "parameters.level.upper"


def test_a_band_differs_if_either_limit_does() -> None:
    band = BAND.parse({"lower": level(240), "upper": level(280)}, "x")
    for other in ({"lower": level(230), "upper": level(280)}, {"lower": level(240), "upper": level(290)}):
        assert BAND.differs(band, BAND.parse(other, "x"))
    assert not BAND.differs(band, BAND.parse({"lower": level(240), "upper": level(280)}, "x"))
