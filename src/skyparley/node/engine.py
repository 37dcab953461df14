"""The propose and apply loop: the one way in which the airspace changes.

A command is checked against the applied state, wrapped in its envelope, ordered and made durable by the log, and
applied when the log hands it back, one entry after another. Whoever proposed it learns the outcome only then. While
something waits for time, ticks move the log's time along.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Final

from skyparley.airspace.apply import apply
from skyparley.airspace.codec import command_kind, content_digest, encode_command, read_event
from skyparley.airspace.commands import Command, Tick
from skyparley.airspace.decide import check
from skyparley.airspace.events import Event, Outcome, Proposal, Repeated, error_of
from skyparley.airspace.keeping.records import Refusal
from skyparley.airspace.state import Airspace
from skyparley.errors import ConflictingStateError, InvalidInputError, OverloadedError, SkyparleyError, StorageError
from skyparley.log.port import Draft, Entry, Log
from skyparley.log.verify import holds_body
from skyparley.node.dice import Dice
from skyparley.node.identity import Author
from skyparley.node.record.signing import Prepared, PreparedCommands, check_signed
from skyparley.record.authorship import BEARER_ATTESTED, NODE, PARTY_SIGNED, SignedHeader
from skyparley.record.envelope import SALT_BYTES, Header, body_digest, decode_header, encode_header

MAX_IN_FLIGHT: Final = 1_024
TICK_S: Final = 0.5
RETRY_AFTER_FAILURE_S: Final = 1.0
_UNTRACED: Final = nullcontext()
journal: Final = logging.getLogger("skyparley.refused")
"""What was refused without an entry: digest, author and reason, never what was asked."""

Clock = Callable[[], int]
"""Microseconds since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class Applied:
    """An entry that was applied: its command and what became of it."""

    sequence: int
    time_us: int
    command: Command
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class _Waiting:
    proposal: Proposal
    future: asyncio.Future[Applied]


