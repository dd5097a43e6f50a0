"""Connections that are lent, to both databases: what was closed while somebody used them stays open for nobody."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import Server
from torana.stores.sql.connections import Connection
from torana.stores.sql.one_connection import OneConnection
from torana.stores.sql.several_connections import SeveralConnections

Lend = Callable[[], AbstractContextManager[Connection]]


@pytest.fixture(params=["postgres", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'rows.db'}"
    server: Server = request.getfixturevalue("postgres")
    return server.url()


@pytest.fixture(params=["one", "writing", "reading"])
def lender(request: pytest.FixtureRequest, url: str) -> Iterator[tuple[Lend, Callable[[], None]]]:
    lender: Any = (OneConnection if request.param == "one" else SeveralConnections)(url)
    yield (lender.lent if request.param == "one" else getattr(lender, request.param)), lender.close
    lender.close()


def is_open(connection: Any) -> bool:
    if not isinstance(connection, sqlite3.Connection):
        return not connection._driver.closed
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True


def test_a_connection_is_kept_for_the_next_one(lender: tuple[Lend, Callable[[], None]]) -> None:
    lend, _close = lender
    with lend() as first:
        first.execute("SELECT 1")
    assert is_open(first)
    with lend() as second:
        assert second is first


def test_one_that_is_busy_when_all_are_closed_is_closed_when_it_comes_back(
    lender: tuple[Lend, Callable[[], None]],
) -> None:
    lend, close = lender
    with lend() as busy:
        close()
        busy.execute("SELECT 1")
        assert is_open(busy)
    assert not is_open(busy)
    with lend() as later:
        assert later is not busy and is_open(later)


def test_one_that_failed_is_not_kept(lender: tuple[Lend, Callable[[], None]]) -> None:
    lend, _close = lender
    with pytest.raises(ZeroDivisionError), lend() as failed:
        raise ZeroDivisionError
    assert not is_open(failed)


def test_a_reader_of_sqlite_that_is_kept_sees_what_was_written_since(tmp_path: Path) -> None:
    several = SeveralConnections(f"sqlite:///{tmp_path / 'rows.db'}")
    with several.writing() as connection:
        connection.execute("CREATE TABLE t (n INTEGER)")
    for number in range(3):
        with several.writing() as connection:
            connection.execute("INSERT INTO t VALUES (?)", (number,))
        with several.reading() as connection:
            assert connection.execute("SELECT count(*) FROM t").fetchone()[0] == number + 1
            connection.execute("INSERT INTO t VALUES (99)")  # nothing that a reader changes is kept
    several.close()


def test_a_kept_reader_does_not_keep_the_log_of_sqlite_from_being_emptied(tmp_path: Path) -> None:
    several = SeveralConnections(f"sqlite:///{tmp_path / 'rows.db'}")
    with several.writing() as connection:
        connection.execute("CREATE TABLE t (n INTEGER)")
    with several.reading() as connection:
        connection.execute("SELECT count(*) FROM t").fetchone()
    with several.writing() as connection:
        connection.execute("INSERT INTO t VALUES (1)")
    busy, _, _ = sqlite3.connect(tmp_path / "rows.db").execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert not busy
    several.close()
