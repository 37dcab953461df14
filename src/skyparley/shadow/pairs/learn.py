"""What a pair of answers teaches about how the two sides call things, and about what they hold alike.

Both accepted a write: what each drew for it is the same thing, and nothing before matters any more. Both showed
something: so it is on both sides, and if they agreed about it, it is sure. Notification indices and version numbers are
learned from pairs that no other write overlapped.
"""

from collections.abc import Collection
from typing import Any

from msgspec.structs import replace

from skyparley.shadow.pairs.asked import (
    AVAILABILITY,
    CONSTRAINT,
    CREATE,
    DELETE,
    INTENT,
    MANAGER,
    SUBSCRIPTION,
    UPDATE,
    Answer,
    Asked,
    Key,
)
from skyparley.shadow.pairs.compare import HIDDEN_OVNS, LISTS, ONE, instant_us, members_of, subscribers_of
from skyparley.shadow.pairs.names import NO_SUBSCRIPTION, Known, Names

Item = dict[str, Any]


def meet(asked: Asked, there: Answer, here: Answer, names: Names, *, certain: bool) -> None:
    """Know the subscriptions that both sides drew for this write, before the answers are compared."""
    if not (asked.kind == INTENT and asked.writes and asked.member("new_subscription")):
        return
    theirs, ours = there.part(ONE[INTENT]), here.part(ONE[INTENT])
    served, our_served = _served(theirs), _served(ours)
    if not (served and our_served and there.accepted and here.accepted):
        return
    known = names.get((SUBSCRIPTION, served))
    if known is None or known.here != our_served:
        names.forget_index(served)
        if known is None and certain:
            names.set_index_offset(served, 0)
        names.put(Known(SUBSCRIPTION, served, our_served, ends_us=_end_us(ours)))


def learn(
    asked: Asked, there: Answer, here: Answer, names: Names, disagreed: Collection[Key], *, certain: bool
) -> None:
    """Know what these two answers teach. `disagreed` are the things about which they differ."""
    _learn_indices(there, here, names, certain=certain)
    if there.accepted != here.accepted:
        return
    for name, kind in LISTS.items():
        ours = {names.there_subscription(one): item for one, item in members_of(here, name).items()}
        theirs = members_of(there, name)
        for one in theirs.keys() & ours.keys():
            key = (kind, one)
            _learn_sight(key, theirs[one], ours[one], names, agreed=key not in disagreed, certain=certain)
    if not there.accepted:
        return
    if asked.kind == AVAILABILITY:
        _learn_availability(asked, there, here, names, agreed=asked.key not in disagreed)
    elif asked.kind in ONE:
        item, our_item = there.part(ONE[asked.kind]), here.part(ONE[asked.kind])
        if asked.action == DELETE:
            names.drop(asked.key)
        elif asked.action in (CREATE, UPDATE):
            _learn_write(asked, item, our_item, names, alike=there.status == here.status, certain=certain)
        elif item and our_item:
            _learn_sight(asked.key, item, our_item, names, agreed=asked.key not in disagreed, certain=certain)


def forget_notified(names: Names, *answers: Answer) -> None:
    """One side counted notifications that the other did not: learn these again."""
    for answer in answers:
        for one in subscribers_of(answer):
            names.forget_index(names.there_subscription(one))


def _learn_indices(there: Answer, here: Answer, names: Names, *, certain: bool) -> None:
    theirs = subscribers_of(there)
    ours = {names.there_subscription(one): state for one, state in subscribers_of(here).items()}
    if not certain:  # who was told on one side only is told of another write on the other
        for one in theirs.keys() ^ ours.keys():
            names.forget_index(one)
        return
    for one in theirs.keys() & ours.keys():
        _learn_index(one, theirs[one], ours[one], names)


def _learn_index(subscription: str, theirs: Item, ours: Item, names: Names) -> None:
    index, our_index = theirs.get("notification_index"), ours.get("notification_index")
    if names.index_offset(subscription) is None and isinstance(index, int) and isinstance(our_index, int):
        names.set_index_offset(subscription, index - our_index)


