"""USSs for tests: an authority's key, access tokens of it, and a verifier that takes them."""

import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from skyparley.node.dss import scopes
from skyparley.web.tokens.verify import TokenVerifier, open_verifier

AUDIENCE = "localhost"
PLANNER = (
    scopes.STRATEGIC_COORDINATION,
    scopes.CONFORMANCE_MONITORING,
    scopes.CONSTRAINT_MANAGEMENT,
    scopes.CONSTRAINT_PROCESSING,
)
"""The scopes of a USS that does everything but arbitrate."""
_KEY = ec.generate_private_key(ec.SECP256R1())


def write_public_key(directory: Path) -> Path:
    """The authority's public key in a PEM file."""
    path = directory / "authority.pem"
    path.write_bytes(_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def verifier(directory: Path) -> TokenVerifier:
    """Takes the tokens of `token`."""
    found = open_verifier(public_keys=[write_public_key(directory)], audiences=[AUDIENCE])
    assert found is not None
    return found


def token(subject: str, *granted: str) -> str:
    """An access token; of a `PLANNER` if no scope is named."""
    claims = {"sub": subject, "aud": AUDIENCE, "scope": " ".join(granted or PLANNER), "exp": time.time() + 3_600}
    return jwt.encode(claims, _KEY, "ES256")


def bearer(subject: str, *granted: str) -> dict[str, str]:
    """The header that presents such a token."""
    return {"Authorization": f"Bearer {token(subject, *granted)}"}
