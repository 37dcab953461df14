"""Rows into SQLite: all of them, in their order, in few statements."""

import apsw
import pytest

from skyparley.log.bulk import CHUNKS, insert_rows


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 255, 256, 257, 256 + 64 + 16 + 4 + 1, 1_000])
def test_all_rows_arrive_in_order_in_few_statements(count: int) -> None:
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE things (number INTEGER, name TEXT)")
    statements: list[str] = []
    connection.exec_trace = lambda _, sql, __: statements.append(sql) or True
    rows = [(number, f"n{number}") for number in range(count)]
    insert_rows(connection, "INSERT INTO things VALUES", rows)
    connection.exec_trace = None
    assert connection.execute("SELECT number, name FROM things ORDER BY rowid").fetchall() == rows
    assert len(statements) <= count // CHUNKS[0] + 3 * len(CHUNKS)
    assert len(set(statements)) <= len(CHUNKS)


def test_error_is_that_of_the_database() -> None:
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE things (number INTEGER PRIMARY KEY)")
    with pytest.raises(apsw.ConstraintError):
        insert_rows(connection, "INSERT INTO things VALUES", [(1,), (1,)])
