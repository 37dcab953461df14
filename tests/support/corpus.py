"""A corpus of small skies of every kind of piece at every kind of place, and what the search answers, as bytes."""

import numpy as np

from skyparley.conflict.codec import encode_conflict, quantise
from skyparley.conflict.operation import Operation
from skyparley.conflict.pairs.batch import all_pairs
from skyparley.conflict.search import ConflictIndex
from skyparley.geometry.bounds import bounding_box
from skyparley.geometry.cells import cover_path, cover_volume
from support.conflict_cases import away, random_operation

PLACES = ((46.5, 7.8), (-46.5, -7.8), (-17.0, 179.999), (89.999, 10.0), (-90.0, -170.0), (0.0, -0.0))


def skies(seed: int, operations: int) -> list[list[Operation]]:
    """One sky at each place, from the size of a field to that of a country."""
    random = np.random.default_rng(seed)
    made = []
    for i, place in enumerate(PLACES):
        size_m = 10.0 ** (1.5 + i * 0.6)
        spots = [
            away(place, float(random.uniform(0, 360)), size_m * float(random.uniform(0, 0.6)))
            for _ in range(operations)
        ]
        made.append([quantise(random_operation(random, f"o{k:03}", spot, size_m)) for k, spot in enumerate(spots)])
    return made


def answers(seed: int, operations: int) -> bytes:
    """What all pairs, checks of one against all, boxes and cells come to, a line each."""
    lines = []
    for sky in skies(seed, operations):
        lines += [encode_conflict(conflict) for conflict in all_pairs(sky)]
        index = ConflictIndex()
        for one in sky[1:]:
            index.insert(one)
        lines += [encode_conflict(conflict) for conflict in index.check(sky[0])]
        for one in sky:
            lines.append(repr([float(x) for x in bounding_box(one.volumes, one.trajectories)]).encode())
            lines += [repr(sorted(cover_volume(volume.footprint))).encode() for volume in one.volumes]
            lines += [
                repr(sorted(cover_path(t.latitudes_deg, t.longitudes_deg, 9.0))).encode() for t in one.trajectories
            ]
    return b"\n".join(lines)
