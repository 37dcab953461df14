"""Distances on the WGS 84 ellipsoid for the kernels: surface points in space, geodesics between positions.

Surface points are Earth-centred, Earth-fixed coordinates of the ellipsoid's surface at height 0. The geodesic inverse
is Vincenty's (Survey Review 23, 1975), iterated to 1e-13 rad; near the antipode, where it may not converge, the value
is that of the auxiliary sphere so far, which is off by less than 1 %. Over short ranges the chord is the geodesic up
to c (1 + c² / 24 R²).
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from pyproj import Geod

from skyparley import compiled as nb

EQUATORIAL_RADIUS_M: Final = 6_378_137.0
FLATTENING: Final = 1.0 / 298.257223563
POLAR_RADIUS_M: Final = EQUATORIAL_RADIUS_M * (1.0 - FLATTENING)
ECCENTRICITY_SQUARED: Final = FLATTENING * (2.0 - FLATTENING)
SECOND_ECCENTRICITY_SQUARED: Final = ECCENTRICITY_SQUARED / (1.0 - ECCENTRICITY_SQUARED)
_EQUATORIAL_SQUARE: Final = EQUATORIAL_RADIUS_M * EQUATORIAL_RADIUS_M
_POLAR_SQUARE: Final = POLAR_RADIUS_M * POLAR_RADIUS_M
MEAN_RADIUS_M: Final = 6_371_008.8
_RADIANS_PER_DEGREE: Final = math.pi / 180.0
_QUARTERS_PER_DEGREE: Final = 1.0 / 90.0
CHORD_IS_EXACT_M: Final = 20_000.0
"""Up to here `chord_to_geodesic_m` is within 0.2 mm of the geodesic (tested)."""

GEOD: Final = Geod(ellps="WGS84")

Floats = npt.NDArray[np.float64]


@nb.njit(cache=True, nogil=True)
def plane_length(x: float, y: float) -> float:
    """Length of a vector in a plane. `math.hypot` and `** 2` are not used: Python rounds them otherwise than numba."""
    return math.sqrt(x * x + y * y)


@nb.njit(cache=True, nogil=True)
def space_length(x: float, y: float, z: float) -> float:
    """Length of a vector in space."""
    return math.sqrt(x * x + y * y + z * z)


@nb.njit(cache=True, nogil=True, inline="always")
def sine_cosine(angle_deg: float) -> tuple[float, float]:
    """Sine and cosine of an angle up to 360 degrees, each within 2e-16, and exact at the quarters.

    The angle less the nearest multiple of 90 degrees is exact; for what is left, up to 45 degrees, stand polynomials
    with the coefficients of fdlibm (Sun Microsystems, 1993: `k_sin.c`, `k_cos.c`). There is no branch, so that a
    processor works on several angles at once: ten times as fast as calls of a mathematical library, and the same bits
    everywhere.
    """
    quarter = math.floor(angle_deg * _QUARTERS_PER_DEGREE + 0.5)
    x = (angle_deg - 90.0 * quarter) * _RADIANS_PER_DEGREE
    z = x * x
    s = -2.50507602534068634195e-08 + z * 1.58969099521155010221e-10
    s = 8.33333333332248946124e-03 + z * (-1.98412698298579493134e-04 + z * (2.75573137070700676789e-06 + z * s))
    s = x + x * z * (-1.66666666666666324348e-01 + z * s)
    c = -2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11)
    c = 4.16666666666666019037e-02 + z * (-1.38888888888741095749e-03 + z * (2.48015872894767294178e-05 + z * c))
    whole = 1.0 - 0.5 * z
    c = whole + ((1.0 - whole - 0.5 * z) + z * (z * c))
    halves = math.floor(quarter * 0.5)
    odd = quarter - 2.0 * halves
    sign = 1.0 - 2.0 * (halves - 2.0 * math.floor(halves * 0.5))
    return sign * (s * (1.0 - odd) + c * odd), sign * (c * (1.0 - odd) - s * odd)


@nb.njit(cache=True, nogil=True)
def set_sines(angles_deg: Floats, sines: Floats, cosines: Floats) -> None:
    """Sines and cosines of angles (degrees)."""
    for i in range(angles_deg.shape[0]):
        sines[i], cosines[i] = sine_cosine(angles_deg[i])


@nb.njit(cache=True, nogil=True, inline="always")
def point_of(sine: float, cosine: float, sine_east: float, cosine_east: float) -> tuple[float, float, float]:
    """Surface point (metres) of the sines and cosines of latitude and longitude."""
    normal_m = EQUATORIAL_RADIUS_M / math.sqrt(1.0 - ECCENTRICITY_SQUARED * sine * sine)
    across_m = normal_m * cosine
    return across_m * cosine_east, across_m * sine_east, normal_m * (1.0 - ECCENTRICITY_SQUARED) * sine


@nb.njit(cache=True, nogil=True)
def surface_xyz(latitude_deg: float, longitude_deg: float) -> tuple[float, float, float]:
    """Surface point (metres) of a position (degrees)."""
    sine, cosine = sine_cosine(latitude_deg)
    sine_east, cosine_east = sine_cosine(longitude_deg)
    return point_of(sine, cosine, sine_east, cosine_east)


@nb.njit(cache=True, nogil=True)
def latitude_longitude_deg(x: float, y: float, z: float) -> tuple[float, float]:
    """Geodetic position (degrees) of the foot of a point on the surface, along the normal."""
    across = plane_length(x, y)
    latitude = math.atan2(z, across * (1.0 - ECCENTRICITY_SQUARED))
    for _ in range(2):  # exact on the surface; two steps from a hundred kilometres below leave less than a millimetre
        sine = math.sin(latitude)
        root = math.sqrt(1.0 - ECCENTRICITY_SQUARED * sine * sine)
        normal_m = EQUATORIAL_RADIUS_M / root
        height_m = across * math.cos(latitude) + z * sine - EQUATORIAL_RADIUS_M * root
        latitude = math.atan2(z, across * (1.0 - ECCENTRICITY_SQUARED * normal_m / (normal_m + height_m)))
    longitude = 0.0 if across == 0.0 else math.atan2(y, x)
    return math.degrees(latitude), math.degrees(longitude)


@nb.njit(cache=True, nogil=True)
def foot_of(x: float, y: float, z: float) -> tuple[float, float, float]:
    """The surface point under or over a point within 100 m of the surface, along the normal, within 0.01 mm.

    The normal is taken at the point itself: a hundred metres away it has turned by less than 1e-7. The height along it
    is the root near 0 of a quadratic.
    """
    nx, ny, nz = unit_normal(x, y, z)
    outside = (x * x + y * y) / _EQUATORIAL_SQUARE + z * z / _POLAR_SQUARE - 1.0
    square = (nx * nx + ny * ny) / _EQUATORIAL_SQUARE + nz * nz / _POLAR_SQUARE
    half = (x * nx + y * ny) / _EQUATORIAL_SQUARE + z * nz / _POLAR_SQUARE
    height_m = -outside / (half + math.sqrt(half * half - square * outside))
    return x + height_m * nx, y + height_m * ny, z + height_m * nz


@nb.njit(cache=True, nogil=True)
def unit_normal(x: float, y: float, z: float) -> tuple[float, float, float]:
    """The unit normal of the ellipsoid at a point near its surface."""
    z /= 1.0 - ECCENTRICITY_SQUARED
    length = math.sqrt(x * x + y * y + z * z)
    return x / length, y / length, z / length


@nb.njit(cache=True, nogil=True)
def chord_to_geodesic_m(chord_m: float) -> float:
    """Geodesic distance between surface points a short chord apart (metres)."""
    return chord_m * (1.0 + chord_m * chord_m / (24.0 * MEAN_RADIUS_M * MEAN_RADIUS_M))


@nb.njit(cache=True, nogil=True)
def geodesic_to_chord_m(geodesic_m: float) -> float:
    """Chord between surface points a short geodesic apart (metres): the inverse of `chord_to_geodesic_m`."""
    return geodesic_m * (1.0 - geodesic_m * geodesic_m / (24.0 * MEAN_RADIUS_M * MEAN_RADIUS_M))


@nb.njit(cache=True, nogil=True)
def geodesic_to_offset_m(geodesic_m: float) -> float:
    """How far from the normal at one end of a short geodesic its other end lies (metres)."""
    return geodesic_m * (1.0 - geodesic_m * geodesic_m / (6.0 * MEAN_RADIUS_M * MEAN_RADIUS_M))


@nb.njit(cache=True, nogil=True)
def geodesic_m(latitude_1: float, longitude_1: float, latitude_2: float, longitude_2: float) -> float:
    """Geodesic distance (metres) between two positions in radians."""
    return geodesic_from(latitude_1, longitude_1, latitude_2, longitude_2)[0]


@nb.njit(cache=True, nogil=True)
def geodesic_from(
    latitude_1: float, longitude_1: float, latitude_2: float, longitude_2: float
) -> tuple[float, float, float]:
    """Geodesic distance (metres) between two positions in radians, and its direction at the first: east, north.

    The direction is a unit vector, and null where the positions are the same.
    """
    reduced_1 = math.atan2((1.0 - FLATTENING) * math.sin(latitude_1), math.cos(latitude_1))
    reduced_2 = math.atan2((1.0 - FLATTENING) * math.sin(latitude_2), math.cos(latitude_2))
    sin_1, cos_1 = math.sin(reduced_1), math.cos(reduced_1)
    sin_2, cos_2 = math.sin(reduced_2), math.cos(reduced_2)
    difference = longitude_2 - longitude_1
    difference -= 2.0 * math.pi * math.floor((difference + math.pi) / (2.0 * math.pi))
    on_sphere = difference
    sin_sigma, cos_sigma, sigma, cos_squared, cos_middle = 0.0, 1.0, 0.0, 1.0, 0.0
    across, along = 0.0, 0.0
    for _ in range(40):
        sine, cosine = math.sin(on_sphere), math.cos(on_sphere)
        across = cos_2 * sine
        along = cos_1 * sin_2 - sin_1 * cos_2 * cosine
        sin_sigma = plane_length(across, along)
        if sin_sigma == 0.0:
            return 0.0, 0.0, 0.0
        cos_sigma = sin_1 * sin_2 + cos_1 * cos_2 * cosine
        sigma = math.atan2(sin_sigma, cos_sigma)
        sin_azimuth = cos_1 * cos_2 * sine / sin_sigma
        cos_squared = 1.0 - sin_azimuth * sin_azimuth
        cos_middle = cos_sigma - 2.0 * sin_1 * sin_2 / cos_squared if cos_squared > 1e-15 else 0.0
        c = FLATTENING / 16.0 * cos_squared * (4.0 + FLATTENING * (4.0 - 3.0 * cos_squared))
        bend = cos_middle + c * cos_sigma * (2.0 * cos_middle * cos_middle - 1.0)
        following = difference + (1.0 - c) * FLATTENING * sin_azimuth * (sigma + c * sin_sigma * bend)
        moved = abs(following - on_sphere)
        on_sphere = following
        if moved < 1e-13:
            break
    u_squared = cos_squared * SECOND_ECCENTRICITY_SQUARED
    a = 1.0 + u_squared / 16384.0 * (4096.0 + u_squared * (-768.0 + u_squared * (320.0 - 175.0 * u_squared)))
    b = u_squared / 1024.0 * (256.0 + u_squared * (-128.0 + u_squared * (74.0 - 47.0 * u_squared)))
    outer = cos_sigma * (2.0 * cos_middle * cos_middle - 1.0)
    inner = b / 6.0 * cos_middle * (4.0 * sin_sigma * sin_sigma - 3.0) * (4.0 * cos_middle * cos_middle - 3.0)
    correction = b * sin_sigma * (cos_middle + b / 4.0 * (outer - inner))
    return POLAR_RADIUS_M * a * (sigma - correction), across / sin_sigma, along / sin_sigma


@nb.njit(cache=True, nogil=True)
def surface_points(latitudes_deg: Floats, longitudes_deg: Floats) -> Floats:
    """Surface points `(n, 3)` in metres of positions `(n,)` in degrees."""
    count = len(latitudes_deg)
    points, sines, cosines = np.empty((count, 3)), np.empty((2, count)), np.empty((2, count))
    set_sines(latitudes_deg, sines[0], cosines[0])
    set_sines(longitudes_deg, sines[1], cosines[1])
    for i in range(count):
        points[i] = point_of(sines[0, i], cosines[0, i], sines[1, i], cosines[1, i])
    return points


def points_along(
    latitude_1_deg: float, longitude_1_deg: float, latitude_2_deg: float, longitude_2_deg: float, pieces: int
) -> tuple[list[float], list[float]]:
    """Latitudes and longitudes (degrees) of the `pieces − 1` points that cut a geodesic into equal pieces."""
    between = GEOD.npts(longitude_1_deg, latitude_1_deg, longitude_2_deg, latitude_2_deg, pieces - 1)
    return [latitude for _, latitude in between], [longitude for longitude, _ in between]
