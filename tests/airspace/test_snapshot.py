"""Snapshots: equal for equal states, and unusable when damaged in any byte."""

import pytest

from skyparley.airspace.apply import apply
from skyparley.airspace.keeping.snapshot import decode_snapshot, encode_snapshot
from skyparley.airspace.state import Airspace
from skyparley.errors import StorageError
from support.airspace_histories import history, random_steps


@pytest.fixture(scope="module")
def state() -> Airspace:
    state = Airspace()
    for event in history(random_steps(11, 60)):
        apply(state, event)
    assert state.operations
    assert list(state.key_records())
    return state


def test_an_empty_state_has_a_snapshot() -> None:
    assert decode_snapshot(encode_snapshot(Airspace())).state_hash() == Airspace().state_hash()


def test_any_damaged_byte_is_noticed(state: Airspace) -> None:
    data = encode_snapshot(state)
    for place in range(0, len(data), 7):
        damaged = bytearray(data)
        damaged[place] ^= 1 + place % 255
        with pytest.raises(StorageError):
            decode_snapshot(bytes(damaged))


def test_any_cut_is_noticed(state: Airspace) -> None:
    data = encode_snapshot(state)
    for length in (*range(0, len(data), 13), len(data) - 1):
        with pytest.raises(StorageError):
            decode_snapshot(data[:length])
    with pytest.raises(StorageError):
        decode_snapshot(data + b"\x00")


def test_content_that_does_not_come_to_its_state_hash_is_not_used(state: Airspace) -> None:
    """The checksum alone would pass a snapshot that was written wrongly."""
    from hashlib import sha256

    data = encode_snapshot(state)
    body = data[40:]
    (party,) = {name for name in state.parties if name == "north"}
    wrong = body.replace(party.encode(), b"norTh", 1)
    assert wrong != body
    with pytest.raises(StorageError, match="state hash"):
        decode_snapshot(data[:8] + sha256(wrong).digest() + wrong)
    with pytest.raises(StorageError, match="cannot be read"):
        decode_snapshot(data[:8] + sha256(b"\xc1").digest() + b"\xc1")


def test_a_snapshot_is_a_copy(state: Airspace) -> None:
    copy = decode_snapshot(encode_snapshot(state))
    before = state.state_hash()
    copy.cover_findings(copy.findings_through + 1)
    assert state.state_hash() == before != copy.state_hash()
