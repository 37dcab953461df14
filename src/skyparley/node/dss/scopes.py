"""Who asks the DSS, and what the scopes of an access token allow (ASTM F3548-21, interface)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from skyparley.errors import ForbiddenError

STRATEGIC_COORDINATION: Final = "utm.strategic_coordination"
CONSTRAINT_MANAGEMENT: Final = "utm.constraint_management"
CONSTRAINT_PROCESSING: Final = "utm.constraint_processing"
CONFORMANCE_MONITORING: Final = "utm.conformance_monitoring_sa"
AVAILABILITY_ARBITRATION: Final = "utm.availability_arbitration"
POOL_STATUS: Final = "interuss.pool_status.read"
SYSTEM_VERSIONS: Final = "interuss.versioning.read_system_versions"


@dataclass(frozen=True, slots=True)
class Uss:
    """A USS by its verified access token: `manager` is the token's subject, `key_id` names the key that signed it."""

    manager: str
    scopes: frozenset[str]
    key_id: str = ""

    def require_any(self, scopes: Collection[str]) -> None:
        """Raise `ForbiddenError` unless the token has one of these scopes; none: any token does."""
        if scopes and self.scopes.isdisjoint(scopes):
            raise ForbiddenError(f"the token needs the scope {' or '.join(sorted(scopes))}: ask for one that has it")

    def require(self, scope: str, *, what: str) -> None:
        """Raise `ForbiddenError` unless the token has a scope, which `what` is said to need."""
        if scope not in self.scopes:
            raise ForbiddenError(f"{what} needs the scope {scope}: ask for a token that has it")


NOBODY: Final = Uss("", frozenset())
"""Stands where no token was asked for."""
