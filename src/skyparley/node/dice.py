"""Randomness that nobody can guess, drawn from the system for many at once.

Each call of the system's random source gives way to other threads, and then the event loop waits for its turn:
measured, 64 µs amid a busy log where the call by itself takes less than one. So much is drawn at a time, and each byte
is used once.
"""

import base64
import secrets
from typing import Final

DRAWN_AT_ONCE: Final = 4_096


class Dice:
    """A store of random bytes. Not for several threads."""

    def __init__(self) -> None:
        self._drawn = b""
        self._used = 0

    def draw(self, size: int) -> bytes:
        """So many random bytes, at most `DRAWN_AT_ONCE`."""
        if self._used + size > len(self._drawn):
            self._drawn, self._used = secrets.token_bytes(DRAWN_AT_ONCE), 0
        begin = self._used
        self._used = begin + size
        return self._drawn[begin : self._used]

    def word(self, size: int) -> str:
        """So many random bytes in letters, digits, `-` and `_` (RFC 4648, URL-safe Base64 without padding)."""
        return base64.urlsafe_b64encode(self.draw(size)).rstrip(b"=").decode()

    def uuid4(self) -> str:
        """A UUID of version 4 (RFC 9562)."""
        digits = self.draw(16).hex()
        variant = "89ab"[int(digits[16], 16) & 3]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
