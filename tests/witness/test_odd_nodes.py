"""Whatever a node answers that is no contradiction: no alarm, nothing cosigned, one message, and all goes on later."""

import asyncio
import contextlib
import json
import resource
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import httpx
import pytest

from skyparley.errors import SkyparleyError, StorageError
from skyparley.record.notes import SIGNATURE, Checkpoint, Note, format_checkpoint, format_note, parse_note, sign
from skyparley.witness.asking import NodeRecord
from skyparley.witness.files import NOTHING_YET
from skyparley.witness.follower import SHOWN_FILE, AlarmError
from support.odd_server import OddServer, answered, free_port, odd_server, says
from support.recorded import cosigned, signer
from support.witnessing import Running, Witness

pytestmark = pytest.mark.anyio

CHECKPOINT, COSIGNATURES = "/v1/record/checkpoint", "/v1/record/cosignatures"
Alter = Callable[[str, str, bytes], bytes]


@contextlib.asynccontextmanager
async def between(node: Running, alter: Alter) -> AsyncIterator[OddServer]:
    """Somebody on the way to a node, who alters what it answers: by method, path and body."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path, *_ = head.split()
        headers = {name: value for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:] if line)}
        sent = await reader.readexactly(int(headers.get("Content-Length", 0)))
        kept = {name: headers[name] for name in ("Authorization", "Content-Type") if name in headers}
        found = await client.request(method, path, content=sent, headers=kept)
        body = found.content if found.is_error else alter(method, path, found.content)
        writer.write(answered(body, status=f"{found.status_code} X"))
        await writer.drain()

    async with httpx.AsyncClient(base_url=node.url) as client, odd_server(answer) as made:
        yield made


def shows(answers: Mapping[str, bytes]) -> Alter:
    """What is asked for at some paths is answered so."""
    return lambda method, path, body: answers.get(path, body) if method == "GET" else body


def at(wanted: str, change: Callable[[bytes], bytes]) -> Alter:
    return lambda method, path, body: change(body) if f"{method} {path}".startswith(wanted) else body


async def no_alarm(witness: Witness, node: Running, url: str, said: str = ".", timeout_s: float = 20.0) -> None:
    before = witness.cosigned
    with pytest.raises(SkyparleyError, match=said) as raised:
        await witness.look(node, url, timeout_s)
    assert not isinstance(raised.value, AlarmError)
    assert witness.evidence() == {}
    assert witness.cosigned == before


@pytest.fixture
async def followed(honest: Running, north: Witness) -> Running:
    """A node that the witness has followed up to 300 entries, and that holds more."""
    await honest.grow(300)
    await north.look(honest)
    await honest.grow(9)
    return honest


BIG = b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n"


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        await writer.drain()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A byte now and then: never silent for long, and never done."""
    writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


