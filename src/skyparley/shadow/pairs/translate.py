"""A request to the upstream as it is put to this node: the same, but for what each side draws for itself.

Where nothing is mapped the request stays as it came, byte for byte.
"""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import msgspec

from skyparley.shadow.pairs.asked import AVAILABILITY, CREATE, INTENT, QUERY, READ, SUBSCRIPTION, Answer, Asked
from skyparley.shadow.pairs.names import Names

_FOLDER: Final = {
    "operational_intent": "operational_intent_references",
    "constraint": "constraint_references",
    "subscription": "subscriptions",
    "availability": "uss_availability",
}


@dataclass(frozen=True, slots=True)
class Put:
    """What is put to this node. `path` is percent-encoded."""

    method: str
    path: str
    body: bytes = b""


def translate(asked: Asked, put: Put, names: Names, there: Answer) -> Put:
    """The request for this node, by what is known and what the upstream answered."""
    return Put(put.method, _path(asked, put.path, names), _body(asked, put.body, names, there))


def path_of(kind: str, name: str, version: str = "") -> str:
    """The percent-encoded path of a thing, or of one version of it."""
    path = f"/dss/v1/{_FOLDER[kind]}/{quote(name, safe='')}"
    return f"{path}/{quote(version, safe='')}" if version else path


def read_here(asked: Asked, names: Names) -> Put:
    """Asks this node for the thing that a request is about."""
    return Put("GET", path_of(asked.kind, _here_name(asked, names)))


def with_version(asked: Asked, put: Put, names: Names, version: str) -> Put:
    """The same change of another version of the thing here; of none (empty): its creation."""
    if asked.kind == AVAILABILITY:
        return Put(put.method, put.path, _replaced(put.body, old_version=version))
    return Put(put.method, path_of(asked.kind, _here_name(asked, names), version), put.body)


def with_key(put: Put, ovns: set[str]) -> Put:
    """The same write of an intent by someone who knows these, too."""
    held = msgspec.json.decode(put.body).get("key")
    known = held if isinstance(held, list) else []
    return Put(put.method, put.path, _replaced(put.body, key=sorted({*known, *ovns})))


def as_accepted(put: Put) -> Put:
    """The same intent as it begins: accepted, without a subscription."""
    nothing = dict.fromkeys(("subscription_id", "new_subscription", "requested_ovn_suffix"))
    return Put(put.method, put.path, _replaced(put.body, **nothing, state="Accepted"))


def without_suffix(put: Put) -> Put:
    """The same write of an intent, whose OVN this node draws."""
    return Put(put.method, put.path, _replaced(put.body, requested_ovn_suffix=None))


def _path(asked: Asked, path: str, names: Names) -> str:
    if asked.action == QUERY or not asked.name:
        return path
    name, version = _here_name(asked, names), names.here_version(asked.key, asked.version)
    if (name, version) == (asked.name, asked.version):
        return path
    return path_of(asked.kind, name, version)


def _here_name(asked: Asked, names: Names) -> str:
    return names.here_subscription(asked.name) if asked.kind == SUBSCRIPTION else asked.name


def _body(asked: Asked, body: bytes, names: Names, there: Answer) -> bytes:
    given = asked.body
    if given is None or asked.action in (READ, QUERY):
        return body
    changed: dict[str, Any] = {}
    if asked.kind == INTENT:
        key, subscription = given.get("key"), given.get("subscription_id")
        if isinstance(key, list):
            changed["key"] = [names.here_ovn(ovn) if isinstance(ovn, str) else ovn for ovn in key]
        if names.is_spent(asked.name, given.get("requested_ovn_suffix")):
            changed["requested_ovn_suffix"] = None
        if isinstance(subscription, str):
            changed["subscription_id"] = names.here_subscription(subscription)
    elif asked.kind == SUBSCRIPTION and asked.action == CREATE:
        changed |= _times(given, there, "time_start")
    elif asked.kind == SUBSCRIPTION and names.get(asked.key) is None:
        changed |= _times(given, there, "time_start", "time_end")
    elif asked.kind == AVAILABILITY and isinstance(given.get("old_version"), str):
        changed["old_version"] = names.here_version(asked.key, given["old_version"])
    if all(given.get(name) == value for name, value in changed.items()):
        return body
    return msgspec.json.encode({**given, **changed})


def _times(given: dict[str, Any], there: Answer, *wanted: str) -> dict[str, Any]:
    """The extents of a subscription with times that it leaves out, as the upstream's clock set them."""
    extents, answered = given.get("extents"), there.part("subscription")
    if not isinstance(extents, dict):
        return {}
    found = {name: answered[name] for name in wanted if extents.get(name) is None and name in answered}
    times = {
        name: {"value": time.get("value"), "format": "RFC3339"}
        for name, time in found.items()
        if isinstance(time, dict)
    }
    return {"extents": {**extents, **times}} if times else {}


def _replaced(body: bytes, **members: Any) -> bytes:
    return msgspec.json.encode({**msgspec.json.decode(body), **members})
