"""What a message makes of an operation: shifted, lifted, moved, flown along other points; and what cannot be done."""

from typing import Any

import numpy as np
import pytest
from pyproj import Geod

from skyparley.catalogue.messages import parse_message
from skyparley.conflict.operation import Operation
from skyparley.errors import SkyparleyError
from skyparley.geometry.altitude import Datum
from skyparley.geometry.footprint import Circle
from skyparley.geometry.interval import format_time
from skyparley.geometry.polygon import Polygon
from skyparley.node.line.negotiation.moves import moved, span_of
from support.conflict_cases import circle_volume, operation, track
from support.nodes import BERNE, at

GEOD = Geod(ellps="WGS84")


def window(begin_s: float, end_s: float) -> dict[str, str]:
    return {"begin": format_time(at(begin_s)), "end": format_time(at(end_s))}


def band(lower: int, upper: int, unit: str = "m", datum: str = "EGM96") -> dict[str, Any]:
    return {
        name: {"value": value, "unit": unit, "datum": datum} for name, value in (("lower", lower), ("upper", upper))
    }


def after(before: Operation, code: str, **parameters: Any) -> Operation:
    return moved(before, parse_message(code, {"operation": before.ref.operation_id, **parameters}))


def survey(*times_s: tuple[float, float]) -> Operation:
    return operation("survey", *(circle_volume(BERNE, 500.0, seconds=times) for times in times_s), party="alpha")


def flight() -> Operation:
    points = [(0.0, 46.9, 7.4, 3_000.0), (300.0, 47.1, 7.6, 3_300.0), (900.0, 47.1, 8.0, 3_300.0)]
    return operation("flight", track(points), party="alpha")


def test_volumes_are_shifted_as_a_whole() -> None:
    two = survey((0, 600), (600, 1_200))
    later = after(two, "offer-time", window=window(3_600, 4_800))
    assert [one.time.begin_us for one in later.volumes] == [at(3_600), at(4_200)]
    assert [one.footprint for one in later.volumes] == [one.footprint for one in two.volumes]


def test_one_time_may_become_longer_but_not_that_of_several() -> None:
    longer = after(survey((0, 600)), "offer-time", window=window(0, 1_800))
    assert span_of(longer) == span_of(survey((0, 1_800)))
    with pytest.raises(SkyparleyError, match="lasts 1200 s and is shifted as a whole") as refused:
        after(survey((0, 600), (600, 1_200)), "offer-time", window=window(0, 1_800))
    assert refused.value.place == "parameters.window"


def test_a_flight_is_shifted_and_lifted_as_a_whole() -> None:
    before = flight()
    (path,) = before.trajectories
    span = span_of(before)
    lasts_s = (span.end_us - span.begin_us) / 1e6
    (later,) = after(before, "offer-time", window=window(7_200, 7_200 + lasts_s)).trajectories
    assert (later.times_us - path.times_us).tolist() == [at(7_200) - span.begin_us] * 3
    (higher,) = after(before, "offer-level", band=band(4_000, 4_400)).trajectories
    assert higher.altitudes_m.tolist() == pytest.approx([4_000.0, 4_300.0, 4_300.0])
    assert higher.datum is Datum.EGM96
    with pytest.raises(SkyparleyError, match="needs 300 m") as refused:
        after(before, "offer-level", band=band(4_000, 4_299))
    assert refused.value.place == "parameters.band"


def test_volumes_get_the_band_with_its_datum() -> None:
    (volume,) = after(survey((0, 600)), "offer-level", band=band(1_000, 2_000, "ft", "AGL")).volumes
    assert (volume.altitude.lower_m, volume.altitude.upper_m) == pytest.approx((304.8, 609.6))
    assert volume.altitude.datum is Datum.AGL


def test_an_area_takes_the_place_of_all_volumes() -> None:
    before = survey((0, 600), (600, 1_200))
    position, radius = "46.5 N 7.0 E", {"value": 2, "unit": "km"}
    (circle,) = after(before, "offer-area", position=position, radius=radius, band=band(0, 100)).volumes
    assert circle.footprint == Circle(46.5, 7.0, 2_000.0)
    assert circle.time == span_of(before)
    outline = ["46.5 N 7.0 E", "46.5 N 7.1 E", "46.6 N 7.1 E"]
    other = after(before, "offer-outline", outline=outline, band=band(0, 100), window=window(60, 90))
    assert other.volumes[0].footprint == Polygon(((46.5, 7.0), (46.5, 7.1), (46.6, 7.1)))
    assert span_of(other) == span_of(survey((60, 90)))
    with pytest.raises(SkyparleyError, match="offer a route, a level or a time") as refused:
        after(flight(), "offer-outline", outline=outline, band=band(0, 100))
    assert refused.value.place == "code"


def test_a_route_is_flown_in_the_same_time_at_an_even_speed_with_the_levels_of_before() -> None:
    before = flight()
    (path,) = before.trajectories
    route = ["46.9 N 7.4 E", "46.9 N 7.7 E", "47.0 N 8.3 E"]
    (flown,) = after(before, "offer-route", route=route).trajectories
    assert (flown.times_us[0], flown.times_us[-1]) == (path.times_us[0], path.times_us[-1])
    legs_m = GEOD.inv(flown.longitudes_deg[:-1], flown.latitudes_deg[:-1], flown.longitudes_deg[1:],
                      flown.latitudes_deg[1:])[2]  # fmt: skip
    speeds = legs_m / np.diff(flown.times_us)
    assert speeds[0] == pytest.approx(speeds[1], rel=1e-6)
    assert flown.altitudes_m[0] == 3_000.0
    assert 3_000.0 < flown.altitudes_m[1] < 3_300.0
    assert flown.altitudes_m[2] == 3_300.0
    with pytest.raises(SkyparleyError, match="are the same") as refused:
        after(before, "offer-route", route=[route[0], route[0], route[1]])
    assert refused.value.place == "parameters.route"
    with pytest.raises(SkyparleyError, match="MAX_LEG_M") as refused:
        after(before, "offer-route", route=["46.9 N 7.4 E", "10 N 100 E"])
    assert refused.value.place == "parameters.route"
