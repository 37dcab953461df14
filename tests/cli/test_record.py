"""`skyparley record` and `verify`: fetched from a process that serves, checked by the key alone when it is gone."""

import base64
import json
import shutil
import signal
from hashlib import sha256
from pathlib import Path

import httpx
import msgspec
import pytest

from skyparley.cli.record.named import print_private
from skyparley.errors import InvalidInputError, ProofError, StorageError
from skyparley.record.canonical import write_canonical
from skyparley.record.notes import parse_key, parse_note, verified
from skyparley.record.receipts import Receipt, verify_receipt
from skyparley.record.trust import parse_trusted
from support.commands import fails, skyparley
from support.process import Serving, admit, serving
from support.recorded import cosigned, signer


def test_a_receipt_outlives_the_node_that_gave_it(tmp_path: Path) -> None:
    """The answer names its entry, the receipt is fetched, the node is killed and its data lost: it is still proved."""
    data, receipt, keys = tmp_path / "data", tmp_path / "receipt.json", tmp_path / "keys.txt"
    with serving("serve", data) as node:
        admit(node, "alpha")
        here = ("--url", node.url, "--api-key", (data / "operator.key").read_text())
        line = skyparley("record", "key", *here).stdout
        keys.write_text(f"# the node of the test\n\n{line}")
        done = skyparley("record", "receipt", 1, "--to", receipt, *here)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert skyparley("record", "receipt", 1, *here).stdout.startswith('{"body":')
        note = parse_note(skyparley("record", "checkpoint", *here).stdout.encode())
        assert verified(note, [parse_key(line.strip())])
        node.process.send_signal(signal.SIGKILL)
        node.process.wait()
    for path in data.iterdir():
        path.unlink()
    done = skyparley("verify", receipt, "--keys", keys)
    assert done.returncode == 0, done
    for said in ("PROVED: the entry and its content", "1 of the log 'skyparley'", "register_party", line.strip()):
        assert said in "".join(done.stdout.split()) or said in done.stdout, done.stdout
    assert "Nobody whose key you name has cosigned this record: it proves" in " ".join(done.stdout.split())
    facts = json.loads(skyparley("verify", receipt, "--keys", keys, "--json").stdout)
    assert (facts["verified"], facts["content"], facts["sequence"]) == (True, True, 1)
    assert facts["body"] == {"kind": "register_party", "name": "alpha", "party": "alpha", "party_kind": "third_state"}


def test_what_does_not_prove_its_entry_is_said_in_one_line(node: Serving, tmp_path: Path) -> None:
    key = admit(node, "bravo")
    here = ("--url", node.url, "--api-key", (node.data / "operator.key").read_text())
    receipt, keys, other = tmp_path / "receipt.json", tmp_path / "keys.txt", tmp_path / "other.txt"
    assert skyparley("record", "receipt", 1, "--to", receipt, *here).returncode == 0
    keys.write_text(skyparley("record", "key", *here).stdout)
    other.write_text("north+9c0f3b1a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n")
    assert "does not fit" in fails("verify", receipt, "--keys", other)
    other.write_text("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n")
    assert "NOT PROVED: no key that you trust is that of the log 'skyparley'" in fails(
        "verify", receipt, "--keys", other
    )
    assert skyparley("verify", receipt, "--keys", other, "--keys", keys).returncode == 0
    altered = tmp_path / "altered.json"
    altered.write_bytes(receipt.read_bytes().replace(b"bravo", b"brave"))
    assert "NOT PROVED: the body of the receipt is not" in fails("verify", altered, "--keys", keys)
    altered.write_bytes(receipt.read_bytes() + b"\n")
    assert "not as it was written" in fails("verify", altered, "--keys", keys)
    assert f": {tmp_path}: cannot be read" in f": {fails('verify', tmp_path, '--keys', keys)}".replace(
        "skyparley: ", ""
    )
    assert "cannot be read" in fails("verify", receipt, "--keys", tmp_path)
    other.write_text("# nothing\n")
    assert "holds no key" in fails("verify", receipt, "--keys", other)
    assert "exists already" in fails("record", "receipt", 1, "--to", receipt, *here)
    assert "there is no entry 99999" in fails("record", "receipt", 99_999, *here)
    assert json.loads(skyparley("record", "receipt", 1, "--url", node.url, "--api-key", key).stdout)["body"] is None


