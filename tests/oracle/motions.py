"""How near two aircraft come, from the definition, for many pairs at a time: PROJ geodesics and golden sections.

Positions are `(n, 2)` in degrees, seconds and altitudes `(n, 2)` those of both ends; a leg is flown at constant speed
along its geodesic. The distance between two such, over both clocks, has one minimum over a few kilometres.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from oracle.footprints import Flags, Floats, forward, inverse, nearest_on_edge

GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
ROUNDS = 46
NOWHERE_M = 1e8


@dataclass(frozen=True, slots=True)
class Legs:
    """Legs of constant speed and climb."""

    start: Floats
    end: Floats
    times_s: Floats
    altitudes_m: Floats

    def at(self, instants_s: Floats) -> Floats:
        """Positions at instants, one for each leg."""
        length, azimuth, _ = inverse(self.start, self.end)
        return forward(self.start, azimuth, length * self.share(instants_s))[0]

    def share(self, instants_s: Floats) -> Floats:
        """How much of each leg is behind at an instant."""
        return (instants_s - self.times_s[:, 0]) / (self.times_s[:, 1] - self.times_s[:, 0])

    def altitude_m(self, instants_s: Floats) -> Floats:
        """Altitudes at instants."""
        return self.altitudes_m[:, 0] + self.share(instants_s) * (self.altitudes_m[:, 1] - self.altitudes_m[:, 0])

    def only(self, these: Flags) -> "Legs":
        """Some of them."""
        return Legs(self.start[these], self.end[these], self.times_s[these], self.altitudes_m[these])


def least(function: Callable[[Floats], Floats], low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Where functions of one minimum each are least between bounds, and how much they are there: by golden sections."""
    low, high = low.copy(), high.copy()
    one, other = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    of_one, of_other = function(one), function(other)
    for _ in range(ROUNDS):
        lower = of_one <= of_other
        low, high = np.where(lower, low, one), np.where(lower, other, high)
        fresh = np.where(lower, high - GOLDEN * (high - low), low + GOLDEN * (high - low))
        of_fresh = function(fresh)
        one, other = np.where(lower, fresh, other), np.where(lower, one, fresh)
        of_one, of_other = np.where(lower, of_fresh, of_other), np.where(lower, of_one, of_fresh)
    places = np.stack((low, (low + high) / 2.0, high))
    values = np.stack([function(place) for place in places])
    best, n = np.argmin(values, axis=0), np.arange(len(low))
    return places[best, n], values[best, n]


def apart_m(a: Legs, b: Legs, instants_s: Floats) -> Floats:
    """Horizontal distances at instants."""
    return inverse(a.at(instants_s), b.at(instants_s))[0]


def level_span(a: Legs, b: Legs, gap_m: Floats) -> tuple[Floats, Floats]:
    """From when to when both fly, less than a gap apart in altitude; reversed if never."""
    begin = np.maximum(a.times_s[:, 0], b.times_s[:, 0])
    end = np.minimum(a.times_s[:, 1], b.times_s[:, 1])
    first, last = (b.altitude_m(instant) - a.altitude_m(instant) for instant in (begin, end))
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = ((bound - first) / (last - first) for bound in (-gap_m, gap_m))
    enter, leave = np.minimum(one, other), np.maximum(one, other)
    level = np.abs(last - first) < 1e-9
    enter = np.where(level, np.where(np.abs(first) < gap_m, 0.0, 2.0), np.maximum(enter, 0.0))
    leave = np.where(level, 1.0, np.minimum(leave, 1.0))
    at_once = end > begin
    return np.where(at_once, begin + enter * (end - begin), begin), np.where(
        at_once, begin + leave * (end - begin), end
    )


def least_with_clocks(a: Legs, b: Legs, low: Floats, high: Floats, tau_s: Floats, gap_m: Floats) -> Floats:
    """The least distance where the clock of a lies between bounds, that of b within `tau_s` of it, and less than a gap
    is between their altitudes; `NOWHERE_M` and more where that is impossible.
    """
    return least(lambda u: _nearest(a, b, u, u - tau_s, u + tau_s, gap_m), low, high)[1]


def least_at(a: Legs, b: Legs, instants_s: Floats, early_a: Floats, early_b: Floats, gap_m: Floats) -> Floats:
    """The least distance that both may have at instants if they are early or late by up to their tolerances."""
    low = np.maximum(a.times_s[:, 0], instants_s - early_a)
    high = np.minimum(a.times_s[:, 1], instants_s + early_a)
    late = np.maximum(low - high, 0.0)
    found = least(
        lambda u: _nearest(a, b, u, instants_s - early_b, instants_s + early_b, gap_m), low, np.maximum(low, high)
    )[1]
    return np.where(late > 1e-7, NOWHERE_M, found)


def _nearest(a: Legs, b: Legs, u: Floats, low: Floats, high: Floats, gap_m: Floats) -> Floats:
    """How near b, its clock between bounds, comes to where a is at its clock u."""
    low, high = np.maximum(b.times_s[:, 0], low), np.minimum(b.times_s[:, 1], high)
    height, begin = a.altitude_m(u), b.altitude_m(b.times_s[:, 0])
    climb = (b.altitudes_m[:, 1] - b.altitudes_m[:, 0]) / (b.times_s[:, 1] - b.times_s[:, 0])
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (b.times_s[:, 0] + (height + bound - begin) / climb for bound in (-gap_m, gap_m))
    steady = climb == 0.0
    too_high = np.where(steady, np.maximum(np.abs(height - begin) - gap_m, 0.0), 0.0)
    low = np.where(steady, low, np.maximum(low, np.minimum(one, other)))
    high = np.where(steady, high, np.minimum(high, np.maximum(one, other)))
    missing = np.maximum(low - high, 0.0) + too_high
    high = np.maximum(low, high)
    found, _ = nearest_on_edge(a.at(u), b.start, b.end, b.share(low), b.share(high), rounds=2)
    return np.where(missing > 0.0, NOWHERE_M * (1.0 + missing), found)
