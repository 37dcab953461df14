"""Files of one JSON object in one spelling: what is read must be, to the octet, what would be written.

Members sorted, no white space, no escape that is not needed; a member `format` names the format and its version.
"""

import re
from typing import Final, Protocol, TypeVar

import msgspec

from skyparley.errors import InvalidInputError


class Formatted(Protocol):
    """What has a format."""

    @property
    def format(self) -> str:
        """Name and version, such as `skyparley receipt 1`."""
        ...


_Kind = TypeVar("_Kind", bound=Formatted)
_ENCODER: Final = msgspec.json.Encoder(order="sorted")


def write_canonical(value: Formatted) -> bytes:
    """The bytes of a file."""
    return _ENCODER.encode(value)


def read_canonical(data: bytes, decoder: msgspec.json.Decoder[_Kind], *, form: str, what: str, most: int) -> _Kind:
    """What a file holds, if it is a `what` of the format `form` and of at most so many bytes.

    Raises `InvalidInputError` for anything else, also for another spelling of the same.
    """
    if len(data) > most:
        raise InvalidInputError(f"a {what} has at most {most} bytes; this has {len(data)}")
    found = re.search(rb'"format":"(%b [0-9]{1,9})"' % form.rpartition(" ")[0].encode(), data)
    if found is not None and found[1].decode() != form:
        raise InvalidInputError(f"this is a '{found[1].decode()}'; this Skyparley reads '{form}': upgrade it")
    try:
        value = decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInputError(f"this is not a {what}: {error}") from None
    if write_canonical(value) != data:
        raise InvalidInputError(f"the {what} is not as it was written: take the file itself, not a copy of its text")
    if value.format != form:
        raise InvalidInputError(f"this is not a '{form}'", place="format")
    return value
