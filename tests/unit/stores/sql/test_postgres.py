from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.postgres import Server
from torana.stores.sql.postgres import COPIED_AT_ONCE, PostgresConnection, connect, partition

COLUMNS = ("a", "b")


@pytest.fixture
def connection(postgres: Server) -> Iterator[PostgresConnection]:
    with closing(connect(postgres.fresh())) as opened:
        with opened:
            opened.execute("CREATE TABLE t (a BIGINT UNIQUE, b TEXT)")
        yield opened


def rows(connection: PostgresConnection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT a, b FROM t ORDER BY a").fetchall()


@pytest.mark.parametrize(
    "text", ["", "plain", "a\tb", "a\nb\r", "\\N", "\\.", "\\", "q\"u'o", "धर्म", "100%", "?", "{1,2}", ","]
)
@pytest.mark.parametrize("ending", ["", " ON CONFLICT (a) DO NOTHING"])
def test_any_text_comes_back_as_it_was(connection: PostgresConnection, text: str, ending: str) -> None:
    with connection:
        connection.insert("t", COLUMNS, [1, text, 2, "next"], ending)
    assert rows(connection) == [(1, text), (2, "next")]


def test_a_zero_byte_which_the_database_refuses_is_replaced(connection: PostgresConnection) -> None:
    with connection:
        connection.insert("t", COLUMNS, [1, "a\0b"])
        connection.insert("t", COLUMNS, [2, "a\0b"], " ON CONFLICT (a) DO NOTHING")
    assert rows(connection) == [(1, "a\ufffdb"), (2, "a\ufffdb")]


def test_truth_is_a_number_and_nothing_is_null(connection: PostgresConnection) -> None:
    with connection:
        connection.insert("t", COLUMNS, [True, None])
        connection.insert("t", COLUMNS, [])
    assert rows(connection) == [(1, None)]


@pytest.mark.parametrize("count", [0, 1, COPIED_AT_ONCE - 1, COPIED_AT_ONCE, COPIED_AT_ONCE * 2 + 1])
def test_columns_arrive_whole_however_long(connection: PostgresConnection, count: int) -> None:
    with connection:
        connection.insert_columns("t", COLUMNS, [list(range(count)), [f"row\t{n}" for n in range(count)]])
    assert rows(connection) == [(n, f"row\t{n}") for n in range(count)]


def test_bytes_and_fractions_come_back_as_they_were(connection: PostgresConnection) -> None:
    with connection:
        connection.execute("CREATE TABLE kinds (a BYTEA, b DOUBLE PRECISION)")
        connection.insert_columns("kinds", COLUMNS, [[bytes(range(256)), b"", None], [1 / 3, 1.75e9, None]])
    assert connection.execute("SELECT a, b FROM kinds").fetchall() == [
        (bytes(range(256)), 1 / 3),
        (b"", 1.75e9),
        (None, None),
    ]


def test_reading_opens_no_transaction_and_a_change_opens_one(connection: PostgresConnection) -> None:
    state = connection._driver.info.transaction_status
    connection.execute("SELECT 1")
    assert connection._driver.info.transaction_status == state
    connection.execute("INSERT INTO t VALUES (?, ?)", (1, "x"))
    assert connection._driver.info.transaction_status != state
    connection.rollback()
    assert rows(connection) == []


def test_a_block_that_fails_leaves_nothing(connection: PostgresConnection) -> None:
    with pytest.raises(ZeroDivisionError), connection:
        connection.execute("INSERT INTO t VALUES (?, ?)", (1, "x"))
        raise ZeroDivisionError
    assert rows(connection) == []


def test_a_server_that_comes_back_is_connected_to_again(postgres: Server) -> None:
    url = postgres.fresh()
    before = connect(url)
    postgres.kill()
    with pytest.raises(ConnectionError):
        connect(url)
    postgres.start()
    before.close()
    with closing(connect(url)) as again:
        assert again.execute("SELECT 1").fetchone() == (1,)


def test_a_partition_is_named_for_its_day() -> None:
    assert partition("usage_facts", 20_000) == "usage_facts_20241004"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:my secret@127.0.0.1:1/db",
        "postgresql://ann:my%zzsecret@127.0.0.1:1/db",
        "postgresql://ann:my@secret@127.0.0.1:1/db",
        "postgresql://ann:mysecret@127.0.0.1:1/db",
    ],
)
def test_a_url_that_does_not_work_is_said_without_its_password(url: str) -> None:
    with pytest.raises(ConnectionError) as caught:
        connect(url)
    told = "".join(traceback.format_exception(caught.value))
    assert "secret" not in told.replace(url, "")
