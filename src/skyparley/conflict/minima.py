"""Separation minima per pair of classes: how close two trajectories may come.

A minimum is infringed only by less than it, and only if both parts are infringed at once. The defaults are those of
radar separation en route (ICAO Doc 4444, 8.7.3: 5 NM; Annex 11: 1,000 ft with RVSM) and 50 m / 15 m between drones. A
pair without an entry takes the larger minimum: whoever meets an aircraft keeps the distance that aircraft needs.

Parties may agree on others: those hold among all flights of the members of an agreement, for the pairs that it names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from skyparley.errors import InvalidInputError
from skyparley.units import METRES_PER_FOOT, METRES_PER_NAUTICAL_MILE

EN_ROUTE: Final = "en_route"
DRONE: Final = "drone"
MAX_HORIZONTAL_M: Final = 500_000.0
MAX_VERTICAL_M: Final = 50_000.0


@dataclass(frozen=True, slots=True)
class SeparationMinimum:
    """Horizontal (geodesic) and vertical distance, metres, that may not be fallen short of both at once.

    `basis` cites the clause that lays it down (`agreement/version/clause`); empty for the defaults.
    """

    horizontal_m: float
    vertical_m: float
    basis: str = ""

    def __post_init__(self) -> None:
        for name, value, limit in (
            ("horizontal_m", self.horizontal_m, MAX_HORIZONTAL_M),
            ("vertical_m", self.vertical_m, MAX_VERTICAL_M),
        ):
            if not 0.0 <= value <= limit:
                raise InvalidInputError(f"a minimum must be a number from 0 to {limit:g} metres", place=name)


class Minima(Protocol):
    """What the search asks: into which group a party falls, and the minimum between two classes of two groups."""

    def group(self, party: str) -> str:
        """The group of a party: parties of one group are bound by the same agreements."""

    def between(self, class_a: str, class_b: str, group_a: str = "", group_b: str = "") -> SeparationMinimum:
        """The minimum between two classes, each flown by a party of a group."""

    def largest(self) -> SeparationMinimum:
        """Horizontally and vertically as much as any minimum asks for."""


@dataclass(frozen=True, slots=True)
class SeparationMinima:
    """Minima by unordered pair of classes, keys sorted; `larger` is taken by pairs without an entry."""

    table: Mapping[tuple[str, str], SeparationMinimum]
    larger: SeparationMinimum = field(init=False)

    def __post_init__(self) -> None:
        if not self.table:
            raise InvalidInputError("separation minima need at least one entry")
        if any(one > other for one, other in self.table):
            raise InvalidInputError("the two classes of a minimum must be named in alphabetical order")
        object.__setattr__(
            self,
            "larger",
            SeparationMinimum(
                max(minimum.horizontal_m for minimum in self.table.values()),
                max(minimum.vertical_m for minimum in self.table.values()),
            ),
        )

    def group(self, party: str) -> str:  # noqa: ARG002
        """All parties are of one group."""
        return ""

    def between(self, class_a: str, class_b: str, group_a: str = "", group_b: str = "") -> SeparationMinimum:  # noqa: ARG002
        """The minimum between two classes, whoever flies."""
        return self.table.get((min(class_a, class_b), max(class_a, class_b)), self.larger)

    def largest(self) -> SeparationMinimum:
        """Horizontally and vertically as much as any minimum asks for."""
        return self.larger


@dataclass(frozen=True, slots=True)
class AgreedTable:
    """What one agreement in force lays down, by unordered pair of classes, keys sorted."""

    name: str
    members: frozenset[str]
    table: Mapping[tuple[str, str], SeparationMinimum]


@dataclass(frozen=True, slots=True)
class AgreedMinima:
    """The minima that parties agreed, and the defaults for all else.

    Where several agreements name a pair, the largest horizontal minimum holds, and the largest vertical one.
    """

    defaults: SeparationMinima
    agreed: tuple[AgreedTable, ...] = ()

    def group(self, party: str) -> str:
        """The agreements that bind a party, as one word."""
        return " ".join(table.name for table in self.agreed if party in table.members)

    def between(self, class_a: str, class_b: str, group_a: str = "", group_b: str = "") -> SeparationMinimum:
        """The minimum between two classes of two groups: the agreed one where both are bound by an agreement on it."""
        common = set(group_a.split()) & set(group_b.split())
        pair = min(class_a, class_b), max(class_a, class_b)
        found = [table.table[pair] for table in self.agreed if table.name in common and pair in table.table]
        if not found:
            return self.defaults.between(class_a, class_b)
        across = max(found, key=lambda minimum: minimum.horizontal_m)
        up = max(found, key=lambda minimum: minimum.vertical_m)
        return SeparationMinimum(across.horizontal_m, up.vertical_m, across.basis)

    def largest(self) -> SeparationMinimum:
        """Horizontally and vertically as much as any minimum asks for, whoever agreed on it."""
        found = [self.defaults.larger, *(one for table in self.agreed for one in table.table.values())]
        return SeparationMinimum(max(one.horizontal_m for one in found), max(one.vertical_m for one in found))


DEFAULT_MINIMA: Final = SeparationMinima(
    {
        (EN_ROUTE, EN_ROUTE): SeparationMinimum(5 * METRES_PER_NAUTICAL_MILE, 1000 * METRES_PER_FOOT),
        (DRONE, DRONE): SeparationMinimum(50.0, 15.0),
    }
)


def uniform(horizontal_m: float, vertical_m: float) -> SeparationMinima:
    """The same minimum between all classes."""
    return SeparationMinima({("", ""): SeparationMinimum(horizontal_m, vertical_m)})
