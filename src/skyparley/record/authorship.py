"""Who wrote an entry, and how that is known: the mark in its header, and its author's signature where there is one.

A party signs the header of its entry (which names pool, party, kind and the salted digest of the body) with a key that
never leaves its own machine: Ed25519 (RFC 8032), pure, over a domain and the header's canonical bytes. The table of
what each mark proves is in docs/record.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from skyparley.errors import InvalidInputError, ProofError
from skyparley.record.base64 import from_base64, to_base64
from skyparley.record.envelope import SALT_BYTES, Header, decode_header, encode_header

PARTY_SIGNED: Final = "party-signed"
BEARER_ATTESTED: Final = "bearer-attested"
NODE: Final = "node"
AUTHENTICATIONS: Final = (PARTY_SIGNED, BEARER_ATTESTED, NODE)
"""How the author was authenticated; `node` with a party's name is the node that speaks for a party that it hosts."""
PUBLIC_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
_SIGNED_DOMAIN: Final = b"skyparley entry 1\n"
KEY_ID_LENGTH: Final = 16
_KEY_DOMAIN: Final = b"skyparley party key 1\n"
_KEY_LINE: Final = re.compile(r"([a-z0-9-]{1,64})=ed25519:([A-Za-z0-9+/]{43}=)")
_PRIME: Final = 2**255 - 19
_SMALL_ORDER_Y: Final = frozenset(
    {
        0,
        1,
        _PRIME - 1,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    }
)
"""The y of the points whose order divides 8: under such a key a signature fits many messages."""

PartyKeys = Mapping[tuple[str, str], bytes]
"""Public keys by party and identifier of the key."""


@dataclass(frozen=True, slots=True)
class SignedHeader:
    """What a party hands to its node with a request: the header of its entry, the salt of its body, its signature.

    `details_salt` (16 bytes, or none) is that of an operation's details, whose digest stands in the body.
    """

    header: Header
    encoded: bytes
    salt: bytes
    signature: bytes
    details_salt: bytes = b""


def check_public_key(public: bytes) -> None:
    """Raise `InvalidInputError` for what is no Ed25519 public key, or one under which anything could be signed."""
    if len(public) != PUBLIC_BYTES:
        raise InvalidInputError(f"an Ed25519 public key has {PUBLIC_BYTES} bytes; this has {len(public)}")
    y = int.from_bytes(public, "little") & (2**255 - 1)
    if y >= _PRIME or y in _SMALL_ORDER_Y:
        raise InvalidInputError("this Ed25519 public key is a weak one, which anybody could sign for: make another")


def key_id_of(public: bytes) -> str:
    """The identifier of a party's key: 16 hexadecimal digits that are made of the key, so that it names no other."""
    return sha256(_KEY_DOMAIN + public).hexdigest()[:KEY_ID_LENGTH]


def format_key_line(party: str, public: bytes) -> str:
    """A party's public key as the one line that is handed to others: `party=ed25519:key`."""
    return f"{party}=ed25519:{to_base64(public)}"


def parse_key_line(text: str) -> tuple[str, bytes]:
    """Party and public key of such a line. Raises `InvalidInputError`."""
    matched = _KEY_LINE.fullmatch(text)
    if matched is None:
        raise InvalidInputError("the key of a party is written as party=ed25519:key: copy the whole line")
    public = from_base64(matched[2], of="the key", length=PUBLIC_BYTES)
    check_public_key(public)
    return matched[1], public


def is_key_line(text: str) -> bool:
    """Whether a line of a file of keys is meant as the key of a party."""
    return "=ed25519:" in text


def signed_header(header: Header, salt: bytes, private: Ed25519PrivateKey, details_salt: bytes = b"") -> SignedHeader:
    """A header under its author's signature."""
    encoded = encode_header(header)
    return SignedHeader(header, encoded, salt, sign_header(encoded, private), details_salt)


def format_signed(signed: SignedHeader) -> str:
    """A signed header as one line of text, for a header of HTTP: its parts in base64, with dots."""
    parts = (signed.encoded, signed.salt, signed.signature, signed.details_salt)
    return ".".join(to_base64(part) for part in parts if part)


def parse_signed(text: str) -> SignedHeader:
    """The signed header of such a line; the signature is not checked. Raises `InvalidInputError`."""
    parts = text.split(".")
    if len(parts) not in (3, 4):
        raise InvalidInputError(
            "a signed header is three parts in base64, with dots: header, salt, signature; for details their salt, too"
        )
    encoded = from_base64(parts[0], of="the header")
    return SignedHeader(
        decode_header(encoded),
        encoded,
        from_base64(parts[1], of="the salt", length=SALT_BYTES),
        from_base64(parts[2], of="the signature", length=SIGNATURE_BYTES),
        from_base64(parts[3], of="the salt of the details", length=SALT_BYTES) if len(parts) == 4 else b"",
    )


def sign_header(header: bytes, private: Ed25519PrivateKey) -> bytes:
    """The author's signature (64 bytes) of an entry with this header."""
    return private.sign(_SIGNED_DOMAIN + header)


def check_signature(header: bytes, signature: bytes, public: bytes) -> None:
    """Raise `ProofError` unless the holder of a key has signed a header."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _SIGNED_DOMAIN + header)
    except (InvalidSignature, ValueError):
        raise ProofError("the signature of the entry's author does not fit: it was altered, or forged") from None


def check_mark(header: Header, signature: bytes) -> None:
    """Raise `ProofError` unless mark, key and signature go together; the signature itself is not checked here."""
    signed = header.authentication == PARTY_SIGNED
    if header.authentication not in AUTHENTICATIONS:
        raise ProofError(f"the entry says that its author is known as '{header.authentication}', which is no such mark")
    if signed and not (header.party and len(header.key_id) == KEY_ID_LENGTH and len(signature) == SIGNATURE_BYTES):
        raise ProofError("the entry is marked party-signed, and has no party, key or signature")
    if signature and not signed:
        raise ProofError(f"the entry is marked {header.authentication}, and has a signature")


def check_author(header: Header, encoded: bytes, signature: bytes, keys: PartyKeys) -> None:
    """Raise `ProofError` unless the author of an entry is known as its mark says, by one of these keys of parties.

    `encoded` are the header's bytes. Marks of the node and of bearers are its word: there is nothing to check.
    """
    check_mark(header, signature)
    if header.authentication != PARTY_SIGNED:
        return
    public = keys.get((header.party, header.key_id))
    if public is None:
        raise ProofError(
            f"the entry is signed by key {header.key_id} of '{header.party}', which you do not name as one that you"
            f" trust: give its line, which begins with {header.party}=ed25519:"
        )
    check_signature(encoded, signature, public)
