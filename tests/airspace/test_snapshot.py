"""Snapshots: equal for equal states, and unusable when damaged in any byte."""

from hashlib import sha256

import pytest

from skyparley.airspace.apply import apply
from skyparley.airspace.keeping import snapshot
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


def test_what_was_written_wrongly_is_found_by_whoever_computes_the_hash_again(state: Airspace) -> None:
    """The checksum alone passes it: a replay that verifies does not."""
    body = encode_snapshot(state)[:-32]
    assert "north" in state.parties
    wrong = body.replace(b"north", b"norTh", 1)
    copy = decode_snapshot(wrong + sha256(wrong).digest())
    assert copy.state_hash() == state.state_hash() != copy.recomputed_state_hash()


def test_a_state_hash_that_is_not_that_of_the_sum_is_not_used(state: Airspace) -> None:
    body = encode_snapshot(state)[:-32]
    total = state.items[0].to_bytes(32, "big")
    wrong = body.replace(total, bytes([total[0] ^ 1]) + total[1:], 1)
    assert wrong != body
    with pytest.raises(StorageError, match="state hash"):
        decode_snapshot(wrong + sha256(wrong).digest())
    wrong = body[:12] + b"\xc1" + body[13:]
    with pytest.raises(StorageError, match="cannot be read"):
        decode_snapshot(wrong + sha256(wrong).digest())


def test_a_state_of_many_parts_comes_back_as_it_was(monkeypatch: pytest.MonkeyPatch, state: Airspace) -> None:
    whole = encode_snapshot(state)
    monkeypatch.setattr(snapshot, "_OF_A_PART", 1)
    assert len(state.operations) > 2
    parted = encode_snapshot(state)
    copy = decode_snapshot(parted)
    assert copy.recomputed_state_hash() == copy.state_hash() == state.state_hash()
    monkeypatch.undo()
    assert encode_snapshot(copy) == whole != parted


def test_a_snapshot_is_a_copy(state: Airspace) -> None:
    copy = decode_snapshot(encode_snapshot(state))
    before = state.state_hash()
    copy.cover_findings(copy.findings_through + 1)
    assert state.state_hash() == before != copy.state_hash()
