"""The server around the app: TLS, taken ports, what is not HTTP, clients that leave, and stopping."""

import asyncio
import os
import signal
import ssl
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization

from skyparley.errors import InvalidInputError
from skyparley.web import exchange, server
from skyparley.web.server import ListenError, listen, tls_context, url_of
from support.certificates import self_signed
from support.serving import World, operation, served, until

pytestmark = pytest.mark.anyio


async def raw(url: str, data: bytes) -> bytes:
    """Send bytes and read until the server closes."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


async def test_tls_by_certificate_files(here: World, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    context = ssl.create_default_context(cafile=str(certificate))
    async with (
        served(here.app, tls_context(certificate, key)) as url,
        httpx.AsyncClient(base_url=url, verify=context, headers={"Authorization": f"Bearer {here.alpha}"}) as alpha,
    ):
        assert url.startswith("https://127.0.0.1:")
        assert (await alpha.post("/v1/operations", json=operation("op"))).status_code == 201


@pytest.mark.parametrize("broken", ["missing", "no certificate", "garbage", "half"])
def test_tls_files_that_do_not_fit_are_a_clear_error(tmp_path: Path, broken: str) -> None:
    certificate, key = self_signed(tmp_path)
    files: tuple[Path, Path | None] = (certificate, key)
    named = "TLS"
    if broken == "missing":
        files = (certificate, tmp_path / "nowhere.pem")
        named = "cannot use .*nowhere.pem for TLS"
    elif broken == "no certificate":
        certificate.unlink()
        named = f"cannot use {certificate} for TLS"
    elif broken == "garbage":
        certificate.write_text("no certificate")
    else:
        files = (certificate, None)
    with pytest.raises(InvalidInputError, match=named):
        tls_context(*files)


def test_a_key_behind_a_pass_phrase_is_refused_without_asking(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    opened = serialization.load_pem_private_key(key.read_bytes(), None)
    closed = serialization.BestAvailableEncryption(b"secret")
    key.write_bytes(opened.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, closed))
    with pytest.raises(InvalidInputError, match=f"{key} is closed by a pass phrase"):
        tls_context(certificate, key)


def test_a_taken_port_is_one_line() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(ListenError) as caught:
            listen("127.0.0.1", port)
        assert str(port) in caught.value.message
        assert "--port" in caught.value.message
        assert "\n" not in caught.value.message


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1"])
def test_an_address_that_is_not_here_is_one_line(host: str) -> None:
    with pytest.raises(ListenError) as caught:
        listen(host, 0)
    assert host in caught.value.message


def test_urls() -> None:
    with listen("0.0.0.0", 0) as everywhere, listen("::1", 0) as sixth:
        assert url_of(everywhere).startswith("http://127.0.0.1:")
        assert url_of(sixth, tls=True).startswith("https://[::1]:")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GARBAGE\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),
        (b"GET /v1/\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        (b"POST /v1/operations HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /v1/hazards HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ],
)
async def test_what_is_no_http_gets_the_one_shape_too(here: World, data: bytes, status: int) -> None:
    async with served(here.app) as url:
        answer = await raw(url, data)
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 %d " % status)
        assert b"content-type: application/json" in head
        assert body.startswith(b'{"error":{"code":')
        async with httpx.AsyncClient(base_url=url) as client:
            assert (await client.get("/healthy")).status_code == 200


async def test_a_hundred_megabytes_are_refused_and_the_service_stays_up(here: World) -> None:
    async with served(here.app) as url, httpx.AsyncClient(base_url=url, timeout=30) as client:
        headers = {"Authorization": f"Bearer {here.alpha}"}
        answer = await client.post("/v1/operations", content=b" " * 100_000_000, headers=headers)
        assert answer.status_code == 413
        assert (await client.get("/healthy")).status_code == 200


async def test_a_head_that_never_ends_is_cut(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEADERS_TIMEOUT_S", 0.3)
    async with served(here.app) as url:
        assert await raw(url, b"GET / HTTP/1.1\r\nHost:") == b""
        assert await raw(url, b"") == b""


async def test_a_body_that_never_ends_is_refused(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "BODY_TIMEOUT_S", 0.3)
    async with served(here.app) as url:
        request = (
            f"POST /v1/operations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {here.alpha}\r\nConnection: close\r\n"
        )
        answer = await raw(url, request.encode() + b"Content-Length: 100\r\n\r\n{")
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"request_timeout" in answer


async def test_a_client_that_left_while_the_node_is_busy_files_nothing(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "BUSY_REQUESTS", 0)
    filed: list[str] = []
    present = here.node.file

    async def file(author, operation, **fields):
        filed.append(operation.ref.operation_id)
        return await present(author, operation, **fields)

    monkeypatch.setattr(here.node, "file", file)
    gate = asyncio.Event()
    decode = exchange.Exchange.body

    async def slow_body(self: exchange.Exchange) -> bytes:
        data = await decode(self)
        await gate.wait()
        return data

    monkeypatch.setattr(exchange.Exchange, "body", slow_body)
    async with served(here.app) as url, httpx.AsyncClient(base_url=url) as client:
        headers = {"Authorization": f"Bearer {here.alpha}"}
        with pytest.raises(httpx.ReadTimeout):
            await client.post("/v1/operations", json=operation("gone"), headers=headers, timeout=0.3)
        await until(lambda: here.app.context.at_work > 0)
        await asyncio.sleep(0.1)
        gate.set()
        assert (await client.post("/v1/operations", json=operation("stays"), headers=headers)).status_code == 201
    assert filed == ["stays"]


async def test_a_request_at_work_is_finished_when_the_server_stops(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = here.node.read_barrier

    async def slow() -> None:
        await asyncio.sleep(0.5)
        await present()

    monkeypatch.setattr(here.node, "read_barrier", slow)
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {here.alpha}"}) as client:
        async with served(here.app) as url:
            asking = asyncio.create_task(client.get(f"{url}/v1/operations"))
            await until(lambda: here.app.context.at_work > 0)
        assert (await asking).status_code == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signals_stop_the_server_and_end_streams(here: World, number: signal.Signals) -> None:
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    with listen("127.0.0.1", 0) as listener:
        serving = asyncio.create_task(server.serve(here.app, listener))
        headers = {"Authorization": f"Bearer {here.alpha}"}
        async with (
            httpx.AsyncClient(base_url=url_of(listener), headers=headers) as client,
            client.stream("GET", "/v1/events") as stream,
        ):
            os.kill(os.getpid(), number)
            async with asyncio.timeout(5):
                await stream.aread()
                await serving
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before