NONSENSE = [
    (says(b""), "no answer"),
    (says(b"SSH-2.0-OpenSSH_9.2\r\n"), "no answer"),
    (says(answered(b"<html>welcome</html>")), "a note is"),
    (says(answered(b"\xff\xfe")), "a note is"),
    (says(answered(b"")), "a note is"),
    (says(answered(b"{}", status="500 No")), "refuses: it answered 500"),
    (says(answered(b'{"error":{"message":"\x1b[2J"}}', status="503 No")), "refuses"),
    (says(answered(b"[" * 60_000, status="503 No")), "refuses: it answered 503"),
    (says(answered(b"", "Location: http://127.0.0.1:1/", status="302 Found")), "sends elsewhere"),
    (says(answered(b"", "Location: file:///etc/passwd", status="301 Gone")), "sends elsewhere"),
    (says(answered(b"x" * 100, "Content-Encoding: gzip")), "compressed"),
    (says(BIG + b"x" * 100_000), "longer than 65536 bytes"),
    (says(answered(b"x" * 70_000, status="500 No")), "longer than 65536 bytes"),
    (endless, "longer than 65536 bytes"),
    (drip, "within 0.3 s"),
    (silent, "within 0.3 s"),
    (says(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx"), "no answer"),
    (says(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200_000), "no answer"),
]


async def test_nonsense_of_any_kind(followed: Running, north: Witness, tmp_path: Path) -> None:
    """Whoever read ten gigabytes, or waited for the end of what has none, would not come to the end of this test."""
    new = Witness(tmp_path / "new", followed.key)
    memory_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for answering, said in NONSENSE:
        async with odd_server(answering) as odd:
            await no_alarm(north, followed, odd.url, said, timeout_s=0.3)
            await no_alarm(new, followed, odd.url, said, timeout_s=0.3)
    assert new.cosigned == NOTHING_YET
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory_kib < 100 * 1024


async def test_a_node_that_is_not_there(followed: Running, north: Witness) -> None:
    await no_alarm(north, followed, f"http://127.0.0.1:{free_port()}", "is a node serving there")
    for url in ("ftp://127.0.0.1", "127.0.0.1:8080", "http://", "http://[::1", "http://a\x00b", "node"):
        await no_alarm(north, followed, url)


GARBLED = [
    (f"GET {CHECKPOINT}", lambda body: body[:-9]),
    (f"GET {CHECKPOINT}", lambda body: body.replace(b"\n309\n", b"\n308\n")),
    (f"GET {CHECKPOINT}", lambda body: body.replace(b"\n309\n", b"\n7\n")),
    (f"GET {CHECKPOINT}", lambda body: body.replace(b"skyparley\n", b"skyporley\n", 1)),
    (f"GET {CHECKPOINT}", lambda body: body.replace(b"\n", b"\r\n")),
    (f"GET {CHECKPOINT}", lambda body: body.replace("— skyparley ".encode(), "— skyporley ".encode())),
    (f"GET {CHECKPOINT}", lambda body: body + 70 * body.splitlines(keepends=True)[-1]),
    (f"GET {COSIGNATURES}", lambda body: b"garbled"),
    ("GET /v1/record/tiles", lambda body: b""),
    ("GET /v1/record/tiles", lambda body: body[:32]),
    ("GET /v1/record/tiles", lambda body: bytes(len(body))),
    ("GET /v1/record/tiles", lambda body: bytes([body[0] ^ 1]) + body[1:]),
    ("GET /v1/record/tiles", lambda body: 300 * body),
]


async def test_what_is_garbled_on_the_way(followed: Running, north: Witness) -> None:
    """It may be cut, altered or made up, but for what the log's key has signed: no alarm, and no cosignature."""
    for where, change in GARBLED:
        async with between(followed, at(where, change)) as odd:
            said = "not cosigned: the node does not show|is longer than" if "tiles" in where else "."
            await no_alarm(north, followed, odd.url, said)
        assert not north.has_signed(followed.node.recorder.checkpoint)
    async with between(followed, lambda method, path, body: body) as true:
        assert await north.look(followed, true.url) == [309]
    assert north.has_signed(followed.node.recorder.checkpoint)


async def test_an_old_checkpoint_shown_again_is_an_alarm_and_an_altered_key_is_not(
    followed: Running, north: Witness
) -> None:
    """What the log's key has signed is its word whoever shows it; what anybody could write is nobody's."""
    note = parse_note(north.cosigned)
    await north.look(followed)
    other = b'{"key":"skyparley+b6cbd7f2+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"}'
    strange = note.text.encode() + "\n— skyparley Uw2QOkn8srV1yJGh2VYRlL1Tnagv\n".encode()
    for key in (b"{}", b"[]", b"rubbish", other):
        answers = {CHECKPOINT: strange, "/v1/record/key": key}
        async with between(followed, shows(answers)) as odd:
            await no_alarm(north, followed, odd.url)
    old = followed.node.recorder._store.cosigned_at(300)
    async with between(followed, at(f"GET {CHECKPOINT}", lambda body: old)) as odd:
        with pytest.raises(AlarmError, match="300 entries, and has signed one of 309"):
            await north.look(followed, odd.url)


async def test_nobody_leads_it_back_by_showing_what_others_have_cosigned(followed: Running, north: Witness) -> None:
    """A newer checkpoint beside an older one: it would sign the newer, go back to the older, and on another way."""
    old = followed.node.recorder._store.cosigned_at(300)
    plain = followed.node.recorder._store.checkpoint
    answers = {COSIGNATURES: cosigned(plain, signer("south", seed=5), 1), CHECKPOINT: old}
    async with between(followed, shows(answers)) as odd:
        with pytest.raises(AlarmError, match="300 entries, and has signed one of 309"):
            await north.look(followed, odd.url)
    assert north.size == 309


async def test_another_log_in_its_place_is_told_also_if_its_key_is_trusted(followed: Running, north: Witness) -> None:
    """One witness is for one log: a record that goes on under another name does not go on."""
    elsewhere = signer("elsewhere", SIGNATURE, seed=6)
    text = format_checkpoint(Checkpoint("elsewhere", 400, bytes(32)))
    note = format_note(Note(text, (sign(text, elsewhere),)))
    north.keys = (followed.key, elsewhere.key)
    answers = {CHECKPOINT: note, "/v1/record/key": json.dumps({"key": str(elsewhere.key)}).encode()}
    async with between(followed, shows(answers)) as odd:
        with pytest.raises(AlarmError, match="it is of another log, 'elsewhere'"):
            await north.look(followed, odd.url)
    assert north.evidence()[SHOWN_FILE] == note


async def test_what_is_not_taken_is_handed_in_again(followed: Running, north: Witness) -> None:
    """The answer is lost, or says something else: it is durable here, and handed in until the node shows it."""
    changes = (
        lambda body: b"",
        lambda body: body.replace(b"\n310\n", b"\n311\n"),
        lambda body: body[: body.rindex(b"\xe2")],
    )
    for change in changes:
        async with between(followed, at(f"POST {COSIGNATURES}", change)) as odd:
            with pytest.raises(SkyparleyError) as raised:
                await north.look(followed, odd.url)
        assert not isinstance(raised.value, AlarmError)
        assert north.size == followed.size
        assert north.has_signed(followed.node.recorder.checkpoint)
        assert await north.look(followed) == []  # it had arrived, as the node shows
        await followed.grow(1)


async def test_tiles_are_asked_for_one_by_one_and_few(followed: Running, north: Witness) -> None:
    asked: list[str] = []

    def note_down(method: str, path: str, body: bytes) -> bytes:
        asked.append(path)
        return body

    async with between(followed, note_down) as true:
        assert await north.look(followed, true.url) == [309]
    assert sorted(path for path in asked if "tiles" in path) == ["/v1/record/tiles/0/1", "/v1/record/tiles/1/0"]


async def test_a_tile_that_is_not_there_is_told_as_such(followed: Running) -> None:
    async with NodeRecord(followed.url, followed.operator) as node:
        with pytest.raises(SkyparleyError, match="no tile 7 of level 0"):
            await node.tiles([(0, 7)])
    with pytest.raises(StorageError, match="write it like"):
        NodeRecord("gopher://x", None)
    assert NodeRecord("http://name:secret@192.0.2.1:81", None).url == "http://192.0.2.1:81"  # evidence is handed on
