"""What the conflict search compares: operations, and what it answers: conflicts with their witness."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:  # who only names a rule or an operation need not load what computes with shapes
    from skyparley.geometry.trajectory import Trajectory4D
    from skyparley.geometry.volume import Volume4D


class OperationRef(msgspec.Struct, frozen=True, order=True, gc=False):
    """Who and which: the party's identifier and the identifier that the party gave its operation."""

    party: str
    operation_id: str

    def __str__(self) -> str:
        return f"{self.party}/{self.operation_id}" if self.party else self.operation_id


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """An intent to use airspace, in pieces: declared volumes, trajectories, or both.

    `operation_class` is a word such as `en_route` or `drone` that selects separation minima (`minima.py`).
    `hazard` marks a hazard area: it conflicts with operations, never with another hazard area.
    `ref.party` is empty where a file does not name a party; such operations never count as of one party.
    """

    ref: OperationRef
    operation_class: str
    volumes: "tuple[Volume4D, ...]" = ()
    trajectories: "tuple[Trajectory4D, ...]" = ()
    hazard: bool = False


class Rule(StrEnum):
    """Which rule a conflict breaks."""

    SEPARATION_MINIMUM = "separation_minimum"
    """Two trajectories come closer than the minima of their classes, horizontally and vertically at once."""
    VOLUME_OVERLAP = "volume_overlap"
    """Two declared volumes touch."""
    TRAJECTORY_IN_VOLUME = "trajectory_in_volume"
    """The tolerance tube of a trajectory touches a declared volume."""


class TimeWindow(msgspec.Struct, frozen=True, gc=False):
    """From the first to the last instant (microseconds since 1970 UTC) at which a rule is broken."""

    first_us: int
    last_us: int


class ClosestApproach(msgspec.Struct, frozen=True, gc=False):
    """When and where the two are closest: place midway between them (WGS 84 degrees), and how far apart (metres)."""

    time_us: int
    latitude_deg: float
    longitude_deg: float
    horizontal_m: float
    vertical_m: float


class Conflict(msgspec.Struct, frozen=True, gc=False):
    """One pair that breaks one rule, with its witness. `a` sorts before `b`.

    `certain` is false where altitudes of different datum only may make the conflict: with some of the values that they
    can mean, not with all. `basis` is the clause that lays down the minimum that is fallen short of
    (`agreement/version/clause`), empty for the defaults.
    """

    a: OperationRef
    b: OperationRef
    rule: Rule
    windows: tuple[TimeWindow, ...]
    closest: ClosestApproach
    certain: bool
    same_party: bool
    sentence: str
    basis: str = ""

    @property
    def first_us(self) -> int:
        """First instant of the first window."""
        return self.windows[0].first_us

    @property
    def last_us(self) -> int:
        """Last instant of the last window."""
        return self.windows[-1].last_us
