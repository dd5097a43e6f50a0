"""A connection for a store that is asked now and then, from any thread.

One is kept: PostgreSQL starts a process for each, and SQLite reads a file's schema again. Used by the stores of ``stores/sql``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from torana.stores.sql.connections import Connection, connect, is_postgres, sqlite_path


class OneConnection:
    """Lends a connection to one thread at a time."""

    def __init__(self, url: str) -> None:
        """Opens nothing yet. Raises ValueError for a URL of another database."""
        if not is_postgres(url):
            sqlite_path(url)
        self._url = url
        self._lock = Lock()
        self._shelf = Lock()
        """Held for a moment only, so that ``close`` waits for nobody who uses the connection."""
        self._kept: Connection | None = None
        self._closings = 0

    @contextmanager
    def lent(self) -> Iterator[Connection]:
        """A connection whose changes are kept when the block ends well, and undone when it does not."""
        with self._lock:
            with self._shelf:
                kept, self._kept = self._kept, None
                closings = self._closings
            connection = connect(self._url) if kept is None else kept
            # Kept only when the block ended well: a broken connection must not be asked again.
            try:
                with connection:
                    yield connection
            except BaseException:
                connection.close()
                raise
            with self._shelf:
                if closings == self._closings:
                    self._kept = connection
                else:
                    connection.close()

    def close(self) -> None:
        """Give up the kept connection, a busy one when it comes back; a later call opens another."""
        with self._shelf:
            self._closings += 1
            connection, self._kept = self._kept, None
        if connection is not None:
            connection.close()
