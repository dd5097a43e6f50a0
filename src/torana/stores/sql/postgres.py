"""A connection to PostgreSQL that is used like one to SQLite: question marks, a transaction from the first change on.

It decides no schema but the daily partitions of usage, which it makes when they are needed. Opened by ``connections``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from select import select
from types import TracebackType
from typing import Any, Self

import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict

from torana.stores.sql.sums import Columns, added

CONNECT_S = 3
UNREADABLE = "the URL of PostgreSQL cannot be read: signs such as @, % and spaces in a password are percent-encoded"
PARTITIONED = ("usage_facts", "usage_details")
DAY_S = 86_400
COPIED_AT_ONCE = 1000
"""Rows of one piece of a COPY."""
MAKING = 7_166_481
"""The advisory lock of whoever makes or drops partitions."""
_json = msgspec.json.Encoder().encode
_READS = ("SELECT", "WITH")
_SPECIAL = re.compile("[\\\\\t\n\r\0]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\ufffd"})


def connect(url: str) -> PostgresConnection:
    """A connection. Raises ConnectionError, without the password, when the server cannot be reached or refuses."""
    if not readable(url):
        raise ConnectionError(UNREADABLE)
    try:
        driver = psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=CONNECT_S,
            application_name="torana",
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
            tcp_user_timeout=30_000,
        )
    except psycopg.OperationalError as fault:
        raise ConnectionError(f"PostgreSQL cannot be reached: {fault}") from fault
    return PostgresConnection(driver)


def readable(url: str) -> bool:
    """Whether the URL can be taken apart. The driver repeats what it cannot read, and looks up the rest of a password."""
    try:
        return "@" not in str(conninfo_to_dict(url).get("host") or "")
    except psycopg.ProgrammingError:
        return False


class PostgresConnection:
    """Implements ``connections.Connection``."""

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        self._driver = driver
        self._changing = False
        self._days: set[int] = set()
        self._ahead: AbstractContextManager[Any] | None = None

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> psycopg.Cursor[Any]:
        """A cursor."""
        self._hear()
        if not sql.startswith(_READS):
            self._begin()
        return self._driver.execute(_marked(sql), parameters or None)

    def insert(self, table: str, columns: tuple[str, ...], values: Sequence[Any], ending: str = "") -> None:
        """By COPY, or from arrays where rows may be there already: one statement either way."""
        self._hear()
        if not values:
            return
        self._begin()
        if ending:
            self._from_arrays(table, columns, values, ending)
        else:
            self._copy(table, columns, _by_column(values, len(columns)))

    def insert_columns(self, table: str, names: tuple[str, ...], columns: Sequence[Sequence[Any]]) -> None:
        """By COPY."""
        self._hear()
        if columns[0]:
            self._begin()
            self._copy(table, names, columns)

    def add(self, requests: Columns) -> None:
        """By one statement for each table, which takes the numbers as arrays. The server works on it while the rows of the next
        are made: what it says of it is heard before anything else is asked.
        """
        self._begin()
        for one in added(requests):
            if self._ahead is None:
                self._ahead = self._driver.pipeline()
                self._ahead.__enter__()
            statement = _adding(one.table, one.key, one.sums)
            self._driver.execute(statement, [_array(one.columns[name]) for name in (*one.key, *one.sums)])
            while self._driver.pgconn.flush():
                select((), (self._driver,), ())

    def make_days(self, days: Iterable[int]) -> None:
        """Make the partitions of these days that are not there."""
        self._hear()
        missing = sorted(set(days) - self._days)
        if not missing:
            return
        self._begin()
        self._driver.execute("SELECT pg_advisory_xact_lock(%s)", (MAKING,))
        for day in missing:
            for table in PARTITIONED:
                name = partition(table, day)
                if self._driver.execute("SELECT to_regclass(%s)", (name,)).fetchone() == (None,):
                    since, until = day * DAY_S * 1000, (day + 1) * DAY_S * 1000
                    self._driver.execute(
                        f"CREATE TABLE {name} PARTITION OF {table} FOR VALUES FROM ({since}) TO ({until})"
                    )
        self._days.update(missing)

    def at_one_moment(self) -> None:
        """A transaction that sees no change of others."""
        self._hear()
        self._begin()
        self._driver.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    def forget_days(self) -> None:
        """Look again which partitions there are."""
        self._days.clear()

    def commit(self) -> None:
        """Keep what was changed. Where something that was sent ahead failed, undo all of it and raise that."""
        try:
            self._hear()
        except psycopg.Error:
            if not self._driver.broken:
                self.rollback()
            raise
        if self._changing:
            self._changing = False
            self._driver.execute("COMMIT")

    def rollback(self) -> None:
        """Undo what was changed since the last commit."""
        with suppress(psycopg.Error):
            self._hear()
        self._days.clear()
        if self._changing:
            self._changing = False
            self._driver.execute("ROLLBACK")

    def close(self) -> None:
        """Close; what was not committed is undone."""
        self._ahead = None
        self._driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.commit()
        elif not self._driver.broken and not self._driver.closed:
            self.rollback()

    def _hear(self) -> None:
        """Wait for what was sent ahead. Raises what the driver raises."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.__exit__(None, None, None)

    def _begin(self) -> None:
        if not self._changing:
            self._driver.execute("BEGIN")
            self._changing = True

    def _copy(self, table: str, names: tuple[str, ...], columns: Sequence[Sequence[Any]]) -> None:
        with (
            self._driver.cursor() as cursor,
            cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy,
        ):
            # By pieces: the server works on one while the next is made.
            for start in range(0, len(columns[0]), COPIED_AT_ONCE):
                cells = (_cells(column[start : start + COPIED_AT_ONCE]) for column in columns)
                copy.write("\n".join(map("\t".join, zip(*cells, strict=True))) + "\n")

    def _from_arrays(self, table: str, columns: tuple[str, ...], values: Sequence[Any], ending: str) -> None:
        columns_of = _by_column(values, len(columns))
        kinds = tuple("text" if isinstance(column[0], str) else "bigint" for column in columns_of)
        arrays = [
            [text.replace("\0", "\ufffd") for text in column] if kind == "text" else _array(column)
            for column, kind in zip(columns_of, kinds, strict=True)
        ]
        self._driver.execute(_from_unnest(table, columns, kinds, ending), arrays)


