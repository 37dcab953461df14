"""`skyparley export` and `audit`: of a node that serves, for a party, and of what somebody tampered with."""

import asyncio
import contextlib
import json
import os
import shutil
import stat
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest
from typer.testing import CliRunner

from skyparley.cli.compose import clock_us, running_node
from skyparley.cli.main import app
from skyparley.errors import SkyparleyError
from skyparley.geometry.interval import format_time
from skyparley.log.sqlite import SqliteLog
from support.commands import skyparley
from support.exports import export_of, history, javascript, key_file, note_of, receipt_of, write_files
from support.process import Serving, admit, serving

BEGIN_US = clock_us() + 3_600_000_000
OPERATION = {
    "class": "drone",
    "volumes": [
        {
            "begin": format_time(BEGIN_US), "end": format_time(BEGIN_US + 3_600_000_000), "lower_m": 0, "upper_m": 100,
            "altitude_datum": "EGM96", "circle": {"latitude_deg": 46.0, "longitude_deg": 7.0, "radius_m": 500},
        }
    ],
}  # fmt: skip


def here(*arguments: object) -> tuple[int, str]:
    """Run a command in this process, which is quicker than to start one; exit status and output."""
    done = CliRunner().invoke(app, list(map(str, arguments)), env={"COLUMNS": "200"})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def refused(*arguments: object) -> str:
    """Run a command in this process that must be refused; place and reason."""
    done = CliRunner().invoke(app, list(map(str, arguments)))
    assert isinstance(done.exception, SkyparleyError), done
    assert done.output == ""
    return f"{done.exception.place}: {done.exception.message}"


def audited(export: Path, keys: Path, *more: object) -> dict[str, Any]:
    status, text = here("audit", export, "--keys", keys, "--json", *more)
    said: dict[str, Any] = json.loads(text)
    assert status == (0 if said["verified"] else 1)
    return said


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Serving, Path, Path]]:
    """A node with two parties that have filed, its key, and an export that was made while others went on filing."""
    home = tmp_path_factory.mktemp("export")
    keys, export = home / "keys.txt", home / "export"
    with serving("serve", home / "data", "--pool", "alps — Łódź") as node:
        api_keys = [admit(node, party) for party in ("alpha", "bravo")]
        keys.write_text(node.get("/v1/record/key", api_keys[0]).json()["key"] + "\n")
        for number in range(30):
            file(node, api_keys[number % 2], f"secret-of-{number % 2}-{number}")
        last = node.get("/v1/status", node.operator_key).json()["sequence"]
        answer = node.get(f"/v1/record/entries/{last}/receipt", node.operator_key)  # once all of it is signed
        (home / "receipt.json").write_bytes(answer.content)
        (home / "checkpoint.txt").write_bytes(node.get("/v1/record/checkpoint", node.operator_key).content)
        stop = threading.Event()
        filing = threading.Thread(target=go_on, args=(node, api_keys[0], stop))
        filing.start()
        try:
            done = skyparley("export", "--data", node.data, "--to", export)
        finally:
            stop.set()
            filing.join()
        assert (done.returncode, done.stderr) == (0, ""), done
        yield node, export, keys


def file(node: Serving, key: str, name: str) -> None:
    with node.client(key) as client:
        answer = client.post("/v1/operations", json={"operation_id": name, **OPERATION})
        assert answer.status_code in {200, 201}, answer.text


def go_on(node: Serving, key: str, stop: threading.Event) -> None:
    number = 0
    while not stop.is_set():
        file(node, key, f"meanwhile-{number}")
        number += 1


def test_what_a_node_that_serves_has_signed_is_exported_and_verified(served: tuple[Serving, Path, Path]) -> None:
    node, export, keys = served
    held = ("--receipt", export.parent / "receipt.json", "--checkpoint", export.parent / "checkpoint.txt")
    said = audited(export, keys, *held)
    assert (said["verified"], said["content"], said["wrong"]) == (True, True, None)
    assert said["entries"] == said["whole"] == said["checkpoints"][-1]["size"] >= 32
    assert said["marks"]["bearer-attested"] >= 30
    assert (said["receipts_held"], said["checkpoints_held"]) == (1, 1)
    assert stat.S_IMODE(export.stat().st_mode) == 0o700
    assert javascript(export, keys) == {
        "verified": True, "wrong": None, "unverified": 0, "chain": said["chain"],
    }  # fmt: skip
    done = skyparley("audit", export, "--keys", keys, *held, COLUMNS="200")
    assert (done.returncode, done.stderr) == (0, "")
    words = " ".join(done.stdout.split())
    for part in (
        "VERIFIED: content of every entry",
        "1 receipts and 1 checkpoints that you hold",
        "Nobody whose key you name has cosigned what this audit was held against: hold",
    ):
        assert part in words
    assert said["state_hash"] in words
    assert "exists already" in refused("export", "--data", node.data, "--to", export)
    assert sorted(path.name for path in export.parent.iterdir() if path.name.startswith(".")) == []


