"""Extents as bytes: in canonical form, which the state hash covers, and in short, as the state keeps them.

The canonical form names its fields and writes cells as text (MessagePack); the short one is a third as long: numbers of
fixed length, and four bytes for each cell, for a token of level 13 or coarser has at most eight digits. Either can be
made from the other, to the byte.
"""

from collections.abc import Sequence
from struct import Struct
from typing import Final

import msgspec

from skyparley.airspace.operations.commands import Extent
from skyparley.geometry.altitude import Datum

CELL_BYTES: Final = 4
_DIGITS: Final = 2 * CELL_BYTES
_DATUMS: Final = tuple(sorted(str(datum) for datum in Datum))
_NUMBERS: Final = {name: number for number, name in enumerate(_DATUMS)}
_HEAD: Final = Struct(">iiqqBI")
"""Band in millimetres, begin and end in microseconds, number of the datum, how many bytes of cells follow."""
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(tuple[Extent, ...])


def pack_extents(extents: Sequence[Extent]) -> bytes:
    """Extents in their canonical form (MessagePack)."""
    return _ENCODER.encode(extents)


def unpack_extents(packed: bytes) -> tuple[Extent, ...]:
    """What `pack_extents` packed."""
    return _DECODER.decode(packed)


def shorten_extents(extents: Sequence[Extent]) -> bytes:
    """Valid extents in short."""
    parts = []
    for one in extents:
        digits = "".join(one.cells)
        if len(digits) != _DIGITS * len(one.cells):
            digits = "".join([token.ljust(_DIGITS, "0") for token in one.cells])
        cells = bytes.fromhex(digits)
        band_and_time = one.lower_mm, one.upper_mm, one.begin_us, one.end_us
        parts += [_HEAD.pack(*band_and_time, _NUMBERS[one.datum], len(cells)), cells]
    return b"".join(parts)


def lengthen_extents(short: bytes) -> tuple[Extent, ...]:
    """What `shorten_extents` shortened."""
    extents = []
    place = 0
    while place < len(short):
        lower_mm, upper_mm, begin_us, end_us, datum, length = _HEAD.unpack_from(short, place)
        place += _HEAD.size
        digits = short[place : place + length].hex()
        tokens = [digits[i : i + _DIGITS].rstrip("0") for i in range(0, 2 * length, _DIGITS)]
        extents.append(Extent(tuple(tokens), lower_mm, upper_mm, _DATUMS[datum], begin_us, end_us))
        place += length
    return tuple(extents)
