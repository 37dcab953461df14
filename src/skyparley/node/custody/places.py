"""Where in the body that a client sent lies what the airspace refuses.

The rules of the airspace know extents, not the volumes and trajectories of which they were made (`details.py`). An
error that names extents, or a refusal that concerns their times, is told with the piece that is to blame.
"""

from collections.abc import Sequence

from skyparley.airspace.limits import MAX_AHEAD_US
from skyparley.airspace.operations.commands import Extent
from skyparley.airspace.operations.extents import level_13_cells
from skyparley.conflict.operation import Operation
from skyparley.errors import InvalidInputError, LimitExceededError, SkyparleyError
from skyparley.node.custody.details import STRETCH_POINTS


def as_sent(error: SkyparleyError, operation: Operation, extents: Sequence[Extent], now_us: int) -> SkyparleyError:
    """The error with its place in the operation that was sent; `extents` are what was made of it.

    What begins too far ahead is not too large: its status is 400. `now_us` is from before the refusal.
    """
    place = error.place
    if place is None and extents:
        if type(error) is InvalidInputError:  # the only ones without a place: what has ended
            error.place = _time_of(operation, last=True)
        elif isinstance(error, LimitExceededError) and min(e.begin_us for e in extents) - now_us > MAX_AHEAD_US:
            return InvalidInputError(error.message, place=_time_of(operation, last=False))
    elif place == "extents.end_us":
        error.place = _time_of(operation, last=True)
    elif place is not None and place.startswith("extents"):
        names = _names(operation)
        if place.startswith("extents["):
            error.place = names[int(place[len("extents[") : place.index("]")])]
        elif len(set(names)) > 1 and place == "extents":  # too many: no piece alone is to blame
            error.place = "trajectories" if operation.trajectories else "volumes"
        else:
            weights: dict[str, int] = {}
            for name, extent in zip(names, extents, strict=True):
                cell_us = level_13_cells(extent.cells) * (extent.end_us - extent.begin_us)
                weights[name] = weights.get(name, 0) + cell_us
            error.place = max(weights, key=weights.__getitem__)
    return error


def _names(operation: Operation) -> list[str]:
    """The piece of which each extent was made, in the order of `extents_of`."""
    names = [f"volumes[{i}]" for i in range(len(operation.volumes))]
    for i, trajectory in enumerate(operation.trajectories):
        names += [f"trajectories[{i}]"] * len(range(0, len(trajectory.times_us) - 1, STRETCH_POINTS))
    return names


def _time_of(operation: Operation, *, last: bool) -> str:
    """The field that says when the operation ends, or begins."""
    begins = [(v.time.begin_us, f"volumes[{i}].begin") for i, v in enumerate(operation.volumes)]
    begins += [(int(t.times_us[0]), f"trajectories[{i}].points[0].time") for i, t in enumerate(operation.trajectories)]
    ends = [(v.time.end_us, f"volumes[{i}].end") for i, v in enumerate(operation.volumes)]
    ends += [
        (int(t.times_us[-1]), f"trajectories[{i}].points[{len(t.times_us) - 1}].time")
        for i, t in enumerate(operation.trajectories)
    ]
    return max(ends)[1] if last else min(begins)[1]
