"""`skyparley record` and `verify`: fetched from a process that serves, checked by the key alone when it is gone."""

import json
import signal
from pathlib import Path

import httpx
import msgspec
import pytest

from skyparley.record.notes import parse_key, parse_note, verified
from skyparley.record.receipts import verify_receipt
from skyparley.record.trust import parse_trusted
from support.commands import fails, skyparley
from support.process import Serving, admit, serving


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
    assert "Nobody but the node has signed this record" in done.stdout
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
    assert "cannot be read" in fails("verify", tmp_path / "nothing", "--keys", keys)
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
