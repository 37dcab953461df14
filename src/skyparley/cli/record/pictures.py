"""A checkpoint as a QR code (ISO/IEC 18004, by segno): to be photographed from the terminal, or printed."""

import io
import sys
from pathlib import Path
from typing import Final

import segno

from skyparley.cli.record.verifying import write
from skyparley.errors import InvalidInputError

KINDS: Final = ("svg", "png")
_MODULE_PIXELS: Final = 8


def print_code(note: bytes) -> None:
    """Print the QR code of a note in half blocks, light on dark. Raises `InvalidInputError` if it is too long."""
    _code(note).terminal(out=sys.stdout, compact=True)


def write_code(note: bytes, path: Path) -> None:
    """Write the QR code of a note into a new file, SVG or PNG by its ending. Raises `InvalidInputError`."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise InvalidInputError("is neither .svg nor .png: end the file's name with one of them", place=str(path))
    picture = io.BytesIO()
    _code(note).save(picture, kind=kind, scale=_MODULE_PIXELS)
    write(path, picture.getvalue())


def _code(note: bytes) -> segno.QRCode:
    try:
        return segno.make_qr(note, mode="byte", error="L")
    except segno.DataOverflowError:
        raise InvalidInputError(
            f"a QR code holds 2,953 bytes at most, and this note has {len(note)}: print it as text"
        ) from None
