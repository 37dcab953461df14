"""Base64 (RFC 4648, section 4) in its one spelling: what is read would be written as it stands."""

import base64
import binascii

from skyparley.errors import InvalidInputError


def to_base64(data: bytes) -> str:
    """Bytes as text."""
    return base64.b64encode(data).decode()


def from_base64(text: str, *, of: str, length: int | None = None) -> bytes:
    """The bytes of a text; `of` says what they are. Raises `InvalidInputError` for any other spelling or length."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInputError(f"{of} is not base64") from None
    if to_base64(data) != text:
        raise InvalidInputError(f"{of} is not base64 in its usual spelling")
    if length is not None and len(data) != length:
        raise InvalidInputError(f"{of} has {len(data)} bytes; it must have {length}")
    return data
