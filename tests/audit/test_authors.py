"""Whose word an entry is: what no honest node orders in a party's name is named, and keys that only the log knows."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from skyparley.airspace.commands import RegisterParty
from skyparley.airspace.signing.commands import CHECKPOINTS, RegisterKey, RevokeKey, SetSigning
from skyparley.audit.audit import Audited, Evidence, audit
from skyparley.audit.authors import RACE_US, LogKey
from skyparley.record.authorship import BEARER_ATTESTED, NODE, PARTY_SIGNED, key_id_of, sign_header
from skyparley.record.export.segment import LEAF_ONLY, WITHHELD, Shown
from skyparley.record.notes import COSIGNATURE, SIGNATURE, VerifierKey
from skyparley.record.trust import Trusted
from support.exports import (
    KEYS,
    NODE_SIGNER,
    PUBLIC,
    START_US,
    Made,
    export_of,
    filing,
    made,
    private_key,
    reader_of,
    receipt_of,
    registration,
)

SECOND_US = 1_000_000
SKEW_US = 300 * SECOND_US
ALPHA = key_id_of(PUBLIC["alpha"])
FALSE = private_key("the operator's own")
FALSE_ID = key_id_of(FALSE.public_key().public_bytes_raw())
NODE_ONLY = Trusted(KEYS.notes)


class Log:
    """Entries of alpha one after another, so many seconds apart."""

    def __init__(self) -> None:
        self.entries: list[Made] = []
        self.time_us = START_US
        self.add(RegisterParty("alpha", "Alpha", "civil_ats"), NODE, party="")

    def add(
        self, command: Any, mark: str = PARTY_SIGNED, *, after_us: int = SECOND_US, key: Any = None, **said: Any
    ) -> int:
        """One more; its sequence. `key` signs it where that is not alpha's."""
        self.time_us += after_us
        sequence, party = len(self.entries) + 1, said.pop("party", "alpha")
        said = {"claimed_time_us": self.time_us} | said
        if key is not None:
            said["key_id"] = key_id_of(key.public_key().public_bytes_raw())
        entry = made(sequence, party, mark, command, time_us=self.time_us, **said)
        if key is not None:
            entry = replace(entry, signature=sign_header(entry.header, key))
        self.entries.append(entry)
        return sequence

    def again(self, sequence: int, *, after_us: int = SECOND_US) -> int:
        """What was signed before stands once more, as whoever orders the log can write it."""
        self.time_us += after_us
        self.entries.append(replace(self.entries[sequence - 1], sequence=len(self.entries) + 1, time_us=self.time_us))
        return len(self.entries)


@pytest.fixture
def log() -> Log:
    """Alpha has registered its key, and filed."""
    found = Log()
    found.add(registration(PUBLIC["alpha"]))
    found.add(filing(1))
    return found


def audited(entries: Sequence[Shown], keys: Trusted = KEYS, reader: str = "", **held: Any) -> Audited:
    files = export_of(entries, segment_entries=3, reader=reader)
    return audit(reader_of(files), keys, Evidence(**held), jobs=1)


def both(log: Log, keys: Trusted = KEYS) -> list[Audited]:
    """An export for whoever may read everything, and one for alpha."""
    return [audited([entry.shown(reader) for entry in log.entries], keys, reader) for reader in ("", "alpha")]


def require_wrong(log: Log, sequence: int, *words: str, keys: Trusted = KEYS) -> None:
    """The entry is named in both exports, and all is well without it."""
    for found in both(log, keys):
        assert found.fault is not None
        assert (found.fault.first, found.fault.last) == (sequence, sequence), found.fault
        assert all(word in found.fault.reason for word in words), found.fault
        assert not found.verified
    log.entries = log.entries[: sequence - 1]
    log.time_us = log.entries[-1].time_us
    assert all(found.fault is None for found in both(log, keys))


def require_wrong_whole(log: Log, sequence: int, *words: str) -> None:
    """The same where the entry is the node's, whose body alpha may not read."""
    whole, own = both(log)
    for found, said in ((whole, words), (own, ("is not shown",))):
        assert found.fault is not None
        assert found.fault.first == sequence
        assert all(word in found.fault.reason for word in said), found.fault


