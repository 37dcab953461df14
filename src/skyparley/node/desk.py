"""The write side of a node: where a party's commands on its operations come in and are answered.

In this order: check the command against the applied state, keep its details in the vault, propose it to the log, wait
for what the exact comparison finds, keep the answer if the command has an idempotency key. A command that was here
before gets its first answer.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from skyparley.airspace.codec import validate_command
from skyparley.airspace.commands import Command, Finding, RecordFindings
from skyparley.airspace.events import Proposal, Repeated, Verdict, error_of
from skyparley.airspace.operations.commands import (
    ActivateOperation,
    AmendOperation,
    CancelOperation,
    ConfirmHazard,
    DeclareHazard,
    EndOperation,
    FileOperation,
    RetractHazard,
)
from skyparley.conflict.operation import Operation
from skyparley.errors import ConflictingStateError, InvalidInputError, SkyparleyError, StorageError
from skyparley.node.custody.custodian import Custodian
from skyparley.node.custody.details import Details, amendment_of, details_of, filing_of, hazard_of
from skyparley.node.custody.places import as_sent
from skyparley.node.custody.vault import Vault
from skyparley.node.engine import Applied, Engine, journal
from skyparley.node.first_answer import past_of, subject_of
from skyparley.node.identity import Author
from skyparley.node.reading.reader import Reader
from skyparley.node.reading.views import Answer, Checked, ConflictView

MAX_CLAIMED_SKEW_US: Final = 300_000_000
RECENT_FINDINGS: Final = 50_000
ACTIONS: Final[dict[str, Callable[[str, int], Command]]] = {
    "activate": ActivateOperation,
    "end": EndOperation,
    "cancel": CancelOperation,
    "confirm": ConfirmHazard,
    "retract": RetractHazard,
}


class Desk:
    """Takes commands on operations and hazard areas and answers them."""

    def __init__(
        self, engine: Engine, vault: Vault, custodian: Custodian, reader: Reader, directory: Path | None
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._custodian = custodian
        self._reader = reader
        self._findings: OrderedDict[int, list[Finding]] = OrderedDict()
        self._directory = directory
        self._keyed: dict[tuple[str, str], asyncio.Event] = {}
        self._rebuilding = asyncio.Lock()

    def follow(self, applied: Applied) -> None:
        """Remember findings for the answers that wait for them."""
        if isinstance(applied.command, RecordFindings):
            for finding in applied.command.findings:
                self._findings.setdefault(finding.sequence, []).append(finding)
            while len(self._findings) > RECENT_FINDINGS:
                self._findings.popitem(last=False)

    async def file(
        self, author: Author, operation: Operation, *, idempotency_key: str = "", claimed_time_us: int | None = None
    ) -> Answer:
        """File an operation of the author's party."""
        details = self._details(author, operation)
        command = filing_of(details)
        return await self._submit(author, command, details, idempotency_key, claimed_time_us)

    async def amend(
        self,
        author: Author,
        operation: Operation,
        *,
        version: int,
        idempotency_key: str = "",
        claimed_time_us: int | None = None,
    ) -> Answer:
        """Replace an operation of the author's party as a whole; `version` is the one that is replaced."""
        details = self._details(author, operation)
        command = amendment_of(details, version)
        return await self._submit(author, command, details, idempotency_key, claimed_time_us)

    async def declare_hazard(
        self,
        author: Author,
        operation: Operation,
        *,
        hazard_kind: str,
        confirmed: bool,
        idempotency_key: str = "",
        claimed_time_us: int | None = None,
    ) -> Answer:
        """Declare a hazard area; everybody sees it."""
        details = self._details(author, operation)
        command = hazard_of(details, hazard_kind, confirmed=confirmed)
        return await self._submit(author, command, details, idempotency_key, claimed_time_us)

    async def act(
        self, author: Author, action: str, operation_id: str, *, version: int, idempotency_key: str = ""
    ) -> Answer:
        """Activate, end or cancel an operation; confirm or retract a hazard area."""
        author.require_party()
        if action not in ACTIONS:
            raise InvalidInputError(f"unknown action {action!r}: use one of {', '.join(ACTIONS)}")
        return await self._submit(author, ACTIONS[action](operation_id, version), None, idempotency_key, None)

    async def check(self, author: Author, operation: Operation) -> Checked:
        """A dry run against everything filed: nothing is recorded.

        What no filing could be is refused as a filing would be; but it may lie in the past, as recorded flights do.
        """
        details = details_of(operation, self._vault.secret)
        command = filing_of(details)
        try:
            validate_command(command)
        except SkyparleyError as error:
            raise self._as_sent(error, command, details, 0) from None
        through = self._custodian.through
        found = await self._custodian.check(details.operation)
        return Checked([self._reader.witness_view(author, conflict, None) for conflict in found], through)

    def _details(self, author: Author, operation: Operation) -> Details:
        if operation.ref.party != author.require_party():
            raise InvalidInputError("a party files only its own operations: leave `party` out or name your own")
        signed = author.signed
        return details_of(operation, self._vault.secret, b"" if signed is None else signed.details_salt)

    async def _submit(
        self,
        author: Author,
        command: Command,
        details: Details | None,
        idempotency_key: str,
        claimed_time_us: int | None,
    ) -> Answer:
        self._check_skew(claimed_time_us)
        try:
            proposal = self._engine.proposal_by(
                author, command, idempotency_key=idempotency_key, bodies=[] if details is None else [details.data]
            )
        except SkyparleyError as error:
            raise self._as_sent(error, command, details, 0) from None
        if not idempotency_key:
            return await self._carry_out(author, proposal, details, claimed_time_us)
        name = (author.party, idempotency_key)
        while (before := self._keyed.get(name)) is not None:  # one after another, so that a repeat finds its answer
            await before.wait()
        self._keyed[name] = asyncio.Event()
        try:
            return await self._carry_out(author, proposal, details, claimed_time_us)
        finally:
            self._keyed.pop(name).set()

    async def _carry_out(
        self, author: Author, proposal: Proposal, details: Details | None, claimed_time_us: int | None
    ) -> Answer:
        now_us = self._engine.clock()
        verdict = self._engine.check(proposal)
        if isinstance(verdict, Repeated):
            return await self._first_answer(author, proposal, verdict)
        if verdict is not None:
            journal.info("refused %s of %s: %s", proposal.content_digest.hex(), author.party, verdict.code)
            raise self._as_sent(error_of(verdict), proposal.command, details, now_us)
        applied = await self._propose(author, proposal, details, claimed_time_us)
        if applied.outcome.verdict is Verdict.REPEATED:
            return await self._first_answer(
                author, proposal, Repeated(applied.outcome.first_sequence, applied.outcome.refusal)
            )
        if applied.outcome.refusal is not None:
            raise self._as_sent(error_of(applied.outcome.refusal), proposal.command, details, now_us)
        answer = await self._answer(author, applied, compare=details is not None)
        if proposal.idempotency_key:
            await self._keep(author, proposal, applied.sequence, applied.time_us, answer)
        return answer

    @staticmethod
    def _as_sent(error: SkyparleyError, command: Command, details: Details | None, now_us: int) -> SkyparleyError:
        if details is None or not isinstance(command, FileOperation | AmendOperation | DeclareHazard):
            return error
        return as_sent(error, details.operation, command.extents, now_us)

    async def _keep(self, author: Author, proposal: Proposal, sequence: int, time_us: int, answer: Answer) -> None:
        """Keep an answer before it is given: a repeat could not get it otherwise."""
        try:
            data = msgspec.json.encode(answer)
            await self._vault.put_reply(author.party, proposal.idempotency_key, sequence, time_us, data)
        except SkyparleyError as error:
            raise StorageError(
                f"this is recorded as entry {sequence}, but its answer cannot be kept: repeat it with its key"
            ) from error

    async def _propose(
        self, author: Author, proposal: Proposal, details: Details | None, claimed_time_us: int | None
    ) -> Applied:
        if details is None:
            return await self._engine.propose(proposal, claimed_time_us=claimed_time_us, signed=author.signed)
        await self._vault.put_bodies([(details.digest, author.party, details.data)])
        self._custodian.lend(details)
        try:
            applied = await self._engine.propose(proposal, claimed_time_us=claimed_time_us, signed=author.signed)
        except SkyparleyError:
            self._custodian.forget(details.digest)
            raise
        if applied.outcome.verdict is not Verdict.ACCEPTED:
            self._custodian.forget(details.digest)
        return applied

    async def _answer(self, author: Author, applied: Applied, *, compare: bool) -> Answer:
        live = subject_of(applied.outcome)
        if live is None:
            raise ConflictingStateError(f"entry {applied.sequence} changed no operation")
        if compare:
            through = await self._compared(applied.sequence)
            conflicts = self._found(author, applied.sequence)
        else:
            through = self._engine.state.findings_through
            conflicts = self._reader.conflicts_of(author, live)
        return Answer(self._reader.view(live), applied.sequence, through, conflicts)

    def _found(self, author: Author, sequence: int) -> list[ConflictView]:
        """What the comparison of the filing at a sequence found."""
        return [
            self._reader.witness_view(author, self._custodian.witness(finding.witness_digest), sequence)
            for finding in self._findings.get(sequence, ())
        ]

    async def _first_answer(self, author: Author, proposal: Proposal, first: Repeated) -> Answer:
        """The answer to the entry that a command repeats: the kept one, else one made again."""
        if first.refusal is not None:
            raise error_of(first.refusal)
        kept = self._vault.reply(author.party, proposal.idempotency_key, first.first_sequence)
        if kept is not None:
            return msgspec.json.decode(kept, type=Answer)
        answer = await self._unchanged(author, proposal.command, first.first_sequence)
        if answer is None:
            answer = await self._from_the_past(author, proposal.command, first.first_sequence)
        await self._keep(author, proposal, first.first_sequence, self._engine.state.time_us, answer)
        return answer

    async def _unchanged(self, author: Author, command: Command, sequence: int) -> Answer | None:
        """The answer to an entry whose operation is as it left it; None if it has changed or left since."""
        live = self._engine.state.operation(author.party, getattr(command, "operation_id", ""))
        if live is None or live.changed_sequence != sequence:
            return None
        through = await self._compared(live.details_sequence)  # the entry itself may be one that nobody compares
        return Answer(self._reader.view(live), sequence, through, self._reader.conflicts_of(author, live))

    async def _from_the_past(self, author: Author, command: Command, sequence: int) -> Answer:
        """The answer to an entry whose operation has changed or left since: as it was, from the log."""
        async with self._rebuilding:  # it takes as long as a start
            past = await past_of(self._engine.log, self._directory, sequence)
        if past is None:
            raise ConflictingStateError(
                f"the command was accepted as entry {sequence}; '{getattr(command, 'operation_id', '')}' is no longer"
                " live, and what it takes to tell more was trimmed from the log"
            )
        reader = Reader(past.state, self._vault, self._custodian)
        conflicts = [
            reader.witness_view(author, self._custodian.witness(digest), filed) for digest, filed in past.witnesses
        ]
        return Answer(reader.view(past.operation), sequence, past.state.findings_through, conflicts)

    async def _compared(self, sequence: int) -> int:
        """Wait for the findings of a filing. It stands even if they cannot be recorded, and the error says so."""
        try:
            return await self._custodian.compared(sequence)
        except StorageError as error:
            raise StorageError(
                f"this is recorded as entry {sequence}, but not yet what it conflicts with ({error.message}): repeat it"
                " with its idempotency key, or list the conflicts later"
            ) from error

    def _check_skew(self, claimed_time_us: int | None) -> None:
        if claimed_time_us is not None and abs(claimed_time_us - self._engine.clock()) > MAX_CLAIMED_SKEW_US:
            raise InvalidInputError(
                f"the claimed time is over {MAX_CLAIMED_SKEW_US // 1_000_000} s off this node's clock: set your clock"
            )
