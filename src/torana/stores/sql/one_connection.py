"""A connection for a store that is asked now and then, from any thread.

It keeps none to SQLite, where one costs nothing; to PostgreSQL one is kept, for its server starts a process for each.
Used by the stores of ``stores/sql``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
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
        self._kept: Connection | None = None

    @contextmanager
    def lent(self) -> Iterator[Connection]:
        """A connection whose changes are kept when the block ends well, and undone when it does not."""
        if not is_postgres(self._url):
            with closing(connect(self._url)) as connection, connection:
                yield connection
            return
        with self._lock:
            if self._kept is None:
                self._kept = connect(self._url)
            connection, self._kept = self._kept, None
            # Kept only when the block ended well: a broken connection must not be asked again.
            try:
                with connection:
                    yield connection
                self._kept = connection
            finally:
                if self._kept is None:
                    connection.close()

    def close(self) -> None:
        """Give up the kept connection, unless it is busy; a later call opens another. Waits for nobody."""
        if self._lock.acquire(blocking=False):
            try:
                if self._kept is not None:
                    self._kept.close()
                    self._kept = None
            finally:
                self._lock.release()
