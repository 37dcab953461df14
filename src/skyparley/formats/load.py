"""From a path to bytes and on to JSON, within a limit: gzip undone, encodings named, NaN let through to be refused.

A compressed file is opened only as far as the limit goes, so that one which would unfold to fill the memory costs no
more than that.
"""

import json
import sys
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from skyparley.errors import InvalidInputError, LimitExceededError
from skyparley.node.reading.twice import members, read_again

MAX_FILE_BYTES: Final = 256 * 1024 * 1024
"""Longest file that is read, after decompression."""
STANDARD_INPUT: Final = Path("-")
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_MARKS: Final = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))


def load(path: Path) -> bytes:
    """The content of a file, or of standard input for `-`, decompressed, without a byte order mark.

    Raises `InvalidInputError` if it cannot be read, `LimitExceededError` beyond `MAX_FILE_BYTES`.
    """
    try:
        if path == STANDARD_INPUT:
            data = _read(sys.stdin.buffer)
        else:
            with path.open("rb") as file:
                data = _read(file)
    except OSError as error:
        raise InvalidInputError(f"cannot be read: {error.strerror}; check the name and the permissions") from None
    data = decompress(data) if data.startswith(_GZIP) else data
    if data.startswith(_ZIP):
        raise InvalidInputError("is a zip archive: unpack it, and check the files in it")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            raise InvalidInputError(f"is text in {encoding}: save it as UTF-8")
    return data.removeprefix(b"\xef\xbb\xbf")


def decompress(data: bytes) -> bytes:
    """The content of gzip of one or several members (RFC 1952), at most `MAX_FILE_BYTES` of it."""
    parts: list[bytes] = []
    room = MAX_FILE_BYTES
    while data:
        work = zlib.decompressobj(wbits=31)
        try:
            # one byte more than there is room for: what follows the end of the data then shows
            parts.append(work.decompress(data, room + 1))
        except zlib.error as error:
            word = "has something else after its end" if parts else "is damaged gzip"
            raise InvalidInputError(f"{word} ({error}): compress it again") from None
        room -= len(parts[-1])
        if room < 0:
            raise LimitExceededError(f"is longer than MAX_FILE_BYTES = {MAX_FILE_BYTES} when decompressed: split it")
        if not work.eof:
            raise InvalidInputError("is gzip that was cut short: copy it again")
        data = work.unused_data.lstrip(b"\x00")
    return b"".join(parts)


def decode_text(data: bytes) -> str:
    """Text in UTF-8. Raises `InvalidInputError` that names the first byte that is not."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise InvalidInputError(
            f"is not text in UTF-8 (byte {error.start + 1} of the file is 0x{data[error.start]:02x}): save it as UTF-8",
            place=f"line {line}, byte {column}",
        ) from None


def decode_json(data: bytes) -> Any:
    """A JSON value; NaN and Infinity, which JSON lacks but some programs write, are let through as numbers.

    They are refused where they stand, so that the rest of a file goes on. Raises `InvalidInputError` with line and
    column of what is not JSON. Objects with a member twice are left to the reader of each item (`twice.py`).
    """
    try:
        return read_again(data, msgspec.json.decode(data))
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass  # the second reader says where
    except RecursionError:
        raise InvalidInputError("is JSON that is nested too deeply: flatten it") from None
    try:
        return json.loads(decode_text(data), object_pairs_hook=members)
    except json.JSONDecodeError as error:
        raise InvalidInputError(
            f"is not JSON ({error.msg}): is it whole? write it again",
            place=f"line {error.lineno}, column {error.colno}",
        ) from None
    except (RecursionError, ValueError) as error:  # a whole number of thousands of digits is a ValueError
        raise InvalidInputError(f"is not JSON that can be read ({error})"[:200]) from None


def _read(file: BinaryIO) -> bytes:
    data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise LimitExceededError(f"is longer than MAX_FILE_BYTES = {MAX_FILE_BYTES}: split it")
    return data
