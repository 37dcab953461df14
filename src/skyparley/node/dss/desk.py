"""Where USSs write to the DSS: checked against the applied state and the key, ordered by the log, answered.

A write that lacks knowledge is refused before the log, with everything that it missed. What is proposed says up to
which entry all was known; if something relevant came between, it is looked at again with the same key, and only refused
if the key lacks it too.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec

from skyparley.airspace.dss import commands
from skyparley.airspace.dss.intents import MISSED, must_be_known, requested_ovn
from skyparley.airspace.dss.items import Constraint, DssLimits, Intent, Subscription
from skyparley.airspace.dss.state import Subscribed
from skyparley.airspace.dss.tables import CONTINGENT, NEED_KEY, NONCONFORMING
from skyparley.airspace.events import Outcome, Proposal, ReferenceChanged, ReferenceLeft, Repeated, error_of
from skyparley.airspace.keeping.records import Refusal
from skyparley.airspace.limits import HOUR_US
from skyparley.airspace.operations.commands import Extent
from skyparley.errors import OverloadedError, RateLimitedError, SkyparleyError, StorageError
from skyparley.geometry.interval import LATEST_US
from skyparley.node.custody.vault import Vault
from skyparley.node.dss.scopes import (
    CONFORMANCE_MONITORING,
    CONSTRAINT_PROCESSING,
    STRATEGIC_COORDINATION,
    Uss,
)
from skyparley.node.dss.turns import Turns
from skyparley.node.dss.views import (
    AvailabilityAnswer,
    ConstraintChangeAnswer,
    ConstraintView,
    IntentChangeAnswer,
    IntentView,
    MissingKnowledgeError,
    SubscriptionAnswer,
    SubscriptionPutAnswer,
    availability_view,
    constraint_view,
    intent_view,
    subscribers_view,
    subscription_view,
)
from skyparley.node.engine import Engine, journal, proposal_of
from skyparley.node.line.sealed import seal
from skyparley.record.authorship import BEARER_ATTESTED

_VERSION_BYTES: Final = 18
MAX_TRIES: Final = 16
"""So often one request is looked at again, when something relevant came between that its key holds."""
ReferenceT = TypeVar("ReferenceT", Intent, Constraint, Subscription)


@dataclass(frozen=True, slots=True)
class IntentRequest:
    """What a USS asks for an operational intent. `replaces`: the OVN of the version before, empty to create one."""

    intent_id: str
    replaces: str
    extents: tuple[Extent, ...]
    key: frozenset[str]
    state: str
    uss_base_url: str
    subscription_id: str = ""
    implicit_url: str = ""
    implicit_for_constraints: bool = False
    ovn_suffix: str | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionRequest:
    """What a USS asks for a subscription of its own. `begins` and `ends`: whether `extent` says when.

    `replaces` is the version before, empty to create one.
    """

    subscription_id: str
    replaces: str
    extent: Extent
    begins: bool
    ends: bool
    uss_base_url: str
    for_intents: bool
    for_constraints: bool


class DssDesk:
    """Takes what USSs write and answers it. Lives on the event loop's thread."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._state = engine.state
        self._dss = engine.state.dss
        self._vault = vault
        self._turns = Turns(asyncio.get_running_loop())
        self._at_work: Counter[str] = Counter()

    @property
    def limits(self) -> DssLimits:
        """What the pool allows."""
        return self._dss.limits

    async def set_limits(self, limits: DssLimits) -> None:
        """Let these limits hold from here on, by an entry, if others do."""
        if limits != self.limits:
            await self._engine.submit(proposal_of(commands.SetDssLimits(limits)))

    # operational intents

    async def put_intent(self, uss: Uss, request: IntentRequest) -> IntentChangeAnswer:
        """Create or replace an operational intent.

        Raises `MissingKnowledgeError` with all that the key lacks, the error that stands for any other refusal, and
        `RateLimitedError`.
        """
        self._check_intent_scopes(uss, request)
        asker = (uss.manager, request.intent_id)
        drawn = self._draw_version() if request.ovn_suffix is None else None
        implicit_id = self._engine.dice.uuid4() if request.implicit_url else ""
        with self._working(uss):
            for _ in range(MAX_TRIES):
                claim = await self._turns.enter(asker, request.extents) if request.state in NEED_KEY else None
                lacking: MissingKnowledgeError | None = None
                try:
                    outcome, lacking = await self._try_to_put(
                        uss, self._put_command(uss, request, drawn, implicit_id), request
                    )
                finally:
                    if lacking is None:
                        self._turns.leave(asker, claim)
                    else:
                        self._turns.give_turn(asker, claim)
                if lacking is not None:
                    raise lacking
                if outcome is not None:
                    return self._intent_answer(uss, outcome)
        raise OverloadedError("others write in the same air faster than this could be ordered: try again shortly")

    async def delete_intent(self, uss: Uss, intent_id: str, ovn: str) -> IntentChangeAnswer:
        """Remove an operational intent."""
        outcome = await self._write(uss, commands.DeleteIntent(uss.manager, intent_id, ovn))
        return self._intent_answer(uss, outcome)

    # constraints

    async def put_constraint(
        self, uss: Uss, constraint_id: str, replaces: str, extents: tuple[Extent, ...], uss_base_url: str
    ) -> ConstraintChangeAnswer:
        """Create or replace a constraint."""
        command = commands.PutConstraint(
            uss.manager, constraint_id, replaces, self._draw_version(), extents, uss_base_url
        )
        return self._constraint_answer(uss, await self._write(uss, command))

    async def delete_constraint(self, uss: Uss, constraint_id: str, ovn: str) -> ConstraintChangeAnswer:
        """Remove a constraint."""
        outcome = await self._write(uss, commands.DeleteConstraint(uss.manager, constraint_id, ovn))
        return self._constraint_answer(uss, outcome)

    # subscriptions

    async def put_subscription(self, uss: Uss, request: SubscriptionRequest) -> SubscriptionPutAnswer:
        """Create or replace a subscription; what there is where it listens is told with it."""
        if request.for_intents:
            uss.require(STRATEGIC_COORDINATION, what="notify_for_operational_intents")
        if request.for_constraints:
            uss.require(CONSTRAINT_PROCESSING, what="notify_for_constraints")
        extent = self._timed(request)
        command = commands.PutSubscription(
            manager=uss.manager,
            subscription_id=request.subscription_id,
            replaces=request.replaces,
            version=self._draw_version(),
            extents=(extent,),
            uss_base_url=request.uss_base_url,
            for_intents=request.for_intents,
            for_constraints=request.for_constraints,
        )
        outcome = await self._write(uss, command)
        dss = self._dss
        written = dss.subscriptions.get(request.subscription_id) or Subscribed(_reference(outcome, Subscription))
        intents: list[IntentView] | msgspec.UnsetType = msgspec.UNSET
        constraints: list[ConstraintView] | msgspec.UnsetType = msgspec.UNSET
        if request.for_intents:
            found = dss.relevant_intents((extent,))
            intents = [intent_view(dss, found[name], uss.manager) for name in sorted(found)]
        if request.for_constraints:
            held = dss.relevant_constraints((extent,))
            constraints = [constraint_view(dss, held[name], uss.manager) for name in sorted(held)]
        return SubscriptionPutAnswer(subscription_view(dss, written), intents, constraints)

    async def delete_subscription(self, uss: Uss, subscription_id: str, version: str) -> SubscriptionAnswer:
        """Remove a subscription."""
        before = self._dss.subscriptions.get(subscription_id)
        outcome = await self._write(uss, commands.DeleteSubscription(uss.manager, subscription_id, version))
        return SubscriptionAnswer(subscription_view(self._dss, before or Subscribed(_reference(outcome, Subscription))))

    # availability and reports

    async def set_availability(self, uss: Uss, of: str, replaces: str, availability: str) -> AvailabilityAnswer:
        """Say how available a USS is."""
        version = self._draw_version()
        await self._write(uss, commands.SetAvailability(uss.manager, of, replaces, version, availability))
        return availability_view(of, self._dss.availabilities.get(of))

    async def report(self, uss: Uss, report: bytes) -> str:
        """Keep a report on an exchange in the vault, its digest in the log; the identifier that it gets."""
        report_id = self._engine.dice.uuid4()
        sealed = seal(self._vault.secret, report, "report", report_id)
        await self._vault.put_bodies([(sealed.digest, "", sealed.data)])
        await self._write(uss, commands.FileReport(uss.manager, report_id, sealed.digest))
        return report_id

    # inside

    async def _try_to_put(
        self, uss: Uss, command: commands.PutIntent, request: IntentRequest
    ) -> tuple[Outcome | None, MissingKnowledgeError | None]:
        """What became of a write, or what its key lacks; neither: something came between, look again."""
        proposal = self._checked(uss, command)
        if request.state in NEED_KEY and (lacking := self._lacking(uss, request)) is not None:
            return None, lacking
        outcome = (await self._engine.propose(proposal)).outcome
        if outcome.refusal is None:
            return outcome, None
        if outcome.refusal.place != MISSED:
            raise error_of(outcome.refusal)
        return None, None

    def _intent_answer(self, uss: Uss, outcome: Outcome) -> IntentChangeAnswer:
        view = intent_view(self._dss, _reference(outcome, Intent), uss.manager)
        return IntentChangeAnswer(view, subscribers_view(outcome.notified))

    def _constraint_answer(self, uss: Uss, outcome: Outcome) -> ConstraintChangeAnswer:
        view = constraint_view(self._dss, _reference(outcome, Constraint), uss.manager)
        return ConstraintChangeAnswer(view, subscribers_view(outcome.notified))

    def _timed(self, request: SubscriptionRequest) -> Extent:
        """The extent with what it does not say: as it was before, else from now on and as long as possible."""
        before = self._dss.subscriptions.get(request.subscription_id) if request.replaces else None
        begin_us, end_us = request.extent.begin_us, request.extent.end_us
        if not request.begins:
            begin_us = self._engine.clock() if before is None else before.subscription.begin_us
        if not request.ends:
            lasts_us = self.limits.max_subscription_duration_h * HOUR_US
            end_us = min(begin_us + lasts_us, LATEST_US) if before is None else before.subscription.end_us
        return msgspec.structs.replace(request.extent, begin_us=begin_us, end_us=end_us)

    def _draw_version(self) -> str:
        """An OVN or version that nobody can guess."""
        return self._engine.dice.word(_VERSION_BYTES)

    def _put_command(self, uss: Uss, request: IntentRequest, drawn: str | None, implicit_id: str) -> commands.PutIntent:
        ovn = drawn or requested_ovn(request.intent_id, request.ovn_suffix or "", self._engine.clock())
        return commands.PutIntent(
            manager=uss.manager,
            intent_id=request.intent_id,
            replaces=request.replaces,
            ovn=ovn,
            state=request.state,
            extents=request.extents,
            uss_base_url=request.uss_base_url,
            known_through=self._state.sequence if request.state in NEED_KEY else 0,
            subscription_id=implicit_id or request.subscription_id,
            implicit_url=request.implicit_url,
            implicit_for_constraints=request.implicit_for_constraints,
        )

    def _lacking(self, uss: Uss, request: IntentRequest) -> MissingKnowledgeError | None:
        """All that is relevant and whose OVN is not in the key, by identifier."""
        dss, key, now_us = self._dss, request.key, self._engine.clock()
        intents = [
            intent
            for intent in dss.relevant_intents(request.extents).values()
            if intent.ovn not in key and must_be_known(dss, intent, request.intent_id, now_us)
        ]
        constraints = []
        if self._wants_constraints(request):
            found = dss.relevant_constraints(request.extents).values()
            constraints = [one for one in found if one.ovn not in key and one.end_us > now_us]
        if not intents and not constraints:
            return None
        intents.sort(key=lambda intent: intent.intent_id)
        constraints.sort(key=lambda constraint: constraint.constraint_id)
        return MissingKnowledgeError(
            [intent_view(dss, intent, uss.manager) for intent in intents],
            [constraint_view(dss, constraint, uss.manager) for constraint in constraints],
        )

    def _wants_constraints(self, request: IntentRequest) -> bool:
        if request.implicit_url:
            return request.implicit_for_constraints
        subscribed = self._dss.subscriptions.get(request.subscription_id)
        return subscribed is not None and subscribed.subscription.for_constraints

    def _check_intent_scopes(self, uss: Uss, request: IntentRequest) -> None:
        if request.state in (NONCONFORMING, CONTINGENT):
            uss.require(CONFORMANCE_MONITORING, what=f"the state {request.state}")
        else:
            uss.require(STRATEGIC_COORDINATION, what=f"the state {request.state}")
        if request.implicit_for_constraints:
            uss.require(CONSTRAINT_PROCESSING, what="notify_for_constraints")

    async def _write(self, uss: Uss, command: commands.DssCommand) -> Outcome:
        with self._working(uss):
            proposal = self._checked(uss, command)
            outcome = (await self._engine.propose(proposal)).outcome
        if outcome.refusal is not None:
            raise error_of(outcome.refusal)
        return outcome

    def _checked(self, uss: Uss, command: commands.DssCommand) -> Proposal:
        """A command on its way to the log. Raises the error of its refusal by what is applied."""
        proposal = proposal_of(command, authentication=BEARER_ATTESTED, key_id=uss.key_id)
        verdict = self._engine.check(proposal)
        if verdict is not None:
            journal.info("refused %s of %s", proposal.content_digest.hex(), uss.manager)
            raise _error(verdict)
        return proposal

    @contextmanager
    def _working(self, uss: Uss) -> Iterator[None]:
        """Raises `RateLimitedError` for a USS that has too much at work already."""
        most = self.limits.max_writes_at_once_per_uss
        if self._at_work[uss.manager] >= most:
            raise RateLimitedError(f"'{uss.manager}' has {most} writes at work, the most at once: await their answers")
        self._at_work[uss.manager] += 1
        try:
            yield
        finally:
            self._at_work[uss.manager] -= 1
            if not self._at_work[uss.manager]:
                del self._at_work[uss.manager]


def _error(verdict: Refusal | Repeated) -> SkyparleyError:
    """The error of a refusal; commands of the DSS have no idempotency key that could repeat."""
    if isinstance(verdict, Repeated):
        raise StorageError("a command of the DSS was taken for a repeated one")
    return error_of(verdict)


def _reference(outcome: Outcome, kind: type[ReferenceT]) -> ReferenceT:
    """What an accepted command wrote or removed, as its entry left it: the last change of its kind."""
    for change in reversed(outcome.changes):
        if isinstance(change, ReferenceChanged | ReferenceLeft) and isinstance(change.reference, kind):
            return change.reference
    raise StorageError(f"entry {outcome.sequence} changed no {kind.__name__.lower()}")
