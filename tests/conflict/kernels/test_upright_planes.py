"""The planes that keep polygons apart before any comparison: never too much, and worth their while."""

import numpy as np
import pytest

from conflict.kernels.test_solids import PLACES
from oracle.nearest import geodesic
from skyparley.conflict.kernels import layout
from skyparley.conflict.kernels.geodesy import surface_points
from skyparley.conflict.kernels.packing import pack
from skyparley.conflict.kernels.solids import BULGE_M, _across, _kept_apart, _span
from support.conflict_cases import Position, away, operation, polygon_volume, random_ring

SAMPLES = np.linspace(0.0, 1.0, 301)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size_m", [1_000.0, 50_000.0, 1_900_000.0])
def test_no_edge_bulges_beyond_what_the_planes_allow(place: Position, size_m: float) -> None:
    random = np.random.default_rng(round(size_m))
    for _ in range(10):
        asker = away(place, float(random.uniform(0, 360)), float(random.uniform(0.0, 2.0)) * size_m)
        own = pack(operation("own", polygon_volume(random_ring(random, asker, size_m))), 0)
        ring = random_ring(random, place, size_m)
        _, edges = pack(operation("other", polygon_volume(ring)), 0)
        row = own[0][0]
        for of in (own[1], edges):
            across = _across(of, row[layout.X0], row[layout.Y0], row[layout.Z0])
            low, high = _span(edges, *across)
            for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
                along = surface_points(*geodesic(a, b)(SAMPLES)) @ np.array(across)
                assert low - BULGE_M / 2.0 <= along.min()
                assert along.max() <= high + BULGE_M / 2.0


def test_most_neighbours_are_kept_apart_by_a_plane_and_none_that_share_a_corner_is() -> None:
    random = np.random.default_rng(7)
    kept = 0
    for i in range(200):
        place, size_m = PLACES[i % len(PLACES)], float(10.0 ** random.uniform(1.5, 5.0))
        beside = away(place, float(random.uniform(0, 360)), 2.2 * size_m)
        ring, other = random_ring(random, place, size_m), random_ring(random, beside, size_m)
        (rows, edges), (_, other_edges) = (pack(operation("x", polygon_volume(r)), 0) for r in (ring, other))
        kept += _kept_apart(rows[0], edges, other_edges)
        corner = away(ring[0], float(random.uniform(0, 360)), size_m)
        touching = polygon_volume((ring[0], corner, away(ring[0], float(random.uniform(0, 360)), size_m / 2.0)))
        assert not _kept_apart(rows[0], edges, pack(operation("y", touching), 0)[1])
    assert kept >= 150
