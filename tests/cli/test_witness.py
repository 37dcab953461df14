"""`skyparley witness` and `record compare` as processes of their own, against nodes that serve, honest and not."""

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import apsw
import pytest
import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from skyparley.cli.record.comparing import compare_notes
from skyparley.cli.record.pictures import print_code, write_code
from skyparley.cli.record.verifying import read_witnesses
from skyparley.errors import InvalidInputError, ProofError, SkyparleyError, StorageError
from skyparley.record.authorship import format_key_line
from skyparley.record.comparing.spoken import fingerprint
from skyparley.record.merkle import leaf_hash
from skyparley.record.notes import (
    SIGNATURE,
    Checkpoint,
    Note,
    Signer,
    format_checkpoint,
    format_note,
    parse_note,
    sign,
)
from skyparley.record.tiles import TileWriter
from support.commands import COMMAND, PATIENCE_S, environment, skyparley
from support.process import Serving, serving
from support.recorded import cosigned, signer
from support.witnessing import copied

Capture = pytest.CaptureFixture[str]
OWN, NORTH = signer("log", SIGNATURE), signer("north", seed=2)


def fails(*arguments: object, status: int = 1, **more: str) -> str:
    done = skyparley(*arguments, **more)
    assert done.returncode == status, done
    return done.stderr


def signed(size: int, root: bytes = bytes(32), by: Signer = OWN) -> bytes:
    text = format_checkpoint(Checkpoint(by.name, size, root))
    return format_note(Note(text, (sign(text, by),)))


class Watching:
    """A witness that runs until it is stopped."""

    def __init__(self, node: Serving, *arguments: object) -> None:
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - read while the process writes
        self.process = subprocess.Popen(
            [*COMMAND, "witness", "--node", node.url, "--every", "1", *map(str, arguments)],
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env=environment(SKYPARLEY_API_KEY=node.operator_key),
        )

    @property
    def output(self) -> str:
        return os.pread(self._output.fileno(), 1_000_000, 0).decode()

    def until(self, said: str) -> None:
        end_s = time.monotonic() + PATIENCE_S
        while not re.search(said, self.output):
            assert time.monotonic() < end_s, self.output
            assert self.process.poll() is None, self.output
            time.sleep(0.05)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert "Traceback" not in self.output, self.output
        self._output.close()


@contextlib.contextmanager
def watching(node: Serving, *arguments: object) -> Iterator[Watching]:
    with contextlib.closing(Watching(node, *arguments)) as made:
        yield made


def admit(node: Serving, party: str) -> None:
    with node.client(node.operator_key) as client:
        body = {"party": party, "name": party, "kind": "civil_ats"}
        assert client.post("/v1/parties", json=body).status_code == 201


def key_of(node: Serving) -> str:
    return f"{node.get('/v1/record/key', node.operator_key).json()['key']}\n"


def test_a_witness_follows_a_node_over_restarts_and_ends_at_the_second_record(tmp_path: Path) -> None:
    """The commands of the page; then a fork of the node, with its key and another entry, on the same address."""
    data, keys, north = tmp_path / "data", tmp_path / "keys.txt", tmp_path / "north"
    with serving("serve", data) as node:
        admit(node, "alpha")
        keys.write_text(key_of(node))
        there = ("--node", node.url, "--api-key", node.operator_key, "--keys", keys, "--data", north)
        assert "needs a name" in fails("witness", *there, "--once")
        assert node.get("/v1/record/entries/1/receipt", node.operator_key).status_code == 200  # by now it is signed
        assert "no cosigner that this node knows" in fails("witness", *there, "--name", "north", "--once")
        assert node.stop() == 0
    forked = copied(data, tmp_path / "forked")
    assert skyparley("party", "add", "charlie", "--data", forked).returncode == 0
    with serving_with(north / "witness.pub", data) as node:
        port = node.url.rpartition(":")[2]
        with watching(node, "--keys", keys, "--data", north) as witness:
            witness.until("cosigned 1 entries of 'skyparley', fingerprint [0-9 ]{59}\n")
            assert (north / "witness.pub").read_text() in witness.output
            admit(node, "bravo")
            witness.until("cosigned 2 entries")
            here = ("--url", node.url, "--api-key", node.operator_key)
            ours = skyparley("record", "checkpoint", "--cosigned", *here)
            assert node.stop() == 0
            witness.until("is a node serving there.*asked again in 1 s")
            with serving_with(north / "witness.pub", forked, "--port", port):
                assert witness.process.wait(PATIENCE_S) == 3
            said = witness.output
        for words in ("CONTRADICTS WHAT IT HAS SIGNED", "two records of 2 entries", f"evidence: {north / 'alarm'}"):
            assert words in said, said
    again = fails("witness", "--node", "http://127.0.0.1:9", "--keys", keys, "--data", north, status=3)
    assert "two records of 2 entries" in again
    (tmp_path / "ours.txt").write_text(ours.stdout)
    compare = ("record", "compare", "--keys", keys, tmp_path / "ours.txt", north / "alarm" / "shown.txt")
    assert "SPLIT VIEW" in fails(*compare, status=3)
    assert skyparley("export", "--data", data, "--to", tmp_path / "export").returncode == 0
    trusted = ("--keys", keys, "--keys", north / "witness.pub")
    audited = json.loads(skyparley("audit", tmp_path / "export", *trusted, "--json").stdout)
    line = (north / "witness.pub").read_text().strip()
    cosigned = {one["size"]: one["cosigned_by"] for one in audited["checkpoints"]}
    assert audited["verified"]
    assert (cosigned[1], cosigned[2]) == ([line], [line])


