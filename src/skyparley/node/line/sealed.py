"""Bodies that the log names by digest and that nobody can find by trying: a salt before what is said.

A structured message has few possible texts, so a plain SHA-256 of it would tell it to everyone who reads the log. The
salt is 16 bytes of HMAC-SHA256 (RFC 2104) with the node's secret, so that a repeat with the same idempotency key is the
same bytes.
"""

import hmac
import secrets
from hashlib import sha256
from typing import Final, NamedTuple

SALT_BYTES: Final = 16
DOMAIN: Final = b"skyparley words 1\n"
"""What words begin with, so that none has the digest of an outline, whatever is said."""


class Sealed(NamedTuple):
    """Domain, salt and body, and the SHA-256 of all (64 hexadecimal digits)."""

    digest: str
    data: bytes


def seal(secret: bytes, body: bytes, context: str, idempotency_key: str) -> Sealed:
    """A body with its salt; `context` says whose and what it is."""
    data = DOMAIN + draw(secret, context, idempotency_key, body, size=SALT_BYTES) + body
    return Sealed(sha256(data).hexdigest(), data)


def unseal(data: bytes) -> bytes:
    """The body without domain and salt."""
    return data[len(DOMAIN) + SALT_BYTES :]


def draw(secret: bytes, context: str, idempotency_key: str, body: bytes = b"", *, size: int = 8) -> bytes:
    """Bytes by chance; the same again for the same context, idempotency key and body, where there is a key."""
    if not idempotency_key:
        return secrets.token_bytes(size)
    return hmac.digest(secret, b"\0".join((context.encode(), idempotency_key.encode(), body)), "sha256")[:size]
