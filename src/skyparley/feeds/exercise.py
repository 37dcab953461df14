"""The third party of the demo: a firing exercise through flight levels in use, and drones over an alpine rescue.

Everything here is invented and marked as an exercise; places are real so that the recorded flights meet it. It repeats
on a fixed timetable counted from an anchor, so that it goes on as if nothing had happened after a restart.
"""

from dataclasses import dataclass

import numpy as np

from skyparley.conflict.operation import Operation, OperationRef
from skyparley.geometry.altitude import AltitudeBand, Datum
from skyparley.geometry.footprint import Circle
from skyparley.geometry.interval import TimeInterval, format_time
from skyparley.geometry.polygon import Polygon
from skyparley.geometry.trajectory import Trajectory4D
from skyparley.geometry.volume import Volume4D
from skyparley.units import METRES_PER_FOOT, MICROSECONDS_PER_SECOND

FIRING_PERIOD_S = 2_400
FIRING_LASTS_S = 1_500
RESCUE_PERIOD_S = 1_800
RESCUE_LASTS_S = 1_500
_FIRING_AREA = ((46.62, 7.10), (46.86, 7.18), (46.90, 7.62), (46.70, 7.74), (46.55, 7.45))
_RESCUE = (46.548, 7.985)  # above the Aletsch side of the Jungfrau


@dataclass(frozen=True, slots=True)
class Planned:
    """An operation to file, or a hazard area to declare (`hazard_kind` names it)."""

    operation: Operation
    hazard_kind: str | None = None


def due(party: str, helper: str, anchor_us: int, begin_us: int, end_us: int, now_us: int) -> list[Planned]:
    """What of slots that begin in `[begin_us, end_us)` is not over at `now_us`; `helper` flies the rescue."""
    found = [
        _firing(party, TimeInterval(slot_us, slot_us + FIRING_LASTS_S * MICROSECONDS_PER_SECOND))
        for slot_us in _slots(anchor_us, FIRING_PERIOD_S, FIRING_LASTS_S, begin_us, end_us, now_us)
    ]
    for slot_us in _slots(anchor_us, RESCUE_PERIOD_S, RESCUE_LASTS_S, begin_us, end_us, now_us):
        time = TimeInterval(slot_us, slot_us + RESCUE_LASTS_S * MICROSECONDS_PER_SECOND)
        found.extend((_search(party, time), _relay(party, time), _survey(party, time), _rescue(helper, time)))
    return found


def _slots(anchor_us: int, period_s: int, lasts_s: int, begin_us: int, end_us: int, now_us: int) -> list[int]:
    period_us, lasts_us = period_s * MICROSECONDS_PER_SECOND, lasts_s * MICROSECONDS_PER_SECOND
    earliest_us = max(begin_us, now_us - lasts_us + 1)
    first = max(0, -((anchor_us - earliest_us) // period_us))
    last = (end_us - 1 - anchor_us) // period_us
    return [anchor_us + slot * period_us for slot in range(first, last + 1)]


def _name(stem: str, time: TimeInterval) -> str:
    return f"{stem}/{format_time(time.begin_us)}"


def _firing(party: str, time: TimeInterval) -> Planned:
    band = AltitudeBand(33_000 * METRES_PER_FOOT, 37_000 * METRES_PER_FOOT, Datum.PRESSURE)
    volume = Volume4D(Polygon(_FIRING_AREA), band, time)
    ref = OperationRef(party, _name("exercise-firing", time))
    return Planned(Operation(ref, "hazard", volumes=(volume,), hazard=True), "firing")


def _search(party: str, time: TimeInterval) -> Planned:
    """A drone that searches a box above the glacier."""
    latitude_deg, longitude_deg = _RESCUE
    box = tuple(
        (latitude_deg + north, longitude_deg + east)
        for north, east in ((-0.006, -0.009), (-0.006, 0.009), (0.006, 0.009), (0.006, -0.009))
    )
    volume = Volume4D(Polygon(box), AltitudeBand(3_250.0, 3_400.0, Datum.WGS84), time)
    return Planned(Operation(OperationRef(party, _name("drone-search", time)), "drone", volumes=(volume,)))


def _relay(party: str, time: TimeInterval) -> Planned:
    """A drone that relays radio from above a ridge, clear of the search."""
    circle = Circle(_RESCUE[0] + 0.012, _RESCUE[1] + 0.004, 250.0)
    volume = Volume4D(circle, AltitudeBand(3_700.0, 3_800.0, Datum.WGS84), time)
    return Planned(Operation(OperationRef(party, _name("drone-relay", time)), "drone", volumes=(volume,)))


def _survey(party: str, time: TimeInterval) -> Planned:
    """A drone that flies legs up the glacier and crosses the search box on its way."""
    legs = 8
    times_us = np.linspace(time.begin_us, time.end_us - MICROSECONDS_PER_SECOND, legs + 1).astype(np.int64)
    latitudes_deg = _RESCUE[0] + np.linspace(-0.016, 0.016, legs + 1)
    longitudes_deg = _RESCUE[1] + 0.012 * np.cos(np.pi * np.arange(legs + 1))
    track = Trajectory4D(
        times_us, latitudes_deg, longitudes_deg, np.full(legs + 1, 3_330.0), Datum.WGS84, 15.0, 10.0, 0.0
    )
    return Planned(Operation(OperationRef(party, _name("drone-survey", time)), "drone", trajectories=(track,)))


def _rescue(helper: str, time: TimeInterval) -> Planned:
    """The rescue helicopter of another party, through the same air for ten minutes."""
    begin_us = time.begin_us + 600 * MICROSECONDS_PER_SECOND
    hover = TimeInterval(begin_us, begin_us + 600 * MICROSECONDS_PER_SECOND)
    circle = Circle(_RESCUE[0] + 0.002, _RESCUE[1] - 0.006, 500.0)
    volume = Volume4D(circle, AltitudeBand(3_150.0, 3_500.0, Datum.WGS84), hover)
    return Planned(Operation(OperationRef(helper, _name("rescue-helicopter", time)), "helicopter", volumes=(volume,)))
