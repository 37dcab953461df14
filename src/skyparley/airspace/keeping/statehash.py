"""The state hash: one number for all that the airspace holds, kept up to date item by item.

Each item (party, operation, conflict, remembered key, refused entry) is hashed by itself with SHA-256; the sum of these
numbers modulo 2^256 is the hash of the multiset, whatever the order in which items came and went (Bellare and
Micciancio 1997, AdHash). The sum is then bound to the position in the log. It shows divergence and damage; it is no
guard against someone who forges items: that is what chain and record are for. See `docs/decisions/0003-state-hash.md`.
"""

from hashlib import sha256
from typing import Final

import msgspec

MODULUS: Final = 1 << 256
_MASK: Final = MODULUS - 1
_FORMAT: Final = "skyparley-state/1"


def item_number(item: bytes) -> int:
    """The number in `[0, 2^256)` that an item contributes: the SHA-256 of its canonical bytes, big-endian."""
    return int.from_bytes(sha256(item).digest(), "big")


class MultisetHash:
    """Sum of the numbers of the items held, modulo 2^256, and their count."""

    __slots__ = ("count", "total")

    def __init__(self) -> None:
        self.total = 0
        self.count = 0

    def add(self, item: bytes) -> None:
        """One more item."""
        self.total = (self.total + int.from_bytes(sha256(item).digest(), "big")) & _MASK
        self.count += 1

    def remove(self, item: bytes) -> None:
        """One item less; it must be one that is held."""
        self.total = (self.total - int.from_bytes(sha256(item).digest(), "big")) & _MASK
        self.count -= 1

    def add_number(self, number: int, count: int) -> None:
        """So many items at once (less, if negative), of which `number` is the sum of their numbers."""
        self.total = (self.total + number) & _MASK
        self.count += count


def state_hash(items: MultisetHash, *, rules_version: int, sequence: int, time_us: int, findings_through: int) -> str:
    """The state hash, 64 hexadecimal digits: SHA-256 of the MessagePack array of format, position, count and sum."""
    head = (
        _FORMAT,
        rules_version,
        sequence,
        time_us,
        findings_through,
        items.count,
        items.total.to_bytes(32, "big"),
    )
    return sha256(msgspec.msgpack.encode(head)).hexdigest()
