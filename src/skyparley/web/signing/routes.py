"""Routes of the keys by which parties sign."""

from typing import Final

import msgspec

from skyparley.geometry.interval import parse_time
from skyparley.node.record.keys import SigningAnswer, SigningKeyPage
from skyparley.web.exchange import Exchange
from skyparley.web.openapi import Endpoint
from skyparley.web.replies import Replies, json_reply


class RegisterKeyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An Ed25519 public key (32 bytes in base64), what it is for, and from when until when it is valid (RFC 3339)."""

    public_key: str
    valid_from: str
    valid_until: str
    use: str = "entries"


class RevokeKeyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the key is revoked: superseded, compromised, lost or retired."""

    reason: str


class SigningBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the party signs all that it writes."""

    required: bool


async def list_signing_keys(exchange: Exchange) -> Replies:
    """The keys that a party ever had."""
    exchange.query()
    await exchange.node.read_barrier()
    return json_reply(exchange.node.signing.of_party(exchange.parameters["party"]))


async def register_signing_key(exchange: Exchange) -> Replies:
    """Name a public key as the party's own."""
    body, key = await exchange.command(RegisterKeyBody)
    answer = await exchange.node.signing.register(
        exchange.author,
        body.public_key,
        use=body.use,
        valid_from_us=parse_time(body.valid_from, place="valid_from"),
        valid_until_us=parse_time(body.valid_until, place="valid_until"),
        idempotency_key=key,
    )
    return json_reply(answer, 201)


async def revoke_signing_key(exchange: Exchange) -> Replies:
    """Revoke a key of the party."""
    body, key = await exchange.command(RevokeKeyBody)
    return json_reply(
        await exchange.node.signing.revoke(
            exchange.author, exchange.parameters["key_id"], body.reason, idempotency_key=key
        )
    )


async def set_signing(exchange: Exchange) -> Replies:
    """Say whether the party signs all that it writes."""
    body, key = await exchange.command(SigningBody)
    return json_reply(await exchange.node.signing.require(exchange.author, required=body.required, idempotency_key=key))


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint(
        "GET",
        "/v1/parties/{party}/signing-keys",
        list_signing_keys,
        "listSigningKeys",
        "The public keys by which a party signs, revoked ones too",
        "observer",
        answer=SigningKeyPage,
    ),
    Endpoint(
        "POST",
        "/v1/signing-keys",
        register_signing_key,
        "registerSigningKey",
        "Name a public key as the party's own; the first one signs this itself",
        "key",
        right="agree",
        status=201,
        body=RegisterKeyBody,
        answer=SigningAnswer,
        command=True,
    ),
    Endpoint(
        "POST",
        "/v1/signing-keys/{key_id}/revoke",
        revoke_signing_key,
        "revokeSigningKey",
        "Revoke a key of the party",
        "key",
        right="agree",
        body=RevokeKeyBody,
        answer=SigningAnswer,
        command=True,
    ),
    Endpoint(
        "PUT",
        "/v1/signing",
        set_signing,
        "setSigning",
        "Say, under the party's signature, whether it signs all that it writes",
        "key",
        right="agree",
        body=SigningBody,
        answer=SigningAnswer,
        command=True,
    ),
)
