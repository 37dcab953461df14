"""What the two sides call the same thing: OVNs, versions and identifiers of implicit subscriptions are drawn by each.

Only the present version of a thing is kept: what is out of date is refused on both sides, whatever it is called. A
thing is *sure* if both sides must hold the same of it: not after a restart, nor when nobody knows what became of a
write. What is not here at all existed upstream before the shadow began, or was written past it.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec.structs import replace

from skyparley.shadow.pairs.asked import AVAILABILITY, CONSTRAINT, INTENT, SUBSCRIPTION, Key

NO_SUBSCRIPTION: Final = "00000000-0000-4000-8000-000000000000"
"""Stands where the interface demands the identifier of a subscription and there is none."""
MAX_SPENT: Final = 10_000
"""So many OVNs are remembered that this node had for nothing: a suffix can be requested for some minutes only."""
KEPT_AFTER_END_US: Final = 86_400_000_000
"""So long after its end a thing is remembered."""


class Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that both sides hold. Identifiers and versions of `there` are the upstream's, of `here` this node's.

    `number_offset` is how much larger the upstream's version number is, None if that is to be learned; `ends_us` is 0
    if no end is known; `said` is the availability of a USS. What has `parted` is held otherwise on the two sides: it
    takes a write that both accept to make it sure again.
    """

    kind: str
    name: str
    here: str = ""
    there_version: str = ""
    here_version: str = ""
    number_offset: int | None = 0
    ends_us: int = 0
    sure: bool = True
    parted: bool = False
    said: str = ""

    @property
    def key(self) -> Key:
        """What it is, by its upstream identifier."""
        return self.kind, self.name


class Names:
    """All that is known of both sides. `changed` are the keys that were put or dropped since they were last taken."""

    def __init__(self, known: Iterable[Known] = ()) -> None:
        self._known: dict[Key, Known] = {}
        self._by_ovn: dict[str, Key] = {}
        self._there: dict[str, str] = {}
        self._index_offsets: dict[str, int] = {}
        self._spent: dict[str, None] = {}
        self.changed: set[Key] = set()
        for one in known:
            self.put(one)
        self.changed.clear()

    def __len__(self) -> int:
        return len(self._known)

    # asking

    def get(self, key: Key) -> Known | None:
        """What is known of a thing, or None."""
        return self._known.get(key)

    def is_sure(self, key: Key) -> bool:
        """Whether both sides must answer alike about it."""
        known = self._known.get(key)
        return known is not None and known.sure

    def here_version(self, key: Key, version: str) -> str:
        """What this node calls a version that the upstream gave to a thing; the same word if nobody knows."""
        known = self._known.get(key)
        return known.here_version if known is not None and version and known.there_version == version else version

    def here_ovn(self, ovn: str) -> str:
        """What this node calls an OVN that the upstream gave; the same word if nobody knows."""
        key = self._by_ovn.get(ovn)
        return ovn if key is None else self._known[key].here_version

    def here_subscription(self, name: str) -> str:
        """What this node calls a subscription of the upstream."""
        known = self._known.get((SUBSCRIPTION, name.lower()))
        return known.here if known is not None and known.here else name

    def there_subscription(self, name: str) -> str:
        """What the upstream calls a subscription of this node."""
        return self._there.get(name, name)

    def index_offset(self, subscription: str) -> int | None:
        """How much larger the upstream's notification index is; None if that is to be learned."""
        return self._index_offsets.get(subscription)

    def is_spent(self, name: str, suffix: object) -> bool:
        """Whether this node had the OVN of this suffix for a write that was taken back: it cannot have it again."""
        return f"{name}_{suffix}" in self._spent

    # learning

    def spend(self, name: str, suffix: str) -> None:
        """This node had the OVN of this suffix, and the upstream had not."""
        self._spent[f"{name}_{suffix}"] = None
        if len(self._spent) > MAX_SPENT:
            del self._spent[next(iter(self._spent))]

    def put(self, known: Known) -> None:
        """Know this of a thing from now on."""
        key = known.key
        before = self._known.get(key)
        if before == known:
            return
        if before is not None:
            self._forget_words(before)
        self._known[key] = known
        if known.kind in (INTENT, CONSTRAINT) and known.there_version:
            self._by_ovn[known.there_version] = key
        if known.here:
            self._there[known.here] = known.name
        self.changed.add(key)

    def drop(self, key: Key) -> None:
        """Know nothing more of a thing."""
        known = self._known.pop(key, None)
        if known is not None:
            self._forget_words(known)
            self._index_offsets.pop(known.name, None)
            self.changed.add(key)

    def doubt(self, key: Key) -> None:
        """Nobody knows any more whether both sides hold the same of this thing."""
        known = self._known.get(key)
        if known is not None and known.sure:
            self.put(replace(known, sure=False))

    def part(self, key: Key, *, there_version: str = "", here_version: str = "") -> None:
        """One side did what the other did not, and it could not be made good. Versions are new ones, if there are."""
        known = self._known.get(key)
        if known is not None:
            there, here = there_version or known.there_version, here_version or known.here_version
            changed = replace(known, there_version=there, here_version=here, sure=False, parted=True)
            self.put(changed)

    def doubt_all(self) -> None:
        """Nobody knows what was written upstream meanwhile."""
        for key in list(self._known):
            self.doubt(key)
        self.forget_indices()

    def set_index_offset(self, subscription: str, offset: int) -> None:
        """The upstream's notification index of this subscription is larger by so much."""
        self._index_offsets[subscription] = offset

    def forget_index(self, subscription: str) -> None:
        """Its notification index is to be learned again: one side may have counted what the other did not."""
        self._index_offsets.pop(subscription, None)

    def forget_indices(self) -> None:
        """All notification indices are to be learned again."""
        self._index_offsets.clear()

    def prune(self, now_us: int) -> None:
        """Forget what ended long ago."""
        for known in list(self._known.values()):
            if known.kind != AVAILABILITY and known.ends_us and known.ends_us + KEPT_AFTER_END_US < now_us:
                self.drop(known.key)

    def take_changes(self) -> list[tuple[Key, Known | None]]:
        """What was put, or dropped (None), since this was last asked."""
        taken = [(key, self._known.get(key)) for key in sorted(self.changed)]
        self.changed.clear()
        return taken

    def _forget_words(self, known: Known) -> None:
        if self._by_ovn.get(known.there_version) == known.key:
            del self._by_ovn[known.there_version]
        if known.here and self._there.get(known.here) == known.name:
            del self._there[known.here]
