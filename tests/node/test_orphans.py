"""What an entry names is read of it without reading the rest: held against the members of every command."""

import msgspec

from skyparley.airspace.commands import Command
from skyparley.node.custody import orphans

NO_BODIES = {"a_digest", "b_digest", "digest", "question_digest", "read_back_digest"}
"""Digests of what other entries have named before."""
NEGOTIATED = {"amendments"}
"""An acceptance amends to what the offer had named."""


def test_every_member_by_which_a_command_names_a_body_is_read() -> None:
    read = set(orphans._Named.__struct_fields__)
    seen: set[str] = set()
    for command in Command.__args__:
        for field in msgspec.structs.fields(command):
            if field.name.endswith("_digest"):
                seen.add(field.name)
    assert seen - NO_BODIES == {name for name in read if name.endswith("_digest")}
    nested = {
        field.name
        for command in Command.__args__
        for field in msgspec.structs.fields(command)
        if "_digest" in str(getattr(field.type, "__args__", (None,))[0] and _fields_of(field.type.__args__[0]))
    }
    assert nested - NEGOTIATED == {"changes", "findings"}


def _fields_of(kind: object) -> tuple[str, ...]:
    return tuple(getattr(kind, "__struct_fields__", ()))
