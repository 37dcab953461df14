"""Rows into SQLite: all of them, in their order, in few statements, and all or none of them."""

import threading
from pathlib import Path

import apsw
import pytest

from skyparley.log.bulk import ONE_STATEMENT, insert_durably, insert_rows, transaction

SIZES = [0, 1, 3, ONE_STATEMENT - 1, ONE_STATEMENT, ONE_STATEMENT + 1, 3 * ONE_STATEMENT, 1_000]


def things() -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE things (number INTEGER PRIMARY KEY, name TEXT)")
    return connection


@pytest.mark.parametrize("count", SIZES)
def test_all_rows_arrive_in_order_in_few_statements(count: int) -> None:
    connection = things()
    statements: list[str] = []
    connection.exec_trace = lambda _, sql, __: statements.append(sql) or True
    rows = [(number, f"n{number}") for number in range(count)]
    insert_durably(connection, "INSERT INTO things VALUES", rows)
    connection.exec_trace = None
    assert connection.execute("SELECT number, name FROM things ORDER BY rowid").fetchall() == rows
    inserts = [sql for sql in statements if sql.startswith("INSERT")]
    assert len(inserts) == -(-count // ONE_STATEMENT)
    assert len(statements) - len(inserts) == (2 if count > ONE_STATEMENT else 0)
    assert not connection.in_transaction


@pytest.mark.parametrize("count", SIZES[3:])
def test_a_row_that_is_refused_undoes_all_of_its_group(count: int) -> None:
    connection = things()
    insert_durably(connection, "INSERT INTO things VALUES", [(count - 1, "there before")])
    with pytest.raises(apsw.ConstraintError):
        insert_durably(connection, "INSERT INTO things VALUES", [(number, "new") for number in range(count)])
    assert not connection.in_transaction
    assert connection.execute("SELECT * FROM things").fetchall() == [(count - 1, "there before")]


def test_a_transaction_undoes_what_came_before_an_error() -> None:
    connection = things()

    def half() -> None:
        with transaction(connection):
            insert_rows(connection, "INSERT INTO things VALUES", [(1, "one")])
            raise KeyError

    with pytest.raises(KeyError):
        half()
    assert not connection.in_transaction
    assert connection.execute("SELECT * FROM things").fetchall() == []


@pytest.mark.parametrize("count", [1, ONE_STATEMENT + 1])
def test_other_threads_run_while_a_group_waits_for_the_file(tmp_path: Path, count: int) -> None:
    """The interpreter is not held while COMMIT waits, here for a reader: else one slow disk would stop the node."""
    path = str(tmp_path / "things.sqlite")
    holder, writer = apsw.Connection(path), apsw.Connection(path)
    holder.execute("CREATE TABLE things (number INTEGER PRIMARY KEY, name TEXT)")
    writer.set_busy_timeout(10_000)
    holder.execute("BEGIN")
    assert holder.execute("SELECT * FROM things").fetchall() == []
    rows = [(number, "new") for number in range(count)]
    thread = threading.Thread(target=insert_durably, args=(writer, "INSERT INTO things VALUES", rows))
    thread.start()
    thread.join(timeout=0.2)
    assert thread.is_alive()  # and this thread came to look
    holder.execute("COMMIT")
    thread.join(timeout=10)
    assert holder.execute("SELECT count(*) FROM things").fetchone() == (count,)
    holder.close()
    writer.close()


def test_error_is_that_of_the_database() -> None:
    with pytest.raises(apsw.ConstraintError):
        insert_rows(things(), "INSERT INTO things VALUES", [(1, "one"), (1, "two")])