def test_the_state_is_that_of_a_replay_of_the_log(served: tuple[Serving, Path, Path], tmp_path: Path) -> None:
    node, _, keys = served
    copy, export = tmp_path / "copy", tmp_path / "export"
    assert here("backup", copy, "--data", node.data)[0] == 0
    connection = apsw.Connection(str(copy / "log.sqlite"))
    signed = apsw.Connection(str(copy / "record.sqlite")).execute("SELECT value FROM facts WHERE name = 'size'").get
    connection.execute("DELETE FROM entries WHERE sequence > ?", (int.from_bytes(signed, "big"),))
    connection.close()
    replayed = here("replay", "--data", copy)[1]
    state_hash = next(line.split()[2] for line in replayed.splitlines() if line.startswith("state hash"))
    assert here("export", "--data", copy, "--to", export)[0] == 0
    assert audited(export, keys, "--state-hash", state_hash, "--jobs", 1)["state_hash"] == state_hash
    assert audited(export, keys, "--state-hash", "0" * 64)["wrong"]["reason"].startswith("the state hash is not")


def test_a_party_s_export_shows_nothing_of_others(served: tuple[Serving, Path, Path], tmp_path: Path) -> None:
    node, whole, keys = served
    export = tmp_path / "export"
    assert here("export", "--data", node.data, "--to", export, "--for", "alpha")[0] == 0
    said = audited(export, keys)
    assert (said["verified"], said["content"], said["reader"], said["state_hash"]) == (True, False, "alpha", None)
    assert min(said["whole"], said["withheld"], said["leaf_only"]) >= 2
    assert said["whole"] >= 15
    assert javascript(export, keys)["verified"] is True
    shown = unpacked(export)
    assert b"secret-of-0-0" in shown
    assert b"secret-of-0-0" in unpacked(whole)
    for other in (b"secret-of-1-1", b"bravo"):
        assert other not in shown
        assert other in unpacked(whole)
    words = here("audit", export, "--keys", keys)[1]
    assert "VERIFIED: inclusion of every entry, content of those that are whole" in words
    assert "This export is for 'alpha'" in words
    assert refused("export", "--data", node.data, "--to", tmp_path / "x", "--for", "Alpha!")
    assert "no entry is of the party 'nobody'" in refused(
        "export", "--data", node.data, "--to", tmp_path / "x", "--for", "nobody"
    )


def unpacked(export: Path) -> bytes:
    """All that an export holds, in the clear."""
    found = b""
    for path in export.iterdir():
        data = path.read_bytes()
        found += data
        at = len(b"skyparley segment 1\n")
        while path.suffix == ".bin" and at < len(data):
            length = int.from_bytes(data[at : at + 4], "big")
            with contextlib.suppress(zlib.error):  # not every column is packed
                found += zlib.decompress(data[at + 4 : at + 4 + length], -15)
            at += 4 + length
    return found


def test_what_was_tampered_with_is_named_by_both_verifiers(served: tuple[Serving, Path, Path], tmp_path: Path) -> None:
    _, export, keys = served
    files = {path.name: path.read_bytes() for path in export.iterdir()}
    name = "segment-00000001.bin"
    for at, entry in ((24, 1), (24 + 32 * 8, 9), (24 + 32 * 31 + 5, 32)):
        data = bytearray(files[name])
        data[at] ^= 1
        broken = write_files({**files, name: bytes(data)}, tmp_path / str(at))
        said = audited(broken, keys)
        assert (said["wrong"]["first"], said["wrong"]["last"]) == (entry, entry)
        assert javascript(broken, keys)["wrong"] == {"first": entry, "last": entry}
    status, words = here("audit", broken, "--keys", keys)
    assert status == 1
    assert words.startswith(
        "WRONG at entry 32: it is not the entry that its leaf was made of; the segment is not the one"
    )
    missing = write_files({one: data for one, data in files.items() if one != name}, tmp_path / "missing")
    assert audited(missing, keys)["wrong"]["last"] == javascript(missing, keys)["wrong"]["last"]


