"""Passwords: argon2id (RFC 9106) through argon2-cffi, off the event loop and few at a time, so that nobody can fill the
machine with log-ins.
"""

import asyncio
import base64
from collections.abc import Callable
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from skyparley.errors import InvalidInputError

MIN_PASSWORD_LENGTH: Final = 12
MAX_PASSWORD_LENGTH: Final = 1_024
AT_ONCE: Final = 2


def hash_of_nobody(hasher: PasswordHasher) -> str:
    """What this hasher could have made, but of no password: all zeros. To verify it costs the same, to make it nothing.

    In the PHC string format, as argon2 writes it.
    """
    salt, digest = (
        base64.b64encode(bytes(length)).decode().rstrip("=") for length in (hasher.salt_len, hasher.hash_len)
    )
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2{hasher.type.name.lower()}$v={ARGON2_VERSION}${costs}${salt}${digest}"


class Passwords:
    """Hashes and verifies. An unknown login is verified against a hash of nobody, and costs the same time."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self._hasher = hasher
        self._room = asyncio.Semaphore(AT_ONCE)
        self._nobody = hash_of_nobody(hasher)

    async def hash(self, login: str, password: str) -> str:
        """What is stored of a password. Raises `InvalidInputError` for one that will not do."""
        if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
            raise InvalidInputError(
                f"a password has {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH:,} characters", place="password"
            )
        if password.casefold() == login.casefold():
            raise InvalidInputError("the password may not be the login", place="password")
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str, *, allowed: Callable[[], None]) -> bool:
        """Whether a password is the one that was stored; None: there is nobody.

        `allowed` is asked when it is its turn, and raises if it is not: of many guesses at once few are tried.
        """
        async with self._room:
            allowed()
            matches = await asyncio.to_thread(self._verify, stored or self._nobody, password)
        return matches and stored is not None

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password[: MAX_PASSWORD_LENGTH + 1])
        except (VerificationError, InvalidHashError):
            return False