def require_fine(log: Log, *, disputed: Sequence[int] = ()) -> None:
    for found in both(log):
        assert found.verified, found.fault
        assert (found.authors.disputed.entries, found.authors.disputed.first) == (
            len(disputed),
            min(disputed, default=0),
        )


@pytest.mark.parametrize("mark", [BEARER_ATTESTED, NODE])
def test_what_is_unsigned_in_the_name_of_a_party_that_signs_all_is_wrong(log: Log, mark: str) -> None:
    log.add(filing(2), mark)
    since = log.add(SetSigning(True))
    log.add(filing(3))
    require_fine(log)
    forged = log.add(filing(4), mark, after_us=RACE_US)
    require_wrong(log, forged, f"'alpha' ({mark})", f"signs all that it writes since entry {since}")
    log.add(SetSigning(False))
    log.add(filing(5), mark, after_us=RACE_US)
    require_fine(log)


def test_a_party_s_export_shows_what_is_wrong_in_its_name_behind_what_is_not_its_own(log: Log) -> None:
    log.add(RegisterParty("bravo", "Bravo", "civil_ats"), NODE, party="")
    log.add(filing(9), BEARER_ATTESTED, party="bravo")
    log.add(SetSigning(True))
    assert LEAF_ONLY in {entry.shown("alpha").form for entry in log.entries}
    require_wrong(log, log.add(filing(4), BEARER_ATTESTED, after_us=RACE_US + SECOND_US), "signs all that it writes")


def test_what_lost_a_race_is_told_and_not_wrong(log: Log) -> None:
    log.add(SetSigning(True))
    lost = log.add(filing(4), BEARER_ATTESTED, after_us=RACE_US)
    require_fine(log, disputed=[lost])
    (whole, _) = both(log)
    assert (whole.refused.entries, whole.refused.first) == (1, lost)


def test_an_old_signature_that_is_used_again_is_wrong(log: Log) -> None:
    again = log.again(3)
    require_fine(log)
    (whole, _) = both(log)
    assert (whole.repeated.entries, whole.repeated.first) == (1, again)  # within its time it counts once
    late = log.again(3, after_us=SKEW_US + RACE_US)
    require_wrong(log, late, "'alpha' (party-signed)", "it was signed for", "sign it anew")
    barely = log.again(3, after_us=SKEW_US + RACE_US - 2 * SECOND_US)
    require_fine(log, disputed=[barely])


def test_an_old_word_about_keys_is_not_taken_again(log: Log) -> None:
    """Whoever says again that alpha does not sign all, in alpha's own words, has said nothing."""
    free = log.add(SetSigning(False))
    since = log.add(SetSigning(True))
    log.again(free)
    forged = log.add(filing(4), BEARER_ATTESTED, after_us=RACE_US + 2 * SECOND_US)
    require_wrong(log, forged, f"signs all that it writes since entry {since}")


def test_a_false_key_beside_a_party_s_own_is_wrong(log: Log) -> None:
    registered = log.add(registration(FALSE.public_key().public_bytes_raw()), key=FALSE, after_us=RACE_US + SECOND_US)
    require_wrong(log, registered, "only under its signature comes another")
    log.add(registration(PUBLIC["alpha"]), after_us=RACE_US)  # refused, and so no reason for what follows
    registered = log.add(registration(FALSE.public_key().public_bytes_raw()), key=FALSE)
    require_wrong(log, registered, "only under its signature comes another")
    by_nobody = log.add(registration(PUBLIC["bravo"]), key=FALSE)
    require_wrong(log, by_nobody, f"has no key {FALSE_ID}", keys=NODE_ONLY)
    unsigned = log.add(registration(FALSE.public_key().public_bytes_raw()), BEARER_ATTESTED, after_us=RACE_US)
    require_wrong(log, unsigned, "only under its signature comes another")


