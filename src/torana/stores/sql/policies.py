"""Policies in the database, every version of each: plain SQL that SQLite and PostgreSQL both take.

It makes no tables (``stores/migrations`` does) and judges no policy. Called by ``wiring`` from worker threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from torana.ports.database import Connection
from torana.ports.policies import Outdated, StoredPolicy
from torana.stores.sql.one_connection import OneConnection
from torana.stores.sql.versions import grow, version_of

VERSION = "policies"

_LIST = "name, version, tenant, document, written_at, written_by"
_LOAD = (
    f"SELECT {_LIST} FROM policies AS own WHERE version = "  # noqa: S608 - our own column names
    "(SELECT MAX(version) FROM policies WHERE name = own.name) ORDER BY name"
)
_HISTORY = f"SELECT {_LIST} FROM policies WHERE name = ? ORDER BY version DESC LIMIT ?"  # noqa: S608
_NEWEST = "SELECT MAX(version) FROM policies WHERE name = ?"
_INSERT = f"INSERT INTO policies ({_LIST}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"  # noqa: S608


class SqlPolicies:
    """Implements ``ports.policies.PolicyStore``, for any thread."""

    def __init__(self, url: str) -> None:
        """Opens nothing yet. Raises ValueError for a URL of another database."""
        self._one = OneConnection(url)

    def version(self) -> int:
        """A number that grows with every change."""
        with self._one.lent() as connection:
            return version_of(connection, VERSION)

    def load(self) -> Sequence[StoredPolicy]:
        """The newest version of each, by name."""
        with self._one.lent() as connection:
            rows = connection.execute(_LOAD).fetchall()
        return [_stored(row) for row in rows]

    def history(self, name: str, most: int) -> Sequence[StoredPolicy]:
        """The versions of one, newest first."""
        with self._one.lent() as connection:
            rows = connection.execute(_HISTORY, (name, most)).fetchall()
        return [_stored(row) for row in rows]

    def write(self, row: StoredPolicy, beside: Callable[[Connection], None] | None = None) -> None:
        """Keep one more version, and what ``beside`` does in the same transaction. Raises Outdated, what ``beside`` raises."""
        document = "" if row.document is None else msgspec.json.encode(row.document).decode()
        values = (row.name, row.version, row.tenant, document, row.written_at, row.written_by)
        with self._one.lent() as connection:
            newest = connection.execute(_NEWEST, (row.name,)).fetchone()[0] or 0
            if newest != row.version - 1:
                raise Outdated(newest)
            # Two who write at once may both have seen the same newest version; the primary key lets one of them in.
            if not connection.execute(_INSERT, values).rowcount:
                raise Outdated(row.version)
            grow(connection, VERSION)
            if beside is not None:
                beside(connection)

    def close(self) -> None:
        """Give up the kept connection; a later call opens another."""
        self._one.close()


def _stored(row: Sequence[Any]) -> StoredPolicy:
    name, version, tenant, document, written_at, written_by = row
    found = msgspec.json.decode(document, type=dict[str, Any]) if document else None
    return StoredPolicy(name, int(version), tenant, found, written_at, written_by)
