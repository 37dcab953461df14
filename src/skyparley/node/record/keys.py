"""A party's desk for its keys: registers and revokes them, says whether it signs all it writes, lists them.

Everybody in the pool sees all keys: they are what signatures are checked with.
"""

import msgspec

from skyparley.airspace.signing.commands import KeyCommand, RegisterKey, RevokeKey, SetSigning
from skyparley.airspace.signing.items import PartyKey
from skyparley.errors import NotFoundError
from skyparley.geometry.interval import format_time
from skyparley.node.engine import Engine
from skyparley.node.identity import Author
from skyparley.record.authorship import PUBLIC_BYTES, format_key_line, key_id_of
from skyparley.record.base64 import from_base64


class SigningKeyView(msgspec.Struct, frozen=True):
    """A key of a party. `line` is what a file of trusted keys takes.

    `introduced_by` is the key that signed its registration; null: the node's word alone says that it is the party's.
    `state` is `valid`, `not_yet`, `over` or `revoked`, at the log's last time.
    """

    party: str
    key_id: str
    line: str
    use: str
    state: str
    valid_from: str
    valid_until: str
    introduced_by: str | None
    sequence: int
    revoked: str | None
    revoked_sequence: int | None
    reason: str | None


class SigningKeyPage(msgspec.Struct, frozen=True):
    """The keys that a party ever had, in the log's order; whether it signs all it writes. `next` is always null."""

    items: list[SigningKeyView]
    required: bool
    next: None


class SigningAnswer(msgspec.Struct, frozen=True):
    """The keys of the party after its command, and the sequence of its entry."""

    signing: SigningKeyPage
    sequence: int


class KeyDesk:
    """Takes a party's commands on its keys."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def register(
        self,
        author: Author,
        public_key: str,
        *,
        use: str,
        valid_from_us: int,
        valid_until_us: int,
        idempotency_key: str = "",
    ) -> SigningAnswer:
        """Name a public key (base64) as the party's own. Raises the error that says why not."""
        public = from_base64(public_key, of="a public key", length=PUBLIC_BYTES)
        command = RegisterKey(key_id_of(public), public_key, use, valid_from_us, valid_until_us)
        return await self._submit(author, command, idempotency_key)

    async def revoke(self, author: Author, key_id: str, reason: str, *, idempotency_key: str = "") -> SigningAnswer:
        """A key speaks for the party no longer."""
        return await self._submit(author, RevokeKey(key_id, reason), idempotency_key)

    async def require(self, author: Author, *, required: bool, idempotency_key: str = "") -> SigningAnswer:
        """Whether the party signs all that it writes."""
        return await self._submit(author, SetSigning(required), idempotency_key)

    def of_party(self, party: str) -> SigningKeyPage:
        """Raises `NotFoundError` if there is no such party."""
        state = self._engine.state
        if party not in state.parties:
            raise NotFoundError(f"there is no party '{party[:64]}'")
        views = [_view(key, state.time_us) for key in state.keys.of_party(party)]
        return SigningKeyPage(views, party in state.keys.signing, None)

    async def _submit(self, author: Author, command: KeyCommand, idempotency_key: str) -> SigningAnswer:
        sequence = await self._engine.submit_for(author, command, idempotency_key=idempotency_key)
        return SigningAnswer(self.of_party(author.party), sequence)


def _view(key: PartyKey, time_us: int) -> SigningKeyView:
    state = "valid" if key.valid(time_us) else "not_yet" if time_us < key.valid_from_us else "over"
    own_word = key.introduced_by in ("", key.key_id)
    return SigningKeyView(
        party=key.party,
        key_id=key.key_id,
        line=format_key_line(key.party, key.public_key),
        use=key.use,
        state="revoked" if key.revoked_us else state,
        valid_from=format_time(key.valid_from_us),
        valid_until=format_time(key.valid_until_us),
        introduced_by=None if own_word else key.introduced_by,
        sequence=key.sequence,
        revoked=format_time(key.revoked_us) if key.revoked_us else None,
        revoked_sequence=key.revoked_sequence or None,
        reason=key.reason or None,
    )
