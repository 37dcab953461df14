"""Whose word each entry is, by the keys that the log itself registers, beside those that the auditor names. Pure.

Keys are entries (`airspace.signing`), so an audit knows at each of them who may speak for whom: a signature by a key
that the auditor does not name is verified by the one that the log has, and said to be known by the log only, because a
key that nobody vouches for but the node could be the node's own. What no honest node orders in a party's name is wrong.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from skyparley.airspace.codec import encode_command, read_event
from skyparley.airspace.commands import Tick
from skyparley.airspace.events import Event, Outcome, Verdict
from skyparley.airspace.limits import IDEMPOTENCY_WINDOW_US
from skyparley.airspace.signing import rules
from skyparley.airspace.signing.commands import ENTRIES, KeyCommand, RegisterKey, SetSigning
from skyparley.airspace.signing.items import KeyState, PartyKey
from skyparley.errors import ForbiddenError, ProofError, SkyparleyError
from skyparley.record.authorship import PARTY_SIGNED, check_signature
from skyparley.record.base64 import from_base64
from skyparley.record.envelope import decode_header
from skyparley.record.export.segment import WHOLE, Shown
from skyparley.record.notes import COSIGNATURE
from skyparley.record.trust import Trusted

RACE_US: Final = 60_000_000
"""What a node had let in before it knew better is ordered no later than this after it could have known."""
_KEY_KINDS: Final = frozenset({"register_key", "revoke_key", "set_signing"})


class Places(msgspec.Struct):
    """How many entries, and the first of them (0: none)."""

    entries: int = 0
    first: int = 0

    def add(self, sequence: int) -> None:
        """One entry more."""
        self.entries += 1
        self.first = self.first or sequence


@dataclass(frozen=True, slots=True)
class LogKey:
    """A key as the log has it. `named`: the auditor names it, as a party's key or as a cosigner's.

    `introduced_by` is the key that signed its registration, None where the node's word alone says whose it is;
    `revoked_by` the one that signed its revocation, None also where nobody did.
    """

    key: PartyKey
    named: bool
    introduced_by: str | None
    revoked_by: str | None


def event_of(sequence: int, entry: Shown) -> Event:
    """What an entry stands for; a command whose body is not shown is given as a tick.

    Raises `InvalidInputError` for what is no command, `ProofError` for one on keys that is not shown, as no node does.
    """
    header = decode_header(entry.header)
    if header.kind in _KEY_KINDS and entry.form != WHOLE:
        raise ProofError(f"it says which keys speak for '{header.party}', and what it says is not shown")
    body = entry.body if entry.form == WHOLE else encode_command(Tick())
    return read_event(header, body, sequence, entry.time_us)


class Authors:
    """Follows the keys of parties through the entries that are shown.

    `keys` are those of the replayed state. Where that is no longer computed the rules for keys go on with them, since a
    party may read all entries about its own.
    """

    def __init__(self, keys: KeyState, trusted: Trusted) -> None:
        self.complete = True
        """Whether all that was shown so far tells which keys there are; once it does not, entries are not followed."""
        self.disputed = Places()
        """Entries by which their party need not stand, as they come to be in a race: they were refused."""
        self._keys = keys
        self._named = trusted.parties
        self._lines = {(party, public) for (party, _), public in trusted.parties.items()} | {
            (key.name, key.public) for key in trusted.notes if key.kind == COSIGNATURE
        }
        self._registered_us: dict[str, int] = {}
        self._signing_us: dict[str, int] = {}
        self._said_us: dict[tuple[str, str], int] = {}
        self._revoked_by: dict[tuple[str, str], str] = {}

    def check(self, entry: Shown, event: Event) -> None:
        """Raise `ProofError` for what is wrong about the author of the next entry, before it is applied."""
        if event.authentication == PARTY_SIGNED and (event.party, event.key_id) not in self._named:
            public = self._public(event)
            if public is not None:
                check_signature(entry.header, entry.signature, public)
        refusal = self._refusal(event)
        if refusal is None:
            return
        why, in_a_race = refusal
        if not in_a_race:
            raise ProofError(
                f"it is in the name of '{event.party}' ({event.authentication}), and no honest node orders it: {why}"
            )
        self.disputed.add(event.sequence)

    def follow(self, event: Event, outcome: Outcome | None) -> None:
        """Take what became of an entry; without an outcome, decide by the rules for keys alone."""
        command = event.command
        if not isinstance(command, KeyCommand):
            return
        if outcome is None and not self._perform(event, command):
            return
        if outcome is not None and outcome.verdict != Verdict.ACCEPTED:
            return
        if isinstance(command, RegisterKey):
            self._registered_us[event.party] = event.time_us
        elif isinstance(command, SetSigning):
            self._signing_us[event.party] = event.time_us
        elif event.authentication == PARTY_SIGNED:
            self._revoked_by[event.party, command.key_id] = event.key_id

    @property
    def log_keys(self) -> list[LogKey]:
        """All keys that the log has registered, in its order."""
        return [
            LogKey(
                key,
                named=(key.party, key.public_key) in self._lines,
                introduced_by=key.introduced_by if key.introduced_by not in ("", key.key_id) else None,
                revoked_by=self._revoked_by.get((key.party, key.key_id)),
            )
            for key in sorted(self._keys.keys.values(), key=lambda key: key.sequence)
        ]

    def knows(self, party: str, key_id: str) -> bool:
        """Whether the log has registered a key, so that every signature under it was verified."""
        return self.complete and (party, key_id) in self._keys.keys

    def _public(self, event: Event) -> bytes | None:
        """The key by which an entry is signed, as the log has it, or as the registration of a first key says it."""
        known = self._keys.keys.get((event.party, event.key_id))
        if known is not None:
            return known.public_key
        command = event.command
        if isinstance(command, RegisterKey) and command.key_id == event.key_id:
            return from_base64(command.public_key, of="the public key")
        return None

    def _refusal(self, event: Event) -> tuple[str, bool] | None:
        """Why the author may not say this, by the keys of the log, and whether a race explains it; None: it may."""
        try:
            rules.check_signer(self._keys, event, event.time_us)
        except SkyparleyError as error:
            return error.message, self._had_the_right(event)
        try:
            if isinstance(event.command, KeyCommand):
                rules.check(self._keys, event, event.command, event.time_us)
        except ForbiddenError as error:
            return error.message, event.time_us <= self._registered_us.get(event.party, -RACE_US) + RACE_US
        except SkyparleyError:
            pass  # it comes to nothing, whoever says it
        return None

    def _had_the_right(self, event: Event) -> bool:
        """Whether the author of a refused entry had the right to say it when an honest node may have let it in."""
        if event.authentication != PARTY_SIGNED:
            return event.time_us <= self._signing_us.get(event.party, -RACE_US) + RACE_US
        key = self._keys.keys.get((event.party, event.key_id))
        if key is None or key.use != ENTRIES or not event.idempotency_key or event.time_us < key.valid_from_us:
            return False
        ended_us, off_us = key.revoked_us or key.valid_until_us, abs(event.claimed_time_us - event.time_us)
        return event.time_us <= ended_us + RACE_US and off_us <= rules.MAX_SIGNED_SKEW_US + RACE_US

    def _perform(self, event: Event, command: KeyCommand) -> bool:
        """Do what a command on keys asks, if the rules for keys accept it; whether they do."""
        said, before_us = (event.party, event.idempotency_key), None
        if event.idempotency_key:
            before_us = self._said_us.get(said)
            self._said_us.setdefault(said, event.time_us)
        if before_us is not None and event.time_us - before_us < IDEMPOTENCY_WINDOW_US:
            return False  # it was said before, and counts once
        try:
            rules.check_signer(self._keys, event, event.time_us)
            rules.check(self._keys, event, command, event.time_us)
        except SkyparleyError:
            return False
        rules.perform(self._keys, event, command)
        return True
