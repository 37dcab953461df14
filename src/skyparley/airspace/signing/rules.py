"""Rules of signing: whose key a signature may be by, how a party comes to a key, and how it gets rid of one.

The first key of a party signs its own registration, which shows that the party holds it; that it is the party's is the
word of whoever let the request in. From then on only a key that is valid brings in another, so that nobody who runs a
node can add one unseen. A stolen or lost key can be revoked without a signature, and the next is then a first one
again, which everybody can see (`PartyKey.introduced_by`).
"""

from typing import Final

import msgspec

from skyparley.airspace import limits
from skyparley.airspace.events import Event, Proposal
from skyparley.airspace.signing.commands import ENTRIES, REASONS, USES, KeyCommand, RegisterKey, RevokeKey
from skyparley.airspace.signing.items import KeyState, PartyKey, Signing
from skyparley.errors import (
    ConflictingStateError,
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
)
from skyparley.geometry.interval import format_time
from skyparley.record.authorship import NODE, PARTY_SIGNED, PUBLIC_BYTES, check_public_key, key_id_of
from skyparley.record.base64 import from_base64

MAX_KEYS_PER_PARTY: Final = 1_000
"""Keys that one party ever has in one pool, those that are over included."""
MAX_VALIDITY_US: Final = 3_660 * limits.DAY_US
MAX_SIGNED_SKEW_US: Final = 300_000_000
"""A signed command is ordered at most this long before or after the time that it says itself."""


def validate(command: KeyCommand) -> None:
    """Raise `InvalidInputError` if a command is impossible in itself."""
    if isinstance(command, RegisterKey):
        public = _public_key(command.public_key)
        if command.key_id != key_id_of(public):
            raise InvalidInputError("the identifier is not the one that is made of this key", place="key_id")
        if command.use not in USES:
            raise InvalidInputError(f"unknown use: one of {', '.join(USES)}", place="use")
        limits.check_count(command.valid_from_us, least=0, place="valid_from_us")
        limits.check_count(command.valid_until_us, least=command.valid_from_us + 1, place="valid_until_us")
        if command.valid_until_us - command.valid_from_us > MAX_VALIDITY_US:
            raise LimitExceededError(
                f"a key is valid for at most {MAX_VALIDITY_US // limits.DAY_US} days: register the next one in time",
                place="valid_until_us",
            )
    elif isinstance(command, RevokeKey) and command.reason not in REASONS:
        raise InvalidInputError(f"unknown reason: one of {', '.join(REASONS)}", place="reason")


def check_signer(keys: KeyState, proposal: Proposal, time_us: int) -> None:
    """Raise the error that stands for the refusal of an author by the way in which it is known."""
    if proposal.authentication != PARTY_SIGNED:
        signing = keys.signing.get(proposal.party)
        if signing is not None and not isinstance(proposal.command, RevokeKey):
            raise ForbiddenError(
                f"'{proposal.party}' signs all that it writes since entry {signing.sequence}: sign this with its key"
            )
        return
    if not proposal.idempotency_key:
        raise InvalidInputError("a signed command has an idempotency key, so that it counts once: sign one with a key")
    if abs(proposal.claimed_time_us - time_us) > MAX_SIGNED_SKEW_US:
        raise ConflictingStateError(
            f"it was signed for {format_time(proposal.claimed_time_us)}, over {MAX_SIGNED_SKEW_US // 1_000_000} s off"
            " the log's time: check your clock, and sign it anew"
        )
    key = keys.keys.get((proposal.party, proposal.key_id))
    if key is None:
        if isinstance(proposal.command, RegisterKey) and proposal.command.key_id == proposal.key_id:
            return  # `check` asks whether it may sign its own registration
        raise ForbiddenError(f"'{proposal.party}' has no key {proposal.key_id}: register it first")
    if key.use != ENTRIES:
        raise ForbiddenError(f"the key {key.key_id} is for {key.use}: sign entries with one for {ENTRIES}")
    if key.revoked_us:
        raise ForbiddenError(f"the key {key.key_id} was revoked by entry {key.revoked_sequence} ({key.reason})")
    if not key.valid(time_us):
        raise ForbiddenError(
            f"the key {key.key_id} is valid from {format_time(key.valid_from_us)} until"
            f" {format_time(key.valid_until_us)}: sign with one that is valid now"
        )


def check(keys: KeyState, proposal: Proposal, command: KeyCommand, time_us: int) -> None:
    """Raise the error that stands for the refusal of a command by the state at a log time."""
    if not proposal.party or proposal.authentication == NODE:
        raise ForbiddenError("keys belong to parties: only a party registers and revokes its own")
    if isinstance(command, RegisterKey):
        _check_registration(keys, proposal, command, time_us)
    elif isinstance(command, RevokeKey):
        key = keys.keys.get((proposal.party, command.key_id))
        if key is None:
            raise NotFoundError(f"'{proposal.party}' has no key {command.key_id}", place="key_id")
        if key.revoked_us:
            raise ConflictingStateError(f"the key {key.key_id} was revoked by entry {key.revoked_sequence} already")
    elif proposal.authentication != PARTY_SIGNED:
        raise ForbiddenError("whether a party signs all that it writes is said under its signature: sign this")


def perform(keys: KeyState, event: Event, command: KeyCommand) -> None:
    """Do what an accepted command asks."""
    if isinstance(command, RegisterKey):
        keys.put(
            PartyKey(
                event.party,
                command.key_id,
                _public_key(command.public_key),
                command.use,
                command.valid_from_us,
                command.valid_until_us,
                _signer_of(event),
                event.sequence,
            )
        )
    elif isinstance(command, RevokeKey):
        key = keys.keys[event.party, command.key_id]
        keys.put(
            msgspec.structs.replace(
                key, revoked_us=event.time_us, revoked_sequence=event.sequence, reason=command.reason
            )
        )
    elif command.required:
        keys.put_signing(Signing(event.party, event.sequence))
    else:
        keys.drop_signing(event.party)


def _check_registration(keys: KeyState, proposal: Proposal, command: RegisterKey, time_us: int) -> None:
    party = proposal.party
    known = keys.keys.get((party, command.key_id))
    if known is not None:
        raise ConflictingStateError(
            f"the key {command.key_id} was registered by entry {known.sequence}: make a new one"
        )
    if len(keys.of_party(party)) >= MAX_KEYS_PER_PARTY:
        raise LimitExceededError(f"'{party}' has had {MAX_KEYS_PER_PARTY} keys, which is the limit of a pool")
    if command.valid_until_us <= time_us:
        raise InvalidInputError("the key has run out already: let it be valid for longer", place="valid_until_us")
    valid = keys.valid_of(party, time_us)
    signer = _signer_of(proposal)
    if valid and all(key.key_id != signer for key in valid):
        raise ForbiddenError(
            f"'{party}' has a valid key ({valid[0].key_id}): only under its signature comes another, so that nobody"
            " else adds one. Sign with it, or revoke it first"
        )
    if not valid and command.use == ENTRIES and signer != command.key_id:
        raise ForbiddenError("the first key of a party signs its own registration, to show that the party holds it")


def _public_key(text: str) -> bytes:
    """32 bytes from base64 in its one spelling."""
    try:
        public = from_base64(text, of="a public key", length=PUBLIC_BYTES)
        check_public_key(public)
    except InvalidInputError as error:
        raise error.at("public_key") from None
    return public


def _signer_of(proposal: Proposal) -> str:
    """The key that has signed it; a bearer's or the node's word has none, whatever it says."""
    return proposal.key_id if proposal.authentication == PARTY_SIGNED else ""
