"""Trajectories that exist have positions at rising times; what is wrong is refused with the point that is."""

import math

import numpy as np
import pytest

from skyparley.errors import InvalidInputError, LimitExceededError
from skyparley.geometry.altitude import Datum
from skyparley.geometry.trajectory import MAX_TRAJECTORY_POINTS, Trajectory4D

NOON_US = 1_800_014_400_000_000


def _make(**changes: object) -> Trajectory4D:
    columns: dict[str, object] = {
        "times_us": np.array([NOON_US, NOON_US + 1, NOON_US + 10_000_000], dtype=np.int64),
        "latitudes_deg": np.array([46.0, 46.1, 46.2]),
        "longitudes_deg": np.array([7.0, 7.1, 7.2]),
        "altitudes_m": np.array([100.0, 200.0, 300.0]),
        "datum": Datum.WGS84,
    }
    return Trajectory4D(**{**columns, **changes})  # type: ignore[arg-type]


def test_a_sound_trajectory_is_accepted_with_its_tolerances() -> None:
    path = _make(lateral_tolerance_m=50_000.0, vertical_tolerance_m=5_000.0, time_tolerance_s=3_600.0)
    assert path.time_tolerance_s == 3_600.0
    assert _make().lateral_tolerance_m == 0.0


@pytest.mark.parametrize(
    ("column", "values", "place"),
    [
        ("latitudes_deg", [46.0, 91.0, 46.0], "points[1]"),
        ("latitudes_deg", [46.0, 46.0, math.nan], "points[2]"),
        ("longitudes_deg", [-180.5, 7.0, 7.0], "points[0]"),
        ("longitudes_deg", [7.0, math.inf, 7.0], "points[1]"),
        ("altitudes_m", [0.0, -1_000.5, 0.0], "points[1]"),
        ("altitudes_m", [0.0, 0.0, math.nan], "points[2]"),
        ("times_us", [NOON_US, NOON_US, NOON_US + 1], "points[1]"),
        ("times_us", [NOON_US, NOON_US + 5, NOON_US + 4], "points[2]"),
        ("times_us", [-5, 5, 10], "points[0]"),
        ("times_us", [NOON_US, NOON_US + 5, NOON_US * 1_000], "points[2]"),
    ],
)
def test_the_first_bad_point_is_named(column: str, values: list[float], place: str) -> None:
    dtype = np.int64 if column == "times_us" else np.float64
    with pytest.raises(InvalidInputError) as refusal:
        _make(**{column: np.array(values, dtype=dtype)})
    assert refusal.value.place == place


def test_columns_of_different_length_or_too_few_points_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="same length"):
        _make(altitudes_m=np.array([1.0, 2.0]))
    one = {name: np.array([value]) for name, value in (("latitudes_deg", 1.0), ("longitudes_deg", 1.0))}
    with pytest.raises(InvalidInputError, match="at least two points"):
        _make(**one, altitudes_m=np.array([1.0]), times_us=np.array([NOON_US]))
    with pytest.raises(InvalidInputError, match="at least two points"):
        _make(
            latitudes_deg=np.array([]),
            longitudes_deg=np.array([]),
            altitudes_m=np.array([]),
            times_us=np.array([], dtype=np.int64),
        )


def test_too_many_points_are_refused_by_name() -> None:
    count = MAX_TRAJECTORY_POINTS + 1
    with pytest.raises(LimitExceededError, match="MAX_TRAJECTORY_POINTS"):
        _make(
            times_us=NOON_US + np.arange(count),
            latitudes_deg=np.zeros(count),
            longitudes_deg=np.zeros(count),
            altitudes_m=np.zeros(count),
        )


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf, 1e9])
@pytest.mark.parametrize("name", ["lateral_tolerance_m", "vertical_tolerance_m", "time_tolerance_s"])
def test_a_tolerance_beyond_its_limits_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        _make(**{name: value})
    assert refusal.value.place == name


@pytest.mark.parametrize(
    ("longitudes", "latitudes", "good"),
    [
        ([179.9, -179.9, 179.9], [10.0, 10.0, 10.0], True),
        ([0.0, 180.0, 0.0], [89.9, 89.9, 89.9], True),
        ([0.0, 17.0, 34.0], [0.0, 0.0, 0.0], True),
        ([0.0, 19.0, 34.0], [0.0, 0.0, 0.0], False),
        ([0.0, 180.0, 0.0], [0.0, 0.0, 0.0], False),
    ],
)
def test_points_that_follow_each_other_lie_within_the_longest_leg(
    longitudes: list[float], latitudes: list[float], good: bool
) -> None:
    if good:
        assert len(_make(longitudes_deg=np.array(longitudes), latitudes_deg=np.array(latitudes)).times_us) == 3
    else:
        with pytest.raises(InvalidInputError, match="MAX_LEG_M") as refusal:
            _make(longitudes_deg=np.array(longitudes), latitudes_deg=np.array(latitudes))
        assert refusal.value.place == "points[1]"
