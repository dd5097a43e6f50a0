"""SQL of the tree: plain, within the transaction it is given. Every change counts the tree's version up.

It decides nothing about who may. Called by the routes of this room.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torana.ports.database import Connection, grow
from torana.ports.tree import TREE_VERSION

KEYS_VERSION = "virtual_keys"
_TENANT = "SELECT id, name, status, settings, created_at, updated_at, version FROM tenants"
GROUPS = {"department": "departments", "team": "teams"}
"""Kind → table."""
OF_PEOPLE = (
    "members", "sso_providers", "sso_states", "sso_identities", "sso_sessions", "scim_tokens", "scim_users", "scim_groups",
    "scim_members",
)  # fmt: skip
"""What goes with a tenant besides."""
CONFIGURED = ("config_objects", "policies")
"""What a tenant wrote and gateways follow, each by the name of its table."""


class TenantRow(NamedTuple):
    """One row."""

    id: str
    name: str = ""
    status: str = "active"
    settings: Mapping[str, Any] = {}
    created_at: float | None = None
    updated_at: float | None = None
    version: int = 0


def tenants(connection: Connection) -> dict[str, TenantRow]:
    """All of them, by id: for operators."""
    return {row[0]: _tenant(row) for row in connection.execute(_TENANT).fetchall()}


def tenant(connection: Connection, tenant_id: str) -> TenantRow | None:
    """One."""
    row = connection.execute(f"{_TENANT} WHERE id = ?", (tenant_id,)).fetchone()
    return None if row is None else _tenant(row)


def _tenant(row: Sequence[Any]) -> TenantRow:
    return TenantRow(row[0], row[1], row[2], json.loads(row[3] or "{}"), *row[4:])


def write_tenant(connection: Connection, row: TenantRow, now: float) -> TenantRow:
    """Keep a tenant, new or changed. Whoever else changes the tree waits."""
    grow(connection, TREE_VERSION)
    settings = json.dumps(dict(row.settings), sort_keys=True)
    connection.execute(
        "INSERT INTO tenants (id, name, status, settings, created_at, updated_at, version) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, status = excluded.status, settings = excluded.settings,"
        " updated_at = excluded.updated_at, version = excluded.version",
        (row.id, row.name, row.status, settings, row.created_at or now, now, row.version + 1),
    )
    return row._replace(created_at=row.created_at or now, updated_at=now, version=row.version + 1)


_KEPT = (
    "SELECT EXISTS (SELECT 1 FROM audit_heads WHERE tenant = ?) OR EXISTS (SELECT 1 FROM billing_invoices WHERE tenant = ?)"
    " OR EXISTS (SELECT 1 FROM usage_daily_by_team WHERE tenant = (SELECT id FROM names WHERE text = ?))"
)


def keeps_records(connection: Connection, tenant_id: str) -> bool:
    """Whether audit trail, invoices or usage of a tenant of this id are there, of one that was removed too."""
    return bool(connection.execute(_KEPT, (tenant_id, tenant_id, tenant_id)).fetchone()[0])


def end_tenants_sessions(connection: Connection, tenant_id: str) -> list[str]:
    """The users of a tenant who have live sessions."""
    rows = connection.execute(
        "SELECT DISTINCT user_id FROM sessions WHERE tenant = ? AND ended_at IS NULL", (tenant_id,)
    ).fetchall()
    return [row[0] for row in rows]


def hangs_on_tenant(connection: Connection, tenant_id: str) -> dict[str, int]:
    """What there is of a tenant still: what → how many."""
    asked = {
        "users": "SELECT COUNT(*) FROM users WHERE tenant = ?",
        "keys": "SELECT COUNT(*) FROM virtual_keys WHERE tenant = ? AND revoked_at IS NULL",
        "departments": "SELECT COUNT(*) FROM departments WHERE tenant = ?",
        "teams": "SELECT COUNT(*) FROM teams WHERE tenant = ?",
    }
    found = {name: int(connection.execute(sql, (tenant_id,)).fetchone()[0]) for name, sql in asked.items()}
    return {name: count for name, count in found.items() if count}


def drop_tenant(connection: Connection, tenant_id: str, by: str, now: float) -> int:
    """Remove a tenant with its people and groups; its keys end, its records stay. How many keys ended."""
    grow(connection, TREE_VERSION)
    grow(connection, KEYS_VERSION)
    ended: int = connection.execute(
        "UPDATE virtual_keys SET revoked_at = ?, revoked_by = ?, old_digest = NULL, old_until = NULL"
        " WHERE tenant = ? AND revoked_at IS NULL",
        (now, by, tenant_id),
    ).rowcount
    for name in CONFIGURED:
        grow(connection, name)
    for table in (
        *OF_PEOPLE,
        *CONFIGURED,
        "approvals",
        "temporary_grants",
        "one_time_tokens",
        "sessions",
        "users",
        "teams",
        "departments",
    ):
        connection.execute(f"DELETE FROM {table} WHERE tenant = ?", (tenant_id,))  # noqa: S608 - our own tables
    connection.execute("DELETE FROM tenants WHERE id = ?", (tenant_id,))
    return ended


def add_group(connection: Connection, kind: str, tenant_id: str, row: tuple[str, str, str], now: float) -> bool:
    """A new department or team (id, name, department); False when the id is taken."""
    grow(connection, TREE_VERSION)
    group, name, department = row
    if kind == "department":
        made = connection.execute(
            "INSERT INTO departments (tenant, id, name, created_at, version) VALUES (?, ?, ?, ?, 1) ON CONFLICT DO NOTHING",
            (tenant_id, group, name, now),
        )
    else:
        made = connection.execute(
            "INSERT INTO teams (tenant, id, department, name, created_at, version) VALUES (?, ?, ?, ?, ?, 1)"
            " ON CONFLICT DO NOTHING",
            (tenant_id, group, department, name, now),
        )
    return bool(made.rowcount)


def change_group(connection: Connection, kind: str, tenant_id: str, row: tuple[str, str, str | None]) -> bool:
    """Another name, or another department of a team (None: as it is); False when there is none stored."""
    grow(connection, TREE_VERSION)
    group, name, department = row
    table = GROUPS[kind]
    changed: int = connection.execute(
        f"UPDATE {table} SET name = CASE WHEN ? = '' THEN name ELSE ? END, version = version + 1"  # noqa: S608 - our own tables
        " WHERE tenant = ? AND id = ?",
        (name, name, tenant_id, group),
    ).rowcount
    if changed and department is not None and kind == "team":
        for sql in (
            "UPDATE teams SET department = ? WHERE tenant = ? AND id = ?",
            "UPDATE users SET department = ? WHERE tenant = ? AND team = ?",
            "UPDATE virtual_keys SET department = ? WHERE tenant = ? AND team = ?",
        ):
            connection.execute(sql, (department, tenant_id, group))
        grow(connection, KEYS_VERSION)
    return changed > 0


def people_of(connection: Connection, kind: str, tenant_id: str, group: str) -> list[str]:
    """Who is in it, of those who are signed in."""
    rows = connection.execute(
        f"SELECT id FROM users WHERE tenant = ? AND {kind} = ? AND EXISTS (SELECT 1 FROM sessions"  # noqa: S608 - one of two columns
        " WHERE sessions.tenant = users.tenant AND sessions.user_id = users.id AND sessions.ended_at IS NULL) ORDER BY id",
        (tenant_id, group),
    ).fetchall()
    return [row[0] for row in rows]


def hangs_on_group(connection: Connection, kind: str, tenant_id: str, group: str) -> dict[str, int]:
    """What is in a department or team still: what → how many."""
    asked = {
        "people": f"SELECT COUNT(*) FROM users WHERE tenant = ? AND {kind} = ?",  # noqa: S608 - one of two columns
        "keys": f"SELECT COUNT(*) FROM virtual_keys WHERE tenant = ? AND {kind} = ? AND revoked_at IS NULL",  # noqa: S608
    }
    if kind == "department":
        asked["teams"] = "SELECT COUNT(*) FROM teams WHERE tenant = ? AND department = ?"
    found = {name: int(connection.execute(sql, (tenant_id, group)).fetchone()[0]) for name, sql in asked.items()}
    return {name: count for name, count in found.items() if count}


def drop_group(connection: Connection, kind: str, tenant_id: str, group: str) -> bool:
    """Remove it. People, keys and teams that were in it are in none then; False when there is none stored."""
    table = GROUPS[kind]
    gone: int = connection.execute(f"DELETE FROM {table} WHERE tenant = ? AND id = ?", (tenant_id, group)).rowcount  # noqa: S608 - our own tables
    if not gone:
        return False
    grow(connection, TREE_VERSION)
    grow(connection, KEYS_VERSION)
    connection.execute("DELETE FROM members WHERE tenant = ? AND kind = ? AND group_id = ?", (tenant_id, kind, group))
    for emptied in ("users", "virtual_keys", *(("teams",) if kind == "department" else ())):
        connection.execute(f"UPDATE {emptied} SET {kind} = '' WHERE tenant = ? AND {kind} = ?", (tenant_id, group))  # noqa: S608
    return True


def group_names(connection: Connection, kind: str, tenant_id: str) -> dict[str, str]:
    """Stored ones: id → name."""
    rows = connection.execute(f"SELECT id, name FROM {GROUPS[kind]} WHERE tenant = ?", (tenant_id,)).fetchall()  # noqa: S608
    return {row[0]: row[1] for row in rows}


def head_counts(connection: Connection, kind: str, tenant_id: str) -> dict[str, int]:
    """How many people each has: id → count."""
    rows = connection.execute(
        f"SELECT {kind}, COUNT(*) FROM users WHERE tenant = ? AND {kind} <> '' GROUP BY {kind}",  # noqa: S608 - one of two columns
        (tenant_id,),
    ).fetchall()
    found = {row[0]: int(row[1]) for row in rows}
    others = connection.execute(
        "SELECT members.group_id, COUNT(*) FROM members JOIN users ON users.tenant = members.tenant"  # noqa: S608 - one of two columns
        f" AND users.id = members.user_id WHERE members.tenant = ? AND members.kind = ? AND users.{kind} <> members.group_id"
        " GROUP BY members.group_id",
        (tenant_id, kind),
    ).fetchall()
    for group, count in others:
        found[group] = found.get(group, 0) + int(count)
    return found


def members(
    connection: Connection, kind: str, tenant_id: str, group: str, page: tuple[str, int]
) -> list[tuple[Any, ...]]:
    """Who is in it: user, email, name, role, whether it is their main one. ``page``: after which user, how many."""
    rows: list[tuple[Any, ...]] = connection.execute(
        "SELECT users.id, users.email, users.name, COALESCE(members.role, 'member'),"  # noqa: S608 - one of two columns
        f" CASE WHEN users.{kind} = ? THEN 1 ELSE 0 END FROM users LEFT JOIN members ON members.tenant = users.tenant"
        " AND members.kind = ? AND members.group_id = ? AND members.user_id = users.id"
        f" WHERE users.tenant = ? AND (users.{kind} = ? OR members.user_id IS NOT NULL) AND users.id > ?"
        " ORDER BY users.id LIMIT ?",
        (group, kind, group, tenant_id, group, *page),
    ).fetchall()
    return rows


def put_member(
    connection: Connection, kind: str, place: tuple[str, str, str], role: str, now: float, department: str = ""
) -> None:
    """Put somebody (tenant, group, user) into it; whoever was in none has it as their main one.

    ``department``: that of a team, which becomes theirs with it; for whoever is of another it is no main one.
    """
    tenant_id, group, user = place
    connection.execute(
        "INSERT INTO members (tenant, kind, group_id, user_id, role, since) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (tenant, kind, group_id, user_id) DO UPDATE SET role = excluded.role",
        (tenant_id, kind, group, user, role, now),
    )
    connection.execute(
        f"UPDATE users SET {kind} = ?, updated_at = ?, version = version + 1 WHERE tenant = ? AND id = ? AND {kind} = ''"  # noqa: S608
        " AND (? = '' OR department IN ('', ?))",
        (group, now, tenant_id, user, department, department),
    )
    if department:
        connection.execute(
            "UPDATE users SET department = ? WHERE tenant = ? AND id = ? AND team = ? AND department = ''",
            (department, tenant_id, user, group),
        )


def drop_member(connection: Connection, kind: str, place: tuple[str, str, str], now: float) -> bool:
    """Take somebody out of it; False when they are not in it."""
    tenant_id, group, user = place
    gone: int = connection.execute(
        "DELETE FROM members WHERE tenant = ? AND kind = ? AND group_id = ? AND user_id = ?",
        (tenant_id, kind, group, user),
    ).rowcount
    gone += connection.execute(
        f"UPDATE users SET {kind} = '', updated_at = ?, version = version + 1 WHERE tenant = ? AND id = ? AND {kind} = ?",  # noqa: S608
        (now, tenant_id, user, group),
    ).rowcount
    return gone > 0
