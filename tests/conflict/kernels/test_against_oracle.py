"""Every kernel against the definition on random inputs, most of them millimetres from where the answer changes."""

from collections.abc import Callable

import numpy as np
import pytest

from support import kernel_checks as checks
from support.kernel_checks import Case

CHUNK = 10_000
SPLITS = {
    "circle_circle": (checks.circle_circle, [()]),
    "circle_polygon": (checks.circle_polygon, [(3,), (4,), (6,), (8,)]),
    "polygon_polygon": (checks.polygon_polygon, [(3, 3), (3, 4), (4, 5), (8, 3)]),
    "leg_leg": (checks.leg_leg, [()]),
    "leg_leg_early_late": (checks.leg_leg_early_late, [()]),
    "leg_circle": (checks.leg_circle, [()]),
    "leg_polygon": (checks.leg_polygon, [(3,), (4,), (6,), (8,)]),
}
COUNTS = (
    pytest.param(CHUNK, id="ten thousand"),
    pytest.param(1_000_000, id="a million", marks=[pytest.mark.soak, pytest.mark.timeout(0)]),
)


@pytest.mark.parametrize("kernel", SPLITS)
@pytest.mark.parametrize("count", COUNTS)
def test_a_kernel_answers_as_the_definition_does(count: int, kernel: str) -> None:
    prepare: Callable[..., Case]
    prepare, splits = SPLITS[kernel]
    for chunk in range(count // CHUNK):
        near = np.zeros(2, dtype=int)
        for split in splits:
            random = np.random.default_rng([list(SPLITS).index(kernel), chunk, *split])
            case = prepare(random, CHUNK // len(splits), *split)
            case.hold()
            near += case.near
        assert near.min() > CHUNK / 20, near
        if count > CHUNK and chunk % 10 == 9:
            print(f"{kernel}: {(chunk + 1) * CHUNK:,} of {count:,} agree", flush=True)
