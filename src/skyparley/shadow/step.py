"""The node here follows the upstream: what that one did is brought about here, what it refused is taken back.

Without this one difference would bring forth others for as long as the thing lives. What cannot be brought about leaves
the thing in doubt, or unknown here; what comes of it is told as such. It is asked with the token of the request itself.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from skyparley.shadow.pairs.asked import AVAILABILITY, CREATE, DELETE, INTENT, MANAGER, SUBSCRIPTION, Answer, Asked
from skyparley.shadow.pairs.compare import LISTS, MISSING, ONE, members_of
from skyparley.shadow.pairs.learn import forget_notified, learn, meet
from skyparley.shadow.pairs.names import Names
from skyparley.shadow.pairs.translate import (
    Put,
    as_accepted,
    path_of,
    read_here,
    with_key,
    with_version,
    without_suffix,
)

MAX_TRIES: Final = 4
Ask = Callable[[Put], Awaitable[Answer]]
"""Puts something to the node here, as whoever sent the request."""


async def keep_in_step(asked: Asked, put: Put, there: Answer, here: Answer, names: Names, ask: Ask) -> None:
    """Bring both sides to the same, if only one of them did what was asked; `put` is how it was put here."""
    if not asked.writes or there.accepted == here.accepted:
        if asked.writes and there.accepted and there.body is None:
            names.part(asked.key, here_version=_version(asked, here))
        return
    forget_notified(names, there, here)
    if here.accepted:
        await _take_back(asked, put, here, names, ask)
    elif asked.action == DELETE:
        await _delete(asked, here, names, ask)
    else:
        await _catch_up(asked, put, there, names, ask)


async def _catch_up(asked: Asked, put: Put, there: Answer, names: Names, ask: Ask) -> None:
    """Write here what was written there, whatever version there is here."""
    if asked.body is None:
        return
    version = _version(asked, await ask(read_here(asked, names)))
    attempt = with_version(asked, put, names, version)
    if asked.kind == INTENT and not version and asked.member("state") != "Accepted":
        begun = await _write(as_accepted(attempt), names, ask)
        forget_notified(names, begun)
        if not begun.accepted:
            names.part(asked.key, there_version=_version(asked, there))
            return
        version = _version(asked, begun)
        attempt = with_version(asked, put, names, version)
    done = await _write(attempt, names, ask)
    if not done.accepted and asked.member("requested_ovn_suffix"):  # this node may have seen it in a write of its own
        done = await _write(without_suffix(attempt), names, ask)
    if done.accepted and there.body is not None:
        meet(asked, there, done, names, certain=False)
        learn(asked, there, done, names, (), certain=False)
        forget_notified(names, there, done)
    else:
        names.part(asked.key, there_version=_version(asked, there), here_version=version)


async def _write(put: Put, names: Names, ask: Ask) -> Answer:
    """Write, knowing more and more of what is here."""
    done = await ask(put)
    for _ in range(MAX_TRIES):
        keys = [(LISTS[name], one) for name in MISSING for one in members_of(done, name)]
        known = [one for one in map(names.get, keys) if one is not None and one.here_version]
        if done.accepted or not known:
            break
        put = with_key(put, {one.here_version for one in known})
        done = await ask(put)
    return done


async def _delete(asked: Asked, here: Answer, names: Names, ask: Ask) -> None:
    if here.status != 404:
        version = _version(asked, await ask(read_here(asked, names)))
        if version:
            done = await ask(Put("DELETE", path_of(asked.kind, _here_name(asked, names), version)))
            forget_notified(names, done)
            if not done.accepted:
                names.part(asked.key, here_version=version)
                return
    names.drop(asked.key)


async def _take_back(asked: Asked, put: Put, here: Answer, names: Names, ask: Ask) -> None:
    version = _version(asked, here)
    known = names.get(asked.key)
    suffix = asked.member("requested_ovn_suffix")
    if isinstance(suffix, str):
        names.spend(asked.name, suffix)
    if asked.kind == AVAILABILITY:
        said = names.get((MANAGER, asked.name))
        body = {"old_version": version, "availability": said.said if said is not None and said.said else "Unknown"}
        done = await ask(Put(put.method, put.path, msgspec.json.encode(body)))
        if known is not None and done.accepted:
            names.put(replace(known, here_version=_version(asked, done)))
        else:
            names.part(asked.key, here_version=version)
    elif asked.action == CREATE:
        forget_notified(names, await ask(Put("DELETE", path_of(asked.kind, asked.name, version))))
    elif asked.action == DELETE:
        names.drop(asked.key)
    else:
        names.part(asked.key, here_version=version)


def _version(asked: Asked, answer: Answer) -> str:
    """The version of the thing in an answer of this node; empty if there is none."""
    if asked.kind == AVAILABILITY:
        return _text(answer.member("version"))
    return _text(answer.part(ONE[asked.kind]).get("version" if asked.kind == SUBSCRIPTION else "ovn"))


def _here_name(asked: Asked, names: Names) -> str:
    return names.here_subscription(asked.name) if asked.kind == SUBSCRIPTION else asked.name


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
