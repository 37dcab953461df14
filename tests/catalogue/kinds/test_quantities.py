"""Numbers come with their unit, and are equal in whatever unit they were typed."""

from typing import Any

import pytest

from skyparley.catalogue.parameters import KINDS
from skyparley.errors import InvalidInputError


def parse(kind: str, value: Any) -> Any:
    return KINDS[kind].parse(value, f"parameters.{kind}")


@pytest.mark.parametrize(
    ("kind", "value", "unit", "kept"),
    [
        ("frequency", "243.000", "MHz", {"frequency_hz": 243_000_000}),
        ("frequency", 121.5, "MHz", {"frequency_hz": 121_500_000}),
        ("frequency", 5680, "kHz", {"frequency_hz": 5_680_000}),
        ("distance", 5, "NM", {"distance_mm": 9_260_000}),
        ("distance", "1.5", "km", {"distance_mm": 1_500_000}),
        ("duration", 15, "min", {"duration_s": 900}),
        ("duration", 1.5, "h", {"duration_s": 5_400}),
        ("speed", 420, "kt", {"speed_mm_s": 216_067}),  # 420 × 1852 m / 3600 s
        ("speed", 36, "km/h", {"speed_mm_s": 10_000}),
    ],
)
def test_a_quantity_is_kept_as_typed_and_as_a_whole_number(
    kind: str, value: Any, unit: str, kept: dict[str, int]
) -> None:
    assert parse(kind, {"value": value, "unit": unit}) == {"value": str(value), "unit": unit, **kept}


@pytest.mark.parametrize("kind", ["frequency", "distance", "duration", "speed", "heading"])
def test_a_bare_number_is_refused_and_told_what_to_add(kind: str) -> None:
    with pytest.raises(InvalidInputError, match=r"bare number .* add unit") as caught:
        parse(kind, 120)
    assert caught.value.place == f"parameters.{kind}"


@pytest.mark.parametrize(
    ("kind", "value", "place", "says"),
    [
        ("frequency", {"value": 243}, "frequency.unit", "unit is missing"),
        ("frequency", {"value": 243, "unit": "Hz"}, "frequency.unit", "use MHz, kHz"),
        ("frequency", {"value": 243, "unit": 5}, "frequency.unit", "use MHz, kHz"),
        ("frequency", {"value": 243, "unit": ["MHz"]}, "frequency.unit", "use MHz, kHz"),
        ("frequency", {"value": "243,000", "unit": "MHz"}, "frequency.value", "decimal point"),
        ("frequency", {"value": 50, "unit": "kHz"}, "frequency.value", "check its unit"),
        ("distance", {"value": -1, "unit": "km"}, "distance.value", "check its unit"),
        ("duration", {"value": 0, "unit": "s"}, "duration.value", "check its unit"),
        ("heading", {"value": 90, "unit": "deg"}, "heading.reference", "reference is missing"),
        ("heading", {"value": 90, "unit": "deg", "reference": "grid"}, "heading.reference", "true or magnetic"),
        ("heading", {"value": 361, "unit": "deg", "reference": "true"}, "heading.value", "0 and 360"),
        ("count", -1, "count", "whole number"),
        ("count", 1.5, "count", "whole number"),
        ("count", True, "count", "whole number"),
        ("count", "6", "count", "whole number"),
        ("count", 100_001, "count", "whole number"),
    ],
)
def test_what_is_not_a_quantity_is_refused_with_place_and_remedy(kind: str, value: Any, place: str, says: str) -> None:
    with pytest.raises(InvalidInputError, match=says) as caught:
        parse(kind, value)
    assert caught.value.place == f"parameters.{place}"


def test_quantities_are_compared_by_what_they_mean() -> None:
    def differs(kind: str, a: dict[str, Any], b: dict[str, Any]) -> bool:
        return KINDS[kind].differs(parse(kind, a), parse(kind, b))

    assert not differs("frequency", {"value": "243.000", "unit": "MHz"}, {"value": 243_000, "unit": "kHz"})
    assert differs("frequency", {"value": "243.000", "unit": "MHz"}, {"value": "243.005", "unit": "MHz"})
    assert not differs("duration", {"value": 90, "unit": "min"}, {"value": "1.5", "unit": "h"})
    assert not differs("distance", {"value": 1, "unit": "NM"}, {"value": 1852, "unit": "m"})
    north = {"value": 0, "unit": "deg", "reference": "true"}
    assert not differs("heading", north, {**north, "value": 360})
    assert differs("heading", north, {**north, "reference": "magnetic"})
    assert differs("heading", north, {**north, "value": 1})
