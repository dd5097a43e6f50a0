"""Revoked tokens in the database: plain SQL that SQLite and PostgreSQL both take.

It makes no tables (``stores/migrations`` does) and judges no token. Called by ``wiring`` from worker threads, and by
the CLI.
"""

from __future__ import annotations

from collections.abc import Sequence

from torana.core.tokens import Revocation
from torana.stores.sql.one_connection import OneConnection
from torana.stores.sql.versions import grow, version_of

VERSION = "revoked_tokens"
KEPT_AFTER_EXPIRY_S = 86_400.0
"""Clocks differ: a row is dropped this long after the token it names has expired."""

_SELECT = (
    "SELECT tenant, kind, named, issued_before, issuer, expires_at FROM revoked_tokens"
    " ORDER BY revoked_at, tenant, issuer, kind, named"
)
_ADD = (
    "INSERT INTO revoked_tokens (tenant, issuer, kind, named, issued_before, expires_at, revoked_at, revoked_by)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, issuer, kind, named) DO UPDATE SET"
    " issued_before = CASE WHEN excluded.issued_before > revoked_tokens.issued_before"
    " THEN excluded.issued_before ELSE revoked_tokens.issued_before END,"
    " expires_at = CASE WHEN excluded.expires_at > revoked_tokens.expires_at THEN excluded.expires_at"
    " WHEN excluded.expires_at IS NULL THEN NULL ELSE revoked_tokens.expires_at END"
)
_FORGET = "DELETE FROM revoked_tokens WHERE expires_at < ?"


class SqlRevocations:
    """Implements ``ports.tokens.Revocations``, for any thread."""

    def __init__(self, url: str) -> None:
        """Opens nothing yet. Raises ValueError for a URL of another database."""
        self._one = OneConnection(url)

    def version(self) -> int:
        """A number that grows with every change."""
        with self._one.lent() as connection:
            return version_of(connection, VERSION)

    def load(self) -> Sequence[Revocation]:
        """The whole list, oldest first."""
        with self._one.lent() as connection:
            rows = connection.execute(_SELECT).fetchall()
        return [Revocation(*row) for row in rows]

    def add(self, row: Revocation, by: str, at: float) -> None:
        """Add to the list, keeping the later time of the two; rows about tokens that expired long ago are dropped."""
        values = (row.tenant, row.issuer, row.kind, row.value, row.before, row.expires_at, at, by)
        with self._one.lent() as connection:
            connection.execute(_FORGET, (at - KEPT_AFTER_EXPIRY_S,))
            connection.execute(_ADD, values)
            grow(connection, VERSION)

    def close(self) -> None:
        """Give up the kept connection; a later call opens another."""
        self._one.close()
