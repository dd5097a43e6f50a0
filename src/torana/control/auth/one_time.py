"""Tokens that are used once: invitations, and leave to choose a new password.

Kept by keyed digest, never as they are. Called by the sign-in routes and the people room.
"""

from __future__ import annotations

from typing import NamedTuple

from torana.core.ids import new_secret_text
from torana.ports.database import Connection

PREFIX = "tot_"
INVITATION, RESET, NEW_TENANT = "invitation", "password_reset", "new_tenant"
LIFE_S = {INVITATION: 7 * 86_400.0, RESET: 3600.0, NEW_TENANT: 7 * 86_400.0}


class OneTime(NamedTuple):
    """One token's row."""

    digest: str
    kind: str
    tenant: str
    user: str
    email: str
    given_by: str
    given_at: float
    expires_at: float


def new_token() -> str:
    """A fresh one."""
    return new_secret_text(PREFIX)


def give(connection: Connection, row: OneTime) -> None:
    """Keep a token; those of the same kind for the same user count no more. Rows that expired long ago are dropped."""
    connection.execute("DELETE FROM one_time_tokens WHERE expires_at < ?", (row.given_at - 30 * 86_400.0,))
    if row.user:
        withdraw(connection, row.kind, row.tenant, row.user)
    connection.execute(
        "INSERT INTO one_time_tokens (digest, kind, tenant, user_id, email, given_by, given_at, expires_at, used_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)",
        row,
    )


def withdraw(connection: Connection, kind: str, tenant: str, user: str) -> bool:
    """Let the tokens of a kind for a user count no more; whether there were any."""
    gone: int = connection.execute(
        "DELETE FROM one_time_tokens WHERE kind = ? AND tenant = ? AND user_id = ? AND used_at IS NULL",
        (kind, tenant, user),
    ).rowcount
    return gone > 0


def claim(connection: Connection, kind: str, digest: bytes, now: float) -> OneTime | None:
    """Use a token; None when it is unknown, used or expired. Of two who use it at once, one has it."""
    named = digest.hex()
    used = connection.execute(
        "UPDATE one_time_tokens SET used_at = ? WHERE digest = ? AND kind = ? AND used_at IS NULL AND expires_at > ?",
        (now, named, kind, now),
    ).rowcount
    if not used:
        return None
    row = connection.execute(
        "SELECT digest, kind, tenant, user_id, email, given_by, given_at, expires_at FROM one_time_tokens WHERE digest = ?",
        (named,),
    ).fetchone()
    return OneTime(*row)
