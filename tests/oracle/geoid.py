"""The EGM96 geoid at single places: the polynomial through twelve by twelve nodes, which is off by less than 2 cm."""

import importlib.resources
import zlib
from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
AROUND = np.arange(-5, 7)


@cache
def heights_m() -> Floats:
    """Nodes of 15′, 90° N to 90° S and from 0° E, unpacked by adding up one after the other."""
    packed = importlib.resources.files("skyparley.geometry").joinpath("data", "egm96-15.zlib").read_bytes()
    rows = np.frombuffer(zlib.decompress(packed), "<i2").astype(np.int64).reshape(721, 1440)
    for i in range(1, 721):
        rows[i] += rows[i - 1]
    for j in range(1, 1440):
        rows[:, j] += rows[:, j - 1]
    return rows / 100.0


def undulations_m(latitudes_deg: npt.ArrayLike, longitudes_deg: npt.ArrayLike) -> Floats:
    """Heights of the geoid above the ellipsoid at positions, by nodes that go on beyond the poles."""
    y, x = (90.0 - np.asarray(latitudes_deg)) * 4.0, np.asarray(longitudes_deg) * 4.0
    i, j = np.floor(y).astype(int), np.floor(x).astype(int)
    rows, columns = i[..., None, None] + AROUND[:, None], j[..., None, None] + AROUND
    over = (rows < 0) | (rows > 720)
    rows = np.where(rows < 0, -rows, np.where(rows > 720, 1440 - rows, rows))
    nodes = heights_m()[rows, (columns + np.where(over, 720, 0)) % 1440]
    return np.einsum("...ij,...i,...j->...", nodes, _weights(y - i), _weights(x - j))


def _weights(shares: Floats) -> Floats:
    """Lagrange's: per node, the product over all others of how far away they are, by how far apart the nodes are."""
    own = np.eye(len(AROUND), dtype=bool)
    away = np.where(own, 1.0, (shares[..., None] - AROUND)[..., None, :])
    apart = np.where(own, 1.0, AROUND[:, None] - AROUND)
    return np.asarray(away.prod(axis=-1) / apart.prod(axis=-1))
