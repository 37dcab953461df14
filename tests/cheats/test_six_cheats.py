"""The operator cheats in six ways, and an honest party's own files and programs tell; and what they cannot tell.

The programs are unmodified and run as processes, over what the cheating operator serves or hands out. Each cheat signs
anew and rebuilds all that the operator's own keys allow, so that what he shows contradicts nothing within itself.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from skyparley.airspace.operations.commands import Extent, FileOperation
from skyparley.airspace.signing.commands import ENTRIES, RegisterKey, RevokeKey
from skyparley.cli.main import app
from skyparley.record.authorship import key_id_of
from skyparley.record.base64 import to_base64
from support.commands import skyparley
from support.exports import Made
from support.honest_party import Held, look
from support.operator_cheats import again, alter, back_date, drop, read_log, rebuild, say, strip, swap
from support.process import Serving, serving


def audit(held: Held, data: Path, *more: object, reader: str = "") -> tuple[int, str]:
    """Alpha audits what the operator exports; exit status, and all that is said, on one line."""
    return audit_of(held, held.export(data, reader), *more)


def audit_of(held: Held, export: Path, *more: object) -> tuple[int, str]:
    done = skyparley("audit", export, "--keys", held.keys, "--jobs", 1, *more, COLUMNS="300")
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def audit_here(held: Held, export: Path, *more: object) -> tuple[int, str]:
    """The same in this process, which is quicker than to start one."""
    said = ["audit", export, "--keys", held.keys, "--jobs", 1, *more]
    done = CliRunner().invoke(app, list(map(str, said)), env={"COLUMNS": "300"})
    return done.exit_code, " ".join([*done.output.split(), str(done.exception)])


def compare(held: Held, *notes: object) -> tuple[int, str]:
    done = skyparley("record", "compare", *notes, "--keys", held.keys)
    return done.returncode, done.stdout + done.stderr


def compare_with(held: Held, node: Serving) -> tuple[int, str]:
    done = skyparley(
        "record", "compare", held.noted, "--node", node.url, "--keys", held.keys, SKYPARLEY_API_KEY=node.operator_key
    )
    return done.returncode, done.stdout + done.stderr


def verify(held: Held, receipt: Path) -> tuple[int, str]:
    done = skyparley("verify", receipt, "--keys", held.keys, COLUMNS="200")
    return done.returncode, done.stdout + done.stderr


def all_held(held: Held) -> list[object]:
    names = ("signed-1", "signed-2", "attested-1", "attested-2")
    receipts = [word for name in names for word in ("--receipt", held.receipt(name))]
    return [*receipts, "--checkpoint", held.noted, "--checkpoint", held.home / "witness" / "cosigned.txt"]


def test_an_honest_operator_is_believed(held: Held, tmp_path: Path) -> None:
    """No false alarm: neither over what he has, nor over a rebuilding that changes nothing."""
    for name in ("signed-1", "attested-1"):
        status, words = verify(held, held.receipt(name))
        assert (status, words.startswith("PROVED: the entry and its content")) == (0, True)
    rebuilt = rebuild(held.data, tmp_path / "rebuilt", held.entries)
    exports = [held.export(data) for data in (held.data, rebuilt)]
    for export, run in zip(exports, (audit_of, audit_here), strict=True):
        status, words = run(held, export, *all_held(held))
        assert (status, words.startswith("VERIFIED: content of every entry")) == (0, True), words
        for said in ("refused by the rules", "said before", "KNOWN BY THE LOG ONLY", "are in the name of a party"):
            assert said not in words
    export = held.export(rebuilt, "alpha")
    assert audit_here(held, export, "--receipt", held.receipt("signed-2"))[0] == 0
    with serving("serve", rebuilt) as node:
        status, words = held.witness(node, tmp_path / "witness")
        assert (status, "cosigned" in words) == (0, True), words
        status, words = compare_with(held, node)
        assert (status, words.splitlines()[-1].startswith("ONE HISTORY")) == (0, True), words


CHEATS = {
    "an acknowledged entry is dropped": (drop, "attested-1"),
    "two change places after a co-signed checkpoint": (swap, "attested-1"),
    "a body is altered": (alter, "attested-2"),
    "an entry is back-dated": (back_date, "attested-2"),
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_the_record_is_rewritten(held: Held, tmp_path: Path, cheat: str) -> None:
    """In four ways: a receipt names the entry; a noted checkpoint and the witness tell of another record."""
    change, name = CHEATS[cheat]
    place = held.places[name]
    data = rebuild(held.data, tmp_path / "data", change(held.entries, place))
    export = held.export(data)
    assert audit_here(held, export)[0] == 0  # alone it is as good as another
    status, words = audit_of(held, export, "--receipt", held.receipt(name))
    said = f"WRONG at entry {place}: it is not the entry of the receipt {held.receipt(name)} that you hold: the record"
    assert (status, words.startswith(said)) == (1, True), words
    for checkpoint in (held.noted, held.home / "witness" / "cosigned.txt"):
        status, words = audit_here(held, export, "--checkpoint", checkpoint)
        found = re.match(
            r"WRONG at entries 1 to (\d+): the tree of \1 entries has not the root of the checkpoint", words
        )
        assert found is not None, words
        assert (status, int(found[1]) >= place) == (1, True)
    with serving("serve", data) as node:
        status, words = held.witness(node, tmp_path / "witness")
        assert (status, "CONTRADICTS WHAT IT HAS SIGNED" in words) == (3, True), words
        status, words = compare_with(held, node)
        assert (status, "SPLIT VIEW" in words) == (3, True), words


def test_what_is_dropped_at_the_end_is_missed(held: Held, tmp_path: Path) -> None:
    """A record that is shorter than what was signed before."""
    place = held.places["attested-2"]
    data = rebuild(held.data, tmp_path / "data", held.entries[: place - 1])
    status, words = audit(held, data, "--receipt", held.receipt("attested-2"))
    assert (status, f"is about entry {place}, and the export ends at entry {place - 1}" in words) == (1, True), words


def test_what_a_party_has_signed_cannot_be_altered_even_where_nobody_holds_anything(held: Held, tmp_path: Path) -> None:
    place = held.places["signed-2"]
    data = rebuild(held.data, tmp_path / "data", alter(held.entries, place))
    status, words = audit(held, data)
    said = f"WRONG at entry {place}: the signature of the entry's author does not fit"
    assert (status, words.startswith(said)) == (1, True), words
    with serving("serve", data) as node:
        receipt = tmp_path / "receipt.json"
        path = f"/v1/record/entries/{place}/receipt"
        receipt.write_bytes(node.get(path, node.operator_key).raise_for_status().content)
    status, words = verify(held, receipt)
    assert (status, "NOT PROVED: the signature of the entry's author does not fit" in words) == (1, True)


def test_a_signature_is_taken_off(held: Held, tmp_path: Path) -> None:
    """What alpha has signed is said to have come by an API key, with another body, minutes later or at once."""
    place, name = held.places["signed-2"], "signed-2"
    since = held.places["signs-all"]
    entries = strip(held.entries, place)
    at_once = rebuild(held.data, tmp_path / "once", entries)
    status, words = audit(held, at_once)
    assert f"1 entries, the first of them {place}, are in the name of a party whose keys did not allow it" in words
    assert "refused by the rules 1, the first entry" in words
    assert audit_here(held, at_once.with_name("once-export"), "--receipt", held.receipt(name))[0] == 1
    later = [*entries[: place - 1]]
    later += [Made(**{**vars(one), "time_us": one.time_us + 90_000_000}) for one in entries[place - 1 :]]
    status, words = audit(held, rebuild(held.data, tmp_path / "later", later))
    assert (status, words.startswith(f"WRONG at entry {place}: it is in the name of 'alpha' (bearer-attested)")) == (
        1,
        True,
    )
    assert f"signs all that it writes since entry {since}" in words


# he speaks in alpha's name: the record only grows, so that no witness can tell; the audit does


def filing(held: Held, name: str) -> FileOperation:
    begin_us = held.entries[-1].time_us + 3_600_000_000
    extent = Extent(("47894b0c",), 0, 120_000, "WGS84", begin_us, begin_us + 600_000_000)
    return FileOperation(name, "drone", (extent,), "ab" * 32)


FALSE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
FALSE_ID = key_id_of(FALSE.public_key().public_bytes_raw())


def false_registration(held: Held) -> RegisterKey:
    public = FALSE.public_key().public_bytes_raw()
    begin_us = held.entries[0].time_us
    return RegisterKey(FALSE_ID, to_base64(public), ENTRIES, begin_us, begin_us + 10**13)


def spoken(held: Held, how: str) -> list[Made]:
    entries = held.entries
    if how == "by an API key":
        return say(entries, "alpha", filing(held, "never"), after_s=90)
    if how == "by a false key of his":
        return say(entries, "alpha", filing(held, "never"), private=FALSE)
    if how == "by a false key that he registers":
        return say(entries, "alpha", false_registration(held), after_s=90, private=FALSE)
    return again(entries, held.places["signed-1"], after_s=400)


SPOKEN = {
    "by an API key": ("it is in the name of 'alpha' (bearer-attested)", "signs all that it writes since entry"),
    "by a false key of his": ("it is in the name of 'alpha' (party-signed)", f"has no key {FALSE_ID}"),
    "by a false key that he registers": ("it is in the name of 'alpha' (party-signed)", "only under its signature"),
    "by alpha's own old words": ("it is in the name of 'alpha' (party-signed)", "it was signed for"),
}


@pytest.mark.parametrize("how", SPOKEN)
def test_he_speaks_in_a_party_s_name(held: Held, tmp_path: Path, how: str) -> None:
    data = rebuild(held.data, tmp_path / "data", spoken(held, how))
    place = len(held.entries) + 1
    for reader, run in (("", audit_of), ("alpha", audit_here)):
        status, words = run(held, held.export(data, reader), *all_held(held))
        assert (status, words.startswith(f"WRONG at entry {place}: {SPOKEN[how][0]}")) == (1, True), words
        assert SPOKEN[how][1] in words


def test_he_revokes_a_party_s_key_and_brings_in_his_own(held: Held, tmp_path: Path) -> None:
    """Revoking needs no signature, so that this is possible; that nobody but the node vouches for the key is said."""
    entries = say(held.entries, "alpha", RevokeKey(held.signer.key_id, "lost"))
    entries = say(entries, "alpha", false_registration(held), private=FALSE)
    entries = say(entries, "alpha", filing(held, "never"), private=FALSE)
    revoked, registered = len(entries) - 2, len(entries) - 1
    data = rebuild(held.data, tmp_path / "data", entries)
    for reader, run in (("", audit_of), ("alpha", audit_here)):
        status, words = run(held, held.export(data, reader), *all_held(held))
        assert (status, words.startswith("NOT VERIFIED")) == (1, True), words
        for said in (
            f"{FALSE_ID} for entries, registered by entry {registered} on the node's word alone; KNOWN BY THE LOG ONLY",
            f"revoked by entry {revoked} (lost), unsigned; you name it",
            f"2 entries, the first of them {registered}, are signed by key {FALSE_ID} of 'alpha', which is known",
        ):
            assert said in words, words


def test_old_words_that_are_said_again_in_time_count_once(held: Held, tmp_path: Path) -> None:
    data = rebuild(held.data, tmp_path / "data", again(held.entries, held.places["signed-1"], after_s=1))
    status, words = audit(held, data, *all_held(held))
    assert (status, f"said before 1, the first entry {len(held.entries) + 1}: without effect" in words) == (0, True)


# he shows two parties different records


def test_two_parties_are_shown_different_records(held: Held, tmp_path: Path) -> None:
    """Each is whole in itself; the two, or a witness who sees both, tell."""
    last = held.places["later-1"]
    shown = {"alpha": held.entries, "bravo": alter(held.entries, last)}
    notes = []
    for party, entries in shown.items():
        data = rebuild(held.data, tmp_path / party, entries)
        assert audit_here(held, held.export(data), *all_held(held))[0] == 0
        with serving("serve", data) as node:
            note = tmp_path / f"{party}.txt"
            note.write_bytes(node.get("/v1/record/checkpoint", node.operator_key).content)
            notes.append(note)
            if party == "alpha":
                assert held.witness(node, tmp_path / "witness")[0] == 0
            else:
                status, words = look(node, tmp_path / "witness", held.keys)
                assert (status, "CONTRADICTS WHAT IT HAS SIGNED" in words) == (3, True), words
    status, words = compare(held, *notes)
    assert (status, f"SPLIT VIEW: {notes[0]} and {notes[1]} contradict each other" in words) == (3, True), words
    assert compare(held, notes[0], notes[0])[0] == 0
    alarm = tmp_path / "witness" / "alarm"
    status, words = compare(held, alarm / "cosigned.txt", alarm / "shown.txt", "--tiles", alarm / "tiles")
    assert status == 3


# what nobody can tell


def test_what_nobody_has_seen_signed_can_be_reordered_and_dropped(held: Held, tmp_path: Path) -> None:
    """The limit that docs/record.md states: up to the first checkpoint that others hold, order is the node's word."""
    place = held.places["later-1"]
    for name, entries in (
        ("swapped", swap(held.entries, place)),
        ("dropped", drop(held.entries, place)),
        ("altered", alter(held.entries, place)),
    ):
        data = rebuild(held.data, tmp_path / name, entries)
        assert read_log(data) != held.entries
        status, words = audit_here(held, held.export(data), *all_held(held))
        assert (status, words.startswith("VERIFIED: content of every entry")) == (0, True), words
        if name == "swapped":
            with serving("serve", data) as node:
                assert held.witness(node, tmp_path / "witness")[0] == 0
                assert compare_with(held, node)[0] == 0


def test_programs_are_told_the_same(held: Held, tmp_path: Path) -> None:
    data = rebuild(held.data, tmp_path / "data", strip(held.entries, held.places["signed-2"]))
    facts: dict[str, Any] = json.loads(skyparley("audit", held.export(data), "--keys", held.keys, "--json").stdout)
    place = {"entries": 1, "first": held.places["signed-2"]}
    assert (facts["disputed"], facts["refused"]["first"], facts["repeated"]["entries"]) == (place, place["first"], 0)
    own, witness = facts["log_keys"]
    assert own == {
        "party": "alpha", "key_id": held.signer.key_id, "use": "entries", "named": True,
        "sequence": held.places["signed-1"] - 1, "introduced_by": None, "revoked_sequence": None, "revoked_by": None,
    }  # fmt: skip
    assert (witness["use"], witness["named"], witness["introduced_by"]) == ("checkpoints", True, held.signer.key_id)
