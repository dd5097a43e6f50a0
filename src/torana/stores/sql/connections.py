"""Connections to the database by its URL, with the same few methods for SQLite and PostgreSQL.

It judges whether the schema is the one this code speaks, and changes none. Called by the rest of ``stores/sql``,
``wiring`` and, through what ``wiring`` gives it, the database sink.
"""

from __future__ import annotations

import importlib
import sqlite3
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from torana.stores.sql.sqlite import SqliteConnection
from torana.stores.sql.sums import Columns

REVISION = "0009"
"""The schema that this code speaks: the newest revision in ``migrations/versions`` (a test compares)."""
KNOWN = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")
"""Older revisions, which ``torana migrate`` brings up to date (a test compares)."""
SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")
LOCKED_S = 5.0
"""How long another's lock of a SQLite file is waited for."""
STATEMENTS = 256
"""Prepared ones that a connection keeps: inserts of many rows are a dozen tables in nine sizes."""
LOCKED_TURNS = 500
LOGGED_PAGES = 4000
"""Pages of SQLite's log before they are brought to their places: most are changed again and again."""
CACHE_KIB = 16_384
"""The most that one connection to SQLite keeps in memory."""


class WrongSchema(ValueError):
    """The database has a schema that this code does not speak. Says what to run."""


class Connection(Protocol):
    """A connection for one thread at a time. Parameters are question marks; reads open no transaction.

    A transaction begins with the first change. As a context manager it commits, or undoes when the block fails.
    """

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any:
        """A cursor. Raises what the driver raises."""
        ...

    def insert(self, table: str, columns: tuple[str, ...], values: Sequence[Any], ending: str = "") -> None:
        """Insert rows, given as the values of all of them in a row. ``ending`` says what happens to rows that are there."""
        ...

    def insert_columns(self, table: str, names: tuple[str, ...], columns: Sequence[Sequence[Any]]) -> None:
        """Insert rows, given column by column."""
        ...

    def add(self, requests: Columns) -> None:
        """Add requests, column by column, to the tables of sums, as ``sums`` says."""
        ...

    def make_days(self, days: Iterable[int]) -> None:
        """See to it that rows of these days (since the epoch, UTC) have a place, where rows are kept by day."""
        ...

    def at_one_moment(self) -> None:
        """From here to the next commit or rollback all reads see the database as it is at the first of them."""
        ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...

    def __enter__(self) -> Any: ...

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None, /
    ) -> Any: ...


def connect(url: str, kind: type[SqliteConnection] = SqliteConnection) -> Connection:
    """A new connection: durable against a killed process, waits 5 s for locks of a SQLite file. ``kind``: of one to SQLite.

    Raises ValueError for a URL of another database, OSError or what ``faults`` tells when it cannot be opened.
    """
    if is_postgres(url):
        opened: Connection = _postgres().connect(url)
        return opened
    path = sqlite_path(url)
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(
        path,
        timeout=LOCKED_S,
        isolation_level="IMMEDIATE",
        check_same_thread=False,
        factory=kind,
        cached_statements=STATEMENTS,
    )
    try:
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint={LOGGED_PAGES}")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    except BaseException:
        connection.close()
        raise
    return connection


def _write_ahead(connection: SqliteConnection) -> None:
    """Trap: while another process makes the tables this fails at once, whatever the time-out: SQLite does not wait here."""
    for turn in range(LOCKED_TURNS):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or turn == LOCKED_TURNS - 1:
                raise
            time.sleep(LOCKED_S / LOCKED_TURNS)
        else:
            return


def is_postgres(url: str) -> bool:
    """Whether the URL means PostgreSQL."""
    return url.startswith(POSTGRES)


def sqlite_path(url: str) -> Path:
    """The file a URL means. Raises ValueError for another database."""
    if not url.startswith(SQLITE) or len(url) == len(SQLITE):
        kind = url.partition(":")[0] or "an empty URL"
        raise ValueError(
            f"rows are kept in SQLite (sqlite:///path) or PostgreSQL (postgresql://host/name), not in {kind}"
        )
    return Path(url[len(SQLITE) :])


def revision(url: str) -> str | None:
    """The revision of the database's schema; None when there is none yet. Makes no file."""
    opened: Any
    if is_postgres(url):
        known = "SELECT 1 WHERE to_regclass('alembic_version') IS NOT NULL"
        opened = connect(url)
    else:
        known = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
        path = sqlite_path(url)
        if not path.exists():
            return None
        # Not by connect: to ask for the write-ahead log while another process makes the tables fails at once.
        opened = sqlite3.connect(path, timeout=LOCKED_S)
    with closing(opened) as connection:
        found = connection.execute(known).fetchone()
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if found else None
    return str(row[0]) if row else None


def check(url: str) -> bool:
    """Whether the schema is there and ours; False when there is none. Raises WrongSchema for any other."""
    return judge(revision(url))


def judge(there: str | None) -> bool:
    """What ``check`` says of a revision."""
    if there == REVISION or there is None:
        return there is not None
    if there in KNOWN:
        raise WrongSchema(f"the database has schema {there}, this version needs {REVISION}: run `torana migrate`")
    raise WrongSchema(
        f"the database has schema {there}, which this version does not know: a newer Torana made it. "
        f"Run that version, or with it `torana migrate --to-revision {REVISION}`"
    )


def faults(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """What the drivers in use raise when a database fails, and ``more``: for an ``except``."""
    driver = sys.modules.get("psycopg")
    return (sqlite3.Error, OSError, *((driver.Error,) if driver is not None else ()), *more)


def misfits() -> tuple[type[Exception], ...]:
    """What the drivers in use raise for a value that no column takes, such as a text with a NUL: the caller's fault."""
    driver = sys.modules.get("psycopg")
    return (OverflowError, sqlite3.DataError, *((driver.DataError,) if driver is not None else ()))


def _postgres() -> Any:
    # Imported when a URL names it: the driver costs a start 0.1 s, which SQLite installations need not pay.
    return importlib.import_module("torana.stores.sql.postgres")