@contextlib.contextmanager
def serving_with(witnesses: Path, data: Path, *options: object) -> Iterator[Serving]:
    """A node that knows witnesses."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("support.process.environment", lambda: environment(SKYPARLEY_WITNESSES=str(witnesses)))
        with serving("serve", data, *options) as node:
            yield node


def test_notes_are_compared_with_what_a_node_shows(node: Serving, tmp_path: Path, capsys: Capture) -> None:
    there = {"url": node.url, "api_key": node.operator_key, "tiles": None}
    keys, notes = tmp_path / "keys.txt", []
    keys.write_text(key_of(node))
    with node.client(node.operator_key) as client:
        for number, party in enumerate(("alpha", "bravo"), 1):
            admit(node, party)
            assert client.get(f"/v1/record/entries/{number}/receipt").status_code == 200
            notes.append(tmp_path / f"{party}.eml")
            text = client.get("/v1/record/checkpoint").content
            notes[-1].write_text("".join(f"> {line}\r\n" for line in text.decode().splitlines()))
    for given in (notes, notes[:1], notes[::-1]):
        assert compare_notes(given, [keys], **there) == 0
        assert "ONE HISTORY" in capsys.readouterr().out
    alone = {"url": None, "api_key": None, "tiles": None}
    with pytest.raises(ProofError, match=r"NOT SHOWN, either way: .* of 1 and 2 entries.* give a node with --node"):
        compare_notes(notes, [keys], **alone)
    with pytest.raises(ProofError, match=f"NOT SHOWN, either way: .* are not in {tmp_path}"):
        compare_notes(notes, [keys], **{**alone, "tiles": tmp_path})
    with pytest.raises(InvalidInputError, match="compared with nothing"):
        compare_notes(notes[:1], [keys], **alone)
    with pytest.raises(StorageError, match="is a node serving there"):
        compare_notes(notes[:1], [keys], **{**there, "url": "http://127.0.0.1:9"})
    done = skyparley("record", "compare", *notes, "--keys", keys, "--node", node.url, "--api-key", node.operator_key)
    assert (done.returncode, done.stderr) == (0, ""), done
    for said in (*map(str, notes), f"the node at {node.url}", "ONE HISTORY", fingerprint(parse_note(text).text)):
        assert "".join(said.split()) in "".join(done.stdout.split()), done.stdout


def test_a_note_of_more_than_the_node_shows_is_no_word_of_an_honest_one(
    node: Serving, tmp_path: Path, capsys: Capture
) -> None:
    """Nor one that contradicts it: signed with its key, on a copy of its record elsewhere."""
    with contextlib.closing(apsw.Connection(str(node.data / "record.sqlite"))) as held:
        ((seed,),) = held.execute("SELECT value FROM facts WHERE name = 'key'")
    stolen = Signer("skyparley", SIGNATURE, Ed25519PrivateKey.from_private_bytes(seed))
    note, keys = tmp_path / "note", tmp_path / "keys.txt"
    keys.write_text(f"{stolen.key}\n")
    there = {"url": node.url, "api_key": node.operator_key, "tiles": None}
    shown = node.get("/v1/record/checkpoint", node.operator_key).text
    for size, said, other in ((1, "SPLIT VIEW", "FEWER ENTRIES"), (999, "FEWER ENTRIES", "convict,")):
        note.write_bytes(signed(size, by=stolen))
        assert compare_notes([note], [keys], **there) == 3
        told = capsys.readouterr().err
        assert (said in told, other in told, shown in told) == (True, False, True), told
    two = tmp_path / "two"
    two.write_bytes(signed(999, bytes([1] * 32), by=stolen))
    assert compare_notes([note, two], [keys], **there) == 3  # both of more than it shows, and they contradict
    assert "SPLIT VIEW" in capsys.readouterr().err


def test_an_older_copy_is_an_alarm_that_accuses_nobody(tmp_path: Path) -> None:
    """The node's own backup, put back on another port, then held against the node that has the whole record."""
    data, keys, ours, north = (tmp_path / name for name in ("data", "keys.txt", "ours.txt", "north"))
    with serving("serve", data) as node:
        admit(node, "alpha")
        assert node.get("/v1/record/entries/1/receipt", node.operator_key).status_code == 200  # by now it is signed
        assert node.stop() == 0
    older = copied(data, tmp_path / "older")
    with serving("serve", data) as node:
        admit(node, "bravo")
        assert node.get("/v1/record/entries/2/receipt", node.operator_key).status_code == 200
        keys.write_text(key_of(node))
        here = ("--node", node.url, "--api-key", node.operator_key, "--keys", keys)
        ours.write_bytes(node.get("/v1/record/checkpoint", node.operator_key).content)
        fails("witness", *here, "--data", north, "--name", "north", "--once")  # which the node does not know
        with serving("serve", older) as other:
            there = ("--node", other.url, "--api-key", other.operator_key, "--keys", keys)
            said = [
                fails("record", "compare", ours, *there, status=3),
                fails("witness", *there, "--data", north, "--once", status=3),
            ]
            again = fails("witness", *here, "--data", north, "--once", status=3)
        assert "FEWER ENTRIES" in said[0]
        assert f"ALARM: the node at {other.url} SHOWS FEWER ENTRIES THAN IT HAS SIGNED" in said[1]
        assert f"ALARM, raised before: the evidence is from then and there; {node.url} was not asked now" in again
        assert f"\nthe node at {other.url} SHOWS FEWER ENTRIES" in again
        assert re.search(r"\nwhen: 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\n", again)
        assert f"the node at {node.url}" not in again
        for told in (*said, again):
            assert "convicts nobody" in told
            for word in ("SPLIT VIEW", "CONTRADICTS", "they convict", "it convicts:"):
                assert word not in told
        pair = (north / "alarm" / "cosigned.txt", north / "alarm" / "shown.txt")
        alone = fails("record", "compare", *pair, "--tiles", north / "alarm" / "tiles", "--keys", keys)
        assert "NOT SHOWN, either way" in alone
        done = skyparley("record", "compare", *pair, *here)
        assert (done.returncode, "ONE HISTORY" in done.stdout) == (0, True), done


