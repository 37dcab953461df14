"""All kinds of parameters by name. What a kind can do stands in `kinds/base.py`.

A client sends JSON, `KINDS[name].parse` makes of it what is digested, and `differs` says whether a read-back is right.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from skyparley.catalogue.kinds.base import Canonical, Kind, Schema
from skyparley.catalogue.kinds.levels import LEVEL, BandKind
from skyparley.catalogue.kinds.positions import POSITION, OutlineKind, RouteKind
from skyparley.catalogue.kinds.quantities import DISTANCE, DURATION, FREQUENCY, SPEED, CountKind, HeadingKind
from skyparley.catalogue.kinds.times import TIME, WindowKind
from skyparley.catalogue.kinds.words import WORD_KINDS, ChoiceKind

__all__ = ["CHOICES", "KINDS", "Canonical", "Kind", "Schema"]

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            LEVEL,
            BandKind(),
            POSITION,
            RouteKind(),
            OutlineKind(),
            TIME,
            WindowKind(),
            FREQUENCY,
            DISTANCE,
            DURATION,
            SPEED,
            HeadingKind(),
            CountKind(),
            *WORD_KINDS,
        )
    }
)
"""Every kind of parameter by its name."""

CHOICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {name: kind.words for name, kind in KINDS.items() if isinstance(kind, ChoiceKind)}
)
"""The closed lists of words by the name of their kind; every language translates each of them."""
