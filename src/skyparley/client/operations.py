"""What can be asked of a node about operations, hazard areas and signing keys: functions of values, with their entries.

Bodies are those of docs/api.md. The command that each comes to is formed here as the node forms it, so that a party can
sign it without asking. What computes with shapes is imported only where an operation is formed.
"""

from typing import Any
from urllib.parse import quote

import msgspec

from skyparley.airspace.signing.commands import ENTRIES, RegisterKey, RevokeKey, SetSigning
from skyparley.client.call import Call, Fields, Formed, path_of
from skyparley.errors import SkyparleyError
from skyparley.geometry.interval import format_time
from skyparley.node.reading.views import Answer, OperationPage
from skyparley.node.record.keys import SigningAnswer, SigningKeyPage
from skyparley.record.authorship import key_id_of
from skyparley.record.base64 import to_base64


def file(operation: Fields) -> Call[Answer]:
    """File an operation."""

    def entry(party: str, secret: bytes) -> Formed:
        from skyparley.node.custody.details import details_of, filing_of
        from skyparley.node.reading.shapes import decode_operation_body

        asked = decode_operation_body(msgspec.json.encode(operation), party)
        details = details_of(asked, secret)
        return Formed(filing_of(details), details.salt)

    return Call("POST", "/v1/operations", Answer, operation, True, entry)


def amend(operation: Fields) -> Call[Answer]:
    """Replace an operation as a whole; its `version` is the one that is replaced."""

    def entry(party: str, secret: bytes) -> Formed:
        from skyparley.node.custody.details import amendment_of, details_of
        from skyparley.node.reading.shapes import decode_amend_body

        asked, version = decode_amend_body(msgspec.json.encode(operation), party)
        details = details_of(asked, secret)
        return Formed(amendment_of(details, version), details.salt)

    return Call("PUT", _path("operations", str(operation["operation_id"])), Answer, operation, True, entry)


def act(action: str, operation_id: str, version: int) -> Call[Answer]:
    """`activate`, `end` or `cancel` an operation; `confirm` or `retract` a hazard area."""
    from skyparley.node.desk import ACTIONS

    if action not in ACTIONS:
        raise SkyparleyError(f"unknown action '{action}': use one of {', '.join(ACTIONS)}")
    group = "hazards" if action in ("confirm", "retract") else "operations"
    return Call(
        "POST",
        f"{_path(group, operation_id)}/{action}",
        Answer,
        {"version": version},
        True,
        lambda *_: Formed(ACTIONS[action](operation_id, version)),
    )


def declare_hazard(hazard: Fields) -> Call[Answer]:
    """Declare a hazard area."""

    def entry(party: str, secret: bytes) -> Formed:
        from skyparley.node.custody.details import details_of, hazard_of
        from skyparley.node.reading.shapes import decode_hazard_body

        asked = decode_hazard_body(msgspec.json.encode(hazard), party)
        details = details_of(asked.operation, secret)
        return Formed(hazard_of(details, asked.hazard_kind, confirmed=asked.confirmed), details.salt)

    return Call("POST", "/v1/hazards", Answer, hazard, True, entry)


def operations() -> Call[OperationPage]:
    """The first page of live operations that the key may see, and of hazard areas."""
    return Call("GET", "/v1/operations", OperationPage)


def signing_keys(party: str) -> Call[SigningKeyPage]:
    """The keys by which a party signs, revoked ones too."""
    return Call("GET", path_of("parties", party, "signing-keys"), SigningKeyPage)


def register_key(public: bytes, valid_from_us: int, valid_until_us: int, *, use: str = ENTRIES) -> Call[SigningAnswer]:
    """Name a public key (32 bytes) as the party's own, valid between two times (microseconds since 1970 UTC)."""
    text = to_base64(public)
    body: dict[str, Any] = {
        "public_key": text,
        "use": use,
        "valid_from": format_time(valid_from_us),
        "valid_until": format_time(valid_until_us),
    }
    command = RegisterKey(key_id_of(public), text, use, valid_from_us, valid_until_us)
    return Call("POST", "/v1/signing-keys", SigningAnswer, body, True, lambda *_: Formed(command))


def revoke_key(key_id: str, reason: str) -> Call[SigningAnswer]:
    """A key of the party speaks for it no longer: superseded, compromised, lost or retired."""
    path = f"{path_of('signing-keys', key_id)}/revoke"
    return Call("POST", path, SigningAnswer, {"reason": reason}, True, lambda *_: Formed(RevokeKey(key_id, reason)))


def sign_all(*, required: bool) -> Call[SigningAnswer]:
    """Say whether the party signs all that it writes; under its signature."""
    body = {"required": required}
    return Call("PUT", "/v1/signing", SigningAnswer, body, True, lambda *_: Formed(SetSigning(required)))


def _path(group: str, operation_id: str) -> str:
    """The path of an operation, whose identifier may have slashes."""
    return f"/v1/{group}/{quote(operation_id, safe='/')}"
