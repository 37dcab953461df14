"""What the load generator is asked and what it answers, one JSON document each: it is a process of its own.

Times of day are seconds since the epoch, as `time.time()` tells them: server and generator share a clock.
"""

from typing import Final, Literal

import msgspec

Layout = Literal["cell", "bands", "spread"]
SPREAD_CELLS: Final = 10_000
LONG_S: Final = 3_600.0
"""What is to outlive the server lives so long."""
KILL_ME: Final = "kill"
"""The line on which the generator says that the server may be killed now, in the middle of the load."""


class Accepted(msgspec.Struct, frozen=True):
    """A reference for which a client has its 201."""

    client: int
    id: str
    ovn: str
    end_s: float


class Job(msgspec.Struct, kw_only=True):
    """One load. Each client is a manager with its own token; without `live` everything lives for `LONG_S`."""

    port: int
    tokens: list[str]
    kind: Literal["create", "query", "read"]
    layout: Layout = "cell"
    live: int = 0
    expected_per_s: float = 500.0
    warm_up_s: float = 2.0
    seconds: float = 5.0
    until_killed: bool = False
    server_pids: list[int] = []
    reads: list[Accepted] = []


class Spread(msgspec.Struct, frozen=True):
    """How long something took, in milliseconds."""

    p50_ms: float
    p99_ms: float
    most_ms: float


class Result(msgspec.Struct, kw_only=True):
    """What the measured part of a load came to."""

    seconds: float = 0.0
    requests: int = 0
    statuses: dict[int, int] = {}
    accepted: int = 0
    accepted_by_client: list[int] = []
    lapsed: int = 0
    live: float = 0.0
    notified: float = 0.0
    write: Spread | None = None
    request: Spread | None = None
    generator_cpu_s: float = 0.0
    server_cpu_s: float = 0.0
    others_cpu_s: float = 0.0
    survivors: list[Accepted] = []
    found: int = 0
    lost: list[str] = []

    @property
    def per_second(self) -> float:
        """Accepted creates each second."""
        return self.accepted / self.seconds

    @property
    def least_share(self) -> float:
        """What the slowest client got, as a share of the mean."""
        return min(self.accepted_by_client) * len(self.accepted_by_client) / max(1, self.accepted)

    @property
    def requests_each(self) -> float:
        """Requests for each accepted create."""
        return self.requests / max(1, self.accepted)
