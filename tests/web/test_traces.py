"""Traces as a collector receives them: real spans over real HTTP, with nothing in them that is nobody's business."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from skyparley.log.memory import MemoryLog
from skyparley.node.custody.vault import Vault
from skyparley.node.node import open_node
from skyparley.web.app import create_app
from skyparley.web.traces import open_traces
from support.serving import now_us, operation, served, until
from support.uss import bearer, verifier

pytestmark = pytest.mark.anyio
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Collector:
    """Takes what is exported, as an OpenTelemetry collector does."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.app = Starlette(routes=[Route("/v1/traces", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        self.received.append(await request.body())
        return Response(status_code=200, media_type="application/x-protobuf")

    def spans(self) -> list[tuple[dict[str, Any], Any]]:
        """Every span with the attributes of its resource."""
        found = []
        for data in self.received:
            for resource in ExportTraceServiceRequest.FromString(data).resource_spans:
                named = attributes(resource.resource)
                found += [(named, span) for scope in resource.scope_spans for span in scope.spans]
        return found


def attributes(item: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in item.attributes}


@contextlib.asynccontextmanager
async def collecting() -> AsyncIterator[tuple[Collector, str]]:
    import uvicorn

    collector = Collector()
    config = uvicorn.Config(collector.app, host="127.0.0.1", port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield collector, f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving


@pytest.fixture
def otel(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_SDK_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


async def test_each_request_is_a_span_that_goes_on_with_the_caller_s_trace(
    tmp_path: Path, otel: pytest.MonkeyPatch
) -> None:
    async with collecting() as (collector, address):
        otel.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        traces = open_traces({"OTEL_EXPORTER_OTLP_ENDPOINT": address})
        assert traces is not None
        node, _ = await open_node(
            MemoryLog(pool="test", clock=now_us), Vault(tmp_path / "vault.sqlite"), None, pool="test", clock=now_us
        )
        await node.start()
        operator = await node.access.create_operator_key()
        author = node.authenticate(operator.api_key)
        await node.register_party(author, "alpha", "Alpha", "civil_ats")
        key = (await node.create_key(author, "alpha")).api_key
        app = create_app(node, tokens=verifier(tmp_path), traces=traces)
        intent = str(uuid.uuid4())
        async with served(app) as url, httpx.AsyncClient() as client:
            headers = {"Authorization": f"Bearer {key}", "traceparent": PARENT}
            assert (await client.post(f"{url}/v1/operations", json=operation("o"), headers=headers)).status_code == 201
            path = f"{url}/dss/v1/operational_intent_references/{intent}"
            assert (await client.get(path, headers=bearer("uss1"))).status_code == 404
        await node.stop()
        await asyncio.to_thread(traces.close)
        spans = collector.spans()
    by_name = {span.name: span for _, span in spans}
    assert {named["service.name"] for named, _ in spans} == {"skyparley"}
    assert len(spans) == len(by_name) == 3  # the node's own findings are no request's
    filed, read = by_name["POST /v1/operations"], by_name["GET /dss/v1/operational_intent_references/{entityid}"]
    assert attributes(filed)["http.response.status_code"] == 201
    assert (filed.trace_id.hex(), filed.parent_span_id.hex()) == tuple(PARENT.split("-")[1:3])
    assert by_name["order and apply"].trace_id == filed.trace_id
    assert by_name["order and apply"].parent_span_id == filed.span_id
    assert attributes(read)["http.response.status_code"] == 404
    assert read.parent_span_id == b""
    everything = b"".join(collector.received)
    for secret in (key, bearer("uss1")["Authorization"][-40:], "uss1", "alpha", "survey"):
        assert secret.encode() not in everything


def test_without_a_collector_nothing_is_traced() -> None:
    assert open_traces({}) is None
    assert open_traces({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}) is None
    assert open_traces({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}) is None


async def test_a_collector_that_is_not_there_holds_up_nobody(tmp_path: Path, otel: pytest.MonkeyPatch) -> None:
    otel.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    otel.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    traces = open_traces({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})
    assert traces is not None
    node, _ = await open_node(
        MemoryLog(pool="test", clock=now_us), Vault(tmp_path / "vault.sqlite"), None, pool="test", clock=now_us
    )
    await node.start()
    async with served(create_app(node, traces=traces)) as url, httpx.AsyncClient() as client:
        for _ in range(20):
            assert (await client.get(f"{url}/healthy", timeout=1.0)).status_code == 200
    await node.stop()
    async with asyncio.timeout(10):
        await asyncio.to_thread(traces.close)