def test_two_first_keys_at_once_are_told_and_not_wrong() -> None:
    log = Log()
    log.add(registration(PUBLIC["alpha"]))
    second = log.add(registration(FALSE.public_key().public_bytes_raw()), key=FALSE, after_us=RACE_US)
    for found in both(log):
        assert (found.fault, found.verified) == (None, False)
        assert (found.authors.disputed.entries, found.authors.disputed.first) == (1, second)
        assert (found.authors.knows("alpha", FALSE_ID), found.authors.knows("alpha", ALPHA)) == (False, True)


def test_the_key_of_a_witness_signs_no_entries(log: Log) -> None:
    witness = private_key("alpha's witness")
    log.add(registration(witness.public_key().public_bytes_raw(), use=CHECKPOINTS))
    require_wrong(log, log.add(filing(4), key=witness), "is for checkpoints")


def test_what_was_refused_has_changed_nothing(log: Log) -> None:
    """In the export of a party, too, where only the rules for keys decide."""
    log.add(registration(PUBLIC["alpha"]))
    assert [log_keys(found)[ALPHA].key.sequence for found in both(log)] == [2, 2]
    log.add(RevokeKey(ALPHA, "retired"), BEARER_ATTESTED)
    lost = log.add(SetSigning(True))
    log.add(filing(5), BEARER_ATTESTED, after_us=2 * RACE_US)
    require_fine(log, disputed=[lost])


def test_after_a_day_an_idempotency_key_is_a_new_one(log: Log) -> None:
    log.add(SetSigning(True), idempotency_key="again")
    log.add(SetSigning(False), idempotency_key="meanwhile")
    log.add(SetSigning(True), idempotency_key="again", after_us=86_400 * SECOND_US)
    forged = log.add(filing(5), BEARER_ATTESTED, after_us=RACE_US + SECOND_US)
    require_wrong(log, forged, "signs all that it writes")


def test_keys_are_a_party_s_and_never_the_node_s(log: Log) -> None:
    forged = log.add(registration(FALSE.public_key().public_bytes_raw()), NODE, party="")
    require_wrong_whole(log, forged, "keys belong to parties")


def test_a_signature_by_a_key_that_the_log_does_not_know_is_wrong(log: Log) -> None:
    forged = log.add(filing(4), key=FALSE)
    for keys in (KEYS, NODE_ONLY, Trusted(KEYS.notes, {("alpha", FALSE_ID): FALSE.public_key().public_bytes_raw()})):
        require_wrong(log, forged, f"has no key {FALSE_ID}", keys=keys)
        log.add(filing(4), key=FALSE)


def test_a_key_that_is_revoked_over_or_of_another_use_signs_nothing(log: Log) -> None:
    revoked = log.add(RevokeKey(ALPHA, "compromised"), BEARER_ATTESTED)
    lost = log.add(filing(4), after_us=RACE_US)
    require_fine(log, disputed=[lost])
    late = log.add(filing(5))
    require_wrong(log, late, f"was revoked by entry {revoked}")
    other = Log()
    end_us = other.time_us + 10 * SECOND_US
    other.add(RegisterKey(ALPHA, registration(PUBLIC["alpha"]).public_key, "entries", START_US, end_us))
    barely = other.add(filing(1), after_us=8 * SECOND_US + RACE_US)
    require_fine(other, disputed=[barely])
    late = other.add(filing(2), after_us=2 * SECOND_US)
    require_wrong(other, late, "sign with one that is valid now")
    early = Log()
    early.add(
        RegisterKey(
            ALPHA, registration(PUBLIC["alpha"]).public_key, "entries", START_US + RACE_US * 9, end_us + RACE_US * 9
        )
    )
    late = early.add(filing(1), after_us=2 * RACE_US)
    require_wrong(early, late, "sign with one that is valid now")
    unnamed = Log()
    unnamed.add(registration(PUBLIC["alpha"]))
    late = unnamed.add(filing(1), idempotency_key="", after_us=2 * RACE_US)
    require_wrong(unnamed, late, "has an idempotency key")


def log_keys(found: Audited) -> dict[str, LogKey]:
    return {one.key.key_id: one for one in found.authors.log_keys}


