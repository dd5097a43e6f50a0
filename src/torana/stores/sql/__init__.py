"""The database in SQL, SQLite or PostgreSQL: connections, virtual keys, reading usage, keeping it for its time.

It makes no tables (``stores/migrations`` does) and loads no SQL toolkit, which would cost a starting gateway 0.5 s and
16 MB. Used by ``wiring`` and the CLI from worker threads.
"""

from torana.stores.sql.connections import (
    REVISION,
    Connection,
    WrongSchema,
    check,
    connect,
    faults,
    is_postgres,
    judge,
    misfits,
    revision,
    sqlite_path,
)
from torana.stores.sql.keys import Settings, SqlKeys, open  # noqa: A004 - every plug-in is opened by this name

__all__ = [
    "REVISION",
    "Connection",
    "Settings",
    "SqlKeys",
    "WrongSchema",
    "check",
    "connect",
    "faults",
    "is_postgres",
    "judge",
    "misfits",
    "open",
    "revision",
    "sqlite_path",
]
