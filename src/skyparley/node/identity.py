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
from skyparley.record.authorship import SignedHeader

Role = Literal["party", "operator", "observer"]
KEY_PREFIX: Final = "sp"
SESSION_PREFIX: Final = "ss"
MAX_KEY_LENGTH: Final = 128


@dataclass(frozen=True, slots=True)
class Author:
    """On whose behalf a request is made. `party` is empty unless the role is `party`.

    `person` is the login of who is logged in, with its role; empty for an API key. `key_id` is then the session's.
    `signed` is what the party itself has signed, if it has; `prepares`: it asks what to sign, and nothing is done yet.
    """

    role: Role
    party: str = ""
    key_id: str = ""
    person: str = ""
    person_role: str = ""
    signed: SignedHeader | None = None
    prepares: bool = False

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
    text, key_id, secret_sha256 = make_secret(KEY_PREFIX)
    return text, StoredKey(key_id, party, secret_sha256, now_us, None)


def make_secret(prefix: str) -> tuple[str, str, bytes]:
    """A new secret: its text `prefix_id_secret`, its id, and the SHA-256 of the secret."""
    identifier = secrets.token_hex(6)
    secret = secrets.token_hex(32)
    return f"{prefix}_{identifier}_{secret}", identifier, hashlib.sha256(secret.encode()).digest()


def split_secret(text: str, prefix: str) -> tuple[str, bytes]:
    """Id and SHA-256 of the secret. Raises `UnauthenticatedError` if the text is none."""
    parts = text.split("_") if len(text) <= MAX_KEY_LENGTH else []
    if len(parts) != 3 or parts[0] != prefix:
        raise UnauthenticatedError(
            "this is neither an API key nor a session: they look like sp_<id>_<secret> and ss_<id>_<secret>"
        )
    return parts[1], hashlib.sha256(parts[2].encode()).digest()


def matches(stored: StoredKey, secret_sha256: bytes) -> bool:
    """Whether a presented secret belongs to a stored key that is not revoked; in constant time."""
    return hmac.compare_digest(stored.secret_sha256, secret_sha256) and stored.revoked_us is None
