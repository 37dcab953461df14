"""Access: which key speaks for whom. Keys are made by the operator, kept hashed in the vault, and can be revoked."""

from skyparley.airspace.state import Airspace
from skyparley.errors import NotFoundError, UnauthenticatedError
from skyparley.geometry.interval import format_time
from skyparley.node.custody.vault import Vault
from skyparley.node.engine import Clock
from skyparley.node.identity import KEY_PREFIX, SESSION_PREFIX, Author, StoredKey, make_key, matches, split_secret
from skyparley.node.people.people import People
from skyparley.node.reading.views import KeyView, NewKey


class Access:
    """The keys of a node, held in memory and in the vault."""

    def __init__(self, vault: Vault, state: Airspace, clock: Clock, people: People) -> None:
        self._people = people
        self._vault = vault
        self._state = state
        self._clock = clock
        self._keys = {key.key_id: key for key in vault.stored_keys()}

    def authenticate(self, api_key: str) -> Author:
        """Whom a key or a session speaks for. Raises `UnauthenticatedError` if it is unknown, revoked or over."""
        if api_key.startswith(f"{SESSION_PREFIX}_"):
            return self._people.authenticate(api_key)
        key_id, secret_sha256 = split_secret(api_key, KEY_PREFIX)
        stored = self._keys.get(key_id)
        if stored is None or not matches(stored, secret_sha256):
            raise UnauthenticatedError("this API key is unknown or revoked: ask the operator of the node for a new one")
        return Author("party", stored.party, key_id) if stored.party else Author("operator", "", key_id)

    async def create(self, author: Author, party: str) -> NewKey:
        """A new key of a party. Raises `NotFoundError` if there is no such party."""
        author.require_operator()
        self._require_party(party)
        return await self._make(party)

    async def create_operator_key(self) -> NewKey:
        """A new key of the operator; those before are revoked."""
        for key in [held for held in self._keys.values() if not held.party and held.revoked_us is None]:
            await self._put(StoredKey(key.key_id, key.party, key.secret_sha256, key.created_us, self._clock()))
        return await self._make("")

    def of_party(self, author: Author, party: str) -> list[KeyView]:
        """The keys of a party, revoked ones too, oldest first."""
        author.require_operator()
        self._require_party(party)
        found = sorted((key.created_us, key.key_id) for key in self._keys.values() if key.party == party)
        return [_view(self._keys[key_id]) for _, key_id in found]

    async def revoke(self, author: Author, party: str, key_id: str) -> None:
        """Revoke a key. Raises `NotFoundError` if the party has none of that id."""
        author.require_operator()
        key = self._keys.get(key_id)
        if key is None or key.party != party or not party:
            raise NotFoundError(f"party '{party}' has no key {key_id!r}")
        if key.revoked_us is None:
            await self._put(StoredKey(key.key_id, key.party, key.secret_sha256, key.created_us, self._clock()))

    async def _make(self, party: str) -> NewKey:
        api_key, stored = make_key(party, self._clock())
        await self._put(stored)
        return NewKey(stored.key_id, party, api_key)

    async def _put(self, stored: StoredKey) -> None:
        await self._vault.put_key(stored)
        self._keys[stored.key_id] = stored

    def _require_party(self, party: str) -> None:
        if party not in self._state.parties:
            raise NotFoundError(f"there is no party '{party}': add it first")


def _view(key: StoredKey) -> KeyView:
    revoked = None if key.revoked_us is None else format_time(key.revoked_us)
    return KeyView(key.key_id, key.party, format_time(key.created_us), revoked)