class Engine:
    """Proposes commands to a log and applies what comes back to one airspace. Lives on the event loop's thread."""

    def __init__(self, log: Log, state: Airspace, pool: str, clock: Clock) -> None:
        self.log = log
        self.state = state
        self.pool = pool
        self.clock = clock
        self.dice = Dice()
        self.failure: str | None = None
        self.on_applied: Callable[[Applied], None] = lambda _: None
        """Called for every entry, in order, once it is applied."""
        self.step: Callable[[str], AbstractContextManager[None]] = lambda _: _UNTRACED
        """What a command's way through the log happens in, so that it can be traced."""
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[bytes, _Waiting] = {}
        """By the header of the entry, which no other has."""
        self._prepared = PreparedCommands()
        self._reached: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def in_flight(self) -> int:
        """How many commands are proposed and not yet applied."""
        return len(self._waiting)

    def check(self, proposal: Proposal) -> Refusal | Repeated | None:
        """What is wrong with a proposal against the applied state, or where it was before; None: it may be proposed."""
        return check(self.state, proposal, self.clock())

    def proposal_by(
        self, author: Author, command: Command, *, idempotency_key: str = "", bodies: Sequence[bytes] = ()
    ) -> Proposal:
        """What an author asks as a proposal: under its own signature if there is one, which is checked here.

        Raises `ForbiddenError` if the author is no party, what `signing.check_signed` raises, and `Prepared` for an
        author who only asks what to sign; `bodies` are those that the command names by digest.
        """
        party, signed = author.require_party(), author.signed
        if signed is None:
            proposal = proposal_of(
                command,
                party=party,
                authentication=BEARER_ATTESTED,
                key_id=author.key_id,
                idempotency_key=idempotency_key,
            )
            if author.prepares:
                self._prepared.hold(proposal, idempotency_key)
                raise Prepared(proposal, bodies)
            return proposal
        idempotency_key = idempotency_key or signed.header.idempotency_key
        command = self._prepared.as_given(party, idempotency_key, command)
        proposal = proposal_of(
            command,
            party=party,
            authentication=PARTY_SIGNED,
            key_id=signed.header.key_id,
            claimed_time_us=signed.header.claimed_time_us,
            idempotency_key=idempotency_key,
        )
        check_signed(signed, proposal, self.pool, self.state.keys)
        return proposal

    async def propose(
        self, proposal: Proposal, *, claimed_time_us: int | None = None, signed: SignedHeader | None = None
    ) -> Applied:
        """Order, store and apply a command; `signed` is the header under which its author has signed it.

        Raises `OverloadedError` when too much is in flight, `StorageError` when the log cannot be written; nothing was
        recorded then.
        """
        if self.failure is not None:
            raise StorageError(self.failure)
        if len(self._waiting) >= MAX_IN_FLIGHT and proposal.authentication != NODE:  # what the node owes is let through
            raise OverloadedError("the node has too many commands in flight: try again shortly")
        draft = self._draft(proposal, claimed_time_us) if signed is None else _draft_of(signed, proposal)
        if draft.header in self._waiting:
            raise ConflictingStateError("this signed command is being recorded at this moment: wait for its answer")
        future: asyncio.Future[Applied] = self._loop.create_future()
        self._waiting[draft.header] = _Waiting(proposal, future)
        try:
            with self.step("order and apply"):
                (entry,) = await self.log.append([draft])
                if entry.sequence <= self.state.sequence and not future.done():
                    raise ConflictingStateError(
                        f"this signed command stands in the log already, as entry {entry.sequence}: sign a new one"
                    )
                return await future
        finally:
            self._waiting.pop(draft.header, None)

    async def submit(
        self,
        proposal: Proposal,
        *,
        keep: Callable[[], Awaitable[None]] | None = None,
        signed: SignedHeader | None = None,
    ) -> int:
        """Check a command and propose it; the sequence of its entry, of the first one if it was here before.

        `keep` makes durable what the command names by digest; it is awaited before the command is proposed.
        Raises the error that its refusal stands for, and those of `propose`.
        """
        verdict = self.check(proposal)
        if isinstance(verdict, Repeated):
            first, refusal = verdict.first_sequence, verdict.refusal
        elif verdict is not None:
            journal.info("refused %s of %s: %s", proposal.content_digest.hex(), proposal.party, verdict.code)
            raise error_of(verdict)
        else:
            if keep is not None:
                await keep()
            outcome = (await self.propose(proposal, signed=signed)).outcome
            first, refusal = outcome.first_sequence, outcome.refusal
        if refusal is not None:
            raise error_of(refusal)
        return first

    async def submit_for(
        self,
        author: Author,
        command: Command,
        *,
        idempotency_key: str = "",
        keep: Callable[[], Awaitable[None]] | None = None,
        bodies: Sequence[bytes] = (),
    ) -> int:
        """`submit` what the author's party asks. Raises what `proposal_by` raises."""
        proposal = self.proposal_by(author, command, idempotency_key=idempotency_key, bodies=bodies)
        return await self.submit(proposal, keep=keep, signed=author.signed)

    async def run(self) -> None:
        """Apply entries as the log hands them out, until it is closed."""
        try:
            async for group in self.log.entries(self.state.sequence):
                for entry in group:
                    self._apply(entry)
        except SkyparleyError as error:
            self._fail(f"the log cannot be followed: {error.message}")
        except Exception as error:
            self._fail(f"an entry could not be applied ({type(error).__name__}: {error})")
            raise

    async def tick_forever(self) -> None:
        """Propose a tick whenever something is due by the clock."""
        while self.failure is None:
            await asyncio.sleep(TICK_S)
            due_us = self.state.waits_for_time()
            if due_us is None or due_us > self.clock():
                continue
            try:
                await self.propose(proposal_of(Tick()))
            except SkyparleyError:
                await asyncio.sleep(RETRY_AFTER_FAILURE_S)

    async def reached(self, sequence: int) -> None:
        """Return once everything up to a sequence is applied. Raises `StorageError` if the node has failed."""
        if self.state.sequence >= sequence:
            return
        if self.failure is not None:
            raise StorageError(self.failure)
        future: asyncio.Future[None] = self._loop.create_future()
        self._reached.append((sequence, future))
        await future

    def _apply(self, entry: Entry) -> None:
        waiting = self._waiting.get(entry.header)
        event = event_of(entry) if waiting is None else _placed(waiting.proposal, entry)
        applied = Applied(entry.sequence, entry.time_us, event.command, apply(self.state, event))
        self.on_applied(applied)
        if waiting is not None and not waiting.future.done():
            waiting.future.set_result(applied)
        while self._reached and self._reached[0][0] <= entry.sequence:
            _, waiter = self._reached.popleft()
            if not waiter.done():
                waiter.set_result(None)

    def _fail(self, reason: str) -> None:
        self.failure = f"{reason}; the node takes no more commands: restart it, or restore it from a backup"
        futures: list[asyncio.Future[Any]] = [
            *(waiting.future for waiting in self._waiting.values()),
            *(waiter for _, waiter in self._reached),
        ]
        for future in futures:
            if not future.done():
                future.set_exception(StorageError(self.failure))

    def _draft(self, proposal: Proposal, claimed_time_us: int | None) -> Draft:
        body = proposal.body or encode_command(proposal.command)
        salt = self.dice.draw(SALT_BYTES)
        header = Header(
            pool=self.pool,
            kind=command_kind(proposal.command),
            party=proposal.party,
            authentication=proposal.authentication,
            key_id=proposal.key_id,
            idempotency_key=proposal.idempotency_key,
            claimed_time_us=self.clock() if claimed_time_us is None else claimed_time_us,
            body_digest=body_digest(salt, body),
        )
        return Draft(encode_header(header), salt, body)


def _draft_of(signed: SignedHeader, proposal: Proposal) -> Draft:
    return Draft(signed.encoded, signed.salt, proposal.body or encode_command(proposal.command), signed.signature)


def proposal_of(
    command: Command,
    *,
    party: str = "",
    authentication: str = NODE,
    key_id: str = "",
    claimed_time_us: int = 0,
    idempotency_key: str = "",
) -> Proposal:
    """A command and its author as a proposal; of the node itself if no party is named."""
    body = encode_command(command)
    return Proposal(
        party=party,
        authentication=authentication,
        command=command,
        key_id=key_id,
        claimed_time_us=claimed_time_us,
        idempotency_key=idempotency_key,
        content_digest=content_digest(body),
        body=body,
    )


def event_of(entry: Entry) -> Event:
    """The event that an entry of the log stands for. Raises `StorageError` if it cannot be one."""
    try:
        header = decode_header(entry.header)
        event = read_event(header, entry.body, entry.sequence, entry.time_us)
    except InvalidInputError as error:
        raise StorageError(f"entry {entry.sequence} cannot be read: {error.message}") from error
    if not holds_body(header, entry) or header.kind != command_kind(event.command):
        raise StorageError(f"entry {entry.sequence} has a body that is not the one in its header")
    return event


def _placed(proposal: Proposal, entry: Entry) -> Event:
    """A proposal of this process with its place: what `event_of` would read back, without reading it."""
    return Event(
        party=proposal.party,
        authentication=proposal.authentication,
        command=proposal.command,
        key_id=proposal.key_id,
        claimed_time_us=proposal.claimed_time_us,
        idempotency_key=proposal.idempotency_key,
        content_digest=proposal.content_digest,
        sequence=entry.sequence,
        time_us=entry.time_us,
    )
