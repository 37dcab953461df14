"""One request to a node as a value, and how paths and bodies are made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import quote

from skyparley.airspace.commands import Command

AnswerT = TypeVar("AnswerT")
Fields = Mapping[str, Any]


class Formed(NamedTuple):
    """A command, and the salt of the details that it names, if it names some."""

    command: Command
    details_salt: bytes = b""


@dataclass(frozen=True, slots=True)
class Call(Generic[AnswerT]):
    """One request: method, path, body, and the type of its answer. `command`: it may be repeated with its key.

    `entry` makes what it comes to, of the party that asks and a secret of its; None where only the node can form it.
    """

    method: str
    path: str
    answer: type[AnswerT]
    body: Fields | None = None
    command: bool = False
    entry: Callable[[str, bytes], Formed] | None = None


def path_of(*parts: str) -> str:
    """The path of a route from its parts, each quoted."""
    return "/v1/" + "/".join(quote(part, safe="") for part in parts)


def given(**fields: Any) -> dict[str, Any]:
    """The fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}
