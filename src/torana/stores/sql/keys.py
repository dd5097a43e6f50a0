"""Virtual keys in the database: plain SQL that SQLite and PostgreSQL both take.

It makes no tables (``stores/migrations`` does) and judges no key. Called by ``wiring`` from worker threads, and by the
CLI.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from torana.core.clock import Clock
from torana.core.snapshot import KeyEntry
from torana.ports.store import StoredKey
from torana.stores.sql.one_connection import OneConnection
from torana.stores.sql.versions import grow, version_of

KEYS_VERSION = "virtual_keys"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``url``: ``sqlite:///relative/path``, ``sqlite:////absolute/path`` or ``postgresql://user:password@host/name``."""

    url: str


def open(settings: Settings, clock: Clock) -> SqlKeys:  # noqa: A001 - every plug-in is opened by this name
    """Keys in the database, which must be at REVISION."""
    return SqlKeys(settings.url, clock)


class SqlKeys:
    """Implements ``ports.store.Keys``, for any thread. A running gateway asks for the version more than twice a second."""

    def __init__(self, url: str, clock: Clock) -> None:
        """Opens nothing yet. Raises ValueError for a URL of another database."""
        self._clock = clock
        self._one = OneConnection(url)

    def version(self) -> int:
        """A number that grows with every change of any key."""
        with self._one.lent() as connection:
            return version_of(connection, KEYS_VERSION)

    def load(self) -> Sequence[StoredKey]:
        """All keys, revoked ones included, in the order of their making. One that was rotated comes twice in its grace period.

        A key of a suspended owner comes as a revoked one.
        """
        with self._one.lent() as connection:
            rows = connection.execute(_SELECT).fetchall()
        return [one for row in rows for one in _stored(row)]

    def add(self, key: StoredKey) -> None:
        """Store a new key. Raises ValueError when its id or digest is taken."""
        with self._one.lent() as connection:
            if not connection.execute(_INSERT, _values(key, self._clock.now())).rowcount:
                raise ValueError(f"a key {key.entry.key_id} or one with the same secret is already there")
            grow(connection, KEYS_VERSION)

    def revoke(self, tenant: str, key_id: str, at: float) -> bool:
        """Revoke; False when the tenant has no such key. Revoking twice keeps the first time."""
        with self._one.lent() as connection:
            changed: int = connection.execute(_REVOKE, (at, tenant, key_id)).rowcount
            if changed:
                grow(connection, KEYS_VERSION)
        return changed > 0

    def ending(self, now: float, until: float) -> Sequence[KeyEntry]:
        """The keys that end until then and that nobody was reminded of; each is given once, to one of all processes."""
        with self._one.lent() as connection:
            found = [one for row in connection.execute(_ENDING, (now, until)).fetchall() for one in _stored(row)[:1]]
            return [
                one.entry
                for one in found
                if connection.execute(_REMINDED, (now, one.entry.tenant, one.entry.key_id)).rowcount
            ]

    def close(self) -> None:
        """Give up the kept connection, unless it is busy; a later call opens another. Waits for nobody."""
        self._one.close()


_COLUMNS = (
    "key_id",
    "digest",
    "name",
    "prefix",
    "tenant",
    "department",
    "team",
    "user_id",
    "models",
    "permissions",
    "expires_at",
    "revoked_at",
    "ip_allow",
    "metadata",
    "created_at",
)
_LIST = ", ".join(_COLUMNS)
_OWN = ", ".join(f"virtual_keys.{one}" for one in (*_COLUMNS, "rules", "old_digest", "old_until"))
_SELECT = (
    f"SELECT {_OWN}, users.status FROM virtual_keys LEFT JOIN users ON virtual_keys.user_id <> ''"  # noqa: S608 - our own names
    " AND users.tenant = virtual_keys.tenant AND users.id = virtual_keys.user_id"
    " ORDER BY virtual_keys.created_at, virtual_keys.key_id"
)
_ENDING = _SELECT.replace(
    " ORDER BY",
    " WHERE virtual_keys.revoked_at IS NULL AND virtual_keys.reminded_at IS NULL AND virtual_keys.expires_at > ?"
    " AND virtual_keys.expires_at <= ? ORDER BY",
)
_REMINDED = "UPDATE virtual_keys SET reminded_at = ? WHERE tenant = ? AND key_id = ? AND reminded_at IS NULL"
_INSERT = f"INSERT INTO virtual_keys ({_LIST}) VALUES ({', '.join('?' * len(_COLUMNS))}) ON CONFLICT DO NOTHING"  # noqa: S608
_REVOKE = "UPDATE virtual_keys SET revoked_at = COALESCE(revoked_at, ?) WHERE tenant = ? AND key_id = ?"


def _values(key: StoredKey, created_at: float) -> tuple[object, ...]:
    entry = key.entry
    return (
        entry.key_id,
        key.digest,
        entry.name,
        entry.prefix,
        entry.tenant,
        entry.department,
        entry.team,
        entry.user,
        _json(list(entry.models)),
        _json(sorted(entry.permissions)),
        entry.expires_at,
        created_at if entry.revoked else None,
        _json(list(entry.ip_allow)),
        _json(dict(entry.metadata)),
        created_at,
    )


def _stored(row: Sequence[Any]) -> list[StoredKey]:
    (
        key_id,
        digest,
        name,
        prefix,
        tenant,
        department,
        team,
        user,
        models,
        permissions,
        expires_at,
        revoked_at,
        ip_allow,
        metadata,
        _,
        rules,
        old_digest,
        old_until,
        owner,
    ) = row
    entry = KeyEntry(
        key_id=key_id,
        name=name,
        prefix=prefix,
        tenant=tenant,
        department=department,
        team=team,
        user=user,
        models=tuple(msgspec.json.decode(models, type=list[str])),
        permissions=frozenset(msgspec.json.decode(permissions, type=list[str])),
        expires_at=expires_at,
        revoked=revoked_at is not None or owner == "suspended",
        ip_allow=tuple(msgspec.json.decode(ip_allow, type=list[str])),
        metadata=msgspec.json.decode(metadata, type=dict[str, object]),
    )
    found = [StoredKey(bytes(digest), entry, rules)]
    if old_digest is not None:
        ends = old_until if expires_at is None else min(old_until, expires_at)
        found.append(StoredKey(bytes(old_digest), replace(entry, expires_at=ends), rules))
    return found


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
