"""What an acceptance watches holds everything that the exact comparison would find, or something could slip through."""

import numpy as np
import pytest

from skyparley.airspace.operations.extents import meet
from skyparley.conflict.minima import DEFAULT_MINIMA
from skyparley.conflict.search import ConflictIndex
from skyparley.geometry.altitude import Datum
from skyparley.node.custody.details import details_of, extents_of, watched_by
from support.conflict_cases import random_operation


@pytest.mark.parametrize("datum", [Datum.EGM96, None])
def test_whatever_conflicts_touches_what_is_watched(datum: Datum | None) -> None:
    random = np.random.default_rng(11)
    conflicts = clear = 0
    for _ in range(40):
        operations = [
            details_of(random_operation(random, f"o{n}", (47.0, 8.0), 20_000.0, datum=datum), b"").operation
            for n in range(12)
        ]
        index = ConflictIndex(DEFAULT_MINIMA)
        for one in operations:
            index.insert(one)
        mine = operations[0]
        watched = watched_by(mine, DEFAULT_MINIMA.largest())
        found = {conflict.b if conflict.a == mine.ref else conflict.a for conflict in index.check_held(mine.ref)}
        for other in operations[1:]:
            touches = meet(extents_of(other), watched)
            assert touches or other.ref not in found
            conflicts += other.ref in found
            clear += not touches
    assert conflicts > 20
    assert clear > 20
