"""What goes to the upstream and comes back: as it is, whatever the upstream does, and never to anybody else."""

import asyncio
import gzip
import ssl
import zlib
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from skyparley.errors import InvalidInputError
from skyparley.shadow.proxy import upstream_of
from support.certificates import self_signed
from support.dss_http import INTENTS, Json, new_id, refused, somewhere, volume
from support.odd_server import OddServer, answered, free_port, odd_server, says
from support.serving import until
from support.shadow import Shadowed, Watched, certain, held, node_here, shadowed

pytestmark = pytest.mark.anyio


class Odd:
    """A shadow of an upstream that answers as it is told to, at `/base`."""

    def __init__(self, server: OddServer, shadow: Shadowed) -> None:
        self.server = server
        self.shadow = shadow
        self.uss = shadow.uss("one")
        self._lines = 0
        self._reasons: Counter[str] = Counter()

    async def told(self) -> tuple[list[Json], dict[str, int]]:
        """What was reported, and why something was not compared, since this was last asked."""
        lines = await self.shadow.settled()
        reasons = self.shadow.report.reasons - self._reasons
        self._reasons = self.shadow.report.reasons.copy()
        begun, self._lines = self._lines, len(lines)
        return lines[begun:], dict(reasons)

    async def raw(self, data: bytes) -> bytes:
        """The whole answer to a request that is sent as it is."""
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(self.shadow.url).port)
        writer.write(data)
        answer = await reader.read()
        writer.close()
        return answer


@pytest.fixture(scope="module")
async def all_odd(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Odd]:
    here = tmp_path_factory.mktemp("odd")
    async with odd_server(says(b"")) as server, shadowed(here, f"{server.url}/base/") as shadow:
        yield Odd(server, shadow)


@pytest.fixture
async def odd(all_odd: Odd) -> Odd:
    await all_odd.told()
    return all_odd


async def test_an_upstream_that_is_down_is_told_to_the_client_and_nothing_is_done_here(tmp_path: Path) -> None:
    async with shadowed(tmp_path, f"http://127.0.0.1:{free_port()}") as shadow:
        uss = shadow.uss("one")
        before = shadow.node.state.sequence
        body = refused(await uss.put(INTENTS, new_id(), uss.intent_body(volume(somewhere()))), 502, says="upstream")
        assert body["error"]["code"] == "upstream_failed"
        assert (await uss.client.get("/anything")).status_code == 502
        assert await shadow.settled() == []
        assert shadow.node.state.sequence == before
        summary = (await uss.client.get("/shadow/summary")).json()
        assert (summary["upstream_failures"], summary["not_compared"]["upstream_failed"]) == (2, 1)
        assert summary["totals"]["forwarded"] == 1
        assert (summary["totals"]["compared"], summary["routes"]["other"]["forwarded"]) == (0, 1)


async def test_an_upstream_that_speaks_no_http_is_told_to_the_client(odd: Odd) -> None:
    for data in (
        b"", b"\r\n\r\n\r\n", b"this is no HTTP at all\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x16\x03\x01\x02\x00",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    ):  # fmt: skip
        odd.server.answering = says(data)
        refused(await odd.uss.get(INTENTS, new_id()), 502)
        refused(await odd.uss.put(INTENTS, new_id(), odd.uss.intent_body(volume(somewhere()))), 502)
        assert await odd.told() == ([], {"upstream_failed": 2}), data


@pytest.mark.parametrize("headers", ["Content-Length: 500", "Transfer-Encoding: chunked"])
async def test_an_answer_that_breaks_off_breaks_off_for_the_client(odd: Odd, headers: str) -> None:
    begun = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{headers}\r\n\r\n".encode()
    odd.server.answering = says(begun + (b'5\r\n{"ope\r\n' if "chunked" in headers else b'{"ope'))
    with pytest.raises(httpx.RemoteProtocolError):
        await odd.uss.get(INTENTS, new_id())
    assert await odd.told() == ([], {"upstream_failed": 1})


async def test_rubbish_in_http_goes_to_the_client_as_it_is(odd: Odd) -> None:
    rubbish = bytes(range(256)) * 40
    odd.server.answering = says(answered(rubbish, "X-Odd: \u00fc"))
    body = odd.uss.intent_body(volume(somewhere()))
    for answer in (await odd.uss.get(INTENTS, new_id()), await odd.uss.put(INTENTS, new_id(), body)):
        assert (answer.status_code, answer.content) == (200, rubbish)
        assert dict(answer.headers.raw)[b"x-odd"] == "\u00fc".encode()
    lines, _ = await odd.told()
    assert [(line["what"], line["upstream"], line["here"]) for line in lines] == [
        ("status", 200, 404), ("status", 200, 201), ("body", "no JSON object", "a JSON object"),
    ]  # fmt: skip


async def test_a_compressed_answer_goes_through_and_is_read_for_the_comparison(odd: Odd) -> None:
    area = volume(somewhere())
    body = b'{"operational_intent_references": []}'
    for encoding, data, reasons in (
        ("gzip", gzip.compress(body), {}), ("deflate", zlib.compress(body), {}), ("identity", body, {}),
        ("br", b"\x1b\x03", {"unreadable": 1}), ("gzip", b"no gzip at all", {"unreadable": 1}),
    ):  # fmt: skip
        odd.server.answering = says(answered(data, f"Content-Encoding: {encoding}"))
        query = {"area_of_interest": area}
        async with odd.uss.client.stream("POST", f"{INTENTS}/query", json=query) as stream:
            assert b"".join([chunk async for chunk in stream.aiter_raw()]) == data
            assert stream.headers["content-encoding"] == encoding
        assert await odd.told() == ([], reasons)


