"""`skyparley keys` and `operation` against a process that serves: made, registered, signed with, changed, revoked."""

import json
import stat
from pathlib import Path

import pytest

from skyparley.record.trust import parse_trusted
from support.commands import skyparley
from support.process import Serving, serving
from support.serving import operation


def admit(node: Serving, party: str) -> tuple[str, ...]:
    assert skyparley("party", "add", party, "--data", node.data).returncode == 0
    key = skyparley("party", "key", party, "--data", node.data).stdout.strip()
    return ("--url", node.url, "--api-key", key)


def does(*arguments: object, **environment: str) -> str:
    done = skyparley(*arguments, **environment)
    assert (done.returncode, done.stderr) == (0, ""), (arguments, done.stderr)
    return done.stdout


def fails(*arguments: object, **environment: str) -> str:
    done = skyparley(*arguments, **environment)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done
    return done.stderr


def test_a_party_signs_on_its_own_machine_and_keeps_its_receipts(node: Serving, tmp_path: Path) -> None:
    here = admit(node, "hotel")
    key, flight, receipts, trusted = (tmp_path / name for name in ("hotel.key", "flight.json", "receipts", "keys.txt"))
    line = does("keys", "make", "hotel", "--pool", "skyparley", "--to", key).strip()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert does("keys", "show", key).strip() == line
    flight.write_text(json.dumps(operation("h-1")))
    signed = ("--sign-with", key, *here)
    assert "register it first" in fails("operation", "file", flight, *signed)
    assert "is a key of hotel for entries" in does("keys", "register", key, *here)
    assert "only what is signed is its word" in does("keys", "require", "yes", *signed)
    assert "signs all that it writes" in fails("operation", "cancel", "h-1", "--version", 1, *here)
    said = does("operation", "file", flight, *signed, "--receipts", receipts)
    assert said.startswith("h-1: accepted, version 1, entry ")
    does("operation", "cancel", "h-1", "--version", 1, *here, SKYPARLEY_SIGN_WITH=str(key))
    (receipt,) = receipts.iterdir()
    trusted.write_text(does("record", "key", *here) + line + "\n")
    assert "signed by the party itself" in "".join(does("verify", receipt, "--keys", trusted, COLUMNS="200"))
    trusted.write_text(does("record", "key", *here))
    assert "give its line, which begins with hotel=ed25519:" in fails("verify", receipt, "--keys", trusted)
    does("line", "post", "ops", *here, SKYPARLEY_SIGN_WITH=str(key))
    assert "signs all that it writes" in fails("line", "post", "ops", *here)


def test_a_key_is_changed_and_a_stolen_one_stopped_without_it(node: Serving, tmp_path: Path) -> None:
    here = admit(node, "india")
    first, second = tmp_path / "first.key", tmp_path / "second.key"
    for path in (first, second):
        does("keys", "make", "india", "--pool", "skyparley", "--to", path, SKYPARLEY_SIGNING_PASSPHRASE="a word")
    word = {"SKYPARLEY_SIGNING_PASSPHRASE": "a word"}
    assert "needs its passphrase" in fails("keys", "register", first, *here)
    does("keys", "register", first, "--days", 30, *here, **word)
    assert "only under its signature" in fails("keys", "register", second, *here, **word)
    does("keys", "register", second, "--sign-with", first, *here, **word)
    ids = [parse_trusted(does("keys", "show", path, **word)).parties for path in (first, second)]
    (_, old), (_, new) = (next(iter(one)) for one in ids)
    does("keys", "revoke", old, "--reason", "compromised", *here)
    assert "was revoked by entry" in fails("keys", "require", "yes", "--sign-with", first, *here, **word)
    listed = does("keys", "list", "india", *here, COLUMNS="220")
    for says in (f"{old}", "revoked (compromised)", "the node's word", f"{new}", "valid", "may write without"):
        assert says in listed, listed
    assert "unknown reason" in fails("keys", "revoke", new, "--reason", "boredom", *here)
    assert "has no key" in fails("keys", "revoke", "0" * 16, "--reason", "lost", *here)
    assert "name the key with --sign-with" in fails("keys", "require", "no", *here)


