"""A connection to SQLite with the few methods that rows of ours need beside the driver's own.

It decides no schema. Opened by ``connections``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from typing import Any

CHUNKS = (256, 64, 16, 4, 1)
"""Rows per statement. Each execution gives the interpreter's lock away and waits for it again, up to 5 ms under
load, so ``executemany`` with its execution per row could not keep up; few sizes, so statements stay prepared."""


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

    def insert_from_batch(
        self,
        names: tuple[str, ...],
        columns: Sequence[Sequence[int]],
        statements: Sequence[str],
        batch: str = "batch",
    ) -> None:
        """From a temporary table, which is in a file of its own and in no log; it stays, and is empty."""
        self.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS {batch} ({', '.join(names)})")
        self.insert_columns(f"temp.{batch}", names, columns)
        for statement in statements:
            self.execute(statement)
        self.execute(f"DELETE FROM temp.{batch}")  # noqa: S608 - our own name

    def at_one_moment(self) -> None:
        """A transaction that only reads: writers go on meanwhile (write-ahead log)."""
        self.execute("BEGIN DEFERRED")

    def make_days(self, days: Iterable[int]) -> None:
        """One table has them all."""


@cache
def _statement(table: str, columns: tuple[str, ...], ending: str, size: int) -> str:
    row = "(" + ", ".join("?" * len(columns)) + ")"
    rows = ", ".join([row] * size)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {rows}{ending}"  # noqa: S608 - our own names
