"""Who speaks: API keys of parties and of the operator, stored only as hashes.

A key is `sp_<key id>_<secret>`: the id finds the record, the secret is compared by its SHA-256. A secret of 256 random
bits needs no slow password hash; what is stored cannot be turned back into a key.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final, Literal

from skyparley.errors import ForbiddenError, UnauthenticatedError

Role = Literal["party", "operator", "observer"]
KEY_PREFIX: Final = "sp"
MAX_KEY_LENGTH: Final = 128


@dataclass(frozen=True, slots=True)
class Author:
    """On whose behalf a request is made. `party` is empty unless the role is `party`."""

    role: Role
    party: str = ""
    key_id: str = ""

    def require_party(self) -> str:
        """The party's identifier. Raises `ForbiddenError` for anyone who is not a party."""
        if self.role != "party":
            raise ForbiddenError(f"only a party may do this; this key belongs to the {self.role}")
        return self.party

    def require_operator(self) -> None:
        """Raise `ForbiddenError` for anyone but the operator of the node."""
        if self.role != "operator":
            raise ForbiddenError("only the operator of the node may do this: use the operator's key")

    @property
    def sees_all(self) -> bool:
        """Whether details of every party are shown: to the operator, and to the observer of a demo."""
        return self.role != "party"


OBSERVER: Final = Author("observer")


@dataclass(frozen=True, slots=True)
class StoredKey:
    """What is kept of a key: `party` is empty for the operator's; times are microseconds since 1970 UTC."""

    key_id: str
    party: str
    secret_sha256: bytes
    created_us: int
    revoked_us: int | None


def make_key(party: str, now_us: int) -> tuple[str, StoredKey]:
    """A new key: its text, to be shown once, and what is stored of it."""
    key_id = secrets.token_hex(6)
    secret = secrets.token_hex(32)
    stored = StoredKey(key_id, party, hashlib.sha256(secret.encode()).digest(), now_us, None)
    return f"{KEY_PREFIX}_{key_id}_{secret}", stored


def split_key(api_key: str) -> tuple[str, bytes]:
    """Key id and SHA-256 of the secret. Raises `UnauthenticatedError` if the text is no key."""
    parts = api_key.split("_") if len(api_key) <= MAX_KEY_LENGTH else []
    if len(parts) != 3 or parts[0] != KEY_PREFIX:
        raise UnauthenticatedError("this is not an API key: it looks like sp_<id>_<secret>")
    return parts[1], hashlib.sha256(parts[2].encode()).digest()


def matches(stored: StoredKey, secret_sha256: bytes) -> bool:
    """Whether a presented secret belongs to a stored key that is not revoked; in constant time."""
    return hmac.compare_digest(stored.secret_sha256, secret_sha256) and stored.revoked_us is None
