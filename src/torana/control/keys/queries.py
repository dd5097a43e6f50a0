"""SQL of keys: plain, within the transaction it is given.

It makes no secret and decides nothing about who may. Called by the routes of this room.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torana.control.principal import Reach
from torana.ports.database import Connection, grow

KEYS_VERSION = "virtual_keys"
"""The name under which changes are counted."""
HOUR_S, LATELY_S = 3600.0, 2 * 86_400.0

_NAMES = (
    "key_id", "name", "prefix", "tenant", "department", "team", "user_id", "models", "permissions", "expires_at", "revoked_at",
    "ip_allow", "metadata", "created_at", "environment", "rules", "created_by", "revoked_by", "old_until",
)  # fmt: skip
_LIST = ", ".join(f"virtual_keys.{one}" for one in _NAMES)
_SELECT = (
    f"SELECT {_LIST}, users.status FROM virtual_keys LEFT JOIN users ON virtual_keys.user_id <> ''"  # noqa: S608 - our own names
    " AND users.tenant = virtual_keys.tenant AND users.id = virtual_keys.user_id WHERE virtual_keys.tenant = ?"
)
_PLACED = ("virtual_keys.department", "virtual_keys.team", "virtual_keys.user_id")
_INSERT = (
    "INSERT INTO virtual_keys (key_id, digest, name, prefix, tenant, department, team, user_id, models, permissions,"
    " expires_at, revoked_at, ip_allow, metadata, created_at, environment, rules, created_by, revoked_by, fingerprint)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class Key(NamedTuple):
    """One row, as it is shown."""

    key_id: str
    name: str
    prefix: str
    tenant: str
    department: str
    team: str
    user: str
    models: Sequence[str]
    permissions: Sequence[str]
    expires_at: float | None
    revoked_at: float | None
    ip_allow: Sequence[str]
    metadata: Mapping[str, Any]
    created_at: float
    environment: str
    rules: Mapping[str, Any]
    created_by: str
    revoked_by: str
    old_until: float | None
    owner: str | None
    """The status of its owner, where there is one here."""


class Secrets(NamedTuple):
    """What a key is found by."""

    digest: bytes
    fingerprint: str
    prefix: str


class Wanted(NamedTuple):
    """Which keys are listed."""

    reach: Reach
    before: tuple[float, str] | None
    most: int
    columns: Mapping[str, str]
    """Column → value."""


def _key(row: Sequence[Any]) -> Key:
    found = dict(zip((*_NAMES, "owner"), row, strict=True))
    found["user"] = found.pop("user_id")
    for name, empty in (
        ("models", "[]"),
        ("permissions", "[]"),
        ("ip_allow", "[]"),
        ("metadata", "{}"),
        ("rules", "{}"),
    ):
        found[name] = json.loads(found[name] or empty)
    return Key(**found)


def page(connection: Connection, wanted: Wanted) -> list[Key]:
    """One page, the newest first."""
    where, values = wanted.reach.where(*_PLACED)
    for column, value in wanted.columns.items():
        where += f" AND virtual_keys.{column} = ?"
        values.append(value)
    after: list[Any] = []
    if wanted.before is not None:
        where += " AND (virtual_keys.created_at < ? OR (virtual_keys.created_at = ? AND virtual_keys.key_id < ?))"
        after = [wanted.before[0], wanted.before[0], wanted.before[1]]
    order = " ORDER BY virtual_keys.created_at DESC, virtual_keys.key_id DESC LIMIT ?"
    rows = connection.execute(_SELECT + where + order, (wanted.reach.tenant, *values, *after, wanted.most)).fetchall()
    return [_key(row) for row in rows]


def one(connection: Connection, reach: Reach, key_id: str) -> Key | None:
    """A key within reach."""
    where, values = reach.where(*_PLACED)
    row = connection.execute(
        _SELECT + " AND virtual_keys.key_id = ?" + where, (reach.tenant, key_id, *values)
    ).fetchone()
    return None if row is None else _key(row)


def naming(connection: Connection, tenant: str, policy: str) -> list[str]:
    """The keys that name a policy and are not revoked: of a tenant, of every tenant where it is empty."""
    plain = json.dumps(policy).replace("!", "!!").replace("%", "!%").replace("_", "!_")
    rows = connection.execute(
        "SELECT key_id, rules FROM virtual_keys WHERE (? = '' OR tenant = ?) AND revoked_at IS NULL"
        " AND rules LIKE ? ESCAPE '!' ORDER BY key_id",
        (tenant, tenant, f"%{plain}%"),
    ).fetchall()
    return [row[0] for row in rows if json.loads(row[1]).get("policy") == policy]


def add(connection: Connection, key: Key, secrets: Secrets) -> None:
    """Keep a new key."""
    connection.execute(
        _INSERT,
        (
            key.key_id, secrets.digest, key.name, secrets.prefix, key.tenant, key.department, key.team, key.user,
            json.dumps(list(key.models)), json.dumps(sorted(key.permissions)), key.expires_at, key.revoked_at,
            json.dumps(list(key.ip_allow)), json.dumps(dict(key.metadata)), key.created_at, key.environment,
            json.dumps(dict(key.rules)) if key.rules else "", key.created_by, key.revoked_by, secrets.fingerprint,
        ),
    )  # fmt: skip
    grow(connection, KEYS_VERSION)


def one_at_a_time(connection: Connection) -> None:
    """Wait for everybody else who changes keys, and let them wait: what is read after this is so still when it is written."""
    grow(connection, KEYS_VERSION)


def rewrite(connection: Connection, key: Key) -> None:
    """Keep what may change of a key."""
    connection.execute(
        "UPDATE virtual_keys SET name = ?, environment = ?, models = ?, permissions = ?, rules = ?, expires_at = ?,"
        " ip_allow = ?, metadata = ?, reminded_at = NULL WHERE tenant = ? AND key_id = ?",
        (
            key.name, key.environment, json.dumps(list(key.models)), json.dumps(sorted(key.permissions)),
            json.dumps(dict(key.rules)) if key.rules else "", key.expires_at, json.dumps(list(key.ip_allow)),
            json.dumps(dict(key.metadata)), key.tenant, key.key_id,
        ),
    )  # fmt: skip
    grow(connection, KEYS_VERSION)


def revoke(connection: Connection, tenant: str, key_ids: Sequence[str], by: str, now: float) -> None:
    """End keys. Who did it first, did it."""
    for key_id in key_ids:
        connection.execute(
            "UPDATE virtual_keys SET revoked_at = ?, revoked_by = ?, old_digest = NULL, old_until = NULL"
            " WHERE tenant = ? AND key_id = ? AND revoked_at IS NULL",
            (now, by, tenant, key_id),
        )
    grow(connection, KEYS_VERSION)


def rotate(connection: Connection, key: Key, secrets: Secrets, until: float | None) -> bool:
    """Another secret; the one before counts until then (None: no more). One that was in its grace period already ends.

    False: it is revoked.
    """
    old = "NULL" if until is None else "digest"
    changed: int = connection.execute(
        f"UPDATE virtual_keys SET old_digest = {old}, old_until = ?, digest = ?, prefix = ?, fingerprint = ?"  # noqa: S608 - one of two words
        " WHERE tenant = ? AND key_id = ? AND revoked_at IS NULL",
        (until, secrets.digest, secrets.prefix, secrets.fingerprint, key.tenant, key.key_id),
    ).rowcount
    if changed:
        grow(connection, KEYS_VERSION)
    return changed > 0


def found_by(connection: Connection, digest: bytes, prefix: str, fingerprint: str) -> tuple[str, str] | None:
    """Tenant and id of a key that is not revoked, by its digest or by what is shown of it."""
    row = connection.execute(
        "SELECT tenant, key_id FROM virtual_keys WHERE revoked_at IS NULL AND (digest = ? OR old_digest = ?)",  # of any tenant: who found it does not know
        (digest, digest),
    ).fetchone()
    if row is None and fingerprint:
        row = connection.execute(
            "SELECT tenant, key_id FROM virtual_keys WHERE revoked_at IS NULL AND fingerprint = ? AND prefix = ?",
            (fingerprint, prefix),
        ).fetchone()
    return None if row is None else (row[0], row[1])


def user_status(connection: Connection, tenant: str, user: str) -> tuple[str, str, str, str] | None:
    """Status, role, department and team of somebody who may own a key; None when there is no such user."""
    row = connection.execute(
        "SELECT status, role, department, team FROM users WHERE tenant = ? AND id = ?", (tenant, user)
    ).fetchone()
    return None if row is None else (row[0], row[1], row[2], row[3])


def last_used(connection: Connection, tenant: str, key_ids: Sequence[str], now: float) -> dict[str, float]:
    """When these keys were used last, by the sums that usage is kept in: not on the way of any request."""
    if not key_ids:
        return {}
    marks = ", ".join("?" * len(key_ids))
    found: dict[str, float] = {}
    for table, column, since in (("usage_daily", "day", 0.0), ("usage_hourly", "hour", now - LATELY_S)):
        rows = connection.execute(
            f"SELECT named.text, MAX(sums.{column}) FROM {table} AS sums JOIN names AS named ON named.id = sums.key_id"  # noqa: S608 - our own names
            f" WHERE sums.tenant = (SELECT id FROM names WHERE text = ?) AND sums.{column} >= ?"
            f" AND named.text IN ({marks}) GROUP BY named.text",
            (tenant, since, *key_ids),
        ).fetchall()
        found |= {row[0]: float(row[1]) for row in rows}
    return found