def test_what_contradicts_is_told_whoever_shows_it(tmp_path: Path, capsys: Capture) -> None:
    keys, paths = tmp_path / "keys.txt", [tmp_path / name for name in ("one", "two", "three", "four")]
    keys.write_text(f"{OWN.key}\n{NORTH.key}\n")
    texts = (signed(7), signed(7, bytes([1] * 32)), cosigned(signed(7), NORTH, 5), signed(9))
    for path, note in zip(paths, texts, strict=True):
        path.write_bytes(note)
    alone = {"url": None, "api_key": None, "tiles": None}
    assert compare_notes([paths[0], paths[2]], [keys], **alone) == 0
    said = capsys.readouterr()
    assert "ONE HISTORY" in said.out
    assert "north at 1970-01-01T00:00:05Z" in said.out
    for order in (paths, paths[::-1]):  # also where others are not decided
        assert compare_notes(order, [keys], **alone) == 3
        said = capsys.readouterr()
        assert "SPLIT VIEW" in said.err
        assert "ONE HISTORY" not in said.out
    bad, unknown = tmp_path / "bad", tmp_path / "unknown.txt"
    for text in (b"", b"a mail", signed(7).replace(b"\n7\n", b"\n8\n"), signed(7) + b"\n" + signed(9), b"\xff"):
        bad.write_bytes(text)
        with pytest.raises(SkyparleyError) as raised:
            compare_notes([paths[0], bad], [keys], **alone)
        assert raised.value.place == str(bad)
    with bad.open("wb") as file:
        file.truncate(10 * 1024**3)
    with pytest.raises(InvalidInputError, match="is longer than"):
        compare_notes([paths[0], bad], [keys], **alone)
    with pytest.raises(InvalidInputError, match="at most 100"):
        compare_notes(101 * [paths[0]], [keys], **alone)
    bad.write_bytes(signed(7, by=Signer("other", SIGNATURE, OWN.private)))
    keys.write_text(f"{OWN.key}\n{Signer('other', SIGNATURE, OWN.private).key}\n")
    with pytest.raises(InvalidInputError, match="two logs"):
        compare_notes([paths[0], bad], [keys], **alone)
    unknown.write_text(f"{signer('log', SIGNATURE, seed=8).key}\n{NORTH.key}\n")
    with pytest.raises(ProofError, match="no key that you trust"):
        compare_notes(paths[:2], [unknown], **alone)


