"""SQL of approvals: asking, deciding once, spending once.

It executes nothing. Called through ``changes`` and ``Database``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torana.core.errors import GatewayError
from torana.ports.database import Connection

PENDING, APPROVED, REFUSED = "pending", "approved", "refused"
_ROW = (
    "id, tenant, action, target, asked, asked_by, asked_name, reason, asked_at, expires_at, status, decided_by, "
    "decided_name, decided_at, spent_at"
)
_INSERT = f"INSERT INTO approvals ({_ROW}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_ONE = f"SELECT {_ROW} FROM approvals WHERE tenant = ? AND id = ?"  # noqa: S608 - our own column names
_DECIDE = (
    "UPDATE approvals SET status = ?, decided_by = ?, decided_name = ?, decided_at = ?, spent_at = ? "
    "WHERE tenant = ? AND id = ? AND status = 'pending' AND expires_at > ?"
)
_SPEND = (
    "UPDATE approvals SET spent_at = ? WHERE tenant = ? AND id = ? AND status = 'approved' AND spent_at IS NULL "
    "AND expires_at > ? AND action = ? AND asked = ? AND asked_by = ?"
)
_MAKER = "SELECT user_id, created_by FROM virtual_keys WHERE tenant = ? AND key_id = ?"
MOST_MAKERS = 100
"""Keys that made keys: so far back is looked."""
_SETTINGS = "SELECT settings FROM tenants WHERE id = ?"


class Approval(NamedTuple):
    """Something that somebody asked for, and what became of it. Times are epoch seconds."""

    id: str
    tenant: str
    action: str
    target: str
    asked: str
    """JSON of the change."""
    asked_by: str
    asked_name: str
    reason: str
    asked_at: float
    expires_at: float
    status: str = PENDING
    decided_by: str = ""
    decided_name: str = ""
    decided_at: float | None = None
    spent_at: float | None = None

    @property
    def change(self) -> dict[str, Any]:
        """The change."""
        found: dict[str, Any] = json.loads(self.asked)
        return found

    def state(self, now: float) -> str:
        """``pending``, ``approved``, ``refused``, or ``expired``: not decided, or not used, in time."""
        over = self.expires_at <= now and self.spent_at is None
        return "expired" if over and self.status != REFUSED else self.status


class Decision(NamedTuple):
    """Who decided what."""

    status: str
    by: str
    name: str
    at: float
    spent: bool
    """Whether the change is made with it; else whoever asked makes it."""


def canonical(change: Mapping[str, Any]) -> str:
    """A change as it is kept and compared."""
    return json.dumps(change, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def add(connection: Connection, approval: Approval) -> None:
    """Keep what was asked for."""
    connection.execute(_INSERT, tuple(approval))


def one(connection: Connection, tenant: str, approval_id: str) -> Approval | None:
    """What was asked for."""
    row = connection.execute(_ONE, (tenant, approval_id)).fetchone()
    return None if row is None else Approval(*row)


def page(
    connection: Connection, tenant: str, wanted: tuple[str, str, str], before: str, most: int
) -> Sequence[Approval]:
    """The tenant's, newest first. ``wanted``: status, action and who asked, empty for any. ``before``: the id they come after."""
    sql, values = f"SELECT {_ROW} FROM approvals WHERE tenant = ?", [tenant]  # noqa: S608 - our own names
    for column, value in zip(("status", "action", "asked_by"), wanted, strict=True):
        if value:
            sql += f" AND {column} = ?"
            values.append(value)
    if before:
        sql += " AND id < ?"
        values.append(before)
    rows = connection.execute(f"{sql} ORDER BY id DESC LIMIT ?", (*values, most)).fetchall()
    return [Approval(*row) for row in rows]


def decide(connection: Connection, tenant: str, approval_id: str, decision: Decision) -> None:
    """Decide it. Raises GatewayError CONFLICT when somebody did before, or its time is up: it is decided once."""
    spent = decision.at if decision.spent else None
    values = (decision.status, decision.by, decision.name, decision.at, spent, tenant, approval_id, decision.at)
    if connection.execute(_DECIDE, values).rowcount != 1:
        raise GatewayError("CONFLICT", "It was decided before, or its time is up.")


def spend(connection: Connection, approval: Approval, now: float) -> None:
    """Use what was approved: by whom it was asked, for the very same, once. Raises GatewayError CONFLICT."""
    values = (now, approval.tenant, approval.id, now, approval.action, approval.asked, approval.asked_by)
    if connection.execute(_SPEND, values).rowcount != 1:
        message = "This was not approved for you: for another request, not yet, no longer, or used before."
        raise GatewayError("CONFLICT", message)


def maker_of(connection: Connection, tenant: str, key_id: str) -> str:
    """Who stands behind a key: its owner, else whoever made it, by however many keys; a label such as ``user:ID``."""
    label = f"key:{key_id}"
    for _ in range(MOST_MAKERS):
        row = connection.execute(_MAKER, (tenant, label.removeprefix("key:"))).fetchone()
        if row is None:
            break
        owner, maker = row
        label = f"user:{owner}" if owner else maker
        if not label.startswith("key:"):
            break
    return label


def wishes(connection: Connection, tenant: str) -> Mapping[str, Any]:
    """What the tenant's settings say of ``four_eyes``; nothing where they say nothing."""
    row = connection.execute(_SETTINGS, (tenant,)).fetchone()
    try:
        said = json.loads(row[0]) if row and row[0] else {}
    except ValueError:
        return {}
    found = said.get("four_eyes") if isinstance(said, dict) else None
    return found if isinstance(found, dict) else {}
