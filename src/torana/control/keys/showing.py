"""Keys as people see them. Called by the key routes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from torana.control.keys.queries import Key
from torana.control.keys.shapes import KeyShown
from torana.control.policies.rights import name_told
from torana.core.snapshot import KeyEntry

Status = Literal["active", "expired", "revoked", "suspended"]


def shown(key: Key, now: float, used_at: float | None) -> KeyShown:
    """A stored key."""
    return KeyShown(
        id=key.key_id,
        name=key.name,
        prefix=key.prefix,
        source="stored",
        status=status_of(key.revoked_at is not None, key.expires_at, now, key.owner == "suspended"),
        environment=key.environment,
        tenant=key.tenant,
        department=key.department,
        team=key.team,
        user=key.user,
        models=list(key.models),
        permissions=list(key.permissions),
        limits=list(key.rules.get("limits", ())),
        budgets=list(key.rules.get("budgets", ())),
        policy=name_told(key.rules.get("policy", ""), key.tenant),
        ip_allow=list(key.ip_allow),
        metadata=dict(key.metadata),
        created_at=moment(key.created_at),
        created_by=key.created_by,
        expires_at=moment(key.expires_at),
        revoked_at=moment(key.revoked_at),
        revoked_by=key.revoked_by,
        old_secret_until=moment(key.old_until) if key.old_until is not None and key.old_until > now else None,
        last_used_at=moment(used_at),
    )


def of_file(entry: KeyEntry, now: float, used_at: float | None) -> KeyShown:
    """A key of the configuration."""
    return KeyShown(
        id=entry.key_id,
        name=entry.name,
        prefix=entry.prefix,
        source="file",
        status=status_of(entry.revoked, entry.expires_at, now, suspended=False),
        environment="",
        tenant=entry.tenant,
        department=entry.department,
        team=entry.team,
        user=entry.user,
        models=list(entry.models),
        permissions=sorted(entry.permissions),
        limits=[],
        budgets=[],
        policy="",
        ip_allow=list(entry.ip_allow),
        metadata=dict(entry.metadata),
        created_at=None,
        created_by="configuration",
        expires_at=moment(entry.expires_at),
        revoked_at=None,
        revoked_by="",
        old_secret_until=None,
        last_used_at=moment(used_at),
    )


def status_of(revoked: bool, expires_at: float | None, now: float, suspended: bool) -> Status:
    """Whether it counts, and why not."""
    if revoked:
        return "revoked"
    if expires_at is not None and expires_at <= now:
        return "expired"
    return "suspended" if suspended else "active"


def moment(at: float | None) -> datetime | None:
    """Epoch seconds as a time in UTC."""
    return None if at is None else datetime.fromtimestamp(at, UTC)
