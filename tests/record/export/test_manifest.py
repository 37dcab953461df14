"""The manifest and its seal: what is written in another way, sealed by another, or does not add up is refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyparley.errors import InvalidInputError, ProofError, SkyparleyError
from skyparley.record.export.manifest import open_manifest, seal, signed_checkpoint, signed_checkpoints
from skyparley.record.export.writing import Writer
from skyparley.record.notes import COSIGNATURE, Signer, origin_of, parse_checkpoint, parse_note
from support.exports import COSIGNER, KEYS, NODE_SIGNER, POOL, export_of, history, note_of

ENTRIES = history(9)
FILES = export_of([entry.shown() for entry in ENTRIES], sizes=(4,), segment_entries=4)
GOOD = FILES["manifest.json"]
MEMBERS: dict[str, Any] = json.loads(GOOD)


def written(members: Any, **more: Any) -> bytes:
    spelled = {"sort_keys": True, "separators": (",", ":"), "ensure_ascii": False, **more}
    return json.dumps(members, **spelled).encode()


def changed(change: Callable[[Any], object]) -> bytes:
    members = json.loads(GOOD)
    change(members)
    return written(members)


def test_it_is_the_one_that_was_written() -> None:
    manifest = open_manifest(GOOD, FILES["seal"], KEYS.notes)
    assert written(MEMBERS) == GOOD
    assert (manifest.pool, manifest.reader, manifest.entries) == (POOL, "", 9)
    assert [(one.first, one.last) for one in manifest.segments] == [(1, 4), (5, 8), (9, 9)]
    signed = signed_checkpoints(manifest, KEYS.notes)
    assert [one.checkpoint.size for one in signed] == [4, 9]
    assert signed[1].cosigned == {str(COSIGNER.key): 1_800_000_000}


def test_a_seal_is_no_checkpoint_and_a_checkpoint_no_seal() -> None:
    with pytest.raises(InvalidInputError):
        parse_checkpoint(parse_note(FILES["seal"]).text)
    with pytest.raises(ProofError, match="is not that of"):
        open_manifest(GOOD, note_of([entry.leaf for entry in ENTRIES]), KEYS.notes)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not a manifest"),
        (b"{}", "not a manifest"),
        (b"[" * 100_000, "not a manifest"),
        (GOOD[:-1], "not a manifest"),
        (GOOD + b"\n", "not as it was written"),
        (GOOD + GOOD, "not a manifest"),
        (written(MEMBERS, indent=1), "not as it was written"),
        (written(MEMBERS, ensure_ascii=True), "not as it was written"),
        (GOOD.replace(b'"entries":9', b'"entries":9,"entries":9'), "not as it was written"),
        (GOOD.replace(b'"entries":9', b'"entries":9.0'), r"not (a manifest|as it was written)"),
        (GOOD.replace(b'"entries":9', b'"Entries":9'), "not a manifest"),
        (GOOD.replace(b'"entries":9', b'"entries":10'), "end at entry 9, not at 10"),
        (GOOD.replace(b"export 1", b"export 2").replace(b'"entries"', b'"anew":[],"entries"'), "export 1': upgrade"),
        (GOOD.replace(b"skyparley export 1", b"export"), "not a 'skyparley export 1'"),
        (changed(lambda m: m["segments"].pop(1)), "begins with entry 9, not 5"),
        (changed(lambda m: m["segments"].clear()), "not a manifest"),
        (changed(lambda m: m["checkpoints"].clear()), "not a manifest"),
        (changed(lambda m: m["segments"][0].update(count=0)), "not a manifest"),
        (changed(lambda m: m["segments"][0].update(count=65_537)), "not a manifest"),
        (changed(lambda m: m["segments"][0].update(bytes=2**40)), "not a manifest"),
        (changed(lambda m: m["segments"][0].update(sha256="A" * 64)), "not a manifest"),
        (changed(lambda m: m.update(chain="x")), "not a manifest"),
        (b" " * (16 * 1024 * 1024 + 1), "at most"),
    ],
)  # fmt: skip
def test_what_is_no_manifest_is_refused_though_the_log_s_key_has_sealed_it(data: bytes, why: str) -> None:
    with pytest.raises(InvalidInputError, match=why) as caught:
        open_manifest(data, seal(data, NODE_SIGNER), KEYS.notes)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "checkpoints",
    [
        [note_of([entry.leaf for entry in ENTRIES[:4]])],
        [note_of([entry.leaf for entry in ENTRIES]), note_of([entry.leaf for entry in ENTRIES[:4]])],
        [note_of([]), note_of([entry.leaf for entry in ENTRIES])],
        [note_of([entry.leaf for entry in history(10)])],
        [note_of([entry.leaf for entry in ENTRIES], signer=replace(NODE_SIGNER, name="other"))],
        [b"no note"],
    ],
)
def test_checkpoints_that_do_not_lead_to_the_end_are_refused(checkpoints: list[bytes]) -> None:
    data = changed(lambda m: m.update(checkpoints=[note.decode() for note in checkpoints]))
    with pytest.raises((InvalidInputError, ProofError)):
        signed_checkpoints(open_manifest(data, seal(data, NODE_SIGNER), KEYS.notes), KEYS.notes)


def test_a_cosigner_of_the_log_s_name_cannot_seal() -> None:
    imposter = Signer(origin_of(POOL), COSIGNER.kind, COSIGNER.private)
    with pytest.raises(ProofError, match="no key that you trust"):
        open_manifest(GOOD, seal(GOOD, replace(imposter, kind=1)), [imposter.key])


def test_the_log_s_own_key_is_no_cosigner() -> None:
    again = Signer("elsewhere", COSIGNATURE, NODE_SIGNER.private)
    note = note_of([entry.leaf for entry in ENTRIES], cosigner=again)
    assert signed_checkpoint(note, POOL, [NODE_SIGNER.key, again.key]).cosigned == {}


def test_an_export_of_nothing_is_none() -> None:
    with pytest.raises(InvalidInputError, match="no entry"):
        Writer(POOL).finish([], NODE_SIGNER)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=300))
def test_noise_is_refused(manifest: bytes, sealed: bytes) -> None:
    for pair in ((manifest, sealed), (GOOD, sealed), (manifest, FILES["seal"])):
        with pytest.raises(SkyparleyError):
            open_manifest(*pair, KEYS.notes)
