"""The commands on keys of parties: which key speaks for a party, from when until when, and which one does no longer.

Private keys never come here. Times are microseconds since 1970 UTC, of the log.
"""

from typing import Final

import msgspec

ENTRIES: Final = "entries"
"""A key that signs a party's entries."""
CHECKPOINTS: Final = "checkpoints"
"""A key by which a party's witness cosigns the record (C2SP tlog-cosignature), under the party's identifier as name."""
USES: Final = (ENTRIES, CHECKPOINTS)
REASONS: Final = ("superseded", "compromised", "lost", "retired")
"""Why a key is revoked."""


class RegisterKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="register_key", tag_field="kind"):
    """A party names a public key (Ed25519, 32 bytes in base64) as its own, for `[valid_from_us, valid_until_us)`.

    `key_id` is `record.authorship.key_id_of` of the key, `use` one of `USES`.
    """

    key_id: str
    public_key: str
    use: str
    valid_from_us: int
    valid_until_us: int


class RevokeKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="revoke_key", tag_field="kind"):
    """A key of the party speaks for it no longer; `reason` is one of `REASONS`. What it signed before stays signed."""

    key_id: str
    reason: str


class SetSigning(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="set_signing", tag_field="kind"):
    """Whether a party signs all that it writes: then nothing else is taken as its word, not even from the node."""

    required: bool


KeyCommand = RegisterKey | RevokeKey | SetSigning
