"""Recorded flights flown again: shifted to start now, and once more as they run out.

A slice of a recording is repeated in cycles of its own length, counted from an anchor that outlives a restart. Flights
that were under way when the slice began are cut there, so that the sky is populated from the first minute. Which
flights are due at an instant is a pure function of the anchor and the instant: the same after every restart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from skyparley.conflict.operation import Operation, OperationRef
from skyparley.geometry.interval import TimeInterval, format_time
from skyparley.geometry.trajectory import Trajectory4D


@dataclass(frozen=True, slots=True)
class Replay:
    """Flights of a recorded slice, told apart by party, and the instant (µs since 1970 UTC) at which they start."""

    flights: tuple[Operation, ...]
    slice: TimeInterval
    anchor_us: int

    @property
    def cycle_us(self) -> int:
        """Length of a cycle: that of the slice."""
        return self.slice.end_us - self.slice.begin_us

    def due(self, begin_us: int, end_us: int, now_us: int) -> list[Operation]:
        """The flights, shifted, that begin in `[begin_us, end_us)` and are not over at `now_us`; by start."""
        if end_us <= self.anchor_us:
            return []
        # no flight lasts longer than a cycle: what began more than one before now is over
        first = max(0, (max(begin_us, now_us - self.cycle_us) - self.anchor_us) // self.cycle_us)
        last = (end_us - 1 - self.anchor_us) // self.cycle_us
        found = []
        for cycle in range(first, last + 1):
            shift_us = self.anchor_us + cycle * self.cycle_us - self.slice.begin_us
            for flight in self.flights:
                times_us = flight.trajectories[0].times_us
                if begin_us <= int(times_us[0]) + shift_us < end_us and int(times_us[-1]) + shift_us > now_us:
                    found.append(shifted(flight, shift_us))
        return sorted(found, key=lambda flight: (int(flight.trajectories[0].times_us[0]), flight.ref))


def plan_replay(
    recorded: Sequence[Operation],
    cut: TimeInterval,
    parties: Sequence[str],
    *,
    anchor_us: int,
    at_least_s: float = 120.0,
) -> Replay:
    """A replay of what of a recording lies in a slice; aircraft are dealt to the parties by their address.

    Flights with less than `at_least_s` seconds inside the slice are left out.
    """
    flights = []
    for flight in recorded:
        inside = _cut(flight.trajectories[0], cut)
        if inside is None or int(inside.times_us[-1] - inside.times_us[0]) < at_least_s * 1e6:
            continue
        address = flight.ref.operation_id.split("/", 1)[0]
        party = parties[sum(address.encode()) % len(parties)]
        flights.append(replace(flight, ref=OperationRef(party, flight.ref.operation_id), trajectories=(inside,)))
    return Replay(tuple(flights), cut, anchor_us)


def shifted(flight: Operation, shift_us: int) -> Operation:
    """The same flight at another time; its name carries its new first time."""
    track = flight.trajectories[0]
    times_us = track.times_us + shift_us
    stem = flight.ref.operation_id.rsplit("/", 1)[0]
    return replace(
        flight,
        ref=OperationRef(flight.ref.party, f"{stem}/{format_time(int(times_us[0]))}"),
        trajectories=(replace(track, times_us=times_us),),
    )


def _cut(track: Trajectory4D, cut: TimeInterval) -> Trajectory4D | None:
    """The reports of a track within a half-open interval, if there are at least two."""
    inside = np.flatnonzero((track.times_us >= cut.begin_us) & (track.times_us < cut.end_us))
    if len(inside) < 2:
        return None
    return replace(
        track,
        times_us=track.times_us[inside],
        latitudes_deg=track.latitudes_deg[inside],
        longitudes_deg=track.longitudes_deg[inside],
        altitudes_m=track.altitudes_m[inside],
    )
