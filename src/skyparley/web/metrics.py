"""What a monitoring system reads: requests by route and status, their latency, and the state of the node.

Prometheus text format 0.0.4. Every app has its own registry, so that two apps in one process (tests, benchmarks) do
not meet. Counts of the node are read when they are asked for, not kept.
"""

from collections.abc import Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"
LATENCY_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """Counters of one app."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "skyparley_http_requests",
            "HTTP requests by method, route and status",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._latency = Histogram(
            "skyparley_http_request_seconds",
            "Seconds from the first byte of a request handled to the last byte of its answer",
            ("route",),
            buckets=LATENCY_BUCKETS_S,
            registry=self._registry,
        )
        self._bound: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def observe(self, method: str, route: str, status: int, duration_s: float) -> None:
        """Count one request. `route` is a template, never a raw path, so that series stay few."""
        bound = self._bound.get((method, route, status))
        if bound is None:
            bound = (self._requests.labels(method, route, str(status)), self._latency.labels(route))
            self._bound[method, route, status] = bound
        bound[0].inc()
        bound[1].observe(duration_s)

    def render(self, gauges: Mapping[str, tuple[str, float]]) -> bytes:
        """All metrics in the text format. `gauges`: name without `skyparley_`, to its description and present value."""
        present = CollectorRegistry()
        for name, (description, value) in gauges.items():
            Gauge(f"skyparley_{name}", description, registry=present).set(value)
        return generate_latest(self._registry) + generate_latest(present)
