"""The event stream over a real socket: nothing is missed, nobody is held up, and all end at once."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from skyparley.node.events import MAX_WAITING_MESSAGES
from skyparley.node.reading.views import Message
from skyparley.web import stream
from skyparley.web.stream import frame
from support.serving import World, operation, served, until, volume

pytestmark = pytest.mark.anyio


async def events(answer: httpx.Response) -> AsyncIterator[tuple[str, int | None, dict[str, Any]]]:
    """Parse a stream by the rules of server-sent events."""
    event, identifier = "message", None
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "event":
            event = value
        elif name == "id":
            identifier = int(value)
        elif name == "data":
            yield event, identifier, json.loads(value)
            event, identifier = "message", None


def filed_ids(data: dict[str, Any]) -> list[str]:
    return [change["operation"]["operation_id"] for change in data["changes"] if change["type"] == "operation"]


async def test_a_stream_sees_what_is_filed_and_resumes_where_it_broke(here: World) -> None:
    async with (
        served(here.app) as url,
        httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {here.alpha}"}) as alpha,
    ):
        async with alpha.stream("GET", "/v1/events") as answer:
            assert answer.headers["content-type"] == "text/event-stream"
            stream_events = events(answer)
            event, identifier, data = await anext(stream_events)
            assert (event, identifier) == ("hello", None)
            assert set(data) == {"time", "sequence"}
            await alpha.post("/v1/operations", json=operation("op-0"))
            event, last, data = await anext(stream_events)
            assert (event, last) == ("change", data["sequence"])
            assert filed_ids(data) == ["op-0"]
        for number in range(1, 4):
            await alpha.post("/v1/operations", json=operation(f"op-{number}", volume(40.0 + number)))
        for resumption in ({"headers": {"Last-Event-ID": str(last)}}, {"params": {"after": str(last)}}):
            async with alpha.stream("GET", "/v1/events", **resumption) as answer:
                seen: list[str] = []
                async for event, _, data in events(answer):
                    if event == "change":
                        seen += filed_ids(data)
                    if len(seen) == 3:
                        break
                assert seen == ["op-1", "op-2", "op-3"]
        async with alpha.stream("GET", "/v1/events", headers={"Last-Event-ID": "999999999"}) as answer:
            found = events(answer)
            assert (await anext(found))[0] == "hello"
            assert (await anext(found))[0] == "reset"


async def test_a_party_sees_of_others_only_the_conflict(here: World) -> None:
    bravo = here.client(here.bravo)
    async with (
        served(here.app) as url,
        httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {here.alpha}"}) as alpha,
        bravo,
    ):
        await alpha.post("/v1/operations", json=operation("mine"))
        async with alpha.stream("GET", "/v1/events") as answer:
            stream_events = events(answer)
            await anext(stream_events)
            await bravo.post("/v1/operations", json=operation("theirs"))
            _, _, data = await anext(stream_events)
            (change,) = data["changes"]
            assert change["type"] == "conflict"
            assert change["conflict"]["b"] == {"party": "bravo", "operation_id": None}
            assert "theirs" not in json.dumps(data)


async def test_all_streams_end_at_once_when_the_server_stops(here: World) -> None:
    ended: list[float] = []

    async def follow(url: str) -> None:
        async with (
            httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {here.alpha}"}) as client,
            client.stream("GET", "/v1/events") as answer,
        ):
            async for _ in events(answer):
                pass
        ended.append(time.monotonic())

    async with served(here.app) as url:
        followers = [asyncio.create_task(follow(url)) for _ in range(10)]
        await until(lambda: len(here.app.context.streams) == 10)
        began = time.monotonic()
    await asyncio.gather(*followers)
    assert max(ended) - began < 2.0
    assert here.node.events.open_streams == 0


async def test_a_client_that_does_not_read_is_cut_and_holds_nobody_up(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "WRITE_TIMEOUT_S", 0.5)
    async with served(here.app) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.socket() as lazy:
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lazy.connect((host, int(port)))
            lazy.sendall(f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {here.alpha}\r\n\r\n".encode())
            await until(lambda: here.node.events.open_streams == 1)
            sent = 0
            while here.node.events.open_streams and sent < 1_000_000:
                here.node.events.heartbeat(sent)
                sent += 1
                if sent % 500 == 0:
                    await asyncio.sleep(0)
            await until(lambda: not here.node.events.open_streams and not here.app.context.streams)
            assert sent > MAX_WAITING_MESSAGES
        async with httpx.AsyncClient(base_url=url) as other:
            assert (await other.get("/healthy")).status_code == 200


async def test_a_client_that_leaves_is_forgotten(here: World) -> None:
    async with served(here.app) as url, httpx.AsyncClient(base_url=url) as client:
        for _ in range(3):
            async with client.stream("GET", "/v1/events", headers={"Authorization": f"Bearer {here.alpha}"}) as answer:
                await anext(events(answer))
        await until(lambda: not here.node.events.open_streams and not here.app.context.streams)


async def test_a_revoked_key_loses_its_streams_and_no_other_does(here: World) -> None:
    key_id = here.node.authenticate(here.alpha).key_id
    async with (
        served(here.app) as url,
        httpx.AsyncClient(base_url=url) as client,
        client.stream("GET", "/v1/events", headers={"Authorization": f"Bearer {here.alpha}"}) as revoked,
        client.stream("GET", "/v1/events", headers={"Authorization": f"Bearer {here.bravo}"}) as kept,
    ):
        headers = {"Authorization": f"Bearer {here.operator}"}
        assert (await client.delete(f"/v1/parties/alpha/keys/{key_id}", headers=headers)).status_code == 204
        async with asyncio.timeout(5):
            await revoked.aread()
        assert len(here.app.context.streams) == 1
        assert (await anext(events(kept)))[0] == "hello"


@pytest.mark.parametrize("identifier", ["x", "-1", "1.5", "9" * 19])
async def test_an_id_that_is_no_sequence_is_refused(here: World, identifier: str) -> None:
    async with here.client(here.alpha) as alpha:
        assert (await alpha.get("/v1/events", headers={"Last-Event-ID": identifier})).status_code == 400
        assert (await alpha.get("/v1/events", params={"after": identifier})).status_code == 400
        assert (await alpha.head("/v1/events")).status_code == 405


def test_frames() -> None:
    assert frame(Message("change", 7, b"{}")) == b"id: 7\nevent: change\ndata: {}\n\n"
    assert frame(Message("heartbeat", None, b"{}")) == b"event: heartbeat\ndata: {}\n\n"
