"""The console on a party's own machine: what passes between its page and a node, over real sockets, and what not."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from skyparley.errors import InvalidInputError
from skyparley.web.local import relay as module
from skyparley.web.local.relay import Handed, Relay, node_url
from skyparley.web.server import tls_context
from skyparley.web.static import Console
from support.certificates import self_signed
from support.odd_server import answered, odd_server, says
from support.serving import World, operation, served, until

pytestmark = pytest.mark.anyio


@pytest.fixture
def files(tmp_path: Path) -> Path:
    built = tmp_path / "console"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text('<title>Mine</title><meta name="skyparley-node" content="" />')
    (built / "assets" / "app-1.js").write_text("export {};")
    return built


@contextlib.asynccontextmanager
async def relayed(node: str, files: Path, handed: Handed | None = None) -> AsyncIterator[httpx.AsyncClient]:
    relay = Relay(node_url(node), Console(files, node=node), handed=handed)
    async with served(relay) as url, httpx.AsyncClient(base_url=url, timeout=20.0) as client:  # type: ignore[arg-type]
        yield client
    await relay.aclose()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def test_the_api_is_that_of_the_node_and_the_files_are_not(here: World, files: Path) -> None:
    async with served(here.app) as node, relayed(node, files) as client:
        me = await client.get("/v1/me", headers=bearer(here.alpha))
        assert (me.status_code, me.json()["party"]) == (200, "alpha")
        body = operation("a-1")
        filed = await client.post("/v1/operations", headers={**bearer(here.alpha), "Idempotency-Key": "k"}, json=body)
        again = await client.post("/v1/operations", headers={**bearer(here.alpha), "Idempotency-Key": "k"}, json=body)
        assert (filed.status_code, again.json()["sequence"]) == (201, filed.json()["sequence"])
        gone = await client.post("/v1/operations/a-1/cancel", headers=bearer(here.alpha), json={"version": 1})
        assert gone.json()["operation"]["state"] == "cancelled"
        late = await client.get("/v1/operations/a-1", headers=bearer(here.alpha))
        assert (late.status_code, late.json()["error"]["code"]) == (404, "not_found")
        assert (await client.get("/v1/me", headers=bearer("sp_0_0"))).status_code == 401
        page = await client.get("/")
        assert page.text == f'<title>Mine</title><meta name="skyparley-node" content="{node}" />'
        assert (await client.get("/assets/app-1.js")).text == "export {};"
        for path in ("/healthy", "/metrics", "/dss/v1/reports", "/in-force.html", "/v1", "//v1/me"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found"), path
        assert (await client.post("/")).status_code == 405
        assert (await client.request("OPTIONS", "/v1/me")).status_code == 405


async def test_events_come_as_they_happen_and_end_with_either_side(here: World, files: Path) -> None:
    async with served(here.app) as node, relayed(node, files) as client:
        async with client.stream("GET", "/v1/events", headers=bearer(here.alpha)) as stream:
            assert stream.headers["content-type"] == "text/event-stream"
            lines = stream.aiter_lines()
            await _until(lines, "event: hello")
            await client.post("/v1/operations", headers=bearer(here.alpha), json=operation("a-2"))
            await _until(lines, "data:", "a-2")
            assert len(here.app.context.streams) == 1
        await until(lambda: not here.app.context.streams)
        async with client.stream("GET", "/v1/events", headers=bearer(here.alpha)) as stream:
            lines = stream.aiter_lines()
            await _until(lines, "event: hello")
            here.app.end_streams()
            async with asyncio.timeout(10):
                assert not [line async for line in lines if "event: change" in line]


async def _until(lines: AsyncIterator[str], *parts: str) -> str:
    """The next line with all these parts."""
    async with asyncio.timeout(10):
        async for line in lines:
            if all(part in line for part in parts):
                return line
    raise AssertionError(f"no line has {parts}")


async def test_open_streams_do_not_hold_up_the_end(here: World, files: Path) -> None:
    async with served(here.app) as node:
        relay = Relay(node_url(node), Console(files))
        async with httpx.AsyncClient(timeout=20.0) as client:
            async with served(relay) as url:  # type: ignore[arg-type]
                stream = await client.send(
                    client.build_request("GET", f"{url}/v1/events", headers=bearer(here.alpha)), stream=True
                )
                began_s = asyncio.get_running_loop().time()
            assert asyncio.get_running_loop().time() - began_s < 5
            await stream.aclose()
        await relay.aclose()


async def test_the_observer_of_a_demo_on_this_machine_may_look(here: World, files: Path) -> None:
    async with served(here.app) as node, relayed(node, files) as client:
        assert (await client.get("/v1/me")).json()["role"] == "observer"
        through = await client.get("/v1/me", headers={"X-Forwarded-For": "192.0.2.1"})
        assert through.status_code == 401


async def test_only_a_page_of_this_origin_and_this_machine_may_ask(here: World, files: Path) -> None:
    async with served(here.app) as node, relayed(node, files) as client:
        own = f"http://127.0.0.1:{client.base_url.port}"
        for headers in (
            {"Host": "evil.example"}, {"Host": "192.0.2.1"}, {"Origin": "http://evil.example"}, {"Origin": "null"},
            {"Origin": "http://127.0.0.1:1"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
        ):  # fmt: skip
            refused = await client.get("/v1/me", headers={**bearer(here.alpha), **headers})
            assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden"), headers
        assert (await client.get("/", headers={"Host": "evil.example"})).status_code == 403
        for headers in ({"Origin": own, "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
            assert (await client.get("/v1/me", headers={**bearer(here.alpha), **headers})).status_code == 200


async def test_a_key_that_was_handed_over_opens_by_the_page_s_secret_only(here: World, files: Path) -> None:
    handed = Handed("sc_secret", here.bravo)
    async with served(here.app) as node, relayed(node, files, handed) as client:
        assert (await client.get("/v1/me", headers=bearer("sc_secret"))).json()["party"] == "bravo"
        assert (await client.get("/v1/me", headers=bearer(here.alpha))).json()["party"] == "alpha"
        assert (await client.get("/v1/me")).json()["role"] == "observer"
        for wrong in ("sc_secre", "sc_secret2", "x"):
            assert (await client.get("/v1/me", headers=bearer(wrong))).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/v1/../healthy",
        "/v1/%2e%2e/healthy",
        "/v1/.%2E/healthy",
        "/v1/a%2f..%2f..%2fhealthy",
        "/v1/./me",
        "/v1/x\\..\\y",
    ],
)
async def test_a_path_that_leads_out_of_the_api_is_refused(here: World, files: Path, path: str) -> None:
    async with served(here.app) as node, relayed(node, files) as client:
        answer = await _raw(client, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400 "), answer


async def _raw(client: httpx.AsyncClient, request: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
    writer.write(request.encode())
    async with asyncio.timeout(20):
        answer = await reader.read()
    writer.close()
    return answer


async def test_no_other_host_is_ever_asked(here: World, files: Path) -> None:
    async with served(here.app) as node, relayed(node, files) as client:
        request = f"GET http://192.0.2.1/v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {here.alpha}\r\n"
        answer = await _raw(client, f"{request}Connection: close\r\n\r\n")
        assert b'"party":"alpha"' in answer


async def test_what_is_asked_reaches_the_node_without_what_is_not_its_business(files: Path) -> None:
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answered(b"{}", "Content-Type: application/json"))
        await writer.drain()

    async with odd_server(listen) as node, relayed(f"{node.url}/below/", files) as client:
        sent = {"Cookie": "a=b", "Referer": "http://x.example/", "X-Other": "1", "Last-Event-ID": "7", "TE": "trailers"}
        assert (await client.get("/v1/a%20b?q=%2F&r=1", headers={**sent, **bearer("k")})).status_code == 200
        (request,) = heard
        line, *headers = request.decode().strip().split("\r\n")
        assert line == "GET /below/v1/a%20b?q=%2F&r=1 HTTP/1.1"
        names = {header.split(":")[0].lower() for header in headers}
        assert names == {"host", "accept", "accept-encoding", "authorization", "last-event-id", "user-agent"}
        assert f"host: {node.url[7:]}" in [header.lower() for header in headers]


async def test_what_is_answered_cannot_command_the_page(files: Path) -> None:
    tampered = answered(
        b"{}", "Content-Type: application/json", "Set-Cookie: a=b", "Access-Control-Allow-Origin: *",
        "Clear-Site-Data: *", "Service-Worker-Allowed: /", "Refresh: 0; url=//x.example", "Link: </x>; rel=preload",
        'ETag: "1"', "Content-Security-Policy: default-src *", "WWW-Authenticate: Basic realm=x",
        "Strict-Transport-Security: max-age=1",
    )  # fmt: skip
    async with odd_server(says(tampered)) as node, relayed(node.url, files) as client:
        headers = (await client.get("/v1/me")).headers
        assert set(headers) == {
            "content-type", "content-length", "etag", "content-security-policy", "x-content-type-options", "date",
            "referrer-policy", "cross-origin-resource-policy",
        }  # fmt: skip
        assert "sandbox" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "answer",
    [
        answered(b"<script>", "Content-Type: text/html"),
        answered(b"alert()", "Content-Type: text/javascript"),
        answered(b"<svg/>", "Content-Type: IMAGE/SVG+XML; charset=utf-8"),
        answered(b"{}"),
        answered(b"{}", "Content-Type: application/json", "Content-Type: text/html"),
        answered(b"{}", "Location: https://x.example/v1/me", "Content-Type: application/json", status="302 Found"),
        b"rubbish\r\n\r\n",
        b"",
    ],
    ids=["html", "script", "svg", "untyped", "two types", "redirect", "rubbish", "nothing"],
)
async def test_what_no_node_answers_is_refused(files: Path, answer: bytes) -> None:
    async with odd_server(says(answer)) as node, relayed(node.url, files) as client:
        refused = await client.get("/v1/x")
        assert (refused.status_code, refused.json()["error"]["code"]) == (502, "node_failed")
        assert (await client.get("/")).status_code == 200


async def test_a_node_that_is_down_is_told(here: World, files: Path) -> None:
    async with served(here.app) as node:
        pass
    async with relayed(node, files) as client:
        down = await client.get("/v1/me")
        assert down.status_code == 502
        assert "does not answer" in down.json()["error"]["message"]
        assert (await client.get("/")).status_code == 200


async def test_a_certificate_that_nobody_vouches_for_is_not_taken(here: World, files: Path, tmp_path: Path) -> None:
    async with served(here.app, tls_context(*self_signed(tmp_path))) as node, relayed(node, files) as client:
        refused = await client.get("/v1/me", headers=bearer(here.alpha))
        assert refused.status_code == 502
        assert "certificate" in refused.json()["error"]["message"].lower()


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


@pytest.mark.parametrize(
    "broken", [b"Content-Length: 200\r\n\r\nxxx", b"Transfer-Encoding: chunked\r\n\r\n3\r\nxxx\r\n"]
)
async def test_an_answer_that_breaks_off_is_not_taken_for_whole(files: Path, broken: bytes) -> None:
    broken = _HEAD + broken
    async with odd_server(says(broken)) as node, relayed(node.url, files) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/v1/x")


async def test_a_body_is_passed_on_in_pieces_up_to_a_limit(
    here: World, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def pieces(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b" " * 1_000

    async with served(here.app) as node, relayed(node, files) as client:
        whole = json.dumps(operation("big")).encode()

        async def filing() -> AsyncIterator[bytes]:
            yield whole[:20]
            yield whole[20:]

        headers = {**bearer(here.alpha), "Content-Type": "application/json"}
        assert (await client.post("/v1/operations", headers=headers, content=filing())).status_code == 201
        monkeypatch.setattr(module, "MAX_PASSED_BYTES", 10_000)
        refused = await client.post("/v1/operations", headers=headers, content=pieces(20))
        assert (refused.status_code, refused.json()["error"]["code"]) == (413, "limit_exceeded")


async def test_a_client_that_leaves_takes_its_request_along(files: Path) -> None:
    left = asyncio.Event()
    asked = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await reader.read()
        left.set()

    async with odd_server(hang) as node, relayed(node.url, files) as client:
        request = asyncio.create_task(client.get("/v1/me"))
        async with asyncio.timeout(10):
            await asked.wait()
            request.cancel()
            await left.wait()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "node.example.org",
        "ftp://x",
        "http://",
        "http://u:p@x",
        "http://x/?a",
        "http://x/#a",
        "http://x:y",
    ],
)
def test_what_is_no_url_of_a_node(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        node_url(text)
    assert caught.value.place == "--node"


def test_a_name_of_a_node_cannot_write_into_the_page(files: Path) -> None:
    console = Console(files, node='http://x/"><script>')
    assert b"<script>" not in console.reply("/", {}).body
