"""The audit: what holds is said to hold, what does not is named, and what others hold convicts who rewrote it all."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from skyparley.airspace.apply import apply
from skyparley.airspace.commands import Epoch, Tick
from skyparley.airspace.state import Airspace
from skyparley.audit.audit import Audited, Evidence, audit
from skyparley.errors import ProofError, SkyparleyError
from skyparley.log.port import Entry
from skyparley.node.engine import event_of
from skyparley.record.authorship import BEARER_ATTESTED, NODE, PARTY_SIGNED
from skyparley.record.envelope import body_digest, decode_header, encode_header
from skyparley.record.export.checking import Fault
from skyparley.record.export.columns import frame, pack, unframe, unpack
from skyparley.record.export.manifest import describe, encode_manifest, open_manifest, seal
from skyparley.record.export.segment import DELETED, LEAF_ONLY, WHOLE, WITHHELD, Shown
from skyparley.record.trust import Trusted
from support.exports import (
    KEYS,
    NODE_SIGNER,
    PARTY_KEYS,
    Files,
    Made,
    export_of,
    filing,
    history,
    made,
    note_of,
    private_key,
    reader_of,
    receipt_of,
)

COUNT = 20
HISTORY = history(COUNT)


def whole(entries: Sequence[Made]) -> list[Shown]:
    return [entry.shown() for entry in entries]


def audited(files: Files, *, keys: Trusted = KEYS, jobs: int = 1, **held: Any) -> Audited:
    return audit(reader_of(files), keys, Evidence(**held), jobs=jobs)


def state_after(entries: Sequence[Made]) -> Airspace:
    """The state, by the plainest replay there is."""
    state = Airspace()
    for entry in entries:
        apply(
            state,
            event_of(Entry(entry.sequence, entry.time_us, b"", entry.header, entry.salt, entry.body, entry.signature)),
        )
    return state


GOOD = export_of(whole(HISTORY), sizes=(1, 7, 8), segment_entries=6)


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_holds_is_verified_with_its_content_and_its_state(jobs: int) -> None:
    found = audited(GOOD, jobs=jobs)
    assert found.verified
    assert found.content
    assert found.state_hash == state_after(HISTORY).state_hash()
    assert state_after(HISTORY).operations
    marks = {decode_header(entry.header).authentication for entry in HISTORY}
    assert marks == {PARTY_SIGNED, BEARER_ATTESTED, NODE}
    for mark in marks:
        said = [decode_header(entry.header).authentication for entry in HISTORY]
        assert found.tally.marks[mark] == said.count(mark)
    assert [one.checkpoint.size for one in found.checkpoints] == [1, 7, 8, COUNT]
    assert all(len(one.cosigned) == 1 for one in found.checkpoints)


@pytest.mark.parametrize("count", [*range(1, 10), 31, 32, 33])
def test_every_size_and_every_cut_verifies(count: int) -> None:
    entries = history(count)
    for segment_entries in (1, 2, 5, count):
        files = export_of(whole(entries), sizes=range(1, count), segment_entries=segment_entries)
        assert audited(files).verified
        assert len(files) == 2 + -(-count // segment_entries)


def test_the_chain_ends_as_that_of_the_log() -> None:
    manifest = open_manifest(GOOD["manifest.json"], GOOD["seal"], KEYS.notes)
    assert audited(GOOD).chain == manifest.chain
    other = encode_manifest(msgspec.structs.replace(manifest, chain="0" * 64))
    found = audited({**GOOD, "manifest.json": other, "seal": seal(other, NODE_SIGNER)})
    assert found.fault == Fault(1, COUNT, "the chain value of the manifest is not that of its entries")


def test_the_state_hash_is_compared_with_what_is_given_and_with_that_of_epochs() -> None:
    entries = [*HISTORY]
    for right in (True, False):
        state_hash = state_after(entries).state_hash() if right else "0" * 64
        entries.append(made(len(entries) + 1, "", NODE, Epoch(1, state_hash)))
    files = export_of(whole(entries))
    assert audited(files).confirmed_epochs == 1  # the second was refused, by the node as by us
    assert audited(files, state_hash=state_after(entries).state_hash()).verified
    found = audited(files, state_hash="0" * 64)
    assert found.fault is not None
    assert "the state hash is not the one given" in found.fault.reason


FORMS = [WHOLE] * 9 + [WITHHELD, DELETED, LEAF_ONLY, DELETED, WHOLE, WITHHELD, DELETED, WHOLE, LEAF_ONLY, WHOLE, WHOLE]


def in_forms() -> list[Shown]:
    entries = []
    for number, (entry, form) in enumerate(zip(whole(HISTORY), FORMS, strict=True)):
        bare = msgspec.structs.replace(entry, form=form, salt=b"", body=b"")
        reason = "Law 1, §2" if number % 2 else "court order"
        entries.append(
            {
                WHOLE: entry,
                WITHHELD: bare,
                DELETED: msgspec.structs.replace(bare, reason=reason),
                LEAF_ONLY: Shown(LEAF_ONLY, entry.leaf),
            }[form]
        )
    return entries


def test_what_is_not_shown_is_counted_and_not_said_to_be_verified() -> None:
    found = audited(export_of(in_forms(), sizes=(4, 11), segment_entries=7))
    assert found.verified
    assert not found.content
    assert found.tally.forms == {form: FORMS.count(form) for form in set(FORMS)}
    assert found.tally.deleted == {"court order": 2, "Law 1, §2": 1}
    assert (found.state_hash, found.chain) == (None, None)
    assert sum(found.tally.marks.values()) == COUNT - FORMS.count(LEAF_ONLY)
    given = audited(export_of(in_forms()), state_hash=state_after(HISTORY).state_hash())
    assert given.fault is not None
    assert "cannot be computed" in given.fault.reason


def test_a_signature_by_a_key_that_is_not_named_is_never_verified() -> None:
    alpha = {key: public for key, public in PARTY_KEYS.items() if key[0] == "alpha"}
    found = audited(GOOD, keys=Trusted(KEYS.notes, alpha))
    signed = [decode_header(entry.header).party for entry in HISTORY if entry.signature]
    assert found.fault is None
    assert not found.verified
    (((party, _), unknown),) = found.tally.unknown_keys.items()
    assert (party, unknown.entries) == ("bravo", signed.count("bravo"))
    assert unknown.first == next(e.sequence for e in HISTORY if e.signature and b'"bravo"' in e.header)
    assert found.tally.marks[PARTY_SIGNED] == signed.count("alpha")


def test_without_the_log_s_key_nothing_is_believed() -> None:
    with pytest.raises(ProofError, match="no key that you trust is that of the log"):
        audited(GOOD, keys=Trusted((), PARTY_KEYS))
    stranger = replace(NODE_SIGNER, private=private_key("stranger"))
    with pytest.raises(ProofError, match="no key that you trust"):
        audited(export_of(whole(HISTORY), signer=stranger))
    own = [note_of([entry.leaf for entry in HISTORY])]
    with pytest.raises(ProofError, match="no key that you trust"):  # the log's checkpoints, another's seal
        audited(export_of(whole(HISTORY), signer=stranger, notes=own))
    foreign = [note_of([entry.leaf for entry in HISTORY], signer=stranger)]
    with pytest.raises(ProofError, match="no key that you trust"):  # the log's seal, another's checkpoints
        audited(export_of(whole(HISTORY), notes=foreign))


# the operator rewrites the record, and signs all of it anew with the node's own key


def altered(sequence: int) -> list[Made]:
    """Another body in an entry that no party has signed."""
    entries = [*HISTORY]
    before = entries[sequence - 1]
    body = msgspec.json.encode({**msgspec.json.decode(before.body), "operation_id": "op/666"}, order="sorted")
    said = msgspec.structs.replace(decode_header(before.header), body_digest=body_digest(before.salt, body))
    entries[sequence - 1] = replace(before, header=encode_header(said), body=body)
    return entries


def renumbered(entries: Sequence[Made]) -> list[Made]:
    """Entries in another order, or fewer, at the places and times of those that were there."""
    return [
        replace(entry, sequence=old.sequence, time_us=old.time_us) for entry, old in zip(entries, HISTORY, strict=False)
    ]


BEARER = next(e.sequence for e in HISTORY if e.sequence > 6 and not e.signature and b"alpha" in e.header)
REWRITTEN = {
    "a body is altered": altered(BEARER),
    "an entry is dropped": renumbered(HISTORY[: BEARER - 1] + HISTORY[BEARER:]),
    "two have changed places": renumbered(
        [*HISTORY[: BEARER - 1], HISTORY[BEARER], HISTORY[BEARER - 1], *HISTORY[BEARER + 1 :]]
    ),
    "one is back-dated": [
        replace(entry, time_us=entry.time_us - 1_000) if entry.sequence == BEARER else entry for entry in HISTORY
    ],
}


@pytest.mark.parametrize("name", REWRITTEN)
def test_who_rewrites_the_record_is_convicted_by_what_others_hold(name: str) -> None:
    files = export_of(whole(REWRITTEN[name]), sizes=(5,), segment_entries=6, cosigner=None)
    assert audited(files).verified  # nothing in it contradicts itself
    receipt = receipt_of(HISTORY, BEARER, COUNT - 1)
    found = audited(files, receipts=[("my receipt", receipt)])
    fault = found.fault
    assert fault is not None
    assert (found.verified, found.chain, found.state_hash) == (False, None, None)
    assert (fault.first, fault.last) == (BEARER, BEARER)
    assert "my receipt that you hold" in fault.reason
    checkpoint = note_of([entry.leaf for entry in HISTORY[: COUNT - 2]])
    fault = audited(files, checkpoints=[("noted", checkpoint)]).fault
    assert fault is not None
    assert (fault.first, fault.last) == (6, COUNT - 2)
    other = receipt_of(HISTORY, 2, COUNT - 3)  # of an entry that stands as it was, in a tree that does not
    fault = audited(files, receipts=[("another", other)]).fault
    assert fault is not None
    assert (fault.first, fault.last) == (6, COUNT - 3)
    assert "has not the root of the receipt another that you hold" in fault.reason
    honest = export_of(whole(HISTORY), sizes=(5,))
    assert audited(honest, receipts=[("r", receipt)], checkpoints=[("c", checkpoint)]).verified


def test_a_receipt_convicts_also_of_what_was_rewritten_beside_its_entry() -> None:
    receipt = receipt_of(HISTORY, BEARER - 3, COUNT - 2)
    fault = audited(export_of(whole(altered(BEARER)), sizes=(5,)), receipts=[("r", receipt)]).fault
    assert fault is not None
    assert (fault.first, fault.last) == (6, COUNT - 2)


def test_what_a_party_has_signed_cannot_be_altered_by_the_operator() -> None:
    signed = next(entry for entry in HISTORY if entry.signature)
    entries = altered(signed.sequence)
    fault = audited(export_of(whole(entries))).fault
    assert fault is not None
    assert (fault.first, "signature" in fault.reason) == (signed.sequence, True)
    # nor said to be only attested while others hold the receipt, nor signed by another
    forged = made(signed.sequence, "alpha", PARTY_SIGNED, filing(7), key_id="0" * 16)
    entries[signed.sequence - 1] = forged
    assert not audited(export_of(whole(entries))).verified


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (made(21, "", NODE, Tick(), time_us=HISTORY[-1].time_us), "its time is not after"),
        (made(21, "", NODE, Tick(), pool="another"), "not the entry that its leaf"),
        (made(21, "", NODE, Tick(), kind="tock"), "no command of the kind"),
        (made(21, "", NODE, b'{"kind":"tick","x":1}'), "cannot be applied"),
        (made(21, "", NODE, b'{"kind": "tick"}'), "no command of the kind"),
        (made(21, "", "oracle", Tick()), "no such mark"),
    ],
)
@pytest.mark.parametrize("segment_entries", [4, 40])
def test_what_no_node_would_log_is_named_though_it_is_sealed(entry: Made, why: str, segment_entries: int) -> None:
    entries = [*whole(HISTORY), *whole([entry])]
    if why == "no such mark":  # the writer would not write it
        files = export_of([*whole(HISTORY), *whole([made(21, "", NODE, Tick())])], segment_entries=segment_entries)
        manifest = open_manifest(files["manifest.json"], files["seal"], KEYS.notes)
        name = f"segment-{len(manifest.segments):08}.bin"
        parts = unframe(files[name][20:], 9)
        parts[4] = pack(unpack(parts[4])[0][: -len(b"w\tnode\t\ttick\t\n")] + b"w\toracle\t\ttick\t\n")
        parts[0] = parts[0][:-32] + entry.leaf
        segment = manifest.segments[-1]
        fault = audited(resealed(files, name, files[name][:20] + frame(parts), segment.first)).fault
    else:
        fault = audited(export_of(entries, segment_entries=segment_entries)).fault
    assert fault is not None
    assert (fault.first, fault.last) == (21, 21)
    assert why in fault.reason


def resealed(files: Files, name: str, data: bytes, first: int) -> Files:
    """An export with another segment in it, sealed by the log's own key."""
    manifest = open_manifest(files["manifest.json"], files["seal"], KEYS.notes)
    segments = [describe(data, one.first, one.count) if one.first == first else one for one in manifest.segments]
    written = encode_manifest(msgspec.structs.replace(manifest, segments=segments))
    return {**files, name: data, "manifest.json": written, "seal": seal(written, NODE_SIGNER)}


