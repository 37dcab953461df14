"""What an entry would come to: pure, asked before a command is proposed and again when its entry is applied.

`decide` looks at the state as it will be at the entry's time: what has ended by then counts as gone, and what the
window has left counts as forgotten. So the answer before the log and the answer in it can differ only through entries
that came between.
"""

from typing import Final

from skyparley.airspace import limits
from skyparley.airspace.commands import (
    RULES_VERSION,
    DeleteBody,
    Epoch,
    RecordFindings,
    RegisterParty,
)
from skyparley.airspace.dss import rules as dss
from skyparley.airspace.dss.commands import DssCommand
from skyparley.airspace.events import Proposal, Repeated, refusal_of
from skyparley.airspace.keeping.records import Refusal
from skyparley.airspace.line import rules as line
from skyparley.airspace.line.commands import LineCommand
from skyparley.airspace.operations import rules as operations
from skyparley.airspace.operations.commands import Filing, OperationCommand
from skyparley.airspace.signing import rules as signing
from skyparley.airspace.signing.commands import KeyCommand
from skyparley.airspace.state import Airspace
from skyparley.errors import (
    ConflictingStateError,
    ForbiddenError,
    IdempotencyError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    SkyparleyError,
)
from skyparley.record.authorship import AUTHENTICATIONS, BEARER_ATTESTED, NODE

ACCEDED: Final = "acceded"


def check(state: Airspace, proposal: Proposal, now_us: int) -> Refusal | Repeated | None:
    """What would become of a proposal that were the next entry, at the clock `now_us`: None if it would be accepted.

    A refusal from here leaves no trace: no entry, no remembered key.
    """
    return decide(state, proposal, max(state.time_us + 1, now_us))


def decide(state: Airspace, proposal: Proposal, time_us: int) -> Refusal | Repeated | None:
    """What becomes of a proposal at a log time (microseconds since 1970 UTC) after the last entry's; None: accepted."""
    admission = admit(state, proposal, time_us)
    return decide_command(state, proposal, time_us) if admission is None else admission


def admit(state: Airspace, proposal: Proposal, time_us: int) -> Refusal | Repeated | None:
    """The author and the idempotency key; None if the command is to be looked at, and its answer to be remembered."""
    try:
        _check_author(state, proposal, time_us)
        return _check_key(state, proposal, time_us) if proposal.idempotency_key else None
    except SkyparleyError as error:
        return refusal_of(error)


def decide_command(state: Airspace, proposal: Proposal, time_us: int) -> Refusal | None:
    """The command of an admitted proposal; None: accepted."""
    try:
        _check_command(state, proposal, time_us)
    except SkyparleyError as error:
        return refusal_of(error)
    return None


def _check_author(state: Airspace, proposal: Proposal, time_us: int) -> None:
    if proposal.authentication not in AUTHENTICATIONS:
        raise InvalidInputError(f"unknown authentication: use one of {', '.join(AUTHENTICATIONS)}")
    if not proposal.party:
        # a USS writes to the DSS by its token, which its node has verified; it needs no party
        by_token = proposal.authentication == BEARER_ATTESTED and isinstance(proposal.command, DssCommand)
        if proposal.authentication != NODE and not by_token:
            raise ForbiddenError("only the node itself may write without a party")
        return
    party = state.parties.get(proposal.party)
    if party is None:
        raise NotFoundError(f"there is no party '{proposal.party[:64]}'")
    if party.state != ACCEDED:
        raise ForbiddenError(f"the party '{proposal.party}' is {party.state}")
    signing.check_signer(state.keys, proposal, time_us)


def _check_key(state: Airspace, proposal: Proposal, time_us: int) -> Repeated | None:
    limits.check_idempotency_key(proposal.idempotency_key)
    record = state.key_record(proposal.party, proposal.idempotency_key, time_us=time_us)
    if record is not None:
        if record.content_digest != proposal.content_digest:
            raise IdempotencyError(
                f"the idempotency key was used by entry {record.sequence} for something else: take a new key"
            )
        return Repeated(record.sequence, record.refusal)
    if state.keys_of_party(proposal.party, time_us=time_us) >= limits.MAX_IDEMPOTENCY_KEYS_PER_PARTY:
        raise LimitExceededError(
            f"{limits.MAX_IDEMPOTENCY_KEYS_PER_PARTY} idempotency keys are remembered for this party already"
            f" (within {limits.IDEMPOTENCY_WINDOW_US // limits.HOUR_US} h): send without a key, or later"
        )
    return None


def _check_command(state: Airspace, proposal: Proposal, time_us: int) -> None:
    command = proposal.command
    if isinstance(command, Filing | OperationCommand):
        operations.check(state, proposal.party, command, time_us)
    elif isinstance(command, LineCommand):
        line.check(state, proposal, command, time_us)
    elif isinstance(command, DssCommand):
        dss.check(state.dss, proposal, command, state.sequence, time_us)
    elif isinstance(command, KeyCommand):
        signing.check(state.keys, proposal, command, time_us)
    else:
        if proposal.party:
            raise ForbiddenError("only the node itself may do this")
        if isinstance(command, RecordFindings):
            _check_findings(state, command)
        elif isinstance(command, RegisterParty):
            _check_registration(state, command)
        elif isinstance(command, Epoch):
            _check_epoch(state, command)
        elif isinstance(command, DeleteBody):
            _check_deletion(state, command)


def _check_findings(state: Airspace, command: RecordFindings) -> None:
    if command.after != state.findings_through:
        raise ConflictingStateError(
            f"findings are known through {state.findings_through}; these begin after {command.after}"
        )
    last = max(command.through, command.after + 1)
    if last > state.sequence:
        raise ConflictingStateError(f"there is no entry {last} before this one")


def _check_registration(state: Airspace, command: RegisterParty) -> None:
    if command.party in state.parties:
        raise ConflictingStateError(f"the party '{command.party}' exists already")
    if len(state.parties) >= limits.MAX_PARTIES:
        raise LimitExceededError(f"there are {limits.MAX_PARTIES} parties, the most there may be")


def _check_epoch(state: Airspace, command: Epoch) -> None:
    if not state.rules_version <= command.rules_version <= RULES_VERSION:
        raise ConflictingStateError(
            f"rules {command.rules_version} cannot follow {state.rules_version}; this software knows up to"
            f" {RULES_VERSION}"
        )
    if command.state_hash != state.state_hash():
        raise ConflictingStateError("the state has moved on since this hash was taken")


def _check_deletion(state: Airspace, command: DeleteBody) -> None:
    before = state.deletions.get(command.digest)
    if before is not None:
        raise ConflictingStateError(f"it was deleted by entry {before.deleted_sequence} already, under {before.under}")
    if command.sequence > state.sequence:
        raise NotFoundError(f"there is no entry {command.sequence}", place="sequence")
    if state.operations.has_details(command.digest):
        raise ForbiddenError("these are the details of a live operation, and no words: they are compared")
    dialogue_id = state.line.speaking(command.digest)
    if dialogue_id is not None:
        raise ConflictingStateError(f"it is a message of the dialogue {dialogue_id}, which is not over: end that first")