async def test_a_slow_upstream_is_waited_for_and_others_are_not_held_up(alone: Watched) -> None:
    slow, quick = alone.shadow.uss("slow"), alone.shadow.uss("quick")
    alone.upstream.delay_s = lambda: 1.0
    waiting = asyncio.create_task(slow.intent(volume(somewhere())))
    await asyncio.sleep(0.1)
    alone.upstream.delay_s = float
    before = asyncio.get_running_loop().time()
    await quick.intent(volume(somewhere()))
    assert asyncio.get_running_loop().time() - before < 0.5
    assert not waiting.done()
    await waiting
    assert certain(await alone.shadow.settled()) == []
    assert held(alone.there) == held(alone.shadow.node)


async def test_a_client_that_leaves_takes_its_request_with_it(alone: Watched) -> None:
    """As if it had spoken to the upstream directly; what became of its write, nobody knows."""
    uss, place = alone.shadow.uss("one"), somewhere()
    mine = await uss.reference(volume(place))
    alone.upstream.delay_s = lambda: 1.0
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await uss.delete(INTENTS, mine["id"], mine["ovn"])
    alone.upstream.delay_s = float
    await until(lambda: alone.shadow.report.reasons["client_gone"] == 1)
    await alone.shadow.settled()
    answer = await uss.get(INTENTS, mine["id"])
    lines = await alone.shadow.settled()
    assert answer.status_code == 404  # it was done there, and nobody told
    assert [(line["what"], line["upstream"], line["here"], line["unknown_here"]) for line in lines] == [
        ("status", 404, 200, True)
    ]


async def test_everything_is_forwarded_as_it_came(odd: Odd) -> None:
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        heard.append(head + await reader.readexactly(5))
        writer.write(answered(b"{}"))
        await writer.drain()

    odd.server.answering = listen
    target = b"/dss/v1/../x/%2e%2E/a%20b;c//d?q=%41&r=1"
    answer = await odd.raw(
        b"PATCH %b HTTP/1.1\r\nHost: elsewhere.example\r\nX-One: 1\r\nX-One: 2\r\nConnection: close, x-hop\r\n"
        b"X-Hop: mine\r\nTE: trailers\r\nAuthorization: Bearer abc\r\nContent-Length: 5\r\n\r\nhello" % target
    )
    assert answer.startswith(b"HTTP/1.1 200")
    head, _, body = heard[0].partition(b"\r\n\r\n")
    first, *headers = head.split(b"\r\n")
    assert first == b"PATCH /base" + target + b" HTTP/1.1"
    assert body == b"hello"
    pairs = sorted((name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in headers))
    assert pairs == [
        (b"authorization", b"Bearer abc"), (b"content-length", b"5"),
        (b"host", odd.server.url.removeprefix("http://").encode()), (b"x-one", b"1"), (b"x-one", b"2"),
    ]  # fmt: skip


async def test_a_request_that_names_another_host_goes_to_the_upstream_all_the_same(odd: Odd) -> None:
    odd.server.answering = says(answered(b'{"here": 1}'))
    for target in (b"http://127.0.0.1:9/dss/v1/x", b"//127.0.0.1:9/x", b"/@127.0.0.1:9/"):
        answer = await odd.raw(b"GET " + target + b" HTTP/1.1\r\nHost: 127.0.0.1:9\r\nConnection: close\r\n\r\n")
        assert answer.endswith(b'{"here": 1}')


async def test_a_body_larger_than_any_copy_goes_through_and_is_not_compared(odd: Odd) -> None:
    heard, size = 0, 9 * 1024 * 1024

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        await reader.readuntil(b"\r\n\r\n")
        while heard < size:
            heard += len(await reader.read(65_536))
        writer.write(answered(b"x" * size))
        await writer.drain()

    odd.server.answering = listen
    answer = await odd.uss.client.put(f"{INTENTS}/{new_id()}", content=b"x" * size)
    assert (answer.status_code, len(answer.content), heard) == (200, size, size)
    assert await odd.told() == ([], {"too_large": 1})
    assert odd.shadow.passages.copied_bytes == 0


async def test_a_request_is_never_sent_twice(odd: Odd) -> None:
    """A write that the upstream may have done is not repeated, whatever the connection does."""
    heard = 0

    async def close(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        await reader.readuntil(b"\r\n\r\n")
        heard += 1

    odd.server.answering = close
    refused(await odd.uss.delete(INTENTS, new_id(), "an-ovn-of-that-intent"), 502)
    assert heard == 1


async def test_the_summary_is_read_only(odd: Odd) -> None:
    answer = await odd.uss.client.put("/shadow/summary", json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert (await odd.uss.client.head("/shadow/summary")).status_code == 200


@pytest.mark.parametrize("text", [
    "ftp://dss.example", "dss.example", "http://", "https://user:secret@dss.example", "https://dss.example?a=b",
    "https://dss.example#x", "file:///etc", "http://[::1", "",
])  # fmt: skip
def test_only_a_plain_address_of_the_web_is_an_upstream(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        upstream_of(text)
    assert caught.value.place == "--upstream"
    assert "secret" not in caught.value.message


async def test_the_certificate_of_an_upstream_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with odd_server(says(answered(b"{}")), context) as server, node_here(tmp_path) as node:
        async with shadowed(tmp_path, server.url, node=node) as shadow:
            refused(await shadow.uss("one").get(INTENTS, new_id()), 502, says="upstream")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        async with shadowed(tmp_path, server.url, node=node) as shadow:
            assert (await shadow.uss("one").get(INTENTS, new_id())).status_code == 200
