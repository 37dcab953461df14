"""How near things come, from the definition: PROJ geodesics, sampled ever more finely about the best sample so far."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from pyproj import Geod

GEOD = Geod(ellps="WGS84")
Floats = npt.NDArray[np.float64]
Position = tuple[float, float]
Place = Callable[[Floats], tuple[Floats, Floats]]
"""Latitudes and longitudes (degrees) at shares of a way, 0 to 1."""


def geodesic(start: Position, end: Position) -> Place:
    """The places along the geodesic between two positions."""
    azimuth, _, length = GEOD.inv(start[1], start[0], end[1], end[0])

    def at(shares: Floats) -> tuple[Floats, Floats]:
        n = len(shares)
        longitudes, latitudes, _ = GEOD.fwd(
            np.full(n, start[1]), np.full(n, start[0]), np.full(n, azimuth), shares * length
        )
        return np.asarray(latitudes), np.asarray(longitudes)

    return at


def apart_m(one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> Floats:
    """Geodesic distances between places, pairwise."""
    return np.asarray(GEOD.inv(one[1], one[0], other[1], other[0])[2])


def least(function: Callable[[Floats], Floats], low: float, high: float, samples: int = 401) -> tuple[float, float]:
    """Where on [low, high] a function is least, and how much: zooms in on the best of its samples."""
    best, found = low, np.inf
    for _ in range(8):
        points = np.linspace(low, high, samples)
        values = function(points)
        i = int(np.argmin(values))
        if values[i] <= found:
            best, found = float(points[i]), float(values[i])
        low, high = float(points[max(0, i - 1)]), float(points[min(samples - 1, i + 1)])
    return best, found


def least_between(one: Place, other: Place, window: Callable[[Floats], tuple[Floats, Floats]] | None = None) -> float:
    """The least distance between two ways over all pairs of shares, or those in the window (low, high) of the first."""
    n = 25

    def nearest(shares: Floats) -> Floats:
        low, high = (np.zeros(n), np.ones(n)) if window is None else window(shares)
        empty = low > high
        places = tuple(np.repeat(part, n) for part in one(shares))
        found = np.full(n, np.inf)
        for _ in range(6):
            v = np.linspace(low, high, n, axis=1)
            distances = apart_m(places, other(v.ravel())).reshape(n, n)  # type: ignore[arg-type]
            best = np.argmin(distances, axis=1)
            rows = np.arange(n)
            found = np.minimum(found, distances[rows, best])
            low, high = v[rows, np.maximum(best - 1, 0)], v[rows, np.minimum(best + 1, n - 1)]
        return np.where(empty, np.inf, found)

    return least(nearest, 0.0, 1.0, n)[1]
