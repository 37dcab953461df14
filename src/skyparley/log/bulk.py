"""Rows into SQLite in few steps, durable without holding up the interpreter.

Between two steps of a statement apsw gives the interpreter away and must wait to get it back, up to a switch interval
each time while the event loop is busy. So a group of rows goes in as few statements with many rows each; a group of
usual size is one statement that is its own transaction, and waits for the interpreter once.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any, Final

import apsw

ONE_STATEMENT: Final = 64
"""Rows per statement at most; so few different lengths that all stay in the statement cache."""


def insert_durably(connection: apsw.Connection, insert: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """`insert_rows` as one durable transaction of its own. Raises `apsw.Error`; nothing is inserted then."""
    if len(rows) <= ONE_STATEMENT:
        insert_rows(connection, insert, rows)
        return
    with transaction(connection):
        insert_rows(connection, insert, rows)


def insert_rows(connection: apsw.Connection, insert: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows of one width; `insert` is the statement up to and with the word VALUES. Raises `apsw.Error`."""
    for begin in range(0, len(rows), ONE_STATEMENT):
        part = rows[begin : begin + ONE_STATEMENT]
        marks = f"({', '.join('?' * len(part[0]))})"
        connection.execute(f"{insert} {', '.join([marks] * len(part))}", tuple(chain.from_iterable(part)))


@contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    """All or nothing, durable at the end. Raises `apsw.Error`.

    Not the connection's own context manager, which keeps the interpreter to itself while COMMIT waits for the disk.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
