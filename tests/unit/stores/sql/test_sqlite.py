from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from torana.stores import sql


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'folder' / 'torana.db'}"


def test_a_connection_writes_ahead_and_waits_for_locks(url: str) -> None:
    with closing(sql.connect(url)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (1,)
        assert connection.execute("PRAGMA busy_timeout").fetchone() == (5000,)


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 63, 64, 65, 255, 256, 257, 600])
def test_rows_arrive_whole_however_many(url: str, count: int) -> None:
    with closing(sql.connect(url)) as connection, connection:
        connection.execute("CREATE TABLE t (a INTEGER, b TEXT)")
        connection.insert("t", ("a", "b"), [value for n in range(count) for value in (n, f"row {n}")])
        found = connection.execute("SELECT a, b FROM t ORDER BY a").fetchall()
    assert found == [(n, f"row {n}") for n in range(count)]


def test_columns_arrive_as_rows(url: str) -> None:
    with closing(sql.connect(url)) as connection, connection:
        connection.execute("CREATE TABLE t (a INTEGER, b TEXT)")
        connection.insert_columns("t", ("a", "b"), [[1, 2], ["x", "y"]])
        assert connection.execute("SELECT a, b FROM t").fetchall() == [(1, "x"), (2, "y")]
