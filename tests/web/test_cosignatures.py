"""Cosignatures over HTTP: who may bring them, and what is answered to whatever else is brought."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from skyparley.record.notes import MAX_NOTE_BYTES, parse_key, parse_note, verified
from support.recorded import cosigned, signer
from support.serving import World, now_us, world

pytestmark = pytest.mark.anyio

PATH = "/v1/record/cosignatures"
NORTH, STRANGER = signer("north"), signer("stranger", seed=2)


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, observer=True, cosigners=(NORTH.key,)) as found:
        async with found.client(found.alpha) as client:
            assert (await client.get("/v1/record/entries/1/receipt")).status_code == 200  # by now it is signed
        yield found


async def checkpoint(client: httpx.AsyncClient) -> bytes:
    answer = await client.get("/v1/record/checkpoint")
    assert answer.status_code == 200
    return answer.content


async def test_any_party_may_bring_them_and_all_may_see_them(made: World) -> None:
    async with made.client(made.bravo) as client:
        assert (await client.get(PATH)).status_code == 404
        note = cosigned(await checkpoint(client), NORTH, now_us() // 1_000_000)
        answer = await client.post(PATH, json={"note": note.decode()})
        assert (answer.status_code, answer.content) == (200, note)
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        key = parse_key((await client.get("/v1/record/key")).json()["key"])
    async with made.client() as observer:
        assert (await observer.get(PATH)).content == note == await checkpoint(observer)
        assert set(verified(parse_note(note), [key, NORTH.key])) == {key, NORTH.key}
        assert (await observer.post(PATH, json={"note": note.decode()})).status_code == 401


async def test_whatever_else_is_brought_is_refused_in_one_word(made: World) -> None:
    async with made.client(made.alpha) as client:
        plain = await checkpoint(client)
        now_s = now_us() // 1_000_000
        signed = cosigned(plain, NORTH, now_s)
        for body, status, code in (
            (b"", 400, "invalid_input"),
            (b"{}", 400, "invalid_input"),
            (json.dumps({"note": ""}), 400, "invalid_input"),
            (json.dumps({"note": "\ud800"}), 400, "invalid_input"),
            (json.dumps({"note": signed.decode(), "more": 1}), 400, "invalid_input"),
            (json.dumps({"note": signed.decode().replace("\n", "\r\n")}), 400, "invalid_input"),
            (json.dumps({"note": cosigned(plain, NORTH, now_s - 4_000).decode()}), 400, "invalid_input"),
            (json.dumps({"note": signed.decode() + 64 * signed.decode().splitlines(True)[-1]}), 400, "invalid_input"),
            (json.dumps({"note": "x" * (MAX_NOTE_BYTES + 1)}), 400, "invalid_input"),
            (json.dumps({"note": "x" * 2 * MAX_NOTE_BYTES}), 413, "limit_exceeded"),
            (json.dumps({"note": signed.decode().replace("test\n", "tost\n", 1)}), 400, "not_proved"),
            (json.dumps({"note": cosigned(plain, STRANGER, now_s).decode()}), 403, "forbidden"),
            (json.dumps({"note": plain.decode()}), 403, "forbidden"),
        ):
            answer = await client.post(PATH, content=body, headers={"Content-Type": "application/json"})
            assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), (body[:99], answer.text)
        assert (await client.get(PATH)).status_code == 404


async def test_a_file_that_cannot_be_read_is_a_503(made: World) -> None:
    made.node.recorder._store._reader.close()
    async with made.client(made.operator) as client:
        for path in ("checkpoint", "cosignatures", "tiles/0/0", "entries/1/receipt"):
            answer = await client.get(f"/v1/record/{path}")
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage"), path
            assert answer.headers["retry-after"]
