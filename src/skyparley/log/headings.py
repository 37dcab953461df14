"""Headings of a stretch of the log in SQLite: what lists show of entries, without reading a body.

A row's header stands before its body, so that the pages of a long body are never touched.
"""

import contextlib
from pathlib import Path
from typing import Final

import apsw

from skyparley.errors import StorageError
from skyparley.log.port import Heading

_BUSY_MS: Final = 10_000
_SELECT: Final = "SELECT sequence, time_us, header FROM entries WHERE sequence >= ? AND sequence < ? ORDER BY sequence"


def read_headings(path: Path, begin: int, end: int) -> list[Heading]:
    """Headings in `[begin, end)`, in order. Raises `StorageError` if the file cannot be read, or one is no heading."""
    try:
        with contextlib.closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)) as connection:
            connection.set_busy_timeout(_BUSY_MS)
            rows = connection.execute(_SELECT, (begin, end)).fetchall()
    except apsw.Error as error:
        raise StorageError(f"the log cannot be read from entry {begin} ({error})") from error
    found = []
    for sequence, time_us, header in rows:
        if not isinstance(sequence, int) or not isinstance(time_us, int) or not isinstance(header, bytes):
            raise StorageError(f"entry {sequence} does not consist of bytes and a time: restore the log from a backup")
        found.append(Heading(sequence, time_us, header))
    return found
