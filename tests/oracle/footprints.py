"""What touches what on the ellipsoid, from the definition, for many cases at a time: PROJ geodesics and nothing else.

Positions are arrays `(…, 2)` of latitude and longitude in degrees. The nearest point of a geodesic is where the way to
it is perpendicular, found by walking along; a point is inside a ring whose corners turn once about it, by their
azimuths; two edges cross where the ends of each lie on both sides of the other.
"""

import numpy as np
import numpy.typing as npt
from pyproj import Geod

GEOD = Geod(ellps="WGS84")
RADIUS_M = 6_371_000.0
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
ROUNDS = 4
NEAREST = 4


def inverse(one: Floats, other: Floats) -> tuple[Floats, Floats, Floats]:
    """Distance (metres), azimuth at `one` towards `other` and at `other` towards `one` (degrees)."""
    shape = np.broadcast_shapes(one.shape, other.shape)
    a, b = np.broadcast_to(one, shape).reshape(-1, 2), np.broadcast_to(other, shape).reshape(-1, 2)
    there, back, apart = GEOD.inv(a[:, 1].copy(), a[:, 0].copy(), b[:, 1].copy(), b[:, 0].copy())
    return tuple(np.asarray(part).reshape(shape[:-1]) for part in (apart, there, back))  # type: ignore[return-value]


def forward(start: Floats, azimuth: Floats, distance: Floats) -> tuple[Floats, Floats]:
    """Where one comes to, and the azimuth at which one goes on there."""
    shape = np.broadcast_shapes(start.shape[:-1], np.shape(azimuth), np.shape(distance))
    s = np.broadcast_to(start, (*shape, 2)).reshape(-1, 2)
    turn, far = (np.broadcast_to(part, shape).ravel().copy() for part in (azimuth, distance))
    longitude, latitude, back = GEOD.fwd(s[:, 1].copy(), s[:, 0].copy(), turn, far)
    ahead = np.where(far == 0.0, turn, np.asarray(back) + 180.0)
    return np.stack((latitude, longitude), axis=-1).reshape(*shape, 2), ahead.reshape(shape)


def nearest_on_edge(
    points: Floats,
    start: Floats,
    end: Floats,
    low: Floats | float = 0.0,
    high: Floats | float = 1.0,
    rounds: int = ROUNDS,
) -> tuple[Floats, Floats]:
    """How near geodesics from `start` to `end`, or their parts between two shares, come to points; at which share."""
    length, azimuth, _ = inverse(start, end)
    low, high = low * length, high * length
    along = (low + high) / 2.0 * np.ones(points.shape[:-1])
    for _ in range(rounds):
        here, ahead = forward(start, azimuth, along)
        apart, towards, _ = inverse(here, points)
        step = RADIUS_M * np.arctan(np.tan(apart / RADIUS_M) * np.cos(np.radians(towards - ahead)))
        along = np.clip(along + step, low, high)
    apart, _, _ = inverse(forward(start, azimuth, along)[0], points)
    return apart, along / np.maximum(length, 1e-9)


def inside(points: Floats, rings: Floats) -> Flags:
    """Whether points `(n, 2)` lie inside rings `(n, m, 2)`."""
    _, azimuths, _ = inverse(points[:, None, :], rings)
    turns = (np.diff(azimuths, axis=1, append=azimuths[:, :1]) + 180.0) % 360.0 - 180.0
    return np.abs(turns.sum(axis=1)) > 180.0


def edges_of(ways: Floats, closed: bool) -> tuple[Floats, Floats]:
    """Starts and ends of the edges of rings or open ways `(n, m, 2)`."""
    return (ways, np.roll(ways, -1, axis=1)) if closed else (ways[:, :-1], ways[:, 1:])


def _cross(a0: Floats, a1: Floats, b0: Floats, b1: Floats) -> Flags:
    """Whether edges `(n, p, 2)` cross edges `(n, q, 2)`: `(n, p, q)`."""

    def sides(start: Floats, end: Floats, points: Floats) -> Floats:
        _, ahead, _ = inverse(start, end)
        _, towards, _ = inverse(start[:, :, None], points[:, None, :])
        return np.sin(np.radians(towards - ahead[:, :, None]))

    of_b = sides(a0, a1, b0) * sides(a0, a1, b1) < 0.0
    of_a = sides(b0, b1, a0) * sides(b0, b1, a1) < 0.0
    return of_b & np.swapaxes(of_a, 1, 2)


def _roughly(points: Floats, start: Floats, end: Floats, middle: Floats) -> Floats:
    """About how far points `(n, p)` are from edges `(n, q)`, in a plane: `(n, p, q)`."""

    def flat(positions: Floats) -> Floats:
        apart, azimuth, _ = inverse(middle[:, None, :], positions)
        return apart * np.exp(1j * np.radians(azimuth))

    p, s, e = flat(points)[:, :, None], flat(start)[:, None, :], flat(end)[:, None, :]
    along = np.clip(((p - s) * np.conj(e - s)).real / np.maximum(np.abs(e - s) ** 2, 1e-12), 0.0, 1.0)
    return np.abs(p - s - along * (e - s))


def gap_m(a: Floats, b: Floats, *, b_closed: bool = True) -> Floats:
    """How far rings `a` `(n, p, 2)` are from rings or open ways `b` `(n, q, 2)`; 0 where they share a point."""
    a0, a1 = edges_of(a, True)
    b0, b1 = edges_of(b, b_closed)
    meet = _cross(a0, a1, b0, b1).any(axis=(1, 2)) | inside(b[:, 0], a)
    if b_closed:
        meet |= inside(a[:, 0], b)
    rows = np.arange(len(a))[:, None]
    found = []
    for points, start, end in ((a, b0, b1), (b, a0, a1)):
        rough = _roughly(points, start, end, a[:, 0]).reshape(len(a), -1)
        best = np.argsort(rough, axis=1)[:, :NEAREST]
        p, q = np.divmod(best, start.shape[1])
        found.append(nearest_on_edge(points[rows, p], start[rows, q], end[rows, q])[0])
    return np.where(meet, 0.0, np.concatenate(found, axis=1).min(axis=1))