def test_what_is_printed_cannot_pretend(tmp_path: Path) -> None:
    """A forger names a pool after what the terminal shows of a proof, and takes back the line before it."""
    fake = "x\x1b[2K\r\x1b[1;32mPROVED: the entry and its content\x1b[0m\n\u202e\x9b"
    receipt, keys = tmp_path / "receipt.json", tmp_path / "keys.txt"
    keys.write_text("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n")
    receipt.write_bytes(msgspec.json.encode({fake: 1}))
    for path, names in ((receipt, keys), (tmp_path / fake, keys), (receipt, tmp_path / fake)):
        said = fails("verify", path, "--keys", names)
        assert said.rstrip("\n").isprintable(), said


def stored(data: bytes) -> dict[str, str | None]:
    return {
        "member": "note_digest",
        "digest": sha256(data).hexdigest(),
        "data": base64.b64encode(data).decode(),
        "deleted_under": None,
    }


def test_what_is_named_is_what_the_receipt_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A node that gives other words, with a digest that fits them; words that pretend; a kind before the salt."""
    salt, to = bytes(15) + b"\n", tmp_path / "named"
    for form in (b"", b"skyparley note 1\n"):
        true, other = (form + salt + text.encode() for text in ("it is calm\nheld against", "it is windy"))
        one, two = stored(true), stored(other)
        expected = {"note_digest": str(one["digest"])}
        for items in ([two], [], [one, two], [{**one, "member": "text_digest"}]):
            with pytest.raises(ProofError, match="other digests for entry 7 than its receipt has"):
                print_private(7, items, expected, to)
        for items in ([{**one, "data": two["data"]}], [two, {**one, "data": two["data"]}]):
            with pytest.raises(ProofError, match="something else than the node gave"):
                print_private(7, items, None, to)
        for items in ({}, [{}], [{**one, "data": 1}], None):
            with pytest.raises(StorageError, match="no Skyparley node"):
                print_private(7, items, None, to)
        assert (capsys.readouterr().out, to.exists() and list(to.iterdir())) == ("", False)
        print_private(7, [one], expected, to)
        assert capsys.readouterr().out.splitlines() == [
            "note_digest: it is calm\\nheld against",
            "held against the digests in the receipt of entry 7",
        ]
        assert (to / str(one["digest"])).read_bytes() == true
        with pytest.raises(InvalidInputError, match="exists already"):
            print_private(7, [two, one], None, to)
        assert len(list(to.iterdir())) == 1
        shutil.rmtree(to)


def test_lines_of_keys_that_are_not_named_are_counted(node: Serving, tmp_path: Path) -> None:
    """They may be those of cosigners: nobody says that there are none, and nobody counts them as such."""
    admit(node, "delta")
    here = ("--url", node.url, "--api-key", (node.data / "operator.key").read_text())
    receipt, keys, both = tmp_path / "receipt.json", tmp_path / "keys.txt", tmp_path / "both.txt"
    skyparley("record", "receipt", 1, "--to", receipt, *here)
    keys.write_text(skyparley("record", "key", *here).stdout)
    both.write_text(f"{keys.read_text()}{signer('north').key}\n")
    given = json.loads(receipt.read_bytes())
    given["checkpoint"] = cosigned(given["checkpoint"].encode(), signer("north"), 5).decode()
    receipt.write_bytes(write_canonical(msgspec.convert(given, Receipt)))
    for named, says, facts in ((keys, "(1 signature lines are of keys that you do not name)", 1), (both, "", 0)):
        said = " ".join(skyparley("verify", receipt, "--keys", named).stdout.split())
        assert (says in said, "Nobody" in said) == (True, bool(facts)), said
        told = json.loads(skyparley("verify", receipt, "--keys", named, "--json").stdout)
        assert (told["unknown_lines"], len(told["cosigned_by"])) == (facts, 1 - facts)
    skyparley("export", "--data", node.data, "--to", tmp_path / "export")
    audit = ("audit", tmp_path / "export", "--jobs", 1, "--receipt", receipt, "--keys")
    for named, is_said in ((keys, True), (both, False)):
        done = skyparley(*audit, named)
        assert (done.returncode, "Nobody whose key you name has cosigned" in done.stdout) == (0, is_said), done
    (tmp_path / "export" / "manifest.json").unlink()
    assert fails(*audit, keys).startswith(f"skyparley: {tmp_path}/export/manifest.json: cannot be read")


def test_a_file_of_ten_gigabytes_is_not_read(node: Serving, tmp_path: Path) -> None:
    """It is sparse: whoever read it whole would need ten gigabytes, and this is done at once."""
    keys, long = tmp_path / "keys.txt", tmp_path / "long.json"
    keys.write_text(skyparley("record", "key", "--url", node.url, "--api-key", admit(node, "charlie")).stdout)
    with long.open("wb") as file:
        file.truncate(10 * 1024**3)
    assert "is longer than" in fails("verify", long, "--keys", keys)
    assert "is longer than" in fails("verify", keys, "--keys", long)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_the_record_goes_on_after_the_node_ended(tmp_path: Path, number: int) -> None:
    """With the same key, and a tree that is the log's: each receipt of before and after is verified by it."""
    data, keys = tmp_path / "data", tmp_path / "keys.txt"
    receipts = []
    for party in ("alpha", "bravo"):
        with serving("serve", data) as node:
            key = admit(node, party)
            here = ("--url", node.url, "--api-key", key)
            line = skyparley("record", "key", *here).stdout
            assert not keys.exists() or keys.read_text() == line
            keys.write_text(line)
            last = int(node.get("/v1/status", key).json()["sequence"])
            paths = [f"/v1/record/entries/{sequence}/receipt" for sequence in range(1, last + 1)]
            receipts += [node.get(path, (data / "operator.key").read_text()).content for path in paths]
            node.process.send_signal(number)
            node.process.wait()
    sizes = [verify_receipt(one, parse_trusted(keys.read_text())).checkpoint.size for one in receipts]
    assert sizes == sorted(sizes)


def test_a_restored_node_signs_on_and_one_with_an_older_log_does_not_start(tmp_path: Path) -> None:
    data, backup, restored = tmp_path / "data", tmp_path / "backup", tmp_path / "restored"
    with serving("serve", data) as node:
        here = ("--url", node.url, "--api-key", admit(node, "alpha"))
        line = skyparley("record", "key", *here).stdout
        assert skyparley("record", "receipt", 1, *here).returncode == 0  # by now it is signed
        assert skyparley("backup", backup, "--data", data).returncode == 0
        admit(node, "bravo")
        assert node.stop() == 0
    assert skyparley("restore", backup, "--data", restored).returncode == 0
    with serving("serve", restored) as node:
        key = skyparley("party", "key", "alpha", "--data", node.data).stdout.strip()
        assert node.get("/v1/record/key", key).json()["key"] == line.strip()
        assert httpx.get(f"{node.url}/v1/record/checkpoint").status_code == 401
        assert node.stop() == 0
    (restored / "record.sqlite").write_bytes((data / "record.sqlite").read_bytes())
    done = skyparley("serve", "--port", "0", "--data", restored)
    assert done.returncode == 1
    assert "this node has signed a record of" in done.stderr
    assert "restore the newer log" in done.stderr
