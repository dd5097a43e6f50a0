"""Entries of the audit trail in the database: plain SQL that SQLite and PostgreSQL both take.

It makes no tables and sanitises nothing. Called by ``wiring/auditing.py`` within a transaction of the control plane.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torana.ports.database import Connection

COLUMNS = (
    "id", "tenant", "at", "kind", "action", "outcome", "actor", "actor_name", "actor_role", "target", "address",
    "request_id", "details",
)  # fmt: skip
_INSERT = f"INSERT INTO audit_entries ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 - our own column names


def add(connection: Connection, row: Sequence[Any]) -> None:
    """Keep one more; ``row`` has the values of COLUMNS."""
    connection.execute(_INSERT, tuple(row))