def test_words_are_deleted_and_the_audit_says_under_what(tmp_path: Path) -> None:
    data, keys, export = tmp_path / "data", tmp_path / "keys.txt", tmp_path / "export"
    with serving("serve", data) as node:
        here = admit(node, "kilo")
        does("line", "post", "ops", *here)
        watch = does("line", "watch", "ops", *here).strip()
        does("line", "watch", "ops", "--leave", watch, "--note", "Lima is ill.", *here)
        operator = ("--url", node.url, "--api-key", (data / "operator.key").read_text())
        entries = node.get("/v1/record/entries?kind=leave_watch", operator[-1]).json()["items"]
        sequence = entries[0]["sequence"]
        said = does("record", "private", sequence, *here)
        assert "note_digest: Lima is ill.\nheld against the node's word only" in said
        keys.write_text(does("record", "key", *here))
        held, other, named = tmp_path / "held.json", tmp_path / "other.json", tmp_path / "named"
        does("record", "receipt", sequence, "--to", held, *here)
        does("record", "receipt", sequence - 1, "--to", other, *operator)
        private = ("record", "private", sequence, *here, "--receipt")
        assert "give both" in fails(*private, held)
        assert "is the receipt of entry" in fails(*private, other, "--keys", keys)
        against = (*private, held, "--keys", keys, "--to", named)
        assert f"note_digest: Lima is ill.\nheld against the digests in the receipt of entry {sequence}" in does(
            *against
        )
        assert "exists already" in fails(*against)
        said = does("record", "delete", sequence, "--under", "GDPR, article 17", *operator)
        assert f"the words of entry {sequence} are deleted" in said
        assert "note_digest: deleted under GDPR, article 17" in does("record", "private", sequence, *here)
        assert "deleted under GDPR, article 17\nheld against the digests" in does(*private, held, "--keys", keys)
        assert "already" in fails("record", "delete", sequence, "--under", "again", *operator)
        does("record", "receipt", sequence + 1, "--to", tmp_path / "receipt.json", *operator)
        assert node.stop() == 0
    (note,) = named.iterdir()  # the words are proved, though the node has deleted them and is gone
    verify = ("verify", held, "--keys", keys, "--named")
    proved = does(*verify, note, COLUMNS="200")
    for says in ("PROVED: the entry and its content, and that it names this file", "Lima is ill."):
        assert says in proved
    assert json.loads(does(*verify, note, "--json"))["named_by"] == "note_digest"
    note.write_bytes(note.read_bytes()[:-4] + b"well")
    assert f"NOT PROVED: entry {sequence} does not name this" in fails(*verify, note)
    assert b"Lima is ill" not in b"".join(path.read_bytes() for path in data.iterdir())
    does("export", "--data", data, "--to", export)
    told = does("audit", export, "--keys", keys, COLUMNS="200")
    assert "VERIFIED: content of every entry" in told
    assert "words deleted   1 that entries name, under GDPR, article 17" in told or "under GDPR, article 17" in told


@pytest.mark.parametrize("vkey", ["north+9c0f3b1a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "x"])
def test_a_line_that_is_no_witness_s_key_is_refused(node: Serving, vkey: str) -> None:
    assert "key" in fails("keys", "witness", vkey, "--url", node.url, "--api-key", "sp_x_y")


def test_files_that_hold_more_or_less_than_operations_are_told(node: Serving, tmp_path: Path) -> None:
    here = admit(node, "juliett")
    flight, wrong, hazard = (tmp_path / name for name in ("flight.json", "wrong.json", "hazard.json"))
    flight.write_text(json.dumps(operation("j-1")))
    wrong.write_text('{"operation_id": "j-2"}')
    done = skyparley("operation", "file", flight, wrong, *here)
    assert done.returncode == 1
    assert "j-1: accepted" in done.stdout
    assert "wrong.json" in done.stderr
    done = skyparley("operation", "file", flight, *here)
    assert (done.returncode, "j-1: refused: " in done.stderr) == (1, True)
    assert "j-1: accepted, version 2" in does("operation", "file", flight, "--amend", 1, *here)
    volume = operation("x")["volumes"]
    hazard.write_text(json.dumps({"operation_id": "z", "hazard_kind": "debris", "volumes": volume}))
    assert "z: confirmed, version 1" in does("operation", "declare", hazard, *here)
    assert "version 2 now, not 1" in fails("operation", "cancel", "j-1", "--version", 1, *here)