def test_keys_that_the_operator_brought_in_are_known_by_the_log_only(log: Log) -> None:
    """Alpha's key is revoked without its signature, and the next is a first one again: all of it can be seen."""
    log.add(RevokeKey(ALPHA, "lost"), BEARER_ATTESTED)
    log.add(registration(FALSE.public_key().public_bytes_raw()), key=FALSE)
    log.add(filing(7), key=FALSE)
    for found in both(log):
        assert (found.fault, found.verified) == (None, False)
        keys = log_keys(found)
        assert (keys[ALPHA].named, keys[ALPHA].revoked_by, keys[ALPHA].key.revoked_sequence) == (True, None, 4)
        assert (keys[FALSE_ID].named, keys[FALSE_ID].introduced_by, keys[FALSE_ID].key.sequence) == (False, None, 5)
        assert {key: (one.entries, one.first) for key, one in found.tally.unknown_keys.items()} == {
            ("alpha", FALSE_ID): (2, 5)
        }
        assert found.authors.knows("alpha", FALSE_ID)
        assert not found.authors.knows("alpha", "0" * 16)
    log.entries[-1] = replace(log.entries[-1], signature=bytes(64))
    forged = log.entries[-1].sequence
    require_wrong(log, forged, "signature of the entry's author does not fit")


def test_who_brought_in_each_key_and_who_revoked_it_is_said(log: Log) -> None:
    second = private_key("alpha's second")
    public = second.public_key().public_bytes_raw()
    log.add(registration(public))
    log.add(registration(PUBLIC["bravo"], use=CHECKPOINTS), key=second)
    log.add(RevokeKey(ALPHA, "superseded"), key=second)
    witness = VerifierKey("alpha", COSIGNATURE, PUBLIC["bravo"])
    named = Trusted((*KEYS.notes, witness), {**KEYS.parties, ("alpha", key_id_of(public)): public})
    for found in both(log, named):
        assert found.verified
        keys = log_keys(found)
        assert [one.named for one in keys.values()] == [True, True, True]
        assert [one.introduced_by for one in keys.values()] == [None, ALPHA, key_id_of(public)]
        assert keys[ALPHA].revoked_by == key_id_of(public)
    no_witness = Trusted((*KEYS.notes, VerifierKey("alpha", SIGNATURE, PUBLIC["bravo"])), KEYS.parties)
    for found in (*both(log), *both(log, no_witness)):
        assert [one.named for one in found.authors.log_keys] == [True, False, False]
        assert not found.verified


def test_an_export_that_hides_which_keys_there_are_is_wrong(log: Log) -> None:
    since = log.add(SetSigning(True))
    log.add(filing(4), BEARER_ATTESTED, after_us=RACE_US + SECOND_US)
    shown = [entry.shown("alpha") for entry in log.entries]
    shown[since - 1] = msgspec.structs.replace(shown[since - 1], form=WITHHELD, salt=b"", body=b"")
    fault = audited(shown, reader="alpha").fault
    assert fault is not None
    assert (fault.first, fault.reason) == (since, "it says which keys speak for 'alpha', and what it says is not shown")
    shown[since - 1] = Shown(LEAF_ONLY, shown[since - 1].leaf)
    assert audited(shown, reader="alpha").verified  # which only who holds the receipt can notice
    fault = audited(shown, reader="alpha", receipts=[("mine", receipt_of(log.entries, since))]).fault
    assert fault is not None
    assert (fault.first, "not shown to its own party, by the receipt mine" in fault.reason) == (since, True)
    assert audited(shown, reader="bravo", receipts=[("mine", receipt_of(log.entries, since))]).fault is None


def test_without_all_entries_nothing_is_said_of_keys(log: Log) -> None:
    log.add(SetSigning(True))
    shown = [entry.shown() for entry in log.entries]
    shown[2] = Shown(LEAF_ONLY, shown[2].leaf)
    found = audited(shown, NODE_ONLY)
    assert log_keys(found)[ALPHA].key.sequence == 2
    assert (found.fault, found.verified, found.authors.knows("alpha", ALPHA)) == (None, False, False)
    assert NODE_SIGNER.key in NODE_ONLY.notes
