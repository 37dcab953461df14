"""Signatures of authors: what they prove, keys under which anything could be signed, and lines of keys."""

from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from skyparley.errors import InvalidInputError, ProofError
from skyparley.record.authorship import (
    BEARER_ATTESTED,
    NODE,
    PARTY_SIGNED,
    check_author,
    check_public_key,
    check_signature,
    format_key_line,
    format_signed,
    key_id_of,
    parse_key_line,
    parse_signed,
    sign_header,
    signed_header,
)
from skyparley.record.envelope import Header, encode_header
from skyparley.record.notes import parse_key
from skyparley.record.trust import joined, parse_trusted

PRIME = 2**255 - 19
D = -121665 * pow(121666, -1, PRIME) % PRIME
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
NORTH = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"


def header(**changes: str) -> Header:
    fields = {
        "pool": "alps",
        "kind": "tick",
        "party": "alpha",
        "authentication": PARTY_SIGNED,
        "key_id": key_id_of(PUBLIC),
        "idempotency_key": "",
        "body_digest": "0" * 64,
    }
    return Header(claimed_time_us=5, **{**fields, **changes})


KEYS = {("alpha", key_id_of(PUBLIC)): PUBLIC}


def checked(said: Header, signature: bytes, keys: dict[tuple[str, str], bytes] = KEYS) -> None:
    check_author(said, encode_header(said), signature, keys)


def test_only_the_holder_of_the_key_can_have_signed() -> None:
    good = sign_header(encode_header(header()), PRIVATE)
    checked(header(), good)
    for bit in range(8 * len(good)):
        altered = bytearray(good)
        altered[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ProofError):
            checked(header(), bytes(altered))
    for name in ("pool", "kind", "idempotency_key", "body_digest"):
        with pytest.raises(ProofError, match="does not fit"):
            checked(header(**{name: "1" * 64}), good)
    with pytest.raises(ProofError, match="which you do not name"):
        checked(header(), good, {})
    with pytest.raises(ProofError, match="which you do not name"):
        checked(header(party="bravo"), good)
    with pytest.raises(ProofError, match="does not fit"):
        checked(header(), PRIVATE.sign(encode_header(header())))  # without the domain: another protocol's signature


@pytest.mark.parametrize("mark", [NODE, BEARER_ATTESTED, "party_signed", ""])
def test_mark_key_and_signature_go_together(mark: str) -> None:
    good = sign_header(encode_header(header(authentication=mark)), PRIVATE)
    with pytest.raises(ProofError):
        checked(header(authentication=mark), good)
    if mark in {NODE, BEARER_ATTESTED}:
        checked(header(authentication=mark), b"")
    for other in (header(), header(party=""), header(key_id="k")):
        with pytest.raises(ProofError, match=r"no party, key or signature"):
            checked(other, b"" if other == header() else good)


def test_a_key_that_anybody_could_sign_for_is_none() -> None:
    """The points whose order divides 8, computed here from the curve; and their spellings that are not canonical."""
    weak = small_order_encodings()
    assert len(weak) == 8
    spelled = [*weak, *(_le(y + PRIME, sign) for y in (0, 1) for sign in (0, 1)), _le(PRIME - 1, 1), _le(1, 1)]
    for public in spelled:
        with pytest.raises(InvalidInputError, match="weak"):
            check_public_key(public)
        with pytest.raises(InvalidInputError, match="weak"):
            parse_key_line(format_key_line("alpha", public))
    check_public_key(PUBLIC)
    with pytest.raises(InvalidInputError, match="32 bytes"):
        check_public_key(PUBLIC[1:])


def test_a_signed_header_is_three_parts_of_their_length() -> None:
    signed = signed_header(header(), bytes(16), PRIVATE)
    line = format_signed(signed)
    assert parse_signed(line) == signed
    encoded, salt, signature = line.split(".")
    for wrong in (
        "", encoded, f"{encoded}.{salt}", f"{line}.", f"{line}.{signature}", f"{encoded}..{signature}",
        f"{encoded}.{salt[4:]}.{signature}", f"{encoded}.{salt}.{signature[4:]}", f"{salt}.{salt}.{signature}",
    ):  # fmt: skip
        with pytest.raises(InvalidInputError):
            parse_signed(wrong)


def test_a_key_of_another_length_verifies_nothing() -> None:
    with pytest.raises(ProofError, match="does not fit"):
        check_signature(b"{}", bytes(64), b"short")


def test_the_lines_of_a_file_of_keys() -> None:
    line = format_key_line("alpha", PUBLIC)
    assert parse_key_line(line) == ("alpha", PUBLIC)
    trusted = parse_trusted(f"# mine\n\n  {line}\n{NORTH}\n")
    assert (trusted.parties, trusted.notes) == (KEYS, (parse_key(NORTH),))
    assert joined([parse_trusted(line), parse_trusted(NORTH)]) == trusted
    assert joined([parse_trusted(NORTH), parse_trusted(line)]) == trusted
    for wrong in (line[:-1], line + "=", line.upper(), line.replace("alpha", "al pha"), line[:-2] + "B="):
        with pytest.raises(InvalidInputError) as raised:
            parse_trusted(f"{NORTH}\n{wrong}")
        assert raised.value.place == "line 2"
    with pytest.raises(InvalidInputError, match="no key"):
        parse_trusted("# nothing\n")


@dataclass(frozen=True)
class Point:
    x: int
    y: int

    def __add__(self, other: "Point") -> "Point":
        product = D * self.x * other.x * self.y * other.y % PRIME
        x = (self.x * other.y + other.x * self.y) * pow(1 + product, -1, PRIME)
        y = (self.y * other.y + self.x * other.x) * pow(1 - product, -1, PRIME)
        return Point(x % PRIME, y % PRIME)


def _le(y: int, sign: int) -> bytes:
    return (y | sign << 255).to_bytes(32, "little")


def small_order_encodings() -> set[bytes]:
    """From a point of order 8: (a point of the curve) times the order of the large subgroup, until one has order 8."""
    order = 2**252 + 27742317777372353535851937790883648493
    for y in range(2, 100):
        square = (y * y - 1) * pow(D * y * y + 1, -1, PRIME) % PRIME
        x = pow(square, (PRIME + 3) // 8, PRIME)
        if x * x % PRIME != square:
            x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
        if x * x % PRIME != square:
            continue
        point, result = Point(x, y), Point(0, 1)
        for bit in f"{order:b}":
            result = result + result
            if bit == "1":
                result = result + point
        found, at = set(), Point(0, 1)
        for _ in range(8):
            found.add(_le(at.y, at.x & 1))
            at = at + result
        if len(found) == 8:
            return found
    raise AssertionError
