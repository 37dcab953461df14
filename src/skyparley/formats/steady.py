"""Which reports of a recorded track an aircraft can really have sent: jumps and stale positions are told apart from it.

A report belongs to a track if the aircraft could have reached it from the track's last one. Reports that could not form
tracks of their own; the longest is the flight, so that a wrong first report does not cost the rest. Receivers also
repeat the last position while they hear nothing, and then the aircraft seems to stand and to leap: where a leap starts
from repeated positions, those are stale, and the way is reckoned from the first of them.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from skyparley.units import MICROSECONDS_PER_SECOND

MAX_SPEED_MPS: Final = 1_000.0
"""A report that would need more than this from the one before is a jump."""
MAX_TRACKS: Final = 8
"""So many tracks are followed at once; of more, the shortest is given up."""
_EARTH_RADIUS_M: Final = 6_371_009.0

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(slots=True)
class _Track:
    """Indices of reports; the last `repeats` of them repeat the position of the one before."""

    reports: list[int] = field(default_factory=list)
    repeats: int = 0
    stale: int = 0


def steady(times_us: Integers, latitudes_deg: Floats, longitudes_deg: Floats) -> tuple[Integers, int, int]:
    """Indices of the reports to keep, and how many were jumps and how many stale.

    Times are strictly rising microseconds; positions `(n,)` WGS 84 degrees.
    """
    count = len(times_us)
    steps_m = _distance_m(latitudes_deg[:-1], longitudes_deg[:-1], latitudes_deg[1:], longitudes_deg[1:])
    if count < 2 or (steps_m <= MAX_SPEED_MPS * np.diff(times_us) / MICROSECONDS_PER_SECOND).all():
        return np.arange(count), 0, 0
    times_s = (times_us - times_us[0]) / MICROSECONDS_PER_SECOND
    tracks: list[_Track] = []
    for i in range(count):
        if not any(_take(track, i, times_s, latitudes_deg, longitudes_deg) for track in tracks):
            if len(tracks) == MAX_TRACKS:
                tracks.pop()
            tracks.append(_Track([i]))
        tracks.sort(key=_length, reverse=True)  # the longest is asked first: it is the likeliest, and so wins back
    longest = tracks[0]
    return np.array(longest.reports), count - len(longest.reports) - longest.stale, longest.stale


def _length(track: _Track) -> int:
    return len(track.reports)


def _take(track: _Track, i: int, times_s: Floats, latitudes_deg: Floats, longitudes_deg: Floats) -> bool:
    """Add a report to a track if the aircraft could be there; whether it was added."""
    first = track.reports[-1 - track.repeats]

    def reachable(start: int) -> bool:
        distance_m = _distance_m(latitudes_deg[start], longitudes_deg[start], latitudes_deg[i], longitudes_deg[i])
        return bool(distance_m <= MAX_SPEED_MPS * (times_s[i] - times_s[start]))

    if reachable(track.reports[-1]):
        same = latitudes_deg[i] == latitudes_deg[first] and longitudes_deg[i] == longitudes_deg[first]
        track.repeats = track.repeats + 1 if same else 0
    elif track.repeats and reachable(first):
        del track.reports[-track.repeats :]
        track.stale += track.repeats
        track.repeats = 0
    else:
        return False
    track.reports.append(i)
    return True


def _distance_m(latitude_1: Floats, longitude_1: Floats, latitude_2: Floats, longitude_2: Floats) -> Floats:
    """Great-circle distance of degrees by haversines; good to 1 %, which a test for jumps needs."""
    a, b = np.radians(latitude_1), np.radians(latitude_2)
    half = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(np.radians(longitude_2 - longitude_1) / 2) ** 2
    distance: Floats = 2 * _EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, half)))
    return distance
