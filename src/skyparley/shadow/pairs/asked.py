"""What a request asks of a DSS (ASTM F3548-21, `/dss/v1`), and what it was answered, as values to compare.

Both sides speak of the same things: the routes are told apart here once, for translation, comparison and the counts.
"""

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

import msgspec

INTENT: Final = "operational_intent"
CONSTRAINT: Final = "constraint"
SUBSCRIPTION: Final = "subscription"
AVAILABILITY: Final = "availability"
"""The arbiter's word on a USS, with its version."""
MANAGER: Final = "manager"
"""A USS as it is shown in references: how available it is, whether or not the arbiter's word was ever read."""
REPORT: Final = "report"

CREATE: Final = "create"
UPDATE: Final = "update"
READ: Final = "read"
DELETE: Final = "delete"
QUERY: Final = "query"
SAY: Final = "say"
"""To report an exchange: it changes nothing that others are answered."""
WRITES: Final = frozenset({CREATE, UPDATE, DELETE})

ELSEWHERE: Final = "other"
"""The route of whatever is forwarded and not compared."""
_FOLDERS: Final = {
    "operational_intent_references": (INTENT, "entityid", "ovn"),
    "constraint_references": (CONSTRAINT, "entityid", "ovn"),
    "subscriptions": (SUBSCRIPTION, "subscriptionid", "version"),
}
_PATH: Final = re.compile(r"/dss/v1/(\w+)(?:/([^/]+)(?:/(.+))?)?")
_ACTIONS: Final = {("GET", False): READ, ("PUT", False): CREATE, ("PUT", True): UPDATE, ("DELETE", True): DELETE}

Key = tuple[str, str]
"""Kind and upstream identifier of something that a DSS holds."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `name` is the identifier in lower case, `version` the OVN or version in the path; both may be empty.

    `body` is the JSON object that came with it; None if there was none, or none that can be read.
    """

    kind: str
    action: str
    route: str
    name: str = ""
    version: str = ""
    body: dict[str, Any] | None = None

    @property
    def key(self) -> Key:
        """What it is about."""
        return self.kind, self.name

    @property
    def writes(self) -> bool:
        """Whether it changes what others are answered."""
        return self.action in WRITES

    def member(self, name: str) -> Any:
        """A member of the body, or None."""
        return None if self.body is None else self.body.get(name)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one side answered. `body` is the JSON object; None if there is none, or none that can be read."""

    status: int
    body: dict[str, Any] | None = None

    @property
    def accepted(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300

    def member(self, name: str) -> Any:
        """A member of the body, or None."""
        return None if self.body is None else self.body.get(name)

    def part(self, name: str) -> dict[str, Any]:
        """A member of the body that is an object; empty if there is none."""
        found = self.member(name)
        return found if isinstance(found, dict) else {}


def read_request(method: str, raw_path: bytes, body: bytes = b"") -> Asked | None:
    """What a request asks; None if it is none that a DSS of the standard answers."""
    matched = _PATH.fullmatch(unquote(raw_path.decode("latin-1")))
    if matched is None:
        return None
    folder, name, version = matched.groups(default="")
    if folder == "reports":
        return Asked(REPORT, SAY, f"{method} /dss/v1/reports") if (method, name) == ("POST", "") else None
    if folder == "uss_availability":
        return _of_availability(method, name, version, body)
    if folder not in _FOLDERS or not name:
        return None
    kind, name_word, version_word = _FOLDERS[folder]
    if method == "POST":
        asked = Asked(kind, QUERY, f"POST /dss/v1/{folder}/query", body=read_object(body))
        return asked if (name, version) == ("query", "") else None
    action = _ACTIONS.get((method, bool(version)))
    if action is None:
        return None
    route = f"{method} /dss/v1/{folder}/{{{name_word}}}" + (f"/{{{version_word}}}" if version else "")
    return Asked(kind, action, route, name.lower(), version, read_object(body))


def read_object(data: bytes) -> dict[str, Any] | None:
    """A JSON object; None for anything else."""
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _of_availability(method: str, name: str, version: str, body: bytes) -> Asked | None:
    action = {"GET": READ, "PUT": UPDATE}.get(method)
    if action is None or not name or version:
        return None
    return Asked(AVAILABILITY, action, f"{method} /dss/v1/uss_availability/{{uss_id}}", name, "", read_object(body))
