"""What USSs read of the DSS: references by identifier or area, as of everything that the log held when they asked."""

from skyparley.airspace.operations.commands import Extent
from skyparley.errors import ForbiddenError, NotFoundError
from skyparley.node.custody.vault import Vault
from skyparley.node.dss.f3548 import AreaTooLargeError
from skyparley.node.dss.history import REPORT, History
from skyparley.node.dss.scopes import Uss
from skyparley.node.dss.views import (
    AvailabilityAnswer,
    ConstraintAnswer,
    ConstraintsAnswer,
    HistoryAnswer,
    IntentAnswer,
    IntentsAnswer,
    SubscriptionAnswer,
    SubscriptionsAnswer,
    availability_view,
    change_view,
    constraint_view,
    intent_view,
    subscription_view,
)
from skyparley.node.engine import Engine
from skyparley.node.line.sealed import unseal


class DssReader:
    """Answers from memory. What has ended by the clock is not shown, even before the log's time has come that far."""

    def __init__(self, engine: Engine, vault: Vault, history: History) -> None:
        self._engine = engine
        self._vault = vault
        self._history = history
        self._dss = engine.state.dss

    def intent(self, uss: Uss, intent_id: str) -> IntentAnswer:
        """An operational intent reference. Raises `NotFoundError`."""
        found = self._dss.live_intent(intent_id, self._now_us())
        if found is None:
            raise NotFoundError(f"there is no operational intent {intent_id}")
        return IntentAnswer(intent_view(self._dss, found, uss.manager))

    def intents(self, uss: Uss, extent: Extent) -> IntentsAnswer:
        """The operational intents in an area, all of them."""
        now_us = self._now_us()
        found = self._dss.relevant_intents((extent,))
        self._check_number(len(found))
        shown = [found[name] for name in sorted(found) if found[name].end_us > now_us]
        return IntentsAnswer([intent_view(self._dss, intent, uss.manager) for intent in shown])

    def constraint(self, uss: Uss, constraint_id: str) -> ConstraintAnswer:
        """A constraint reference. Raises `NotFoundError`."""
        found = self._dss.live_constraint(constraint_id, self._now_us())
        if found is None:
            raise NotFoundError(f"there is no constraint {constraint_id}")
        return ConstraintAnswer(constraint_view(self._dss, found, uss.manager))

    def constraints(self, uss: Uss, extent: Extent) -> ConstraintsAnswer:
        """The constraints in an area, all of them."""
        now_us = self._now_us()
        found = self._dss.relevant_constraints((extent,))
        self._check_number(len(found))
        shown = [found[name] for name in sorted(found) if found[name].end_us > now_us]
        return ConstraintsAnswer([constraint_view(self._dss, one, uss.manager) for one in shown])

    def subscription(self, uss: Uss, subscription_id: str) -> SubscriptionAnswer:
        """A subscription of the asking USS. Raises `NotFoundError`, or `ForbiddenError` for another's."""
        found = self._dss.live_subscription(subscription_id, self._now_us())
        if found is None:
            raise NotFoundError(f"there is no subscription {subscription_id}")
        if found.subscription.manager != uss.manager:
            raise ForbiddenError("this subscription belongs to another USS")
        return SubscriptionAnswer(subscription_view(self._dss, found))

    def subscriptions(self, uss: Uss, extent: Extent) -> SubscriptionsAnswer:
        """The asking USS's own subscriptions in an area, all of them."""
        now_us = self._now_us()
        found = self._dss.relevant_subscriptions((extent,))
        shown = [
            subscription_view(self._dss, found[name])
            for name in sorted(found)
            if found[name].subscription.manager == uss.manager
            and self._dss.span_us(found[name].subscription)[1] > now_us
        ]
        return SubscriptionsAnswer(shown)

    def availability(self, uss: str) -> AvailabilityAnswer:
        """How available a USS is."""
        return availability_view(uss, self._dss.availabilities.get(uss))

    async def history(self, name: str, uss: Uss | None) -> HistoryAnswer:
        """Who changed a reference when, to its manager and to the operator (`uss` None). Raises `NotFoundError`."""
        found = await self._history.of(name) or await self._history.of(name.lower())
        if not found:
            raise NotFoundError(f"nothing of '{name[:64]}' is on record")
        if uss is not None and all(one.manager != uss.manager for one in found):
            raise ForbiddenError("only its manager and the operator are told who changed it")
        shown = [one for one in found if uss is None or uss.manager in (one.manager, one.author)]
        return HistoryAnswer(name, [change_view(one) for one in shown])

    async def report(self, report_id: str) -> bytes:
        """The report that a USS made, as it was kept. Raises `NotFoundError`."""
        for one in await self._history.of(report_id):
            if one.kind == REPORT:
                return unseal(self._vault.body(one.detail))
        raise NotFoundError(f"there is no report {report_id}")

    def _now_us(self) -> int:
        return max(self._engine.clock(), self._engine.state.time_us)

    def _check_number(self, count: int) -> None:
        """An answer is complete, or it is refused."""
        most = self._dss.limits.max_found_references
        if count > most:
            raise AreaTooLargeError(
                f"{count:,} references lie there; at most {most:,} are told at once: ask for a smaller area, or less"
                " altitude or time",
                place="area_of_interest",
            )
