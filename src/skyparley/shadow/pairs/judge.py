"""How far a difference can be trusted: certain, or explained by what the shadow cannot know.

*Concurrent*: the request overlapped in time with a write, which the upstream may have ordered differently, or something
that it is about was just ending. *Unknown here*: it is about something that the two sides need not hold alike, because
it was written upstream before the shadow began, past it, or with an outcome that nobody knows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from skyparley.shadow.pairs.asked import AVAILABILITY, CREATE, INTENT, MANAGER, QUERY, SUBSCRIPTION, Answer, Asked, Key
from skyparley.shadow.pairs.compare import LISTS, MISSING, Difference, members_of
from skyparley.shadow.pairs.names import Names

ENDING_US: Final = 5_000_000
"""So much the clocks of both sides may differ when something ends."""
MAX_LISTED: Final = 100
"""So many identifiers of a list are told one by one; the number of the others is said."""
_NOT_FOUND: Final = 404
_PRECONDITION: Final = 412
_MAY_BE_THERE: Final = (403, 409)


@dataclass(frozen=True, slots=True)
class Judged:
    """A difference as it is told; members that a list lacks are told together, `there` and `here` are lists then."""

    what: str
    there: Any
    here: Any
    concurrent: bool
    unknown_here: bool

    @property
    def certain(self) -> bool:
        """Whether one of the two sides must be wrong."""
        return not (self.concurrent or self.unknown_here)


@dataclass(frozen=True, slots=True)
class Setting:
    """The circumstances of a pair: whose request it was, and from when to when it was at work on both sides."""

    manager: str
    concurrent: bool
    began_us: int
    ended_us: int


def judge(
    differences: Iterable[Difference], asked: Asked, there: Answer, here: Answer, names: Names, setting: Setting
) -> list[Judged]:
    """All differences of a pair with how far they can be trusted."""
    flags = _Flags(asked, there, here, names, setting)
    single: list[Judged] = []
    lists: dict[tuple[str, bool, bool], list[Difference]] = {}
    for difference in differences:
        concurrent, unknown = flags.of(difference)
        if difference.member:
            lists.setdefault((difference.what, concurrent, unknown), []).append(difference)
        else:
            single.append(Judged(difference.what, difference.there, difference.here, concurrent, unknown))
    for (what, concurrent, unknown), members in lists.items():
        only_there = [one.there for one in members if one.there is not None]
        only_here = [one.here for one in members if one.here is not None]
        single.append(Judged(what, _some(only_there), _some(only_here), concurrent, unknown))
    return single


class _Flags:
    def __init__(self, asked: Asked, there: Answer, here: Answer, names: Names, setting: Setting) -> None:
        self._asked = asked
        self._there = there
        self._here = here
        self._names = names
        self._setting = setting
        self._both_accepted = there.accepted and here.accepted
        self._sure_target = self._is_sure_target()

    def of(self, difference: Difference) -> tuple[bool, bool]:
        """Whether it is concurrent, and whether it is about something unknown here."""
        about: tuple[Key, ...] = difference.about
        if difference.what == "status":
            about = (*about, *self._missing())
            unknown = not self._both_accepted and self._is_explained()
        else:
            unknown = not all(
                self._sure_target if key == self._asked.key else self._names.is_sure(key) for key in about
            )
            if difference.what.startswith("subscribers"):  # what was there before decides who is told, too
                unknown = unknown or not self._sure_target
        return self._setting.concurrent or any(map(self._is_ending, about)), unknown

    def _is_sure_target(self) -> bool:
        asked = self._asked
        if asked.kind not in (AVAILABILITY, SUBSCRIPTION, *LISTS.values()) or asked.action == QUERY:
            return True
        begins = asked.action == CREATE or (asked.kind == AVAILABILITY and not asked.member("old_version"))
        if begins and asked.writes and self._both_accepted:
            return True
        return self._names.is_sure(asked.key)

    def _is_explained(self) -> bool:
        """Whether one side may well refuse what the other accepts."""
        asked, names = self._asked, self._names
        if self._there.status == _NOT_FOUND and not self._here.accepted and names.get(asked.key) is None:
            return False  # neither side has it
        if asked.action != CREATE and not self._sure_target:
            return True
        if _PRECONDITION in (self._there.status, self._here.status):
            return not names.is_sure((MANAGER, self._setting.manager))
        served = asked.member("subscription_id")
        if isinstance(served, str) and served and not names.is_sure((SUBSCRIPTION, served.lower())):
            return True
        missing = self._missing()
        if missing:
            return not any(names.is_sure(key) and self._is_owner_sure(key) for key in missing)
        if asked.action == CREATE:
            if self._there.status in _MAY_BE_THERE:
                return not names.is_sure(asked.key)
            return self._here.status in _MAY_BE_THERE and not self._is_sure_or_absent(asked.key)
        return False

    def _missing(self) -> dict[Key, str]:
        """What either side says that the key lacks, with its manager."""
        return {
            (LISTS[name], one): str(member.get("manager"))
            for answer in (self._there, self._here)
            for name in MISSING
            for one, member in members_of(answer, name).items()
        }

    def _is_owner_sure(self, key: Key) -> bool:
        return key[0] != INTENT or self._names.is_sure((MANAGER, self._missing()[key]))

    def _is_sure_or_absent(self, key: Key) -> bool:
        known = self._names.get(key)
        return known is None or known.sure

    def _is_ending(self, key: Key) -> bool:
        known = self._names.get(key)
        if known is None or not known.ends_us:
            return False
        return self._setting.began_us - ENDING_US <= known.ends_us <= self._setting.ended_us + ENDING_US


def _some(listed: list[Any]) -> list[Any]:
    if len(listed) <= MAX_LISTED:
        return listed
    return [*listed[:MAX_LISTED], f"and {len(listed) - MAX_LISTED} others"]