def test_a_file_of_another_length_than_was_sealed_is_noticed() -> None:
    name = "segment-00000002.bin"
    manifest = open_manifest(GOOD["manifest.json"], GOOD["seal"], KEYS.notes)
    segments = [*manifest.segments]
    segments[1] = msgspec.structs.replace(segments[1], bytes=len(GOOD[name]) + 1)
    written = encode_manifest(msgspec.structs.replace(manifest, segments=segments))
    fault = audited({**GOOD, "manifest.json": written, "seal": seal(written, NODE_SIGNER)}).fault
    assert fault == Fault(7, 12, "the segment is not the one that was sealed")


def test_a_bomb_that_is_sealed_is_refused() -> None:
    name = "segment-00000002.bin"
    parts = unframe(GOOD[name][20:], 9)
    parts[8] = pack(bytes(129 * 1024 * 1024))
    fault = audited(resealed(GOOD, name, GOOD[name][:20] + frame(parts), 7)).fault
    assert fault is not None
    assert (fault.first, fault.last) == (7, 12)
    assert "unpacks to more than" in fault.reason


def test_what_is_sealed_and_of_no_entry_is_noticed() -> None:
    name = "segment-00000002.bin"
    parts = unframe(GOOD[name][20:], 9)
    parts[8] = pack(unpack(parts[8])[0] + b"more\n")
    fault = audited(resealed(GOOD, name, GOOD[name][:20] + frame(parts), 7)).fault
    assert fault == Fault(7, 12, "it holds more than its entries")


