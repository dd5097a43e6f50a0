"""Rows of people and groups as providers keep them: plain SQL, within the transaction it is given.

It decides nothing about who may. Every query names the tenant. Called by the resources of this room.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from torana.ports.database import Connection

_USER = (
    "SELECT users.id, users.email, users.name, users.role, users.status, users.external_id, users.operator,"
    " users.created_at, users.updated_at, users.version, scim_users.user_name, scim_users.document FROM users"
    " LEFT JOIN scim_users ON scim_users.tenant = users.tenant AND scim_users.user_id = users.id"
    " WHERE users.tenant = ? AND users.kind = 'person'"
)
_GROUP = "SELECT id, name, external_id, created_at, updated_at, version FROM scim_groups WHERE tenant = ?"
BY_USER = {
    "id": "users.id = ?",
    "externalid": "users.external_id = ?",
    "username": "COALESCE(scim_users.user_name, users.email) = ?",
}
BY_GROUP = {"id": "id = ?", "externalid": "external_id = ?", "displayname": "LOWER(name) = ?"}
"""What is found by the database: attribute in lower case → condition."""
FOLDED = frozenset({"username", "displayname"})


class UserRow(NamedTuple):
    """A person, and what their provider keeps of them."""

    id: str
    email: str
    name: str
    role: str
    status: str
    external_id: str
    operator: int
    created_at: float
    updated_at: float
    version: int
    user_name: str | None
    document: Mapping[str, Any] | None
    """None: no provider has written it."""


class GroupRow(NamedTuple):
    """A group."""

    id: str
    name: str
    external_id: str
    created_at: float
    updated_at: float
    version: int


def _where(asked: Mapping[str, str], columns: Mapping[str, str]) -> tuple[str, list[str]]:
    sql = "".join(f" AND {columns[name]}" for name in asked)
    return sql, [value.lower() if name in FOLDED else value for name, value in asked.items()]


def users(connection: Connection, tenant: str, asked: Mapping[str, str]) -> list[UserRow]:
    """People of the tenant by id. ``asked``: names of BY_USER → what they must be."""
    where, values = _where(asked, BY_USER)
    rows = connection.execute(f"{_USER}{where} ORDER BY users.id", (tenant, *values)).fetchall()
    return [_user(row) for row in rows]


def _user(row: Sequence[Any]) -> UserRow:
    found = UserRow(*row)
    return found._replace(document=None if found.document is None else json.loads(row[-1]))


def user(connection: Connection, tenant: str, user_id: str) -> UserRow | None:
    """One."""
    return next(iter(users(connection, tenant, {"id": user_id})), None)


def keep_user(connection: Connection, tenant: str, row: UserRow, now: float) -> None:
    """Write what may change of somebody who is there."""
    connection.execute(
        "UPDATE users SET email = ?, name = ?, status = ?, external_id = ?, updated_at = ?, version = version + 1"
        " WHERE tenant = ? AND id = ?",
        (row.email, row.name, row.status, row.external_id, now, tenant, row.id),
    )
    connection.execute(
        "INSERT INTO scim_users (tenant, user_id, user_name, document) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (tenant, user_id) DO UPDATE SET user_name = excluded.user_name, document = excluded.document",
        (tenant, row.id, row.user_name, json.dumps(dict(row.document or {}), sort_keys=True)),
    )


def name_is_taken(connection: Connection, tenant: str, user_name: str, but: str) -> bool:
    """Whether somebody else of the tenant goes by this name (in lower case)."""
    found = connection.execute(
        "SELECT 1 FROM users LEFT JOIN scim_users ON scim_users.tenant = users.tenant AND scim_users.user_id = users.id"
        " WHERE users.tenant = ? AND users.kind = 'person' AND COALESCE(scim_users.user_name, users.email) = ?"
        " AND users.id <> ?",
        (tenant, user_name, but),
    ).fetchone()
    return found is not None


def groups(connection: Connection, tenant: str, asked: Mapping[str, str]) -> list[GroupRow]:
    """Groups of the tenant by id. ``asked``: names of BY_GROUP → what they must be."""
    where, values = _where(asked, BY_GROUP)
    return [GroupRow(*row) for row in connection.execute(f"{_GROUP}{where} ORDER BY id", (tenant, *values)).fetchall()]


def group(connection: Connection, tenant: str, group_id: str) -> GroupRow | None:
    """One."""
    return next(iter(groups(connection, tenant, {"id": group_id})), None)


def add_group(connection: Connection, tenant: str, row: GroupRow) -> None:
    """Keep a new one."""
    connection.execute(
        "INSERT INTO scim_groups (tenant, id, name, external_id, created_at, updated_at, version)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (tenant, *row),
    )


def keep_group(connection: Connection, tenant: str, row: GroupRow, now: float) -> None:
    """Write what may change of one that is there."""
    connection.execute(
        "UPDATE scim_groups SET name = ?, external_id = ?, updated_at = ?, version = version + 1 WHERE tenant = ? AND id = ?",
        (row.name, row.external_id, now, tenant, row.id),
    )


def drop_group(connection: Connection, tenant: str, group_id: str) -> None:
    """Remove one, and who is in it from it."""
    connection.execute("DELETE FROM scim_members WHERE tenant = ? AND group_id = ?", (tenant, group_id))
    connection.execute("DELETE FROM scim_groups WHERE tenant = ? AND id = ?", (tenant, group_id))


def members(connection: Connection, tenant: str, group_id: str = "") -> dict[str, list[tuple[str, str]]]:
    """Group → (user id, name) of those in it; of one group or of all."""
    rows = connection.execute(
        "SELECT scim_members.group_id, users.id, users.name FROM scim_members JOIN users"
        " ON users.tenant = scim_members.tenant AND users.id = scim_members.user_id WHERE scim_members.tenant = ?"
        " AND (? = '' OR scim_members.group_id = ?) ORDER BY users.id",
        (tenant, group_id, group_id),
    ).fetchall()
    return _gathered(rows)


def memberships(connection: Connection, tenant: str, user_id: str = "") -> dict[str, list[tuple[str, str]]]:
    """User → (group id, name) of those they are in; of one user or of all."""
    rows = connection.execute(
        "SELECT scim_members.user_id, scim_groups.id, scim_groups.name FROM scim_members JOIN scim_groups"
        " ON scim_groups.tenant = scim_members.tenant AND scim_groups.id = scim_members.group_id"
        " WHERE scim_members.tenant = ? AND (? = '' OR scim_members.user_id = ?) ORDER BY scim_groups.id",
        (tenant, user_id, user_id),
    ).fetchall()
    return _gathered(rows)


def _gathered(rows: Iterable[Sequence[Any]]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for one, other, name in rows:
        found.setdefault(one, []).append((other, name))
    return found


def people_there(connection: Connection, tenant: str) -> frozenset[str]:
    """The ids of all people of the tenant."""
    rows = connection.execute("SELECT id FROM users WHERE tenant = ? AND kind = 'person'", (tenant,)).fetchall()
    return frozenset(row[0] for row in rows)


def set_members(connection: Connection, tenant: str, group_id: str, wanted: Iterable[str]) -> set[str]:
    """Let these be in the group and nobody else; whose membership changed."""
    rows = connection.execute(
        "SELECT user_id FROM scim_members WHERE tenant = ? AND group_id = ?", (tenant, group_id)
    ).fetchall()
    there, after = {row[0] for row in rows}, set(wanted)
    for gone in sorted(there - after):
        connection.execute(
            "DELETE FROM scim_members WHERE tenant = ? AND group_id = ? AND user_id = ?", (tenant, group_id, gone)
        )
    for new in sorted(after - there):
        connection.execute(
            "INSERT INTO scim_members (tenant, group_id, user_id) VALUES (?, ?, ?)", (tenant, group_id, new)
        )
    return there ^ after
