"""Stored objects in the database, as the data plane follows them: plain SQL that SQLite and PostgreSQL both take.

It writes none (``control/objects`` does). Called by ``wiring`` from worker threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from torana.ports.objects import StoredObject
from torana.stores.sql.one_connection import OneConnection
from torana.stores.sql.versions import version_of

VERSION = "config_objects"
_LOAD = (
    "SELECT tenant, kind, name, version, document, written_at, written_by, beneath FROM config_objects AS own "
    "WHERE version = (SELECT MAX(version) FROM config_objects "
    "WHERE tenant = own.tenant AND kind = own.kind AND name = own.name) ORDER BY tenant, kind, name"
)


class SqlObjects:
    """Implements ``ports.objects.ObjectRows``, for any thread."""

    def __init__(self, url: str) -> None:
        """Opens nothing yet. Raises ValueError for a URL of another database."""
        self._one = OneConnection(url)

    def version(self) -> int:
        """A number that grows with every change."""
        with self._one.lent() as connection:
            return version_of(connection, VERSION)

    def load(self) -> Sequence[StoredObject]:
        """The newest version of each."""
        with self._one.lent() as connection:
            rows = connection.execute(_LOAD).fetchall()
        return [_stored(*row) for row in rows]

    def close(self) -> None:
        """Give up the kept connection; a later call opens another."""
        self._one.close()


def _stored(tenant: str, kind: str, name: str, version: int, document: str, *rest: Any) -> StoredObject:
    return StoredObject(tenant, kind, name, int(version), msgspec.json.decode(document) if document else None, *rest)
