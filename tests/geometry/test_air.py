"""Pressure altitudes: every atmosphere within the stated limits lies in the band, and the band is little wider."""

import math

import numpy as np
import numpy.typing as npt
import pytest

from skyparley.geometry import altitude as air
from skyparley.geometry.altitude import HIGHEST_ALTITUDE_M, LOWEST_ALTITUDE_M, Datum, mean_sea_level_bounds_m

Floats = npt.NDArray[np.float64]
STEP_M = 20.0
LAYERS_K = [(0.0, 288.15, -0.0065), (11e3, 216.65, 0.0), (20e3, 216.65, 0.001), (32e3, 228.65, 0.0028),
            (47e3, 270.65, 0.0), (51e3, 270.65, -0.0028), (71e3, 214.65, -0.002)]  # fmt: skip
"""ICAO Doc 7488: geopotential height at which a layer begins, temperature there (K) and its change (K/m)."""


def standard_pressures_hpa(altitudes_m: Floats) -> Floats:
    """ICAO Doc 7488 by its own formulas, layer by layer; beyond 80 km its last layer goes on."""
    result = np.empty_like(altitudes_m)
    pressure = 1_013.25
    for (begin, kelvin, lapse), end in zip(LAYERS_K, [*(layer[0] for layer in LAYERS_K[1:]), 2e5], strict=True):
        part = (altitudes_m >= begin if begin else altitudes_m > -1e4) & (altitudes_m < end)

        def at(h: Floats, base: float = pressure, z: float = begin, t: float = kelvin, a: float = lapse) -> Floats:
            exponent = 9.80665 / 287.05287
            return base * ((t / (t + a * (h - z))) ** (exponent / a) if a else np.exp(-exponent * (h - z) / t))

        result[part] = at(altitudes_m[part])
        pressure = float(at(np.array([end]))[0]) if end < 2e5 else 0.0
    return result


def gravity(latitude: float, height_m: float) -> float:
    """Normal gravity of WGS 84 (NIMA TR8350.2, equations 4-1 and 4-3)."""
    square = math.sin(latitude) ** 2
    surface = 9.7803253359 * (1.0 + 0.00193185265241 * square) / math.sqrt(1.0 - 0.00669437999013 * square)
    bent = 1.0 + 1.0 / 298.257223563 + 0.00344978650684 - 2.0 / 298.257223563 * square
    return surface * (1.0 - 2.0 * bent * height_m / 6_378_137.0 + 3.0 * (height_m / 6_378_137.0) ** 2)


def heights_m(pressures_hpa: Floats, ratios: Floats, altitudes_m: Floats, sea_level_hpa: float, latitude: float,
              anomaly: float) -> Floats:  # fmt: skip
    """Heights of levels by the hypsometric equation dz = (R T / g) d(-ln p), from sea level up and, imagined, down."""
    kelvin = np.interp(altitudes_m, [layer[0] for layer in LAYERS_K], [layer[1] for layer in LAYERS_K])
    kelvin = np.where(altitudes_m < 0.0, 288.15 - 0.0065 * altitudes_m, kelvin)
    kelvin = np.where(altitudes_m > 71e3, 214.65 - 0.002 * (altitudes_m - 71e3), kelvin) * ratios
    logs = -np.log(pressures_hpa)
    sea = int(np.searchsorted(logs, -math.log(sea_level_hpa)))
    result = np.empty_like(altitudes_m)
    for levels, sign in ((range(sea, len(logs)), 1.0), (range(sea - 1, -1, -1), -1.0)):
        height, last = 0.0, -math.log(sea_level_hpa)
        for k in levels:
            g = gravity(latitude, height) * (1.0 + anomaly)
            height += 287.05287 * kelvin[k] / g * (logs[k] - last)
            result[k], last = height, logs[k]
        assert sign * height >= 0.0
    return result


def random_ratios(random: np.random.Generator, altitudes_m: Floats, sea_m: float) -> Floats:
    """T / T₀ at each level: anything within the limits, in layers of random depth, at an extreme as often as not."""
    ratios = np.empty_like(altitudes_m)
    edges = np.sort(random.uniform(LOWEST_ALTITUDE_M, HIGHEST_ALTITUDE_M, int(random.integers(0, 30))))
    shares = np.clip(random.uniform(-1.0, 2.0, len(edges) + 1), 0.0, 1.0)
    share = shares[np.searchsorted(edges, altitudes_m)]
    for k, begin in enumerate((-math.inf, *air.LAYERS_M)):
        part = altitudes_m >= begin
        ratios[part] = air.COLDEST[k] + share[part] * (air.HOTTEST[k] - air.COLDEST[k])
    top = sea_m + random.uniform(0.0, air.COLD_LAYER_M) if random.random() < 0.5 else sea_m
    cold = (altitudes_m < top) & (random.random() < 0.7)
    ratios[cold] = random.uniform(air.COLD_LAYER, air.HOTTEST[0])
    return ratios


def bands_m(altitudes_m: Floats) -> tuple[Floats, Floats]:
    bounds = np.array([mean_sea_level_bounds_m(float(h), Datum.PRESSURE) for h in altitudes_m])
    return bounds[:, 0], bounds[:, 1]


