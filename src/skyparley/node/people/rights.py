"""What a person may do by its role: the one table. An API key of a party may do all of it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

from skyparley.errors import ForbiddenError
from skyparley.node.identity import Author

PersonRole = Literal["officer", "planner", "auditor", "administrator"]
ROLES: Final[tuple[str, ...]] = get_args(PersonRole)
Right = Literal["read", "file", "speak", "agree", "people"]
"""`file`: operations and hazard areas; `speak`: for a post, and on clauses; `agree`: bind the party by an agreement, or
suspend one; `people`: the party's people, their sessions and passwords."""

RIGHTS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "officer": frozenset({"read", "file", "speak"}),
        "planner": frozenset({"read", "file"}),
        "auditor": frozenset({"read"}),
        "administrator": frozenset({"read", "agree", "people"}),
    }
)


def require_right(author: Author, right: Right) -> None:
    """Raise `ForbiddenError` if an author is a person whose role does not give a right."""
    if author.person and right not in RIGHTS[author.person_role]:
        able = ", ".join(role for role in ROLES if right in RIGHTS[role])
        raise ForbiddenError(f"this takes the role {able}; '{author.person}' is {author.person_role}")
