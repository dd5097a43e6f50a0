"""SQL of stored objects: reading and writing versions, each piece of work within the transaction it is given.

It judges no document. Called through ``changes`` and ``Database``, and by the stores that follow the table.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from torana.core.errors import GatewayError
from torana.ports.database import Connection, grow
from torana.ports.objects import StoredObject

FOLLOWED = "config_objects"
"""Under which name of ``versions`` changes are counted."""
_ROW = "tenant, kind, name, version, document, written_at, written_by, beneath"
_NEWEST = (
    f"SELECT {_ROW} FROM config_objects AS own WHERE version = (SELECT MAX(version) FROM config_objects "  # noqa: S608
    "WHERE tenant = own.tenant AND kind = own.kind AND name = own.name) ORDER BY tenant, kind, name"
)
_ONE = f"SELECT {_ROW} FROM config_objects WHERE tenant = ? AND kind = ? AND name = ?"  # noqa: S608 - our own names
_INSERT = f"INSERT INTO config_objects ({_ROW}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_COUNT = "SELECT version FROM versions WHERE name = ?"
_RESEAL = "UPDATE config_objects SET document = ? WHERE tenant = ? AND kind = ? AND name = ? AND version = ?"


class Moved(Exception):
    """Somebody wrote an object since the others were looked at: judge again."""


def count(connection: Connection) -> int:
    """How many changes there were of any object."""
    row = connection.execute(_COUNT, (FOLLOWED,)).fetchone()
    return int(row[0]) if row else 0


def newest(connection: Connection) -> Sequence[StoredObject]:
    """The newest version of each object."""
    return [stored(row) for row in connection.execute(_NEWEST).fetchall()]


def history(
    connection: Connection, tenant: str, kind: str, name: str, before: int | None, most: int
) -> Sequence[StoredObject]:
    """The versions of one object, newest first. ``before``: only those older than this one."""
    sql, values = _ONE, [tenant, kind, name]
    rows = connection.execute(
        f"{sql} AND version < ? ORDER BY version DESC LIMIT ?", (*values, 2**31 - 1 if before is None else before, most)
    ).fetchall()
    return [stored(row) for row in rows]


def at_version(connection: Connection, tenant: str, kind: str, name: str, version: int) -> StoredObject | None:
    """One version of one object."""
    row = connection.execute(f"{_ONE} AND version = ?", (tenant, kind, name, version)).fetchone()
    return None if row is None else stored(row)


def write(connection: Connection, rows: Iterable[StoredObject], counted: int) -> None:
    """Keep one more version of each. ``counted``: how many changes there were when the rows were judged.

    Raises Moved when there were others since, GatewayError CONFLICT for a version that does not follow the newest.
    """
    # First of all: whoever writes at the same time waits here for the end of this transaction.
    grow(connection, FOLLOWED)
    if count(connection) != counted + 1:
        raise Moved
    for row in rows:
        latest = history(connection, *row.place, None, 1)
        there = latest[0].version if latest else 0
        if row.version != there + 1:
            raise outdated(row.kind, row.name, there)
        connection.execute(_INSERT, (*row[:4], written(row.document), *row[5:]))


def resealed(connection: Connection, rows: Iterable[StoredObject]) -> None:
    """Put other sealed secrets in place of these versions' own; nothing else of them changes."""
    for row in rows:
        connection.execute(_RESEAL, (written(row.document), *row[:4]))
    grow(connection, FOLLOWED)


def every_version(connection: Connection) -> Sequence[StoredObject]:
    """Every version of every object."""
    sql = f"SELECT {_ROW} FROM config_objects ORDER BY tenant, kind, name, version"  # noqa: S608 - our own names
    return [stored(row) for row in connection.execute(sql).fetchall()]


def outdated(kind: str, name: str, there: int) -> GatewayError:
    """The refusal of whoever read an older version than there is."""
    message = f"{kind} {name} is at version {there} now. Read it again."
    return GatewayError("CONFLICT", message, details={"version": there})


def written(document: dict[str, Any] | None) -> str:
    """A document as it stands in the table."""
    return "" if document is None else json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def stored(row: Sequence[Any]) -> StoredObject:
    """A row of the table."""
    tenant, kind, name, version, document, at, by, beneath = row
    found = json.loads(document) if document else None
    return StoredObject(tenant, kind, name, int(version), found, float(at), by, beneath)
