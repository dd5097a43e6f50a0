"""Rows of people, for signing in: plain SQL, run in worker threads.

It judges no password. Called by the routes of this room.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from torana.control.auth.one_time import RESET, withdraw
from torana.control.permissions import USER
from torana.core.errors import GatewayError
from torana.core.tokens import BY_SESSION
from torana.ports.database import Connection, grow
from torana.ports.tree import TREE_VERSION

PERSON, SERVICE_ACCOUNT = "person", "service"
ACTIVE, SUSPENDED, INVITED = "active", "suspended", "invited"
PEOPLE = "people"
"""The name under which changes of people are counted, for their turn alone: nobody follows it."""
REVOKED_VERSION = "revoked_tokens"
BY_PROVIDER = "People of this tenant sign in through its identity provider: a password lets nobody in."
"""The name under which changes of the list of revoked tokens are counted."""

_FIELDS = "tenant, id, email, name, kind, role, status, password, department, team, operator, last_sign_in_at, version"
_BY_EMAIL = f"SELECT {_FIELDS} FROM users WHERE email = ? AND kind = 'person'"  # noqa: S608 - our own column names
_BY_ID = f"SELECT {_FIELDS} FROM users WHERE tenant = ? AND id = ?"  # noqa: S608
_REVOKE = (
    "INSERT INTO revoked_tokens (tenant, issuer, kind, named, issued_before, expires_at, revoked_at, revoked_by)"
    " VALUES (?, '', ?, ?, 0, ?, ?, ?) ON CONFLICT (tenant, issuer, kind, named) DO NOTHING"
)
TOKENS_OUTLIVED_S = 3600.0
"""An access token counts for less: after that its session's row in the list may be forgotten."""


class Person(NamedTuple):
    """One user."""

    tenant: str
    id: str
    email: str
    name: str
    kind: str
    role: str
    status: str
    password: str
    department: str
    team: str
    operator: int
    last_sign_in_at: float | None
    version: int


class Placed(Protocol):
    """Somebody of a tenant, as any row of people tells."""

    @property
    def tenant(self) -> str: ...

    @property
    def operator(self) -> int: ...


def by_email(connection: Connection, email: str, tenant: str) -> list[Person]:
    """Who may be meant by this address: whoever of the tenant named; else of the tenant signed in to last, then the oldest other.

    Two at the most. Any tenant may write anybody's address, so that the last alone would let one tenant lock out another's.
    """
    rows = [Person(*row) for row in connection.execute(_BY_EMAIL, (email,)).fetchall()]
    mine = [one for one in rows if not tenant or one.tenant == tenant]
    if not mine:
        return []
    last = max(mine, key=lambda one: (one.status == ACTIVE, one.last_sign_in_at or 0.0, one.id))
    others = [one for one in mine if one is not last and one.status == ACTIVE]
    return [last, *sorted(others, key=lambda one: one.id)[:1]]


def by_id(connection: Connection, tenant: str, user_id: str) -> Person | None:
    """The user."""
    row = connection.execute(_BY_ID, (tenant, user_id)).fetchone()
    return None if row is None else Person(*row)


def tenant_row(connection: Connection, tenant: str) -> tuple[str, str, Mapping[str, Any]]:
    """Name, status and settings of a tenant; empty ones for a tenant of the configuration."""
    row = connection.execute("SELECT name, status, settings FROM tenants WHERE id = ?", (tenant,)).fetchone()
    return ("", ACTIVE, {}) if row is None else (row[0], row[1], json.loads(row[2] or "{}"))


def takes_passwords(connection: Connection, person: Placed) -> bool:
    """Whether somebody may come in by a password: not where the tenant's people come through its identity provider alone."""
    return bool(person.operator) or tenant_row(connection, person.tenant)[2].get("passwords") is not False


def demand_passwords(connection: Connection, person: Person) -> None:
    """Raise GatewayError PERMISSION_DENIED for somebody who comes in by no password."""
    if not takes_passwords(connection, person):
        raise GatewayError("PERMISSION_DENIED", BY_PROVIDER)


def role_of_comers(connection: Connection, tenant: str) -> str:
    """The role of new people whom nobody gives one: as the tenant's settings say."""
    _, _, settings = tenant_row(connection, tenant)
    return str((settings.get("defaults") or {}).get("role") or USER)


def anybody(connection: Connection) -> bool:
    """Whether somebody has registered already."""
    return connection.execute("SELECT 1 FROM users WHERE kind = 'person' LIMIT 1").fetchone() is not None


def add_tenant(connection: Connection, tenant: str, name: str, now: float) -> None:
    """A new tenant. Whoever else makes one waits until this transaction ends."""
    connection.execute(
        "INSERT INTO tenants (id, name, status, settings, created_at, updated_at, version)"
        " VALUES (?, ?, 'active', '{}', ?, ?, 1)",
        (tenant, name, now, now),
    )


def one_at_a_time(connection: Connection) -> None:
    """Wait for everybody else who changes the tree, and let them wait."""
    grow(connection, TREE_VERSION)


def one_change_of_people(connection: Connection) -> None:
    """Wait for everybody else who changes people, and let them wait: what is read after this is so still when it is written.

    Trap: reads before the first write are of no transaction, on either database. Turns are taken in one order, else two wait for
    each other: people, the tree, keys, revoked tokens.
    """
    grow(connection, PEOPLE)


def add_user(connection: Connection, person: Person, now: float) -> None:
    """A new user. The caller has seen to it that the address is free in the tenant."""
    connection.execute(
        "INSERT INTO users (tenant, id, email, name, kind, role, status, password, department, team, external_id,"
        " attributes, operator, created_at, updated_at, last_sign_in_at, version)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '{}', ?, ?, ?, NULL, 1)",
        (
            person.tenant, person.id, person.email, person.name, person.kind, person.role, person.status,
            person.password, person.department, person.team, person.operator, now, now,
        ),
    )  # fmt: skip


def set_password(connection: Connection, tenant: str, user_id: str, hashed: str, now: float) -> None:
    """Another password; whoever was invited has come now. Links for a new one that wait count no more."""
    withdraw(connection, RESET, tenant, user_id)
    connection.execute(
        "UPDATE users SET password = ?, status = CASE WHEN status = 'invited' THEN 'active' ELSE status END,"
        " updated_at = ?, version = version + 1 WHERE tenant = ? AND id = ?",
        (hashed, now, tenant, user_id),
    )


class Ending(NamedTuple):
    """Which sessions of a user end, and why: all that live, ``only`` one, or all ``but`` one."""

    now: float
    why: str
    only: str = ""
    but: str = ""


def end_sessions(connection: Connection, tenant: str, user_id: str, ending: Ending) -> list[str]:
    """End sessions of a user; their tokens count no more, here and for AI requests. The ids of those ended."""
    rows = connection.execute(
        "SELECT id FROM sessions WHERE tenant = ? AND user_id = ? AND ended_at IS NULL", (tenant, user_id)
    ).fetchall()
    ended = [row[0] for row in rows if row[0] != ending.but and (not ending.only or row[0] == ending.only)]
    for session in ended:
        connection.execute(
            "UPDATE sessions SET ended_at = ?, ended_why = ? WHERE tenant = ? AND id = ?",
            (ending.now, ending.why, tenant, session),
        )
        forgotten_at = ending.now + TOKENS_OUTLIVED_S
        connection.execute(_REVOKE, (tenant, BY_SESSION, session, forgotten_at, ending.now, ending.why))
    if ended:
        grow(connection, REVOKED_VERSION)
    return ended