def test_evidence_convicts_without_the_node(tmp_path: Path, capsys: Capture) -> None:
    """The tiles of an alarm show that the later record does not go on from the earlier one; of others, nothing."""
    trees = [TileWriter(), TileWriter()]
    roots: list[bytes] = []
    for number in range(5):
        for tree, name in zip(trees, "ab", strict=True):
            tree.append(leaf_hash(b"%s %d" % (name.encode() if number else b"", number)))
        roots.append(trees[0].frontier.root())
    keys, ours, shown, tiles = (tmp_path / name for name in ("keys.txt", "ours", "shown", "tiles"))
    keys.write_text(f"{OWN.key}\n")
    (tiles / "0").mkdir(parents=True)
    (tiles / "0" / "0").write_bytes(trees[1].take()[0])
    shown.write_bytes(signed(5, trees[1].frontier.root()))
    there = {"url": None, "api_key": None, "tiles": tiles}
    ours.write_bytes(signed(3, roots[2]))
    assert compare_notes([ours, shown], [keys], **there) == 3
    ours.write_bytes(signed(1, roots[0]))
    assert compare_notes([ours, shown], [keys], **there) == 0
    shown.write_bytes(signed(5, roots[4]))
    with pytest.raises(ProofError, match="NOT SHOWN"):
        compare_notes([ours, shown], [keys], **there)
    capsys.readouterr()


def test_a_note_is_shown_as_a_code(node: Serving, tmp_path: Path, capsys: Capture) -> None:
    """The picture is that of the note: read back from the terminal, module by module."""
    note = cosigned(signed(7), NORTH, 5)
    print_code(note)
    printed = capsys.readouterr().out.splitlines()
    dark = [[cell in light for cell in line] for line in printed for light in (" ▄", " ▀")]
    matrix = [[bool(module) for module in row] for row in segno.make_qr(note, mode="byte", error="L").matrix]
    edge = (len(printed[0]) - len(matrix)) // 2
    assert [row[edge : edge + len(matrix)] for row in dark[edge : edge + len(matrix)]] == matrix
    svg, png = tmp_path / "note.svg", tmp_path / "note.PNG"
    write_code(note, svg)
    assert ElementTree.parse(svg).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    for path, said in ((svg, "exists already"), (tmp_path / "note.gif", "neither .svg nor .png")):
        with pytest.raises(InvalidInputError, match=said):
            write_code(note, path)
    with pytest.raises(InvalidInputError, match="2,953 bytes at most"):
        print_code(30 * note)
    here = ("--url", node.url, "--api-key", node.operator_key)
    done = skyparley("record", "checkpoint", "--image", png, *here)
    assert (done.returncode, done.stdout, done.stderr[:13]) == (0, "", "fingerprint: ")
    assert png.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_file_of_witnesses_that_cannot_be_is_told_before_it_serves(tmp_path: Path) -> None:
    path = tmp_path / "witnesses.txt"
    for text, said in (
        ("", "holds no key"),
        (f"{OWN.key}\n", "none of a cosigner"),
        (f"{NORTH.key}\n{signer('north', seed=5).key}\n", "one name"),
        ("north+9c0f3b1a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n", "does not fit"),
        (f"{format_key_line('alpha', NORTH.key.public)}\n", "the key of a party"),
    ):
        path.write_text(text)
        with pytest.raises(InvalidInputError, match=said) as raised:
            read_witnesses(path)
        assert str(raised.value.place).count(str(path)) == 1
    path.write_text(f"# ours\n{NORTH.key}\n")
    assert read_witnesses(path) == (NORTH.key,)
    assert read_witnesses(None) == ()
    done = skyparley("serve", "--port", "0", "--data", tmp_path / "data", SKYPARLEY_WITNESSES=str(tmp_path / "none"))
    assert (done.returncode, done.stdout, "cannot be read" in done.stderr) == (1, "", True), done


def test_a_witness_stops_when_it_is_told_to(node: Serving, tmp_path: Path) -> None:
    admit(node, "echo")
    keys = tmp_path / "keys.txt"
    keys.write_text(key_of(node))
    with watching(node, "--keys", keys, "--data", tmp_path / "north", "--name", "north") as witness:
        witness.until("asked again in 1 s")
        second = fails("witness", "--node", node.url, "--keys", keys, "--data", tmp_path / "north")
        assert "another process" in second
        witness.process.send_signal(signal.SIGINT)
        assert witness.process.wait(PATIENCE_S) == 0
