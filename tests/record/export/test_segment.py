"""Segments: what is written is read again, whatever the entries say and show; what no log holds is not written."""

import hashlib
import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyparley.errors import InvalidInputError, ProofError
from skyparley.record.authorship import AUTHENTICATIONS, BEARER_ATTESTED, PARTY_SIGNED
from skyparley.record.envelope import Header, body_digest, encode_header
from skyparley.record.export import columns
from skyparley.record.export.columns import frame, pack, unframe, unpack
from skyparley.record.export.segment import (
    DELETED,
    LEAF_ONLY,
    WHOLE,
    WITHHELD,
    Reading,
    Shown,
    encode_segment,
    read_columns,
)

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)


def shown(form: str, number: int, time_us: int, body: bytes = b"{}", **said: Any) -> Shown:
    leaf = hashlib.sha256(b"leaf %d" % number).digest()
    if form == LEAF_ONLY:
        return Shown(form, leaf)
    salt = hashlib.sha256(b"salt %d" % number).digest()[:16]
    fields: dict[str, Any] = {
        "pool": "alps",
        "kind": "tick",
        "party": "alpha",
        "authentication": BEARER_ATTESTED,
        "key_id": "k" * 16,
        "idempotency_key": "",
        "claimed_time_us": time_us,
        "body_digest": body_digest(salt, body),
    }
    reason = said.pop("reason", "")
    header = encode_header(Header(**{**fields, **said}))
    signature = bytes(64) if said.get("authentication") == PARTY_SIGNED else b""
    if form != WHOLE:
        return Shown(form, leaf, time_us, header, signature, reason=reason)
    return Shown(form, leaf, time_us, header, signature, salt, body)


@st.composite
def segments(draw: st.DrawFn) -> tuple[str, list[Shown]]:
    pool, time_us, entries = draw(TEXTS), draw(st.integers(0, 2**52)), []
    for number in range(draw(st.integers(1, 12))):
        time_us += draw(st.integers(1, 2**40))
        form = draw(st.sampled_from((WHOLE, WHOLE, WITHHELD, DELETED, LEAF_ONLY)))
        entries.append(
            shown(
                form, number, time_us, msgspec.json.encode({"kind": draw(TEXTS)}), pool=pool, kind=draw(TEXTS),
                party=draw(TEXTS.filter(bool)), authentication=draw(st.sampled_from(AUTHENTICATIONS)),
                idempotency_key=draw(TEXTS), claimed_time_us=draw(st.integers(0, 2**53 - 1)),
                reason=draw(TEXTS) if form == DELETED else "",
            )
        )  # fmt: skip
    return pool, entries


@settings(max_examples=150, deadline=None)
@given(segments())
def test_what_is_written_is_read_again(made: tuple[str, list[Shown]]) -> None:
    pool, entries = made
    reading = Reading(read_columns(encode_segment(entries), len(entries)), len(entries), pool)
    assert list(reading) == entries
    assert reading.finished


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"signature": bytes(64)}, "has a signature"),
        ({"body": b"{\n}"}, "not canonical"),
        ({"salt": bytes(15)}, "salt"),
        ({"leaf": bytes(31)}, "hash"),
        ({"form": WITHHELD}, "salt"),
        ({"header": b"{}"}, "not the header"),
        ({"form": DELETED, "salt": b"", "reason": "x" * 201}, "at most 200"),
    ],
)
def test_what_no_log_holds_is_not_written(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidInputError, match=why):
        encode_segment([msgspec.structs.replace(shown(WHOLE, 1, 5), **changes)])


GOOD = [shown(WHOLE, 1, 50), shown(DELETED, 2, 60, reason="court order"), shown(LEAF_ONLY, 3, 0)]


