"""The envelope of an entry: header, salted body digest, chain, leaf. Specified byte for byte in docs/log-format.md.

Chain, leaf and signature cover the header and a salted digest of the body, never the body itself, which lies beside it
and can be dropped when law demands it without breaking the chain. The header is canonical JSON (RFC 8785, restricted to
strings and integers below 2^53); the sequence and time that the node assigns are bound by the chain.
"""

import hashlib
from typing import Annotated, Final

import msgspec

from skyparley.errors import InvalidInputError

FORMAT_VERSION: Final = 1
SALT_BYTES: Final = 16
MAX_HEADER_BYTES: Final = 4_096
_BODY_DOMAIN: Final = b"skyparley body 1\n"
_CHAIN_DOMAIN: Final = b"skyparley chain 1\n"
_GENESIS_DOMAIN: Final = b"skyparley genesis 1\n"
_LEAF_DOMAIN: Final = b"skyparley leaf 1\n"
_ENCODER: Final = msgspec.json.Encoder(order="sorted")


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is signed and chained of a command: who, what, when by the author's own clock.

    `party` is empty for the node. `authentication` is `party-signed`, `bearer-attested` or `node`. `body_digest` is the
    salted SHA-256 of the body in hexadecimal. Times are microseconds since 1970 UTC.
    """

    version: int = FORMAT_VERSION
    pool: str
    kind: str
    party: str
    authentication: str
    key_id: str
    idempotency_key: str
    claimed_time_us: Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
    body_digest: str


_DECODER: Final = msgspec.json.Decoder(Header)


def encode_header(header: Header) -> bytes:
    """The canonical bytes of a header."""
    return _ENCODER.encode(header)


def decode_header(data: bytes) -> Header:
    """The header of canonical bytes. Raises `InvalidInputError` for anything else, also for other spellings of it."""
    if len(data) > MAX_HEADER_BYTES:
        raise InvalidInputError(f"a header has at most {MAX_HEADER_BYTES} bytes")
    try:
        header = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInputError(f"this is not the header of an entry: {error}") from None
    if header.version != FORMAT_VERSION:
        raise InvalidInputError(f"header format {header.version}; this Skyparley reads {FORMAT_VERSION}")
    if _ENCODER.encode(header) != data:
        raise InvalidInputError("the header is not in its canonical form")
    return header


def body_digest(salt: bytes, body: bytes) -> str:
    """The salted digest (hex) by which a header binds its body without disclosing it."""
    return hashlib.sha256(b"".join((_BODY_DOMAIN, salt, body))).hexdigest()


def first_chain(pool: str) -> bytes:
    """The chain value before the first entry of a pool's log."""
    return hashlib.sha256(_GENESIS_DOMAIN + pool.encode()).digest()


def next_chain(previous: bytes, sequence: int, time_us: int, header: bytes, signature: bytes) -> bytes:
    """The chain value (32 bytes) of an entry: binds all before it, its place and time, its header and signature."""
    return hashlib.sha256(_CHAIN_DOMAIN + previous + _placed(sequence, time_us, header, signature)).digest()


def leaf_data(sequence: int, time_us: int, header: bytes, signature: bytes) -> bytes:
    """What the leaf of an entry is made of: place and time, header (which has the digest of the body), signature."""
    return _LEAF_DOMAIN + _placed(sequence, time_us, header, signature)


def _placed(sequence: int, time_us: int, header: bytes, signature: bytes) -> bytes:
    return b"".join(
        (
            sequence.to_bytes(8, "big"),
            time_us.to_bytes(8, "big"),
            len(header).to_bytes(4, "big"),
            header,
            len(signature).to_bytes(4, "big"),
            signature,
        )
    )
