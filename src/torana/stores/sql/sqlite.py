"""A connection to SQLite with the few methods that rows of ours need beside the driver's own.

It decides no schema. Opened by ``connections``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from typing import Any

from torana.stores.sql.sums import Columns, added

CHUNKS = (256, 128, 64, 32, 16, 8, 4, 2, 1)
"""Rows per statement. Each execution gives the interpreter's lock away and waits for it again, up to 5 ms under
load, so ``executemany`` with its execution per row could not keep up; few sizes, so statements stay prepared. With
these a batch of 200 requests is written in 40 executions, with powers of four in 56."""


class SqliteConnection(sqlite3.Connection):
    """Implements ``connections.Connection``."""

    def insert(self, table: str, columns: tuple[str, ...], values: Sequence[Any], ending: str = "") -> None:
        """As few executions as CHUNKS allow."""
        width = len(columns)
        place = 0
        for size in CHUNKS:
            while len(values) - place >= size * width:
                self.execute(_statement(table, columns, ending, size), values[place : place + size * width])
                place += size * width

    def insert_columns(self, table: str, names: tuple[str, ...], columns: Sequence[Sequence[Any]]) -> None:
        """As ``insert``."""
        self.insert(table, names, list(chain.from_iterable(zip(*columns, strict=True))))

    def add(self, requests: Columns) -> None:
        """As ``insert``."""
        for one in added(requests):
            names, ending = _adding(one.table, one.key, one.sums)
            values = list(chain.from_iterable(zip(*map(one.columns.__getitem__, names), strict=True)))
            self.insert(one.table, names, values, ending)

    def at_one_moment(self) -> None:
        """A transaction that only reads: writers go on meanwhile (write-ahead log)."""
        self.execute("BEGIN DEFERRED")

    def make_days(self, days: Iterable[int]) -> None:
        """One table has them all."""


class FittingConnection(SqliteConnection):
    """Takes what PostgreSQL takes too, so that rows can be moved there; for values that people send."""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """A cursor; parameters are a sequence. Raises sqlite3.DataError for a text with the character NUL."""
        if any(isinstance(one, str) and "\0" in one for one in parameters):
            raise sqlite3.DataError("a text with the character NUL")
        return super().execute(sql, parameters)


@cache
def _adding(table: str, key: tuple[str, ...], sums: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """The columns of rows that are added to a table of sums, and how the statement ends."""
    summed = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in sums)
    return (*key, *sums), f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {summed}"


@cache
def _statement(table: str, columns: tuple[str, ...], ending: str, size: int) -> str:
    row = "(" + ", ".join("?" * len(columns)) + ")"
    rows = ", ".join([row] * size)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {rows}{ending}"  # noqa: S608 - our own names