def test_files_that_are_missing_cut_longer_or_exchanged_are_named_by_their_entries() -> None:
    two, three = "segment-00000002.bin", "segment-00000003.bin"
    for files in (
        {name: data for name, data in GOOD.items() if name != two},
        {**GOOD, two: GOOD[two][:-1]},
        {**GOOD, two: GOOD[two] + b"\0"},
        {**GOOD, two: b""},
    ):
        fault = audited(files).fault
        assert fault is not None
        assert (fault.first, fault.last) == (7, 12)
    fault = audited({**GOOD, two: GOOD[three], three: GOOD[two]}).fault
    assert fault is not None
    assert fault.first == 7
    for name in ("manifest.json", "seal"):
        with pytest.raises(SkyparleyError):
            audited({other: data for other, data in GOOD.items() if other != name})


def test_evidence_that_cannot_be_compared_is_an_error_and_no_agreement() -> None:
    later = history(COUNT + 5)
    with pytest.raises(ProofError, match="ask for one made later") as caught:
        audited(GOOD, receipts=[("late.json", receipt_of(later, COUNT + 2))])
    assert caught.value.place == "late.json"
    with pytest.raises(ProofError, match="ask for one made later"):
        audited(GOOD, checkpoints=[("late.txt", note_of([entry.leaf for entry in later]))])
    assert audited(GOOD, receipts=[("r", receipt_of(later, COUNT - 2))]).verified  # an old entry in a later record
    with pytest.raises(SkyparleyError):
        audited(GOOD, receipts=[("r", b"{}")])
    foreign, own = [made(1, "", NODE, Tick(), pool="other")], replace(NODE_SIGNER, name="other")
    with pytest.raises(ProofError, match="is of the pool 'other'"):
        audited(
            GOOD,
            keys=Trusted((*KEYS.notes, own.key), PARTY_KEYS),
            receipts=[("r", receipt_of(foreign, 1, signer=own))],
        )
    other = replace(NODE_SIGNER, name="elsewhere")
    foreign = [made(1, "", NODE, Tick(), pool="elsewhere")]
    with pytest.raises(ProofError, match="is of the pool 'elsewhere'"):
        audited(
            GOOD,
            keys=Trusted((*KEYS.notes, other.key), PARTY_KEYS),
            receipts=[("r", receipt_of(foreign, 1, signer=other))],
        )
    with pytest.raises(ProofError, match="is of the log 'elsewhere'"):
        audited(
            GOOD,
            keys=Trusted((*KEYS.notes, other.key), PARTY_KEYS),
            checkpoints=[("c", note_of([entry.leaf for entry in HISTORY], signer=other))],
        )