@pytest.mark.parametrize("name", ["segment-00000001.bin", "manifest.json", "seal"])
def test_a_file_of_ten_gigabytes_is_not_read(tmp_path: Path, name: str) -> None:
    export = write_files(export_of([entry.shown() for entry in history(5)]), tmp_path / "export")
    keys = tmp_path / "keys.txt"
    keys.write_text(key_file())
    assert audited(export, keys)["verified"]
    with (export / name).open("r+b") as file:
        file.truncate(10 * 1024**3)
    if name.endswith(".bin"):
        assert audited(export, keys)["wrong"] | {"reason": ""} == {"first": 1, "last": 5, "reason": ""}
    else:
        assert "is longer than" in refused("audit", export, "--keys", keys)
    assert javascript(export, keys)["verified"] is False


def test_a_record_that_was_rewritten_and_signed_anew_is_caught_by_what_is_held(tmp_path: Path) -> None:
    entries, keys = history(9), tmp_path / "keys.txt"
    keys.write_text(key_file())
    rewritten = write_files(export_of([entry.shown() for entry in [*entries[:7], *history(12)[9:11]]]), tmp_path / "a")
    assert audited(rewritten, keys)["wrong"]["first"] == 8  # whose leaf says that it is the tenth
    shorter = write_files(export_of([entry.shown() for entry in entries[:7]]), tmp_path / "shorter")
    assert audited(shorter, keys)["verified"]
    receipt, checkpoint = tmp_path / "receipt.json", tmp_path / "checkpoint.txt"
    receipt.write_bytes(receipt_of(entries, 8))
    checkpoint.write_bytes(note_of([entry.leaf for entry in entries]))
    assert "the export ends at entry 7" in refused("audit", shorter, "--keys", keys, "--receipt", receipt)
    assert "the export ends at entry 7" in refused("audit", shorter, "--keys", keys, "--checkpoint", checkpoint)


def test_what_is_printed_cannot_pretend(tmp_path: Path) -> None:
    """A reason that takes back the line before it."""
    fake = "x\x1b[2K\r\x1b[1;32mVERIFIED: content of every entry\x1b[0m\n\u202e"
    entry = history(1)[0].shown()
    deleted = msgspec.structs.replace(entry, form="d", salt=b"", body=b"", reason=fake)
    export, keys = write_files(export_of([deleted]), tmp_path / "export"), tmp_path / "keys.txt"
    keys.write_text(key_file())
    status, words = here("audit", export, "--keys", keys)
    assert status == 0
    assert words.replace("\n", "").isprintable()
    assert words.startswith("VERIFIED: inclusion")
    assert "deleted under x\\x1b[2K" in words


def test_what_cannot_be_exported_or_audited_is_said_in_one_line(tmp_path: Path) -> None:
    data, keys = tmp_path / "data", tmp_path / "keys.txt"
    keys.write_text(key_file())
    assert "holds no log.sqlite" in refused("export", "--data", data, "--to", tmp_path / "x")
    assert "is no directory" in refused("audit", tmp_path / "x", "--keys", keys)
    (tmp_path / "empty").mkdir()
    assert "cannot be read" in refused("audit", tmp_path / "empty", "--keys", keys)
    os.mkfifo(tmp_path / "empty" / "seal")
    assert "is no file" in refused("audit", tmp_path / "empty", "--keys", keys)
    asyncio.run(two_parties(data))
    copy = tmp_path / "copy"
    shutil.copytree(data, copy)
    (copy / "record.sqlite").unlink()
    assert "nothing was signed here" in refused("export", "--data", copy, "--to", tmp_path / "x")
    asyncio.run(two_parties(tmp_path / "other"))
    shutil.copy(tmp_path / "other" / "record.sqlite", copy / "record.sqlite")
    assert "not the one that this node has signed" in refused("export", "--data", copy, "--to", tmp_path / "x")
    assert not list(tmp_path.glob(".x.*"))
    assert not (tmp_path / "x").exists()
    asyncio.run(trim(data))
    assert "entries 1 to 1 are no longer here: restore a backup" in refused(
        "export", "--data", data, "--to", tmp_path / "x"
    )


async def two_parties(data: Path) -> None:
    async with running_node(data, pool="alps") as node:
        operator = node.authenticate((data / "operator.key").read_text())
        for party in ("alpha", "bravo"):
            await node.register_party(operator, party, party, "civil_ats")


async def trim(data: Path) -> None:
    log = await SqliteLog.open(data / "log.sqlite", pool=None, clock=clock_us)
    await log.trim(2)
    await log.close()
