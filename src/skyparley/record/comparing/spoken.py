"""The fingerprint of a checkpoint, to be read out on the telephone.

Twelve groups of four digits are 159 bits of SHA-256. Half of that is what counts: who runs a log chooses both of the
records that he would show two parties, and may look for two with one fingerprint. That takes 2^79 tries; with six
groups it would be 2^40, which is an afternoon.
"""

from hashlib import sha256
from typing import Final

GROUPS: Final = 12
_DIGITS: Final = 4
_DOMAIN: Final = b"skyparley fingerprint 1\n"


def fingerprint(text: str) -> str:
    """Twelve groups of four digits, made of a checkpoint's text: origin, size and root, whoever has signed it."""
    number = int.from_bytes(sha256(_DOMAIN + text.encode()).digest(), "big") % 10 ** (GROUPS * _DIGITS)
    digits = f"{number:0{GROUPS * _DIGITS}d}"
    return " ".join(digits[at : at + _DIGITS] for at in range(0, len(digits), _DIGITS))