@pytest.mark.parametrize(
    ("column", "text", "at"),
    [
        (4, b"w\tnode\t\ttick\t\nd\tnode\t\ttick\t\nl\n", 1),  # deleted without a reason
        (4, b"w\tnode\t\ttick\t\tand more\n", 0),
        (4, b"x\tnode\t\ttick\t\n", 0),
        (4, b"w\n", 0),
        (4, b"w\tnode\t\ttick\t\nd\tnode\t\ttick\t\t\\u0041\nl\n", 1),  # a needless escape
        (4, b"w\tnode\t\ttick\t\nd\tnode\t\ttick\t\t\xff\nl\n", 1),
        (4, b"w\tnode\t\ttick\t\nd\tnode\t\ttick\t\tx\n", 2),
        (5, b"50\n0\n", 1),
        (5, b"-50\n10\n", 0),
        (5, b"050\n10\n", 0),
        (5, b"5_0\n10\n", 0),
        (5, b" 50\n10\n", 0),
        (5, b"99999999999999999999\n10\n", 0),
        (5, b"50\n9007199254740991\n", 1),
        (6, b"0\n+1\n", 1),
        (6, b"0\n", 1),
        (7, b"\n", 1),
        (8, b"", 0),
    ],
)
def test_a_value_that_is_none_is_that_of_its_entry(column: int, text: bytes, at: int) -> None:
    magic, parts = encode_segment(GOOD)[:20], unframe(encode_segment(GOOD)[20:], 9)
    parts[column] = pack(text)
    reading = iter(Reading(read_columns(magic + frame(parts), 3), 3, "alps"))
    for _ in range(at):
        next(reading)
    with pytest.raises(ProofError):
        next(reading)


@pytest.mark.parametrize("column", range(9))
def test_what_is_left_over_is_noticed(column: int) -> None:
    data = encode_segment(GOOD)
    magic, parts = data[:20], unframe(data[20:], 9)
    for more in [bytes(32), bytes(16), bytes(64), bytes(32)][column : column + 1] or [b"1\n", b"1"]:
        changed = [*parts]
        changed[column] = parts[column] + more if column < 4 else pack(unpack(parts[column])[0] + more)
        if column == 0:
            with pytest.raises(ProofError, match="does not hold 3 entries"):
                read_columns(magic + frame(changed), 3)
            continue
        reading = Reading(read_columns(magic + frame(changed), 3), 3, "alps")
        assert len(list(reading)) == 3
        assert not reading.finished


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"skyparley segment 2\n" + encode_segment(GOOD)[20:],
        encode_segment(GOOD)[:-1],
        encode_segment(GOOD) + b"\0",
        encode_segment(GOOD)[:40],
        encode_segment(GOOD[:2]),
        encode_segment(GOOD)[:20] + b"\xff" + encode_segment(GOOD)[21:],
        encode_segment(GOOD)[:20] + frame([bytes(96), bytes(17), b"", b"", *[pack(b"")] * 5]),
    ],
)
def test_what_is_no_segment_of_three_entries_is_refused(data: bytes) -> None:
    with pytest.raises(ProofError):
        read_columns(data, 3)


@given(st.binary(max_size=300), st.integers(0, 400), st.integers(0, 7))
def test_what_is_damaged_is_unpacked_up_to_the_damage(data: bytes, at: int, bit: int) -> None:
    """As far as a reader that takes one octet after another gets."""
    assert unpack(pack(data)) == (data, True)
    assert unpack(pack(data) + b"\0") == (data, False)
    assert unpack(pack(data)[:-1])[1] is False
    damaged = bytearray(pack(data))
    damaged[at % len(damaged)] ^= 1 << bit
    found, whole = unpack(bytes(damaged))
    unpacker, slowly = zlib.decompressobj(-15), b""
    try:
        for octet in damaged:
            slowly += unpacker.decompress(bytes([octet]))
    except zlib.error:
        assert not whole
    assert found == slowly


def test_a_column_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = pack(bytes(200_000))
    assert len(bomb) < 400
    monkeypatch.setattr(columns, "MAX_COLUMN_BYTES", 200_000)
    assert unpack(bomb)[1]
    monkeypatch.setattr(columns, "MAX_COLUMN_BYTES", 199_999)
    with pytest.raises(ProofError, match="more than 199999"):
        unpack(bomb)
