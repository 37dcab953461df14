"""What operations of a whole day cost all others: the same checks without them and with them."""

from typing import Final

import numpy as np

from bench.check.filed import BEGIN_US, built, times_us
from bench.table import Figure, Row
from bench.traffic import BOX_DEG, DAY_US, SOUTH_DEG, WEST_DEG, operations, parsed
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.geometry.altitude import AltitudeBand, Datum
from skyparley.geometry.footprint import Circle
from skyparley.geometry.interval import TimeInterval
from skyparley.geometry.volume import Volume4D

FILED: Final = 100_000
LASTING: Final = 1_000
ASKED: Final = 2_000
_RADIUS_M: Final = 2_000.0


def run() -> Row:
    """Measure before and after the long ones are filed."""
    index, _, _ = built(parsed(FILED, seed=1, begin_us=BEGIN_US))
    asked = operations(ASKED, seed=2, begin_us=BEGIN_US, party="asker")
    half, most = times_us(index, asked, 3)
    found = np.mean([len(index.check(one)) for one in asked])
    for one in _lasting():
        index.insert(one)
    index.merge()
    their_half, their_most = times_us(index, asked, 3)
    more = np.mean([len(index.check(one)) for one in asked]) - found
    return Row(
        f"one operation against {FILED:,} filed and {LASTING:,} that last 24 hours",
        [
            Figure("p50", their_half, "µs"),
            Figure("p99", their_most, "µs"),
            Figure("times that without them", their_half / half, "", 1.5),
        ],
        "the same checks without them",
        [Figure("p50", half, "µs"), Figure("p99", most, "µs")],
        [f"circles of {_RADIUS_M:,.0f} m up to 500 m; each check meets {more:.2f} of them"],
    )


def _lasting() -> list[Operation]:
    random = np.random.default_rng(8)
    band, day = AltitudeBand(0.0, 500.0, Datum.WGS84), TimeInterval(BEGIN_US, BEGIN_US + DAY_US)
    places = np.column_stack(
        (SOUTH_DEG + BOX_DEG * random.random(LASTING), WEST_DEG + BOX_DEG * random.random(LASTING))
    )
    return [
        Operation(OperationRef("area", f"day-{i:04}"), "drone", (Volume4D(Circle(*place, _RADIUS_M), band, day),))
        for i, place in enumerate(places.tolist())
    ]