def _learn_write(asked: Asked, theirs: Item, ours: Item, names: Names, *, alike: bool, certain: bool) -> None:
    """Both sides wrote it. `alike`: both made it, or both replaced it."""
    before = names.get(asked.key)
    offset: int | None = _number(theirs) - _number(ours)
    if asked.kind == SUBSCRIPTION or (asked.action == CREATE and alike):
        offset = 0
    elif before is not None and before.sure and before.number_offset is not None:
        offset = before.number_offset
    if asked.kind == SUBSCRIPTION and asked.action == CREATE:
        names.forget_index(asked.name)
        if certain:
            names.set_index_offset(asked.name, 0)
    version, our_version = _versions(asked.kind, theirs, ours)
    names.put(
        Known(
            kind=asked.kind,
            name=asked.name,
            here="" if before is None else before.here,
            there_version=version,
            here_version=our_version,
            number_offset=offset,
            ends_us=_end_us(ours),
            sure=bool(version and our_version),
        )
    )
    _learn_manager(theirs, ours, names)
    _learn_service(theirs, ours, names)


def _learn_sight(key: Key, theirs: Item, ours: Item, names: Names, *, agreed: bool, certain: bool) -> None:
    """Something that both sides show."""
    kind, name = key
    version, our_version = _versions(kind, theirs, ours)
    known = names.get(key)
    if known is None:
        here = _text(ours.get("id")).lower()
        known = Known(kind, name, "" if here == name else here, number_offset=None, sure=False)
    changed: Item = {"ends_us": _end_us(ours) or known.ends_us}
    if version and our_version:
        if (known.there_version or version, known.here_version or our_version) != (version, our_version):
            changed["sure"] = agreed = False  # it was written past the shadow, or one side is wrong: that was told
        changed |= {"there_version": version, "here_version": our_version}
    if certain and known.number_offset is None and kind in (INTENT, CONSTRAINT):
        changed["number_offset"] = _number(theirs) - _number(ours)
    numbered = kind == SUBSCRIPTION or known.number_offset is not None
    if certain and agreed and numbered and not known.parted:  # each write would have counted: there was none between
        changed["sure"] = True
    names.put(replace(known, **changed))
    if kind == SUBSCRIPTION:
        if certain:
            _learn_index(name, theirs, ours, names)
        return
    _learn_manager(theirs, ours, names)
    _learn_service(theirs, ours, names)


def _learn_service(theirs: Item, ours: Item, names: Names) -> None:
    """The subscription of an intent, if each side drew its own: it ends with the last of its intents."""
    served, our_served, ends_us = _served(theirs), _served(ours), _end_us(ours)
    known = names.get((SUBSCRIPTION, served))
    if known is None:
        if served and our_served and served != our_served:
            names.put(Known(SUBSCRIPTION, served, our_served, ends_us=ends_us, sure=False))
    elif known.here and known.ends_us < ends_us:
        names.put(replace(known, ends_us=ends_us))


def _learn_availability(asked: Asked, there: Answer, here: Answer, names: Names, *, agreed: bool) -> None:
    version, our_version = _text(there.member("version")), _text(here.member("version"))
    known = names.get(asked.key)
    if known is None:
        if not version and not our_version:
            return  # nobody ever said anything of it, and there may be no such USS
        known = Known(AVAILABILITY, asked.name, sure=False)
    said, sure = _text(here.part("status").get("availability")), asked.writes or agreed or known.sure
    names.put(replace(known, there_version=version, here_version=our_version, sure=sure, said=said))
    names.put(Known(MANAGER, asked.name, sure=sure, said=said))


def _learn_manager(theirs: Item, ours: Item, names: Names) -> None:
    """How available the USS of a reference is, if both sides say the same and nobody knew."""
    said, manager = theirs.get("uss_availability"), theirs.get("manager")
    if not isinstance(said, str) or not isinstance(manager, str) or names.is_sure((MANAGER, manager)):
        return
    if said == ours.get("uss_availability"):
        names.put(Known(MANAGER, manager, said=said))


def _versions(kind: str, theirs: Item, ours: Item) -> tuple[str, str]:
    word = "version" if kind == SUBSCRIPTION else "ovn"
    return _text(theirs.get(word)), _text(ours.get(word))


def _served(item: Item) -> str:
    served = _text(item.get("subscription_id")).lower()
    return "" if served == NO_SUBSCRIPTION else served


def _end_us(item: Item) -> int:
    return instant_us(item.get("time_end")) or 0


def _number(item: Item) -> int:
    number = item.get("version")
    return number if isinstance(number, int) else 0


def _text(value: Any) -> str:
    return value if isinstance(value, str) and value not in HIDDEN_OVNS else ""
