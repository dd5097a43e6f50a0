"""Connections for work that comes from several threads at once, of which a few are kept: PostgreSQL starts a process for
each, and SQLite reads its schema for each.

Implements the blocking half of ``ports.database.Database``. Built by ``wiring``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, LifoQueue

from torana.stores.sql.connections import Connection, connect, is_postgres, sqlite_path
from torana.stores.sql.sqlite import FittingConnection

MOST_KEPT = 4
KEPT_KIB = 4096
"""The most of a SQLite file that each of these holds in memory, for they stay."""


class SeveralConnections:
    """Lends each asker a connection of its own."""

    def __init__(self, url: str) -> None:
        """Opens nothing yet. Raises ValueError for a URL of another database."""
        if not is_postgres(url):
            sqlite_path(url)
        self._url = url
        self._kept: LifoQueue[Connection] = LifoQueue()
        self._closings = 0

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection all of whose reads are of one moment; nothing it changes is kept."""
        with self._lent() as connection:
            connection.at_one_moment()
            yield connection
            connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection whose changes are kept when the block ends well, and undone when it does not."""
        with self._lent() as connection, connection:
            yield connection

    def close(self) -> None:
        """Give up the kept connections, busy ones when they come back; a later call opens others."""
        self._closings += 1
        self._empty()

    def _empty(self) -> None:
        while True:
            try:
                self._kept.get_nowait().close()
            except Empty:
                return

    def _opened(self) -> Connection:
        connection = connect(self._url, FittingConnection)
        if isinstance(connection, FittingConnection):
            connection.execute(f"PRAGMA cache_size=-{KEPT_KIB}")
        return connection

    @contextmanager
    def _lent(self) -> Iterator[Connection]:
        try:
            connection = self._kept.get_nowait()
        except Empty:
            connection = self._opened()
        closings = self._closings
        # Kept only when the block ended well: a broken connection must not be asked again.
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if self._kept.qsize() >= MOST_KEPT:
            connection.close()
            return
        self._kept.put(connection)
        # After it is put: whoever closes later finds it, and a close before this line is seen here.
        if closings != self._closings:
            self._empty()
