"""The envelope of an entry: golden bytes, one canonical form, and no byte that can be changed unnoticed.

`independent_chain` is a verifier of a few lines, written from docs/log-format.md with the standard library alone.
"""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyparley.errors import InvalidInputError, StorageError
from skyparley.log.memory import MemoryLog
from skyparley.log.port import Draft, Entry
from skyparley.log.verify import verify_entry
from skyparley.record import envelope
from skyparley.record.envelope import Header, decode_header, encode_header, first_chain

GOLDEN: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "golden" / "log_entries.json").read_text(encoding="utf-8")
)


def header_of(**changed: Any) -> Header:
    fields = {
        "pool": "alps",
        "kind": "tick",
        "party": "",
        "authentication": "node",
        "key_id": "",
        "idempotency_key": "",
        "claimed_time_us": 1_800_000_000_000_000,
        "body_digest": "0" * 64,
    }
    return Header(**{**fields, **changed})


def entry_of(golden: dict[str, Any]) -> Entry:
    return Entry(
        sequence=golden["sequence"],
        time_us=golden["time_us"],
        chain=bytes.fromhex(golden["chain"]),
        header=golden["header"].encode(),
        salt=bytes.fromhex(golden["salt"]),
        body=golden["body"].encode(),
        signature=bytes.fromhex(golden["signature"]),
    )


def golden_entries() -> list[Entry]:
    return [entry_of(golden) for golden in GOLDEN["entries"]]


def independent_chain(previous: bytes, entry: Entry) -> bytes:
    parts = [b"skyparley chain 1\n", previous, entry.sequence.to_bytes(8, "big"), entry.time_us.to_bytes(8, "big")]
    for part in (entry.header, entry.signature):
        parts += [len(part).to_bytes(4, "big"), part]
    return hashlib.sha256(b"".join(parts)).digest()


def test_the_golden_entries_verify_here_and_by_an_independent_verifier() -> None:
    """If this fails, the format has changed: logs that exist can no longer be verified."""
    chain = hashlib.sha256(b"skyparley genesis 1\n" + GOLDEN["pool"].encode()).digest()
    assert first_chain(GOLDEN["pool"]) == chain == bytes.fromhex(GOLDEN["genesis"])
    for entry in golden_entries():
        verify_entry(entry, chain)
        assert independent_chain(chain, entry) == entry.chain
        fields = json.loads(entry.header)
        assert fields["body_digest"] == hashlib.sha256(b"skyparley body 1\n" + entry.salt + entry.body).hexdigest()
        canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert canonical.encode() == entry.header
        assert encode_header(Header(**fields)) == entry.header
        assert decode_header(entry.header) == Header(**fields)
        chain = entry.chain


@pytest.mark.anyio
async def test_the_golden_drafts_come_to_the_golden_entries() -> None:
    times = iter(golden["clock_us"] for golden in GOLDEN["entries"])
    log = MemoryLog(pool=GOLDEN["pool"], clock=lambda: next(times))
    for entry in golden_entries():
        draft = Draft(entry.header, entry.salt, entry.body, entry.signature)
        assert list(await log.append([draft])) == [entry]


@pytest.mark.parametrize("case", GOLDEN["refused_headers"], ids=lambda case: case["why"])
def test_headers_that_are_refused(case: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError):
        decode_header(case["header"].encode("utf-8", "surrogateescape"))


@pytest.mark.parametrize("part", ["header", "body", "salt", "signature", "chain"])
def test_every_byte_that_is_changed_is_noticed(part: str) -> None:
    previous = first_chain(GOLDEN["pool"])
    tried = 0
    for entry in golden_entries():
        data: bytes = getattr(entry, part)
        for place in range(len(data)):
            for flip in (0x01, 0x20, 0x80):
                changed = data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :]
                with pytest.raises(StorageError, match=f"entry {entry.sequence} "):
                    verify_entry(replace(entry, **{part: changed}), previous)
                tried += 1
        for changed in (data[:-1], data + b"\x00", b"\x00" + data):
            if changed != data:
                with pytest.raises(StorageError):
                    verify_entry(replace(entry, **{part: changed}), previous)
        previous = entry.chain
    assert tried > 100


def test_place_time_and_what_came_before_are_bound() -> None:
    previous = first_chain(GOLDEN["pool"])
    for entry in golden_entries():
        for changed in (replace(entry, sequence=entry.sequence + 1), replace(entry, time_us=entry.time_us - 1)):
            with pytest.raises(StorageError):
                verify_entry(changed, previous)
        with pytest.raises(StorageError):
            verify_entry(entry, first_chain("another pool"))
        verify_entry(entry, previous)
        previous = entry.chain


def test_bytes_cannot_move_between_header_and_signature() -> None:
    """Lengths are bound, or one entry could be read as another with the same chain value."""
    entry = golden_entries()[0]
    previous = first_chain(GOLDEN["pool"])
    moved = replace(entry, header=entry.header[:-1], signature=entry.header[-1:] + entry.signature)
    with pytest.raises(StorageError):
        verify_entry(moved, previous)


def test_bytes_cannot_move_between_salt_and_body() -> None:
    entry = golden_entries()[0]
    for cut in (15, 17):
        both = entry.salt + entry.body
        with pytest.raises(StorageError, match="body"):
            verify_entry(replace(entry, salt=both[:cut], body=both[cut:]), first_chain(GOLDEN["pool"]))


@pytest.mark.parametrize("claimed_time_us", [-1, 2**53])
def test_numbers_that_others_cannot_read_exactly_are_refused(claimed_time_us: int) -> None:
    with pytest.raises(InvalidInputError):
        decode_header(encode_header(header_of(claimed_time_us=claimed_time_us)))


def test_a_chain_that_was_made_again_over_a_false_body_is_noticed() -> None:
    """Whoever changes a body must change the header, whoever changes the header must change the whole chain."""
    entry = golden_entries()[0]
    with pytest.raises(StorageError, match="body"):
        verify_entry(replace(entry, body=entry.body + b" "), first_chain(GOLDEN["pool"]))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=300, deadline=None)
@given(
    st.fixed_dictionaries({"pool": TEXT, "kind": TEXT, "party": TEXT, "idempotency_key": TEXT}),
    st.integers(0, 2**53 - 1),
)
def test_every_header_round_trips_in_one_form(texts: dict[str, str], claimed_time_us: int) -> None:
    header = header_of(**texts, claimed_time_us=claimed_time_us)
    data = encode_header(header)
    assert decode_header(data) == header
    assert json.loads(data) == msgspec.structs.asdict(header)
    assert json.dumps(json.loads(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == data


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_header_or_the_one_error(data: bytes) -> None:
    try:
        header = decode_header(data)
    except InvalidInputError:
        return
    assert encode_header(header) == data


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 400), st.binary(min_size=1, max_size=3), st.integers(0, 3))
def test_a_header_with_other_bytes_in_it_is_another_header_or_the_one_error(place: int, put: bytes, cut: int) -> None:
    data = encode_header(header_of(party="alpha", authentication="bearer-attested"))
    changed = data[:place] + put + data[place + cut :]
    try:
        header = decode_header(changed)
    except InvalidInputError:
        return
    assert encode_header(header) == changed


def test_a_header_has_its_limit() -> None:
    long = header_of(pool="x" * envelope.MAX_HEADER_BYTES)
    with pytest.raises(InvalidInputError, match=str(envelope.MAX_HEADER_BYTES)):
        decode_header(encode_header(long))
