"""Columns of an export: the same part of many entries side by side, which compresses far better than entry by entry.

A column is octets of one width, or lines; most are packed by DEFLATE (RFC 1951). Reading goes as far as the octets make
sense and says whether that was all of them, so that of a damaged file the first damaged entry can be named.
"""

import zlib
from typing import Final

from skyparley.errors import ProofError

MAX_COLUMN_BYTES: Final = 128 * 1024 * 1024
"""Of one column, unpacked: more than the longest body there is, and little enough for any machine."""
_RAW: Final = -15
"""DEFLATE without a frame around it."""
_LEVEL: Final = 6
LENGTH_BYTES: Final = 4


def pack(data: bytes) -> bytes:
    """Octets, packed."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW)
    return packer.compress(data) + packer.flush()


def unpack(data: bytes) -> tuple[bytes, bool]:
    """Octets as far as they can be unpacked, and whether that is all of them.

    Raises `ProofError` if they would be more than `MAX_COLUMN_BYTES`.
    """
    try:
        return _unpack(data)
    except zlib.error:
        pass
    sound, broken = 0, len(data)
    while broken - sound > 1:
        middle = (sound + broken) // 2
        try:
            _unpack(data[:middle])
            sound = middle
        except zlib.error:
            broken = middle
    return _unpack(data[:sound])[0], False


def _unpack(data: bytes) -> tuple[bytes, bool]:
    unpacker = zlib.decompressobj(_RAW)
    found = unpacker.decompress(data, MAX_COLUMN_BYTES + 1)
    if len(found) > MAX_COLUMN_BYTES:
        raise ProofError(f"a column unpacks to more than {MAX_COLUMN_BYTES} bytes")
    return found, unpacker.eof and not unpacker.unused_data


def join_lines(lines: list[bytes]) -> bytes:
    """Lines, each with its end."""
    return b"".join([line + b"\n" for line in lines])


def split_lines(data: bytes) -> tuple[list[bytes], bool]:
    """Lines, and whether the last has its end; one that has none is left out."""
    *lines, rest = data.split(b"\n")
    return lines, not rest


def frame(columns: list[bytes]) -> bytes:
    """Columns one after another, each after its length."""
    return b"".join([len(column).to_bytes(LENGTH_BYTES, "big") + column for column in columns])


def unframe(data: bytes, count: int) -> list[bytes]:
    """The so many columns of a frame. Raises `ProofError` unless they are just what is there."""
    columns, at = [], 0
    for _ in range(count):
        length = int.from_bytes(data[at : at + LENGTH_BYTES], "big")
        at += LENGTH_BYTES
        columns.append(data[at : at + length])
        at += length
    if at != len(data):
        raise ProofError(f"its {count} columns do not fill it")
    return columns
