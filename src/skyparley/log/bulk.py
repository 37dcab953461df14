"""Rows into SQLite in few steps.

Between two steps of a statement apsw gives the interpreter away and must wait to get it back, up to a switch interval
each time while the event loop is busy. So a group of rows goes in as few statements with many rows each: the price of
a group is that of a handful of steps, not of one per row.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

import apsw

CHUNKS: Final = (256, 64, 16, 4, 1)
"""Rows per statement; so few different lengths that all stay in the statement cache."""


def insert_rows(connection: apsw.Connection, insert: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows of one width; `insert` is the statement up to and with the word VALUES. Raises `apsw.Error`."""
    begin = 0
    for chunk in CHUNKS:
        while len(rows) - begin >= chunk:
            part = rows[begin : begin + chunk]
            marks = f"({', '.join('?' * len(part[0]))})"
            connection.execute(f"{insert} {', '.join([marks] * chunk)}", tuple(chain.from_iterable(part)))
            begin += chunk
