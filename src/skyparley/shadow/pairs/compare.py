"""Two answers to one request, field by field, but for what each side calls by a name of its own.

Lists are compared as sets, by identifier. What counts as equal: names that are known to stand for the same, OVNs that
both hide, however, times of one instant, a flag that is left out and false, the words of refusals and what they say
beside the standard's members.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from skyparley.errors import InvalidInputError
from skyparley.geometry.interval import parse_time
from skyparley.shadow.pairs.asked import (
    CONSTRAINT,
    CREATE,
    DELETE,
    INTENT,
    MANAGER,
    REPORT,
    SUBSCRIPTION,
    Answer,
    Asked,
    Key,
)
from skyparley.shadow.pairs.names import NO_SUBSCRIPTION, Names

HIDDEN_OVNS: Final = (None, "", "Available from USS")
"""What stands for the OVN of another manager's reference; the phrase is that of the open DSS."""
MISSING: Final = ("missing_operational_intents", "missing_constraints")
ONE: Final = {
    INTENT: "operational_intent_reference",
    CONSTRAINT: "constraint_reference",
    SUBSCRIPTION: "subscription",
}
"""The member of an answer that is about one thing of a kind."""
_ONE: Final = frozenset(ONE.values())
LISTS: Final = {
    "operational_intent_references": INTENT,
    "constraint_references": CONSTRAINT,
    "subscriptions": SUBSCRIPTION,
    MISSING[0]: INTENT,
    MISSING[1]: CONSTRAINT,
}
_FLAGS: Final = frozenset({"notify_for_operational_intents", "notify_for_constraints", "implicit_subscription"})
_TIMES: Final = frozenset({"time_start", "time_end"})
_DOUBLE: Final = "#"
"""Stands between an identifier and its number where it comes twice."""
SHOWN, NOT_SHOWN = "shown", "not shown"
Members = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that the answers do not have in common: what, both values, and the things that it is about.

    `member` says that one side lacks this member of a list; the other has its identifier.
    """

    what: str
    there: Any
    here: Any
    about: tuple[Key, ...]
    member: bool = False


def compare(asked: Asked, there: Answer, here: Answer, names: Names) -> list[Difference]:
    """All differences; none if both sides said the same."""
    found = [] if there.status == here.status else [Difference("status", there.status, here.status, (asked.key,))]
    if asked.kind == REPORT or there.accepted != here.accepted:
        return found
    if not there.accepted:
        if there.status == here.status == 409:
            found += [one for name in MISSING for one in _lists(name, asked, there, here, names)]
        return found
    if there.body is None or here.body is None:
        if (there.body is None) != (here.body is None):
            shape = {True: "no JSON object", False: "a JSON object"}
            found.append(Difference("body", shape[there.body is None], shape[here.body is None], (asked.key,)))
        return found
    return found + list(_bodies(asked, there, here, names))


def members_of(answer: Answer, name: str) -> Members:
    """The members of a list of references, by identifier; of those that come twice each has a name of its own."""
    found: Members = {}
    listed = answer.member(name)
    for one in listed if isinstance(listed, list) else ():
        member = _object(one)
        found[_distinct(str(member.get("id")).lower(), found)] = member
    return found


def subscribers_of(answer: Answer) -> Members:
    """Who is to be notified, by subscription: what is said of it, and the base URL of its USS."""
    found: Members = {}
    listed = answer.member("subscribers")
    for uss in map(_object, listed if isinstance(listed, list) else ()):
        states = uss.get("subscriptions")
        for state in map(_object, states if isinstance(states, list) else (None,)):
            name = _distinct(str(state.get("subscription_id")).lower(), found)
            found[name] = {**state, "uss_base_url": uss.get("uss_base_url")}
            found[name].pop("subscription_id", None)
    return found


def instant_us(value: Any) -> int | None:
    """The instant of a time, microseconds since 1970 UTC; None if it cannot be read."""
    text = value.get("value") if isinstance(value, dict) else None
    try:
        return parse_time(text) if isinstance(text, str) else None
    except InvalidInputError:
        return None


def _bodies(asked: Asked, there: Answer, here: Answer, names: Names) -> Iterator[Difference]:
    for name in sorted({*(there.body or ()), *(here.body or ())}):
        value, our_value = there.member(name), here.member(name)
        if name in _ONE and there.part(name) and here.part(name):
            yield from _references(name, asked.key, asked, there.part(name), here.part(name), names)
        elif name in LISTS and _is_list(value) and _is_list(our_value):
            yield from _lists(name, asked, there, here, names)
        elif name == "subscribers" and _is_list(value) and _is_list(our_value):
            yield from _subscribers(there, here, names)
        elif name == "version":  # of an availability
            yield from _versions(name, asked.key, asked.writes, value, our_value, names)
        elif name in (*_ONE, *LISTS, "subscribers"):
            if (value, our_value) != (None, None):
                yield Difference(name, _shape(value), _shape(our_value), (asked.key,))
        elif value != our_value:
            yield Difference(name, value, our_value, (asked.key,))


def _lists(name: str, asked: Asked, there: Answer, here: Answer, names: Names) -> Iterator[Difference]:
    kind = LISTS[name]
    ours, theirs = members_of(here, name), members_of(there, name)
    if kind == SUBSCRIPTION:
        ours = {names.there_subscription(one): member for one, member in ours.items()}
    for one in sorted(theirs.keys() | ours.keys()):
        if one in theirs and one in ours:
            yield from _references(f"{name}[{one}]", (kind, one), asked, theirs[one], ours[one], names)
        else:
            about: tuple[Key, ...] = ((kind, _undoubled(one)),)
            if name in MISSING:  # whether an intent must be known depends on its USS, too
                about += ((MANAGER, str((theirs.get(one) or ours[one]).get("manager"))),)
            yield _lacking(name, one, one in theirs, about)


def _subscribers(there: Answer, here: Answer, names: Names) -> Iterator[Difference]:
    theirs = subscribers_of(there)
    ours = {names.there_subscription(one): state for one, state in subscribers_of(here).items()}
    for one in sorted(theirs.keys() | ours.keys()):
        key = (SUBSCRIPTION, _undoubled(one))
        if one not in theirs or one not in ours:
            yield _lacking("subscribers", one, one in theirs, (key,))
            continue
        for field in sorted(theirs[one].keys() | ours[one].keys()):
            place, value, our_value = f"subscribers[{one}].{field}", theirs[one].get(field), ours[one].get(field)
            if field == "notification_index":
                yield from _offset(place, key, value, our_value, names.index_offset(one))
            elif value != our_value:
                yield Difference(place, value, our_value, (key,))


def _offset(what: str, key: Key, number: Any, our_number: Any, offset: int | None) -> Iterator[Difference]:
    """Numbers of which one is larger by so much; None: that is to be learned."""
    if isinstance(number, int) and isinstance(our_number, int):
        if offset is not None and number != our_number + offset:
            yield Difference(what, number, our_number + offset, (key,))
    elif number != our_number:
        yield Difference(what, number, our_number, (key,))


def _references(
    what: str, key: Key, asked: Asked, theirs: dict[str, Any], ours: dict[str, Any], names: Names
) -> Iterator[Difference]:
    """Members of one reference or subscription on both sides."""
    kind, name = key
    drawn = asked.writes and asked.action != DELETE and key == asked.key
    created = drawn and asked.action == CREATE
    for field in sorted(theirs.keys() | ours.keys()):
        value, our_value = theirs.get(field), ours.get(field)
        place = f"{what}.{field}"
        if field == "ovn":
            yield from _ovns(place, key, asked if drawn else None, value, our_value, names)
        elif field == "version" and kind == SUBSCRIPTION:
            yield from _versions(place, key, drawn, value, our_value, names)
        elif field == "version":
            known = names.get(key)
            offset = 0 if known is None or created else known.number_offset
            yield from _offset(place, key, value, our_value, offset)
        elif field == "notification_index":
            yield from _offset(place, key, value, our_value, 0 if created else names.index_offset(name))
        elif field == "subscription_id":
            yield from _served(place, key, drawn and asked.member("new_subscription"), value, our_value, names)
        elif field == "dependent_operational_intents" and _is_list(value) and _is_list(our_value):
            served, our_served = (_identifiers(ids) for ids in (value, our_value))
            for one in sorted(served.keys() ^ our_served.keys()):
                yield _lacking(place, one, one in served, (key, (INTENT, one)))
        elif not _same(field, value, our_value, names):
            about = (MANAGER, str(theirs.get("manager"))) if field == "uss_availability" else key
            yield Difference(place, value, our_value, (about,))


def _same(field: str, value: Any, our_value: Any, names: Names) -> bool:
    if field in _TIMES:
        instant = instant_us(value)
        if instant is None or instant != instant_us(our_value):
            return bool(value == our_value)
        return {**value, "value": ""} == {**our_value, "value": ""}
    if field in _FLAGS:
        said, our_said = (False if one is None else one for one in (value, our_value))
        return bool(said == our_said)
    if field == "id":
        return isinstance(value, str) and value.lower() == names.there_subscription(str(our_value))
    return bool(value == our_value)


def _ovns(what: str, key: Key, drawn: Asked | None, value: Any, our_value: Any, names: Names) -> Iterator[Difference]:
    """Whether both show the OVN, and the same; `drawn` is the write that it was drawn for."""
    shown, our_shown = (NOT_SHOWN if ovn in HIDDEN_OVNS else SHOWN for ovn in (value, our_value))
    if shown != our_shown:
        yield Difference(what, shown, our_shown, (key,))
    elif shown == SHOWN:
        suffix = None if drawn is None else drawn.member("requested_ovn_suffix")
        if suffix and not names.is_spent(key[1], suffix):
            if value != our_value:
                yield Difference(what, brief(value), brief(our_value), (key,))
        else:
            yield from _versions(what, key, drawn is not None, value, our_value, names)


def _versions(what: str, key: Key, drawn: bool, value: Any, our_value: Any, names: Names) -> Iterator[Difference]:
    """Versions that each side drew: now, if `drawn`, or before, when both were learned."""
    known = names.get(key)
    if not (isinstance(value, str) and isinstance(our_value, str) and value and our_value):
        if value != our_value:
            yield Difference(what, brief(value), brief(our_value), (key,))
    elif drawn:
        kept = known is not None and known.there_version == value
        our_kept = known is not None and known.here_version == our_value
        if kept != our_kept:
            words = {True: "as before", False: "a new one"}
            yield Difference(what, words[kept], words[our_kept], (key,))
    elif known is None or not (known.there_version and known.here_version):
        if known is None and value != our_value:
            yield Difference(what, brief(value), brief(our_value), (key,))
    elif (value, our_value) != (known.there_version, known.here_version):
        yield Difference(what, brief(value), brief(our_value), (key,))


def _served(what: str, key: Key, drawn: Any, value: Any, our_value: Any, names: Names) -> Iterator[Difference]:
    """The subscription of an intent; one that was just `drawn` has another identifier on each side."""
    none = (None, "", NO_SUBSCRIPTION)
    served, our_served = (None if one in none else str(one).lower() for one in (value, our_value))
    if drawn and served is not None and our_served is not None:
        return
    if served != (None if our_served is None else names.there_subscription(our_served)):
        yield Difference(what, served, our_served, (key,) if served is None else (key, (SUBSCRIPTION, served)))


def _lacking(what: str, name: str, only_there: bool, about: tuple[Key, ...]) -> Difference:
    """One side lacks a member of a list."""
    return Difference(what, name if only_there else None, None if only_there else name, about, member=True)


def _shape(value: Any) -> str:
    return {dict: "an object", list: "a list", type(None): NOT_SHOWN}.get(type(value), "another value")


def _is_list(value: Any) -> bool:
    """Whether this is a list of what can be compared by identifier, or stands for an empty one."""
    return value is None or isinstance(value, list)


def brief(version: Any) -> Any:
    """The end of an OVN or version: enough to tell two apart, too little to write with."""
    return f"…{version[-8:]}" if isinstance(version, str) and len(version) > 8 else version


def _identifiers(listed: list[Any] | None) -> Members:
    found: Members = {}
    for one in listed or ():
        found[_distinct(str(one).lower(), found)] = {}
    return found


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _undoubled(name: str) -> str:
    return name.partition(_DOUBLE)[0]


def _distinct(name: str, taken: Members) -> str:
    number, distinct = 1, name
    while distinct in taken:
        number += 1
        distinct = f"{name}{_DOUBLE}{number}"
    return distinct
