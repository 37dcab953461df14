"""The keys of parties as of one entry: which there are, and which of them speak for their party at a time.

A key that was revoked or has run out stays, so that it is never registered again. Each is an item of the state hash, a
MessagePack array.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from skyparley.airspace.keeping.statehash import MultisetHash
from skyparley.airspace.signing.commands import CHECKPOINTS, ENTRIES

_ENCODER: Final = msgspec.msgpack.Encoder()


class PartyKey(msgspec.Struct, frozen=True, array_like=True, tag="party_key"):
    """A key of a party, registered by the entry `sequence`.

    `introduced_by` is the key that signed its registration; its own identifier says: nothing but the node's word that
    it is the party's. `revoked_us` and `revoked_sequence` are 0 while it is not revoked.
    """

    party: str
    key_id: str
    public_key: bytes
    use: str
    valid_from_us: int
    valid_until_us: int
    introduced_by: str
    sequence: int
    revoked_us: int = 0
    revoked_sequence: int = 0
    reason: str = ""

    def valid(self, time_us: int) -> bool:
        """Whether it speaks for its party at a time of the log."""
        return not self.revoked_us and self.valid_from_us <= time_us < self.valid_until_us


class Signing(msgspec.Struct, frozen=True, array_like=True, tag="signing"):
    """A party that signs all it writes, since the entry `sequence`."""

    party: str
    sequence: int


class KeyState:
    """Read it freely; only the rules change it."""

    def __init__(self, items: MultisetHash) -> None:
        self.keys: dict[tuple[str, str], PartyKey] = {}
        """By party and identifier of the key."""
        self.signing: dict[str, Signing] = {}
        """Parties that sign all they write."""
        self._items = items

    def of_party(self, party: str) -> list[PartyKey]:
        """All keys that a party ever had, in the log's order."""
        return sorted((key for key in self.keys.values() if key.party == party), key=lambda key: key.sequence)

    def valid_of(self, party: str, time_us: int) -> list[PartyKey]:
        """The keys that sign a party's entries at a time."""
        return [key for key in self.of_party(party) if key.use == ENTRIES and key.valid(time_us)]

    def cosigners(self, time_us: int) -> list[PartyKey]:
        """The keys by which parties cosign the record at a time, in the log's order."""
        found = [key for key in self.keys.values() if key.use == CHECKPOINTS and key.valid(time_us)]
        return sorted(found, key=lambda key: key.sequence)

    def put(self, key: PartyKey) -> None:
        """Add or replace a key."""
        before = self.keys.get((key.party, key.key_id))
        if before is not None:
            self._items.remove(_ENCODER.encode(before))
        self.keys[key.party, key.key_id] = key
        self._items.add(_ENCODER.encode(key))

    def put_signing(self, signing: Signing) -> None:
        """A party signs all that it writes."""
        self.drop_signing(signing.party)
        self.signing[signing.party] = signing
        self._items.add(_ENCODER.encode(signing))

    def drop_signing(self, party: str) -> None:
        """A party may write without a signature."""
        before = self.signing.pop(party, None)
        if before is not None:
            self._items.remove(_ENCODER.encode(before))

    def content(self) -> Iterator[bytes]:
        """The canonical bytes of every item."""
        yield from map(_ENCODER.encode, self.keys.values())
        yield from map(_ENCODER.encode, self.signing.values())