def partition(table: str, day: int) -> str:
    """The name of the partition of a day since the epoch."""
    return f"{table}_{datetime.fromtimestamp(day * DAY_S, UTC):%Y%m%d}"


def _by_column(values: Sequence[Any], width: int) -> list[Sequence[Any]]:
    return [values[place::width] for place in range(width)]


def _array(numbers: Sequence[int]) -> str:
    # JSON has whole numbers as PostgreSQL does, and its writer needs a fifth of the time of str.
    return f"{{{_json(numbers)[1:-1].decode()}}}"


def _cells(column: Sequence[Any]) -> Sequence[str]:
    """A column as COPY reads it: a column of numbers, or of texts without a special sign, is not looked at one by one."""
    kinds = set(map(type, column))
    if kinds == {int}:
        return _json(column)[1:-1].decode().split(",")
    if kinds == {str} and not _SPECIAL.search("".join(column)):
        return column
    return list(map(_cell, column))


def _cell(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, bytes):
        return f"\\\\x{value.hex()}"
    return repr(value) if isinstance(value, float) else str(int(value))


@lru_cache(1024)
def _marked(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s") if "?" in sql else sql


@lru_cache(64)
def _from_unnest(table: str, columns: tuple[str, ...], kinds: tuple[str, ...], ending: str) -> str:
    arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM unnest({arrays}){ending}"  # noqa: S608


@lru_cache(64)
def _adding(table: str, key: tuple[str, ...], sums: tuple[str, ...]) -> str:
    names = (*key, *sums)
    arrays = ", ".join(f"%s::bigint[] AS {name}" for name in names)
    columns = ", ".join(f"{name}[place]" for name in names)
    # By place: unnest of many arrays takes four times as long. OFFSET 0 has each parameter read once.
    rows = f"(SELECT {arrays} OFFSET 0) AS whole, generate_series(1, array_length({names[0]}, 1)) AS place"
    added = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in sums)
    return (
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {columns} FROM {rows} "  # noqa: S608 - our own names
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {added}"
    )
