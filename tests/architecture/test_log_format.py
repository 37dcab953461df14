"""docs/log-format.md is enough to write a verifier: one written from it agrees with the node's own, good log or bad."""

import asyncio
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from skyparley.airspace.codec import command_kind, encode_command
from skyparley.airspace.commands import Command, RegisterParty, Tick
from skyparley.errors import StorageError
from skyparley.log import sqlite
from skyparley.log.port import Draft
from skyparley.log.sqlite import SqliteLog
from skyparley.record import envelope
from skyparley.record.envelope import Header, body_digest, encode_header
from support import log_verifier
from support.log_verifier import WrongLogError, verify
from support.tree import ROOT

PAGE = (ROOT / "docs" / "log-format.md").read_text(encoding="utf-8")
POOL = "alps — Łódź"
COUNT = 40

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


def draft(number: int, command: Command, **said: Any) -> Draft:
    body, salt = encode_command(command), number.to_bytes(16, "big")
    fields = {
        "pool": POOL,
        "kind": command_kind(command),
        "party": "",
        "authentication": "node",
        "key_id": "",
        "idempotency_key": f'é"\\\u0001\n-{number}',
        "claimed_time_us": 1_772_366_400_000_000 + number,
        "body_digest": body_digest(salt, body),
    }
    return Draft(encode_header(Header(**{**fields, **said})), salt, body, b"signed" if number % 3 == 0 else b"")


async def fill(path: Path) -> str:
    """Write a log as a node does; its last chain value."""
    log = await SqliteLog.open(path, pool=POOL, clock=lambda: 1_772_366_400_000_000)
    for number in range(1, COUNT + 1):
        party = RegisterParty(f"party-{number}", 'Ёлка \\ "quoted"', "civil_ats")
        await log.append([draft(number, party if number % 2 else Tick())])
    end = (await log.head()).chain.hex()
    await log.close()
    return end


@pytest.fixture(scope="module")
async def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    path = tmp_path_factory.mktemp("log") / "log.sqlite"
    return path, await fill(path)


async def node_verifies(path: Path) -> int:
    log = await SqliteLog.open(path, pool=None, clock=lambda: 0, read_only=True)
    try:
        return await log.verify()
    finally:
        await log.close()


async def test_both_verifiers_agree_on_a_good_log(good: tuple[Path, str]) -> None:
    path, end = good
    assert await node_verifies(path) == COUNT
    assert verify(str(path)) == (COUNT, bytes.fromhex(end))


async def test_the_verifier_can_be_run_alone(good: tuple[Path, str]) -> None:
    command = [sys.executable, "-I", log_verifier.__file__, str(good[0])]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{COUNT} {good[1]}\n"


def test_the_verifier_is_short_and_knows_nothing_of_skyparley() -> None:
    text = Path(log_verifier.__file__).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    assert not re.search(r"^\s*(from|import) (skyparley|apsw|msgspec)", text, re.MULTILINE)


async def test_a_trimmed_log_verifies_from_where_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    end = await fill(path)
    log = await SqliteLog.open(path, pool=POOL, clock=lambda: 0)
    await log.trim(21)
    await log.close()
    assert await node_verifies(path) == COUNT - 20
    assert verify(str(path)) == (COUNT, bytes.fromhex(end))


SALT_MOVED = (
    "UPDATE entries SET salt = substr(salt, 1, 15), body = CAST(substr(salt, 16) || body AS BLOB) WHERE sequence = 8"
)
CORRUPTIONS = {
    "an entry is missing": "DELETE FROM entries WHERE sequence = 17",
    "the first entry is missing": "DELETE FROM entries WHERE sequence = 1",
    "two entries have changed places": (
        "UPDATE entries SET sequence = 1017 WHERE sequence = 17; UPDATE entries SET sequence = 17 WHERE sequence = 18;"
        "UPDATE entries SET sequence = 18 WHERE sequence = 1017"
    ),
    "an entry stands twice": "INSERT INTO entries SELECT 41, time_us + 40, chain, header, salt, body, signature"
    " FROM entries WHERE sequence = 40",
    "a later time": "UPDATE entries SET time_us = time_us + 1 WHERE sequence = 9",
    "a time before all times": "UPDATE entries SET time_us = -5 WHERE sequence = 9",
    "another author": 'UPDATE entries SET header = CAST(replace(CAST(header AS TEXT), \'"party":""\','
    ' \'"party":"x"\') AS BLOB) WHERE sequence = 3',
    "another body": "UPDATE entries SET body = CAST(replace(CAST(body AS TEXT), 'civil_ats', 'humanitarian') AS BLOB)"
    " WHERE sequence = 5",
    "another salt": "UPDATE entries SET salt = zeroblob(16) WHERE sequence = 5",
    "an octet has moved from salt to body": SALT_MOVED,
    "no body": "UPDATE entries SET body = zeroblob(0) WHERE sequence = 40",
    "another signature": "UPDATE entries SET signature = x'00' WHERE sequence = 6",
    "a signature taken away": "UPDATE entries SET signature = zeroblob(0) WHERE sequence = 6",
    "another chain value at the end": "UPDATE entries SET chain = zeroblob(32) WHERE sequence = 40",
    "a chain value that is no octets": "UPDATE entries SET chain = 7 WHERE sequence = 12",
    "another pool": "UPDATE facts SET value = 'alps' WHERE name = 'pool'",
    "another first chain value": "UPDATE facts SET value = zeroblob(32) WHERE name = 'trimmed_chain'",
    "another format": "PRAGMA user_version = 2",
}


