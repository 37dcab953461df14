"""Hits gathered by pair and rule, in whatever portions they come, tell what all of them at once tell."""

from collections import defaultdict

import numpy as np
import pytest

from skyparley.conflict.kernels import hits
from skyparley.conflict.minima import SeparationMinimum
from skyparley.conflict.operation import Conflict, OperationRef
from skyparley.conflict.pairs.gathering import Gathering
from skyparley.conflict.witness import conflict_of

A, B = OperationRef("", "a"), OperationRef("", "b")
MINIMUM = SeparationMinimum(10.0, 10.0)


def _hits(random: np.random.Generator, count: int) -> tuple[hits.Integers, hits.Floats]:
    """Few values each, so that much is alike: pairs, rules, closest approaches, windows that meet."""
    found = np.zeros((count, hits.HIT_COLUMNS))
    found[:, hits.RULE] = random.integers(0, 3, count)
    for column in (hits.HORIZONTAL_M, hits.VERTICAL_M, hits.CERTAIN, hits.ASKER_FLIES):
        found[:, column] = random.integers(0, 2, count)
    found[:, hits.FIRST_US] = random.integers(0, 60, count)
    found[:, hits.LAST_US] = found[:, hits.FIRST_US] + random.integers(0, 4, count)
    found[:, hits.CLOSEST_US] = found[:, hits.FIRST_US]
    return random.integers(0, 5, count), found


def _told(keys: hits.Integers, lines: hits.Floats) -> dict[tuple[int, int], Conflict]:
    """The conflict of each pair and rule, straight from all its hits."""
    groups = defaultdict(list)
    for key, line in zip(keys.tolist(), lines.tolist(), strict=True):
        groups[key, int(line[hits.RULE])].append(line)
    return {which: conflict_of(A, B, sorted(group), MINIMUM) for which, group in groups.items()}


@pytest.mark.parametrize("seed", range(20))
def test_portions_tell_what_the_whole_tells(seed: int) -> None:
    random = np.random.default_rng(seed)
    keys, found = _hits(random, 60)
    gathering = Gathering()
    for part in np.split(np.arange(60), np.sort(random.integers(0, 60, 6))):
        gathering.add(keys[part], found[part])
    closed, lines = gathering.close(np.ones(len(gathering.keys), dtype=bool))
    assert _told(closed, lines) == _told(keys, found)
    assert any(len(conflict.windows) > 1 for conflict in _told(keys, found).values())
    assert len(lines) < 60
    assert len(gathering.keys) == 0


def test_what_is_not_over_stays() -> None:
    keys, found = _hits(np.random.default_rng(1), 60)
    gathering = Gathering()
    gathering.add(keys, found)
    over, _ = gathering.close(gathering.keys == 2)
    assert set(over.tolist()) == {2}
    assert set(gathering.keys.tolist()) == {0, 1, 3, 4}
