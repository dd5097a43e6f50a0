"""SQL of users and temporary grants: plain, within the transaction it is given.

It decides nothing about who may. Called by the routes of this room.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torana.control.auth.people_rows import REVOKED_VERSION, one_change_of_people
from torana.control.people.queries import KEYS_VERSION
from torana.control.principal import Reach
from torana.core.tokens import BY_SUBJECT
from torana.ports.database import Connection, grow

_FIELDS = (
    "tenant", "id", "email", "name", "kind", "role", "status", "department", "team", "external_id", "attributes", "operator",
    "created_at", "updated_at", "last_sign_in_at", "version",
)  # fmt: skip
_SELECT = f"SELECT {', '.join(_FIELDS)} FROM users WHERE tenant = ?"  # noqa: S608 - our own column names
_PLACED = ("department", "team", "id")


class User(NamedTuple):
    """One row, without the password."""

    tenant: str
    id: str
    email: str
    name: str
    kind: str
    role: str
    status: str
    department: str
    team: str
    external_id: str
    attributes: Mapping[str, Any]
    operator: int
    created_at: float
    updated_at: float
    last_sign_in_at: float | None
    version: int


class Grant(NamedTuple):
    """One permission for a while."""

    id: str
    tenant: str
    user: str
    permission: str
    reason: str
    given_by: str
    given_at: float
    expires_at: float
    ended_at: float | None = None


def _user(row: Sequence[Any]) -> User:
    found = dict(zip(_FIELDS, row, strict=True))
    found["attributes"] = json.loads(found["attributes"] or "{}")
    return User(**found)


def page(
    connection: Connection, reach: Reach, columns: Mapping[str, str], text: str, after: tuple[str, int]
) -> list[User]:
    """One page within reach, by id. ``columns``: column → value; ``text``: part of name or address; ``after``: id, how many."""
    where, values = reach.where(*_PLACED)
    for column, value in columns.items():
        where += f" AND {column} = ?"
        values.append(value)
    if text:
        where += " AND (LOWER(name) LIKE ? ESCAPE '!' OR email LIKE ? ESCAPE '!')"
        plain = text.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
        values += [f"%{plain}%", f"%{plain}%"]
    rows = connection.execute(
        f"{_SELECT}{where} AND id > ? ORDER BY id LIMIT ?", (reach.tenant, *values, *after)
    ).fetchall()
    return [_user(row) for row in rows]


def one(connection: Connection, reach: Reach, user_id: str) -> User | None:
    """A user within reach."""
    where, values = reach.where(*_PLACED)
    row = connection.execute(f"{_SELECT} AND id = ?{where}", (reach.tenant, user_id, *values)).fetchone()
    return None if row is None else _user(row)


def is_taken(connection: Connection, tenant: str, email: str, but: str = "") -> bool:
    """Whether somebody else of the tenant has the address."""
    found = connection.execute(
        "SELECT 1 FROM users WHERE tenant = ? AND email = ? AND id <> ?", (tenant, email, but)
    ).fetchone()
    return found is not None


def set_attributes(connection: Connection, tenant: str, user_id: str, attributes: Mapping[str, Any]) -> None:
    """Keep them."""
    text = json.dumps(dict(attributes), sort_keys=True)
    connection.execute("UPDATE users SET attributes = ? WHERE tenant = ? AND id = ?", (text, tenant, user_id))


def rewrite(connection: Connection, user: User, now: float) -> None:
    """Keep what may change of a user."""
    connection.execute(
        "UPDATE users SET email = ?, name = ?, role = ?, status = ?, department = ?, team = ?, attributes = ?,"
        " updated_at = ?, version = version + 1 WHERE tenant = ? AND id = ?",
        (
            user.email, user.name, user.role, user.status, user.department, user.team,
            json.dumps(dict(user.attributes), sort_keys=True), now, user.tenant, user.id,
        ),
    )  # fmt: skip


def set_operator(connection: Connection, tenant: str, user_id: str, operator: bool) -> None:
    """Let somebody run the installation, or no more. It counts with their next request."""
    connection.execute(
        "UPDATE users SET operator = ?, version = version + 1 WHERE tenant = ? AND id = ?",
        (int(operator), tenant, user_id),
    )


def other_admins(connection: Connection, tenant: str, but: str) -> int:
    """How many administrators the tenant has besides, who may sign in. Whoever else asks waits: of the last two one stays."""
    one_change_of_people(connection)
    row = connection.execute(
        "SELECT COUNT(*) FROM users WHERE tenant = ? AND id <> ? AND role = 'admin' AND status = 'active' AND kind = 'person'",
        (tenant, but),
    ).fetchone()
    return int(row[0])


def keys_changed(connection: Connection) -> None:
    """An owner was suspended, or is back: their keys are read again."""
    grow(connection, KEYS_VERSION)


def end_tokens(connection: Connection, tenant: str, user_id: str, now: float) -> None:
    """Let access tokens say who somebody is now: those issued before this second count no more, and are refreshed."""
    connection.execute(
        "INSERT INTO revoked_tokens (tenant, issuer, kind, named, issued_before, expires_at, revoked_at, revoked_by)"
        " VALUES (?, '', ?, ?, ?, ?, ?, 'changed') ON CONFLICT (tenant, issuer, kind, named) DO UPDATE SET"
        " issued_before = excluded.issued_before, expires_at = excluded.expires_at",
        (tenant, BY_SUBJECT, user_id, float(int(now)), now + 3600.0, now),
    )
    grow(connection, REVOKED_VERSION)


def live_keys(connection: Connection, tenant: str, user_id: str) -> list[str]:
    """The keys of a user that are not revoked."""
    rows = connection.execute(
        "SELECT key_id FROM virtual_keys WHERE tenant = ? AND user_id = ? AND revoked_at IS NULL", (tenant, user_id)
    ).fetchall()
    return [row[0] for row in rows]


def drop(connection: Connection, tenant: str, user_id: str) -> None:
    """Remove a user, and what is about nobody else. Sessions were ended before; usage keeps their id."""
    for table in ("members", "temporary_grants", "one_time_tokens", "sso_identities", "scim_users", "scim_members"):
        connection.execute(f"DELETE FROM {table} WHERE tenant = ? AND user_id = ?", (tenant, user_id))  # noqa: S608
    connection.execute("DELETE FROM users WHERE tenant = ? AND id = ?", (tenant, user_id))


def add_grant(connection: Connection, grant: Grant) -> None:
    """Keep a grant."""
    connection.execute(
        "INSERT INTO temporary_grants (id, tenant, user_id, permission, reason, given_by, given_at, expires_at, ended_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        grant,
    )


def grants(connection: Connection, tenant: str, user_id: str, now: float) -> list[Grant]:
    """Those that hold, the newest first."""
    rows = connection.execute(
        "SELECT id, tenant, user_id, permission, reason, given_by, given_at, expires_at, ended_at FROM temporary_grants"
        " WHERE tenant = ? AND user_id = ? AND ended_at IS NULL AND expires_at > ? ORDER BY given_at DESC, id DESC",
        (tenant, user_id, now),
    ).fetchall()
    return [Grant(*row) for row in rows]


def end_grant(connection: Connection, tenant: str, user_id: str, grant_id: str, now: float) -> bool:
    """End one before its time; False when there is none that holds."""
    ended: int = connection.execute(
        "UPDATE temporary_grants SET ended_at = ? WHERE tenant = ? AND user_id = ? AND id = ? AND ended_at IS NULL"
        " AND expires_at > ?",
        (now, tenant, user_id, grant_id, now),
    ).rowcount
    return ended > 0
