"""Whether what a party has signed is what it asks: checked where a request becomes a proposal, before anything is done.

The party forms header and signature on its own machine; the node forms the command from the request, as it does
without a signature, and the two must be the same to the octet. What the state says of the key is `airspace.signing`'s.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import msgspec

from skyparley.airspace.codec import command_kind
from skyparley.airspace.commands import Command
from skyparley.airspace.events import Proposal
from skyparley.airspace.line.dialogue.commands import OpenDialogue, SendMessage
from skyparley.airspace.signing.commands import RegisterKey
from skyparley.airspace.signing.items import KeyState
from skyparley.errors import ConflictingStateError, ForbiddenError, InvalidInputError, ProofError
from skyparley.record.authorship import PARTY_SIGNED, SignedHeader, check_signature
from skyparley.record.base64 import from_base64, to_base64
from skyparley.record.envelope import body_digest

PLACE: Final = "header Skyparley-Signed-Entry"
MAX_PREPARED: Final = 256
MAX_PREPARED_BYTES: Final = 256 * 1024


class PreparedView(msgspec.Struct, frozen=True):
    """What there is to sign: the canonical body of the entry as text, and in base64 the bodies that it names."""

    body: str
    bodies: list[str]


class Prepared(Exception):  # noqa: N818 - it ends the way of a request, and is no error
    """The author asked what to sign: this is it, with the bodies that it names by digest, and nothing was done."""

    def __init__(self, proposal: Proposal, bodies: Sequence[bytes]) -> None:
        super().__init__("this is what to sign")
        self.proposal = proposal
        self.bodies = bodies

    def view(self) -> PreparedView:
        """What is answered."""
        return PreparedView(self.proposal.body.decode(), [to_base64(body) for body in self.bodies])


class PreparedCommands:
    """What parties have been given to sign, by party and idempotency key: the newest of them."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, str], OpenDialogue | SendMessage] = OrderedDict()

    def hold(self, proposal: Proposal, idempotency_key: str) -> None:
        """Remember what was given to sign, where it can be overtaken, and is not so long that memory would be lost."""
        command = proposal.command
        if not isinstance(command, OpenDialogue | SendMessage) or len(proposal.body) > MAX_PREPARED_BYTES:
            return
        self._held[proposal.party, idempotency_key] = command
        if len(self._held) > MAX_PREPARED:
            self._held.popitem(last=False)

    def as_given(self, party: str, idempotency_key: str, command: Command) -> Command:
        """The command as it was given to sign, if since then only more has been compared; else as it is now.

        To have compared up to an earlier entry says less, and the rules hold what came after against it.
        """
        given = self._held.get((party, idempotency_key))
        if given is not None and isinstance(command, OpenDialogue | SendMessage):
            now = msgspec.structs.replace(given, checked_through=command.checked_through)
            if now == command and given.checked_through <= command.checked_through:
                return given
        return command


def check_signed(signed: SignedHeader, proposal: Proposal, pool: str, keys: KeyState) -> None:
    """Raise the error that says why a signed header is not that of a proposal, or not signed by its key."""
    header = signed.header
    said = {
        "pool": (header.pool, pool),
        "party": (header.party, proposal.party),
        "authentication": (header.authentication, PARTY_SIGNED),
        "kind": (header.kind, command_kind(proposal.command)),
        "idempotency_key": (header.idempotency_key, proposal.idempotency_key),
    }
    for name, (signed_value, value) in said.items():
        if signed_value != value:
            raise InvalidInputError(f"{name} in it is '{signed_value[:64]}', and should be '{value}'", place=PLACE)
    public = _public_key(proposal, keys)
    if public is None:
        raise ForbiddenError(f"'{proposal.party}' has no key {proposal.key_id[:64]}: register it first")
    try:
        check_signature(signed.encoded, signed.signature, public)
    except ProofError as error:
        raise ForbiddenError(error.message, place=PLACE) from None
    if header.body_digest != body_digest(signed.salt, proposal.body):
        raise ConflictingStateError(
            "what was signed is not what this request comes to: ask what to sign (header Skyparley-Prepare), check it,"
            " and sign that",
            place=PLACE,
        )


def _public_key(proposal: Proposal, keys: KeyState) -> bytes | None:
    """The key that the proposal names: one of the party's, or the one that it registers."""
    known = keys.keys.get((proposal.party, proposal.key_id))
    if known is not None:
        return known.public_key
    command = proposal.command
    if isinstance(command, RegisterKey) and command.key_id == proposal.key_id:
        return from_base64(command.public_key, of="the public key")
    return None
