"""Numbers that grow with every change of a table, so that a reader can ask cheaply whether to read again.

Called by the rest of ``stores/sql``, within the transaction of the change.
"""

from __future__ import annotations

from torana.ports.database import Connection
from torana.ports.database import grow as grow  # noqa: PLC0414 - handed on


def version_of(connection: Connection, name: str) -> int:
    """The number; 0 before the first change."""
    row = connection.execute("SELECT version FROM versions WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0