@pytest.mark.parametrize("sql", CORRUPTIONS.values(), ids=CORRUPTIONS)
async def test_both_verifiers_notice(good: tuple[Path, str], tmp_path: Path, sql: str) -> None:
    path = tmp_path / "log.sqlite"
    shutil.copy(good[0], path)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(sql)
    with pytest.raises(WrongLogError):
        verify(str(path))
    with pytest.raises(StorageError):
        await node_verifies(path)


async def test_a_log_that_was_given_to_another_pool_is_noticed(good: tuple[Path, str], tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    shutil.copy(good[0], path)
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        chain = envelope.first_chain("alps")
        connection.execute("UPDATE facts SET value = 'alps' WHERE name = 'pool'")
        connection.execute("UPDATE facts SET value = ? WHERE name = 'trimmed_chain'", (chain,))
        for row in connection.execute("SELECT * FROM entries ORDER BY sequence").fetchall():
            chain = envelope.next_chain(chain, row["sequence"], row["time_us"], row["header"], row["signature"])
            connection.execute("UPDATE entries SET chain = ? WHERE sequence = ?", (chain, row["sequence"]))
        connection.commit()
    with pytest.raises(WrongLogError, match=r"entry 1: .* pool"):
        verify(str(path))
    with pytest.raises(StorageError, match=r"entry 1 .* pool"):
        await node_verifies(path)


def rechained(entries: list[dict[str, Any]], place: int, **changed: Any) -> None:
    """Change one entry and compute the chain anew, as someone who holds the file alone could."""
    chain = envelope.first_chain(POOL)
    for entry in entries:
        if entry["sequence"] == place:
            entry.update(changed)
        chain = envelope.next_chain(chain, entry["sequence"], entry["time_us"], entry["header"], entry["signature"])
        entry["chain"] = chain


@pytest.mark.parametrize(
    "changed",
    [
        {"header": b'{"version": 1}'},
        {"header": draft(9, Tick(), pool="other").header},
        {"header": draft(9, Tick()).header.replace(b'":"', b'": "', 1)},
        {"header": b"\xff"},
    ],
    ids=["other members", "another pool", "another spelling", "no JSON"],
)
async def test_a_header_that_is_none_is_noticed_though_the_chain_fits(
    good: tuple[Path, str], tmp_path: Path, changed: dict[str, Any]
) -> None:
    path = tmp_path / "log.sqlite"
    shutil.copy(good[0], path)
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        entries = [dict(row) for row in connection.execute("SELECT * FROM entries ORDER BY sequence")]
        rechained(entries, 10, **changed)
        rows = [(entry["header"], entry["chain"], entry["sequence"]) for entry in entries]
        connection.executemany("UPDATE entries SET header = ?, chain = ? WHERE sequence = ?", rows)
        connection.commit()
    with pytest.raises(WrongLogError, match=r"entry 10"):
        verify(str(path))
    with pytest.raises(StorageError, match=r"entry 10"):
        await node_verifies(path)


def test_the_page_shows_the_tables_that_there_are() -> None:
    assert re.search(r"```sql\n(.*?)```", PAGE, re.DOTALL).group(1).strip() == sqlite._SCHEMA.strip()  # type: ignore[union-attr]


def test_the_page_lists_every_member_of_header_and_commands() -> None:
    for member in Header.__struct_fields__:
        assert f"| `{member}` |" in PAGE, member
    for kind in Command.__args__:
        assert f"`{kind.__struct_config__.tag}`" in PAGE, kind
        for field in kind.__struct_fields__:
            assert f"`{field}`" in PAGE, (kind, field)


def test_the_example_of_the_page_holds() -> None:
    example = json.loads(re.search(r"## Example\n+```json\n(.*?)```", PAGE, re.DOTALL).group(1))  # type: ignore[union-attr]
    header, salt, body = example["header"].encode(), bytes.fromhex(example["salt"]), example["body"].encode()
    before = envelope.first_chain(example["pool"])
    assert before.hex() == example["chain_before"]
    assert encode_header(envelope.decode_header(header)) == header
    assert json.loads(header)["body_digest"] == body_digest(salt, body)
    chain = envelope.next_chain(before, example["sequence"], example["time_us"], header, b"")
    assert chain.hex() == example["chain"]
    log_verifier.verify_content("", example["pool"], header, salt, body)
