"""The catalogue of messages, and the body of one: from what a client sends to the bytes that are digested.

One catalogue serves every language: a message is its code and its parameters, and each reader's side renders them. The
bytes are canonical JSON (docs/decisions/0007), so that both parties digest the same. A body that was received is parsed
again from what its sender typed: a number beside a typed level that does not follow from it is refused.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from skyparley.catalogue.kinds.base import brief
from skyparley.catalogue.lists.base import MessageType, Parameter
from skyparley.catalogue.lists.exchanges import ANSWERS, ASSISTANCE, EMERGENCIES, PROCEDURE
from skyparley.catalogue.lists.operations import CHANGES, NOTICES, OFFERS, REQUESTS
from skyparley.catalogue.parameters import KINDS, Canonical, Schema
from skyparley.errors import InvalidInputError, LimitExceededError

__all__ = [
    "MESSAGES",
    "MessageType",
    "Parameter",
    "decode_body",
    "encode_body",
    "message_type",
    "parameters_schema",
    "parse_message",
    "parse_read_back",
]

MAX_BODY_BYTES: Final = 65_536
"""The largest body of one message: 2,000 characters of text in four fields and a long route fit several times."""

MESSAGES: Final[Mapping[str, MessageType]] = MappingProxyType(
    {
        each.code: each
        for each in (
            *NOTICES, *CHANGES, *REQUESTS, *OFFERS, *ANSWERS, *EMERGENCIES, *ASSISTANCE, *PROCEDURE,
        )
    }
)  # fmt: skip
"""Every message type by its code."""


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    parameters: dict[str, Any]


def message_type(code: object) -> MessageType:
    """The message type of a code. Raises `InvalidInputError` if the catalogue has none."""
    found = MESSAGES.get(code) if isinstance(code, str) else None
    if found is None:
        raise InvalidInputError(
            f"no message {brief(code)} in the catalogue: choose one of its codes, or free-text", place="code"
        )
    return found


def parse_message(code: str, values: Mapping[str, object]) -> dict[str, Canonical]:
    """The canonical parameters of a message, in the catalogue's order.

    Raises `InvalidInputError` at `parameters.<name>` for one that is unknown, missing or cannot be read.
    """
    return _parse(message_type(code).parameters, values, code, complete=True)


def parse_read_back(code: str, values: Mapping[str, object]) -> dict[str, Canonical]:
    """What was read back of a message of this code: only fields that are read back, and any may be missing.

    A missing one is not refused, since the comparison shows it as a mismatch. Raises `InvalidInputError` as
    `parse_message` does.
    """
    parameters = tuple(parameter for parameter in message_type(code).parameters if parameter.read_back)
    return _parse(parameters, values, code, complete=False)


def _parse(
    parameters: tuple[Parameter, ...], values: Mapping[str, object], code: str, *, complete: bool
) -> dict[str, Canonical]:
    if not isinstance(values, Mapping):
        raise InvalidInputError("must be an object of parameters by name", place="parameters")
    names = [parameter.name for parameter in parameters]
    for name in values:
        if name not in names:
            known = f"use {', '.join(names)}" if names else "it takes none"
            raise InvalidInputError(
                f"{code} has no parameter {brief(name)}: {known}", place=f"parameters.{str(name)[:40]}"
            )
    parsed: dict[str, Canonical] = {}
    for parameter in parameters:
        place = f"parameters.{parameter.name}"
        if parameter.name in values:
            parsed[parameter.name] = KINDS[parameter.kind].parse(values[parameter.name], place)
        elif parameter.required and complete:
            raise InvalidInputError(f"{code} needs {parameter.name} ({parameter.kind}): add it", place=place)
    return parsed


def encode_body(code: str, canonical: Mapping[str, Canonical]) -> bytes:
    """The bytes of a message that are digested and kept: JSON, names sorted, no white space, UTF-8."""
    return msgspec.json.encode(_Body(message_type(code).code, dict(canonical)), order="deterministic")


def decode_body(data: bytes) -> tuple[str, dict[str, Canonical]]:
    """Code and canonical parameters of a message's bytes.

    Raises `InvalidInputError` unless these are exactly the bytes that `encode_body` makes of what their sender typed,
    `LimitExceededError` if they are more than `MAX_BODY_BYTES`.
    """
    if len(data) > MAX_BODY_BYTES:
        raise LimitExceededError(f"a message may have at most {MAX_BODY_BYTES:,} bytes", place="body")
    try:
        body = msgspec.json.decode(data, type=_Body)
        kinds = {parameter.name: KINDS[parameter.kind] for parameter in message_type(body.code).parameters}
        typed = {name: kinds[name].typed(value) for name, value in body.parameters.items()}
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError, ValueError, OverflowError):
        # whatever shape a stranger sends where a canonical value belongs, it is one and the same refusal
        raise InvalidInputError("these bytes are no message of the catalogue", place="body") from None
    canonical = parse_message(body.code, typed)
    if encode_body(body.code, canonical) != data:
        raise InvalidInputError(
            "these bytes are not canonical: what they hold does not follow from what was typed", place="body"
        )
    return body.code, canonical


def parameters_schema(code: str) -> Schema:
    """What a client may send as parameters of a message, as JSON Schema."""
    parameters = message_type(code).parameters
    return {
        "type": "object",
        "properties": {parameter.name: KINDS[parameter.kind].schema() for parameter in parameters},
        "required": [parameter.name for parameter in parameters if parameter.required],
        "additionalProperties": False,
    }
