"""The rules of keys, written for reading: whoever the history says has signed, what is he allowed to do.

It keeps the whole history of keys as a list of facts and looks through all of it at every entry.
"""

from dataclasses import dataclass, field
from typing import Any

from skyparley.airspace import commands as c
from skyparley.airspace.events import Event
from skyparley.airspace.signing import commands as s

SKEW_US = 300_000_000
PARTIES = ("north", "south")


@dataclass
class ReferenceKeys:
    """`facts`: ("key", party, id, use, from, until, introduced by, entry) and ("revoked", party, id, time, entry)."""

    facts: list[tuple[Any, ...]] = field(default_factory=list)
    signs_all: dict[str, int] = field(default_factory=dict)

    def key(self, party: str, key_id: str) -> tuple[Any, ...] | None:
        return next((f for f in self.facts if f[:3] == ("key", party, key_id)), None)

    def revoked(self, party: str, key_id: str) -> bool:
        return any(f[:3] == ("revoked", party, key_id) for f in self.facts)

    def speaks(self, party: str, key_id: str, use: str, time_us: int) -> bool:
        key = self.key(party, key_id)
        return key is not None and key[3] == use and not self.revoked(party, key_id) and key[4] <= time_us < key[5]

    def speakers(self, party: str, time_us: int) -> list[str]:
        names = [f[2] for f in self.facts if f[:2] == ("key", party)]
        return [name for name in names if self.speaks(party, name, "entries", time_us)]

    def apply(self, event: Event) -> str:
        """The code of the refusal, or `accepted`."""
        command, party, now_us = event.command, event.party, event.time_us
        signer = event.key_id if event.authentication == "party-signed" else None
        if party not in PARTIES:
            return "not_found"
        if signer is None:
            if party in self.signs_all and not isinstance(command, s.RevokeKey):
                return "forbidden"
        elif not event.idempotency_key:
            return "invalid_input"
        elif abs(event.claimed_time_us - now_us) > SKEW_US:
            return "state_conflict"
        elif not self.speaks(party, signer, "entries", now_us):
            registers_itself = isinstance(command, s.RegisterKey) and command.key_id == signer
            if not registers_itself or self.key(party, signer) is not None:
                return "forbidden"
        if isinstance(command, c.RegisterParty):
            return "forbidden"
        if event.authentication == "node" and isinstance(command, s.KeyCommand):
            return "forbidden"
        if isinstance(command, s.RegisterKey):
            return self._register(event, command, signer)
        if isinstance(command, s.RevokeKey):
            if self.key(party, command.key_id) is None:
                return "not_found"
            if self.revoked(party, command.key_id):
                return "state_conflict"
            self.facts.append(("revoked", party, command.key_id, now_us, event.sequence))
        if isinstance(command, s.SetSigning):
            if signer is None:
                return "forbidden"
            self.signs_all.pop(party, None)
            if command.required:
                self.signs_all[party] = event.sequence
        return "accepted"

    def _register(self, event: Event, command: s.RegisterKey, signer: str | None) -> str:
        party, now_us = event.party, event.time_us
        if self.key(party, command.key_id) is not None:
            return "state_conflict"
        if command.valid_until_us <= now_us:
            return "invalid_input"
        speakers = self.speakers(party, now_us)
        if speakers and signer not in speakers:
            return "forbidden"
        if not speakers and command.use == "entries" and signer != command.key_id:
            return "forbidden"
        valid = (command.valid_from_us, command.valid_until_us)
        self.facts.append(("key", party, command.key_id, command.use, *valid, signer or "", event.sequence))
        return "accepted"
