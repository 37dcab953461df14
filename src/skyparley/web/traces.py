"""Traces for OpenTelemetry: one span for each request, and within it one for the way through the log.

Sent by OTLP over HTTP to the collector that the standard variables name (`OTEL_EXPORTER_OTLP_ENDPOINT` and the others
of the OpenTelemetry specification); without them nothing is measured. A span says method, route, path and status, never
what was asked or who asked. The caller's trace goes on here (W3C Trace Context).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import Scope

import skyparley

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
SWITCH: Final = "OTEL_SDK_DISABLED"
_PARENT: Final = (b"traceparent", b"tracestate")


class Traces:
    """The spans of one node."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("skyparley", skyparley.__version__)
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def request(self, scope: Scope, route: str) -> Iterator[Span]:
        """The span of a request; `route` is a template, so that there are few names."""
        carrier = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in _PARENT}
        with self._tracer.start_as_current_span(
            f"{scope['method']} {route}",
            context=self._propagator.extract(carrier) if carrier else None,
            kind=SpanKind.SERVER,
            attributes={"http.request.method": scope["method"], "http.route": route, "url.path": scope["path"]},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield span

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """The span of a step within a request; what the node does by itself has none."""
        if not get_current_span().get_span_context().is_valid:
            yield
            return
        with self._tracer.start_as_current_span(name, record_exception=False):
            yield

    def close(self) -> None:
        """Send what is left, for some seconds at most."""
        self._provider.shutdown()


def tell_status(span: Span, status: int) -> None:
    """What a request was answered; a fault of the node's own is an error of the span."""
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_status(StatusCode.ERROR)


def open_traces(environment: Mapping[str, str]) -> Traces | None:
    """Traces to the collector that the environment names; None if it names none."""
    if environment.get(SWITCH, "").lower() == "true" or not any(environment.get(name) for name in ENDPOINTS):
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # a tenth of the whole start

    provider = TracerProvider(resource=Resource.create({SERVICE_VERSION: skyparley.__version__, **_name(environment)}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Traces(provider)


def _name(environment: Mapping[str, str]) -> dict[str, str]:
    """The service's name, unless the operator gives it one."""
    named = environment.get("OTEL_SERVICE_NAME") or SERVICE_NAME in environment.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return {} if named else {SERVICE_NAME: "skyparley"}