LEVELS_M = np.arange(LOWEST_ALTITUDE_M, HIGHEST_ALTITUDE_M + STEP_M, STEP_M)
PRESSURES_HPA = standard_pressures_hpa(LEVELS_M)
EARTH = [(0.0, -0.0009), (0.0, 0.0009), (math.pi / 2.0, -0.0009), (math.pi / 2.0, 0.0009), (0.7, 0.0)]


def test_pressure_altitude_is_that_of_the_standard() -> None:
    """ICAO Doc 7488: 226.32 hPa at 11 km, 54.75 hPa at 20 km, 8.680 hPa at 32 km, 0.00886 hPa at 80 km."""
    named = standard_pressures_hpa(np.array([-500.0, 5_000.0, 11e3, 20e3, 32e3, 80e3]))
    assert named == pytest.approx([1_074.78, 540.20, 226.32, 54.749, 8.6802, 0.0088628], rel=2e-5)
    for altitude_m, pressure_hpa in zip(LEVELS_M[LEVELS_M < 11e3], PRESSURES_HPA, strict=False):
        assert air._standard_altitude_m(float(pressure_hpa)) == pytest.approx(altitude_m, abs=0.01)


def test_every_atmosphere_within_the_limits_lies_within_the_band() -> None:
    random = np.random.default_rng(6)
    low_m, high_m = bands_m(LEVELS_M)
    nearest_low, nearest_high = np.full(len(LEVELS_M), np.inf), np.full(len(LEVELS_M), np.inf)
    for k in range(150):
        extreme = (air.SEA_LEVEL_LOWEST_HPA, air.SEA_LEVEL_HIGHEST_HPA)
        sea_hpa = extreme[k % 2] if k % 3 else float(random.uniform(*extreme))
        ratios = random_ratios(random, LEVELS_M, air._standard_altitude_m(sea_hpa))
        found = heights_m(PRESSURES_HPA, ratios, LEVELS_M, sea_hpa, *EARTH[k % len(EARTH)])
        assert np.all(low_m <= found + 0.5), k  # half a metre for the steps of the integral
        assert np.all(found <= high_m + 0.5), k
        nearest_low, nearest_high = np.minimum(nearest_low, found - low_m), np.minimum(nearest_high, high_m - found)
    assert nearest_low.min() < 200.0
    assert nearest_high.min() < 50.0


@pytest.mark.parametrize("top_m", [500.0, 5_000.0, 9_449.0, 18_000.0, 40_000.0, 79_000.0])
def test_the_band_is_little_wider_than_its_limits_demand(top_m: float) -> None:
    """The coldest air on the lowest sea-level pressure, and the hottest on the highest, come near the edges."""
    low_m, high_m = mean_sea_level_bounds_m(top_m, Datum.PRESSURE)
    k = int(np.searchsorted(LEVELS_M, top_m))
    steps = np.searchsorted(air.LAYERS_M, LEVELS_M, side="right")
    cold, hot = np.array(air.COLDEST)[steps], np.array(air.HOTTEST)[steps]
    zero_m = air._standard_altitude_m(air.SEA_LEVEL_LOWEST_HPA)
    cold[(zero_m <= LEVELS_M) & (zero_m + air.COLD_LAYER_M > LEVELS_M)] = air.COLD_LAYER
    cold[zero_m > LEVELS_M] = air.HOTTEST[0]
    lowest = heights_m(PRESSURES_HPA, cold, LEVELS_M, air.SEA_LEVEL_LOWEST_HPA, math.pi / 2.0, 0.0009)[k]
    highest = heights_m(PRESSURES_HPA, hot, LEVELS_M, air.SEA_LEVEL_HIGHEST_HPA, 0.0, -0.0009)[k]
    assert -0.5 < lowest - low_m < 180.0 + 0.005 * top_m
    assert -0.5 < high_m - highest < 20.0 + 0.02 * top_m


@pytest.mark.parametrize(
    ("pressure_hpa", "height_m"),
    [
        (
            614.0,
            3_488.0,
        ),  # Vostok at −89.2 °C, 21 July 1983 (Budretsky, Bulletin of the Soviet Antarctic Expedition 105)
        (846.5, 1_725.8),  # Tosontsengel at −44.8 °C, 30 December 2004: the highest sea-level pressure in WMO's archive
        (870.0, 0.0),  # typhoon Tip
        (1_083.8, 0.0),  # Agata, 31 December 1968
    ],
)
def test_records_lie_within_the_band(pressure_hpa: float, height_m: float) -> None:
    low_m, high_m = mean_sea_level_bounds_m(air._standard_altitude_m(pressure_hpa), Datum.PRESSURE)
    assert low_m < height_m < high_m


def test_the_lines_bend_the_way_the_kernels_take_them_to() -> None:
    """The least height bends down and the greatest up, so that both lie within the line between two of them."""
    for lines, sign in ((air.PRESSURE_LOWEST, -1.0), (air.PRESSURE_HIGHEST, 1.0)):
        slopes = [slope for _, slope in lines]
        assert slopes == sorted(slopes, key=lambda slope: sign * slope)
        assert len(set(slopes)) == len(lines) == 4
        for layer_m, below, above in zip(air.LAYERS_M, lines[1:], lines[2:], strict=False):
            assert below[0] + below[1] * layer_m == pytest.approx(above[0] + above[1] * layer_m, abs=1e-6)
