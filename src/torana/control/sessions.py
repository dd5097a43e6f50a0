"""Sessions of people who signed in, and who they are now: asked on every admin request of theirs.

It makes and ends none (``people`` does). Called by ``admission``.
"""

from __future__ import annotations

from typing import NamedTuple

from torana.control.permissions import NAMES
from torana.ports.database import Connection

_LIVE = (
    "SELECT sessions.id, users.id, users.email, users.role, users.department, users.team, users.operator "
    "FROM sessions JOIN users ON users.tenant = sessions.tenant AND users.id = sessions.user_id "
    "LEFT JOIN tenants ON tenants.id = sessions.tenant "
    "WHERE sessions.tenant = ? AND sessions.id = ? AND sessions.ended_at IS NULL AND sessions.expires_at > ? "
    "AND users.status = 'active' AND COALESCE(tenants.status, 'active') = 'active'"
)
_GRANTED = (
    "SELECT permission FROM temporary_grants WHERE tenant = ? AND user_id = ? AND ended_at IS NULL AND expires_at > ?"
)


_OWNER = "SELECT role, operator FROM users WHERE tenant = ? AND id = ?"


class Session(NamedTuple):
    """A live session, and its person."""

    session_id: str
    user: str
    email: str
    role: str
    department: str
    team: str
    operator: bool
    more: frozenset[str] = frozenset()
    """Permissions granted for a time."""


def live_session(connection: Connection, tenant: str, session_id: str, now: float) -> Session | None:
    """The session, when it has not ended and neither person nor tenant is suspended."""
    row = connection.execute(_LIVE, (tenant, session_id, now)).fetchone()
    if row is None:
        return None
    granted = connection.execute(_GRANTED, (tenant, row[1], now)).fetchall()
    session, user, email, role, department, team, operator = row
    more = frozenset(one[0] for one in granted) & NAMES
    return Session(session, user, email, role, department, team, bool(operator), more)


def owner_role(connection: Connection, tenant: str, user: str) -> tuple[str, bool] | None:
    """Role of the owner of a key, and whether they are an operator; None when that is no user of ours."""
    row = connection.execute(_OWNER, (tenant, user)).fetchone()
    return None if row is None else (row[0], bool(row[1]))
