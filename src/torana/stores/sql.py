"""Virtual keys in SQLite, and connections to it for whoever else keeps rows: plain SQL on the driver.

It makes no tables (``stores/migrations`` does) and loads no SQL toolkit, which would cost a starting gateway 0.5 s and
16 MB. Called by ``wiring`` from worker threads, and by the CLI.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from torana.core.clock import Clock
from torana.core.snapshot import KeyEntry
from torana.ports.store import StoredKey

REVISION = "0001"
"""The schema that this code speaks: the newest revision in ``migrations/versions`` (a test compares)."""
SCHEME = "sqlite:///"
KEYS_VERSION = "virtual_keys"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``url``: ``sqlite:///relative/path`` or ``sqlite:////absolute/path``."""

    url: str


def open(settings: Settings, clock: Clock) -> SqlKeys:  # noqa: A001 - every plug-in is opened by this name
    """Keys in the database, which must be at REVISION."""
    return SqlKeys(settings.url, clock)


def connect(url: str) -> sqlite3.Connection:
    """A connection for one thread at a time: write-ahead log, durable against a killed process, waits 5 s for locks.

    A transaction begins with the first change and takes the write lock at once. Raises ValueError for a URL
    of another database, OSError or sqlite3.Error when the file cannot be opened.
    """
    path = sqlite_path(url)
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=5.0, isolation_level="IMMEDIATE", check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def sqlite_path(url: str) -> Path:
    """The file a URL means. Raises ValueError for another database."""
    if not url.startswith(SCHEME) or len(url) == len(SCHEME):
        kind = url.partition(":")[0] or "an empty URL"
        raise ValueError(f"this version keeps its rows in SQLite (sqlite:///path), not in {kind}")
    return Path(url[len(SCHEME) :])


def revision(url: str) -> str | None:
    """The revision of the database's schema; None when there is none yet. Makes no file."""
    path = sqlite_path(url)
    if not path.exists():
        return None
    with closing(sqlite3.connect(path, timeout=5.0)) as connection:
        found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if found else None
    return str(row[0]) if row else None


class SqlKeys:
    """Implements ``ports.store.Keys``. A connection per call: calls are rare and come from any thread."""

    def __init__(self, url: str, clock: Clock) -> None:
        """Opens nothing yet. Raises ValueError for a URL of another database."""
        sqlite_path(url)
        self._url = url
        self._clock = clock

    def version(self) -> int:
        """A number that grows with every change of any key."""
        with self._connection() as connection:
            row = connection.execute("SELECT version FROM versions WHERE name = ?", (KEYS_VERSION,)).fetchone()
        return int(row[0]) if row else 0

    def load(self) -> Sequence[StoredKey]:
        """All keys, revoked ones included, in the order of their making."""
        with self._connection() as connection:
            rows = connection.execute(_SELECT).fetchall()
        return [_stored(row) for row in rows]

    def add(self, key: StoredKey) -> None:
        """Store a new key. Raises ValueError when its id or digest is taken."""
        with self._connection() as connection:
            try:
                connection.execute(_INSERT, _values(key, self._clock.now()))
            except sqlite3.IntegrityError as fault:
                raise ValueError(f"a key {key.entry.key_id} or one with the same secret is already there") from fault
            _grow(connection)

    def revoke(self, tenant: str, key_id: str, at: float) -> bool:
        """Revoke; False when the tenant has no such key. Revoking twice keeps the first time."""
        with self._connection() as connection:
            changed = connection.execute(_REVOKE, (at, tenant, key_id)).rowcount
            if changed:
                _grow(connection)
        return changed > 0

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection whose changes are kept when the block ends well, and undone when it does not."""
        with closing(connect(self._url)) as connection, connection:
            yield connection


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
_SELECT = f"SELECT {_LIST} FROM virtual_keys ORDER BY created_at, key_id"  # noqa: S608 - our own column names
_INSERT = f"INSERT INTO virtual_keys ({_LIST}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
_REVOKE = "UPDATE virtual_keys SET revoked_at = COALESCE(revoked_at, ?) WHERE tenant = ? AND key_id = ?"
_GROW = (
    "INSERT INTO versions (name, version) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET version = versions.version + 1"
)


def _grow(connection: sqlite3.Connection) -> None:
    connection.execute(_GROW, (KEYS_VERSION,))


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


def _stored(row: Sequence[Any]) -> StoredKey:
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
        revoked=revoked_at is not None,
        ip_allow=tuple(msgspec.json.decode(ip_allow, type=list[str])),
        metadata=msgspec.json.decode(metadata, type=dict[str, object]),
    )
    return StoredKey(bytes(digest), entry)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
