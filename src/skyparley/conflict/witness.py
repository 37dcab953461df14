"""From hits of pieces to conflicts: one per pair and rule, with all its time windows, the closest approach, a sentence.

The closest approach is, within the windows, the instant of least horizontal distance, then of least vertical distance,
then the earliest.
"""

import math
from collections.abc import Sequence
from typing import Final

from skyparley.conflict.kernels import hits
from skyparley.conflict.minima import SeparationMinimum
from skyparley.conflict.operation import ClosestApproach, Conflict, OperationRef, Rule, TimeWindow
from skyparley.geometry.interval import format_time
from skyparley.units import MICROSECONDS_PER_SECOND, m_to_feet, m_to_nautical_miles

RULES: Final = (Rule.SEPARATION_MINIMUM, Rule.TRAJECTORY_IN_VOLUME, Rule.VOLUME_OVERLAP)
JOIN_US: Final = 1
"""Windows this far apart are one: times are rounded to whole microseconds."""
_NAUTICAL_FROM_M: Final = 1_000.0


def conflict_of(
    query: OperationRef, other: OperationRef, found: Sequence[Sequence[float]], minimum: SeparationMinimum
) -> Conflict:
    """The conflict of a pair from all its hits `(n, HIT_COLUMNS)` of one rule, sorted as they stand.

    Their `ASKER_FLIES` is that of the first of the two by name, as if that one had asked.
    """
    a, b = (query, other) if query < other else (other, query)
    number, across_m, up_m, closest_us, latitude_deg, longitude_deg, first_us, last_us, sure, a_flies = found[0][1:11]
    rule = RULES[int(number)]
    closest = ClosestApproach(int(closest_us), latitude_deg, longitude_deg, _down(across_m, 1_000), _down(up_m, 1_000))
    windows: tuple[TimeWindow, ...] = (TimeWindow(int(first_us), int(last_us)),)
    certain = sure > 0.0
    if len(found) > 1:
        windows, certain = _windows(found), any(hit[hits.CERTAIN] > 0.0 for hit in found)
    same_party = a.party == b.party != ""
    told = _told(rule, closest, windows[-1].last_us, str(a), str(b), minimum, a_flies > 0.0)
    basis = minimum.basis if rule is Rule.SEPARATION_MINIMUM else ""
    return Conflict(a, b, rule, windows, closest, certain, same_party, told + _marks(same_party, certain), basis)


def sentence(
    conflict: Conflict, a: str, b: str, minimum: SeparationMinimum | None = None, a_flies: bool | None = None
) -> str:
    """One plain sentence that says who meets whom, when, where and how closely; `a` and `b` are what to call them.

    `minimum` is told if it is given; `a_flies` says whose path enters whose volume, None that it is not to be told.
    """
    told = _told(conflict.rule, conflict.closest, conflict.last_us, a, b, minimum, a_flies)
    return told + _marks(conflict.same_party, conflict.certain)


def cited(basis: str) -> str:
    """A citation (`agreement/version/clause`) in words."""
    agreement, version, clause = basis.split("/")
    return f"clause {clause} of {agreement} (version {version})"


def _told(
    rule: Rule,
    closest: ClosestApproach,
    last_us: int,
    a: str,
    b: str,
    minimum: SeparationMinimum | None,
    a_flies: bool | None,
) -> str:
    latitude_deg, longitude_deg = closest.latitude_deg, closest.longitude_deg
    north, east = "N" if latitude_deg >= 0.0 else "S", "E" if longitude_deg >= 0.0 else "W"
    where = f"{abs(latitude_deg):.4f}°{north} {abs(longitude_deg):.4f}°{east}"
    when = format_time(closest.time_us - closest.time_us % MICROSECONDS_PER_SECOND)
    if rule is Rule.VOLUME_OVERLAP:
        until = format_time(last_us - last_us % MICROSECONDS_PER_SECOND)
        return f"The declared airspace of {a} and {b} overlaps from {when} to {until} near {where}"
    if rule is Rule.TRAJECTORY_IN_VOLUME:
        flyer, other = (f"one of {a} and {b}", "the other") if a_flies is None else (a, b) if a_flies else (b, a)
        far = closest.horizontal_m > 0.0 or closest.vertical_m > 0.0
        enters = "comes, within its tolerance, to" if far else "enters"
        return f"The path of {flyer} {enters} the declared airspace of {other} at {when} near {where}"
    text = (
        f"{a} and {b} come within {_horizontal(closest.horizontal_m)} and {_vertical(closest.vertical_m)} of each"
        f" other at {when} near {where}"
    )
    if minimum is not None:
        text += f"; at least {_horizontal(minimum.horizontal_m)} or {_vertical(minimum.vertical_m)} is required"
        if minimum.basis:
            text += f" by {cited(minimum.basis)}"
        if closest.horizontal_m > minimum.horizontal_m or closest.vertical_m > minimum.vertical_m:
            text += " once their tolerances are taken off"
    return text


def _marks(same_party: bool, certain: bool) -> str:
    """How the sentence ends."""
    one = "; both are of one party" if same_party else ""
    return f"{one}." if certain else f"{one}; not certain, because their altitudes cannot be compared exactly."


def _windows(found: Sequence[Sequence[float]]) -> tuple[TimeWindow, ...]:
    spans = sorted([(int(hit[hits.FIRST_US]), int(hit[hits.LAST_US])) for hit in found])
    return tuple([TimeWindow(first, last) for first, last in _joined(spans)])


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    joined = [spans[0]]
    for first, last in spans[1:]:
        if first <= joined[-1][1] + JOIN_US:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def _horizontal(distance_m: float) -> str:
    if distance_m >= _NAUTICAL_FROM_M:
        return f"{_down(m_to_nautical_miles(distance_m), 10):.1f} NM ({_down(distance_m):,.0f} m)"
    return f"{_down(distance_m, 10):,.1f} m"


def _vertical(distance_m: float) -> str:
    return f"{_down(m_to_feet(distance_m)):,.0f} ft ({_down(distance_m, 10):,.1f} m)"


def _down(value: float, steps: int = 1) -> float:
    """Rounded down, so that what is too close never reads as enough; a minimum in whole units stays what it is."""
    return math.floor(value * steps + 1e-6) / steps
